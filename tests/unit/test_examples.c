#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/words/examples.h"

/* What is found, written as "call=>expected" or "(args)=>expected", joined by ";". */
static const struct {
    const char *text, *found;
} cases[] = {
    {"f(3) == 9", "f(3)=>9"},
    {"square a number, f(3) == 9, f(4) == 16", "f(3)=>9;f(4)=>16"},
    {"f(3) -> 9", "f(3)=>9"},
    {"f(3) => 9", "f(3)=>9"},
    {"f(3) \xE2\x9E\x9E 9", "f(3)=>9"},
    {"f(3) \xE2\x86\x92 9", "f(3)=>9"},
    {"f(3) returns 9", "f(3)=>9"},
    {"f(3) gives 9", "f(3)=>9"},
    {"assert f(3) == 9", "f(3)=>9"},
    {">>> f(3)\n9", "f(3)=>9"},
    {">>> f(3)\n9\n>>> f(4)\n16", "f(3)=>9;f(4)=>16"},
    {"\"XIV\" -> 14", "(\"XIV\")=>14"},
    {"roman numerals: \"XIV\" -> 14, \"MMXXVI\" -> 2026", "(\"XIV\")=>14;(\"MMXXVI\")=>2026"},
    {"for 3 the answer is 9", "(3)=>9"},
    {"input: 3 output: 9", "(3)=>9"},
    {"Input: [1, 2]\nOutput: 3", "([1, 2])=>3"},
    {"f('a') == 'b'", "f('a')=>'b'"},
    {"f(\"it's\") == \"its\"", "f(\"it's\")=>\"its\""},
    {"f('a\\'b') == 1", "f('a\\'b')=>1"},
    {"f([]) == 0", "f([])=>0"},
    {"f([1, [2, 3]]) == [1, 2, 3]", "f([1, [2, 3]])=>[1, 2, 3]"},
    {"f({'a': 1}) == {'b': 2}", "f({'a': 1})=>{'b': 2}"},
    {"f((1, 2)) == (2, 1)", "f((1, 2))=>(2, 1)"},
    {"f(-3) == -9", "f(-3)=>-9"},
    {"f(0.5) == 1.25e-3", "f(0.5)=>1.25e-3"},
    {"f(None) == None", "f(None)=>None"},
    {"f(2) == True", "f(2)=>True"},
    {"f(2) == False and f(3) == True", "f(2)=>False;f(3)=>True"},
    {"f(1, 2) == 3", "f(1, 2)=>3"},
    {"f(a=1, b=2) == 3", "f(a=1, b=2)=>3"},
    {"f() == 42", "f()=>42"},
    {"f({1, 2}) == {2}", "f({1, 2})=>{2}"},
    {"f(b'ab') == b'ba'", "f(b'ab')=>b'ba'"},
    {"f(3) == 9.", "f(3)=>9"},
    {"(f(3) == 9)", "f(3)=>9"},
    {"such as f(3) == 9; f(4) == 16", "f(3)=>9;f(4)=>16"},
    {"`f(3) == 9`", "f(3)=>9"},
    {"f( 3 ) == 9", "f( 3 )=>9"},
    {"f(3)==9", "f(3)=>9"},
    {"is_prime(7) == True, is_prime(8) == False", "is_prime(7)=>True;is_prime(8)=>False"},
    {"reverse('abc') == 'cba'", "reverse('abc')=>'cba'"},
    {"\"abc\" => \"cba\"", "(\"abc\")=>\"cba\""},
    {"3 -> 9 and 4 -> 16", "(3)=>9;(4)=>16"},
    {"[1, 2, 3] -> 6", "([1, 2, 3])=>6"},
    {"(1, 2) -> 3", "((1, 2))=>3"},
    /* white space counts within texts alone, also where it is all that two differ in */
    {"valid('abc1') == True\nvalid('ab c1') == False", "valid('abc1')=>True;valid('ab c1')=>False"},
    {"f('a  b') == 'a b'\nf('a b') == 'a b'\nf( \"a b\" ) == \"a b\"",
     "f('a  b')=>'a b';f('a b')=>'a b'"},
    {"f('5') == 5\nf(5) == 6\nf( 5) == 6", "f('5')=>5;f(5)=>6"},
    {"trim('a ') == 'a '\ntrim('a ') == 'a'", ""},
    /* texts without quotes, where a head says that it is no parameter, and there are several */
    {"def is_happy(s):\n  is_happy(a) => False\n  is_happy(abcd) => True\n",
     "is_happy(a)=>False;is_happy(abcd)=>True"},
    {"def same(a, b):\n  same(tea, eat) is True; same(tea, True) is False.",
     "same(tea, eat)=>True;same(tea, True)=>False"},
    {"def f(s):\n  f(abcd) => True\n", ""},
    {"def f(s):\n  f(x) = 0, f(y) = 1", ""},
    {"def f(s):\n  f(s) => 0\n  f(word) => 1", ""},
    {"f(cold) => 0\nf(warm) => 1", ""},
    {"def f(s):\n  f(max) => 0\n  f(word) => 1", ""},
    {"def count(n):\n  count(words) returns 9 for 3, count(letters) returns 4 for 2",
     "(3)=>9;(2)=>4"},
    {"def f(s):\n  f(abcd) + 1 == 2\n  f(word) == 1", ""},
    /* how it comes about, then what comes out */
    {"def solve(N):\n  For N = 1000, the sum of digits will be 1 the output should be \"1\".\n"
     "  For N = 150, the sum of digits will be 6 the output should be \"110\".\n",
     "(N = 1000)=>\"1\";(N = 150)=>\"110\""},
    {"def f(n):\n  When n = 5 we add 1 and 2 and so on, so it returns 15.", "(n = 5)=>15"},
    {"def f(n):\n  For n = 5, if nothing is left, the output should be 1.", ""},
    {"def f(n):\n  For n = 5 do this. The output should be 1.", ""},
    {"def f(n):\n  For k = 5 we add all, the output should be 1.", ""},
    {"def f(n):\n  For n = 5 the output should not be 1, but the result is 2.", ""},
    {"For n = 5 we add all, the output should be 1.", ""},
    /* not examples */
    {"write a function that adds two numbers", ""},
    {"fibonacci", ""},
    {"a -> b", ""},
    {"migrate the data -> then delete it", ""},
    {"if x == 3 then stop", ""},
    {"f(x) == y", ""},
    {"f(x) -> int", ""},
    {"def f(x: int) -> int:", ""},
    {"call f(3) and look", ""},
    {"press Ctrl -> C", ""},
    {"a == b", ""},
    {"return x == 3", ""},
    {"", ""},
    {"f(", ""},
    {"f(3) ==", ""},
    {"== 9", ""},
    {"f('abc == 9", ""},
    {"f([1, 2) == 3", ""},
    {"\xE2\x86\x92", ""},
};

static void write_found(const struct examples *x, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < x->count && n < size; i++) {
        const struct example *e = &x->list[i];
        n += (size_t)snprintf(out + n, size - n, "%s%s%.*s%s=>%.*s", i ? ";" : "",
                              e->call ? "" : "(", (int)(e->call ? e->call_len : e->args_len),
                              e->call ? e->call : e->args, e->call ? "" : ")", (int)e->expected_len,
                              e->expected);
    }
}

static void every_notation_is_read(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct examples x = {0};
        char found[1000];
        examples_read(cases[i].text, &x);
        write_found(&x, found, sizeof found);
        if (strcmp(found, cases[i].found) != 0) {
            print_error("%s\n    gives %s\n    not   %s\n", cases[i].text, found, cases[i].found);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void many_examples_end_at_the_limit(void **state)
{
    char text[4000] = "";
    struct examples x = {0};
    (void)state;
    for (int i = 0; i < 100; i++)
        snprintf(text + strlen(text), 40, "f(%d) == %d, ", i, i);
    examples_read(text, &x);
    assert_int_equal(x.count, EXAMPLES_MAX);
    assert_string_equal(x.function, "f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_notation_is_read),
        cmocka_unit_test(many_examples_end_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
