/* The chat-completions client against a loopback server (a thread) that behaves and misbehaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../loopback.h"
#include "backends/completions.h"
#include "backends/openai.h"

static const char refused[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 41\r\n"
                              "Connection: close\r\n\r\n"
                              "{\"error\":{\"message\":\"unknown: format  \"}}";

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Connection: close\r\n\r\n";

#define DELTA(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define USAGE                                                                                      \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":7,"               \
    "\"prompt_tokens_details\":{\"cached_tokens\":30}}}\n\n"
#define DONE "data: [DONE]\n\n"

static int begin(void **state)
{
    int code = world_begin(state, &openai_backend, ok, DELTA("hel") DELTA("lo") USAGE DONE);
    struct world *w = *state;
    w->config.name = "local";
    w->tail = "/v1/";
    w->server.refusal = refused;
    return code;
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
    assert_true(server_told(w)); /* the server is told, and stops generating */
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
    w->cancel = true;
    run(w);
    assert_int_equal(w->code, ERR_CANCELLED);
    assert_true(server_told(w));
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
    w->ask = ASK_MODELS;
    w->server.head = "HTTP/1.1 200 OK\r\nContent-Length: 57\r\n\r\n";
    w->server.body = "{\"data\":[{\"id\":\"a\"},{\"name\":\"x\"},5,{\"id\":\"b\"}],\"x\":1    }";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(json_object_to_json_string_ext(w->models, JSON_C_TO_STRING_PLAIN),
                        "[\"a\",\"b\"]");
    assert_non_null(strstr(w->server.request, "GET /v1/models HTTP/1.1\r\n"));
}

/* ---- what models and servers do not take ---- */

#define REFUSE(text)                                                                               \
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n{\"error\":{\"message\":\"" text         \
    "\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"unsupported_parameter\"}}"

static void newer_models_have_another_limit(void **state)
{
    struct world *w = *state;
    struct json_object *o;
    assert_true(completions_new_limit("o3-mini"));
    assert_true(completions_new_limit("gpt-5.1"));
    assert_true(completions_new_limit("openai/gpt-5"));
    assert_false(completions_new_limit("gpt-4o"));
    assert_false(completions_new_limit("gpt-oss:20b"));
    assert_false(completions_new_limit("olmo2"));
    w->request.max_tokens = 99;
    w->server.refuses = "\"max_tokens\"";
    w->server.refusal = REFUSE("Unsupported parameter: 'max_tokens' is not supported with this "
                               "model. Use 'max_completion_tokens' instead.");
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_int_equal(w->server.served, 2);
    o = asked(w);
    assert_int_equal(json_i64(o, "max_completion_tokens", 0), 99);
    assert_null(json_get(o, "max_tokens"));
    json_object_put(o);
}

static void a_limit_that_is_too_large_is_no_other_name(void **state)
{
    struct world *w = *state;
    w->request.max_tokens = 99999;
    w->server.refuses = "99999";
    w->server.refusal = REFUSE("max_completion_tokens is too large: 99999. This model supports at "
                               "most 16384 completion tokens");
    run(w);
    assert_int_equal(w->code, ERR_HTTP_CLIENT);
    assert_int_equal(w->server.served, 1);
}

static void what_a_model_does_not_take_is_left_out(void **state)
{
    static const struct {
        const char *field, *refusal;
    } cases[] = {
        {"\"temperature\"",
         REFUSE("Unsupported value: 'temperature' does not support 0.3 with this "
                "model. Only the default (1) value is supported.")},
        {"\"seed\"", REFUSE("Unrecognized request argument supplied: seed")},
        {"\"stream_options\"", REFUSE("Unrecognized request argument supplied: stream_options")},
    };
    struct world *w = *state;
    w->request.seed = 7;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->server.refuses = cases[i].field;
        w->server.refusal = cases[i].refusal;
        w->server.served = 0;
        run(w);
        assert_int_equal(w->code, ERR_OK);
        assert_string_equal(w->reply.text.data, "hello");
        assert_int_equal(w->server.served, 2);
    }
}

static enum err ask_twice(void *arg)
{
    static const struct llm_message messages[] = {{"user", "hi"}};
    struct world *w = arg;
    struct backend *b;
    snprintf(w->base_url, sizeof w->base_url, "http://127.0.0.1:%d/v1", w->server.port);
    w->config.base_url = w->base_url;
    w->request.model = "m";
    w->request.messages = messages;
    w->request.message_count = 1;
    w->code = openai_backend.open(w->sched, &w->config, &b, &w->info);
    for (int i = 0; i < 2 && !w->code; i++)
        w->code = openai_backend.chat(b, &w->request, &w->reply, &w->info);
    openai_backend.close(b);
    return ERR_OK;
}

