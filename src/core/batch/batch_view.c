/* A batch as its events tell it: the fold that lists, shows and reports it. Runs on a store thread.
 */
#include <stdlib.h>
#include <string.h>

#include "core/batch/batch.h"

void batch_view_fini(struct batch_view *v)
{
    free(v->items);
    json_object_put(v->interruptions);
    json_object_put(v->waits);
    json_object_put(v->clocks);
    memset(v, 0, sizeof *v);
}

/* ---- head ---- */

static void read_input(struct batch_view *v, struct json_object *input)
{
    struct json_object *limits = json_object_of(input, "limits");
    snprintf(v->name, sizeof v->name, "%s", json_str(input, "name", ""));
    snprintf(v->source, sizeof v->source, "%s", json_str(input, "source", ""));
    v->count = json_i64(input, "items", 0);
    v->start = json_i64(input, "start", 0);
    v->width = json_i64(input, "width", BATCH_WIDTH);
    v->limit_tokens = json_i64(limits, "tokens", 0);
    v->limit_money = json_f64(limits, "money", 0);
    v->limit_hours = json_f64(limits, "hours", 0);
}

static enum err read_job(sqlite3 *db, struct batch_view *v, struct err_info *info)
{
    struct json_object *input = NULL;
    const char *text;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT input,created,ended,epoch,status FROM job"
                               " WHERE id=? AND kind='batch'",
                               "i", v->id);
    if (!store_row(st, &e, info)) {
        sqlite3_finalize(st);
        if (e)
            return e;
        return err_set(info, ERR_NOT_FOUND, "there is no batch %lld; see dise batch list",
                       (long long)v->id);
    }
    text = (const char *)sqlite3_column_text(st, 0);
    e = json_parse(text, strlen(text), NULL, &input, info);
    v->created = sqlite3_column_int64(st, 1);
    v->ended = sqlite3_column_int64(st, 2);
    v->epoch = sqlite3_column_int64(st, 3);
    snprintf(v->state, sizeof v->state, "%s", v->ended ? "done" : "scheduled");
    text = (const char *)sqlite3_column_text(st, 4);
    if (text && strcmp(text, "cancelled") == 0)
        snprintf(v->state, sizeof v->state, "cancelled");
    sqlite3_finalize(st);
    read_input(v, input);
    json_object_put(input);
    return e;
}

static void read_state(struct batch_view *v, struct json_object *o)
{
    snprintf(v->state, sizeof v->state, "%s", json_str(o, "state", ""));
    snprintf(v->why, sizeof v->why, "%s", json_str(o, "why", ""));
    v->done = json_i64(o, "done", 0);
    v->solved = json_i64(o, "solved", 0);
    v->running = json_i64(o, "running", 0);
    v->tokens = json_i64(o, "tokens", 0);
    v->cost = json_f64(o, "cost", 0);
    v->eta = json_i64(o, "eta", 0);
}

enum err batch_view_head(sqlite3 *db, int64_t id, struct batch_view *v, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e;
    memset(v, 0, sizeof *v);
    v->id = id;
    e = read_job(db, v, info);
    if (!e)
        e = store_prepare(db, info, &st,
                          "SELECT body FROM event WHERE job=? AND type=? ORDER BY seq DESC LIMIT 1",
                          "ii", id, (int64_t)EVENT_BATCH_STATE);
    if (e)
        return e;
    if (store_row(st, &e, info)) {
        struct json_object *o = NULL;
        const char *text = (const char *)sqlite3_column_text(st, 0);
        if (json_parse(text, strlen(text), NULL, &o, NULL) == ERR_OK)
            read_state(v, o);
        json_object_put(o);
    }
    sqlite3_finalize(st);
    if (v->ended && strcmp(v->state, "done") != 0 && strcmp(v->state, "cancelled") != 0)
        snprintf(v->state, sizeof v->state, "done"); /* it failed: its job says why */
    return e;
}

/* ---- items ---- */

static enum err read_titles(sqlite3 *db, struct batch_view *v, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st, "SELECT item,title FROM batch_item WHERE batch=? ORDER BY item", "i", v->id);
    for (int64_t i = 0; i < v->count; i++)
        strcpy(v->items[i].state, "waiting");
    while (store_row(st, &e, info)) {
        int64_t item = sqlite3_column_int64(st, 0);
        if (item >= 1 && item <= v->count)
            snprintf(v->items[item - 1].title, sizeof v->items[0].title, "%s",
                     (const char *)sqlite3_column_text(st, 1));
    }
    sqlite3_finalize(st);
    return e;
}

static void fold_item(struct batch_view *v, struct json_object *o, int64_t time)
{
    int64_t number = json_i64(o, "item", 0);
    struct batch_item *i = number >= 1 && number <= v->count ? &v->items[number - 1] : NULL;
    if (!i)
        return;
    snprintf(i->state, sizeof i->state, "%s", json_str(o, "state", ""));
    snprintf(i->cause, sizeof i->cause, "%s", json_str(o, "cause", ""));
    i->child = json_i64(o, "child", 0);
    if (strcmp(i->state, "running") == 0) {
        i->attempts++;
        i->began = i->began ? i->began : time;
        v->began = v->began ? v->began : time;
        return;
    }
    i->ended = time;
    i->tokens = json_i64(o, "tokens", 0);
    i->cost = json_f64(o, "cost", 0);
    i->seconds = json_f64(o, "seconds", 0);
}

