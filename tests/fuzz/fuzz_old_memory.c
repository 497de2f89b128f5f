/* Any bytes as index.json, in pieces (the first byte says how large), as the files of a node, as a
 * fix template, as lessons and measurements: no crash, and every record is sound. */
#include <stdlib.h>
#include <string.h>

#include "base/json_split.h"
#include "base/old_memory.h"
#include "base/utf8.h"
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct json_object *record)
{
    struct json_object *tags = json_array(record, "tags");
    const char *text = json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN);
    double quality = json_f64(record, "quality", 0);
    struct json_object *again = NULL;
    if (!*json_str(record, "source", "") || !*json_str(record, "kind", "") ||
        !json_object_of(record, "body") || !tags || !(quality >= 0 && quality <= 1) ||
        json_object_array_length(tags) > OLD_TAGS_MAX || json_i64(record, "uses", 0) < 0)
        abort();
    for (size_t i = 0; i < json_object_array_length(tags); i++) {
        const char *tag = json_object_get_string(json_object_array_get_idx(tags, i));
        if (!*tag || strlen(tag) > OLD_TAG_MAX || strpbrk(tag, " \t\r\n,|"))
            abort();
    }
    if (json_parse(text, strlen(text), NULL, &again, NULL)) /* as the engine will read it */
        abort();
    json_object_put(again);
    json_object_put(record);
}

static enum err on_entry(void *arg, const char *key, const char *text, size_t n, int line,
                         int column)
{
    struct json_object *record;
    (void)arg;
    if (line < 1 || column < 1)
        abort();
    if (text && old_entry(key, text, n, "index.json", line, column, &record, NULL) == ERR_OK) {
        old_entry_node(record);
        check(record);
    }
    return ERR_OK;
}

static void read_index(const uint8_t *data, size_t n)
{
    const char *text = (const char *)data + 1;
    struct json_split s;
    size_t piece = 1 + data[0];
    enum err e = ERR_OK;
    json_split_init(&s, 1 << 12, on_entry, NULL);
    n--;
    for (size_t at = 0; !e && at < n; at += piece)
        e = json_split_add(&s, text + at, piece < n - at ? piece : n - at, "index.json", NULL);
    if (!e)
        e = json_split_end(&s, "index.json", NULL);
    json_split_fini(&s);
}

/* The bytes are cut at each 0 into the parts of a node. */
static void read_node(const char *text, size_t n)
{
    struct old_node node = {.id = "node"};
    for (int i = 0; i < OLD_PARTS; i++) {
        size_t m = strnlen(text, n);
        buf_init(&node.parts[i], 1 << 20);
        if (buf_add(&node.parts[i], text, m) || old_text(&node.parts[i], "f", NULL))
            buf_clear(&node.parts[i]);
        text += m < n ? m + 1 : m;
        n -= m < n ? m + 1 : m;
    }
    check(old_node(&node, NULL));
    for (int i = 0; i < OLD_PARTS; i++)
        buf_fini(&node.parts[i]);
}

static void read_others(const char *text, size_t n)
{
    struct json_object *o;
    struct old_perf perf;
    if (old_fix("name", text, n, "f", &o, NULL) == ERR_OK)
        check(o);
    if (old_lessons(text, n, "f", &o, NULL) == ERR_OK) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            check(json_object_get(json_object_array_get_idx(o, i)));
        json_object_put(o);
    }
    old_perf_init(&perf);
    old_perf_line(&perf, text, n, "f");
    o = old_perf_record(&perf, "name");
    if (!o)
        abort();
    check(o);
    old_perf_fini(&perf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text;
    if (!n)
        return 0;
    text = fuzz_text(data, n);
    read_index(data, n);
    read_node(text, n);
    if (memchr(text, 0, n) == NULL)
        read_others(text, n);
    free(text);
    return 0;
}
