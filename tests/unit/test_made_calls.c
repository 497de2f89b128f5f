#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/check/made_calls.h"
#include "core/words/examples.h"

static bool shows_values(const char *text)
{
    struct examples *x = calloc(1, sizeof *x);
    struct buf python;
    bool shown;
    buf_init(&python, 1 << 20);
    examples_read(text, x);
    assert_int_equal(examples_python(x, &python), ERR_OK);
    assert_true(x->count > 0);
    shown = made_calls_values(x);
    buf_fini(&python);
    free(x);
    return shown;
}

static void numbers_and_texts_are_values(void **state)
{
    (void)state;
    assert_true(shows_values("f(3) == 9"));
    assert_true(shows_values("f([1, 2]) == 3"));
    assert_true(shows_values("f(\"(\") == False"));
    assert_true(shows_values("f({\"a\": True}, (None, 2)) == 1"));
    assert_true(shows_values("\"XIV\" -> 14"));
}

static void what_nothing_can_be_made_of_is_none(void **state)
{
    (void)state;
    assert_false(shows_values("f([]) == 0"));
    assert_false(shows_values("f(\"\") == 0"));
    assert_false(shows_values("f(True, False) == 1"));
    assert_false(shows_values("f(a=3) == 9"));
    assert_true(shows_values("f(True) == 1, f(2) == 4")); /* one of them is enough */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts_are_values),
        cmocka_unit_test(what_nothing_can_be_made_of_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
