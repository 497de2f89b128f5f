/* The morning report: figures out of the batch's own events, the same once more out of its
 * children's rows, and the text. Runs on a store thread. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day_time.h"
#include "core/batch/batch_internal.h"

enum {
    TABLE_MAX = 200,
    SLOWEST = 5,
    MARKDOWN_MAX = 1 << 20,
    DIFFERENCES_MAX = 100,
    LATE_MS = 60000,
    LINES_MAX = 50
};

typedef struct json_object json;

static const char *const item_states[] = {"solved",  "unsolved", "failed",  "cancelled",
                                          "skipped", "running",  "waiting", NULL};

/* ---- figures ---- */

static int64_t count_state(const struct batch_view *v, const char *state)
{
    int64_t n = 0;
    for (int64_t i = 0; i < v->count; i++)
        n += strcmp(v->items[i].state, state) == 0;
    return n;
}

struct calls {
    int64_t children, reused, calls, tokens_in, tokens_out;
    double cost;
};

static enum err read_children(sqlite3 *db, int64_t batch, struct calls *c, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT count(*), sum(j.status='solved' AND j.kind NOT IN"
                               " ('artifact_run','optimize')"
                               " AND json_extract(e.body,'$.llm_calls')=0)"
                               " FROM job j LEFT JOIN event e ON e.job=j.id AND e.path='end'"
                               " AND e.n=0 WHERE j.parent=?",
                               "i", batch);
    if (store_row(st, &e, info)) {
        c->children = sqlite3_column_int64(st, 0);
        c->reused = sqlite3_column_int64(st, 1);
    }
    sqlite3_finalize(st);
    return e;
}

static enum err read_calls(sqlite3 *db, int64_t batch, struct calls *c, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st,
        "SELECT count(*), sum(json_extract(e.body,'$.tokens_in')),"
        " sum(json_extract(e.body,'$.tokens_out')), sum(json_extract(e.body,'$.cost'))"
        " FROM job j JOIN event e ON e.job=j.id AND e.type=? WHERE j.parent=?",
        "ii", (int64_t)EVENT_LLM_CALL, batch);
    if (store_row(st, &e, info)) {
        c->calls = sqlite3_column_int64(st, 0);
        c->tokens_in = sqlite3_column_int64(st, 1);
        c->tokens_out = sqlite3_column_int64(st, 2);
        c->cost = sqlite3_column_double(st, 3);
    }
    sqlite3_finalize(st);
    return e;
}

/* Who was asked: [{backend, model, calls}]. */
static enum err read_models(sqlite3 *db, int64_t batch, json *out, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st,
        "SELECT json_extract(e.body,'$.backend'),json_extract(e.body,'$.model'),count(*)"
        " FROM job j JOIN event e ON e.job=j.id AND e.type=? WHERE j.parent=? GROUP BY 1,2",
        "ii", (int64_t)EVENT_LLM_CALL, batch);
    while (store_row(st, &e, info)) {
        json *o = json_object_new_object();
        json_add_str(o, "backend", (const char *)sqlite3_column_text(st, 0));
        json_add_str(o, "model", (const char *)sqlite3_column_text(st, 1));
        json_add_i64(o, "calls", sqlite3_column_int64(st, 2));
        json_object_array_add(out, o);
    }
    sqlite3_finalize(st);
    return e;
}

static json *slowest(const struct batch_view *v)
{
    json *list = json_object_new_array();
    int64_t taken[SLOWEST];
    for (int n = 0; n < SLOWEST; n++) {
        int64_t best = -1;
        for (int64_t i = 0; i < v->count; i++) {
            bool used = false;
            for (int k = 0; k < n; k++)
                used |= taken[k] == i;
            if (!used && v->items[i].ended && v->items[i].seconds > 0 &&
                (best < 0 || v->items[i].seconds > v->items[best].seconds))
                best = i;
        }
        if (best < 0)
            break;
        taken[n] = best;
        json *o = json_object_new_object();
        json_add_i64(o, "item", best + 1);
        json_add_str(o, "title", v->items[best].title);
        json_add_f64(o, "seconds", v->items[best].seconds);
        json_object_array_add(list, o);
    }
    return list;
}

