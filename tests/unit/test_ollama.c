/* Ollama's own format: every kind of line, every cut of the stream, and the window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../loopback.h"
#include "backends/ollama.h"

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                         "Connection: close\r\n\r\n";

#define AT "\"model\":\"m\",\"created_at\":\"2025-10-01T08:00:00.1Z\""
#define DELTA(text)                                                                                \
    "{" AT ",\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"},\"done\":false}\n"
#define THOUGHT(text)                                                                              \
    "{" AT ",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"" text            \
    "\"},\"done\":false}\n"
#define DONE_AS(reason)                                                                            \
    "{" AT ",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"                 \
    "\"done_reason\":\"" reason "\",\"total_duration\":5043500667,\"load_duration\":5025959,"      \
    "\"prompt_eval_count\":26,\"prompt_eval_duration\":325953000,\"eval_count\":9,"                \
    "\"eval_duration\":4709213000}\n"
#define DONE DONE_AS("stop")

static int begin(void **state)
{
    return world_begin(state, &ollama_backend, ok, DELTA("hel") DELTA("lo") DONE);
}

/* ---- the stream ---- */

static const char stream[] =
    THOUGHT("let me see") "\r\n" DELTA("caf\\u00e9 ") DELTA("\xF0\x9F\x98\x80") DONE;

static void is_whole(const struct llm_reply *r)
{
    assert_string_equal(r->text.data, "caf\xC3\xA9 \xF0\x9F\x98\x80");
    assert_string_equal(r->finish, "stop");
    assert_int_equal(r->tokens_in, 26);
    assert_int_equal(r->tokens_out, 9);
    assert_int_equal(r->tokens_thinking, 3);
}

static void every_two_cuts_agree(void **state)
{
    (void)state;
    every_two_cuts(&ollama_format, stream, sizeof stream - 1, is_whole);
}

static void a_stream_is_read_whatever_its_pieces(void **state)
{
    struct world *w = *state;
    w->server.piece = 1;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.text.data, "hello");
    assert_string_equal(w->heard, "hello");
    assert_string_equal(w->reply.finish, "stop");
    assert_int_equal(w->reply.tokens_in, 26);
    assert_int_equal(w->reply.tokens_out, 9);
    assert_false(w->reply.estimated);
    assert_false(w->reply.truncated);
}

static void the_last_line_may_have_no_end(void **state)
{
    struct world *w = *state;
    static char body[1024];
    snprintf(body, sizeof body, "%s", DELTA("hi") DONE_AS("length"));
    body[strlen(body) - 1] = 0;
    w->server.body = body;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.finish, "length");
    assert_int_equal(w->reply.tokens_out, 9);
    body[strlen(body) - 20] = 0; /* but half a line is a broken answer */
    run(w);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_string_equal(w->reply.text.data, "hi");
}

static void the_request_says_what_was_asked(void **state)
{
    struct world *w = *state;
    struct json_object *o, *options;
    w->request.temperature = 0.5;
    w->request.max_tokens = 99;
    w->request.seed = 3;
    w->request.schema = "{\"type\":\"object\"}";
    w->request.context_tokens = 16384;
    w->request.keep_alive = "10m";
    run(w);
    assert_non_null(strstr(w->server.request, "POST /api/chat HTTP/1.1\r\n"));
    assert_non_null(strstr(w->server.request, "Authorization: Bearer sk-sesame\r\n"));
    o = asked(w);
    options = json_object_of(o, "options");
    assert_true(json_flag(o, "stream", false));
    assert_string_equal(json_str(o, "keep_alive", ""), "10m");
    assert_int_equal(json_i64(options, "num_ctx", 0), 16384);
    assert_int_equal(json_i64(options, "num_predict", 0), 99);
    assert_int_equal(json_i64(options, "seed", 0), 3);
    assert_true(json_f64(options, "temperature", 0) == 0.5);
    assert_string_equal(json_str(json_object_of(o, "format"), "type", ""), "object");
    assert_string_equal(
        json_str(json_object_array_get_idx(json_array(o, "messages"), 1), "content", ""),
        "say \"hi\"");
    json_object_put(o);
}

