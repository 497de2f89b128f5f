/* The arithmetic of a bench. Pure. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/batch/bench.h"

typedef struct json_object json;

const char *const bench_roles[BENCH_RAW_MAX] = {"fast", "powerful"};

/* Under the hypothesis that both ways are equally good, each of the n = b + c tasks that they
 * differ on falls to either with probability 1/2, so p = 2 · sum_{i=0}^{min(b,c)} C(n,i) / 2^n, at
 * most 1: the exact conditional test in M. W. Fagerland, S. Lydersen, P. Laake, "The McNemar test
 * for binary matched-pairs data", BMC Medical Research Methodology 13:91 (2013), after Q. McNemar
 * (1947). In logarithms, because 2^-n is 0 from 1075 tasks on. */
double bench_mcnemar(int64_t b, int64_t c)
{
    int64_t n = b + c, least = b < c ? b : c;
    double sum = 0, term = -(double)n * log(2);
    for (int64_t i = 0; i <= least; i++) {
        sum += exp(term);
        term += log((double)(n - i)) - log((double)(i + 1));
    }
    return 2 * sum < 1 ? 2 * sum : 1;
}

/* ---- sums ---- */

struct sums {
    int64_t total, right, failed, claimed_right, claimed_wrong, unclaimed_right;
    int64_t calls, recorded, tokens_in, tokens_out;
    double cost, seconds, model_seconds;
};

static void add_run(struct sums *s, const struct bench_run *r)
{
    s->calls += r->calls;
    s->recorded += r->recorded;
    s->tokens_in += r->tokens_in;
    s->tokens_out += r->tokens_out;
    s->cost += r->cost;
    s->seconds += r->seconds;
    s->model_seconds += r->model_seconds;
    if (!r->ended)
        return;
    s->total++;
    s->right += r->right;
    s->failed += r->failed;
    s->claimed_right += r->claimed && r->right;
    s->claimed_wrong += r->claimed && !r->right;
    s->unclaimed_right += !r->claimed && r->right;
}

static double share(int64_t part, int64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void add_rate(json *o, int64_t right, int64_t total)
{
    json_add_i64(o, "solved", right);
    json_add_i64(o, "total", total);
    json_add_f64(o, "rate", share(right, total));
}

static void add_spent(json *o, const struct sums *s)
{
    int64_t tokens = s->tokens_in + s->tokens_out;
    json_add_i64(o, "failed", s->failed);
    json_add_i64(o, "calls", s->calls);
    json_add_i64(o, "recorded_calls", s->recorded);
    json_add_i64(o, "tokens_in", s->tokens_in);
    json_add_i64(o, "tokens_out", s->tokens_out);
    json_add_f64(o, "cost", s->cost);
    json_add_f64(o, "seconds", s->seconds);
    json_add_f64(o, "model_seconds", s->model_seconds);
    json_add_f64(o, "tokens_per_solved", share(tokens, s->right));
    json_add_f64(o, "tokens_in_per_call", share(s->tokens_in, s->calls));
    json_add_f64(o, "tokens_out_per_call", share(s->tokens_out, s->calls));
}

static json *describe_dise(const struct bench_task *tasks, size_t n)
{
    json *o = json_object_new_object();
    struct sums s = {.total = 0};
    for (size_t i = 0; i < n; i++)
        add_run(&s, &tasks[i].dise);
    add_rate(o, s.right, s.total);
    json_add_i64(o, "claimed_right", s.claimed_right);
    json_add_i64(o, "claimed_wrong", s.claimed_wrong);
    json_add_i64(o, "unclaimed_right", s.unclaimed_right);
    add_spent(o, &s);
    return o;
}

/* ---- groups ---- */

static json *find(json *list, const char *name)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json *o = json_object_array_get_idx(list, i);
        if (strcmp(json_str(o, "name", ""), name) == 0)
            return o;
    }
    return NULL;
}

static void add_to(json *o, const char *key, int64_t n)
{
    json_add_i64(o, key, json_i64(o, key, 0) + n);
}

/* A group's counts of one way, such as "raw_fast": its member of this name, made when missing. */
static void count_in(json *group, const char *way, const struct bench_run *r)
{
    json *o = json_object_of(group, way);
    if (!o) {
        o = json_object_new_object();
        json_object_object_add(group, way, o);
    }
    if (!r->ended)
        return;
    add_to(o, "total", 1);
    add_to(o, "solved", r->right);
}

/* [{name, dise:{solved,total}, raw_fast:…, raw_powerful:…}] in the order in which they occur. Tasks
 * without a name are in no group. */
