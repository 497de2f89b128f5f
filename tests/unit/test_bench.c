/* The arithmetic of a bench, and its text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/batch/bench.h"

static void near(double got, double wanted)
{
    if (fabs(got - wanted) > 1e-9 * (1 + fabs(wanted)))
        fail_msg("%.12g instead of %.12g", got, wanted);
}

/* Reference values: exact rational arithmetic (Python's math.comb and Fraction). */
static void mcnemar(void **state)
{
    (void)state;
    near(bench_mcnemar(0, 0), 1);
    near(bench_mcnemar(1, 0), 1);
    near(bench_mcnemar(3, 1), 0.625);
    near(bench_mcnemar(1, 3), 0.625);
    near(bench_mcnemar(5, 5), 1);
    near(bench_mcnemar(6, 0), 0.03125);
    near(bench_mcnemar(10, 2), 0.03857421875);
    near(bench_mcnemar(25, 6), 0.0008779102936387062);
    near(bench_mcnemar(1000, 1000), 1);
    assert_true(bench_mcnemar(1500, 1000) > 0 && bench_mcnemar(1500, 1000) < 1e-20);
}

static struct json_object *json_of(const char *text)
{
    struct json_object *o;
    assert_int_equal(json_parse(text, strlen(text), NULL, &o, NULL), ERR_OK);
    return o;
}

static struct bench_run run(bool right, bool claimed, int64_t stage, const char *model)
{
    struct bench_run r = {.listed = true,
                          .ended = true,
                          .right = right,
                          .claimed = claimed,
                          .stage = stage,
                          .calls = 2,
                          .tokens_in = 100,
                          .tokens_out = 20,
                          .cost = 0.5,
                          .seconds = 3,
                          .model_seconds = 2};
    snprintf(r.model, sizeof r.model, "%s", model);
    snprintf(r.stage_name, sizeof r.stage_name, "s%lld", (long long)stage);
    return r;
}

static struct bench_run raw(bool right, const char *answers)
{
    struct bench_run r = run(right, false, 0, "big");
    r.calls = 3;
    r.tokens_in = 90;
    r.answers = answers ? json_of(answers) : NULL;
    return r;
}

#define ANSWER(judged, examples, n)                                                                \
    "{\"judged\":" judged ",\"examples\":" examples ",\"tokens_in\":" n ",\"tokens_out\":10}"

enum { TASKS = 5 };

/* Five tasks: right and claimed; right at stage 2 and not claimed; claimed and wrong; an error; one
 * that was not run. */
static struct bench_task *make_tasks(void)
{
    static const char *const classes[] = {"a", "b", "a", "", "b"};
    struct bench_task *t = calloc(TASKS, sizeof *t);
    for (int i = 0; i < TASKS; i++) {
        snprintf(t[i].id, sizeof t[i].id, "t%d", i);
        snprintf(t[i].class, sizeof t[i].class, "%s", classes[i]);
    }
    t[0].dise = run(true, true, 1, "small");
    t[1].dise = run(true, false, 2, "big");
    t[2].dise = run(false, true, 1, "small");
    t[3].dise = run(false, false, 0, "");
    t[3].dise.failed = true;
    t[4].dise.listed = true;
    t[0].raw[1] = raw(true, "[" ANSWER("true", "true", "40") "," ANSWER("false", "true", "40") "]");
    t[1].raw[1] =
        raw(false, "[" ANSWER("false", "false", "40") "," ANSWER("true", "true", "80") "]");
    t[2].raw[1] =
        raw(false, "[" ANSWER("false", "false", "40") "," ANSWER("true", "false", "90") "]");
    t[3].raw[1] =
        raw(true, "[" ANSWER("true", "false", "40") "," ANSWER("false", "false", "70") "]");
    t[4].raw[1].listed = true;
    return t;
}

static void drop(struct bench_task *t)
{
    for (int i = 0; i < TASKS; i++)
        for (int k = 0; k < BENCH_RAW_MAX; k++)
            json_object_put(t[i].raw[k].answers);
    free(t);
}

