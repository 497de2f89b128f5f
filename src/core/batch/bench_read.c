/* A bench as the store has it. Runs on a store thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/batch/batch_internal.h"
#include "core/batch/bench.h"

enum { TEXT_MAX = 1 << 20 };

typedef struct json_object json;

struct reader {
    sqlite3 *db;
    struct batch_view view;
    json *input; /* of the batch's job, its member "bench" */
    struct bench_task *tasks;
    size_t count;
    struct bench_run **runs; /* by item, counted from 1; in `tasks` */
    json *out;
};

static const char *text_of(sqlite3_stmt *st, int column)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    return text ? text : "";
}

/* ---- the items ---- */

static enum err read_input(struct reader *r, struct err_info *info)
{
    json *input = NULL;
    sqlite3_stmt *st;
    enum err e =
        store_prepare(r->db, info, &st, "SELECT input FROM job WHERE id=?", "i", r->view.id);
    if (store_row(st, &e, info))
        e = json_parse(text_of(st, 0), strlen(text_of(st, 0)), NULL, &input, info);
    sqlite3_finalize(st);
    if (!e)
        r->input = json_object_get(json_object_of(input, "bench"));
    json_object_put(input);
    if (!e && !r->input)
        e = err_set(info, ERR_NOT_FOUND, "batch %lld is no bench; see dise batch report",
                    (long long)r->view.id);
    return e;
}

static struct bench_run *run_of_item(struct reader *r, json *ids, sqlite3_stmt *st)
{
    const char *id = text_of(st, 2), *role = text_of(st, 5);
    int64_t at = json_i64(ids, id, -1);
    struct bench_task *t;
    if (at < 0) {
        at = (int64_t)r->count++;
        json_add_i64(ids, id, at);
        t = &r->tasks[at];
        snprintf(t->id, sizeof t->id, "%s", id);
        snprintf(t->class, sizeof t->class, "%s", text_of(st, 3));
        snprintf(t->split, sizeof t->split, "%s", text_of(st, 4));
    }
    t = &r->tasks[at];
    if (strcmp(text_of(st, 1), pipeline_bench_raw.name) != 0)
        return &t->dise;
    for (int k = 0; k < BENCH_RAW_MAX; k++)
        if (strcmp(bench_roles[k], role) == 0)
            return &t->raw[k];
    return NULL;
}

/* Which task an item belongs to, and by which way. */
static enum err read_items(struct reader *r, struct err_info *info)
{
    json *ids = json_object_new_object();
    sqlite3_stmt *st;
    enum err e = store_prepare(r->db, info, &st,
                               "SELECT item,kind,json_extract(input,'$.bench.task_id'),"
                               "json_extract(input,'$.bench.class'),"
                               "json_extract(input,'$.bench.split'),"
                               "json_extract(input,'$.bench.role')"
                               " FROM batch_item WHERE batch=? ORDER BY item",
                               "i", r->view.id);
    while (store_row(st, &e, info)) {
        int64_t item = sqlite3_column_int64(st, 0);
        struct bench_run *run = item >= 1 && item <= r->view.count ? run_of_item(r, ids, st) : NULL;
        const char *state = run ? r->view.items[item - 1].state : "";
        if (!run)
            continue;
        r->runs[item] = run;
        run->listed = true;
        run->failed = strcmp(state, "failed") == 0;
        run->ended = run->failed || strcmp(state, "solved") == 0 || strcmp(state, "unsolved") == 0;
    }
    sqlite3_finalize(st);
    json_object_put(ids);
    return e;
}

/* ---- what came of them ---- */

static void take_result(struct bench_run *run, json *done)
{
    json *result = json_object_of(done, "result"), *answers = json_array(result, "answers");
    if (answers && json_object_array_length(answers))
        run->right = json_flag(json_object_array_get_idx(answers, 0), "judged", false);
    else
        run->right = json_flag(result, "judged", false);
    run->claimed = strcmp(json_str(result, "claimed", ""), "solved") == 0;
    run->stage = json_i64(result, "stage", 0);
    snprintf(run->stage_name, sizeof run->stage_name, "%s", json_str(result, "stage_name", ""));
    snprintf(run->model, sizeof run->model, "%s", json_str(result, "model", ""));
    snprintf(run->why, sizeof run->why, "%.190s",
             json_str(result, "why", json_str(done, "message", "")));
    json_object_put(run->answers);
    run->answers = json_object_get(answers);
}

/* In the order of their numbers: the last attempt of an item counts. */
static enum err read_ends(struct reader *r, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(r->db, info, &st,
                               "SELECT j.key,e.body FROM job j JOIN event e ON e.job=j.id"
                               " AND e.path='end' AND e.n=0 WHERE j.parent=? ORDER BY j.id",
                               "i", r->view.id);
    while (store_row(st, &e, info)) {
        int64_t item = batch_item_of_key(text_of(st, 0));
        struct bench_run *run = item >= 1 && item <= r->view.count ? r->runs[item] : NULL;
        json *done = NULL;
        if (!run || json_parse(text_of(st, 1), strlen(text_of(st, 1)), NULL, &done, NULL))
            continue;
        run->seconds += json_f64(done, "seconds", 0);
        if (run->ended)
            take_result(run, done);
        json_object_put(done);
    }
    sqlite3_finalize(st);
    return e;
}

static void add_call(struct bench_run *run, sqlite3_stmt *st)
{
    run->calls += sqlite3_column_int64(st, 1);
    run->tokens_in += sqlite3_column_int64(st, 2);
    run->tokens_out += sqlite3_column_int64(st, 3);
    run->cost += sqlite3_column_double(st, 4);
    run->model_seconds += sqlite3_column_double(st, 5) / 1000;
    run->recorded += sqlite3_column_int64(st, 6);
}

