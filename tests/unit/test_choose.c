/* Which attempt is chosen, and when it may be accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/pipeline/choose.h"

#define SOUND(w, p, b)                                                                             \
    {                                                                                              \
        .sound = true, .weight = (w), .tested = true, .passed = (p), .behaviour = (b)              \
    }

static void nothing_is_chosen_of_nothing(void **state)
{
    struct choice c;
    (void)state;
    choose(NULL, 0, 0, 2, 0, 0, &c);
    assert_int_equal(c.best, 0);
    assert_false(c.enough);
}

static void examples_of_the_task_settle_it(void **state)
{
    const struct attempt list[] = {{.rank = 9}, {.sound = true, .rank = 5, .weight = 1}};
    struct choice c;
    (void)state;
    choose(list, 2, 2, 2, 0, 0, &c);
    assert_int_equal(c.best, 1);
    assert_true(c.enough);
    choose(list, 2, 1, 2, 0, 0, &c);
    assert_int_equal(c.best, 1);
    assert_false(c.enough);
    choose(list, 1, 2, 2, 0, 0, &c); /* not sound: however many examples there are */
    assert_int_equal(c.best, 0);
    assert_false(c.enough);
}

static void a_lone_attempt_must_pass_all_tests(void **state)
{
    struct attempt a = SOUND(1, 0x0f, 1);
    struct choice c;
    (void)state;
    choose(&a, 1, 0, 2, 4, 0, &c);
    assert_true(c.enough);
    assert_string_equal(c.why, "4 of 4 generated tests");
    a.passed = 0x07;
    choose(&a, 1, 0, 2, 4, 0, &c);
    assert_false(c.enough);
    assert_true(c.agreed); /* more than half of them: to be taken when nobody else is left */
    a.passed = 0x03;
    choose(&a, 1, 0, 2, 2, 0, &c); /* two tests are too few */
    assert_false(c.enough);
}

static void answer_probes(struct attempt *a, const uint32_t answers[4])
{
    a->probes = answers;
    a->probe_count = 4;
}

static void of_those_alike_in_the_tests_it_is_the_one_most_like_all(void **state)
{
    static const uint32_t odd[] = {1, 2, 9, 9}, usual[] = {1, 2, 3, 4}, near[] = {1, 2, 3, 9};
    struct attempt list[] = {SOUND(1, 0x03, 1), SOUND(1, 0x03, 1), SOUND(1, 0x03, 1),
                             SOUND(2, 0x01, 2)};
    const uint32_t *const probes[] = {odd, near, usual, usual};
    struct choice c;
    (void)state;
    for (int i = 0; i < 4; i++)
        answer_probes(&list[i], probes[i]);
    choose(list, 4, 0, 2, 3, 0, &c);
    assert_int_equal(c.best, 2); /* the last one's group is behind; its opinion counts */
    list[3].probes = odd;
    choose(list, 4, 0, 2, 3, 0, &c);
    assert_int_equal(c.best, 0);
}

static void those_who_differ_where_no_test_looks_do_not_agree(void **state)
{
    static const uint32_t right[] = {1, 2, 3, 4}, stops[] = {1, 2, 8, 8}, jumps[] = {1, 9, 9, 9};
    struct attempt list[] = {SOUND(1, 0x0f, 1), SOUND(1, 0x0f, 1), SOUND(1, 0x0f, 1),
                             SOUND(1, 0x03, 2)};
    const uint32_t *const probes[] = {right, stops, jumps, jumps};
    struct choice c;
    (void)state;
    for (int i = 0; i < 4; i++)
        answer_probes(&list[i], probes[i]);
    choose(list, 4, 0, 2, 4, 0, &c);
    assert_int_equal(c.same, 1);
    assert_false(c.enough);
    list[0].probes = list[1].probes = list[2].probes = right;
    choose(list, 4, 0, 2, 4, 0, &c);
    assert_int_equal(c.same, 3);
    assert_true(c.enough);
}

