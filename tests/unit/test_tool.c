/* Tools: odd shapes are read, broken ones told with their place, saves are checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/pipeline/prompt.h"
#include "core/tool/tool.h"

static char home[64], data[64];
static struct tool_places places = {home, data};

static void put(const char *root, const char *name, const char *text)
{
    char path[PATH_SIZE], folder[PATH_SIZE];
    assert_int_equal(path_join(path, root, name), ERR_OK);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    assert_int_equal(path_mkdirs(folder, NULL), ERR_OK);
    assert_int_equal(path_write(path, text, strlen(text), NULL), ERR_OK);
}

static int make_folders(void **state)
{
    (void)state;
    snprintf(home, sizeof home, "/tmp/dise-tool-home-XXXXXX");
    snprintf(data, sizeof data, "/tmp/dise-tool-data-XXXXXX");
    return !mkdtemp(home) || !mkdtemp(data);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int remove_folders(void **state)
{
    (void)state;
    return nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS) |
           nftw(data, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* "field|field…" of what is read from a text. */
static const char *read_as(const char *text, const char *id)
{
    static char out[1024];
    struct json_object *t = tool_read(text, strlen(text), "x.yaml", id, NULL);
    snprintf(out, sizeof out, "%s|%s|%s|%s|%s|%s", json_str(t, "type", "?"),
             json_str(t, "name", "?"), json_str(t, "role", "?"), json_str(t, "tier", "?"),
             json_object_to_json_string_ext(json_get(t, "tags"), JSON_C_TO_STRING_PLAIN),
             json_str(t, "problem", "?"));
    json_object_put(t);
    return out;
}

static void odd_shapes_are_read(void **state)
{
    (void)state;
    assert_string_equal(read_as("name: Adder\ntype: executable\ntags: [math, 7]\n"
                                "executable: {command: python, args: [\"{tool_dir}/a.py\"]}\n"
                                "usage_notes: [a, b]\nauto_fix: true\n",
                                "adder"),
                        "executable|Adder|||[\"math\",\"7\"]|");
    assert_string_equal(read_as("type: llm\ntags: one\nsystem_prompt: at the top\n"
                                "llm: {tier: content.tier_2, role: base}\n",
                                "w"),
                        "llm|w|base|content.tier_2|[\"one\"]|");
    assert_string_equal(read_as("http: {max_retries: 3}\n", "api"), "http_fetcher|api|||[]|");
    assert_string_equal(read_as("module: a.b\nfunction: f\nparameters: [{data: array}]\n", "p"),
                        "python|p|||[]|");
    assert_string_equal(read_as("type: llm\nname: N\nllm: {role: fast}\n", "n"),
                        "llm|N|fast||[]|x.yaml:3:1: a tool of type llm needs the text "
                        "\"prompt_template\" or \"system_prompt\"");
    assert_non_null(strstr(read_as("- a\n- b\n", "l"), "|x.yaml:1:1: a tool is a mapping"));
    assert_non_null(strstr(read_as("", "e"), "|x.yaml:1:1: a tool is a mapping"));
    assert_non_null(strstr(read_as("type: llm\n  bad: [\n", "b"), "|x.yaml:2:"));
    assert_non_null(strstr(read_as("type: llm\nllm:\n  prompt_template: no place\n", "coder"),
                           "|x.yaml:3:3: the prompt must contain {task}"));
}

/* The inputs that a tool asks for, as JSON. */
static const char *inputs_as(const char *text)
{
    static char out[256];
    struct json_object *t = tool_read(text, strlen(text), "x.yaml", "x", NULL);
    snprintf(out, sizeof out, "%s",
             json_object_to_json_string_ext(json_get(t, "inputs"), JSON_C_TO_STRING_PLAIN));
    json_object_put(t);
    return out;
}

static void inputs_are_read_in_every_dialect(void **state)
{
    static const struct {
        const char *schema, *inputs;
    } cases[] = {
        {"{type: object, properties: {a: {type: number}, b: {type: number, default: 1}}}",
         "[\"a\"]"},
        {"{a: \"number - first\", b: \"number - second\"}", "[\"a\",\"b\"]"},
        {"{a: {type: number}, b: {type: number, default: 1}, c: {type: text, required: false}}",
         "[\"a\"]"},
        {"{a: \"text - what\", b: \"text (optional) - how\"}", "[\"a\"]"},
        {"{type: \"text - the kind\"}", "[\"type\"]"}, /* a name like any other */
        {"{type: object}", "[]"},
        {"{}", "[]"},
        {"7", "[]"},
    };
    char text[300];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text,
                 "type: executable\nexecutable: {command: a}\ninput_schema: %s\n", cases[i].schema);
        assert_string_equal(inputs_as(text), cases[i].inputs);
    }
    assert_string_equal(inputs_as("type: llm\nllm: {prompt_template: \"{a} {b} {a}\"}\n"),
                        "[\"a\",\"b\"]");
    assert_string_equal(inputs_as("type: llm\ninput_schema: {b: text}\n"
                                  "llm: {prompt_template: \"{b} {code}\"}\n"),
                        "[\"b\"]");
}