static void the_configuration_sets_window_and_stay(void **state)
{
    static const char options[] = "{\"num_ctx\":65536,\"keep_alive\":\"-1\"}";
    struct world *w = *state;
    struct json_object *o;
    assert_int_equal(json_parse(options, strlen(options), NULL, &w->config.options, NULL), ERR_OK);
    run(w);
    o = asked(w);
    assert_int_equal(json_i64(json_object_of(o, "options"), "num_ctx", 0), 65536);
    assert_true(json_object_is_type(json_get(o, "keep_alive"), json_type_int));
    assert_int_equal(json_i64(o, "keep_alive", 0), -1);
    assert_null(json_get(json_object_of(o, "options"), "seed")); /* none was asked for */
    json_object_put(o);
}

static void old_addresses_still_work(void **state)
{
    static const char *const tails[] = {"/", "/v1", "/v1/", "/api", "//"};
    struct world *w = *state;
    for (int i = 0; i < 5; i++) {
        w->tail = tails[i];
        run(w);
        assert_int_equal(w->code, ERR_OK);
        assert_non_null(strstr(w->server.request, "POST /api/chat HTTP/1.1\r\n"));
    }
}

static void the_window_holds_prompt_and_answer(void **state)
{
    (void)state;
    assert_int_equal(ollama_window(100, 0, 0), 4096);
    assert_int_equal(ollama_window(2800, 512, 0), 4096);
    assert_int_equal(ollama_window(3000, 512, 0), 8192);
    assert_int_equal(ollama_window(100, 0, 16384), 16384); /* another would load the model anew */
    assert_int_equal(ollama_window(1000000, 0, 0), 32768);
}

static void a_cut_prompt_is_told(void **state)
{
    static char long_prompt[40001];
    static const struct llm_message messages[] = {{"user", long_prompt}};
    struct world *w = *state;
    (void)state;
    assert_false(ollama_truncated(4000, 900, 4096));
    assert_false(ollama_truncated(4000, 20, 4096)); /* the rest was in the cache */
    assert_false(ollama_truncated(40000, 9800, 16384));
    assert_true(ollama_truncated(40000, 4095, 4096));
    assert_true(ollama_truncated(40000, 2100, 4096));
    assert_true(ollama_truncated(20000, 4095, 4096)); /* the window is full */
    assert_false(ollama_truncated(20000, 3500, 4096));
    assert_false(ollama_truncated(40000, 0, 4096)); /* not counted */
    memset(long_prompt, 'x', sizeof long_prompt - 1);
    w->request.messages = messages;
    w->request.message_count = 1;
    w->request.context_tokens = 4096;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_true(w->reply.truncated);
    assert_int_equal(w->reply.prompt_tokens, 10004);
}

static void thinking_keeps_the_call_alive_but_is_no_text(void **state)
{
    struct world *w = *state;
    w->server.body = THOUGHT("hmm, let me see ...") DELTA("7") DONE;
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->heard, "7");
    assert_int_equal(w->reply.tokens_thinking, 5);
    w->server.body = THOUGHT("hmm");
    w->server.after = HANG;
    w->request.first_token_ms = 60000;
    w->request.between_tokens_ms = 100; /* it is this limit that counts then */
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
}

static void without_its_end_mark_it_is_broken(void **state)
{
    struct world *w = *state;
    w->server.body = DELTA("half");
    run(w);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_string_equal(w->reply.text.data, "half");
    assert_string_equal(w->reply.finish, "error");
    assert_true(w->reply.estimated);
    assert_int_equal(w->reply.tokens_out, 1);
    assert_true(w->reply.tokens_in > 0);
}

static void an_error_inside_the_stream(void **state)
{
    struct world *w = *state;
    w->server.body =
        DELTA("a") "{\"error\":\"an error was encountered while running the model\"}\n";
    run(w);
    assert_int_equal(w->code, ERR_HTTP_SERVER);
    assert_non_null(strstr(w->info.message, "while running the model"));
    assert_string_equal(w->reply.text.data, "a");
}

