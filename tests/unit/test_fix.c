#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/learn/fix.h"
#include "core/store/learned.h"

static void signs(const char *why, const char *expected)
{
    char out[FIX_SIGNATURE];
    assert_int_equal(fix_signature(why, out), *expected != 0);
    assert_string_equal(out, expected);
}

static void what_differs_from_program_to_program_is_left_out(void **state)
{
    (void)state;
    signs("f(1): line 3: NameError: name 'x' is not defined", "NameError: name '' is not defined");
    signs("g(22): line 17: NameError: name 'total' is not defined",
          "NameError: name '' is not defined");
    signs("it does not parse, line 2: SyntaxError: '(' was never closed",
          "SyntaxError: '' was never closed");
    signs("it fails when loaded, line 1: ModuleNotFoundError: No module named 'numpy'",
          "ModuleNotFoundError: No module named ''");
    signs("f(\"a\"): line 4: IndexError: list index out of range",
          "IndexError: list index out of range");
    signs("f(): TypeError: f() takes 0 positional arguments but 12 were given",
          "TypeError: f() takes 0 positional arguments but 0 were given");
    signs("line 3: F821 undefined name `x`", "F821 undefined name ''");
    signs("f(1): line 2: json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
          "");
    signs("f(1): line 2: RecursionError: maximum recursion depth exceeded",
          "RecursionError: maximum recursion depth exceeded");
    signs("f(1): line 2: StopIteration", "StopIteration");
    signs("f(1): line 2: NameError: name 'x' is not defined; the gate ruff_bugs says line 2: F821 "
          "undefined name 'x'",
          "NameError: name '' is not defined");
}

static void a_wrong_value_is_no_error(void **state)
{
    (void)state;
    signs("", "");
    signs("roman(\"XIV\") -> 16, expected 14", "");
    signs("f('ValueError: x') -> 1, expected 2", "");
    signs("the run was ended: timeout", "");
    signs("MMXXVI -> 2026, expected IV2", "");
    signs("f(1) -> ABC12, expected 2", "");
}

static void a_long_message_is_cut(void **state)
{
    char why[600] = "ValueError: ", out[FIX_SIGNATURE];
    (void)state;
    for (size_t n = strlen(why); n < sizeof why - 4; n += 3)
        memcpy(why + n, "\xe4\xbd\xa0", 4);
    assert_true(fix_signature(why, out));
    assert_true(strlen(out) < FIX_SIGNATURE);
    assert_string_equal(out, "ValueError:");
    assert_true(fix_signature("ValueError: '", out));
}

static void differ(const char *before, const char *after, const char *old, const char *new)
{
    struct buf a, b;
    buf_init(&a, 4096);
    buf_init(&b, 4096);
    assert_int_equal(fix_pieces(before, after, &a, &b), old != NULL);
    if (old) {
        assert_string_equal(a.data, old);
        assert_string_equal(b.data, new);
    }
    buf_fini(&a);
    buf_fini(&b);
}

static void pieces_are_whole_lines(void **state)
{
    char large[2000];
    (void)state;
    differ("a\nb\nc\n", "a\nx\nc\n", "b\n", "x\n");
    differ("a\nb\nc\n", "a\nc\n", "b\n", "");
    differ("a\nc\n", "a\nb\nc\n", "", "b\n");
    differ("b\nc\n", "x\nc\n", "b\n", "x\n");
    differ("xab\n", "yab\n", "xab\n", "yab\n"); /* not a part of a line */
    differ("a\nab\n", "a\nabc\n", "ab\n", "abc\n");
    differ("a\n", "a\nb\n", "", "b\n");
    differ("b\n", "a\nb\n", "", "a\n");
    differ("a\na\n", "a\n", "a\n", "");
    differ("", "a\n", "", "a\n");
    differ("a\n", "a\n", NULL, NULL);
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = 0;
    differ("a\n", large, NULL, NULL);
}

