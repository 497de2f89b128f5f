#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"
#include "core/escalation.h"
#include "core/pipeline/pipeline_internal.h"

static struct stage stages[STAGES_MAX];
static int count;

static void read_list(const char *json)
{
    struct json_object *list = NULL;
    if (json)
        assert_int_equal(json_parse(json, strlen(json), NULL, &list, NULL), ERR_OK);
    memset(stages, 0, sizeof stages);
    count = ladder_read(list, stages);
    json_object_put(list);
}

/* Every stage finds the model that is given for its role; NULL: none. */
static void models(const char *fast, const char *powerful, const char *god)
{
    for (int i = 0; i < count; i++) {
        const char *role = stages[i].role;
        const char *model = strcmp(role, "fast") == 0       ? fast
                            : strcmp(role, "powerful") == 0 ? powerful
                                                            : god;
        stages[i].available = model != NULL;
        snprintf(stages[i].target.model, sizeof stages[i].target.model, "%s", model ? model : "");
        snprintf(stages[i].target.place, sizeof stages[i].target.place, "here");
    }
    ladder_merge(stages, count);
}

/* "1234567" for the whole ladder, "-" in the place of what is left out. */
static void left(const char *expected)
{
    char seen[STAGES_MAX + 1] = "";
    for (int i = 0; i < count; i++)
        seen[i] = stages[i].available ? (char)('1' + i) : '-';
    assert_string_equal(seen, expected);
}

static void the_standard_ladder_has_seven_stages(void **state)
{
    (void)state;
    read_list(NULL);
    assert_int_equal(count, 7);
    models("a", "b", "c");
    left("1234567");
    assert_true(stages[2].logging && stages[2].context == CONTEXT_ERRORS && stages[2].with_error);
    assert_true(stages[5].logging && stages[5].context == CONTEXT_FULL);
    assert_true(stages[6].analysis && !stages[5].analysis);
}

static void one_model_shortens_it(void **state)
{
    (void)state;
    read_list(NULL);
    models("a", "a", "a");
    left("123--67");
    assert_string_equal(stages[3].why, "same as stage 3"); /* its log is more */
    assert_string_equal(stages[4].why, "same as stage 2");
    read_list(NULL);
    models("a", NULL, "a");
    left("123---7");
    assert_string_equal(stages[4].why, "");
}

