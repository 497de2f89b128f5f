/* The requests about overnight runs, and job.retry. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/batch/batch.h"
#include "core/engine/engine_internal.h"
#include "core/optimize/optimize.h"
#include "core/store/artifact.h"
#include "core/words/classify.h"

enum { LIST_MAX = 1000, LINES_MAX = 256 << 20 };

typedef struct json_object json;

/* ---- what is to be done ---- */

static json *child_input(json *task)
{
    json *input = json_object_new_object(), *limits = json_object_new_object();
    json_add_str(input, "task", json_str(task, "task", ""));
    if (json_object_of(task, "input"))
        json_object_object_add(input, "input", json_object_get(json_object_of(task, "input")));
    if (*json_str(task, "class", ""))
        json_add_str(input, "class", json_str(task, "class", ""));
    json_add_str(input, "questions", "no"); /* nobody is there */
    json_add_bool(input, "anyway", true);
    json_add_bool(input, "fresh", json_flag(task, "fresh", false));
    json_add_i64(limits, "tokens", json_i64(task, "tokens", 0));
    json_object_object_add(input, "limits", limits);
    return input;
}

static enum err check_task(json *task, size_t number, struct err_info *info)
{
    const char *text = json_str(task, "task", NULL), *kind = json_str(task, "kind", "");
    if (!text || strspn(text, " \t\r\n") == strlen(text))
        return err_set(info, ERR_INPUT, "task %zu has no text", number);
    if (strlen(text) > PROTOCOL_TASK_MAX)
        return err_set(info, ERR_TOO_LARGE, "task %zu is longer than %d KB", number,
                       PROTOCOL_TASK_MAX >> 10);
    if (*kind && strcmp(kind, pipeline_task.name) != 0 && strcmp(kind, pipeline_text.name) != 0)
        return err_set(info, ERR_INPUT, "task %zu: the kind is task or text, not \"%.40s\"", number,
                       kind);
    if (json_get(task, "input") && !json_object_of(task, "input"))
        return err_set(info, ERR_INPUT, "task %zu: the input must be a JSON object", number);
    if (json_i64(task, "tokens", 0) < 0)
        return err_set(info, ERR_INPUT, "task %zu: tokens must not be negative", number);
    return ERR_OK;
}

static enum err add_tasks(json *tasks, struct batch_items *items, struct err_info *info)
{
    for (size_t i = 0; tasks && i < json_object_array_length(tasks); i++) {
        json *task = json_object_array_get_idx(tasks, i);
        const char *kind = json_str(task, "kind", "");
        char title[TITLE_MAX];
        struct err_info why;
        enum err e = classify_submitted(task, &why);
        if (e)
            return err_set(info, e, "task %zu: %.200s", i + 1, why.message);
        e = check_task(task, i + 1, info);
        if (e)
            return e;
        engine_title(json_str(task, "task", ""), title);
        e = batch_items_add(items, *kind ? kind : pipeline_task.name, title, child_input(task));
        if (e)
            return err_set(info, e, "the batch is too large");
    }
    return ERR_OK;
}

struct names_arg {
    json *ids;
    struct batch_items *items;
};

/* The stored programs that are to be run again, by their names. */
static enum err add_artifacts(sqlite3 *db, void *arg, struct err_info *info)
{
    struct names_arg *a = arg;
    for (size_t i = 0; a->ids && i < json_object_array_length(a->ids); i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(a->ids, i));
        json *artifact = NULL, *input;
        char title[TITLE_MAX];
        enum err e;
        if (!id || artifact_get(db, id, &artifact, NULL))
            return err_set(info, ERR_NOT_FOUND, "there is no artifact %.40s", id ? id : "null");
        snprintf(title, sizeof title, "verify %.16s: %.40s", id, json_str(artifact, "name", ""));
        json_object_put(artifact);
        input = json_object_new_object();
        json_add_str(input, "id", id);
        json_add_bool(input, "verify", true);
        json_add_str(input, "questions", "no");
        e = batch_items_add(a->items, pipeline_artifact_run.name, title, input);
        if (e)
            return err_set(info, e, "the batch is too large");
    }
    return ERR_OK;
}

