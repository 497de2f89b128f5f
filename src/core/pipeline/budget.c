/* What a job may spend on models: its account (ledger.h), which lies in that of its batch or of the
 * day. The sums are not journaled: calls read them while they run, and what they decided is their
 * result. After a restart they begin with what the stored events tell. */
#include <math.h>
#include <string.h>

#include "core/pipeline/pipeline_internal.h"

struct read_arg {
    int64_t job;
    struct cost cost;
};

static enum err read_cost(sqlite3 *db, void *arg, struct err_info *info)
{
    struct read_arg *a = arg;
    return cost_read(db, a->job, &a->cost, info);
}

/* The smaller of what the configuration and the job's own limits say; 0: no limit. */
static double limit_of(const struct task *t, const char *name, double configured)
{
    double given = json_f64(json_object_of(t->input, "limits"), name, 0);
    return given > 0 && (configured <= 0 || given < configured) ? given : configured;
}

enum err budget_open(struct task *t)
{
    struct read_arg arg = {.job = job_id(t->job)};
    const struct config *c = t->p->config;
    struct account *a = &t->account;
    enum err e = ERR_OK;
    *a = (struct account){.above = spend_day(t->p->spend), .name = "the", .code = ERR_BUDGET};
    a->limit.tokens = (int64_t)limit_of(t, "tokens", (double)config_int(c, OPTION_BUDGET_TOKENS));
    a->limit.nano = llround(limit_of(t, "money", config_num(c, OPTION_BUDGET_MONEY)) * 1e9);
    a->limit_ms = llround(limit_of(t, "seconds", config_num(c, OPTION_BUDGET_SECONDS)) * 1000);
    if (job_parent(t->job)) {
        e = spend_enter(t->p->spend, job_parent(t->job), &t->batch, NULL);
        a->above = t->batch;
    }
    if (!e && (a->limit.tokens || a->limit.nano || a->limit_ms) && job_epoch(t->job) > 1)
        e = store_read(t->p->store, read_cost, &arg, NULL);
    a->spent.tokens = arg.cost.tokens_in + arg.cost.tokens_out;
    a->spent.nano = llround(arg.cost.dollars * 1e9);
    a->busy_ms = arg.cost.ms;
    t->stage_limit.account.above = a;
    return e;
}

void budget_close(struct task *t)
{
    spend_leave(t->p->spend, t->batch);
    t->batch = NULL;
}

/* ---- before a stage ---- */

struct check {
    struct task *task;
    const struct llm_target *target;
};

static enum err check_step(struct step *step, void *arg, struct buf *out)
{
    struct check *c = arg;
    struct task *t = c->task;
    const struct price price = router_price(t->p->router, c->target);
    struct err_info info = {0};
    enum account_kind kind;
    char name[120];
    enum err e = spend_look(t->p->spend, &info);
    const struct account *a = ledger_spent(&t->account, price_free(&price), ledger_now(), &kind);
    (void)out;
    if (e)
        return e;
    if (a) {
        ledger_name(a, kind, name);
        return step_fail(step, ERR_BUDGET, "%s is spent", name);
    }
    if (t->account.limit.tokens)
        step_say(step, "%lld of %lld tokens are spent", (long long)t->account.spent.tokens,
                 (long long)t->account.limit.tokens);
    return ERR_OK;
}

enum err budget_check(struct task *t, const struct llm_target *target, struct err_info *info)
{
    struct check check = {t, target};
    struct step_desc desc = {.name = "budget",
                             .label = "is anything left?",
                             .flags = STEP_LAZY | (ledger_limited(&t->account) ? 0 : STEP_SILENT),
                             .run = check_step,
                             .arg = &check};
    return job_step(t->job, &desc, NULL, info);
}
