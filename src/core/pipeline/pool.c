/* All attempts of a job: what tests say of them, and which of them is the best. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/made_calls.h"
#include "core/pipeline/choose.h"
#include "core/pipeline/pipeline_internal.h"

/* Of the task's own: so few are passed by many a wrong program. */
enum { FEW_EXAMPLES = 3 };

void pool_fini(struct pool *pool)
{
    for (size_t i = 0; i < pool->n; i++)
        candidate_fini(&pool->list[i]);
    free(pool->list);
    *pool = (struct pool){.list = NULL};
}

struct candidate *pool_best(const struct pool *pool)
{
    return pool->best < pool->n ? &pool->list[pool->best] : NULL;
}

void candidate_origin(struct candidate *c)
{
    if (!c->best)
        return;
    c->from = (struct mended){.stage = c->best->stage->number,
                              .number = c->best->number,
                              .code = strdup(c->best->code.data)};
    snprintf(c->from.why, sizeof c->from.why, "%s", c->best->verdict.why);
    c->best = NULL;
}

enum err pool_add(struct pool *pool, struct candidate *list, size_t n)
{
    struct candidate *more = realloc(pool->list, (pool->n + n) * sizeof *more);
    const bool none = pool->best == pool->n;
    if (!more)
        return ERR_NOMEM;
    pool->list = more;
    for (size_t i = 0; i < n; i++) {
        if (!list[i].done || !list[i].code.len)
            continue;
        pool->list[pool->n++] = list[i];
        candidate_init(&list[i], list[i].task, list[i].stage, list[i].number, NULL);
    }
    if (none)
        pool->best = pool->n;
    return ERR_OK;
}

/* ---- evidence ---- */

static size_t accepted(const struct pool *pool)
{
    size_t n = 0;
    for (size_t i = 0; i < pool->n; i++)
        n += pool->list[i].verdict.accepted;
    return n;
}

/* Generated tests are run when there are any and the examples leave room for doubt. */
static bool has_tests(const struct task *t)
{
    return t->tests && t->tests->count && evidence_wanted(t);
}

static bool any_wants_second(const struct task *t, const struct pool *pool)
{
    for (size_t i = 0; i < pool->n; i++)
        if (pool->list[i].verdict.accepted && ladder_wants_second(t, pool->list[i].stage))
            return true;
    return false;
}

/* Whether attempts that pass the task's examples are also compared by what they answer to other
 * calls: its examples are few, or a tiny model wrote one of them. */
static bool are_compared(const struct task *t, const struct pool *pool)
{
    return t->examples.count && evidence_trusted(t) &&
           (examples_telling(&t->examples) <= FEW_EXAMPLES || any_wants_second(t, pool));
}

/* Without any example and test the types of the arguments are all that there is to compare by. */
static bool are_compared_by_types(const struct task *t)
{
    return !t->examples.count && !has_tests(t) && !task_without(t, "tests") &&
           !task_without(t, "agreement") && config_flag(t->p->config, OPTION_TESTS);
}

bool pool_waits(const struct task *t, const struct pool *pool, const struct stage *s)
{
    if (t->examples.count && ladder_wants_second(t, s))
        return true;
    return are_compared(t, pool) && (s->candidates == 2 || accepted(pool));
}

/* Whether another run tells more of this one: of its tests, or of its answers beside those of
 * others. */
static bool is_to_run(const struct candidate *c, bool compared)
{
    return has_tests(c->task) ? !c->evidence.tested : compared && !c->evidence.asked;
}

static enum err test_branch(struct job *job, void *arg)
{
    struct candidate *c = arg;
    struct err_info info = {0};
    enum err e = c->evidence.due ? evidence_run(job, c, &info) : ERR_OK;
    if (!e && properties_ready(c->task) && !c->trial.asked)
        e = property_run(job, c, &info);
    return e;
}

bool pool_doubts_tests(const struct task *t, const struct pool *pool)
{
    bool tested = !t->tests || !t->tests->count;
    for (size_t i = 0; i < pool->n; i++) {
        tested |= pool->list[i].evidence.tested;
        if (pool->list[i].evidence.right)
            return false;
    }
    return tested;
}

void pool_forget_tests(struct pool *pool)
{
    for (size_t i = 0; i < pool->n; i++)
        pool->list[i].evidence = (struct evidence){.tested = false};
    for (size_t i = 0; i < pool->n; i++) /* others of the written ones come with the other tests */
        if (pool->list[i].task->written_count)
            pool->list[i].trial = (struct trial){.done = false};
}

