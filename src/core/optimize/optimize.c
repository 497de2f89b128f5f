/* Makes a kept program faster, smaller or clearer, as one page: recall → judge what stands →
 * rewrite by rules → ask a model, so many times → the end; for all targets once each. Each proposal
 * is judged the same way: all checks that the program passes, the same answers on made inputs, then
 * old against new. */
#include "core/optimize/optimize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "core/check/gate.h"
#include "core/check/profile.h"
#include "core/pipeline/extract.h"
#include "core/store/artifact.h"

enum {
    RESULT_MAX = 1 << 20,
    HOT_MAX = 16 << 10,
    ANSWER_MAX = 4 << 20,
    STAGE_RULES = 1,
    STAGE_MODEL = 2,
    RULE_ROUNDS = 3,
    TESTS_MAX = 32
};

static const char *const prompts[] = {"optimizer_performance", "optimizer_quality",
                                      "optimizer_memory", "optimizer_latency", NULL};

/* ---- what stands ---- */

struct newest_arg {
    struct store *store;
    const char *id;
    struct json_object *found;
};

/* Of the chain of the artifact the newest version that is a solution: a later one of another job,
 * or an edit that nobody has checked, is no reason to begin anew from what is older. */
static enum err newest(sqlite3 *db, void *arg, struct err_info *info)
{
    struct newest_arg *a = arg;
    struct json_object *versions = NULL;
    char id[24] = "";
    enum err e = artifact_versions(db, artifact_number(a->id), &versions, info);
    for (size_t i = 0; !e && !id[0] && i < json_object_array_length(versions); i++) {
        struct json_object *v = json_object_array_get_idx(versions, i);
        if (!json_i64(v, "deleted", 0))
            snprintf(id, sizeof id, "%s", json_str(v, "id", ""));
    }
    json_object_put(versions);
    return e ? e : artifact_get(db, id[0] ? id : a->id, &a->found, info);
}

static enum err newest_step(struct step *step, void *arg, struct buf *out)
{
    struct newest_arg *a = arg;
    struct err_info info = {0};
    enum err e = store_read(a->store, newest, a, &info);
    if (e == ERR_NOT_FOUND)
        return step_fail(step, e, "there is no artifact %.40s; see dise rag list", a->id);
    if (!e)
        e = json_print(out, a->found);
    json_object_put(a->found);
    a->found = NULL;
    return e;
}

static enum err recall(struct optimize *o, struct err_info *info)
{
    struct newest_arg arg = {o->t.p->store, json_str(o->t.input, "id", ""), NULL};
    struct step_desc desc = {.name = "recall",
                             .label = arg.id,
                             .flags = STEP_LAZY,
                             .input = arg.id,
                             .input_len = strlen(arg.id),
                             .run = newest_step,
                             .arg = &arg};
    enum err e;
    e = job_step_json(o->t.job, &desc, ANSWER_MAX, &o->artifact, info);
    if (!e)
        snprintf(o->id, sizeof o->id, "%s", json_str(o->artifact, "id", ""));
    return e;
}

/* Why this artifact cannot be optimized; NULL: it can. */
static const char *unfit(const struct optimize *o)
{
    const struct grants *g = &o->t.grants;
    if (!*json_str(o->artifact, "source", "") || !*json_str(o->artifact, "function", ""))
        return "only programs with a function can be optimized";
    if (!json_flag(o->artifact, "solved", false))
        return "it is no solution: what does not pass its checks is not made faster";
    if (g->read[0] || g->write[0] || g->net[0])
        return "it reaches files or the network: running it again and again would do things twice";
    return NULL;
}

/* Tests that models wrote for it are part of what it has to pass. */
static enum err take_tests(struct optimize *o)
{
    struct task *t = &o->t;
    const char *text = json_str(o->first, "tests", "");
    if (!*text)
        return ERR_OK;
    t->tests = calloc(1, sizeof *t->tests);
    if (!t->tests)
        return ERR_NOMEM;
    examples_read(text, t->tests);
    if (!t->tests->count)
        examples_read_asserts(text, &t->examples, TESTS_MAX, t->tests);
    return examples_python(t->tests, &t->tests_text);
}

