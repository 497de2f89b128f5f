/* The table of actions: each key and each name means one thing, and has its help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"
#include "ui/actions.h"
#include "ui/term/input.h"

static void test_names(void **state)
{
    (void)state;
    for (int a = 0; a < ACTION_COUNT; a++) {
        assert_int_equal(action_by_name(action_name((enum action)a)), a);
        assert_true(strlen(action_help((enum action)a)) > 5);
        assert_true(strlen(action_group((enum action)a)) > 2);
    }
    assert_int_equal(action_by_name("nothing"), ACTION_COUNT);
    assert_int_equal(action_by_name(""), ACTION_COUNT);
}

/* Every key of the table can be parsed, does what the table says, and no key is given twice. */
static void test_keys(void **state)
{
    (void)state;
    for (int a = 0; a < ACTION_COUNT; a++) {
        char keys[128], *save, *name;
        snprintf(keys, sizeof keys, "%s", action_keys((enum action)a));
        for (name = strtok_r(keys, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
            uint32_t key = 0, mods = 0;
            char shown[24];
            if (!input_key_parse(name, &key, &mods))
                fail_msg("%s: no key is called %s", action_name((enum action)a), name);
            assert_int_equal(action_by_key(key, mods, false, action_pane((enum action)a)), a);
            assert_string_equal(input_key_name(key, mods, shown), name);
            if (key < 0x110000 && key > ' ' && !mods) /* a letter is typed, not done */
                assert_int_equal(action_by_key(key, mods, true, PANE_TALK), ACTION_COUNT);
            else if (action_pane((enum action)a) == PANE_COUNT)
                assert_int_equal(action_by_key(key, mods, true, PANE_TALK), a);
        }
    }
    assert_int_equal(action_by_key(0x65e5, 0, false, PANE_TALK), ACTION_COUNT);
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(action_nearest("hlep"), "help");
    assert_string_equal(action_nearest("thme"), "theme");
    assert_string_equal(action_nearest("cancle"), "cancel");
    assert_string_equal(action_nearest("arti"), "artifact"); /* a beginning is enough */
    assert_null(action_nearest("xylophone"));
    assert_null(action_nearest(""));
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("", ""), 0);
    assert_int_equal(nearest_distance("abc", ""), 3);
    assert_int_equal(nearest_distance("kitten", "sitting"), 3);
    assert_int_equal(nearest_distance("ab", "ba"), 1);
    assert_int_equal(nearest_distance("timout", "timeout"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
