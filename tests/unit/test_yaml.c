#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"

static struct err_info info;

static enum err parse(const char *text, struct yaml_doc *doc)
{
    memset(&info, 0, sizeof info);
    return yaml_parse(text, strlen(text), "x.yaml", doc, &info);
}

/* Expects an error at a place whose sentence holds `words`. */
static void fails(const char *text, enum err code, int line, int column, const char *words)
{
    struct yaml_doc doc;
    assert_int_equal(parse(text, &doc), code);
    assert_null(doc.root);
    assert_non_null(strstr(info.message, words));
    assert_int_equal(info.line, line);
    assert_int_equal(info.column, column);
    yaml_doc_free(&doc);
}

static void prints(const char *text, const char *json)
{
    struct yaml_doc doc;
    assert_int_equal(parse(text, &doc), ERR_OK);
    assert_string_equal(
        doc.root ? json_object_to_json_string_ext(doc.root, JSON_C_TO_STRING_PLAIN) : "null", json);
    yaml_doc_free(&doc);
}

static void scalars_mean_what_pyyaml_says(void **state)
{
    (void)state;
    prints("[~, null, yes, Off, 12, -7, 0x1f, 010, 1_000, 0b101]",
           "[null,null,true,false,12,-7,31,8,1000,5]");
    prints("[1.5, -0.25, 1e3, 1.0e+3, 1.2.3, 12:30, 2026-01-02, '12', \"yes\", +, -, 0x, 08]",
           "[1.5,-0.25,\"1e3\",1000.0,\"1.2.3\",\"12:30\",\"2026-01-02\",\"12\",\"yes\",\"+\","
           "\"-\",\"0x\",\"08\"]");
    prints("[9223372036854775807, -9223372036854775807]",
           "[9223372036854775807,-9223372036854775807]");
    prints("!!str 12", "\"12\"");
    prints("", "null");
    prints("# only a remark\n", "null");
    prints("a: |\n  one\n  two\nb: >\n  x\n  y\n", "{\"a\":\"one\\ntwo\\n\",\"b\":\"x y\\n\"}");
}

static void a_byte_order_mark_is_no_text(void **state)
{
    (void)state;
    prints("\xef\xbb\xbf"
           "a: 1\n",
           "{\"a\":1}");
}

static void values_and_keys_know_their_places(void **state)
{
    struct yaml_doc doc;
    struct json_object *llm;
    int line, column;
    (void)state;
    assert_int_equal(parse("a: 1\nllm:\n  host: x\n  none:\n  list: [1,\n    two]\n", &doc),
                     ERR_OK);
    llm = json_get(doc.root, "llm");
    yaml_place(&doc, llm, "host", &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 3);
    yaml_place(&doc, json_get(llm, "host"), NULL, &line, &column);
    assert_int_equal(column, 9);
    yaml_place(&doc, llm, "none", &line, &column);
    assert_int_equal(line, 4);
    yaml_place(&doc, json_object_array_get_idx(json_get(llm, "list"), 1), NULL, &line, &column);
    assert_int_equal(line, 6);
    assert_int_equal(column, 5);
    yaml_place(&doc, llm, "nowhere", &line, &column);
    assert_int_equal(line, 0);
    assert_int_equal(yaml_fail(&doc, llm, "host", &info, "bad %s", "host"), ERR_INPUT);
    assert_int_equal(info.line, 3);
    assert_string_equal(info.file, "x.yaml");
    assert_string_equal(info.message, "bad host");
    yaml_doc_free(&doc);
}

static void errors_name_their_place(void **state)
{
    (void)state;
    fails("a: 1\nb: 2\na: 3\n", ERR_PARSE, 3, 1, "\"a\" is there already, in line 1");
    fails("a: [1, 2\nb: 3\n", ERR_PARSE, 2, 2, "not valid YAML");
    fails("a: \"\\ud83d\\ude00\"\n", ERR_PARSE, 1, 7, "write the character itself");
    fails("a: 1\n---\nb: 2\n", ERR_PARSE, 2, 1, "second document");
    fails("? [a]\n: b\n", ERR_PARSE, 1, 3, "a key must be");
    fails("ok: 1\nbad: \xff\n", ERR_PARSE, 2, 6, "UTF-8");
    fails("a: !!python/x 1\n", ERR_PARSE, 1, 4, "tag of its own");
}

static void aliases_are_copies_within_the_limit(void **state)
{
    struct yaml_doc doc;
    char bomb[4096] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    int line, column;
    (void)state;
    prints("base: &b {x: 1, y: 2}\nall: {<<: *b, y: 3}\nsame: *b\n",
           "{\"base\":{\"x\":1,\"y\":2},\"all\":{\"y\":3,\"x\":1},\"same\":{\"x\":1,\"y\":2}}");
    assert_int_equal(parse("b: &b\n  x: 1\nc: *b\n", &doc), ERR_OK);
    assert_ptr_not_equal(json_get(doc.root, "b"), json_get(doc.root, "c"));
    yaml_place(&doc, json_get(doc.root, "c"), "x", &line, &column);
    assert_int_equal(line, 2);
    yaml_doc_free(&doc);
    for (int i = 1; i < 9; i++)
        snprintf(bomb + strlen(bomb), 200,
                 "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_int_equal(parse(bomb, &doc), ERR_TOO_LARGE);
    assert_non_null(strstr(info.message, "aliases counted"));
    yaml_doc_free(&doc);
    fails("a: &a [*a]\n", ERR_PARSE, 1, 8, "before its anchor is complete");
}

static void deep_and_large_texts_are_refused(void **state)
{
    struct yaml_doc doc;
    char deep[80];
    char *large = malloc(5 << 20);
    (void)state;
    memset(deep, '[', sizeof deep);
    deep[64] = 0;
    deep[65] = 0;
    assert_int_equal(parse(deep, &doc), ERR_PARSE);
    deep[64] = '[';
    assert_int_equal(parse(deep, &doc), ERR_TOO_LARGE);
    assert_non_null(strstr(info.message, "64 levels"));
    memset(large, ' ', 5 << 20);
    assert_int_equal(yaml_parse(large, 5 << 20, "big.yaml", &doc, &info), ERR_TOO_LARGE);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_mean_what_pyyaml_says),
        cmocka_unit_test(a_byte_order_mark_is_no_text),
        cmocka_unit_test(values_and_keys_know_their_places),
        cmocka_unit_test(errors_name_their_place),
        cmocka_unit_test(aliases_are_copies_within_the_limit),
        cmocka_unit_test(deep_and_large_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
