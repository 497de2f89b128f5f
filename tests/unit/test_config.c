#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "base/yaml.h"
#include "core/config.h"
#include "core/engine/setup.h"

static char home[64], file[96], other[96], system_file[96], folder[96], project[128];
static struct err_info info;

static int make_home(void **state)
{
    (void)state;
    strcpy(home, "/tmp/dise-config-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    snprintf(file, sizeof file, "%s/config.yaml", home);
    snprintf(other, sizeof other, "%s/other.yaml", home);
    snprintf(system_file, sizeof system_file, "%s/etc.yaml", home);
    snprintf(folder, sizeof folder, "%s/work", home);
    snprintf(project, sizeof project, "%s/dise.yaml", folder);
    setenv("DISE_SYSTEM_CONFIG", system_file, 1);
    setenv("XDG_CONFIG_HOME", home, 1); /* <home>/dise/config.yaml: is not there */
    setenv("HOME", home, 1);
    return mkdir(folder, 0700);
}

static int remove_home(void **state)
{
    (void)state;
    unlink(file);
    unlink(other);
    unlink(system_file);
    unlink(project);
    rmdir(folder);
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

static void a_variable_may_be_a_number_or_a_switch(void **state)
{
    struct config *c;
    (void)state;
    setenv("DISE_TEST_N", "77", 1);
    c = load("pipeline: {tests: '${DISE_TEST_NONE:-false}'}\nllm: {max_tokens: '${DISE_TEST_N}', "
             "backends: {a: {enabled: '${DISE_TEST_NONE:-no}', api_key: '${DISE_TEST_N}'}}}\n");
    assert_false(config_flag(c, OPTION_TESTS));
    assert_int_equal(config_int(c, OPTION_MAX_TOKENS), 77);
    assert_string_equal(
        json_object_to_json_string_ext(json_get(config_llm(c), "backends"), JSON_C_TO_STRING_PLAIN),
        "{\"a\":{\"enabled\":false,\"api_key\":\"77\"}}");
    config_free(c);
    fails("llm: {max_tokens: '${DISE_TEST_NONE:-few}'}\n", ERR_INPUT, 1, 7, "must be a number");
    fails("llm: {backends: {a: {enabled: '${DISE_TEST_N}'}}}\n", ERR_INPUT, 1, 22,
          "must be true or false");
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

/* ---- layers ---- */

static struct config *read_all(const struct config_sources *s)
{
    struct config *c = NULL;
    enum err e;
    memset(&info, 0, sizeof info);
    e = config_read(s, &c, &info);
    if (e)
        fail_msg("%s:%d:%d: %s", info.file, info.line, info.column, info.message);
    return c;
}

static void from(const struct config *c, const char *path, const char *layer, const char *where,
                 int line, int column)
{
    struct config_place place;
    assert_int_equal(config_place(c, path, &place), strcmp(layer, "built-in") != 0);
    assert_string_equal(place.layer, layer);
    assert_string_equal(place.file, where);
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static bool warned(const struct config *c, const char *words)
{
    struct json_object *list = config_warnings(c);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (strstr(json_object_get_string(json_object_array_get_idx(list, i)), words))
            return true;
    return false;
}

static void every_layer_lies_over_the_one_before_it(void **state)
{
    const char *sets[] = {"sandbox.disk_mb=7", NULL};
    struct config_sources s = {
        .home = home, .cwd = folder, .file = other, .sets = sets, .environment = true};
    struct config *c;
    (void)state;
    put(system_file, "sandbox: {cpu_ms: 901, file_mb: 12, processes: 13, output_kb: 14,"
                     " disk_mb: 15}\nbudget: {tokens: 16}\n");
    put(file, "sandbox: {file_mb: 22, processes: 23, output_kb: 24, disk_mb: 25}\n");
    put(project, "sandbox: {processes: 3, output_kb: 4, disk_mb: 5}\n");
    put(other, "sandbox:\n  output_kb: 44\n  disk_mb: 45\n");
    setenv("DISE_SANDBOX_DISK_MB", "46", 1);
    setenv("DISE_PIPELINE_TESTS", "false", 1);
    c = read_all(&s);
    assert_int_equal(config_int(c, OPTION_MEMORY_MB), 512);
    assert_int_equal(config_int(c, OPTION_CPU_MS), 901);
    assert_int_equal(config_int(c, OPTION_FILE_MB), 22);
    assert_int_equal(config_int(c, OPTION_PROCESSES), 3);
    assert_int_equal(config_int(c, OPTION_OUTPUT_KB), 44);
    assert_int_equal(config_int(c, OPTION_DISK_MB), 7);
    assert_int_equal(config_int(c, OPTION_BUDGET_TOKENS), 16);
    assert_false(config_flag(c, OPTION_TESTS));
    from(c, "execution.max_memory_mb", "built-in", "", 0, 0);
    from(c, "sandbox.cpu_ms", "system", system_file, 1, 11);
    from(c, "sandbox.file_mb", "user", file, 1, 11);
    from(c, "sandbox.processes", "project", project, 1, 11);
    from(c, "sandbox.output_kb", "--config", other, 2, 3);
    from(c, "sandbox.disk_mb", "--set", "--set", 0, 0);
    from(c, "pipeline.tests", "environment", "environment DISE_PIPELINE_TESTS", 0, 0);
    config_free(c);
    unsetenv("DISE_SANDBOX_DISK_MB");
    unsetenv("DISE_PIPELINE_TESTS");
}

static void a_place_survives_merging_and_goes_with_its_value(void **state)
{
    struct config *c;
    struct err_info why = {0};
    (void)state;
    put(file, "llm:\n  backends:\n    ollama: {base_url: 'http://a', enabled: true}\n"
              "    b.c: {base_url: 'http://b'}\n  roles: {code: {fast: x}}\n"
              "escalation:\n  - {role: fast}\n  - {role: base}\n");
    put(other, "llm:\n  backends:\n    ollama: {enabled: false}\n  roles: {code: null}\n"
               "escalation: [{role: powerful}]\n");
    assert_int_equal(config_load(home, other, &c, &info), ERR_OK);
    from(c, "llm.backends.ollama.base_url", "user", file, 3, 14);
    from(c, "llm.backends.ollama.enabled", "--config", other, 3, 14);
    from(c, "llm.backends.b.c.base_url", "user", file, 4, 11);
    from(c, "llm.roles.code", "--config", other, 4, 11);
    from(c, "llm.roles.code.fast", "built-in", "", 0, 0); /* went with the null */
    from(c, "escalation.0.role", "--config", other, 5, 15);
    from(c, "escalation.1.role", "built-in", "", 0, 0); /* a list is replaced as a whole */
    assert_int_equal(config_fail(c, "llm.backends.ollama.base_url.x", &why, "no %d", 1), ERR_INPUT);
    assert_string_equal(why.file, file);
    assert_int_equal(why.line, 3);
    assert_string_equal(why.message, "no 1");
    config_free(c);
}

static void an_error_names_the_layer_that_made_it(void **state)
{
    const char *sets[] = {"budget.tokens=many", NULL};
    struct config_sources s = {.home = home, .cwd = folder, .sets = sets, .environment = true};
    struct config *c;
    (void)state;
    put(file, "budget: {tokens: 5}\n");
    put(project, "\nbudget: {tokens: few}\n");
    assert_int_equal(config_read(&s, &c, &info), ERR_INPUT);
    assert_string_equal(info.file, project);
    assert_int_equal(info.line, 2);
    put(project, "budget: {tokens: 4}\n");
    setenv("DISE_BUDGET_TOKENS", "1.5", 1);
    assert_int_equal(config_read(&s, &c, &info), ERR_INPUT);
    assert_string_equal(info.file, "environment DISE_BUDGET_TOKENS");
    assert_non_null(strstr(info.message, "a whole number"));
    unsetenv("DISE_BUDGET_TOKENS");
    assert_int_equal(config_read(&s, &c, &info), ERR_INPUT);
    assert_string_equal(info.file, "--set budget.tokens");
    sets[0] = "budget.tokesn=4";
    assert_int_equal(config_read(&s, &c, &info), ERR_INPUT);
    assert_non_null(strstr(info.message, "did you mean \"budget.tokens\"?"));
    sets[0] = "llm.backends.openai.api_key=sk-canary";
    assert_int_equal(config_read(&s, &c, &info), ERR_INPUT);
    assert_null(strstr(info.message, "canary"));
    setenv("DISE_BUDGET_TOKNS", "7", 1);
    sets[0] = "budget.tokens=3";
    c = read_all(&s);
    assert_true(warned(c, "environment DISE_BUDGET_TOKNS: no option of this name, did you mean "
                          "DISE_BUDGET_TOKENS?"));
    config_free(c);
    unsetenv("DISE_BUDGET_TOKNS");
}

/* ---- projects ---- */

static void a_project_decides_jobs_and_only_tightens_limits(void **state)
{
    struct config_sources s = {.home = home, .cwd = folder};
    struct config *c;
    (void)state;
    put(file, "budget: {tokens: 500}\n");
    put(project, "pipeline: {tests: false}\nbudget: {tokens: 0}\nsandbox: {cpu_ms: 999999}\n"
                 "execution: {width: 9, max_memory_mb: 100}\nloki: {x: 1}\n"
                 "llm: {max_tokens: 50, backends: {evil: {base_url: 'http://e'}}}\n");
    c = read_all(&s);
    assert_false(config_flag(c, OPTION_TESTS));
    assert_int_equal(config_int(c, OPTION_MAX_TOKENS), 50);
    assert_int_equal(config_int(c, OPTION_BUDGET_TOKENS), 500);
    assert_int_equal(config_int(c, OPTION_CPU_MS), 10000);
    assert_int_equal(config_int(c, OPTION_MEMORY_MB), 100);
    assert_int_equal(config_int(c, OPTION_WIDTH), 4);
    assert_null(json_get(config_llm(c), "backends"));
    assert_true(warned(c, "dise.yaml:2:10: a project may only lower budget.tokens; 500 stays"));
    assert_true(warned(c, "not taken from a project: execution.width, llm.backends;"));
    assert_false(warned(c, "loki"));
    from(c, "budget.tokens", "user", file, 1, 10);
    config_free(c);
}

static void a_project_takes_nothing_out_of_the_environment(void **state)
{
    struct config_sources s = {.home = home, .cwd = folder};
    struct config *c;
    (void)state;
    setenv("DISE_TEST_KEY", "sesame", 1);
    setenv("DISE_TEST_NAME", "sesame", 1);
    put(project, "escalation: [{name: 'x ${DISE_TEST_NAME}'}]\n");
    c = read_all(&s);
    assert_null(strstr(json_object_to_json_string(config_root(c)), "sesame"));
    config_free(c);
    put(file, "escalation: [{name: 'x ${DISE_TEST_KEY}'}]\n");
    assert_int_equal(config_read(&s, &c, &info), ERR_INPUT);
    assert_non_null(strstr(info.message, "a secret"));
    assert_int_equal(info.column, 15);
    unsetenv("DISE_TEST_NAME");
}

static void a_projects_file_is_found_upward_as_far_as_its_root(void **state)
{
    char below[160], git[200], old[200];
    struct config_sources s = {.home = home, .cwd = below};
    struct config *c;
    (void)state;
    snprintf(below, sizeof below, "%s/sub", folder);
    snprintf(git, sizeof git, "%s/.git", below);
    snprintf(old, sizeof old, "%s/config.yaml", below);
    mkdir(below, 0700);
    put(project, "pipeline: {plan: never}\n");
    c = read_all(&s);
    assert_string_equal(config_text(c, OPTION_PLAN), "never");
    config_free(c);
    mkdir(git, 0700); /* another repository begins below */
    c = read_all(&s);
    assert_string_equal(config_text(c, OPTION_PLAN), "auto");
    config_free(c);
    put(old, "llm: {models: {}}\nexecution: {max_memory_mb: 64}\n"); /* anybody's config.yaml */
    c = read_all(&s);
    assert_int_equal(config_int(c, OPTION_MEMORY_MB), 512);
    config_free(c);
    put(old, "llm: {models: {}}\nexecution: {max_memory_mb: 64}\nregistry: {path: x}\n");
    c = read_all(&s);
    assert_int_equal(config_int(c, OPTION_MEMORY_MB), 64);
    assert_true(warned(c, "not taken from a project: llm.models;"));
    config_free(c);
    unlink(old);
    rmdir(git);
    chmod(project, 0602); /* anybody may write it */
    c = read_all(&s);
    assert_string_equal(config_text(c, OPTION_PLAN), "auto");
    assert_true(warned(c, "others may write it"));
    config_free(c);
    rmdir(below);
    put(project, "");
    put(other, "");
    s.cwd = home; /* the data folder is no project */
    c = read_all(&s);
    config_free(c);
}

/* ---- keys ---- */

static void unknown_keys_warn_at_every_level(void **state)
{
    struct config *c =
        load("execution: {max_memroy_mb: 3}\nllm:\n  backends:\n    mine: {bas_url: x}\n"
             "    other: {base_url: y, modle_roles: {}}\n  prices: {gpt: {in: 1, out: 2}}\n");
    (void)state;
    assert_true(warned(c, ":1:13: unknown key \"max_memroy_mb\" in execution, did you mean "
                          "\"max_memory_mb\"?"));
    assert_true(warned(c, ":4:12: unknown key \"bas_url\" in llm.backends.mine, did you mean "
                          "\"base_url\"?"));
    assert_true(warned(c, "did you mean \"model_roles\"?"));
    assert_int_equal(json_object_array_length(config_warnings(c)), 3);
    config_free(c);
    fails("llm:\n  backends:\n    a: {enabled: 1}\n", ERR_INPUT, 3, 9,
          "llm.backends.a.enabled must be true or false");
    fails("llm: {backends: [a]}\n", ERR_INPUT, 1, 7, "llm.backends must be a mapping");
}

static void a_key_comes_out_of_its_file_and_is_named_when_it_stands_in_the_open(void **state)
{
    struct config *c;
    struct config_place place;
    (void)state;
    put(other, "sk-canary\n");
    c = load("llm:\n  backends:\n    a: {api_key_file: other.yaml}\n"
             "    b: {api_key: sk-canary}\n    c: {api_key: '${DISE_TEST_KEY}'}\n"
             "    d: {api_key_file: none, enabled: false}\n");
    for (const char *name = "ab"; *name; name++) {
        char one[2] = {*name, 0};
        assert_string_equal(
            json_str(json_object_of(json_object_of(config_llm(c), "backends"), one), "api_key", ""),
            "sk-canary");
    }
    assert_true(warned(c, "config.yaml:4:9: the value of llm.backends.b.api_key stands in the file "
                          "itself; put it into the environment and write ${B_API_KEY}"));
    assert_false(warned(c, "canary"));
    assert_int_equal(json_object_array_length(config_warnings(c)), 1);
    assert_false(config_place(c, "llm.backends.a.api_key", &place));
    assert_true(config_place(c, "llm.backends.c.api_key", &place));
    assert_string_equal(place.variable, "environment DISE_TEST_KEY");
    config_free(c);
    fails("llm:\n  backends:\n    a: {api_key_file: none}\n", ERR_INPUT, 3, 9,
          "the key cannot be read");
    put(other, "two\nlines\n");
    fails("llm:\n  backends:\n    a: {api_key_file: other.yaml}\n", ERR_INPUT, 3, 9,
          "must hold the key and nothing else");
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
        TEST(a_variable_may_be_a_number_or_a_switch),
        TEST(files_of_the_old_system_load_without_a_warning),
        TEST(every_layer_lies_over_the_one_before_it),
        TEST(a_place_survives_merging_and_goes_with_its_value),
        TEST(an_error_names_the_layer_that_made_it),
        TEST(a_project_decides_jobs_and_only_tightens_limits),
        TEST(a_project_takes_nothing_out_of_the_environment),
        TEST(a_projects_file_is_found_upward_as_far_as_its_root),
        TEST(unknown_keys_warn_at_every_level),
        TEST(a_key_comes_out_of_its_file_and_is_named_when_it_stands_in_the_open),
        TEST(an_address_is_added_and_the_rest_kept),
        TEST(an_address_that_cannot_be_added_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
