/* Any bytes: the reader of streams says what json_parse says, to the word where it is an error, and
 * the same reader reads the next text as a new one would. */
#include <stdlib.h>
#include <string.h>

#include "core/llm/llm_fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct json_object *o, const struct json_node *v);

static void compare_members(struct json_object *o, const struct json_node *v)
{
    const struct json_node *member = v + 1;
    json_object_object_foreach(o, name, value)
    {
        compare(value, json_node_get(v, name));
    }
    for (uint32_t i = 0; i < v->count; i++, member += member->span)
        if (!json_object_object_get_ex(o, member->key, NULL))
            abort();
    if (member != v + v->span || (size_t)json_object_object_length(o) > v->count)
        abort();
}

static void compare_values(struct json_object *o, const struct json_node *v)
{
    const struct json_node *at = v + 1;
    if (json_object_array_length(o) != v->count || json_node_first(v) != (v->count ? at : NULL))
        abort();
    for (uint32_t i = 0; i < v->count; i++, at += at->span)
        compare(json_object_array_get_idx(o, i), at);
    if (at != v + v->span)
        abort();
}

static bool same_real(double a, const struct json_node *v)
{
    double b = v->text ? strtod(v->text, NULL) : v->number.real;
    return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b);
}

static void compare(struct json_object *o, const struct json_node *v)
{
    enum json_kind kind = v ? v->kind : JSON_KIND_NULL;
    bool same = false;
    switch (json_object_get_type(o)) {
    case json_type_null:
        same = kind == JSON_KIND_NULL;
        break;
    case json_type_boolean:
        same = kind == JSON_KIND_BOOL && v->number.whole == json_object_get_boolean(o);
        break;
    case json_type_int:
        same = kind == JSON_KIND_INT && v->number.whole == json_object_get_int64(o);
        break;
    case json_type_double:
        same = kind == JSON_KIND_REAL && same_real(json_object_get_double(o), v);
        break;
    case json_type_string:
        same = kind == JSON_KIND_TEXT && v->len == (size_t)json_object_get_string_len(o) &&
               memcmp(v->text, json_object_get_string(o), v->len + 1) == 0;
        break;
    case json_type_array:
        same = kind == JSON_KIND_ARRAY;
        if (same)
            compare_values(o, v);
        break;
    case json_type_object:
        same = kind == JSON_KIND_OBJECT;
        if (same)
            compare_members(o, v);
        break;
    }
    if (!same)
        abort();
}

static void check_read(struct json_reader *r, const char *text, size_t n)
{
    static const struct llm_server server = {.place = "mine", .model = "m-1", .key = "sesame"};
    struct json_object *o;
    const struct json_node *v;
    struct err_info a = {0}, b = {0};
    enum err e = json_parse(text, n, NULL, &o, &a);
    if (json_reader_read(r, text, n, &v, &b) != e || strcmp(a.message, b.message) != 0 ||
        a.line != b.line || a.column != b.column)
        abort();
    if (!e)
        compare(o, v);
    if (!e && llm_fault_object(&server, o, NULL) && !llm_fault_likely(v))
        abort();
    if (!e && json_i64(o, "a", -1) != json_node_i64(v, "a", -1))
        abort();
    json_object_put(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_reader r;
    const char *text = (const char *)data, *next = memchr(data, '\n', size);
    size_t n = next ? (size_t)(next - text) : size;
    json_reader_init(&r);
    check_read(&r, text, n);
    check_read(&r, text, size);
    check_read(&r, text + n, size - n);
    json_reader_fini(&r);
    return 0;
}
