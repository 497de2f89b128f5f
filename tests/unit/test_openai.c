/* The chat-completions client against a loopback server (a thread) that behaves and misbehaves. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/openai.h"

/* ---- the server ---- */

enum after { CLOSE, RESET, HANG };

struct server {
    int fd, port;
    pthread_t thread;
    const char *head;    /* status line and headers */
    const char *body;    /* sent in pieces of `piece` bytes */
    size_t piece;        /* 0: at once */
    enum after after;    /* what follows the body */
    const char *refuses; /* requests that contain this get status 400; NULL: none */
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

static const char refused[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 41\r\n"
                              "Connection: close\r\n\r\n"
                              "{\"error\":{\"message\":\"unknown: format  \"}}";

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
            send_all(fd, refused, strlen(refused));
            close(fd);
            continue;
        }
        n = strlen(s->body);
        send_all(fd, s->head, strlen(s->head));
        for (size_t at = 0; at < n; at += s->piece ? s->piece : n)
            send_all(fd, s->body + at, s->piece && at + s->piece < n ? s->piece : n - at);
        if (s->after == HANG)
            s->saw_end = read(fd, &byte, 1) <= 0;
        if (s->after == RESET)
            reset(fd);
        close(fd);
    }
}

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Connection: close\r\n\r\n";

#define DELTA(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define USAGE                                                                                      \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":7,"               \
    "\"prompt_tokens_details\":{\"cached_tokens\":30}}}\n\n"
#define DONE "data: [DONE]\n\n"

/* ---- the client ---- */

struct world {
    struct server server;
    uv_loop_t loop;
    struct sched *sched;
    struct llm_request request;
    struct llm_reply reply;
    struct err_info info;
    enum err code;
    struct json_object *models;
    char base_url[64], heard[4096];
    const char *url; /* instead of base_url */
    int stop_after, pieces, cancel_ms;
    bool ask_models;
};

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct world *w = arg;
    snprintf(w->heard + strlen(w->heard), sizeof w->heard - strlen(w->heard), "%.*s", (int)n, text);
    return w->stop_after && ++w->pieces >= w->stop_after ? LLM_STOP : LLM_MORE;
}

static int begin(void **state)
{
    struct world *w = *state = calloc(1, sizeof *w);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    w->server.head = ok;
    w->server.body = DELTA("hel") DELTA("lo") USAGE DONE;
    w->server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(w->server.fd, (struct sockaddr *)&a, sizeof a) || listen(w->server.fd, 8) ||
        getsockname(w->server.fd, (struct sockaddr *)&a, &size))
        return -1;
    w->server.port = ntohs(a.sin_port);
    snprintf(w->base_url, sizeof w->base_url, "http://127.0.0.1:%d/v1/", w->server.port);
    llm_reply_init(&w->reply);
    uv_loop_init(&w->loop);
    w->sched = sched_new(&w->loop);
    return pthread_create(&w->server.thread, NULL, serve, &w->server);
}

static int end(void **state)
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
    json_object_put(w->models);
    free(w);
    return code;
}

static enum err call(void *arg)
{
    struct world *w = arg;
    const struct backend_config config = {
        .name = "local", .base_url = w->url ? w->url : w->base_url, .api_key = "sk-sesame"};
    static const struct llm_message messages[] = {{"system", "be short"}, {"user", "say \"hi\""}};
    struct backend *b;
    w->code = openai_backend.open(w->sched, &config, &b, &w->info);
    if (w->code)
        return w->code;
    w->request.model = "m";
    w->request.messages = messages;
    w->request.message_count = 2;
    w->request.on_text = on_text;
    w->request.arg = w;
    if (!w->request.total_ms)
        w->request.total_ms = 60000;
    if (w->ask_models)
        w->code = b->class->models(b, 5000, &w->models, &w->info);
    else
        w->code = b->class->chat(b, &w->request, &w->reply, &w->info);
    b->class->close(b);
    return ERR_OK;
}

static enum err cancel_later(void *arg)
{
    struct world *w = arg;
    struct fiber *f = fiber_spawn(w->sched, "call", call, w);
    enum err result;
    while (!w->heard[0] && !fiber_sleep(1))
        ;
    fiber_cancel(f);
    return fiber_join(f, &result);
}

static void run(struct world *w)
{
    fiber_fn *fn = w->cancel_ms ? cancel_later : call;
    fiber_detach(fiber_spawn(w->sched, "test", fn, w), NULL, NULL);
    sched_run(w->sched);
}

/* ---- tests ---- */

static void a_stream_is_read_whatever_its_pieces(void **state)
{
    struct world *w = *state;
    w->server.piece = 1;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.text.data, "hello");
    assert_string_equal(w->heard, "hello");
    assert_string_equal(w->reply.finish, "stop");
    assert_int_equal(w->reply.tokens_in, 40);
    assert_int_equal(w->reply.tokens_cached, 30);
    assert_int_equal(w->reply.tokens_out, 7);
    assert_false(w->reply.estimated);
}

