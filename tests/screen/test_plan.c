/* A plan and tests that are made before the program, and the question about the plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

static const char *const begins[] = {
    "{\"type\":\"job_created\",\"seq\":1,\"job\":1,\"time\":1700000000000,\"kind\":\"task\","
    "\"title\":\"merge overlapping intervals\",\"task\":\"merge overlapping intervals\","
    "\"parent\":0}",
    "{\"type\":\"job_started\",\"seq\":2,\"job\":1,\"time\":1700000000000,\"epoch\":1}",
};
static const char *const streams[] = {
    "{\"type\":\"token_delta\",\"seq\":0,\"job\":1,\"time\":0,\"stage\":0,\"candidate\":1,"
    "\"text\":\"Purpose: merges inter\",\"tokens\":4,\"dropped\":false}",
    "{\"type\":\"token_delta\",\"seq\":0,\"job\":1,\"time\":0,\"stage\":0,\"candidate\":1,"
    "\"text\":\"vals that over\\u6f22\\u5b57\\u001b[31m\",\"tokens\":9,\"dropped\":false}",
};
static const char *const planned[] = {
    "{\"type\":\"plan\",\"seq\":3,\"job\":1,\"time\":1700000004000,\"text\":\"Purpose: merges "
    "intervals that overlap.\\nInput: intervals, a list of lists of two integers, in any order; "
    "it may be empty.\\nOutput: a list of lists, by their first members.\\nEdge cases: [] gives "
    "[]; intervals that touch are one.\\nAlgorithm: sort, then join with the last.\"}",
    "{\"type\":\"job_question\",\"seq\":4,\"job\":1,\"time\":1700000004000,\"question\":\"plan\","
    "\"kind\":\"plan\",\"text\":\"Write the program by this plan?\",\"subject\":\"\","
    "\"choices\":\"go|edit|cancel\"}",
};
static const char *const agreed[] = {
    "{\"type\":\"job_answer\",\"seq\":5,\"job\":1,\"time\":1700000005000,\"question\":\"plan\","
    "\"answer\":\"go\"}",
    "{\"type\":\"stage_planned\",\"seq\":6,\"job\":1,\"time\":1700000005000,\"stage\":1,"
    "\"name\":\"first answer\",\"model\":\"coder-0.5b\",\"temperature\":0.1,\"candidates\":1,"
    "\"why\":\"\"}",
    "{\"type\":\"stage_begin\",\"seq\":7,\"job\":1,\"time\":1700000005000,\"stage\":1}",
    "{\"type\":\"token_delta\",\"seq\":0,\"job\":1,\"time\":0,\"stage\":0,\"candidate\":2,"
    "\"text\":\"assert merge([]) == []\\n\",\"tokens\":31,\"dropped\":false}",
};
static const char *const tested[] = {
    "{\"type\":\"tests_made\",\"seq\":8,\"job\":1,\"time\":1700000006000,\"written\":6,"
    "\"usable\":5,\"text\":\"merge([]) == []\"}",
};

#define FOLD(ui, list) fold_all(ui, list, sizeof(list) / sizeof *(list))

static void fold_all(struct ui *ui, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fold_line(ui, list[i]);
}

static const struct {
    int w, h;
    bool plain;
} sizes[] = {{60, 16, false}, {80, 24, false}, {120, 40, false}, {200, 60, false}, {80, 25, true}};

static void a_plan_is_read_as_it_comes_and_agreed_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        dashboard(&ui, sizes[i].w, sizes[i].h, sizes[i].plain);
        FOLD(&ui, begins);
        FOLD(&ui, streams);
        ui_draw(&ui);
        check_golden(&ui, "plan-streaming");
        FOLD(&ui, planned);
        ui_draw(&ui);
        check_golden(&ui, "plan-asked");
        FOLD(&ui, agreed);
        ui_draw(&ui);
        check_golden(&ui, "plan-agreed");
        FOLD(&ui, tested);
        ui_draw(&ui);
        check_golden(&ui, "plan-tests");
        ui_focus(&ui, PANE_STAGES);
        ui_draw(&ui);
        check_golden(&ui, "plan-stages");
        ui_fini(&ui);
    }
}

static bool edit(void *arg, const char *name, const char *text, struct buf *out, char *why,
                 size_t size)
{
    (void)arg, (void)why, (void)size;
    assert_string_equal(name, "plan.txt");
    return buf_adds(out, text) == ERR_OK && buf_adds(out, "\nConstraints: none.") == ERR_OK;
}

static void ask(struct ui *ui)
{
    dashboard(ui, 80, 24, false);
    ui->link.edit = edit;
    asked[METHOD_JOB_ANSWER][0] = 0;
    FOLD(ui, begins);
    FOLD(ui, planned);
}

static void the_nearest_keys_answer(void **state)
{
    struct ui ui;
    (void)state;
    ask(&ui);
    type(&ui, "x");
    press(&ui, INPUT_ENTER, 0); /* a task that is typed is no answer */
    assert_string_equal(asked[METHOD_JOB_ANSWER], "");
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(strstr(asked[METHOD_JOB_ANSWER], "\"answer\":\"go\""));
    ui_fini(&ui);
    ask(&ui);
    press(&ui, INPUT_ESC, 0);
    assert_non_null(strstr(asked[METHOD_JOB_ANSWER], "\"answer\":\"cancel\""));
    ui_fini(&ui);
    ask(&ui);
    press(&ui, 'e', 0);
    assert_non_null(strstr(asked[METHOD_JOB_ANSWER], "\"question\":\"plan\""));
    assert_non_null(strstr(asked[METHOD_JOB_ANSWER], "last.\\nConstraints: none."));
    ui_fini(&ui);
}

static void a_plan_is_asked_for_with_its_command(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    asked[METHOD_JOB_SUBMIT][0] = 0;
    type(&ui, "/plan");
    press(&ui, INPUT_ENTER, 0);
    assert_string_equal(asked[METHOD_JOB_SUBMIT], "");
    type(&ui, "/plan merge intervals");
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(strstr(asked[METHOD_JOB_SUBMIT], "\"plan\":true"));
    assert_non_null(strstr(asked[METHOD_JOB_SUBMIT], "\"task\":\"merge intervals\""));
    ui_fini(&ui);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_is_read_as_it_comes_and_agreed_to),
        cmocka_unit_test(the_nearest_keys_answer),
        cmocka_unit_test(a_plan_is_asked_for_with_its_command),
    };
    return cluster_locale() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
