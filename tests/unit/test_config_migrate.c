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
#include "base/yaml_write.h"
#include "core/config.h"
#include "core/config_migrate.h"
#if __has_include("core/llm/roles.h")
#include "core/llm/roles.h"
#endif

static char folder[64], file[96], key_file[128], backup[PATH_SIZE];
static struct err_info info;

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/dise-migrate-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/config.yaml", folder);
    snprintf(key_file, sizeof key_file, "%s/openai.api_key", folder);
    setenv("DISE_SYSTEM_CONFIG", "/nonexistent", 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file);
    unlink(key_file);
    unlink(backup);
    return rmdir(folder);
}

static void put(const char *text)
{
    assert_int_equal(path_write(file, text, strlen(text), NULL), ERR_OK);
}

static struct config *load(void)
{
    struct config *c = NULL;
    if (config_load(folder, NULL, &c, &info))
        fail_msg("%s:%d:%d: %s", info.file, info.line, info.column, info.message);
    return c;
}

static void migrate(struct config_migration *m)
{
    if (config_migrate(file, m, &info))
        fail_msg("%s:%d: %s", info.file, info.line, info.message);
}

/* ---- YAML ---- */

/* A key of 700 backslashes: quoted it is longer than YAML's readers take before a colon. */
#define SEVEN(x) x x x x x x x
#define TEN(x)   x x x x x x x x x x
#define LONG_KEY SEVEN(TEN(TEN("\\")))

static void what_is_written_reads_back_the_same(void **state)
{
    static const char *const texts[] = {
        "{a: 1, b: {c: [1, 2.5, 1.0, -0.0, 1.0e+300, .inf], d: {}}, e: [], f: null, g: ~}",
        "{'1': '1', 'yes': 'yes', 'null': '', 'a: b': '# c', '- x': ' y ', '<<': 'z'}",
        "{deep: [[[{a: [{b: [[]]}]}]]], text: \"line\\nline\\t\\u0007\\x9b \\u2028 ü 😀\"}",
        ("{long: {a: '0123456789012345678901234567890123456789', b: "
         "'0123456789012345678901234567890123456789', c: 'q:3b', d: [x, y]}}"),
        "[1, [2, {a: b}]]",
        LONG_KEY ": 1\nb: {c: [1, {" LONG_KEY ": {d: [e, {f: g}]}}]}\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct yaml_doc doc, again;
        struct buf out;
        buf_init(&out, 1 << 16);
        assert_int_equal(yaml_parse(texts[i], strlen(texts[i]), NULL, &doc, &info), ERR_OK);
        assert_int_equal(yaml_write(&out, doc.root), ERR_OK);
        if (yaml_parse(out.data, out.len, NULL, &again, &info))
            fail_msg("%d:%d: %s in\n%s", info.line, info.column, info.message, out.data);
        if (!json_object_equal(doc.root, again.root))
            fail_msg("%s became\n%s", texts[i], out.data);
        yaml_doc_free(&doc);
        yaml_doc_free(&again);
        buf_fini(&out);
    }
}

/* ---- the old files ---- */

struct expected {
    const char *path, *value;
};
static const struct fixture {
    const char *name;
    bool changed;
    struct expected list[8];
} fixtures[] = {
    {"legacy.yaml",
     true,
     {{"llm.backend", "ollama"},
      {"llm.backends.ollama.base_url", "http://localhost:11434"},
      {"llm.model_roles.fast", "codellama"},
      {"llm.model_roles.overseer.model", "llama3"},
      {"llm.model_roles.veryfast", "gemma3:1b"},
      {"llm.context_windows.llama3", "8192"},
      {"execution.default_timeout_ms", "5000"}}},
    {"role-map.yaml",
     true,
     {{"llm.backends.anthropic.base_url", "https://api.anthropic.com"},
      {"llm.backends.anthropic.timeout", "120"},
      {"llm.model_roles.fast", "claude-3-haiku-20240307"}}},
    {"own-blocks.yaml",
     true,
     {{"llm.backend", "ollama"},
      {"llm.backends.openai.model_roles.powerful", "gpt-4o"},
      {"llm.backends.ollama.base_url", "http://localhost:9999"}}},
    {"tiered.yaml",
     true,
     {{"llm.backends.ollama.base_url", "http://localhost:11434"},
      {"model_tiers.coding.tier_3.timeout", "600"}}},
    {"tiers-alone.yaml",
     true,
     {{"model_tiers.coding.tier_1.models.primary", "qwen2.5-coder:3b"},
      {"model_tiers.aliases.quick", "coding.tier_1"}}},
    {"unified.yaml",
     true,
     {{"llm.defaults.god", "deepseek_16b"},
      {"pipeline.plan", "never"},
      {"rag.store", "file"},
      {"rag.qdrant.url", "http://localhost:6333"}}},
    {"fallbacks.yaml", false, {{"llm.backends.azure.deployment_name", "gpt-4"}}},
};

static void use_fixture(const char *name)
{
    char path[PATH_SIZE];
    struct buf text;
    snprintf(path, sizeof path, "%s/config/%s", TEST_DATA_DIR, name);
    buf_init(&text, 1 << 20);
    assert_int_equal(buf_read_file(&text, path, &info), ERR_OK);
    put(text.data);
    buf_fini(&text);
}

static void has(const struct config *c, const struct expected *e)
{
    struct json_object *rows = config_rows(c, e->path, false);
    struct json_object *row = json_object_array_get_idx(rows, 0);
    if (!row)
        fail_msg("%s is not there", e->path);
    assert_string_equal(json_object_get_string(json_get(row, "value")), e->value);
    json_object_put(rows);
}

