/* The formula of quality: what must hold of it, whatever its numbers are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rag/quality.h"

static const struct quality_facts fresh = {
    .kind = "function", .solved = true, .checks = 3, .prior = -1};

static void each_fact_moves_it_the_right_way(void **state)
{
    struct quality_facts f = fresh;
    double was = quality_of(&f), q;
    (void)state;
    assert_true(was > 0.6 && was < 0.95);
    f.uses = 20;
    q = quality_of(&f);
    assert_true(q > was);
    f.ok = 20;
    was = q;
    q = quality_of(&f);
    assert_true(q > was);
    f.bad = 10;
    was = q;
    q = quality_of(&f);
    assert_true(q < was);
    f.ms = 900;
    was = q;
    q = quality_of(&f);
    assert_true(q < was);
    f.rating = 5;
    was = q;
    q = quality_of(&f);
    assert_true(q > was);
    f.rating = 1;
    assert_true(quality_of(&f) < was);
    f = fresh;
    f.solved = false;
    assert_true(quality_of(&f) < 0.4);
    f.prior = 0.9;
    assert_true(quality_of(&f) > 0.8);
    f = fresh;
    for (f.checks = 0; f.checks < 50;) {
        was = quality_of(&f);
        f.checks++;
        assert_true(quality_of(&f) > was);
    }
}

static void what_fails_quickly_is_below_what_works_slowly(void **state)
{
    struct quality_facts quick = fresh, slow = fresh;
    (void)state;
    quick.bad = 10;
    quick.ms = 1;
    slow.ok = 10;
    slow.ms = 60000;
    slow.peak_kb = 1e6;
    assert_true(quality_of(&quick) < quality_of(&slow));
}

static void it_stays_between_0_and_1(void **state)
{
    static const char *const kinds[] = {"function", "workflow", "pattern", "prompt"};
    (void)state;
    for (int i = 0; i < 4; i++)
        for (int rating = 0; rating <= 5; rating++)
            for (int n = 0; n < 5000; n = n * 3 + 1) {
                struct quality_facts f = {.kind = kinds[i],
                                          .solved = n % 2,
                                          .checks = n,
                                          .prior = n % 3 ? -1 : 7,
                                          .uses = n,
                                          .ok = n,
                                          .bad = n * 2,
                                          .ms = n * 10,
                                          .peak_kb = n * 1e3,
                                          .rating = rating};
                double q = quality_of(&f);
                assert_true(q >= 0 && q <= 1);
            }
}

static void what_is_weak_and_unused_is_stale(void **state)
{
    const int64_t day = 24 * 3600 * 1000LL;
    (void)state;
    assert_true(quality_stale(0.1, 0));
    assert_false(quality_stale(0.4, 29 * day));
    assert_true(quality_stale(0.4, 31 * day));
    assert_false(quality_stale(0.6, 1000 * day));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fact_moves_it_the_right_way),
        cmocka_unit_test(what_fails_quickly_is_below_what_works_slowly),
        cmocka_unit_test(it_stays_between_0_and_1),
        cmocka_unit_test(what_is_weak_and_unused_is_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