static enum err prepare(struct optimize *o, struct err_info *info)
{
    struct task *t = &o->t;
    const char *const one[] = {prompts[o->target], NULL}, *const *ids = o->all ? prompts : one;
    struct json_object *given;
    enum err e;
    o->first = json_object_get(o->artifact);
    t->text = json_str(o->first, "task", "");
    given = json_object_of(o->first, "input");
    t->given = given && json_object_object_length(given) ? given : NULL;
    o->function = json_str(o->first, "function", "");
    e = task_examples(t, t->text);
    if (!e && !t->examples.function[0])
        snprintf(t->examples.function, sizeof t->examples.function, "%s", o->function);
    if (!e)
        e = take_tests(o);
    if (!e)
        e = task_prompts(t, ids, info);
    if (!e)
        e = gates_load(t, info);
    if (!e)
        properties_load(t);
    return e;
}

/* ---- one proposal ---- */

static void emit_begin(const struct optimize *o, const struct proposal *p)
{
    struct event ev = {.type = EVENT_CANDIDATE_BEGIN};
    ev.u.candidate_begin.stage = p->s.stage.number;
    ev.u.candidate_begin.candidate = p->s.c.number;
    ev.u.candidate_begin.model = p->how;
    job_emit(o->t.job, &ev);
}

static void emit_code(const struct optimize *o, const struct proposal *p)
{
    struct event ev = {.type = EVENT_CANDIDATE_CODE};
    ev.u.candidate_code.stage = p->s.stage.number;
    ev.u.candidate_code.candidate = p->s.c.number;
    ev.u.candidate_code.code = p->s.c.code.data;
    job_emit(o->t.job, &ev);
}

static void emit_end(const struct optimize *o, const struct proposal *p, enum err e)
{
    struct event ev = {.type = EVENT_CANDIDATE_END}, told = {.type = EVENT_OPTIMIZED};
    const bool kept = !e && !p->why[0];
    ev.u.candidate_end.stage = p->s.stage.number;
    ev.u.candidate_end.candidate = p->s.c.number;
    ev.u.candidate_end.outcome = e == ERR_CANCELLED ? "cancelled"
                                 : e                ? "failed"
                                 : kept             ? "accepted"
                                                    : "rejected";
    ev.u.candidate_end.why = p->why;
    ev.u.candidate_end.tokens_out = p->s.c.tokens_out;
    job_emit(o->t.job, &ev);
    if (e)
        return;
    told.u.optimized.target = optimize_target_name(o->target);
    told.u.optimized.how = p->how;
    told.u.optimized.what = p->what;
    told.u.optimized.kept = kept;
    told.u.optimized.artifact = kept ? o->id : "";
    told.u.optimized.gain = p->gained;
    told.u.optimized.why = p->why;
    told.u.optimized.ratio = json_f64(p->figures, "ratio", 0);
    told.u.optimized.low = json_f64(p->figures, "low", 0);
    told.u.optimized.high = json_f64(p->figures, "high", 0);
    job_emit(o->t.job, &told);
}

/* For people; the figures stand in OPTIMIZED. */
static void say(struct optimize *o, const struct proposal *p)
{
    char text[900];
    if (p->why[0])
        snprintf(text, sizeof text, "not kept (%.120s): %.400s", p->how, p->why);
    else
        snprintf(text, sizeof text, "kept as %s: %s (%.120s%s%.300s)", o->id, p->gained, p->how,
                 *p->what ? "; " : "", p->what);
    task_note(&o->t, "info", text);
}