enum err pool_test(struct task *t, struct pool *pool)
{
    struct branch branches[CANDIDATES_MAX];
    char names[CANDIDATES_MAX][24];
    size_t n = 0;
    bool properties, compared = accepted(pool) > 1 && are_compared(t, pool);
    const bool typed = accepted(pool) > 1 && are_compared_by_types(t);
    if (accepted(pool) && made_calls_wanted(t, pool, compared || typed || has_tests(t))) {
        enum err e = made_calls_make(t, pool);
        if (e)
            return e;
    }
    compared |= typed && made_calls_list(t);
    properties = properties_ready(t);
    for (size_t i = 0; i < pool->n && n < CANDIDATES_MAX; i++) {
        struct candidate *c = &pool->list[i];
        c->evidence.due = c->verdict.accepted && is_to_run(c, compared);
        if (!c->verdict.accepted || !(c->evidence.due || (properties && !c->trial.asked)))
            continue;
        snprintf(names[n], sizeof names[n], "%d%c", c->stage->number, candidate_letter(c));
        branches[n] = (struct branch){.name = names[n], .fn = test_branch, .arg = c};
        n++;
    }
    if (n == 1)
        return test_branch(t->job, branches[0].arg);
    return n ? job_all(t->job, "tests", branches, n) : ERR_OK;
}

/* ---- choosing ---- */

double stage_weight(const struct stage *s)
{
    static const struct {
        const char *role;
        double weight;
    } weights[] = {{"fast", 1},     {"veryfast", 1},   {"base", 1.5}, {"general", 1.5},
                   {"powerful", 2}, {"escalation", 2}, {"god", 3},    {"god_level", 3}};
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        if (strcmp(weights[i].role, s->role) == 0)
            return weights[i].weight;
    return 1;
}

/* One that only holds the examples counts when it passes every generated test; its like agree
 * because they hold the same. */
static bool is_sound(const struct task *t, const struct candidate *c)
{
    const struct evidence *v = &c->evidence;
    const int sure = (int)t->properties.sure;
    bool proven = (v->count >= 3 && v->right == v->count) ||
                  (sure >= 3 && __builtin_popcount(c->trial.upheld) == sure);
    return c->verdict.accepted && (!c->verdict.echoes || proven || !evidence_trusted(t));
}

static struct attempt attempt_of(const struct task *t, const struct candidate *c)
{
    const bool sure = c->trial.done && property_tests(t);
    const int tests = t->tests ? (int)t->tests->count : 0;
    return (struct attempt){
        .sound = is_sound(t, c),
        .rank = verdict_rank(&c->verdict),
        .score = c->verdict.score,
        .weight = stage_weight(c->stage),
        .tiny = ladder_wants_second(t, c->stage),
        .tested = c->evidence.tested || (sure && !has_tests(t)),
        .passed = c->evidence.passed | (sure ? property_tests_passed(t, &c->trial) << tests : 0),
        .refuted = c->trial.refuted,
        .behaviour = c->evidence.tested ? c->evidence.behaviour : c->trial.behaviour,
        .probes = c->evidence.probes,
        .probe_count = c->evidence.probe_count,
        .broke = c->evidence.broke};
}

/* For the graph and the journal; what the choice depends on is the input: a replay finds the same.
 */
static enum err record_step(struct step *step, void *arg, struct buf *out)
{
    step_say(step, "%s", (const char *)arg);
    return buf_adds(out, arg);
}

static enum err record(struct job *job, const struct buf *input, char *says)
{
    const struct step_desc desc = {.name = "choose",
                                   .label = "among the candidates",
                                   .flags = STEP_LAZY,
                                   .input = input->data,
                                   .input_len = input->len,
                                   .run = record_step,
                                   .arg = says};
    return job_step(job, &desc, NULL, NULL);
}

static void describe(const struct candidate *best, const char *why, char out[256])
{
    if (!best)
        snprintf(out, 256, "no candidate gave a program");
    else if (best->stage->candidates > 1)
        snprintf(out, 256, "stage %d, candidate %c: %s", best->stage->number,
                 candidate_letter(best), why);
    else
        snprintf(out, 256, "stage %d: %s", best->stage->number, why);
}

