#include "base/json_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum {
    NODES_LEAST = 64,
    NODES_KEPT = 1024, /* for the next text */
    TEXT_KEPT = 64 << 10,
    DEPTH_MAX = JSON_DEPTH_MAX / 2, /* so that json-c alone says what is too deep */
    DIGITS_MAX = 18,                /* always fit into 64 bits */
};

void json_reader_init(struct json_reader *r)
{
    memset(r, 0, sizeof *r);
}

void json_reader_fini(struct json_reader *r)
{
    json_object_put(r->odd);
    free(r->nodes);
    free(r->text);
    json_reader_init(r);
}

/* Forgets the text before; one that was unusually large gives its memory back. */
static bool make_room(struct json_reader *r, size_t n)
{
    json_object_put(r->odd);
    r->odd = NULL;
    r->count = 0;
    if (r->nodes_cap > NODES_KEPT || (r->text_cap > TEXT_KEPT && n < TEXT_KEPT))
        json_reader_fini(r);
    if (n < r->text_cap)
        return true;
    free(r->text);
    r->text_cap = n < 1024 ? 1024 : n + n / 2;
    r->text = malloc(r->text_cap);
    if (!r->text)
        r->text_cap = 0;
    return r->text != NULL;
}

static struct json_node *add(struct json_reader *r, enum json_kind kind, const char *key)
{
    struct json_node *v;
    if (r->count == r->nodes_cap) {
        size_t cap = r->nodes_cap ? r->nodes_cap * 2 : NODES_LEAST;
        v = realloc(r->nodes, cap * sizeof *v);
        if (!v)
            return NULL;
        r->nodes = v;
        r->nodes_cap = cap;
    }
    v = &r->nodes[r->count++];
    v->kind = kind;
    v->span = 1;
    v->count = 0;
    v->key = key;
    v->text = NULL;
    return v;
}

/* ---- texts: decoded where they stand, which never makes them longer ---- */

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Four hexadecimal digits; -1: they are none. */
static int32_t hex4(const char *p)
{
    int32_t n = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        n = n << 4 | digit;
    }
    return n;
}

/* \uXXXX, or two of them that are one character. */
static bool take_code(char **from, char **to)
{
    int32_t cp = hex4(*from), low;
    if (cp < 0 || (cp >= 0xdc00 && cp < 0xe000))
        return false;
    *from += 4;
    if (cp >= 0xd800 && cp < 0xdc00) {
        low = (*from)[0] == '\\' && (*from)[1] == 'u' ? hex4(*from + 2) : -1;
        if (low < 0xdc00 || low >= 0xe000)
            return false;
        cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
        *from += 6;
    }
    *to += utf8_encode((uint32_t)cp, *to);
    return true;
}

static bool take_escape(char **from, char **to)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = *(*from)++;
    const char *name = c ? strchr(names, c) : NULL;
    if (c == 'u')
        return take_code(from, to);
    if (name)
        *(*to)++ = meant[name - names];
    return name != NULL;
}

/* Behind the opening quote; ends behind the closing one, whose place the NUL takes. */
static bool take_text(struct json_reader *r, const char *end, const char **out, size_t *len)
{
    char *from = r->at, *to;
    uint32_t cp;
    while (is_plain((unsigned char)*from))
        from++;
    for (to = from; *from != '"';) {
        unsigned char c = (unsigned char)*from;
        size_t used = 1;
        if (c < 0x20)
            return false;
        if (c == '\\') {
            from++;
            if (!take_escape(&from, &to))
                return false;
            continue;
        }
        if (c >= 0x80) {
            used = utf8_decode(from, (size_t)(end - from), &cp);
            if (cp == UTF8_BAD)
                return false;
        }
        while (used--)
            *to++ = *from++;
    }
    *to = 0;
    *out = r->at;
    *len = (size_t)(to - r->at);
    r->at = from + 1;
    return true;
}

/* ---- values ---- */

