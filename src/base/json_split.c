#include "base/json_split.h"

#include <string.h>

#include "base/json.h"

enum { NAME_MAX_BYTES = 16 << 10 };

void json_split_init(struct json_split *s, size_t max, json_split_fn *found, void *arg)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->name, NAME_MAX_BYTES);
    buf_init(&s->value, max);
    s->found = found;
    s->arg = arg;
    s->line = s->column = 1;
}

void json_split_fini(struct json_split *s)
{
    buf_fini(&s->name);
    buf_fini(&s->value);
}

static enum err fail(const struct json_split *s, const char *file, const char *why,
                     struct err_info *info)
{
    return err_at(info, ERR_PARSE, file, s->line, s->column, "not valid JSON: %s", why);
}

/* The name is kept with its quotes and escapes until the value has come. */
static enum err give(struct json_split *s, const char *file, struct err_info *info)
{
    struct json_object *name = NULL;
    enum err e = ERR_OK;
    s->state = JSON_SPLIT_COMMA;
    if (s->named && json_parse(s->name.data, s->name.len, file, &name, NULL))
        return err_at(info, ERR_PARSE, file, s->value_line, s->value_column,
                      "not valid JSON: the name before this value");
    e = s->found(s->arg, s->named ? json_object_get_string(name) : NULL,
                 s->too_large ? NULL : s->value.data, s->value.len, s->value_line, s->value_column);
    json_object_put(name);
    buf_clear(&s->value);
    return e;
}

static enum err keep(struct json_split *s, const char *c)
{
    enum err e = s->too_large ? ERR_OK : buf_add(&s->value, c, 1);
    if (e == ERR_TOO_LARGE) {
        s->too_large = true;
        e = ERR_OK;
    }
    return e;
}

static void begin_value(struct json_split *s, char c)
{
    s->state = JSON_SPLIT_IN_VALUE;
    s->depth = 0;
    s->in_string = s->escaped = s->too_large = false;
    s->scalar = !strchr("{[\"", c);
    s->value_line = s->line;
    s->value_column = s->column;
}

/* Whether the value ends with this byte. */
static bool follow(struct json_split *s, char c)
{
    if (s->escaped) {
        s->escaped = false;
    } else if (s->in_string) {
        s->escaped = c == '\\';
        s->in_string = c != '"';
        return !s->in_string && s->depth == 0;
    } else if (c == '"') {
        s->in_string = true;
    } else if (c == '{' || c == '[') {
        s->depth++;
    } else if (c == '}' || c == ']') {
        s->depth--;
        return s->depth == 0;
    }
    return false;
}

static enum err in_name(struct json_split *s, const char *c, const char *file,
                        struct err_info *info)
{
    if (buf_add(&s->name, c, 1))
        return fail(s, file, "a name of more than 16 KB", info);
    if (s->escaped)
        s->escaped = false;
    else if (*c == '\\')
        s->escaped = true;
    else if (*c == '"')
        s->state = JSON_SPLIT_COLON;
    return ERR_OK;
}

static enum err begin_name(struct json_split *s, const char *c)
{
    buf_clear(&s->name);
    s->escaped = false;
    s->named = true;
    s->state = JSON_SPLIT_IN_NAME;
    return buf_add(&s->name, c, 1);
}

static enum err between(struct json_split *s, const char *c, const char *file,
                        struct err_info *info)
{
    const char close = s->array ? ']' : '}';
    switch (s->state) {
    case JSON_SPLIT_BEGIN:
        if (*c != '{' && *c != '[')
            return fail(s, file, "an object or a list is expected", info);
        s->array = *c == '[';
        s->state = JSON_SPLIT_FIRST;
        return ERR_OK;
    case JSON_SPLIT_COLON:
        if (*c != ':')
            return fail(s, file, "a colon is missing", info);
        s->state = JSON_SPLIT_VALUE;
        return ERR_OK;
    case JSON_SPLIT_COMMA:
        if (*c != ',' && *c != close)
            return fail(s, file, "a comma is missing", info);
        s->state = *c == close ? JSON_SPLIT_END : s->array ? JSON_SPLIT_VALUE : JSON_SPLIT_NAME;
        return ERR_OK;
    case JSON_SPLIT_END:
        return fail(s, file, "text after the value", info);
    default:
        break;
    }
    if (s->state == JSON_SPLIT_FIRST && *c == close) {
        s->state = JSON_SPLIT_END;
        return ERR_OK;
    }
    if (s->state == JSON_SPLIT_NAME || (s->state == JSON_SPLIT_FIRST && !s->array))
        return *c == '"' ? begin_name(s, c) : fail(s, file, "a name in quotes is expected", info);
    if (strchr(",:]}", *c))
        return fail(s, file, "a value is missing", info);
    begin_value(s, *c);
    if (!s->scalar)
        follow(s, *c);
    return keep(s, c);
}

static enum err in_value(struct json_split *s, const char *c, const char *file,
                         struct err_info *info)
{
    enum err e;
    if (s->scalar && strchr(" \t\r\n,]}", *c)) {
        e = give(s, file, info);
        return e || strchr(" \t\r\n", *c) ? e : between(s, c, file, info);
    }
    e = keep(s, c);
    if (!e && !s->scalar && follow(s, *c))
        e = give(s, file, info);
    return e;
}

static void move_on(struct json_split *s, unsigned char c)
{
    s->bytes++;
    if (c == '\n') {
        s->line++;
        s->column = 1;
    } else if ((c & 0xc0) != 0x80) {
        s->column++; /* counted in characters */
    }
}

enum err json_split_add(struct json_split *s, const char *data, size_t n, const char *file,
                        struct err_info *info)
{
    static const char mark[] = "\xef\xbb\xbf";
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i++) {
        if (s->bytes < 3 && s->state == JSON_SPLIT_BEGIN && data[i] == mark[s->bytes]) {
            s->bytes++;
            continue;
        }
        if (data[i] == 0)
            e = fail(s, file, "a byte 0", info);
        else if (s->state == JSON_SPLIT_IN_VALUE)
            e = in_value(s, &data[i], file, info);
        else if (s->state == JSON_SPLIT_IN_NAME)
            e = in_name(s, &data[i], file, info);
        else if (!strchr(" \t\r\n", data[i]))
            e = between(s, &data[i], file, info);
        move_on(s, (unsigned char)data[i]);
    }
    return e;
}

enum err json_split_end(struct json_split *s, const char *file, struct err_info *info)
{
    if (s->state == JSON_SPLIT_END)
        return ERR_OK;
    return fail(s, file, s->state == JSON_SPLIT_BEGIN ? "it is empty" : "the text ends too early",
                info);
}
