#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "ui/engine_greeting.h"

static char told[2000];

static void note(void *arg, const char *sentence)
{
    (void)arg;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", sentence);
}

static struct json_object *hello(const char *json)
{
    struct json_object *o = NULL;
    assert_int_equal(json_parse(json, strlen(json), NULL, &o, NULL), ERR_OK);
    told[0] = 0;
    return o;
}

static void an_engine_that_was_started_otherwise_is_outdated(void **state)
{
    static const struct {
        const char *args[5], *hello;
        bool outdated;
    } cases[] = {
        {{NULL}, "{}", false},
        {{NULL}, "{\"config_changed\":true}", true},
        {{"--unsafe"}, "{}", true},
        {{"--unsafe"}, "{\"unsafe\":true}", false},
        {{"--set", "a=1"}, "{\"set\":[\"b=1\"]}", true},
        {{"--set", "a=1"}, "{\"set\":[\"b=1\",\"a=1\"]}", false},
        {{"--record", "/x"}, "{\"record\":\"/y\"}", true},
        {{"--record", "/x"}, "{\"record\":\"/x\"}", false},
        {{"--record", "/x", "--set", "a=1"}, "{\"record\":\"/x\"}", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *o = hello(cases[i].hello);
        assert_int_equal(greeting_outdated(o, cases[i].args), cases[i].outdated);
        json_object_put(o);
    }
    struct json_object *o = hello("{}");
    assert_false(greeting_outdated(o, NULL));
    json_object_put(o);
}

static void what_it_lacks_is_named_with_its_value(void **state)
{
    const char *const args[] = {"--set", "pipeline.tests=false", NULL};
    struct json_object *o = hello("{\"config_changed\":true,\"unsafe\":true}");
    (void)state;
    greeting_remarks(o, args, note, NULL);
    assert_non_null(strstr(told, "was started without --set pipeline.tests=false; `dise restart`"));
    assert_null(strstr(told, "the configuration has changed")); /* one reason is enough */
    assert_non_null(strstr(told, "started with --unsafe; `dise restart` ends that"));
    json_object_put(o);
    o = hello("{\"config_problem\":\"config.yaml:3:1: no\",\"config_changed\":true}");
    greeting_remarks(o, NULL, note, NULL);
    assert_non_null(strstr(told, "the configuration has changed since"));
    assert_non_null(strstr(told, "config.yaml:3:1: no; the engine keeps what held before\n"));
    json_object_put(o);
}

static void a_key_that_it_has_not_is_told(void **state)
{
    struct json_object *o = hello("{\"missing_keys\":[\"OPENAI_API_KEY\"]}");
    (void)state;
    greeting_missing_keys(o, note, NULL);
    assert_string_equal(told, "the running engine was started without OPENAI_API_KEY; `dise "
                              "restart` takes it over\n");
    json_object_put(o);
    o = hello("{\"missing_keys\":[]}");
    greeting_missing_keys(o, note, NULL);
    assert_string_equal(told, "");
    json_object_put(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_that_was_started_otherwise_is_outdated),
        cmocka_unit_test(what_it_lacks_is_named_with_its_value),
        cmocka_unit_test(a_key_that_it_has_not_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
