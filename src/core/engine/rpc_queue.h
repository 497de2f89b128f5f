/* What a connection of the RPC server still has to send: lines in order, one write at a time, and
 * token deltas that are merged until there is room. */
#ifndef DISE_CORE_RPC_QUEUE_H
#define DISE_CORE_RPC_QUEUE_H

#include <uv.h>

#include "core/event.h"

enum {
    RPC_QUEUE_FULL = 2 << 20, /* bytes; above it only replies are queued */
    RPC_DELTAS = 64,          /* streams merged at once */
    RPC_DELTA_MAX = 64 << 10, /* bytes of one merged stream; more is dropped and marked */
    RPC_FLUSH_MS = 16,
};

struct rpc_delta {
    int64_t job, stage, candidate, tokens;
    bool used, dropped, restart;
    struct buf text;
};

struct rpc_queue {
    uv_stream_t *stream;
    uv_write_t write;
    struct buf sending, waiting;
    bool busy, broken;
    void (*on_drained)(void *arg); /* below half of RPC_QUEUE_FULL */
    void (*on_broken)(void *arg);
    void *arg;
    struct rpc_delta deltas[RPC_DELTAS];
};

void rpc_queue_init(struct rpc_queue *q, uv_stream_t *stream, void (*on_drained)(void *),
                    void (*on_broken)(void *), void *arg);
/* After the stream's close callback. */
void rpc_queue_fini(struct rpc_queue *q);
void rpc_queue_send(struct rpc_queue *q, const char *line, size_t n);
bool rpc_queue_full(const struct rpc_queue *q);
/* Merges a token delta with what waits of its stream; false: too many streams wait. */
bool rpc_queue_add_delta(struct rpc_queue *q, const struct event *ev);
/* Takes one merged delta of the job (0: of any) whose text is put into `text`; false: none. */
bool rpc_queue_take_delta(struct rpc_queue *q, int64_t job, struct event *ev, struct buf *text);

#endif
