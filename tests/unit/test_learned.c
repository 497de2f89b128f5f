#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/learn/call_limit.h"
#include "core/learn/odds.h"

static sqlite3 *db;

static int open_db(void **state)
{
    (void)state;
    if (sqlite3_open(":memory:", &db))
        return -1;
    return store_migrate(db, NULL) ? -1 : 0;
}

static int close_db(void **state)
{
    (void)state;
    return sqlite3_close(db) ? -1 : 0;
}

/* ---- odds ---- */

static void the_upper_bound_is_wilsons(void **state)
{
    (void)state;
    assert_float_equal(odds_upper(0, 0), 1, 1e-12);
    assert_float_equal(odds_upper(0, 20), 0.119, 5e-4);
    assert_float_equal(odds_upper(0, 34), 0.0737, 5e-5);
    assert_float_equal(odds_upper(0, 52), 0.0495, 5e-5);
    assert_float_equal(odds_upper(1, 60), 0.0713, 5e-5);
    assert_float_equal(odds_upper(5, 10), 0.7307, 5e-5);
    assert_float_equal(odds_upper(10, 10), 1, 1e-9);
}

static void few_observations_leave_nothing_out(void **state)
{
    (void)state;
    assert_false(odds_hopeless(&(struct stage_record){.tried = 19}, 0.5));
    assert_true(odds_hopeless(&(struct stage_record){.tried = 20}, 0.12));
    assert_false(odds_hopeless(&(struct stage_record){.tried = 20}, 0.11));
    assert_false(odds_hopeless(&(struct stage_record){.tried = 51}, 0.05));
    assert_true(odds_hopeless(&(struct stage_record){.tried = 52}, 0.05));
    assert_false(odds_hopeless(&(struct stage_record){.tried = 60, .solved = 1}, 0.05));
    assert_true(odds_hopeless(&(struct stage_record){.tried = 100, .solved = 1}, 0.05));
    assert_false(odds_hopeless(&(struct stage_record){.tried = 100}, 0));
}

/* What is left out of a ladder: "-" a stage without a model, "." a good one, "h" a hopeless one,
 * "1"…"9" a hopeless one that was left out so often; upper case in the result: left out. */
static void decided(const char *ladder, const char *expected)
{
    struct stage_record records[16] = {{0}};
    bool available[16] = {0}, out[16] = {0};
    char seen[17] = "";
    size_t n = strlen(ladder);
    for (size_t i = 0; i < n; i++) {
        available[i] = ladder[i] != '-';
        records[i].tried = ladder[i] == '.' ? 100 : 60;
        records[i].solved = ladder[i] == '.' ? 30 : 0;
        records[i].skipped = ladder[i] >= '1' && ladder[i] <= '9' ? ladder[i] - '0' : 0;
    }
    odds_decide(records, available, n, 0.05, out);
    for (size_t i = 0; i < n; i++)
        seen[i] = out[i] ? 'x' : ladder[i];
    assert_string_equal(seen, expected);
}

static void hopeless_stages_are_left_out_while_a_later_one_remains(void **state)
{
    (void)state;
    decided("...", "...");
    decided("h.", "x.");
    decided(".h", ".h");
    decided("hhh", "xxh");
    decided("h-", "h-");
    decided("hh-", "xh-");
    decided("h.h", "x.h");
    decided("-h.", "-x.");
    decided("8.", "x.");
    decided("9.", "9."); /* its turn has come */
    decided("h9", "x9");
    decided("h9h", "x9h");
    decided("", "");
}

/* ---- times ---- */

static void the_limit_is_the_95th_percentile_and_a_fifth(void **state)
{
    int64_t ms[100];
    (void)state;
    for (int i = 0; i < 50; i++)
        ms[i] = 20000 + (int64_t)((i * 37) % 50) * 1000; /* 20 s to 69 s, in no order */
    assert_int_equal(call_limit(ms, 50, 0, 300000), 67000 * 6 / 5);
    assert_int_equal(call_limit(ms, 50, 0, 60000), 60000);
    for (int i = 0; i < 20; i++)
        ms[i] = 500 * (i + 1);
    assert_int_equal(call_limit(ms, 20, 0, 300000), 30000);
    assert_int_equal(call_limit(ms, 20, 1.5, 300000), 60000);
    assert_int_equal(call_limit(ms, 20, 0, 2000), 2000);
    for (int i = 0; i < 20; i++)
        ms[i] = 100001;
    assert_int_equal(call_limit(ms, 19, 0.5, 600000), call_limit_by_size(0.5));
    assert_int_equal(call_limit(ms, 20, 0.5, 600000), 120001);
}

static void without_data_the_size_decides(void **state)
{
    (void)state;
    assert_int_equal(call_limit(NULL, 0, 0, 300000), 120000);
    assert_int_equal(call_limit(NULL, 0, 0.5, 300000), 120000);
    assert_int_equal(call_limit(NULL, 0, 1.5, 300000), 240000);
    assert_int_equal(call_limit(NULL, 0, 7, 300000), 300000);
    assert_int_equal(call_limit(NULL, 0, 14, 300000), 300000);
    assert_int_equal(call_limit(NULL, 0, 14, 900000), 600000);
    assert_int_equal(call_limit(NULL, 0, 70, 3600000), 900000);
}

