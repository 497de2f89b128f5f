/* Events of streams, read without a heap block for each value; tests/fuzz/fuzz_json_reader.c
 * compares all else with json_parse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/llm/llm_fault.h"

static const struct json_node *read_one(struct json_reader *r, const char *text)
{
    const struct json_node *v;
    assert_int_equal(json_reader_read(r, text, strlen(text), &v, NULL), ERR_OK);
    return v;
}

static void an_event_is_read(void **state)
{
    const struct json_node *o, *choice;
    struct json_reader r;
    (void)state;
    json_reader_init(&r);
    o = read_one(&r,
                 " {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" to\\\"ken\"},"
                 "\"finish_reason\":null},{\"index\":1}],\n\"usage\":{\"n\":12,\"m\":-3.5e1,"
                 "\"big\":1e300},\"done\":true,\"no\":false} ");
    choice = json_node_first(json_node_array(o, "choices"));
    assert_string_equal(json_node_str(json_node_object(choice, "delta"), "content", ""),
                        " to\"ken");
    assert_null(json_node_str(choice, "finish_reason", NULL));
    assert_null(json_node_get(choice, "finish_reason"));
    assert_int_equal(json_node_i64(choice, "index", -1), 0);
    assert_int_equal(json_node_i64(json_node_object(o, "usage"), "n", 0), 12);
    assert_int_equal(json_node_i64(json_node_object(o, "usage"), "m", 0), -35);
    assert_int_equal(json_node_i64(json_node_object(o, "usage"), "big", 7), 7);
    assert_true(json_node_flag(o, "done", false));
    assert_false(json_node_flag(o, "no", true));
    assert_true(json_node_flag(o, "missing", true));
    json_reader_fini(&r);
}

static void what_is_missing_or_of_another_type_is_none(void **state)
{
    const struct json_node *o;
    struct json_reader r;
    (void)state;
    json_reader_init(&r);
    o = read_one(&r, "{\"a\":[],\"b\":{},\"c\":\"3\",\"d\":4}");
    assert_null(json_node_first(json_node_array(o, "a")));
    assert_null(json_node_array(o, "b"));
    assert_null(json_node_object(o, "a"));
    assert_null(json_node_first(json_node_get(o, "b")));
    assert_int_equal(json_node_i64(o, "c", 5), 5);
    assert_string_equal(json_node_str(o, "d", "none"), "none");
    assert_string_equal(json_node_str(NULL, "d", "none"), "none");
    assert_null(json_node_get(json_node_get(o, "d"), "e"));
    assert_null(read_one(&r, "null"));
    json_reader_fini(&r);
}

/* What streams may hold beside plain text, and how it comes out. */
static void texts_are_decoded(void **state)
{
    static const char *const cases[][2] = {
        {"\\u0041\\u00e9\\u20AC\\ud83d\\ude00", "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"caf\xC3\xA9 \xF0\x9F\x98\x80", "caf\xC3\xA9 \xF0\x9F\x98\x80"},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
        {"\\ud83d!", "\xEF\xBF\xBD!"}, /* half a pair: json-c's way */
        {"\\ude00", "\xEF\xBF\xBD"},
        {"\\ud83d\\u0041", "\xEF\xBF\xBD"
                           "A"},
        {"", ""},
        {"a\\u0000b", "a"},
    };
    struct json_reader r;
    char text[128];
    (void)state;
    json_reader_init(&r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "{\"t\":\"%s\",\"z\":1}", cases[i][0]);
        assert_string_equal(json_node_str(read_one(&r, text), "t", NULL), cases[i][1]);
        assert_int_equal(json_node_i64(read_one(&r, text), "z", 0), 1);
    }
    json_reader_fini(&r);
}

/* Whether read at a glance or by json-c: the last of equal names, and the same numbers. */
static void both_ways_agree(void **state)
{
    static const struct {
        const char *text;
        int64_t n;
    } cases[] = {
        {"{\"n\":1,\"n\":2}", 2},
        {"{\"n\":1,\"n\":null}", -7},
        {"{\"n\":1,\"n\":2,\"odd\":NaN}", 2},
        {"{\"n\":999999999999999999}", 999999999999999999},
        {"{\"n\":9223372036854775807}", INT64_MAX},
        {"{\"n\":18446744073709551615}", INT64_MAX},
        {"{\"n\":-0}", 0},
        {"{\"odd\":\"\\ud800\",\"n\":4.9}", 4},
        {"{\"n\":1e99}", -7},
        {"{\"n\":7.,\"odd\":\"a\tb\"}", 7},
    };
    struct json_reader r;
    struct json_object *o;
    (void)state;
    json_reader_init(&r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(json_node_i64(read_one(&r, cases[i].text), "n", -7), cases[i].n);
        assert_int_equal(json_parse(cases[i].text, strlen(cases[i].text), NULL, &o, NULL), ERR_OK);
        assert_int_equal(json_i64(o, "n", -7), cases[i].n);
        json_object_put(o);
    }
    json_reader_fini(&r);
}

