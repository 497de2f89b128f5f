/* The way up the ladder: stage after stage until an attempt may be accepted, and what that means
 * for the job. */
#include <stdio.h>
#include <string.h>

#include "core/learn/fix.h"
#include "core/pipeline/choose.h"
#include "core/pipeline/pipeline_internal.h"

static void tell_passed_over(struct task *t, const struct pool *pool, const struct stage *s)
{
    struct event ev = {.type = EVENT_STAGE_END};
    ev.u.stage_end.stage = s->number;
    ev.u.stage_end.outcome = "skipped";
    ev.u.stage_end.why = pool->lone ? "another model's opinion is worth more now"
                                    : "the task has no example that would tell its answers apart";
    job_emit(t->job, &ev);
}

enum err climb(struct task *t, struct stage *stages, int count, struct pool *pool,
               struct err_info *info)
{
    struct candidate *best;
    enum err e = ERR_NOT_FOUND;
    for (int i = 0; i < count && e == ERR_NOT_FOUND; i++) {
        if (!stages[i].available)
            continue;
        if (ladder_passes_over(t, pool, i)) {
            tell_passed_over(t, pool, &stages[i]);
            continue;
        }
        e = budget_check(t, &stages[i].target, info);
        stage_limit_begin(&t->stage_limit, &stages[i], &t->account);
        if (!e)
            e = stage_run(t, &stages[i], pool, info);
    }
    if (e == ERR_NOT_FOUND && pool_best(pool) && pool_best(pool)->verdict.accepted) {
        struct choice made = {.enough = false};
        e = pool_accept(t, pool, &made, true, info);
        if (e == ERR_OK) /* nobody is left to be asked, and what there is speaks for it */
            task_note(t, "info", pool->why);
    }
    best = pool_best(pool);
    if (e == ERR_OK && best) {
        experience_note_stage(t, best->stage, ERR_OK, 0,
                              0); /* also when a later one confirmed it */
        fix_remember(t, best);
    }
    /* a backend that hangs is no reason to call the task unsolved */
    return e == ERR_NOT_FOUND && t->asked && t->too_slow == t->asked ? ERR_TIMEOUT : e;
}

void climb_ending(enum err e, const struct candidate *best, const struct pool *pool,
                  struct ending *end, const struct err_info *info)
{
    char text[500], why[400];
    if (best->verdict.accepted)
        snprintf(why, sizeof why, "%s speaks for the best attempt: %.160s%s%.160s",
                 best->trial.complaint[0] || pool->agreed ? "too little" : "nothing", pool->why,
                 best->trial.complaint[0] ? "; "
                 : best->verdict.examples ? ""
                                          : "; an example in the task would tell",
                 best->trial.complaint);
    else
        snprintf(why, sizeof why, "%.399s",
                 best->verdict.why[0] ? best->verdict.why
                 : info->message[0]   ? info->message
                                      : "no stage gave a program");
    if (e == ERR_OK) {
        ending_set(end, "solved", ERR_OK, "");
    } else if (e == ERR_NOT_FOUND) {
        ending_set(end, "unsolved", ERR_OK, why);
    } else if (e == ERR_BUDGET) {
        snprintf(text, sizeof text, "%.120s%s%.360s", info->message,
                 strcmp(info->message, why) == 0 ? "" : "; ",
                 strcmp(info->message, why) == 0 ? "" : why);
        ending_set(end, "unsolved", e, text);
    } else {
        ending_set(end, e == ERR_CANCELLED ? "cancelled" : "failed", e,
                   e == ERR_CANCELLED ? ""
                   : info->message[0] ? info->message
                                      : err_text(e));
    }
}
