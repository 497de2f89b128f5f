#include "ui/client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/build_id.h"
#include "base/path.h"
#include "ui/client_config.h"
#include "ui/engine_greeting.h"
#include "ui/engine_process.h"

enum {
    SLICE_MS = 2,       /* of one turn of the loop for events */
    RETRY_MS = 4,       /* between two attempts to connect */
    RETRY_SLOW_MS = 50, /* after the first second */
    RETRY_STOPPED_MS = 500,
    START_LIMIT_MS = 15000,
    RESTARTS_MAX =
        5, /* engines that died within a minute, without getting on, before it gives up */
    LINE_MAX_BYTES = 64 << 20,
};

static const char *const provider_keys[] = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY",
                                            "AZURE_OPENAI_API_KEY", NULL};

struct request {
    struct request *next;
    int64_t id;
    enum protocol_method method;
    char *line; /* as sent, so that it can be sent again */
    client_reply_fn *reply;
    void *arg;
};

struct client {
    struct client_options options;
    uv_loop_t *loop;
    struct engine_process engine;
    char build[BUILD_ID_SIZE]; /* of the engine's program */
    char home[PATH_SIZE], socket[PATH_SIZE], name[16];
    enum client_state state;
    struct err_info problem; /* why it has failed */
    uv_pipe_t pipe;
    uv_timer_t timer;
    uv_connect_t connect;
    bool pipe_open, closing, greeted, replacing;
    bool met;    /* an engine that it can work with, or replaced one that it could not */
    int handles; /* open or closing */
    uint64_t began;
    bool asked_start, told_start;
    int deaths;
    uint64_t first_death;
    struct buf in;
    size_t scanned; /* bytes of `in` known to hold no newline */
    int64_t next_id;
    struct request *requests;
    struct json_object *hello;
    struct client_config config;
    bool subscribed, ephemeral;
    int64_t sub_job, seq;
};

static void try_connect(struct client *c);
static void retry_soon(struct client *c);

/* ---- state ---- */

static void set_state(struct client *c, enum client_state state, const char *sentence)
{
    c->state = state;
    if (c->options.on_state)
        c->options.on_state(c->options.arg, state, sentence ? sentence : "");
}

static void note(void *arg, const char *sentence)
{
    struct client *c = arg;
    if (c->options.on_note)
        c->options.on_note(c->options.arg, sentence);
}

static void request_free(struct request *r)
{
    free(r->line);
    free(r);
}

static void fail_requests(struct client *c, enum err code, const char *sentence)
{
    struct err_info info;
    err_set(&info, code, "%s", sentence);
    while (c->requests) {
        struct request *r = c->requests;
        c->requests = r->next;
        if (r->reply)
            r->reply(r->arg, NULL, &info);
        request_free(r);
    }
}

static void give_up(struct client *c, enum err code, const char *sentence)
{
    char text[512];
    snprintf(text, sizeof text, "%s", sentence);
    uv_timer_stop(&c->timer);
    err_set(&c->problem, code, "%s", text);
    set_state(c, CLIENT_FAILED, text);
    fail_requests(c, code, text);
}

/* ---- sending ---- */

struct write {
    uv_write_t req;
    char *text;
};

static void on_written(uv_write_t *req, int status)
{
    struct write *w = (struct write *)req;
    (void)status; /* a broken pipe is told by the reader */
    free(w->text);
    free(w);
}

static void send_line(struct client *c, const char *line)
{
    struct write *w = calloc(1, sizeof *w);
    uv_buf_t piece;
    if (!w || !(w->text = strdup(line))) {
        free(w);
        return;
    }
    piece = uv_buf_init(w->text, (unsigned)strlen(w->text));
    if (uv_write(&w->req, (uv_stream_t *)&c->pipe, &piece, 1, on_written)) {
        free(w->text);
        free(w);
    }
}

