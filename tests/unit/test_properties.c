/* What the words of a task decide of every answer, and what they do not: a table of phrases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/properties.h"

/* "ascending! …": those that are sure have a mark; "steady" and "answers" go without saying, a type
 * is "typed:list". `at` is put behind the text as an example. */
struct phrase {
    const char *text, *names;
};

#define L    "f([3, 1, 2]) == "
#define ASC  "ascending! permutation! idempotent!"
#define DESC "descending! permutation! idempotent!"
#define ONCE "unique! same_set! idempotent!"
#define BACK "mirror! permutation! involution!"

static const struct phrase phrases[] = {
    /* sorting */
    {"Write a function that sorts a list of numbers. " L "[1, 2, 3]", ASC},
    {"Sort a list of integers in ascending order. " L "[1, 2, 3]", ASC},
    {"sort the given list in increasing order: " L "[1, 2, 3]", ASC},
    {"Write f(xs), which sorts an array from smallest to largest. " L "[1, 2, 3]", ASC},
    {"Write a function to sort a list of numbers using bubble sort. " L "[1, 2, 3]", ASC},
    {"def f(items: list[int]) -> list[int]:\n    \"\"\"Sort the list in ascending order.\"\"\"\n",
     ASC " typed:list"},
    {"def f(items):\n    \"\"\"Sort the numbers in\n    ascending order.\n\n    >>> f([3, 1, 2])\n "
     "   [1, 2, "
     "3]\n    \"\"\"\n",
     ASC},
    {"Sort the list in descending order. " L "[3, 2, 1]", DESC},
    {"Write a function that sorts an array from largest to smallest. " L "[3, 2, 1]", DESC},
    {"Write a function f that sorts a list of words and returns the result. f([\"b\", \"a\"]) == "
     "[\"a\", "
     "\"b\"]",
     ASC},
    /* duplicates */
    {"Remove duplicates from a list. f([1, 1, 2]) == [1, 2]", ONCE},
    {"Write a function that removes all duplicates from a list of integers. f([1, 1, 2]) == [1, 2]",
     ONCE},
    {"Remove the duplicates from the list while preserving the order. f([1, 1, 2]) == [1, 2]",
     ONCE " in_order!"},
    {"Remove duplicate elements from a list, keeping the original order. f([1, 1]) == [1]", ONCE},
    {"Please deduplicate a list. f([1, 1, 2]) == [1, 2]", ONCE},
    {"Remove all duplicate characters from a string. f(\"aab\") == \"ab\"", ONCE},
    {"Return a list of the unique words. f(\"a b a\") == [\"a\", \"b\"]", "unique typed:list"},
    /* reversing */
    {"Write a function that reverses a string. f(\"abc\") == \"cba\"", BACK},
    {"reverse a string without using slices, f(\"abc\") == \"cba\"", BACK},
    {"Reverse the given list. " L "[2, 1, 3]", BACK},
    {"def f(text: str) -> str:\n    \"\"\"Reverse the text.\"\"\"\n", BACK " typed:str"},
    {"Write a function that reverses a list of numbers and returns the result. " L "[2, 1, 3]",
     ""}, /* not read: a list of numbers, and … */
    /* the largest, the smallest */
    {"Find the largest number in a list. " L "3", "largest! steady!"},
    {"Return the maximum value of the list. " L "3", "largest! steady!"},
    {"Write a function that returns the smallest element of an array. " L "1", "smallest! steady!"},
    /* letters */
    {"Convert a string to upper case. f(\"ab\") == \"AB\"", "upper same_length idempotent"},
    {"Write a function that converts the text to lowercase. f(\"AB\") == \"ab\"",
     "lower same_length idempotent"},
    {"Trim leading and trailing whitespace. f(\" a \") == \"a\"", "idempotent"},
    {"Collapse multiple spaces into a single space. f(\"a  b\") == \"a b\"", "idempotent"},
    {"Remove all vowels from a string. f(\"abc\") == \"bc\"", "in_order idempotent"},
    /* parts */
    {"Return the even numbers of a list. " L "[2]", "even in_order"},
    {"Write a function that returns only the odd numbers in the list. " L "[3, 1]", "odd in_order"},
    {"Keep all positive integers from a list. " L "[3, 1, 2]", "positive in_order"},
    {"It should give back a list of the same length where each element is doubled. " L "[6, 2, 4]",
     "same_length"},
    /* counting */
    {"Count how many vowels there are. f(\"abc\") == 1", "not_negative"},
    {"Return how many words the text has. f(\"a b\") == 2", "not_negative"},
    {"Count the words of a text. f(\"a b\") == 2", "not_negative"},
    /* two that may be swapped */
    {"Are two words anagrams of each other? f(\"ab\", \"ba\") == True", "symmetric"},
    {"Compute the greatest common divisor of two integers. f(4, 6) == 2", "symmetric"},
    {"Return the Hamming distance between two strings. f(\"ab\", \"aa\") == 1", "symmetric"},
    {"Write a function f(a, b) that adds two numbers.", "symmetric"},
    /* types */
    {"Return a list of strings. f(2) == [\"a\", \"b\"]", "typed:list"},
    {"It returns a dict that maps words to lengths. f(\"a\") == {\"a\": 1}", "typed:dict"},
    {"def f(n: int) -> bool:\n    \"\"\"Whether n is fine.\"\"\"\n", "typed:bool"},
    {"def f(n: int) -> int:\n    \"\"\"The next one.\"\"\"\n", "typed:int"},
    /* order of what is returned */
    {"def f(n: int) -> list:\n    \"\"\"Return all divisors of n, including n itself, in "
     "ascending\n    "
     "order.\n\n    >>> f(4)\n    [1, 2, 4]\n    \"\"\"\n",
     "typed:list ascending"},
    {"Return the names in alphabetical order. f([\"b\", \"a\"]) == [\"a\", \"b\"]", "ascending"},
    /* arguments */
    {"Add one to each number. The given list must not be changed. " L "[4, 2, 3]", "untouched"},
    {"Return the sum of both. The two lists themselves must not be changed. f([1], [2]) == 3",
     "untouched"},
    {"Double the numbers without modifying the input list. " L "[6, 2, 4]", "untouched"},
    /* there and back */
    {"Write encode(s) and decode(s) for run lengths. encode(\"aab\") == \"a2b1\"", "round_trip"},

    /* ---- traps: the words look like it, and mean something else ---- */
    {"Sort a list of tuples in descending order by the second element. f([(1, 2)]) == [(1, 2)]",
     ""},
    {"The list may be unsorted. Return the median. " L "2", ""},
    {"Reverse each word of a sentence. f(\"ab cd\") == \"ba dc\"", ""},
    {"Reverse the words in a string. f(\"ab cd\") == \"cd ab\"", ""},
    {"Reverse the digits of an integer. f(123) == 321", ""},
    {"Reverse a string, but keep the punctuation where it is. f(\"a,b\") == \"b,a\"", ""},
    {"Reverse the list in groups of k. f([1, 2, 3], 2) == [2, 1, 3]", ""},
    {"Check whether a list is sorted in ascending order. " L "False", ""},
    {"Sort a list by length. f([\"aa\", \"b\"]) == [\"b\", \"aa\"]", ""},
    {"Sort the list of numbers so that the even ones come first. " L "[2, 3, 1]", ""},
    {"Sort a list of numbers by their absolute value. f([-3, 1]) == [1, -3]", ""},
    {"Sort each row of a matrix. f([[2, 1]]) == [[1, 2]]", ""},
    {"Sort a list of numbers in wave form. " L "[3, 1, 2]", ""},
    {"Sort an array in-place and return how many swaps it took. " L "2", "not_negative"},
    {"Sort the numbers of a list and remove duplicates. f([2, 1, 1]) == [1, 2]", ""},
    {"Merge two sorted lists into one. f([1, 3], [2]) == [1, 2, 3]", ""},
    {"Return the k largest numbers of a list in descending order. f([3, 1, 2], 2) == [3, 2]",
     "descending"},
    {"Remove consecutive duplicates from a list. f([1, 1, 2, 1]) == [1, 2, 1]", ""},
    {"Remove duplicates from a list of strings, ignoring case. f([\"a\", \"A\"]) == [\"a\"]", ""},
    {"Remove duplicates from the list and keep the last one of each. f([1, 2, 1]) == [2, 1]", ""},
    {"Remove duplicates from a sorted array in-place and return the new length. f([1, 1]) == 1",
     ""},
    {"Return the elements that are unique, that is, occur exactly once. f([1, 1, 2]) == [2]", ""},
    {"How many unique paths are there? f(2, 2) == 2", ""},
    {"Find the second largest number in a list. " L "2", ""},
    {"Find the largest difference between two numbers in a list. " L "2", ""},
    {"Find the largest prime factor of a number. f(6) == 3", ""},
    {"Return the maximum sum of a subarray. " L "6", ""},
    {"Return the index of the largest element in a list. " L "0", ""},
    {"Find the largest even number in a list. " L "2", ""},
    {"Convert the first letter of each word to upper case. f(\"ab\") == \"Ab\"", ""},
    {"Convert a string to upper case, but leave the vowels. f(\"ab\") == \"aB\"", ""},
    {"Return the sum of the even numbers of a list. " L "2", ""},
    {"Count the even numbers of a list. " L "1", ""},
    {"Return the difference of how many ones and zeros there are. f([1, 0, 0]) == -1", ""},
    {"Return the names of each group in alphabetical order. f({\"a\": [\"c\"]}) == [[\"c\"]]", ""},
    {"Return the records in ascending order of age. f([(2, 1)]) == [(2, 1)]", ""},
    {"If the index is out of range the given list must not be changed. f([1], 5) == [1]", ""},
    {"Letters that are not in the alphabet are not changed. f(\"a!\") == \"b!\"", ""},
    {"Return a string or None. f(1) == \"a\"", ""},
    {"Return a list or -1 when there is none. f(1) == [1]", ""},
    {"Return the list's length. " L "3", ""},
    {"Two lists of the same length are given, add them up. f([1], [2]) == [3]", ""},
    {"decode(s) undoes a code in which numbers repeat letters. decode(\"a2\") == \"aa\"", ""},
    {"Write encode(s, key) and decode(s, key). encode(\"a\", 1) == \"b\"", ""},
    {"Add two numbers, then subtract the third. f(1, 2, 3) == 0", ""},
    {"Shuffle a list. f([1]) == [1]", ""},
    {"Tell a joke", ""},
    {"", ""},
};