struct improve_arg {
    int64_t most;
    json *params;
    struct batch_items *items;
};

/* The programs that are used most and are not good yet. */
static enum err add_improvements(sqlite3 *db, void *arg, struct err_info *info)
{
    struct improve_arg *a = arg;
    json *list = NULL;
    enum err e = optimize_candidates(db, a->most, &list, info);
    for (size_t i = 0; !e && i < json_object_array_length(list); i++) {
        json *one = json_object_array_get_idx(list, i), *input = json_object_new_object();
        char title[TITLE_MAX];
        snprintf(title, sizeof title, "improve %.16s: %.30s", json_str(one, "id", ""),
                 json_str(one, "name", ""));
        json_add_str(input, "id", json_str(one, "id", ""));
        json_add_str(input, "target", json_str(a->params, "target", ""));
        json_add_i64(input, "iterations", json_i64(a->params, "iterations", OPTIMIZE_ITERATIONS));
        json_add_f64(input, "value", json_f64(one, "value", 0));
        json_add_str(input, "questions", "no");
        e = batch_items_add(a->items, optimize_kind.name, title, input);
    }
    if (!e && !json_object_array_length(list))
        e = err_set(info, ERR_NOT_FOUND,
                    "nothing is used so much that improving it is worth a night (value = uses × "
                    "(1 − quality) × potential, from 1 on; see docs/optimization.md)");
    json_object_put(list);
    return e;
}

static enum err read_improvements(struct engine *e, json *improve, struct batch_items *items,
                                  struct err_info *info)
{
    enum optimize_target target;
    struct improve_arg a = {json_i64(improve, "most", OPTIMIZE_CANDIDATES), improve, items};
    if (a.most < 1 || a.most > 1000)
        return err_set(info, ERR_INPUT, "improve takes 1 to 1000 programs");
    if (!optimize_target_read(json_str(improve, "target", ""), &target))
        return err_set(info, ERR_INPUT,
                       "%.40s is no target: performance, quality, memory, latency or all",
                       json_str(improve, "target", ""));
    return store_read(e->store, add_improvements, &a, info);
}

static enum err read_items(struct engine *e, json *params, struct batch_items *items,
                           struct err_info *info)
{
    struct names_arg names = {json_array(params, "artifacts"), items};
    enum err err;
    buf_init(&items->lines, LINES_MAX);
    err = json_object_of(params, "bench") ? engine_bench_items(e, params, items, info)
                                          : add_tasks(json_array(params, "tasks"), items, info);
    if (!err && json_object_of(params, "improve"))
        err = read_improvements(e, json_object_of(params, "improve"), items, info);
    if (!err && names.ids)
        err = store_read(e->store, add_artifacts, &names, info);
    if (!err && !items->n)
        err = err_set(info, ERR_INPUT, "a batch needs tasks or artifacts");
    if (!err && items->n > BATCH_ITEMS_MAX)
        err = err_set(info, ERR_TOO_LARGE, "a batch has at most %d items", BATCH_ITEMS_MAX);
    return err;
}

static enum err read_width(json *params, int64_t *width, struct err_info *info)
{
    *width = json_i64(params, "width", 0);
    if (*width == 0)
        *width = BATCH_WIDTH;
    if (*width < 1 || *width > BATCH_WIDTH_MAX)
        return err_set(info, ERR_INPUT, "the width is 1 to %d", BATCH_WIDTH_MAX);
    return ERR_OK;
}

static enum err check_limits(json *limits, struct err_info *info)
{
    if (json_i64(limits, "tokens", 0) < 0 || json_f64(limits, "money", 0) < 0 ||
        json_f64(limits, "hours", 0) < 0)
        return err_set(info, ERR_INPUT, "limits must not be negative");
    return ERR_OK;
}

