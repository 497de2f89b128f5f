/* The overview of jobs: looks, order, filter, what keys and mouse ask for, older pages, and that
 * ten thousand jobs are no burden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SESSION "/screen/jobs.jsonl"
#include "../screen_fixture.h"

static const struct {
    int w, h;
} sizes[] = {{60, 16}, {80, 24}, {120, 40}, {200, 60}};

static void all(struct ui *ui, int w, int h, bool plain)
{
    dashboard(ui, w, h, plain);
    for (int i = 0; i < line_count; i++)
        fold_line(ui, lines[i]);
    ui_focus(ui, PANE_JOBS);
    ui_draw(ui);
}

/* Whether the text stands in row y of the pane (from 0). */
static bool row_has(struct ui *ui, int y, const char *text)
{
    struct canvas c, row;
    struct buf seen;
    bool has;
    buf_init(&seen, 1 << 16);
    ui_draw(ui);
    c = canvas_part(&ui->canvas, ui->inner[PANE_JOBS]);
    row = canvas_part(&c, (struct rect){0, y, c.w, 1});
    assert_int_equal(canvas_text(&row, &seen), ERR_OK);
    has = strstr(seen.data, text) != NULL;
    buf_fini(&seen);
    return has;
}

static void looks_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        all(&ui, sizes[i].w, sizes[i].h, false);
        check_golden(&ui, "jobs");
        ui.zoom = true;
        type(&ui, "/solved");
        ui_draw(&ui);
        check_golden(&ui, "jobs-filter");
        ui_fini(&ui);
    }
}

static void ascii_and_styles(void **state)
{
    struct ui ui;
    struct buf text;
    struct canvas pane;
    (void)state;
    buf_init(&text, 1 << 20);
    all(&ui, 100, 20, true);
    ui.zoom = true;
    ui_draw(&ui);
    check_golden(&ui, "jobs-ascii");
    pane = canvas_part(&ui.canvas, ui.inner[PANE_JOBS]);
    assert_int_equal(canvas_styles(&pane, &text), ERR_OK);
    assert_non_null(strstr(text.data, "running/selection"));
    assert_non_null(strstr(text.data, "warn/text waiting"));
    assert_non_null(strstr(text.data, "error/text failed"));
    assert_non_null(strstr(text.data, "ok/text solved"));
    buf_fini(&text);
    ui_fini(&ui);
}

