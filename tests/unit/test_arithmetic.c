/* Calculations in words: what is read, what is refused, and what the programs compute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/words/arithmetic.h"

/* The line that the program answers with, by the Python of this machine. */
static void compute(const char *program, char *out, size_t size)
{
    char path[] = "/tmp/dise-arithmetic-XXXXXX", command[200];
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w"), *result;
    size_t n;
    assert_non_null(f);
    fprintf(f, "%s\n\nr = answer()\nprint(r.get('text') or 'error: ' + r['error'])\n", program);
    fclose(f);
    snprintf(command, sizeof command, "PYTHONIOENCODING=utf-8 python3 -I -X utf8 %s", path);
    result = popen(command, "r");
    n = fread(out, 1, size - 1, result);
    out[n] = 0;
    out[strcspn(out, "\n")] = 0;
    assert_int_equal(pclose(result), 0);
    remove(path);
}

static void test_results_are_exact(void **state)
{
    static const char *const cases[][2] = {
        {"what is 17 percent of 240", "17% * 240 = 40.8"},
        {"12.5 * 3 + 2^10", "12.5 * 3 + 2^10 = 1061.5"},
        {"2 plus 3", "2 + 3 = 5"},
        {"add 3 and 4", "3 + 4 = 7"},
        {"add 3 to 4", "3 + 4 = 7"},
        {"factorial of 20", "20! = 2432902008176640000"},
        {"gcd of 84 and 36", "gcd(84, 36) = 12"},
        {"gcd(100,250)", "gcd(100, 250) = 50"},
        {"lcm of 4, 6 and 10", "lcm(4, 6, 10) = 60"},
        {"convert 3/8 to decimal", "3/8 = 0.375"},
        {"sqrt of 2 to 10 digits", "sqrt(2) ≈ 1.414213562"},
        {"sqrt of 2 to 30 digits", "sqrt(2) ≈ 1.41421356237309504880168872421"},
        {"pi to 20 digits", "pi ≈ 3.1415926535897932385"},
        {"(1/3 + 1/6)", "1/3 + 1/6 = 1/2 = 0.5"},
        {"1/3", "1/3 ≈ 0.333333333333333"},
        {"sum of the first 100 integers", "100 * (100 + 1) / 2 = 5050"},
        {"sum of the numbers from 1 to 10", "(1 + 10) * (10 - 1 + 1) / 2 = 55"},
        {"0.1 + 0.2", "0.1 + 0.2 = 0.3"},
        {"What is the sum of 3 and 4?", "3 + 4 = 7"},
        {"What's 15% tip on 84.50?", "15% * 84.50 = 12.675"},
        {"what percent of 80 is 20", "20/80 = 25%"},
        {"20 is what percent of 80", "20/80 = 25%"},
        {"10 choose 3", "choose(10, 3) = 120"},
        {"2**100", "2^100 = 1267650600228229401496703205376"},
        {"17 % 5", "17 mod 5 = 2"},
        {"remainder when 17 is divided by 5", "17 mod 5 = 2"},
        {"convert 255 to hex", "255 = 0xff"},
        {"0.75 as a fraction", "0.75 = 3/4"},
        {"average of 1, 2, 3 and 4", "(1 + 2 + 3 + 4) / 4 = 2.5"},
        {"twenty one times three", "21 * 3 = 63"},
        {"half of 7", "7/2 = 3.5"},
        {"two thirds of 90", "2/3 * 90 = 60"},
        {"3/4 of 200", "3/4 * 200 = 150"},
        {"increase 200 by 10%", "200 * (1 + 10%) = 220"},
        {"20% off 80", "80 * (1 - 20%) = 64"},
        {"1,234,567 + 1", "1234567 + 1 = 1234568"},
        {"subtract 3 from 10", "10 - 3 = 7"},
        {"8 - 3 - 2", "8 - 3 - 2 = 3"},
        {"8 - (3 - 2)", "8 - (3 - 2) = 7"},
        {"2^3^2", "2^3^2 = 512"},
        {"-2^2", "-2^2 = -4"},
        {"-7 mod 3", "-7 mod 3 = 2"},
        {"2 to the 10th power", "2^10 = 1024"},
        {"square root of 144", "sqrt(144) = 12"},
        {"cube root of 27", "cbrt(27) = 3"},
        {"4th root of 16", "root(16, 4) = 2"},
        {"log base 2 of 1024", "log(1024, 2) = 10"},
        {"sin(30 degrees)", "sin(30 * (pi / 180)) ≈ 0.5"},
        {"2 × 3 − 1", "2 * 3 - 1 = 5"},
        {"√16", "sqrt(16) = 4"},
        {"2^100000 mod 7", "2^100000 mod 7 = 2"}, /* large only on the way */
        {"1^99999999999", "1^99999999999 = 1"},
        {"1/0", "error: it divides by zero"},
        {"sqrt(-1)", "error: the root of a negative number is not real"},
        {"factorial of 3.5", "error: only whole numbers from 0 on have a factorial"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arithmetic a;
        char got[600];
        arithmetic_init(&a);
        arithmetic_read(cases[i][0], &a);
        if (a.verdict != ARITHMETIC_OK || !a.operations)
            fail_msg("\"%s\" is not read", cases[i][0]);
        compute(a.program.data, got, sizeof got);
        assert_string_equal(got, cases[i][1]);
        arithmetic_fini(&a);
    }
}

static void test_what_would_not_end_is_refused(void **state)
{
    static const char *const list[] = {"10^10^10",
                                       "2^100000",
                                       "99999!",
                                       "9^9^9^9^9",
                                       "1e99999999",
                                       "exp(99999)",
                                       "100000000 choose 50000000",
                                       "10^10^10 - 10^10^10",
                                       "2^1000000 mod 7",
                                       "(1/3)^1000000"};
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct arithmetic a;
        arithmetic_init(&a);
        arithmetic_read(list[i], &a);
        if (a.verdict != ARITHMETIC_REFUSED)
            fail_msg("%s: %d", list[i], a.verdict);
        assert_non_null(strstr(a.why, "digits"));
        arithmetic_fini(&a);
    }
}

