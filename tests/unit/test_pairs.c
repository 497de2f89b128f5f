/* Whether an old and a new program's costs are a gain at a target, and a loss elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/optimize/pairs.h"

/* What one program costs. */
struct cost {
    double ms, start, kb, peak, nodes, branches, load;
};

static const struct cost usual = {100, 2, 20000, 4000, 80, 4, 1};

static void put(struct json_object *o, const char *side, const struct cost *c, double noise)
{
    struct json_object *ms = json_object_new_array(), *peak = json_object_new_array();
    struct json_object *load = json_object_new_array();
    char name[24];
    json_object_array_add(ms, json_object_new_double(c->ms * noise));
    json_object_array_add(ms, json_object_new_double(40 * noise));
    json_object_array_add(peak, json_object_new_double(c->peak));
    json_object_object_add(o, side, ms);
    json_object_array_add(load, json_object_new_double(c->load * noise));
    json_object_array_add(load, json_object_new_double(c->load * noise));
    snprintf(name, sizeof name, "%s_load", side);
    json_object_object_add(o, name, load);
    snprintf(name, sizeof name, "%s_start", side);
    json_add_f64(o, name, c->start * noise);
    snprintf(name, sizeof name, "%s_kb", side);
    json_add_f64(o, name, c->kb);
    snprintf(name, sizeof name, "%s_peak", side);
    json_object_object_add(o, name, peak);
}

static struct json_object *size_of(const struct cost *c)
{
    struct json_object *o = json_object_new_object();
    json_add_f64(o, "nodes", c->nodes);
    json_add_f64(o, "branches", c->branches);
    return o;
}

/* The records of measure.py, read. */
static void measured(struct pairs *p, const struct cost *old, const struct cost *new)
{
    static const double noise[] = {1, 1.02, 0.98, 1.01, 0.99, 1.02, 1};
    struct json_object *list = json_object_new_array(), *size = json_object_new_object();
    struct cost traced[2] = {*old, *new};
    const char *failed;
    json_add_str(size, "kind", "size");
    json_object_object_add(size, "old", size_of(old));
    json_object_object_add(size, "new", size_of(new));
    json_object_array_add(list, size);
    for (int i = 0; i < 7; i++) {
        struct json_object *one = json_object_new_object();
        json_add_str(one, "kind", "pair");
        if (i >= 3) /* later pairs do not look at what is allocated */
            traced[0].peak = traced[1].peak = 0;
        put(one, "old", &traced[0], noise[i]);
        put(one, "new", &traced[1], noise[6 - i]);
        json_object_array_add(list, one);
    }
    memset(p, 0, sizeof *p);
    pairs_read(p, list, &failed);
    assert_string_equal(failed, "");
    assert_int_equal(p->n, 7);
    assert_int_equal(p->works, 2);
    p->code[OLD] = p->code[NEW] = 1;
    json_object_put(list);
}

static enum gain_verdict weigh(const struct cost *new, enum optimize_target t, bool all, bool last,
                               struct weighed *w)
{
    struct pairs p;
    measured(&p, &usual, new);
    return pairs_weigh(&p, t, all, last, w);
}

