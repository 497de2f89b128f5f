/* The overnight pane and menu: recorded events and answers in the wire form, golden files of every
 * state at every size, and what an altered event changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SESSION "/screen/batch.jsonl"
#include "../screen_fixture.h"
#include "ui/pane/batch_form.h"
#include "ui/pane/batch_model.h"
#include "ui/when.h"

static const struct {
    int w, h;
} sizes[] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};

static void set_answer(enum protocol_method method, const char *text)
{
    json_object_put(answers[method]);
    answers[method] = NULL;
    if (text)
        assert_int_equal(json_parse(text, strlen(text), NULL, &answers[method], NULL), ERR_OK);
}

static int no_answers(void **state)
{
    (void)state;
    for (int i = 0; i < METHOD_COUNT; i++) {
        set_answer((enum protocol_method)i, NULL);
        asked[i][0] = 0;
    }
    return 0;
}

/* The number of the first line with `mark`; without one all lines stand before it. */
static int before(const char *mark)
{
    int i = 0;
    while (i < line_count && !(mark && strstr(lines[i], mark)))
        i++;
    return i;
}

static void fold_until(struct ui *ui, const char *mark)
{
    for (int i = 0, n = before(mark); i < n; i++)
        fold_line(ui, lines[i]);
}

static void overnight(struct ui *ui, int w, int h)
{
    dashboard(ui, w, h, false);
    ui->now = 1700001000000; /* 22:30 */
    ui_focus(ui, PANE_BATCH);
}

static const char list[] =
    "{\"batches\":[{\"id\":3,\"name\":\"größere Aufgaben "
    "你好.jsonl\",\"state\":\"done\",\"start\":0,"
    "\"items\":120,\"done\":120,\"solved\":96,\"tokens\":412345,\"cost\":0.31,\"eta\":0},"
    "{\"id\":2,\"name\":\"verify memory\",\"state\":\"cancelled\",\"start\":0,\"items\":1204,"
    "\"done\":310,\"solved\":308,\"tokens\":0,\"cost\":0,\"eta\":0}]}";

static const char show[] =
    "{\"id\":3,\"name\":\"größere Aufgaben "
    "你好.jsonl\",\"state\":\"done\",\"start\":0,\"items\":120,"
    "\"done\":120,\"solved\":96,\"tokens\":412345,\"cost\":0.31,\"eta\":0,\"limits\":{\"tokens\":"
    "500000,\"money\":2.0,\"hours\":0},\"causes\":{\"timeout\":1},\"tasks\":[{\"item\":1,\"title\":"
    "\"die größte Zahl\",\"state\":\"solved\",\"cause\":\"\",\"child\":4,\"tokens\":99,\"cost\":0,"
    "\"seconds\":1.5},{\"item\":2,\"title\":\"数の和 of a list\",\"state\":\"failed\",\"cause\":"
    "\"timeout\",\"child\":5,\"tokens\":812,\"cost\":0.01,\"seconds\":61}]}";

static const char report[] =
    "{\"markdown\":\"# Overnight run 7: tasks.jsonl\\n\\n**8 of 12 solved** in 41 m, 12.4k "
    "tokens, $0.00.\\n\\n| | tasks | tokens | seconds |\\n|---|---:|---:|---:|\\n| solved | 8 | "
    "9120 | 301.2 |\\n| not solved | 3 | 3010 | 122.0 |\\n| failed | 1 | 270 | 4.1 |\\n\\n## Why "
    "not\\n\\n| cause | tasks |\\n|---|---:|\\n| wrong answer on an example of the task, told at "
    "length so that it must be cut somewhere | 2 |\\n| `timeout` \\\\| 10 s | 1 |\\n| größer 你好 "
    "| 1 |\\n\\n## Tasks\\n\\n- engine killed twice, nothing ran again\\n- resumed at "
    "02:14\\n\\n```json\\n{\\\"items\\\": 12}\\n```\\n\"}";

/* ---- the pane ---- */

static void every_state_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        set_answer(METHOD_BATCH_LIST, list);
        set_answer(METHOD_BATCH_SHOW, show);
        set_answer(METHOD_BATCH_REPORT, report);
        overnight(&ui, sizes[i].w, sizes[i].h);
        ui_draw(&ui);
        check_golden(&ui, "batch-ended");
        fold_until(&ui, "\"running\",\"why\"");
        ui_draw(&ui);
        check_golden(&ui, "batch-scheduled");
        fold_until(&ui, "\"item\":7,");
        ui_draw(&ui);
        check_golden(&ui, "batch-running");
        press(&ui, INPUT_ENTER, 0);
        ui_draw(&ui);
        check_golden(&ui, "batch-items");
        press(&ui, INPUT_ESC, 0);
        press(&ui, 'x', 0);
        ui_draw(&ui);
        check_golden(&ui, "batch-cancel");
        press(&ui, 'n', 0);
        fold_until(&ui, NULL);
        press(&ui, 'm', 0);
        ui_draw(&ui);
        check_golden(&ui, "batch-report");
        ui_fini(&ui);
    }
}

