#include "core/llm/breaker.h"

#include <string.h>

void breaker_init(struct breaker *b, int threshold, uint64_t first_ms, uint64_t most_ms)
{
    memset(b, 0, sizeof *b);
    b->threshold = threshold;
    b->first_ms = first_ms;
    b->most_ms = most_ms;
}

enum breaker_state breaker_state(const struct breaker *b, uint64_t now)
{
    if (!b->open_ms)
        return BREAKER_CLOSED;
    return now < b->until ? BREAKER_OPEN : BREAKER_HALF_OPEN;
}

const char *breaker_state_name(enum breaker_state s)
{
    static const char *const names[] = {"closed", "open", "half_open"};
    return names[s];
}

bool breaker_allows(const struct breaker *b, uint64_t now)
{
    enum breaker_state s = breaker_state(b, now);
    return s == BREAKER_CLOSED || (s == BREAKER_HALF_OPEN && !b->probing);
}

uint64_t breaker_wait(const struct breaker *b, uint64_t now)
{
    return breaker_state(b, now) == BREAKER_OPEN ? b->until - now : 0;
}

bool breaker_begin(struct breaker *b, uint64_t now)
{
    if (breaker_state(b, now) != BREAKER_HALF_OPEN)
        return false;
    return b->probing = true;
}

void breaker_succeed(struct breaker *b)
{
    b->failures = 0;
    b->open_ms = b->until = 0;
    b->probing = false;
}

static void open_for(struct breaker *b, uint64_t now, uint64_t ms)
{
    b->open_ms = ms < b->most_ms ? ms : b->most_ms;
    b->until = now + b->open_ms;
}

void breaker_fail(struct breaker *b, uint64_t now, bool probe)
{
    if (!b->threshold)
        return;
    b->failures++;
    if (probe) {
        b->probing = false;
        open_for(b, now, b->open_ms ? 2 * b->open_ms : b->first_ms);
    } else if (!b->open_ms && b->failures >= b->threshold) {
        open_for(b, now, b->first_ms);
    }
}

void breaker_drop(struct breaker *b, bool probe)
{
    if (probe)
        b->probing = false;
}

void breaker_hurry(struct breaker *b, uint64_t now)
{
    if (b->open_ms && b->until > now)
        b->until = now;
}
