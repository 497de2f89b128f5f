/* What the programs of the gates print, read as the gates' files declare it; figures with a scale;
 * what a gate is in each profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate_report.h"
#include "core/tool/gate_output.h"
#include "core/tool/tool_gate.h"

/* The shipped gate of this id in the strict profile; borrowed from `all`. */
static struct json_object *shipped(const char *id, const char *profile, struct json_object **all)
{
    const struct tool_places places = {"/nowhere", DISE_SOURCE_DIR};
    struct json_object *problems = NULL;
    *all = NULL;
    assert_int_equal(tool_gate_list(&places, profile, all, &problems), ERR_OK);
    assert_int_equal(json_object_array_length(problems), 0);
    json_object_put(problems);
    for (size_t i = 0; i < json_object_array_length(*all); i++)
        if (strcmp(json_str(json_object_array_get_idx(*all, i), "id", ""), id) == 0)
            return json_object_array_get_idx(*all, i);
    return NULL;
}

/* "line:column code text [weight]; …|name=value" of what this gate's program printed. */
static const char *read_by(const char *id, const char *text, const char *errors, int code)
{
    static char out[2048];
    struct json_object *all, *gate = shipped(id, "strict", &all), *report = NULL, *list;
    struct err_info info = {0};
    size_t n = 0;
    assert_non_null(gate);
    out[0] = 0;
    if (gate_report_of(json_object_of(gate, "run"), text, strlen(text), errors, code, &report,
                       &info)) {
        snprintf(out, sizeof out, "! %s", info.message);
        json_object_put(all);
        return out;
    }
    list = json_array(report, "findings");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        n +=
            (size_t)snprintf(out + n, sizeof out - n, "%s%lld:%lld %s %s", n ? "; " : "",
                             (long long)json_i64(o, "line", 0), (long long)json_i64(o, "column", 0),
                             json_str(o, "code", ""), json_str(o, "text", ""));
        if (json_get(o, "weight"))
            n += (size_t)snprintf(out + n, sizeof out - n, " [%.2g]", json_f64(o, "weight", 0));
    }
    json_object_object_foreach(json_object_of(report, "values"), name, value)
    {
        n += (size_t)snprintf(out + n, sizeof out - n, "|%s=%.4g", name,
                              json_object_get_double(value));
    }
    json_object_put(report);
    json_object_put(all);
    return out;
}

static void lines_are_read_by_the_pattern_of_the_file(void **state)
{
    (void)state;
    assert_string_equal(
        read_by("flake8", "3:7:E225:missing whitespace\n12:1:W391:Blank line\n", "", 1),
        "3:7 E225 missing whitespace; 12:1 W391 blank line");
    assert_string_equal(
        read_by("vulture", "program.py:1: unused import 'os' (90% confidence)\n", "", 3),
        "1:0  unused import 'os' (90% confidence)");
    assert_string_equal(
        read_by("black", "--- program.py\n+++ program.py\n@@ -3,4 +3,5 @@\n def f\n", "", 1),
        "3:0  black would write the lines from here on otherwise");
    assert_string_equal(read_by("isort", "@@ -1,2 +1 @@\n", "ERROR: program.py Imports are …\n", 1),
                        "1:0  isort would order the imports from here on otherwise");
    /* two lines a finding, and one that is none between them */
    assert_string_equal(
        read_by("pydocstyle",
                "program.py:1 at module level:\n        D100: Missing docstring\nodd\n"
                "program.py:6 in public function `f`:\n        D103: Missing docstring\n",
                "", 1),
        "1:0 D100 missing docstring; 6:0 D103 missing docstring");
    assert_string_equal(read_by("flake8", "", "", 0), "");
}

static void json_is_read_by_the_fields_of_the_file(void **state)
{
    (void)state;
    assert_string_equal(
        read_by("bandit",
                "{\"errors\": [], \"results\": [{\"line_number\": 4, \"col_offset\": 4, "
                "\"test_id\": \"B602\", \"issue_text\": \"shell\", \"issue_severity\": \"HIGH\", "
                "\"issue_confidence\": \"HIGH\"}, {\"line_number\": 1, \"col_offset\": 0, "
                "\"test_id\": \"B404\", \"issue_text\": \"import\", \"issue_severity\": \"LOW\", "
                "\"issue_confidence\": \"MEDIUM\"}]}",
                "", 1),
        "4:5 B602 shell [9]; 1:1 B404 import [0.6]");
    assert_string_equal(
        read_by("mypy",
                "{\"file\": \"program.py\", \"line\": 6, \"column\": 0, \"message\": \"Untyped\", "
                "\"code\": \"no-untyped-def\", \"severity\": \"error\"}\n"
                "{\"line\": 6, \"column\": 0, \"message\": \"a note\", \"code\": \"x\", "
                "\"severity\": \"note\"}\n",
                "", 1),
        "6:1 no-untyped-def untyped");
    assert_string_equal(
        read_by("pylint",
                "{\"messages\": [{\"line\": 2, \"column\": 4, \"messageId\": \"W0611\", "
                "\"message\": \"Unused import os\"}], \"statistics\": {\"score\": 8.57}}",
                "", 4),
        "2:5 W0611 unused import os|rating=8.57");
    assert_string_equal(read_by("radon_complexity",
                                "{\"findings\": [{\"line\": 3, \"column\": 1, \"code\": \"CC\", "
                                "\"message\": \"`f` has 12 ways\"}], \"complexity\": 12, "
                                "\"maintainability\": 61.5}",
                                "", 0),
                        "3:1 CC `f` has 12 ways|complexity=12|maintainability=61.5");
    assert_string_equal(read_by("mypy", "", "", 0), "");
}

