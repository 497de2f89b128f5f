/* Circuit breaker, back-off, and the limits of a minute: pure, with a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/backoff.h"
#include "core/llm/breaker.h"
#include "core/llm/rate.h"

static uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- breaker ---- */

static void it_opens_after_failures_in_a_row(void **state)
{
    struct breaker b;
    (void)state;
    breaker_init(&b, 3, 1000, 4000);
    for (int i = 0; i < 2; i++)
        breaker_fail(&b, 10, breaker_begin(&b, 10));
    breaker_succeed(&b); /* the row begins anew */
    for (int i = 0; i < 2; i++)
        breaker_fail(&b, 20, false);
    assert_true(breaker_allows(&b, 20));
    breaker_fail(&b, 30, false);
    assert_int_equal(breaker_state(&b, 30), BREAKER_OPEN);
    assert_false(breaker_allows(&b, 1029));
    assert_int_equal(breaker_wait(&b, 530), 500);
    assert_string_equal(breaker_state_name(breaker_state(&b, 30)), "open");
}

static void one_probe_finds_out_whether_it_is_well(void **state)
{
    struct breaker b;
    (void)state;
    breaker_init(&b, 1, 1000, 3000);
    breaker_fail(&b, 0, false);
    assert_int_equal(breaker_state(&b, 1000), BREAKER_HALF_OPEN);
    assert_true(breaker_begin(&b, 1000));
    assert_false(breaker_allows(&b, 1000)); /* one */
    breaker_fail(&b, 1100, true);
    assert_int_equal(breaker_wait(&b, 1100), 2000); /* twice as long */
    assert_true(breaker_begin(&b, 3100));
    breaker_fail(&b, 3100, true);
    assert_int_equal(breaker_wait(&b, 3100), 3000); /* and never longer than the most */
    assert_true(breaker_begin(&b, 6100));
    breaker_drop(&b, true); /* cancelled: another may try */
    assert_true(breaker_begin(&b, 6100));
    breaker_succeed(&b);
    assert_int_equal(breaker_state(&b, 6100), BREAKER_CLOSED);
    assert_false(breaker_begin(&b, 6100));
    breaker_fail(&b, 6100, false);
    assert_int_equal(breaker_wait(&b, 6100), 1000); /* as at first */
}

static void a_late_failure_does_not_lengthen_it(void **state)
{
    struct breaker b;
    (void)state;
    breaker_init(&b, 2, 1000, 9000);
    for (int i = 0; i < 8; i++) /* eight were under way when it went down */
        breaker_fail(&b, (uint64_t)i, false);
    assert_int_equal(breaker_wait(&b, 8), 993);
    breaker_hurry(&b, 9);
    assert_int_equal(breaker_state(&b, 9), BREAKER_HALF_OPEN);
    breaker_init(&b, 0, 1000, 9000);
    for (int i = 0; i < 8; i++)
        breaker_fail(&b, 0, false);
    assert_true(breaker_allows(&b, 0)); /* 0: never */
}

/* Whatever happens: it lets through at most one call in each time of being open, and a success
 * always closes it. */
static void any_sequence_keeps_the_promise(void **state)
{
    (void)state;
    for (uint64_t s = 0; s < 1000; s++) {
        uint64_t seed = s, now = 0;
        struct breaker b;
        int probes = 0;
        breaker_init(&b, 1 + (int)(s % 5), 100, 1600);
        for (int i = 0; i < 200; i++) {
            const uint64_t r = next_random(&seed);
            const bool was = breaker_allows(&b, now);
            now += r % 60;
            if (was && !breaker_allows(&b, now))
                fail_msg("seed %llu: time alone closed it", (unsigned long long)s);
            if (!breaker_allows(&b, now))
                continue;
            const bool probe = breaker_begin(&b, now);
            probes += probe;
            if (probe)
                assert_false(breaker_allows(&b, now));
            if (r >> 60 < 10)
                breaker_fail(&b, now, probe);
            else if (r >> 60 < 12)
                breaker_drop(&b, probe);
            else
                breaker_succeed(&b);
            if (r >> 60 >= 12)
                assert_int_equal(breaker_state(&b, now), BREAKER_CLOSED);
            if (r >> 60 < 10 && probe)
                assert_true(breaker_wait(&b, now) >= 100 && breaker_wait(&b, now) <= 1600);
        }
        assert_true(probes > 0);
    }
}

/* ---- back-off ---- */

static void the_window_doubles_and_the_delay_is_anywhere_in_it(void **state)
{
    static const struct backoff b = {.base_ms = 500, .most_ms = 3000, .patience_ms = 60000};
    static const int64_t windows[] = {500, 1000, 2000, 3000, 3000};
    uint64_t seed = 1;
    (void)state;
    for (int failed = 1; failed <= 5; failed++) {
        int64_t least = INT64_MAX, most = 0, sum = 0;
        for (int i = 0; i < 1000; i++) {
            const int64_t ms = backoff_ms(&b, failed, 0, next_random(&seed));
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
            sum += ms;
        }
        assert_true(least >= 0 && most <= windows[failed - 1]);
        assert_true(least < windows[failed - 1] / 50 && most > windows[failed - 1] * 49 / 50);
        assert_true(labs(sum / 1000 - windows[failed - 1] / 2) < windows[failed - 1] / 20);
    }
    assert_true(backoff_ms(&b, 1000000, 0, UINT64_MAX) <= 3000);
}