/* ---- submitting ---- */

static json *batch_input(json *params, const char *name, int64_t items, int64_t width)
{
    json *o = json_object_new_object(), *limits = json_object_of(params, "limits");
    json_add_str(o, "name", name);
    json_add_str(o, "source", json_str(params, "source", ""));
    json_add_i64(o, "items", items);
    json_add_i64(o, "start", json_i64(params, "start", 0));
    json_add_i64(o, "width", width);
    if (limits)
        json_object_object_add(o, "limits", json_object_get(limits));
    if (json_object_of(params, "bench"))
        json_object_object_add(o, "bench", json_object_get(json_object_of(params, "bench")));
    if (json_object_of(params, "options")) /* for each of its jobs */
        json_object_object_add(o, "options", json_object_get(json_object_of(params, "options")));
    return o;
}

static void name_of(json *params, char name[80])
{
    const char *source = json_str(params, "source", ""), *slash = strrchr(source, '/');
    const char *given = json_str(params, "name", "");
    if (*given)
        engine_title(given, name);
    else
        engine_title(*source ? (slash ? slash + 1 : source) : "batch", name);
}

enum err engine_batch_submit(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct batch_items items = {0};
    char name[80], title[160];
    struct submission s = {.kind = batch_kind.name,
                           .key = json_str(params, "key", NULL),
                           .title = title,
                           .also = batch_insert,
                           .also_arg = &items};
    int64_t id = 0, width;
    enum err err = read_width(params, &width, info);
    if (!err)
        err = check_limits(json_object_of(params, "limits"), info);
    if (!err)
        err = read_items(e, params, &items, info);
    if (!err) {
        name_of(params, name);
        snprintf(title, sizeof title, "%s: %zu items", name, items.n);
        s.input = batch_input(params, name, (int64_t)items.n, width);
        json_object_object_del(params, "tasks"); /* ten megabytes of objects */
        err = engine_config_add(e, s.input, info);
    }
    if (!err)
        err = jobs_submit_as(e->jobs, &s, &id, info);
    json_object_put(s.input);
    buf_fini(&items.lines);
    malloc_trim(0); /* thousands of tasks came in at once, and stay as rows only */
    if (err)
        return err;
    *result = json_object_new_object();
    json_add_i64(*result, "job", id);
    return ERR_OK;
}

/* ---- estimating ---- */

/* Dollars a token of the model that answers most questions. */
static void prices(struct engine *e, struct batch_estimate *a, struct buf *remark, int64_t *width)
{
    struct llm_target target;
    struct err_info info;
    struct price price;
    if (router_resolve(e->router, "fast", &target, &info)) {
        (void)!buf_adds(remark, "; no language model is available now");
        return;
    }
    price = router_price(e->router, &target);
    if (!price.known)
        (void)!buf_addf(remark, "; the price of %s is not known and counted as 0 (llm.prices)",
                        target.label);
    a->price_in = price.in / 1e6;
    a->price_out = price.out / 1e6;
    if (*width > router_parallel(e->router, &target)) {
        *width = router_parallel(e->router, &target);
        (void)!buf_addf(remark, "; %s answers %lld at once", target.label, (long long)*width);
    }
}

enum err engine_batch_estimate(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct batch_items items = {0};
    struct batch_estimate a = {.items = &items};
    struct buf remark, basis;
    enum err err = read_width(params, &a.width, info);
    buf_init(&remark, 1024);
    buf_init(&basis, 4096);
    if (!err)
        err = read_items(e, params, &items, info);
    if (!err) {
        prices(e, &a, &remark, &a.width);
        err = store_read(e->store, batch_estimate_read, &a, info);
    }
    if (!err)
        err = buf_addf(&basis, "%s%s", json_str(a.out, "basis", ""), remark.data);
    if (!err)
        json_add_str(a.out, "basis", basis.data);
    buf_fini(&remark);
    buf_fini(&basis);
    buf_fini(&items.lines);
    malloc_trim(0);
    if (err)
        json_object_put(a.out);
    else
        *result = a.out;
    return err;
}

