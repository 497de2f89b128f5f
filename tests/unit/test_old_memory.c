/* What the old system has left: entries of its index, nodes, mendings, measurements; and the
 * splitter that its large files are read with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_split.h"
#include "base/old_memory.h"

typedef struct json_object json;

/* ---- the splitter ---- */

static enum err note(void *arg, const char *key, const char *text, size_t n, int line, int column)
{
    struct buf *out = arg;
    return buf_addf(out, "%s=%.*s@%d:%d;", key ? key : "-", text ? (int)n : 9,
                    text ? text : "TOO LARGE", line, column);
}

/* In pieces of so many bytes. */
static enum err split(const char *text, size_t piece, struct buf *out, struct err_info *info)
{
    struct json_split s;
    size_t n = strlen(text);
    enum err e = ERR_OK;
    json_split_init(&s, 40, note, out);
    for (size_t at = 0; !e && at < n; at += piece)
        e = json_split_add(&s, text + at, piece < n - at ? piece : n - at, "f", info);
    if (!e)
        e = json_split_end(&s, "f", info);
    json_split_fini(&s);
    return e;
}

static void values_are_cut_out(void **state)
{
    static const struct {
        const char *text, *values;
    } cases[] = {
        {"{}", ""},
        {" [ ] ", ""},
        {"\xEF\xBB\xBF{\"a\": {\"b\": [1, \"]}\"]},\r\n \"c\" :2}",
         "a={\"b\": [1, \"]}\"]}@1:7;c=2@2:7;"},
        {"[1,\"x\\\"],\",null , {}]", "-=1@1:2;-=\"x\\\"],\"@1:4;-=null@1:12;-={}@1:19;"},
        {"{\"\\u00e4\\\"\":\"größer\",\"b\":0}", "ä\"=\"größer\"@1:13;b=0@1:26;"},
        {"{\"a\":1,\"a\":2}", "a=1@1:6;a=2@1:12;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t piece = 1; piece < 9; piece++) {
            struct err_info info = {0};
            struct buf out;
            buf_init(&out, 4096);
            if (split(cases[i].text, piece, &out, &info))
                fail_msg("case %zu: %d:%d %s", i, info.line, info.column, info.message);
            assert_string_equal(out.data, cases[i].values);
            buf_fini(&out);
        }
}

static void what_is_too_large_is_passed_over(void **state)
{
    struct err_info info = {0};
    struct buf out;
    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(
        split("[{\"long\":\"01234567890123456789012345678901234567890\"},7]", 5, &out, &info),
        ERR_OK);
    assert_non_null(strstr(out.data, "TOO LARGE@1:2;-=7@1:55;"));
    buf_fini(&out);
}

static void broken_texts_are_told(void **state)
{
    static const struct {
        const char *text, *before; /* what came before the break is given out */
        int line, column;
    } cases[] = {
        {"", "", 1, 1},
        {"7", "", 1, 1},
        {"{\"a\":1", "", 1, 7},
        {"{\"a\":{},\n\"b\"", "a={}@1:6;", 2, 4},
        {"{\"a\":1 \"b\":2}", "a=1@1:6;", 1, 8},
        {"{\"a\" 1}", "", 1, 6},
        {"{a:1}", "", 1, 2},
        {"[1,]", "-=1@1:2;", 1, 4},
        {"[1] x", "-=1@1:2;", 1, 5},
        {"{\"a\":}", "", 1, 6},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err_info info = {0};
        struct buf out;
        buf_init(&out, 4096);
        assert_int_equal(split(cases[i].text, 3, &out, &info), ERR_PARSE);
        if (info.line != cases[i].line || info.column != cases[i].column)
            fail_msg("case %zu: %d:%d %s", i, info.line, info.column, info.message);
        assert_string_equal(out.data, cases[i].before);
        buf_fini(&out);
    }
}

/* ---- texts and times ---- */

static void texts_become_plain(void **state)
{
    struct err_info info = {0};
    struct buf text;
    (void)state;
    buf_init(&text, 100);
    assert_int_equal(buf_adds(&text, "\xEF\xBB\xBF"
                                     "a\r\nb\rc\n\r"),
                     ERR_OK);
    assert_int_equal(old_text(&text, "f", &info), ERR_OK);
    assert_string_equal(text.data, "a\nb\nc\n\n");
    buf_clear(&text);
    assert_int_equal(buf_add(&text, "a\nb\xe4", 4), ERR_OK);
    assert_int_equal(old_text(&text, "f", &info), ERR_PARSE);
    assert_int_equal(info.line, 2);
    assert_int_equal(info.column, 2);
    buf_clear(&text);
    assert_int_equal(buf_add(&text, "a\0b", 3), ERR_OK);
    assert_int_equal(old_text(&text, "f", &info), ERR_PARSE);
    buf_fini(&text);
}

static void times_are_read(void **state)
{
    (void)state;
    assert_int_equal(old_time("1970-01-01T00:00:01"), 1000);
    assert_int_equal(old_time("2024-11-15T10:30:00.250000"), 1731666600250);
    assert_int_equal(old_time("2024-11-15T10:30:00Z"), 1731666600000);
    assert_int_equal(old_time("2024-11-15 11:30:00+01:00"), 1731666600000);
    assert_int_equal(old_time("2024-13-15T10:30:00"), 0);
    assert_int_equal(old_time("yesterday"), 0);
    assert_int_equal(old_time(""), 0);
}

/* ---- entries ---- */

static json *entry(const char *key, const char *text)
{
    struct err_info info = {0};
    json *record;
    if (old_entry(key, text, strlen(text), "index.json", 3, 5, &record, &info))
        fail_msg("%s: %s", text, info.message);
    return record;
}

static void an_entry_becomes_a_record(void **state)
{
    json *r = entry("func_add",
                    "{\"artifact_id\":\"func_add\",\"artifact_type\":\"function\",\"name\":\"add\","
                    "\"description\":\"adds\",\"content\":\"def add(a):\\r\\n    return a\\r\\n\","
                    "\"tags\":[\"math\",\"two words\",\"math\",7,\"\"],\"metadata\":{\"node_id\":"
                    "\"add\",\"mean\":NaN},\"embedding\":[0.5,1],\"created_at\":"
                    "\"2024-11-15T10:30:00\",\"usage_count\":3,\"quality_score\":1.2}");
    json *body = json_object_of(r, "body");
    (void)state;
    assert_string_equal(json_str(r, "source", ""), "rag_memory/func_add");
    assert_string_equal(json_str(r, "kind", ""), "function");
    assert_string_equal(json_str(r, "task", ""), "adds");
    assert_string_equal(json_str(body, "source", ""), "def add(a):\n    return a\n");
    assert_string_equal(json_object_to_json_string_ext(json_get(r, "tags"), JSON_C_TO_STRING_PLAIN),
                        "[\"math\",\"two-words\"]");
    assert_string_equal(
        json_object_to_json_string_ext(json_get(body, "metadata"), JSON_C_TO_STRING_PLAIN),
        "{\"node_id\":\"add\",\"mean\":null}");
    assert_int_equal(json_i64(r, "embedding", 0), 2); /* only counted */
    assert_int_equal(json_i64(r, "uses", 0), 3);
    assert_int_equal(json_i64(r, "created", 0), 1731666600000);
    assert_true(json_f64(r, "quality", 0) == 1);
    assert_string_equal(old_entry_node(r), "add");
    assert_null(json_get(r, "remarks"));
    json_object_put(r);
}

static void kinds_are_found(void **state)
{
    static const struct {
        const char *id, *type, *kind;
        bool remarked;
    } cases[] = {
        {"x", "pattern", "pattern", false},
        {"x", "PATTERN", "pattern", false},
        {"x", "perf_data", "performance", false},
        {"interaction_0123", "pattern", "conversation", false},
        {"invocation_tool_17", "pattern", "conversation", false},
        {"exec_invocation_tool_17", "debug_data", "conversation", false},
        {"conv_add_v1", "", "conversation", false},
        {"func_add", "code_fix", "code_fix", false},
        {"func_add", "", "function", false},
        {"x", "", "unknown", false},
        {"x", "mood", "mood", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        json *r;
        snprintf(text, sizeof text, "{\"artifact_type\":\"%s\",\"content\":\"c\"}", cases[i].type);
        r = entry(cases[i].id, text);
        assert_string_equal(json_str(r, "kind", ""), cases[i].kind);
        assert_int_equal(json_array(r, "remarks") != NULL, cases[i].remarked);
        json_object_put(r);
    }
}

static void wrong_entries_are_told(void **state)
{
    static const struct {
        const char *key, *text;
        int line, column;
    } cases[] = {
        {"a", "17", 3, 5},
        {"a", "null", 3, 5},
        {NULL, "{}", 3, 5},
        {"a", "{\"content\": tru}", 3, 20},
        {"a", "{\n \"content\": tru}", 4, 16},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err_info info = {0};
        json *record = (void *)1;
        assert_int_not_equal(old_entry(cases[i].key, cases[i].text, strlen(cases[i].text),
                                       "index.json", 3, 5, &record, &info),
                             ERR_OK);
        assert_null(record);
        if (info.line != cases[i].line || info.column != cases[i].column)
            fail_msg("case %zu: %d:%d %s", i, info.line, info.column, info.message);
    }
}

static void a_workflow_keeps_its_steps(void **state)
{
    static const char *const texts[] = {
        "{\"artifact_type\":\"workflow\",\"content\":\"x\",\"metadata\":{\"workflow_json\":"
        "{\"steps\":[]}}}",
        "{\"artifact_type\":\"workflow\",\"content\":\"x\",\"metadata\":{\"workflow_json\":"
        "\"{\\\"steps\\\":[]}\"}}",
        "{\"artifact_type\":\"workflow\",\"content\":\"{\\\"steps\\\":[]}\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json *r = entry("w", texts[i]);
        assert_non_null(json_array(json_object_of(json_object_of(r, "body"), "steps_of"), "steps"));
        json_object_put(r);
    }
}

/* ---- nodes ---- */

static void put_part(struct old_node *node, enum old_part part, const char *text)
{
    buf_init(&node->parts[part], 1 << 16);
    assert_int_equal(buf_adds(&node->parts[part], text), ERR_OK);
}

static struct old_node new_node(const char *id)
{
    struct old_node node = {.id = id};
    for (int i = 0; i < OLD_PARTS; i++)
        buf_init(&node.parts[i], 0);
    return node;
}

static void drop_node(struct old_node *node)
{
    for (int i = 0; i < OLD_PARTS; i++)
        buf_fini(&node->parts[i]);
}

static void a_node_becomes_one_function(void **state)
{
    struct old_node node = new_node("add");
    json *r, *body, *links;
    (void)state;
    put_part(&node, OLD_MAIN, "print(1)\n");
    put_part(&node, OLD_TESTS, "assert True\n");
    put_part(&node, OLD_SPECIFICATION, "# Add\n");
    put_part(&node, OLD_INTERFACE, "{\"inputs\":[\"a\"],\"description\":\"adds\"}");
    put_part(&node, OLD_NODE,
             "{\"version\":\"1.2.0\",\"tags\":[\"math\"],\"lineage\":{\"parent\":"
             "\"sum\",\"derived_from\":[\"sum\",\"x\",null]}}");
    put_part(&node, OLD_EVALUATION, "{\"score_overall\":0.7}");
    put_part(&node, OLD_METRICS, "{\"latency_ms\":4");
    r = old_node(&node, NULL);
    body = json_object_of(r, "body");
    links = json_array(r, "links");
    assert_string_equal(json_str(r, "source", ""), "nodes/add");
    assert_string_equal(json_str(r, "kind", ""), "function");
    assert_string_equal(json_str(r, "task", ""), "adds");
    assert_string_equal(json_str(body, "source", ""), "print(1)\n");
    assert_string_equal(json_str(body, "tests", ""), "assert True\n");
    assert_string_equal(json_str(body, "specification", ""), "# Add\n");
    assert_true(json_f64(r, "quality", 0) == 0.7);
    assert_int_equal(json_object_array_length(links), 3);
    assert_string_equal(json_str(json_object_array_get_idx(links, 0), "how", ""), "parent");
    assert_string_equal(json_str(json_object_array_get_idx(links, 2), "source", ""), "nodes/x");
    assert_null(json_get(body, "metrics")); /* cut: told, and the rest is kept */
    assert_non_null(strstr(json_object_get_string(json_array(r, "remarks")), "metrics.json:1:16"));
    json_object_put(r);
    drop_node(&node);
}

static void a_node_without_a_program_is_a_plan(void **state)
{
    struct old_node node = new_node("poem");
    json *r;
    (void)state;
    put_part(&node, OLD_SPECIFICATION, "# A poem\n");
    r = old_node(&node, NULL);
    assert_string_equal(json_str(r, "kind", ""), "plan");
    assert_string_equal(json_str(json_object_of(r, "body"), "content", ""), "# A poem\n");
    json_object_put(r);
    drop_node(&node);
}

/* ---- the others ---- */

static void a_mending_is_kept_as_it_is_told(void **state)
{
    static const char text[] = "{\"template_id\":\"t1\",\"problem_description\":\"NameError\","
                               "\"fix_implementation\":\"import json\",\"applied_count\":4}";
    struct err_info info = {0};
    json *r;
    (void)state;
    assert_int_equal(old_fix("file", text, strlen(text), "file.json", &r, &info), ERR_OK);
    assert_string_equal(json_str(r, "source", ""), "fix_templates/t1");
    assert_string_equal(json_str(r, "kind", ""), "code_fix");
    assert_string_equal(json_str(json_object_of(r, "body"), "content", ""), "import json");
    assert_int_equal(json_i64(r, "uses", 0), 4);
    json_object_put(r);
    assert_int_equal(old_fix("file", "[]", 2, "file.json", &r, &info), ERR_INPUT);
    assert_null(r);
}

static void measurements_become_one_artifact(void **state)
{
    struct old_perf p;
    json *r, *content, *ms;
    (void)state;
    old_perf_init(&p);
    assert_null(old_perf_record(&p, "t"));
    for (int i = 1; i <= 1000; i++) {
        char line[60];
        int n = snprintf(line, sizeof line, "{\"ms\":%d,\"ok\":true,\"x\":NaN}\r\n", i);
        old_perf_line(&p, line, (size_t)n, "perf_data/t.jsonl");
    }
    for (int i = 0; i < 5; i++)
        old_perf_line(&p, "{cut", 4, "perf_data/t.jsonl");
    r = old_perf_record(&p, "t");
    content = json_object_of(json_object_of(r, "body"), "content");
    ms = json_object_of(json_object_of(content, "fields"), "ms");
    assert_int_equal(json_i64(ms, "n", 0), 1000);
    assert_true(json_f64(ms, "min", 0) == 1 && json_f64(ms, "max", 0) == 1000);
    assert_true(json_f64(ms, "mean", 0) > 500.49 && json_f64(ms, "mean", 0) < 500.51);
    assert_int_equal(json_object_array_length(json_array(content, "last")), 100);
    assert_int_equal(json_object_array_length(json_array(r, "remarks")), 4);
    assert_non_null(
        strstr(json_object_get_string(json_object_array_get_idx(json_array(r, "remarks"), 0)),
               "perf_data/t.jsonl:1001:"));
    json_object_put(r);
    old_perf_fini(&p);
}

static void lessons_are_read(void **state)
{
    static const char text[] = "{\"learnings\":{\"s\":[{\"node_id\":\"n\",\"lesson\":\"l\","
                               "\"usage_count\":2},7]}}";
    struct err_info info = {0};
    json *records, *r;
    (void)state;
    assert_int_equal(old_lessons(text, strlen(text), "f", &records, &info), ERR_OK);
    assert_int_equal(json_object_array_length(records), 1);
    r = json_object_array_get_idx(records, 0);
    assert_string_equal(json_str(r, "source", ""), "shared_context/s/0");
    assert_string_equal(json_str(r, "task", ""), "l");
    json_object_put(records);
    assert_int_equal(old_lessons("{}", 2, "f", &records, &info), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_cut_out),
        cmocka_unit_test(what_is_too_large_is_passed_over),
        cmocka_unit_test(broken_texts_are_told),
        cmocka_unit_test(texts_become_plain),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(an_entry_becomes_a_record),
        cmocka_unit_test(kinds_are_found),
        cmocka_unit_test(wrong_entries_are_told),
        cmocka_unit_test(a_workflow_keeps_its_steps),
        cmocka_unit_test(a_node_becomes_one_function),
        cmocka_unit_test(a_node_without_a_program_is_a_plan),
        cmocka_unit_test(a_mending_is_kept_as_it_is_told),
        cmocka_unit_test(measurements_become_one_artifact),
        cmocka_unit_test(lessons_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