static void note_tried(struct optimize *o, const struct proposal *p)
{
    struct json_object *one = json_object_new_object();
    const bool kept = !p->why[0];
    json_add_str(one, "how", p->how);
    json_add_str(one, "what", p->what);
    json_add_bool(one, "kept", kept);
    if (kept)
        json_add_str(one, "artifact", o->id);
    else
        json_add_str(one, "why", p->why);
    if (p->figures) {
        json_add_str(one, "gain", p->gained);
        json_object_object_add(one, "figures", json_object_get(p->figures));
    }
    json_object_array_add(o->tried, json_object_get(one));
    if (kept)
        json_object_array_add(o->kept, json_object_get(one));
    json_object_put(one);
}

#define SWAP(type, a, b)                                                                           \
    do {                                                                                           \
        type swapped_ = (a);                                                                       \
        (a) = (b);                                                                                 \
        (b) = swapped_;                                                                            \
    } while (0)

/* What stands is the proposal now. */
static void take_over(struct optimize *o, struct proposal *p)
{
    struct candidate *a = &o->now.c, *b = &p->s.c;
    SWAP(struct buf, a->code, b->code);
    SWAP(struct verdict, a->verdict, b->verdict);
    SWAP(struct evidence, a->evidence, b->evidence);
    SWAP(struct trial, a->trial, b->trial);
    snprintf(o->gained, sizeof o->gained, "%s", p->gained);
    json_object_put(o->work);
    o->work = NULL;
    free(o->hot);
    o->hot = NULL;
}

/* Judges a program that stands in p->s.c.code. p->why "": it was kept, and stands now. */
static enum err judge(struct optimize *o, struct proposal *p, struct err_info *info)
{
    enum err e = ERR_OK;
    emit_code(o, p);
    p->same = strcmp(p->s.c.code.data, o->now.c.code.data) == 0;
    if (p->same)
        snprintf(p->why, sizeof p->why, "it is the same program again");
    if (!p->why[0])
        e = optimize_check(o, &p->s, "verify", info);
    if (!e && !p->why[0] && !optimize_worse(&o->now.c, &p->s.c, p->why))
        e = optimize_measure(o, p, info);
    if (!e && !p->why[0])
        e = optimize_accept(o, p, info);
    if (!e && !p->why[0])
        e = optimize_keep(o, p, info);
    return e;
}

/* A fiber's stack has no room for one. NULL: no memory. */
static struct proposal *proposal_new(struct optimize *o, const char *how, const char *what,
                                     int stage)
{
    struct proposal *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->how = how;
    p->what = what;
    o->number++;
    standing_init(&p->s, o, stage, stage == STAGE_RULES ? "rules" : "model");
    p->s.c.number = (int)(o->number < CANDIDATES_MAX ? o->number : CANDIDATES_MAX);
    return p;
}

static enum err conclude(struct optimize *o, struct proposal *p, enum err e, bool *kept)
{
    *kept = !e && !p->why[0];
    emit_end(o, p, e);
    if (!e)
        say(o, p);
    if (!e)
        note_tried(o, p);
    if (*kept)
        take_over(o, p);
    return e;
}

static void proposal_free(struct proposal *p)
{
    standing_fini(&p->s);
    json_object_put(p->figures);
    free(p);
}

/* ---- rules ---- */

static enum err try_rule(struct optimize *o, struct json_object *rewrite, bool *kept,
                         struct err_info *info)
{
    char how[120];
    struct proposal *p;
    enum err e;
    snprintf(how, sizeof how, "rules: %.100s", json_str(rewrite, "rule", ""));
    p = proposal_new(o, how, json_str(rewrite, "what", ""), STAGE_RULES);
    if (!p)
        return ERR_NOMEM;
    emit_begin(o, p);
    e = buf_adds(&p->s.c.code, json_str(rewrite, "source", ""));
    if (!e)
        e = judge(o, p, info);
    e = conclude(o, p, e, kept);
    proposal_free(p);
    return e;
}

static bool refused_before(const struct optimize *o, struct json_object *rewrite)
{
    bool refused = false;
    for (size_t i = 0; i < json_object_array_length(o->tried); i++) {
        struct json_object *one = json_object_array_get_idx(o->tried, i);
        const char *how = json_str(one, "how", "");
        if (strncmp(how, "rules: ", 7) == 0 && strcmp(how + 7, json_str(rewrite, "rule", "")) == 0)
            refused |= !json_flag(one, "kept", false);
    }
    return refused;
}

