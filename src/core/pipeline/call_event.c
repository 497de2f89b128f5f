/* What a model call has cost, as its event tells it. */
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
