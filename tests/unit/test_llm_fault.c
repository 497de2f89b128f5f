/* What the error bodies of the known servers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/llm_fault.h"

static const struct llm_server server = {.place = "mine", .model = "m-1", .key = "sk-sesame"};

static enum err judge(long status, const char *body, struct err_info *info)
{
    struct http_response r;
    enum err e;
    http_response_init(&r, 1 << 20);
    r.status = status;
    assert_int_equal(buf_adds(&r.body, body), ERR_OK);
    e = llm_fault_http(&server, http_status_error(status), &r, info);
    http_response_fini(&r);
    assert_int_equal(e, info->code);
    assert_int_equal(info->native, status);
    return e;
}

static void the_body_says_more_than_the_status(void **state)
{
    static const struct {
        long status;
        const char *body;
        enum err code;
    } cases[] = {
        /* OpenAI */
        {429,
         "{\"error\":{\"message\":\"x\",\"type\":\"insufficient_quota\",\"param\":null,"
         "\"code\":\"insufficient_quota\"}}",
         ERR_HTTP_QUOTA},
        {429,
         "{\"error\":{\"message\":\"x\",\"type\":\"requests\",\"code\":\"rate_limit_exceeded\"}}",
         ERR_HTTP_RATE},
        {404,
         "{\"error\":{\"message\":\"The model `m-1` does not exist\",\"type\":"
         "\"invalid_request_error\",\"code\":\"model_not_found\"}}",
         ERR_HTTP_MODEL},
        {400, "{\"error\":{\"message\":\"x\",\"code\":\"context_length_exceeded\"}}",
         ERR_PROMPT_LONG},
        /* Azure */
        {404, "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"x\"}}", ERR_HTTP_MODEL},
        {401, "{\"statusCode\":401,\"message\":\"Unauthorized\"}", ERR_HTTP_AUTH},
        {429, "{\"error\":{\"code\":\"429\",\"message\":\"Please retry after 6 seconds\"}}",
         ERR_HTTP_RATE},
        /* Anthropic */
        {529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}",
         ERR_HTTP_SERVER},
        {400,
         "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
         "\"prompt is too long: 210000 tokens > 200000 maximum\"}}",
         ERR_PROMPT_LONG},
        {400,
         "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
         "\"Your credit balance is too low\"}}",
         ERR_HTTP_QUOTA},
        {404,
         "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":"
         "\"model: m-1\"}}",
         ERR_HTTP_MODEL},
        /* Ollama */
        {404, "{\"error\":\"model 'm-1' not found\"}", ERR_HTTP_MODEL},
        {500, "{\"error\":\"model requires more system memory\"}", ERR_HTTP_SERVER},
        /* llama.cpp, vLLM, Gemini, FastAPI */
        {400, "{\"error\":{\"code\":400,\"message\":\"x\",\"type\":\"exceed_context_size_error\"}}",
         ERR_PROMPT_LONG},
        {503,
         "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":"
         "\"unavailable_error\"}}",
         ERR_HTTP_SERVER},
        {400,
         "{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096\","
         "\"type\":\"BadRequestError\",\"code\":400}",
         ERR_PROMPT_LONG},
        {429, "[{\"error\":{\"code\":429,\"message\":\"x\",\"status\":\"RESOURCE_EXHAUSTED\"}}]",
         ERR_HTTP_RATE},
        {404, "{\"detail\":\"Not Found\"}", ERR_HTTP_CLIENT},
        /* none at all */
        {404, "", ERR_HTTP_CLIENT},
        {500, "\xff\xfe", ERR_HTTP_SERVER},
        {400, "[]", ERR_HTTP_CLIENT},
        {400, "{\"error\":null}", ERR_HTTP_CLIENT},
        {400, "{\"error\":5}", ERR_HTTP_CLIENT},
        {402, "", ERR_HTTP_QUOTA},
    };
    struct err_info info;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(&info, 0, sizeof info);
        if (judge(cases[i].status, cases[i].body, &info) != cases[i].code)
            fail_msg("%s: %s, %s", cases[i].body, err_name(info.code), info.message);
    }
}

static void the_servers_words_are_one_line_without_the_key(void **state)
{
    struct err_info info = {0};
    char body[2000] = "{\"error\":{\"message\":\"a\\n\\tb \\u001b[31m sk-sesame.";
    (void)state;
    for (int i = 0; i < 300; i++)
        strcat(body, "\\u00e9");
    strcat(body, "\"}}");
    assert_int_equal(judge(400, body, &info), ERR_HTTP_CLIENT);
    assert_non_null(strstr(info.message, "mine refused the request (400: a b [31m ***."));
    assert_non_null(strstr(info.message, "); check llm.backends.mine"));
    assert_true(strlen(info.message) < 320);
}

static void a_wait_is_handed_on(void **state)
{
    struct http_response r;
    struct err_info info = {0};
    (void)state;
    http_response_init(&r, 1 << 20);
    r.status = 429;
    r.retry_after_ms = 1500;
    assert_int_equal(llm_fault_http(&server, ERR_HTTP_RATE, &r, &info), ERR_HTTP_RATE);
    assert_int_equal(info.retry_after_ms, 1500);
    assert_non_null(strstr(info.message, "ask again in 2 s"));
    assert_int_equal(llm_fault_http(&server, ERR_HTTP_RATE, &r, NULL), ERR_HTTP_RATE);
    http_response_fini(&r);
}

static void an_error_in_a_stream_may_have_a_status(void **state)
{
    static const struct {
        const char *text;
        enum err code;
    } cases[] = {
        {"{\"error\":{\"code\":429,\"message\":\"x\"}}", ERR_HTTP_RATE},
        {"{\"error\":{\"code\":\"429\",\"message\":\"x\"}}", ERR_HTTP_RATE},
        {"{\"error\":{\"code\":400,\"message\":\"x\"}}", ERR_HTTP_CLIENT},
        {"{\"error\":{\"code\":7,\"message\":\"x\"}}", ERR_HTTP_SERVER},
        {"{\"error\":\"x\"}", ERR_HTTP_SERVER},
        {"{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}", ERR_HTTP_RATE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *o = NULL;
        struct err_info info;
        assert_int_equal(json_parse(cases[i].text, strlen(cases[i].text), NULL, &o, NULL), ERR_OK);
        assert_int_equal(llm_fault_object(&server, o, &info), cases[i].code);
        assert_int_equal(info.code, cases[i].code);
        json_object_put(o);
    }
}

static void what_is_no_error_stays_none(void **state)
{
    static const char *const values[] = {"null",
                                         "5",
                                         "[]",
                                         "{}",
                                         "{\"error\":null}",
                                         "{\"choices\":[{\"delta\":{\"content\":\"error\"}}]}"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct json_object *o = NULL;
        assert_int_equal(json_parse(values[i], strlen(values[i]), NULL, &o, NULL), ERR_OK);
        assert_int_equal(llm_fault_object(&server, o, NULL), ERR_OK);
        json_object_put(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_says_more_than_the_status),
        cmocka_unit_test(the_servers_words_are_one_line_without_the_key),
        cmocka_unit_test(a_wait_is_handed_on),
        cmocka_unit_test(an_error_in_a_stream_may_have_a_status),
        cmocka_unit_test(what_is_no_error_stays_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
