#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/sse.h"

struct seen {
    struct buf text;
    int most; /* events until it says no; 0: never */
};

static bool on_data(void *arg, const char *data, size_t n)
{
    struct seen *seen = arg;
    assert_int_equal(buf_adds(&seen->text, "<"), ERR_OK);
    assert_int_equal(buf_add(&seen->text, data, n), ERR_OK);
    assert_int_equal(buf_adds(&seen->text, ">"), ERR_OK);
    return seen->most == 0 || --seen->most > 0;
}

static enum err feed(const char *text, size_t n, size_t a, size_t b, struct seen *seen)
{
    struct sse s;
    enum err e;
    buf_init(&seen->text, 1 << 20);
    sse_init(&s, on_data, seen);
    e = sse_feed(&s, text, a);
    if (!e)
        e = sse_feed(&s, text + a, b - a);
    if (!e)
        e = sse_feed(&s, text + b, n - b);
    sse_fini(&s);
    return e;
}

static const char stream[] = "\xEF\xBB\xBF"
                             "data: {\"a\":1}\n\n"
                             ": a comment\nevent: x\ndata:two\r\ndata:  lines\r\n\r\n"
                             "id: 7\rretry: 9\rdata: caf\xC3\xA9 \xF0\x9F\x98\x80\r\r"
                             "data\n\ndatum: no\n\ndata: [DONE]\n\ndata: cut";
static const char expected[] = "<{\"a\":1}><two\n lines><caf\xC3\xA9 \xF0\x9F\x98\x80><><[DONE]>";

static void every_two_cuts_agree(void **state)
{
    size_t n = sizeof stream - 1;
    (void)state;
    for (size_t a = 0; a <= n; a++) {
        for (size_t b = a; b <= n; b++) {
            struct seen seen = {.most = 0};
            assert_int_equal(feed(stream, n, a, b, &seen), ERR_OK);
            assert_string_equal(seen.text.data, expected);
            buf_fini(&seen.text);
        }
    }
}

static void the_listener_may_end_it(void **state)
{
    struct seen seen = {.most = 2};
    (void)state;
    assert_int_equal(feed(stream, sizeof stream - 1, 0, 0, &seen), ERR_CANCELLED);
    assert_string_equal(seen.text.data, "<{\"a\":1}><two\n lines>");
    buf_fini(&seen.text);
}

static void an_endless_line_is_refused(void **state)
{
    static char piece[1 << 20];
    struct seen seen = {.most = 0};
    struct sse s;
    enum err e = ERR_OK;
    (void)state;
    memset(piece, 'x', sizeof piece);
    buf_init(&seen.text, 10);
    sse_init(&s, on_data, &seen);
    for (int i = 0; i < 20 && !e; i++)
        e = sse_feed(&s, piece, sizeof piece);
    assert_int_equal(e, ERR_TOO_LARGE);
    sse_fini(&s);
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
