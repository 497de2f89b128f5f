/* The RPC server against odd clients: garbage, oversize, slow, dead, greedy. Server and clients
 * share this thread: the loop is pumped while a client waits. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/engine/rpc.h"

enum { PATIENCE_S = 60, EVENT_TEXT = 2000 };

struct world {
    uv_loop_t loop;
    struct sched *sched;
    struct rpc *rpc;
    char folder[64], socket[96];
    int64_t stored; /* events 1…stored exist; odd ones belong to job 1, even ones to job 2 */
    int handled;
    bool block; /* handlers wait until they are let go */
    bool broken;
};

struct peer {
    int fd;
    struct buf in;
};

static char filler[EVENT_TEXT + 1];

/* ---- the engine's side ---- */

static void make_event(int64_t seq, struct event *ev)
{
    memset(ev, 0, sizeof *ev);
    ev->type = EVENT_JOB_NOTE;
    ev->seq = seq;
    ev->job = seq % 2 ? 1 : 2;
    ev->u.job_note.level = "info";
    ev->u.job_note.text = filler;
}

static enum err read_events(void *context, int64_t job, int64_t after, int limit,
                            struct json_object **out)
{
    struct world *w = context;
    enum err e = fiber_yield();
    *out = NULL;
    if (w->broken)
        return ERR_IO;
    *out = json_object_new_array();
    for (int64_t seq = after + 1; !e && seq <= w->stored && limit > 0; seq++) {
        struct event ev;
        struct buf line;
        struct json_object *o = NULL;
        make_event(seq, &ev);
        if (job && ev.job != job)
            continue;
        limit--;
        buf_init(&line, 1 << 20);
        e = event_encode(&ev, &line);
        if (!e)
            e = json_parse(line.data, line.len, NULL, &o, NULL);
        buf_fini(&line);
        json_object_array_add(*out, o);
    }
    return e;
}

static void store_and_tell(struct world *w, int64_t n)
{
    while (n-- > 0) {
        struct event ev;
        make_event(++w->stored, &ev);
        rpc_event(w->rpc, &ev);
    }
}

static void tell_delta(struct world *w, int64_t candidate, const char *text)
{
    struct event ev = {.type = EVENT_TOKEN_DELTA, .job = 1};
    ev.u.token_delta.stage = 1;
    ev.u.token_delta.candidate = candidate;
    ev.u.token_delta.text = text;
    rpc_event(w->rpc, &ev);
}

static enum err handle(void *context, enum protocol_method method, struct json_object *params,
                       struct json_object **result, struct err_info *info)
{
    struct world *w = context;
    enum err e = fiber_yield();
    while (!e && w->block)
        e = fiber_sleep(1);
    w->handled++;
    if (method == METHOD_JOB_CANCEL)
        return err_at(info, ERR_NOT_FOUND, "a\"b.yaml", 3, 7, "there is no job \x1b[31m%lld",
                      (long long)json_i64(params, "job", 0));
    *result = json_object_new_object();
    json_add_str(*result, "method", protocol_name(method));
    return e;
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct rpc_options options = {handle, read_events, w};
    strcpy(w->folder, "/tmp/dise-rpc-XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    snprintf(w->socket, sizeof w->socket, "%s/s", w->folder);
    memset(filler, 'x', EVENT_TEXT);
    uv_loop_init(&w->loop);
    w->sched = sched_new(&w->loop);
    *state = w;
    return rpc_open(w->sched, w->socket, &options, &w->rpc, NULL) ? -1 : 0;
}

/* Whatever a test did, nothing may be left on the loop. */
static int end(void **state)
{
    struct world *w = *state;
    int code;
    if (w->rpc)
        rpc_close(w->rpc);
    w->block = false;
    sched_run(w->sched);
    sched_close(w->sched);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&w->loop);
    code |= access(w->socket, F_OK) == 0; /* the socket file goes with the server */
    code |= rmdir(w->folder);
    free(w);
    return code;
}

/* ---- a client ---- */

static struct peer *dial(struct world *w)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct peer *p = calloc(1, sizeof *p);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", w->socket);
    p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(p->fd, (struct sockaddr *)&address, sizeof address), 0);
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    buf_init(&p->in, 1 << 30);
    return p;
}