static void add_items(json *f, const struct batch_view *v)
{
    int64_t tokens = 0, retries = 0;
    double cost = 0, seconds = 0;
    for (int i = 0; item_states[i]; i++)
        json_add_i64(f, item_states[i], count_state(v, item_states[i]));
    for (int64_t i = 0; i < v->count; i++) {
        tokens += v->items[i].tokens;
        cost += v->items[i].cost;
        seconds += v->items[i].seconds;
        retries += v->items[i].attempts > 1 ? v->items[i].attempts - 1 : 0;
    }
    json_add_i64(f, "tokens", tokens);
    json_add_f64(f, "cost", cost);
    json_add_f64(f, "job_seconds", seconds);
    json_add_i64(f, "retries", retries);
}

/* Seconds from the start that was ordered; 0: in time. */
static double lateness(const struct batch_view *v)
{
    int64_t ms =
        v->start && v->began ? v->began - (v->start > v->created ? v->start : v->created) : 0;
    return ms > LATE_MS ? (double)ms / 1000 : 0;
}

static json *make_figures(const struct batch_view *v, const struct calls *c)
{
    json *f = json_object_new_object();
    int64_t end = v->ended ? v->ended : day_time_now();
    json_add_i64(f, "id", v->id);
    json_add_str(f, "name", v->name);
    json_add_str(f, "state", v->state);
    json_add_str(f, "why", v->why);
    json_add_i64(f, "created", v->created);
    json_add_i64(f, "start", v->start);
    json_add_i64(f, "began", v->began);
    json_add_i64(f, "ended", v->ended);
    json_add_f64(f, "seconds", v->began ? (double)(end - v->began - v->clock_ms) / 1000 : 0);
    json_add_f64(f, "late_s", lateness(v));
    json_add_i64(f, "items", v->count);
    add_items(f, v);
    json_add_i64(f, "jobs", c->children);
    json_add_i64(f, "calls", c->calls);
    json_add_i64(f, "tokens_in", c->tokens_in);
    json_add_i64(f, "tokens_out", c->tokens_out);
    json_add_i64(f, "reused", c->reused);
    json_add_f64(f, "waiting_s", (double)v->waiting_ms / 1000);
    json_add_f64(f, "paused_s", (double)v->paused_ms / 1000);
    json_object_object_add(f, "interruptions", json_object_get(v->interruptions));
    json_object_object_add(f, "waits", json_object_get(v->waits));
    json_object_object_add(f, "clock_changes", json_object_get(v->clocks));
    json_object_object_add(f, "causes", batch_view_causes(v));
    json_object_object_add(f, "slowest", slowest(v));
    return f;
}

/* ---- text ---- */

