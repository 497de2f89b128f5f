/* What a model call has cost, as its event tells it. */
#include <stdio.h>
#include <string.h>

#include "base/figure.h"
#include "core/pipeline/pipeline_internal.h"

void call_event(const struct task *t, const struct llm_target *target, const char *role,
                const struct llm_reply *r, enum err e, struct event *ev)
{
    struct event_llm_call *l = &ev->u.llm_call;
    ev->type = EVENT_LLM_CALL;
    l->backend = target->place;
    l->model = target->label;
    l->role = role;
    l->tokens_in = r->tokens_in;
    l->tokens_cached = r->tokens_cached;
    l->tokens_out = r->tokens_out;
    l->first_token_ms = r->first_token_ms;
    l->ms = r->ms;
    l->finish = r->finish;
    l->error = e ? err_name(e) : "";
    l->recorded = r->recorded;
    (void)router_cost(t->p->router, target, r->tokens_in, r->tokens_out, &l->cost);
}

void call_event_lost(struct step *step, const struct task *t, const struct llm_target *target,
                     const struct event *ev)
{
    struct event lost = *ev;
    (void)router_cost(t->p->router, target, lost.u.llm_call.tokens_in, 0, &lost.u.llm_call.cost);
    lost.u.llm_call.tokens_out = lost.u.llm_call.tokens_cached = 0;
    lost.u.llm_call.first_token_ms = lost.u.llm_call.ms = 0;
    lost.u.llm_call.finish = "error";
    lost.u.llm_call.error = "interrupted";
    lost.u.llm_call.recorded = false;
    for (int i = 0; i < step_attempt(step); i++)
        step_emit(step, &lost);
}

/* Places have names that people gave them; two models of one place differ by theirs. */
static void name_both(const struct llm_restart *r, char from[64], char to[64])
{
    const bool place = strcmp(r->from->place, r->to->place) != 0;
    snprintf(from, 64, "%s", place ? r->from->place : r->from->label);
    snprintf(to, 64, "%s", place ? r->to->place : r->to->label);
}

void call_event_restart(struct step *step, const struct llm_restart *r)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[400], from[64], to[64];
    const int64_t n = r->broken->tokens_out;
    name_both(r, from, to);
    if (r->told)
        snprintf(text, sizeof text, "%s broke off after %lld token%s (%.150s); ", from,
                 (long long)n, figure_s(n), r->message);
    else if (r->asked)
        snprintf(text, sizeof text, "%s did not answer (%.200s); ", from, r->message);
    else
        snprintf(text, sizeof text, "%.250s; ", r->message);
    if (strcmp(from, to) == 0)
        snprintf(text + strlen(text), sizeof text - strlen(text), "it is asked again");
    else
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s answers instead", to);
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    step_emit(step, &ev);
}

int call_limit_ms(const struct llm_target *t, int learned, int standard)
{
    if (t->timeout_ms && (learned >= standard || learned > t->timeout_ms))
        return t->timeout_ms;
    return learned;
}

void call_route(struct llm_route *route, const struct job *job, const struct stage *s)
{
    *route = (struct llm_route){.role = s->asked[0] ? s->asked : s->role,
                                .job = job_id(job),
                                .priority = job_in_batch(job) ? LLM_BATCH : LLM_PERSON};
}
