/* The report of a bench in words and tables. Pure. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "base/utf8.h"
#include "core/batch/bench.h"

enum { COLUMNS_MAX = 10, CELL = 72, GAP = 2 };

typedef struct json_object json;

/* ---- tables ---- */

/* The first column is words, on the left; the others are numbers, on the right, except the `words`
 * that follow the first. */
struct table {
    char (*cells)[COLUMNS_MAX][CELL];
    size_t rows;
    int columns, words, at; /* at: the next cell of the last row */
    enum err err;
};

static void row(struct table *t)
{
    void *more = t->err ? NULL : realloc(t->cells, (t->rows + 1) * sizeof *t->cells);
    t->at = 0;
    if (!more) {
        t->err = ERR_NOMEM;
        return;
    }
    t->cells = more;
    memset(t->cells[t->rows++], 0, sizeof *t->cells);
}

static void cell(struct table *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void cell(struct table *t, const char *format, ...)
{
    va_list args;
    if (t->err || t->at >= COLUMNS_MAX)
        return;
    va_start(args, format);
    vsnprintf(t->cells[t->rows - 1][t->at++], CELL, format, args);
    va_end(args);
    if (t->at > t->columns)
        t->columns = t->at;
}

static void heads(struct table *t, const char *const *names)
{
    row(t);
    for (int i = 0; names[i]; i++)
        cell(t, "%s", names[i]);
}

static int width_of(const char *text)
{
    size_t n = strlen(text), at = 0;
    int width = 0;
    while (at < n) {
        uint32_t cp;
        at += utf8_decode(text + at, n - at, &cp);
        width++;
    }
    return width;
}

static enum err put_cell(struct buf *out, const char *text, int width, bool words, bool last)
{
    int pad = width - width_of(text);
    if (words)
        return last ? buf_adds(out, text) : buf_addf(out, "%s%*s", text, pad + GAP, "");
    return buf_addf(out, "%*s%s%*s", pad, "", text, last ? 0 : GAP, "");
}

/* Appends the table and frees it. */
static enum err put(struct table *t, struct buf *out)
{
    int widths[COLUMNS_MAX] = {0};
    enum err e = t->err;
    for (size_t r = 0; r < t->rows; r++)
        for (int c = 0; c < t->columns; c++)
            if (width_of(t->cells[r][c]) > widths[c])
                widths[c] = width_of(t->cells[r][c]);
    for (size_t r = 0; !e && r < t->rows; r++) {
        for (int c = 0; !e && c < t->columns; c++)
            e = put_cell(out, t->cells[r][c], widths[c], c <= t->words, c + 1 == t->columns);
        while (!e && out->len && out->data[out->len - 1] == ' ')
            buf_truncate(out, out->len - 1);
        if (!e)
            e = buf_adds(out, "\n");
    }
    free(t->cells);
    return e ? e : buf_adds(out, "\n");
}

/* ---- cells ---- */

static void cell_i64(struct table *t, json *o, const char *key)
{
    cell(t, "%lld", (long long)json_i64(o, key, 0));
}

static void cell_rate(struct table *t, json *o)
{
    int64_t total = json_i64(o, "total", 0), solved = json_i64(o, "solved", 0);
    if (total)
        cell(t, "%.1f", 100 * (double)solved / (double)total);
    else
        cell(t, "–");
}

static void cell_p(struct table *t, double p)
{
    if (p < 0.0001)
        cell(t, "< 0.0001");
    else
        cell(t, "%.4f", p);
}

static void cell_money(struct table *t, json *o)
{
    char text[FIGURE_SIZE];
    cell(t, "%s", figure_money(text, json_f64(o, "cost", 0)));
}

static json *at(json *list, size_t i)
{
    return json_object_array_get_idx(list, i);
}

static size_t length(json *list)
{
    return list ? json_object_array_length(list) : 0;
}

/* ---- the head ---- */

static enum err put_list(struct buf *out, const char *before, json *list)
{
    enum err e = length(list) ? buf_adds(out, before) : ERR_OK;
    for (size_t i = 0; !e && i < length(list); i++)
        e = buf_addf(out, "%s%s", i ? ", " : "", json_object_get_string(at(list, i)));
    return e;
}

static enum err put_head(json *f, struct buf *out)
{
    int64_t tasks = json_i64(f, "items", 0);
    double took = json_f64(f, "took_s", 0);
    const char *why = json_str(f, "why", "");
    char time[FIGURE_SIZE];
    enum err e = buf_addf(out, "bench %lld · %s · %lld task%s · seed %lld · %s%s%s",
                          (long long)json_i64(f, "id", 0), json_str(f, "name", ""),
                          (long long)tasks, figure_s(tasks), (long long)json_i64(f, "seed", 0),
                          json_str(f, "state", ""), *why ? ": " : "", why);
    if (!e && took > 0)
        e = buf_addf(out, " · %s", figure_time(time, took, false));
    if (!e)
        e = put_list(out, "\nwithout ", json_array(f, "without"));
    return e ? e : buf_adds(out, "\n\n");
}

static enum err put_claims(json *f, struct buf *out)
{
    json *d = json_object_of(f, "dise");
    int64_t rest = json_i64(f, "items", 0) - json_i64(d, "total", 0);
    struct table t = {.cells = NULL};
    row(&t);
    cell(&t, "solved by the hidden tests");
    cell(&t, "%lld of %lld", (long long)json_i64(d, "solved", 0),
         (long long)json_i64(d, "total", 0));
    row(&t);
    cell(&t, "  claimed solved, and right");
    cell_i64(&t, d, "claimed_right");
    row(&t);
    cell(&t, "  claimed solved, but wrong");
    cell_i64(&t, d, "claimed_wrong");
    row(&t);
    cell(&t, "  not claimed, but right");
    cell_i64(&t, d, "unclaimed_right");
    if (json_i64(d, "failed", 0)) {
        row(&t);
        cell(&t, "  ended by an error (counted as not solved)");
        cell_i64(&t, d, "failed");
    }
    if (rest) {
        row(&t);
        cell(&t, "  not run (not counted)");
        cell(&t, "%lld", (long long)rest);
    }
    return put(&t, out);
}

/* ---- the ways beside each other ---- */

static void row_of_way(struct table *t, json *o, const char *name, bool paired)
{
    row(t);
    cell(t, "%s", name);
    cell_i64(t, o, "solved");
    cell_i64(t, o, "total");
    cell_rate(t, o);
    if (!paired)
        return;
    cell_i64(t, o, "only_dise");
    cell_i64(t, o, "only_this");
    cell_p(t, json_f64(o, "p", 1));
}

/* How the best of n are called, where n takes the same tokens or as many samples as there are. */
static void rows_of_best(struct table *t, json *raw)
{
    json *list = json_array(raw, "best_of"), *best;
    size_t same = (size_t)json_i64(raw, "same_tokens_n", 0), n = same ? same : length(list);
    char name[CELL];
    if (!length(list))
        return;
    best = at(list, n - 1);
    snprintf(name, sizeof name, "  best of %zu raw (%s)", n,
             same ? "same tokens" : "fewer tokens than DiSE");
    row_of_way(t, best, name, true);
    row(t);
    cell(t, "  any of %zu raw (an oracle chooses)", n);
    cell_i64(t, best, "oracle");
    cell_i64(t, best, "total");
    cell(t, "%.1f",
         json_i64(best, "total", 0) ? 100 * json_f64(best, "oracle", 0) / json_f64(best, "total", 0)
                                    : 0);
}

static enum err put_ways(json *f, struct buf *out)
{
    static const char *const names[] = {"",          "solved",    "of", "%",
                                        "only DiSE", "only this", "p",  NULL};
    json *raw = json_array(f, "raw");
    struct table t = {.cells = NULL};
    if (!length(raw))
        return ERR_OK;
    heads(&t, names);
    row_of_way(&t, json_object_of(f, "dise"), "DiSE", false);
    for (size_t i = 0; i < length(raw); i++) {
        char name[CELL];
        snprintf(name, sizeof name, "raw %.50s", json_str(at(raw, i), "model", ""));
        row_of_way(&t, at(raw, i), name, true);
        rows_of_best(&t, at(raw, i));
    }
    return put(&t, out);
}

static void row_of_spent(struct table *t, json *o, const char *name)
{
    char time[FIGURE_SIZE];
    row(t);
    cell(t, "%s", name);
    cell_i64(t, o, "calls");
    cell_i64(t, o, "tokens_in");
    cell_i64(t, o, "tokens_out");
    cell(t, "%.0f", json_f64(o, "tokens_in_per_call", 0));
    cell(t, "%.0f", json_f64(o, "tokens_out_per_call", 0));
    if (json_i64(o, "solved", 0))
        cell(t, "%.0f", json_f64(o, "tokens_per_solved", 0));
    else
        cell(t, "–");
    cell(t, "%s", figure_time(time, json_f64(o, "model_seconds", 0), false));
    cell(t, "%s", figure_time(time, json_f64(o, "seconds", 0), false));
    cell_money(t, o);
}

static enum err put_spent(json *f, struct buf *out)
{
    static const char *const names[] = {
        "",           "calls", "tokens in", "out", "in/call", "out/call", "tokens/solved",
        "model time", "time",  "money",     NULL};
    json *raw = json_array(f, "raw"), *d = json_object_of(f, "dise");
    int64_t recorded = json_i64(d, "recorded_calls", 0);
    struct table t = {.cells = NULL};
    enum err e;
    heads(&t, names);
    row_of_spent(&t, d, "DiSE");
    for (size_t i = 0; i < length(raw); i++) {
        char name[CELL];
        snprintf(name, sizeof name, "raw %.50s", json_str(at(raw, i), "model", ""));
        row_of_spent(&t, at(raw, i), name);
        recorded += json_i64(at(raw, i), "recorded_calls", 0);
    }
    e = put(&t, out);
    if (!e && recorded)
        e = buf_addf(out,
                     "%lld of the calls were answered by the record, with its tokens and times\n\n",
                     (long long)recorded);
    return e;
}

/* ---- groups, stages, models ---- */

static enum err put_groups(json *f, const char *key, const char *title, struct buf *out)
{
    json *groups = json_array(f, key), *raw = json_array(f, "raw");
    struct table t = {.cells = NULL};
    if (!length(groups))
        return ERR_OK;
    row(&t);
    cell(&t, "%s", title);
    cell(&t, "DiSE");
    cell(&t, "of");
    cell(&t, "%%");
    for (size_t k = 0; k < length(raw); k++) {
        cell(&t, "raw %.50s", json_str(at(raw, k), "model", ""));
        cell(&t, "%%");
    }
    for (size_t i = 0; i < length(groups); i++) {
        row_of_way(&t, json_object_of(at(groups, i), "dise"), json_str(at(groups, i), "name", ""),
                   false);
        for (size_t k = 0; k < length(raw); k++) {
            char way[32];
            snprintf(way, sizeof way, "raw_%.20s", json_str(at(raw, k), "role", ""));
            cell_i64(&t, json_object_of(at(groups, i), way), "solved");
            cell_rate(&t, json_object_of(at(groups, i), way));
        }
    }
    return put(&t, out);
}

static enum err put_stages(json *f, struct buf *out)
{
    static const char *const names[] = {
        "stage", "model", "programs", "right", "claimed", "claimed and right", NULL};
    json *stages = json_array(f, "stages");
    struct table t = {.words = 1};
    if (!length(stages))
        return ERR_OK;
    heads(&t, names);
    for (size_t i = 0; i < length(stages); i++) {
        json *s = at(stages, i);
        row(&t);
        if (json_i64(s, "stage", 0))
            cell(&t, "%lld %.50s", (long long)json_i64(s, "stage", 0), json_str(s, "name", ""));
        else
            cell(&t, "no program");
        cell(&t, "%.50s", json_str(s, "model", ""));
        cell_i64(&t, s, "programs");
        cell_i64(&t, s, "solved");
        cell_i64(&t, s, "claimed");
        cell_i64(&t, s, "claimed_right");
    }
    return put(&t, out);
}

static enum err put_models(json *f, struct buf *out)
{
    static const char *const names[] = {"DiSE's calls", "calls", "tokens in", "out",
                                        "model time",   "money", NULL};
    json *models = json_array(f, "models");
    struct table t = {.cells = NULL};
    if (!length(models))
        return ERR_OK;
    heads(&t, names);
    for (size_t i = 0; i < length(models); i++) {
        json *m = at(models, i);
        char time[FIGURE_SIZE];
        row(&t);
        cell(&t, "%.60s", json_str(m, "model", ""));
        cell_i64(&t, m, "calls");
        cell_i64(&t, m, "tokens_in");
        cell_i64(&t, m, "tokens_out");
        cell(&t, "%s", figure_time(time, json_f64(m, "seconds", 0), false));
        cell_money(&t, m);
    }
    return put(&t, out);
}

enum err bench_text(json *f, struct buf *out)
{
    enum err e = put_head(f, out);
    if (!e)
        e = put_claims(f, out);
    if (!e)
        e = put_ways(f, out);
    if (!e)
        e = put_spent(f, out);
    if (!e)
        e = put_groups(f, "classes", "class", out);
    if (!e)
        e = put_groups(f, "splits", "split", out);
    if (!e)
        e = put_stages(f, out);
    if (!e)
        e = put_models(f, out);
    if (!e && out->len > 1)
        buf_truncate(out, out->len - 1); /* no empty line at the end */
    return e;
}