static void hang_up(struct peer *p)
{
    close(p->fd);
    buf_fini(&p->in);
    free(p);
}

static void pump(struct world *w)
{
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

static uint64_t deadline(void)
{
    return uv_hrtime() + PATIENCE_S * UINT64_C(1000000000);
}

static void put(struct world *w, struct peer *p, const char *text, size_t n)
{
    uint64_t until = deadline();
    while (n > 0 && uv_hrtime() < until) {
        ssize_t done = send(p->fd, text, n, MSG_NOSIGNAL);
        assert_true(done > 0 || errno == EAGAIN);
        if (done > 0) {
            text += done;
            n -= (size_t)done;
        }
        pump(w);
    }
    assert_int_equal(n, 0);
}

static void puts_line(struct world *w, struct peer *p, const char *text)
{
    put(w, p, text, strlen(text));
    put(w, p, "\n", 1);
}

/* The next line as JSON (put it); NULL at the end of the connection. */
static struct json_object *get(struct world *w, struct peer *p)
{
    uint64_t until = deadline();
    static char piece[65536];
    char *newline;
    while (!(newline = memchr(p->in.data, '\n', p->in.len))) {
        ssize_t n = recv(p->fd, piece, sizeof piece, 0);
        if (n == 0)
            return NULL;
        if (n > 0)
            assert_int_equal(buf_add(&p->in, piece, (size_t)n), ERR_OK);
        else
            assert_int_equal(errno, EAGAIN);
        pump(w);
        assert_true(uv_hrtime() < until);
    }
    struct json_object *o = NULL;
    size_t n = (size_t)(newline - p->in.data);
    assert_int_equal(json_parse(p->in.data, n, NULL, &o, NULL), ERR_OK);
    buf_consume(&p->in, n + 1);
    return o;
}

static void expect_error(struct world *w, struct peer *p, int code, const char *words)
{
    struct json_object *o = get(w, p), *error = json_object_of(o, "error");
    assert_int_equal(json_i64(error, "code", 0), code);
    assert_non_null(strstr(json_str(error, "message", ""), words));
    json_object_put(o);
}

static void expect_answer(struct world *w, struct peer *p, int64_t id)
{
    struct json_object *o = get(w, p);
    assert_non_null(o);
    assert_non_null(json_get(o, "result"));
    assert_int_equal(json_i64(o, "id", -1), id);
    json_object_put(o);
}

static void ask(struct world *w, struct peer *p, int id)
{
    char line[100];
    snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"engine.status\"}", id);
    puts_line(w, p, line);
}

static void subscribe(struct world *w, struct peer *p, int job, int after)
{
    char line[160];
    snprintf(line, sizeof line,
             "{\"id\":0,\"method\":\"subscribe\",\"params\":{\"job\":%d,\"after\":%d,"
             "\"ephemeral\":true}}",
             job, after);
    puts_line(w, p, line);
    expect_answer(w, p, 0);
}

static void expect_event(struct world *w, struct peer *p, int64_t seq)
{
    struct json_object *o = get(w, p);
    assert_string_equal(json_str(o, "method", ""), "event");
    assert_int_equal(json_i64(json_object_of(o, "params"), "seq", 0), seq);
    json_object_put(o);
}

/* ---- requests ---- */

static void bad_requests_get_an_error_and_the_connection_lives(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    puts_line(w, p, "garbage");
    expect_error(w, p, RPC_PARSE, "JSON");
    puts_line(w, p, "{\"id\":1,\"method\":\"hello\"");
    expect_error(w, p, RPC_PARSE, "JSON");
    puts_line(w, p, "\xff\xfe");
    expect_error(w, p, RPC_PARSE, "JSON");
    puts_line(w, p, "null");
    expect_error(w, p, RPC_INVALID, "one JSON object");
    puts_line(w, p, "[{\"id\":1,\"method\":\"hello\"}]");
    expect_error(w, p, RPC_INVALID, "one JSON object");
    puts_line(w, p, "{\"id\":1}");
    expect_error(w, p, RPC_INVALID, "no method");
    puts_line(w, p, "{\"id\":1,\"method\":\"rm\"}");
    expect_error(w, p, RPC_NO_METHOD, "no such method");
    puts_line(w, p, "{\"id\":1,\"method\":\"hello\",\"params\":[1]}");
    expect_error(w, p, RPC_PARAMS, "object");
    puts_line(w, p, "");
    ask(w, p, 7);
    expect_answer(w, p, 7);
    hang_up(p);
}

