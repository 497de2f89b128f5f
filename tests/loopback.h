/* A loopback server for unit tests of the wire formats: a thread that answers every request with
 * the same bytes, in pieces, and then closes, resets or hangs. Include after <cmocka.h>. */
#ifndef DISE_TESTS_LOOPBACK_H
#define DISE_TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/answer.h"

enum after { CLOSE, RESET, HANG };

struct server {
    int fd, port;
    pthread_t thread;
    const char *head;    /* status line and headers */
    const char *body;    /* sent in pieces of `piece` bytes */
    size_t piece;        /* 0: at once */
    enum after after;    /* what follows the body */
    const char *refuses; /* requests that contain this get `refusal`; NULL: none */
    const char *refusal; /* a whole response */
    int served;
    char request[65536];
    volatile bool saw_end; /* the client closed while the server hung */
};

static void reset(int fd)
{
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void read_request(struct server *s, int fd)
{
    size_t have = 0;
    const char *end, *length;
    memset(s->request, 0, sizeof s->request);
    for (;;) {
        ssize_t n = read(fd, s->request + have, sizeof s->request - 1 - have);
        if (n <= 0)
            return;
        have += (size_t)n;
        end = strstr(s->request, "\r\n\r\n");
        length = strstr(s->request, "Content-Length: ");
        if (end &&
            have >= (size_t)(end + 4 - s->request) + (length ? strtoul(length + 16, NULL, 10) : 0))
            return;
    }
}

static void send_all(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, text, n, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        text += done;
        n -= (size_t)done;
    }
}

static void *serve(void *arg)
{
    struct server *s = arg;
    char byte;
    for (;;) {
        int fd = accept(s->fd, NULL, NULL), one = 1;
        size_t n;
        if (fd < 0)
            return NULL;
        setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof one);
        read_request(s, fd);
        s->served++;
        if (s->refuses && strstr(s->request, s->refuses)) {
            send_all(fd, s->refusal, strlen(s->refusal));
            close(fd);
            continue;
        }
        send_all(fd, s->head, strlen(s->head));
        n = strlen(s->body);
        for (size_t at = 0; at < n; at += s->piece ? s->piece : n)
            send_all(fd, s->body + at, s->piece && s->piece < n - at ? s->piece : n - at);
        if (s->after == HANG)
            s->saw_end = read(fd, &byte, 1) <= 0;
        if (s->after == RESET)
            reset(fd);
        close(fd);
    }
}

/* ---- the client ---- */

struct world {
    struct server server;
    const struct backend_class *class;
    uv_loop_t loop;
    struct sched *sched;
    struct backend_config config;
    struct llm_request request;
    struct llm_reply reply;
    struct embed_request embed;
    struct embed_reply vectors;
    struct pull_request pull;
    struct err_info info;
    enum err code;
    struct json_object *models;
    char base_url[256], heard[4096];
    const char *url;  /* instead of base_url */
    const char *tail; /* behind base_url */
    const char *model;
    int stop_after, pieces;
    bool cancel;
    enum { ASK_CHAT, ASK_MODELS, ASK_EMBED, ASK_PULL } ask;
};

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct world *w = arg;
    snprintf(w->heard + strlen(w->heard), sizeof w->heard - strlen(w->heard), "%.*s", (int)n, text);
    return w->stop_after && ++w->pieces >= w->stop_after ? LLM_STOP : LLM_MORE;
}

static int world_begin(void **state, const struct backend_class *class, const char *head,
                       const char *body)
{
    struct world *w = *state = calloc(1, sizeof *w);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    w->class = class;
    w->tail = "";
    w->model = "m";
    w->request.seed = -1;
    w->server.head = head;
    w->server.body = body;
    w->server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(w->server.fd, (struct sockaddr *)&a, sizeof a) || listen(w->server.fd, 8) ||
        getsockname(w->server.fd, (struct sockaddr *)&a, &size))
        return -1;
    w->server.port = ntohs(a.sin_port);
    w->config = (struct backend_config){.name = "mine", .api_key = "sk-sesame"};
    llm_reply_init(&w->reply);
    embed_reply_init(&w->vectors);
    uv_loop_init(&w->loop);
    w->sched = sched_new(&w->loop);
    return pthread_create(&w->server.thread, NULL, serve, &w->server);
}