static void keys_ask_the_engine(void **state)
{
    struct ui ui;
    (void)state;
    overnight(&ui, 120, 40);
    ui_draw(&ui);
    assert_string_equal(asked[METHOD_BATCH_LIST], "{\"limit\":100}");
    fold_until(&ui, "\"done\",\"why\"");
    ui_draw(&ui);
    assert_string_equal(asked[METHOD_BATCH_SHOW], "{\"id\":7}");
    press(&ui, 'p', 0);
    assert_string_equal(asked[METHOD_BATCH_PAUSE], "{\"id\":7}");
    press(&ui, 'r', 0);
    assert_string_equal(asked[METHOD_BATCH_RESUME], "{\"id\":7}");
    press(&ui, 'x', 0);
    press(&ui, 'n', 0);
    assert_string_equal(asked[METHOD_JOB_CANCEL], "");
    press(&ui, 'x', 0);
    press(&ui, 'y', 0);
    assert_string_equal(asked[METHOD_JOB_CANCEL], "{\"job\":7}");
    press(&ui, INPUT_ENTER, 0);
    press(&ui, 'g', 0);
    press(&ui, INPUT_ENTER, 0);
    assert_int_equal(ui.job, 8);
    ui_fini(&ui);
}

static void the_report_is_copied_and_saved_as_markdown(void **state)
{
    char folder[] = "/tmp/dise-test-XXXXXX", path[128];
    struct buf text;
    struct ui ui;
    (void)state;
    set_answer(METHOD_BATCH_REPORT, report);
    overnight(&ui, 120, 40);
    fold_until(&ui, NULL);
    assert_non_null(mkdtemp(folder));
    snprintf(ui.cwd, sizeof ui.cwd, "%s", folder);
    press(&ui, 'w', 0);
    assert_non_null(strstr(ui.note, "m shows the report"));
    press(&ui, 'm', 0);
    ui_draw(&ui);
    assert_string_equal(pane_batch.copy(&ui, ui.panes[PANE_BATCH]),
                        json_str(answers[METHOD_BATCH_REPORT], "markdown", ""));
    press(&ui, 'w', 0);
    snprintf(path, sizeof path, "%s/overnight-7.md", folder);
    buf_init(&text, 1 << 20);
    assert_int_equal(buf_read_file(&text, path, NULL), ERR_OK);
    assert_string_equal(text.data, json_str(answers[METHOD_BATCH_REPORT], "markdown", ""));
    press(&ui, 'w', 0);
    assert_non_null(strstr(ui.note, "exists already"));
    unlink(path);
    rmdir(folder);
    buf_fini(&text);
    ui_fini(&ui);
}

/* ---- what an altered event changes ---- */

