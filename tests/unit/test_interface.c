/* What a new version does to those who call the old one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "core/rag/interface.h"

static char why[INTERFACE_WHY];

static enum bump heads(const char *was, const char *is)
{
    struct json_object *a = json_object_new_object(), *b = json_object_new_object();
    enum bump bump;
    json_add_str(a, "function", "f");
    json_add_str(a, "source", was);
    json_add_str(b, "function", "f");
    json_add_str(b, "source", is);
    bump = interface_compare(a, b, why);
    json_object_put(a);
    json_object_put(b);
    return bump;
}

static enum bump values(const char *was, const char *is)
{
    struct json_object *a = json_tokener_parse(was), *b = json_tokener_parse(is);
    enum bump bump = interface_compare(a, b, why);
    assert_non_null(a);
    assert_non_null(b);
    json_object_put(a);
    json_object_put(b);
    return bump;
}

static void heads_of_functions_are_compared(void **state)
{
    (void)state;
    assert_int_equal(heads("def f(a, b):\n    return a\n", "def f(a, b):\n    return b\n"),
                     BUMP_PATCH);
    assert_string_equal(why, "");
    assert_int_equal(heads("def f(a):\n", "import os\n\ndef f(a, b=1):\n"), BUMP_MINOR);
    assert_string_equal(why, "the optional input b is new");
    assert_int_equal(heads("def f(a):\n", "def f(a, b):\n"), BUMP_MAJOR);
    assert_string_equal(why, "the input b is new and needed");
    assert_int_equal(heads("def f(a, b=(1, 2)):\n", "def f(a):\n"), BUMP_MAJOR);
    assert_string_equal(why, "the input b is gone");
    assert_int_equal(heads("def f(a, b=1):\n", "def f(a, b):\n"), BUMP_MAJOR);
    assert_int_equal(heads("def f(a, b):\n", "def f(a, b=')'):\n"), BUMP_MINOR);
    assert_int_equal(heads("def f(a, b):\n", "def f(b, a):\n"), BUMP_MAJOR);
    assert_int_equal(heads("def f(a, b):\n", "def f(a, **rest):\n"), BUMP_PATCH);
    assert_int_equal(heads("def f(a: int):\n", "def f(a: str):\n"), BUMP_MAJOR);
    assert_int_equal(heads("def f(a):\n", "def f(a: str):\n"), BUMP_PATCH);
    assert_int_equal(heads("def f(a) -> int:\n", "def f(a) -> dict[str, int]:\n"), BUMP_MAJOR);
    assert_string_equal(why, "it gives dict[str, int] now");
    assert_int_equal(heads("def f(\n    a: dict[str, int],\n    b: str = \"x,y\",\n) -> int:\n",
                           "def f(a: dict[str, int], b: str = '') -> int:\n"),
                     BUMP_PATCH);
    assert_int_equal(heads("def g(a):\n", "def f(a):\n"), BUMP_PATCH); /* the old one is unknown */
    assert_int_equal(values("{\"function\": \"f\"}", "{\"function\": \"g\"}"), BUMP_MAJOR);
}

static void inputs_and_outputs_are_compared(void **state)
{
    (void)state;
#define FLOW(inputs, outputs) "{\"workflow\": {\"inputs\": " inputs ", \"outputs\": " outputs "}}"
    assert_int_equal(values(FLOW("{\"a\": {\"type\": \"string\"}}", "{\"r\": {}}"),
                            FLOW("[{\"name\": \"a\", \"type\": \"string\"}]", "[\"r\", \"s\"]")),
                     BUMP_MINOR);
    assert_string_equal(why, "the output s is new");
    assert_int_equal(values(FLOW("{}", "{\"r\": {}}"), FLOW("{}", "{}")), BUMP_MAJOR);
    assert_string_equal(why, "the output r is gone");
    assert_int_equal(values(FLOW("{}", "{}"), FLOW("{\"a\": {\"required\": false}}", "{}")),
                     BUMP_MINOR);
    assert_int_equal(values(FLOW("{}", "{}"), FLOW("{\"a\": {}}", "{}")), BUMP_MAJOR);
    assert_int_equal(
        values("{\"inputs\": {\"b\": {}, \"a\": {}}}", "{\"inputs\": {\"a\": {}, \"b\": {}}}"),
        BUMP_PATCH);
    assert_int_equal(values("{\"inputs\": {\"a\": \"number - one\"}}",
                            "{\"inputs\": {\"a\": \"string - one\"}}"),
                     BUMP_MAJOR);
    assert_int_equal(values("{\"inputs\": 7}", "{\"interface\": {\"inputs\": [3, null, {}]}}"),
                     BUMP_PATCH);
}

static void versions_go_on(void **state)
{
    char out[32];
    (void)state;
    version_bump("1.4.2", BUMP_PATCH, out);
    assert_string_equal(out, "1.4.3");
    version_bump("1.4.2", BUMP_MINOR, out);
    assert_string_equal(out, "1.5.0");
    version_bump("1.4.2", BUMP_MAJOR, out);
    assert_string_equal(out, "2.0.0");
    version_bump("", BUMP_NONE, out);
    assert_string_equal(out, "1.0.0");
    version_bump("v7", BUMP_PATCH, out);
    assert_string_equal(out, "1.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_functions_are_compared),
        cmocka_unit_test(inputs_and_outputs_are_compared),
        cmocka_unit_test(versions_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
