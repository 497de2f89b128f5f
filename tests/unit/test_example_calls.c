/* What is cut behind a program, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/check/example_calls.h"

#define PROGRAM "import re\n\nLIMIT = 3\n\ndef f(x, y=1):\n    return x + y\n"

static void cut(const char *tail)
{
    char code[2048] = PROGRAM;
    strcat(code, "\n");
    strcat(code, tail);
    assert_int_equal(example_calls_begin(code, strlen(code)), sizeof PROGRAM);
}

static void kept(const char *code)
{
    assert_int_equal(example_calls_begin(code, strlen(code)), strlen(code));
}

static void examples_at_the_end_are_cut(void **state)
{
    (void)state;
    cut("print(f(1))\n");
    cut("# Example usage\nprint(f(1))  # Output: 2\nprint(f(2))");
    cut("assert f(1) == 2\nassert f(2) == 3\n");
    cut("assert f(\n    1) == 2, \"\"\"three\nlines\"\"\"\n");
    cut("result = f(3)\nprint(result)\n");
    cut("for i in range(3):\n    print(f(i))\n");
    cut("a, b = f(1), f(2)\nprint(a, b)\n");
    cut("f(1, 2)\n");
    cut("try:\n    f(None)\nexcept TypeError:\n    print('no')\nprint(f(1))\n");
}

static void a_test_of_its_own_is_not_called(void **state)
{
    static const char code[] = PROGRAM "\ndef test_f():\n    assert f(1) == 9\n\ntest_f()\n";
    (void)state;
    assert_int_equal(example_calls_begin(code, strlen(code)), strlen(code) - strlen("test_f()\n"));
}

static void what_may_belong_to_the_program_stays(void **state)
{
    (void)state;
    kept(PROGRAM);
    kept(PROGRAM "\nTABLE = {1: f(2)}\n");
    kept("def g(x):\n    return TABLE[x]\n\nTABLE = {1: 2}\nprint(g(1))\n");
    kept("import sys\n\ndef f(x):\n    return x\n\nsys.setrecursionlimit(9000)\nprint(f(1))\n");
    kept("def main():\n    print(1)\n\nmain()\n");
    kept("def main(x):\n    print(x)\n\nif __name__ == '__main__':\n    main(1)\n");
    kept("print(1)\nprint(2)\n");
    kept("def f(x):\n    return x\n\nf = cached(f)\nprint(f(1))\n");
    kept("def f(x):\n    return x\n\nf.limit = 3\nprint(f(1))\n");
    kept("print('first')\n\ndef f(x):\n    return x\n");
    kept("def f(x):\n    text = '''\nprint(f(1))\n'''\n    return text\n");
    kept("def f(x:\n    return x\nprint(f(1))\n");
    kept("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_at_the_end_are_cut),
        cmocka_unit_test(a_test_of_its_own_is_not_called),
        cmocka_unit_test(what_may_belong_to_the_program_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
