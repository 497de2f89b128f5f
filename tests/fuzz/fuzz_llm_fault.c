/* Any body of a refusal: no crash, an error, and one sentence in one line without the key. The
 * first two bytes are the status. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/llm/llm_fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct llm_server server = {.place = "mine", .model = "m-1", .key = "sesame"};

static void check(enum err e, const struct err_info *info)
{
    const char *m = info->message;
    if (info->code != e || !m[0] || utf8_invalid(m, strlen(m)) != strlen(m) ||
        strstr(m, server.key))
        abort();
    for (; *m; m++)
        if ((unsigned char)*m < ' ' || *m == 127)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_response r;
    struct err_info info = {0};
    enum err e;
    if (size < 2)
        return 0;
    http_response_init(&r, 1 << 20);
    r.status = 300 + (data[0] << 8 | data[1]) % 300;
    if (buf_add(&r.body, data + 2, size - 2))
        abort();
    e = llm_fault_http(&server, http_status_error(r.status), &r, &info);
    check(e, &info);
    memset(&info, 0, sizeof info);
    e = llm_fault_end(&server, &r, r.body.data, r.body.len, &info);
    check(e, &info);
    http_response_fini(&r);
    return 0;
}