static void expect(struct json_object *o, const char *wanted)
{
    struct json_object *w = json_of(wanted);
    json_object_object_foreach(w, key, value)
    {
        struct json_object *got = json_get(o, key);
        bool same =
            json_object_is_type(value, json_type_string)
                ? strcmp(json_str(o, key, ""), json_object_get_string(value)) == 0
                : got && fabs(json_object_get_double(got) - json_object_get_double(value)) < 1e-9;
        if (!same)
            fail_msg("%s is %s, not %s", key, json_object_to_json_string(got),
                     json_object_to_json_string(value));
    }
    json_object_put(w);
}

static struct json_object *at(struct json_object *o, const char *list, size_t i)
{
    assert_true(json_array(o, list) && json_object_array_length(json_array(o, list)) > i);
    return json_object_array_get_idx(json_array(o, list), i);
}

static void figures(void **state)
{
    struct bench_task *tasks = make_tasks();
    struct json_object *f = bench_figures(tasks, TASKS), *other;
    (void)state;
    expect(json_object_of(f, "dise"),
           "{\"solved\":2,\"total\":4,\"rate\":0.5,\"claimed_right\":1,\"claimed_wrong\":1,"
           "\"unclaimed_right\":1,\"failed\":1,\"calls\":8,\"tokens_in\":400,\"tokens_out\":80,"
           "\"cost\":2,\"seconds\":12,\"model_seconds\":8,\"tokens_per_solved\":240,"
           "\"tokens_out_per_call\":10,\"tokens_in_per_call\":50}");
    other = at(f, "raw", 0);
    assert_int_equal(json_object_array_length(json_array(f, "raw")), 1); /* no role fast here */
    expect(other,
           "{\"role\":\"powerful\",\"model\":\"big\",\"solved\":2,\"total\":4,\"paired\":4,"
           "\"only_dise\":1,\"only_this\":1,\"p\":1,\"calls\":12,\"tokens_per_solved\":220}");
    /* the first answers take 200 tokens, both 520; DiSE took 480 */
    expect(other, "{\"same_tokens_n\":2}");
    expect(at(other, "best_of", 0), "{\"n\":1,\"tokens\":200,\"solved\":2,\"oracle\":2}");
    expect(at(other, "best_of", 1), "{\"n\":2,\"tokens\":520,\"solved\":3,\"oracle\":4,\"total\":4,"
                                    "\"only_dise\":0,\"only_this\":1}");
    assert_int_equal(json_object_array_length(json_array(f, "classes")), 2);
    expect(json_object_of(at(f, "classes", 0), "dise"), "{\"solved\":1,\"total\":2}");
    expect(json_object_of(at(f, "classes", 1), "raw_powerful"), "{\"solved\":0,\"total\":1}");
    assert_int_equal(json_object_array_length(json_array(f, "splits")), 0);
    expect(at(f, "stages", 0), "{\"stage\":1,\"model\":\"small\",\"programs\":2,\"solved\":1,"
                               "\"claimed\":2,\"claimed_right\":1}");
    expect(at(f, "stages", 1), "{\"stage\":2,\"name\":\"s2\",\"solved\":1,\"claimed\":0}");
    expect(at(f, "stages", 2), "{\"stage\":0,\"programs\":1,\"solved\":0}");
    json_object_put(f);
    drop(tasks);
}

static void text(void **state)
{
    struct bench_task *tasks = make_tasks();
    struct json_object *f = bench_figures(tasks, TASKS);
    struct buf out, wanted;
    (void)state;
    json_add_i64(f, "id", 7);
    json_add_i64(f, "items", TASKS);
    json_add_str(f, "name", "größer");
    json_add_str(f, "state", "done");
    json_object_object_add(f, "without", json_of("[\"plan\"]"));
    buf_init(&out, 1 << 16);
    assert_int_equal(bench_text(f, &out), ERR_OK);
    buf_init(&wanted, 1 << 16);
    assert_int_equal(buf_read_file(&wanted, TEST_DATA_DIR "/bench-report.txt", NULL), ERR_OK);
    if (strcmp(out.data, wanted.data) != 0)
        fail_msg("the report is\n%s", out.data);
    buf_fini(&wanted);
    buf_fini(&out);
    json_object_put(f);
    drop(tasks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mcnemar), cmocka_unit_test(figures),
                                       cmocka_unit_test(text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