/* All rules together first: when that is no gain, one of them may have spoilt it. */
static enum err try_round(struct optimize *o, bool *kept, struct err_info *info)
{
    struct json_object *list = NULL;
    enum err e = optimize_rewrites(o, &list, info);
    size_t n = list ? json_object_array_length(list) : 0;
    for (size_t i = 0; !e && !*kept && i < n; i++) {
        struct json_object *rewrite = json_object_array_get_idx(list, i);
        if (!refused_before(o, rewrite))
            e = try_rule(o, rewrite, kept, info);
    }
    json_object_put(list);
    return e;
}

/* What is kept may be one rule of several, or show another one what it had not seen. */
static enum err try_rules(struct optimize *o, struct err_info *info)
{
    bool kept = true;
    enum err e = ERR_OK;
    for (int i = 0; !e && kept && i < RULE_ROUNDS; i++) {
        kept = false;
        e = try_round(o, &kept, info);
    }
    return e;
}

/* ---- a model ---- */

/* powerful, else base, else fast. */
static enum err resolve(struct optimize *o, struct stage *s, struct err_info *info)
{
    static const char *const roles[] = {"powerful", "base", "fast", NULL};
    struct json_object *tool = json_object_of(o->t.prompts, prompts[o->target]);
    enum err e = ERR_NO_BACKEND;
    s->temperature = json_f64(tool, "temperature", 0.2);
    snprintf(s->role, sizeof s->role, "%s", json_str(tool, "role", roles[0]));
    e = stage_resolve(&o->t, s, info);
    for (int i = 0; e == ERR_NO_BACKEND && roles[i]; i++) {
        snprintf(s->role, sizeof s->role, "%s", roles[i]);
        e = stage_resolve(&o->t, s, info);
    }
    return e;
}

static bool whole_block(const char *text, size_t n)
{
    return extract_closed(text, n);
}

/* For the next question: what came of those before. */
static void write_history(struct optimize *o)
{
    char *why = o->now.c.verdict.why;
    const size_t size = sizeof o->now.c.verdict.why, n = json_object_array_length(o->tried);
    why[0] = 0;
    for (size_t i = n > o->since + 2 ? n - 2 : o->since; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(o->tried, i);
        const size_t at = strlen(why);
        if (!json_flag(one, "kept", false))
            snprintf(why + at, size - at, "%s%.180s", at ? "; " : "", json_str(one, "why", ""));
    }
    if (!why[0])
        snprintf(why, size, "nothing so far");
}

/* Where what stands spends its time and memory, for the questions: on the input that is measured,
 * else on the examples; once, and no reason to end when it cannot be told. */
static enum err look_where(struct optimize *o)
{
    struct profile_work work = {.code = o->now.c.code.data,
                                .function = o->function,
                                .examples = &o->t.examples,
                                .tests = o->t.tests,
                                .given = o->t.given,
                                .grants = &o->now.c.verdict.grants};
    struct json_object *profile = NULL;
    struct err_info unused = {0};
    struct buf text;
    enum err e;
    if (o->hot || o->target == OPTIMIZE_QUALITY)
        return ERR_OK;
    e = optimize_work(o, &unused);
    work.larger = !e && o->target != OPTIMIZE_LATENCY && json_object_array_length(o->work) > 0;
    work.inputs = o->work;
    buf_init(&text, HOT_MAX);
    if (!e)
        e = profile_run(o->t.job, &o->t, &work, &profile, &unused);
    if (!e)
        e = profile_hot_spots(profile, work.code, &text);
    json_object_put(profile);
    if (e == ERR_CANCELLED || e == ERR_DIVERGED || e == ERR_NOMEM) {
        buf_fini(&text);
        return e;
    }
    if (text.len)
        o->hot = buf_take(&text);
    else
        o->hot = strdup("");
    buf_fini(&text);
    return o->hot ? ERR_OK : ERR_NOMEM;
}