static void name_all(const struct properties *p, char out[400])
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct property *q = &p->list[i];
        if ((strcmp(q->name, "steady") == 0 && !q->sure) || strcmp(q->name, "answers") == 0)
            continue;
        n += (size_t)snprintf(out + n, 400 - n, "%s%s%s%s%s", n ? " " : "", q->name,
                              q->sure ? "!" : "", *q->type ? ":" : "", q->type);
    }
}

static void read(const char *text, struct properties *p)
{
    struct examples *x = calloc(1, sizeof *x);
    struct buf python;
    buf_init(&python, 1 << 20);
    examples_read(text, x);
    assert_int_equal(examples_python(x, &python), ERR_OK);
    properties_of(text, x, p);
    buf_fini(&python);
    free(x);
}

static void the_words_decide(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        struct properties p;
        char names[400];
        read(phrases[i].text, &p);
        name_all(&p, names);
        if (strcmp(names, phrases[i].names) == 0)
            continue;
        wrong++;
        print_error("%s\n    gives  %s\n    not    %s\n", phrases[i].text, names, phrases[i].names);
    }
    assert_int_equal(wrong, 0);
}

static bool has(const struct properties *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->list[i].name, name) == 0)
            return true;
    return false;
}

static void chance_and_time_are_not_steady(void **state)
{
    struct properties p;
    (void)state;
    read("Double a number. f(2) == 4", &p);
    assert_true(has(&p, "steady"));
    read("Return a random number up to n. f(1) == 1", &p);
    assert_false(has(&p, "steady"));
    read("How many days until Christmas from today? f(1) == 1", &p);
    assert_false(has(&p, "steady"));
}