static void test_each_target_asks_for_its_own(void **state)
{
    struct cost fast = usual, small = usual, soon = usual, clear = usual;
    struct weighed w;
    (void)state;
    fast.ms = 10, small.peak = 1000, soon.start = 1, clear.nodes = 30, clear.branches = 1;
    assert_int_equal(weigh(&fast, OPTIMIZE_PERFORMANCE, false, false, &w), GAIN_KEEP);
    assert_non_null(strstr(w.gained, "× faster ["));
    assert_int_equal(weigh(&fast, OPTIMIZE_MEMORY, false, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "1.00× less memory [1.00, 1.00]: that is no gain beyond doubt");
    assert_int_equal(weigh(&small, OPTIMIZE_MEMORY, false, false, &w), GAIN_KEEP);
    assert_string_equal(w.gained, "4.00× less memory [4.00, 4.00]");
    assert_int_equal(weigh(&soon, OPTIMIZE_LATENCY, false, false, &w), GAIN_KEEP);
    assert_non_null(strstr(w.gained, "2.00× sooner ["));
    assert_int_equal(weigh(&clear, OPTIMIZE_QUALITY, false, false, &w), GAIN_KEEP);
    assert_string_equal(w.gained, "1.28× clearer (0.67 → 0.85)");
}

static void test_what_is_worse_at_it_is_told(void **state)
{
    static const char *const why[] = {"it takes 2.00 times as long",
                                      "it is harder to read: clarity 0.50 instead of 0.67",
                                      "it needs 2.00 times the memory on large inputs",
                                      "its first answer takes 4.00 times as long"};
    const struct cost worse = {200 + 40, 8, 20000, 8000, 180, 4, 1};
    struct weighed w;
    (void)state;
    for (int t = 0; t < OPTIMIZE_TARGETS; t++) {
        assert_int_equal(weigh(&worse, (enum optimize_target)t, false, false, &w), GAIN_REFUSE);
        assert_string_equal(w.why, why[t]);
    }
}

/* However much is gained at the target. */
static void test_nothing_else_gets_worse(void **state)
{
    struct cost slow = usual, big = usual, late = usual, some = usual;
    struct weighed w;
    (void)state;
    slow.peak = 1000, slow.ms = 200;
    assert_int_equal(weigh(&slow, OPTIMIZE_MEMORY, false, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "on large inputs it takes 1.71 times as long");
    slow.start = 1;
    assert_int_equal(weigh(&slow, OPTIMIZE_LATENCY, false, false, &w), GAIN_REFUSE);
    slow.nodes = 10;
    assert_int_equal(weigh(&slow, OPTIMIZE_QUALITY, false, false, &w), GAIN_REFUSE);
    big.ms = 10, big.kb = 40000;
    assert_int_equal(weigh(&big, OPTIMIZE_PERFORMANCE, false, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "it needs 2.00 times the memory");
    late.ms = 10,
    late.start = 8; /* a table made when it is loaded: four times, and nobody sees it */
    assert_int_equal(weigh(&late, OPTIMIZE_PERFORMANCE, false, false, &w), GAIN_KEEP);
    late.start = 50;
    assert_int_equal(weigh(&late, OPTIMIZE_PERFORMANCE, false, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "its first answer comes 48.1 ms later, 25.00 times as late");
    some.peak = 1000, some.ms = 120; /* within what memory may cost */
    assert_int_equal(weigh(&some, OPTIMIZE_MEMORY, false, true, &w), GAIN_REFUSE);
    some.ms = 110;
    assert_int_equal(weigh(&some, OPTIMIZE_MEMORY, false, true, &w), GAIN_KEEP);
}

/* A module that is loaded in the call that needs it takes no longer than one that was loaded
 * before. */
static void test_what_is_done_later_is_no_loss(void **state)
{
    struct cost old = usual, new = usual;
    struct pairs p;
    struct weighed w;
    (void)state;
    old.start = old.load = 42, new.start = 2, new.ms = old.ms + 40;
    measured(&p, &old, &new);
    assert_int_equal(pairs_weigh(&p, OPTIMIZE_LATENCY, false, false, &w), GAIN_KEEP);
    new.ms = old.ms + 80;
    measured(&p, &old, &new);
    assert_int_equal(pairs_weigh(&p, OPTIMIZE_LATENCY, false, false, &w), GAIN_REFUSE);
}

/* Seven pairs that scatter do not decide; with all of them it has to be no loss, however unsure. */
static void test_an_unsure_loss_is_measured_longer(void **state)
{
    struct cost small = usual;
    struct pairs p;
    struct weighed w;
    (void)state;
    small.peak = 1000;
    measured(&p, &usual, &small);
    for (int i = 0; i < 3; i++)
        p.ms[NEW][0][i] *= 2;
    assert_int_equal(pairs_weigh(&p, OPTIMIZE_MEMORY, false, false, &w), GAIN_UNSURE);
    assert_int_equal(pairs_weigh(&p, OPTIMIZE_MEMORY, false, true, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "on large inputs it takes 1.35 times as long");
}

static void test_too_little_is_no_gain(void **state)
{
    struct cost a = usual, b = usual;
    struct pairs p;
    struct weighed w;
    (void)state;
    a.start = 0.4, b.start = 0.2;
    measured(&p, &a, &b);
    assert_int_equal(pairs_weigh(&p, OPTIMIZE_LATENCY, false, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "it answers 0.20 ms sooner: too little to matter");
    a.peak = 60, b.peak = 6;
    measured(&p, &a, &b);
    assert_int_equal(pairs_weigh(&p, OPTIMIZE_MEMORY, false, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "it needs 54 KB less: too little to matter");
    b.nodes = 70;
    measured(&p, &a, &b);
    assert_int_equal(pairs_weigh(&p, OPTIMIZE_QUALITY, false, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why,
                        "1.03× clearer (0.67 → 0.69): that is too little, 1.1× is asked for");
}

static void test_all_takes_a_gain_in_any_and_a_loss_in_none(void **state)
{
    struct cost small = usual, loss;
    struct weighed w;
    (void)state;
    small.peak = 1000;
    assert_int_equal(weigh(&small, OPTIMIZE_PERFORMANCE, true, false, &w), GAIN_KEEP);
    assert_int_equal(w.target, OPTIMIZE_MEMORY);
    assert_non_null(strstr(w.gained, "less memory"));
    loss = small, loss.nodes = 140; /* which a target of its own would not mind */
    assert_int_equal(weigh(&loss, OPTIMIZE_MEMORY, false, false, &w), GAIN_KEEP);
    assert_int_equal(weigh(&loss, OPTIMIZE_MEMORY, true, false, &w), GAIN_REFUSE);
    assert_string_equal(w.why, "it is harder to read: clarity 0.56 instead of 0.67");
    loss = small, loss.kb = 24000;
    assert_int_equal(weigh(&loss, OPTIMIZE_MEMORY, true, false, &w), GAIN_REFUSE);
    loss = small, loss.start = 4;
    assert_int_equal(weigh(&loss, OPTIMIZE_MEMORY, true, false, &w), GAIN_REFUSE);
    assert_int_equal(weigh(&usual, OPTIMIZE_QUALITY, true, true, &w), GAIN_REFUSE);
    assert_non_null(strstr(w.why, "clearer"));
}

static void test_a_program_that_fails_is_named(void **state)
{
    struct json_object *list = NULL;
    static const char text[] = "[{\"kind\":\"pair\",\"failed\":\"new\"}]";
    struct pairs p = {.n = 0};
    const char *failed;
    (void)state;
    assert_int_equal(json_parse(text, strlen(text), NULL, &list, NULL), ERR_OK);
    pairs_read(&p, list, &failed);
    assert_string_equal(failed, "new");
    json_object_put(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_target_asks_for_its_own),
        cmocka_unit_test(test_what_is_worse_at_it_is_told),
        cmocka_unit_test(test_nothing_else_gets_worse),
        cmocka_unit_test(test_what_is_done_later_is_no_loss),
        cmocka_unit_test(test_an_unsure_loss_is_measured_longer),
        cmocka_unit_test(test_too_little_is_no_gain),
        cmocka_unit_test(test_all_takes_a_gain_in_any_and_a_loss_in_none),
        cmocka_unit_test(test_a_program_that_fails_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
