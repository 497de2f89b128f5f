/* The interval of a ratio, and what is made of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/optimize/gain.h"
#include "core/optimize/optimize.h"

static bool near(double a, double b)
{
    return fabs(a - b) < 0.001;
}

static void test_interval(void **state)
{
    const double old[] = {100, 110, 90, 105}, new[] = {50, 50, 50, 50};
    const double logs[] = {log(2), log(2.2), log(1.8), log(2.1)};
    double mean = 0, squares = 0, half;
    struct gain g;
    (void)state;
    for (int i = 0; i < 4; i++)
        mean += logs[i] / 4;
    for (int i = 0; i < 4; i++)
        squares += (logs[i] - mean) * (logs[i] - mean);
    half = 3.182 * sqrt(squares / 3 / 4); /* t of 3 degrees of freedom, 95 % on both sides */
    gain_of(old, new, 4, &g);
    assert_int_equal(g.n, 4);
    assert_true(near(g.ratio, exp(mean)));
    assert_true(near(g.low, exp(mean - half)));
    assert_true(near(g.high, exp(mean + half)));
    assert_int_equal(gain_judge(&g, false), GAIN_KEEP);
}

static void test_equal_programs_gain_nothing(void **state)
{
    const double old[] = {100, 103, 98, 101, 99, 102, 100},
                 new[] = {101, 99, 100, 102, 98, 101, 99};
    struct gain g;
    (void)state;
    gain_of(old, new, 7, &g);
    assert_true(g.low < 1 && g.high > 1);
    assert_int_equal(gain_judge(&g, true), GAIN_REFUSE);
    gain_of(new, new, 7, &g);
    assert_true(near(g.low, 1) && near(g.high, 1));
    assert_int_equal(gain_judge(&g, true), GAIN_REFUSE);
}

/* One mad pair widens the interval instead of making a gain. */
static void test_noise_is_no_gain(void **state)
{
    const double old[] = {100, 100, 100, 100, 100, 100, 900},
                 new[] = {100, 101, 99, 100, 100, 99, 100};
    struct gain g;
    (void)state;
    gain_of(old, new, 7, &g);
    assert_true(g.ratio > 1.3);
    assert_int_equal(gain_judge(&g, false), GAIN_UNSURE);
    assert_int_equal(gain_judge(&g, true), GAIN_REFUSE);
}

static void test_too_few(void **state)
{
    const double old[] = {100, 0}, new[] = {10, 5};
    struct gain g;
    (void)state;
    gain_of(old, new, 2, &g);
    assert_int_equal(g.n, 1);
    assert_int_equal(gain_judge(&g, true), GAIN_REFUSE);
    gain_of(old, new, 0, &g);
    assert_int_equal(gain_judge(&g, true), GAIN_REFUSE);
}

/* A loss is seen at once; a small gain needs more pairs. */
static void test_looks(void **state)
{
    const struct gain loss = {7, 0.5, 0.45, 0.55}, small = {7, 1.1, 1.05, 1.15},
                      unsure = {7, 1.1, 0.98, 1.2};
    (void)state;
    assert_int_equal(gain_judge(&loss, false), GAIN_REFUSE);
    assert_int_equal(gain_judge(&small, false), GAIN_UNSURE);
    assert_int_equal(gain_judge(&small, true), GAIN_KEEP);
    assert_int_equal(gain_judge(&unsure, true), GAIN_REFUSE);
}

static void test_text(void **state)
{
    const struct gain g = {7, 3.4, 3.1, 38.25};
    char text[80];
    (void)state;
    gain_text(&g, "faster", text);
    assert_string_equal(text, "3.40× faster [3.10, 38.2]");
}

static void test_targets(void **state)
{
    enum optimize_target t = OPTIMIZE_QUALITY;
    (void)state;
    assert_true(optimize_target_read("", &t) && t == OPTIMIZE_PERFORMANCE);
    assert_true(optimize_target_read("latency", &t) && t == OPTIMIZE_LATENCY);
    assert_false(optimize_target_read("speed", &t));
}

static struct json_object *gates(const char *passed, const char *found)
{
    const char *const names[] = {passed, found};
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < 2; i++) {
        struct json_object *o = json_object_new_object();
        json_add_str(o, "name", names[i]);
        json_add_str(o, "state", i ? "found" : "passed");
        json_object_array_add(list, o);
    }
    return list;
}

/* Whatever the program before has passed, the next one has to pass. */
static void test_worse(void **state)
{
    struct candidate a = {.number = 1}, b;
    struct json_object *before = gates("bugs", "style"), *worse = gates("style", "bugs"),
                       *same = gates("bugs", "security");
    char why[400];
    (void)state;
    a.verdict.accepted = true;
    a.verdict.score = 0.9;
    a.verdict.gates = before;
    a.evidence.passed = 3;
    a.trial.upheld = 1;
    b = a;
    assert_false(optimize_worse(&a, &b, why));
    b.verdict.accepted = false;
    assert_true(optimize_worse(&a, &b, why));
    b = a;
    b.verdict.gates = worse; /* one of them, though another is new */
    assert_true(optimize_worse(&a, &b, why) && strstr(why, "gate bugs"));
    b = a;
    b.verdict.score = 0.8;
    assert_true(optimize_worse(&a, &b, why));
    b = a;
    b.evidence.passed = 5;
    assert_true(optimize_worse(&a, &b, why) && strstr(why, "test"));
    b = a;
    b.trial.upheld = 2;
    assert_true(optimize_worse(&a, &b, why) && strstr(why, "property"));
    b = a;
    b.trial.refuted = 4;
    assert_true(optimize_worse(&a, &b, why));
    b = a;
    json_add_str(json_object_array_get_idx(worse, 1), "severity", "inform"); /* it only tells */
    b.verdict.gates = worse;
    assert_false(optimize_worse(&a, &b, why));
    b.verdict.gates = same;
    b.verdict.score = 1;
    assert_false(optimize_worse(&a, &b, why));
    json_object_put(before);
    json_object_put(worse);
    json_object_put(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_equal_programs_gain_nothing),
        cmocka_unit_test(test_noise_is_no_gain),
        cmocka_unit_test(test_too_few),
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
