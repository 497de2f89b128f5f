/* Moving vectors from one store to another, whatever is there, whatever breaks, whoever writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../vector_memory.h"
#include "core/rag/vector_sync.h"

struct world {
    uv_loop_t loop;
    struct sched *sched;
    struct vector_memory *from, *to;
    struct vector_sync_report report;
    struct err_info info;
    enum err code;
    int told;
    int64_t last[3], total;
    bool cancel;
};

static int begin(void **state)
{
    struct world *w = *state = calloc(1, sizeof *w);
    uv_loop_init(&w->loop);
    w->sched = sched_new(&w->loop);
    w->from = memory_open("m");
    w->to = memory_open("m");
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    int code;
    sched_close(w->sched);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&w->loop);
    free(w->from);
    free(w->to);
    free(w);
    return code;
}

static void fill(struct vector_memory *m, int64_t first, int64_t last, int64_t step)
{
    float v[MEMORY_DIMENSIONS];
    for (int64_t id = first; id <= last; id += step) {
        memory_vector(id, v);
        memory_put(m, id, v);
    }
}

static void on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
    struct world *w = arg;
    int k = strcmp(what, "copying") == 0 ? 0 : strcmp(what, "removing") == 0 ? 1 : 2;
    if (k > 0 && w->last[k - 1] < 0)
        w->last[k] = -1000; /* out of order */
    w->last[k] = done;
    w->total = total;
    w->told++;
    if (done > total)
        w->last[k] = -1000;
}

static enum err call(void *arg)
{
    struct world *w = arg;
    const struct vector_sync s = {&w->from->base, &w->to->base, on_progress, w};
    w->code = vector_sync(&s, &w->report, &w->info);
    return ERR_OK;
}

static enum err cancel_soon(void *arg)
{
    struct world *w = arg;
    struct fiber *f = fiber_spawn(w->sched, "sync", call, w);
    enum err result;
    while (w->to->upserts < 2 && !fiber_yield())
        ;
    fiber_cancel(f);
    return fiber_join(f, &result);
}

static enum err run(struct world *w)
{
    memset(&w->info, 0, sizeof w->info);
    fiber_detach(fiber_spawn(w->sched, "test", w->cancel ? cancel_soon : call, w), NULL, NULL);
    sched_run(w->sched);
    return w->code;
}

static void assert_same(const struct world *w)
{
    assert_int_equal(w->to->n, w->from->n);
    assert_memory_equal(w->to->ids, w->from->ids, w->from->n * sizeof *w->from->ids);
    for (size_t i = 0; i < w->from->n; i++)
        for (int k = 0; k < MEMORY_DIMENSIONS; k++)
            assert_true(fabsf(w->to->rows[i][k] - w->from->rows[i][k]) < 1e-6f);
}

static void all_goes_over(void **state)
{
    static const int64_t sizes[] = {0, 1, 255, 256, 257, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct world *w = *state;
        w->from->n = w->to->n = 0;
        fill(w->from, 1, 3 * sizes[i], 3);
        assert_int_equal(run(w), ERR_OK);
        assert_same(w);
        assert_int_equal(w->report.copied, sizes[i]);
        assert_int_equal(w->report.count, sizes[i]);
        assert_int_equal(w->report.removed, 0);
        assert_true(w->report.checked >= (sizes[i] < 16 ? sizes[i] : 16));
        assert_true(w->report.checked <= 256);
        assert_int_equal(w->info.code, ERR_OK);
    }
}

static void the_sample_is_spread_over_all(void **state)
{
    struct world *w = *state;
    static const int64_t sizes[] = {600, 2000, 4096, 9999};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        w->from->n = w->to->n = 0;
        fill(w->from, 1, sizes[i], 1);
        w->to->spoils = 0;
        assert_int_equal(run(w), ERR_OK);
        assert_true(w->report.checked >= 32);
        w->to->spoils = sizes[i] - sizes[i] / 6; /* only the last ones are wrong */
        assert_int_equal(run(w), ERR_CORRUPT);
    }
}

static void what_the_source_has_not_goes(void **state)
{
    struct world *w = *state;
    fill(w->from, 1, 9000, 3);
    fill(w->to, 1, 9500, 1);
    assert_int_equal(run(w), ERR_OK);
    assert_same(w);
    assert_int_equal(w->report.removed, 9500 - 3000);
    w->from->n = 0; /* and all, when it has none */
    assert_int_equal(run(w), ERR_OK);
    assert_int_equal(w->to->n, 0);
    assert_int_equal(w->report.removed, 3000);
}

static void again_changes_nothing(void **state)
{
    struct world *w = *state;
    fill(w->from, 5, 2000, 5);
    assert_int_equal(run(w), ERR_OK);
    assert_int_equal(run(w), ERR_OK);
    assert_same(w);
    assert_int_equal(w->report.removed, 0);
}