static const char *time_text(int64_t ms, char out[40])
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    strcpy(out, "–");
    if (ms && localtime_r(&t, &tm))
        strftime(out, 40, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

static void add_time(struct buf *out, const char *label, int64_t ms)
{
    char text[40];
    (void)!buf_addf(out, "| %s | %s |\n", label, time_text(ms, text));
}

/* A cell of a table: no bars, no line breaks. */
static void add_cell(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (*text == '|')
            (void)!buf_adds(out, "\\|");
        else
            (void)!buf_add(out, (unsigned char)*text < ' ' ? " " : text, 1);
}

static void write_head(struct buf *out, const struct batch_view *v, json *f)
{
    (void)!buf_adds(out, "# Overnight run: ");
    add_cell(out, v->name);
    (void)!buf_addf(out, "\n\nBatch %lld, %s%s%s.\n\n| | |\n|---|---|\n", (long long)v->id,
                    v->state, v->why[0] ? ": " : "", v->why);
    add_time(out, "accepted", v->created);
    if (v->start)
        add_time(out, "was to start", v->start);
    add_time(out, "began", v->began);
    if (json_f64(f, "late_s", 0) > 0)
        (void)!buf_addf(out,
                        "| late by | %.0f min: no engine ran at the start, or it was paused |\n",
                        json_f64(f, "late_s", 0) / 60);
    add_time(out, "ended", v->ended);
    (void)!buf_addf(out, "| took | %.1f s |\n", json_f64(f, "seconds", 0));
    (void)!buf_addf(out, "| items | %lld |\n", (long long)v->count);
    for (int i = 0; item_states[i]; i++)
        if (json_i64(f, item_states[i], 0))
            (void)!buf_addf(out, "| – %s | %lld |\n", item_states[i],
                            (long long)json_i64(f, item_states[i], 0));
    (void)!buf_addf(out, "| model calls | %lld |\n| tokens | %lld (%lld in, %lld out) |\n",
                    (long long)json_i64(f, "calls", 0), (long long)json_i64(f, "tokens", 0),
                    (long long)json_i64(f, "tokens_in", 0),
                    (long long)json_i64(f, "tokens_out", 0));
    (void)!buf_addf(out, "| money | $%.4f |\n", json_f64(f, "cost", 0));
    (void)!buf_addf(out, "| answered from memory | %lld |\n| tried again | %lld |\n",
                    (long long)json_i64(f, "reused", 0), (long long)json_i64(f, "retries", 0));
    (void)!buf_addf(out, "| waited for a backend | %.1f s |\n| paused | %.1f s |\n",
                    json_f64(f, "waiting_s", 0), json_f64(f, "paused_s", 0));
    (void)!buf_addf(out, "| interruptions | %zu |\n", json_object_array_length(v->interruptions));
}

static void write_interruptions(struct buf *out, const struct batch_view *v)
{
    size_t n = json_object_array_length(v->interruptions);
    if (!n)
        return;
    (void)!buf_adds(out,
                    "\n## Interruptions\n\nThe engine was started again, or its store could not "
                    "be written for a while; the run went on.\n\n| | |\n|---|---|\n");
    for (size_t i = 0; i < n && i < LINES_MAX; i++)
        add_time(out, "went on",
                 json_object_get_int64(json_object_array_get_idx(v->interruptions, i)));
}

static void write_waits(struct buf *out, const struct batch_view *v)
{
    size_t n = json_object_array_length(v->waits);
    if (!n)
        return;
    (void)!buf_adds(out,
                    "\n## Waited for a backend\n\n| because | from | seconds |\n|---|---|---|\n");
    for (size_t i = 0; i < n && i < LINES_MAX; i++) {
        json *o = json_object_array_get_idx(v->waits, i);
        char when[40];
        (void)!buf_adds(out, "| ");
        add_cell(out, json_str(o, "why", ""));
        (void)!buf_addf(out, " | %s | %.1f |\n", time_text(json_i64(o, "time", 0), when),
                        json_f64(o, "ms", 0) / 1000);
    }
}

static void write_clocks(struct buf *out, const struct batch_view *v)
{
    size_t n = json_object_array_length(v->clocks);
    if (!n)
        return;
    (void)!buf_adds(out, "\n## The clock was set\n\nOr the machine slept. The hours of work are "
                         "counted without it.\n\n| | to |\n|---|---|\n");
    for (size_t i = 0; i < n && i < LINES_MAX; i++) {
        json *o = json_object_array_get_idx(v->clocks, i);
        double minutes = json_f64(o, "ms", 0) / 60000;
        char label[64];
        snprintf(label, sizeof label, "%s by %.1f min", minutes < 0 ? "back" : "forwards",
                 minutes < 0 ? -minutes : minutes);
        add_time(out, label, json_i64(o, "time", 0));
    }
}

static void write_causes(struct buf *out, json *f)
{
    json *causes = json_object_of(f, "causes");
    if (!causes || !json_object_object_length(causes))
        return;
    (void)!buf_adds(out, "\n## Not solved, by cause\n\n| cause | items |\n|---|---|\n");
    json_object_object_foreach(causes, cause, n)
    {
        (void)!buf_adds(out, "| ");
        add_cell(out, cause);
        (void)!buf_addf(out, " | %lld |\n", (long long)json_object_get_int64(n));
    }
}

static void write_slowest(struct buf *out, json *f)
{
    json *list = json_array(f, "slowest");
    if (!list || !json_object_array_length(list))
        return;
    (void)!buf_adds(out, "\n## Slowest\n\n| item | | seconds |\n|---|---|---|\n");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json *o = json_object_array_get_idx(list, i);
        (void)!buf_addf(out, "| %lld | ", (long long)json_i64(o, "item", 0));
        add_cell(out, json_str(o, "title", ""));
        (void)!buf_addf(out, " | %.1f |\n", json_f64(o, "seconds", 0));
    }
}

