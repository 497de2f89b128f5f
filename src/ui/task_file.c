#include "ui/task_file.h"

#include <string.h>

#include "base/utf8.h"
#include "core/protocol.h"

struct line {
    const char *text; /* not terminated */
    size_t len;
    const char *file;
    int number, indent;
};

/* At the key, or at the line's begin when it is written with escapes. */
static int column_of(const struct line *l, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i + n + 1 < l->len; i++)
        if (l->text[i] == '"' && memcmp(l->text + i + 1, key, n) == 0 && l->text[i + 1 + n] == '"')
            return (int)i + 1 + l->indent;
    return 1 + l->indent;
}

static enum err check_type(const struct line *l, struct json_object *o, const char *key,
                           enum json_type type, const char *what, struct err_info *info)
{
    struct json_object *v = NULL;
    if (!json_object_object_get_ex(o, key, &v) || json_object_is_type(v, type))
        return ERR_OK;
    return err_at(info, ERR_INPUT, l->file, l->number, column_of(l, key), "\"%s\" must be %s", key,
                  what);
}

static enum err check_object(const struct line *l, struct json_object *o, struct err_info *info)
{
    static const char *const known[] = {"task", "input", "kind", "tokens", NULL};
    const char *kind = json_str(o, "kind", ""), *task = json_str(o, "task", "");
    enum err e = check_type(l, o, "task", json_type_string, "a text", info);
    json_object_object_foreach(o, key, value)
    {
        int i = 0;
        (void)value;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!e && !known[i])
            e = err_at(info, ERR_INPUT, l->file, l->number, column_of(l, key),
                       "unknown key \"%.40s\" (task, input, kind, tokens)", key);
    }
    if (!e)
        e = check_type(l, o, "input", json_type_object, "an object such as {\"n\": 3}", info);
    if (!e)
        e = check_type(l, o, "kind", json_type_string, "task or text", info);
    if (!e)
        e = check_type(l, o, "tokens", json_type_int, "a whole number", info);
    if (!e && *kind && strcmp(kind, "task") != 0 && strcmp(kind, "text") != 0)
        e = err_at(info, ERR_INPUT, l->file, l->number, column_of(l, "kind"),
                   "\"kind\" must be task or text, not \"%.40s\"", kind);
    if (!e && json_i64(o, "tokens", 0) < 0)
        e = err_at(info, ERR_INPUT, l->file, l->number, column_of(l, "tokens"),
                   "\"tokens\" must not be negative");
    if (!e && strspn(task, " \t\r\n") == strlen(task))
        e = err_at(info, ERR_INPUT, l->file, l->number, column_of(l, "task"),
                   "the \"task\" is missing or empty");
    return e;
}

static enum err read_object(const struct line *l, struct json_object **out, struct err_info *info)
{
    struct err_info where = {0};
    enum err e = json_parse(l->text, l->len, l->file, out, &where);
    if (e)
        return err_at(info, ERR_PARSE, l->file, l->number,
                      l->indent + (where.column > 0 ? where.column : 1), "%s", where.message);
    return check_object(l, *out, info);
}

static enum err read_line(const struct line *l, struct json_object *tasks, struct err_info *info)
{
    struct json_object *o = NULL;
    size_t bad = utf8_invalid(l->text, l->len);
    enum err e = ERR_OK;
    if (bad < l->len || memchr(l->text, 0, l->len))
        return err_at(info, ERR_INPUT, l->file, l->number, l->indent + (int)bad + 1,
                      "the task is not valid UTF-8 text");
    if (l->len > PROTOCOL_TASK_MAX)
        return err_at(info, ERR_TOO_LARGE, l->file, l->number, 1, "the task is longer than %d KB",
                      PROTOCOL_TASK_MAX >> 10);
    if (*l->text == '{') {
        e = read_object(l, &o, info);
    } else {
        o = json_object_new_object();
        json_object_object_add(o, "task", json_object_new_string_len(l->text, (int)l->len));
    }
    if (e)
        json_object_put(o);
    else
        json_object_array_add(tasks, o);
    return e;
}

enum err task_file_parse(const char *text, size_t n, const char *file, struct json_object *tasks,
                         struct err_info *info)
{
    const char *end = text + n, *next;
    enum err e = ERR_OK;
    for (int number = 1; !e && text < end; number++, text = next) {
        const char *newline = memchr(text, '\n', (size_t)(end - text)), *first = text, *last;
        last = newline ? newline : end;
        next = newline ? newline + 1 : end;
        while (first < last && memchr(" \t\r", *first, 3))
            first++;
        while (last > first && memchr(" \t\r", last[-1], 3))
            last--;
        struct line l = {.text = first,
                         .len = (size_t)(last - first),
                         .file = file,
                         .number = number,
                         .indent = (int)(first - text)};
        if (l.len && *first != '#')
            e = read_line(&l, tasks, info);
    }
    return e;
}
