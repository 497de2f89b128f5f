/* Quality gates: their files, what their programs print, what a fix has changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/check/gate_report.h"
#include "core/check/measures.h"
#include "core/tool/tool_gate.h"

#define RUN "executable: {command: ruff, args: [check]}\n"

/* ---- files ---- */

static void what_is_wrong_with_a_gate_is_said_where_it_stands(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"type: executable\ngate: {severity: blok}\n" RUN,
         "x.yaml:2:8: a gate's severity is block, score or inform"},
        {"type: executable\ngate: {threshold: 1}\n" RUN, "a gate's severity is block"},
        {"type: executable\ngate: yes\n" RUN, "x.yaml:2:1: `gate` is a mapping"},
        {"type: executable\ngate: {severity: score, applies_to: nothing}\n" RUN,
         "x.yaml:2:25: a gate applies to program or function"},
        {"type: executable\ngate: {severity: score, threshold: much}\n" RUN,
         "x.yaml:2:25: `threshold` is a number from 0"},
        {"type: executable\ngate: {severity: score, threshold: -1}\n" RUN,
         "x.yaml:2:25: `threshold` is a number from 0"},
        {"type: executable\ngate:\n  severity: score\n  rules: F821\n" RUN,
         "x.yaml:4:3: `rules` is a list of texts"},
        {"type: executable\ngate: {severity: score}\n", "x.yaml:2:1: a gate needs a block"},
        {"type: executable\ngate: {severity: score}\nexecutable: {args: [a]}\n",
         "x.yaml:3:13: `executable` needs a `command`"},
        {"type: executable\ngate: {severity: score}\nexecutable: {command: a, timeout: -3}\n",
         "x.yaml:3:26: `timeout` is a number"},
        {"type: executable\ngate: {severity: score}\n" RUN "auto_fix: {command: a, args: b}\n",
         "x.yaml:4:24: `args` is a list of texts"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *gate = NULL, *tool;
        struct err_info info = {0};
        char text[1024];
        size_t n = strlen(cases[i].text);
        assert_int_equal(tool_gate_read(cases[i].text, n, "x.yaml", "x", &gate, &info), ERR_INPUT);
        assert_null(gate);
        if (!strstr(err_format(&info, text, sizeof text), cases[i].says))
            fail_msg("case %zu: %s", i, text);
        /* the list of tools and a save say the same */
        tool = tool_read(cases[i].text, n, "x.yaml", "x", NULL);
        assert_string_equal(json_str(tool, "problem", ""), text);
        json_object_put(tool);
        assert_int_equal(tool_check(cases[i].text, n, "x.yaml", "x", NULL), ERR_INPUT);
    }
}

static void placeholders_are_filled_and_limits_read(void **state)
{
    static const char text[] = "type: executable\npriority: 7\n"
                               "gate: {severity: block, threshold: 2, rules: [X, Y1]}\n"
                               "executable:\n  command: python\n"
                               "  args: [\"{tool_dir}/look.py\", \"-f\", \"{source_file}\"]\n"
                               "  timeout: 3\n  memory_limit_mb: 64\n  stdin_mode: true\n"
                               "  environment: {A: 1}\n"
                               "auto_fix: {enabled: true, command: fmt, when: def}\n";
    struct json_object *gate = NULL, *run;
    (void)state;
    assert_int_equal(tool_gate_read(text, sizeof text - 1, "/d/x.yaml", "x", &gate, NULL), ERR_OK);
    run = json_object_of(gate, "run");
    assert_string_equal(json_object_to_json_string_ext(json_get(run, "argv"), 0),
                        "[\"python3\",\"look.py\",\"-f\",\"program.py\"]");
    assert_string_equal(json_object_to_json_string_ext(json_get(run, "files"), 0), "[\"look.py\"]");
    assert_string_equal(json_object_to_json_string_ext(json_get(run, "env"), 0), "[\"A=1\"]");
    assert_int_equal(json_i64(run, "wall_ms", 0), 3000);
    assert_int_equal(json_i64(run, "memory_mb", 0), 64);
    assert_true(json_flag(run, "stdin", false));
    assert_int_equal(json_i64(gate, "priority", 0), 7);
    assert_string_equal(json_str(gate, "when", ""), "def");
    assert_non_null(json_object_of(gate, "fix"));
    json_object_put(gate);
    assert_int_equal(tool_gate_read("type: llm\n", 10, "x.yaml", "x", &gate, NULL), ERR_OK);
    assert_null(gate);
}

