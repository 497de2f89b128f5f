#include "core/llm/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/figure.h"

/* Of an answer that is under way, of which its server will tell the count: rather too few, as it is
 * cut by this. */
enum { BYTES_PER_TOKEN = 4 };

uint64_t ledger_now(void)
{
    return uv_hrtime() / 1000000;
}

int64_t ledger_busy(const struct account *a, uint64_t now)
{
    return a->busy_ms + (a->at_work && now > a->since ? (int64_t)(now - a->since) : 0);
}

/* ---- what is left ---- */

static int64_t left_tokens(const struct account *a)
{
    return a->limit.tokens - a->spent.tokens - a->reserved.tokens;
}

static int64_t left_nano(const struct account *a)
{
    return a->limit.nano - a->spent.nano - a->reserved.nano;
}

void ledger_name(const struct account *a, enum account_kind kind, char out[120])
{
    char figure[FIGURE_SIZE];
    if (kind == ACCOUNT_TOKENS)
        snprintf(out, 120, "%s budget of %lld tokens", a->name, (long long)a->limit.tokens);
    else if (kind == ACCOUNT_MONEY)
        snprintf(out, 120, "%s budget of %s", a->name,
                 figure_money(figure, (double)a->limit.nano / 1e9));
    else
        snprintf(out, 120, "%s budget of %g s", a->name, (double)a->limit_ms / 1000);
}

static void say_spent(const struct account *a, enum account_kind kind, uint64_t now, char *out,
                      size_t size)
{
    char figure[FIGURE_SIZE];
    if (kind == ACCOUNT_TOKENS)
        snprintf(out, size, "%lld", (long long)a->spent.tokens);
    else if (kind == ACCOUNT_MONEY)
        snprintf(out, size, "%s", figure_money(figure, (double)a->spent.nano / 1e9));
    else
        snprintf(out, size, "%.1f s", (double)ledger_busy(a, now) / 1000);
}

const struct account *ledger_spent(const struct account *a, bool free, uint64_t now,
                                   enum account_kind *kind)
{
    for (; a; a = a->above) {
        *kind = ACCOUNT_TOKENS;
        if (a->limit.tokens && (a->refused || a->limit.tokens - a->spent.tokens <= 0))
            return a;
        *kind = ACCOUNT_MONEY;
        if (a->limit.nano && !free && (a->refused || a->limit.nano - a->spent.nano <= 0))
            return a;
        *kind = ACCOUNT_TIME;
        if (a->limit_ms && a->limit_ms <= ledger_busy(a, now))
            return a;
    }
    return NULL;
}

bool ledger_limited(const struct account *a)
{
    for (; a; a = a->above)
        if (a->limit.tokens || a->limit.nano || a->limit_ms)
            return true;
    return false;
}

/* ---- reserving ---- */

/* How long an answer this account can pay beside the prompt; < 0: not even that. */
static int64_t payable(const struct account *a, const struct estimate *want,
                       enum account_kind *kind)
{
    const struct price *p = &want->price;
    int64_t most = INT64_MAX;
    *kind = ACCOUNT_TOKENS;
    if (a->limit.tokens)
        most = left_tokens(a) - want->prompt;
    if (a->limit.nano && !price_free(p)) {
        int64_t left = left_nano(a) - price_nano(p, want->prompt, 0, 0), n;
        n = left < 0 ? -1 : p->out > 0 ? (int64_t)((double)left / (p->out * 1000)) : INT64_MAX;
        if (n < most) {
            *kind = ACCOUNT_MONEY;
            most = n;
        }
    }
    return most;
}

static bool others_hold(const struct account *a, enum account_kind kind)
{
    return kind == ACCOUNT_TOKENS ? a->reserved.tokens > 0 : a->reserved.nano > 0;
}

static enum err refuse(const struct account *a, enum account_kind kind, uint64_t now,
                       struct err_info *info)
{
    char name[120], spent[40];
    ledger_name(a, kind, name);
    say_spent(a, kind, now, spent, sizeof spent);
    return err_set(info, a->code, "%s allows no further call (%s %s spent)", name, spent,
                   kind == ACCOUNT_TOKENS ? "are" : "is");
}

/* Lowers *total_ms to what is left of one account's time. */
static enum err fit_time(const struct account *a, int *total_ms, uint64_t now,
                         struct reservation *r, struct err_info *info)
{
    int64_t left = a->limit_ms - ledger_busy(a, now);
    if (!a->limit_ms)
        return ERR_OK;
    if (left <= 0)
        return refuse(a, ACCOUNT_TIME, now, info);
    if (!*total_ms || left < *total_ms) {
        *total_ms = (int)left;
        r->timed_by = a;
    }
    return ERR_OK;
}

/* Lowers `want` to what is left in one account. */
static enum err fit(struct account *a, struct estimate *want, uint64_t now, struct reservation *r,
                    struct account **by, struct err_info *info)
{
    const int least =
        want->max_tokens < LEDGER_LEAST_ANSWER ? want->max_tokens : LEDGER_LEAST_ANSWER;
    enum account_kind kind;
    int64_t most = payable(a, want, &kind);
    if (most < want->max_tokens) {
        *by = a;
        if (others_hold(a, kind))
            return ERR_BUSY;
        if (most < least) {
            a->refused |= want->prompt <= LEDGER_USUAL_PROMPT;
            return refuse(a, kind, now, info);
        }
        want->max_tokens = (int)most;
        r->clipped_by = a;
        r->clipped_kind = kind;
    }
    return fit_time(a, &want->total_ms, now, r, info);
}

