/* A file of tasks with hidden tests, as `dise bench` takes it: JSONL, one object a line with
 * "task_id", "prompt", "entry_point" and "test" ("class" and "split" if there are any; other
 * members are left alone). Blank lines and lines that begin with # are skipped. Pure. */
#ifndef DISE_BASE_BENCH_FILE_H
#define DISE_BASE_BENCH_FILE_H

#include "base/json.h"
#include "base/task_file.h"

enum {
    BENCH_FILE_MAX = TASK_FILE_MAX,
    BENCH_TASKS_MAX = 10000,
    BENCH_PROMPT_MAX = 48 << 10, /* bytes of a prompt, and of a test */
    BENCH_NAME_MAX = 63,         /* of an id, an entry point, a class or a split */
};

/* *tasks gets an array of {task_id, prompt, entry_point, test, class, split} in the order of the
 * lines; class and split are "" where a line has none. The caller puts it. All or nothing: the
 * first wrong line gives ERR_PARSE (ERR_INPUT without any task, ERR_TOO_LARGE) with
 * file:line:column. */
enum err bench_file_parse(const char *text, size_t n, const char *file, struct json_object **tasks,
                          struct err_info *info) MUST_CHECK;

/* Which lines are run. */
struct bench_choice {
    const char *split, *class; /* NULL: all */
    int64_t limit;             /* 0: all */
    uint64_t seed;             /* the same seed draws the same lines, in the same order */
};
/* A new array of those chosen, in the order of their lots, so that what was run at any time is a
 * fair part of them; they are shared with `tasks`. ERR_INPUT:
 * there is none. The caller puts it. */
enum err bench_file_draw(struct json_object *tasks, const struct bench_choice *choice,
                         struct json_object **out, struct err_info *info) MUST_CHECK;

/* Whether the prompt is the head of the function itself. */
bool bench_prompt_is_head(const char *prompt, const char *entry_point);
/* The task's words, appended: the prompt, and the name of the function where they lack it. `lead`:
 * a head is preceded by a line that asks for the whole function. */
enum err bench_task_text(const char *prompt, const char *entry_point, bool lead,
                         struct buf *out) MUST_CHECK;

/* Parts of the pipeline that `--without` leaves out; ends with NULL. */
extern const char *const bench_parts[];
/* An array of the names in `list` (separated by commas); ERR_INPUT names what is none. The caller
 * puts it. */
enum err bench_parts_read(const char *list, struct json_object **out,
                          struct err_info *info) MUST_CHECK;

#endif
