/* Workflows: both dialects, references, and complaints with their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json_place.h"
#include "core/tool/workflow.h"

static struct json_object *flow;
static struct err_info info;

static enum err read_text(const char *text)
{
    json_object_put(flow);
    memset(&info, 0, sizeof info);
    return workflow_read(text, strlen(text), "flow.json", &flow, &info);
}

static int release(void **state)
{
    (void)state;
    json_object_put(flow);
    flow = NULL;
    return 0;
}

/* The README's spec: lists, step_type in capitals, tool_name, ${…}, a literal. */
#define TRANSLATION                                                                                \
    "{\"workflow_id\":\"tp\",\"name\":\"Multi-Language\",\"description\":\"x\",\n"                 \
    " \"inputs\":[{\"name\":\"text\",\"type\":\"string\",\"required\":true},\n"                    \
    "  {\"name\":\"languages\",\"type\":\"array\",\"required\":true}],\n"                          \
    " \"outputs\":[{\"name\":\"translations\",\"type\":\"object\",\n"                              \
    "  \"source_reference\":\"steps.%s.output\"}],\n"                                              \
    " \"steps\":[{\"step_id\":\"fr\",\"step_type\":\"LLM_CALL\",\"tool_name\":\"nmt_translator\"," \
    "\n  \"input_mapping\":{\"text\":\"${inputs.text}\",\"target_lang\":\"fr\"},\n"                \
    "  \"parallel_group\":1,\"depends_on\":[]}]}\n"

static void the_dialect_of_lists_becomes_canonical(void **state)
{
    struct json_object *step;
    char text[2048];
    (void)state;
    snprintf(text, sizeof text, "\xEF\xBB\xBF" TRANSLATION, "fr");
    assert_int_equal(read_text(text), ERR_OK);
    assert_string_equal(
        json_str(json_object_of(json_object_of(flow, "inputs"), "text"), "type", ""), "string");
    assert_non_null(json_object_of(json_object_of(flow, "outputs"), "translations"));
    step = json_object_array_get_idx(json_array(flow, "steps"), 0);
    assert_string_equal(json_str(step, "type", ""), "llm_call");
    assert_string_equal(json_str(step, "tool", ""), "nmt_translator");
    assert_string_equal(json_str(step, "output_name", ""), "output");
    assert_int_equal(json_i64(step, "parallel_group", 0), 1);
}

/* The README's own example leads to a step that it does not have. */
static void an_unknown_reference_is_named_with_its_place(void **state)
{
    char text[2048];
    (void)state;
    snprintf(text, sizeof text, TRANSLATION, "combine");
    assert_int_equal(read_text(text), ERR_INPUT);
    assert_string_equal(info.message,
                        "unknown reference \"steps.combine.output\": there is no step "
                        "\"combine\"");
    assert_string_equal(info.file, "flow.json");
    assert_int_equal(info.line, 5);
    assert_int_equal(info.column, 22);
}

static void what_is_wrong_is_said_where_it_stands(void **state)
{
    static const struct {
        const char *text, *says;
        int line, column;
    } cases[] = {
        {"{\"workflow_id\":\"x\",\n \"steps\":[]}", "needs \"steps\"", 2, 10},
        {"{\n \"workflow_id\":\"\",\"steps\":[{}]}", "needs a workflow_id", 2, 16},
        {"[1]", "one JSON object", 1, 1},
        {"{\"workflow_id\":\"x\",\n\"steps\":[{\"step_id\":\"a\"},\n  {\"step_id\":\"a\"}]}",
         "\"a\" is there twice", 3, 3},
        {"{\"workflow_id\":\"x\",\n\"steps\":[{\"step_id\":\"a\",\n\"type\":\"magic\"}]}",
         "no type of step \"magic\"", 3, 8},
        {"{\"workflow_id\":\"x\",\n\"steps\":[{\"step_id\":\"a\",\n\"depends_on\":[\"b\"]}]}",
         "no step \"b\"", 3, 15},
        {"{\"workflow_id\":\"x\",\"steps\":[{\"step_id\":\"a\",\n\"input_mapping\":{\"n\":\n"
         "\"all of ${inputs.q}\"}}]}",
         "no input \"q\"", 3, 1},
        {"{\"workflow_id\":\"x\",\"steps\":[{\"step_id\":\"a\",\"output_name\":\"o\"},\n"
         "{\"step_id\":\"b\",\"input_mapping\":{\"n\":\"steps.a.p\"}}]}",
         "the output of the step is \"o\"", 2, 37},
        {"{\"workflow_id\":\"x\",\"steps\":[{\"step_id\":\"z\"},\n"
         "{\"step_id\":\"a\",\"input_mapping\":{\"n\":\"steps.b.output\"}},\n"
         "{\"step_id\":\"b\",\"depends_on\":[\"a\"]}]}",
         "\"a\" waits for itself", 2, 1},
        {"{\"workflow_id\":\"x\",\n\"steps\" [}", "not valid JSON", 2, 9},
        {"{\"workflow_id\":\"x\",\"outputs\":{\"o\":{}},\"steps\":[{\"step_id\":\"z\"}]}",
         "needs a source_reference", 1, 35},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum err e = read_text(cases[i].text);
        assert_true(e == ERR_INPUT || e == ERR_PARSE);
        if (!strstr(info.message, cases[i].says))
            fail_msg("case %zu: %s", i, info.message);
        if (info.line != cases[i].line || info.column != cases[i].column)
            fail_msg("case %zu: %d:%d", i, info.line, info.column);
    }
}