/* From the calls' own events: also those that were cancelled, and those before a crash. */
static enum err read_calls(struct reader *r, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(
        r->db, info, &st,
        "SELECT j.key,count(*),sum(json_extract(e.body,'$.tokens_in')),"
        "sum(json_extract(e.body,'$.tokens_out')),sum(json_extract(e.body,'$.cost')),"
        "sum(json_extract(e.body,'$.ms')),sum(json_extract(e.body,'$.recorded'))"
        " FROM job j JOIN event e ON e.job=j.id AND e.type=? WHERE j.parent=? GROUP BY j.id",
        "ii", (int64_t)EVENT_LLM_CALL, r->view.id);
    while (store_row(st, &e, info)) {
        int64_t item = batch_item_of_key(text_of(st, 0));
        if (item >= 1 && item <= r->view.count && r->runs[item])
            add_call(r->runs[item], st);
    }
    sqlite3_finalize(st);
    return e;
}

/* Of the pipeline's own calls: [{model, calls, tokens_in, tokens_out, cost, seconds}]. */
static enum err read_models(struct reader *r, json *out, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(
        r->db, info, &st,
        "SELECT json_extract(e.body,'$.model'),count(*),sum(json_extract(e.body,'$.tokens_in')),"
        "sum(json_extract(e.body,'$.tokens_out')),sum(json_extract(e.body,'$.cost')),"
        "sum(json_extract(e.body,'$.ms'))"
        " FROM job j JOIN event e ON e.job=j.id AND e.type=? WHERE j.parent=? AND j.kind=?"
        " GROUP BY 1 ORDER BY 1",
        "iit", (int64_t)EVENT_LLM_CALL, r->view.id, pipeline_bench_task.name);
    while (store_row(st, &e, info)) {
        json *o = json_object_new_object();
        json_add_str(o, "model", text_of(st, 0));
        json_add_i64(o, "calls", sqlite3_column_int64(st, 1));
        json_add_i64(o, "tokens_in", sqlite3_column_int64(st, 2));
        json_add_i64(o, "tokens_out", sqlite3_column_int64(st, 3));
        json_add_f64(o, "cost", sqlite3_column_double(st, 4));
        json_add_f64(o, "seconds", sqlite3_column_double(st, 5) / 1000);
        json_object_array_add(out, o);
    }
    sqlite3_finalize(st);
    return e;
}

/* ---- the whole ---- */

static json *head_of(const struct reader *r)
{
    const struct batch_view *v = &r->view;
    json *o = json_object_new_object(), *without = json_array(r->input, "without");
    int64_t end = v->ended ? v->ended : day_time_now();
    json_add_i64(o, "id", v->id);
    json_add_str(o, "name", v->name);
    json_add_str(o, "source", v->source);
    json_add_str(o, "state", v->state);
    json_add_str(o, "why", v->why);
    json_add_i64(o, "items", (int64_t)r->count);
    json_add_i64(o, "seed", json_i64(r->input, "seed", 0));
    json_add_i64(o, "width", v->width);
    json_add_f64(o, "took_s", v->began ? (double)(end - v->began - v->clock_ms) / 1000 : 0);
    json_add_i64(o, "interruptions", (int64_t)json_object_array_length(v->interruptions));
    json_object_object_add(o, "without",
                           without ? json_object_get(without) : json_object_new_array());
    return o;
}

static enum err describe(struct reader *r, struct err_info *info)
{
    json *f = head_of(r), *counts = bench_figures(r->tasks, r->count),
         *models = json_object_new_array();
    struct buf text;
    enum err e;
    json_object_object_foreach(counts, name, value)
        json_object_object_add(f, name, json_object_get(value));
    json_object_object_add(f, "models", models);
    buf_init(&text, TEXT_MAX);
    e = read_models(r, models, info);
    if (!e)
        e = bench_text(f, &text);
    r->out = json_object_new_object();
    json_add_str(r->out, "text", text.data);
    json_object_object_add(r->out, "figures", f);
    json_object_put(counts);
    buf_fini(&text);
    return e;
}

static enum err read_all(struct reader *r, int64_t batch, struct err_info *info)
{
    enum err e = batch_view_head(r->db, batch, &r->view, info);
    if (!e)
        e = read_input(r, info);
    if (!e)
        e = batch_view_items(r->db, &r->view, info);
    if (e)
        return e;
    r->tasks = calloc((size_t)r->view.count + 1, sizeof *r->tasks);
    r->runs = calloc((size_t)r->view.count + 1, sizeof *r->runs);
    if (!r->tasks || !r->runs)
        return err_set(info, ERR_NOMEM, "out of memory");
    e = read_items(r, info);
    if (!e)
        e = read_ends(r, info);
    return e ? e : read_calls(r, info);
}

enum err bench_report_read(sqlite3 *db, void *arg, struct err_info *info)
{
    struct bench_report *a = arg;
    struct reader r = {.db = db};
    enum err e = read_all(&r, a->batch, info);
    if (!e)
        e = describe(&r, info);
    for (size_t i = 0; r.tasks && i < r.count; i++)
        for (int k = 0; k < BENCH_RAW_MAX; k++)
            json_object_put(r.tasks[i].raw[k].answers);
    if (e)
        json_object_put(r.out);
    else
        a->out = r.out;
    free(r.tasks);
    free(r.runs);
    json_object_put(r.input);
    batch_view_fini(&r.view);
    return e;
}