static void test_other_sentences_are_none(void **state)
{
    static const char *const list[] = {"",
                                       " ",
                                       "?",
                                       "write a function that adds two numbers",
                                       "add two numbers",
                                       "sum of two numbers",
                                       "add 5 to every element",
                                       "2026-11-25",
                                       "25/11/2026",
                                       "555-123-4567",
                                       "1.2.3",
                                       "what is the capital of France?",
                                       "1 km in miles",
                                       "3 apples",
                                       "sort 3 1 2",
                                       "calculate the factorial of a number",
                                       "(1 + 2",
                                       "1 + ",
                                       "1 2 3",
                                       "x + 1",
                                       "f(3) == 9",
                                       "add(2, 3) == 5",
                                       "10^10^10 elements in a list"};
    char deep[400];
    struct arithmetic a;
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        arithmetic_init(&a);
        arithmetic_read(list[i], &a);
        if (a.verdict != ARITHMETIC_NO)
            fail_msg("\"%s\" was read as %s", list[i], a.expression.data);
        arithmetic_fini(&a);
    }
    memset(deep, '(', sizeof deep - 1); /* deeper than is read */
    memcpy(deep + 200, "1)))", 4);
    deep[sizeof deep - 1] = 0;
    arithmetic_init(&a);
    arithmetic_read(deep, &a);
    assert_int_equal(a.verdict, ARITHMETIC_NO);
    arithmetic_fini(&a);
}

static void test_a_number_alone_is_no_operation(void **state)
{
    struct arithmetic a;
    (void)state;
    arithmetic_init(&a);
    arithmetic_read("-5", &a);
    assert_int_equal(a.verdict, ARITHMETIC_OK);
    assert_int_equal(a.operations, 0);
    arithmetic_fini(&a);
}

static void test_an_expression_has_no_numbers_of_its_own(void **state)
{
    const char *text = "3 boxes of twelve eggs cost 1,200 cents and 50% is saved";
    (void)state;
    assert_true(arithmetic_same_numbers(text, "3 * 12"));
    assert_true(arithmetic_same_numbers(text, "1200 * 50%"));
    assert_false(arithmetic_same_numbers(text, "36"));
    assert_false(arithmetic_same_numbers(text, "3 * 12 + 1"));
    assert_int_equal(arithmetic_count_numbers(text), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_are_exact),
        cmocka_unit_test(test_what_would_not_end_is_refused),
        cmocka_unit_test(test_other_sentences_are_none),
        cmocka_unit_test(test_a_number_alone_is_no_operation),
        cmocka_unit_test(test_an_expression_has_no_numbers_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