static void write_items(struct buf *out, const struct batch_view *v)
{
    int64_t shown = v->count < TABLE_MAX ? v->count : TABLE_MAX;
    (void)!buf_adds(out, "\n## Items\n\n| item | | state | cause | job | tokens | $ | s "
                         "|\n|---|---|---|---|---|---|---|---|\n");
    for (int64_t i = 0; i < shown; i++) {
        const struct batch_item *t = &v->items[i];
        (void)!buf_addf(out, "| %lld | ", (long long)i + 1);
        add_cell(out, t->title);
        (void)!buf_addf(out, " | %s | %s | %lld | %lld | %.4f | %.1f |\n", t->state, t->cause,
                        (long long)t->child, (long long)t->tokens, t->cost, t->seconds);
    }
    if (shown < v->count)
        (void)!buf_addf(out,
                        "\nThe first %lld of %lld items; `dise batch show %lld --json` has all.\n",
                        (long long)shown, (long long)v->count, (long long)v->id);
}

/* ---- checking ---- */

struct recount {
    char status[12];
    int64_t child, tokens, jobs;
    double cost, seconds;
};

struct check {
    const struct batch_view *view;
    struct recount *items; /* count */
    int64_t calls, tokens_in, tokens_out, strangers;
    json *differences;
};

static void differ(struct check *c, const char *what, int64_t item, double told, double found)
{
    json *o;
    if (json_object_array_length(c->differences) >= DIFFERENCES_MAX)
        return;
    o = json_object_new_object();
    json_add_str(o, "figure", what);
    json_add_i64(o, "item", item);
    json_add_f64(o, "told", told);
    json_add_f64(o, "found", found);
    json_object_array_add(c->differences, o);
}

/* Children by the items that their keys name, and how each item's last one ended. */
static enum err recount_jobs(sqlite3 *db, struct check *c, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st,
        "SELECT j.id,j.key,j.status,json_extract(e.body,'$.seconds') FROM job j LEFT JOIN event e"
        " ON e.job=j.id AND e.path='end' AND e.n=0 WHERE j.parent=? ORDER BY j.id",
        "i", c->view->id);
    while (store_row(st, &e, info)) {
        int64_t item = batch_item_of_key((const char *)sqlite3_column_text(st, 1));
        const char *status = (const char *)sqlite3_column_text(st, 2);
        struct recount *r;
        if (item < 1 || item > c->view->count) {
            c->strangers++;
            continue;
        }
        r = &c->items[item - 1];
        r->child = sqlite3_column_int64(st, 0);
        r->jobs++;
        r->seconds += sqlite3_column_double(st, 3);
        snprintf(r->status, sizeof r->status, "%s", status ? status : "running");
    }
    sqlite3_finalize(st);
    return e;
}

/* Each call read for itself, not by a sum in the database as for the figures. */
static enum err recount_calls(sqlite3 *db, struct check *c, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT j.key,e.body FROM job j JOIN event e ON e.job=j.id"
                               " WHERE j.parent=? AND e.type=?",
                               "ii", c->view->id, (int64_t)EVENT_LLM_CALL);
    while (store_row(st, &e, info)) {
        int64_t item = batch_item_of_key((const char *)sqlite3_column_text(st, 0));
        const char *body = (const char *)sqlite3_column_text(st, 1);
        json *o = NULL;
        if (json_parse(body, strlen(body), NULL, &o, NULL) == ERR_OK && item >= 1 &&
            item <= c->view->count) {
            c->calls++;
            c->tokens_in += json_i64(o, "tokens_in", 0);
            c->tokens_out += json_i64(o, "tokens_out", 0);
            c->items[item - 1].tokens += json_i64(o, "tokens_in", 0) + json_i64(o, "tokens_out", 0);
            c->items[item - 1].cost += json_f64(o, "cost", 0);
        }
        json_object_put(o);
    }
    sqlite3_finalize(st);
    return e;
}

