/* What belongs to the dashboard as a whole: which job it shows, the order of what is told, find,
 * tabs, overlays, the palette, the mouse, and that an event changes the panes it belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

/* The row that holds the text; -1: none. */
static int row_of(const struct ui *ui, const char *what)
{
    struct buf text;
    int y = 0, found = -1;
    buf_init(&text, 1 << 20);
    assert_int_equal(canvas_text(&ui->canvas, &text), ERR_OK);
    for (char *at = text.data, *end; found < 0 && (end = strchr(at, '\n')); at = end + 1, y++) {
        *end = '\0';
        if (strstr(at, what))
            found = y;
    }
    buf_fini(&text);
    return found;
}

static void shows(struct ui *ui, const char *what, bool wanted)
{
    ui_draw(ui);
    if ((row_of(ui, what) >= 0) != wanted)
        fail_msg("\"%s\" is %son the screen", what, wanted ? "not " : "");
}

static void bottom_shows(struct ui *ui, const char *what)
{
    char row[2048] = "";
    ui_draw(ui);
    for (int x = 0; x < ui->canvas.w; x++) {
        const struct cell *c = canvas_cell(&ui->canvas, x, ui->canvas.h - 1);
        strncat(row, c->len ? c->text : " ", c->len ? c->len : 1);
    }
    if (!strstr(row, what))
        fail_msg("\"%s\" is not in \"%s\"", what, row);
}

static void plan_many(struct ui *ui)
{
    char line[300];
    for (int i = 4; i < 20; i++) {
        snprintf(line, sizeof line,
                 "{\"job\":1,\"seq\":%d,\"time\":1,\"type\":\"stage_planned\",\"stage\":%d,"
                 "\"name\":\"rung %d\",\"model\":\"m%d\",\"temperature\":0.1,\"candidates\":1}",
                 6000 + i, i, i, i);
        fold_line(ui, line);
    }
}

static void fold(struct ui *ui, int from, int to)
{
    for (int i = from; i < to; i++)
        fold_line(ui, lines[i]);
}

/* The line behind the n-th one that holds `mark`. */
static int behind(const char *mark, int n)
{
    for (int i = 0; i < line_count; i++)
        if (strstr(lines[i], mark) && --n == 0)
            return i + 1;
    fail_msg("there is no line with %s", mark);
    return 0;
}