static void the_most_helpful_mending_is_found(void **state)
{
    sqlite3 *db;
    struct json_object *o;
    struct fix f = {"E: ''", "old\n", "new\n", 1, 10};
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    assert_int_equal(learned_find_fix(db, "E: ''", 100, &o, NULL), ERR_NOT_FOUND);
    assert_int_equal(learned_add_fix(db, &f, NULL), ERR_OK);
    assert_int_equal(learned_add_fix(db, &f, NULL), ERR_OK); /* a replay */
    f.job = 2;
    f.after = "newer\n";
    assert_int_equal(learned_add_fix(db, &f, NULL), ERR_OK);
    assert_int_equal(learned_find_fix(db, "E: ''", 100, &o, NULL), ERR_OK);
    assert_string_equal(json_str(o, "after", ""), "newer\n"); /* of equals the latest */
    json_object_put(o);
    assert_int_equal(learned_count_fix(db, 2, 7, false, NULL), ERR_OK);
    assert_int_equal(learned_count_fix(db, 2, 7, false, NULL), ERR_OK);
    assert_int_equal(learned_find_fix(db, "E: ''", 100, &o, NULL), ERR_OK);
    assert_string_equal(json_str(o, "after", ""), "new\n"); /* the other did not help */
    json_object_put(o);
    assert_int_equal(learned_count_fix(db, 2, 7, true, NULL), ERR_OK);
    assert_int_equal(learned_find_fix(db, "E: ''", 100, &o, NULL), ERR_OK);
    assert_int_equal(json_i64(o, "id", 0), 2);
    assert_int_equal(json_i64(o, "offered", 0), 1);
    assert_int_equal(json_i64(o, "helped", 0), 1);
    json_object_put(o);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void offered(sqlite3 *db, int64_t fix, int64_t job, int64_t when, bool helped)
{
    assert_int_equal(store_exec(db, NULL,
                                "INSERT INTO job(id,kind,version,title,input,state,created)"
                                " VALUES(?,'task',1,'','{}',2,?)",
                                "ii", job, when),
                     ERR_OK);
    assert_int_equal(learned_count_fix(db, fix, job, false, NULL), ERR_OK);
    if (helped)
        assert_int_equal(learned_count_fix(db, fix, job, true, NULL), ERR_OK);
}

/* The best mending at that time; 0: none is worth offering. */
static int64_t best(sqlite3 *db, int64_t now, double *odds)
{
    struct json_object *o = NULL;
    int64_t id;
    if (learned_find_fix(db, "E: ''", now, &o, NULL))
        return 0;
    id = json_i64(o, "id", 0);
    *odds = json_f64(o, "odds", 0);
    json_object_put(o);
    return id;
}

static void near_to(double is, double wanted)
{
    if (is < wanted - 1e-9 || is > wanted + 1e-9)
        fail_msg("%.9f, not %.9f", is, wanted);
}

static void what_is_long_ago_counts_less(void **state)
{
    static const int64_t half = FIX_HALF_LIFE_DAYS * 86400000LL;
    struct fix f = {"E: ''", "old\n", "new\n", 1, 0};
    struct json_object *list;
    double odds = 0;
    sqlite3 *db;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    assert_int_equal(learned_add_fix(db, &f, NULL), ERR_OK);
    assert_int_equal(best(db, 0, &odds), 1);
    near_to(odds, 2.0 / 3);
    assert_int_equal(best(db, half, &odds), 1);
    near_to(odds, 1.5 / 2.5);
    for (int i = 0; i < 4; i++)
        offered(db, 1, 10 + i, 0, i == 0); /* 1 of 4 */
    assert_int_equal(best(db, 0, &odds), 1);
    near_to(odds, 3.0 / 7);
    assert_int_equal(best(db, 2 * half, &odds), 1);
    near_to(odds, 1.5 / 3.25);
    for (int i = 0; i < 8; i++)
        offered(db, 1, 20 + i, 0, false);
    assert_int_equal(best(db, 0, &odds), 1);
    near_to(odds, 3.0 / 15);
    offered(db, 1, 30, 0, false);
    assert_int_equal(best(db, 0, &odds), 0);    /* it nearly never helps */
    assert_int_equal(best(db, half, &odds), 1); /* another chance */
    f.job = 2;
    f.when = half;
    assert_int_equal(learned_add_fix(db, &f, NULL), ERR_OK);
    assert_int_equal(best(db, half, &odds), 2);
    f.signature = "F: x";
    assert_int_equal(learned_add_fix(db, &f, NULL), ERR_OK);
    assert_int_equal(learned_list_fixes(db, "e:", half, 10, &list, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(list), 2);
    assert_int_equal(json_i64(json_object_array_get_idx(list, 1), "offered", 0), 13);
    json_object_put(list);
    assert_int_equal(learned_list_fixes(db, "", half, 1, &list, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(list), 1);
    json_object_put(list);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_from_program_to_program_is_left_out),
        cmocka_unit_test(a_wrong_value_is_no_error),
        cmocka_unit_test(a_long_message_is_cut),
        cmocka_unit_test(pieces_are_whole_lines),
        cmocka_unit_test(the_most_helpful_mending_is_found),
        cmocka_unit_test(what_is_long_ago_counts_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
