/* The ladder: which model is asked how, one stage after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/pipeline_internal.h"

static const struct stage standard[] = {
    {.candidates = 1, .name = "first answer", .role = "fast", .temperature = 0.1},
    {.candidates = 4, .name = "candidates", .role = "fast", .temperature = 0.7},
    {.candidates = 1,
     .name = "stronger model",
     .role = "powerful",
     .temperature = 0.1,
     .with_error = true},
};

/* ---- the plan ---- */

static int from_config(struct json_object *list, struct stage stages[STAGES_MAX])
{
    int n = 0;
    for (size_t i = 0; i < json_object_array_length(list) && n < STAGES_MAX; i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        struct stage *s = &stages[n++];
        memset(s, 0, sizeof *s);
        snprintf(s->role, sizeof s->role, "%s", json_str(o, "role", "fast"));
        snprintf(s->name, sizeof s->name, "%s", json_str(o, "name", s->role));
        s->temperature = json_f64(o, "temperature", 0.1);
        s->candidates = (int)json_i64(o, "candidates", 1);
        if (s->candidates < 1 || s->candidates > CANDIDATES_MAX)
            s->candidates = s->candidates < 1 ? 1 : CANDIDATES_MAX;
        s->with_error = strcmp(json_str(o, "context", "none"), "none") != 0;
    }
    return n;
}

struct resolve_arg {
    struct router *router;
    const char *role;
};

/* Journaled, because another model may be there after a restart. */
static enum err resolve_step(struct step *step, void *arg, struct buf *out)
{
    struct resolve_arg *a = arg;
    struct llm_target t;
    struct err_info info = {0};
    struct json_object *o;
    enum err e = router_resolve(a->router, a->role, &t, &info);
    if (e == ERR_CANCELLED)
        return e;
    if (e)
        return step_fail(step, e, "%s", info.message);
    step_say(step, "%.120s", t.label);
    o = json_object_new_object();
    json_add_str(o, "place", t.place);
    json_add_str(o, "model", t.model);
    json_add_str(o, "label", t.label);
    json_add_i64(o, "parallel", router_parallel(a->router, &t));
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

enum err stage_resolve(struct task *t, struct stage *s, struct err_info *why)
{
    struct resolve_arg arg = {t->p->router, s->role};
    struct step_desc desc = {.name = "resolve",
                             .label = s->name,
                             .flags = STEP_LAZY | STEP_MAY_MISS,
                             .input = s->role,
                             .input_len = strlen(s->role),
                             .run = resolve_step,
                             .arg = &arg};
    struct json_object *o = NULL;
    struct buf value;
    enum err e;
    buf_init(&value, 4096);
    e = job_step(t->job, &desc, &value, why);
    if (!e)
        e = json_parse(value.data, value.len, NULL, &o, why);
    if (!e) {
        snprintf(s->target.place, sizeof s->target.place, "%s", json_str(o, "place", ""));
        snprintf(s->target.model, sizeof s->target.model, "%s", json_str(o, "model", ""));
        snprintf(s->target.label, sizeof s->target.label, "%s", json_str(o, "label", ""));
        s->parallel = (int)json_i64(o, "parallel", 1);
        s->available = true;
    }
    json_object_put(o);
    buf_fini(&value);
    return e;
}

static void emit_plan(struct task *t, const struct stage *s)
{
    struct event ev = {.type = EVENT_STAGE_PLANNED};
    ev.u.stage_planned.stage = s->number;
    ev.u.stage_planned.name = s->name;
    ev.u.stage_planned.model = s->available ? s->target.label : s->role;
    ev.u.stage_planned.temperature = s->temperature;
    ev.u.stage_planned.candidates = s->candidates;
    ev.u.stage_planned.why = s->why;
    job_emit(t->job, &ev);
}

enum err stages_plan(struct task *t, struct stage stages[STAGES_MAX], int *count,
                     struct err_info *info)
{
    struct json_object *list = config_escalation(t->p->config);
    struct err_info first = {0};
    bool any = false;
    memcpy(stages, standard, sizeof standard);
    *count = list ? from_config(list, stages) : (int)(sizeof standard / sizeof *standard);
    for (int i = 0; i < *count; i++) {
        struct err_info why = {0};
        enum err e;
        stages[i].number = i + 1;
        e = stage_resolve(t, &stages[i], &why);
        if (e && e != ERR_NO_BACKEND) {
            if (info)
                *info = why;
            return e;
        }
        if (e && !first.message[0])
            first = why;
        snprintf(stages[i].why, sizeof stages[i].why, "%.190s", e ? why.message : "");
        any |= stages[i].available;
        emit_plan(t, &stages[i]);
    }
    if (any)
        return ERR_OK;
    return err_set(info, ERR_NO_BACKEND, "%s",
                   first.message[0] ? first.message : "the ladder has no stage");
}

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

/* Takes over code and verdict when they are better. */
static void keep_best(struct candidate *best, struct candidate *c)
{
    struct candidate old = *best;
    if (!c->done || !c->code.len)
        return;
    if (best->code.len && verdict_rank(&c->verdict) <= verdict_rank(&best->verdict))
        return;
    best->code = c->code;
    best->verdict = c->verdict;
    best->stage = c->stage;
    best->number = c->number;
    best->done = true;
    c->code = old.code;
    c->verdict = old.verdict;
    free(best->from.code);
    best->from = (struct mended){.code = NULL};
    if (!c->best)
        return;
    best->from = (struct mended){
        .stage = old.stage->number, .number = old.number, .code = strdup(c->code.data)};
    snprintf(best->from.why, sizeof best->from.why, "%s", old.verdict.why);
}

/* All at once as far as the backend has room (it queues the rest); the first accepted one ends the
 * others. *won: which it was; n: none. */
static enum err run_candidates(struct task *t, struct candidate *list, size_t n, size_t *won)
{
    struct branch branches[CANDIDATES_MAX];
    char names[CANDIDATES_MAX][24];
    enum err e;
    if (n == 1) {
        e = candidate_run(t->job, &list[0]);
        *won = e == ERR_OK ? 0 : n;
        return e;
    }
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "candidate %c", candidate_letter(&list[i]));
        branches[i] = (struct branch){.name = names[i], .fn = candidate_run, .arg = &list[i]};
    }
    e = job_any(t->job, "candidates", branches, n, won);
    for (size_t i = 0; e == ERR_NOT_FOUND && i < n; i++)
        if (branches[i].result == ERR_BUDGET)
            e = ERR_BUDGET;
    return e;
}