static struct json_object *parsed(const char *text)
{
    struct json_object *o;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

/* ---- which job ---- */

static void the_newest_job_is_shown_at_the_start(void **state)
{
    static const struct {
        const char *jobs;
        int64_t shown;
    } cases[] = {
        {"[]", 0},
        {"[{\"id\":4,\"kind\":\"task\",\"state\":\"done\",\"title\":\"add\"},"
         "{\"id\":3,\"kind\":\"task\",\"state\":\"done\",\"title\":\"old\"}]",
         4},
        {"[{\"id\":9,\"kind\":\"task\",\"state\":\"done\",\"parent\":7},"
         "{\"id\":8,\"kind\":\"model_install\",\"state\":\"done\"},"
         "{\"id\":7,\"kind\":\"batch\",\"state\":\"running\"},"
         "{\"id\":5,\"kind\":\"task\",\"state\":\"done\",\"title\":\"add\"}]",
         5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *list = parsed(cases[i].jobs);
        struct ui ui;
        dashboard(&ui, 80, 24, false);
        ui_listed(&ui, list);
        assert_int_equal(ui.job, cases[i].shown);
        shows(&ui, "job 0", false);
        shows(&ui, "Say what a program should do", cases[i].shown == 0);
        ui_show_job(&ui, 3);
        ui_listed(&ui, list); /* the engine came back: what is in view stays */
        assert_int_equal(ui.job, 3);
        json_object_put(list);
        ui_fini(&ui);
    }
}

static void without_a_job_there_is_no_number(void **state)
{
    struct ui ui;
    struct json_object *one = parsed("{\"id\":1,\"kind\":\"batch\",\"state\":\"done\"}"),
                       *two = parsed("{\"id\":2,\"kind\":\"batch\",\"state\":\"done\"}");
    (void)state;
    dashboard(&ui, 120, 40, false);
    assert_int_equal(model_listed(&ui.model, one), ERR_OK);
    assert_int_equal(model_listed(&ui.model, two), ERR_OK);
    shows(&ui, "job 0", false);
    ui_show_job(&ui, 1);
    shows(&ui, "job 1 of 2", true);
    json_object_put(one);
    json_object_put(two);
    ui_fini(&ui);
}

/* ---- what is told ---- */

static void what_was_resumed_stands_before_what_streams_again(void **state)
{
    struct ui ui;
    int end = behind("\"stage_begin\"", 2), code = behind("\"candidate_begin\"", 4);
    (void)state;
    dashboard(&ui, 120, 60, false);
    fold(&ui, 0, end > code ? end : code);
    fold_line(
        &ui,
        "{\"job\":1,\"seq\":5000,\"time\":1700000005000,\"type\":\"job_started\",\"epoch\":2}");
    fold_line(&ui,
              "{\"job\":1,\"seq\":0,\"time\":1700000005100,\"type\":\"token_delta\",\"stage\":2,"
              "\"candidate\":0,\"text\":\"```python\\ndef again():\\n    pass\\n\",\"tokens\":9}");
    ui_draw(&ui);
    assert_true(row_of(&ui, "resumed") > row_of(&ui, "expected 14"));
    assert_true(row_of(&ui, "def again") > row_of(&ui, "resumed"));
    ui_fini(&ui);
}

static void a_model_that_is_loaded_does_not_write_yet(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 60, false);
    fold(&ui, 0, behind("\"candidate_begin\"", 1));
    shows(&ui, "model asked", true);
    fold_line(&ui, "{\"job\":0,\"seq\":0,\"time\":1,\"type\":\"engine_state\",\"running\":1,"
                   "\"model_state\":\"starting\",\"model\":\"x\"}");
    shows(&ui, "model starts", true);
    shows(&ui, "writing", false);
    fold(&ui, 0, behind("\"token_delta\"", 1));
    shows(&ui, "writing", true);
    ui_fini(&ui);
}

static void tokens_are_counted_once(void **state)
{
    struct ui ui;
    struct model_job *job;
    (void)state;
    dashboard(&ui, 120, 40, false);
    fold(&ui, 0, line_count);
    job = model_job(&ui.model, ui.job);
    assert_int_equal(job->tokens_live, 0);
    assert_int_equal(job->tokens_out, 227);
    shows(&ui, "227 tok", true);
    ui_fini(&ui);
}

static void a_strip_of_stages_tells_of_all_candidates(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    fold(&ui, 0, line_count);
    shows(&ui, "b ✔ accepted  a c d ✘", true);
    shows(&ui, "3 powerful", true);
    ui_fini(&ui);
}

/* ---- find ---- */

static void find_tells_how_many_there_are(void **state)
{
    static const struct {
        enum pane_id pane;
        const char *text, *first, *then;
    } cases[] = {{PANE_TALK, "values", "7 of 7", "1 of 7"},
                 {PANE_STAGES, "xiv", "1 of 4", "2 of 4"},
                 {PANE_GRAPH, "verify", "1 of", "2 of"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui ui;
        dashboard(&ui, 120, 60, false);
        fold(&ui, 0, line_count);
        ui_focus(&ui, cases[i].pane);
        ui_draw(&ui);
        press(&ui, 'f', INPUT_CTRL);
        type(&ui, cases[i].text);
        bottom_shows(&ui, cases[i].first);
        press(&ui, INPUT_ENTER, 0);
        bottom_shows(&ui, cases[i].first);
        press(&ui, 'n', 0);
        bottom_shows(&ui, cases[i].then);
        press(&ui, 'N', 0);
        bottom_shows(&ui, cases[i].first);
        press(&ui, 'f', INPUT_CTRL);
        type(&ui, "nowhere at all");
        shows(&ui, "no match", true);
        ui_fini(&ui);
    }
}

static void stages_scroll_and_follow(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    fold(&ui, 0, line_count);
    plan_many(&ui);
    ui_focus(&ui, PANE_STAGES);
    shows(&ui, "rung 19", false);
    press(&ui, 'G', 0);
    shows(&ui, "rung 19", true);
    press(&ui, 'g', 0);
    shows(&ui, "rung 19", false);
    press(&ui, '/', 0);
    type(&ui, "rung 17");
    press(&ui, INPUT_ENTER, 0);
    shows(&ui, "rung 17", true);
    ui_fini(&ui);
}

/* ---- keys and overlays ---- */

static void what_is_typed_over_a_text_is_not_lost(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 80, 24, false);
    fold(&ui, 0, line_count);
    press(&ui, '?', 0);
    press(&ui, 'j', 0); /* one of the text's own */
    assert_int_equal(ui.overlay, OVERLAY_TEXT);
    type(&ui, "write it");
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    assert_string_equal(editor_text(ui.input, NULL), "write it");
    editor_set(ui.input, "");
    ui_focus(&ui, PANE_MEMORY); /* d would delete */
    press(&ui, '?', 0);
    type(&ui, "d");
    assert_int_equal(ui.overlay, OVERLAY_TEXT);
    ui_fini(&ui);
}

static void help_begins_with_the_pane_in_focus(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, false);
    ui_focus(&ui, PANE_GRAPH);
    press(&ui, '?', 0);
    ui_draw(&ui);
    assert_in_range(row_of(&ui, "In the pane 2 Workflow"), 1, 8);
    press(&ui, INPUT_ESC, 0);
    ui_type(&ui, NULL);
    press(&ui, '?', 0);
    shows(&ui, "In the pane 2 Workflow", false);
    ui_fini(&ui);
}

