/* The metrics pane: recorded samples and events, its looks, and that nothing is drawn again when
 * nothing that shows has changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SESSION "/screen/metrics.jsonl"
#include "../screen_fixture.h"
#include "ui/pane/series.h"

static const struct {
    int w, h;
    bool zoom;
} sizes[] = {{60, 16, false}, {80, 24, false}, {120, 40, false}, {200, 60, false}};

static void all(struct ui *ui)
{
    for (int i = 0; i < line_count; i++)
        fold_line(ui, lines[i]);
}

static void looks_at_every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ui ui;
        dashboard(&ui, sizes[i].w, sizes[i].h, false);
        all(&ui);
        ui_focus(&ui, PANE_METRICS);
        ui_draw(&ui);
        check_golden(&ui, "metrics");
        ui_fini(&ui);
    }
}

static void zoomed_and_in_ascii(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 100, 20, true);
    all(&ui);
    ui_focus(&ui, PANE_METRICS);
    ui.zoom = true;
    ui_draw(&ui);
    check_golden(&ui, "metrics-ascii");
    ui_fini(&ui);
}

static void styles(void **state)
{
    struct ui ui;
    struct buf text;
    struct canvas pane;
    (void)state;
    buf_init(&text, 1 << 20);
    dashboard(&ui, 80, 24, false);
    all(&ui);
    fold_line(&ui, "{\"type\":\"engine_sample\",\"seq\":0,\"job\":0,\"time\":1,\"tokens_s\":3,"
                   "\"running\":1,\"lag_ms\":120}");
    ui_focus(&ui, PANE_METRICS);
    ui_draw(&ui);
    pane = canvas_part(&ui.canvas, ui.inner[PANE_METRICS]);
    assert_int_equal(canvas_styles(&pane, &text), ERR_OK);
    assert_non_null(strstr(text.data, "spark/"));
    assert_non_null(strstr(text.data, "warn/text 120 ms"));
    assert_non_null(strstr(text.data, "running/text 1 running  0 queued"));
    buf_fini(&text);
    ui_fini(&ui);
}

static void an_altered_sample_changes_this_pane_alone(void **state)
{
    static const struct {
        const char *mark, *what, *by;
    } cases[] = {
        {"\"calls\":40", "\"tokens_out\":5", "\"tokens_out\":95"},
        {"\"llm_call\"", "\"tokens_in\":125", "\"tokens_in\":99125"},
        {"\"sandbox_run\"", "\"sandbox_run\"", "\"other_thing\""},
        {"\"calls\":40", "\"reused\":11", "\"reused\":7"},
        {"\"calls\":40", "\"spend_today\":0.1", "\"spend_today\":0.9"},
        {"\"calls\":40", "\"cached\":3", "\"cached\":4"},
        {"\"calls\":40", "\"rss_kb\":18", "\"rss_kb\":58"},
        {"\"calls\":40", "\"first_token_p95\":9", "\"first_token_p95\":4"},
        {"\"calls\":40", "\"tokens_s\":", "\"tokens_s\":1"},
        {"\"calls\":40", "\"cpu\":", "\"cpu\":4"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        struct rect none = {0};
        dashboard(&old, 200, 60, false);
        dashboard(&new, 200, 60, false);
        ui_focus(&old, PANE_METRICS);
        ui_focus(&new, PANE_METRICS);
        all(&old);
        fold_altered(&new, 0, line_count, cases[i].mark, -1, cases[i].what, cases[i].by);
        ui_draw(&old);
        ui_draw(&new);
        if (!differences(&old, &new, old.layout.pane[PANE_METRICS], none))
            fail_msg("case %zu: %s is not on the screen", i, cases[i].what);
        ui_fini(&new);
        ui_fini(&old);
    }
}

static void idle(struct ui *ui, double cpu, int kb, double lag)
{
    char line[300];
    snprintf(line, sizeof line,
             "{\"type\":\"engine_sample\",\"seq\":0,\"job\":0,\"time\":1,\"cpu\":%f,\"rss_kb\":%d,"
             "\"lag_ms\":%f}",
             cpu, kb, lag);
    fold_line(ui, line);
}

static void what_does_not_show_draws_nothing(void **state)
{
    struct ui ui;
    (void)state;
    dashboard(&ui, 120, 40, false);
    ui_focus(&ui, PANE_METRICS);
    ui_draw(&ui);
    assert_string_equal(asked[METHOD_ENGINE_WATCH], "{\"on\":true}");
    all(&ui);
    idle(&ui, 0.1, 18432, 0.2);
    idle(&ui, 0.1, 18432, 0.2);
    ui_draw(&ui);
    idle(&ui, 0.4, 18432 + 500, 0.4); /* jitter below what is shown */
    assert_false(ui.dirty);
    idle(&ui, 0.6, 18432 - 500, 0.6);
    assert_false(ui.dirty);
    idle(&ui, 4.0, 18432, 0.2);
    assert_true(ui.dirty);
    ui_draw(&ui);
    ui_focus(&ui, PANE_JOBS);
    ui.zoom = true;
    ui_draw(&ui);
    assert_string_equal(asked[METHOD_ENGINE_WATCH], "{\"on\":false}");
    idle(&ui, 60.0, 90000, 40);
    assert_false(ui.dirty); /* out of sight */
    asked[METHOD_ENGINE_WATCH][0] = 0;
    ui_connected(&ui);
    assert_string_equal(asked[METHOD_ENGINE_WATCH], "");
    ui.zoom = false;
    ui_focus(&ui, PANE_METRICS);
    ui_draw(&ui);
    asked[METHOD_ENGINE_WATCH][0] = 0;
    ui_connected(&ui);
    assert_string_equal(asked[METHOD_ENGINE_WATCH], "{\"on\":true}");
    ui_fini(&ui);
}

static void a_series_forgets_its_oldest_value(void **state)
{
    struct series s = {0};
    (void)state;
    for (int i = 1; i <= SERIES_MAX + 20; i++)
        series_push(&s, i);
    assert_int_equal(s.n, SERIES_MAX);
    assert_true(s.v[0] == 21);
    assert_true(series_percentile(&s, 0.5) == 141);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_at_every_size),
        cmocka_unit_test(zoomed_and_in_ascii),
        cmocka_unit_test(styles),
        cmocka_unit_test(an_altered_sample_changes_this_pane_alone),
        cmocka_unit_test(what_does_not_show_draws_nothing),
        cmocka_unit_test(a_series_forgets_its_oldest_value),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
