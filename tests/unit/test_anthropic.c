/* Anthropic's messages: every kind of event, every cut of the stream, and what models refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../loopback.h"
#include "backends/anthropic.h"

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Connection: close\r\n\r\n";

#define EVENT(name, rest) "event: " name "\ndata: {\"type\":\"" name "\"" rest "}\n\n"
#define START                                                                                      \
    EVENT("message_start",                                                                         \
          ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","            \
          "\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"stop_sequence\":null,"            \
          "\"usage\":{\"input_tokens\":25,\"cache_creation_input_tokens\":10,"                     \
          "\"cache_read_input_tokens\":100,\"output_tokens\":1}}")
#define PING EVENT("ping", "")
#define THINKING                                                                                   \
    EVENT("content_block_start",                                                                   \
          ",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\","               \
          "\"signature\":\"\"}")                                                                   \
    EVENT("content_block_delta",                                                                   \
          ",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"let me see\"}")      \
    EVENT("content_block_delta",                                                                   \
          ",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"EqQB\"}")          \
    EVENT("content_block_stop", ",\"index\":0")
#define BLOCK                                                                                      \
    EVENT("content_block_start", ",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":"     \
                                 "\"\"}")
#define DELTA(text)                                                                                \
    EVENT("content_block_delta",                                                                   \
          ",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"" text "\"}")
#define END_AS(reason)                                                                             \
    EVENT("content_block_stop", ",\"index\":1")                                                    \
    EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason                                 \
                           "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":15}")          \
    EVENT("message_stop", "")
#define END END_AS("end_turn")
#define ERROR(type, text)                                                                          \
    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" text \
    "\"},\"request_id\":\"req_1\"}\n\n"
#define REFUSE(status, type, text)                                                                 \
    "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n"                                             \
    "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" text "\"}}"

static int begin(void **state)
{
    return world_begin(state, &anthropic_backend, ok,
                       START PING BLOCK DELTA("hel") DELTA("lo") END);
}

/* ---- the stream ---- */

/* Short, so that every two cuts can be tried. */
static const char stream[] =
    "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,"
    "\"cache_creation_input_tokens\":10,\"cache_read_input_tokens\":100}}}\n\n"
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\","
    "\"thinking\":\"let me see\"}}\n\n" PING
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\","
    "\"text\":\"caf\\u00e9 \xF0\x9F\x98\x80\"}}\n\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
    "\"usage\":{\"output_tokens\":15}}\n\n" EVENT("message_stop", "");

static void is_whole(const struct llm_reply *r)
{
    assert_string_equal(r->text.data, "caf\xC3\xA9 \xF0\x9F\x98\x80");
    assert_int_equal(r->tokens_in, 135);
    assert_int_equal(r->tokens_cached, 100);
    assert_int_equal(r->tokens_out, 15);
    assert_int_equal(r->tokens_thinking, 3);
}

static void every_two_cuts_agree(void **state)
{
    (void)state;
    every_two_cuts(&anthropic_format, stream, sizeof stream - 1, is_whole);
}

static void a_stream_is_read_whatever_its_pieces(void **state)
{
    struct world *w = *state;
    w->server.body = START THINKING BLOCK PING DELTA("hel") EVENT("never_heard_of", ",\"x\":1")
    DELTA("lo") END;
    w->server.piece = 1;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->heard, "hello");
    assert_string_equal(w->reply.finish, "stop");
    assert_false(w->reply.estimated);
}

static void the_request_says_what_was_asked(void **state)
{
    static const struct llm_message messages[] = {
        {"system", "be short"}, {"system", ""}, {"system", "be right"}, {"user", "hi"}};
    struct world *w = *state;
    struct json_object *o, *system;
    w->request.messages = messages;
    w->request.message_count = 4;
    w->request.temperature = 1.5;
    w->request.max_tokens = 99;
    w->request.seed = 3;
    run(w);
    assert_non_null(strstr(w->server.request, "POST /v1/messages HTTP/1.1\r\n"));
    assert_non_null(strstr(w->server.request, "x-api-key: sk-sesame\r\n"));
    assert_non_null(strstr(w->server.request, "anthropic-version: 2023-06-01\r\n"));
    assert_null(strstr(w->server.request, "Authorization"));
    o = asked(w);
    assert_true(json_flag(o, "stream", false));
    assert_int_equal(json_i64(o, "max_tokens", 0), 99);
    assert_true(json_f64(o, "temperature", 0) == 1); /* it takes no more */
    assert_null(json_get(o, "seed"));                /* it knows none */
    assert_int_equal(json_object_array_length(json_array(o, "messages")), 1);
    system = json_array(o, "system");
    assert_int_equal(json_object_array_length(system), 2);
    assert_null(json_get(json_object_array_get_idx(system, 0), "cache_control"));
    assert_string_equal(
        json_str(json_object_of(json_object_array_get_idx(system, 1), "cache_control"), "type", ""),
        "ephemeral");
    json_object_put(o);
}

