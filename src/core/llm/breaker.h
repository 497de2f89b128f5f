/* Circuit breaker of one backend: after some failures in a row it is left alone for a while, then
 * one call may find out whether it is well again. Pure: the caller brings the clock (ms,
 * monotonic).
 *
 *     CLOSED --failures in a row--> OPEN --time--> HALF_OPEN --success--> CLOSED
 *                                    ^-------------- failure --'
 */
#ifndef DISE_CORE_BREAKER_H
#define DISE_CORE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
    int threshold;              /* failures in a row that open it; 0: it never opens */
    uint64_t first_ms, most_ms; /* how long it stays open: doubles with each probe that fails */
    int failures;               /* in a row */
    uint64_t open_ms;           /* the current time of being open; 0: closed */
    uint64_t until;             /* when it becomes half-open */
    bool probing;               /* the one call of the half-open state is under way */
};

void breaker_init(struct breaker *b, int threshold, uint64_t first_ms, uint64_t most_ms);
enum breaker_state breaker_state(const struct breaker *b, uint64_t now);
/* "closed", "open", "half_open" */
const char *breaker_state_name(enum breaker_state s);
/* Whether a call may be made now. */
bool breaker_allows(const struct breaker *b, uint64_t now);
/* ms until it is worth asking again; 0: now, or when the probe under way has ended. */
uint64_t breaker_wait(const struct breaker *b, uint64_t now);
/* A call begins; true: it is the probe, and its end must be told with `probe` set. Only when
 * breaker_allows. */
bool breaker_begin(struct breaker *b, uint64_t now);
/* A call has ended: well, or by the backend's fault. A failure of a call that began before the
 * breaker opened changes nothing any more; a success closes it always. */
void breaker_succeed(struct breaker *b);
void breaker_fail(struct breaker *b, uint64_t now, bool probe);
/* A call has ended without saying anything about the backend (it was cancelled). */
void breaker_drop(struct breaker *b, bool probe);
/* Somebody has reason to think that the backend is well again: the probe may go now. */
void breaker_hurry(struct breaker *b, uint64_t now);

#endif
