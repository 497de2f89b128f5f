#include "core/llm/backoff.h"

/* Even over 0 … most; the bias of the remainder is below 2^-32 for waits of minutes. */
static int64_t draw(uint64_t random, int64_t most)
{
    return most > 0 ? (int64_t)(random % ((uint64_t)most + 1)) : 0;
}

int64_t backoff_ms(const struct backoff *b, int failed, int64_t asked_ms, uint64_t random)
{
    int64_t window = b->base_ms;
    if (asked_ms > b->patience_ms)
        return -1;
    if (asked_ms > 0)
        return asked_ms + draw(random, asked_ms / 10);
    for (int i = 1; i < failed && window < b->most_ms; i++)
        window *= 2;
    return draw(random, window < b->most_ms ? window : b->most_ms);
}
