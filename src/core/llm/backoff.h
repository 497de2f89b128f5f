/* How long to wait before a call is made again: exponential, with full jitter, so that callers that
 * failed together do not come back together (the delay is drawn evenly from 0 to the window; the
 * window doubles). Pure: the caller brings the random number. */
#ifndef DISE_CORE_BACKOFF_H
#define DISE_CORE_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t base_ms, most_ms; /* the first window and the largest one */
    int64_t patience_ms;      /* the longest wait that a server may ask for */
};

/* Before the try after `failed` failed ones (1 and more). `asked_ms`: what the server asked for, 0:
 * nothing; never less than that is waited, and up to a tenth more, as others were told the same.
 * `random`: 64 even bits. -1: the server asks for more than there is patience. */
int64_t backoff_ms(const struct backoff *b, int failed, int64_t asked_ms, uint64_t random);

#endif
