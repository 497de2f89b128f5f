/* A peer's line of any bytes: JSON or a sentence; an event that is read can be written and read
 * again. */
#include <stdlib.h>

#include "base/json.h"
#include "core/event.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct json_object *o = NULL, *again = NULL;
    struct err_info info = {0};
    struct event ev, same;
    struct buf line;
    buf_init(&line, 1 << 20);
    if (json_parse((const char *)data, size, "peer", &o, &info)) {
        if (!info.message[0])
            abort();
    } else if (event_decode(o, &ev) == ERR_OK && event_encode(&ev, &line) == ERR_OK) {
        if (json_parse(line.data, line.len, NULL, &again, &info) || event_decode(again, &same) ||
            same.type != ev.type)
            abort();
    }
    json_object_put(o);
    json_object_put(again);
    buf_fini(&line);
    return 0;
}