static void refusals_have_their_codes(void **state)
{
    static const struct {
        const char *status, *body;
        enum err code;
        const char *words;
    } cases[] = {
        {"404 Not Found", "{\"error\":\"model 'm' not found\"}", ERR_HTTP_MODEL, "model 'm'"},
        {"400 Bad Request", "{\"error\":\"invalid duration\"}", ERR_HTTP_CLIENT, "duration"},
        {"401 Unauthorized", "{\"error\":\"unauthorized sk-sesame\"}", ERR_HTTP_AUTH, "401"},
        {"429 Too Many", "{\"error\":\"too many requests\"}", ERR_HTTP_RATE, "too many"},
        {"500 Oops",
         "{\"error\":\"model requires more system memory (5.6 GiB) than is "
         "available (3.1 GiB)\"}",
         ERR_HTTP_SERVER, "more system memory"},
        {"503 Busy",
         "{\"error\":\"server busy, please try again.  maximum pending requests "
         "exceeded\"}",
         ERR_HTTP_SERVER, "busy"},
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
        assert_false(w->reply.truncated);
    }
}

static void garbage_is_named_as_such(void **state)
{
    static const char *const bodies[] = {"{\"message\":\n", "\xff\n", "5 6\n", "<html>\n"};
    struct world *w = *state;
    for (int i = 0; i < 4; i++) {
        w->server.body = bodies[i];
        run(w);
        assert_int_equal(w->code, ERR_PROTOCOL);
    }
    w->server.body = "null\n[]\n{\"message\":5}\n{\"message\":{\"content\":7}}\n\n" DONE;
    run(w);
    assert_int_equal(w->code, ERR_OK); /* odd, but harmless */
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
    assert_true(w->reply.estimated);
    assert_int_equal(w->reply.tokens_out, 2);
    assert_true(server_told(w)); /* and stops generating */
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

/* ---- the other addresses ---- */

static void models_are_listed(void **state)
{
    struct world *w = *state;
    w->ask = ASK_MODELS;
    w->server.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    w->server.body = "{\"models\":[{\"name\":\"a:1b\",\"model\":\"a:1b\",\"size\":5},{\"x\":1},5,"
                     "{\"name\":\"b\"}]}";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(json_object_to_json_string_ext(w->models, JSON_C_TO_STRING_PLAIN),
                        "[\"a:1b\",\"b\"]");
    assert_non_null(strstr(w->server.request, "GET /api/tags HTTP/1.1\r\n"));
    json_object_put(w->models);
    w->models = NULL;
    w->server.body = "{\"models\":null}"; /* a server without models */
    run(w);
    assert_int_equal(w->code, ERR_OK);
    json_object_put(w->models);
    w->models = NULL;
    w->server.body = "{\"data\":[]}"; /* another kind of server */
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
    w->server.body = "<html>";
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
}

static void texts_become_vectors(void **state)
{
    static const char *const texts[] = {"one", "two"};
    struct world *w = *state;
    struct json_object *o;
    w->ask = ASK_EMBED;
    w->embed = (struct embed_request){.texts = texts, .count = 2, .dimensions = 3};
    w->server.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    w->server.body = "{\"model\":\"m\",\"embeddings\":[[0.5,1,-2],[0,0.25,3e-1]],"
                     "\"total_duration\":14143917,\"load_duration\":1019500,"
                     "\"prompt_eval_count\":8}";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_int_equal(w->vectors.count, 2);
    assert_int_equal(w->vectors.dimensions, 3);
    assert_true(w->vectors.vectors[2] == -2 && w->vectors.vectors[4] == 0.25F);
    assert_int_equal(w->vectors.tokens_in, 8);
    o = asked(w);
    assert_non_null(strstr(w->server.request, "POST /api/embed HTTP/1.1\r\n"));
    assert_int_equal(json_object_array_length(json_array(o, "input")), 2);
    assert_int_equal(json_i64(o, "dimensions", 0), 3);
    json_object_put(o);
}

static void odd_vectors_are_refused(void **state)
{
    static const char *const texts[] = {"one", "two"};
    static const char *const bodies[] = {"{\"embeddings\":[[1,2]]}",
                                         "{\"embeddings\":[[1,2],[1]]}",
                                         "{\"embeddings\":[[],[]]}",
                                         "{\"embeddings\":[[1],[\"x\"]]}",
                                         "{\"embeddings\":7}",
                                         "{}",
                                         "{\"embeddings\":[[1],[1e999]]}",
                                         "{\"embeddings\":[[1],[2],[3]]}"};
    struct world *w = *state;
    w->ask = ASK_EMBED;
    w->embed = (struct embed_request){.texts = texts, .count = 2};
    w->server.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        w->server.body = bodies[i];
        run(w);
        assert_int_equal(w->code, ERR_PROTOCOL);
    }
}