/* ---- looking ---- */

struct list_arg {
    int64_t limit, id;
    bool items;
    json *out;
};

static enum err read_list(sqlite3 *db, void *arg, struct err_info *info)
{
    struct list_arg *a = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT id FROM job WHERE kind='batch' ORDER BY id DESC LIMIT ?",
                               "i", a->limit);
    if (e)
        return e;
    while (store_row(st, &e, info)) {
        struct batch_view v;
        e = batch_view_head(db, sqlite3_column_int64(st, 0), &v, info);
        if (!e)
            json_object_array_add(a->out, batch_view_json(&v));
        batch_view_fini(&v);
    }
    sqlite3_finalize(st);
    return e;
}

enum err engine_batch_list(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct list_arg a = {.limit = json_i64(params, "limit", 100), .out = json_object_new_array()};
    enum err err;
    a.limit = a.limit < 1 ? 1 : a.limit > LIST_MAX ? LIST_MAX : a.limit;
    err = store_read(e->store, read_list, &a, info);
    if (err) {
        json_object_put(a.out);
        return err;
    }
    *result = json_object_new_object();
    json_object_object_add(*result, "batches", a.out);
    return ERR_OK;
}

static json *item_json(const struct batch_item *item, int64_t number)
{
    json *o = json_object_new_object();
    json_add_i64(o, "item", number);
    json_add_str(o, "title", item->title);
    json_add_str(o, "state", item->state);
    json_add_str(o, "cause", item->cause);
    json_add_i64(o, "child", item->child);
    json_add_i64(o, "tokens", item->tokens);
    json_add_f64(o, "cost", item->cost);
    json_add_f64(o, "seconds", item->seconds);
    return o;
}

static json *limits_json(const struct batch_view *v)
{
    json *o = json_object_new_object();
    json_add_i64(o, "tokens", v->limit_tokens);
    json_add_f64(o, "money", v->limit_money);
    json_add_f64(o, "hours", v->limit_hours);
    return o;
}

static enum err read_show(sqlite3 *db, void *arg, struct err_info *info)
{
    struct list_arg *a = arg;
    struct batch_view v;
    json *tasks;
    enum err e = batch_view_head(db, a->id, &v, info);
    if (!e && a->items)
        e = batch_view_items(db, &v, info);
    if (!e) {
        a->out = batch_view_json(&v);
        json_add_str(a->out, "source", v.source);
        json_add_i64(a->out, "width", v.width);
        json_object_object_add(a->out, "limits", limits_json(&v));
    }
    if (!e && a->items) {
        tasks = json_object_new_array();
        for (int64_t i = 0; i < v.count; i++)
            json_object_array_add(tasks, item_json(&v.items[i], i + 1));
        json_object_object_add(a->out, "causes", batch_view_causes(&v));
        json_object_object_add(a->out, "tasks", tasks);
    }
    batch_view_fini(&v);
    return e;
}

enum err engine_batch_show(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct list_arg a = {.id = json_i64(params, "id", 0),
                         .items = json_flag(params, "tasks", true)};
    enum err err = store_read(e->store, read_show, &a, info);
    *result = a.out;
    return err;
}

/* ---- pausing ---- */

static enum err set_paused(struct engine *e, json *params, bool paused, struct err_info *info)
{
    struct batch_pause p = {.batch = json_i64(params, "id", 0), .paused = paused};
    enum err err = store_write(e->store, batch_set_paused, &p, info);
    if (!err)
        jobs_ring(e->jobs, p.batch);
    return err;
}

enum err engine_batch_pause(struct engine *e, json *params, json **result, struct err_info *info)
{
    (void)result;
    return set_paused(e, params, true, info);
}

