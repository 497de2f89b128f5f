/* Who plays which role: a table of configurations of all generations. Each file of
 * tests/data/roles and of examples/ says in its comments what it must come to:
 *   #> ROLE: BACKEND/MODEL@CONTEXT,TIMEOUT_MS | the next of the chain …
 *   #! LINE:COLUMN a part of the complaint
 *   #? a part of a warning */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"
#include "core/config.h"
#include "core/llm/roles.h"

/* The value at a path whose keys may hold points themselves: the longest key that fits. */
static bool find(const struct yaml_doc *doc, struct json_object *o, const char *path, int *line,
                 int *column)
{
    if (json_object_is_type(o, json_type_array)) {
        char *end;
        unsigned long i = strtoul(path, &end, 10);
        struct json_object *item = json_object_array_get_idx(o, i);
        if (*end)
            return find(doc, item, end + 1, line, column);
        yaml_place(doc, item, NULL, line, column);
        return *line > 0;
    }
    if (!json_object_is_type(o, json_type_object))
        return false;
    json_object_object_foreach(o, key, value)
    {
        size_t n = strlen(key);
        if (strncmp(key, path, n) != 0)
            continue;
        if (!path[n]) {
            yaml_place(doc, o, key, line, column);
            return *line > 0;
        }
        if (path[n] == '.' && find(doc, value, path + n + 1, line, column))
            return true;
    }
    return false;
}

static bool place(void *arg, const char *path, char file[192], int *line, int *column)
{
    const struct yaml_doc *doc = arg;
    snprintf(file, 192, "%s", doc->file);
    return find(doc, doc->root, path, line, column);
}

static enum err read_roles(const struct yaml_doc *doc, struct roles **out, struct err_info *info)
{
    struct roles_source source = {doc->root, place, (void *)doc};
    memset(info, 0, sizeof *info);
    return roles_new(&source, out, info);
}

static void chain_text(const struct roles *r, const char *role, char *out, size_t size)
{
    static struct role_choice list[ROLES_CHAIN_MAX];
    int n = roles_chain(r, role, list, ROLES_CHAIN_MAX);
    out[0] = 0;
    for (int i = 0; i < n; i++) {
        size_t at = strlen(out);
        at += (size_t)snprintf(out + at, size - at, "%s%s/%s", i ? " | " : "", list[i].backend,
                               list[i].model);
        if (list[i].context_tokens || list[i].timeout_ms)
            snprintf(out + at, size - at, "@%d,%d", list[i].context_tokens, list[i].timeout_ms);
    }
}

/* For writing a new file: TEST_ROLES_PRINT=1 prints what each comes to. */
static void print_all(const struct roles *r)
{
    char text[2048];
    for (int i = 0; roles_name(r, i); i++) {
        chain_text(r, roles_name(r, i), text, sizeof text);
        printf("#> %s: %s\n", roles_name(r, i), text);
    }
    printf("%s\n", json_object_to_json_string(roles_warnings(r)));
}

struct expected {
    const char *file;
    int lines, failures;
};

static void judge(struct expected *x, bool ok, const char *line, const char *got)
{
    x->lines++;
    if (ok)
        return;
    x->failures++;
    fprintf(stderr, "%s:\n  wanted %s\n  got    %s\n", x->file, line, got);
}