static void a_save_is_checked_more_strictly(void **state)
{
    static const struct {
        const char *id, *text, *says;
    } cases[] = {
        {"coder", "type: llm\nllm:\n  prompt_template: |\n    {task}\n    now {tsak}\n",
         "coder.yaml:5:9: the prompt has {tsak}"},
        {"x", "type: magic\n", "x.yaml:1:1: there is no type of tool \"magic\""},
        {"x", "type: llm\ninput_schema: {a: text}\nllm: {prompt_template: \"{a} {b}\"}\n",
         "x.yaml:3:29: the prompt has {b}, which is not in"},
        {"../x", "type: mcp\n", "a tool's id is letters"},
        {"x", "type: [\n", "x.yaml:"},
    };
    struct err_info info;
    char file[PATH_SIZE], text[1024];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(&info, 0, sizeof info);
        assert_int_not_equal(tool_save(&places, cases[i].id, cases[i].text, file, &info), ERR_OK);
        if (!strstr(err_format(&info, text, sizeof text), cases[i].says))
            fail_msg("case %zu: %s", i, text);
    }
    assert_int_equal(tool_check("type: llm\nllm: {prompt_template: \"{task} {x: 1} {0}\"}\n", 53,
                                "x", "coder", &info),
                     ERR_OK);
}

#define CODER "type: llm\nllm: {prompt_template: \"%s {task}\"}\n"

static const char *template_now(void)
{
    static char text[64];
    struct json_object *o = NULL;
    struct err_info note;
    if (prompt_load(home, data, "coder", &o, &note, NULL))
        return "?";
    snprintf(text, sizeof text, "%s%s", json_str(o, "template", ""), note.message[0] ? "!" : "");
    json_object_put(o);
    return text;
}

static void the_persons_file_wins_until_it_is_reset(void **state)
{
    struct json_object *list = NULL, *one = NULL;
    struct err_info info = {0};
    char file[PATH_SIZE], text[PATH_SIZE];
    (void)state;
    snprintf(text, sizeof text, CODER, "shipped");
    put(data, "tools/llm/coder.yaml", text);
    put(data, "tools/models.yaml", "models: {}\n");
    put(home, "tools/deep/er/broken.yaml", "type: llm\n bad: [\n");
    put(home, "tools/tools.yaml", "tools:\n  coder: {tags: [mine]}\n  api: {http: {}}\n");
    assert_string_equal(template_now(), "shipped {task}");
    snprintf(text, sizeof text, CODER, "mine");
    assert_int_equal(tool_save(&places, "coder", text, file, &info), ERR_OK);
    assert_non_null(strstr(file, "/tools/llm/coder.yaml"));
    assert_string_equal(template_now(), "mine {task}");
    assert_int_equal(tool_list(&places, &list), ERR_OK);
    assert_int_equal(json_object_array_length(list), 3);
    one = json_object_array_get_idx(list, 2);
    assert_string_equal(json_str(one, "id", ""), "coder");
    assert_string_equal(json_str(one, "origin", ""), "yours");
    assert_string_equal(json_str(one, "problem", "?"), "");
    one = json_object_array_get_idx(list, 1);
    assert_non_null(strstr(json_str(one, "problem", ""), "broken.yaml:2:"));
    json_object_put(list);
    assert_int_equal(tool_show(&places, "coder", &one, &info), ERR_OK);
    assert_string_equal(json_str(one, "text", ""), text);
    json_object_put(one);
    put(home, "tools/llm/coder.yaml", "type: llm\n"); /* behind the program's back */
    assert_string_equal(template_now(), "shipped {task}!");
    assert_int_equal(tool_reset(&places, "coder", &info), ERR_OK);
    assert_int_equal(tool_reset(&places, "coder", &info), ERR_NOT_FOUND);
    assert_int_equal(tool_reset(&places, "broken", &info), ERR_INPUT);
    assert_string_equal(template_now(), "shipped {task}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_shapes_are_read),
        cmocka_unit_test(inputs_are_read_in_every_dialect),
        cmocka_unit_test_setup_teardown(a_save_is_checked_more_strictly, make_folders,
                                        remove_folders),
        cmocka_unit_test_setup_teardown(the_persons_file_wins_until_it_is_reset, make_folders,
                                        remove_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
