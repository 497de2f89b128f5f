#include "base/task_file.h"

#include <stdio.h>
#include <string.h>

#include "base/task_class.h"
#include "base/utf8.h"

struct place {
    const char *file;
    int line, column; /* of the task's first character */
};

static enum err fail(const struct place *at, size_t column, struct err_info *info, const char *why)
{
    return err_at(info, ERR_PARSE, at->file, at->line, at->column + (int)column, "%s", why);
}

/* A wrong member is shown where its name stands. */
static size_t column_of(const char *line, size_t n, const char *name)
{
    char quoted[40];
    const char *found;
    snprintf(quoted, sizeof quoted, "\"%.30s\"", name);
    found = memmem(line, n, quoted, strlen(quoted));
    return found ? (size_t)(found - line) : 0;
}

/* What is wrong with a member; NULL: nothing. */
static const char *member_problem(const char *name, struct json_object *value)
{
    enum json_type type = json_object_get_type(value);
    if (strcmp(name, "task") == 0)
        return type == json_type_string ? NULL : "\"task\" is a text";
    if (strcmp(name, "kind") == 0)
        return type == json_type_string ? NULL : "\"kind\" is a word";
    if (strcmp(name, "input") == 0)
        return type == json_type_object ? NULL : "\"input\" is an object, such as {\"n\": 3}";
    if (strcmp(name, "tokens") == 0)
        return type == json_type_int && json_object_get_int64(value) >= 0
                   ? NULL
                   : "\"tokens\" is a whole number, 0 or more";
    if (strcmp(name, "class") == 0)
        return type == json_type_string && class_said(json_object_get_string(value)) < CLASS_COUNT
                   ? NULL
                   : "\"class\" is " CLASS_SAY;
    return "a task has the members task, input, kind, class and tokens";
}

static enum err json_line(const struct place *at, const char *line, size_t n,
                          struct json_object **out, struct err_info *info)
{
    enum err e = json_parse(line, n, at->file, out, info);
    const char *task;
    if (e) {
        if (info) {
            info->column += at->column - 1;
            info->line = at->line;
        }
        return e;
    }
    json_object_object_foreach(*out, name, value)
    {
        const char *why = member_problem(name, value);
        if (why)
            return fail(at, column_of(line, n, name), info, why);
    }
    task = json_str(*out, "task", "");
    if (strspn(task, " \t\r\n") == strlen(task))
        return fail(at, 0, info, "this line has no \"task\"");
    if (strlen(task) > TASK_FILE_TASK_MAX)
        return fail(at, 0, info, "this task is longer than 64 KB");
    return ERR_OK;
}

static enum err plain_line(const struct place *at, const char *line, size_t n,
                           struct json_object **out, struct err_info *info)
{
    size_t bad = utf8_invalid(line, n);
    if (n > TASK_FILE_TASK_MAX)
        return fail(at, 0, info, "this task is longer than 64 KB");
    if (bad < n)
        return fail(at, bad, info, "this is not UTF-8 text");
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] < 0x20 && line[i] != '\t')
            return fail(at, i, info, "a control character; the file must be text");
    *out = json_object_new_object();
    json_object_object_add(*out, "task", json_object_new_string_len(line, (int)n));
    return ERR_OK;
}

static enum err take_line(const struct place *at, const char *line, size_t n,
                          struct json_object *tasks, struct err_info *info)
{
    struct json_object *task = NULL;
    enum err e =
        *line == '{' ? json_line(at, line, n, &task, info) : plain_line(at, line, n, &task, info);
    if (!e && json_object_array_length(tasks) >= TASK_FILE_TASKS_MAX)
        e = fail(at, 0, info, "more than 100000 tasks");
    if (!e)
        json_object_array_add(tasks, task);
    else
        json_object_put(task);
    return e;
}

static enum err parse_lines(const char *text, size_t n, const char *file, struct json_object *tasks,
                            struct err_info *info)
{
    struct place at = {.file = file};
    const char *p = text, *end = text + n;
    enum err e = ERR_OK;
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    while (!e && p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;
        const char *from = p, *to = stop;
        at.line++;
        while (from < to && strchr(" \t\r", *from) && *from)
            from++;
        while (to > from && strchr(" \t\r", to[-1]) && to[-1])
            to--;
        at.column = 1 + (int)(from - p);
        if (from < to && *from != '#')
            e = take_line(&at, from, (size_t)(to - from), tasks, info);
        p = stop + (newline != NULL);
    }
    return e;
}

enum err task_file_parse(const char *text, size_t n, const char *file, struct json_object **tasks,
                         struct err_info *info)
{
    enum err e = ERR_OK;
    *tasks = NULL;
    if (n > TASK_FILE_MAX)
        return err_at(info, ERR_TOO_LARGE, file, 0, 0, "more than 12 MB of tasks");
    *tasks = json_object_new_array();
    if (!*tasks)
        return err_set(info, ERR_NOMEM, "out of memory");
    e = parse_lines(text, n, file, *tasks, info);
    if (!e && json_object_array_length(*tasks) == 0)
        e = err_at(info, ERR_INPUT, file, 0, 0, "there is no task in this file");
    if (e) {
        json_object_put(*tasks);
        *tasks = NULL;
    }
    return e;
}