static enum llm_more on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
    struct world *w = arg;
    size_t n = strlen(w->heard);
    snprintf(w->heard + n, sizeof w->heard - n, "%s %d/%d;", what, (int)done, (int)total);
    return w->stop_after && ++w->pieces >= w->stop_after ? LLM_STOP : LLM_MORE;
}

#define PULL                                                                                       \
    "{\"status\":\"pulling manifest\"}\n{\"status\":\"pulling 8eeb\",\"digest\":\"sha256:8eeb\","  \
    "\"total\":100}\n{\"status\":\"pulling 8eeb\",\"digest\":\"sha256:8eeb\",\"total\":100,"       \
    "\"completed\":60}\n"

static void a_model_is_pulled_with_progress(void **state)
{
    struct world *w = *state;
    struct json_object *o;
    w->ask = ASK_PULL;
    w->pull.on_progress = on_progress;
    w->server.piece = 5;
    w->server.body = PULL "{\"status\":\"success\"}\n";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->heard, "pulling manifest 0/0;pulling 8eeb 0/100;pulling 8eeb 60/100;");
    assert_non_null(strstr(w->server.request, "POST /api/pull HTTP/1.1\r\n"));
    o = asked(w);
    assert_string_equal(json_str(o, "model", ""), "m");
    json_object_put(o);
}

static void a_pull_may_fail(void **state)
{
    struct world *w = *state;
    w->ask = ASK_PULL;
    w->pull.on_progress = on_progress;
    w->server.body = PULL "{\"error\":\"pull model manifest: file does not exist\"}\n";
    run(w);
    assert_int_equal(w->code, ERR_HTTP_SERVER);
    assert_non_null(strstr(w->info.message, "file does not exist"));
    w->server.body = PULL;
    run(w);
    assert_int_equal(w->code, ERR_NET_BROKEN);
    assert_non_null(strstr(w->info.message, "goes on"));
    w->server.body = PULL "nonsense\n";
    run(w);
    assert_int_equal(w->code, ERR_PROTOCOL);
    w->server.body = PULL;
    w->server.after = HANG;
    w->stop_after = 2;
    run(w);
    assert_int_equal(w->code, ERR_CANCELLED);
    w->stop_after = 0;
    w->pull.between_ms = 100;
    run(w);
    assert_int_equal(w->code, ERR_TIMEOUT);
    w->pull.between_ms = 0;
    w->cancel = true;
    run(w);
    assert_int_equal(w->code, ERR_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_two_cuts_agree),
        cmocka_unit_test(the_window_holds_prompt_and_answer),
        TEST(a_stream_is_read_whatever_its_pieces),
        TEST(the_last_line_may_have_no_end),
        TEST(the_request_says_what_was_asked),
        TEST(the_configuration_sets_window_and_stay),
        TEST(old_addresses_still_work),
        TEST(a_cut_prompt_is_told),
        TEST(thinking_keeps_the_call_alive_but_is_no_text),
        TEST(without_its_end_mark_it_is_broken),
        TEST(an_error_inside_the_stream),
        TEST(refusals_have_their_codes),
        TEST(garbage_is_named_as_such),
        TEST(enough_is_enough),
        TEST(a_cancelled_call_ends_and_closes),
        TEST(models_are_listed),
        TEST(texts_become_vectors),
        TEST(odd_vectors_are_refused),
        TEST(a_model_is_pulled_with_progress),
        TEST(a_pull_may_fail),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