static void one_against_another_is_not_enough_with_all_tests_passed(void **state)
{
    const struct attempt list[] = {SOUND(1, 0x0f, 1), SOUND(1, 0x03, 2), SOUND(1, 0x0f, 1)};
    struct choice c;
    (void)state;
    choose(list, 2, 0, 2, 4, 0, &c);
    assert_int_equal(c.best, 0);
    assert_false(c.enough);
    assert_false(c.agreed);
    choose(list, 2, 1, 2, 4, 0, &c); /* an example is worth more than the other's opinion */
    assert_false(c.enough);
    assert_true(c.agreed);
    choose(list, 3, 0, 2, 4, 0, &c);
    assert_true(c.enough);
}

static void one_that_bears_the_edges_is_better(void **state)
{
    static const uint32_t weak[] = {9, 2, 3, 4}, usual[] = {1, 2, 3, 4};
    struct attempt list[] = {SOUND(1, 0x03, 1), SOUND(1, 0x03, 1), SOUND(1, 0x03, 1)};
    struct choice c;
    (void)state;
    for (int i = 0; i < 3; i++) {
        answer_probes(&list[i], i == 2 ? usual : weak);
        list[i].broke = i < 2;
    }
    choose(list, 3, 0, 2, 3, 0, &c);
    assert_int_equal(c.best, 2);
    list[2].broke = 1; /* all of them: then it is the task's */
    choose(list, 3, 0, 2, 3, 0, &c);
    assert_int_equal(c.best, 0);
}

static void few_examples_settle_nothing_while_the_answers_differ(void **state)
{
    static const uint32_t one[] = {1, 2, 3, 4}, other[] = {1, 7, 8, 9}, edge[] = {5, 2, 3, 4};
    struct attempt list[] = {{.sound = true, .weight = 2, .probes = one, .probe_count = 4},
                             {.sound = true, .weight = 2, .probes = other, .probe_count = 4},
                             {.sound = true, .weight = 2, .probes = other, .probe_count = 4}};
    struct choice c;
    (void)state;
    choose(list, 2, 2, 2, 0, 0, &c);
    assert_false(c.enough);
    assert_true(c.agreed); /* to be taken when nobody else is left */
    choose(list, 3, 2, 2, 0, 0, &c);
    assert_int_equal(c.best, 1);
    assert_true(c.enough);
    list[1].probes = edge;
    list[0].broke = 1; /* there it says nothing */
    choose(list, 2, 2, 2, 0, 0, &c);
    assert_int_equal(c.best, 1);
    assert_true(c.enough);
}

static void those_who_agree_outweigh_one_who_passes_a_test_more(void **state)
{
    const struct attempt list[] = {SOUND(1, 0x07, 1), SOUND(1, 0x03, 2), SOUND(1, 0x03, 2),
                                   SOUND(1, 0x03, 2)};
    struct choice c;
    (void)state;
    choose(list, 4, 0, 2, 4, 0, &c);
    assert_int_equal(c.best, 1);
    assert_int_equal(c.same, 3);
    assert_int_equal(c.sound, 4);
    assert_true(c.enough);
    choose(list, 2, 0, 2, 4, 0, &c); /* one against one: the tests decide */
    assert_int_equal(c.best, 0);
    assert_false(c.enough);
}

static void a_test_that_most_attempts_fail_is_set_aside(void **state)
{
    /* test 3 is wrong: only the odd one out passes it */
    const struct attempt list[] = {SOUND(1, 0x07, 1), SOUND(1, 0x07, 1), SOUND(1, 0x07, 1),
                                   SOUND(1, 0x08, 2)};
    struct choice c;
    (void)state;
    choose(list, 4, 0, 2, 4, 0, &c);
    assert_int_equal(c.set_aside, 0x08);
    assert_int_equal(c.tests, 3);
    assert_int_equal(c.passed, 3);
    assert_true(c.enough);
    choose(list + 2, 2, 0, 2, 4, 0, &c); /* two are no jury */
    assert_int_equal(c.set_aside, 0);
}

