/* The journal of a job as a person sees it: requests job.steps and job.step. */
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/job/job_internal.h"

struct look_arg {
    int64_t job;
    const char *path;
    struct json_object *out;
};

/* Columns of `rows` that describe() reads, in this order. */
#define LOOK_COLUMNS                                                                               \
    "s.path,s.name,s.state,s.attempt,s.began,s.time,s.err,s.message,b.body,e.body,j.state"
#define LOOK_JOINS                                                                                 \
    " FROM step s JOIN job j ON j.id=s.job"                                                        \
    " LEFT JOIN event b ON b.job=s.job AND b.path=s.path AND b.n=99998"                            \
    " LEFT JOIN event e ON e.job=s.job AND e.path=s.path AND e.n=99999"
_Static_assert(STEP_BEGIN_N == 99998 && STEP_END_N == 99999, "the numbers in LOOK_JOINS");

static const char *text_at(sqlite3_stmt *st, int column)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    return text ? text : "";
}

static struct json_object *body_at(sqlite3_stmt *st, int column)
{
    const char *text = text_at(st, column);
    struct json_object *o = NULL;
    return *text && json_parse(text, strlen(text), NULL, &o, NULL) == ERR_OK ? o : NULL;
}

/* A row without an end: the step runs, or was cut when its job ended, or was written by a build
 * that told no ends. */
static const char *outcome_of(sqlite3_stmt *st, struct json_object *end)
{
    if (end)
        return json_str(end, "outcome", "done");
    if (sqlite3_column_int(st, 2) == RECORD_DONE)
        return sqlite3_column_int(st, 6) ? "failed" : "done";
    return sqlite3_column_int(st, 10) == JOB_DONE ? "cancelled" : "";
}

static struct json_object *describe(sqlite3_stmt *st)
{
    struct json_object *o = json_object_new_object();
    struct json_object *begin = body_at(st, 8), *end = body_at(st, 9);
    const char *name = text_at(st, 1), *outcome = outcome_of(st, end);
    bool fork = strncmp(name, "all:", 4) == 0 || strncmp(name, "any:", 4) == 0;
    int64_t began = sqlite3_column_int64(st, 4), ended = sqlite3_column_int64(st, 5);
    double ms = !*outcome && began ? (double)(day_time_now() - began)
                : began            ? (double)(ended - began)
                                   : 0;
    json_add_str(o, "path", text_at(st, 0));
    json_add_str(o, "name", fork ? name + 4 : name);
    json_add_str(o, "label", json_str(end, "label", json_str(begin, "label", "")));
    json_add_str(o, "state", fork ? "fork" : *outcome ? "done" : "running");
    json_add_str(o, "outcome", outcome);
    json_add_str(o, "why", json_str(end, "why", text_at(st, 7)));
    json_add_i64(o, "attempts", sqlite3_column_int64(st, 3));
    json_add_i64(o, "began", began);
    json_add_f64(o, "ms", json_f64(end, "ms", ms));
    if (fork) {
        json_add_i64(o, "width", json_i64(begin, "width", 0));
        json_add_str(o, "labels", json_str(begin, "labels", ""));
        json_add_i64(o, "won", json_i64(end, "won", 0));
    }
    json_object_put(begin);
    json_object_put(end);
    return o;
}

int step_path_compare(const char *a, const char *b)
{
    while (*a && *b) {
        char *after_a, *after_b;
        long x = strtol(a, &after_a, 10), y = strtol(b, &after_b, 10);
        if (x != y)
            return x < y ? -1 : 1;
        a = after_a + (*after_a == '.');
        b = after_b + (*after_b == '.');
    }
    return (*a != 0) - (*b != 0);
}

static int compare_paths(const void *left, const void *right)
{
    return step_path_compare(json_str(*(struct json_object *const *)left, "path", ""),
                             json_str(*(struct json_object *const *)right, "path", ""));
}

static enum err find_job(sqlite3 *db, int64_t job, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT 1 FROM job WHERE id=?", "i", job);
    if (!store_row(st, &e, info) && !e)
        e = ERR_NOT_FOUND;
    sqlite3_finalize(st);
    return e;
}

