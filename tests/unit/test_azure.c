/* Azure OpenAI: its addresses, its key, its deployments. The format itself is OpenAI's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../loopback.h"
#include "backends/azure.h"

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Connection: close\r\n\r\n";
/* The first piece of a stream tells what the filter thinks of the prompt, without a choice. */
static const char stream[] =
    "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\","
    "\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]}\n\n"
    "data: {\"choices\":[{\"content_filter_results\":{},\"delta\":{\"content\":\"hi\"},"
    "\"finish_reason\":null,\"index\":0}],\"usage\":null}\n\n"
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\",\"index\":0}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n"
    "data: [DONE]\n\n";

static void configure(struct world *w, const char *options)
{
    json_object_put(w->config.options);
    assert_int_equal(json_parse(options, strlen(options), NULL, &w->config.options, NULL), ERR_OK);
}

static int begin(void **state)
{
    return world_begin(state, &azure_backend, ok, stream);
}

static void a_deployment_is_asked(void **state)
{
    struct world *w = *state;
    struct json_object *o;
    configure(w, "{\"api_version\":\"2025-01-01-preview\"}");
    w->request.schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(w->reply.text.data, "hi");
    assert_int_equal(w->reply.tokens_in, 9);
    assert_non_null(strstr(w->server.request, "POST /openai/deployments/m/chat/completions?"
                                              "api-version=2025-01-01-preview HTTP/1.1\r\n"));
    assert_non_null(strstr(w->server.request, "api-key: sk-sesame\r\n"));
    assert_null(strstr(w->server.request, "Authorization"));
    o = asked(w); /* a schema that leaves members open cannot be strict */
    assert_false(json_flag(json_object_of(json_object_of(o, "response_format"), "json_schema"),
                           "strict", true));
    json_object_put(o);
}

static void a_complete_schema_is_strict(void **state)
{
    struct world *w = *state;
    struct json_object *o, *schema;
    w->request.schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\","
                        "\"minimum\":1}},\"required\":[\"a\"]}";
    run(w);
    o = asked(w);
    schema = json_object_of(json_object_of(o, "response_format"), "json_schema");
    assert_true(json_flag(schema, "strict", false));
    assert_string_equal(
        json_object_to_json_string_ext(json_object_of(schema, "schema"), JSON_C_TO_STRING_PLAIN),
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},"
        "\"required\":[\"a\"],\"additionalProperties\":false}");
    json_object_put(o);
}

static void endpoints_come_in_many_forms(void **state)
{
    static const struct {
        const char *tail, *line;
    } cases[] = {
        {"", "POST /openai/deployments/m/chat/completions?api-version=2024-10-21 "},
        {"/", "POST /openai/deployments/m/chat/completions?api-version=2024-10-21 "},
        {"/openai", "POST /openai/deployments/m/chat/completions?api-version=2024-10-21 "},
        {"/openai/deployments/gpt-4/chat/completions?api-version=2024-06-01&x=1",
         "POST /openai/deployments/m/chat/completions?api-version=2024-06-01 "},
        {"/openai/v1/", "POST /openai/v1/chat/completions HTTP"},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->tail = cases[i].tail;
        run(w);
        assert_int_equal(w->code, ERR_OK);
        assert_non_null(strstr(w->server.request, cases[i].line));
        assert_non_null(strstr(w->server.request, "api-key: sk-sesame\r\n"));
    }
}

static void the_models_are_the_configured_deployments(void **state)
{
    struct world *w = *state;
    w->ask = ASK_MODELS;
    w->server.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    w->server.body = "{\"data\":[{\"id\":\"gpt-4o-2024-11-20\"}]}";
    configure(w, "{\"model_roles\":{\"fast\":\"mini\",\"base\":\"big\",\"powerful\":\"big\","
                 "\"god_level\":null},\"deployment_name\":\"gpt-4\"}");
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_string_equal(json_object_to_json_string_ext(w->models, JSON_C_TO_STRING_PLAIN),
                        "[\"mini\",\"big\",\"gpt-4\"]");
    assert_non_null(strstr(w->server.request, "GET /openai/models?api-version=2024-10-21 "));
    json_object_put(w->models);
    w->models = NULL;
    w->server.head = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n";
    w->server.body =
        "{\"error\":{\"code\":\"401\",\"message\":\"wrong subscription key sk-sesame\"}}";
    run(w);
    assert_int_equal(w->code, ERR_HTTP_AUTH);
    assert_null(strstr(w->info.message, "sesame"));
}

static void names_are_escaped(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {"one"};
    w->ask = ASK_EMBED;
    w->embed = (struct embed_request){.texts = texts, .count = 1};
    w->model = "my/gpt 4?";
    w->server.head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    w->server.body = "{\"data\":[{\"embedding\":[1]}],\"usage\":{\"prompt_tokens\":2}}";
    run(w);
    assert_int_equal(w->code, ERR_OK);
    assert_non_null(strstr(w->server.request, "POST /openai/deployments/my%2Fgpt%204%3F/embeddings?"
                                              "api-version=2024-10-21 "));
}

static void refusals_have_their_codes(void **state)
{
    static const struct {
        const char *response;
        enum err code;
    } cases[] = {
        {"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{\"error\":{\"code\":"
         "\"DeploymentNotFound\",\"message\":\"The API deployment for this resource does not "
         "exist.\"}}",
         ERR_HTTP_MODEL},
        {"HTTP/1.1 401 PermissionDenied\r\nConnection: close\r\n\r\n{\"error\":{\"code\":\"401\","
         "\"message\":\"Access denied\"}}",
         ERR_HTTP_AUTH},
        {"HTTP/1.1 400 model_error\r\nConnection: close\r\n\r\n{\"error\":{\"message\":\"The "
         "response "
         "was filtered\",\"type\":null,\"param\":\"prompt\",\"code\":\"content_filter\","
         "\"status\":400}}",
         ERR_HTTP_CLIENT},
        {"HTTP/1.1 429 Too Many\r\nConnection: "
         "close\r\n\r\n{\"error\":{\"code\":\"429\",\"message\":"
         "\"Requests have exceeded call rate limit\"}}",
         ERR_HTTP_RATE},
    };
    struct world *w = *state;
    w->server.refuses = "POST";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        w->server.refusal = cases[i].response;
        run(w);
        assert_int_equal(w->code, cases[i].code);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deployment_is_asked),
        TEST(a_complete_schema_is_strict),
        TEST(endpoints_come_in_many_forms),
        TEST(the_models_are_the_configured_deployments),
        TEST(names_are_escaped),
        TEST(refusals_have_their_codes),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
