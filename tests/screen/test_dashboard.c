/* The dashboard without a terminal: a recorded session of the engine is folded and drawn, the cells
 * are compared with golden files. DISE_GOLDEN=write writes them anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

static void fold(struct ui *ui, int from, int to)
{
    for (int i = from; i < to; i++)
        fold_line(ui, lines[i]);
}

/* The line where the second stage has streamed for a while. */
static int middle(void)
{
    for (int i = 0, deltas = 0, begun = 0; i < line_count; i++) {
        begun += strstr(lines[i], "\"stage_begin\"") != NULL;
        deltas += begun == 2 && strstr(lines[i], "\"token_delta\"");
        if (deltas == 60)
            return i;
    }
    fail_msg("the recording has no second stage that streams");
    return 0;
}

static const struct {
    int w, h;
} sizes[] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};

static void a_session_looks_as_it_should_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        dashboard(&ui, sizes[i].w, sizes[i].h, false);
        ui_draw(&ui);
        check_golden(&ui, "empty");
        fold(&ui, 0, middle());
        ui_draw(&ui);
        check_golden(&ui, "streaming");
        fold(&ui, middle(), line_count);
        ui_draw(&ui);
        check_golden(&ui, "solved");
        ui_focus(&ui, PANE_STAGES);
        ui_draw(&ui);
        check_golden(&ui, "stages");
        ui_fini(&ui);
    }
}

static void overlays(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    fold(&ui, 0, line_count);
    press(&ui, '?', 0);
    ui_draw(&ui);
    check_golden(&ui, "help");
    press(&ui, INPUT_ESC, 0);
    press(&ui, 'p', INPUT_CTRL);
    type(&ui, "doct");
    ui_draw(&ui);
    check_golden(&ui, "palette");
    press(&ui, INPUT_ESC, 0);
    press(&ui, 'f', INPUT_CTRL);
    type(&ui, "values");
    ui_draw(&ui);
    check_golden(&ui, "search");
    press(&ui, INPUT_ESC, 0);
    type(&ui, "half a task");
    ui_draw(&ui);
    check_golden(&ui, "typing");
    ui_fini(&ui);
}

/* ---- what an altered event changes ---- */