static void hold(struct reservation *r, const struct amount *more)
{
    for (struct account *a = r->account; a; a = a->above) {
        a->reserved.tokens += more->tokens;
        a->reserved.nano += more->nano;
    }
    r->held.tokens += more->tokens;
    r->held.nano += more->nano;
}

enum err ledger_reserve(struct account *a, struct estimate *want, uint64_t now,
                        struct reservation *r, struct account **by, struct err_info *info)
{
    struct estimate less = *want;
    *r = (struct reservation){.price = want->price};
    for (struct account *at = a; at; at = at->above) {
        enum err e = fit(at, &less, now, r, by, info);
        if (e)
            return e;
    }
    *want = less;
    r->account = a;
    r->most = less.max_tokens;
    hold(r, &(struct amount){less.prompt + less.max_tokens,
                             price_nano(&less.price, less.prompt, 0, less.max_tokens)});
    return ERR_OK;
}

/* ---- waiting ---- */

struct account_waiter {
    struct account_waiter *next;
    struct account *account;
    struct await await;
};

static void remove_waiter(struct account *a, const struct account_waiter *w)
{
    struct account_waiter *before = NULL;
    for (struct account_waiter *at = a->first; at; before = at, at = at->next) {
        if (at != w)
            continue;
        if (before)
            before->next = w->next;
        else
            a->first = w->next;
        if (a->last == w)
            a->last = before;
        return;
    }
}

static void abort_wait(struct await *await)
{
    struct account_waiter *w = await->data;
    remove_waiter(w->account, w);
    await_done(await, ERR_CANCELLED);
}

static enum err wait_for(struct account *a)
{
    struct account_waiter w = {.account = a};
    enum err e = fiber_check();
    if (e)
        return e;
    await_init(&w.await, abort_wait, &w);
    if (a->last)
        a->last->next = &w;
    else
        a->first = &w;
    a->last = &w;
    return await_wait(&w.await);
}

/* All of them look again, in the order in which they came. */
static void wake(struct account *a)
{
    struct account_waiter *w = a->first;
    a->first = a->last = NULL;
    while (w) {
        struct account_waiter *next = w->next; /* it may be gone once it was woken */
        await_done(&w->await, ERR_OK);
        w = next;
    }
}

enum err ledger_begin(struct account *a, struct estimate *want, struct reservation *r,
                      struct err_info *info)
{
    struct account *by = NULL;
    enum err e;
    while ((e = ledger_reserve(a, want, ledger_now(), r, &by, info)) == ERR_BUSY) {
        e = wait_for(by);
        if (e)
            return err_set(info, e, "cancelled");
    }
    return e;
}

/* ---- while a call is at work, and after it ---- */

enum err ledger_work(struct reservation *r, uint64_t now, int *total_ms, struct err_info *info)
{
    for (const struct account *a = r->account; a; a = a->above) {
        enum err e = fit_time(a, total_ms, now, r, info);
        if (e)
            return e;
    }
    for (struct account *a = r->account; a && !r->working; a = a->above)
        if (a->at_work++ == 0)
            a->since = now;
    r->working = true;
    return ERR_OK;
}

void ledger_rest(struct reservation *r, uint64_t now)
{
    for (struct account *a = r->account; a && r->working; a = a->above) {
        const int64_t busy = ledger_busy(a, now);
        if (--a->at_work == 0)
            a->busy_ms = busy;
    }
    r->working = false;
}

/* False: notes in r which account has too little. */
static bool has_room(struct reservation *r, const struct amount *more)
{
    for (const struct account *a = r->account; a; a = a->above) {
        bool tokens = a->limit.tokens && left_tokens(a) < more->tokens;
        if (!tokens && !(a->limit.nano && more->nano > 0 && left_nano(a) < more->nano))
            continue;
        r->clipped_by = a;
        r->clipped_kind = tokens ? ACCOUNT_TOKENS : ACCOUNT_MONEY;
        return false;
    }
    return true;
}

bool ledger_go_on(struct reservation *r, size_t answer_bytes)
{
    int64_t answer = (int64_t)answer_bytes / BYTES_PER_TOKEN;
    struct amount more;
    if (++r->pieces > answer) /* most servers send one token a piece */
        answer = r->pieces;
    if (answer <= r->most)
        return true;
    /* the server writes more than it was told to, or the estimate is too high */
    more = (struct amount){answer - r->most, price_nano(&r->price, 0, 0, answer - r->most)};
    r->cut = !has_room(r, &more);
    if (r->cut)
        return false;
    hold(r, &more);
    r->most = answer;
    return true;
}

void ledger_charge(struct account *a, const struct amount *used)
{
    for (; a; a = a->above) {
        a->spent.tokens += used->tokens;
        a->spent.nano += used->nano;
    }
}

bool ledger_settle(struct reservation *r, const struct amount *used, const char *finish,
                   uint64_t now)
{
    const struct amount back = {-r->held.tokens, -r->held.nano};
    hold(r, &back);
    ledger_charge(r->account, used);
    ledger_rest(r, now);
    for (struct account *a = r->account; a; a = a->above)
        wake(a);
    r->account = NULL;
    return r->cut || (r->clipped_by && strcmp(finish, "length") == 0);
}
