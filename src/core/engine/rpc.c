#include "core/engine/rpc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "core/engine/rpc_queue.h"

enum {
    BACKLOG = 64,
    READ_BYTES = 32 << 10,
    BATCH = 256,     /* stored events read at once */
    CALLS_MAX = 256, /* requests of one connection at work; then it is not read */
};

enum feed {
    FEED_NONE,
    FEED_STORE, /* a fiber sends stored events; live ones are left to it */
    FEED_LIVE,
};

struct conn {
    struct conn *next;
    struct rpc *rpc;
    uv_pipe_t pipe;
    bool closing, paused;
    int users; /* the handle and the fibers that hold it */
    int calls; /* requests at work */
    struct buf in;
    size_t scanned;
    bool skipping; /* the rest of a line that was too long */
    struct rpc_queue out;
    enum feed feed;
    int64_t job, last, unseen; /* last sent; unseen: newest that FEED_STORE left out */
    int generation;            /* counts the subscriptions */
    bool ephemeral, watches;
};

struct rpc {
    struct sched *sched;
    struct rpc_options options;
    uv_pipe_t listener;
    uv_timer_t flush; /* merges token deltas for a moment */
    bool flushing, closing;
    int users;
    struct conn *conns;
    char socket[256];
};

/* ---- lifetime ---- */

static void rpc_drop(struct rpc *rpc)
{
    if (--rpc->users == 0)
        free(rpc);
}

static void conn_drop(struct conn *c)
{
    if (--c->users)
        return;
    buf_fini(&c->in);
    rpc_queue_fini(&c->out);
    rpc_drop(c->rpc);
    free(c);
}

static void on_conn_closed(uv_handle_t *h)
{
    conn_drop(h->data);
}

static void conn_close(struct conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    for (struct conn **at = &c->rpc->conns; *at; at = &(*at)->next) {
        if (*at != c)
            continue;
        *at = c->next;
        break;
    }
    uv_close((uv_handle_t *)&c->pipe, on_conn_closed);
}

/* ---- sending ---- */

static void feed_from_store(struct conn *c);
static void flush_deltas(struct conn *c, int64_t job);
static void regulate(struct conn *c);

static void on_drained(void *arg)
{
    struct conn *c = arg;
    if (c->closing)
        return;
    regulate(c);
    if (c->feed == FEED_LIVE && c->unseen > c->last)
        feed_from_store(c);
    else if (c->feed == FEED_LIVE)
        flush_deltas(c, 0);
}

static void on_broken(void *arg)
{
    conn_close(arg);
}

static void send_text(struct conn *c, struct buf *line)
{
    if (!c->closing && buf_adds(line, "\n") == ERR_OK)
        rpc_queue_send(&c->out, line->data, line->len);
}

static void reply(struct conn *c, struct json_object *id, struct json_object *result,
                  const struct err_info *error, int code)
{
    struct buf b;
    enum err e;
    buf_init(&b, 128 << 20);
    e = buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%s,",
                 id ? json_object_to_json_string_ext(id, JSON_C_TO_STRING_PLAIN) : "null");
    if (!e && error) {
        e = buf_addf(&b, "\"error\":{\"code\":%d,\"message\":", code);
        if (!e)
            e = json_quote(&b, error->message, strlen(error->message));
        if (!e)
            e = buf_addf(&b, ",\"data\":{\"code\":\"%s\",\"line\":%d,\"column\":%d,\"file\":",
                         err_name(error->code), error->line, error->column);
        if (!e)
            e = json_quote(&b, error->file, strlen(error->file));
        if (!e)
            e = buf_adds(&b, "}}}");
    } else if (!e) {
        e = buf_adds(&b, "\"result\":");
        if (!e && result)
            e = json_print(&b, result);
        else if (!e)
            e = buf_adds(&b, "{}");
        if (!e)
            e = buf_adds(&b, "}");
    }
    if (!e)
        send_text(c, &b);
    buf_fini(&b);
}

static void reply_error(struct conn *c, struct json_object *id, int code, enum err e,
                        const char *text)
{
    struct err_info info;
    err_set(&info, e, "%s", text);
    reply(c, id, NULL, &info, code);
}

/* ---- events ---- */

static void send_event_line(struct conn *c, const char *line)
{
    struct buf b;
    buf_init(&b, 32 << 20);
    if (buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":%s}", line) == ERR_OK)
        send_text(c, &b);
    buf_fini(&b);
}

