#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/check/seen.h"
#include "core/pipeline/history.h"

static void plain(const char *code, const char *expected)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(seen_plain(code, &out), ERR_OK);
    assert_string_equal(out.data, expected);
    buf_fini(&out);
}

static void comments_and_blank_lines_go(void **state)
{
    (void)state;
    plain("", "");
    plain("\n\n # only\n", "");
    plain("a = 1  # one\n\n\n  # two\nb = 2   \r\n", "a = 1\nb = 2\n");
    plain("a = 1", "a = 1\n");
    plain("def f():\n\n    return 1\n", "def f():\n    return 1\n");
}

static void what_is_in_a_text_stays(void **state)
{
    (void)state;
    plain("a = '# no' # yes\n", "a = '# no'\n");
    plain("a = \"it's # no\"\n", "a = \"it's # no\"\n");
    plain("a = '\\'# no' # yes", "a = '\\'# no'\n");
    plain("a = \"\"\"x\n\n# no\n\"\"\" # yes\n", "a = \"\"\"x\n\n# no\n\"\"\"\n");
    plain("a = '''it's\n  # \"no\n''' + \"#\" # yes\n", "a = '''it's\n  # \"no\n''' + \"#\"\n");
    plain("a = 'open # no\nb = 1 # yes\n", "a = 'open # no\nb = 1\n");
    plain("a = '''open # no\nb = 1 # no", "a = '''open # no\nb = 1 # no\n");
    plain("a = '\\", "a = '\\\n");
    plain("a = ''  # yes\nb = ''''''#\n", "a = ''\nb = ''''''\n");
}

static void the_key_is_of_program_and_conditions(void **state)
{
    char a[65], b[65];
    (void)state;
    assert_int_equal(seen_key("x = 1\n", "c", 1, a), ERR_OK);
    assert_int_equal(seen_key("\nx = 1  # one\n", "c", 1, b), ERR_OK);
    assert_string_equal(a, b);
    assert_int_equal(seen_key("x = 1\n", "d", 1, b), ERR_OK);
    assert_string_not_equal(a, b);
    assert_int_equal(seen_key("x = 2\n", "c", 1, b), ERR_OK);
    assert_string_not_equal(a, b);
}

static void the_first_value_of_a_run_stays(void **state)
{
    static const char k[65] = "k", other[65] = "of a replay";
    struct seen *all = NULL;
    const char *value, *whose;
    (void)state;
    assert_int_equal(seen_look(&all, k, &value, &whose), ERR_OK);
    assert_null(value);
    seen_put(&all, k, NULL, "a"); /* cut off: the next one makes it */
    assert_int_equal(seen_look(&all, k, &value, &whose), ERR_OK);
    assert_null(value);
    seen_put(&all, k, "one", "a");
    seen_put(&all, k, "two", "b");
    seen_put(&all, other, "three", "c");
    assert_int_equal(seen_look(&all, k, &value, &whose), ERR_OK);
    assert_string_equal(value, "one");
    assert_string_equal(whose, "a");
    assert_int_equal(seen_look(&all, other, &value, &whose), ERR_OK);
    assert_string_equal(value, "three");
    seen_free(all);
}

static void told(const struct history *h, const char *expected)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(history_write(h, &out), ERR_OK);
    assert_string_equal(out.data, expected);
    buf_fini(&out);
}

static void equal_failures_count_together(void **state)
{
    struct history *h = NULL;
    (void)state;
    told(h, "");
    history_note(&h, "f(1) -> 2,\nexpected 3");
    history_note(&h, "it does not parse");
    told(h, "\n\nEarlier programs failed so:\n- f(1) -> 2, expected 3\n- it does not parse\n");
    history_note(&h, "f(1) -> 2, expected 3");
    told(h, "\n\nEarlier programs failed so:\n- it does not parse\n"
            "- 2 programs: f(1) -> 2, expected 3\n");
    history_free(h);
}

static void it_is_bounded_and_keeps_the_latest(void **state)
{
    struct history *h = NULL;
    struct buf out;
    char text[400];
    (void)state;
    buf_init(&out, 1 << 16);
    for (int i = 0; i < 100; i++) {
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = 0;
        snprintf(text, 8, "%05d", i);
        text[5] = ' ';
        memcpy(text + 150, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 12);
        history_note(&h, text);
    }
    assert_int_equal(history_write(h, &out), ERR_OK);
    assert_true(out.len < HISTORY_BYTES + 64);
    assert_non_null(strstr(out.data, "00099"));
    assert_null(strstr(out.data, "00085"));
    buf_fini(&out);
    history_free(h);
}

static void a_character_is_not_cut(void **state)
{
    struct history *h = NULL;
    struct buf out;
    char text[400];
    (void)state;
    buf_init(&out, 1 << 16);
    for (int at = HISTORY_LINE - 4; at < HISTORY_LINE + 2; at++) {
        memset(text, 'x', sizeof text - 1);
        text[sizeof text - 1] = 0;
        memcpy(text + at, "\xe4\xbd\xa0", 3);
        history_note(&h, text);
    }
    assert_int_equal(history_write(h, &out), ERR_OK);
    for (const char *p = out.data; *p; p++)
        if ((unsigned char)*p == 0xe4)
            assert_true((unsigned char)p[1] == 0xbd && (unsigned char)p[2] == 0xa0);
        else
            assert_true((unsigned char)*p < 0x80 || (unsigned char)p[-1] == 0xe4 ||
                        (unsigned char)p[-2] == 0xe4);
    buf_fini(&out);
    history_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_and_blank_lines_go),
        cmocka_unit_test(what_is_in_a_text_stays),
        cmocka_unit_test(the_key_is_of_program_and_conditions),
        cmocka_unit_test(the_first_value_of_a_run_stays),
        cmocka_unit_test(equal_failures_count_together),
        cmocka_unit_test(it_is_bounded_and_keeps_the_latest),
        cmocka_unit_test(a_character_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
