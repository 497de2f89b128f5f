#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/day_time.h"

/* Milliseconds of a UTC time of 2026. */
static int64_t utc(int month, int day, int hour, int minute)
{
    struct tm tm = {
        .tm_year = 126, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute};
    return (int64_t)timegm(&tm) * 1000;
}

static int64_t next(const char *text, int64_t now)
{
    int64_t at = -1;
    return day_time_next(text, now, &at) ? -1 : at;
}

static void the_clock_on_the_wall_decides(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    assert_int_equal(next("23:30", utc(1, 10, 12, 0)), utc(1, 10, 22, 30));
    assert_int_equal(next("02:00", utc(1, 10, 12, 0)), utc(1, 11, 1, 0));
    assert_int_equal(next("13:00", utc(1, 10, 12, 0)), utc(1, 11, 12, 0)); /* it is 13:00 now */
    /* 29 March: 02:00 → 03:00; 02:30 does not come, the change itself does */
    assert_int_equal(next("02:30", utc(3, 28, 22, 0)), utc(3, 29, 1, 0));
    assert_int_equal(next("03:30", utc(3, 28, 22, 0)), utc(3, 29, 1, 30));
    /* 25 October: 03:00 → 02:00; 02:30 comes twice */
    assert_int_equal(next("02:30", utc(10, 24, 22, 0)), utc(10, 25, 0, 30));
    assert_int_equal(next("02:30", utc(10, 25, 0, 45)), utc(10, 25, 1, 30));
    assert_int_equal(next("04:00", utc(10, 24, 22, 0)), utc(10, 25, 3, 0));
}

static void other_words_are_no_time(void **state)
{
    static const char *const words[] = {"", "7", "24:00", "12:60", "12:3", "12:345", "x", "-1:00"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(next(words[i], 0), -1);
    assert_true(next("7:05", 0) > 0);
}

static int64_t since(const char *text, int64_t now)
{
    int64_t at = -1;
    return day_time_since(text, now, &at) ? at : -1;
}

static void a_span_or_a_day_is_a_moment(void **state)
{
    static const char *const wrong[] = {"",
                                        "d",
                                        "0d",
                                        "-1d",
                                        "7x",
                                        "7dd",
                                        "7 d",
                                        "2026-13-01",
                                        "2026-02-30",
                                        "1969-12-31",
                                        "100001",
                                        "2026-11-02T24:00",
                                        "99999999999999999999d"};
    const int64_t now = utc(3, 30, 12, 0);
    (void)state;
    assert_int_equal(since("90m", now), utc(3, 30, 10, 30));
    assert_int_equal(since("12h", now), utc(3, 30, 0, 0));
    assert_int_equal(since("7d", now), utc(3, 23, 12, 0));
    assert_int_equal(since("7", now), utc(3, 23, 12, 0));
    assert_int_equal(since("2w", now), utc(3, 16, 12, 0));
    assert_int_equal(since("1y", 5), 1); /* never before the first moment */
    assert_int_equal(since("2026-03-01", now), utc(2, 28, 23, 0)); /* midnight in Berlin */
    assert_int_equal(since("2026-03-01T07:30", now), utc(3, 1, 6, 30));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(since(wrong[i], now), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_clock_on_the_wall_decides),
                                       cmocka_unit_test(other_words_are_no_time),
                                       cmocka_unit_test(a_span_or_a_day_is_a_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