static void a_vector_that_has_changed_is_written_anew(void **state)
{
    struct world *w = *state;
    float v[MEMORY_DIMENSIONS];
    fill(w->from, 1, 1000, 1);
    memory_vector(77, v);
    memory_put(w->to, 500, v);
    assert_int_equal(run(w), ERR_OK);
    assert_same(w);
}

/* Each call of either store fails once; what was cut is done by the next. */
static void wherever_it_breaks_the_next_goes_on(void **state)
{
    struct world *w = *state;
    for (int side = 0; side < 2; side++) {
        struct vector_memory *m = side ? w->to : w->from;
        bool failed = true;
        for (int at = 1; failed; at++) {
            w->from->n = w->to->n = 0;
            fill(w->from, 2, 1000, 2);
            fill(w->to, 1, 301, 3);
            m->calls = 0;
            m->fail_at = at;
            failed = run(w) != ERR_OK;
            if (failed) {
                assert_int_equal(w->code, ERR_NET_BROKEN);
                assert_string_equal(w->info.message, "the connection broke; try again");
                assert_int_equal(w->from->n, 500); /* the source is never written to */
            }
            m->fail_at = 0;
            assert_int_equal(run(w), ERR_OK);
            assert_same(w);
        }
    }
}

static void it_can_be_cancelled(void **state)
{
    struct world *w = *state;
    fill(w->from, 1, 5000, 1);
    w->cancel = true;
    assert_int_equal(run(w), ERR_CANCELLED);
    assert_true(w->to->n > 0 && w->to->n < 5000);
    w->cancel = false;
    assert_int_equal(run(w), ERR_OK);
    assert_same(w);
}

static void of_two_models_nothing_is_mixed(void **state)
{
    struct world *w = *state;
    fill(w->from, 1, 10, 1);
    strcpy(w->to->base.model, "other");
    assert_int_equal(run(w), ERR_INPUT);
    assert_non_null(strstr(w->info.message, "of one model"));
    strcpy(w->to->base.model, "m");
    w->to->base.dimensions = 4;
    assert_int_equal(run(w), ERR_INPUT);
    assert_int_equal(w->to->n + (size_t)w->to->calls, 0);
}

static void what_is_kept_wrongly_is_found(void **state)
{
    struct world *w = *state;
    fill(w->from, 1, 600, 1);
    w->to->spoils = 1;
    assert_int_equal(run(w), ERR_CORRUPT);
    assert_non_null(strstr(w->info.message, "artifact a1 "));
    w->to->spoils = 0;
    fill(w->to, 1, 600, 1);
    w->to->loses = true;
    assert_int_equal(run(w), ERR_OK); /* all ids are there from before … */
    w->to->n = 0;
    assert_int_equal(run(w), ERR_BUSY); /* … and now they are not */
    assert_non_null(strstr(w->info.message, "holds 600 vectors"));
}

static void others_write(struct vector_memory *m)
{
    if (m->calls < 40 && m->calls % 3 == 0)
        fill(m, 3000 + m->calls, 3000 + m->calls, 1);
    if (m->calls == 5)
        memory_drop(m, 7);
}

static void others_may_write_meanwhile(void **state)
{
    struct world *w = *state;
    fill(w->from, 1, 2500, 1);
    w->from->before = others_write;
    assert_int_equal(run(w), ERR_OK);
    assert_same(w);
    assert_false(memory_has(w->to, 7));
}

static void progress_is_told(void **state)
{
    struct world *w = *state;
    fill(w->from, 1, 1000, 1);
    assert_int_equal(run(w), ERR_OK);
    assert_int_equal(w->last[0], 1000);
    assert_int_equal(w->last[1], 1000);
    assert_int_equal(w->last[2], 1000);
    assert_int_equal(w->total, 1000);
    assert_true(w->told >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_goes_over, begin, end),
        cmocka_unit_test_setup_teardown(the_sample_is_spread_over_all, begin, end),
        cmocka_unit_test_setup_teardown(what_the_source_has_not_goes, begin, end),
        cmocka_unit_test_setup_teardown(again_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_vector_that_has_changed_is_written_anew, begin, end),
        cmocka_unit_test_setup_teardown(wherever_it_breaks_the_next_goes_on, begin, end),
        cmocka_unit_test_setup_teardown(it_can_be_cancelled, begin, end),
        cmocka_unit_test_setup_teardown(of_two_models_nothing_is_mixed, begin, end),
        cmocka_unit_test_setup_teardown(what_is_kept_wrongly_is_found, begin, end),
        cmocka_unit_test_setup_teardown(others_may_write_meanwhile, begin, end),
        cmocka_unit_test_setup_teardown(progress_is_told, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