static void a_program_that_crashes_is_told_with_its_last_words(void **state)
{
    static const char trace[] = "Traceback (most recent call last):\n  …\nKeyError: 3\n";
    (void)state;
    assert_string_equal(read_by("flake8", "", trace, 1), "! it ended with 1: KeyError: 3");
    assert_string_equal(read_by("bandit", "", trace, 2), "! it ended with 2: KeyError: 3");
    assert_string_equal(read_by("pylint", "usage: pylint [options]\n", "", 32),
                        "! it ended with 32: usage: pylint [options]");
    assert_string_equal(read_by("mypy", "{\"line\": 3, \"mess", "", 2),
                        "! it ended with 2: {\"line\": 3, \"mess");
    assert_string_equal(read_by("black", "", "", 123), "! it ended with 123: without a word");
}

static struct json_object *parse(const char *text)
{
    struct json_object *o = NULL;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static void what_is_read_is_bounded(void **state)
{
    struct json_object *run =
        parse("{\"output\":{\"pattern\":\"^(.*)$\",\"fields\":[\"message\"]}}");
    struct json_object *report = NULL, *list;
    struct buf text;
    (void)state;
    buf_init(&text, 4 << 20);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf_adds(&text, "x\n"), ERR_OK);
    assert_int_equal(buf_adds(&text, "y"), ERR_OK);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(buf_adds(&text, "zzzzzzzzzz"), ERR_OK);
    assert_int_equal(gate_report_of(run, text.data, text.len, "", 1, &report, NULL), ERR_OK);
    list = json_array(report, "findings");
    assert_int_equal(json_object_array_length(list), GATE_FINDINGS_MAX);
    json_object_put(report);
    assert_int_equal(
        gate_report_of(run, text.data + 200000, text.len - 200000, "", 1, &report, NULL), ERR_OK);
    list = json_array(report, "findings");
    assert_int_equal(json_object_array_length(list), 1);
    assert_int_equal(strlen(json_str(json_object_array_get_idx(list, 0), "text", "")), 240);
    json_object_put(report);
    json_object_put(run);
    buf_fini(&text);
}

static struct gate_verdict weigh(const char *gate, const char *report)
{
    struct json_object *g = parse(gate), *r = parse(report);
    struct gate_verdict v;
    gate_report_weigh(g, r, &v);
    json_object_put(g);
    json_object_put(r);
    return v;
}

static void a_figure_is_judged_on_its_scale(void **state)
{
    static const char more[] = "{\"value\":\"mi\",\"unit\":\"of 100\",\"scale\":[0,80],"
                               "\"threshold\":20,\"rules\":[\"MI\"]}";
    static const char less[] = "{\"value\":\"weight\",\"unit\":\"points\",\"scale\":[20,0],"
                               "\"threshold\":3}";
    struct gate_verdict v = weigh(more, "{\"findings\":[],\"values\":{\"mi\":40}}");
    (void)state;
    assert_true(v.passed && v.has_value && v.value == 40 && v.score == 0.5);
    v = weigh(more, "{\"findings\":[{\"line\":3,\"code\":\"CC\",\"text\":\"a\"}],"
                    "\"values\":{\"mi\":10}}");
    assert_false(v.passed);
    assert_string_equal(v.detail, "10 of 100, at least 20 passes"); /* CC is another gate's */
    assert_true(weigh(more, "{\"findings\":[],\"values\":{\"mi\":95}}").score == 1);
    v = weigh(less, "{\"findings\":[{\"line\":3,\"code\":\"B1\",\"text\":\"a\",\"weight\":9},"
                    "{\"line\":4,\"code\":\"B2\",\"text\":\"b\"}]}");
    assert_false(v.passed);
    assert_string_equal(v.detail, "10 points, at most 3 passes; line 3: B1 a; line 4: B2 b");
    assert_true(v.score == 0.5);
    v = weigh(less, "{\"findings\":[]}");
    assert_true(v.passed && v.score == 1);
    /* one that came to no end has no figure */
    v = weigh(less, "{\"findings\":[{\"code\":\"\",\"text\":\"no end\"}],\"cut\":true}");
    assert_false(v.has_value || v.passed);
    /* findings are not a figure that was not told */
    assert_false(weigh(more, "{\"findings\":[{\"code\":\"MI\",\"text\":\"a\"}]}").passed);
}

static const char *severity(const char *id, const char *profile)
{
    static char out[16];
    struct json_object *all, *gate = shipped(id, profile, &all);
    snprintf(out, sizeof out, "%s", gate ? json_str(gate, "severity", "") : "none");
    json_object_put(all);
    return out;
}

