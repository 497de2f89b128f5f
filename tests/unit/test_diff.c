/* Unified diffs: what they say, that they lead from one text to the other, and their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/diff.h"

static struct buf out;

static const char *diff(const char *a, const char *b)
{
    buf_clear(&out);
    assert_int_equal(diff_unified(a, b, "old", "new", &out), ERR_OK);
    return out.data;
}

static void hunks_are_those_of_diff_u(void **state)
{
    (void)state;
    assert_string_equal(diff("a\nb\n", "a\nb\n"), "");
    assert_string_equal(diff("", "a\n"), "--- old\n+++ new\n@@ -0,0 +1 @@\n+a\n");
    assert_string_equal(diff("a\n", ""), "--- old\n+++ new\n@@ -1 +0,0 @@\n-a\n");
    assert_string_equal(diff("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n"),
                        "--- old\n+++ new\n@@ -1,6 +1,6 @@\n a\n b\n c\n-d\n+X\n e\n f\n");
    assert_string_equal(
        diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n", "0\n2\n3\n4\n5\n6\n7\n8\n9\n10\n12\n"),
        "--- old\n+++ new\n@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n"
        "@@ -8,4 +8,4 @@\n 8\n 9\n 10\n-11\n+12\n");
    assert_string_equal(diff("a\nb", "a\nb\n"), "--- old\n+++ new\n@@ -1,2 +1,2 @@\n a\n-b\n"
                                                "\\ No newline at end of file\n+b\n");
}

/* Takes the lines that a diff adds and keeps, for texts that one hunk covers. */
static void apply(const char *patch, struct buf *to)
{
    const char *p = strstr(patch, "@@\n");
    for (p = p ? p + 3 : ""; *p; p += strcspn(p, "\n") + 1)
        if (*p != '-')
            assert_int_equal(buf_add(to, p + 1, strcspn(p, "\n")), ERR_OK);
}

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16;
}

static void the_new_text_comes_of_the_old_one(void **state)
{
    unsigned seed = 5;
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char a[64] = "", b[64] = "";
        struct buf to;
        for (unsigned i = next(&seed) % 8; i; i--)
            strncat(a, next(&seed) % 2 ? "x\n" : "y\n", sizeof a - strlen(a) - 1);
        for (unsigned i = next(&seed) % 8; i; i--)
            strncat(b, next(&seed) % 2 ? "x\n" : "y\n", sizeof b - strlen(b) - 1);
        if (strcmp(a, b) == 0)
            continue;
        buf_init(&to, 4096);
        diff(a, b);
        /* seven lines at most: context leaves no gap of more than six, hence one hunk, but for the
         * lines before its beginning */
        if (strncmp(strstr(out.data, "@@ -") + 4, "0,0", 3) == 0 ||
            strncmp(strstr(out.data, "@@ -") + 4, "1", 1) == 0) {
            apply(out.data, &to);
            if (!strstr(strstr(out.data, "@@\n") + 3, "@@ ") &&
                to.len == strlen(b)) /* a longer tail is not shown */
                assert_string_equal(to.data, b);
            else
                assert_int_equal(memcmp(to.data, b, to.len), 0);
        }
        buf_fini(&to);
    }
}

static void what_differs_everywhere_is_bounded(void **state)
{
    struct buf a, b;
    (void)state;
    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(buf_addf(&a, "left %d\n", i), ERR_OK);
        assert_int_equal(buf_addf(&b, "right %d\n", i), ERR_OK);
    }
    diff(a.data, b.data);
    assert_non_null(strstr(out.data, "@@ -1,5000 +1,5000 @@\n-left 0\n"));
    assert_non_null(strstr(out.data, "-left 4999\n+right 0\n"));
    buf_fini(&out);
    buf_init(&out, 100);
    assert_int_equal(diff_unified(a.data, b.data, "a", "b", &out), ERR_TOO_LARGE);
    buf_fini(&a);
    buf_fini(&b);
}

static int begin(void **state)
{
    (void)state;
    buf_init(&out, 1 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hunks_are_those_of_diff_u, begin, end),
        cmocka_unit_test_setup_teardown(the_new_text_comes_of_the_old_one, begin, end),
        cmocka_unit_test_setup_teardown(what_differs_everywhere_is_bounded, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
