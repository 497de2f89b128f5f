#include "core/pipeline/model_call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/figure.h"
#include "core/llm/tokens.h"
#include "core/store/learned.h"

const struct llm_target *model_call_by(const struct model_call *c)
{
    return c->route.by.place[0] ? &c->route.by : c->target;
}

int call_limit_ms(const struct llm_target *t, int learned, int standard)
{
    if (t->timeout_ms && (learned >= standard || learned > t->timeout_ms))
        return t->timeout_ms;
    return learned;
}

struct factor_arg {
    const char *model;
    double factor;
};

static enum err read_factor(sqlite3 *db, void *arg, struct err_info *info)
{
    struct factor_arg *a = arg;
    return learned_tokens(db, a->model, &a->factor, info);
}

/* What the model's server will count, about. */
static int64_t prompt_tokens(const struct model_call *c, const struct llm_target *t, bool learned)
{
    struct factor_arg a = {.model = t->model, .factor = 1};
    if (learned && store_read(c->task->p->store, read_factor, &a, NULL))
        a.factor = 1;
    return (int64_t)ceil(a.factor *
                         tokens_of_prompt(t->model, c->asked->messages, c->asked->message_count));
}

static struct price price_of(const struct model_call *c, const struct llm_target *t)
{
    return router_price(c->task->p->router, t);
}

/* ---- telling ---- */

static void emit(struct model_call *c, struct event *ev, enum err e)
{
    if (e == ERR_CANCELLED) /* its step is not journaled, but what it cost is told */
        job_emit(step_job(c->step), ev);
    else
        step_emit(c->step, ev);
}

static void note(struct model_call *c, const char *text, enum err e)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    emit(c, &ev, e);
}

static struct event describe(const struct model_call *c, const struct llm_target *by)
{
    struct event ev = {.type = EVENT_LLM_CALL};
    ev.u.llm_call.backend = by->place;
    ev.u.llm_call.model = by->label;
    ev.u.llm_call.role = c->stage->role;
    return ev;
}

static double dollars(const struct amount *used)
{
    return (double)used->nano / 1e9;
}

/* Once for each model in the life of an engine. */
static void tell_unknown_price(struct model_call *c, const struct llm_target *by, enum err e)
{
    char text[240];
    if (price_of(c, by).known || !router_first_unpriced(c->task->p->router, by->model))
        return;
    snprintf(text, sizeof text,
             "no price is known for %.100s: it is counted as $0 (llm.prices in config.yaml)",
             by->model);
    note(c, text, e);
}

static void tell_try(struct model_call *c, const struct llm_target *by, const struct llm_reply *r,
                     const struct amount *used, const char *finish, enum err e)
{
    struct event ev = describe(c, by);
    struct event_llm_call *l = &ev.u.llm_call;
    tell_unknown_price(c, by, e);
    l->tokens_in = r->tokens_in;
    l->tokens_cached = r->tokens_cached;
    l->tokens_out = r->tokens_out;
    l->first_token_ms = r->first_token_ms;
    l->ms = r->ms;
    l->finish = finish;
    l->error = e ? err_name(e) : "";
    l->recorded = r->recorded;
    l->cached = r->cached;
    l->cost = dollars(used);
    emit(c, &ev, e);
}

/* Places have names that people gave them; two models of one place differ by theirs. */
static void name_both(const struct llm_restart *r, char from[64], char to[64])
{
    const bool place = strcmp(r->from->place, r->to->place) != 0;
    snprintf(from, 64, "%s", place ? r->from->place : r->from->label);
    snprintf(to, 64, "%s", place ? r->to->place : r->to->label);
}

/* Who failed, how, and who answers instead. */
static void tell_restart(struct model_call *c, const struct llm_restart *r)
{
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
    note(c, text, ERR_OK);
}

/* ---- one try ---- */

/* Calls that an end of the engine cut off: what they read was paid for. */
static void charge_lost(struct model_call *c)
{
    struct event ev = describe(c, c->target);
    const struct price price = price_of(c, c->target);
    const int lost = c->lost ? 0 : step_attempt(c->step);
    const int64_t prompt = lost ? prompt_tokens(c, c->target, true) : 0;
    const struct amount used = {prompt, price_nano(&price, prompt, 0, 0)};
    ev.u.llm_call.tokens_in = prompt;
    ev.u.llm_call.cost = dollars(&used);
    ev.u.llm_call.finish = "error";
    ev.u.llm_call.error = "interrupted";
    for (int i = 0; i < lost; i++) {
        ledger_charge(c->account, &used);
        step_emit(c->step, &ev);
    }
    c->lost = true;
}

static enum err enter_try(struct model_call *c, const struct llm_target *to, struct llm_request *q,
                          struct err_info *info)
{
    /* what its counts have taught is only looked up where a limit depends on it */
    struct estimate want = {.prompt = prompt_tokens(c, to, ledger_limited(&c->own)),
                            .price = price_of(c, to)};
    enum err e = ERR_OK;
    c->entered = false;
    q->max_tokens = c->asked->max_tokens;
    q->total_ms =
        call_limit_ms(to, c->asked->total_ms, (int)config_int(c->task->p->config, OPTION_TOTAL_MS));
    if (c->enter)
        e = c->enter(c->arg, to, q, info);
    if (!e)
        e = spend_look(c->task->p->spend, info);
    want.max_tokens = q->max_tokens;
    want.total_ms = q->total_ms;
    if (!e)
        e = ledger_begin(&c->own, &want, &c->reservation, info);
    if (e)
        return e;
    q->max_tokens = want.max_tokens;
    q->total_ms = want.total_ms;
    c->entered = true;
    return ERR_OK;
}