/* The gates that are shipped can be read, and those that share a run share it whole. */
static void the_shipped_gates_share_one_run(void **state)
{
    const struct tool_places places = {"/nowhere", DISE_SOURCE_DIR};
    struct json_object *gates = NULL, *problems = NULL, *first, *other;
    int blocking = 0;
    (void)state;
    assert_int_equal(tool_gate_list(&places, "quick", &gates, &problems), ERR_OK);
    assert_int_equal(json_object_array_length(problems), 0);
    assert_true(json_object_array_length(gates) >= 6);
    first = json_object_array_get_idx(gates, 0);
    assert_string_equal(json_str(first, "id", ""), "ruff_bugs");
    for (size_t i = 0; i < json_object_array_length(gates); i++) {
        other = json_object_array_get_idx(gates, i);
        blocking += strcmp(json_str(other, "severity", ""), "block") == 0;
        assert_true(json_object_equal(json_get(first, "run"), json_get(other, "run")));
    }
    assert_int_equal(blocking, 1);
    json_object_put(gates);
    json_object_put(problems);
}

/* ---- what DiSE measures itself ---- */

static void one_run_measures_all_that_is_for_the_accepted_program(void **state)
{
    const struct tool_places places = {"/nowhere", DISE_SOURCE_DIR};
    struct json_object *gates = NULL, *problems = NULL, *first = NULL;
    int measured = 0;
    (void)state;
    assert_int_equal(tool_gate_list(&places, "strict", &gates, &problems), ERR_OK);
    for (size_t i = 0; i < json_object_array_length(gates); i++) {
        struct json_object *gate = json_object_array_get_idx(gates, i);
        if (!measures_has(gate))
            continue;
        first = first ? first : gate;
        measured++;
        assert_string_equal(json_str(gate, "on", ""), "accepted");
        assert_true(json_object_equal(json_get(first, "run"), json_get(gate, "run")));
    }
    assert_int_equal(measured, 4);
    json_object_put(gates);
    json_object_put(problems);
}

static void measures_become_reports_of_their_gates(void **state)
{
    static const char run[] =
        "{\"outcome\":\"exited\",\"records\":[{\"kind\":\"parse\",\"ok\":true},"
        "{\"kind\":\"measure\",\"name\":\"coverage\",\"value\":0.5,\"score\":0.5,\"found\":1,"
        "\"findings\":[{\"line\":12,\"text\":\"lines 12–14 are reached by no test\"}]},"
        "{\"kind\":\"measure\",\"name\":\"mutation\",\"missing\":\"there are no examples\"}]}";
    static const char ended[] = "{\"outcome\":\"wall\",\"records\":[]}";
    static const struct {
        const char *gate, *run, *says;
    } cases[] = {
        {"{\"id\":\"mine\",\"value\":\"coverage\",\"unit\":\"reached\",\"scale\":[0,1],"
         "\"threshold\":0.8}",
         run, "0.5 reached, at least 0.8 passes; lines 12–14 are reached by no test"},
        {"{\"id\":\"coverage\",\"threshold\":0.8}", run, "lines 12–14 are reached by no test"},
        {"{\"id\":\"coverage\",\"threshold\":0.5}", run, ""},
        {"{\"id\":\"mutation\"}", run, "there are no examples"},
        {"{\"id\":\"other\"}", run, "DiSE has no such measure: other"},
        {"{\"id\":\"coverage\"}", ended, "its run was ended: wall"},
    };
    struct gate_verdict v;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *gate, *value, *report;
        const char *said;
        assert_int_equal(json_parse(cases[i].gate, strlen(cases[i].gate), NULL, &gate, NULL), 0);
        assert_int_equal(json_parse(cases[i].run, strlen(cases[i].run), NULL, &value, NULL), 0);
        report = measures_report(gate, value);
        gate_report_weigh(gate, report, &v);
        said = json_str(report, "missing", v.passed ? "" : v.detail);
        assert_string_equal(said, cases[i].says);
        assert_int_equal(json_flag(report, "crashed", false), i == 5);
        json_object_put(report);
        json_object_put(value);
        json_object_put(gate);
    }
}

/* ---- reports ---- */

/* "line code text; …|score" of what is read. */
static const char *read_as(const char *text, const char *errors, bool json, int code)
{
    static char out[1024];
    struct json_object *report = NULL, *list;
    struct err_info info = {0};
    size_t n = 0;
    if (gate_report_read(text, strlen(text), errors, json, code, &report, &info)) {
        snprintf(out, sizeof out, "! %s", info.message);
        return out;
    }
    list = json_array(report, "findings");
    out[0] = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%lld %s %s", n ? "; " : "",
                              (long long)json_i64(o, "line", 0), json_str(o, "code", ""),
                              json_str(o, "text", ""));
    }
    if (json_get(report, "score"))
        snprintf(out + n, sizeof out - n, "|%.2f", json_f64(report, "score", 0));
    json_object_put(report);
    return out;
}

