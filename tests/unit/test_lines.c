#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backends/lines.h"

struct seen {
    struct buf text;
    int most; /* lines until it says no; 0: never */
};

static bool on_line(void *arg, const char *line, size_t n)
{
    struct seen *seen = arg;
    assert_int_equal(buf_adds(&seen->text, "<"), ERR_OK);
    assert_int_equal(buf_add(&seen->text, line, n), ERR_OK);
    assert_int_equal(buf_adds(&seen->text, ">"), ERR_OK);
    return seen->most == 0 || --seen->most > 0;
}

static const char stream[] = "{\"a\":1}\n\r\n  \n{\"caf\xC3\xA9\":2}\r\n\n[3]";

static void every_two_cuts_agree(void **state)
{
    size_t n = sizeof stream - 1;
    (void)state;
    for (size_t a = 0; a <= n; a++) {
        for (size_t b = a; b <= n; b++) {
            struct seen seen = {.most = 0};
            struct lines l;
            buf_init(&seen.text, 1 << 10);
            lines_init(&l, on_line, &seen);
            assert_int_equal(lines_feed(&l, stream, a), ERR_OK);
            assert_int_equal(lines_feed(&l, stream + a, b - a), ERR_OK);
            assert_int_equal(lines_feed(&l, stream + b, n - b), ERR_OK);
            assert_string_equal(seen.text.data, "<{\"a\":1}><{\"caf\xC3\xA9\":2}>");
            assert_int_equal(lines_end(&l), ERR_OK);
            assert_string_equal(seen.text.data, "<{\"a\":1}><{\"caf\xC3\xA9\":2}><[3]>");
            lines_fini(&l);
            buf_fini(&seen.text);
        }
    }
}

static void the_listener_may_end_it(void **state)
{
    struct seen seen = {.most = 1};
    struct lines l;
    (void)state;
    buf_init(&seen.text, 1 << 10);
    lines_init(&l, on_line, &seen);
    assert_int_equal(lines_feed(&l, stream, sizeof stream - 1), ERR_CANCELLED);
    assert_string_equal(seen.text.data, "<{\"a\":1}>");
    lines_fini(&l);
    buf_fini(&seen.text);
}

static void an_endless_line_is_refused(void **state)
{
    static char piece[1 << 20];
    struct seen seen = {.most = 0};
    struct lines l;
    enum err e = ERR_OK;
    (void)state;
    memset(piece, 'x', sizeof piece);
    lines_init(&l, on_line, &seen);
    for (int i = 0; i < 20 && !e; i++)
        e = lines_feed(&l, piece, sizeof piece);
    assert_int_equal(e, ERR_TOO_LARGE);
    lines_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_two_cuts_agree),
        cmocka_unit_test(the_listener_may_end_it),
        cmocka_unit_test(an_endless_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
