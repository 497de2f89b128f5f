/* The workflow graph on the screen: a recorded job with three candidates side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SESSION "/screen/graph.jsonl"
#include "../screen_fixture.h"

enum { MIDDLE = 25 }; /* lines: candidate b is being tested, c is written */

static void fold(struct ui *ui, int from, int to)
{
    for (int i = from; i < to; i++)
        fold_line(ui, lines[i]);
    ui->now = 1700000004500;
}

static void graph(struct ui *ui, int w, int h, int to)
{
    dashboard(ui, w, h, false);
    fold(ui, 0, to);
    ui_focus(ui, PANE_GRAPH);
    ui_draw(ui);
}

static const struct {
    int w, h;
} sizes[] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};

static void a_job_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        graph(&ui, sizes[i].w, sizes[i].h, 0);
        check_golden(&ui, "graph-empty");
        fold(&ui, 0, MIDDLE);
        ui_draw(&ui);
        check_golden(&ui, "graph-running");
        fold(&ui, MIDDLE, line_count);
        ui_draw(&ui);
        check_golden(&ui, "graph-done");
        ui_fini(&ui);
    }
}

/* From dots to everything with the quiet steps, beside each other and below each other. */
static void levels(void **state)
{
    static const char *const keys[] = {"-", "+", "+", "+", "+"};
    struct ui ui;
    char name[40];
    (void)state;
    graph(&ui, 80, 24, line_count);
    for (int i = 0; i < 5; i++) {
        type(&ui, keys[i]);
        ui_draw(&ui);
        snprintf(name, sizeof name, "graph-level-%d", i);
        check_golden(&ui, name);
    }
    type(&ui, "z");
    ui_draw(&ui);
    check_golden(&ui, "graph-zoomed");
    type(&ui, "0");
    ui_draw(&ui);
    check_golden(&ui, "graph-fit");
    ui_fini(&ui);
}