static int world_end(void **state)
{
    struct world *w = *state;
    int code;
    shutdown(w->server.fd, SHUT_RDWR);
    pthread_join(w->server.thread, NULL);
    close(w->server.fd);
    sched_close(w->sched);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&w->loop);
    llm_reply_fini(&w->reply);
    embed_reply_fini(&w->vectors);
    json_object_put(w->models);
    json_object_put(w->config.options);
    free(w);
    return code;
}

static enum err world_call(void *arg)
{
    static const struct llm_message messages[] = {{"system", "be short"}, {"user", "say \"hi\""}};
    struct world *w = arg;
    struct backend *b;
    snprintf(w->base_url, sizeof w->base_url, "http://127.0.0.1:%d%s", w->server.port, w->tail);
    w->config.base_url = w->url ? w->url : w->base_url;
    w->code = w->class->open(w->sched, &w->config, &b, &w->info);
    if (w->code)
        return w->code;
    w->request.model = w->embed.model = w->pull.model = w->model;
    if (!w->request.messages) {
        w->request.messages = messages;
        w->request.message_count = 2;
    }
    w->request.on_text = on_text;
    w->request.arg = w->pull.arg = w;
    if (!w->request.total_ms)
        w->request.total_ms = 60000;
    buf_clear(&w->reply.text);
    w->heard[0] = w->reply.finish[0] = 0;
    switch (w->ask) {
    case ASK_MODELS:
        w->code = b->class->models(b, 5000, &w->models, &w->info);
        break;
    case ASK_EMBED:
        w->code = b->class->embed(b, &w->embed, &w->vectors, &w->info);
        break;
    case ASK_PULL:
        w->code = b->class->pull(b, &w->pull, &w->info);
        break;
    default:
        w->code = b->class->chat(b, &w->request, &w->reply, &w->info);
    }
    b->class->close(b);
    return ERR_OK;
}

static enum err cancel_when_heard(void *arg)
{
    struct world *w = arg;
    struct fiber *f = fiber_spawn(w->sched, "call", world_call, w);
    enum err result;
    while (!w->heard[0] && !fiber_sleep(1))
        ;
    fiber_cancel(f);
    return fiber_join(f, &result);
}

static void run(struct world *w)
{
    fiber_detach(fiber_spawn(w->sched, "test", w->cancel ? cancel_when_heard : world_call, w), NULL,
                 NULL);
    sched_run(w->sched);
}

/* Feeds the stream cut at every two places and hands each whole reply to `check`. */
static inline void every_two_cuts(const struct answer_format *format, const char *stream, size_t n,
                                  void (*check)(const struct llm_reply *r))
{
    static const struct llm_request q = {.model = "m"};
    static const struct llm_server server = {.place = "mine", .model = "m"};
    static const struct http_response response;
    for (size_t i = 0; i <= n; i++) {
        for (size_t k = i; k <= n; k++) {
            struct llm_reply r;
            struct answer a;
            llm_reply_init(&r);
            answer_init(&a, format, &server, &q, &r);
            (void)answer_feed(&a, stream, i);
            (void)answer_feed(&a, stream + i, k - i);
            (void)answer_feed(&a, stream + k, n - k);
            assert_int_equal(answer_end(&a, &response, NULL), ERR_OK);
            answer_count(&a, ERR_OK);
            check(&r);
            answer_fini(&a);
            llm_reply_fini(&r);
        }
    }
}

/* Whether the server saw the client go, after a while at most. */
static inline bool server_told(struct world *w)
{
    for (int i = 0; i < 5000 && !w->server.saw_end; i++)
        usleep(1000);
    return w->server.saw_end;
}

/* What was asked, parsed; the caller puts. */
static inline struct json_object *asked(struct world *w)
{
    struct json_object *o = NULL;
    const char *body = strstr(w->server.request, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(json_parse(body + 4, strlen(body + 4), NULL, &o, &w->info), ERR_OK);
    return o;
}

#endif