static void an_error_carries_code_and_place(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    struct json_object *o, *data;
    puts_line(w, p, "{\"id\":\"x\",\"method\":\"job.cancel\",\"params\":{\"job\":9}}");
    o = get(w, p);
    data = json_object_of(json_object_of(o, "error"), "data");
    assert_string_equal(json_str(o, "id", ""), "x");
    assert_int_equal(json_i64(json_object_of(o, "error"), "code", 0), RPC_ENGINE - ERR_NOT_FOUND);
    assert_string_equal(json_str(data, "code", ""), "NOT_FOUND");
    assert_string_equal(json_str(data, "file", ""), "a\"b.yaml");
    assert_int_equal(json_i64(data, "line", 0), 3);
    json_object_put(o);
    hang_up(p);
}

static void an_oversize_request_is_refused_and_skipped(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    char *big = malloc(1 << 20);
    memset(big, '7', 1 << 20);
    for (int i = 0; i < (PROTOCOL_REQUEST_MAX >> 20) * 2; i++)
        put(w, p, big, 1 << 20);
    put(w, p, "\n", 1);
    expect_error(w, p, RPC_INVALID, "longer than 16 MB");
    ask(w, p, 8);
    expect_answer(w, p, 8);
    assert_int_equal(w->handled, 1);
    free(big);
    hang_up(p);
}

static void a_request_may_come_in_pieces_and_several_at_once(void **state)
{
    static const char two[] =
        "{\"id\":1,\"method\":\"hello\"}\r\n{\"id\":2,\"method\":\"hello\"}\n";
    struct world *w = *state;
    struct peer *p = dial(w);
    for (size_t i = 0; i < sizeof two - 1; i++)
        put(w, p, two + i, 1);
    expect_answer(w, p, 1);
    expect_answer(w, p, 2);
    put(w, p, two, sizeof two - 1);
    expect_answer(w, p, 1);
    expect_answer(w, p, 2);
    hang_up(p);
}

static void one_that_asks_without_reading_is_held_back(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w), *q = dial(w);
    enum { MANY = 3000 };
    static char answered[MANY + 1];
    int sent = 0, most;
    char line[100];
    w->block = true;
    for (; sent < MANY; sent++) {
        snprintf(line, sizeof line, "{\"id\":%d,\"method\":\"engine.status\"}\n", sent);
        if (send(p->fd, line, strlen(line), MSG_NOSIGNAL) < 0)
            break;
        pump(w);
    }
    for (int i = 0; i < 100; i++)
        pump(w);
    most = (int)sched_fibers(w->sched);
    assert_true(most >= 100 && most < 1500); /* not one fiber for each of 3,000 requests */
    w->block = false;
    ask(w, q, 1);
    expect_answer(w, q, 1);
    for (int i = 0; i < sent; i++) { /* in any order */
        struct json_object *o = get(w, p);
        answered[json_i64(o, "id", MANY)]++;
        json_object_put(o);
    }
    for (int i = 0; i < sent; i++)
        assert_int_equal(answered[i], 1);
    hang_up(p);
    hang_up(q);
}

static void dead_clients_are_forgotten(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w), *q = dial(w);
    subscribe(w, p, 0, 0);
    w->block = true;
    ask(w, p, 1); /* its answer will find nobody */
    hang_up(p);
    store_and_tell(w, 5);
    w->block = false;
    ask(w, q, 2);
    expect_answer(w, q, 2);
    for (int i = 0; i < 1000 && rpc_clients(w->rpc) > 1; i++)
        pump(w);
    assert_int_equal(rpc_clients(w->rpc), 1);
    assert_false(rpc_watched(w->rpc));
    hang_up(q);
}

