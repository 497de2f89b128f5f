/* The ladder: which model is asked how, one stage after the other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/escalation.h"
#include "core/llm/roles.h"
#include "core/pipeline/pipeline_internal.h"

_Static_assert((int)ESCALATION_MAX <= (int)STAGES_MAX &&
                   (int)ESCALATION_CANDIDATES_MAX <= (int)CANDIDATES_MAX,
               "what the configuration allows has room");

/* docs/decisions.md says why in this order. */
static const struct stage standard[] = {
    {.candidates = 1, .name = "first answer", .role = "fast", .temperature = 0},
    {.candidates = 4, .name = "candidates", .role = "fast", .temperature = 0.7},
    {.candidates = 1,
     .name = "mended with a log",
     .role = "fast",
     .temperature = 0.1,
     .context = CONTEXT_ERRORS,
     .logging = true},
    {.candidates = 1,
     .name = "stronger model",
     .role = "powerful",
     .temperature = 0,
     .context = CONTEXT_ERRORS},
    {.candidates = 3, .name = "its candidates", .role = "powerful", .temperature = 0.6},
    {.candidates = 1,
     .name = "whole history",
     .role = "powerful",
     .temperature = 0.2,
     .context = CONTEXT_FULL,
     .logging = true},
    {.candidates = 1,
     .name = "root cause",
     .role = "god_level",
     .temperature = 0.2,
     .context = CONTEXT_FULL,
     .logging = true,
     .analysis = true},
};

/* Below it a wrong program in the prompt helps nobody (133 tasks of aider's: one repair gained a
 * 0.5B model 0 points, a 1.5B one 3, a 7B one 6), while a fresh answer of the stronger model is
 * worth a sample. */
static const double mends_from = 7; /* billions of parameters */

/* The same question again, as far as temperature goes. */
static const double same_temperature = 0.1;

static const char *const roles[] = {"fast", "base", "powerful", "god_level"};
enum { ROLES = sizeof roles / sizeof *roles };

/* ---- reading ---- */

static enum stage_context context_named(const char *name)
{
    return strcmp(name, "full") == 0        ? CONTEXT_FULL
           : strncmp(name, "error", 5) == 0 ? CONTEXT_ERRORS
                                            : CONTEXT_NONE;
}

static const char *context_name(enum stage_context context)
{
    static const char *const names[] = {
        [CONTEXT_NONE] = "none", [CONTEXT_ERRORS] = "errors", [CONTEXT_FULL] = "full"};
    return names[context];
}

static void read_stage(struct json_object *o, struct stage *s)
{
    memset(s, 0, sizeof *s);
    snprintf(s->role, sizeof s->role, "%s", json_str(o, "role", "fast"));
    snprintf(s->name, sizeof s->name, "%s", json_str(o, "name", s->role));
    s->temperature = json_f64(o, "temperature", 0.1);
    s->candidates = (int)json_i64(o, "candidates", 1);
    s->analysis = json_flag(o, "analysis", strcmp(s->role, "god_level") == 0);
    s->context = context_named(json_str(o, "context", s->analysis ? "full" : "none"));
    s->logging = json_flag(o, "logging", s->analysis);
    s->limit_ms = (int64_t)(json_f64(o, "seconds", 0) * 1000);
    s->limit_tokens = json_i64(o, "tokens", 0);
}

int ladder_read(struct json_object *list, struct stage stages[STAGES_MAX])
{
    int n = (int)(sizeof standard / sizeof *standard);
    if (!list)
        memcpy(stages, standard, sizeof standard);
    else
        n = (int)json_object_array_length(list);
    for (int i = 0; i < n; i++) {
        if (list)
            read_stage(json_object_array_get_idx(list, (size_t)i), &stages[i]);
        stages[i].number = i + 1;
        stages[i].with_error = stages[i].context != CONTEXT_NONE;
    }
    return n;
}

/* ---- models ---- */

struct resolve_arg {
    struct router *router;
    const char *role;
    const char *domain; /* of the tiers; "": of none */
};

static int role_number(const char *role)
{
    int n = 0;
    while (n < ROLES && strcmp(roles[n], role) != 0)
        n++;
    return n;
}

/* The tiers of the task's kind play the roles where there are any (roles.h). What names its tier
 * itself has said what it wants. */
static void in_domain(const char *domain, const char *role, char out[ROUTER_ROLE_MAX])
{
    const bool plain = !*domain || strchr(role, '.');
    snprintf(out, ROUTER_ROLE_MAX, "%.30s%s%.46s", plain ? "" : domain, plain ? "" : ".", role);
}