static char *message_line(enum protocol_method method, struct json_object *params, int64_t id)
{
    struct json_object *o = json_object_new_object();
    struct buf b;
    json_add_str(o, "jsonrpc", "2.0");
    json_add_i64(o, "id", id);
    json_add_str(o, "method", protocol_name(method));
    json_object_object_add(o, "params", params ? params : json_object_new_object());
    buf_init(&b, PROTOCOL_REQUEST_MAX);
    if (json_print(&b, o) || buf_adds(&b, "\n"))
        buf_fini(&b);
    json_object_put(o);
    return b.len ? buf_take(&b) : NULL;
}

static void add_request(struct client *c, enum protocol_method method, struct json_object *params,
                        client_reply_fn *reply, void *arg, bool now)
{
    struct request *r = calloc(1, sizeof *r), **tail = &c->requests;
    struct err_info info;
    if (r) {
        r->id = ++c->next_id;
        r->method = method;
        r->reply = reply;
        r->arg = arg;
        r->line = message_line(method, params, r->id);
    }
    if (!r || !r->line) {
        err_set(&info, ERR_TOO_LARGE, "the request is larger than %d MB",
                PROTOCOL_REQUEST_MAX >> 20);
        free(r);
        if (reply)
            reply(arg, NULL, &info);
        return;
    }
    while (*tail)
        tail = &(*tail)->next;
    *tail = r;
    if (now)
        send_line(c, r->line);
}

/* A person wants something to be done, and does not only look. */
static bool begins(enum protocol_method method)
{
    return client_config_wanted(method) || method == METHOD_JOB_RETRY ||
           method == METHOD_BATCH_RESUME || method == METHOD_MODEL_INSTALL ||
           method == METHOD_MODEL_START;
}

void client_call(struct client *c, enum protocol_method method, struct json_object *params,
                 client_reply_fn *reply, void *arg)
{
    struct err_info info;
    if (c->state == CLIENT_FAILED || c->closing) {
        json_object_put(params);
        err_set(&info, ERR_CANCELLED, "the client ends");
        if (reply)
            reply(arg, NULL, c->state == CLIENT_FAILED ? &c->problem : &info);
        return;
    }
    if (c->config.sources && client_config_wanted(method)) {
        params = params ? params : json_object_new_object();
        if (client_config_add(&c->config, params, &info)) {
            json_object_put(params);
            if (reply)
                reply(arg, NULL, &info);
            return;
        }
    }
    add_request(c, method, params, reply, arg, c->greeted);
    if (c->state == CLIENT_STOPPED && begins(method)) {
        c->began = uv_now(c->loop);
        set_state(c, CLIENT_STARTING, "");
        if (!c->pipe_open)
            retry_soon(c);
    }
}

static void send_subscription(struct client *c)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "job", c->sub_job);
    json_add_i64(o, "after", c->seq);
    json_add_bool(o, "ephemeral", c->ephemeral);
    add_request(c, METHOD_SUBSCRIBE, o, NULL, NULL, true);
}

void client_subscribe(struct client *c, int64_t job, int64_t after, bool ephemeral)
{
    c->subscribed = true;
    c->sub_job = job;
    c->seq = after;
    c->ephemeral = ephemeral;
    if (c->greeted)
        send_subscription(c);
}

/* ---- receiving ---- */

static void reply_error(struct request *r, struct json_object *error)
{
    struct json_object *data = json_object_of(error, "data");
    struct err_info info;
    err_at(&info, err_by_name(json_str(data, "code", "INTERNAL")), json_str(data, "file", ""),
           (int)json_i64(data, "line", 0), (int)json_i64(data, "column", 0), "%s",
           json_str(error, "message", "the engine refused the request"));
    if (r->reply)
        r->reply(r->arg, NULL, &info);
}

static void got_reply(struct client *c, struct json_object *o)
{
    int64_t id = json_i64(o, "id", -1);
    for (struct request **at = &c->requests; *at; at = &(*at)->next) {
        struct request *r = *at;
        struct json_object *error = json_object_of(o, "error"), *result = json_get(o, "result");
        if (r->id != id)
            continue;
        *at = r->next;
        if (error)
            reply_error(r, error);
        else if (r->reply)
            r->reply(r->arg, result, NULL);
        request_free(r);
        return;
    }
}