static void same_options(const struct config *a, const struct config *b)
{
    struct json_object *x, *y;
    assert_int_equal(config_snapshot(a, NULL, &x, &info), ERR_OK);
    assert_int_equal(config_snapshot(b, NULL, &y, &info), ERR_OK);
    assert_true(json_object_equal(x, y));
    json_object_put(x);
    json_object_put(y);
}

#if __has_include("core/llm/roles.h")
static void same_roles(const struct config *a, const struct config *b)
{
    static const char *const names[] = {
        "fast",          "base",          "powerful",       "god_level",
        "embedding",     "veryfast",      "general",        "escalation",
        "god",           "overseer",      "generator",      "evaluator",
        "triage",        "quick",         "code.fast",      "coding.tier_1",
        "coding.tier_2", "coding.tier_3", "content.tier_1", "analysis.base"};
    struct roles *x, *y;
    const struct roles_backend *p, *q;
    assert_int_equal(roles_new(&(struct roles_source){.root = config_root(a)}, &x, &info), ERR_OK);
    assert_int_equal(roles_new(&(struct roles_source){.root = config_root(b)}, &y, &info), ERR_OK);
    for (int i = 0; (p = roles_backend(x, i)); i++) {
        q = roles_backend_of(y, p->name);
        assert_non_null(q);
        assert_int_equal(p->enabled, q->enabled);
        assert_string_equal(json_str(p->entry, "base_url", ""), json_str(q->entry, "base_url", ""));
        assert_string_equal(json_str(p->entry, "api_key", ""), json_str(q->entry, "api_key", ""));
        assert_int_equal(json_i64(p->entry, "timeout", 0), json_i64(q->entry, "timeout", 0));
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        static struct role_choice one[ROLES_CHAIN_MAX], two[ROLES_CHAIN_MAX];
        int n = roles_chain(x, names[i], one, ROLES_CHAIN_MAX);
        int m = roles_chain(y, names[i], two, ROLES_CHAIN_MAX);
        if (n != m)
            fail_msg("%s: %d choices, now %d", names[i], n, m);
        for (int k = 0; k < n; k++) {
            if (strcmp(one[k].backend, two[k].backend) || strcmp(one[k].model, two[k].model))
                fail_msg("%s.%d: %s %s, now %s %s", names[i], k, one[k].backend, one[k].model,
                         two[k].backend, two[k].model);
            assert_int_equal(one[k].context_tokens, two[k].context_tokens);
            assert_int_equal(one[k].timeout_ms, two[k].timeout_ms);
        }
    }
    roles_free(x);
    roles_free(y);
}
#else
static void same_roles(const struct config *a, const struct config *b)
{
    (void)a;
    (void)b;
}
#endif

static void check_fixture(const struct fixture *f)
{
    struct config_migration m, again;
    struct config *before, *after;
    struct json_object *warnings;
    use_fixture(f->name);
    before = load();
    warnings = config_warnings(before);
    if (json_object_array_length(warnings))
        fail_msg("%s", json_object_get_string(json_object_array_get_idx(warnings, 0)));
    migrate(&m);
    assert_int_equal(m.changed, f->changed);
    assert_string_equal(m.screen.data, m.text.data); /* no secret is in these */
    put(m.text.data);
    after = load();
    assert_int_equal(json_object_array_length(config_warnings(after)), 0);
    for (size_t i = 0; f->list[i].path; i++)
        has(after, &f->list[i]);
    same_options(before, after);
    same_roles(before, after);
    migrate(&again);
    assert_false(again.changed);
    assert_string_equal(again.text.data, m.text.data);
    config_migration_fini(&m);
    config_migration_fini(&again);
    config_free(before);
    config_free(after);
}

static void old_files_say_the_same_in_the_form_of_today(void **state)
{
    (void)state;
    setenv("OPENAI_API_KEY", "sk-canary-of-the-test", 1);
    setenv("ANTHROPIC_API_KEY", "sk-canary-of-another", 1);
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++)
        check_fixture(&fixtures[i]);
}

static void a_key_goes_into_a_file_of_its_own(void **state)
{
    struct config_migration m;
    struct config *c;
    struct stat st;
    (void)state;
    put("# mine\nllm:\n  backends:\n    openai: {api_key: sk-canary-literal}\n"
        "google: {api_key: sk-canary-google, url: 'https://me:canary@host/x'}\n");
    migrate(&m);
    assert_true(m.changed);
    assert_null(strstr(m.screen.data, "canary"));
    assert_int_equal(config_migration_write(file, &m, backup, &info), ERR_OK);
    config_migration_fini(&m);
    assert_int_equal(stat(key_file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    c = load();
    assert_string_equal(
        json_str(json_object_of(json_object_of(config_llm(c), "backends"), "openai"), "api_key",
                 ""),
        "sk-canary-literal");
    config_free(c);
    assert_true(path_exists(backup));
    put("llm: {backends: {openai: {api_key: sk-canary-other}}}\n");
    migrate(&m);
    assert_int_equal(config_migration_write(file, &m, backup, &info), ERR_EXISTS); /* another key */
    config_migration_fini(&m);
    snprintf(backup, sizeof backup, "%s.bak", file);
}

static void what_is_no_configuration_is_said(void **state)
{
    struct config_migration m;
    (void)state;
    put("- a\n");
    assert_int_equal(config_migrate(file, &m, &info), ERR_INPUT);
    config_migration_fini(&m);
    put("llm: [\n");
    assert_int_equal(config_migrate(file, &m, &info), ERR_PARSE);
    assert_int_equal(info.line, 2);
    config_migration_fini(&m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_reads_back_the_same),
        TEST(old_files_say_the_same_in_the_form_of_today),
        TEST(a_key_goes_into_a_file_of_its_own),
        TEST(what_is_no_configuration_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