static enum err offer_hot_spots(const struct optimize *o, struct candidate *c)
{
    struct buf text;
    enum err e;
    if (!o->hot || !*o->hot || o->target == OPTIMIZE_QUALITY)
        return ERR_OK;
    buf_init(&text, 2 * HOT_MAX);
    e = buf_addf(&text, "\n\nWhere it spends time and memory:\n%s", o->hot);
    if (!e)
        c->log = buf_take(&text);
    buf_fini(&text);
    return e;
}

static enum err ask(struct optimize *o, struct proposal *p, struct err_info *info)
{
    const struct errand errand = {"optimize", prompts[o->target], "optimize", 0, whole_block};
    struct buf text;
    enum err e;
    write_history(o);
    p->s.c.best = &o->now.c;
    p->s.c.errand = &errand;
    p->s.c.seed = o->asked++;
    buf_init(&text, ANSWER_MAX);
    e = look_where(o);
    if (!e)
        e = offer_hot_spots(o, &p->s.c);
    if (!e)
        e = candidate_ask(o->t.job, &p->s.c, &text, info);
    if (!e && p->s.c.cut_short)
        e = err_set(info, ERR_BUDGET, "%s ended in the middle of the answer", p->s.c.cut);
    if (!e) {
        struct err_info none = {0};
        if (candidate_take(&p->s.c, &text, &none))
            snprintf(p->why, sizeof p->why, "there is no program in the answer");
    }
    p->s.c.errand = NULL;
    p->s.c.best = NULL;
    o->now.c.verdict.why[0] = 0;
    buf_fini(&text);
    return e;
}

/* ERR_BUDGET, ERR_NO_BACKEND and what else keeps a model from answering end the search, not the
 * job: what was kept stays. */
static enum err try_model(struct optimize *o, const struct stage *s, bool *same,
                          struct err_info *info)
{
    bool kept;
    char how[120];
    struct proposal *p = proposal_new(o, how, "", STAGE_MODEL);
    enum err e;
    if (!p)
        return ERR_NOMEM;
    p->s.stage = *s;
    snprintf(how, sizeof how, "model %.100s", s->target.label);
    emit_begin(o, p);
    e = budget_check(&o->t, &s->target, info);
    if (!e)
        e = ask(o, p, info);
    snprintf(how, sizeof how, "model %.100s", candidate_by(&p->s.c)->label);
    if (!e && p->why[0])
        e = ERR_OK;
    else if (!e)
        e = judge(o, p, info);
    *same = p->same;
    e = conclude(o, p, e, &kept);
    proposal_free(p);
    return e;
}

/* A model that gives back what it was given, twice in a row, has nothing more to say. */
static enum err try_models(struct optimize *o, int iterations, struct err_info *info)
{
    struct stage s = {.number = STAGE_MODEL, .candidates = 1, .name = "model", .available = true};
    bool same = false, before = false;
    enum err e = iterations ? resolve(o, &s, info) : ERR_OK;
    if (!e && iterations) {
        stage_limit_begin(&o->t.stage_limit, &s, &o->t.account);
        e = experience_load(&o->t, &s, 1);
    }
    for (int i = 0; !e && i < iterations && !(same && before); i++) {
        before = same;
        e = try_model(o, &s, &same, info);
    }
    return e;
}

/* ---- the whole ---- */

/* What came of one target, or of the whole: "3.40× faster […]", or why nothing. */
static void outcome(const struct optimize *o, size_t kept, size_t tried, const char *ended,
                    char text[400])
{
    const size_t n = json_object_array_length(o->tried);
    if (kept)
        snprintf(text, 400, "%.80s (%zu of %zu proposals kept)", o->gained, kept, tried);
    else if (tried)
        snprintf(text, 400, "nothing is kept of %zu proposal%s; the last one: %.300s", tried,
                 figure_s((int64_t)tried),
                 json_str(json_object_array_get_idx(o->tried, n - 1), "why", ""));
    else
        snprintf(text, 400, "no rule applies, and %s",
                 *ended ? "no model has answered" : "no model was asked");
}