static void the_server_may_close_while_requests_are_at_work(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    struct json_object *o;
    w->block = true;
    ask(w, p, 1);
    for (int i = 0; i < 10; i++)
        pump(w);
    rpc_close(w->rpc);
    w->rpc = NULL;
    o = get(w, p);
    assert_null(o);
    hang_up(p);
}

/* ---- events ---- */

static void stored_events_come_first_then_live_ones(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    store_and_tell(w, 700);
    subscribe(w, p, 0, 3);
    for (int64_t seq = 4; seq <= 700; seq++) {
        if (seq % 50 == 0)
            store_and_tell(w, 3); /* while the feed runs */
        expect_event(w, p, seq);
    }
    for (int64_t seq = 701; seq <= w->stored; seq++)
        expect_event(w, p, seq);
    store_and_tell(w, 2);
    expect_event(w, p, w->stored - 1);
    expect_event(w, p, w->stored);
    hang_up(p);
}

/* The feed may read an event before the engine tells it: it comes once all the same. */
static void an_event_that_the_feed_has_read_is_not_sent_again(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    struct event ev;
    w->stored = 5; /* committed, not yet told */
    subscribe(w, p, 0, 0);
    for (int64_t seq = 1; seq <= 5; seq++)
        expect_event(w, p, seq);
    for (int i = 0; i < 20; i++)
        pump(w); /* the feed has ended */
    for (int64_t seq = 4; seq <= 5; seq++) {
        make_event(seq, &ev);
        rpc_event(w->rpc, &ev);
    }
    store_and_tell(w, 1);
    expect_event(w, p, 6);
    hang_up(p);
}

static void one_job_s_events_only(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    store_and_tell(w, 600);
    subscribe(w, p, 2, 0);
    for (int64_t seq = 2; seq <= 600; seq += 2)
        expect_event(w, p, seq);
    store_and_tell(w, 4);
    expect_event(w, p, 602);
    expect_event(w, p, 604);
    hang_up(p);
}

static void only_what_comes(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    store_and_tell(w, 10);
    subscribe(w, p, 0, -1);
    store_and_tell(w, 2);
    expect_event(w, p, 11);
    expect_event(w, p, 12);
    hang_up(p);
}

static void a_second_subscription_replaces_the_first(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    store_and_tell(w, 20);
    subscribe(w, p, 1, 18);
    expect_event(w, p, 19);
    subscribe(w, p, 2, 16);
    expect_event(w, p, 18);
    expect_event(w, p, 20);
    puts_line(w, p, "{\"id\":5,\"method\":\"unsubscribe\"}");
    expect_answer(w, p, 5);
    store_and_tell(w, 2);
    ask(w, p, 6);
    expect_answer(w, p, 6); /* and no event before it */
    hang_up(p);
}

/* 40 MB of events for one that does not read: it gets all of them later, in order, while another
 * gets them at once. */
static void a_slow_client_loses_no_stored_event(void **state)
{
    struct world *w = *state;
    struct peer *slow = dial(w), *fast = dial(w);
    enum { MANY = 20000 };
    subscribe(w, slow, 0, -1);
    subscribe(w, fast, 0, 0);
    for (int64_t seq = 1; seq <= MANY; seq++) {
        store_and_tell(w, 1);
        expect_event(w, fast, seq);
    }
    for (int64_t seq = 1; seq <= MANY; seq++)
        expect_event(w, slow, seq);
    store_and_tell(w, 1);
    expect_event(w, slow, MANY + 1);
    hang_up(slow);
    hang_up(fast);
}

static void a_failed_read_ends_the_connection_instead_of_leaving_a_gap(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    struct json_object *o;
    store_and_tell(w, 3);
    w->broken = true;
    subscribe(w, p, 0, 0);
    o = get(w, p);
    assert_null(o);
    hang_up(p);
}

/* ---- deltas ---- */

