#include "base/bench_file.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_parts[] = {"examples", "candidates", "agreement", "escalation", "repair",
                                   "tests",    "properties", "plan",      NULL};

/* ---- one line ---- */

/* A wrong member is shown where its name stands; "": the line as a whole. */
static enum err fail(const struct task_line *at, const char *name, struct err_info *info,
                     const char *format, ...) PRINTF_LIKE(4, 5);
static enum err fail(const struct task_line *at, const char *name, struct err_info *info,
                     const char *format, ...)
{
    char quoted[40], text[300];
    const char *found = NULL;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(quoted, sizeof quoted, "\"%.30s\"", name);
    if (*name)
        found = memmem(at->text, at->n, quoted, strlen(quoted));
    return err_at(info, ERR_PARSE, at->file, at->number,
                  at->column + (found ? (int)(found - at->text) : 0), "%s", text);
}

static bool is_identifier(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

/* Names stand in tables and on the screen. */
static bool is_plain(const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            return false;
    return true;
}

static bool blank(const char *text)
{
    return strspn(text, " \t\r\n") == strlen(text);
}

static enum err check_text(const struct task_line *at, struct json_object *o, const char *name,
                           size_t most, bool must, struct err_info *info)
{
    struct json_object *value = json_get(o, name);
    const char *text = json_str(o, name, "");
    if (!value && must)
        return fail(at, "", info, "this line has no \"%s\"", name);
    if (value && !json_object_is_type(value, json_type_string))
        return fail(at, name, info, "\"%s\" is a text", name);
    if (must && blank(text))
        return fail(at, name, info, "\"%s\" is empty", name);
    if (strlen(text) > most)
        return fail(at, name, info, "\"%s\" is longer than %zu bytes", name, most);
    if (value && (size_t)json_object_get_string_len(value) != strlen(text))
        return fail(at, name, info, "\"%s\" holds a NUL character", name);
    if (most == BENCH_NAME_MAX && !is_plain(text))
        return fail(at, name, info, "\"%s\" holds a control character", name);
    return ERR_OK;
}

static enum err check_line(const struct task_line *at, struct json_object *o, struct err_info *info)
{
    static const struct {
        const char *name;
        size_t most;
        bool must;
    } members[] = {{"task_id", BENCH_NAME_MAX, true},     {"prompt", BENCH_PROMPT_MAX, true},
                   {"entry_point", BENCH_NAME_MAX, true}, {"test", BENCH_PROMPT_MAX, true},
                   {"class", BENCH_NAME_MAX, false},      {"split", BENCH_NAME_MAX, false}};
    enum err e = ERR_OK;
    if (!json_object_is_type(o, json_type_object))
        return fail(at, "", info,
                    "each line is an object {\"task_id\", \"prompt\", \"entry_point\", \"test\"}");
    for (size_t i = 0; !e && i < sizeof members / sizeof *members; i++)
        e = check_text(at, o, members[i].name, members[i].most, members[i].must, info);
    if (e)
        return e;
    if (!is_identifier(json_str(o, "entry_point", "")))
        return fail(at, "entry_point", info, "\"entry_point\" is the name of a Python function");
    if (!strstr(json_str(o, "test", ""), "def check("))
        return fail(at, "test", info, "\"test\" defines no check(candidate)");
    return ERR_OK;
}

static void take(struct json_object *o, struct json_object *tasks)
{
    static const char *const names[] = {"task_id", "prompt", "entry_point", "test",
                                        "class",   "split",  NULL};
    struct json_object *task = json_object_new_object();
    for (int i = 0; names[i]; i++)
        json_add_str(task, names[i], json_str(o, names[i], ""));
    json_object_array_add(tasks, task);
}

/* Ids tell the tasks apart in the report: `seen` maps each to its line. */
static enum err take_line(void *arg, const struct task_line *at, struct json_object *tasks,
                          struct err_info *info)
{
    struct json_object *o = NULL, *seen = arg;
    const char *id;
    enum err e = json_parse(at->text, at->n, at->file, &o, info);
    if (e && info) {
        info->column += at->column - 1;
        info->line = at->number;
    }
    if (!e)
        e = check_line(at, o, info);
    id = json_str(o, "task_id", "");
    if (!e && json_get(seen, id))
        e = fail(at, "task_id", info, "line %lld has the same \"task_id\"",
                 (long long)json_i64(seen, id, 0));
    if (!e && json_object_array_length(tasks) >= BENCH_TASKS_MAX)
        e = fail(at, "", info, "more than %d tasks", BENCH_TASKS_MAX);
    if (!e) {
        json_add_i64(seen, id, at->number);
        take(o, tasks);
    }
    json_object_put(o);
    return e;
}

enum err bench_file_parse(const char *text, size_t n, const char *file, struct json_object **tasks,
                          struct err_info *info)
{
    struct json_object *seen = json_object_new_object();
    enum err e = task_lines(text, n, file, take_line, seen, tasks, info);
    json_object_put(seen);
    return e;
}

/* ---- drawing ---- */

struct lot {
    uint64_t number;
    size_t index;
};

/* SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"). */
static uint64_t scatter(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = ((const struct lot *)a)->number, y = ((const struct lot *)b)->number;
    return (x > y) - (x < y);
}

static bool fits(struct json_object *task, const char *member, const char *wanted)
{
    return !wanted || strcmp(json_str(task, member, ""), wanted) == 0;
}

enum err bench_file_draw(struct json_object *tasks, const struct bench_choice *choice,
                         struct json_object **out, struct err_info *info)
{
    size_t all = json_object_array_length(tasks), n = 0;
    struct lot *lots = calloc(all + 1, sizeof *lots);
    *out = NULL;
    if (!lots)
        return err_set(info, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < all; i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);
        if (fits(task, "split", choice->split) && fits(task, "class", choice->class))
            lots[n++] = (struct lot){scatter(scatter(choice->seed) + i), i};
    }
    qsort(lots, n, sizeof *lots, by_number);
    if (choice->limit > 0 && (size_t)choice->limit < n)
        n = (size_t)choice->limit;
    if (n)
        *out = json_object_new_array();
    for (size_t i = 0; i < n; i++)
        json_object_array_add(*out,
                              json_object_get(json_object_array_get_idx(tasks, lots[i].index)));
    free(lots);
    return n ? ERR_OK : err_set(info, ERR_INPUT, "no task of the file is in this split and class");
}

