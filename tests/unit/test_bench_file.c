/* Files of a bench: what is taken, where the first wrong line is told, which lines are drawn, and
 * the words of a task. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bench_file.h"

#define GOOD(id)                                                                                   \
    "{\"task_id\":\"" id "\",\"prompt\":\"p\",\"entry_point\":\"f\",\"test\":\"def check(c): "     \
    "0\"}\n"

static void a_good_file(void **state)
{
    static const char text[] = "\xEF\xBB\xBF# remark\n\n " GOOD(
        "a") "{\"test\":\"def check(candidate):\\n assert 1\","
             "\"prompt\":\"größer\",\"task_id\":\"b\",\"entry_point\":\"g_1\",\"class\":\"data\","
             "\"split\":"
             "\"dev\",\"canonical_solution\":\"never read\",\"n\":[1]}\r\n";
    struct json_object *tasks, *b;
    struct err_info info = {0};
    (void)state;
    if (bench_file_parse(text, strlen(text), "f", &tasks, &info))
        fail_msg("%d:%d %s", info.line, info.column, info.message);
    assert_int_equal(json_object_array_length(tasks), 2);
    assert_string_equal(json_str(json_object_array_get_idx(tasks, 0), "class", "-"), "");
    b = json_object_array_get_idx(tasks, 1);
    assert_string_equal(json_str(b, "prompt", ""), "größer");
    assert_string_equal(json_str(b, "split", ""), "dev");
    assert_null(json_get(b, "canonical_solution"));
    json_object_put(tasks);
}

static void wrong_files(void **state)
{
    static const struct {
        const char *text, *message;
        int line, column;
    } cases[] = {
        {"", "no task", 0, 0},
        {"# only a remark\n\n", "no task", 0, 0},
        {GOOD("a") "plain words", "", 2, 1},
        {GOOD("a") "[1]", "each line is an object", 2, 1},
        {"  {}", "no \"task_id\"", 1, 3},
        {"{\"task_id\":1}", "\"task_id\" is a text", 1, 2},
        {"{\"task_id\":\"a\",\"prompt\":\" \"}", "\"prompt\" is empty", 1, 16},
        {"{\"task_id\":\"a\",\"prompt\":\"p\",\"entry_point\":\"f\"}", "no \"test\"", 1, 1},
        {"{\"task_id\":\"a\",\"prompt\":\"p\",\"test\":\"def check(c)\",\"entry_point\":\"f g\"}",
         "name of a Python function", 1, 51},
        {"{\"task_id\":\"a\",\"prompt\":\"p\",\"entry_point\":\"1f\",\"test\":\"def check(c)\"}",
         "name of a Python function", 1, 29},
        {"{\"task_id\":\"a\",\"prompt\":\"p\",\"entry_point\":\"f\",\"test\":\"assert f\"}",
         "defines no check", 1, 47},
        {"{\"task_id\":\"a\\u0007\"}", "control character", 1, 2},
        {"{\"task_id\":\"a\",\"prompt\":\"a\\u0000b\"}", "NUL", 1, 16},
        {GOOD("a") "\n" GOOD("a"), "line 1 has the same \"task_id\"", 3, 2},
        {"{\"task_id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
         "longer than 63 bytes", 1, 2},
        {GOOD("a") "{\"task_id\":\"b\",\"class\":2,\"prompt\":\"p\",\"entry_point\":\"f\",\"test\":"
                   "\"def check(\"}",
         "\"class\" is a text", 2, 16},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *tasks;
        struct err_info info = {0};
        if (!bench_file_parse(cases[i].text, strlen(cases[i].text), "f", &tasks, &info))
            fail_msg("case %zu was taken", i);
        assert_null(tasks);
        if (info.line != cases[i].line || info.column != cases[i].column ||
            !strstr(info.message, cases[i].message) || strcmp(info.file, "f") != 0)
            fail_msg("case %zu: %s:%d:%d: %s", i, info.file, info.line, info.column, info.message);
    }
}

/* ---- drawing ---- */

static struct json_object *set_of(int n)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++) {
        struct json_object *o = json_object_new_object();
        json_add_i64(o, "i", i);
        json_add_str(o, "class", i % 2 ? "odd" : "even");
        json_add_str(o, "split", i % 3 ? "dev" : "held");
        json_object_array_add(list, o);
    }
    return list;
}

