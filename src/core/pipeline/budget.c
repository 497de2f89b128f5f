/* What a job may spend on models. The running sum is not journaled: steps read it while they run,
 * and what they decided is their result. After a restart it begins with what the stored events
 * tell. */
#include <string.h>

#include "core/pipeline/pipeline_internal.h"

enum { BYTES_PER_TOKEN = 4, LEAST_ANSWER = 16 };

enum err cost_read(sqlite3 *db, int64_t job, struct cost *out, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e =
        store_prepare(db, info, &st,
                      "SELECT count(*), sum(json_extract(body,'$.tokens_in')),"
                      " sum(json_extract(body,'$.tokens_out')), sum(json_extract(body,'$.cost'))"
                      " FROM event WHERE job=? AND type=?",
                      "ii", job, (int64_t)EVENT_LLM_CALL);
    if (!e && sqlite3_step(st) == SQLITE_ROW) {
        out->calls = sqlite3_column_int64(st, 0);
        out->tokens_in = sqlite3_column_int64(st, 1);
        out->tokens_out = sqlite3_column_int64(st, 2);
        out->dollars = sqlite3_column_double(st, 3);
    }
    sqlite3_finalize(st);
    return e;
}

struct read_arg {
    int64_t job;
    struct cost cost;
};

static enum err read_cost(sqlite3 *db, void *arg, struct err_info *info)
{
    struct read_arg *a = arg;
    return cost_read(db, a->job, &a->cost, info);
}

enum err budget_open(struct task *t)
{
    struct read_arg arg = {.job = job_id(t->job)};
    int64_t given = json_i64(json_object_of(t->input, "limits"), "tokens", 0);
    enum err e = ERR_OK;
    t->budget.limit = config_int(t->p->config, OPTION_BUDGET_TOKENS);
    if (given > 0 && (t->budget.limit == 0 || given < t->budget.limit))
        t->budget.limit = given;
    if (t->budget.limit && job_epoch(t->job) > 1)
        e = store_read(t->p->store, read_cost, &arg, NULL);
    t->budget.spent = arg.cost.tokens_in + arg.cost.tokens_out;
    return e;
}

/* ---- before a stage ---- */

static enum err check_step(struct step *step, void *arg, struct buf *out)
{
    const struct budget *b = arg;
    (void)out;
    if (b->limit && b->spent >= b->limit)
        return step_fail(step, ERR_BUDGET, "the budget of %lld tokens is spent",
                         (long long)b->limit);
    step_say(step, "%lld of %lld tokens are spent", (long long)b->spent, (long long)b->limit);
    return ERR_OK;
}

enum err budget_check(struct task *t, struct err_info *info)
{
    struct step_desc desc = {.name = "budget",
                             .label = "is anything left?",
                             .flags = STEP_LAZY | (t->budget.limit ? 0 : STEP_SILENT),
                             .run = check_step,
                             .arg = &t->budget};
    return job_step(t->job, &desc, NULL, info);
}

/* ---- a call ---- */

enum err budget_begin(struct budget *b, struct spending *s, size_t prompt_bytes, int *max_tokens,
                      struct err_info *info)
{
    int64_t prompt = (int64_t)prompt_bytes / BYTES_PER_TOKEN, left = b->limit - b->spent - prompt;
    *s = (struct spending){.budget = b};
    if (b->limit && left < LEAST_ANSWER)
        return err_set(info, ERR_BUDGET,
                       "the budget of %lld tokens allows no further call (%lld are spent)",
                       (long long)b->limit, (long long)b->spent);
    if (b->limit && left < *max_tokens) {
        *max_tokens = (int)left;
        s->clipped = true;
    }
    s->prompt = prompt;
    b->spent += prompt;
    return ERR_OK;
}

void budget_lost(struct budget *b, int calls, size_t prompt_bytes)
{
    b->spent += calls * ((int64_t)prompt_bytes / BYTES_PER_TOKEN);
}

bool budget_go_on(struct spending *s, size_t answer_bytes)
{
    int64_t answer = (int64_t)answer_bytes / BYTES_PER_TOKEN;
    if (++s->pieces > answer) /* most servers send one token a piece */
        answer = s->pieces;
    s->budget->spent += answer - s->answer;
    s->answer = answer;
    s->cut = s->budget->limit && s->budget->spent >= s->budget->limit;
    return !s->cut;
}

bool budget_end(struct spending *s, const struct llm_reply *reply)
{
    s->budget->spent += reply->tokens_in + reply->tokens_out - s->prompt - s->answer;
    return s->cut || (s->clipped && strcmp(reply->finish, "length") == 0);
}