static void note_cut(struct model_call *c)
{
    const struct account *by = c->reservation.clipped_by;
    c->cut_code = by ? by->code : ERR_BUDGET;
    if (by)
        ledger_name(by, c->reservation.clipped_kind, c->cut_by);
    else
        snprintf(c->cut_by, sizeof c->cut_by, "the budget");
}

/* Whether the question is one whose answer may be kept. What a recording answers is kept already.
 */
static bool may_be_cached(const struct model_call *c)
{
    return c->task->cache && c->task->p->cache && c->asked->temperature == 0 &&
           strcmp(c->target->place, "replay") != 0;
}

/* Whether it is a whole answer of the model that was asked. */
static bool keeps(const struct model_call *c, const struct llm_target *by,
                  const struct llm_reply *r, const char *finish)
{
    return may_be_cached(c) && !r->recorded && !r->truncated && !c->cut_short &&
           strcmp(by->model, c->target->model) == 0 &&
           (strcmp(finish, "stop") == 0 || strcmp(finish, "fence") == 0);
}

/* Settles, and tells what `tell` says is worth it. Gives what the failure is for the caller. */
static enum err leave_try(struct model_call *c, const struct llm_target *by,
                          const struct llm_reply *r, enum err e, bool tell, struct err_info *info)
{
    const struct account *timed_by = c->reservation.timed_by;
    const struct price price = price_of(c, by);
    const struct amount used = {r->tokens_in + r->tokens_out,
                                price_nano(&price, r->tokens_in, r->tokens_cached, r->tokens_out)};
    const char *finish = r->finish;
    const enum err told = e;
    char name[120];
    c->entered = false;
    c->cut_short = ledger_settle(&c->reservation, &used, r->finish, ledger_now());
    if (c->cut_short)
        note_cut(c);
    if (e == ERR_TIMEOUT && timed_by) {
        ledger_name(timed_by, ACCOUNT_TIME, name);
        e = err_set(info, timed_by->code, "%s ended in the middle of the answer", name);
    }
    if (c->left)
        e = c->left(c->arg, by, r, e, &finish, info);
    if (tell)
        tell_try(c, by, r, &used, finish, told);
    if (!told && keeps(c, by, r, finish))
        cache_add(c->task->p->cache, c->asked, r);
    return e;
}

/* ---- the call ---- */

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct model_call *c = arg;
    bool more = ledger_go_on(&c->reservation, c->reply->text.len);
    if (c->on_text && c->on_text(c->arg, text, n) == LLM_STOP) {
        c->reservation.cut = false; /* it has all that it wants */
        return LLM_STOP;
    }
    return more ? LLM_MORE : LLM_STOP;
}

static enum err on_restart(void *arg, const struct llm_restart *r, struct llm_request *next,
                           struct err_info *info)
{
    struct model_call *c = arg;
    struct err_info unused = {0}; /* the failure is told already */
    enum err e = leave_try(c, r->from, r->broken, r->error, r->asked, &unused);
    if (e == ERR_BUDGET) { /* no other has more time */
        *info = unused;
        return e;
    }
    tell_restart(c, r);
    if (r->told && c->again)
        c->again(c->arg);
    return enter_try(c, r->to, next, info);
}

static void set_up(struct model_call *c, struct llm_request *q, struct llm_reply *reply)
{
    const struct config *config = c->task->p->config;
    const struct job *job = step_job(c->step);
    c->reply = reply;
    c->cut_short = false;
    c->own = (struct account){
        .above = c->account,
        .name = "the call's",
        .code = ERR_BUDGET,
        .limit = {config_int(config, OPTION_BUDGET_CALL_TOKENS),
                  llround(config_num(config, OPTION_BUDGET_CALL_MONEY) * 1e9)},
        .limit_ms = llround(config_num(config, OPTION_BUDGET_CALL_SECONDS) * 1000)};
    c->route = (struct llm_route){.role = c->alone             ? NULL
                                          : c->stage->asked[0] ? c->stage->asked
                                                               : c->stage->role,
                                  .job = job_id(job),
                                  .priority = job_parent(job) ? LLM_BATCH : LLM_PERSON,
                                  .held = &c->reservation,
                                  .on_restart = on_restart,
                                  .arg = c};
    q->on_text = on_text;
    q->arg = c;
    q->route = &c->route;
}

/* An answer from before costs nothing, so nothing is reserved for it. */
static bool play_cached(struct model_call *c, struct llm_reply *reply, enum err *e,
                        struct err_info *info)
{
    const struct amount none = {0, 0};
    struct llm_request q = *c->asked;
    const char *finish = reply->finish;
    q.on_text = on_text;
    q.arg = c;
    c->reservation = (struct reservation){.account = NULL};
    if (!may_be_cached(c) || cache_play(c->task->p->cache, &q, reply)) {
        if (c->reservation.pieces && c->again)
            c->again(c->arg);
        return false;
    }
    *e = c->left ? c->left(c->arg, c->target, reply, ERR_OK, &finish, info) : ERR_OK;
    tell_try(c, c->target, reply, &none, finish, ERR_OK);
    return true;
}

enum err model_call(struct model_call *c, struct llm_request *q, struct llm_reply *reply,
                    struct err_info *info)
{
    const struct llm_request asked = *q;
    enum err e;
    c->asked = &asked;
    set_up(c, q, reply);
    charge_lost(c);
    if (play_cached(c, reply, &e, info))
        return e;
    e = enter_try(c, c->target, q, info);
    if (!e)
        e = router_chat(c->task->p->router, c->target, q, reply, info);
    if (c->entered)
        e = leave_try(c, model_call_by(c), reply, e, true, info);
    c->asked = NULL;
    return e;
}
