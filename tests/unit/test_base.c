#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/utf8.h"

static void buf_grows_to_its_ceiling_and_no_further(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 5);
    assert_int_equal(buf_adds(&b, "hello"), ERR_OK);
    assert_int_equal(buf_adds(&b, "!"), ERR_TOO_LARGE);
    assert_string_equal(b.data, "hello");
    buf_consume(&b, 2);
    assert_int_equal(buf_addf(&b, "%d", 42), ERR_OK);
    assert_string_equal(b.data, "llo42");
    buf_fini(&b);
}

static void sha256_matches_the_standard(void **state)
{
    char hex[65];
    struct sha256 h;
    (void)state;
    sha256_of("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_of("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_init(&h);
    for (int i = 0; i < 1000000; i++)
        sha256_add(&h, "a", 1);
    sha256_hex(&h, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void utf8_rejects_what_is_not_a_character(void **state)
{
    static const char *const bad[] = {"\xff",     "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xe4\xbd", "\x80"};
    uint32_t cp;
    (void)state;
    assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", 4, &cp), 4);
    assert_int_equal(cp, 0x1F600);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &cp), 1);
        assert_true(cp == UTF8_BAD);
    }
    assert_int_equal(utf8_missing("a\xe4\xbd", 3), 1);
    assert_int_equal(utf8_floor("a\xe4\xbd", 3), 1);
    assert_int_equal(utf8_missing("a\xe4\xbd\xa0", 4), 0);
}

static void json_says_where_it_is_wrong(void **state)
{
    static const char text[] = "{\"a\": 1,\n \"b\": }";
    struct json_object *o;
    struct err_info info;
    (void)state;
    assert_int_equal(json_parse(text, sizeof text - 1, "x.json", &o, &info), ERR_PARSE);
    assert_int_equal(info.line, 2);
    assert_null(o);
    assert_int_equal(json_parse("7", 1, NULL, &o, &info), ERR_OK);
    assert_int_equal(json_object_get_int(o), 7);
    json_object_put(o);
    assert_int_equal(json_parse("7 8", 3, NULL, &o, &info), ERR_PARSE);
    assert_int_equal(json_parse("{\"n\":1.5,\"s\":\"x\"}", 17, NULL, &o, &info), ERR_OK);
    assert_int_equal(json_i64(o, "n", 0), 1);
    assert_int_equal(json_i64(o, "s", -1), -1);
    assert_string_equal(json_str(o, "s", ""), "x");
    json_object_put(o);
}

static void json_quote_lets_no_control_through(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 100);
    assert_int_equal(json_quote(&b, "\x1b[2J\"\xff\xc2\x9b", 8), ERR_OK);
    assert_string_equal(b.data, "\"\\u001b[2J\\\"\xEF\xBF\xBD\\u009b\"");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_grows_to_its_ceiling_and_no_further),
        cmocka_unit_test(sha256_matches_the_standard),
        cmocka_unit_test(utf8_rejects_what_is_not_a_character),
        cmocka_unit_test(json_says_where_it_is_wrong),
        cmocka_unit_test(json_quote_lets_no_control_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