static struct json_object *parsed(const char *text)
{
    struct json_object *o;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static void detail(void **state)
{
    struct ui ui;
    (void)state;
    graph(&ui, 80, 24, line_count);
    answers[METHOD_JOB_STEP] = parsed(
        "{\"path\":\"8.1.2\",\"name\":\"run\",\"label\":\"test "
        "a\",\"state\":\"done\",\"attempts\":2,"
        "\"input\":\"{\\\"function\\\":\\\"roman\\\",\\\"code\\\":\\\"def roman(s):\\\\n    return "
        "16\\\"}\",\"input_size\":9000,\"output\":\"{\\\"parsed\\\":true,\\\"examples\\\":[14,2026]"
        "}"
        "\",\"error\":\"\",\"log\":[{\"type\":\"check\",\"name\":\"parse\",\"ok\":true},{\"type\":"
        "\"check\",\"name\":\"example\",\"ok\":false,\"detail\":\"roman(\\\"XIV\\\") -> 16, "
        "expected "
        "14\"},{\"type\":\"sandbox_run\",\"outcome\":\"ok\"}]}");
    type(&ui, "z/test a");
    press(&ui, INPUT_ENTER, 0);
    press(&ui, INPUT_ENTER, 0);
    ui_draw(&ui);
    assert_non_null(strstr(asked[METHOD_JOB_STEP], "\"path\":\"8.1.2\""));
    check_golden(&ui, "graph-detail");
    assert_non_null(strstr(pane_graph.copy(&ui, ui.panes[PANE_GRAPH]), "    return 16\n"));
    press(&ui, INPUT_ESC, 0);
    ui_draw(&ui);
    check_golden(&ui, "graph-found");
    ui_fini(&ui);
    json_object_put(answers[METHOD_JOB_STEP]);
    answers[METHOD_JOB_STEP] = NULL;
}

static int count(const struct ui *ui, const char *what)
{
    struct buf text;
    int n = 0;
    buf_init(&text, 1 << 20);
    assert_int_equal(canvas_text(&ui->canvas, &text), ERR_OK);
    for (const char *p = text.data; (p = strstr(p, what)); p++)
        n++;
    buf_fini(&text);
    return n;
}

/* At every event it shows what a dashboard shows that has been told no more. */
static void the_scrubber_shows_the_past(void **state)
{
    struct ui ui;
    (void)state;
    graph(&ui, 120, 40, line_count);
    type(&ui, "<");
    for (int i = 1; i <= line_count; i++) {
        struct ui then;
        struct rect r;
        ui_draw(&ui);
        graph(&then, 120, 40, i);
        type(&then, ",.");
        ui_draw(&then);
        if (i == MIDDLE)
            check_golden(&ui, "graph-replay");
        r = ui.layout.pane[PANE_GRAPH];
        for (int y = r.y + 1; y < r.y + r.h - 2; y++)
            for (int x = r.x; x < r.x + r.w; x++)
                assert_memory_equal(canvas_cell(&ui.canvas, x, y)->text,
                                    canvas_cell(&then.canvas, x, y)->text, CLUSTER_BYTES);
        ui_fini(&then);
        type(&ui, ".");
    }
    ui_draw(&ui);
    assert_int_equal(count(&ui, "35/35"), 1);
    press(&ui, INPUT_ESC, 0);
    ui_draw(&ui);
    assert_int_equal(count(&ui, "35/35"), 0);
    assert_int_equal(count(&ui, "store"), 1);
    ui_fini(&ui);
}

static void it_plays(void **state)
{
    struct ui ui;
    (void)state;
    graph(&ui, 80, 24, line_count);
    type(&ui, " ");
    ui_draw(&ui);
    assert_int_equal(count(&ui, " 2/35"), 1);
    ui.now += 2000;
    ui_draw(&ui);
    assert_int_equal(count(&ui, "19/35"), 1);
    ui.now += 2000;
    ui_draw(&ui);
    assert_int_equal(count(&ui, "35/35"), 1);
    ui_fini(&ui);
}

/* ---- what an altered event changes ---- */

static void an_altered_event_changes_this_pane_alone(void **state)
{
    static const struct {
        int line;
        const char *what, *by;
    } cases[] = {
        {18, "code a", "code x"},        {20, "\"failed\"", "\"done\""},      {9, "1799", "1999"},
        {29, "\"choose\"", "\"judge\""}, {26, "\"cancelled\"", "\"failed\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        int n;
        dashboard(&old, 120, 60, false);
        dashboard(&new, 120, 60, false);
        old.shares[SHARE_GRAPH] = new.shares[SHARE_GRAPH] = 600;
        fold(&old, 0, line_count);
        fold(&new, 0, cases[i].line);
        fold_altered(&new, cases[i].line, line_count, "", 0, cases[i].what, cases[i].by);
        new.now = old.now;
        ui_draw(&old);
        ui_draw(&new);
        n = differences(&old, &new, old.layout.pane[PANE_GRAPH], old.layout.pane[PANE_GRAPH]);
        if (n == 0)
            fail_msg("case %zu: %s is not on the screen", i, cases[i].what);
        ui_fini(&new);
        ui_fini(&old);
    }
}

static void events_may_come_twice_and_late(void **state)
{
    struct ui old, new;
    (void)state;
    dashboard(&old, 120, 60, false);
    dashboard(&new, 120, 60, false);
    fold(&old, 0, line_count);
    answers[METHOD_JOB_EVENTS] = json_object_new_object();
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < line_count; i++)
        json_object_array_add(list, parsed(lines[i]));
    json_object_object_add(answers[METHOD_JOB_EVENTS], "events", list);
    fold(&new, 20, line_count);
    ui_show_job(&new, 1);
    fold(&new, 5, 30);
    assert_non_null(strstr(asked[METHOD_JOB_EVENTS], "\"job\":1,\"after\":0"));
    ui_draw(&old);
    ui_draw(&new);
    for (int y = old.layout.pane[PANE_GRAPH].y; y < 59; y++)
        for (int x = old.layout.pane[PANE_GRAPH].x; x < 120; x++)
            assert_memory_equal(canvas_cell(&old.canvas, x, y)->text,
                                canvas_cell(&new.canvas, x, y)->text, CLUSTER_BYTES);
    ui_fini(&new);
    ui_fini(&old);
    json_object_put(answers[METHOD_JOB_EVENTS]);
    answers[METHOD_JOB_EVENTS] = NULL;
}

static void each_job_has_its_own(void **state)
{
    struct ui ui;
    (void)state;
    graph(&ui, 120, 40, line_count);
    fold_line(&ui,
              "{\"type\":\"step_end\",\"seq\":90,\"job\":2,\"time\":1700000000000,\"path\":\"30\","
              "\"name\":\"foreign\",\"label\":\"\",\"outcome\":\"done\",\"why\":\"\",\"ms\":1}");
    ui_draw(&ui);
    assert_int_equal(count(&ui, "foreign"), 0);
    assert_int_equal(count(&ui, "store"), 1);
    ui_show_job(&ui, 2);
    ui_draw(&ui);
    assert_int_equal(count(&ui, "store"), 0);
    assert_non_null(strstr(asked[METHOD_JOB_EVENTS], "\"job\":2,\"after\":0"));
    ui_fini(&ui);
}

/* Jobs of earlier builds told no steps; their journal does. */
static void a_job_that_told_no_steps(void **state)
{
    struct ui ui;
    struct json_object *list = json_object_new_array();
    (void)state;
    answers[METHOD_JOB_EVENTS] = json_object_new_object();
    json_object_object_add(answers[METHOD_JOB_EVENTS], "events", list);
    json_object_array_add(list, parsed(lines[0]));
    json_object_array_add(list, parsed(lines[line_count - 1]));
    answers[METHOD_JOB_STEPS] = parsed(
        "{\"steps\":[{\"path\":\"2\",\"name\":\"recall\",\"label\":\"\",\"state\":\"done\","
        "\"outcome\":\"done\",\"ms\":3},{\"path\":\"3\",\"name\":\"candidates\",\"state\":\"fork\","
        "\"outcome\":\"done\"},{\"path\":\"3.1.1\",\"name\":\"llm\",\"state\":\"done\",\"outcome\":"
        "\"done\",\"ms\":1200},{\"path\":\"3.2.1\",\"name\":\"llm\",\"state\":\"done\",\"outcome\":"
        "\"cancelled\",\"ms\":1100},{\"path\":\"4\",\"name\":\"store\",\"state\":\"done\","
        "\"outcome\":"
        "\"done\",\"ms\":4}]}");
    graph(&ui, 120, 40, 0);
    ui_show_job(&ui, 1);
    ui_draw(&ui);
    check_golden(&ui, "graph-journal");
    type(&ui, "<");
    press(&ui, INPUT_ESC, 0);
    ui_draw(&ui);
    assert_int_equal(count(&ui, "store"), 1);
    ui_fini(&ui);
    for (int m = 0; m < METHOD_COUNT; m++) {
        json_object_put(answers[m]);
        answers[m] = NULL;
    }
}

/* ---- keys and mouse ---- */

static struct rect place(const struct ui *ui, const char *what)
{
    for (int y = 0; y < ui->canvas.h; y++)
        for (int x = ui->layout.pane[PANE_GRAPH].x; x < ui->canvas.w; x++) {
            size_t n = 0;
            while (what[n] && x + (int)n < ui->canvas.w &&
                   canvas_cell(&ui->canvas, x + (int)n, y)->text[0] == what[n])
                n++;
            if (!what[n])
                return (struct rect){x, y, (int)n, 1};
        }
    fail_msg("%s is not on the screen", what);
    return (struct rect){0};
}

static bool is_selected(struct ui *ui, const char *what)
{
    ui_draw(ui);
    struct rect r = place(ui, what);
    return canvas_cell(&ui->canvas, r.x, r.y)->ground == STYLE_SELECTION;
}

static void keys_move_along_the_edges(void **state)
{
    struct ui ui;
    (void)state;
    graph(&ui, 200, 60, line_count);
    ui.shares[SHARE_GRAPH] = 600;           /* of the height */
    assert_true(is_selected(&ui, "store")); /* layers below each other */
    type(&ui, "kk");
    assert_true(is_selected(&ui, "test b"));
    type(&ui, "h");
    assert_true(is_selected(&ui, "test a"));
    type(&ui, "zG"); /* beside each other */
    assert_true(is_selected(&ui, "store"));
    type(&ui, "hh");
    assert_true(is_selected(&ui, "test b"));
    type(&ui, "k");
    assert_true(is_selected(&ui, "test a"));
    press(&ui, INPUT_HOME, 0);
    assert_true(is_selected(&ui, "classify"));
    press(&ui, INPUT_RIGHT, 0);
    assert_true(is_selected(&ui, "recall"));
    type(&ui, "ll");
    assert_true(is_selected(&ui, "code b"));
    ui_fini(&ui);
}

static void the_mouse_selects_opens_and_pans(void **state)
{
    struct ui ui;
    struct rect r;
    (void)state;
    graph(&ui, 200, 60, line_count);
    r = place(&ui, "plan");
    struct input_event ev = {.type = INPUT_MOUSE, .mouse = INPUT_PRESS, .button = 1};
    ev.x = r.x;
    ev.y = r.y;
    ui_input(&ui, &ev);
    assert_true(is_selected(&ui, "plan"));
    ui_input(&ui, &ev);
    assert_non_null(strstr(asked[METHOD_JOB_STEP], "\"path\":\"6\""));
    press(&ui, INPUT_ESC, 0);
    type(&ui, "+++");
    assert_true(is_selected(&ui, "plan"));
    r = place(&ui, "plan");
    ui_draw(&ui);
    ev.x = r.x;
    ev.y = ui.layout.pane[PANE_GRAPH].y + 1;
    ui_input(&ui, &ev);
    ev.mouse = INPUT_DRAG;
    ev.x += 4;
    ui_input(&ui, &ev);
    ui_draw(&ui);
    ui_fini(&ui);
}

/* ---- large and hostile ---- */

static void many(struct ui *ui, int forks)
{
    char line[300];
    int64_t seq = 100;
    for (int f = 1; f <= forks; f++) {
        snprintf(line, sizeof line,
                 "{\"type\":\"fork_begin\",\"seq\":%lld,\"job\":1,\"time\":1700000000000,\"path\":"
                 "\"%d\","
                 "\"name\":\"trial\",\"width\":10,\"labels\":\"\"}",
                 (long long)seq++, 20 + f);
        fold_line(ui, line);
        for (int b = 1; b <= 10; b++) {
            snprintf(
                line, sizeof line,
                "{\"type\":\"step_end\",\"seq\":%lld,\"job\":1,\"time\":1700000000900,\"path\":"
                "\"%d.%d.1\",\"name\":\"llm\",\"label\":\"code "
                "%d\",\"outcome\":\"%s\",\"why\":\"\","
                "\"ms\":900}",
                (long long)seq++, 20 + f, b, b, b % 3 ? "done" : "failed");
            fold_line(ui, line);
        }
    }
}

static void five_hundred_steps(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, false);
    fold(&ui, 0, 5);
    many(&ui, 49);
    ui_focus(&ui, PANE_GRAPH);
    ui_draw(&ui);
    check_golden(&ui, "graph-large");
    type(&ui, "z<.......++");
    ui_draw(&ui);
    press(&ui, INPUT_ESC, 0);
    type(&ui, "g+");
    ui_draw(&ui);
    check_golden(&ui, "graph-large-begin");
    ui_fini(&ui);
}