static void reports_are_read_in_every_form(void **state)
{
    (void)state;
    assert_string_equal(read_as("[{\"code\":\"F821\",\"location\":{\"row\":3},\"message\":"
                                "\"Undefined name `x`\"},{\"code\":null,\"message\":\"S\"}]",
                                "", true, 1),
                        "3 F821 undefined name `x`; 0 invalid-syntax s");
    assert_string_equal(read_as("[]", "", true, 0), "");
    assert_string_equal(read_as("", "", true, 0), "");
    assert_string_equal(
        read_as("{\"code\":\"A1\",\"message\":\"m\"}\n{\"message\":\"cut", "", true, 1), "0 A1 m");
    assert_string_equal(read_as("{\"score\":0.75}", "", false, 0), "|0.75");
    assert_string_equal(read_as("{\"score\":7}", "", false, 0), "");
    assert_string_equal(
        read_as("program.py:3:7: F821 undefined name\nline 9: odd\n\nplain\n", "", false, 1),
        "3 F821 undefined name; 9  odd; 0  plain");
    assert_string_equal(read_as("all is well\n", "", false, 0), "");
    assert_string_equal(read_as("", "it is bad\n", false, 1), "0  it is bad");
    assert_string_equal(read_as("", "", false, 3), "0  it said no");
    assert_string_equal(read_as("", "ruff failed\n  Cause: rule\n", true, 2),
                        "! it ended with 2:   Cause: rule");
    assert_string_equal(read_as("", "Traceback (most recent call last):\nKeyError: 3\n", false, 1),
                        "! it ended with 1: KeyError: 3");
    assert_string_equal(read_as("[3, null, {\"message\":7}, []]", "", true, 1), "0  ");
}

static struct gate_verdict weigh(const char *gate, const char *report)
{
    struct json_object *g = NULL, *r = NULL;
    struct gate_verdict v;
    assert_int_equal(json_parse(gate, strlen(gate), NULL, &g, NULL), ERR_OK);
    assert_int_equal(json_parse(report, strlen(report), NULL, &r, NULL), ERR_OK);
    gate_report_weigh(g, r, &v);
    json_object_put(g);
    json_object_put(r);
    return v;
}

#define TWO                                                                                        \
    "{\"findings\":[{\"line\":3,\"code\":\"F821\",\"text\":\"a\"},"                                \
    "{\"line\":0,\"code\":\"S102\",\"text\":\"b\"}]}"

static void a_gate_takes_its_own_findings_beyond_the_threshold(void **state)
{
    struct gate_verdict v = weigh("{\"rules\":[\"F8\"]}", TWO);
    (void)state;
    assert_int_equal(v.found, 1);
    assert_false(v.passed);
    assert_true(v.score > 0.89 && v.score < 0.91);
    assert_string_equal(v.detail, "line 3: F821 a");
    v = weigh("{\"rules\":[\"C\"]}", TWO);
    assert_true(v.passed && v.score == 1 && !v.detail[0]);
    v = weigh("{\"rules\":[\"S\"],\"except\":[\"S102\"]}", TWO);
    assert_int_equal(v.found, 0);
    v = weigh("{\"threshold\":1}", TWO);
    assert_int_equal(v.found, 2);
    assert_string_equal(v.detail, "line 3: F821 a; S102 b");
    assert_false(v.passed);
    assert_true(weigh("{\"threshold\":2}", TWO).passed);
    v = weigh("{\"rules\":[\"C\"]}", "{\"findings\":[{\"code\":\"\",\"text\":\"cut\"}]}");
    assert_int_equal(v.found, 1); /* the program came to no end: every gate's */
    assert_false(weigh("{\"threshold\":0.8}", "{\"score\":0.7}").passed);
    assert_true(weigh("{}", "{\"score\":0.7}").passed);
    assert_true(weigh("{}", "{\"score\":0.7}").score == 0.7);
}

/* ---- fixes ---- */

static void a_fix_says_what_it_changed(void **state)
{
    static const char before[] = "import os\nimport math as m\n\ndef f():\n    return m.pi\n";
    char text[200];
    (void)state;
    gate_changes(before, "import math as m\n\ndef f():\n    return m.pi\n", text, sizeof text);
    assert_string_equal(text, "line 1: import os");
    gate_changes(before, before, text, sizeof text);
    assert_string_equal(text, "");
    gate_changes(before, "", text, 62);
    assert_string_equal(text, "line 1: import os; line 2: import math as m");
}

/* The examples are evaluated among the program's names. */
static void an_import_that_only_an_example_uses_is_needed(void **state)
{
    static const char before[] = "from datetime import date\ndef f(d): return d.year\n";
    static const char after[] = "def f(d): return d.year\n";
    (void)state;
    assert_true(gate_needed(before, after, "[{\"call\":\"f(date(2020, 1, 1))\"}]"));
    assert_false(gate_needed(before, after, "[{\"call\":\"f('a date2 from a import')\"}]"));
    assert_false(gate_needed(before, before, "date"));
}