static void send_event(struct conn *c, const struct event *ev)
{
    struct buf b;
    buf_init(&b, 32 << 20);
    if (event_encode(ev, &b) == ERR_OK)
        send_event_line(c, b.data);
    buf_fini(&b);
}

/* Sends what was merged; all of it, or only one job's before an event that comes after it. */
static void flush_deltas(struct conn *c, int64_t job)
{
    struct event ev;
    struct buf text;
    buf_init(&text, RPC_DELTA_MAX);
    while (rpc_queue_take_delta(&c->out, job, &ev, &text)) {
        send_event(c, &ev);
        buf_clear(&text);
    }
    buf_fini(&text);
}

static void on_flush(uv_timer_t *timer)
{
    struct rpc *rpc = timer->data;
    rpc->flushing = false;
    for (struct conn *c = rpc->conns; c; c = c->next)
        if (c->feed == FEED_LIVE && !rpc_queue_full(&c->out))
            flush_deltas(c, 0);
}

static void merge_delta(struct conn *c, const struct event *ev)
{
    if (!rpc_queue_add_delta(&c->out, ev) && c->feed == FEED_LIVE && !rpc_queue_full(&c->out)) {
        flush_deltas(c, 0);
        rpc_queue_add_delta(&c->out, ev);
    }
    if (c->rpc->flushing)
        return;
    c->rpc->flushing = true;
    uv_timer_start(&c->rpc->flush, on_flush, RPC_FLUSH_MS, 0);
}

static void offer_stored(struct conn *c, const struct event *ev)
{
    if (c->last < 0) /* subscribed to what comes: this is where it begins */
        c->last = c->unseen = ev->seq - 1;
    if (ev->seq <= c->last)
        return;
    if (c->feed == FEED_STORE || rpc_queue_full(&c->out) || c->unseen > c->last) {
        c->unseen = ev->seq; /* the store has it */
        return;
    }
    flush_deltas(c, ev->job);
    send_event(c, ev);
    c->last = c->unseen = ev->seq;
}

void rpc_event(struct rpc *rpc, const struct event *ev)
{
    for (struct conn *c = rpc->conns, *next; c; c = next) {
        next = c->next;
        if (c->feed == FEED_NONE || (c->job && ev->job && ev->job != c->job))
            continue;
        if (ev->seq)
            offer_stored(c, ev);
        else if (c->ephemeral && ev->type == EVENT_TOKEN_DELTA)
            merge_delta(c, ev);
        else if (c->ephemeral && !rpc_queue_full(&c->out))
            send_event(c, ev);
    }
}

struct feeder {
    struct conn *conn;
    int generation;
};