static void hostile_labels(void **state)
{
    static const char *const evil[] = {"\\u001b[2J\\u001b]0;x\\u0007",
                                       "\\u009b31m\\u0000",
                                       "\\n\\n\\r\\b",
                                       "\\u202eabc",
                                       "e\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301",
                                       "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9",
                                       "你好世界你好世界你好世界",
                                       "|||",
                                       ""};
    struct ui ui;
    char line[600];
    (void)state;
    graph(&ui, 80, 24, 5);
    for (int i = 0; i < 90; i++) {
        const char *t = evil[(size_t)i % (sizeof evil / sizeof *evil)];
        snprintf(
            line, sizeof line,
            "{\"type\":\"%s\",\"seq\":%d,\"job\":1,\"time\":1700000000000,\"path\":\"%d%s\","
            "\"name\":\"%s\",\"label\":\"%s\",\"labels\":\"%s\",\"width\":3,\"outcome\":\"%s\","
            "\"why\":\"%s\",\"ms\":-1e300}",
            i % 4 ? "step_end" : "fork_begin", 200 + i, 20 + i / 3, i % 5 ? "" : t,
            i % 2 ? "llm" : t, t, t, t, t);
        fold_line(&ui, line);
        type(&ui, i % 7 ? "+" : "0");
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

static void plain_and_styles(void **state)
{
    struct ui ui;
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 20);
    dashboard(&ui, 200, 60, true);
    fold(&ui, 0, MIDDLE);
    ui_focus(&ui, PANE_GRAPH);
    ui_draw(&ui);
    check_golden(&ui, "graph-ascii");
    assert_int_equal(canvas_styles(&ui.canvas, &text), ERR_OK);
    assert_non_null(strstr(text.data, "error/text x"));
    assert_non_null(strstr(text.data, "running/selection *"));
    assert_non_null(strstr(text.data, "accent/text ->"));
    buf_fini(&text);
    ui_fini(&ui);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_at_every_size),
        cmocka_unit_test(levels),
        cmocka_unit_test(detail),
        cmocka_unit_test(the_scrubber_shows_the_past),
        cmocka_unit_test(it_plays),
        cmocka_unit_test(an_altered_event_changes_this_pane_alone),
        cmocka_unit_test(events_may_come_twice_and_late),
        cmocka_unit_test(each_job_has_its_own),
        cmocka_unit_test(a_job_that_told_no_steps),
        cmocka_unit_test(keys_move_along_the_edges),
        cmocka_unit_test(the_mouse_selects_opens_and_pans),
        cmocka_unit_test(five_hundred_steps),
        cmocka_unit_test(hostile_labels),
        cmocka_unit_test(plain_and_styles),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