static enum err describe_attempt(const struct candidate *c, const struct attempt *a,
                                 struct buf *out)
{
    uint32_t probes = 0;
    enum err e;
    for (int i = 0; i < a->probe_count; i++)
        probes = probes * 31 + a->probes[i];
    e = buf_addf(out, "%d%c: %s, rank %d, tests %08x, behaviour %016llx, probes %08x, broke %08x",
                 c->stage->number, candidate_letter(c), a->sound ? "sound" : "not sound", a->rank,
                 a->passed, (unsigned long long)a->behaviour, probes, a->broke);
    if (!e && c->trial.done)
        e = buf_addf(out, ", refuted %08x", a->refuted);
    return e ? e : buf_adds(out, "\n");
}

static bool any_tried(const struct pool *pool)
{
    for (size_t i = 0; i < pool->n; i++)
        if (pool->list[i].trial.done)
            return true;
    return false;
}

/* A property that most programs break is none of the task: the words were read wrongly. Told once.
 */
static void tell_set_aside(struct task *t, const struct choice *made, int tests)
{
    const uint32_t sure = (UINT32_C(1) << t->properties.sure) - 1;
    const uint32_t aside = (made->set_aside >> tests & sure) | made->void_refuted;
    char text[160];
    for (size_t i = 0; i < t->properties.count; i++) {
        const uint32_t bit = UINT32_C(1) << i;
        if (!(aside & bit) || t->properties_told & bit)
            continue;
        t->properties_told |= bit;
        snprintf(text, sizeof text, "the property %s is set aside: most programs break it",
                 t->properties.list[i].name);
        task_note(t, "info", text);
    }
}

enum err pool_weigh(struct task *t, struct pool *pool, struct choice *made)
{
    const int tests = t->tests ? (int)t->tests->count : 0;
    struct attempt *list = calloc(pool->n + 1, sizeof *list);
    struct buf input;
    char says[256];
    enum err e = list ? ERR_OK : ERR_NOMEM;
    buf_init(&input, 64 << 10);
    for (size_t i = 0; !e && i < pool->n; i++) {
        t->doubt |= pool->list[i].verdict.echoes;
        list[i] = attempt_of(t, &pool->list[i]);
        e = describe_attempt(&pool->list[i], &list[i], &input);
    }
    if (!e) {
        const struct candidate *best;
        choose(list, pool->n, (int)examples_telling(&t->examples), evidence_trusted(t), tests,
               any_tried(pool) ? property_tests(t) : 0, made);
        pool->best = made->best;
        pool->agreed = made->agreed;
        pool->lone = made->lone;
        snprintf(pool->why, sizeof pool->why, "%s", made->why);
        best = pool_best(pool);
        if (best && best->verdict.accepted && !list[made->best].sound)
            snprintf(pool->why, sizeof pool->why, "it only holds the examples with their answers");
        if (best && evidence_none(t, best->stage) && !best->trial.upheld)
            made->enough = false;
        tell_set_aside(t, made, tests);
        describe(best, best && best->verdict.accepted ? pool->why : "the nearest to right", says);
    }
    if (!e && pool->n + (size_t)tests > 1)
        e = record(t->job, &input, says);
    buf_fini(&input);
    free(list);
    return e;
}

enum err pool_crown(struct task *t, struct pool *pool, struct candidate *winner)
{
    struct buf input;
    char says[256];
    enum err e = pool_add(pool, winner, 1);
    if (e)
        return e;
    pool->best = pool->n - 1;
    pool->agreed = true;
    pool->lone = false;
    snprintf(pool->why, sizeof pool->why, "the first that passed");
    describe(pool_best(pool), pool->why, says);
    buf_init(&input, 256);
    e = buf_adds(&input, says);
    if (!e)
        e = record(t->job, &input, says);
    buf_fini(&input);
    return e;
}

enum err pool_accept(struct task *t, struct pool *pool, struct choice *made, bool agreed,
                     struct err_info *info)
{
    const struct candidate *refused = NULL;
    for (;;) {
        struct candidate *best = pool_best(pool);
        enum err e;
        bool support = agreed && pool->agreed && best && ladder_trusts_agreement(t, best->stage);
        if (!best || !best->verdict.accepted || !(made->enough || support))
            return ERR_NOT_FOUND;
        e = candidate_accept(t->job, best, refused, info);
        if (e != ERR_NOT_FOUND)
            return e;
        refused = best;
        history_note(&t->history, best->verdict.why);
        e = pool_weigh(t, pool, made); /* another one may be as good */
        if (e)
            return e;
    }
}