static void an_altered_event_changes_its_pane_and_nothing_else(void **state)
{
    enum { STAGES = 1, TALK = 2 };
    static const struct {
        const char *mark;
        int nth;
        const char *what, *by;
        int panes;
    } cases[] = {
        {"\"stage_end\"", 0, "\"failed\"", "\"skipped\"", STAGES},
        {"\"stage_end\"", 0, "expected 14", "expected 15", STAGES},
        {"\"stage_end\"", 1, "\"tokens_out\":", "\"tokens_out\":9", STAGES},
        {"\"stage_end\"", 1, "\"seconds\":", "\"seconds\":8", STAGES},
        {"\"stage_planned\"", 0, "stronger model", "other model", STAGES},
        {"\"candidate_end\"", 1, "\"rejected\"", "\"cancelled\"", STAGES},
        {"\"check\"", 0, "-> 16", "-> 17", TALK},
        {"\"candidate_code\"", 0, "def roman", "def woman", TALK},
        {"\"job_done\"", 0, "2 of 2", "1 of 2", TALK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        struct rect none = {0};
        dashboard(&old, 120, 60, false);
        dashboard(&new, 120, 60, false);
        fold(&old, 0, line_count);
        fold_altered(&new, 0, line_count, cases[i].mark, cases[i].nth, cases[i].what, cases[i].by);
        ui_draw(&old);
        ui_draw(&new);
        if (differences(&old, &new, cases[i].panes & STAGES ? old.layout.pane[PANE_STAGES] : none,
                        cases[i].panes & TALK ? old.layout.pane[PANE_TALK] : none) == 0)
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
    dashboard(&old, 120, 40, false);
    dashboard(&new, 120, 40, false);
    fold(&old, 0, line_count);
    fold(&new, 0, line_count);
    for (int i = 0; i < line_count; i++)
        if (!strstr(lines[i], "\"seq\":0") && strstr(lines[i], "\"seq\":") &&
            !strstr(lines[i], "\"job_created\""))
            fold_line(&new, lines[i]);
    ui_draw(&old);
    ui_draw(&new);
    assert_int_equal(differences(&old, &new, none, none), 0);
    ui_fini(&new);
    ui_fini(&old);
}

static void any_size_and_back(void **state)
{
    struct ui old, new;
    const struct rect none = {0};
    (void)state;
    dashboard(&old, 100, 30, false);
    dashboard(&new, 100, 30, false);
    fold(&old, 0, line_count);
    fold(&new, 0, line_count);
    ui_draw(&old);
    for (int w = 1; w < 220; w += 7)
        for (int h = 1; h < 70; h += 5) {
            assert_int_equal(ui_resize(&new, w, h), ERR_OK);
            ui_draw(&new);
        }
    assert_int_equal(ui_resize(&new, 30, 8), ERR_OK);
    ui_draw(&new);
    check_golden(&new, "small");
    assert_int_equal(ui_resize(&new, 100, 30), ERR_OK);
    ui_draw(&new);
    assert_int_equal(differences(&old, &new, none, none), 0);
    ui_fini(&new);
    ui_fini(&old);
}

static void plain_borders_are_ascii(void **state)
{
    struct ui ui;
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 20);
    dashboard(&ui, 120, 40, true);
    ui_draw(&ui);
    assert_int_equal(canvas_text(&ui.canvas, &text), ERR_OK);
    for (size_t i = 0; i < text.len; i++)
        assert_true((unsigned char)text.data[i] < 0x80);
    buf_fini(&text);
    ui_fini(&ui);
}

/* Whatever a model writes, no cell holds a control byte. */
static void hostile_text(void **state)
{
    static const char *const evil[] = {"\x1b[2J\x1b]0;title\x07\x9b"
                                       "31m",
                                       "\x01\x02\x03\x7f",
                                       "\xff\xfe\xc3",
                                       "\r\r\r\n\b\b",
                                       "\xE2\x80\xAE"
                                       "abc",
                                       "e\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81",
                                       "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9",
                                       "```\n```python\n``````",
                                       ""};
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    fold(&ui, 0, 12);
    for (int i = 0; i < 400; i++) {
        struct event ev = {.type = EVENT_TOKEN_DELTA, .job = 1};
        ev.u.token_delta.stage = 1;
        ev.u.token_delta.candidate = 1;
        ev.u.token_delta.text = evil[(size_t)i % (sizeof evil / sizeof *evil)];
        ui_event(&ui, &ev);
        if (i % 10)
            continue;
        ui_draw(&ui);
        for (int y = 0; y < 24; y++)
            for (int x = 0; x < 80; x++) {
                const struct cell *c = canvas_cell(&ui.canvas, x, y);
                for (int k = 0; k < c->len; k++)
                    assert_true((unsigned char)c->text[k] >= 0x20 && c->text[k] != 0x7f);
            }
    }
    ui_fini(&ui);
}

/* The set-up screen opens by itself only before a person who does nothing yet: over a command that
 * is being written its keys would choose what to install. */
static void set_up_opens_over_nobody(void **state)
{
    struct ui ui;
    (void)state;
    answers[METHOD_SETUP_LOOK] = json_tokener_parse("{\"ready\": false, \"found\": []}");
    dashboard(&ui, 120, 36, false);
    ui_look(&ui);
    assert_true(on_screen(&ui, "Welcome to DiSE"));
    press(&ui, INPUT_ESC, 0);
    ui_fini(&ui);

    dashboard(&ui, 120, 36, false);
    type(&ui, "/he");
    ui_look(&ui);
    assert_false(on_screen(&ui, "Welcome to DiSE"));
    assert_true(on_screen(&ui, "there is no language model yet: /setup"));
    press(&ui, INPUT_BACKSPACE, 0);
    press(&ui, INPUT_BACKSPACE, 0);
    type(&ui, "setup");
    press(&ui, INPUT_ENTER, 0);
    assert_true(on_screen(&ui, "Welcome to DiSE"));
    ui_fini(&ui);
    json_object_put(answers[METHOD_SETUP_LOOK]);
    answers[METHOD_SETUP_LOOK] = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_looks_as_it_should_at_every_size),
        cmocka_unit_test(overlays),
        cmocka_unit_test(an_altered_event_changes_its_pane_and_nothing_else),
        cmocka_unit_test(events_seen_twice_change_nothing),
        cmocka_unit_test(any_size_and_back),
        cmocka_unit_test(plain_borders_are_ascii),
        cmocka_unit_test(hostile_text),
        cmocka_unit_test(set_up_opens_over_nobody),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
