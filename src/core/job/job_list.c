/* Looking at jobs: how many, which, and their events. */
#include <string.h>

#include "core/job/job_internal.h"

void jobs_count(const struct jobs *jobs, int *running, int *queued)
{
    *running = jobs->active;
    *queued = jobs->queued;
}

struct list_arg {
    int64_t job, after, before;
    int limit;
    struct json_object *out;
};

/* How much an ended job took, out of its last event; an open one is told by its events. */
static void add_figures(struct json_object *o, sqlite3_stmt *st)
{
    const char *body = (const char *)sqlite3_column_text(st, 9);
    struct json_object *done = NULL;
    json_add_i64(o, "started", sqlite3_column_int64(st, 8));
    if (!body || json_parse(body, strlen(body), NULL, &done, NULL))
        return;
    json_add_i64(o, "tokens_in", json_i64(done, "tokens_in", 0));
    json_add_i64(o, "tokens_out", json_i64(done, "tokens_out", 0));
    json_add_f64(o, "cost", json_f64(done, "cost", 0));
    json_add_f64(o, "seconds", json_f64(done, "seconds", 0));
    json_object_put(done);
}

static enum err list_jobs(sqlite3 *db, void *arg, struct err_info *info)
{
    static const char *const states[] = {"queued", "running", "done"};
    struct list_arg *a = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT j.id,j.kind,j.title,j.state,j.status,j.created,j.ended,"
                               "j.parent,b.time,e.body FROM job j"
                               " LEFT JOIN event b ON b.job=j.id AND b.path='0' AND b.n=1"
                               " LEFT JOIN event e ON e.job=j.id AND e.path='end' AND e.n=0"
                               " WHERE j.id<? ORDER BY j.id DESC LIMIT ?",
                               "ii", a->before > 0 ? a->before : INT64_MAX, (int64_t)a->limit);
    while (store_row(st, &e, info)) {
        struct json_object *o = json_object_new_object();
        json_add_i64(o, "id", sqlite3_column_int64(st, 0));
        json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 1));
        json_add_str(o, "title", (const char *)sqlite3_column_text(st, 2));
        json_add_str(o, "state", states[sqlite3_column_int(st, 3) % 3]);
        json_add_str(o, "status", (const char *)sqlite3_column_text(st, 4));
        json_add_i64(o, "created", sqlite3_column_int64(st, 5));
        json_add_i64(o, "ended", sqlite3_column_int64(st, 6));
        json_add_i64(o, "parent", sqlite3_column_int64(st, 7));
        add_figures(o, st);
        json_object_array_add(a->out, o);
    }
    sqlite3_finalize(st);
    return e;
}

static enum err read_list(struct jobs *jobs, store_fn *fn, struct list_arg *arg,
                          struct json_object **out)
{
    enum err e;
    arg->out = json_object_new_array();
    e = store_read(jobs->store, fn, arg, NULL);
    if (e) {
        json_object_put(arg->out);
        arg->out = NULL;
    }
    *out = arg->out;
    return e;
}

enum err jobs_list(struct jobs *jobs, int64_t before, int limit, struct json_object **out)
{
    struct list_arg arg = {.before = before, .limit = limit};
    return read_list(jobs, list_jobs, &arg, out);
}

static enum err list_events(sqlite3 *db, void *arg, struct err_info *info)
{
    struct list_arg *a = arg;
    struct buf line;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               a->job ? "SELECT seq,job,type,time,body FROM event"
                                        " WHERE seq>? AND job=? ORDER BY seq LIMIT ?"
                                      : "SELECT seq,job,type,time,body FROM event"
                                        " WHERE seq>? AND ?=0 ORDER BY seq LIMIT ?",
                               "iii", a->after, a->job, (int64_t)a->limit);
    buf_init(&line, JOB_VALUE_MAX + 4096);
    while (store_row(st, &e, info)) {
        struct json_object *o = NULL;
        buf_clear(&line);
        if (event_line(&line, (enum event_type)sqlite3_column_int(st, 2),
                       sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                       sqlite3_column_int64(st, 3),
                       (const char *)sqlite3_column_text(st, 4)) == ERR_OK &&
            json_parse(line.data, line.len, NULL, &o, NULL) == ERR_OK)
            json_object_array_add(a->out, o);
    }
    sqlite3_finalize(st);
    buf_fini(&line);
    return e;
}

enum err jobs_events(struct jobs *jobs, int64_t job, int64_t after, int limit,
                     struct json_object **out)
{
    struct list_arg arg = {.job = job, .after = after, .limit = limit};
    return read_list(jobs, list_events, &arg, out);
}