static void a_schema_is_asked_for_in_the_form_that_is_taken(void **state)
{
    struct world *w = *state;
    struct json_object *o, *schema;
    w->request.schema =
        "{\"type\":\"object\",\"properties\":{\"maximum\":{\"type\":\"integer\",\"maximum\":9},"
        "\"x\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{}}}}}";
    run(w);
    assert_int_equal(w->code, ERR_OK); /* the API holds the model to it: nothing is checked */
    o = asked(w);
    schema = json_object_of(json_object_of(json_object_of(o, "output_config"), "format"), "schema");
    assert_string_equal(
        json_object_to_json_string_ext(schema, JSON_C_TO_STRING_PLAIN),
        "{\"type\":\"object\",\"properties\":{\"maximum\":{\"type\":\"integer\"},"
        "\"x\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{},"
        "\"additionalProperties\":false}}},\"additionalProperties\":false}");
    json_object_put(o);
}

static void a_model_without_schemas_is_told_and_checked(void **state)
{
    struct world *w = *state;
    struct json_object *o;
    w->request.schema = "{\"type\":\"object\"}";
    w->server.refuses = "output_config";
    w->server.refusal = REFUSE("400 Bad Request", "invalid_request_error",
                               "output_config.format: not supported by this model");
    w->server.body = START BLOCK DELTA("```json\\n{\\\"a\\\":") DELTA("1}\\n```") END;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.text.data, "{\"a\":1}");
    assert_int_equal(w->server.served, 2);
    o = asked(w);
    assert_non_null(
        strstr(json_str(json_object_array_get_idx(json_array(o, "system"), 1), "text", ""),
               "JSON schema"));
    json_object_put(o);
    w->server.body = START BLOCK DELTA("Sure, gladly!") END;
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
    assert_non_null(strstr(w->info.message, "JSON"));
    w->server.body = START BLOCK DELTA("{\\\"a\\\":") END_AS("max_tokens");
    run(w);
    assert_int_equal(w->code, ERR_OK); /* cut by our own limit: the caller sees that */
    assert_string_equal(w->reply.finish, "length");
}

static void a_model_without_temperature_is_asked_without(void **state)
{
    struct world *w = *state;
    w->server.refuses = "\"temperature\"";
    w->server.refusal = REFUSE("400 Bad Request", "invalid_request_error",
                               "`temperature` is deprecated for this model.");
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.text.data, "hello");
    assert_string_equal(w->reply.finish, "stop");
    assert_int_equal(w->server.served, 2);
    w->server.refuses = "messages"; /* and what has another reason stays refused */
    w->server.refusal = REFUSE("400 Bad Request", "invalid_request_error", "messages: too odd");
    run(w);
    assert_int_equal(w->code, ERR_HTTP_CLIENT);
    assert_int_equal(w->server.served, 3);
}

static void how_it_stopped(void **state)
{
    static const struct {
        const char *body, *finish;
        enum err code;
    } cases[] = {
        {START BLOCK DELTA("x") END_AS("max_tokens"), "length", ERR_OK},
        {START BLOCK DELTA("x") END_AS("model_context_window_exceeded"), "length", ERR_OK},
        {START BLOCK DELTA("x") END_AS("stop_sequence"), "stop", ERR_OK},
        {START END_AS("refusal"), "error", ERR_HTTP_CLIENT},
        {START BLOCK DELTA("x") EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"},"
                                                       "\"usage\":{\"output_tokens\":3}"),
         "stop", ERR_OK}, /* the last event is missing, but all has been said */
        {START BLOCK DELTA("x"), "error", ERR_NET_BROKEN},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->server.body = cases[i].body;
        run(w);
        assert_int_equal(w->code, cases[i].code);
        assert_string_equal(w->reply.finish, cases[i].finish);
        assert_int_equal(w->reply.tokens_in, 135); /* told at the start, whatever comes */
    }
}

