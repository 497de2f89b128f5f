/* What all calls have cost, and the accounts that are wider than a job: batch, night, day.
 *
 * The stored events are the truth: sums are read out of them when the engine starts, when a batch
 * is met and when the clock shows another day; between these they are kept in memory. A call counts
 * on the day, and in the night, on whose wall clock it ended. A day lasts from midnight to
 * midnight, a night, for batches only, from noon to noon, both of the local clock; where that is
 * set to another day, the sums are read anew. Call on a fiber. */
#ifndef DISE_CORE_SPEND_H
#define DISE_CORE_SPEND_H

#include "core/config.h"
#include "core/llm/ledger.h"
#include "core/store/store.h"

/* What model calls have cost. */
struct cost {
    int64_t calls, tokens_in, tokens_out;
    double dollars;
    int64_t ms; /* during which at least one was at work */
};

struct spend;

enum err spend_open(struct store *store, const struct config *config, struct spend **out,
                    struct err_info *info) MUST_CHECK;
void spend_close(struct spend *s); /* NULL: nothing happens */

/* Looks at the clock; call it before what the accounts hold is used. ERR_CANCELLED, those of the
 * store. */
enum err spend_look(struct spend *s, struct err_info *info) MUST_CHECK;
struct account *spend_day(struct spend *s);
/* The account of a batch, with the limits that it was ordered with; spend_leave follows. */
enum err spend_enter(struct spend *s, int64_t batch, struct account **out,
                     struct err_info *info) MUST_CHECK;
void spend_leave(struct spend *s, struct account *batch); /* NULL: nothing happens */
/* Today's money, dollars. */
double spend_today(const struct spend *s);

/* ---- out of the store; on one of its threads ---- */

/* Of one job: also the calls that were cancelled, and those before a crash. */
enum err cost_read(sqlite3 *db, int64_t job, struct cost *out, struct err_info *info) MUST_CHECK;
/* store_fn; `arg` is a struct spend_sums. Array of {day, backend, model, calls, cached,
 * tokens_in, tokens_cached, tokens_out, cost, ms}, the newest day first; day: "2026-11-28"; ms: of
 * all calls together. */
struct spend_sums {
    int64_t since;           /* ms since 1970 */
    struct json_object *out; /* the caller puts it */
};
enum err spend_read(sqlite3 *db, void *arg, struct err_info *info);
/* The midnight before `now`, and the one after; ms since 1970. */
int64_t spend_midnight(int64_t now, int days_on);

#endif