static void a_server_gets_the_time_that_it_asks_for(void **state)
{
    static const struct backoff b = {.base_ms = 500, .most_ms = 3000, .patience_ms = 60000};
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        const int64_t ms = backoff_ms(&b, 1 + i % 5, 20000, next_random(&seed));
        assert_true(ms >= 20000 && ms <= 22000);
    }
    assert_int_equal(backoff_ms(&b, 1, 60001, 0), -1);
    assert_int_equal(backoff_ms(&b, 1, 60000, 0), 60000);
}

/* ---- the limits of a minute ---- */

enum { CALLS = 400 };

struct logged {
    uint64_t at[CALLS];
    int64_t tokens[CALLS];
    int n;
};

/* No window, wherever it begins, holds more than it may; one large call alone is let through. */
static void check_windows(const struct logged *l, int64_t requests, int64_t tokens, uint64_t seed)
{
    for (int i = 0; i < l->n; i++) {
        int64_t sum = 0, n = 0;
        for (int k = i; k < l->n && l->at[k] < l->at[i] + 60000; k++) {
            sum += l->tokens[k];
            n++;
        }
        if ((requests && n > requests) || (tokens && n > 1 && sum > tokens))
            fail_msg("seed %llu: %lld calls, %lld tokens in a minute", (unsigned long long)seed,
                     (long long)n, (long long)sum);
    }
}

static void no_minute_holds_more_than_it_may(void **state)
{
    (void)state;
    for (uint64_t s = 0; s < 1000; s++) {
        uint64_t seed = s, now = 1;
        const int64_t requests = s % 3 ? (int64_t)(s % 17) + 1 : 0;
        const int64_t tokens = s % 5 ? (int64_t)(s % 7 + 1) * 500 : 0;
        struct logged l = {.n = 0};
        struct rate r;
        rate_init(&r, requests, tokens, 60000);
        while (l.n < 60) {
            const uint64_t random = next_random(&seed);
            const int64_t want = 1 + (int64_t)(random % 900);
            const uint64_t wait = rate_wait(&r, now, want);
            uint64_t number;
            if (wait > 0) { /* not a moment sooner, and then at once */
                assert_true(wait <= 60000 && rate_wait(&r, now + wait - 1, want) > 0);
                now += wait;
                assert_int_equal(rate_wait(&r, now, want), 0);
            }
            assert_int_equal(rate_take(&r, now, want, &number), ERR_OK);
            l.at[l.n] = now;
            l.tokens[l.n++] = want;
            now += random >> 40 & 1023;
        }
        check_windows(&l, requests, tokens, s);
        rate_fini(&r);
    }
}

static void what_was_not_used_is_free_again(void **state)
{
    struct rate r;
    uint64_t number, other;
    int64_t requests, tokens;
    (void)state;
    rate_init(&r, 0, 1000, 60000);
    assert_int_equal(rate_take(&r, 0, 900, &number), ERR_OK);
    assert_int_equal(rate_wait(&r, 10, 200), 59990);
    rate_settle(&r, number, 100);
    assert_int_equal(rate_wait(&r, 10, 200), 0);
    assert_int_equal(rate_take(&r, 10, 5000, &other), ERR_OK);
    rate_used(&r, 20, &requests, &tokens);
    assert_int_equal(requests, 2);
    assert_int_equal(tokens, 5100);
    assert_int_equal(rate_wait(&r, 59999, 1), 11); /* until the large one has gone as well */
    rate_settle(&r, number, 1);                    /* still there */
    rate_used(&r, 60001, &requests, &tokens);
    assert_int_equal(requests, 1);
    rate_settle(&r, number, 7); /* long gone: nothing */
    rate_used(&r, 60001, &requests, &tokens);
    assert_int_equal(tokens, 5000);
    assert_int_equal(rate_wait(&r, 70010, 99999), 0); /* larger than all of it: alone */
    rate_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_after_failures_in_a_row),
        cmocka_unit_test(one_probe_finds_out_whether_it_is_well),
        cmocka_unit_test(a_late_failure_does_not_lengthen_it),
        cmocka_unit_test(any_sequence_keeps_the_promise),
        cmocka_unit_test(the_window_doubles_and_the_delay_is_anywhere_in_it),
        cmocka_unit_test(a_server_gets_the_time_that_it_asks_for),
        cmocka_unit_test(no_minute_holds_more_than_it_may),
        cmocka_unit_test(what_was_not_used_is_free_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