/* Sends stored events until none is left that the live feed would not bring. */
static enum err feed_main(void *arg)
{
    struct feeder *f = arg;
    struct conn *c = f->conn;
    enum err e = ERR_OK;
    while (!e && !c->closing && c->generation == f->generation) {
        struct json_object *list = NULL;
        size_t n = 0;
        int64_t upto = c->unseen;
        if (rpc_queue_full(&c->out)) {
            e = fiber_sleep(20);
            continue;
        }
        e = c->rpc->options.read_events(c->rpc->options.context, c->job, c->last, BATCH, &list);
        if (c->generation == f->generation && list)
            n = json_object_array_length(list);
        for (size_t i = 0; i < n; i++) {
            struct json_object *o = json_object_array_get_idx(list, i);
            c->last = json_i64(o, "seq", c->last);
            send_event_line(c, json_object_to_json_string_ext(
                                   o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        }
        json_object_put(list);
        if (n == 0 && c->unseen == upto)
            break;
    }
    if (e) {
        conn_close(c); /* a listener that connects again is better than one with a gap */
    } else if (c->generation == f->generation) {
        c->unseen = c->last;
        c->feed = FEED_LIVE;
        flush_deltas(c, 0);
    }
    conn_drop(c);
    free(f);
    return e;
}

static void feed_from_store(struct conn *c)
{
    struct feeder *f = calloc(1, sizeof *f);
    struct fiber *fiber;
    if (!f)
        return;
    *f = (struct feeder){c, c->generation};
    c->feed = FEED_STORE;
    c->users++;
    fiber = fiber_spawn(c->rpc->sched, "rpc feed", feed_main, f);
    if (!fiber) {
        c->users--;
        free(f);
        return;
    }
    fiber_detach(fiber, NULL, NULL);
}

static void subscribe(struct conn *c, struct json_object *id, struct json_object *params)
{
    int64_t after = json_i64(params, "after", -1);
    c->generation++;
    c->job = json_i64(params, "job", 0);
    c->ephemeral = json_flag(params, "ephemeral", false);
    c->last = c->unseen = after < 0 ? -1 : after;
    reply(c, id, NULL, NULL, 0);
    c->feed = FEED_LIVE;
    if (after >= 0)
        feed_from_store(c);
}

/* ---- requests ---- */

struct call {
    struct conn *conn;
    enum protocol_method method;
    struct json_object *message;
};

static enum err call_main(void *arg)
{
    struct call *call = arg;
    struct rpc_options *o = &call->conn->rpc->options;
    struct json_object *result = NULL;
    struct err_info info = {0};
    enum err e = o->handle(o->context, call->method, json_object_of(call->message, "params"),
                           &result, &info);
    if (e && !info.message[0])
        err_set(&info, e, "%s", err_text(e));
    info.code = e;
    reply(call->conn, json_get(call->message, "id"), result, e ? &info : NULL, RPC_ENGINE - (int)e);
    json_object_put(result);
    json_object_put(call->message);
    call->conn->calls--;
    regulate(call->conn);
    conn_drop(call->conn);
    free(call);
    return ERR_OK;
}

/* Takes `message`. */
static void dispatch(struct conn *c, struct json_object *message)
{
    struct json_object *id = json_get(message, "id");
    const char *name = json_str(message, "method", NULL);
    enum protocol_method method = protocol_by_name(name);
    struct call *call = NULL;
    struct fiber *f = NULL;
    if (!name)
        reply_error(c, id, RPC_INVALID, ERR_PROTOCOL, "the request has no method");
    else if (json_get(message, "params") && !json_object_of(message, "params"))
        reply_error(c, id, RPC_PARAMS, ERR_INPUT, "the parameters must be an object");
    else if (method == METHOD_COUNT)
        reply_error(c, id, RPC_NO_METHOD, ERR_UNSUPPORTED, "there is no such method");
    else if (method == METHOD_SUBSCRIBE)
        subscribe(c, id, json_object_of(message, "params"));
    else if (method == METHOD_UNSUBSCRIBE) {
        c->generation++;
        c->feed = FEED_NONE;
        reply(c, id, NULL, NULL, 0);
    } else if (method == METHOD_ENGINE_WATCH) { /* here, because it belongs to the connection */
        c->watches = json_flag(json_object_of(message, "params"), "on", true);
        reply(c, id, NULL, NULL, 0);
    } else if ((call = calloc(1, sizeof *call))) {
        *call = (struct call){c, method, message};
        c->users++;
        c->calls++;
        f = fiber_spawn(c->rpc->sched, name, call_main, call);
    }
    if (f) {
        fiber_detach(f, NULL, NULL);
        return;
    }
    if (call) {
        c->users--;
        c->calls--;
        free(call);
        reply_error(c, id, RPC_ENGINE, ERR_NOMEM, "out of memory");
    }
    json_object_put(message);
}

static void got_line(struct conn *c, const char *line, size_t n)
{
    struct json_object *o;
    struct err_info info;
    if (n == 0)
        return;
    if (json_parse(line, n, NULL, &o, &info)) {
        reply(c, NULL, NULL, &info, RPC_PARSE);
        return;
    }
    if (!json_object_is_type(o, json_type_object)) {
        reply_error(c, NULL, RPC_INVALID, ERR_PROTOCOL, "a request is one JSON object");
        json_object_put(o);
        return;
    }
    dispatch(c, o);
}

static void too_long(struct conn *c)
{
    char text[80];
    snprintf(text, sizeof text, "the request is longer than %d MB", PROTOCOL_REQUEST_MAX >> 20);
    reply_error(c, NULL, RPC_INVALID, ERR_TOO_LARGE, text);
    c->skipping = true;
    buf_clear(&c->in);
    c->scanned = 0;
}

static void take_lines(struct conn *c)
{
    size_t start = 0;
    while (!c->closing) {
        char *newline = c->in.len > c->scanned
                            ? memchr(c->in.data + c->scanned, '\n', c->in.len - c->scanned)
                            : NULL;
        if (!newline)
            break;
        size_t end = (size_t)(newline - c->in.data);
        *newline = 0;
        if (!c->skipping)
            got_line(c, c->in.data + start, end - start);
        c->skipping = false;
        start = c->scanned = end + 1;
    }
    buf_consume(&c->in, start);
    c->scanned = c->in.len;
    if (c->skipping)
        buf_clear(&c->in), c->scanned = 0;
    else if (c->in.len >= PROTOCOL_REQUEST_MAX)
        too_long(c);
}

static char read_room[READ_BYTES]; /* one loop, one thread */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    (void)h;
    (void)suggested;
    *out = uv_buf_init(read_room, sizeof read_room);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
    struct conn *c = stream->data;
    if (n < 0 || (n > 0 && buf_add(&c->in, piece->base, (size_t)n))) {
        conn_close(c);
        return;
    }
    take_lines(c);
    regulate(c);
}

/* A connection that asks faster than it reads, or than the engine answers, is not read until it has
 * caught up. */
static void regulate(struct conn *c)
{
    bool pause = c->calls >= CALLS_MAX || rpc_queue_full(&c->out);
    if (c->closing || pause == c->paused)
        return;
    c->paused = pause;
    if (pause)
        uv_read_stop((uv_stream_t *)&c->pipe);
    else
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
}

/* ---- connections ---- */

static bool same_user(uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    uv_os_fd_t fd;
    return uv_fileno((uv_handle_t *)pipe, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct rpc *rpc = listener->data;
    struct conn *c = status == 0 ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return;
    c->rpc = rpc;
    c->users = 1;
    rpc->users++;
    buf_init(&c->in, PROTOCOL_REQUEST_MAX + READ_BYTES);
    uv_pipe_init(listener->loop, &c->pipe, 0);
    c->pipe.data = c;
    rpc_queue_init(&c->out, (uv_stream_t *)&c->pipe, on_drained, on_broken, c);
    c->next = rpc->conns;
    rpc->conns = c;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) || !same_user(&c->pipe)) {
        log_line("a connection of another user was refused");
        conn_close(c);
        return;
    }
    uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
}