/* ---- choosing ---- */

struct choice {
    const struct candidate *list;
    size_t n, best; /* best == n: none has a program */
    bool accepted;
};

static enum err choose_step(struct step *step, void *arg, struct buf *out)
{
    const struct choice *c = arg;
    if (c->best == c->n)
        step_say(step, "no candidate gave a program");
    else
        step_say(step, "candidate %c%s", candidate_letter(&c->list[c->best]),
                 c->accepted ? ", the first that passed" : ", the nearest to right");
    return buf_addf(out, "%zu", c->best);
}

/* The accepted one, else the best attempt. The input says only what a replay knows too: of a race
 * with a winner it goes through the winner's steps alone. */
static enum err choose(struct task *t, struct candidate *list, size_t n, size_t won, size_t *chosen)
{
    struct choice c = {list, n, won, won < n};
    struct step_desc desc = {.name = "choose",
                             .label = "among the candidates",
                             .flags = STEP_LAZY,
                             .run = choose_step,
                             .arg = &c};
    struct buf input, value;
    enum err e = ERR_OK;
    buf_init(&input, 1024);
    buf_init(&value, 32);
    if (c.accepted)
        e = buf_addf(&input, "accepted: %c", candidate_letter(&list[won]));
    for (size_t i = 0; !e && !c.accepted && i < n; i++) {
        const struct verdict *v = &list[i].verdict;
        bool has = list[i].done && list[i].code.len;
        if (has && (c.best == n || verdict_rank(v) > verdict_rank(&list[c.best].verdict)))
            c.best = i;
        e = buf_addf(&input, "%c: rank %d\n", candidate_letter(&list[i]),
                     has ? verdict_rank(v) : -1);
    }
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step(t->job, &desc, &value, NULL);
    *chosen = e ? n : strtoul(value.data, NULL, 10);
    buf_fini(&value);
    buf_fini(&input);
    return e;
}

enum err stage_run(struct task *t, const struct stage *s, struct candidate *best,
                   struct err_info *info)
{
    const struct candidate *mend = s->with_error && best->code.len ? best : NULL;
    struct candidate *list = calloc((size_t)s->candidates, sizeof *list);
    const size_t n = (size_t)s->candidates;
    int64_t began = 0, ended = 0, in = 0, out = 0;
    size_t chosen = n;
    char why[400] = "";
    enum err e, result;
    if (!list)
        return err_set(info, ERR_NOMEM, "out of memory");
    emit_stage_begin(t, s);
    for (int i = 0; i < s->candidates; i++)
        candidate_init(&list[i], t, s, i + 1, mend);
    t->asked += s->candidates;
    e = job_clock(t->job, &began);
    result = e ? e : run_candidates(t, list, n, &chosen);
    if (n > 1 && (result == ERR_OK || result == ERR_NOT_FOUND || result == ERR_BUDGET))
        e = choose(t, list, n, chosen, &chosen);
    else if (n == 1)
        chosen = 0;
    if (!e && result != ERR_CANCELLED)
        e = job_clock(t->job, &ended);
    for (int i = 0; i < s->candidates; i++) {
        in += list[i].tokens_in;
        out += list[i].tokens_out;
        if (list[i].verdict.why[0] && (!why[0] || verdict_rank(&list[i].verdict) > 0))
            snprintf(why, sizeof why, "%s", list[i].verdict.why);
    }
    if (chosen < n)
        keep_best(best, &list[chosen]);
    if (best->code.len && best->stage == s && !best->verdict.accepted)
        snprintf(why, sizeof why, "%s", best->verdict.why);
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
