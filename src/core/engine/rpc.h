/* The JSON-RPC server on a Unix socket. Each request runs on a fiber of its own; events go to the
 * connections that subscribed. A slow connection never slows the engine: its queue is bounded,
 * token deltas are merged and then dropped with a marker, and when even stored events pile up it is
 * fed from the store at its own pace. */
#ifndef DISE_CORE_RPC_H
#define DISE_CORE_RPC_H

#include "core/event.h"
#include "core/job/fiber.h"
#include "core/protocol.h"

struct rpc;

/* Handles one request on a fiber. `params` is an object, borrowed. Sets *result (taken by the
 * server; NULL: {}) or returns an error with its sentence. */
typedef enum err rpc_handler(void *context, enum protocol_method method, struct json_object *params,
                             struct json_object **result, struct err_info *info);

struct rpc_options {
    rpc_handler *handle;
    /* Stored events behind `after`, as jobs_events; called on a fiber. */
    enum err (*read_events)(void *context, int64_t job, int64_t after, int limit,
                            struct json_object **out);
    void *context;
};

/* Binds and listens; a stale socket file is replaced (the caller holds the engine's lock). */
enum err rpc_open(struct sched *s, const char *socket, const struct rpc_options *options,
                  struct rpc **out, struct err_info *info) MUST_CHECK;
/* Stops listening, closes all connections, removes the socket file. The memory is freed when the
 * loop has run the close callbacks and the handlers' fibers have ended. */
void rpc_close(struct rpc *rpc);
/* Sends the event to whoever subscribed to its job. On the loop. */
void rpc_event(struct rpc *rpc, const struct event *ev);
/* Connections, and whether one of them wants ephemeral events. */
int rpc_clients(const struct rpc *rpc);
bool rpc_watched(const struct rpc *rpc);
/* Connections that asked for the engine's samples (engine.watch); it ends with the connection. */
int rpc_watchers(const struct rpc *rpc);

#endif