static void no_key_stands_twice_in_the_bottom_row(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 160, 40, false);
    ui_focus(&ui, PANE_JOBS);
    shows(&ui, "/ filter", true);
    shows(&ui, "^F find", true);
    shows(&ui, "/ find", false);
    ui_focus(&ui, PANE_STAGES);
    shows(&ui, "/ find", true);
    ui_fini(&ui);
}

static void the_palette_offers_what_makes_sense(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, false);
    press(&ui, 'p', INPUT_CTRL);
    type(&ui, "cancel");
    shows(&ui, "cancel the job in view", false); /* there is none */
    press(&ui, INPUT_ESC, 0);
    fold(&ui, 0, 3);
    press(&ui, 'p', INPUT_CTRL);
    type(&ui, "cancel");
    shows(&ui, "cancel the job in view", true);
    press(&ui, INPUT_ESC, 0);
    press(&ui, 'p', INPUT_CTRL);
    type(&ui, "graph-left");
    shows(&ui, "along its edge", false);
    press(&ui, INPUT_ESC, 0);
    press(&ui, 'p', INPUT_CTRL);
    type(&ui, "sort-jobs");
    press(&ui, INPUT_ENTER, 0);
    assert_int_equal(ui.overlay, OVERLAY_NONE);
    assert_int_equal(ui.focus, PANE_JOBS); /* a pane's command brings its pane */
    ui_fini(&ui);
}

/* Whoever typed a command that shows something in a pane sees it, has its keys, and comes back by
 * Esc. */
static void a_command_that_opens_a_page_brings_its_pane(void **state)
{
    static const struct {
        const char *line;
        enum pane_id pane;
    } commands[] = {
        {"/artifact show a9", PANE_MEMORY},
        {"/artifact words", PANE_MEMORY},
        {"/search-memory words", PANE_MEMORY},
        {"/tools", PANE_MEMORY},
        {"/workflow list", PANE_MEMORY},
        {"/details a9", PANE_MEMORY},
        {"/profile a9", PANE_MEMORY},
        {"/versions a9", PANE_MEMORY},
        {"/filter solved", PANE_MEMORY},
        {"/gates", PANE_STAGES},
        {"/jobs", PANE_JOBS},
    };
    static const struct {
        int w, h;
    } sizes[] = {{200, 60}, {120, 40}, {80, 24}};
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
            struct ui ui;
            dashboard(&ui, sizes[s].w, sizes[s].h, false);
            ui_draw(&ui);
            type(&ui, commands[i].line);
            press(&ui, INPUT_ENTER, 0);
            ui_draw(&ui);
            if (ui.focus != commands[i].pane || ui.typing || !ui.visible[commands[i].pane])
                fail_msg("%s leaves the keys elsewhere at %d columns", commands[i].line,
                         sizes[s].w);
            for (int k = 0; k < 3 && !ui.typing; k++)
                press(&ui, INPUT_ESC, 0);
            type(&ui, "words");
            assert_string_equal(editor_text(ui.input, NULL), "words");
            ui_fini(&ui);
        }
}

static void portrait(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 70, 40, false);
    fold(&ui, 0, line_count);
    ui_draw(&ui);
    check_golden(&ui, "portrait");
    ui_focus(&ui, PANE_JOBS);
    ui_draw(&ui);
    check_golden(&ui, "portrait-jobs");
    ui_fini(&ui);
}

/* ---- the mouse ---- */

static void mouse(struct ui *ui, enum input_mouse what, int x, int y)
{
    const struct input_event ev = {
        .type = INPUT_MOUSE, .mouse = what, .button = what != INPUT_RELEASE, .x = x, .y = y};
    ui_input(ui, &ev);
    ui_draw(ui);
}

