/* A file of tasks for an overnight run: one task a line, in plain words, or as JSON (a line that
 * begins with "{"): {"task": "…", "input": {…}, "kind": "…", "class": "code|text|arithmetic",
 * "tokens": 4000}. Blank lines and lines that begin with # are skipped. Pure. */
#ifndef DISE_BASE_TASK_FILE_H
#define DISE_BASE_TASK_FILE_H

#include "base/json.h"

enum {
    TASK_FILE_MAX = 12 << 20, /* bytes of a whole file: one request carries it */
    TASK_FILE_TASKS_MAX = 100000,
    TASK_FILE_TASK_MAX = 64 << 10, /* bytes of one task's text */
};

/* *tasks gets an array of {task, input, kind, class, tokens} in the order of the lines, members
 * left out where a line has none: what batch.submit takes. The caller puts it. All or nothing: the
 * first wrong line gives ERR_PARSE (ERR_INPUT without any task, ERR_TOO_LARGE) with
 * file:line:column. */
enum err task_file_parse(const char *text, size_t n, const char *file, struct json_object **tasks,
                         struct err_info *info) MUST_CHECK;

/* One line that holds something, without the blanks around it. */
struct task_line {
    const char *file, *text; /* text: not terminated */
    size_t n;
    int number, column; /* of its first character, from 1 */
};

/* Calls `take` for each line that is neither blank nor a comment; what it adds to `tasks` is the
 * result. All or nothing as above; ends at the first error of `take`. Also for base/bench_file.h.
 */
enum err task_lines(const char *text, size_t n, const char *file,
                    enum err (*take)(void *arg, const struct task_line *line,
                                     struct json_object *tasks, struct err_info *info),
                    void *arg, struct json_object **tasks, struct err_info *info) MUST_CHECK;

#endif
