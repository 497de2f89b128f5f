#include "base/task_file.h"

#include <stdio.h>
#include <string.h>

#include "base/task_class.h"
#include "base/utf8.h"

static enum err fail(const struct task_line *at, size_t column, struct err_info *info,
                     const char *why)
{
    return err_at(info, ERR_PARSE, at->file, at->number, at->column + (int)column, "%s", why);
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

static enum err json_line(const struct task_line *at, struct json_object **out,
                          struct err_info *info)
{
    enum err e = json_parse(at->text, at->n, at->file, out, info);
    const char *task;
    if (e) {
        if (info) {
            info->column += at->column - 1;
            info->line = at->number;
        }
        return e;
    }
    json_object_object_foreach(*out, name, value)
    {
        const char *why = member_problem(name, value);
        if (why)
            return fail(at, column_of(at->text, at->n, name), info, why);
    }
    task = json_str(*out, "task", "");
    if (strspn(task, " \t\r\n") == strlen(task))
        return fail(at, 0, info, "this line has no \"task\"");
    if (strlen(task) > TASK_FILE_TASK_MAX)
        return fail(at, 0, info, "this task is longer than 64 KB");
    return ERR_OK;
}

static enum err plain_line(const struct task_line *at, struct json_object **out,
                           struct err_info *info)
{
    size_t bad = utf8_invalid(at->text, at->n);
    if (at->n > TASK_FILE_TASK_MAX)
        return fail(at, 0, info, "this task is longer than 64 KB");
    if (bad < at->n)
        return fail(at, bad, info, "this is not UTF-8 text");
    for (size_t i = 0; i < at->n; i++)
        if ((unsigned char)at->text[i] < 0x20 && at->text[i] != '\t')
            return fail(at, i, info, "a control character; the file must be text");
    *out = json_object_new_object();
    json_object_object_add(*out, "task", json_object_new_string_len(at->text, (int)at->n));
    return ERR_OK;
}

static enum err take_line(void *arg, const struct task_line *at, struct json_object *tasks,
                          struct err_info *info)
{
    struct json_object *task = NULL;
    enum err e = *at->text == '{' ? json_line(at, &task, info) : plain_line(at, &task, info);
    (void)arg;
    if (!e && json_object_array_length(tasks) >= TASK_FILE_TASKS_MAX)
        e = fail(at, 0, info, "more than 100000 tasks");
    if (!e)
        json_object_array_add(tasks, task);
    else
        json_object_put(task);
    return e;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

enum err task_lines(const char *text, size_t n, const char *file,
                    enum err (*take)(void *arg, const struct task_line *line,
                                     struct json_object *tasks, struct err_info *info),
                    void *arg, struct json_object **tasks, struct err_info *info)
{
    struct task_line at = {.file = file};
    const char *p = text, *end = text + n;
    enum err e = ERR_OK;
    *tasks = NULL;
    if (n > TASK_FILE_MAX)
        return err_at(info, ERR_TOO_LARGE, file, 0, 0, "more than 12 MB of tasks");
    *tasks = json_object_new_array();
    if (!*tasks)
        return err_set(info, ERR_NOMEM, "out of memory");
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    while (!e && p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p)), *stop = newline ? newline : end;
        const char *from = p, *to = stop;
        at.number++;
        while (from < to && is_blank(*from))
            from++;
        while (to > from && is_blank(to[-1]))
            to--;
        at.column = 1 + (int)(from - p);
        at.text = from;
        at.n = (size_t)(to - from);
        if (from < to && *from != '#')
            e = take(arg, &at, *tasks, info);
        p = stop + (newline != NULL);
    }
    if (!e && json_object_array_length(*tasks) == 0)
        e = err_at(info, ERR_INPUT, file, 0, 0, "there is no task in this file");
    if (e) {
        json_object_put(*tasks);
        *tasks = NULL;
    }
    return e;
}

enum err task_file_parse(const char *text, size_t n, const char *file, struct json_object **tasks,
                         struct err_info *info)
{
    return task_lines(text, n, file, take_line, NULL, tasks, info);
}
