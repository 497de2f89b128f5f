/* One stage of the ladder (ladder.c): its candidates, and the choice among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/pipeline/choose.h"
#include "core/pipeline/pipeline_internal.h"

/* ---- running ---- */

static void emit_stage_begin(struct task *t, const struct stage *s)
{
    struct event ev = {.type = EVENT_STAGE_BEGIN};
    ev.u.stage_begin.stage = s->number;
    job_emit(t->job, &ev);
}

static void emit_stage_end(struct task *t, const struct stage *s, const char *outcome,
                           const char *why, int64_t in, int64_t out, int64_t ms)
{
    struct event ev = {.type = EVENT_STAGE_END};
    ev.u.stage_end.stage = s->number;
    ev.u.stage_end.outcome = outcome;
    ev.u.stage_end.why = why;
    ev.u.stage_end.tokens_in = in;
    ev.u.stage_end.tokens_out = out;
    ev.u.stage_end.seconds = (double)ms / 1000;
    job_emit(t->job, &ev);
}

/* ---- asking ---- */

/* A branch that waits for the others also when it was accepted: they are to agree. */
static enum err candidate_to_compare(struct job *job, void *arg)
{
    struct candidate *c = arg;
    c->end = candidate_run(job, c);
    if (c->end != ERR_CANCELLED)
        return ERR_OK;
    candidate_tell_end(job, c, "cancelled", "");
    return c->end;
}

/* What the candidates' ends come to: accepted, else cut short by the budget, else rejected; of a
 * lone one its own error. */
static enum err sum_ends(const struct candidate *list, size_t n)
{
    enum err e = n == 1 ? list[0].end : ERR_NOT_FOUND;
    for (size_t i = 0; i < n; i++) {
        if (list[i].end == ERR_OK)
            return ERR_OK;
        if (list[i].end == ERR_BUDGET)
            e = ERR_BUDGET;
    }
    return e;
}

/* The candidates of a stage, all at once as far as the backend has room (it queues the rest). */
struct asking {
    struct candidate *list;
    size_t n, won;
    bool race;   /* the first accepted one ends the others: nothing more is to be known */
    bool judged; /* by gates that may refuse it: until it is through the others go on */
    const struct candidate *refused, *taken; /* of a race, for what is told; NULL: none */
    enum err end;
};

struct racer {
    struct asking *asking;
    struct candidate *candidate;
};

/* It was cut off, because another one is through or the task was cancelled. */
static void tell_passed_over(struct job *job, const struct racer *r)
{
    const struct candidate *taken = r->asking->taken;
    char why[64] = "", name[48];
    if (taken) {
        candidate_call(taken, name);
        snprintf(why, sizeof why, "%s was taken", name);
    }
    candidate_tell_end(job, r->candidate, "cancelled", why);
}

/* Where a gate may refuse what passes: one at a time, the best of those that wait first. */
static enum err look_at(struct job *job, struct asking *a, struct candidate *c)
{
    struct err_info info = {0};
    enum err e = job_turn(job, c->verdict.score);
    if (!e)
        e = candidate_accept(job, c, a->refused, &info);
    if (e == ERR_NOT_FOUND)
        a->refused = c;
    return e;
}

/* A branch of a race. */
static enum err race(struct job *job, void *arg)
{
    struct racer *r = arg;
    enum err e = candidate_run(job, r->candidate);
    if (!e && r->asking->judged)
        e = look_at(job, r->asking, r->candidate);
    if (!e)
        r->asking->taken = r->candidate;
    else if (e == ERR_CANCELLED)
        tell_passed_over(job, r);
    return e;
}

static enum err ask_all(struct job *job, struct asking *a)
{
    struct branch branches[CANDIDATES_MAX];
    struct racer racers[CANDIDATES_MAX];
    char names[CANDIDATES_MAX][24];
    enum err e;
    a->won = a->n;
    if (a->n == 1) {
        e = candidate_to_compare(job, &a->list[0]);
        a->end = e ? e : a->list[0].end;
        return a->end;
    }
    for (size_t i = 0; i < a->n; i++) {
        snprintf(names[i], sizeof names[i], "candidate %c", candidate_letter(&a->list[i]));
        racers[i] = (struct racer){a, &a->list[i]};
        branches[i] =
            a->race
                ? (struct branch){.name = names[i], .fn = race, .arg = &racers[i]}
                : (struct branch){.name = names[i], .fn = candidate_to_compare, .arg = &a->list[i]};
    }
    e = a->race ? job_any(job, "candidates", branches, a->n, &a->won)
                : job_all(job, "candidates", branches, a->n);
    for (size_t i = 0; a->race && i < a->n; i++)
        a->list[i].end = branches[i].result;
    if (a->race && !e)
        a->end = ERR_OK;
    else
        a->end = e && e != ERR_NOT_FOUND ? e : sum_ends(a->list, a->n);
    return a->end;
}

static enum err ask_branch(struct job *job, void *arg)
{
    enum err e = ask_all(job, arg);
    return e == ERR_CANCELLED ? e : ERR_OK;
}

struct testing {
    struct task *task;
    const struct stage *stage;
};

/* That no tests come of it is told and no failure: the task goes on without them. */
static enum err tests_branch(struct job *job, void *arg)
{
    struct testing *t = arg;
    struct err_info info = {0};
    enum err e = tests_make(job, t->task, t->stage, &info);
    return e == ERR_CANCELLED ? e : ERR_OK;
}

/* Who writes the tests: of a task that is not simple the powerful model, because those of a tiny
 * one (0.5B) were wrong more often than right. */