static void two_models_that_agree_are_enough(void **state)
{
    const struct attempt same[] = {SOUND(1, 0x03, 1), SOUND(1, 0x01, 3), SOUND(2, 0x03, 1)};
    const struct attempt one[] = {SOUND(1, 0x03, 1), SOUND(1, 0x03, 1)};
    struct choice c;
    (void)state;
    choose(same, 3, 0, 2, 4, 0, &c);
    assert_true(c.enough);
    assert_int_equal(c.same, 2);
    choose(one, 2, 0, 2, 4, 0, &c); /* two answers of one model are not */
    assert_false(c.enough);
    assert_true(c.agreed);
}

static void the_stronger_model_is_believed_where_nothing_else_tells(void **state)
{
    const struct attempt list[] = {{.sound = true, .rank = 5, .weight = 1, .score = 1},
                                   {.sound = true, .rank = 5, .weight = 2, .score = 0.9}};
    struct choice c;
    (void)state;
    choose(list, 2, 0, 0, 0, 0, &c);
    assert_int_equal(c.best, 1);
    assert_true(c.enough);
}

static void a_property_that_decides_all_counts_like_a_test(void **state)
{
    struct attempt a = SOUND(1, 0x0f, 1);
    struct choice c;
    (void)state;
    choose(&a, 1, 0, 2, 1, 3, &c);
    assert_true(c.enough);
    assert_string_equal(c.why, "1 of 1 generated tests, 3 of 3 properties");
    choose(&a, 1, 0, 0, 0, 3, &c); /* no tests can be had */
    assert_true(c.enough);
    assert_string_equal(c.why, "3 of 3 properties");
}

static void what_only_counts_against_an_attempt(void **state)
{
    struct attempt list[] = {{.sound = true, .weight = 2, .refuted = 1},
                             {.sound = true, .weight = 1}};
    struct choice c;
    (void)state;
    choose(list, 2, 0, 0, 0, 0, &c);
    assert_int_equal(c.best, 1); /* although its model counts less */
    assert_true(c.enough);
    choose(list, 1, 0, 0, 0, 0, &c); /* the only one: not enough, and nothing speaks for it */
    assert_false(c.enough);
    assert_false(c.agreed);
}

static void one_that_tests_speak_for_and_a_property_against_is_kept_for_the_end(void **state)
{
    struct attempt a = SOUND(1, 0x0f, 1);
    struct choice c;
    (void)state;
    a.refuted = 4;
    choose(&a, 1, 0, 2, 4, 0, &c);
    assert_false(c.enough);
    assert_true(c.agreed);
}

static void a_property_that_most_break_is_set_aside(void **state)
{
    struct attempt list[] = {{.sound = true, .weight = 1, .refuted = 2},
                             {.sound = true, .weight = 1, .refuted = 2},
                             {.sound = true, .weight = 1, .refuted = 3}};
    struct choice c;
    (void)state;
    choose(list, 3, 0, 0, 0, 0, &c);
    assert_int_equal(c.void_refuted, 2);
    assert_int_equal(c.best, 0);
    assert_true(c.enough);
    choose(list, 2, 0, 0, 0, 0, &c); /* two are no jury */
    assert_int_equal(c.void_refuted, 0);
    assert_false(c.enough);
}

