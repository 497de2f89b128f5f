/* The client's end of the protocol, on a uv loop with callbacks. Finds the engine of a home, starts
 * one when none runs, and keeps the connection: when the engine dies (and is not stopped by a
 * person) it is started again, pending
 * requests are sent again (all requests of the protocol may be repeated; job.submit by its key) and
 * the subscription goes on behind the last event, without loss or double. */
#ifndef DISE_UI_CLIENT_H
#define DISE_UI_CLIENT_H

#include <uv.h>

#include "core/event.h"
#include "core/protocol.h"

struct client;
struct config_sources; /* core/config.h */

enum client_state {
    CLIENT_STARTING, /* connecting, or the engine is being started */
    CLIENT_READY,    /* hello has been answered */
    CLIENT_LOST,     /* the connection broke; it is being made again */
    CLIENT_STOPPED,  /* a person has stopped the engine: it is started when something is begun */
    CLIENT_FAILED,   /* given up; the sentence says why */
};

struct client_options {
    const char *home;   /* absolute */
    const char *name;   /* "tui", "run" … for the engine's log */
    bool start;         /* start an engine when none runs */
    bool stays;         /* lives on when a person stops the engine; else it has failed then */
    bool quiet;         /* do not replace or complain about other builds (stop, status) */
    const char *engine; /* its executable; NULL: dise-engine beside this one */
    const char *const *engine_args;      /* further arguments for it; ends with NULL; may be NULL */
    const struct config_sources *config; /* what goes with a job; borrowed; NULL: nothing does */
    /* All on the loop. `sentence` may be "". */
    void (*on_state)(void *arg, enum client_state state, const char *sentence);
    /* A remark for the person: another build is kept busy, a key that the engine lacks. */
    void (*on_note)(void *arg, const char *sentence);
    void (*on_event)(void *arg, const struct event *ev, const char *line);
    void *arg;
};

/* `result` is borrowed during the call, NULL when `info` (an error) is set. */
typedef void client_reply_fn(void *arg, struct json_object *result, const struct err_info *info);

/* Begins to connect; the strings of `options` are copied (engine_args borrowed). NULL: no memory.
 */
struct client *client_new(uv_loop_t *loop, const struct client_options *options);
/* Closes; pending requests get ERR_CANCELLED. Freed when the loop has run its close callbacks. */
void client_close(struct client *c);
enum client_state client_state(const struct client *c);

/* Sends a request, or keeps it until the connection stands. Takes `params` (NULL: {}). `reply` may
 * be NULL; called exactly once, at once when the configuration that goes with a job is broken. */
void client_call(struct client *c, enum protocol_method method, struct json_object *params,
                 client_reply_fn *reply, void *arg);
/* From now on on_event gets stored events of `job` (0: all) behind `after` (-1: only what comes)
 * and live ones. A second call replaces the first. */
void client_subscribe(struct client *c, int64_t job, int64_t after, bool ephemeral);
/* The last stored event seen. */
int64_t client_seq(const struct client *c);
/* The answer to hello, borrowed until the next one; NULL before. */
struct json_object *client_hello(const struct client *c);
/* 32 random hex digits: the key of a submission. */
void client_key(char out[33]);

#endif