static json *describe_groups(const struct bench_task *tasks, size_t n, bool by_class)
{
    json *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        const char *name = by_class ? tasks[i].class : tasks[i].split;
        json *o = *name ? find(list, name) : NULL;
        if (!*name)
            continue;
        if (!o) {
            o = json_object_new_object();
            json_add_str(o, "name", name);
            json_object_array_add(list, o);
        }
        count_in(o, "dise", &tasks[i].dise);
        for (int k = 0; k < BENCH_RAW_MAX; k++) {
            char way[32];
            snprintf(way, sizeof way, "raw_%s", bench_roles[k]);
            if (tasks[i].raw[k].listed)
                count_in(o, way, &tasks[i].raw[k]);
        }
    }
    return list;
}

/* ---- where the programs come from ---- */

static json *stage_of(json *list, const struct bench_run *r)
{
    size_t at = 0, n = json_object_array_length(list);
    json *o;
    for (; at < n; at++) {
        o = json_object_array_get_idx(list, at);
        if (json_i64(o, "stage", 0) == r->stage && strcmp(json_str(o, "model", ""), r->model) == 0)
            return o;
    }
    o = json_object_new_object();
    json_add_i64(o, "stage", r->stage);
    json_add_str(o, "name", r->stage_name);
    json_add_str(o, "model", r->model);
    json_object_array_add(list, o);
    return o;
}

static int by_stage(const void *a, const void *b)
{
    json *x = *(json *const *)a, *y = *(json *const *)b;
    int64_t p = json_i64(x, "stage", 0), q = json_i64(y, "stage", 0);
    p = p ? p : INT64_MAX; /* those without a program come last */
    q = q ? q : INT64_MAX;
    return p != q ? (p > q) - (p < q) : strcmp(json_str(x, "model", ""), json_str(y, "model", ""));
}

/* [{stage, name, model, programs, solved, claimed, claimed_right}]; stage 0: no program. */
static json *describe_stages(const struct bench_task *tasks, size_t n)
{
    json *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        const struct bench_run *r = &tasks[i].dise;
        json *o = r->ended ? stage_of(list, r) : NULL;
        if (!o)
            continue;
        add_to(o, "programs", 1);
        add_to(o, "solved", r->right);
        add_to(o, "claimed", r->claimed);
        add_to(o, "claimed_right", r->claimed && r->right);
    }
    json_object_array_sort(list, by_stage);
    return list;
}

/* ---- against the models alone ---- */

/* The tasks that both ways have an end of. */
struct pairs {
    int64_t both, only_dise, only_other;
};

static void pair(struct pairs *p, bool dise, bool other)
{
    p->both++;
    p->only_dise += dise && !other;
    p->only_other += !dise && other;
}

static void add_pairs(json *o, const struct pairs *p)
{
    json_add_i64(o, "paired", p->both);
    json_add_i64(o, "only_dise", p->only_dise);
    json_add_i64(o, "only_this", p->only_other);
    json_add_f64(o, "p", bench_mcnemar(p->only_dise, p->only_other));
}

/* Of the first n answers: the first that passes the task's own examples, else the first one. */
static bool best_of(json *answers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json *a = json_object_array_get_idx(answers, i);
        if (json_flag(a, "examples", false))
            return json_flag(a, "judged", false);
    }
    return json_flag(json_object_array_get_idx(answers, 0), "judged", false);
}

static bool any_of(json *answers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (json_flag(json_object_array_get_idx(answers, i), "judged", false))
            return true;
    return false;
}

static int64_t tokens_of(json *answers, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        json *a = json_object_array_get_idx(answers, i);
        sum += json_i64(a, "tokens_in", 0) + json_i64(a, "tokens_out", 0);
    }
    return sum;
}

/* Tasks with an end of both ways and `least` answers at least. */
static bool comparable(const struct bench_task *t, int role, size_t least)
{
    const struct bench_run *raw = &t->raw[role];
    return t->dise.ended && raw->ended && raw->answers &&
           json_object_array_length(raw->answers) >= least;
}

static json *describe_best(const struct bench_task *tasks, size_t n, int role, size_t answers)
{
    json *o = json_object_new_object();
    struct pairs pairs = {.both = 0};
    int64_t best = 0, any = 0, tokens = 0;
    for (size_t i = 0; i < n; i++) {
        json *list = tasks[i].raw[role].answers;
        bool right;
        if (!comparable(&tasks[i], role, answers))
            continue;
        right = best_of(list, answers);
        best += right;
        any += any_of(list, answers);
        tokens += tokens_of(list, answers);
        pair(&pairs, tasks[i].dise.right, right);
    }
    json_add_i64(o, "n", (int64_t)answers);
    json_add_i64(o, "tokens", tokens);
    add_rate(o, best, pairs.both);
    json_add_i64(o, "oracle", any);
    add_pairs(o, &pairs);
    return o;
}

