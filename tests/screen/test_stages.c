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

/* ---- quality gates ---- */

#define GATE(name, severity, state, more)                                                          \
    "{\"type\":\"gate\",\"job\":1,\"time\":1700000007000,\"stage\":1,\"candidate\":1,\"name\":"    \
    "\"" name "\",\"severity\":\"" severity "\",\"state\":\"" state "\"" more "}"

static const char *const gates[] = {
    "{\"type\":\"job_created\",\"seq\":1,\"job\":1,\"time\":1700000000000,\"kind\":\"task\","
    "\"title\":\"count the words of each length\"}",
    "{\"type\":\"job_started\",\"seq\":2,\"job\":1,\"time\":1700000000000,\"epoch\":1}",
    "{\"type\":\"stage_planned\",\"seq\":3,\"job\":1,\"stage\":1,\"name\":\"candidates\","
    "\"model\":\"coder-0.5b\",\"temperature\":0.7,\"candidates\":2,\"why\":\"\"}",
    "{\"type\":\"stage_begin\",\"seq\":4,\"job\":1,\"time\":1700000001000,\"stage\":1}",
    "{\"type\":\"candidate_begin\",\"seq\":5,\"job\":1,\"stage\":1,\"candidate\":1,"
    "\"model\":\"coder-0.5b\"}",
    "{\"type\":\"candidate_code\",\"seq\":6,\"job\":1,\"stage\":1,\"candidate\":1,"
    "\"code\":\"def f(x):\\n    return x\\n\"}",
    "{\"type\":\"check\",\"seq\":7,\"job\":1,\"stage\":1,\"candidate\":1,\"name\":\"fix "
    "ruff_unused\","
    "\"ok\":true,\"subject\":\"line 1: import os\",\"severity\":\"score\"}",
    GATE("ruff_bugs", "block", "runs", ""),
    GATE("ruff_unused", "score", "runs", ""),
    GATE("ruff_bugs", "block", "passed", ",\"found\":0,\"score\":1,\"ms\":12.5"),
    GATE("ruff_unused", "score", "passed", ",\"found\":0,\"score\":1,\"ms\":12.5"),
    GATE("ruff_security", "score", "runs", ""),
    GATE("ruff_security", "score", "found", ",\"found\":3,\"score\":0.7,\"ms\":13"),
    GATE("pylint", "inform", "runs", ""),
    GATE("pylint", "inform", "found", ",\"found\":2,\"score\":0.8,\"ms\":910"),
    GATE("bandit", "score", "missing", ""),
    GATE("mine", "block", "crashed", ""),
    GATE("endless", "block", "cut", ",\"found\":1,\"score\":0.9,\"ms\":5000"),
    GATE("mypy", "score", "runs", ""),
};

static const char gates_told[] =
    "{\"type\":\"gates\",\"seq\":8,\"job\":1,\"stage\":1,\"candidate\":1,\"score\":0.93,"
    "\"results\":["
    "{\"name\":\"ruff_unused\",\"severity\":\"score\",\"state\":\"passed\",\"score\":1,\"found\":0,"
    "\"ms\":12.5,\"fixed\":true},{\"name\":\"bandit\",\"severity\":\"score\",\"state\":\"missing\","
    "\"why\":\"bandit is not "
    "installed\"},{\"name\":\"mypy\",\"severity\":\"score\",\"state\":\"passed\","
    "\"score\":1,\"found\":0,\"ms\":640},{\"name\":\"coverage\",\"severity\":\"score\",\"state\":"
    "\"found\",\"score\":0.62,\"found\":4,\"value\":62.5,\"unit\":\"%\",\"ms\":210}]}";
static const char gates_ended[] =
    "{\"type\":\"candidate_end\",\"seq\":9,\"job\":1,\"stage\":1,\"candidate\":1,\"outcome\":"
    "\"accepted\",\"why\":\"\",\"tokens_out\":40,\"seconds\":2}";

/* All of them with `by` for the first `what`; "": as they are. */
static void fold_gates(struct ui *ui, bool ended, const char *what, const char *by)
{
    const size_t n = sizeof gates / sizeof *gates;
    bool done = !*what;
    for (size_t i = 0; i < n + (ended ? 2 : 0); i++) {
        const char *line = i < n ? gates[i] : i == n ? gates_told : gates_ended;
        const char *at = done ? NULL : strstr(line, what);
        char text[2000];
        if (at)
            snprintf(text, sizeof text, "%.*s%s%s", (int)(at - line), line, by, at + strlen(what));
        fold_line(ui, at ? text : line);
        done |= at != NULL;
    }
    assert_true(done);
}

static void open_gates(struct ui *ui, int w, int h, bool plain)
{
    dashboard(ui, w, h, plain);
    ui_focus(ui, PANE_STAGES);
    ui_draw(ui);
    press(ui, 't', 0);
}

