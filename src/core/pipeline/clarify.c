/* Where programs that nothing speaks against answer a call differently, the task's words leave it
 * open, and who has written them knows: the person is asked what that call should give. The answer
 * is an example in the task's words, and so the truth for all that comes after. "Interactive Code
 * Generation via Test-Driven User-Intent Formalization", Lahiri et al. 2022. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/pipeline_internal.h"

enum { GROUPS_MAX = 8, TEXT_SIZE = 560 };

/* Programs that answer a probe alike. */
struct group {
    uint32_t answer;  /* its hash */
    double weight;    /* of their models */
    int programs;     /* how many */
    const char *text; /* the answer as Python; NULL: it cannot be shown */
};

struct division {
    int probe;
    const char *args;
    struct group a, b; /* the two greatest */
};

/* ---- where they differ ---- */

static bool takes_part(const struct candidate *c)
{
    return c->verdict.accepted && c->evidence.probe_count && c->probed;
}

/* 0: the arguments, 1: the answer to them; NULL: they are not shown. */
static const char *shown(const struct candidate *c, int probe, size_t at)
{
    struct json_object *pair = json_object_array_get_idx(c->probed, (size_t)probe);
    return json_object_is_type(pair, json_type_array)
               ? json_object_get_string(json_object_array_get_idx(pair, at))
               : NULL;
}

static void join(struct group *groups, int *n, const struct candidate *c, int probe)
{
    const uint32_t answer = c->evidence.probes[probe];
    int i = 0;
    while (i < *n && groups[i].answer != answer)
        i++;
    if (i == GROUPS_MAX)
        return;
    if (i == *n)
        groups[(*n)++] = (struct group){.answer = answer, .text = shown(c, probe, 1)};
    groups[i].weight += stage_weight(c->stage);
    groups[i].programs++;
}

/* How the programs are divided by what they answer to this probe. False: they are not, or what most
 * of them answer cannot be shown. */
static bool divide(const struct pool *pool, int probe, struct division *out)
{
    struct group groups[GROUPS_MAX], *a = NULL, *b = NULL;
    int n = 0;
    *out = (struct division){.probe = probe};
    for (size_t i = 0; i < pool->n; i++) {
        const struct candidate *c = &pool->list[i];
        if (!takes_part(c) || probe >= c->evidence.probe_count)
            continue;
        join(groups, &n, c, probe);
        if (!out->args)
            out->args = shown(c, probe, 0);
    }
    for (int i = 0; i < n; i++) {
        struct group *g = &groups[i];
        if (!g->text)
            continue; /* an error, or too long to be compared at a glance */
        if (!a || g->weight > a->weight) {
            b = a;
            a = g;
        } else if (!b || g->weight > b->weight) {
            b = g;
        }
    }
    if (!a || !b || !out->args)
        return false;
    out->a = *a;
    out->b = *b;
    return true;
}

static size_t length(const struct division *d)
{
    return strlen(d->args) + strlen(d->a.text) + strlen(d->b.text);
}

/* Where the answer rules out most, the shortest such question. False: they all do the same. */
static bool find(const struct pool *pool, struct division *best)
{
    struct division d;
    bool found = false;
    *best = (struct division){.args = NULL};
    for (int probe = 0; probe < PROBES_MAX; probe++) {
        if (!divide(pool, probe, &d))
            continue;
        if (!found || d.b.weight > best->b.weight ||
            (d.b.weight == best->b.weight && length(&d) < length(best)))
            *best = d;
        found = true;
    }
    return found;
}

/* ---- the person ---- */

static const char *function_of(const struct task *t, const struct pool *pool)
{
    if (t->examples.function[0])
        return t->examples.function;
    for (size_t i = 0; i < pool->n; i++)
        if (takes_part(&pool->list[i]))
            return pool->list[i].verdict.function;
    return "it";
}

static void programs(int n, char out[24])
{
    snprintf(out, 24, "%d program%s", n, n == 1 ? "" : "s");
}

/* *choice: 1 or 2; 0: neither; -1: nobody says. */
static enum err ask(struct task *t, const struct pool *pool, const struct division *d, int *choice)
{
    char id[24], text[TEXT_SIZE], a[24], b[24];
    const struct event_job_question q = {.question = id,
                                         .kind = "case",
                                         .text = text,
                                         .subject = d->args,
                                         .choices = "1|2|neither|skip",
                                         .seconds = config_int(t->p->config, OPTION_CLARIFY_S)};
    struct buf answer;
    enum err e;
    snprintf(id, sizeof id, "case %d", t->clarified);
    programs(d->a.programs, a);
    programs(d->b.programs, b);
    snprintf(text, sizeof text, "What should %.64s(%.100s) give?  1: %.100s (%s)  2: %.100s (%s)",
             function_of(t, pool), d->args, d->a.text, a, d->b.text, b);
    buf_init(&answer, 1024);
    e = task_ask(t->job, &q, &answer);
    *choice = -1;
    if (!e && strcmp(answer.data, "1") == 0)
        *choice = 1;
    else if (!e && strcmp(answer.data, "2") == 0)
        *choice = 2;
    else if (!e && strcmp(answer.data, "neither") == 0)
        *choice = 0;
    if (!e || e == ERR_TIMEOUT)
        task_answered(t->job, id,
                      *choice == 1   ? d->a.text
                      : *choice == 2 ? d->b.text
                      : *choice == 0 ? "neither"
                      : e            ? "nobody has answered"
                                     : "skip");
    buf_fini(&answer);
    return e == ERR_TIMEOUT ? ERR_OK : e;
}