enum err rpc_open(struct sched *s, const char *socket, const struct rpc_options *options,
                  struct rpc **out, struct err_info *info)
{
    struct rpc *rpc = calloc(1, sizeof *rpc);
    int code;
    *out = NULL;
    if (!rpc)
        return err_set(info, ERR_NOMEM, "out of memory");
    rpc->sched = s;
    rpc->options = *options;
    snprintf(rpc->socket, sizeof rpc->socket, "%s", socket);
    uv_pipe_init(sched_loop(s), &rpc->listener, 0);
    uv_timer_init(sched_loop(s), &rpc->flush);
    rpc->listener.data = rpc->flush.data = rpc;
    rpc->users = 2;
    unlink(socket);
    code = uv_pipe_bind(&rpc->listener, socket);
    if (!code)
        code = uv_listen((uv_stream_t *)&rpc->listener, BACKLOG, on_connection);
    if (code) {
        rpc_close(rpc);
        return err_set(info, ERR_IO, "%s: %s", socket, uv_strerror(code));
    }
    *out = rpc;
    return ERR_OK;
}

static void on_handle_closed(uv_handle_t *h)
{
    rpc_drop(h->data);
}

void rpc_close(struct rpc *rpc)
{
    if (rpc->closing)
        return;
    rpc->closing = true;
    while (rpc->conns)
        conn_close(rpc->conns);
    unlink(rpc->socket);
    uv_close((uv_handle_t *)&rpc->listener, on_handle_closed);
    uv_close((uv_handle_t *)&rpc->flush, on_handle_closed);
}

int rpc_clients(const struct rpc *rpc)
{
    int n = 0;
    for (const struct conn *c = rpc->conns; c; c = c->next)
        n++;
    return n;
}

int rpc_watchers(const struct rpc *rpc)
{
    int n = 0;
    for (const struct conn *c = rpc->conns; c; c = c->next)
        n += c->watches;
    return n;
}

bool rpc_watched(const struct rpc *rpc)
{
    for (const struct conn *c = rpc->conns; c; c = c->next)
        if (c->feed != FEED_NONE && c->ephemeral)
            return true;
    return false;
}
