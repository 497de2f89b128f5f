#include "base/json.h"

#include <string.h>

#include "base/utf8.h"

enum err json_parse(const char *text, size_t n, const char *file, struct json_object **out,
                    struct err_info *info)
{
    struct json_tokener *tok;
    enum json_tokener_error code;
    size_t at, bad;
    enum err e = ERR_OK;
    *out = NULL;
    if (n > INT32_MAX - 1)
        return err_set(info, ERR_TOO_LARGE, "JSON text of more than 2 GB");
    bad = utf8_invalid(text, n);
    tok = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (!tok)
        return err_set(info, ERR_NOMEM, "out of memory");
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
    if (bad == n) {
        *out = json_tokener_parse_ex(tok, text, (int)n);
        code = json_tokener_get_error(tok);
        at = json_tokener_get_parse_end(tok);
        if (code == json_tokener_continue) { /* a bare number ends only with the input's end */
            *out = json_tokener_parse_ex(tok, "", 1);
            code = json_tokener_get_error(tok);
            at = n;
        }
        while (code == json_tokener_success && at < n && strchr(" \t\r\n", text[at]))
            at++;
    } else {
        code = json_tokener_error_parse_utf8_string;
        at = bad;
    }
    if (code != json_tokener_success || at < n) {
        int line, column;
        utf8_place(text, n, at, &line, &column);
        e = err_at(info, ERR_PARSE, file, line, column, "not valid JSON: %s",
                   code == json_tokener_success    ? "text after the value"
                   : code == json_tokener_continue ? "the text ends too early"
                                                   : json_tokener_error_desc(code));
        json_object_put(*out);
        *out = NULL;
    }
    json_tokener_free(tok);
    return e;
}

struct json_object *json_get(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    if (o && json_object_is_type(o, json_type_object))
        json_object_object_get_ex(o, key, &v);
    return v;
}

static struct json_object *typed(struct json_object *o, const char *key, enum json_type type)
{
    struct json_object *v = json_get(o, key);
    return v && json_object_is_type(v, type) ? v : NULL;
}

const char *json_str(struct json_object *o, const char *key, const char *otherwise)
{
    struct json_object *v = typed(o, key, json_type_string);
    return v ? json_object_get_string(v) : otherwise;
}

int64_t json_i64(struct json_object *o, const char *key, int64_t otherwise)
{
    struct json_object *v = json_get(o, key);
    if (v && json_object_is_type(v, json_type_double)) {
        double d = json_object_get_double(v);
        return d >= -9e15 && d <= 9e15 ? (int64_t)d : otherwise;
    }
    return v && json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : otherwise;
}

double json_f64(struct json_object *o, const char *key, double otherwise)
{
    struct json_object *v = json_get(o, key);
    if (v && (json_object_is_type(v, json_type_double) || json_object_is_type(v, json_type_int)))
        return json_object_get_double(v);
    return otherwise;
}

bool json_flag(struct json_object *o, const char *key, bool otherwise)
{
    struct json_object *v = typed(o, key, json_type_boolean);
    return v ? json_object_get_boolean(v) : otherwise;
}

struct json_object *json_array(struct json_object *o, const char *key)
{
    return typed(o, key, json_type_array);
}

struct json_object *json_object_of(struct json_object *o, const char *key)
{
    return typed(o, key, json_type_object);
}

void json_add_str(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, text ? json_object_new_string(text) : NULL);
}

void json_add_i64(struct json_object *o, const char *key, int64_t n)
{
    json_object_object_add(o, key, json_object_new_int64(n));
}

void json_add_f64(struct json_object *o, const char *key, double n)
{
    json_object_object_add(o, key, json_object_new_double(n));
}

void json_add_bool(struct json_object *o, const char *key, bool b)
{
    json_object_object_add(o, key, json_object_new_boolean(b));
}

static enum err quote_one(struct buf *out, const char *text, size_t n, size_t *used)
{
    unsigned char c = (unsigned char)*text;
    uint32_t cp;
    *used = 1;
    if (c == '"' || c == '\\')
        return buf_addf(out, "\\%c", c);
    if (c == '\n')
        return buf_adds(out, "\\n");
    if (c == '\t')
        return buf_adds(out, "\\t");
    if (c < 0x20 || c == 0x7f)
        return buf_addf(out, "\\u%04x", c);
    *used = utf8_decode(text, n, &cp);
    if (cp == UTF8_BAD)
        return buf_adds(out, "\xEF\xBF\xBD");
    if (cp >= 0x80 && cp < 0xa0) /* C1 controls act on some terminals */
        return buf_addf(out, "\\u%04x", (unsigned)cp);
    return buf_add(out, text, *used);
}

enum err json_quote(struct buf *out, const char *text, size_t n)
{
    size_t start = out->len, used;
    enum err e = buf_adds(out, "\"");
    for (size_t i = 0; !e && i < n; i += used)
        e = quote_one(out, text + i, n - i, &used);
    if (!e)
        e = buf_adds(out, "\"");
    if (e)
        buf_truncate(out, start);
    return e;
}

enum err json_print(struct buf *out, struct json_object *o)
{
    return buf_adds(out, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE));
}