/* ---- what the answer says ---- */

/* The examples of the words, and behind them what the person has refused. */
static enum err read_examples(struct task *t)
{
    enum err e = task_examples(t, t->text);
    for (int i = 0; !e && i < t->refused_count && t->examples.count < EXAMPLES_MAX; i++) {
        const struct refused *r = &t->refused[i];
        const bool named = t->examples.function[0] != 0;
        t->examples.list[t->examples.count++] = (struct example){.call = named ? r->call : NULL,
                                                                 .args = named ? NULL : r->args,
                                                                 .expected = "True",
                                                                 .view = r->view,
                                                                 .call_len = strlen(r->call),
                                                                 .args_len = strlen(r->args),
                                                                 .expected_len = 4,
                                                                 .view_len = strlen(r->view),
                                                                 .kind = EXAMPLE_HOLDS};
    }
    return e;
}

static enum err add_refused(struct task *t, const struct division *d)
{
    struct refused *r;
    if (!t->refused)
        t->refused = calloc(CLARIFY_MOST, sizeof *t->refused);
    if (!t->refused)
        return ERR_NOMEM;
    r = &t->refused[t->refused_count++];
    snprintf(r->args, sizeof r->args, "%s", d->args);
    snprintf(r->call, sizeof r->call, "%s(%s)", t->examples.function, d->args);
    snprintf(r->view, sizeof r->view, "_ not in [%s, %s]", d->a.text, d->b.text);
    return read_examples(t);
}

/* Writes the example behind the task's words. ERR_PARSE: it would not be read as one. */
static enum err add_example(struct task *t, const char *args, const char *answer)
{
    const size_t had = t->examples.count, were = t->words.len;
    const char *f = t->examples.function, *before = t->text;
    enum err e = were ? ERR_OK : buf_adds(&t->words, t->text);
    if (!e)
        e = *f ? buf_addf(&t->words, "\n\n%s(%s) == %s", f, args, answer)
               : buf_addf(&t->words, "\n\nInput: %s\nOutput: %s", args, answer);
    if (t->words.len)
        t->text = t->words.data; /* it may have moved */
    if (!e)
        e = read_examples(t);
    if (e ? e != ERR_TOO_LARGE : t->examples.count == had + 1)
        return e;
    buf_truncate(&t->words, were);
    t->text = were ? t->words.data : before;
    e = read_examples(t);
    return e ? e : ERR_PARSE;
}

static enum err check_again(struct task *t, struct candidate *c, struct err_info *info)
{
    struct verdict v;
    enum err e;
    verdict_init(&v);
    e = candidate_verify(c, "verify again", &v, info);
    if (!e) {
        verdict_take(&c->verdict, &v);
        if (!c->verdict.accepted) {
            candidate_tell_end(t->job, c, "rejected", c->verdict.why);
            history_note(&t->history, c->verdict.why);
        }
    }
    verdict_fini(&v);
    return e;
}

static enum err take(struct task *t, struct pool *pool, const struct division *d, int choice,
                     struct err_info *info)
{
    enum err e =
        choice ? add_example(t, d->args, choice == 1 ? d->a.text : d->b.text) : add_refused(t, d);
    if (e == ERR_PARSE) {
        task_note(t, "warn", "this answer cannot be written as an example");
        return ERR_OK;
    }
    for (size_t i = 0; !e && i < pool->n; i++)
        if (pool->list[i].verdict.accepted)
            e = check_again(t, &pool->list[i], info);
    pool_forget_tests(pool); /* the probes are made of the examples */
    return e;
}

enum err clarify(struct task *t, struct pool *pool, bool *asked, struct err_info *info)
{
    struct division d;
    int choice = -1;
    enum err e;
    *asked = false;
    if (!t->may_ask || t->clarified >= CLARIFY_MOST ||
        config_int(t->p->config, OPTION_CLARIFY_S) == 0 || !find(pool, &d))
        return ERR_OK;
    t->clarified++;
    e = ask(t, pool, &d, &choice);
    if (e)
        return e;
    if (choice < 0) {
        t->clarified = CLARIFY_MOST; /* who does not know, or is not there, is left alone */
        return ERR_OK;
    }
    *asked = true;
    return take(t, pool, &d, choice, info);
}
