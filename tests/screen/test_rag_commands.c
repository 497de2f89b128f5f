/* /rag and /clear_rag: what they ask the engine for, and what is shown of its answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

static void answer(enum protocol_method method, const char *text)
{
    json_object_put(answers[method]);
    assert_int_equal(json_parse(text, strlen(text), NULL, &answers[method], NULL), ERR_OK);
}

static void forget(void)
{
    for (int m = 0; m < METHOD_COUNT; m++) {
        json_object_put(answers[m]);
        answers[m] = NULL;
    }
}

static void say(struct ui *ui, const char *line)
{
    type(ui, line);
    press(ui, INPUT_ENTER, 0);
}

static void verbs_ask_and_show(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, true);
    answer(METHOD_RAG_VERSIONS,
           "{\"versions\":[{\"id\":\"a9\",\"version\":\"2.0.0\",\"solved\":true,\"quality\":0.81,"
           "\"created\":1700000000000,\"breaking\":\"the input b is gone\",\"old\":false}]}");
    say(&ui, "/rag versions a9");
    assert_string_equal(asked[METHOD_RAG_VERSIONS], "{\"id\":\"a9\"}");
    assert_int_equal(ui.overlay, OVERLAY_TEXT);
    assert_true(on_screen(&ui, "2.0.0    a9      + 0.81"));
    assert_true(on_screen(&ui, "! breaks callers: the input b is gone  <- shown"));
    press(&ui, 'q', 0);
    answer(METHOD_RAG_DIFF, "{\"from\":\"a1\",\"to\":\"a9\",\"bump\":\"patch\",\"diff\":\"--- a1\\n"
                            "+++ a9\\n@@ -1 +1 @@\\n-old line\\n+new line\\n\"}");
    say(&ui, "/rag diff a1 a9");
    assert_string_equal(asked[METHOD_RAG_DIFF], "{\"from\":\"a1\",\"to\":\"a9\"}");
    assert_true(on_screen(&ui, "+new line"));
    press(&ui, 'q', 0);
    say(&ui, "/rag diff a1");
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    assert_true(on_screen(&ui, "/rag diff A B"));
    say(&ui, "/rag fly");
    assert_true(on_screen(&ui, "/rag knows search"));
    answer(METHOD_RAG_DELETE, "{\"count\":2,\"changed\":[{\"id\":\"a1\",\"shown\":\"\"},"
                              "{\"id\":\"a9\",\"shown\":\"a8\"}]}");
    say(&ui, "/rag delete a1  a9");
    assert_string_equal(asked[METHOD_RAG_DELETE], "{\"ids\":[\"a1\",\"a9\"]}");
    assert_true(on_screen(&ui, "a9 is put aside; a8 is the version that counts now"));
    press(&ui, 'q', 0);
    answer(METHOD_RAG_RESTORE, "{\"count\":5,\"changed\":[]}");
    say(&ui, "/rag restore all");
    assert_string_equal(asked[METHOD_RAG_RESTORE], "{\"all\":true}");
    assert_true(on_screen(&ui, "5 taken back"));
    press(&ui, 'q', 0);
    answer(METHOD_ARTIFACT_LIST, "{\"artifacts\":[],\"more\":false}");
    say(&ui, "/rag list kind:pattern tag:math roman");
    assert_non_null(strstr(asked[METHOD_ARTIFACT_LIST], "\"kind\":\"pattern\",\"tag\":\"math\","
                                                        "\"query\":\"roman\""));
    assert_true(on_screen(&ui, "nothing of this kind is kept"));
    ui_fini(&ui);
    forget();
}

static char ran[200];
static own_command_fn *ended;
static void *ended_arg;

static bool command(void *arg, const char *const *words, own_command_fn *done, void *done_arg,
                    char *why, size_t size)
{
    (void)arg;
    ran[0] = 0;
    for (int i = 0; words[i]; i++)
        snprintf(ran + strlen(ran), sizeof ran - strlen(ran), "%s[%s]", i ? " " : "", words[i]);
    if (ended) {
        snprintf(why, size, "a command before this one still runs");
        return false;
    }
    ended = done;
    ended_arg = done_arg;
    return true;
}

static void end(int code, const char *text)
{
    own_command_fn *fn = ended;
    ended = NULL;
    fn(ended_arg, code, text);
}

static void files_are_the_business_of_the_command_line(void **state)
{
    struct ui ui;
    (void)state;
    setenv("HOME", "/home/me", 1);
    dashboard(&ui, 120, 40, true);
    ui.link.command = command;
    say(&ui, "/rag import \"~/old things\"");
    assert_string_equal(ran, "[rag] [import] [/home/me/old things]");
    assert_true(on_screen(&ui, "dise rag import runs"));
    say(&ui, "/rag export all.jsonl a1  a2");
    assert_true(on_screen(&ui, "a command before this one still runs"));
    end(0, "took 3 (3 function)\n\nprograms count as unverified");
    assert_int_equal(ui.overlay, OVERLAY_TEXT);
    assert_true(on_screen(&ui, "took 3 (3 function)"));
    assert_true(on_screen(&ui, "programs count as unverified"));
    press(&ui, 'q', 0);
    say(&ui, "/rag export all.jsonl a1  a2");
    assert_string_equal(ran, "[rag] [export] [all.jsonl] [a1] [a2]");
    end(2, "x all.jsonl: No such file\n");
    assert_true(on_screen(&ui, "dise rag export did not end well"));
    press(&ui, 'q', 0);
    ran[0] = 0;
    say(&ui, "/rag import");
    say(&ui, "/rag import a b");
    assert_string_equal(ran, "");
    assert_true(on_screen(&ui, "/rag import FOLDER|FILE"));
    say(&ui, "/rag sync qdrant");
    assert_string_equal(ran, "[rag] [sync] [--to] [qdrant]");
    end(0, "");
    ui_fini(&ui);
    forget();
}

static void clearing_asks_first_and_says_how_it_comes_back(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, true);
    answer(METHOD_RAG_DELETE, "{\"count\":7,\"changed\":[]}");
    asked[METHOD_RAG_DELETE][0] = 0;
    say(&ui, "/clear_rag");
    assert_int_equal(ui.overlay, OVERLAY_CONFIRM);
    assert_true(on_screen(&ui, "Put aside everything that is kept?"));
    press(&ui, INPUT_ENTER, 0); /* too easily pressed */
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    assert_string_equal(asked[METHOD_RAG_DELETE], "");
    say(&ui, "/clear_rag");
    press(&ui, 'y', 0);
    assert_string_equal(asked[METHOD_RAG_DELETE], "{\"all\":true}");
    assert_true(on_screen(&ui, "7 put aside; `dise rag restore --all`"));
    ui_fini(&ui);
    forget();
}

static void optimize_takes_a_target_in_both_forms(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, true);
    say(&ui, "/optimize a9 all");
    assert_non_null(strstr(asked[METHOD_ARTIFACT_OPTIMIZE], "{\"id\":\"a9\""));
    assert_non_null(strstr(asked[METHOD_ARTIFACT_OPTIMIZE], "\"target\":\"all\""));
    say(&ui, "/optimize tool a8 memory");
    assert_non_null(strstr(asked[METHOD_ARTIFACT_OPTIMIZE], "{\"id\":\"a8\""));
    assert_non_null(strstr(asked[METHOD_ARTIFACT_OPTIMIZE], "\"target\":\"memory\""));
    ui_fini(&ui);
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verbs_ask_and_show),
        cmocka_unit_test(files_are_the_business_of_the_command_line),
        cmocka_unit_test(optimize_takes_a_target_in_both_forms),
        cmocka_unit_test(clearing_asks_first_and_says_how_it_comes_back),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
