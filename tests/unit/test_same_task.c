/* The same task in other words, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/words/same_task.h"

static struct same_text kept, asked;

static enum same_verdict judge(const char *a, const char *b, struct same_judgement *j)
{
    same_text_read(a, &kept);
    same_text_read(b, &asked);
    same_task(&kept, &asked, j);
    return j->verdict;
}

static const struct {
    const char *a, *b;
    int proof;
} same[] = {
    /* politeness, case, number, tense */
    {"Write a Python function that returns the sum of all even numbers in a list.",
     "please, I need something that gives the sum of even numbers of a list!", 0},
    {"sort a list of words alphabetically", "Sorting a list of words in alphabetical order", 0},
    /* paraphrases */
    {"find the largest number in a list", "return the maximum of an array of integers", 0},
    {"sort numbers from smallest to largest", "sort numbers in ascending order", 0},
    {"count the vowels in a string", "how many vowels are in a text?", 0},
    {"words with at least three letters", "words with 3 or more letters", 0},
    {"words with no more than 3 letters", "words with at most three letters", 0},
    {"remove duplicates and keep the order", "drop duplicates, preserving the order", 0},
    {"compare two words ignoring case", "compare two words, case-insensitively", 0},
    {"return True if n is prime, False otherwise", "check whether n is prime", 0},
    {"split a string at \",\"", "split a text at commas", 0},
    {"normalise the colour names", "normalize color names", 0},
    /* a head, a docstring, examples are no words */
    {"def total(rows: list) -> int:\n    \"\"\"Sum the prices.\n\n    >>> total([1, 2])\n    3\n   "
     " "
     "\"\"\"\n",
     "sum prices, total([5]) == 5", 0},
    /* what an example has to prove */
    {"return the sum of the squares", "square and return the sum", 2},
    {"sort each line of a text", "sort lines of a text", 2},
};

/* White space in a text of an example makes it another example; quotes and what stands between the
 * values do not. */
static void examples_differ_by_what_is_in_their_texts(void **state)
{
    (void)state;
    same_text_read("join the words, join([\"a b\", \"c\"]) == \"a bc\"", &kept);
    same_text_read("join the words, join([ 'a b','c' ]) == 'a bc'", &asked);
    assert_int_equal(kept.hash_count, 1);
    assert_int_equal(asked.hash_count, 1);
    assert_int_equal(kept.hashes[0], asked.hashes[0]);
    same_text_read("join the words, join([\"ab\", \"c\"]) == \"a bc\"", &asked);
    assert_int_not_equal(kept.hashes[0], asked.hashes[0]);
    same_text_read("join the words, join([\"a b\", \"c\"]) == \"abc\"", &asked);
    assert_int_not_equal(kept.hashes[0], asked.hashes[0]);
}

static void the_same_in_other_words(void **state)
{
    struct same_judgement j;
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        if (judge(same[i].a, same[i].b, &j) != SAME_TASK || j.proof != same[i].proof)
            fail_msg("%s / %s: %s, proof %d, %s", same[i].a, same[i].b,
                     same_verdict_name(j.verdict), j.proof, j.why);
        if (judge(same[i].b, same[i].a, &j) != SAME_TASK)
            fail_msg("turned: %s / %s: %s", same[i].a, same[i].b, j.why);
    }
}

static const char *const traps[][2] = {
    {"sort numbers in ascending order", "sort numbers in descending order"},
    {"sum of the numbers", "sum of the squares of the numbers"},
    {"numbers between a and b inclusive", "numbers between a and b exclusive"},
    {"numbers between a and b", "numbers between a and b, both included"},
    {"compare two words", "compare two words ignoring case"},
    {"remove duplicates", "remove duplicates and keep the order"},
    {"the first word of a text", "the last word of a text"},
    {"the mean of a list", "the median of a list"},
    {"count the words", "count the distinct words"},
    {"the position of x counted from 0", "the position of x counted from 1"},
    {"seconds as a text", "minutes as a text"},
    {"split the line at commas", "split the line at semicolons"},
    {"index of x, None if it is missing", "index of x, raise an error if it is missing"},
    {"at least 18", "more than 18"},
    {"the smallest price", "the largest price"},
    {"remove the vowels", "remove the consonants"},
    {"words that are empty", "words that are not empty"},
    {"add 19 percent", "add 7 percent"},
    {"return \"yes\" for primes", "return \"no\" for primes"},
    {"return \"Yes\" for primes", "return \"yes\" for primes"},
    {"convert celsius to fahrenheit", "convert fahrenheit to celsius"},
    {"celsius to fahrenheit", "from fahrenheit convert to celsius"},
    {"celsius from fahrenheit", "celsius to fahrenheit"},
    {"sort by name, then by age", "sort by age, then by name"},
    {"first letter of the last word", "last letter of the first word"},
    {"divisible by 3 or 5", "divisible by 3 or 7"},
    {"round_up(x): round x", "round_down(x): round x"},
    {"def f(x: int) -> int:\n    \"\"\"Square x.\"\"\"\n",
     "def f(x: int) -> str:\n    \"\"\"Square x.\"\"\"\n"},
    {"def f(text, sep=\",\"):\n    \"\"\"Split the text.\"\"\"\n",
     "def f(text, sep=\";\"):\n    \"\"\"Split the text.\"\"\"\n"},
    {"def f(a, b):\n    \"\"\"Add.\"\"\"\n", "def f(a, b, c):\n    \"\"\"Add.\"\"\"\n"},
    {"whether all words are long", "whether some word is long"},
    {"subtract a from b", "subtract b from a"},
    {"divide a by b", "divide b by a"},
    {"items in a but not in b", "items in b but not in a"},
    {"lines before the marker", "lines after the marker"},
    {"print the primes", "return the primes"},
    {"numbers under 10", "numbers over 10"},
    {"format a date as DD/MM/YYYY", "format a date as MM/DD/YYYY"},
    {"pad a text on the left", "pad a text on the right"},
    {"the three cheapest products", "the three dearest products"},
    {"words that start with a vowel", "words that end with a vowel"},
    {"squares from 1 to n", "squares from 0 to n"},
    {"remove leading spaces", "remove trailing spaces"},
    {"carts of (name, price, count): the sum", "carts of (name, count, price): the sum"},
};