static void a_click_on_a_tab_brings_its_pane(void **state)
{
    static const struct {
        int w, h;
    } sizes[] = {{60, 16}, {80, 24}, {120, 40}, {70, 40}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        dashboard(&ui, sizes[i].w, sizes[i].h, false);
        for (int p = PANE_COUNT; p-- > 0;) {
            ui_draw(&ui);
            for (int t = 0; t < ui.tab_count; t++)
                if (ui.tabs[t].pane == (enum pane_id)p) {
                    struct rect r = ui.tabs[t].r;
                    mouse(&ui, INPUT_PRESS, r.x + r.w / 2, r.y);
                    mouse(&ui, INPUT_RELEASE, r.x + r.w / 2, r.y);
                    break;
                }
            assert_int_equal(ui.focus, p);
            assert_true(ui.layout.pane[p].w > 0);
        }
        ui_fini(&ui);
    }
}

static void borders_are_dragged(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, false);
    ui_draw(&ui);
    for (int i = 0; i < ui.layout.edge_count; i++) {
        struct layout_edge e = ui.layout.edges[i];
        int before = ui.shares[e.share], x = e.r.x, y = e.r.y + e.r.h / 2, by = 4;
        if (!e.vertical) {
            x = e.r.x + e.r.w - 3; /* beside the titles, which are clicked themselves */
            y = e.r.y;
        }
        mouse(&ui, INPUT_PRESS, x, y);
        assert_int_equal(ui.dragged, i);
        mouse(&ui, INPUT_DRAG, x + (e.vertical ? by : 0), y + (e.vertical ? 0 : by));
        mouse(&ui, INPUT_RELEASE, x + (e.vertical ? by : 0), y + (e.vertical ? 0 : by));
        assert_int_not_equal(ui.shares[e.share], before);
        assert_int_equal(ui.dragged, -1);
    }
    ui_fini(&ui);
}

/* The wheel moves what is below it and leaves the focus. */
static void the_wheel_scrolls_each_pane(void **state)
{
    struct ui ui;
    const struct rect none = {0};
    (void)state;
    for (int p = PANE_TALK; p <= PANE_STAGES; p++) {
        struct ui old;
        struct rect r;
        dashboard(&old, 80, 24, false);
        dashboard(&ui, 80, 24, false);
        fold(&old, 0, line_count);
        fold(&ui, 0, line_count);
        plan_many(&old);
        plan_many(&ui);
        if (p == PANE_GRAPH) { /* nearer, so that it does not fit */
            action_do(&old, ACTION_GRAPH_IN, "");
            action_do(&ui, ACTION_GRAPH_IN, "");
            action_do(&old, ACTION_GRAPH_IN, "");
            action_do(&ui, ACTION_GRAPH_IN, "");
        }
        ui_draw(&old);
        ui_draw(&ui);
        r = ui.layout.pane[p];
        for (int i = 0; i < 8; i++)
            mouse(&ui, INPUT_WHEEL_UP, r.x + 3, r.y + 2);
        if (differences(&old, &ui, r, none) == 0) {
            mouse(&ui, INPUT_WHEEL_DOWN, r.x + 3, r.y + 2);
            if (differences(&old, &ui, r, none) == 0)
                fail_msg("pane %d does not move", p);
        }
        assert_int_equal(ui.focus, PANE_TALK);
        assert_true(ui.typing);
        ui_fini(&ui);
        ui_fini(&old);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_job_is_shown_at_the_start),
        cmocka_unit_test(without_a_job_there_is_no_number),
        cmocka_unit_test(what_was_resumed_stands_before_what_streams_again),
        cmocka_unit_test(a_model_that_is_loaded_does_not_write_yet),
        cmocka_unit_test(tokens_are_counted_once),
        cmocka_unit_test(a_strip_of_stages_tells_of_all_candidates),
        cmocka_unit_test(find_tells_how_many_there_are),
        cmocka_unit_test(stages_scroll_and_follow),
        cmocka_unit_test(what_is_typed_over_a_text_is_not_lost),
        cmocka_unit_test(help_begins_with_the_pane_in_focus),
        cmocka_unit_test(no_key_stands_twice_in_the_bottom_row),
        cmocka_unit_test(the_palette_offers_what_makes_sense),
        cmocka_unit_test(a_command_that_opens_a_page_brings_its_pane),
        cmocka_unit_test(portrait),
        cmocka_unit_test(a_click_on_a_tab_brings_its_pane),
        cmocka_unit_test(borders_are_dragged),
        cmocka_unit_test(the_wheel_scrolls_each_pane),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
