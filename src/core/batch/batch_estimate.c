/* What a batch will take, before it begins: out of what earlier jobs of the same kind took. Runs on
 * a store thread. */
#include <stdlib.h>
#include <string.h>

#include "core/batch/batch.h"
#include "core/pipeline/pipeline.h"
#include "core/store/artifact.h"
#include "core/words/classify.h"

enum { SAMPLE_MAX = 500 };

/* Where nothing has been measured yet: a small local model on a processor, one answer of a few
 * hundred tokens (docs/overnight.md). */
static const struct {
    const char *kind;
    double calls, tokens_in, tokens_out, seconds;
} defaults[] = {{"task", 3, 600, 400, 30},
                {"text", 1, 150, 200, 10},
                {"artifact_run", 0, 0, 0, 0.1},
                {"optimize", 3, 900, 600, 60}};

enum { KINDS = sizeof defaults / sizeof *defaults };

struct measured {
    int n;
    double calls, tokens_in, tokens_out, cost, seconds; /* means */
    double p80;                                         /* of the seconds */
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_sample(struct measured *m, double *seconds, const char *body)
{
    struct json_object *o = NULL;
    if (!body || json_parse(body, strlen(body), NULL, &o, NULL))
        return;
    seconds[m->n++] = json_f64(o, "seconds", 0);
    m->calls += json_f64(o, "llm_calls", 0);
    m->tokens_in += json_f64(o, "tokens_in", 0);
    m->tokens_out += json_f64(o, "tokens_out", 0);
    m->cost += json_f64(o, "cost", 0);
    m->seconds += seconds[m->n - 1];
    json_object_put(o);
}

static void average(struct measured *m, double *seconds)
{
    if (!m->n)
        return;
    m->calls /= m->n;
    m->tokens_in /= m->n;
    m->tokens_out /= m->n;
    m->cost /= m->n;
    m->seconds /= m->n;
    qsort(seconds, (size_t)m->n, sizeof *seconds, compare);
    m->p80 = seconds[(m->n * 4 + 4) / 5 - 1];
}

/* The last jobs of the kind that asked a model (or are of a kind that never does). */
static enum err measure(sqlite3 *db, int kind, struct measured *m, struct err_info *info)
{
    double seconds[SAMPLE_MAX];
    sqlite3_stmt *st;
    enum err e = store_prepare(
        db, info, &st,
        "SELECT e.body FROM job j JOIN event e ON e.job=j.id AND e.path='end' AND e.n=0"
        " WHERE j.kind=? AND j.status IN('solved','unsolved')"
        " AND (json_extract(e.body,'$.llm_calls')>0 OR j.kind IN ('artifact_run','optimize'))"
        " ORDER BY j.id DESC LIMIT ?",
        "ti", defaults[kind].kind, (int64_t)SAMPLE_MAX);
    memset(m, 0, sizeof *m);
    while (m->n < SAMPLE_MAX && store_row(st, &e, info))
        add_sample(m, seconds, (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    average(m, seconds);
    return e;
}

/* What an answer to the item is kept under; false: it is never taken from memory. */
static bool hash_of(struct json_object *item, char hash[65])
{
    struct json_object *input = json_object_of(item, "input"),
                       *given = json_object_of(input, "input");
    const char *kind = json_str(item, "kind", ""), *task = json_str(input, "task", "");
    enum task_class said = class_said(json_str(input, "class", ""));
    struct classification c;
    if (json_flag(input, "fresh", false))
        return false;
    if (strcmp(kind, pipeline_text.name) == 0)
        return artifact_text_hash(task, given, hash) == ERR_OK;
    if (strcmp(kind, pipeline_task.name) != 0)
        return false;
    classify_rules(task, given != NULL, &c);
    if (said < CLASS_COUNT)
        c.class = said;
    return classify_hash(c.class, task, given, hash) == ERR_OK;
}

static bool known(sqlite3 *db, const char hash[65])
{
    struct json_object *found = NULL;
    enum err e = artifact_find(db, hash, &found);
    json_object_put(found);
    return e == ERR_OK;
}

struct sums {
    int64_t items, known, repeats;
    int64_t of_kind[KINDS];
};

struct asked {
    uint64_t hash; /* the beginning of it */
    int kind;
};

static int compare_asked(const void *left, const void *right)
{
    uint64_t a = ((const struct asked *)left)->hash, b = ((const struct asked *)right)->hash;
    return (a > b) - (a < b);
}

/* Of equal items the first is asked, the others find its answer. */
static void count_repeats(struct asked *list, size_t n, struct sums *s)
{
    qsort(list, n, sizeof *list, compare_asked);
    for (size_t i = 1; i < n; i++)
        if (list[i].hash == list[i - 1].hash) {
            s->repeats++;
            s->of_kind[list[i].kind]--;
        }
}

static uint64_t hash_number(const char hash[65])
{
    char head[17];
    snprintf(head, sizeof head, "%.16s", hash);
    return strtoull(head, NULL, 16);
}

static enum err count(sqlite3 *db, const struct batch_items *items, struct sums *s)
{
    struct asked *list = malloc((items->n + 1) * sizeof *list);
    size_t at = 0, asked = 0;
    struct json_object *item;
    if (!list)
        return ERR_NOMEM;
    while ((item = batch_items_next(items, &at)) != NULL) {
        char hash[65];
        int kind = 0;
        bool kept = hash_of(item, hash);
        while (kind < KINDS - 1 && strcmp(defaults[kind].kind, json_str(item, "kind", "")) != 0)
            kind++;
        s->items++;
        json_object_put(item);
        if (kept && known(db, hash)) {
            s->known++;
            continue;
        }
        s->of_kind[kind]++;
        if (kept)
            list[asked++] = (struct asked){hash_number(hash), kind};
    }
    count_repeats(list, asked, s);
    free(list);
    return ERR_OK;
}

static void add_basis(struct buf *basis, int kind, const struct measured *m)
{
    const char *between = basis->len ? "; " : "";
    enum err e =
        m->n ? buf_addf(basis, "%s%s: %d measured jobs", between, defaults[kind].kind, m->n)
             : buf_addf(basis, "%s%s: nothing measured yet, assumed", between, defaults[kind].kind);
    (void)e; /* a shorter sentence */
}

/* For an item of this kind: what was measured, else what is assumed. */
static struct measured expect(const struct batch_estimate *a, int kind, const struct measured *m)
{
    struct measured x = *m;
    if (x.n)
        return x;
    x.calls = defaults[kind].calls;
    x.tokens_in = defaults[kind].tokens_in;
    x.tokens_out = defaults[kind].tokens_out;
    x.seconds = x.p80 = defaults[kind].seconds;
    x.cost = x.tokens_in * a->price_in + x.tokens_out * a->price_out;
    return x;
}

enum err batch_estimate_read(sqlite3 *db, void *arg, struct err_info *info)
{
    struct batch_estimate *a = arg;
    struct sums s = {.items = 0};
    struct measured all = {.n = 0};
    struct buf basis;
    enum err e = count(db, a->items, &s);
    buf_init(&basis, 1024);
    for (int kind = 0; !e && kind < KINDS; kind++) {
        struct measured m;
        double n = (double)s.of_kind[kind];
        if (!s.of_kind[kind])
            continue;
        e = measure(db, kind, &m, info);
        add_basis(&basis, kind, &m);
        m = expect(a, kind, &m);
        all.calls += n * m.calls;
        all.tokens_in += n * m.tokens_in;
        all.tokens_out += n * m.tokens_out;
        all.cost += n * m.cost;
        all.seconds += n * m.seconds / (double)a->width;
        all.p80 += n * m.p80 / (double)a->width;
    }
    if (!e && s.known)
        e = buf_addf(&basis, "%s%lld answered from memory", basis.len ? "; " : "",
                     (long long)s.known);
    if (!e && s.repeats)
        e = buf_addf(&basis, "%s%lld repeated, asked once", basis.len ? "; " : "",
                     (long long)s.repeats);
    a->out = json_object_new_object();
    json_add_i64(a->out, "items", s.items);
    json_add_i64(a->out, "calls", (int64_t)(all.calls + 0.5));
    json_add_i64(a->out, "tokens_in", (int64_t)(all.tokens_in + 0.5));
    json_add_i64(a->out, "tokens_out", (int64_t)(all.tokens_out + 0.5));
    json_add_f64(a->out, "cost", all.cost);
    json_add_f64(a->out, "seconds", all.seconds);
    json_add_f64(a->out, "seconds_p80", all.p80 > all.seconds ? all.p80 : all.seconds);
    json_add_str(a->out, "basis", basis.data);
    buf_fini(&basis);
    return e;
}
