/* Tasks that are alike, and what is kept of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/artifact.h"
#include "core/store/similar.h"
#include "core/words/content.h"

static void words_that_tell_something(void **state)
{
    struct content c;
    char text[400] = "";
    (void)state;
    content_read(
        "Write a Python function that returns the squares of all numbers; squared_all([1, 2]) == "
        "[1, 4]. The square of each Number",
        &c);
    for (int i = 0; i < c.count; i++) {
        strcat(text, c.words[i]);
        strcat(text, " ");
    }
    assert_string_equal(text, "squar number ");
    content_read("", &c);
    assert_int_equal(c.count, 0);
    content_read("größte Zahl einer Liste", &c);
    assert_int_equal(c.count, 4);
}

static const struct {
    const char *a, *b;
    bool alike;
} pairs[] = {
    {"sort a list of words by their length", "sorting words by length, longest first", true},
    {"count the vowels of a text", "count the consonants of a text", true},
    {"sort a list of words by their length", "the median of a list of floats", false},
    {"add two numbers", "write a function that adds numbers", true},
    {"add two numbers", "write a function that adds", false}, /* one word is not enough */
    {"write a function", "write a function", false},
    {"reverse a text",
     "a long story about a text that is to be reversed, split at commas, counted, "
     "trimmed and joined with semicolons",
     false}, /* half of each */
};

static void tasks_that_are_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct content a, b;
        content_read(pairs[i].a, &a);
        content_read(pairs[i].b, &b);
        if (content_alike(&a, &b) != pairs[i].alike || content_alike(&b, &a) != pairs[i].alike)
            fail_msg("%s / %s", pairs[i].a, pairs[i].b);
    }
}

static sqlite3 *db;

struct kept {
    const char *task, *class, *source;
    int examples, tests;
    bool solved;
};

static void keep(const struct kept *k)
{
    struct json_object *o = json_object_new_object(), *checked = json_object_new_object();
    char id[24];
    json_add_str(o, "kind", "function");
    json_add_str(o, "name", "f");
    json_add_str(o, "task", k->task);
    json_add_str(o, "class", k->class);
    json_add_bool(o, "solved", k->solved);
    json_add_str(o, "source", k->source);
    json_add_i64(checked, "examples_passed", k->examples);
    json_add_i64(checked, "tests_passed", k->tests);
    json_object_object_add(o, "checked", checked);
    assert_int_equal(artifact_insert(db, o, id, NULL), ERR_OK);
    json_object_put(o);
}

static const char *found(const char *task, size_t bytes)
{
    static char text[200];
    struct json_object *list;
    assert_int_equal(similar_programs(db, task, "CODE", 2, bytes, &list, NULL), ERR_OK);
    text[0] = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        strcat(text, json_str(json_object_array_get_idx(list, i), "id", "?"));
        strcat(text, " ");
    }
    json_object_put(list);
    return text;
}

static void only_sound_programs_are_found(void **state)
{
    static const struct kept all[] = {
        {"count the vowels of a text", "CODE", "def a(): pass", 2, 0, true},
        {"count the vowels of a text", "CODE", "def b(): pass", 2, 0, false}, /* failed */
        {"count the vowels of a text", "CODE", "def c(): pass", 0, 0, true},  /* unchecked */
        {"count the vowels of a text", "ALGORITHM", "def d(): pass", 2, 0,
         true},                                                              /* another class */
        {"count the vowels of a text", "CODE", "def a(): pass", 2, 0, true}, /* the same again */
        {"count vowels of many a text by letter", "CODE", "def f(): pass", 0, 3, true},
        {"count the lines of a text", "CODE", "def g(): return 'a long program'", 1, 0, true},
        {"draw a picture", "CODE", "def h(): pass", 1, 0, true},
    };
    static const char task[] = "count the vowels of each text";
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    assert_string_equal(found(task, 1000), "");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        keep(&all[i]);
    assert_string_equal(found(task, 1000), "a1 a6 ");
    assert_string_equal(found(task, 20), "a1 ");
    assert_string_equal(found(task, 5), "");
    assert_string_equal(found("count lines of the text \"*) OR x NEAR(", 1000), "a7 a1 ");
    assert_string_equal(found("write a function", 1000), "");
    assert_int_equal(artifact_rate(db, 1, 1, 1, NULL), ERR_OK); /* a person says that it is bad */
    assert_int_equal(artifact_put_aside(db, 6, 77, NULL), ERR_OK);
    assert_string_equal(found(task, 1000), "a5 a7 ");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const char *candidates(const char *task, int most)
{
    static char text[200];
    struct json_object *list;
    assert_int_equal(same_candidates(db, task, most, &list, NULL), ERR_OK);
    text[0] = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        strcat(text, json_str(json_object_array_get_idx(list, i), "id", "?"));
        strcat(text, " ");
    }
    json_object_put(list);
    return text;
}

/* Whatever solved a task that shares words with this one, each program once; of any class, as the
 * rules may not be sure of the new task's. */
static void what_may_be_the_same_task(void **state)
{
    static const struct kept all[] = {
        {"count the vowels of a text", "CODE", "def a(): pass", 0, 0, true},
        {"count the vowels of a text", "CODE", "def b(): pass", 2, 0, false}, /* failed */
        {"count the vowels of a text", "ALGORITHM", "def c(): pass", 2, 0, true},
        {"count the vowels of a text", "CODE", "def a(): pass", 2, 0, true}, /* the same again */
        {"count the lines of a text", "CODE", "def g(): pass", 1, 0, true},
        {"draw a picture", "CODE", "def h(): pass", 1, 0, true},
    };
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    assert_string_equal(candidates("count vowels", 24), "");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        keep(&all[i]);
    assert_string_equal(candidates("count vowels of texts", 24), "a1 a3 a5 ");
    assert_string_equal(candidates("count vowels of texts", 1), "a1 ");
    assert_string_equal(candidates("write a function", 24), "");
    assert_int_equal(artifact_put_aside(db, 3, 77, NULL), ERR_OK);
    assert_string_equal(candidates("count vowels of texts", 24), "a1 a5 ");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Found by meaning: those that words have found are not told twice, and what may not answer is left
 * out. */
static void what_is_found_by_meaning_comes_besides(void **state)
{
    static const struct kept all[] = {
        {"count the vowels of a text", "CODE", "def a(): pass", 0, 0, true},
        {"tell how often a, e, i, o and u occur", "CODE", "def b(): pass", 2, 0, true},
        {"tell how often a, e, i, o and u occur", "CODE", "def c(): pass", 2, 0, false},
        {"draw a picture", "CODE", "def a(): pass", 1, 0, true}, /* the program of a1 */
    };
    static const int64_t near[] = {2, 1, 3, 99, 4};
    struct json_object *list;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        keep(&all[i]);
    assert_int_equal(same_candidates(db, "count vowels", 24, &list, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(list), 1);
    assert_int_equal(same_candidates_add(db, near, 5, list, NULL), ERR_OK);
    assert_int_equal(json_object_array_length(list), 2);
    assert_string_equal(json_str(json_object_array_get_idx(list, 1), "id", ""), "a2");
    assert_int_equal(json_i64(json_object_array_get_idx(list, 1), "place", 0), 1);
    json_object_put(list);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_tell_something),
        cmocka_unit_test(tasks_that_are_alike),
        cmocka_unit_test(only_sound_programs_are_found),
        cmocka_unit_test(what_may_be_the_same_task),
        cmocka_unit_test(what_is_found_by_meaning_comes_besides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