static void only_equal_questions_merge(void **state)
{
    (void)state;
    static const struct {
        const char *second, *left;
    } cases[] = {
        {"{\"temperature\":0.5}", "1-"},
        {"{\"temperature\":0.6}", "1-"},
        {"{\"temperature\":0.61}", "12"},
        {"{\"temperature\":0.3}", "12"},
        {"{\"temperature\":0.5,\"candidates\":4}", "1-"},
        {"{\"temperature\":0.5,\"context\":\"errors\"}", "12"},
        {"{\"temperature\":0.5,\"context\":\"full\"}", "12"},
        {"{\"temperature\":0.5,\"logging\":true}", "12"},
        {"{\"temperature\":0.5,\"analysis\":true,\"context\":\"none\",\"logging\":false}", "12"},
        {"{\"temperature\":0.5,\"role\":\"powerful\"}", "12"},
        {"{\"temperature\":0.5,\"tokens\":100}", "1-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char list[200];
        snprintf(list, sizeof list, "[{\"temperature\":0.5},%s]", cases[i].second);
        read_list(list);
        models("a", "b", "c");
        left(cases[i].left);
    }
    read_list("[{\"tokens\":100},{\"tokens\":200},{},{\"seconds\":5}]");
    models("a", "b", "c");
    left("123-");
    assert_string_equal(stages[3].why, "same as stage 3");
}

static void an_entry_says_what_it_wants(void **state)
{
    (void)state;
    read_list("[{\"name\":\"n\",\"role\":\"base\",\"temperature\":0.4,\"candidates\":5,"
              "\"context\":\"errors\",\"logging\":true,\"seconds\":1.5,\"tokens\":700},"
              "{\"role\":\"god_level\"},{}]");
    assert_int_equal(count, 3);
    assert_string_equal(stages[0].name, "n");
    assert_int_equal(stages[0].candidates, 5);
    assert_int_equal(stages[0].limit_ms, 1500);
    assert_int_equal(stages[0].limit_tokens, 700);
    assert_true(stages[0].with_error && stages[0].logging && !stages[0].analysis);
    assert_true(stages[1].analysis && stages[1].context == CONTEXT_FULL && stages[1].logging);
    assert_string_equal(stages[2].role, "fast");
    assert_int_equal(stages[2].number, 3);
    assert_false(stages[2].with_error);
}

static void wrong(const char *text, int line, int column, const char *words)
{
    struct yaml_doc doc;
    struct err_info info = {0};
    assert_int_equal(yaml_parse(text, strlen(text), "c.yaml", &doc, &info), ERR_OK);
    assert_int_equal(escalation_check(&doc, &info), ERR_INPUT);
    if (!strstr(info.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, info.message);
    assert_int_equal(info.line, line);
    assert_int_equal(info.column, column);
    yaml_doc_free(&doc);
}

static void a_wrong_entry_names_its_place(void **state)
{
    struct yaml_doc doc;
    const char *good = "escalation:\n"
                       "  - {role: fast, temperature: 0, candidates: 16, context: error}\n"
                       "  - {role: \"${R:-fast}\", seconds: 2.5, tokens: 10, name: x}\n"
                       "  - {context: full, logging: yes, analysis: no}\n  - {}\n";
    (void)state;
    wrong("escalation: {a: 1}\n", 1, 1, "a list");
    wrong("escalation: []\n", 1, 1, "no stage");
    wrong("escalation:\n  - fast\n", 2, 5, "a stage is a mapping");
    wrong("escalation:\n  - role: fast\n    temprature: 1\n", 3, 5, "no key \"temprature\"");
    wrong("escalation:\n  - {role: strong}\n", 2, 6, "fast|base|powerful|god_level");
    wrong("escalation:\n  - {role: ast}\n", 2, 6, "not \"ast\"");
    wrong("escalation:\n  - {role: \"\"}\n", 2, 6, "is one of");
    wrong("escalation:\n  - {role: 3}\n", 2, 6, "must be a text");
    wrong("escalation:\n  - {temperature: 2.5}\n", 2, 6, "between 0 and 2");
    wrong("escalation:\n  - {temperature: .nan}\n", 2, 6, "between 0 and 2");
    wrong("escalation:\n  - {temperature: warm}\n", 2, 6, "must be a number");
    wrong("escalation:\n  - {}\n  - {candidates: 0}\n", 3, 6, "between 1 and 16");
    wrong("escalation:\n  - {candidates: 1.5}\n", 2, 6, "whole number");
    wrong("escalation:\n  - {context: some}\n", 2, 6, "none|error|errors|full");
    wrong("escalation:\n  - {logging: 1}\n", 2, 6, "true or false");
    wrong("escalation:\n  - {seconds: -1}\n", 2, 6, "between 0");
    wrong("escalation:\n- {}\n- {}\n- {}\n- {}\n- {}\n- {}\n- {}\n- {}\n- {}\n- {}\n- {}\n- {}\n- "
          "{}\n",
          14, 3, "more than 12");
    assert_int_equal(yaml_parse(good, strlen(good), "c.yaml", &doc, NULL), ERR_OK);
    assert_int_equal(escalation_check(&doc, NULL), ERR_OK);
    yaml_doc_free(&doc);
}

static void sizes_are_read_off_names(void **state)
{
    (void)state;
    assert_float_equal(router_model_size("qwen2.5-coder:0.5b"), 0.5, 1e-9);
    assert_float_equal(router_model_size("qwen2.5-coder-1.5b"), 1.5, 1e-9);
    assert_float_equal(router_model_size("codellama:7b-instruct"), 7, 1e-9);
    assert_float_equal(router_model_size("Qwen2.5-32B"), 32, 1e-9);
    assert_float_equal(router_model_size("gpt-4o"), 0, 1e-9);
    assert_float_equal(router_model_size(""), 0, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_ladder_has_seven_stages),
        cmocka_unit_test(one_model_shortens_it),
        cmocka_unit_test(only_equal_questions_merge),
        cmocka_unit_test(an_entry_says_what_it_wants),
        cmocka_unit_test(a_wrong_entry_names_its_place),
        cmocka_unit_test(sizes_are_read_off_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