static void sum_up(struct optimize *o, struct ending *end, const struct err_info *ended)
{
    const size_t kept = json_object_array_length(o->kept), n = json_object_array_length(o->tried);
    struct json_object *r = json_object_new_object();
    char text[1200], came[400];
    json_add_str(r, "target", optimize_target_name(o->all ? OPTIMIZE_ALL : o->target));
    json_add_str(r, "artifact", o->id);
    json_object_object_add(r, "kept", json_object_get(o->kept));
    json_object_object_add(r, "tried", json_object_get(o->tried));
    if (o->all)
        json_object_object_add(r, "targets", json_object_get(o->targets));
    outcome(o, kept, n, ended->message, came);
    snprintf(text, sizeof text, "%s%s%s%s%s", kept ? o->id : "", kept ? " " : "",
             kept ? json_str(o->artifact, "version", "") : "", kept ? ": " : "",
             o->all ? "" : came);
    for (size_t i = 0; o->all && i < json_object_array_length(o->targets); i++) {
        struct json_object *t = json_object_array_get_idx(o->targets, i);
        const size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s%s: %.220s", i ? "; " : "",
                 json_str(t, "target", ""), json_str(t, "text", ""));
    }
    if (ended->message[0])
        snprintf(text + strlen(text), sizeof text - strlen(text), "; %.150s", ended->message);
    ending_set(end, kept ? "solved" : "unsolved", ERR_OK, text);
    if (!kept) /* batches count equal causes */
        snprintf(end->checked, sizeof end->checked,
                 "{\"text\":\"as it was\",\"cause\":\"nothing was gained\"}");
    if (json_print(&end->result, r))
        buf_clear(&end->result);
    json_object_put(r);
}

static enum err search(struct optimize *o, int64_t n, struct err_info *info)
{
    enum err e = ERR_OK;
    if (json_flag(o->t.input, "rules", true)) {
        task_phase(&o->t, "rules", o->all ? optimize_target_name(o->target) : "");
        e = try_rules(o, info);
    }
    if (!e && n) { /* no model is asked for what could not be measured */
        e = optimize_work(o, info);
        if (!e && !optimize_measurable(o))
            e = err_set(info, ERR_NOT_FOUND, "%s", o->no_work);
    }
    if (!e && n) {
        task_phase(&o->t, "optimize", optimize_target_name(o->target));
        e = try_models(o, (int)n, info);
    }
    return e;
}

static bool ends_the_job(enum err e)
{
    return e == ERR_CANCELLED || e == ERR_DIVERGED || e == ERR_NOMEM || e == ERR_SANDBOX;
}

static void note_target(struct optimize *o, size_t kept_before, const struct err_info *ended)
{
    const size_t kept = json_object_array_length(o->kept) - kept_before;
    const size_t tried = json_object_array_length(o->tried) - o->since;
    struct json_object *one = json_object_new_object();
    char text[400];
    if (!tried && ended->message[0])
        snprintf(text, sizeof text, "%.390s", ended->message);
    else
        outcome(o, kept, tried, ended->message, text);
    json_add_str(one, "target", optimize_target_name(o->target));
    json_add_i64(one, "kept", (int64_t)kept);
    json_add_i64(one, "tried", (int64_t)tried);
    json_add_str(one, "text", text);
    json_object_array_add(o->targets, one);
}

/* What one of them has gained, the next ones may not lose (pairs.h). Where a model cannot be asked
 * any more, the rules still are. */