static void the_request_says_what_was_asked(void **state)
{
    struct world *w = *state;
    struct json_object *o;
    const char *body;
    w->request.temperature = 0.5;
    w->request.max_tokens = 99;
    w->request.seed = 3;
    w->request.schema = "{\"type\":\"object\"}";
    run(w);
    assert_non_null(strstr(w->server.request, "POST /v1/chat/completions HTTP/1.1\r\n"));
    assert_non_null(strstr(w->server.request, "Authorization: Bearer sk-sesame\r\n"));
    body = strstr(w->server.request, "\r\n\r\n") + 4;
    assert_int_equal(json_parse(body, strlen(body), NULL, &o, NULL), ERR_OK);
    assert_true(json_flag(o, "stream", false));
    assert_int_equal(json_i64(o, "max_tokens", 0), 99);
    assert_int_equal(json_i64(o, "seed", 0), 3);
    assert_string_equal(
        json_str(json_object_array_get_idx(json_array(o, "messages"), 1), "content", ""),
        "say \"hi\"");
    assert_string_equal(json_str(json_object_of(o, "response_format"), "type", ""), "json_schema");
    json_object_put(o);
}

static void a_server_that_knows_no_schema_is_asked_without(void **state)
{
    struct world *w = *state;
    w->request.schema = "{\"type\":\"object\"}";
    w->server.refuses = "response_format";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.text.data, "hello");
    assert_string_equal(w->reply.finish, "stop");
    assert_int_equal(w->server.served, 2);
    assert_null(strstr(w->server.request, "response_format"));
}

static void what_is_refused_for_another_reason_stays_refused(void **state)
{
    struct world *w = *state;
    w->server.refuses = "messages";
    run(w);
    assert_int_equal(w->code, ERR_HTTP_CLIENT);
    assert_int_equal(w->server.served, 1);
    w->request.schema = "{\"type\":\"object\"}";
    run(w);
    assert_int_equal(w->code, ERR_HTTP_CLIENT);
    assert_int_equal(w->server.served, 3);
}

static void without_its_end_mark_it_is_broken(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("half");
    run(w);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_string_equal(w->reply.text.data, "half");
    assert_string_equal(w->reply.finish, "error");
    assert_true(w->reply.estimated); /* what was streamed cost tokens */
    assert_int_equal(w->reply.tokens_out, 1);
    assert_true(w->reply.tokens_in > 0);
}

static void that_the_model_has_finished_is_an_end_mark_as_well(void **state)
{
    struct world *w = *state;
    w->server.body =
        DELTA("all") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.finish, "length");
}

static void a_reset_in_the_middle(void **state)
{
    struct world *w = *state;
    w->server.head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    w->server.body = DELTA("half");
    w->server.after = RESET;
    run(w);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_true(err_retryable(w->code));
}

static void enough_is_enough(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("a") DELTA("b") DELTA("c");
    w->server.after = HANG;
    w->stop_after = 2;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.finish, "cut");
    assert_string_equal(w->reply.text.data, "ab");
    for (int i = 0; i < 5000 && !w->server.saw_end; i++)
        usleep(1000);
    assert_true(w->server.saw_end); /* the server is told, and stops generating */
}

#define TIMED(text, n)                                                                             \
    "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}],\"timings\":{\"cache_n\":30,"     \
    "\"prompt_n\":12,\"predicted_n\":" n "}}\n\n"

static void a_cut_stream_is_counted_by_the_server(void **state)
{
    struct world *w = *state;
    w->server.body = TIMED("a", "4") TIMED("b", "9") TIMED("c", "11");
    w->server.after = HANG;
    w->stop_after = 2;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_int_equal(w->reply.tokens_in, 42);
    assert_int_equal(w->reply.tokens_cached, 30);
    assert_int_equal(w->reply.tokens_out, 9);
    assert_false(w->reply.estimated);
    assert_non_null(strstr(w->server.request, "\"timings_per_token\":true"));
}

static void silence_before_the_first_token(void **state)
{
    struct world *w = *state;
    w->server.body = ": ping\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    w->server.after = HANG;
    w->request.first_token_ms = 100;
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
    assert_non_null(strstr(w->info.message, "llm.first_token_ms"));
    assert_string_equal(w->reply.text.data, "");
}

static void silence_between_tokens(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("a");
    w->server.after = HANG;
    w->request.between_tokens_ms = 100;
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
    assert_string_equal(w->reply.text.data, "a");
    assert_int_equal(w->reply.tokens_out, 1);
}

static void the_total_time_is_limited(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("a");
    w->server.after = HANG;
    w->request.total_ms = 150;
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
}

static void a_cancelled_call_ends_and_closes(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("a");
    w->server.after = HANG;
    w->cancel_ms = 1;
    run(w);
    assert_int_equal(w->code, ERR_CANCELLED);
    for (int i = 0; i < 5000 && !w->server.saw_end; i++)
        usleep(1000);
    assert_true(w->server.saw_end);
}