static bool apart(double a, double b)
{
    double d = a > b ? a - b : b - a;
    return d > 1e-6 + 1e-6 * (a > 0 ? a : -a);
}

static void compare_item(struct check *c, int64_t i)
{
    const struct batch_item *t = &c->view->items[i];
    const struct recount *r = &c->items[i];
    bool ended = t->ended != 0;
    /* an item that only waited for another attempt when the batch was cancelled is cancelled */
    bool same = strcmp(t->state, r->status) == 0 || (strcmp(t->state, "cancelled") == 0) ||
                (strcmp(t->state, "skipped") == 0);
    if (!ended)
        return;
    if (t->child != r->child && t->child)
        differ(c, "job", i + 1, (double)t->child, (double)r->child);
    if (r->jobs && !same)
        differ(c, "state", i + 1, 0, 0);
    if (!r->jobs && (strcmp(t->state, "solved") == 0 || strcmp(t->state, "unsolved") == 0))
        differ(c, "jobs of the item", i + 1, 1, 0);
    if (t->tokens != r->tokens)
        differ(c, "tokens", i + 1, (double)t->tokens, (double)r->tokens);
    if (apart(t->cost, r->cost))
        differ(c, "cost", i + 1, t->cost, r->cost);
    if (t->child && t->seconds - r->seconds > 0.01 + 0.001 * t->attempts)
        differ(c, "seconds", i + 1, t->seconds, r->seconds);
}

static void compare(struct check *c, json *figures)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < c->view->count; i++) {
        compare_item(c, i);
        sum += c->items[i].tokens;
    }
    if (c->strangers)
        differ(c, "jobs that belong to no item", 0, 0, (double)c->strangers);
    if (c->calls != json_i64(figures, "calls", 0))
        differ(c, "calls", 0, json_f64(figures, "calls", 0), (double)c->calls);
    if (c->tokens_in != json_i64(figures, "tokens_in", 0))
        differ(c, "tokens_in", 0, json_f64(figures, "tokens_in", 0), (double)c->tokens_in);
    if (c->tokens_out != json_i64(figures, "tokens_out", 0))
        differ(c, "tokens_out", 0, json_f64(figures, "tokens_out", 0), (double)c->tokens_out);
    if (c->view->ended && sum != json_i64(figures, "tokens", 0))
        differ(c, "tokens", 0, json_f64(figures, "tokens", 0), (double)sum);
}

static enum err verify(sqlite3 *db, const struct batch_view *v, json *figures, json *differences,
                       struct err_info *info)
{
    struct check c = {.view = v, .differences = differences};
    enum err e;
    c.items = calloc((size_t)v->count + 1, sizeof *c.items);
    if (!c.items)
        return err_set(info, ERR_NOMEM, "out of memory");
    e = recount_jobs(db, &c, info);
    if (!e)
        e = recount_calls(db, &c, info);
    if (!e)
        compare(&c, figures);
    free(c.items);
    return e;
}

/* ---- what was improved ---- */

/* Of the last version; where it was improved in more than one respect, of all of them. */
static void add_gain(json *o, json *kept, bool further)
{
    static const char *const names[] = {"gain", "how"};
    json_add_str(o, "artifact", json_str(kept, "artifact", ""));
    for (int i = 0; i < 2; i++) {
        char text[400];
        snprintf(text, sizeof text, "%.200s%s%.150s", further ? json_str(o, names[i], "") : "",
                 further ? "; " : "", json_str(kept, names[i], ""));
        json_add_str(o, names[i], text);
    }
}