static void gates_are_shown_as_they_run_and_when_they_have_ended(void **state)
{
    static const int sizes[][2] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct ui ui;
        open_gates(&ui, i < 4 ? sizes[i][0] : 100, i < 4 ? sizes[i][1] : 20, i == 4);
        fold_gates(&ui, false, "", "");
        ui_draw(&ui);
        check_golden(&ui, i < 4 ? "gates-running" : "gates-ascii");
        press(&ui, 't', 0); /* the stages tell of them in short */
        ui_draw(&ui);
        if (i == 2)
            check_golden(&ui, "gates-stages");
        ui_fini(&ui);
        open_gates(&ui, i < 4 ? sizes[i][0] : 100, i < 4 ? sizes[i][1] : 20, i == 4);
        fold_gates(&ui, true, "", "");
        press(&ui, 'z', 0); /* alone there is room for all */
        ui_draw(&ui);
        check_golden(&ui, i < 4 ? "gates-ended" : "gates-ended-ascii");
        ui_fini(&ui);
    }
}

/* Each altered event changes the pane, and no other cell. */
static void an_altered_gate_changes_its_pane_alone(void **state)
{
    static const struct {
        bool ended;
        const char *what, *by;
    } cases[] = {
        {false, "\"state\":\"found\",\"found\":3", "\"state\":\"found\",\"found\":4"},
        {false, "\"score\":0.7", "\"score\":0.6"},
        {false, "\"ms\":910", "\"ms\":930"},
        {false, "\"state\":\"crashed\"", "\"state\":\"cut\""},
        {false, "\"name\":\"bandit\"", "\"name\":\"other\""},
        {false, "fix ruff_unused", "fix ruff_bugs"},
        {true, "\"score\":0.93", "\"score\":0.94"},
        {true, "\"value\":62.5", "\"value\":63.5"},
        {true, "bandit is not installed", "bandit has gone"},
        {true, "\"state\":\"passed\",\"score\":1,\"found\":0,\"ms\":640",
         "\"state\":\"found\",\"score\":1,\"found\":1,\"ms\":640"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        struct rect none = {0};
        open_gates(&old, 200, 60, false);
        open_gates(&new, 200, 60, false);
        fold_gates(&old, cases[i].ended, "", "");
        fold_gates(&new, cases[i].ended, cases[i].what, cases[i].by);
        ui_draw(&old);
        ui_draw(&new);
        if (differences(&old, &new, old.layout.pane[PANE_STAGES],
                        strstr(cases[i].what, "fix ") ? old.layout.pane[PANE_TALK] : none) == 0)
            fail_msg("case %zu: %s is not on the screen", i, cases[i].what);
        ui_fini(&new);
        ui_fini(&old);
    }
}

/* What runs when its candidate is cut off is not shown for ever, nor what makes no sense. */
static void gates_that_are_cut_off_or_damaged_leave_nothing(void **state)
{
    struct ui ui;
    const struct model_stage *s;
    const struct model_candidate *c;
    (void)state;
    open_gates(&ui, 120, 40, false);
    fold_gates(&ui, false, "", "");
    fold_line(&ui,
              "{\"type\":\"gates\",\"seq\":8,\"job\":1,\"stage\":1,\"candidate\":1,\"score\":0,"
              "\"results\":{\"a\":[1]}}");
    fold_line(&ui,
              "{\"type\":\"gates\",\"seq\":9,\"job\":1,\"stage\":1,\"candidate\":1,\"score\":0,"
              "\"results\":[7,null,{\"name\":{},\"state\":5,\"unit\":\"\\u0000\"}]}");
    c = model_gated(model_job(&ui.model, 1), &s);
    assert_non_null(c);
    assert_int_equal(c->gates[7].state, GATE_RUNS);
    fold_line(&ui, "{\"type\":\"candidate_end\",\"seq\":10,\"job\":1,\"stage\":1,\"candidate\":1,"
                   "\"outcome\":\"cancelled\"}");
    for (size_t i = 0; i < c->gates_n; i++)
        assert_int_not_equal(c->gates[i].state, GATE_RUNS);
    ui_draw(&ui);
    for (int i = 0; i < 200; i++) { /* more than anybody has */
        char line[200];
        snprintf(line, sizeof line,
                 "{\"type\":\"gate\",\"job\":1,\"stage\":1,\"candidate\":1,\"name\":\"g%d\","
                 "\"state\":\"runs\"}",
                 i);
        fold_line(&ui, line);
    }
    assert_int_equal(c->gates_n, 64);
    ui_draw(&ui);
    ui_fini(&ui);
}

/* ---- a winner that a gate refuses ---- */

static void fold_end(struct ui *ui, int candidate, const char *outcome, const char *why)
{
    static int seq = 20;
    char line[300];
    snprintf(line, sizeof line,
             "{\"type\":\"candidate_end\",\"seq\":%d,\"job\":1,\"stage\":1,\"candidate\":%d,"
             "\"outcome\":\"%s\",\"why\":\"%s\",\"tokens_out\":40,\"seconds\":2}",
             seq++, candidate, outcome, why);
    fold_line(ui, line);
}

/* The pane with a candidate that has ended its gates, and another that has begun. */
static void open_two(struct ui *ui)
{
    dashboard(ui, 120, 40, false);
    ui_focus(ui, PANE_STAGES);
    fold_gates(ui, false, "", "");
    fold_line(ui, "{\"type\":\"candidate_begin\",\"seq\":10,\"job\":1,\"stage\":1,"
                  "\"candidate\":2,\"model\":\"coder-0.5b\"}");
}

/* It is the program of the job no more, and the pane says why. */
static void a_refused_winner_gives_its_place(void **state)
{
    const struct model_job *job;
    struct ui ui;
    (void)state;
    open_two(&ui);
    fold_line(&ui, "{\"type\":\"candidate_code\",\"seq\":11,\"job\":1,\"stage\":1,"
                   "\"candidate\":2,\"code\":\"second = 2\\n\"}");
    fold_end(&ui, 1, "accepted", "");
    fold_end(&ui, 2, "accepted", "");
    job = model_job(&ui.model, 1);
    assert_string_equal(model_code(job), "def f(x):\n    return x\n");
    fold_end(&ui, 1, "refused", "the gate mypy says line 1");
    assert_string_equal(model_code(job), "second = 2\n");
    assert_true(on_screen(&ui, "a ✘ the gate mypy says line 1"));
    assert_true(on_screen(&ui, "b ✔ accepted"));
    fold_end(&ui, 2, "refused", "the gate pylint says 4 of 10");
    assert_true(on_screen(&ui, "b ✘ the gate pylint says 4 of 10"));
    ui_fini(&ui);
    /* one that waited while the other was looked at is not what the job came to */
    dashboard(&ui, 120, 40, false);
    ui_focus(&ui, PANE_STAGES);
    fold_gates(&ui, false, "", "");
    fold_line(&ui, "{\"type\":\"candidate_code\",\"seq\":11,\"job\":1,\"stage\":1,"
                   "\"candidate\":2,\"code\":\"second = 2\\n\"}");
    fold_end(&ui, 1, "accepted", "");
    fold_end(&ui, 2, "accepted", "");
    fold_end(&ui, 1, "cancelled", "candidate b of stage 1 was taken");
    assert_string_equal(model_code(model_job(&ui.model, 1)), "second = 2\n");
    assert_true(on_screen(&ui, "candidate b of stage 1 was taken"));
    ui_fini(&ui);
}

/* Who passes in a stage that is not sure yet is not accepted. */
static void who_passes_is_accepted_where_the_stage_says_so(void **state)
{
    struct ui ui;
    (void)state;
    open_two(&ui);
    fold_end(&ui, 1, "accepted", "");
    assert_true(on_screen(&ui, "a ✔ accepted"));
    fold_line(&ui,
              "{\"type\":\"stage_end\",\"seq\":90,\"job\":1,\"stage\":1,\"outcome\":\"failed\","
              "\"why\":\"not sure yet\",\"tokens_in\":1,\"tokens_out\":1,\"seconds\":1}");
    assert_true(on_screen(&ui, "a ✔ passes"));
    assert_false(on_screen(&ui, "accepted"));
    ui_fini(&ui);
}

/* An optimization that gains nothing has not failed, and keeps nothing anew. */
static void what_stays_as_it_was_is_no_failure(void **state)
{
    static const char created[] =
        "{\"type\":\"job_created\",\"seq\":1,\"job\":1,\"time\":1700000000000,"
        "\"kind\":\"%s\",\"title\":\"optimize a1: count\"}";
    char line[400];
    (void)state;
    for (int optimizes = 0; optimizes < 2; optimizes++) {
        struct ui ui;
        dashboard(&ui, 120, 40, false);
        snprintf(line, sizeof line, created, optimizes ? "optimize" : "task");
        fold_line(&ui, line);
        fold_line(&ui,
                  "{\"type\":\"job_done\",\"seq\":2,\"job\":1,\"time\":1700000001000,\"status\":"
                  "\"unsolved\",\"artifact\":\"a1\",\"message\":\"nothing was gained\"}");
        assert_int_equal(on_screen(&ui, "· as it was: nothing was gained"), optimizes);
        assert_int_equal(on_screen(&ui, "✘ not solved: nothing was gained"), !optimizes);
        assert_int_equal(on_screen(&ui, "it is a1"), optimizes);
        ui_fini(&ui);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_stands_with_its_reason),
        cmocka_unit_test(gates_are_shown_as_they_run_and_when_they_have_ended),
        cmocka_unit_test(an_altered_gate_changes_its_pane_alone),
        cmocka_unit_test(gates_that_are_cut_off_or_damaged_leave_nothing),
        cmocka_unit_test(a_refused_winner_gives_its_place),
        cmocka_unit_test(who_passes_is_accepted_where_the_stage_says_so),
        cmocka_unit_test(what_stays_as_it_was_is_no_failure)};
    return cmocka_run_group_tests(tests, read_session, free_session);
}
