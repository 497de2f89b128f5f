#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/event.h"

static void an_event_survives_the_wire(void **state)
{
    struct event ev = {.type = EVENT_JOB_DONE, .seq = 7, .job = 3, .time = 1700000000000}, back;
    struct json_object *o;
    struct buf b;
    (void)state;
    buf_init(&b, 4096);
    ev.u.job_done.status = "solved";
    ev.u.job_done.result = "{\"n\":[1,2]}";
    ev.u.job_done.message = "\x1b[31m\"quoted\"\n\xff";
    ev.u.job_done.llm_calls = 1;
    ev.u.job_done.seconds = 1.5;
    assert_int_equal(event_encode(&ev, &b), ERR_OK);
    assert_null(strchr(b.data, '\x1b'));
    assert_null(strchr(b.data, '\n'));
    assert_int_equal(json_parse(b.data, b.len, NULL, &o, NULL), ERR_OK);
    assert_int_equal(event_decode(o, &back), ERR_OK);
    assert_int_equal(back.type, EVENT_JOB_DONE);
    assert_int_equal(back.seq, 7);
    assert_int_equal(back.u.job_done.llm_calls, 1);
    assert_true(back.u.job_done.seconds == 1.5);
    assert_string_equal(back.u.job_done.result, "{\"n\":[1,2]}");
    assert_string_equal(back.u.job_done.checked, "null");
    assert_string_equal(back.u.job_done.message, "\x1b[31m\"quoted\"\n\xEF\xBF\xBD");
    json_object_put(o);
    buf_fini(&b);
}

static void every_event_has_a_name_a_text_and_a_decodable_form(void **state)
{
    (void)state;
    for (int type = EVENT_NONE + 1; type < EVENT_TYPES; type++) {
        struct event ev = {.type = (enum event_type)type, .job = 1}, back;
        struct json_object *o;
        struct buf b;
        buf_init(&b, 4096);
        assert_true(*event_text(ev.type));
        assert_int_equal(event_by_name(event_name(ev.type)), type);
        assert_int_equal(event_encode(&ev, &b), ERR_OK);
        assert_int_equal(json_parse(b.data, b.len, NULL, &o, NULL), ERR_OK);
        assert_int_equal(event_decode(o, &back), ERR_OK);
        assert_int_equal(back.type, type);
        json_object_put(o);
        buf_fini(&b);
    }
}

static void odd_messages_are_refused_or_read_with_defaults(void **state)
{
    struct json_object *o;
    struct event ev;
    (void)state;
    assert_int_equal(json_parse("{\"type\":\"nonsense\"}", 19, NULL, &o, NULL), ERR_OK);
    assert_int_equal(event_decode(o, &ev), ERR_NOT_FOUND);
    json_object_put(o);
    assert_int_equal(json_parse("{\"type\":\"check\",\"ok\":3}", 23, NULL, &o, NULL), ERR_OK);
    assert_int_equal(event_decode(o, &ev), ERR_OK);
    assert_false(ev.u.check.ok);
    assert_string_equal(ev.u.check.name, "");
    json_object_put(o);
    assert_int_equal(event_decode(NULL, &ev), ERR_NOT_FOUND);
}

static void figures_out_of_any_sense_are_cut(void **state)
{
    static const char line[] =
        "{\"type\":\"batch_state\",\"seq\":1,\"job\":1,\"time\":9223372036854775807,"
        "\"done\":-9223372036854775808,\"items\":12,\"cost\":1e300,\"eta\":"
        "9223372036854775807}";
    struct json_object *o;
    struct event ev;
    (void)state;
    assert_int_equal(json_parse(line, strlen(line), NULL, &o, NULL), ERR_OK);
    assert_int_equal(event_decode(o, &ev), ERR_OK);
    assert_true(ev.time == 1000000000000000 && ev.u.batch_state.eta == ev.time);
    assert_true(ev.u.batch_state.done == -ev.time && ev.u.batch_state.items == 12);
    assert_true(ev.u.batch_state.cost == 0);
    json_object_put(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_out_of_any_sense_are_cut),
        cmocka_unit_test(an_event_survives_the_wire),
        cmocka_unit_test(every_event_has_a_name_a_text_and_a_decodable_form),
        cmocka_unit_test(odd_messages_are_refused_or_read_with_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
