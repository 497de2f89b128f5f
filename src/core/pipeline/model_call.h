/* The one way to a model: what a try may cost is reserved in the accounts before it is sent,
 * settled after it, and told as LLM_CALL. */
#ifndef DISE_CORE_MODEL_CALL_H
#define DISE_CORE_MODEL_CALL_H

#include "core/pipeline/pipeline_internal.h"

struct model_call {
    /* set by the caller */
    struct task *task;
    struct step *step;
    const struct llm_target *target; /* that is asked first */
    const struct stage *stage;       /* whose role is played */
    bool alone;              /* those who play the role were too slow: nobody else is asked */
    struct account *account; /* that pays: the stage's or the job's */
    /* May be NULL, all with `arg`. Before each try: lowers the limits for the target that it is
     * for; an error ends the call. */
    enum err (*enter)(void *arg, const struct llm_target *to, struct llm_request *q,
                      struct err_info *info);
    enum llm_more (*on_text)(void *arg, const char *text, size_t n);
    /* After each try, which has cost what `r` says. Gives what its failure is for the caller, and
     * a better word than r->finish for the event. */
    enum err (*left)(void *arg, const struct llm_target *by, const struct llm_reply *r, enum err e,
                     const char **finish, struct err_info *info);
    void (*again)(void *arg); /* what on_text was given is void, the answer begins anew */
    void *arg;
    /* set by model_call */
    struct llm_route route; /* route.by: who answered */
    bool cut_short;         /* the answer is incomplete: an account had no more for it */
    enum err cut_code;      /* that account's: ERR_BUDGET, ERR_TOO_LARGE */
    char cut_by[120];       /* "the budget of 180 tokens" */
    /* its own */
    const struct llm_request *asked; /* as the caller gave it */
    struct llm_reply *reply;
    struct account own; /* what one call may use */
    struct reservation reservation;
    bool entered; /* a try is under way and not settled yet */
    bool lost;    /* calls that an end of the engine cut off were charged and told */
};

/* Asks: the target, again and others where that helps (router.h), each within what is left.
 * ERR_BUDGET (or the account's code): nothing useful is left, nobody was asked any more. Calls of
 * this step that an end of the engine cut off are charged as well: their prompt was paid for. q's
 * listener and route are taken. */
enum err model_call(struct model_call *c, struct llm_request *q, struct llm_reply *reply,
                    struct err_info *info) MUST_CHECK;
/* How long an answer of the target may take, ms: what the configuration says of its model, where
 * nothing less has been learned. `standard` is what holds for all, `learned` at most that. */
int call_limit_ms(const struct llm_target *t, int learned, int standard);
/* Who answered, or was asked last. */
const struct llm_target *model_call_by(const struct model_call *c);

#endif