static size_t most_answers(const struct bench_task *tasks, size_t n, int role)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        json *list = tasks[i].raw[role].answers;
        size_t k = list ? json_object_array_length(list) : 0;
        most = k > most ? k : most;
    }
    return most;
}

/* The first n answers for each n, and the least n that takes as many tokens as DiSE did on the same
 * tasks (0: no n does). */
static void add_best(json *o, const struct bench_task *tasks, size_t n, int role)
{
    size_t most = most_answers(tasks, n, role), same = 0;
    json *list = json_object_new_array();
    int64_t spent = 0;
    for (size_t i = 0; i < n; i++)
        if (comparable(&tasks[i], role, most))
            spent += tasks[i].dise.tokens_in + tasks[i].dise.tokens_out;
    for (size_t k = 1; k <= most; k++) {
        json *best = describe_best(tasks, n, role, k);
        if (!same && json_i64(best, "tokens", 0) >= spent)
            same = k;
        json_object_array_add(list, best);
    }
    json_object_object_add(o, "best_of", list);
    json_add_i64(o, "same_tokens_n", (int64_t)same);
}

static json *describe_raw(const struct bench_task *tasks, size_t n, int role)
{
    json *o = json_object_new_object();
    struct sums s = {.total = 0};
    struct pairs pairs = {.both = 0};
    const char *model = "";
    for (size_t i = 0; i < n; i++) {
        const struct bench_run *r = &tasks[i].raw[role];
        add_run(&s, r);
        model = *r->model ? r->model : model;
        if (r->ended && tasks[i].dise.ended)
            pair(&pairs, tasks[i].dise.right, r->right);
    }
    json_add_str(o, "role", bench_roles[role]);
    json_add_str(o, "model", model);
    add_rate(o, s.right, s.total);
    add_pairs(o, &pairs);
    add_spent(o, &s);
    if (most_answers(tasks, n, role) > 1)
        add_best(o, tasks, n, role);
    return o;
}

static json *describe_raws(const struct bench_task *tasks, size_t n)
{
    json *list = json_object_new_array();
    for (int k = 0; k < BENCH_RAW_MAX; k++) {
        bool listed = false;
        for (size_t i = 0; i < n; i++)
            listed |= tasks[i].raw[k].listed;
        if (listed)
            json_object_array_add(list, describe_raw(tasks, n, k));
    }
    return list;
}

/* ---- each task ---- */

static json *describe_task(const struct bench_task *t)
{
    json *o = json_object_new_object();
    const struct bench_run *r = &t->dise;
    json_add_str(o, "task_id", t->id);
    json_add_str(o, "class", t->class);
    json_add_str(o, "split", t->split);
    json_add_bool(o, "ended", r->ended);
    json_add_bool(o, "judged", r->right);
    json_add_str(o, "claimed", !r->ended || r->failed ? "" : r->claimed ? "solved" : "unsolved");
    json_add_bool(o, "failed", r->failed);
    json_add_str(o, "why", r->why);
    json_add_i64(o, "stage", r->stage);
    json_add_str(o, "model", r->model);
    json_add_i64(o, "calls", r->calls);
    json_add_i64(o, "tokens_in", r->tokens_in);
    json_add_i64(o, "tokens_out", r->tokens_out);
    json_add_f64(o, "seconds", r->seconds);
    json_add_f64(o, "cost", r->cost);
    for (int k = 0; k < BENCH_RAW_MAX; k++) {
        char way[32];
        snprintf(way, sizeof way, "raw_%s", bench_roles[k]);
        if (t->raw[k].ended)
            json_add_bool(o, way, t->raw[k].right);
    }
    return o;
}

json *bench_figures(const struct bench_task *tasks, size_t n)
{
    json *o = json_object_new_object(), *list = json_object_new_array();
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, describe_task(&tasks[i]));
    json_object_object_add(o, "dise", describe_dise(tasks, n));
    json_object_object_add(o, "raw", describe_raws(tasks, n));
    json_object_object_add(o, "classes", describe_groups(tasks, n, true));
    json_object_object_add(o, "splits", describe_groups(tasks, n, false));
    json_object_object_add(o, "stages", describe_stages(tasks, n));
    json_object_object_add(o, "tasks", list);
    return o;
}