static void an_altered_event_changes_the_pane_and_nothing_else(void **state)
{
    static const struct {
        const char *mark, *what, *by;
    } cases[] = {
        {"\"batch_planned\"", "tasks.jsonl", "other.jsonl"},
        {"\"batch_planned\"", "\"limit_tokens\":2000000", "\"limit_tokens\":3000000"},
        {"\"item\":3,\"child\":10,\"title\":\"\"", "wrong answer", "wrong number"},
        {"\"item\":1,\"child\":8,\"title\":\"\"", "\"solved\"", "\"failed\""},
        {"\"item\":2,\"child\":9,\"title\":\"reverse", "reverse", "inverse"},
        {"\"done\":4", "\"done\":4", "\"done\":7"},
        {"\"done\":4", "\"cost\":0.01", "\"cost\":0.44"},
        {"\"done\":4", "\"eta\":1700003000000", "\"eta\":1700013000000"},
        {"\"done\":4", "\"state\":\"running\"", "\"state\":\"paused\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        struct rect none = {0};
        overnight(&old, 120, 60);
        overnight(&new, 120, 60);
        fold_until(&old, "\"item\":7,");
        fold_altered(&new, 0, before("\"item\":7,"), cases[i].mark, 0, cases[i].what, cases[i].by);
        ui_draw(&old);
        ui_draw(&new);
        if (!differences(&old, &new, old.layout.pane[PANE_BATCH], none))
            fail_msg("case %zu: %s is not on the screen", i, cases[i].what);
        ui_fini(&new);
        ui_fini(&old);
    }
}

static void events_seen_twice_change_nothing(void **state)
{
    struct ui old, new;
    const struct rect none = {0};
    (void)state;
    overnight(&old, 120, 40);
    overnight(&new, 120, 40);
    fold_until(&old, NULL);
    fold_until(&new, NULL);
    for (int i = 0; i < line_count / 2; i++) /* the old ones would take it back */
        if (strstr(lines[i], "\"batch_"))
            fold_line(&new, lines[i]);
    ui_draw(&old);
    ui_draw(&new);
    assert_int_equal(differences(&old, &new, none, none), 0);
    ui_fini(&new);
    ui_fini(&old);
}

/* As many as an overnight run may have: counted right, and every frame is quick. */
static void ten_thousand_tasks(void **state)
{
    enum { ITEMS = 10000 };
    struct event ev = {.type = EVENT_BATCH_PLANNED, .job = 7, .seq = 1};
    struct timespec from, to;
    struct pane_batch_probe {
        struct batch_model m;
    } * probe;
    struct batch_totals t;
    struct ui ui;
    int order[BATCH_CAUSES_MAX], frames = 0;
    double seconds;
    (void)state;
    overnight(&ui, 120, 40);
    ev.u.batch_planned = (struct event_batch_planned){"many", "many", ITEMS, 0, 8, 0, 0, 0};
    ui_event(&ui, &ev);
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < 2 * ITEMS; i++) {
        bool ends = i & 1, bad = i / 2 % 5 == 0;
        ev = (struct event){.type = EVENT_BATCH_ITEM, .job = 7, .seq = 2 + i};
        ev.u.batch_item =
            (struct event_batch_item){i / 2 + 1,
                                      i / 2 + 8,
                                      ends ? "" : "a task of many words",
                                      ends ? (bad ? "failed" : "solved") : "running",
                                      ends && bad ? (i % 4 == 1 ? "timeout" : "parse") : "",
                                      ends ? 100 : 0,
                                      0,
                                      ends ? 2 : 0};
        ui_event(&ui, &ev);
        if (i % 20 == 0) {
            ui_draw(&ui);
            frames++;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    print_message("%d frames, %.2f ms each with 20 events\n", frames, seconds * 1000 / frames);
    probe = ui.panes[PANE_BATCH]; /* its first member */
    t = batch_totals(&probe->m.batches[0]);
    assert_int_equal(t.done, ITEMS);
    assert_int_equal(t.solved, ITEMS - ITEMS / 5);
    assert_int_equal(t.running, 0);
    assert_int_equal(t.tokens, 100 * ITEMS);
    assert_int_equal(batch_causes(&probe->m.batches[0], order), 2);
    ui_fini(&ui);
}

/* ---- the menu ---- */

static const char estimate[] =
    "{\"items\":3,\"calls\":1900,\"tokens_in\":400000,\"tokens_out\":210000,\"cost\":0.0,"
    "\"seconds\":15000,\"seconds_p80\":19800,\"basis\":\"212 tasks of the last weeks\"}";

static char *task_folder(struct ui *ui, const char *text)
{
    static char folder[64];
    char path[128];
    snprintf(folder, sizeof folder, "/tmp/dise-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(ui->cwd, sizeof ui->cwd, "%s", folder);
    snprintf(path, sizeof path, "%s/tasks.jsonl", folder);
    assert_int_equal(path_write(path, text, strlen(text), NULL), ERR_OK);
    return folder;
}

static void remove_folder(const char *folder)
{
    char path[128];
    snprintf(path, sizeof path, "%s/tasks.jsonl", folder);
    unlink(path);
    rmdir(folder);
}

static void the_menu_plans_a_run(void **state)
{
    struct ui ui;
    char *folder;
    (void)state;
    set_answer(METHOD_BATCH_ESTIMATE, estimate);
    overnight(&ui, 80, 24);
    folder =
        task_folder(&ui, "reverse a text\n\n# a remark\n{\"task\":\"add\",\"tokens\":500}\nsort\n");
    press(&ui, INPUT_F0 + 9, 0);
    type(&ui, "ta");
    press(&ui, INPUT_TAB, 0); /* completes */
    press(&ui, INPUT_TAB, 0);
    type(&ui, "02:00");
    press(&ui, INPUT_TAB, 0);
    type(&ui, "07:30");
    press(&ui, INPUT_ENTER, 0);
    type(&ui, "3");
    press(&ui, INPUT_DOWN, 0);
    type(&ui, "2M");
    ui_draw(&ui);
    check_golden(&ui, "batch-menu");
    assert_non_null(strstr(asked[METHOD_BATCH_ESTIMATE], "\"tokens\":2000000"));
    press(&ui, INPUT_DOWN, 0);
    press(&ui, INPUT_DOWN, 0);
    press(&ui, INPUT_RIGHT, 0);
    assert_string_equal(asked[METHOD_BATCH_SUBMIT], "");
    set_answer(METHOD_BATCH_SUBMIT, "{\"job\":7}");
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(
        strstr(asked[METHOD_BATCH_SUBMIT],
               "\"tasks\":[{\"task\":\"reverse a text\"},{\"task\":\"add\",\"tokens\":500},"
               "{\"task\":\"sort\"}],\"start\":1700013600000,\"width\":3,\"limits\":{"
               "\"tokens\":2000000,\"money\":0.0,\"hours\":5.5},\"key\":\""));
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    assert_non_null(strstr(ui.note, "overnight run 7 begins tomorrow 02:00"));
    remove_folder(folder);
    ui_fini(&ui);
}

static void a_wrong_file_is_told_with_its_place_and_nothing_is_handed_over(void **state)
{
    struct ui ui;
    char *folder;
    (void)state;
    set_answer(METHOD_BATCH_ESTIMATE, estimate);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        overnight(&ui, sizes[i].w, sizes[i].h);
        folder = task_folder(&ui, "reverse a text\n{\"task\":\"add\",\"tokens\":\"many\"}\n");
        assert_true(action_line(&ui, "/batch tasks.jsonl"));
        ui_draw(&ui);
        check_golden(&ui, "batch-wrong");
        for (int k = 0; k < 9; k++) {
            press(&ui, INPUT_DOWN, 0);
            press(&ui, INPUT_ENTER, 0);
        }
        assert_string_equal(asked[METHOD_BATCH_SUBMIT], "");
        assert_string_equal(asked[METHOD_BATCH_ESTIMATE], "");
        remove_folder(folder);
        ui_fini(&ui);
    }
}

static void kept_programs_are_verified_again(void **state)
{
    struct ui ui;
    (void)state;
    set_answer(METHOD_BATCH_ESTIMATE, estimate);
    overnight(&ui, 80, 24);
    assert_true(action_line(&ui, "/batch a1 a22"));
    assert_non_null(strstr(asked[METHOD_BATCH_ESTIMATE], "\"artifacts\":[\"a1\",\"a22\"]"));
    ui_draw(&ui);
    check_golden(&ui, "batch-verify");
    /* going by another kind of run leaves what was chosen, Enter on it does not */
    for (int i = 0; i < 8; i++)
        press(&ui, INPUT_DOWN, 0);
    set_answer(METHOD_BATCH_SUBMIT, "{\"job\":7}");
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(strstr(asked[METHOD_BATCH_SUBMIT], "\"artifacts\":[\"a1\",\"a22\"]"));
    assert_true(action_line(&ui, "/batch a1 a22"));
    press(&ui, INPUT_DOWN, 0);
    press(&ui, INPUT_ENTER, 0);
    assert_non_null(strstr(asked[METHOD_BATCH_ESTIMATE], "\"improve\""));
    press(&ui, INPUT_UP, 0); /* Enter went on to the next field */
    type(&ui, "all");
    assert_non_null(strstr(asked[METHOD_BATCH_ESTIMATE], "\"target\":\"all\""));
    type(&ui, "x"); /* is no target, so nothing is asked */
    assert_non_null(strstr(asked[METHOD_BATCH_ESTIMATE], "\"target\":\"all\""));
    ui_fini(&ui);
}

static void the_mouse_chooses_in_the_menu(void **state)
{
    struct input_event ev = {.type = INPUT_MOUSE, .mouse = INPUT_PRESS, .button = 1};
    struct ui ui;
    (void)state;
    overnight(&ui, 80, 24);
    assert_true(action_line(&ui, "/batch a1"));
    ui_draw(&ui);
    ev.x = ui.overlay_inner.x + ui.overlay_inner.w - 4; /* [ Go ] */
    ev.y = ui.overlay_inner.y + ui.overlay_inner.h - 1;
    ui_input(&ui, &ev);
    assert_non_null(strstr(asked[METHOD_BATCH_SUBMIT], "\"artifacts\":[\"a1\"]"));
    ui_fini(&ui);
}

static void in_ascii_there_is_nothing_but_ascii(void **state)
{
    struct ui ui;
    struct buf text;
    (void)state;
    buf_init(&text, 4 << 20);
    set_answer(METHOD_BATCH_ESTIMATE, estimate);
    set_answer(METHOD_BATCH_REPORT,
               "{\"markdown\":\"# Run\\n\\n- one\\n\\n|a|b|\\n|-|-:|\\n|a text that is longer than "
               "the pane is wide, whatever its size may be today or tomorrow|2|\\n\"}");
    dashboard(&ui, 120, 40, true);
    ui_focus(&ui, PANE_BATCH);
    for (int i = 0; i < line_count; i++)
        if (!strstr(lines[i], "größte"))
            fold_line(&ui, lines[i]);
    for (int step = 0; step < 5; step++) {
        ui_draw(&ui);
        assert_int_equal(canvas_text(&ui.canvas, &text), ERR_OK);
        if (step < 3)
            press(&ui, step == 0 ? INPUT_ENTER : step == 1 ? 'm' : INPUT_F0 + 10, 0);
        else if (step == 3)
            action_do(&ui, ACTION_BATCH, "a1");
    }
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            fail_msg("%.40s", text.data + (i > 20 ? i - 20 : 0));
    buf_fini(&text);
    ui_fini(&ui);
}

/* ---- times and amounts ---- */

static void times_and_amounts(void **state)
{
    const int64_t now = 1700001000000;
    int64_t n;
    double d;
    char text[64];
    (void)state;
    assert_true(when_start("now", now, &n) && n == 0);
    assert_true(when_start("23:00", now, &n) && n == now + 30 * 60000);
    assert_true(when_start("22:30", now, &n) && n == now + 24 * 3600000LL); /* has passed */
    assert_false(when_start("25:00", now, &n) || when_start("2", now, &n) ||
                 when_start("02:0", now, &n) == true);
    assert_true(when_hours("8", now, &d) && d == 8 && when_hours("1.5 h", now, &d) && d == 1.5);
    assert_true(when_hours("00:30", now, &d) && d == 2);
    assert_false(when_hours("-1", now, &d) || when_hours("nan", now, &d));
    assert_true(when_count("1.5M", &n) && n == 1500000 && when_count("", &n) && n == 0);
    assert_false(when_count("2x", &n) || when_count("inf", &n) || when_count("-3", &n));
    assert_true(when_money("$0.50", &d) && d == 0.5);
    assert_string_equal(when_clock(now + 3600000, now, text, sizeof text), "23:30");
    assert_string_equal(when_clock(now + 2 * 3600000, now, text, sizeof text), "tomorrow 00:30");
    assert_string_equal(when_clock(INT64_MAX, now, text, sizeof text), "?");
}

/* 02:30 does not exist in Berlin on 31 March 2024; the run begins an hour later, once. */
static void an_hour_that_is_left_out(void **state)
{
    const int64_t evening = 1711832400000; /* 30 March, 22:00 */
    int64_t n;
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    assert_true(when_start("02:30", evening, &n));
    assert_int_equal(n, 1711848600000); /* 03:30 summer time */
    assert_true(when_start("04:00", evening, &n));
    assert_int_equal(n, 1711850400000);
    setenv("TZ", "UTC", 1);
    tzset();
}

static int begin(void **state)
{
    setenv("TZ", "UTC", 1);
    tzset();
    return read_session(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_state_at_every_size, no_answers),
        cmocka_unit_test_teardown(keys_ask_the_engine, no_answers),
        cmocka_unit_test_teardown(the_report_is_copied_and_saved_as_markdown, no_answers),
        cmocka_unit_test_teardown(an_altered_event_changes_the_pane_and_nothing_else, no_answers),
        cmocka_unit_test_teardown(events_seen_twice_change_nothing, no_answers),
        cmocka_unit_test_teardown(ten_thousand_tasks, no_answers),
        cmocka_unit_test_teardown(the_menu_plans_a_run, no_answers),
        cmocka_unit_test_teardown(a_wrong_file_is_told_with_its_place_and_nothing_is_handed_over,
                                  no_answers),
        cmocka_unit_test_teardown(kept_programs_are_verified_again, no_answers),
        cmocka_unit_test_teardown(the_mouse_chooses_in_the_menu, no_answers),
        cmocka_unit_test_teardown(in_ascii_there_is_nothing_but_ascii, no_answers),
        cmocka_unit_test(times_and_amounts),
        cmocka_unit_test(an_hour_that_is_left_out),
    };
    return cmocka_run_group_tests(tests, begin, free_session);
}