static void errors_inside_the_stream(void **state)
{
    static const struct {
        const char *body;
        enum err code;
    } cases[] = {
        {START BLOCK DELTA("x") ERROR("overloaded_error", "Overloaded"), ERR_HTTP_SERVER},
        {START ERROR("api_error", "Internal server error"), ERR_HTTP_SERVER},
        {START ERROR("rate_limit_error", "slow down"), ERR_HTTP_RATE},
        {START ERROR("authentication_error", "invalid x-api-key"), ERR_HTTP_AUTH},
        {START "event: x\ndata: {\"type\":\n\n", ERR_PROTOCOL},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->server.body = cases[i].body;
        run(w);
        assert_int_equal(w->code, cases[i].code);
    }
}

static void refusals_have_their_codes(void **state)
{
    static const struct {
        const char *response;
        enum err code;
    } cases[] = {
        {REFUSE("400 Bad Request", "invalid_request_error",
                "prompt is too long: 200251 tokens > 200000 maximum"),
         ERR_PROMPT_LONG},
        {REFUSE("401 Unauthorized", "authentication_error", "invalid x-api-key sk-sesame"),
         ERR_HTTP_AUTH},
        {REFUSE("402 Payment Required", "billing_error", "pay"), ERR_HTTP_QUOTA},
        {REFUSE("403 Forbidden", "permission_error", "no"), ERR_HTTP_AUTH},
        {REFUSE("404 Not Found", "not_found_error", "model: m"), ERR_HTTP_MODEL},
        {REFUSE("413 Too Large", "request_too_large", "no"), ERR_PROMPT_LONG},
        {REFUSE("429 Too Many", "rate_limit_error", "slow down"), ERR_HTTP_RATE},
        {REFUSE("500 Oops", "api_error", "oops"), ERR_HTTP_SERVER},
        {REFUSE("529 Overloaded", "overloaded_error", "Overloaded"), ERR_HTTP_SERVER},
    };
    struct world *w = *state;
    w->server.refuses = "POST";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->server.refusal = cases[i].response;
        run(w);
        assert_int_equal(w->code, cases[i].code);
        assert_null(strstr(w->info.message, "sesame"));
        assert_int_equal(w->reply.tokens_in, 0);
    }
}

static void pings_do_not_keep_a_call_alive(void **state)
{
    struct world *w = *state;
    w->server.body = START PING PING;
    w->server.after = HANG;
    w->request.first_token_ms = 100;
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
    w->server.body = START THINKING; /* but thinking does */
    w->request.first_token_ms = 60000;
    w->request.between_tokens_ms = 100;
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
    assert_int_equal(w->reply.tokens_thinking, 3);
}

static void enough_is_enough(void **state)
{
    struct world *w = *state;
    w->server.body = START BLOCK DELTA("a") DELTA("b") DELTA("c");
    w->server.after = HANG;
    w->stop_after = 2;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.finish, "cut");
    assert_true(w->reply.estimated);
    assert_int_equal(w->reply.tokens_in, 135);
    assert_int_equal(w->reply.tokens_out, 2);
    assert_true(server_told(w));
}

static void a_cancelled_call_ends_and_closes(void **state)
{
    struct world *w = *state;
    w->server.body = START BLOCK DELTA("a");
    w->server.after = HANG;
    w->cancel = true;
    run(w);
    assert_int_equal(w->code, ERR_CANCELLED);
    assert_true(server_told(w));
}

static void models_are_listed_page_by_page(void **state)
{
    struct world *w = *state;
    w->ask = ASK_MODELS;
    w->tail = "/v1/"; /* the address may have it */
    w->server.refuses = "after_id=b";
    w->server.refusal =
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[{\"type\":\"model\","
        "\"id\":\"c\"}],\"has_more\":false,\"last_id\":\"c\"}";
    w->server.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    w->server.body =
        "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"has_more\":true,\"last_id\":\"b\"}";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(json_object_to_json_string_ext(w->models, JSON_C_TO_STRING_PLAIN),
                        "[\"a\",\"b\",\"c\"]");
    assert_non_null(strstr(w->server.request, "GET /v1/models?limit=100&after_id=b HTTP/1.1\r\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_two_cuts_agree),
        TEST(a_stream_is_read_whatever_its_pieces),
        TEST(the_request_says_what_was_asked),
        TEST(a_schema_is_asked_for_in_the_form_that_is_taken),
        TEST(a_model_without_schemas_is_told_and_checked),
        TEST(a_model_without_temperature_is_asked_without),
        TEST(how_it_stopped),
        TEST(errors_inside_the_stream),
        TEST(refusals_have_their_codes),
        TEST(pings_do_not_keep_a_call_alive),
        TEST(enough_is_enough),
        TEST(a_cancelled_call_ends_and_closes),
        TEST(models_are_listed_page_by_page),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
