/* The overlay of the backends: who can be asked, who plays which role and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

static const char found[] =
    "{\"backends\":["
    "{\"name\":\"ollama\",\"title\":\"ollama\",\"configured\":true,\"state\":\"up\",\"detail\":\"3 "
    "models\",\"remedy\":\"\",\"url\":\"http://localhost:11434\",\"look_ms\":12.4,"
    "\"models\":[\"qwen2.5-coder:3b\",\"llama3:latest\",\"nomic-embed-text:latest\"],"
    "\"plays\":[{\"model\":\"qwen2.5-coder:3b\",\"there\":true,\"context_tokens\":32768,"
    "\"roles\":[\"fast\",\"coding.tier_1\"],\"test\":{\"ok\":true,\"first_token_ms\":212,"
    "\"tokens_s\":31.25,\"tokens_in\":22,\"tokens_out\":40,\"cost\":0,\"cost_known\":true}},"
    "{\"model\":\"codellama:7b\",\"there\":false,\"context_tokens\":0,\"roles\":[\"base\"]}],"
    "\"door\":{\"breaker\":\"open\",\"failures\":5,\"retry_ms\":8000,\"why\":\"it does not "
    "answer\",\"running\":1,\"waiting\":3,\"parallel\":2},\"today\":{\"calls\":41,\"tokens_in\":"
    "31000,\"tokens_out\":5200,\"cost\":0}},"
    "{\"name\":\"anthropic\",\"title\":\"anthropic\",\"configured\":true,\"state\":\"down\","
    "\"detail\":\"the key was refused\",\"remedy\":\"set its api_key\",\"url\":\"\","
    "\"look_ms\":0,\"models\":[],\"plays\":[]},"
    "{\"name\":\"lmstudio\",\"title\":\"LM Studio\",\"configured\":false,\"state\":\"down\","
    "\"detail\":\"nothing answers on http://127.0.0.1:1234/v1\",\"remedy\":\"start it, or choose "
    "another\",\"url\":\"\",\"look_ms\":0,\"models\":[],\"plays\":[]},"
    "{\"name\":\"openai\",\"title\":\"openai\",\"configured\":true,\"state\":\"disabled\","
    "\"detail\":\"turned off in the configuration\",\"remedy\":\"llm.backends.openai.enabled: "
    "true\"}],"
    "\"roles\":[{\"role\":\"fast\",\"chain\":[{\"backend\":\"ollama\",\"model\":\"qwen2.5-coder:"
    "3b\",\"state\":\"ok\",\"context_tokens\":32768,\"timeout_ms\":60000,\"how\":"
    "\"coding.tier_1 by role_to_tier_mapping.fast, config.yaml:9:3\"},{\"backend\":\"anthropic\","
    "\"model\":\"claude-haiku-4-5\",\"state\":\"down\",\"context_tokens\":0,\"timeout_ms\":0,"
    "\"how\":\"anthropic's usual model for fast\"}]},"
    "{\"role\":\"base\",\"chain\":[{\"backend\":\"ollama\",\"model\":\"codellama:7b\",\"state\":"
    "\"missing\",\"context_tokens\":0,\"timeout_ms\":0,\"how\":\"llm.model_roles.base, "
    "config.yaml:4:5\"}]},{\"role\":\"god_level\",\"chain\":[]}],"
    "\"warnings\":[\"llm.fallback_backends names openai, which is not enabled: it is left out\"],"
    "\"well\":1,\"asked\":2}";

static void read_answer(void)
{
    assert_int_equal(json_parse(found, sizeof found - 1, NULL, &answers[METHOD_BACKENDS], NULL),
                     ERR_OK);
}

static void the_overlay_shows_backends_and_roles(void **state)
{
    static const int extents[][2] = {{80, 24}, {120, 40}, {200, 60}, {60, 16}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct ui ui;
        dashboard(&ui, extents[i][0], extents[i][1], false);
        action_do(&ui, ACTION_BACKENDS, "");
        assert_int_equal(ui.overlay, OVERLAY_TEXT);
        assert_string_equal(asked[METHOD_BACKENDS], "{\"test\":false}");
        ui_draw(&ui);
        check_golden(&ui, "backends");
        press(&ui, 'G', 0);
        ui_draw(&ui);
        check_golden(&ui, "backends-end");
        press(&ui, 'q', 0);
        assert_int_equal(ui.overlay, OVERLAY_NONE);
        ui_fini(&ui);
    }
}

static void the_slash_command_may_ask_for_a_test(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, true);
    type(&ui, "/backends test");
    press(&ui, INPUT_ENTER, 0);
    assert_string_equal(asked[METHOD_BACKENDS], "{\"test\":true}");
    ui_draw(&ui);
    check_golden(&ui, "backends-ascii");
    ui_fini(&ui);
}

static bool asks_long(enum protocol_method method, struct json_object *params,
                      client_reply_fn *reply, void *reply_arg)
{
    (void)params;
    (void)reply;
    (void)reply_arg;
    return method == METHOD_BACKENDS;
}

static void tell(struct ui *ui, const char *model, const char *test)
{
    struct event ev = {.type = EVENT_BACKEND_TESTED};
    ev.u.backend_tested.backend = "ollama";
    ev.u.backend_tested.model = model;
    ev.u.backend_tested.test = test;
    ui_event(ui, &ev);
}

/* Those that have answered are shown while others are still asked. */
static void each_model_is_shown_when_it_has_answered(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, true);
    answer_with = asks_long;
    action_do(&ui, ACTION_BACKENDS, "test");
    answer_with = NULL;
    tell(&ui, "qwen2.5-coder:3b",
         "{\"ok\":true,\"first_token_ms\":212,\"tokens_s\":31.25,\"tokens_in\":22,"
         "\"tokens_out\":40,\"cost\":0,\"cost_known\":true}");
    tell(&ui, "codellama:7b",
         "{\"ok\":false,\"error\":\"no such model\",\"remedy\":\"ollama pull "
         "codellama:7b\"}");
    ui_draw(&ui);
    check_golden(&ui, "backends-asking");
    press(&ui, 'q', 0);
    tell(&ui, "late", "{\"ok\":true}"); /* nobody looks any more */
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    ui_fini(&ui);
}

static int prepare(void **state)
{
    int failed = read_session(state);
    if (!failed)
        read_answer();
    return failed;
}

static int finish(void **state)
{
    json_object_put(answers[METHOD_BACKENDS]);
    return free_session(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_overlay_shows_backends_and_roles),
        cmocka_unit_test(the_slash_command_may_ask_for_a_test),
        cmocka_unit_test(each_model_is_shown_when_it_has_answered),
    };
    return cmocka_run_group_tests(tests, prepare, finish);
}
