#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "base/yaml.h"
#include "core/config.h"
#include "core/engine/setup.h"

static char home[64], file[96], other[96];
static struct err_info info;

static int make_home(void **state)
{
    (void)state;
    strcpy(home, "/tmp/dise-config-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    snprintf(file, sizeof file, "%s/config.yaml", home);
    snprintf(other, sizeof other, "%s/other.yaml", home);
    return 0;
}

static int remove_home(void **state)
{
    (void)state;
    unlink(file);
    unlink(other);
    return rmdir(home);
}

static void put(const char *path, const char *text)
{
    assert_int_equal(path_write(path, text, strlen(text), NULL), ERR_OK);
}

static struct config *load(const char *text)
{
    struct config *c = NULL;
    put(file, text);
    assert_int_equal(config_load(home, NULL, &c, &info), ERR_OK);
    return c;
}

static void fails(const char *text, enum err code, int line, int column, const char *words)
{
    struct config *c;
    memset(&info, 0, sizeof info);
    put(file, text);
    assert_int_equal(config_load(home, NULL, &c, &info), code);
    assert_null(c);
    assert_string_equal(info.file, file);
    assert_non_null(strstr(info.message, words));
    assert_int_equal(info.line, line);
    assert_int_equal(info.column, column);
}

static void without_a_file_the_standards_hold(void **state)
{
    struct config *c;
    (void)state;
    assert_int_equal(config_load(home, NULL, &c, &info), ERR_OK);
    assert_int_equal(config_int(c, OPTION_WIDTH), 4);
    assert_true(config_flag(c, OPTION_MOUSE));
    assert_string_equal(config_text(c, OPTION_THEME), "dark");
    assert_null(config_llm(c));
    assert_int_equal(json_object_array_length(config_warnings(c)), 0);
    config_free(c);
}

static void the_named_file_lies_over_the_one_of_home(void **state)
{
    struct config *c;
    (void)state;
    put(file, "execution: {width: 2, max_memory_mb: 256}\nui: {theme: light}\n"
              "llm: {backend: a, list: [1, 2]}\n");
    put(other, "execution:\n  width: 7\nllm: {list: [3]}\n");
    assert_int_equal(config_load(home, other, &c, &info), ERR_OK);
    assert_int_equal(config_int(c, OPTION_WIDTH), 7);
    assert_int_equal(config_int(c, OPTION_MEMORY_MB), 256);
    assert_string_equal(config_text(c, OPTION_THEME), "light");
    assert_string_equal(json_object_to_json_string_ext(config_llm(c), JSON_C_TO_STRING_PLAIN),
                        "{\"backend\":\"a\",\"list\":[3]}");
    config_free(c);
    unlink(other);
    assert_int_equal(config_load(home, other, &c, &info), ERR_NOT_FOUND);
}

static void wrong_values_name_file_line_and_column(void **state)
{
    (void)state;
    fails("execution:\n  width: many\n", ERR_INPUT, 2, 3, "must be a number");
    fails("execution:\n  width: 65\n", ERR_INPUT, 2, 3, "between 1 and 64");
    fails("ui: {theme: 3}\n", ERR_INPUT, 1, 6, "must be a text");
    fails("ui:\n  mouse: maybe\n", ERR_INPUT, 2, 3, "true or false");
    fails("llm: fast\n", ERR_INPUT, 1, 1, "a mapping");
    fails("escalation: {a: 1}\n", ERR_INPUT, 1, 1, "a list");
    fails("- a\n- b\n", ERR_INPUT, 1, 1, "a mapping of keys");
    fails("llm:\n  a: [1\n  b: 2\n", ERR_PARSE, 3, 4, "not valid YAML");
}

static void unknown_keys_warn_and_name_the_nearest(void **state)
{
    struct config *c = load("rag_memory: {path: x}\nexecutoin: {width: 3}\nzebra_stripes: 1\n");
    struct json_object *w = config_warnings(c);
    const char *first;
    (void)state;
    assert_int_equal(json_object_array_length(w), 2);
    first = json_object_get_string(json_object_array_get_idx(w, 0));
    assert_non_null(strstr(first, "config.yaml:2:1: unknown key \"executoin\""));
    assert_non_null(strstr(first, "did you mean \"execution\"?"));
    assert_null(strstr(json_object_get_string(json_object_array_get_idx(w, 1)), "did you mean"));
    config_free(c);
}

static void variables_are_expanded(void **state)
{
    struct config *c;
    (void)state;
    setenv("DISE_TEST_KEY", "sesame", 1);
    unsetenv("DISE_TEST_NONE");
    c = load("llm: {a: '${DISE_TEST_KEY}', b: 'x${DISE_TEST_NONE:-y}z', c: '${DISE_TEST_NONE}',"
             " d: ['${DISE_TEST_KEY}-${DISE_TEST_KEY}'], e: 'a ${ b', f: 5}\n");
    assert_string_equal(
        json_object_to_json_string_ext(config_llm(c), JSON_C_TO_STRING_PLAIN),
        "{\"a\":\"sesame\",\"b\":\"xyz\",\"c\":\"\",\"d\":[\"sesame-sesame\"],\"e\":\"a ${ b\","
        "\"f\":5}");
    config_free(c);
}

/* The three generations of the old system's files, in short. */
static void files_of_the_old_system_load_without_a_warning(void **state)
{
    static const char models[] =
        "llm:\n  models: {q: {name: 'qwen2.5-coder:3b', backend: ollama, timeout: 60}}\n"
        "  defaults: {god: q, fast: q}\n  roles: {default: null, code: {fast: q}}\n"
        "execution: {default_timeout_ms: 5000, max_memory_mb: 256, sandbox: {temp_dir: ./t}}\n"
        "chat: {prompt: 'DiSE> '}\nregistry: {path: ./registry}\n";
    static const char tiers[] =
        "llm: {backend: ollama}\nmodel_tiers: {coding: {tier_1: {model: x}}}\n"
        "role_to_tier_mapping: {}\n";
    static const char *const texts[] = {
        models,
        "llm: {backend: anthropic, model_roles: {fast: x}, fallback_backends: []}\n",
        tiers,
        "ollama: {base_url: 'http://localhost:11434', models: {overseer: llama3}}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct config *c = load(texts[i]);
        assert_int_equal(json_object_array_length(config_warnings(c)), 0);
        config_free(c);
    }
}

static void an_address_is_added_and_the_rest_kept(void **state)
{
    struct json_object *result = NULL;
    struct config *c;
    struct buf text;
    (void)state;
    put(file, "# mine\nui: {theme: light} # as I like it");
    assert_int_equal(setup_address(home, "http://127.0.0.1:8080/v1", "MY_KEY", &result, &info),
                     ERR_OK);
    json_object_put(result);
    buf_init(&text, 4096);
    assert_int_equal(buf_read_file(&text, file, NULL), ERR_OK);
    assert_non_null(strstr(text.data, "# mine\nui: {theme: light} # as I like it\nllm:\n"));
    buf_fini(&text);
    setenv("MY_KEY", "sesame", 1);
    assert_int_equal(config_load(home, NULL, &c, &info), ERR_OK);
    assert_string_equal(
        json_str(json_object_of(json_object_of(config_llm(c), "backends"), "custom"), "api_key",
                 ""),
        "sesame");
    config_free(c);
    assert_int_equal(setup_address(home, "http://127.0.0.1:8081/v1", NULL, &result, &info),
                     ERR_EXISTS);
}

static void an_address_that_cannot_be_added_changes_nothing(void **state)
{
    struct json_object *result = NULL;
    struct buf text;
    (void)state;
    put(file, "{ui: {theme: light}}\n");
    assert_int_equal(setup_address(home, "http://127.0.0.1:1/v1", NULL, &result, &info),
                     ERR_UNSUPPORTED);
    assert_int_equal(setup_address(home, "127.0.0.1:1", NULL, &result, &info), ERR_INPUT);
    assert_int_equal(setup_address(home, "http://a\"b", NULL, &result, &info), ERR_INPUT);
    assert_int_equal(setup_address(home, "http://a", "sk-secret", &result, &info), ERR_INPUT);
    assert_null(strstr(info.message, "sk-secret"));
    buf_init(&text, 4096);
    assert_int_equal(buf_read_file(&text, file, NULL), ERR_OK);
    assert_string_equal(text.data, "{ui: {theme: light}}\n");
    buf_fini(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_file_the_standards_hold),
        TEST(the_named_file_lies_over_the_one_of_home),
        TEST(wrong_values_name_file_line_and_column),
        TEST(unknown_keys_warn_and_name_the_nearest),
        TEST(variables_are_expanded),
        TEST(files_of_the_old_system_load_without_a_warning),
        TEST(an_address_is_added_and_the_rest_kept),
        TEST(an_address_that_cannot_be_added_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