static void a_tiny_models_word_alone_is_not_enough(void **state)
{
    static const uint32_t one[] = {1, 2, 3}, other[] = {1, 5, 6};
    struct attempt list[] = {
        {.sound = true, .weight = 1, .tiny = true},
        {.sound = true, .weight = 1, .tiny = true, .probes = one, .probe_count = 3}};
    struct choice c;
    (void)state;
    choose(list, 1, 4, 2, 0, 0, &c);
    assert_true(c.lone && !c.enough && c.agreed);
    assert_non_null(strstr(c.why, "no second answer that does the same"));
    list[0].probes = one;
    list[0].probe_count = 3;
    choose(list, 2, 4, 2, 0, 0, &c);
    assert_true(!c.lone && c.enough);
    assert_non_null(strstr(c.why, "2 of 2 candidates agree"));
    list[1].probes = other;
    choose(list, 2, 4, 2, 0, 0, &c);
    assert_true(c.lone && !c.enough);
    list[1].tiny = false; /* and the stronger one is believed */
    list[1].weight = 2;
    choose(list, 2, 4, 2, 0, 0, &c);
    assert_int_equal(c.best, 1);
    assert_true(!c.lone && c.enough);
}

/* What the bench had taken and a stronger model knew better: the task's examples hide the
 * difference, or the tests that speak against all of them were set aside. */
static void a_tiny_models_answers_must_leave_no_doubt(void **state)
{
    static const uint32_t one[20] = {1}, other[20] = {2};
    struct attempt list[] = {
        {.sound = true, .weight = 1, .tiny = true, .probes = one, .probe_count = 20},
        {.sound = true, .weight = 1, .tiny = true, .probes = one, .probe_count = 20},
        {.sound = true, .weight = 1, .tiny = true, .probes = other, .probe_count = 20},
        {.sound = true, .weight = 2, .probes = other, .probe_count = 20}};
    struct choice c;
    (void)state;
    choose(list, 2, 2, 2, 0, 0, &c);
    assert_true(!c.lone && c.enough);
    choose(list, 3, 2, 2, 0, 0, &c);
    assert_true(c.lone && !c.enough);
    assert_non_null(strstr(c.why, "3 of 3 candidates agree, not enough for a model this small"));
    list[2].broke = 1; /* where one breaks down they are not compared */
    choose(list, 3, 2, 2, 0, 0, &c);
    assert_true(!c.lone && c.enough);
    list[2].broke = 0;
    choose(list, 4, 2, 2, 0, 0, &c); /* a larger model's does the same as the third */
    assert_true(!c.lone && c.enough);

    for (int i = 0; i < 4; i++) {
        list[i].tested = true;
        list[i].passed = 7;
    }
    choose(list, 3, 1, 2, 3, 0, &c);
    assert_true(!c.lone && c.enough);
    choose(list, 3, 1, 2, 5, 0, &c); /* two tests that all of them fail */
    assert_int_equal(c.set_aside, 0x18);
    assert_true(c.lone && !c.enough);
    choose(list, 4, 1, 2, 5, 0, &c);
    assert_true(!c.lone && c.enough);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_chosen_of_nothing),
        cmocka_unit_test(examples_of_the_task_settle_it),
        cmocka_unit_test(a_lone_attempt_must_pass_all_tests),
        cmocka_unit_test(of_those_alike_in_the_tests_it_is_the_one_most_like_all),
        cmocka_unit_test(those_who_differ_where_no_test_looks_do_not_agree),
        cmocka_unit_test(one_against_another_is_not_enough_with_all_tests_passed),
        cmocka_unit_test(one_that_bears_the_edges_is_better),
        cmocka_unit_test(few_examples_settle_nothing_while_the_answers_differ),
        cmocka_unit_test(those_who_agree_outweigh_one_who_passes_a_test_more),
        cmocka_unit_test(a_test_that_most_attempts_fail_is_set_aside),
        cmocka_unit_test(two_models_that_agree_are_enough),
        cmocka_unit_test(the_stronger_model_is_believed_where_nothing_else_tells),
        cmocka_unit_test(a_property_that_decides_all_counts_like_a_test),
        cmocka_unit_test(what_only_counts_against_an_attempt),
        cmocka_unit_test(one_that_tests_speak_for_and_a_property_against_is_kept_for_the_end),
        cmocka_unit_test(a_property_that_most_break_is_set_aside),
        cmocka_unit_test(a_tiny_models_word_alone_is_not_enough),
        cmocka_unit_test(a_tiny_models_answers_must_leave_no_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
