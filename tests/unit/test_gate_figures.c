/* What is kept of each gate's report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/check/gate_figures.h"

static struct json_object *parsed(const char *text)
{
    struct json_object *o = NULL;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

/* As JSON, without `ms`. */
static const char *figure(const char *gate_text, const char *report_text)
{
    static char text[1000];
    struct json_object *gate = parsed(gate_text), *report = parsed(report_text),
                       *list = json_object_new_array(), *o;
    struct gate_verdict v;
    bool missing = json_get(report, "missing") != NULL;
    gate_report_weigh(gate, report, &v);
    o = gate_figures_put(list, gate, report, missing ? NULL : &v);
    assert_int_equal(json_object_array_length(list), 1);
    assert_ptr_equal(json_object_array_get_idx(list, 0), o);
    snprintf(text, sizeof text, "%s", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(list);
    json_object_put(report);
    json_object_put(gate);
    return text;
}

static void each_end_of_a_gate_has_its_state(void **state)
{
    (void)state;
    assert_string_equal(figure("{\"id\":\"g\",\"severity\":\"block\"}", "{\"findings\":[]}"),
                        "{\"name\":\"g\",\"severity\":\"block\",\"state\":\"passed\",\"score\":1.0,"
                        "\"found\":0}");
    assert_string_equal(
        figure("{\"id\":\"g\",\"severity\":\"score\",\"rules\":[\"S\"]}",
               "{\"findings\":[{\"line\":2,\"code\":\"S1\",\"text\":\"a\"},{\"code\":\"F1\"}],"
               "\"ms\":7.5}"),
        "{\"name\":\"g\",\"severity\":\"score\",\"state\":\"found\",\"score\":0.90000000000000002,"
        "\"found\":1,"
        "\"findings\":[{\"line\":2,\"code\":\"S1\",\"text\":\"a\"}],\"ms\":7.5}");
    assert_string_equal(figure("{\"id\":\"g\"}", "{\"missing\":\"not installed\"}"),
                        "{\"name\":\"g\",\"severity\":\"inform\",\"state\":\"missing\","
                        "\"why\":\"not installed\"}");
    assert_string_equal(figure("{\"id\":\"g\"}", "{\"missing\":\"KeyError\",\"crashed\":true}"),
                        "{\"name\":\"g\",\"severity\":\"inform\",\"state\":\"crashed\","
                        "\"why\":\"KeyError\"}");
    assert_non_null(strstr(figure("{\"id\":\"g\"}", "{\"findings\":[{\"code\":\"\",\"text\":"
                                                    "\"no end\"}],\"cut\":true}"),
                           "\"state\":\"cut\",\"score\":0.9"));
}

static void the_figure_in_the_gates_own_unit_is_kept(void **state)
{
    (void)state;
    assert_non_null(strstr(figure("{\"id\":\"g\"}", "{\"findings\":[],\"score\":0.8,\"value\":80,"
                                                    "\"unit\":\"%\"}"),
                           "\"value\":80,\"unit\":\"%\""));
    /* of a report that several gates share, the one that is this gate's */
    assert_non_null(strstr(figure("{\"id\":\"g\",\"value\":\"index\",\"unit\":\"of 100\","
                                  "\"scale\":[0,100]}",
                                  "{\"findings\":[],\"values\":{\"index\":64,\"other\":3}}"),
                           "\"value\":64.0,\"unit\":\"of 100\""));
    assert_null(strstr(figure("{\"id\":\"g\"}", "{\"findings\":[],\"values\":{\"index\":64}}"),
                       "\"value\""));
}

static void only_the_first_findings_are_kept(void **state)
{
    struct buf report;
    const char *text;
    size_t n = 0;
    (void)state;
    buf_init(&report, 1 << 16);
    assert_int_equal(buf_adds(&report, "{\"findings\":["), ERR_OK);
    for (int i = 0; i < 150; i++)
        assert_int_equal(buf_addf(&report, "%s{\"code\":\"F%d\",\"text\":\"x\"}", i ? "," : "", i),
                         ERR_OK);
    assert_int_equal(buf_adds(&report, "]}"), ERR_OK);
    text = figure("{\"id\":\"g\"}", report.data);
    assert_non_null(strstr(text, "\"found\":150"));
    while ((text = strstr(text, "\"code\""))) {
        text++;
        n++;
    }
    assert_int_equal(n, FIGURE_FINDINGS);
    buf_fini(&report);
}

static void a_gate_is_told_once_and_remembers_its_fix(void **state)
{
    struct json_object *gate = parsed("{\"id\":\"g\",\"severity\":\"score\"}"),
                       *report = parsed("{\"findings\":[]}"), *list = json_object_new_array(),
                       *artifact = json_object_new_object();
    struct gate_verdict v;
    (void)state;
    gate_figures_keep(list, artifact);
    gate_figures_keep(NULL, artifact);
    assert_int_equal(json_object_object_length(artifact), 0);
    gate_figures_fixed(list, "g");
    gate_figures_fixed(list, "other");
    gate_report_weigh(gate, report, &v);
    gate_figures_put(list, gate, report, &v);
    gate_figures_put(list, gate, report, &v);
    assert_int_equal(json_object_array_length(list), 2);
    assert_true(json_flag(json_object_array_get_idx(list, 0), "fixed", false));
    assert_string_equal(json_str(json_object_array_get_idx(list, 0), "state", ""), "passed");
    gate_figures_keep(list, artifact);
    assert_true(json_f64(artifact, "gate_score", -1) >= 1);
    assert_int_equal(json_object_array_length(json_array(artifact, "gates")), 2);
    json_object_put(artifact);
    json_object_put(list);
    json_object_put(report);
    json_object_put(gate);
}

static bool before(const char *was, const char *is)
{
    struct json_object *a = parsed(was), *b = parsed(is);
    const bool found = gate_figures_blocked_before(a, b);
    json_object_put(a);
    json_object_put(b);
    return found;
}

static void what_blocked_the_one_before_is_no_loss(void **state)
{
#define FIGURE(name, severity, state)                                                              \
    "{\"name\":\"" name "\",\"severity\":\"" severity "\",\"state\":\"" state "\"}"
    const char *no = "[" FIGURE("a", "block", "found") "]";
    (void)state;
    assert_true(before(no, no));
    assert_false(before("[]", no));
    assert_false(before("[" FIGURE("a", "block", "passed") "]", no));
    assert_false(before("[" FIGURE("a", "block", "missing") "]", no));
    assert_false(
        before(no, "[" FIGURE("a", "block", "found") "," FIGURE("b", "block", "found") "]"));
    assert_true(before("[]", "[" FIGURE("a", "score", "found") "]"));
    assert_true(before("[]", "[" FIGURE("a", "block", "passed") "]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_of_a_gate_has_its_state),
        cmocka_unit_test(the_figure_in_the_gates_own_unit_is_kept),
        cmocka_unit_test(only_the_first_findings_are_kept),
        cmocka_unit_test(a_gate_is_told_once_and_remembers_its_fix),
        cmocka_unit_test(what_blocked_the_one_before_is_no_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
