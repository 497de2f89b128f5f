/* What one stage may use of time and tokens, all its candidates together. Like the budget of the
 * job it is no part of the journal: the calls read it while they run, and what it made of them is
 * their result. After a restart the tokens of journaled calls count again; the time begins anew. */
#include <stdio.h>

#include "core/pipeline/pipeline_internal.h"

static const uint64_t ns_per_ms = 1000000;

void stage_limit_begin(struct stage_limit *l, const struct stage *s)
{
    *l = (struct stage_limit){.ms = s->limit_ms, .tokens.limit = s->limit_tokens};
    if (s->limit_ms)
        l->until = uv_hrtime() + (uint64_t)s->limit_ms * ns_per_ms;
}

static bool time_is_over(const struct stage_limit *l)
{
    return l->until && uv_hrtime() >= l->until;
}

static void say_limit(const struct stage_limit *l, char *out, size_t size)
{
    if (time_is_over(l))
        snprintf(out, size, "the stage's %g s are over", (double)l->ms / 1000);
    else
        snprintf(out, size, "the stage's %lld tokens are spent", (long long)l->tokens.limit);
}

enum err stage_limit_enter(struct stage_limit *l, struct spending *s, size_t prompt_bytes,
                           int *total_ms, int *max_tokens, struct err_info *info)
{
    char text[STAGE_CUT_SIZE];
    *s = (struct spending){.budget = &l->tokens};
    if (!time_is_over(l) && !budget_begin(&l->tokens, s, prompt_bytes, max_tokens, NULL)) {
        uint64_t left = l->until ? (l->until - uv_hrtime()) / ns_per_ms + 1 : 0;
        if (left && (*total_ms == 0 || left < (uint64_t)*total_ms))
            *total_ms = (int)left;
        return ERR_OK;
    }
    say_limit(l, text, sizeof text);
    return err_set(info, ERR_TOO_LARGE, "%s", text);
}

bool stage_limit_go_on(struct stage_limit *l, struct spending *s, size_t answer_bytes)
{
    return budget_go_on(s, answer_bytes) && !time_is_over(l);
}

void stage_limit_leave(struct stage_limit *l, struct spending *s, const struct llm_reply *reply,
                       char why[STAGE_CUT_SIZE])
{
    bool clipped = budget_end(s, reply);
    why[0] = 0;
    if (clipped || time_is_over(l))
        say_limit(l, why, STAGE_CUT_SIZE);
}
