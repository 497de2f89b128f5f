#include "core/llm/rate.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_LEAST = 16 };

void rate_init(struct rate *r, int64_t requests, int64_t tokens, uint64_t window_ms)
{
    memset(r, 0, sizeof *r);
    r->requests = requests;
    r->tokens = tokens;
    r->window_ms = window_ms;
}

void rate_fini(struct rate *r)
{
    free(r->ring);
    memset(r, 0, sizeof *r);
}

static struct rate_call *call_at(const struct rate *r, size_t i)
{
    return &r->ring[(r->first + i) % r->cap];
}

static void forget_old(struct rate *r, uint64_t now)
{
    while (r->count && call_at(r, 0)->at + r->window_ms <= now) {
        r->sum -= call_at(r, 0)->tokens;
        r->first = (r->first + 1) % r->cap;
        r->count--;
        r->number++;
    }
}

/* When the call number i of the ring has left the window. */
static uint64_t until_gone(const struct rate *r, size_t i, uint64_t now)
{
    return call_at(r, i)->at + r->window_ms - now;
}

uint64_t rate_wait(struct rate *r, uint64_t now, int64_t tokens)
{
    uint64_t wait = 0, more;
    int64_t sum;
    forget_old(r, now);
    if (r->requests > 0 && (int64_t)r->count >= r->requests)
        wait = until_gone(r, r->count - (size_t)r->requests, now);
    sum = r->sum;
    for (size_t i = 0; r->tokens > 0 && i < r->count && sum + tokens > r->tokens; i++) {
        sum -= call_at(r, i)->tokens;
        more = until_gone(r, i, now);
        wait = more > wait ? more : wait;
    }
    return wait;
}

static enum err grow(struct rate *r)
{
    size_t cap = r->cap ? 2 * r->cap : CAP_LEAST;
    struct rate_call *ring = malloc(cap * sizeof *ring);
    if (!ring)
        return ERR_NOMEM;
    for (size_t i = 0; i < r->count; i++)
        ring[i] = *call_at(r, i);
    free(r->ring);
    r->ring = ring;
    r->cap = cap;
    r->first = 0;
    return ERR_OK;
}

enum err rate_take(struct rate *r, uint64_t now, int64_t tokens, uint64_t *number)
{
    *number = r->number + r->count;
    if (!r->requests && !r->tokens)
        return ERR_OK;
    forget_old(r, now);
    if (r->count == r->cap && grow(r))
        return ERR_NOMEM;
    *number = r->number + r->count;
    r->count++;
    *call_at(r, r->count - 1) = (struct rate_call){now, tokens};
    r->sum += tokens;
    return ERR_OK;
}

void rate_settle(struct rate *r, uint64_t number, int64_t tokens)
{
    struct rate_call *c;
    if (number < r->number || number - r->number >= r->count)
        return;
    c = call_at(r, (size_t)(number - r->number));
    r->sum += tokens - c->tokens;
    c->tokens = tokens;
}

void rate_used(struct rate *r, uint64_t now, int64_t *requests, int64_t *tokens)
{
    forget_old(r, now);
    *requests = (int64_t)r->count;
    *tokens = r->sum;
}