static void what_is_no_json_is_refused_in_the_same_words(void **state)
{
    static const char *const cases[] = {
        "",      "{",       "{\"a\":1,}",  "[1,]",      "{\"a\" 1}", "{a:1}",         "nul", "True",
        "[1 2]", "\"\\x\"", "\"\\u12g4\"", "\"\xC3\"",  "\"\xFF\"",  "{} {}",         "01",  "-",
        "[\"a]", "'a'",     "/* */ 1",     "{\"a\":1]", "\"\\ud83d", "{\"a\":1}\x01", ",",
    };
    struct json_reader r;
    (void)state;
    json_reader_init(&r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err_info a = {0}, b = {0};
        struct json_object *o;
        const struct json_node *v;
        assert_int_equal(json_parse(cases[i], strlen(cases[i]), NULL, &o, &a), ERR_PARSE);
        assert_int_equal(json_reader_read(&r, cases[i], strlen(cases[i]), &v, &b), ERR_PARSE);
        assert_string_equal(a.message, b.message);
        assert_int_equal(a.column, b.column);
        assert_null(v);
    }
    json_reader_fini(&r);
}

static void nesting_ends_where_it_ends_for_all(void **state)
{
    char text[512];
    struct json_reader r;
    (void)state;
    json_reader_init(&r);
    for (size_t depth = 1; depth <= 100; depth++) {
        struct json_object *o;
        const struct json_node *v;
        enum err e;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        e = json_parse(text, depth * 2, NULL, &o, NULL);
        assert_int_equal(json_reader_read(&r, text, depth * 2, &v, NULL), e);
        assert_int_equal(e, depth <= JSON_DEPTH_MAX ? ERR_OK : ERR_PARSE);
        if (!e)
            assert_int_equal(v->span, depth);
        json_object_put(o);
    }
    json_reader_fini(&r);
}

/* A text of 1 MB, or of many values, is read as any, and its memory is not kept for small ones. */
static void memory_of_a_large_text_is_given_back(void **state)
{
    enum { MANY = 300000 };
    char *text = calloc(1, 2 * MANY + 16);
    struct json_reader r;
    (void)state;
    assert_non_null(text);
    json_reader_init(&r);
    strcpy(text, "[1");
    for (size_t i = 1; i < MANY; i++)
        memcpy(text + 2 * i, ",1", 2);
    text[2 * MANY] = ']';
    assert_int_equal(read_one(&r, text)->count, MANY);
    assert_int_equal(json_node_i64(read_one(&r, "{\"a\":3}"), "a", 0), 3);
    assert_true(r.nodes_cap <= 1024 && r.text_cap <= 64 << 10);
    memset(text, 'x', 2 * MANY);
    text[0] = text[2 * MANY - 1] = '"';
    text[2 * MANY] = 0;
    assert_int_equal(read_one(&r, text)->len, 2 * MANY - 2);
    assert_int_equal(json_node_i64(read_one(&r, "{\"a\":3}"), "a", 0), 3);
    assert_true(r.text_cap <= 64 << 10);
    json_reader_fini(&r);
    free(text);
}

/* llm_fault_object is only asked about these. */
static void errors_are_suspected(void **state)
{
    static const struct {
        const char *text;
        bool likely;
    } cases[] = {
        {"{\"error\":{\"message\":\"no\"}}", true},
        {"{\"error\":\"no\"}", true},
        {"{\"error\":null}", false},
        {"{\"object\":\"error\"}", true},
        {"{\"type\":\"error\"}", true},
        {"{\"detail\":\"no\"}", true},
        {"{\"statusCode\":401}", true},
        {"[{\"error\":{}}]", true},
        {"{\"object\":\"chunk\"}", false},
        {"null", false},
        {"\"error\"", false},
        {"{\"choices\":[{\"error\":1}]}", false},
    };
    struct json_reader r;
    (void)state;
    json_reader_init(&r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(llm_fault_likely(read_one(&r, cases[i].text)), cases[i].likely);
    json_reader_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_read),
        cmocka_unit_test(what_is_missing_or_of_another_type_is_none),
        cmocka_unit_test(texts_are_decoded),
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(what_is_no_json_is_refused_in_the_same_words),
        cmocka_unit_test(nesting_ends_where_it_ends_for_all),
        cmocka_unit_test(memory_of_a_large_text_is_given_back),
        cmocka_unit_test(errors_are_suspected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