static const struct stage *tester_of(const struct task *t, const struct stage *s)
{
    for (int i = 0; strcmp(t->complexity, "simple") != 0 && i < t->ladder_count; i++)
        if (t->ladder[i].available && strcmp(t->ladder[i].role, "powerful") == 0)
            return stage_weight(&t->ladder[i]) > stage_weight(s) ? &t->ladder[i] : s;
    return s;
}

/* The candidates, and beside them the tests, if they are wanted: nobody has written them, or a
 * weaker model has and no program could do anything with them. */
static enum err ask(struct task *t, const struct stage *s, struct asking *a, struct pool *pool)
{
    struct testing tests = {t, tester_of(t, s)};
    struct branch branches[] = {{.name = "program", .fn = ask_branch, .arg = a},
                                {.name = "tests", .fn = tests_branch, .arg = &tests}};
    enum err e;
    a->race = !evidence_wanted(t) && !properties_wanted(t) && !pool_waits(t, pool, s);
    a->judged = gates_may_refuse(t);
    if (!evidence_wanted(t) || (t->tests_asked && (stage_weight(tests.stage) <= t->tests_weight ||
                                                   !pool_doubts_tests(t, pool))))
        return ask_all(t->job, a);
    t->tests_asked = true;
    t->tests_weight = stage_weight(tests.stage);
    pool_forget_tests(pool);
    e = job_all(t->job, "program and tests", branches, 2);
    return e ? e : a->end;
}

/* ---- deciding ---- */

static enum err decide(struct task *t, struct asking *a, struct pool *pool, struct choice *made,
                       struct err_info *info)
{
    bool again = true;
    enum err e;
    if (a->race && a->n > 1 && a->won < a->n) {
        made->enough = true;
        return pool_crown(t, pool, &a->list[a->won]);
    }
    e = pool_add(pool, a->list, a->n);
    while (!e && again) {
        e = pool_test(t, pool);
        again = false;
        if (!e)
            e = clarify(t, pool, &again, info);
    }
    return e ? e : pool_weigh(t, pool, made);
}

/* ---- the stage ---- */

/* Why the stage did not solve the task: the nearest failure, or what is missing to be sure. */
static void explain(const struct asking *a, const struct pool *pool, char why[400])
{
    const struct candidate *best = pool_best(pool);
    int rank = -1;
    why[0] = 0;
    for (size_t i = 0; i < a->n; i++) {
        const struct verdict *v = &a->list[i].verdict;
        if (v->why[0] && verdict_rank(v) > rank) {
            rank = verdict_rank(v);
            snprintf(why, 400, "%s", v->why);
        }
    }
    if (!why[0] && best)
        snprintf(why, 400, "%s", best->verdict.why);
}

/* The best one is taken, unless a gate says no: then the climb goes on with what it says. */
static enum err take_best(struct task *t, struct pool *pool, struct choice *made, char why[400],
                          struct err_info *info)
{
    enum err e = pool_accept(t, pool, made, false, info);
    if (e != ERR_NOT_FOUND)
        return e;
    made->enough = false;
    snprintf(why, 400, "%s", pool_best(pool) ? pool_best(pool)->verdict.why : "");
    return ERR_OK;
}

enum err stage_run(struct task *t, const struct stage *s, struct pool *pool, struct err_info *info)
{
    const struct candidate *mend = s->with_error ? pool_best(pool) : NULL;
    struct candidate *list = calloc((size_t)s->candidates, sizeof *list);
    struct asking asking = {.list = list, .n = (size_t)s->candidates};
    struct choice made = {.enough = false};
    int64_t began = 0, ended = 0, in = 0, out = 0;
    char why[400];
    enum err e, result;
    if (!list)
        return err_set(info, ERR_NOMEM, "out of memory");
    emit_stage_begin(t, s);
    for (int i = 0; i < s->candidates; i++)
        candidate_init(&list[i], t, s, i + 1, mend);
    t->asked += s->candidates;
    e = job_clock(t->job, &began);
    result = e ? e : ask(t, s, &asking, pool);
    for (int i = 0; i < s->candidates; i++) {
        in += list[i].tokens_in;
        out += list[i].tokens_out;
        candidate_origin(&list[i]);
        if (list[i].done && list[i].code.len && !list[i].verdict.accepted)
            history_note(&t->history, list[i].verdict.why);
    }
    explain(&asking, pool, why);
    if (result == ERR_OK || result == ERR_NOT_FOUND || result == ERR_BUDGET)
        e = decide(t, &asking, pool, &made, info);
    if (!e && made.enough)
        e = take_best(t, pool, &made, why, info);
    if (!e && result != ERR_CANCELLED)
        e = job_clock(t->job, &ended);
    if (made.enough)
        result = ERR_OK;
    else if (result == ERR_OK)
        result = ERR_NOT_FOUND;
    if (result == ERR_NOT_FOUND && pool_best(pool) && pool_best(pool)->verdict.accepted)
        snprintf(why, sizeof why, "not sure yet: %.160s%s%.200s", pool->why,
                 pool_best(pool)->trial.complaint[0] ? "; " : "", pool_best(pool)->trial.complaint);
    else if (result == ERR_NOT_FOUND && !why[0]) /* the person has refused them */
        snprintf(why, sizeof why, "%s", pool_best(pool) ? pool_best(pool)->verdict.why : "");
    experience_note_stage(t, s, result, in + out, ended ? ended - began : 0);
    emit_stage_end(t, s,
                   result == ERR_OK          ? "solved"
                   : result == ERR_CANCELLED ? "cancelled"
                                             : "failed",
                   result == ERR_OK ? "" : why, in, out, ended ? ended - began : 0);
    for (int i = 0; i < s->candidates; i++)
        candidate_fini(&list[i]);
    free(list);
    if (result)
        err_set(info, result, "%s", why[0] ? why : err_text(result));
    return e ? e : result;
}