static void without_a_known_input_they_wait_for_one_of_the_types(void **state)
{
    struct properties p;
    (void)state;
    read("def merge(a: dict[str, int], b: dict[str, int]) -> dict:\n    \"\"\"Merge them.\"\"\"\n",
         &p);
    assert_true(p.open && has(&p, "typed") && has(&p, "steady"));
    read("Write a function merge(a, b) that merges them and returns all in ascending order.", &p);
    assert_true(p.open && has(&p, "ascending"));
    read("Write a function merge(a, b) that merges them.", &p);
    assert_int_equal(p.count, 0);
    read("Write merge(a, b) that merges them. merge({}, {}) == {}", &p);
    assert_false(p.open);
}

static void errors_are_expected_where_the_words_speak_of_them(void **state)
{
    struct properties p;
    (void)state;
    read("def f(text: str) -> int:\n    \"\"\"The length of the text.\"\"\"\n", &p);
    assert_true(has(&p, "answers"));
    read("def f(text: str) -> int:\n    \"\"\"The length of the text; raise ValueError for "
         "3.\"\"\"\n",
         &p);
    assert_false(has(&p, "answers"));
    read("def f(date: str) -> int:\n    \"\"\"The text YYYY-MM-DD is a date.\"\"\"\n", &p);
    assert_false(has(&p, "answers"));
}

