#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/words/intake.h"

static const char *const accidents[] = {
    "",        " ",        "\n\n",      "\t",           "...",       "?",
    "!!!",     "-",        "/",         "()",           "\x01\x02",  "\x1b",
    "asdf",    "ASDF",     "asdfgh",    "sdfghjkl",     "qwer",      "qwerty",
    "qwertz1", "zxcv",     "zxcvbnm",   "lkjh",         "poiuy",     "aaaa",
    "xxxxxxx", "jjjj",     "asdasdasd", "qweqweqwe",    "abababab",  "sdfsdfsdf",
    "test",    "Test",     "TEST!",     "testing",      "test test", "test 123",
    "foo",     "bar",      "foobar",    "hello",        "Hello!",    "hi",
    "hey",     "yo",       "ok",        "okay",         "yes",       "no",
    "abc",     "xyz",      "123",       "1234",         "lol",       "hmm",
    "blah",    "a",        "fghjk",     "ghjkl",        "hjkl",      "dfghj",
    "bcdfg",   "xkcdqwrt", "kjhgfd",    "sdkfjhsdkjfh", "  asdf  ",  "asdf.",
};
static const char *const without_slash[] = {"optimize a1",
                                            "run a12",
                                            "5/optimize a1 quality",
                                            "/optimize tool a1",
                                            "Optimize A1 memory",
                                            "rag list",
                                            "tool list",
                                            "config show"};
static const char *const commands[] = {"help", "HELP",    " help ",   "status",   "Status", "exit",
                                       "quit", "auto on", "auto off", "AUTO  ON", "quit."};
static const char *const tasks[] = {
    "optimize a1 so that it takes half of the time",
    "run a 5 km pace calculator",
    "show a list",
    "tag a1 as done in a text",
    "model a status lamp",
    "delete all a1 cells of a sheet",
    "list rag",
    "report",
    "fibonacci",
    "palindrome",
    "primes",
    "factorial",
    "quicksort",
    "anagram",
    "rot13",
    "fizzbuzz",
    "sudoku",
    "base64",
    "md5",
    "sha256",
    "crc32",
    "levenshtein",
    "rhythm",
    "strings",
    "strengths",
    "2+2",
    "2 + 2",
    "sqrt(2)",
    "1 km in miles",
    "add 2 and 3",
    "sort a list",
    "reverse a string",
    "write a function that adds two numbers",
    "what is the capital of France?",
    "help me sort a list",
    "status of a url",
    "exit code of a program",
    "test whether a number is prime",
    "testing a regex",
    "hello world",
    "a function for x",
    "no duplicates in a list",
    "yes or no question parser",
    "foo(3) == 9",
    "abc -> cba",
    "xyz coordinates to polar",
    "123 in roman numerals",
    "schreibe eine Funktion, die zwei Zahlen addiert",
    "Primzahlen",
    "Umlaute ersetzen",
    "\xC3\xA9l\xC3\xA8ve",
    "\xD1\x84\xD0\xB0\xD0\xBA\xD1\x82\xD0\xBE\xD1\x80\xD0\xB8\xD0\xB0\xD0\xBB",
    "\xE7\xB4\xA0\xE6\x95\xB0",
    "\xE4\xBD\xA0",
    "inverse une liste",
    "calcula el factorial",
    "def f(x):",
    "import os",
    "x",
    "grep -c",
    "tree",
    "queue",
    "stack",
    "weather",
    "poem",
    "rewrite",
    "typewriter",
    "property",
    "power",
    "Mississippi",
    "banana",
    "papaya",
    "cocoa",
    "bookkeeper",
};

static void each(const char *const *list, size_t n, enum intake_verdict expected)
{
    char why[200];
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        enum intake_verdict v = intake_judge(list[i], why);
        if (v != expected) {
            print_error("\"%s\" is judged %d, not %d\n", list[i], (int)v, (int)expected);
            wrong++;
        }
        assert_true((v == INTAKE_ACCIDENTAL) == (why[0] != 0));
    }
    assert_int_equal(wrong, 0);
}

static void accidents_are_caught(void **state)
{
    (void)state;
    each(accidents, sizeof accidents / sizeof *accidents, INTAKE_ACCIDENTAL);
    each(without_slash, sizeof without_slash / sizeof *without_slash, INTAKE_ACCIDENTAL);
}

static void commands_are_commands(void **state)
{
    (void)state;
    each(commands, sizeof commands / sizeof *commands, INTAKE_COMMAND);
}

static void real_tasks_pass(void **state)
{
    (void)state;
    each(tasks, sizeof tasks / sizeof *tasks, INTAKE_TASK);
}

static void length_is_no_trouble(void **state)
{
    enum { BIG = 10 << 20 };
    char *text = malloc(BIG + 1), why[200];
    (void)state;
    assert_non_null(text);
    memset(text, 'x', BIG);
    text[BIG] = 0;
    assert_int_equal(intake_judge(text, why), INTAKE_TASK);
    memset(text, ' ', BIG);
    assert_int_equal(intake_judge(text, why), INTAKE_ACCIDENTAL);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accidents_are_caught),
        cmocka_unit_test(commands_are_commands),
        cmocka_unit_test(real_tasks_pass),
        cmocka_unit_test(length_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