/* ---- words ---- */

bool bench_prompt_is_head(const char *prompt, const char *entry_point)
{
    size_t n = strlen(entry_point);
    for (const char *line = prompt; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "async ", 6) == 0)
            line += 6;
        if (strncmp(line, "def ", 4) == 0 && strncmp(line + 4, entry_point, n) == 0 &&
            line[4 + n] == '(')
            return true;
    }
    return false;
}

static bool names(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += n) {
        bool begins = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        if (begins && !isalnum((unsigned char)at[n]) && at[n] != '_')
            return true;
    }
    return false;
}

enum err bench_task_text(const char *prompt, const char *entry_point, bool lead, struct buf *out)
{
    size_t n = strlen(prompt);
    while (n && strchr(" \t\r\n", prompt[n - 1]))
        n--;
    if (bench_prompt_is_head(prompt, entry_point)) {
        enum err e = lead ? buf_adds(out, "Write this Python function completely:\n\n") : ERR_OK;
        return e ? e : buf_add(out, prompt, n);
    }
    if (buf_add(out, prompt, n))
        return ERR_TOO_LARGE;
    return names(prompt, entry_point) ? ERR_OK
                                      : buf_addf(out, "\nName the function %s.", entry_point);
}

enum err bench_parts_read(const char *list, struct json_object **out, struct err_info *info)
{
    *out = json_object_new_array();
    while (*list) {
        size_t n = strcspn(list, ","), i = 0;
        while (bench_parts[i] &&
               (strlen(bench_parts[i]) != n || strncmp(bench_parts[i], list, n) != 0))
            i++;
        if (!bench_parts[i]) {
            json_object_put(*out);
            *out = NULL;
            return err_set(info, ERR_USAGE,
                           "\"%.*s\" is no part of the pipeline; there are examples, candidates, "
                           "agreement, escalation, repair, tests, properties, plan",
                           (int)(n < 40 ? n : 40), list);
        }
        json_object_array_add(*out, json_object_new_string(bench_parts[i]));
        list += n + (list[n] == ',');
    }
    return ERR_OK;
}