static void altered_events_change_this_pane_alone(void **state)
{
    static const struct {
        const char *mark, *what, *by;
    } cases[] = {
        {"\"job\":8,", "\"status\":\"solved\"", "\"status\":\"unsolved\""},
        {"\"job\":8,", "parse ISO", "parts ISO"},
        {"\"job\":8,", "\"tokens_out\":5760", "\"tokens_out\":9760"},
        {"\"job\":8,", "\"seconds\":13.6", "\"seconds\":43.6"},
        {"\"batch_state\"", "\"cost\":0.04", "\"cost\":0.09"},
        {"\"batch_state\"", "\"eta\":1700015", "\"eta\":1700025"},
        {"\"job\":10,", "\"verify\"", "\"recall\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        struct rect none = {0};
        all(&old, 200, 60, false);
        dashboard(&new, 200, 60, false);
        fold_altered(&new, 0, line_count, cases[i].mark, 0, cases[i].what, cases[i].by);
        ui_focus(&new, PANE_JOBS);
        ui_show_job(&old, 1);
        ui_show_job(&new, 1);
        old.zoom = new.zoom = true;
        ui_draw(&old);
        ui_draw(&new);
        if (!differences(&old, &new, old.layout.pane[PANE_JOBS], none))
            fail_msg("case %zu: %s is not on the screen", i, cases[i].what);
        ui_fini(&new);
        ui_fini(&old);
    }
}

static void keys(void **state)
{
    struct ui ui;
    (void)state;
    all(&ui, 160, 30, false);
    ui.zoom = true;
    assert_true(row_has(&ui, 1, "the first of the night")); /* running, the newest */
    press(&ui, 's', 0);
    assert_true(row_has(&ui, 1, "improve what is used most")); /* the newest of all */
    press(&ui, 's', 0);
    assert_true(row_has(&ui, 1, "parse ISO")); /* the most tokens */
    press(&ui, 's', 0);
    press(&ui, 's', 0);
    assert_true(row_has(&ui, 1, "the first of the night"));
    press(&ui, 'x', 0);
    assert_string_equal(asked[METHOD_JOB_CANCEL], "{\"job\":14}");
    press(&ui, 'r', 0);
    assert_string_equal(asked[METHOD_JOB_RETRY], "");
    assert_non_null(strstr(ui.note, "not ended"));
    fold_line(&ui, "{\"type\":\"job_created\",\"seq\":900,\"job\":90,\"time\":1,\"kind\":\"task\","
                   "\"title\":\"find any idle leftovers, delete\",\"task\":\"\"}");
    type(&ui, "/failed"); /* whose letters are in that title */
    press(&ui, INPUT_ENTER, 0);
    assert_true(row_has(&ui, 0, "1 of 16"));
    assert_true(row_has(&ui, 2, "reverse a string"));
    press(&ui, 'r', 0);
    assert_non_null(strstr(asked[METHOD_JOB_RETRY], "{\"job\":7,\"key\":\""));
    press(&ui, INPUT_ENTER, 0);
    assert_int_equal(ui.job, 7);
    press(&ui, INPUT_ESC, 0); /* the filter, not the pane */
    assert_int_equal(ui.focus, PANE_JOBS);
    assert_true(row_has(&ui, 1, "the first of the night"));
    type(&ui, "/fibo");
    assert_true(row_has(&ui, 2, "Fibonacci"));
    press(&ui, INPUT_ESC, 0);
    action_do(&ui, ACTION_JOBS, "");
    assert_int_equal(ui.focus, PANE_JOBS);
    ui_fini(&ui);
}

/* The job chosen stays chosen while others come before it. */
static void the_selection_stays_on_its_job(void **state)
{
    struct ui ui;
    (void)state;
    all(&ui, 160, 30, false);
    press(&ui, 'j', 0);
    press(&ui, 'j', 0);
    ui_draw(&ui);
    fold_line(&ui, "{\"type\":\"job_created\",\"seq\":900,\"job\":90,\"time\":1,\"kind\":\"task\","
                   "\"title\":\"new\",\"task\":\"new\"}");
    fold_line(&ui, "{\"type\":\"job_started\",\"seq\":901,\"job\":90,\"time\":1,\"epoch\":1}");
    ui_draw(&ui);
    press(&ui, INPUT_ENTER, 0);
    assert_int_equal(ui.job, 12);
    ui_fini(&ui);
}

static void click(struct ui *ui, int y)
{
    struct input_event ev = {.type = INPUT_MOUSE, .mouse = INPUT_PRESS, .button = 1};
    ev.x = ui->inner[PANE_JOBS].x + 5;
    ev.y = ui->inner[PANE_JOBS].y + y;
    ui_input(ui, &ev);
    ui_draw(ui);
}

static void the_mouse_chooses_and_opens(void **state)
{
    struct ui ui;
    (void)state;
    all(&ui, 160, 30, false);
    click(&ui, 2);
    assert_int_not_equal(ui.job, 13);
    click(&ui, 2);
    assert_int_equal(ui.job, 13);
    ui_fini(&ui);
}

static struct json_object *page(int64_t from, int n)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();
    for (int64_t id = from; id > from - n; id--) {
        struct json_object *job = json_object_new_object();
        json_add_i64(job, "id", id);
        json_add_str(job, "kind", "task");
        json_add_str(job, "title", "an older one");
        json_add_str(job, "state", "done");
        json_add_str(job, "status", "solved");
        json_object_array_add(list, job);
    }
    json_object_object_add(o, "jobs", list);
    return o;
}