static void a_profile_says_which_gates_there_are_and_which_block(void **state)
{
    (void)state;
    assert_string_equal(severity("ruff_bugs", "quick"), "block");
    assert_string_equal(severity("ruff_complexity", "quick"), "score");
    assert_string_equal(severity("ruff_complexity", "standard"), "score");
    assert_string_equal(severity("ruff_complexity", "strict"), "block");
    assert_string_equal(severity("black", "quick"), "none");
    assert_string_equal(severity("black", "standard"), "inform");
    assert_string_equal(severity("black", "strict"), "block");
    assert_string_equal(severity("mypy", "standard"), "none");
    assert_string_equal(severity("mypy", "strict"), "block");
}

/* Both gates of radon are served by one start of it. */
static void gates_of_one_program_share_its_run(void **state)
{
    struct json_object *all, *one = shipped("radon_complexity", "standard", &all), *other;
    (void)state;
    other = json_object_get(one);
    json_object_put(all);
    one = shipped("radon_maintainability", "standard", &all);
    assert_true(json_object_equal(json_get(one, "run"), json_get(other, "run")));
    json_object_put(other);
    json_object_put(all);
}

#define GATE "type: executable\ngate: {severity: score}\nexecutable:\n  command: a\n"

static void what_is_wrong_with_a_declaration_is_said_where_it_stands(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"type: executable\ngate: {severity: {often: block}}\nexecutable: {command: a}\n",
         "x.yaml:2:19: a severity is that of quick, standard or strict"},
        {"type: executable\ngate: {severity: {strict: blok}}\nexecutable: {command: a}\n",
         "x.yaml:2:8: a gate's severity is block, score or inform"},
        {"type: executable\ngate: {severity: score, profile: hard}\nexecutable: {command: a}\n",
         "x.yaml:2:25: a gate's profile is quick, standard or strict"},
        {"type: executable\ngate: {severity: score, on: all}\nexecutable: {command: a}\n",
         "x.yaml:2:25: a gate runs on candidate or accepted"},
        {"type: executable\ngate: {severity: score, scale: [1, 1]}\nexecutable: {command: a}\n",
         "x.yaml:2:25: `scale` is the worst and the best value"},
        {GATE "  output: [a]\n", "x.yaml:5:3: `output` is a mapping"},
        {GATE "  output:\n    pattern: '(['\n", "x.yaml:6:5: `pattern` cannot be used: "},
        {GATE "  output:\n    pattern: '(a)\\1'\n",
         "x.yaml:6:5: `pattern` cannot be used: a back-reference is not allowed"},
        {GATE "  output:\n    pattern: '(a)'\n    fields: [line, code]\n",
         "x.yaml:7:5: `fields` name the groups of `pattern`, which has 1"},
        {GATE "  output:\n    pattern: '(a)'\n    fields: [row]\n",
         "x.yaml:7:5: `fields` are line, column, code, message, value"},
        {GATE "  output:\n    pattern: a\n    lines: 90\n",
         "x.yaml:7:5: `lines` is a number from 1 to 8"},
        {GATE "  output:\n    only: [a]\n", "x.yaml:6:5: `only` is a mapping"},
        {GATE "  silencers: ['(']\n", "x.yaml:5:3: a silencer cannot be used: "},
        {GATE "  max_lines: many\n", "x.yaml:5:3: `max_lines` is a number"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *gate = NULL;
        struct err_info info = {0};
        char text[1024];
        assert_int_equal(
            tool_gate_read(cases[i].text, strlen(cases[i].text), "x.yaml", "x", &gate, &info),
            ERR_INPUT);
        if (!strstr(err_format(&info, text, sizeof text), cases[i].says))
            fail_msg("case %zu: %s", i, text);
    }
}

static void nothing_in_a_program_silences_a_gate(void **state)
{
    struct json_object *list = parse("[\"#[ \\t]*type:[ \\t]*ignore\",\"# *pylint:\"]");
    char *code = gate_output_unsilenced(list, "x = 1  # type: ignore[a]\n#pylint:disable=all\ny\n");
    (void)state;
    assert_string_equal(code, "x = 1  #-------------[a]\n#-------disable=all\ny\n");
    free(code);
    /* nor does what is left of it */
    code = gate_output_unsilenced(list, "# pylint: pylint:");
    assert_string_equal(code, "#-------- pylint:");
    free(code);
    assert_null(gate_output_unsilenced(NULL, "x"));
    json_object_put(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_by_the_pattern_of_the_file),
        cmocka_unit_test(json_is_read_by_the_fields_of_the_file),
        cmocka_unit_test(a_program_that_crashes_is_told_with_its_last_words),
        cmocka_unit_test(what_is_read_is_bounded),
        cmocka_unit_test(a_figure_is_judged_on_its_scale),
        cmocka_unit_test(a_profile_says_which_gates_there_are_and_which_block),
        cmocka_unit_test(gates_of_one_program_share_its_run),
        cmocka_unit_test(what_is_wrong_with_a_declaration_is_said_where_it_stands),
        cmocka_unit_test(nothing_in_a_program_silences_a_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