struct span {
    char state[16], why[BATCH_CAUSE_MAX];
    int64_t since;
};

/* One line for one outage, however often it is told. */
static void add_wait(struct batch_view *v, const struct span *span, int64_t ms)
{
    size_t n = json_object_array_length(v->waits);
    struct json_object *o = n ? json_object_array_get_idx(v->waits, n - 1) : NULL;
    if (!o || json_i64(o, "time", 0) + json_i64(o, "ms", 0) != span->since ||
        strcmp(json_str(o, "why", ""), span->why) != 0) {
        o = json_object_new_object();
        json_add_i64(o, "time", span->since);
        json_add_str(o, "why", span->why);
        json_object_array_add(v->waits, o);
    }
    json_add_i64(o, "ms", json_i64(o, "ms", 0) + ms);
}

static void fold_state(struct batch_view *v, struct span *span, struct json_object *o, int64_t time)
{
    int64_t ms = span->since && time > span->since ? time - span->since : 0;
    if (strcmp(span->state, "waiting") == 0) {
        v->waiting_ms += ms;
        add_wait(v, span, ms);
    } else if (strcmp(span->state, "paused") == 0) {
        v->paused_ms += ms;
    }
    snprintf(span->state, sizeof span->state, "%s", json_str(o, "state", ""));
    snprintf(span->why, sizeof span->why, "%s", json_str(o, "why", ""));
    span->since = time;
}

/* Times before it are counted as the clock shows now. */
static void fold_clock(struct batch_view *v, struct span *span, int64_t ms, int64_t time)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "time", time);
    json_add_i64(o, "ms", ms);
    json_object_array_add(v->clocks, o);
    v->clock_ms += v->began ? ms : 0;
    span->since += span->since ? ms : 0;
}

static void fold_event(struct batch_view *v, struct span *span, sqlite3_stmt *st)
{
    int64_t time = sqlite3_column_int64(st, 1);
    const char *text = (const char *)sqlite3_column_text(st, 2);
    struct json_object *o = NULL;
    if (json_parse(text, strlen(text), NULL, &o, NULL))
        return;
    switch (sqlite3_column_int(st, 0)) {
    case EVENT_JOB_STARTED:
        if (json_i64(o, "epoch", 1) > 1)
            json_object_array_add(v->interruptions, json_object_new_int64(time));
        break;
    case EVENT_BATCH_ITEM:
        fold_item(v, o, time);
        break;
    case EVENT_BATCH_STATE:
        fold_state(v, span, o, time);
        break;
    case EVENT_BATCH_CLOCK:
        fold_clock(v, span, json_i64(o, "ms", 0), time);
        break;
    default:
        break;
    }
    json_object_put(o);
}

enum err batch_view_items(sqlite3 *db, struct batch_view *v, struct err_info *info)
{
    struct span span = {.since = 0};
    sqlite3_stmt *st = NULL;
    enum err e;
    if (v->count < 0 || v->count > BATCH_ITEMS_MAX)
        return err_set(info, ERR_CORRUPT, "the batch has a wrong number of items");
    v->items = calloc((size_t)v->count + 1, sizeof *v->items);
    v->interruptions = json_object_new_array();
    v->waits = json_object_new_array();
    v->clocks = json_object_new_array();
    if (!v->items)
        return err_set(info, ERR_NOMEM, "out of memory");
    e = read_titles(db, v, info);
    if (!e)
        e = store_prepare(db, info, &st,
                          "SELECT type,time,body FROM event WHERE job=? ORDER BY seq", "i", v->id);
    while (store_row(st, &e, info))
        fold_event(v, &span, st);
    sqlite3_finalize(st);
    return e;
}

/* ---- telling ---- */

struct json_object *batch_view_json(const struct batch_view *v)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "id", v->id);
    json_add_str(o, "name", v->name);
    json_add_str(o, "state", v->state);
    json_add_str(o, "why", v->why);
    json_add_i64(o, "start", v->start);
    json_add_i64(o, "created", v->created);
    json_add_i64(o, "ended", v->ended);
    json_add_i64(o, "items", v->count);
    json_add_i64(o, "done", v->done);
    json_add_i64(o, "solved", v->solved);
    json_add_i64(o, "running", v->running);
    json_add_i64(o, "tokens", v->tokens);
    json_add_f64(o, "cost", v->cost);
    json_add_i64(o, "eta", v->eta);
    return o;
}

struct json_object *batch_view_causes(const struct batch_view *v)
{
    struct json_object *o = json_object_new_object();
    for (int64_t i = 0; v->items && i < v->count; i++)
        if (v->items[i].cause[0] && v->items[i].ended)
            json_add_i64(o, v->items[i].cause, json_i64(o, v->items[i].cause, 0) + 1);
    return o;
}
