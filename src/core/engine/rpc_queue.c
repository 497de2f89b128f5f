#include "core/engine/rpc_queue.h"

#include <string.h>

enum { HARD_MAX = 256 << 20 }; /* a client that asks for so much without reading is cut */

void rpc_queue_init(struct rpc_queue *q, uv_stream_t *stream, void (*on_drained)(void *),
                    void (*on_broken)(void *), void *arg)
{
    memset(q, 0, sizeof *q);
    q->stream = stream;
    q->on_drained = on_drained;
    q->on_broken = on_broken;
    q->arg = arg;
    buf_init(&q->sending, HARD_MAX);
    buf_init(&q->waiting, HARD_MAX);
    for (int i = 0; i < RPC_DELTAS; i++)
        buf_init(&q->deltas[i].text, RPC_DELTA_MAX);
}

void rpc_queue_fini(struct rpc_queue *q)
{
    buf_fini(&q->sending);
    buf_fini(&q->waiting);
    for (int i = 0; i < RPC_DELTAS; i++)
        buf_fini(&q->deltas[i].text);
}

bool rpc_queue_full(const struct rpc_queue *q)
{
    return q->sending.len + q->waiting.len > RPC_QUEUE_FULL;
}

static void broken(struct rpc_queue *q)
{
    if (q->broken)
        return;
    q->broken = true;
    q->on_broken(q->arg);
}

static void write_next(struct rpc_queue *q);

static void on_written(uv_write_t *write, int status)
{
    struct rpc_queue *q = write->data;
    bool was_full = rpc_queue_full(q);
    q->busy = false;
    buf_fini(&q->sending); /* a burst's memory is given back */
    if (status < 0) {
        if (status != UV_ECANCELED)
            broken(q);
        return;
    }
    write_next(q);
    if (was_full || q->waiting.len == 0)
        q->on_drained(q->arg);
}

static void write_next(struct rpc_queue *q)
{
    struct buf swap = q->sending;
    uv_buf_t piece;
    if (q->busy || q->broken || q->waiting.len == 0)
        return;
    q->sending = q->waiting;
    q->waiting = swap;
    q->busy = true;
    q->write.data = q;
    piece = uv_buf_init(q->sending.data, (unsigned)q->sending.len);
    if (uv_write(&q->write, q->stream, &piece, 1, on_written)) {
        q->busy = false;
        broken(q);
    }
}

void rpc_queue_send(struct rpc_queue *q, const char *line, size_t n)
{
    if (q->broken)
        return;
    if (buf_add(&q->waiting, line, n)) {
        broken(q);
        return;
    }
    write_next(q);
}

bool rpc_queue_add_delta(struct rpc_queue *q, const struct event *ev)
{
    const struct event_token_delta *d = &ev->u.token_delta;
    struct rpc_delta *slot = NULL;
    for (int i = 0; i < RPC_DELTAS; i++) {
        struct rpc_delta *at = &q->deltas[i];
        if (at->used && at->job == ev->job && at->stage == d->stage &&
            at->candidate == d->candidate) {
            slot = at;
            break;
        }
        if (!at->used && !slot)
            slot = at;
    }
    if (!slot)
        return false;
    if (!slot->used) {
        slot->used = true;
        slot->job = ev->job;
        slot->stage = d->stage;
        slot->candidate = d->candidate;
        slot->dropped = d->dropped;
        slot->restart = false;
    }
    if (d->restart) { /* what waits is void */
        buf_clear(&slot->text);
        slot->dropped = false;
        slot->restart = true;
    }
    slot->tokens = d->tokens;
    if (buf_adds(&slot->text, d->text ? d->text : "") == ERR_TOO_LARGE) {
        buf_clear(&slot->text);
        slot->dropped = true;
    }
    return true;
}

bool rpc_queue_take_delta(struct rpc_queue *q, int64_t job, struct event *ev, struct buf *text)
{
    for (int i = 0; i < RPC_DELTAS; i++) {
        struct rpc_delta *at = &q->deltas[i];
        if (!at->used || (job && at->job != job))
            continue;
        at->used = false;
        if (buf_add(text, at->text.data, at->text.len))
            continue;
        buf_fini(&at->text);
        memset(ev, 0, sizeof *ev);
        ev->type = EVENT_TOKEN_DELTA;
        ev->job = at->job;
        ev->u.token_delta.stage = at->stage;
        ev->u.token_delta.candidate = at->candidate;
        ev->u.token_delta.tokens = at->tokens;
        ev->u.token_delta.dropped = at->dropped;
        ev->u.token_delta.restart = at->restart;
        ev->u.token_delta.text = text->data;
        return true;
    }
    return false;
}