static void draw(struct json_object *set, struct bench_choice c, char out[400])
{
    struct json_object *drawn;
    out[0] = 0;
    assert_int_equal(bench_file_draw(set, &c, &drawn, NULL), ERR_OK);
    for (size_t i = 0; i < json_object_array_length(drawn); i++) {
        int64_t n = json_i64(json_object_array_get_idx(drawn, i), "i", -1);
        snprintf(out + strlen(out), 400 - strlen(out), "%lld ", (long long)n);
    }
    json_object_put(drawn);
}

static void lines_are_drawn_by_the_seed(void **state)
{
    struct json_object *set = set_of(20), *none;
    char a[400], b[400], c[400];
    int counts[20] = {0};
    (void)state;
    draw(set, (struct bench_choice){.split = "held", .class = "odd"}, a);
    assert_int_equal(strlen(a), strlen("3 9 15 "));
    for (int i = 3; i < 20; i += 6) {
        snprintf(b, sizeof b, "%d ", i);
        assert_non_null(strstr(a, b));
    }
    draw(set, (struct bench_choice){.limit = 5, .seed = 1}, a);
    draw(set, (struct bench_choice){.limit = 5, .seed = 1}, b);
    draw(set, (struct bench_choice){.limit = 5, .seed = 2}, c);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    draw(set, (struct bench_choice){.limit = 9, .seed = 1}, c);
    assert_memory_equal(c, a, strlen(a)); /* more of them begin with the same */
    for (uint64_t seed = 0; seed < 400; seed++) {
        draw(set, (struct bench_choice){.limit = 5, .seed = seed}, a);
        for (char *p = a; *p; p = strchr(p, ' ') + 1)
            counts[atoi(p)]++;
    }
    for (int i = 0; i < 20; i++)
        assert_in_range(counts[i], 60, 140); /* 100 are expected */
    assert_int_equal(bench_file_draw(set, &(struct bench_choice){.split = "x"}, &none, NULL),
                     ERR_INPUT);
    json_object_put(set);
}

/* ---- words ---- */

static void words_of_tasks(void **state)
{
    static const struct {
        const char *prompt, *text, *raw;
    } cases[] = {
        {"def f(x):\n    \"\"\"d\"\"\"\n",
         "Write this Python function completely:\n\ndef f(x):\n    "
         "\"\"\"d\"\"\"",
         "def f(x):\n    \"\"\"d\"\"\""},
        {"import math\n\nasync def f():\n",
         "Write this Python function completely:\n\nimport math\n\nasync def f():",
         "import math\n\nasync def f():"},
        {"def g(x): helper of f(x)", "def g(x): helper of f(x)", "def g(x): helper of f(x)"},
        {"say something", "say something\nName the function f.",
         "say something\nName the function f."},
        {"of g_f and fx", "of g_f and fx\nName the function f.",
         "of g_f and fx\nName the function f."},
        {"f(3) == 9\n", "f(3) == 9", "f(3) == 9"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text;
        buf_init(&text, 1000);
        assert_int_equal(bench_task_text(cases[i].prompt, "f", true, &text), ERR_OK);
        assert_string_equal(text.data, cases[i].text);
        buf_clear(&text);
        assert_int_equal(bench_task_text(cases[i].prompt, "f", false, &text), ERR_OK);
        assert_string_equal(text.data, cases[i].raw);
        buf_fini(&text);
    }
}

static void parts(void **state)
{
    struct json_object *list;
    struct err_info info = {0};
    (void)state;
    assert_int_equal(bench_parts_read("tests,plan", &list, &info), ERR_OK);
    assert_string_equal(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN),
                        "[\"tests\",\"plan\"]");
    json_object_put(list);
    assert_int_equal(bench_parts_read("tests,test", &list, &info), ERR_USAGE);
    assert_non_null(strstr(info.message, "\"test\" is no part"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file),
        cmocka_unit_test(wrong_files),
        cmocka_unit_test(lines_are_drawn_by_the_seed),
        cmocka_unit_test(words_of_tasks),
        cmocka_unit_test(parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
