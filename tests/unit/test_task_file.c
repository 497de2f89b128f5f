/* Files of tasks: what is taken, and where the first wrong line is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/task_file.h"

static void good_files(void **state)
{
    static const struct {
        const char *text, *tasks;
    } cases[] = {
        {"add two numbers", "[{\"task\":\"add two numbers\"}]"},
        {"\xEF\xBB\xBF  a \r\n\r\n# remark\n  b\t", "[{\"task\":\"a\"},{\"task\":\"b\"}]"},
        {"{\"task\":\"a\",\"input\":{\"n\":1},\"kind\":\"text\",\"tokens\":9}\nb {\n",
         "[{\"task\":\"a\",\"input\":{\"n\":1},\"kind\":\"text\",\"tokens\":9},{\"task\":\"b "
         "{\"}]"},
        {"{\"task\":\"a\",\"class\":\"text\"}\n{\"task\":\"b\",\"class\":\"Algorithm\"}",
         "[{\"task\":\"a\",\"class\":\"text\"},{\"task\":\"b\",\"class\":\"Algorithm\"}]"},
        {"größer 你好", "[{\"task\":\"größer 你好\"}]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *tasks;
        struct err_info info = {0};
        if (task_file_parse(cases[i].text, strlen(cases[i].text), "f", &tasks, &info))
            fail_msg("case %zu: %s", i, info.message);
        assert_string_equal(json_object_to_json_string_ext(tasks, JSON_C_TO_STRING_PLAIN),
                            cases[i].tasks);
        json_object_put(tasks);
    }
}

static void wrong_files(void **state)
{
    static const struct {
        const char *text;
        int line, column;
    } cases[] = {
        {"", 0, 0},
        {"# only a remark\n\n", 0, 0},
        {"a\n  {\"task\": 7}\n", 2, 4},
        {"a\n{\"task\":\"b\",\"token\":1}", 2, 13},
        {"{\"task\":\"b\",\"tokens\":-1}", 1, 13},
        {"{\"task\":\"b\",\"class\":\"poem\"}", 1, 13},
        {"{\"task\":\"b\",\"class\":1}", 1, 13},
        {"{\"task\":\"b\",\"input\":[1]}", 1, 13},
        {"{\"input\":{}}", 1, 1},
        {"{\"task\":\"  \"}", 1, 1},
        {"a\n {\"task\": \"b\"", 2, 14},
        {"a\nb\x1b[2Jc", 2, 2},
        {"a\nab\xff", 2, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *tasks = (void *)1;
        struct err_info info = {0};
        assert_int_not_equal(
            task_file_parse(cases[i].text, strlen(cases[i].text), "f.jsonl", &tasks, &info),
            ERR_OK);
        assert_null(tasks);
        assert_string_equal(info.file, "f.jsonl");
        if (info.line != cases[i].line || info.column != cases[i].column)
            fail_msg("case %zu: %d:%d %s", i, info.line, info.column, info.message);
    }
}

static void too_much(void **state)
{
    char *text = malloc(TASK_FILE_TASK_MAX + 2);
    struct json_object *tasks;
    (void)state;
    memset(text, 'a', TASK_FILE_TASK_MAX + 1);
    assert_int_equal(task_file_parse(text, TASK_FILE_TASK_MAX, "f", &tasks, NULL), ERR_OK);
    json_object_put(tasks);
    assert_int_equal(task_file_parse(text, TASK_FILE_TASK_MAX + 1, "f", &tasks, NULL), ERR_PARSE);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good_files), cmocka_unit_test(wrong_files),
                                       cmocka_unit_test(too_much)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