static void traps_are_no_reuse_whatever_examples_say(void **state)
{
    struct same_judgement j;
    (void)state;
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
        for (int turned = 0; turned < 2; turned++) {
            enum same_verdict v = judge(traps[i][turned], traps[i][!turned], &j);
            if (v == SAME_TASK || j.unsure || !j.why[0])
                fail_msg("%s / %s: %s", traps[i][turned], traps[i][!turned], j.why);
        }
}

static void what_is_unsure(void **state)
{
    struct same_judgement j;
    (void)state;
    /* unknown words: a question, and two examples even where name and example are the same */
    assert_int_equal(
        judge("sum the marks of the pupils in class", "sum the marks of the kids in class", &j),
        SAME_ADAPTABLE);
    assert_true(j.unsure);
    assert_int_equal(judge("add(marks): sum the marks of the pupils in class, add([2, 3]) == 5",
                           "add(marks) sums the marks of the kids in class: add([2,3]) is 5", &j),
                     SAME_TASK);
    assert_int_equal(j.proof, 2);
    assert_int_equal(judge("add(marks): sum the marks of the pupils in class, add([2, 3]) == 5",
                           "add(marks) sums the marks of the kids in class: add([2, 4]) is 6", &j),
                     SAME_ADAPTABLE);
    assert_int_equal(judge("encrypt the text with k", "decipher the text with k", &j),
                     SAME_DIFFERENT);
    assert_int_equal(judge("reverse the words of a text", "reverse each word of a text", &j),
                     SAME_TASK);
    assert_int_equal(j.proof, 2);
    assert_int_equal(judge("reverse a string", "the median of a list", &j), SAME_DIFFERENT);
    assert_int_equal(judge("", "", &j), SAME_DIFFERENT);
    assert_int_equal(judge("write a function", "write a function", &j), SAME_DIFFERENT);
}

static void examples_that_tell_something(void **state)
{
    static const struct {
        const char *text;
        int count, telling;
    } cases[] = {
        {"sort, f([]) == []", 1, 0},
        {"sort, f([1]) == [1]", 1, 0},
        {"sort, f([3, 2]) == [2, 3]", 1, 1},
        {"sort, f('cba') == 'abc', f('a') == 'a'", 2, 1},
        {"sort, f([1, 2]) == [1, 2]", 1, 0},
        {"pair, f([2, 2]) == 1", 1, 0},
        {"pair, f('abc') is True", 1, 0},
        {"pair, f('abc') is True, f('abd') is False", 2, 1},
        {"sort, f(0) == 0, f(1) == 1, f(42) == 7", 3, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        same_text_read(cases[i].text, &kept);
        if (kept.examples != cases[i].count || kept.telling != cases[i].telling)
            fail_msg("%s: %d of %d", cases[i].text, kept.telling, kept.examples);
    }
}

static void odd_texts(void **state)
{
    struct same_judgement j;
    char *text = malloc(40000);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', 39999);
    text[39999] = 0;
    assert_int_equal(judge(text, text, &j), SAME_DIFFERENT);
    for (int i = 0; i < 13000; i++)
        memcpy(text + 3 * i, "ab ", 3);
    assert_int_equal(judge(text, text, &j), SAME_DIFFERENT);
    free(text);
    same_text_read("\"'`\"\"\" ' \" `` -- -> <= \xE2\x82\xAC 1,000 3.5 -1 ... ((([[", &kept);
    same_text_read("f(", &kept);
    same_text_read("def f(", &kept);
    same_text_read("def f(a, b=", &kept);
    same_name_read("__a__B_C9sumOfSQUARES", &kept);
    same_name_read("", &kept);
    assert_int_equal(kept.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_differ_by_what_is_in_their_texts),
        cmocka_unit_test(the_same_in_other_words),
        cmocka_unit_test(traps_are_no_reuse_whatever_examples_say),
        cmocka_unit_test(what_is_unsure),
        cmocka_unit_test(examples_that_tell_something),
        cmocka_unit_test(odd_texts),
    };
    return cmocka_run_group_tests_name("same_task", tests, NULL, NULL);
}