static void refusals_have_their_codes_and_keep_the_key_secret(void **state)
{
    static const struct {
        const char *status, *body;
        enum err code;
        const char *words;
    } cases[] = {
        {"401 Unauthorized", "{\"error\":{\"message\":\"bad key sk-sesame\"}}", ERR_HTTP_AUTH,
         "401"},
        {"403 Forbidden", "", ERR_HTTP_AUTH, "403"},
        {"404 Not Found", "{\"error\":{\"message\":\"no model m\"}}", ERR_HTTP_MODEL, "no model m"},
        {"429 Too Many", "{\"error\":\"slow down\"}", ERR_HTTP_RATE, "slow down"},
        {"500 Oops", "<html>", ERR_HTTP_SERVER, "500"},
        {"503 Busy", "{\"error\":{\"message\":\"loading\"}}", ERR_HTTP_SERVER, "loading"},
    };
    struct world *w = *state;
    char head[128];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", cases[i].status,
                 strlen(cases[i].body));
        w->server.head = head;
        w->server.body = cases[i].body;
        run(w);
        assert_int_equal(w->code, cases[i].code);
        assert_non_null(strstr(w->info.message, cases[i].words));
        assert_null(strstr(w->info.message, "sesame"));
        assert_int_equal(w->reply.tokens_in, 0);
    }
}

static void an_error_inside_the_stream(void **state)
{
    struct world *w = *state;
    w->server.body =
        DELTA("a") "data: {\"error\":{\"code\":429,\"message\":\"out of memory\"}}\n\n";
    run(w);
    assert_int_equal(w->code, ERR_HTTP_RATE);
    assert_non_null(strstr(w->info.message, "out of memory"));
}

static void garbage_is_named_as_such(void **state)
{
    static const char *const bodies[] = {"data: {\"choices\":\n\n", "data: \xff\n\n",
                                         "data: 5 6\n\n"};
    struct world *w = *state;
    for (int i = 0; i < 3; i++) {
        w->server.body = bodies[i];
        run(w);
        assert_int_equal(w->code, ERR_PROTOCOL);
    }
    w->server.body = "data: null\n\ndata: []\n\ndata: {\"choices\":[null]}\n\n"
                     "data: {\"choices\":[{\"delta\":5}]}\n\n" DONE; /* odd, but harmless */
    run(w);
    assert_int_equal(w->code, ERR_OK);
}

static void characters_arrive_whole(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("\\u00e9\\ud83d\\ude00") DELTA("\\u001b[31m\\u0007") DONE;
    w->server.piece = 7;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.text.data, "\xC3\xA9\xF0\x9F\x98\x80\x1b[31m\x07");
}

static void an_endless_answer_is_refused(void **state)
{
    struct world *w = *state;
    enum { SIZE = 3 << 20 };
    static char body[SIZE + 100]; /* the server may still be sending it afterwards */
    strcpy(body, "data: {\"choices\":[{\"delta\":{\"content\":\"");
    memset(body + strlen(body), 'x', SIZE - 100);
    strcpy(body + SIZE - 100, "\"}}]}\n\n");
    w->server.body = body;
    run(w);
    assert_int_equal(w->code, ERR_TOO_LARGE);
}

static void nobody_there(void **state)
{
    struct world *w = *state;
    w->url = "http://127.0.0.1:1/v1";
    run(w);
    assert_int_equal(w->code, ERR_NET_CONNECT);
    w->url = "gopher://127.0.0.1/v1";
    run(w);
    assert_int_equal(w->code, ERR_INPUT);
}

static void a_proxy_does_not_stand_before_this_machine(void **state)
{
    struct world *w = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    run(w);
    unsetenv("http_proxy");
    assert_int_equal(w->code, ERR_OK);
}

static void models_are_listed(void **state)
{
    struct world *w = *state;
    w->ask_models = true;
    w->server.head = "HTTP/1.1 200 OK\r\nContent-Length: 57\r\n\r\n";
    w->server.body = "{\"data\":[{\"id\":\"a\"},{\"name\":\"x\"},5,{\"id\":\"b\"}],\"x\":1    }";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(json_object_to_json_string_ext(w->models, JSON_C_TO_STRING_PLAIN),
                        "[\"a\",\"b\"]");
    assert_non_null(strstr(w->server.request, "GET /v1/models HTTP/1.1\r\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_is_read_whatever_its_pieces),
        TEST(the_request_says_what_was_asked),
        TEST(a_server_that_knows_no_schema_is_asked_without),
        TEST(what_is_refused_for_another_reason_stays_refused),
        TEST(without_its_end_mark_it_is_broken),
        TEST(that_the_model_has_finished_is_an_end_mark_as_well),
        TEST(a_reset_in_the_middle),
        TEST(enough_is_enough),
        TEST(a_cut_stream_is_counted_by_the_server),
        TEST(silence_before_the_first_token),
        TEST(silence_between_tokens),
        TEST(the_total_time_is_limited),
        TEST(a_cancelled_call_ends_and_closes),
        TEST(refusals_have_their_codes_and_keep_the_key_secret),
        TEST(an_error_inside_the_stream),
        TEST(garbage_is_named_as_such),
        TEST(characters_arrive_whole),
        TEST(an_endless_answer_is_refused),
        TEST(nobody_there),
        TEST(a_proxy_does_not_stand_before_this_machine),
        TEST(models_are_listed),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
