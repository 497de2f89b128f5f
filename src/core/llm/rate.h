/* What a backend may be asked in a minute: a log of the calls of the last window, so that no window
 * of that length, wherever it begins, holds more than the limits (a token bucket of the same rate
 * lets nearly the double through in one). Pure: the caller brings the clock (ms, monotonic). It
 * lives with the engine: after a restart the window is empty. */
#ifndef DISE_CORE_RATE_H
#define DISE_CORE_RATE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct rate_call {
    uint64_t at;
    int64_t tokens;
};

struct rate {
    int64_t requests, tokens; /* limits of a window; 0: none */
    uint64_t window_ms;
    struct rate_call *ring; /* of `cap` calls, the oldest at `first` */
    size_t cap, first, count;
    uint64_t number; /* of the oldest call */
    int64_t sum;     /* of the tokens in the ring */
};

void rate_init(struct rate *r, int64_t requests, int64_t tokens, uint64_t window_ms);
void rate_fini(struct rate *r);
/* ms until a call of so many tokens may begin; 0: now. One that is larger than the limit by itself
 * may begin when nothing else is in the window. */
uint64_t rate_wait(struct rate *r, uint64_t now, int64_t tokens);
/* It begins; *number names it. ERR_NOMEM. */
enum err rate_take(struct rate *r, uint64_t now, int64_t tokens, uint64_t *number) MUST_CHECK;
/* What it has really used. Unknown numbers (long ago) are nothing. */
void rate_settle(struct rate *r, uint64_t number, int64_t tokens);
/* Calls and tokens of the window that ends now. */
void rate_used(struct rate *r, uint64_t now, int64_t *requests, int64_t *tokens);

#endif
