/* One look of figures for panes and command line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/figure.h"

static void counts(void **state)
{
    static const struct {
        int64_t n;
        const char *text;
    } cases[] = {{-5, "0"},       {0, "0"},          {940, "940"},           {999, "999"},
                 {1000, "1k"},    {1234, "1.2k"},    {9949, "9.9k"},         {9960, "10k"},
                 {12400, "12k"},  {999499, "999k"},  {999600, "1M"},         {2000000, "2M"},
                 {1950000, "2M"}, {1500000, "1.5M"}, {INT64_MAX, "9223372T"}};
    char out[FIGURE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(figure_count(out, cases[i].n), cases[i].text);
}

static void times(void **state)
{
    static const struct {
        double seconds;
        bool whole;
        const char *text;
    } cases[] = {{-1, false, "0.0 s"},    {0, false, "0.0 s"},     {4.24, false, "4.2 s"},
                 {4.9, true, "4 s"},      {9.96, false, "10 s"},   {42, false, "42 s"},
                 {59.6, false, "1:00"},   {185, false, "3:05"},    {3160.4, false, "52:40"},
                 {3599.9, false, "1h00"}, {3599.9, true, "59:59"}, {7500, false, "2h05"},
                 {172799, true, "47h59"}, {172800, true, "2d00h"}, {273600, true, "3d04h"}};
    char out[FIGURE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(figure_time(out, cases[i].seconds, cases[i].whole), cases[i].text);
    assert_string_equal(figure_time(out, (double)NAN, true), "0 s");
    assert_true(strlen(figure_time(out, (double)INFINITY, true)) < FIGURE_SIZE - 1);
    assert_string_equal(figure_ms(out, 0), "0 ms");
    assert_string_equal(figure_ms(out, 0.2), "< 1 ms");
    assert_string_equal(figure_ms(out, 310.4), "310 ms");
    assert_string_equal(figure_ms(out, 999.4), "999 ms");
    assert_string_equal(figure_ms(out, 999.6), "1.0 s");
    assert_string_equal(figure_ms(out, 185000), "3:05");
}

static void money_and_plurals(void **state)
{
    char out[FIGURE_SIZE];
    (void)state;
    assert_string_equal(figure_money(out, 0), "$0.00");
    assert_string_equal(figure_money(out, 0.0012), "$0.0012");
    assert_string_equal(figure_money(out, 0.00999), "$0.01");
    assert_string_equal(figure_money(out, 2.5), "$2.50");
    assert_string_equal(figure_money(out, -1), "$0.00");
    assert_string_equal(figure_s(1), "");
    assert_string_equal(figure_s(0), "s");
    assert_string_equal(figure_s(2), "s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(times),
        cmocka_unit_test(money_and_plurals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