static enum err list_steps(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look_arg *a = arg;
    sqlite3_stmt *st = NULL;
    enum err e = find_job(db, a->job, info);
    if (!e)
        e = store_prepare(db, info, &st,
                          "SELECT " LOOK_COLUMNS LOOK_JOINS
                          " WHERE s.job=?1 AND s.path<'~' AND s.name<>'clock' AND"
                          /* a build that told no ends wrote rows without any */
                          " (b.n OR e.n OR NOT EXISTS(SELECT 1 FROM event WHERE job=?1"
                          "  AND n=99999))",
                          "i", a->job);
    while (store_row(st, &e, info))
        json_object_array_add(a->out, describe(st));
    sqlite3_finalize(st);
    json_object_array_sort(a->out, compare_paths);
    return e;
}

enum err jobs_steps(struct jobs *jobs, int64_t job, struct json_object **out)
{
    struct look_arg arg = {.job = job, .out = json_object_new_array()};
    enum err e = store_read(jobs->store, list_steps, &arg, NULL);
    if (e) {
        json_object_put(arg.out);
        arg.out = NULL;
    }
    *out = arg.out;
    return e;
}

/* ---- one step ---- */

/* "3.2.1" → "3.2.2", where the events stand that were emitted after the step. */
static void following(const char *path, char out[JOB_PATH_MAX])
{
    const char *dot = strrchr(path, '.');
    int head = dot ? (int)(dot - path) + 1 : 0;
    snprintf(out, JOB_PATH_MAX, "%.*s%ld", head, path, strtol(path + head, NULL, 10) + 1);
}

/* Its own events, and those that its job emitted because of it, before its next step. */
static enum err add_log(sqlite3 *db, struct look_arg *a, struct err_info *info)
{
    struct json_object *log = json_object_new_array();
    char next[JOB_PATH_MAX];
    struct buf line;
    sqlite3_stmt *st;
    enum err e;
    following(a->path, next);
    json_object_object_add(a->out, "log", log);
    e = store_prepare(db, info, &st,
                      "SELECT seq,type,time,body FROM event WHERE job=?1 AND"
                      " ((path=?2 AND n>=?4) OR (path=?3 AND n<?5)) ORDER BY seq",
                      "ittii", a->job, a->path, next, (int64_t)STEP_EVENT_BASE,
                      (int64_t)STEP_BEGIN_N);
    buf_init(&line, JOB_VALUE_MAX + 4096);
    while (store_row(st, &e, info)) {
        struct json_object *o = NULL;
        buf_clear(&line);
        if (event_line(&line, (enum event_type)sqlite3_column_int(st, 1),
                       sqlite3_column_int64(st, 0), a->job, sqlite3_column_int64(st, 2),
                       text_at(st, 3)) == ERR_OK &&
            json_parse(line.data, line.len, NULL, &o, NULL) == ERR_OK)
            json_object_array_add(log, o);
    }
    sqlite3_finalize(st);
    buf_fini(&line);
    return e;
}

/* Bytes as text that any peer can read; what a cut left of the last character is dropped. */
static void add_text(struct json_object *o, const char *key, sqlite3_stmt *st, int column)
{
    const char *text = sqlite3_column_blob(st, column);
    size_t n = (size_t)sqlite3_column_bytes(st, column);
    struct json_object *value = NULL;
    struct buf quoted;
    buf_init(&quoted, 8 * (size_t)JOB_VALUE_MAX);
    if (json_quote(&quoted, text ? text : "", text ? n : 0) == ERR_OK &&
        json_parse(quoted.data, quoted.len, NULL, &value, NULL) == ERR_OK)
        json_object_object_add(o, key, value);
    buf_fini(&quoted);
}

static enum err show_step(sqlite3 *db, void *arg, struct err_info *info)
{
    struct look_arg *a = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT " LOOK_COLUMNS ",s.given,s.given_size,s.value" LOOK_JOINS
                               " WHERE s.job=? AND s.path=? AND s.path<'~'",
                               "it", a->job, a->path);
    if (store_row(st, &e, info)) {
        a->out = describe(st);
        add_text(a->out, "input", st, 11);
        json_add_i64(a->out, "input_size", sqlite3_column_int64(st, 12));
        add_text(a->out, "output", st, 13);
        json_add_str(a->out, "error", sqlite3_column_int(st, 6) ? text_at(st, 7) : "");
    }
    sqlite3_finalize(st);
    return e ? e : a->out ? add_log(db, a, info) : ERR_NOT_FOUND;
}

enum err jobs_step(struct jobs *jobs, int64_t job, const char *path, struct json_object **out)
{
    struct look_arg arg = {.job = job, .path = path};
    enum err e = store_read(jobs->store, show_step, &arg, NULL);
    if (e) {
        json_object_put(arg.out);
        arg.out = NULL;
    }
    *out = arg.out;
    return e;
}