static void add_improved(json *list, sqlite3_stmt *st)
{
    const char *text = (const char *)sqlite3_column_text(st, 1);
    json *o = json_object_new_object(), *r = NULL, *kept;
    json_add_str(o, "title", (const char *)sqlite3_column_text(st, 0));
    if (text && json_parse(text, strlen(text), NULL, &r, NULL) == ERR_OK) {
        kept = json_array(r, "kept");
        for (size_t i = 0; kept && i < json_object_array_length(kept); i++) {
            json *one = json_object_array_get_idx(kept, i);
            add_gain(o, one, i && strcmp(json_str(r, "target", ""), "all") == 0);
        }
        json_add_i64(o, "kept", kept ? (int64_t)json_object_array_length(kept) : 0);
    }
    json_add_str(o, "message", (const char *)sqlite3_column_text(st, 2));
    json_object_put(r);
    json_object_array_add(list, o);
}

static enum err read_improved(sqlite3 *db, int64_t batch, json *list, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT j.title,j.result,coalesce(json_extract(e.body,'$.message'),"
                               "'') FROM job j LEFT JOIN event e ON e.job=j.id AND e.path='end'"
                               " AND e.n=0 WHERE j.parent=? AND j.kind='optimize' ORDER BY j.id",
                               "i", batch);
    while (store_row(st, &e, info))
        add_improved(list, st);
    sqlite3_finalize(st);
    return e;
}

static void write_improved(struct buf *out, json *figures)
{
    json *list = json_array(figures, "improved");
    const size_t n = list ? json_object_array_length(list) : 0;
    if (n)
        (void)!buf_adds(out, "\n## Improved\n\n| program | gain of the last version kept | how |\n"
                             "|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        json *o = json_object_array_get_idx(list, i);
        const bool kept = json_i64(o, "kept", 0) > 0;
        (void)!buf_adds(out, "| ");
        add_cell(out, json_str(o, "title", ""));
        (void)!buf_adds(out, " | ");
        add_cell(out, kept ? json_str(o, "gain", "") : "nothing kept");
        (void)!buf_adds(out, " | ");
        add_cell(out, json_str(o, kept ? "how" : "message", ""));
        (void)!buf_adds(out, " |\n");
    }
}

/* ---- the whole ---- */

static void write_markdown(struct buf *out, const struct batch_view *v, json *figures)
{
    write_head(out, v, figures);
    write_interruptions(out, v);
    write_waits(out, v);
    write_clocks(out, v);
    write_improved(out, figures);
    write_causes(out, figures);
    write_slowest(out, figures);
    write_items(out, v);
}

enum err batch_report_read(sqlite3 *db, void *arg, struct err_info *info)
{
    struct batch_report *a = arg;
    struct batch_view v;
    struct calls c = {.children = 0};
    json *figures, *differences = json_object_new_array();
    struct buf text;
    enum err e = batch_view_head(db, a->batch, &v, info);
    if (!e)
        e = batch_view_items(db, &v, info);
    if (!e)
        e = read_children(db, a->batch, &c, info);
    if (!e)
        e = read_calls(db, a->batch, &c, info);
    figures = e ? NULL : make_figures(&v, &c);
    if (!e) {
        json_object_object_add(figures, "models", json_object_new_array());
        e = read_models(db, a->batch, json_array(figures, "models"), info);
        json_object_object_add(figures, "improved", json_object_new_array());
        if (!e)
            e = read_improved(db, a->batch, json_array(figures, "improved"), info);
    }
    if (figures) {
        if (!e && a->verify)
            e = verify(db, &v, figures, differences, info);
        buf_init(&text, MARKDOWN_MAX);
        write_markdown(&text, &v, figures);
        a->out = json_object_new_object();
        json_add_str(a->out, "markdown", text.data);
        json_object_object_add(a->out, "figures", figures);
        json_object_object_add(a->out, "differences", json_object_get(differences));
        buf_fini(&text);
    }
    json_object_put(differences);
    batch_view_fini(&v);
    return e;
}
