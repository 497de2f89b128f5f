/* What calls of models may cost. An account is the budget of one scope and lies within a wider one:
 * a call within its stage, job, batch, night and day. What a call may use at most is reserved in
 * all of them before it is sent, and what it has used is settled afterwards, so that calls which
 * run at the same time cannot overrun together what none of them would alone.
 *
 * Tokens are those read and written. Money is in billionths of a dollar (nano). Time is that during
 * which at least one call of the scope was at work: calls side by side use it together, and one
 * that waits, for its turn or before it is asked again, uses none. It is measured by a clock that
 * nobody sets (ms, uv_hrtime). On the loop's thread; ledger_begin on a fiber. */
#ifndef DISE_CORE_LEDGER_H
#define DISE_CORE_LEDGER_H

#include "core/job/fiber.h"
#include "core/llm/prices.h"

enum {
    LEDGER_LEAST_ANSWER = 16,
    LEDGER_USUAL_PROMPT =
        2048, /* tokens; what cannot pay a longer one may be worth something yet */
};

struct amount {
    int64_t tokens, nano;
};

struct account_waiter;

struct account {
    struct account *above; /* the next wider scope; NULL: none */
    const char *name;      /* whose it is, for sentences: "the", "the batch's", "today's" */
    enum err code;         /* when nothing is left: ERR_BUDGET; of a stage ERR_TOO_LARGE */
    struct amount limit;   /* 0: none */
    struct amount spent, reserved;
    int64_t limit_ms, busy_ms; /* busy_ms: without the calls that are at work now */
    int at_work;
    uint64_t since; /* ms; when at_work rose from 0 */
    bool refused;   /* what is left was too little for a call with a usual prompt */
    struct account_waiter *first, *last;
};

enum account_kind { ACCOUNT_TOKENS, ACCOUNT_MONEY, ACCOUNT_TIME };

/* A call between ledger_begin and ledger_settle. */
struct reservation {
    struct account *account; /* the narrowest; NULL: nothing is reserved */
    struct price price;
    struct amount held;
    int64_t most;                     /* tokens that the answer may have */
    int64_t pieces;                   /* of the answer so far */
    const struct account *clipped_by; /* whose rest is less than was asked for; NULL */
    enum account_kind clipped_kind;
    const struct account *timed_by; /* whose rest of time is */
    bool working;                   /* between ledger_work and ledger_rest */
    bool cut;                       /* the answer had to end */
};

/* What a call may cost at most; lowered by ledger_reserve to what is left. */
struct estimate {
    int64_t prompt; /* tokens, estimated */
    int max_tokens; /* of the answer */
    int total_ms;   /* 0: no limit */
    struct price price;
};

/* Now, as the functions below want it. */
uint64_t ledger_now(void);

/* Takes a's and all wider accounts' share for the call and lowers want->max_tokens and total_ms to
 * what is left. ERR_BUSY: less is left than it wants because of calls that are at work (*by:
 * where); what they do not use will be free again. The account's code, with a sentence: what is
 * left is too little for any answer, and the call must not be sent. */
enum err ledger_reserve(struct account *a, struct estimate *want, uint64_t now,
                        struct reservation *r, struct account **by,
                        struct err_info *info) MUST_CHECK;
/* The same; waits where the other gives ERR_BUSY. ERR_CANCELLED. */
enum err ledger_begin(struct account *a, struct estimate *want, struct reservation *r,
                      struct err_info *info) MUST_CHECK;
/* The call has its turn: its time counts from now on. Lowers *total_ms (0: no limit) to what is
 * left by now. The account's code, with a sentence: nothing is, and the call must not be sent. */
enum err ledger_work(struct reservation *r, uint64_t now, int *total_ms,
                     struct err_info *info) MUST_CHECK;
/* It is not at work any more, or not for a while; nothing when it was not. */
void ledger_rest(struct reservation *r, uint64_t now);
/* After each piece of the answer, which has so many bytes by now. False: it must end here. */
bool ledger_go_on(struct reservation *r, size_t answer_bytes);
/* The call has ended, well or not, and has used so much; ledger_rest included. True: its answer is
 * incomplete because of an account. `finish` as in llm_reply. */
bool ledger_settle(struct reservation *r, const struct amount *used, const char *finish,
                   uint64_t now);
/* Counts what no reservation was made for: calls that were cut off with the engine. */
void ledger_charge(struct account *a, const struct amount *used);

/* Time that the scope has used by now, ms. */
int64_t ledger_busy(const struct account *a, uint64_t now);
/* The narrowest of a and the wider accounts of which nothing useful is left, and of what; NULL:
 * there is none. `free`: the next call costs no money. */
const struct account *ledger_spent(const struct account *a, bool free, uint64_t now,
                                   enum account_kind *kind);
/* Whether a or a wider account has any limit. */
bool ledger_limited(const struct account *a);
/* "the budget of 180 tokens", "today's budget of $0.05", "the batch's budget of 90 s" */
void ledger_name(const struct account *a, enum account_kind kind, char out[120]);

#endif