static enum err search_all(struct optimize *o, int64_t n, struct err_info *info)
{
    static const enum optimize_target order[] = {OPTIMIZE_PERFORMANCE, OPTIMIZE_MEMORY,
                                                 OPTIMIZE_LATENCY, OPTIMIZE_QUALITY};
    enum err e = ERR_OK, last = ERR_OK;
    for (int i = 0; i < OPTIMIZE_TARGETS && !ends_the_job(e); i++) {
        const size_t kept = json_object_array_length(o->kept);
        struct err_info ended = {0};
        o->target = order[i];
        o->since = json_object_array_length(o->tried);
        e = search(o, n, &ended);
        if (ends_the_job(e)) {
            *info = ended;
            return e;
        }
        note_target(o, kept, &ended);
        if (e && e != ERR_NOT_FOUND) {
            *info = ended;
            last = e;
            n = 0;
        }
    }
    return last;
}

static enum err search_targets(struct optimize *o, struct err_info *info)
{
    int64_t n = json_i64(o->t.input, "iterations", OPTIMIZE_ITERATIONS);
    if (n < 0 || n > OPTIMIZE_ITERATIONS_MAX)
        n = n < 0 ? 0 : OPTIMIZE_ITERATIONS_MAX;
    return o->all ? search_all(o, n, info) : search(o, n, info);
}

static enum err optimize(struct optimize *o, struct ending *end, struct err_info *info)
{
    struct err_info ended = {0};
    struct buf nothing;
    const char *no;
    enum err e = recall(o, info);
    if (!e)
        e = grants_read(&o->t.grants, json_object_of(o->artifact, "grants"));
    if (e)
        return e;
    no = unfit(o);
    if (no)
        return err_set(info, ERR_UNSUPPORTED, "%s: %s", o->id, no);
    job_takes_time(o->t.job);
    e = prepare(o, info);
    if (!e) {
        task_phase(&o->t, "judge", "");
        standing_init(&o->now, o, 0, "as it is");
        e = buf_adds(&o->now.c.code, json_str(o->artifact, "source", ""));
    }
    if (!e)
        e = optimize_check(o, &o->now, "verify what stands", info);
    if (!e && !o->now.c.verdict.accepted)
        return err_set(info, ERR_UNSUPPORTED, "%s does not pass its own checks now: %.300s", o->id,
                       o->now.c.verdict.why);
    if (!e)
        e = search_targets(o, &ended);
    if (ends_the_job(e)) {
        *info = ended;
        return e;
    }
    if (e && !ended.message[0])
        err_set(&ended, e, "%s", err_text(e));
    sum_up(o, end, &ended);
    buf_init(&nothing, 1);
    e = task_keep(&o->t, NULL, "", &nothing, end, info);
    snprintf(end->artifact, sizeof end->artifact, "%s", o->id);
    return e;
}

static enum err run_optimize(struct job *job, void *context, struct json_object *input)
{
    struct optimize *o = calloc(1, sizeof *o);
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    enum err e;
    if (!o)
        return ERR_NOMEM;
    e = task_init(&o->t, context, job, input);
    o->t.may_ask = false;
    o->kept = json_object_new_array();
    o->tried = json_object_new_array();
    o->targets = json_object_new_array();
    buf_init(&end.result, RESULT_MAX);
    if (!e && !optimize_target_read(json_str(input, "target", ""), &o->target))
        e = err_set(&info, ERR_INPUT,
                    "the target %.40s is none of performance, quality, memory, latency, all",
                    json_str(input, "target", ""));
    o->all = o->target == OPTIMIZE_ALL;
    if (o->all)
        o->target = OPTIMIZE_PERFORMANCE;
    if (!e)
        e = job_clock(job, &o->t.began);
    if (!e)
        e = optimize(o, &end, &info);
    task_finish(&o->t, &end, e, &info);
    standing_fini(&o->now);
    buf_fini(&end.result);
    task_fini(&o->t);
    json_object_put(o->artifact);
    json_object_put(o->first);
    json_object_put(o->work);
    free(o->hot);
    json_object_put(o->kept);
    json_object_put(o->tried);
    json_object_put(o->targets);
    free(o);
    return e;
}

const struct job_kind optimize_kind = {"optimize", 6, run_optimize};
