/* The formula of quality: what must hold of it, whatever its numbers are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

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

/* ---- gates ---- */

static struct json_object *gates_of(const char *text)
{
    struct json_object *o = NULL;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), 0);
    return o;
}

static void gates_count_by_their_severity(void **state)
{
    static const struct {
        const char *gates;
        bool known;
        double code;
    } cases[] = {
        {"[]", false, 1},
        {"[{\"severity\":\"block\",\"score\":1}]", true, 1},
        {"[{\"severity\":\"block\",\"score\":1},{\"severity\":\"score\",\"score\":0.4}]", true,
         0.8},
        {"[{\"severity\":\"block\",\"score\":0.4},{\"severity\":\"score\",\"score\":1}]", true,
         0.6},
        {"[{\"severity\":\"score\",\"score\":0.5},{\"severity\":\"inform\",\"score\":0}]", true,
         0.5},
        /* its program was missing or broke down: nothing is known of it */
        {"[{\"severity\":\"score\",\"score\":0.5},{\"severity\":\"block\"}]", true, 0.5},
        {"[{\"severity\":\"block\"}]", false, 1},
        {"[{\"severity\":\"inform\",\"score\":0}]", false, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *list = gates_of(cases[i].gates);
        double code = -1;
        assert_int_equal(quality_code(list, &code), cases[i].known);
        assert_true(fabs(code - cases[i].code) < 1e-9);
        json_object_put(list);
    }
    assert_false(quality_code(NULL, &(double){0}));
}

static void what_gates_say_moves_it(void **state)
{
    struct quality_facts f = fresh;
    double unknown = quality_of(&f), good, bad;
    (void)state;
    f.judged = true;
    f.code = 1;
    good = quality_of(&f);
    f.code = 0.3;
    bad = quality_of(&f);
    assert_true(bad < good && good <= unknown);
    f.ms = 5; /* with a figure beside it, the code still counts for half and more */
    f.code = 0.3;
    assert_true(quality_of(&f) < good);
    /* ugly and right stays above handsome and wrong */
    f.ok = 10;
    f.code = 0;
    f.ms = 9000;
    bad = quality_of(&f);
    f = fresh;
    f.judged = true;
    f.code = 1;
    f.bad = 10;
    assert_true(quality_of(&f) < bad);
}

/* ---- the parts ---- */

static double part(struct json_object *o, const char *name, const char *key)
{
    struct json_object *list = json_array(o, "parts");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (strcmp(json_str(json_object_array_get_idx(list, i), "name", ""), name) == 0)
            return json_f64(json_object_array_get_idx(list, i), key, -1);
    return -2;
}

/* Whoever reads the parts can compute the quality. */
static void the_parts_make_the_whole(void **state)
{
    static const char *const merits[] = {"time", "memory", "code"};
    (void)state;
    for (int i = 0; i < 64; i++) {
        struct quality_facts f = fresh;
        struct json_object *o;
        double sum = 0, of = 0, q;
        f.kind = i % 3 ? "function" : "workflow";
        f.ms = i & 1 ? 40 : 0;
        f.peak_kb = i & 2 ? 20480 : 0;
        f.judged = i & 4;
        f.code = 0.7;
        f.rating = i & 8 ? 4 : 0;
        f.uses = i & 16 ? 9 : 0;
        f.ok = i & 32 ? 7 : 0;
        o = quality_parts(&f);
        for (int k = 0; k < 3; k++) {
            double value = part(o, merits[k], "value");
            sum += value >= 0 ? value * part(o, merits[k], "weight") : 0;
            of += value >= 0 ? part(o, merits[k], "weight") : 0;
        }
        q = part(o, "success", "value") * (0.7 + 0.3 * (of > 0 ? sum / of : 1));
        q += json_f64(o, "used", 0);
        if (f.rating)
            q = (q + (f.rating - 1) / 4.0) / 2;
        assert_true(fabs(q - quality_of(&f)) < 1e-9);
        assert_true(fabs(json_f64(o, "quality", -1) - q) < 1e-9);
        json_object_put(o);
    }
}

static const char *line_of(struct json_object *o, size_t i)
{
    return json_object_get_string(json_object_array_get_idx(json_array(o, "lines"), i));
}

static void they_are_told_in_words(void **state)
{
    struct quality_facts f = fresh;
    struct json_object *o = quality_parts(&f);
    (void)state;
    assert_string_equal(line_of(o, 0), "0.81 = success 0.81 × (0.70 + 0.30 × merits 1.00)");
    assert_string_equal(line_of(o, 1), "merits 1.00 = 1, as time, memory and code are not known");
    assert_string_equal(
        line_of(o, 2),
        "success 0.81: 0 of 0 runs went well; 0.81 expected before the first (solved, 3 checks)");
    json_object_put(o);
    f.ok = 12;
    f.ms = 10;
    f.judged = true;
    f.code = 0.5;
    f.uses = 12;
    f.rating = 5;
    o = quality_parts(&f);
    assert_string_equal(line_of(o, 0),
                        "0.93 = (success 0.96 × (0.70 + 0.30 × merits 0.65) + 0.01 for use + 1.00 "
                        "for 5 stars) / 2");
    assert_string_equal(line_of(o, 1),
                        "merits 0.65 = (0.30 × time 0.90 + 0.50 × code 0.50) / 0.80");
    assert_string_equal(line_of(o, 3), "time 0.90: 10 ms a run");
    json_object_put(o);
}

/* ---- old and new ---- */

static void an_aim_decides_between_old_and_new(void **state)
{
    static const struct {
        const char *aim;
        struct quality_measured old, new;
        bool better;
    } cases[] = {
        {"latency",
         {1, 100, 20000, true, 0.9, {0, 0, 0}},
         {1, 50, 20000, true, 0.9, {0, 0, 0}},
         true},
        {"latency", {1, 4, 20000, true, 0.9, {0, 0, 0}}, {1, 2, 20000, true, 0.9, {0, 0, 0}}, true},
        {"latency",
         {1, 100, 20000, true, 0.9, {0, 0, 0}},
         {1, 50, 40000, true, 0.8, {0, 0, 0}},
         true},
        {"latency",
         {1, 100, 20000, true, 0.9, {0, 0, 0}},
         {0.9, 1, 20000, true, 0.9, {0, 0, 0}},
         false},
        {"latency",
         {1, 100, 20000, true, 0.9, {0, 0, 0}},
         {1, 90, 20000, true, 0.3, {0, 0, 0}},
         false},
        {"memory",
         {1, 50, 400000, true, 0.9, {0, 0, 0}},
         {1, 100, 50000, true, 0.9, {0, 0, 0}},
         true},
        {"quality",
         {1, 50, 20000, true, 0.6, {0, 0, 0}},
         {1, 80, 20000, true, 0.9, {0, 0, 0}},
         true},
        {"performance",
         {1, 50, 200000, true, 0.9, {0, 0, 0}},
         {1, 50, 20000, true, 0.9, {0, 0, 0}},
         true},
        {"quality",
         {1, 50, 20000, true, 0.9, {80, 6, 4}},
         {1, 50, 20000, true, 0.9, {60, 3, 0}},
         true},
        {"quality",
         {1, 50, 20000, true, 0.9, {0, 0, 0}},
         {1, 50, 20000, true, 0.9, {60, 3, 0}},
         false},
        /* a figure that only one has counts for neither */
        {"performance",
         {1, 50, 20000, false, 0, {0, 0, 0}},
         {1, 50, 20000, true, 1, {0, 0, 0}},
         false},
        {"performance",
         {1, 50, 0, true, 0.9, {0, 0, 0}},
         {1, 40, 900000, true, 0.9, {0, 0, 0}},
         true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum quality_aim aim;
        double was, is;
        assert_true(quality_aim_named(cases[i].aim, &aim));
        quality_compare(&cases[i].old, &cases[i].new, aim, &was, &is);
        assert_int_equal(is > was, cases[i].better);
        assert_true(was >= 0 && was <= 1 && is >= 0 && is <= 1);
    }
    assert_false(quality_aim_named("beauty", &(enum quality_aim){0}));
}

static void what_there_is_to_read_counts(void **state)
{
    const struct quality_size empty = {0, 0, 0}, text = {100, 10, 10}, deep = {100, 10, 14};
    struct json_object *o = json_object_new_object();
    struct quality_size read;
    (void)state;
    assert_true(fabs(quality_clarity(0.8, &empty) - 0.8) < 1e-9);
    assert_true(fabs(quality_clarity(0.8, &text) - 0.8 * 200 / 400) < 1e-9);
    assert_true(quality_clarity(0.8, &deep) < quality_clarity(0.8, &text));
    json_add_i64(o, "nodes", 3);
    json_add_i64(o, "branches", 2);
    json_add_i64(o, "nesting", 1);
    quality_size_read(o, &read);
    assert_true(read.nodes == 3 && read.branches == 2 && read.nesting == 1);
    quality_size_read(NULL, &read);
    assert_true(read.nodes == 0);
    json_object_put(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fact_moves_it_the_right_way),
        cmocka_unit_test(what_fails_quickly_is_below_what_works_slowly),
        cmocka_unit_test(it_stays_between_0_and_1),
        cmocka_unit_test(what_is_weak_and_unused_is_stale),
        cmocka_unit_test(gates_count_by_their_severity),
        cmocka_unit_test(what_gates_say_moves_it),
        cmocka_unit_test(the_parts_make_the_whole),
        cmocka_unit_test(they_are_told_in_words),
        cmocka_unit_test(an_aim_decides_between_old_and_new),
        cmocka_unit_test(what_there_is_to_read_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