/* ---- rows ---- */

static void add(int64_t job, const char *outcome)
{
    struct stage_outcome o = {.key = {"CODE", "m", "s"}, .job = job, .stage = 1};
    snprintf(o.outcome, sizeof o.outcome, "%s", outcome);
    assert_int_equal(learned_add_outcome(db, &o, NULL), ERR_OK);
}

static void recorded(int tried, int solved, int skipped)
{
    const struct stage_key key = {"CODE", "m", "s"};
    struct stage_record r;
    assert_int_equal(learned_record(db, &key, &r, NULL), ERR_OK);
    assert_int_equal(r.tried, tried);
    assert_int_equal(r.solved, solved);
    assert_int_equal(r.skipped, skipped);
}

static void outcomes_count_once_a_job(void **state)
{
    struct stage_outcome other = {
        .key = {"TEXT", "m", "s"}, .job = 99, .stage = 1, .outcome = "solved"};
    (void)state;
    recorded(0, 0, 0);
    add(1, "failed");
    add(1, "failed"); /* a replay */
    recorded(1, 0, 0);
    add(2, "solved");
    add(2, "failed");
    recorded(2, 1, 0);
    add(3, "skipped");
    add(4, "skipped");
    add(4, "solved"); /* skipped stays */
    recorded(2, 1, 2);
    add(1, "solved"); /* a later stage confirmed it */
    recorded(2, 2, 2);
    add(5, "failed");
    recorded(3, 2, 0);
    assert_int_equal(learned_add_outcome(db, &other, NULL), ERR_OK);
    recorded(3, 2, 0);
    for (int i = 10; i < 200; i++)
        add(i, i < 100 ? "solved" : "failed");
    recorded(100, 0, 0); /* the latest */
}

static void times_are_the_latest_fifty(void **state)
{
    int64_t ms[LEARNED_TIMES], sum = 0;
    sqlite3_stmt *st;
    size_t n;
    (void)state;
    for (int i = 1; i <= 60; i++)
        assert_int_equal(learned_add_time(db, "m", "code", i, NULL), ERR_OK);
    assert_int_equal(learned_add_time(db, "m", "repair", 7, NULL), ERR_OK);
    assert_int_equal(learned_times(db, "m", "code", ms, &n, NULL), ERR_OK);
    assert_int_equal(n, 50);
    for (size_t i = 0; i < n; i++)
        sum += ms[i];
    assert_int_equal(sum, (11 + 60) * 50 / 2);
    assert_int_equal(store_prepare(db, NULL, &st, "SELECT count(*) FROM call_time", ""), ERR_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), 51); /* older ones are dropped */
    sqlite3_finalize(st);
    assert_int_equal(learned_times(db, "m", "repair", ms, &n, NULL), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(learned_times(db, "x", "code", ms, &n, NULL), ERR_OK);
    assert_int_equal(n, 0);
}

static void tokens_are_an_exponential_mean(void **state)
{
    double factor = 0;
    (void)state;
    assert_int_equal(learned_tokens(db, "m", &factor, NULL), ERR_OK);
    assert_true(factor == 1);
    assert_int_equal(learned_add_tokens(db, "m", 0.8, NULL), ERR_OK);
    assert_int_equal(learned_add_tokens(db, "m", 0.6, NULL), ERR_OK);
    assert_int_equal(learned_tokens(db, "m", &factor, NULL), ERR_OK);
    assert_true(factor > 0.699 && factor < 0.701); /* the first ones count alike */
    for (int i = 0; i < 100; i++)
        assert_int_equal(learned_add_tokens(db, "m", 1.2, NULL), ERR_OK);
    assert_int_equal(learned_tokens(db, "m", &factor, NULL), ERR_OK);
    assert_true(factor > 1.19 && factor < 1.2);
    assert_int_equal(learned_add_tokens(db, "m", 0.7, NULL), ERR_OK);
    assert_int_equal(learned_tokens(db, "m", &factor, NULL), ERR_OK);
    assert_true(factor > 1.14 && factor < 1.16); /* a tenth of the way */
    assert_int_equal(learned_tokens(db, "other", &factor, NULL), ERR_OK);
    assert_true(factor == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_upper_bound_is_wilsons),
        cmocka_unit_test(few_observations_leave_nothing_out),
        cmocka_unit_test(hopeless_stages_are_left_out_while_a_later_one_remains),
        cmocka_unit_test(the_limit_is_the_95th_percentile_and_a_fifth),
        cmocka_unit_test(without_data_the_size_decides),
        cmocka_unit_test_setup_teardown(outcomes_count_once_a_job, open_db, close_db),
        cmocka_unit_test_setup_teardown(times_are_the_latest_fifty, open_db, close_db),
        cmocka_unit_test_setup_teardown(tokens_are_an_exponential_mean, open_db, close_db),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