static struct json_object *parse(const char *text)
{
    struct json_object *o = NULL;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

/* The value of a mapping as JSON; "!" when it leads nowhere. */
static const char *value_of(const char *mapping)
{
    static char text[256];
    struct json_object *scope = parse("{\"inputs\":{\"n\":3,\"who\":\"you\",\"l\":[1,2]},"
                                      "\"steps\":{\"a\":{\"out\":{\"x\":\"deep\",\"z\":null}}}}");
    struct json_object *m = parse(mapping), *value = NULL;
    struct err_info why = {0};
    enum err e = workflow_value(scope, m, &value, &why);
    snprintf(text, sizeof text, "%s",
             e ? "!" : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
    json_object_put(value);
    json_object_put(m);
    json_object_put(scope);
    return text;
}

static void a_mapping_is_reference_text_or_literal(void **state)
{
    (void)state;
    assert_string_equal(value_of("\"inputs.n\""), "3");
    assert_string_equal(value_of("\"${inputs.l}\""), "[1,2]");
    assert_string_equal(value_of("\"steps.a.out.x\""), "\"deep\"");
    assert_string_equal(value_of("\"steps.a.out.z\""), "null");
    assert_string_equal(value_of("\"steps.a.out.y\""), "!");
    assert_string_equal(value_of("\"see ${inputs.who}, ${inputs.l}\""), "\"see you, [1,2]\"");
    assert_string_equal(value_of("\"a $${inputs.who} stays\""), "\"a ${inputs.who} stays\"");
    assert_string_equal(value_of("\"see ${inputs.nobody}\""), "!");
    assert_string_equal(value_of("\"inputs are fine\""), "\"inputs are fine\"");
    assert_string_equal(value_of("\"fr\""), "\"fr\"");
    assert_string_equal(value_of("\"${\""), "\"${\"");
    assert_string_equal(value_of("7.5"), "7.5");
    assert_string_equal(value_of("{\"k\":\"inputs.n\"}"), "{\"k\":\"inputs.n\"}");
}

static void a_place_is_found_in_any_json(void **state)
{
    static const char text[] = "{\"a/b\": [1, {\"x\\\"\": \"]}\",\n \"é~\": [true]}], \"c\": -1e5}";
    int line, column;
    (void)state;
    assert_true(json_place(text, strlen(text), "/a~1b/1/x\"", &line, &column));
    assert_int_equal(line * 100 + column, 121);
    assert_true(json_place(text, strlen(text), "/a~1b/1/é~0/0", &line, &column));
    assert_int_equal(line * 100 + column, 209);
    assert_true(json_place(text, strlen(text), "/c", &line, &column));
    assert_int_equal(line * 100 + column, 223);
    assert_false(json_place(text, strlen(text), "/a~1b/7", &line, &column));
    assert_int_equal(line * 100 + column, 109);
    assert_false(json_place(text, strlen(text), "/nothing", &line, &column));
    assert_int_equal(line * 100 + column, 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_dialect_of_lists_becomes_canonical, release),
        cmocka_unit_test_teardown(an_unknown_reference_is_named_with_its_place, release),
        cmocka_unit_test_teardown(what_is_wrong_is_said_where_it_stands, release),
        cmocka_unit_test(a_mapping_is_reference_text_or_literal),
        cmocka_unit_test(a_place_is_found_in_any_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