static void judge_line(struct expected *x, const char *line, const struct roles *r,
                       const struct err_info *info)
{
    char text[2048], role[ROLES_NAME_MAX];
    if (strncmp(line, "#> ", 3) == 0) {
        const char *colon = strstr(line, ": ");
        size_t n = colon ? (size_t)(colon - line - 3) : 0;
        assert_true(n > 0 && n < sizeof role);
        snprintf(role, sizeof role, "%.*s", (int)n, line + 3);
        snprintf(text, sizeof text, "%s", info->message);
        if (r)
            chain_text(r, role, text, sizeof text);
        judge(x, r && strcmp(colon + 2, strcmp(text, "") ? text : "none") == 0, line, text);
    } else if (strncmp(line, "#! ", 3) == 0) {
        const char *said = strchr(line + 3, ' ');
        snprintf(text, sizeof text, "%d:%d %s", info->line, info->column, info->message);
        judge(x,
              !r && info->code == ERR_INPUT && said && strstr(info->message, said + 1) &&
                  strncmp(text, line + 3, (size_t)(said - line - 2)) == 0,
              line, text);
    } else if (strncmp(line, "#? ", 3) == 0) {
        snprintf(text, sizeof text, "%s",
                 r ? json_object_to_json_string_ext(
                         roles_warnings(r), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                   : info->message);
        judge(x, r && strstr(text, line + 3), line, text);
    }
}

static int check_file(const char *path)
{
    struct expected x = {.file = path};
    struct yaml_doc doc;
    struct err_info info = {0};
    struct roles *r = NULL;
    struct buf text;
    char *save = NULL;
    buf_init(&text, 1 << 20);
    assert_int_equal(buf_read_file(&text, path, NULL), ERR_OK);
    if (yaml_load(path, &doc, &info))
        fail_msg("%s:%d:%d %s", path, info.line, info.column, info.message);
    if (!read_roles(&doc, &r, &info) && getenv("TEST_ROLES_PRINT")) {
        printf("--- %s\n", path);
        print_all(r);
    }
    for (char *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        judge_line(&x, line, r, &info);
    if (!x.lines) {
        fprintf(stderr, "%s says nothing that it must come to (%s)\n", path, info.message);
        x.failures++;
    }
    roles_free(r);
    yaml_doc_free(&doc);
    buf_fini(&text);
    return x.failures;
}

static int check_folder(const char *folder, int least)
{
    struct dirent **list = NULL;
    int n = scandir(folder, &list, NULL, alphasort), failures = 0, files = 0;
    char path[1024];
    for (int i = 0; i < n; i++) {
        size_t length = strlen(list[i]->d_name);
        if (length > 5 && strcmp(list[i]->d_name + length - 5, ".yaml") == 0) {
            snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
            failures += check_file(path);
            files++;
        }
        free(list[i]);
    }
    free(list);
    assert_true(files >= least);
    return failures;
}

static void every_generation_resolves_as_its_file_says(void **state)
{
    (void)state;
    assert_int_equal(check_folder(TEST_DATA_DIR "/roles", 24), 0);
}

static void the_shipped_examples_resolve(void **state)
{
    (void)state;
    assert_int_equal(check_folder(DISE_SOURCE_DIR "/examples", 9), 0);
}

/* As a person uses it: by the configuration's own reader, which finds nothing to complain about. */
static void check_loads(const char *path)
{
    const struct config_sources sources = {.file = path};
    struct err_info info = {0};
    struct config *c = NULL;
    char text[512];
    if (config_read(&sources, &c, &info))
        fail_msg("%s", err_format(&info, text, sizeof text));
    if (json_object_array_length(config_warnings(c)))
        fail_msg("%s: %s", path, json_object_to_json_string(config_warnings(c)));
    config_free(c);
}

static void files_of_all_generations_load_without_a_warning(void **state)
{
    static const char *const folders[] = {TEST_DATA_DIR "/roles", DISE_SOURCE_DIR "/examples"};
    struct dirent **list = NULL;
    char path[1024];
    (void)state;
    for (int f = 0; f < 2; f++) {
        int n = scandir(folders[f], &list, NULL, alphasort);
        for (int i = 0; i < n; i++) {
            snprintf(path, sizeof path, "%s/%s", folders[f], list[i]->d_name);
            if (list[i]->d_name[0] != '.' && strncmp(list[i]->d_name, "wrong", 5) != 0)
                check_loads(path);
            free(list[i]);
        }
        free(list);
    }
}

/* ---- what is found ---- */

static struct roles *of_text(const char *text, struct yaml_doc *doc)
{
    struct roles *r = NULL;
    struct err_info info;
    assert_int_equal(yaml_parse(text, strlen(text), "config.yaml", doc, &info), ERR_OK);
    if (read_roles(doc, &r, &info))
        fail_msg("%d:%d %s", info.line, info.column, info.message);
    return r;
}

static void tell(struct roles *r, const char *backend, const char *const *models)
{
    struct json_object *list = json_object_new_array();
    for (; *models; models++)
        json_object_array_add(list, json_object_new_string(*models));
    roles_found(r, backend, list);
    json_object_put(list);
}

static void assert_chain(const struct roles *r, const char *role, const char *expected)
{
    char text[2048];
    chain_text(r, role, text, sizeof text);
    assert_string_equal(text, expected);
}

static void found_models_play_by_their_size(void **state)
{
    static const char *const ollama[] = {"llama3:8b", "qwen2.5-coder:3b", "nomic-embed-text",
                                         "qwen2.5-coder:14b", NULL};
    static const char *const local[] = {"qwen2.5-coder-0.5b", NULL};
    struct roles_source nothing = {0};
    struct role_choice c;
    struct roles *r = NULL;
    (void)state;
    assert_int_equal(roles_new(&nothing, &r, NULL), ERR_OK);
    assert_chain(r, "fast", "openai/gpt-4o-mini | anthropic/claude-haiku-4-5");
    tell(r, "ollama", ollama);
    tell(r, "local", local);
    assert_chain(r, "fast",
                 "ollama/qwen2.5-coder:3b | openai/gpt-4o-mini | anthropic/claude-haiku-4-5 | "
                 "local/qwen2.5-coder-0.5b");
    assert_int_equal(roles_chain(r, "powerful", &c, 1), 1);
    assert_string_equal(c.model, "qwen2.5-coder:14b");
    assert_non_null(strstr(c.how, "found on this machine"));
    assert_chain(r, "embedding", "ollama/nomic-embed-text");
    assert_chain(r, "coding.tier_3",
                 "ollama/qwen2.5-coder:14b | openai/gpt-4o | anthropic/claude-opus-4-1");
    roles_found(r, "ollama", NULL);
    assert_chain(r, "powerful", "openai/gpt-4o | anthropic/claude-opus-4-1");
    roles_free(r);
}

/* Where the configuration leaves a role out, a weaker model that lies around does not play it; a
 * key in the environment is not spent where the configuration says whom to ask. */
static void what_is_found_fills_no_role_that_was_left_out(void **state)
{
    static const char *const local[] = {"qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", NULL};
    struct yaml_doc doc;
    struct roles *r =
        of_text("llm: {backend: anthropic, model_roles: {fast: claude-opus-4-1}}", &doc);
    (void)state;
    tell(r, "local", local);
    assert_chain(r, "fast", "anthropic/claude-opus-4-1 | local/qwen2.5-coder-0.5b");
    assert_chain(r, "powerful", "");
    assert_null(roles_backend_of(r, "openai"));
    assert_non_null(roles_backend_of(r, "ollama"));
    roles_free(r);
    yaml_doc_free(&doc);
}

static void each_entry_says_where_it_was_decided(void **state)
{
    struct yaml_doc doc;
    struct roles *r = of_text("llm:\n  backend: ollama\n  model_roles:\n    fast: a\n"
                              "model_tiers:\n  coding:\n    tier_2: {model: b}\n"
                              "role_to_tier_mapping:\n  base: coding.tier_2\n",
                              &doc);
    struct role_choice c;
    (void)state;
    assert_int_equal(roles_chain(r, "fast", &c, 1), 1);
    assert_string_equal(c.how, "llm.model_roles.fast, config.yaml:4:5");
    assert_int_equal(roles_chain(r, "base", &c, 1), 1);
    assert_string_equal(c.how, "coding.tier_2 by role_to_tier_mapping.base, config.yaml:9:3");
    assert_int_equal(roles_chain(r, "coding.tier_2", &c, 1), 1);
    assert_string_equal(c.how, "model_tiers.coding.tier_2.model, config.yaml:7:14");
    roles_free(r);
    yaml_doc_free(&doc);
}

static void an_unknown_role_names_the_nearest(void **state)
{
    struct roles_source nothing = {0};
    struct roles *r = NULL;
    const char *near;
    (void)state;
    assert_int_equal(roles_new(&nothing, &r, NULL), ERR_OK);
    assert_true(roles_known(r, "overseer", &near));
    assert_true(roles_known(r, "content.tier_2", &near));
    assert_true(roles_known(r, "content.base", &near));
    assert_false(roles_known(r, "powerfull", &near));
    assert_string_equal(near, "powerful");
    assert_false(roles_known(r, "zebra", &near));
    assert_null(near);
    assert_string_equal(roles_domain("COMPLEX_CONTENT"), "content");
    assert_string_equal(roles_domain("ALGORITHM"), "coding");
    roles_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_generation_resolves_as_its_file_says),
        cmocka_unit_test(the_shipped_examples_resolve),
        cmocka_unit_test(files_of_all_generations_load_without_a_warning),
        cmocka_unit_test(found_models_play_by_their_size),
        cmocka_unit_test(what_is_found_fills_no_role_that_was_left_out),
        cmocka_unit_test(each_entry_says_where_it_was_decided),
        cmocka_unit_test(an_unknown_role_names_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