static void older_jobs_come_as_the_list_ends(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, false);
    fold_line(&ui, "{\"type\":\"job_created\",\"seq\":1,\"job\":1000,\"time\":1,\"kind\":\"task\","
                   "\"title\":\"new\",\"task\":\"new\"}");
    ui_focus(&ui, PANE_JOBS);
    ui_draw(&ui);
    answers[METHOD_JOB_LIST] = page(999, 500);
    press(&ui, 'j', 0);
    assert_string_equal(asked[METHOD_JOB_LIST], "{\"limit\":500,\"before\":1000}");
    assert_int_equal(ui.model.jobs_n, 501);
    assert_int_equal(ui.model.jobs[0]->id, 500);
    json_object_put(answers[METHOD_JOB_LIST]);
    answers[METHOD_JOB_LIST] = page(0, 0);
    press(&ui, 'G', 0);
    assert_string_equal(asked[METHOD_JOB_LIST], "{\"limit\":500,\"before\":500}");
    asked[METHOD_JOB_LIST][0] = 0;
    press(&ui, 'j', 0);
    assert_string_equal(asked[METHOD_JOB_LIST], ""); /* there are no more */
    json_object_put(answers[METHOD_JOB_LIST]);
    answers[METHOD_JOB_LIST] = NULL;
    ui_fini(&ui);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void job_passes(struct ui *ui, int64_t id)
{
    struct event ev = {.job = id, .time = 1700000000000, .seq = id * 20};
    ev.type = EVENT_JOB_CREATED;
    ev.u.job_created = (struct event_job_created){"task", "add two numbers", "add two numbers", 0};
    ui_event(ui, &ev);
    for (int i = 1; i < 19; i++) {
        ev.seq++;
        ev.type = i == 1 ? EVENT_JOB_STARTED : i == 2 ? EVENT_STAGE_BEGIN : EVENT_CHECK;
        memset(&ev.u, 0, sizeof ev.u);
        if (i > 2)
            ev.u.check = (struct event_check){.stage = 0, .name = "example", .ok = true};
        ui_event(ui, &ev);
    }
    ev.seq++;
    ev.type = EVENT_JOB_DONE;
    memset(&ev.u, 0, sizeof ev.u);
    ev.u.job_done = (struct event_job_done){.status = "solved", .tokens_out = id, .seconds = 1};
    ui_event(ui, &ev);
}

/* 10,000 jobs of 20 events, a frame after every seventh job: 50 s of a batch with 200 jobs/s at 30
 * frames a second. */
static void ten_thousand_jobs_are_no_burden(void **state)
{
    struct ui ui;
    double began, took;
    (void)state;
    dashboard(&ui, 200, 60, false);
    ui_focus(&ui, PANE_JOBS);
    ui_draw(&ui);
    began = seconds();
    for (int64_t id = 1; id <= 10000; id++) {
        job_passes(&ui, id);
        if (id % 200 == 0)
            ui.now += 1000;
        if (id % 7 == 0)
            ui_draw(&ui);
    }
    took = seconds() - began;
    print_message("10,000 jobs, 200,000 events, 1,428 frames: %.2f s\n", took);
    assert_int_equal(ui.model.jobs_n, 10000);
    assert_true(model_bytes(&ui.model) <= MODEL_CACHE_MAX);
    assert_true(model_bytes(&ui.model) > MODEL_CACHE_MAX / 2);
    assert_false(model_job(&ui.model, 2)->details); /* forgotten first */
    assert_true(model_job(&ui.model, 9999)->details);
    for (int64_t id = 10001; id <= 11000; id++)
        job_passes(&ui, id);
    assert_true(ui.model.jobs_n <= MODEL_JOBS_MAX);
    assert_non_null(model_job(&ui.model, ui.job)); /* the one in view stays */
    assert_non_null(model_job(&ui.model, 11000));
    assert_null(model_job(&ui.model, 2));
    press(&ui, 's', 0);
    press(&ui, 's', 0);
    assert_true(row_has(&ui, 1, "11000"));
    ui_fini(&ui);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_at_every_size),
        cmocka_unit_test(ascii_and_styles),
        cmocka_unit_test(altered_events_change_this_pane_alone),
        cmocka_unit_test(keys),
        cmocka_unit_test(the_selection_stays_on_its_job),
        cmocka_unit_test(the_mouse_chooses_and_opens),
        cmocka_unit_test(older_jobs_come_as_the_list_ends),
        cmocka_unit_test(ten_thousand_jobs_are_no_burden),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