static void got_event(struct client *c, struct json_object *params)
{
    struct event ev;
    if (event_decode(params, &ev) || !c->subscribed)
        return;
    if (ev.seq && ev.seq <= c->seq)
        return; /* seen before the connection broke */
    if (ev.seq) {
        c->seq = ev.seq;
        c->deaths = 0; /* an engine that gets on is started again as often as it takes */
    }
    if (c->options.on_event)
        c->options.on_event(c->options.arg, &ev,
                            json_object_to_json_string_ext(
                                params, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void got_line(struct client *c, const char *line, size_t n)
{
    struct json_object *o;
    if (json_parse(line, n, NULL, &o, NULL))
        return;
    if (strcmp(json_str(o, "method", ""), "event") == 0)
        got_event(c, json_object_of(o, "params"));
    else
        got_reply(c, o);
    json_object_put(o);
}

static void free_if_closed(struct client *c)
{
    if (c->handles)
        return;
    buf_fini(&c->in);
    json_object_put(c->hello);
    client_config_fini(&c->config);
    free(c);
}

static void on_retry(uv_timer_t *t)
{
    try_connect(t->data);
}

static void retry_soon(struct client *c)
{
    uint64_t waited = uv_now(c->loop) - c->began;
    uv_timer_start(&c->timer, on_retry,
                   c->state == CLIENT_STOPPED ? RETRY_STOPPED_MS
                   : waited < 1000            ? RETRY_MS
                                              : RETRY_SLOW_MS,
                   0);
}

static void on_handle_closed(uv_handle_t *h)
{
    struct client *c = h->data;
    c->handles--;
    if (c->closing)
        free_if_closed(c);
    else
        retry_soon(c);
}

static void drop_pipe(struct client *c)
{
    if (!c->pipe_open)
        return;
    c->pipe_open = c->greeted = false;
    buf_clear(&c->in);
    c->scanned = 0;
    uv_close((uv_handle_t *)&c->pipe, on_handle_closed);
}

static void lost(struct client *c)
{
    uint64_t now = uv_now(c->loop);
    bool was_ready = c->greeted;
    drop_pipe(c);
    if (c->closing || c->state == CLIENT_FAILED)
        return;
    c->engine.awaited = false;
    c->began = now;
    if (c->replacing || !was_ready)
        return;
    if (c->options.start && engine_process_was_stopped(c->socket)) {
        if (c->options.stays)
            set_state(c, CLIENT_STOPPED, "the engine was stopped; a task starts it again");
        else
            give_up(c, ERR_UNAVAILABLE, "the engine was stopped");
        return;
    }
    if (c->deaths++ == 0 || now - c->first_death > 60000) {
        c->deaths = 1;
        c->first_death = now;
    }
    if (!c->options.start || c->deaths > RESTARTS_MAX) {
        give_up(c, ERR_UNAVAILABLE,
                c->options.start ? "the engine ends again and again; its log is run/engine.log in "
                                   "the home folder, `dise doctor` may tell more"
                                 : "the engine has ended");
        return;
    }
    set_state(c, CLIENT_LOST, "the engine ended; starting it again");
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece);
static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out);

static void on_rested(uv_timer_t *timer)
{
    struct client *c = timer->data;
    if (c->pipe_open && !c->closing)
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
}

/* libuv reads half a megabyte in one turn of the loop when it is there: thousands of events, while
 * a key waits. */
static void rest(struct client *c)
{
    if (!c->pipe_open || c->closing || uv_hrtime() / 1000000 < uv_now(c->loop) + SLICE_MS)
        return;
    uv_read_stop((uv_stream_t *)&c->pipe);
    uv_timer_start(&c->timer, on_rested, 0, 0); /* connected, nothing else uses it */
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
    struct client *c = stream->data;
    char *newline;
    (void)piece;
    if (n < 0) {
        lost(c);
        return;
    }
    c->in.len += (size_t)n;
    c->in.data[c->in.len] = 0;
    while (c->pipe_open &&
           (newline = memchr(c->in.data + c->scanned, '\n', c->in.len - c->scanned))) {
        size_t len = (size_t)(newline - c->in.data);
        struct buf line = c->in; /* a callback may drop the connection and clear c->in */
        buf_init(&c->in, LINE_MAX_BYTES);
        c->scanned = 0;
        if (line.len > len + 1 && buf_add(&c->in, line.data + len + 1, line.len - len - 1))
            lost(c);
        line.data[len] = 0;
        got_line(c, line.data, len);
        buf_fini(&line);
    }
    c->scanned = c->in.len;
    rest(c);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct client *c = h->data;
    size_t len = c->in.len;
    static const char room[4096];
    (void)suggested;
    *out = uv_buf_init(NULL, 0);
    for (int i = 0; i < 4; i++)
        if (buf_add(&c->in, room, sizeof room))
            return;
    buf_truncate(&c->in, len);
    *out = uv_buf_init(c->in.data + len, 4 * sizeof room);
}

/* ---- connecting ---- */

/* What the person has to know of the engine's start, once. */
static void tell_start(struct client *c, struct json_object *result)
{
    const char *text = json_str(result, "note", "");
    if (*text && !c->options.quiet && !c->told_start) {
        c->told_start = true;
        note(c, text);
    }
}

static void on_started(void *arg, struct json_object *result, const struct err_info *info)
{
    if (!info)
        tell_start(arg, result);
}

static void on_hello(void *arg, struct json_object *result, const struct err_info *info)
{
    struct client *c = arg;
    bool other, busy;
    if (info) {
        if (info->code != ERR_CANCELLED)
            give_up(c, info->code, info->message);
        return;
    }
    json_object_put(c->hello);
    c->hello = json_object_get(result);
    other = c->build[0] && strcmp(json_str(result, "build", ""), c->build) != 0;
    busy = json_i64(result, "running", 0) + json_i64(result, "queued", 0) > 0;
    /* Before the first greeting only: two clients that ask for different things would replace it
     * for ever. */
    if ((other || (!c->met && greeting_outdated(result, c->options.engine_args))) && !busy &&
        c->options.start && !c->options.quiet) {
        c->met = c->met || !other; /* once is enough */
        c->replacing = true;
        add_request(c, METHOD_ENGINE_STOP, NULL, NULL, NULL, true);
        return; /* it closes the connection; try_connect starts the new one */
    }
    if (other && !c->options.quiet) {
        note(c, "the running engine is another build and has jobs; it is kept until they end "
                "(`dise restart` replaces it now)");
    }
    if (json_i64(result, "protocol", 0) != PROTOCOL_VERSION && !c->options.quiet) {
        give_up(c, ERR_VERSION,
                other ? "the running engine speaks another version of the protocol; "
                        "`dise restart` replaces it"
                      : "dise was replaced by another version while this ran; start it again");
        return;
    }
    if (!c->options.quiet && !c->met)
        greeting_remarks(result, c->options.engine_args, note, c);
    if (!c->options.quiet)
        greeting_missing_keys(result, note, c);
    c->replacing = false;
    c->greeted = c->met = true;
    tell_start(c, result);
    if (c->engine.awaited && !c->options.quiet && !c->asked_start) {
        c->asked_start = true; /* it opens its store after it has answered */
        add_request(c, METHOD_ENGINE_STATUS, NULL, on_started, c, true);
    }
    if (c->subscribed)
        send_subscription(c); /* first, so that nothing that comes of the requests is missed */
    for (struct request *r = c->requests; r; r = r->next)
        if (r->method != METHOD_SUBSCRIBE && r->reply != on_started)
            send_line(c, r->line);
    set_state(c, CLIENT_READY, "");
}

/* Drops what belongs to the old connection and must not be sent again. */
static void forget(struct client *c, enum protocol_method method)
{
    for (struct request **at = &c->requests; *at;) {
        struct request *r = *at;
        if (r->method != method || (r->reply && method != METHOD_HELLO)) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        request_free(r);
    }
}

static void say_hello(struct client *c)
{
    struct json_object *o = json_object_new_object(), *keys = json_object_new_array();
    build_id_of(c->engine.program, c->build); /* the file may be a newer one since this began */
    forget(c, METHOD_HELLO);
    forget(c, METHOD_SUBSCRIBE);
    forget(c, METHOD_ENGINE_STOP);
    for (int i = 0; provider_keys[i]; i++)
        if (getenv(provider_keys[i]) && *getenv(provider_keys[i]))
            json_object_array_add(keys, json_object_new_string(provider_keys[i]));
    json_add_i64(o, "protocol", PROTOCOL_VERSION);
    json_add_str(o, "build", c->build);
    json_add_str(o, "client", c->name);
    json_object_object_add(o, "keys", keys);
    add_request(c, METHOD_HELLO, o, on_hello, c, true);
}

static void on_connect(uv_connect_t *req, int status)
{
    struct client *c = req->data;
    struct err_info info;
    if (status == UV_ECANCELED || c->closing)
        return;
    if (status < 0) {
        drop_pipe(c); /* its close callback tries again */
        if (c->state == CLIENT_STOPPED)
            return;
        if (engine_process_failed(&c->engine, c->socket, &info)) {
            give_up(c, info.code, info.message);
            return;
        }
        if (!c->options.start) {
            give_up(c, ERR_NOT_FOUND, "no engine runs for this home");
            return;
        }
        if (uv_now(c->loop) - c->began > START_LIMIT_MS)
            give_up(c, ERR_TIMEOUT, "the engine does not answer; look into run/engine.log");
        else if (!c->engine.awaited &&
                 engine_process_start(&c->engine, c->home, c->options.engine_args, &info))
            give_up(c, info.code, info.message);
        return;
    }
    uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
    say_hello(c);
}

static void try_connect(struct client *c)
{
    if (c->closing || c->state == CLIENT_FAILED || c->pipe_open)
        return;
    if (!c->engine.awaited)
        engine_process_reap(&c->engine);
    uv_pipe_init(c->loop, &c->pipe, 0);
    c->pipe.data = c;
    c->connect.data = c;
    c->pipe_open = true;
    c->handles++;
    uv_pipe_connect(&c->connect, &c->pipe, c->socket, on_connect);
}

struct client *client_new(uv_loop_t *loop, const struct client_options *options)
{
    struct client *c = calloc(1, sizeof *c);
    struct err_info info;
    char run[PATH_SIZE];
    if (!c)
        return NULL;
    c->options = *options;
    c->config = (struct client_config){
        .sources = options->config, .note = options->on_note, .arg = options->arg};
    c->loop = loop;
    c->seq = -1;
    buf_init(&c->in, LINE_MAX_BYTES);
    snprintf(c->home, sizeof c->home, "%s", options->home);
    if (options->engine)
        snprintf(c->engine.program, sizeof c->engine.program, "%s", options->engine);
    else if (path_beside("dise-engine", c->engine.program, NULL))
        c->engine.program[0] = 0;
    snprintf(c->name, sizeof c->name, "%s", options->name);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->handles = 1;
    c->began = uv_now(loop);
    if (path_run(c->home, run, &info) || path_join(c->socket, run, "engine.sock")) {
        char text[512];
        give_up(c, info.code, err_format(&info, text, sizeof text));
        return c;
    }
    c->state = CLIENT_STARTING;
    try_connect(c);
    return c;
}

void client_close(struct client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    engine_process_reap(&c->engine);
    fail_requests(c, ERR_CANCELLED, "the client ends");
    drop_pipe(c);
    uv_close((uv_handle_t *)&c->timer, on_handle_closed);
}

enum client_state client_state(const struct client *c)
{
    return c->state;
}

int64_t client_seq(const struct client *c)
{
    return c->seq;
}

struct json_object *client_hello(const struct client *c)
{
    return c->hello;
}

void client_key(char out[33])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[16];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        memset(random, 0, sizeof random);
    for (int i = 0; i < 16; i++) {
        out[2 * i] = digits[random[i] >> 4];
        out[2 * i + 1] = digits[random[i] & 15];
    }
    out[32] = 0;
}
