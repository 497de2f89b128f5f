#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/words/head.h"

static const char task[] = "Complete this function.\n\n"
                           "from typing import List\nimport math\n\n\n"
                           "def half(x: int) -> int:\n    return x // 2\n\n\n"
                           "def f(a: List[int], b: int = 2) -> bool:\n"
                           "    \"\"\"Says: f([1]) == True\n    \"\"\"\n";

static const struct {
    const char *task, *code, *complete;
} cases[] = {
    /* imports that are missing, and the head as it was given */
    {task, "import math\ndef f(a, b):\n    return True\n",
     "from typing import List\n\nimport math\ndef f(a: List[int], b: int = 2) -> bool:\n"
     "    return True\n"},
    /* a helper that is called */
    {task,
     "from typing import List\nimport math\ndef f(a: List[int], b: int = 2) -> bool:\n"
     "    return half(b) > 0\n",
     "from typing import List\nimport math\n\n\ndef half(x: int) -> int:\n    return x // 2\n\n"
     "from typing import List\nimport math\ndef f(a: List[int], b: int = 2) -> bool:\n"
     "    return half(b) > 0\n"},
    /* other parameters stay as they are */
    {"def f(a, b):\n    '''x'''\n", "def f(x, y):\n    return x\n", "def f(x, y):\n    return x\n"},
    {"def f(a: int):\n    pass\n", "def f(a):\n    return a\n", "def f(a: int):\n    return a\n"},
    {"def f(d: dict = {'a': ')'}):\n    ...\n", "def f(d=None):\n    return d[':']\n",
     "def f(d: dict = {'a': ')'}):\n    return d[':']\n"},
    /* no head: code that is to be mended, words */
    {"Mend it:\ndef f(a: int):\n    return b\n", "def f(a):\n    return a\n",
     "def f(a):\n    return a\n"},
    {"write f(a, b)", "def g():\n    pass\n", "def g():\n    pass\n"},
};

static void the_code_is_completed_by_the_head(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 1 << 16);
        assert_int_equal(head_complete(cases[i].task, cases[i].code, &out), ERR_OK);
        assert_string_equal(out.data, cases[i].complete);
        buf_fini(&out);
    }
}

static void the_function_and_the_number_of_parameters_are_kept(void **state)
{
    char why[200];
    (void)state;
    assert_true(head_kept(task, "def f(a, b):\n    return 1\n", why));
    assert_true(head_kept(task, "def f(x, y, z=1):\n    return 1\n", why));
    assert_true(head_kept(task, "def f(*args):\n    return 1\n", why));
    assert_true(head_kept("write a function f", "def g():\n    return 1\n", why));
    assert_false(head_kept(task, "def f(a):\n    return 1\n", why));
    assert_string_equal(why, "the parameters of f must be (a, b)");
    assert_false(head_kept(task, "def g(a, b):\n    return 1\n", why));
    assert_string_equal(why, "it has no function f(a, b)");
    assert_false(head_kept(task, "", why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_code_is_completed_by_the_head),
        cmocka_unit_test(the_function_and_the_number_of_parameters_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
