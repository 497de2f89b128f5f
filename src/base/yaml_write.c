#include "base/yaml_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml_scalar.h"

/* KEY_MAX: no longer key may stand before its colon on one line (YAML 1.2, 8.2.2: 1024 characters);
 * what quoting makes of a shorter one may be longer. */
enum { FLOW_MAX = 96, KEY_MAX = 1000 };

/* ---- scalars ---- */

/* Words that mean themselves, in block and in flow style. */
static bool is_plain(const char *text)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/";
    static const char rest[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_/0123456789.+-";
    struct json_object *o = NULL;
    bool plain = *text && strchr(first, *text) && text[strspn(text, rest)] == 0 &&
                 yaml_scalar(text, strlen(text), &o) && json_object_is_type(o, json_type_string);
    json_object_put(o);
    return plain;
}

/* YAML takes these for the ends of lines, JSON does not. */
static enum err write_quoted(struct buf *out, const char *text, size_t n)
{
    static const char *const breaks[] = {"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf"};
    static const char *const escapes[] = {"\\u2028", "\\u2029", "\\uFEFF"};
    struct buf plain;
    enum err e;
    buf_init(&plain, out->max);
    e = json_quote(&plain, text, n);
    for (size_t i = 0; !e && i < plain.len;) {
        size_t k = 0;
        while (k < 3 && strncmp(plain.data + i, breaks[k], 3) != 0)
            k++;
        e = k < 3 ? buf_adds(out, escapes[k]) : buf_add(out, plain.data + i, 1);
        i += k < 3 ? 3 : 1;
    }
    buf_fini(&plain);
    return e;
}

static enum err write_text(struct buf *out, const char *text, size_t n)
{
    return strlen(text) == n && is_plain(text) ? buf_add(out, text, n) : write_quoted(out, text, n);
}

/* YAML wants a point in a number that is no whole one, and a sign in its exponent. */
static enum err write_double(struct buf *out, double d)
{
    char text[40], *exponent;
    enum err e;
    if (isnan(d))
        return buf_adds(out, ".nan");
    if (isinf(d))
        return buf_adds(out, d < 0 ? "-.inf" : ".inf");
    snprintf(text, sizeof text, "%.15g", d);
    if (strtod(text, NULL) != d)
        snprintf(text, sizeof text, "%.17g", d);
    exponent = strchr(text, 'e');
    e = buf_add(out, text, exponent ? (size_t)(exponent - text) : strlen(text));
    if (!e && !strchr(text, '.'))
        e = buf_adds(out, ".0");
    return e || !exponent ? e : buf_adds(out, exponent);
}

static enum err write_scalar(struct buf *out, struct json_object *o)
{
    switch (json_object_get_type(o)) {
    case json_type_null:
        return buf_adds(out, "null");
    case json_type_string:
        return write_text(out, json_object_get_string(o), (size_t)json_object_get_string_len(o));
    case json_type_double:
        return write_double(out, json_object_get_double(o));
    default:
        return json_print(out, o);
    }
}

/* ---- mappings and lists ---- */

static size_t members(struct json_object *o)
{
    if (json_object_is_type(o, json_type_object))
        return (size_t)json_object_object_length(o);
    return json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
}

static bool is_nested(struct json_object *o)
{
    return members(o) > 0;
}

static enum err write_empty_or_scalar(struct buf *out, struct json_object *o)
{
    if (json_object_is_type(o, json_type_object))
        return buf_adds(out, "{}");
    return json_object_is_type(o, json_type_array) ? buf_adds(out, "[]") : write_scalar(out, o);
}

/* On one line, when nothing lies inside and it is short; the buffer is unchanged otherwise. */
static bool write_flow(struct buf *out, struct json_object *o)
{
    const bool map = json_object_is_type(o, json_type_object);
    const size_t start = out->len;
    const char *comma = "";
    enum err e = buf_adds(out, map ? "{" : "[");
    if (map) {
        json_object_object_foreach(o, key, value)
        {
            if (e || (is_nested(value) && (e = ERR_TOO_LARGE)))
                break;
            e = buf_adds(out, comma);
            if (!e)
                e = write_text(out, key, strlen(key));
            if (!e)
                e = buf_adds(out, ": ");
            if (!e)
                e = write_empty_or_scalar(out, value);
            comma = ", ";
        }
    }
    for (size_t i = 0; !map && !e && i < json_object_array_length(o); i++) {
        struct json_object *item = json_object_array_get_idx(o, i);
        e = is_nested(item) ? ERR_TOO_LARGE : buf_adds(out, i ? ", " : "");
        if (!e)
            e = write_empty_or_scalar(out, item);
    }
    if (!e)
        e = buf_adds(out, map ? "}" : "]");
    if (!e && out->len - start <= FLOW_MAX)
        return true;
    buf_truncate(out, start);
    return false;
}

static enum err write_block(struct buf *out, struct json_object *o, int depth);

/* What stands behind "key:" or "-". */
static enum err write_value(struct buf *out, struct json_object *o, int depth)
{
    enum err e;
    if (!is_nested(o)) {
        e = buf_adds(out, " ");
        if (!e)
            e = write_empty_or_scalar(out, o);
        return e ? e : buf_adds(out, "\n");
    }
    if (buf_adds(out, " ") == ERR_OK) {
        if (write_flow(out, o))
            return buf_adds(out, "\n");
        buf_truncate(out, out->len - 1);
    }
    e = buf_adds(out, "\n");
    return e ? e : write_block(out, o, depth);
}

/* "key:", or "? key" and ":" on the next line where the key is too long for that. */
static enum err write_key(struct buf *out, const char *key, int depth)
{
    struct buf text;
    enum err e;
    buf_init(&text, out->max);
    e = write_text(&text, key, strlen(key));
    if (!e)
        e = text.len > KEY_MAX
                ? buf_addf(out, "%*s? %s\n%*s:", 2 * depth, "", text.data, 2 * depth, "")
                : buf_addf(out, "%*s%s:", 2 * depth, "", text.data);
    buf_fini(&text);
    return e;
}

static enum err write_block(struct buf *out, struct json_object *o, int depth)
{
    enum err e = depth > JSON_DEPTH_MAX ? ERR_TOO_LARGE : ERR_OK;
    if (json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, value)
        {
            if (!e)
                e = write_key(out, key, depth);
            if (!e)
                e = write_value(out, value, depth + 1);
        }
        return e;
    }
    for (size_t i = 0; !e && i < json_object_array_length(o); i++) {
        e = buf_addf(out, "%*s-", 2 * depth, "");
        if (!e)
            e = write_value(out, json_object_array_get_idx(o, i), depth + 1);
    }
    return e;
}

enum err yaml_write(struct buf *out, struct json_object *o)
{
    enum err e;
    if (is_nested(o))
        return write_block(out, o, 0);
    e = write_empty_or_scalar(out, o);
    return e ? e : buf_adds(out, "\n");
}