/* What is found in several places is said once; what does not fit ends with a whole finding. */
static void a_verdict_is_short_and_whole(void **state)
{
    static const struct {
        const char *findings, *detail;
    } cases[] = {
        {"[{\"line\":3,\"code\":\"X1\",\"text\":\"a\"},{\"line\":5,\"code\":\"X1\",\"text\":\"a\"}"
         "]",
         "lines 3 and 5: X1 a"},
        {"[{\"line\":3,\"code\":\"X1\",\"text\":\"a\"},{\"line\":3,\"code\":\"X1\",\"text\":\"a\"},"
         "{\"line\":4,\"code\":\"X1\",\"text\":\"b\"},{\"line\":9,\"code\":\"X1\",\"text\":\"a\"}]",
         "lines 3 and 9: X1 a; line 4: X1 b"},
        {"[{\"line\":1,\"text\":\"a\"},{\"line\":2,\"text\":\"a\"},{\"line\":3,\"text\":\"a\"},"
         "{\"line\":4,\"text\":\"a\"},{\"line\":5,\"text\":\"a\"},{\"line\":6,\"text\":\"b\"},"
         "{\"line\":7,\"text\":\"c\"},{\"line\":8,\"text\":\"d\"},{\"line\":9,\"text\":\"d\"}]",
         "lines 1, 2, 3, 4 …: a; line 6: b; line 7: c; 2 more"},
        {"[{\"line\":7,\"text\":\"lines 7–9 are reached by no test\"}]",
         "lines 7–9 are reached by no test"},
    };
    struct json_object *gate = json_object_new_object();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *report = json_object_new_object(), *list = NULL;
        struct gate_verdict v;
        assert_int_equal(
            json_parse(cases[i].findings, strlen(cases[i].findings), NULL, &list, NULL), ERR_OK);
        json_object_object_add(report, "findings", list);
        gate_report_weigh(gate, report, &v);
        assert_string_equal(v.detail, cases[i].detail);
        json_object_put(report);
    }
    json_object_put(gate);
}

static void all_gates_that_block_have_their_say(void **state)
{
    static const char *const says[] = {
        "line 1: short", "line 2: of the middle; line 4: of the middle, too, and rather long",
        "line 3: größer als gut; line 5: und noch einmal, damit es nicht passt"};
    struct json_object *list = json_object_new_array();
    char out[200], small[60];
    (void)state;
    gate_report_why(NULL, out, sizeof out);
    assert_string_equal(out, "");
    for (size_t i = 0; i < 3; i++) {
        struct json_object *o = json_object_new_object();
        char name[8];
        snprintf(name, sizeof name, "g%zu", i);
        json_add_str(o, "gate", name);
        json_add_str(o, "says", says[i]);
        json_object_array_add(list, o);
    }
    gate_report_why(list, out, sizeof out);
    assert_string_equal(out, "the gate g0 says line 1: short; the gate g1 says line 2: of the "
                             "middle…; the gate g2 says line 3: größer als gut; line 5: und "
                             "noch einmal, damit es nicht passt");
    gate_report_why(list, out, 140);
    assert_string_equal(out, "the gate g0 says line 1: short; the gate g1 says line 2: of the "
                             "middle…; the gate g2 says line 3: größer als gut…");
    gate_report_why(list, small, sizeof small);
    assert_true(strlen(small) < sizeof small && strncmp(small, "the gate g0", 11) == 0);
    for (size_t size = 1; size < sizeof out; size++) { /* never more than there is room for */
        memset(out, '~', sizeof out);
        gate_report_why(list, out, size);
        assert_true(strlen(out) < size);
        assert_true(size == sizeof out - 1 || out[size] == '~');
    }
    json_object_put(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_with_a_gate_is_said_where_it_stands),
        cmocka_unit_test(placeholders_are_filled_and_limits_read),
        cmocka_unit_test(the_shipped_gates_share_one_run),
        cmocka_unit_test(one_run_measures_all_that_is_for_the_accepted_program),
        cmocka_unit_test(measures_become_reports_of_their_gates),
        cmocka_unit_test(reports_are_read_in_every_form),
        cmocka_unit_test(a_gate_takes_its_own_findings_beyond_the_threshold),
        cmocka_unit_test(a_fix_says_what_it_changed),
        cmocka_unit_test(an_import_that_only_an_example_uses_is_needed),
        cmocka_unit_test(a_verdict_is_short_and_whole),
        cmocka_unit_test(all_gates_that_block_have_their_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