static void token_deltas_are_merged_by_stream(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    struct buf text[2];
    int lines = 0;
    subscribe(w, p, 0, -1);
    for (int i = 0; i < 1000; i++) {
        tell_delta(w, 1, "a");
        tell_delta(w, 2, "bc");
    }
    buf_init(&text[0], 10000);
    buf_init(&text[1], 10000);
    while (text[0].len + text[1].len < 3000) {
        struct json_object *o = get(w, p), *d = json_object_of(o, "params");
        assert_false(json_flag(d, "dropped", false));
        assert_int_equal(buf_adds(&text[json_i64(d, "candidate", 1) - 1], json_str(d, "text", "")),
                         ERR_OK);
        json_object_put(o);
        lines++;
    }
    assert_int_equal(text[0].len, 1000);
    assert_int_equal(strspn(text[1].data, "bc"), 2000);
    assert_true(lines <= 20);
    buf_fini(&text[0]);
    buf_fini(&text[1]);
    hang_up(p);
}

static void what_was_streamed_comes_before_the_event_that_follows(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    struct json_object *o;
    subscribe(w, p, 0, -1);
    tell_delta(w, 1, "code");
    store_and_tell(w, 1);
    o = get(w, p);
    assert_string_equal(json_str(json_object_of(o, "params"), "text", ""), "code");
    json_object_put(o);
    expect_event(w, p, 1);
    hang_up(p);
}

/* A hundred streams within one moment are more than are merged at once: still nothing is lost. */
static void many_streams_at_once_lose_nothing(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    int seen[101] = {0};
    subscribe(w, p, 0, -1);
    for (int i = 1; i <= 100; i++)
        tell_delta(w, i, "x");
    for (int i = 1; i <= 100; i++) {
        struct json_object *o = get(w, p);
        seen[json_i64(json_object_of(o, "params"), "candidate", 0)]++;
        json_object_put(o);
    }
    for (int i = 1; i <= 100; i++)
        assert_int_equal(seen[i], 1);
    hang_up(p);
}

static void deltas_that_nobody_reads_are_dropped_and_marked(void **state)
{
    struct world *w = *state;
    struct peer *p = dial(w);
    char piece[4096];
    bool marked = false, done = false;
    size_t got = 0;
    memset(piece, 'd', sizeof piece - 1);
    piece[sizeof piece - 1] = 0;
    subscribe(w, p, 1, -1);
    for (int i = 0; i < 5000; i++) { /* 20 MB */
        tell_delta(w, 1, piece);
        if (i % 8 == 0) {
            usleep(300);
            pump(w);
        }
    }
    w->stored = 0;
    store_and_tell(w, 1);
    while (!done) {
        struct json_object *o = get(w, p), *d = json_object_of(o, "params");
        done = json_i64(d, "seq", 0) == 1;
        marked |= json_flag(d, "dropped", false);
        got += strlen(json_str(d, "text", ""));
        json_object_put(o);
    }
    assert_true(marked);
    assert_true(got < (10u << 20)); /* the rest was not kept in memory */
    hang_up(p);
}

static void the_socket_is_for_its_owner(void **state)
{
    struct world *w = *state;
    struct stat st;
    assert_int_equal(stat(w->folder, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(stat(w->socket, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bad_requests_get_an_error_and_the_connection_lives),
        TEST(an_error_carries_code_and_place),
        TEST(an_oversize_request_is_refused_and_skipped),
        TEST(a_request_may_come_in_pieces_and_several_at_once),
        TEST(one_that_asks_without_reading_is_held_back),
        TEST(dead_clients_are_forgotten),
        TEST(the_server_may_close_while_requests_are_at_work),
        TEST(stored_events_come_first_then_live_ones),
        TEST(an_event_that_the_feed_has_read_is_not_sent_again),
        TEST(one_job_s_events_only),
        TEST(only_what_comes),
        TEST(a_second_subscription_replaces_the_first),
        TEST(a_slow_client_loses_no_stored_event),
        TEST(a_failed_read_ends_the_connection_instead_of_leaving_a_gap),
        TEST(token_deltas_are_merged_by_stream),
        TEST(what_was_streamed_comes_before_the_event_that_follows),
        TEST(many_streams_at_once_lose_nothing),
        TEST(deltas_that_nobody_reads_are_dropped_and_marked),
        TEST(the_socket_is_for_its_owner),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
