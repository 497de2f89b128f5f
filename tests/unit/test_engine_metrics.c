/* Windows, rates and sums of the metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#include "core/engine/metrics.h"

static void percentiles_are_those_of_the_newest_values(void **state)
{
    struct metrics_window w = {.count = 0};
    (void)state;
    assert_true(metrics_window_at(&w, 0.5) == 0);
    metrics_window_add(&w, 7);
    assert_true(metrics_window_at(&w, 0.5) == 7 && metrics_window_at(&w, 0.95) == 7);
    for (int i = 1; i <= 100; i++)
        metrics_window_add(&w, i);
    for (int i = 1; i <= METRICS_WINDOW / 2; i++)
        metrics_window_add(&w, 1000 + i);
    assert_true(metrics_window_at(&w, 0.5) == 100); /* the 7 has gone */
    assert_true(metrics_window_at(&w, 0.95) == 1090);
    assert_true(metrics_window_at(&w, 0) == 1 && metrics_window_at(&w, 1) == 1100);
}

static void fold(struct metrics *m, enum event_type type, const char *status, int64_t calls)
{
    struct event ev = {.type = type};
    if (type == EVENT_JOB_DONE) {
        ev.u.job_done.status = status;
        ev.u.job_done.artifact = "a1";
        ev.u.job_done.llm_calls = calls;
    }
    if (type == EVENT_LLM_CALL) {
        ev.u.llm_call.tokens_in = 10;
        ev.u.llm_call.tokens_out = 5;
        ev.u.llm_call.first_token_ms = 20;
        ev.u.llm_call.cost = 0.25;
        ev.u.llm_call.cached = calls > 0;
    }
    if (type == EVENT_SANDBOX_RUN)
        ev.u.sandbox_run.wall_ms = 30;
    metrics_fold(m, &ev);
}

static void events_are_summed_and_the_loop_is_watched(void **state)
{
    struct event_engine_sample s;
    struct metrics m;
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    metrics_open(&m, &loop);
    metrics_active(&m, true);
    fold(&m, EVENT_LLM_CALL, "", 0);
    fold(&m, EVENT_LLM_CALL, "", 1);
    fold(&m, EVENT_SANDBOX_RUN, "", 0);
    fold(&m, EVENT_JOB_DONE, "solved", 2);
    fold(&m, EVENT_JOB_DONE, "solved", 0);
    fold(&m, EVENT_JOB_DONE, "unsolved", 0);
    for (int i = 0; i < 50; i++)
        fold(&m, EVENT_TOKEN_DELTA, "", 0);
    m.second--; /* as if a second had passed */
    for (int i = 0; i <= METRICS_SECONDS; i++)
        m.arrived[i] = (uint64_t)i == m.second % (METRICS_SECONDS + 1) ? 50 : 0;
    usleep(250000); /* the loop stands still */
    uv_run(&loop, UV_RUN_ONCE);
    metrics_sample(&m, &s);
    assert_int_equal(s.calls * 1000 + s.tokens_in * 10 + s.tokens_out, 2210);
    assert_true(s.spend == 0.5 && s.cached == 1);
    assert_int_equal(s.tasks * 10 + s.reused, 31);
    assert_true(s.tokens_s == 10 && s.first_token_p95 == 20 && s.sandbox_p50 == 30);
    assert_true(s.lag_ms >= 100 && s.lag_ms < 5000);
    assert_true(s.rss_kb > 100 && s.cpu >= 0);
    metrics_active(&m, false);
    assert_int_equal(uv_run(&loop, UV_RUN_NOWAIT), 0); /* at rest: nothing on the loop */
    metrics_close(&m);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_those_of_the_newest_values),
        cmocka_unit_test(events_are_summed_and_the_loop_is_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