static void skip_space(struct json_reader *r)
{
    while (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')
        r->at++;
}

static bool skip_digits(struct json_reader *r)
{
    char *start = r->at;
    while (*r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > start;
}

static bool take_number(struct json_reader *r, const char *key)
{
    char *start = r->at, *digits;
    bool minus = *r->at == '-', whole = true;
    int64_t n = 0;
    struct json_node *v;
    digits = r->at += minus;
    if (!skip_digits(r) || r->at - digits > DIGITS_MAX || (*digits == '0' && r->at > digits + 1))
        return false;
    for (const char *p = digits; p < r->at; p++)
        n = n * 10 + (*p - '0');
    if (*r->at == '.') {
        whole = false;
        r->at++;
        if (!skip_digits(r))
            return false;
    }
    if (*r->at == 'e' || *r->at == 'E') {
        whole = false;
        r->at++;
        r->at += *r->at == '+' || *r->at == '-';
        if (!skip_digits(r))
            return false;
    }
    v = add(r, whole ? JSON_KIND_INT : JSON_KIND_REAL, key);
    if (v && whole)
        v->number.whole = minus ? -n : n;
    else if (v)
        v->text = start;
    return v != NULL;
}

static bool take_word(struct json_reader *r, const char *word, enum json_kind kind, const char *key)
{
    struct json_node *v;
    size_t n = strlen(word);
    if (strncmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    v = add(r, kind, key);
    if (v)
        v->number.whole = *word == 't';
    return v != NULL;
}

static bool take_value(struct json_reader *r, const char *end, const char *key, int depth);

static bool take_key(struct json_reader *r, const char *end, const char **key)
{
    size_t len;
    if (*r->at++ != '"' || !take_text(r, end, key, &len) || strlen(*key) != len)
        return false;
    skip_space(r);
    if (*r->at != ':')
        return false;
    r->at++;
    skip_space(r);
    return true;
}

/* An array or an object, from its bracket on. */
static bool take_many(struct json_reader *r, const char *end, const char *key, int depth)
{
    const bool object = *r->at++ == '{';
    const char close = object ? '}' : ']';
    const size_t self = r->count;
    uint32_t count = 0;
    if (depth == DEPTH_MAX || !add(r, object ? JSON_KIND_OBJECT : JSON_KIND_ARRAY, key))
        return false;
    skip_space(r);
    while (*r->at != close) {
        const char *name = NULL;
        if ((object && !take_key(r, end, &name)) || !take_value(r, end, name, depth + 1))
            return false;
        count++;
        skip_space(r);
        if (*r->at == close)
            break;
        if (*r->at++ != ',')
            return false;
        skip_space(r);
        if (*r->at == close)
            return false;
    }
    r->at++;
    r->nodes[self].count = count;
    r->nodes[self].span = (uint32_t)(r->count - self);
    return true;
}

static bool take_value(struct json_reader *r, const char *end, const char *key, int depth)
{
    struct json_node *v;
    switch (*r->at) {
    case '{':
    case '[':
        return take_many(r, end, key, depth);
    case '"':
        r->at++;
        v = add(r, JSON_KIND_TEXT, key);
        return v && take_text(r, end, &v->text, &v->len);
    case 't':
        return take_word(r, "true", JSON_KIND_BOOL, key);
    case 'f':
        return take_word(r, "false", JSON_KIND_BOOL, key);
    case 'n':
        return take_word(r, "null", JSON_KIND_NULL, key);
    default:
        return take_number(r, key);
    }
}

static bool take_all(struct json_reader *r, size_t n)
{
    const char *end = r->text + n;
    r->at = r->text;
    skip_space(r);
    if (!take_value(r, end, NULL, 0))
        return false;
    skip_space(r);
    return r->at == end;
}

/* ---- what json-c has read ---- */

static bool copy(struct json_reader *r, struct json_object *o, const char *key)
{
    static const enum json_kind kinds[] = {
        [json_type_null] = JSON_KIND_NULL,     [json_type_boolean] = JSON_KIND_BOOL,
        [json_type_double] = JSON_KIND_REAL,   [json_type_int] = JSON_KIND_INT,
        [json_type_object] = JSON_KIND_OBJECT, [json_type_array] = JSON_KIND_ARRAY,
        [json_type_string] = JSON_KIND_TEXT,
    };
    const size_t self = r->count;
    struct json_node *v = add(r, kinds[json_object_get_type(o)], key);
    if (!v)
        return false;
    if (v->kind == JSON_KIND_TEXT) {
        v->text = json_object_get_string(o);
        v->len = (size_t)json_object_get_string_len(o);
    } else if (v->kind == JSON_KIND_REAL) {
        v->number.real = json_object_get_double(o);
    } else if (v->kind == JSON_KIND_INT) {
        v->number.whole = json_object_get_int64(o);
    } else if (v->kind == JSON_KIND_BOOL) {
        v->number.whole = json_object_get_boolean(o);
    } else if (v->kind == JSON_KIND_ARRAY) {
        v->count = (uint32_t)json_object_array_length(o);
        for (size_t i = 0; i < json_object_array_length(o); i++)
            if (!copy(r, json_object_array_get_idx(o, i), NULL))
                return false;
    } else if (v->kind == JSON_KIND_OBJECT) {
        v->count = (uint32_t)json_object_object_length(o);
        json_object_object_foreach(o, name, member)
        {
            if (!copy(r, member, name))
                return false;
        }
    }
    r->nodes[self].span = (uint32_t)(r->count - self);
    return true;
}

static enum err read_odd(struct json_reader *r, const char *text, size_t n, struct err_info *info)
{
    enum err e = json_parse(text, n, NULL, &r->odd, info);
    r->count = 0;
    if (!e && !copy(r, r->odd, NULL))
        e = err_set(info, ERR_NOMEM, "out of memory");
    return e;
}

enum err json_reader_read(struct json_reader *r, const char *text, size_t n,
                          const struct json_node **out, struct err_info *info)
{
    enum err e = ERR_OK;
    *out = NULL;
    if (n > INT32_MAX - 1)
        return err_set(info, ERR_TOO_LARGE, "JSON text of more than 2 GB");
    if (!make_room(r, n))
        return err_set(info, ERR_NOMEM, "out of memory");
    memcpy(r->text, text, n);
    r->text[n] = 0;
    if (!take_all(r, n))
        e = read_odd(r, text, n, info);
    if (!e && r->nodes[0].kind != JSON_KIND_NULL)
        *out = r->nodes;
    return e;
}

/* ---- looking ---- */

bool json_node_is(const struct json_node *v, enum json_kind kind)
{
    return v && v->kind == kind;
}

const struct json_node *json_node_get(const struct json_node *o, const char *key)
{
    const struct json_node *found = NULL, *v;
    if (!json_node_is(o, JSON_KIND_OBJECT))
        return NULL;
    v = o + 1;
    for (uint32_t i = 0; i < o->count; i++, v += v->span)
        if (*v->key == *key && strcmp(v->key, key) == 0)
            found = v;
    return found && found->kind != JSON_KIND_NULL ? found : NULL;
}

static const struct json_node *typed(const struct json_node *o, const char *key,
                                     enum json_kind kind)
{
    const struct json_node *v = json_node_get(o, key);
    return json_node_is(v, kind) ? v : NULL;
}

const char *json_node_str(const struct json_node *o, const char *key, const char *otherwise)
{
    const struct json_node *v = typed(o, key, JSON_KIND_TEXT);
    return v ? v->text : otherwise;
}

int64_t json_node_i64(const struct json_node *o, const char *key, int64_t otherwise)
{
    const struct json_node *v = json_node_get(o, key);
    if (json_node_is(v, JSON_KIND_REAL)) {
        double d = v->text ? strtod(v->text, NULL) : v->number.real;
        return d >= -9e15 && d <= 9e15 ? (int64_t)d : otherwise;
    }
    return json_node_is(v, JSON_KIND_INT) ? v->number.whole : otherwise;
}

bool json_node_flag(const struct json_node *o, const char *key, bool otherwise)
{
    const struct json_node *v = typed(o, key, JSON_KIND_BOOL);
    return v ? v->number.whole != 0 : otherwise;
}

const struct json_node *json_node_array(const struct json_node *o, const char *key)
{
    return typed(o, key, JSON_KIND_ARRAY);
}

const struct json_node *json_node_object(const struct json_node *o, const char *key)
{
    return typed(o, key, JSON_KIND_OBJECT);
}

const struct json_node *json_node_first(const struct json_node *array)
{
    return json_node_is(array, JSON_KIND_ARRAY) && array->count ? array + 1 : NULL;
}