static void without_examples_the_head_or_the_words_tell_the_inputs(void **state)
{
    struct properties p;
    (void)state;
    read("def f(a: int, b: str) -> str:\n    \"\"\"Repeat.\"\"\"\n", &p);
    assert_int_equal(p.shape_count, 2);
    assert_string_equal(p.shapes[0], "int");
    assert_string_equal(p.shapes[1], "str");
    read("Write a function f(xs) that sorts a list of numbers.", &p);
    assert_int_equal(p.shape_count, 1);
    assert_string_equal(p.shapes[0], "list[int]");
    read("Reverse a string.", &p);
    assert_int_equal(p.shape_count, 1);
    assert_string_equal(p.shapes[0], "str");
    read("Remove duplicates from a list.", &p);
    assert_string_equal(p.shapes[0], "list[int]");
    read("Sort a list of words.", &p);
    assert_string_equal(p.shapes[0], "list[str]");
    read("Write a function f(board) that finds the winner.", &p);
    assert_int_equal(p.count, 0);
}

static void written_properties_are_read_strictly(void **state)
{
    static const char answer[] = "assert f([1]) == [1]\n"
                                 "property: for x in lists(integers): len(f(x)) == len(x)\n"
                                 "property: for n in integers(-5, 5): f([n]) == [n]  \r\n"
                                 "property: for x in lists(lists(text(\"ab\"))): f(x) == f(f(x))\n"
                                 /* none of these */
                                 "property: for x in floats: f(x) == x\n"
                                 "property: for x in integers(5): f(x) == x\n"
                                 "property: for x in lists: f(x) == x\n"
                                 "property: for x in lists(lists(lists(integers))): f(x) == x\n"
                                 "property: for x in text(\"a\\\"): f(x) == x\n"
                                 "property: for x in text('): f(x) == x\n"
                                 "property: for 1 in text: f(1) == 1\n"
                                 "property: for f in text: f(f) == f\n"
                                 "property: for x, y in text: f(x) == y\n"
                                 "property: for x in text: g(x) == x\n"
                                 "property: for x in text: f(1) == 1\n"
                                 "property: for x in text: fx == f\n"
                                 "property: for x in text:\n"
                                 "property: for x in text: \n"
                                 "property: for x in text\n"
                                 "  property: for x in text: f(x) == x\n"
                                 "property for x in text: f(x) == x\n"
                                 "# property: for x in text: f(x) == x\n";
    struct written w[WRITTEN_MAX];
    (void)state;
    assert_int_equal(properties_read(answer, "f", w), 3);
    assert_string_equal(w[0].name, "x");
    assert_string_equal(w[0].strategy, "lists(integers)");
    assert_string_equal(w[0].expression, "len(f(x)) == len(x)");
    assert_string_equal(w[1].strategy, "integers(-5, 5)");
    assert_string_equal(w[1].expression, "f([n]) == [n]");
    assert_string_equal(w[2].strategy, "lists(lists(text(\"ab\")))");
    assert_int_equal(properties_read(answer, "", w), 0);
    assert_int_equal(properties_read("", "f", w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_decide),
        cmocka_unit_test(chance_and_time_are_not_steady),
        cmocka_unit_test(without_a_known_input_they_wait_for_one_of_the_types),
        cmocka_unit_test(errors_are_expected_where_the_words_speak_of_them),
        cmocka_unit_test(written_properties_are_read_strictly),
        cmocka_unit_test(without_examples_the_head_or_the_words_tell_the_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
