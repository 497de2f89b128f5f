/* A ladder of which some stages are left out, at every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

static const char *const ladder[] = {
    "{\"type\":\"job_created\",\"seq\":1,\"job\":1,\"time\":1700000000000,\"kind\":\"task\","
    "\"title\":\"count the words of each length\"}",
    "{\"type\":\"job_started\",\"seq\":2,\"job\":1,\"time\":1700000000000,\"epoch\":1}",
    "{\"type\":\"stage_planned\",\"seq\":3,\"job\":1,\"stage\":1,\"name\":\"first answer\","
    "\"model\":\"coder-0.5b\",\"temperature\":0.1,\"candidates\":1,\"why\":\"\"}",
    "{\"type\":\"stage_planned\",\"seq\":4,\"job\":1,\"stage\":2,\"name\":\"candidates\","
    "\"model\":\"coder-0.5b\",\"temperature\":0.7,\"candidates\":4,\"why\":\"\"}",
    "{\"type\":\"stage_planned\",\"seq\":5,\"job\":1,\"stage\":3,\"name\":\"mended with a log\","
    "\"model\":\"coder-0.5b\",\"temperature\":0.1,\"candidates\":1,\"why\":\"\"}",
    "{\"type\":\"stage_planned\",\"seq\":6,\"job\":1,\"stage\":4,\"name\":\"stronger model\","
    "\"model\":\"coder-0.5b\",\"temperature\":0.1,\"candidates\":1,\"why\":\"same as stage 3\"}",
    "{\"type\":\"stage_planned\",\"seq\":7,\"job\":1,\"stage\":5,\"name\":\"its candidates\","
    "\"model\":\"powerful\",\"temperature\":0.6,\"candidates\":3,\"why\":\"no stronger model is "
    "installed: dise model install qwen2.5-coder-1.5b\"}",
    "{\"type\":\"stage_planned\",\"seq\":8,\"job\":1,\"stage\":6,\"name\":\"whole history\","
    "\"model\":\"coder-1.5b\",\"temperature\":0.2,\"candidates\":1,\"why\":\"\"}",
    "{\"type\":\"stage_planned\",\"seq\":9,\"job\":1,\"stage\":7,\"name\":\"root cause\","
    "\"model\":\"\xe5\xa4\xa7\xe6\xa8\xa1\xe5\x9e\x8b-32b\",\"temperature\":0.2,\"candidates\":1,"
    "\"why\":\"\"}",
    "{\"type\":\"stage_begin\",\"seq\":10,\"job\":1,\"time\":1700000001000,\"stage\":1}",
    "{\"type\":\"stage_end\",\"seq\":11,\"job\":1,\"stage\":1,\"outcome\":\"failed\",\"why\":\"the "
    "stage's 4 s are over in the middle of the answer\",\"tokens_in\":120,\"tokens_out\":88,"
    "\"seconds\":4.1}",
    "{\"type\":\"stage_end\",\"seq\":12,\"job\":1,\"stage\":2,\"outcome\":\"skipped\",\"why\":"
    "\"solved 0 of 34 such tasks (at most 7 %)\",\"tokens_in\":0,\"tokens_out\":0,\"seconds\":0}",
    "{\"type\":\"stage_begin\",\"seq\":13,\"job\":1,\"time\":1700000006000,\"stage\":3}",
};

static void show(int w, int h, bool plain, const char *name)
{
    struct ui ui;
    dashboard(&ui, w, h, plain);
    for (size_t i = 0; i < sizeof ladder / sizeof *ladder; i++)
        fold_line(&ui, ladder[i]);
    ui_focus(&ui, PANE_STAGES);
    ui_draw(&ui);
    check_golden(&ui, name);
    ui_fini(&ui);
}

static void what_is_left_out_stands_with_its_reason(void **state)
{
    (void)state;
    show(60, 16, false, "ladder");
    show(80, 24, false, "ladder");
    show(120, 40, false, "ladder");
    show(200, 60, false, "ladder");
    show(120, 40, true, "ladder-ascii");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_left_out_stands_with_its_reason)};
    return cmocka_run_group_tests(tests, read_session, free_session);
}
