/* What one stage may use of time and tokens, all its candidates together. Like the budget of the
 * job it is no part of the journal: the calls read it while they run, and what it made of them is
 * their result. After a restart the tokens of journaled calls count again; the time begins anew. */
#include <stdio.h>

#include "core/pipeline/pipeline_internal.h"

static const uint64_t ns_per_ms = 1000000;

void stage_limit_begin(struct stage_limit *l, const struct stage *s, struct account *job)
{
    *l = (struct stage_limit){.ms = s->limit_ms,
                              .account = {.above = job,
                                          .name = "the stage's",
                                          .code = ERR_TOO_LARGE,
                                          .limit.tokens = s->limit_tokens}};
    if (s->limit_ms)
        l->until = uv_hrtime() + (uint64_t)s->limit_ms * ns_per_ms;
}

static bool time_is_over(const struct stage_limit *l)
{
    return l->until && uv_hrtime() >= l->until;
}

enum err stage_limit_enter(const struct stage_limit *l, int *total_ms, struct err_info *info)
{
    char text[STAGE_CUT_SIZE];
    uint64_t left;
    stage_limit_why(l, false, text);
    if (text[0])
        return err_set(info, ERR_TOO_LARGE, "%s", text);
    left = l->until ? (l->until - uv_hrtime()) / ns_per_ms + 1 : 0;
    if (left && (*total_ms == 0 || left < (uint64_t)*total_ms))
        *total_ms = (int)left;
    return ERR_OK;
}

bool stage_limit_go_on(const struct stage_limit *l)
{
    return !time_is_over(l);
}

void stage_limit_why(const struct stage_limit *l, bool clipped, char why[STAGE_CUT_SIZE])
{
    why[0] = 0;
    if (time_is_over(l))
        snprintf(why, STAGE_CUT_SIZE, "the stage's %g s are over", (double)l->ms / 1000);
    else if (clipped)
        snprintf(why, STAGE_CUT_SIZE, "the stage's %lld tokens are spent",
                 (long long)l->account.limit.tokens);
}
