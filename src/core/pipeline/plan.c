/* A short specification before the program, for tasks that are worth it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/pipeline_internal.h"

enum { PLAN_MAX = 16 << 10, ANSWER_MAX = 64 << 10, PLAN_TOKENS = 400, PLAN_WORDS = 230 };

static void tell(struct task *t)
{
    struct event ev = {.type = EVENT_PLAN};
    ev.u.plan.text = t->plan;
    job_emit(t->job, &ev);
}

/* A model that cannot be asked costs the plan and not the task. */
static void tell_missing(struct task *t, const struct err_info *why, enum err e)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[400];
    snprintf(text, sizeof text, "there is no plan: %.300s",
             why->message[0] ? why->message : err_text(e));
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    job_emit(t->job, &ev);
}

/* ---- the person ---- */

static enum err take(struct task *t, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return ERR_NOMEM;
    free(t->plan);
    t->plan = copy;
    return ERR_OK;
}

/* Answers are go, cancel (ERR_INPUT), or the plan as it was edited. */
static enum err agree(struct task *t, struct err_info *info)
{
    const struct event_job_question q = {.question = "plan",
                                         .kind = "plan",
                                         .text = "Write the program by this plan?",
                                         .subject = "",
                                         .choices = "go|edit|cancel"};
    struct buf answer;
    bool cancel, edited;
    enum err e;
    buf_init(&answer, ANSWER_MAX);
    e = task_ask(t->job, &q, &answer);
    cancel = !e && (strcmp(answer.data, "cancel") == 0 || strcmp(answer.data, "no") == 0);
    edited = !e && !cancel && answer.len && strcmp(answer.data, "go") != 0 &&
             strcmp(answer.data, "edit") != 0; /* where nothing can be edited it goes on */
    if (!e)
        task_answered(t->job, q.question, cancel ? "cancel" : edited ? "go, as edited" : "go");
    if (edited && (e = take(t, answer.data)) == ERR_OK)
        tell(t);
    buf_fini(&answer);
    return cancel ? err_set(info, ERR_INPUT, "the plan was dropped") : e;
}

/* ---- the model ---- */

static bool long_enough(const char *text, size_t n)
{
    size_t words = 0;
    for (size_t i = 1; i < n; i++)
        words += isspace((unsigned char)text[i]) && !isspace((unsigned char)text[i - 1]);
    return words >= PLAN_WORDS;
}

/* A plan by the model that will write the program at once says nothing new, and that of a small one
 * repeats the task and adds what it does not say: 250 to 310 tokens of a 1.5B for nothing. */
static enum err is_wanted(struct task *t, const struct stage *overseer, bool *wanted,
                          struct err_info *info)
{
    static const double plans_from = 7; /* billions of parameters */
    const double size = router_model_size(overseer->target.model);
    struct stage fast = {.candidates = 1, .name = "fast", .role = "fast"};
    enum err e = stage_resolve(t, &fast, info);
    *wanted = (size <= 0 || size >= plans_from) &&
              (e || strcmp(fast.target.model, overseer->target.model) != 0 ||
               strcmp(fast.target.place, overseer->target.place) != 0);
    return e == ERR_NO_BACKEND ? ERR_OK : e;
}

static enum err ask(struct task *t, const struct stage *s, struct err_info *info)
{
    static const struct errand plan = {"plan", "overseer", "plan", PLAN_TOKENS, long_enough};
    struct stage known = *s;
    struct candidate c;
    struct buf text;
    enum err e;
    buf_init(&text, 4 << 20);
    candidate_init(&c, t, s, 1, NULL);
    c.errand = &plan;
    e = experience_load(t, &known, 1);
    if (!e)
        e = candidate_ask(t->job, &c, &text, info);
    while (text.len && isspace((unsigned char)text.data[text.len - 1]))
        buf_truncate(&text, text.len - 1);
    if (!e && text.len > PLAN_MAX)
        buf_truncate(&text, PLAN_MAX);
    if (!e && text.len && (e = take(t, text.data)) == ERR_OK)
        tell(t);
    candidate_fini(&c);
    buf_fini(&text);
    return e;
}

/* The overseer's model, else, when the plan is wanted in any case, the fast one. */
static enum err resolve(struct task *t, bool wanted, struct stage *s, struct err_info *info)
{
    struct json_object *tool = json_object_of(t->prompts, "overseer");
    enum err e;
    *s = (struct stage){.candidates = 1, .name = "plan"};
    s->temperature = json_f64(tool, "temperature", 0.1);
    snprintf(s->role, sizeof s->role, "%s", json_str(tool, "role", "powerful"));
    e = stage_resolve(t, s, info);
    if (e != ERR_NO_BACKEND || !wanted || strcmp(s->role, "fast") == 0)
        return e;
    snprintf(s->role, sizeof s->role, "fast");
    return stage_resolve(t, s, info);
}

enum err plan_make(struct task *t, struct err_info *info)
{
    const char *when = config_text(t->p->config, OPTION_PLAN);
    const bool asked = json_flag(t->input, "plan", false);
    bool wanted = asked || strcmp(when, "always") == 0;
    struct err_info why = {0};
    struct stage s;
    enum err e;
    if (!asked && (strcmp(when, "never") == 0 || task_without(t, "plan") ||
                   (!wanted && strcmp(t->complexity, "simple") == 0)))
        return ERR_OK;
    e = resolve(t, wanted, &s, &why);
    if (e == ERR_NO_BACKEND && !wanted)
        return ERR_OK; /* one model alone plans nothing */
    if (!e && !wanted)
        e = is_wanted(t, &s, &wanted, &why);
    if (!e && wanted) {
        task_phase(t, "plan", "");
        e = ask(t, &s, &why);
    }
    if (e && info)
        *info = why;
    if (e == ERR_CANCELLED || e == ERR_DIVERGED || e == ERR_NOMEM)
        return e;
    if (e)
        tell_missing(t, &why, e);
    if (info)
        *info = (struct err_info){0};
    return asked && t->may_ask && t->plan ? agree(t, info) : ERR_OK;
}