static void and_is_not_sent_again(void **state)
{
    struct world *w = *state;
    w->server.refuses = "\"temperature\"";
    w->server.refusal = REFUSE("temperature is not supported");
    fiber_detach(fiber_spawn(w->sched, "test", ask_twice, w), NULL, NULL);
    sched_run(w->sched);
    assert_int_equal(w->code, ERR_OK);
    assert_int_equal(w->server.served, 3);
}

/* ---- the rest of the stream ---- */

static void is_whole(const struct llm_reply *r)
{
    assert_string_equal(r->text.data, "caf\xC3\xA9 \xF0\x9F\x98\x80");
    assert_string_equal(r->finish, "length");
    assert_int_equal(r->tokens_in, 40);
    assert_int_equal(r->tokens_cached, 30);
    assert_int_equal(r->tokens_thinking, 2);
}

static void every_two_cuts_agree(void **state)
{
    static const char stream[] =
        ": ping\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"let me\"}}]}"
        "\n\n" DELTA("caf\\u00e9 ")
            DELTA("\xF0\x9F\x98\x80") "data: {\"choices\":[{\"delta\":{},"
                                      "\"finish_reason\":\"length\"}]}\r\n\r\n" USAGE DONE;
    (void)state;
    every_two_cuts(&completions_format, stream, sizeof stream - 1, is_whole);
}

static void reasoning_is_counted(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("x") "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
                                "\"completion_tokens\":80,\"completion_tokens_details\":"
                                "{\"reasoning_tokens\":64}}}\n\n" DONE;
    run(w);
    assert_int_equal(w->reply.tokens_out, 80);
    assert_int_equal(w->reply.tokens_thinking, 64);
}

static void an_answer_may_be_declined(void **state)
{
    static const char *const bodies[] = {
        "data: {\"choices\":[{\"delta\":{\"refusal\":\"I cannot do that\"}}]}\n\n" DONE,
        DELTA("x") "data: "
                   "{\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\n" DONE};
    struct world *w = *state;
    for (int i = 0; i < 2; i++) {
        w->server.body = bodies[i];
        run(w);
        assert_int_equal(w->code, ERR_HTTP_CLIENT);
        assert_non_null(strstr(w->info.message, "declines"));
    }
}

static void texts_become_vectors(void **state)
{
    static const char *const texts[] = {"one", "two"};
    struct world *w = *state;
    struct json_object *o;
    w->ask = ASK_EMBED;
    w->embed = (struct embed_request){.texts = texts, .count = 2};
    w->server.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    w->server.body = "{\"object\":\"list\",\"data\":[{\"index\":1,\"embedding\":[3,4]},"
                     "{\"index\":0,\"embedding\":[1,2.5]}],\"usage\":{\"prompt_tokens\":8}}";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_int_equal(w->vectors.dimensions, 2);
    assert_true(w->vectors.vectors[1] == 2.5F && w->vectors.vectors[2] == 3);
    assert_int_equal(w->vectors.tokens_in, 8);
    assert_non_null(strstr(w->server.request, "POST /v1/embeddings HTTP/1.1\r\n"));
    o = asked(w);
    assert_null(json_get(o, "dimensions"));
    json_object_put(o);
    w->server.body = "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":9,\"embedding\":[1]}]}";
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
    w->server.body = "{\"data\":[{\"embedding\":[[1,2]]},{\"embedding\":[[3,4]]}]}";
    run(w);
    assert_int_equal(w->code, ERR_OK); /* as some versions of llama.cpp's server give them */
    assert_true(w->vectors.vectors[3] == 4);
    w->server.body = "{\"data\":[{\"embedding\":[[1],[2]]},{\"embedding\":[[3],[4]]}]}";
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
    w->server.body = "{\"data\":[{\"index\":0,\"embedding\":[1]}]}";
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
    w->server.body = "{\"error\":{\"message\":\"no such model\",\"code\":\"model_not_found\"}}";
    run(w);
    assert_int_equal(w->code, ERR_HTTP_MODEL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

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
        TEST(newer_models_have_another_limit),
        TEST(a_limit_that_is_too_large_is_no_other_name),
        TEST(what_a_model_does_not_take_is_left_out),
        TEST(and_is_not_sent_again),
        cmocka_unit_test(every_two_cuts_agree),
        TEST(reasoning_is_counted),
        TEST(an_answer_may_be_declined),
        TEST(texts_become_vectors),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
