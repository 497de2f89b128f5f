/* What fits into a model's window: its prompt, cut to what is worth most, and the answer's room. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/llm/tokens.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/pipeline/prompt_fit.h"
#include "core/store/learned.h"

enum {
    SURE_BYTES = 1024, /* a prompt of so few bytes fits everywhere */
    LEAST_ANSWER = 128,
    PROMPT_SHARE = 4, /* 1/4 of the window is kept for the answer, if it may be so long */
};

/* ---- the window, as a step ---- */

struct window {
    int tokens;    /* 0: not known */
    double factor; /* of the estimates */
};

struct window_arg {
    struct task *task;
    const struct llm_target *target;
    struct window window;
};

static enum err read_factor(sqlite3 *db, void *arg, struct err_info *info)
{
    struct window_arg *a = arg;
    return learned_tokens(db, a->target->model, &a->window.factor, info);
}

/* A store that cannot be read teaches nothing. */
static enum err window_step(struct step *step, void *arg, struct buf *out)
{
    struct window_arg *a = arg;
    enum err e;
    (void)step;
    a->window = (struct window){router_window(a->task->p->router, a->target), 1};
    e = a->window.tokens ? store_read(a->task->p->store, read_factor, a, NULL) : ERR_OK;
    if (e == ERR_CANCELLED)
        return e;
    return buf_addf(out, "%d %.3f", a->window.tokens, e ? 1 : a->window.factor);
}

static enum err find_window(struct job *job, struct candidate *c, struct window *out,
                            struct err_info *info)
{
    struct window_arg arg = {.task = c->task, .target = c->target};
    char input[200];
    struct step_desc desc = {.name = "window",
                             .label = c->target->label,
                             .flags = STEP_LAZY | STEP_SILENT,
                             .input = input,
                             .run = window_step,
                             .arg = &arg};
    struct buf value;
    enum err e;
    desc.input_len =
        (size_t)snprintf(input, sizeof input, "%s %s", c->target->place, c->target->model);
    buf_init(&value, 64);
    e = job_step(job, &desc, &value, info);
    if (!e && sscanf(value.data, "%d %lf", &out->tokens, &out->factor) != 2)
        e = ERR_INTERNAL;
    buf_fini(&value);
    return e;
}

/* ---- the prompt ---- */

struct scale {
    const char *model;
    double factor;
};

static double cost(void *arg, const char *text, size_t n)
{
    const struct scale *s = arg;
    return s->factor * tokens_estimate(s->model, text, n);
}

static double sum(struct scale *s, const struct prompt_part *parts, size_t n)
{
    double all = 0;
    for (size_t i = 0; i < n; i++)
        all += cost(s, parts[i].text->data, parts[i].text->len);
    return all;
}

static void tell(struct job *job, const struct candidate *c, const struct prompt_part *parts,
                 size_t n, int window)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char what[200], text[320];
    prompt_fit_say(parts, n, what, sizeof what);
    if (!what[0] || (c->number > 1 && !c->errand)) /* its siblings are asked the same */
        return;
    snprintf(text, sizeof text, "%s did not fit into the %d tokens of %.48s", what, window,
             c->target->label);
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    job_emit(job, &ev);
}

static enum err fit(struct job *job, struct candidate *c, const struct window *w, double fixed,
                    struct prompt_part *parts, size_t n, struct err_info *info)
{
    struct scale scale = {c->target->model, w->factor};
    const int most = (int)config_int(c->task->p->config, OPTION_MAX_TOKENS);
    const int share = w->tokens / PROMPT_SHARE, answer = share < most ? share : most;
    const int least = answer < LEAST_ANSWER ? answer : LEAST_ANSWER;
    if (fixed > w->tokens - least)
        return err_set(info, ERR_TOO_LARGE,
                       "the task takes about %.0f tokens, and %s can hold %d with its answer: "
                       "shorten it, or give the model a larger window "
                       "(llm.context_windows in config.yaml)",
                       fixed, c->target->label, w->tokens);
    /* when all of them are too little the answer is shorter */
    (void)!prompt_fit(parts, n, fixed + sum(&scale, parts, n) - (w->tokens - answer), cost, &scale);
    c->room = w->tokens - (int)(fixed + sum(&scale, parts, n));
    tell(job, c, parts, n, w->tokens);
    return ERR_OK;
}

enum err room_make(struct job *job, struct candidate *c, const char *const *fixed,
                   struct prompt_part *parts, size_t n, struct err_info *info)
{
    struct window w;
    size_t bytes = 0;
    double tokens = 0;
    enum err e;
    c->room = 0;
    for (int i = 0; fixed[i]; i++)
        bytes += strlen(fixed[i]);
    for (size_t i = 0; i < n; i++)
        bytes += parts[i].text->len;
    if (bytes < SURE_BYTES)
        return ERR_OK;
    e = find_window(job, c, &w, info);
    if (e || !w.tokens)
        return e;
    for (int i = 0; fixed[i]; i++)
        tokens += w.factor * tokens_estimate(c->target->model, fixed[i], strlen(fixed[i]));
    return fit(job, c, &w, tokens + 2 * TOKENS_MESSAGE, parts, n, info);
}

/* ---- after the call ---- */

struct lesson {
    char model[128];
    double factor;
};

static enum err learn(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct lesson *l = arg;
    return learned_add_tokens(db, l->model, l->factor, info);
}

static void learnt(void *arg, enum err result)
{
    (void)result;
    free(arg);
}

static void post_lesson(const struct candidate *c, double factor)
{
    struct lesson *l = calloc(1, sizeof *l);
    if (!l)
        return;
    snprintf(l->model, sizeof l->model, "%s", c->target->model);
    l->factor = factor;
    if (store_post(c->task->p->store, STORE_LAZY, learn, l, learnt))
        free(l);
}

static void tell_truncated(struct step *step, const struct candidate *c, double estimate,
                           int64_t counted)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[400];
    snprintf(text, sizeof text,
             "%.31s has read only %lld of about %.0f tokens of the prompt for %.48s: set its "
             "window to more, as llm.backends.%.31s.num_ctx in config.yaml",
             c->target->place, (long long)counted, estimate, c->target->label, c->target->place);
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    step_emit(step, &ev);
}

void room_leave(struct step *step, const struct candidate *c, const struct llm_message *messages,
                size_t count, const struct llm_reply *reply)
{
    const double estimate = tokens_of_prompt(c->target->model, messages, count);
    double factor;
    if (reply->truncated)
        tell_truncated(step, c, estimate, reply->tokens_in);
    else if (!reply->estimated && !reply->recorded &&
             tokens_learn(estimate, reply->tokens_in, &factor))
        post_lesson(c, factor);
}
