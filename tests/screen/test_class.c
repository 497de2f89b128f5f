/* What a task was taken for, and answers that are words or a calculation, on the screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SESSION "/screen/class.jsonl"
#include "../screen_fixture.h"

static const struct {
    int w, h;
} sizes[] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};

/* The lines of one job, up to the first event of a type ("": all). */
static void fold_job(struct ui *ui, const char *job, const char *until)
{
    for (int i = 0; i < line_count; i++) {
        if (*until && strstr(lines[i], job) && strstr(lines[i], until))
            return;
        if (strstr(lines[i], job))
            fold_line(ui, lines[i]);
    }
}

static void it_looks_as_it_should_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        dashboard(&ui, sizes[i].w, sizes[i].h, false);
        fold_job(&ui, "\"job\":1,", "\"stage_end\"");
        ui_draw(&ui);
        check_golden(&ui, "class-writing");
        fold_job(&ui, "\"job\":1,", "");
        ui_focus(&ui, PANE_STAGES);
        ui_draw(&ui);
        check_golden(&ui, "class-words");
        fold_job(&ui, "\"job\":2,", "");
        ui_focus(&ui, PANE_TALK);
        ui_draw(&ui);
        check_golden(&ui, "class-calculation");
        ui_fini(&ui);
    }
}

static void it_looks_as_it_should_in_plain_characters(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 100, 20, true);
    fold_job(&ui, "\"job\":1,", "");
    ui_focus(&ui, PANE_STAGES);
    ui_draw(&ui);
    check_golden(&ui, "class-ascii");
    ui_fini(&ui);
}

static void a_person_says_otherwise(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    type(&ui, "/text sort a list");
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(
        strstr(asked[METHOD_JOB_SUBMIT], "\"class\":\"text\",\"task\":\"sort a list\""));
    type(&ui, "/code write a haiku");
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(strstr(asked[METHOD_JOB_SUBMIT], "\"class\":\"code\""));
    type(&ui, "sort a list");
    press(&ui, INPUT_ENTER, 0);
    assert_null(strstr(asked[METHOD_JOB_SUBMIT], "class"));
    asked[METHOD_JOB_SUBMIT][0] = 0;
    type(&ui, "/text");
    press(&ui, INPUT_ENTER, 0);
    assert_string_equal(asked[METHOD_JOB_SUBMIT], "");
    ui_fini(&ui);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_looks_as_it_should_at_every_size),
        cmocka_unit_test(it_looks_as_it_should_in_plain_characters),
        cmocka_unit_test(a_person_says_otherwise),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