enum err engine_batch_resume(struct engine *e, json *params, json **result, struct err_info *info)
{
    (void)result;
    return set_paused(e, params, false, info);
}

/* ---- the report ---- */

/* Models whose price nobody has said were counted as 0: that is told. */
static enum err add_prices(struct engine *e, json *report)
{
    json *models = json_array(json_object_of(report, "figures"), "models");
    struct buf text;
    enum err err;
    bool any = false;
    buf_init(&text, 2 << 20);
    err = buf_adds(&text, json_str(report, "markdown", ""));
    for (size_t i = 0; !err && models && i < json_object_array_length(models); i++) {
        json *m = json_object_array_get_idx(models, i);
        struct llm_target target = {.place = ""};
        bool known;
        snprintf(target.place, sizeof target.place, "%s", json_str(m, "backend", ""));
        snprintf(target.label, sizeof target.label, "%s", json_str(m, "model", ""));
        snprintf(target.model, sizeof target.model, "%s", target.label);
        known = router_price(e->router, &target).known;
        json_add_bool(m, "price_known", known);
        if (!known)
            err = buf_addf(&text,
                           "%s- the price of %s is not known (`llm.prices` in config.yaml); "
                           "its calls are counted as $0\n",
                           any ? "" : "\n## Remarks\n\n", target.label);
        any |= !known;
    }
    if (!err)
        json_add_str(report, "markdown", text.data);
    buf_fini(&text);
    return err;
}

enum err engine_batch_report(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct batch_report r = {.batch = json_i64(params, "id", 0),
                             .verify = json_flag(params, "verify", false)};
    enum err err = store_read(e->store, batch_report_read, &r, info);
    if (!err)
        err = add_prices(e, r.out);
    *result = r.out;
    return err;
}

/* ---- doing it again ---- */

struct retry_arg {
    int64_t job;
    char kind[32], title[TITLE_MAX * 2];
    json *input;
};

static enum err read_job(sqlite3 *db, void *arg, struct err_info *info)
{
    struct retry_arg *a = arg;
    sqlite3_stmt *st;
    const char *text;
    enum err e = store_prepare(db, info, &st, "SELECT kind,title,input,state FROM job WHERE id=?",
                               "i", a->job);
    if (!store_row(st, &e, info))
        e = e ? e : err_set(info, ERR_NOT_FOUND, "there is no job %lld", (long long)a->job);
    else if (sqlite3_column_int(st, 3) != JOB_DONE)
        e = err_set(info, ERR_BUSY, "job %lld has not ended yet", (long long)a->job);
    if (!e) {
        snprintf(a->kind, sizeof a->kind, "%s", (const char *)sqlite3_column_text(st, 0));
        snprintf(a->title, sizeof a->title, "%s", (const char *)sqlite3_column_text(st, 1));
        text = (const char *)sqlite3_column_text(st, 2);
        e = json_parse(text, strlen(text), NULL, &a->input, info);
    }
    sqlite3_finalize(st);
    return e;
}

enum err engine_job_retry(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct retry_arg a = {.job = json_i64(params, "job", 0)};
    int64_t id = 0;
    enum err err = store_read(e->store, read_job, &a, info);
    if (!err && strcmp(a.kind, batch_kind.name) == 0)
        err =
            err_set(info, ERR_UNSUPPORTED, "a batch is not done again as a whole; retry its jobs");
    if (!err) {
        json_add_bool(a.input, "fresh", true);
        json_object_object_del(a.input, "key");
        err = engine_config_add(e, a.input, info); /* what holds now */
    }
    if (!err)
        err = jobs_submit(e->jobs, a.kind, json_str(params, "key", NULL), a.title, a.input, &id,
                          info);
    json_object_put(a.input);
    if (err)
        return err;
    *result = json_object_new_object();
    json_add_i64(*result, "job", id);
    return ERR_OK;
}
