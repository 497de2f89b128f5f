/* Any bytes: no crash, an error has a sentence and a place, and what was read is read again the
 * same from what is written. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The texts are compared: NaN, which Python writes, is equal to nothing. */
static void read_again(struct json_object *o)
{
    struct json_object *again = NULL;
    struct buf text, other;
    buf_init(&text, 64 << 20);
    buf_init(&other, 64 << 20);
    if (json_print(&text, o) || json_parse(text.data, text.len, NULL, &again, NULL) ||
        json_print(&other, again) || strcmp(text.data, other.data) != 0)
        abort();
    json_object_put(again);
    buf_fini(&text);
    buf_fini(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *o = NULL;
    struct err_info info = {0};
    enum err e = json_parse((const char *)data, size, "input", &o, &info);
    if (e && (e != ERR_PARSE || info.code != e || !info.message[0] || info.line < 1 ||
              info.column < 1 || o))
        abort();
    if (!e) {
        (void)json_str(o, "a", NULL);
        (void)json_i64(o, "a", 0);
        (void)json_f64(o, "a", 0);
        (void)json_array(o, "a");
        read_again(o);
    }
    json_object_put(o);
    return 0;
}