/* The role itself, then the stronger ones; the best that there is may be any. */
static enum err resolve_near(const struct resolve_arg *a, struct llm_target *out,
                             const char **plays, struct err_info *info)
{
    int wanted = role_number(a->role);
    bool best = wanted == ROLES - 1;
    char asked[ROUTER_ROLE_MAX];
    struct err_info unused;
    enum err e;
    in_domain(a->domain, a->role, asked);
    e = router_resolve(a->router, asked, out, info);
    *plays = a->role;
    for (int i = wanted; e == ERR_NO_BACKEND && (best ? i > 0 : i + 1 < ROLES);) {
        i += best ? -1 : 1;
        *plays = roles[i];
        in_domain(a->domain, roles[i], asked);
        e = router_resolve(a->router, asked, out, &unused);
    }
    return e;
}

/* Journaled, because another model may be there after a restart. */
static enum err resolve_step(struct step *step, void *arg, struct buf *out)
{
    struct resolve_arg *a = arg;
    struct llm_target t;
    struct err_info info = {0};
    struct json_object *o;
    const char *plays;
    enum err e = resolve_near(a, &t, &plays, &info);
    if (e == ERR_CANCELLED)
        return e;
    if (e)
        return step_fail(step, e, "%s", info.message);
    if (strcmp(plays, a->role) == 0)
        step_say(step, "%.120s", t.label);
    else
        step_say(step, "%.120s, the model for %s", t.label, plays);
    o = json_object_new_object();
    json_add_str(o, "place", t.place);
    json_add_str(o, "model", t.model);
    json_add_str(o, "label", t.label);
    json_add_i64(o, "parallel", router_parallel(a->router, &t));
    if (t.context_tokens)
        json_add_i64(o, "context_tokens", t.context_tokens);
    if (t.timeout_ms)
        json_add_i64(o, "timeout_ms", t.timeout_ms);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

enum err stage_resolve(struct task *t, struct stage *s, struct err_info *why)
{
    struct resolve_arg arg = {t->p->router, s->role, t->class[0] ? roles_domain(t->class) : ""};
    struct step_desc desc = {.name = "resolve",
                             .label = s->role,
                             .flags = STEP_LAZY | STEP_MAY_MISS,
                             .input = s->asked,
                             .run = resolve_step,
                             .arg = &arg};
    struct json_object *o = NULL;
    enum err e;
    in_domain(arg.domain, s->role, s->asked);
    desc.input_len = strlen(s->asked);
    e = job_step_json(t->job, &desc, 4096, &o, why);
    if (!e) {
        snprintf(s->target.place, sizeof s->target.place, "%s", json_str(o, "place", ""));
        snprintf(s->target.model, sizeof s->target.model, "%s", json_str(o, "model", ""));
        snprintf(s->target.label, sizeof s->target.label, "%s", json_str(o, "label", ""));
        s->target.context_tokens = (int)json_i64(o, "context_tokens", 0);
        s->target.timeout_ms = (int)json_i64(o, "timeout_ms", 0);
        s->parallel = (int)json_i64(o, "parallel", 1);
        s->available = true;
    }
    json_object_put(o);
    return e;
}

/* One look a role. An earlier stage of the same role has what it found. */
static enum err resolve_stage(struct task *t, struct stage *stages, int i, struct err_info *info)
{
    struct stage *s = &stages[i];
    struct err_info why = {0};
    enum err e;
    for (int k = 0; k < i; k++) {
        if (strcmp(stages[k].role, s->role) != 0)
            continue;
        s->target = stages[k].target;
        memcpy(s->asked, stages[k].asked, sizeof s->asked);
        s->parallel = stages[k].parallel;
        s->available = stages[k].available;
        memcpy(s->why, stages[k].why, sizeof s->why);
        return ERR_OK;
    }
    e = stage_resolve(t, s, &why);
    if (!e)
        return ERR_OK;
    snprintf(s->why, sizeof s->why, "%.190s", why.message);
    if (e != ERR_NO_BACKEND && info)
        *info = why;
    return e == ERR_NO_BACKEND ? ERR_OK : e;
}

/* ---- what is left out ---- */

static bool same_target(const struct llm_target *a, const struct llm_target *b)
{
    return strcmp(a->place, b->place) == 0 && strcmp(a->model, b->model) == 0;
}

/* Whether a later stage asks for nothing that `a` has not asked for. Its log is more in the same
 * prompt, and what a limit cut off may be asked for again. */
static bool asks_the_same(const struct stage *a, const struct stage *later)
{
    return same_target(&a->target, &later->target) &&
           fabs(a->temperature - later->temperature) < same_temperature + 1e-9 &&
           a->context == later->context && a->analysis == later->analysis &&
           a->logging >= later->logging &&
           (!a->limit_ms || (later->limit_ms && later->limit_ms <= a->limit_ms)) &&
           (!a->limit_tokens || (later->limit_tokens && later->limit_tokens <= a->limit_tokens));
}

void ladder_merge(struct stage *stages, int count)
{
    for (int i = 1; i < count; i++) {
        for (int k = 0; k < i && stages[i].available; k++) {
            if (!stages[k].available || !asks_the_same(&stages[k], &stages[i]))
                continue;
            stages[i].available = false;
            snprintf(stages[i].why, sizeof stages[i].why, "same as stage %d", stages[k].number);
        }
    }
}

/* Whether a stage before `s` has asked this model for what `s` asks. */
static bool was_asked(const struct task *t, const struct stage *s, const struct llm_target *target)
{
    struct stage as_if = *s;
    as_if.target = *target;
    for (int i = 0; i < t->ladder_count && t->ladder[i].number < s->number; i++)
        if (t->ladder[i].available && asks_the_same(&t->ladder[i], &as_if))
            return true;
    return false;
}

/* The role that a model plays: the lowest, as it may play several. */
static int role_played(const struct task *t, const struct llm_target *target)
{
    int lowest = ROLES;
    for (int i = 0; i < t->ladder_count; i++)
        if (same_target(&t->ladder[i].target, target) && role_number(t->ladder[i].role) < lowest)
            lowest = role_number(t->ladder[i].role);
    return lowest;
}

const struct llm_target *ladder_weaker(const struct task *t, const struct stage *s,
                                       const struct llm_target *slow)
{
    const int below = role_played(t, slow);
    const struct llm_target *found = NULL;
    int role = -1;
    for (int i = 0; i < t->ladder_count; i++) {
        const struct stage *k = &t->ladder[i];
        int n = role_number(k->role);
        if (!k->target.model[0] || n >= below || n <= role || same_target(&k->target, slow) ||
            was_asked(t, s, &k->target))
            continue;
        found = &k->target;
        role = n;
    }
    return found;
}

/* A model of less than this many billions of parameters gains nothing from a wrong program in its
 * prompt; what it is good for is further answers of its own, of which checks choose. */
static const double samples_below = 3;

static bool only_samples(const struct stage *s)
{
    const double size = router_model_size(s->target.model);
    return size > 0 && size < samples_below;
}

static void spare_tiny_model(struct stage *s)
{
    if (s->analysis || strcmp(s->role, "fast") == 0) {
        s->available = false;
        snprintf(s->why, sizeof s->why, "a model this small mends nothing");
    } else {
        snprintf(s->name, sizeof s->name, "more candidates");
        s->context = CONTEXT_NONE;
        s->with_error = s->logging = false;
        s->plainly = true; /* the other way gives nothing when it is warm: docs/decisions.md */
        s->temperature = 0.8;
        s->candidates = 4;
    }
}

/* Only of the standard ladder: what a person has written down holds. */
static void spare_small_models(struct stage *stages, int count)
{
    for (int i = 0; i < count; i++) {
        struct stage *s = &stages[i];
        double size = router_model_size(s->target.model);
        if (s->context == CONTEXT_NONE || size <= 0 || !s->available)
            continue;
        if (s->context == CONTEXT_ERRORS && !s->logging && size < mends_from) {
            s->context = CONTEXT_NONE;
            s->with_error = false;
            s->candidates = 2; /* one each of the two ways of asking */
        } else if (size < samples_below) {
            spare_tiny_model(s);
        }
    }
}

/* Few examples are passed by many a wrong program: two answers of a tiny model, asked in two ways,
 * are compared before one is taken. */
static void doubt_tiny_models(const struct task *t, struct stage *stages, int count)
{
    for (int i = 0; i < count; i++) {
        struct stage *s = &stages[i];
        if (t->examples.count && s->context == CONTEXT_NONE && s->candidates == 1 &&
            only_samples(s))
            s->candidates = 2;
    }
}

/* Another model comes later on the ladder. */
static bool other_follows(const struct task *t, const struct stage *s)
{
    for (const struct stage *k = s + 1; k < t->ladder + t->ladder_count; k++)
        if (k->available && !same_target(&k->target, &s->target))
            return true;
    return false;
}

/* Of the lone programs of a model of 0.5B that passed their task's examples 13 of 18 were right, of
 * those that another of its answers agreed with 14 of 14 (docs/decisions.md). */
static const double lone_below = 1;

bool ladder_wants_second(const struct task *t, const struct stage *s)
{
    const double size = router_model_size(s->target.model);
    return size > 0 && size < lone_below && evidence_trusted(t) && other_follows(t, s) &&
           config_flag(t->p->config, OPTION_SECOND_OPINION);
}

bool ladder_trusts_agreement(const struct task *t, const struct stage *s)
{
    return !only_samples(s) || examples_telling(&t->examples) > 0;
}

/* So many answers of a small model, without an example to tell them apart, are enough to compare:
 * four more were right in 0 of 40 tasks of the bench (docs/effectiveness.md). */
enum { BLIND_ANSWERS = 5 };

/* Answers that stages before this one have asked its model for. */
static int answers_before(const struct task *t, const struct stage *s)
{
    int n = 0;
    for (const struct stage *k = t->ladder; k < s; k++)
        if (k->available && same_target(&k->target, &s->target))
            n += k->candidates;
    return n;
}

bool ladder_passes_over(const struct task *t, const struct pool *pool, int i)
{
    const struct stage *s = &t->ladder[i];
    const struct candidate *best = pool_best(pool);
    if (best && pool->lone && same_target(&best->stage->target, &s->target) && other_follows(t, s))
        return true;
    return s->candidates > 1 && only_samples(s) && !t->examples.count &&
           !config_escalation(t->p->config) &&
           (other_follows(t, s) || answers_before(t, s) >= BLIND_ANSWERS);
}

/* The same stage asks the same, whatever of those before it comes to nothing. */
static void give_seeds(struct stage *stages, int count)
{
    int next = 0;
    for (int i = 0; i < count; i++) {
        stages[i].seed = next;
        if (stages[i].available)
            next += stages[i].candidates;
    }
}

/* For ablations (dise bench --without). */
static void leave_out(const struct task *t, struct stage *stages, int count)
{
    const bool alone = task_without(t, "candidates"), low = task_without(t, "escalation");
    const bool fresh = task_without(t, "repair");
    for (int i = 0; i < count; i++) {
        struct stage *s = &stages[i];
        if ((low && !same_target(&s->target, &stages[0].target)) || (fresh && s->with_error)) {
            s->available = false;
            snprintf(s->why, sizeof s->why, "left out");
        }
        if (alone)
            s->candidates = 1;
    }
}

/* ---- the plan ---- */

static void emit_plan(struct task *t, const struct stage *s)
{
    struct event ev = {.type = EVENT_STAGE_PLANNED};
    ev.u.stage_planned.stage = s->number;
    ev.u.stage_planned.name = s->name;
    ev.u.stage_planned.model = s->target.label[0] ? s->target.label : s->role;
    ev.u.stage_planned.temperature = s->temperature;
    ev.u.stage_planned.candidates = s->candidates;
    ev.u.stage_planned.why = s->spared ? "" : s->why; /* its end says it */
    ev.u.stage_planned.role = s->role;
    ev.u.stage_planned.context = context_name(s->context);
    ev.u.stage_planned.logging = s->logging;
    ev.u.stage_planned.analysis = s->analysis;
    job_emit(t->job, &ev);
}

static void emit_spared(struct task *t, const struct stage *s)
{
    struct event ev = {.type = EVENT_STAGE_END};
    ev.u.stage_end.stage = s->number;
    ev.u.stage_end.outcome = "skipped";
    ev.u.stage_end.why = s->why;
    job_emit(t->job, &ev);
    experience_note_spared(t, s);
}

enum err stages_plan(struct task *t, struct stage stages[STAGES_MAX], int *count,
                     struct err_info *info)
{
    struct json_object *list = config_escalation(t->p->config);
    const char *missing = "the ladder has no stage";
    bool any = false;
    enum err e = ERR_OK;
    *count = ladder_read(list, stages);
    for (int i = 0; !e && i < *count; i++)
        e = resolve_stage(t, stages, i, info);
    if (e)
        return e;
    if (!list)
        spare_small_models(stages, *count);
    if (!list)
        doubt_tiny_models(t, stages, *count);
    give_seeds(stages, *count);
    leave_out(t, stages, *count);
    ladder_merge(stages, *count);
    e = experience_load(t, stages, *count);
    if (e)
        return e;
    t->ladder = stages;
    t->ladder_count = *count;
    for (int i = *count - 1; i >= 0; i--) {
        any |= stages[i].available;
        if (stages[i].why[0])
            missing = stages[i].why;
    }
    for (int i = 0; i < *count; i++) {
        emit_plan(t, &stages[i]);
        if (stages[i].spared)
            emit_spared(t, &stages[i]);
    }
    return any ? ERR_OK : err_set(info, ERR_NO_BACKEND, "%s", missing);
}
