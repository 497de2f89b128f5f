#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/pipeline/extract.h"
#include "core/pipeline/prompt.h"

#define FENCE "```"

static const struct {
    const char *answer, *code; /* NULL: none */
} answers[] = {
    {FENCE "python\nx = 1\n" FENCE "\n", "x = 1\n"},
    {"Sure!\n\n" FENCE "py\nx = 1\n" FENCE "\nDone.", "x = 1\n"},
    {FENCE "\nx = 1\n" FENCE, "x = 1\n"},
    {FENCE "python\nx = 1", "x = 1\n"},                               /* cut by the token limit */
    {FENCE "python\n" FENCE "\n" FENCE "\ny = 2\n" FENCE, "y = 2\n"}, /* the first one is empty */
    {FENCE "python\nx = 1\n" FENCE "\n" FENCE "\ny = 2\n" FENCE, "x = 1\n"},
    {"1. This:\n   " FENCE "python\n   x = 1\n   " FENCE "\n", "   x = 1\n"},
    {FENCE "python\ndef f():\n    '''\n    " FENCE "\n    f()\n    " FENCE "\n    '''\n" FENCE,
     "def f():\n    '''\n    " FENCE "\n    f()\n    " FENCE "\n    '''\n"},
    {FENCE "python\r\nx = 1\r\n" FENCE "\r\n", "x = 1\n"},
    {FENCE "python\nx = '\x1b[2J\x07'\n" FENCE, "x = '[2J'\n"},
    {"def f(x):\n    return x\n", "def f(x):\n    return x\n"},
    {"Here it is:\nimport math\nprint(1)\n", "import math\nprint(1)\n"},
    {"@cache\ndef f():\n    pass", "@cache\ndef f():\n    pass\n"},
    {"def f(x):\n    return x\n\nThis returns x.\n", "def f(x):\n    return x\n\n"},
    {"def f(x):\n    return x\n" FENCE "\nThis returns x.\n", "def f(x):\n    return x\n"},
    {"def f(x):\n    return x\n\ndef f(x):\n    return 2\n", "def f(x):\n    return x\n\n"},
    {"import the module first:\ndef f(x):\n    return x", "def f(x):\n    return x\n"},
    {"I cannot help with that.", NULL},
    {"", NULL},
    {"\x01\x02\x1b\x7f\n\t ", NULL},
    {FENCE "python\n\x01\x02\n" FENCE, NULL},
    {FENCE, NULL},
};

static void test_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct err_info why = {0};
        struct buf code;
        enum err e;
        buf_init(&code, 1 << 16);
        e = extract_code(answers[i].answer, strlen(answers[i].answer), &code, &why);
        if (answers[i].code) {
            assert_int_equal(e, ERR_OK);
            assert_string_equal(code.data, answers[i].code);
        } else {
            assert_int_equal(e, ERR_INPUT);
            assert_true(strlen(why.message) > 10);
        }
        buf_fini(&code);
    }
}

/* The stream is cut at the very character that closes the block, not before. */
static void test_closed(void **state)
{
    static const char text[] = "Sure.\n" FENCE "python\ndef f():\n    \"\"\"\n    " FENCE
                               "\n    \"\"\"\n    return 1\n" FENCE;
    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_false(extract_closed(text, n));
    assert_true(extract_closed(text, sizeof text - 1));
}

static void fill(const char *template, const char *expected)
{
    static const struct prompt_value values[] = {
        {"task", "say {code} and {task}"}, {"code", "{}"}, {NULL, NULL}};
    struct buf out;
    buf_init(&out, 1 << 12);
    assert_int_equal(prompt_fill(template, values, &out), ERR_OK);
    assert_string_equal(out.data, expected);
    buf_fini(&out);
}

static void test_prompt(void **state)
{
    (void)state;
    fill("", "");
    fill("plain", "plain");
    fill("{task}", "say {code} and {task}"); /* a value is not searched again */
    fill("a {code} b {code}", "a {} b {}");
    fill("{\"result\": 1} {unknown} {", "{\"result\": 1} {unknown} {");
    fill("{{task}}", "{say {code} and {task}}");
    fill("{task", "{task");
}

/* The shipped prompts are there, and a user's own one wins; a broken one is told and not taken. */
static void test_prompt_files(void **state)
{
    char home[] = "/tmp/dise-prompt-XXXXXX", command[256], path[128];
    struct json_object *tool;
    struct err_info note, info;
    FILE *f;
    (void)state;
    assert_non_null(mkdtemp(home));
    assert_int_equal(prompt_load(home, DISE_SOURCE_DIR, "coder", &tool, &note, &info), ERR_OK);
    assert_string_equal(note.message, "");
    json_object_put(tool);
    snprintf(command, sizeof command, "mkdir -p %s/tools/llm", home);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/tools/llm/coder.yaml", home);
    f = fopen(path, "w");
    fputs("type: llm\nllm:\n  prompt_template: \"mine: {task}\"\n", f);
    fclose(f);
    assert_int_equal(prompt_load(home, DISE_SOURCE_DIR, "coder", &tool, &note, &info), ERR_OK);
    assert_string_equal(json_str(tool, "template", ""), "mine: {task}");
    json_object_put(tool);
    f = fopen(path, "w");
    fputs("type: llm\nllm:\n  prompt_template: \"without its place\"\n", f);
    fclose(f);
    assert_int_equal(prompt_load(home, DISE_SOURCE_DIR, "coder", &tool, &note, &info), ERR_OK);
    assert_int_equal(note.line, 3);
    assert_non_null(strstr(note.file, "coder.yaml"));
    assert_non_null(strstr(note.message, "{task}"));
    assert_string_not_equal(json_str(tool, "template", ""), "without its place");
    json_object_put(tool);
    snprintf(command, sizeof command, "rm -r %s", home);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_prompt),
        cmocka_unit_test(test_prompt_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
