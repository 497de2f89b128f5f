/* Tasks with a hidden test: "bench_task" is an ordinary task whose best program is judged at the
 * end, "bench_raw" asks one model without any of the pipeline, for comparison. The job's input
 * holds the test under "bench"; what the pipeline is given is a copy without it, so nothing that it
 * does can depend on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/judge.h"
#include "core/pipeline/extract.h"
#include "core/pipeline/pipeline_internal.h"

enum { RESULT_MAX = 1 << 20, ANSWER_MAX = 4 << 20, SAMPLES_MAX = 64 };

static const double sample_temperature = 0.8; /* as sampled rates are usually measured */

/* The job's input as the pipeline may see it. The caller puts it. */
static struct json_object *open_input(struct json_object *input)
{
    struct json_object *o = json_object_new_object();
    json_object_object_foreach(input, name, value)
    {
        if (strcmp(name, "bench") != 0)
            json_object_object_add(o, name, json_object_get(value));
    }
    return o;
}

/* ---- with the pipeline ---- */

struct judged {
    bool passed;
    char why[400];
};

/* Equal words for equal causes. */
static const char *cause_of(const struct judged *j, bool claimed, const struct buf *program)
{
    if (j->passed)
        return "";
    if (!program->len)
        return "no program";
    return claimed ? "claimed solved, but the hidden test fails" : "the hidden test fails";
}

/* What was checked, with the cause that the report counts. */
static void add_cause(struct ending *end, const char *cause)
{
    struct json_object *o = NULL;
    const char *text;
    if (json_parse(end->checked, strlen(end->checked), NULL, &o, NULL))
        o = NULL;
    if (!o)
        o = json_object_new_object();
    json_add_str(o, "cause", cause);
    text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
    if (strlen(text) < sizeof end->checked)
        snprintf(end->checked, sizeof end->checked, "%s", text);
    else /* the causes need no quoting */
        snprintf(end->checked, sizeof end->checked, "{\"cause\":\"%s\"}", cause);
    json_object_put(o);
}

static enum err tell(const struct judged *j, struct ending *end)
{
    struct json_object *o = json_object_new_object();
    bool claimed = strcmp(end->status, "solved") == 0;
    enum err e;
    add_cause(end, cause_of(j, claimed, end->best));
    json_add_bool(o, "judged", j->passed);
    json_add_str(o, "why", j->why);
    json_add_str(o, "claimed", end->status);
    json_add_i64(o, "stage", end->stage);
    json_add_str(o, "stage_name", end->stage_name);
    json_add_str(o, "model", end->model);
    buf_clear(&end->result);
    e = json_print(&end->result, o);
    json_object_put(o);
    if (j->passed)
        ending_set(end, "solved", ERR_OK,
                   claimed ? "" : "right by the hidden test, though not accepted");
    else if (claimed)
        ending_set(end, "unsolved", end->error, j->why);
    else
        end->status = "unsolved";
    return e;
}

static enum err judge(struct task *t, struct json_object *hidden, struct ending *end,
                      struct err_info *info)
{
    struct judged j = {.why = "no program"};
    enum err e = ERR_OK;
    if (strcmp(end->status, "solved") != 0 && strcmp(end->status, "unsolved") != 0)
        return ERR_OK; /* it failed, and may be tried again */
    task_phase(t, "judge", "");
    if (end->best->len)
        e = judge_run(t->job, t, end->best->data, hidden, &j.passed, j.why, info);
    if (e)
        end->status = NULL; /* task_finish says why */
    return e ? e : tell(&j, end);
}

/* On the heap: a fiber's stack is small. */
static enum err run_bench_task(struct job *job, void *context, struct json_object *input)
{
    struct json_object *open = open_input(input);
    struct task *t = calloc(1, sizeof *t);
    struct buf best;
    struct ending end = {.status = NULL, .best = &best};
    struct err_info info = {0};
    enum err e = t ? task_init(t, context, job, open) : ERR_NOMEM;
    buf_init(&end.result, RESULT_MAX);
    buf_init(&best, CODE_MAX);
    if (!e) {
        t->cache = false; /* it is measured what a model takes and does */
        t->seed = (int)json_i64(input, "seed", 0);
        e = task_run(t, &end, &info);
    }
    if (!e && end.status)
        e = judge(t, json_object_of(input, "bench"), &end, &info);
    if (t) {
        task_finish(t, &end, e, &info);
        task_fini(t);
    }
    free(t);
    buf_fini(&best);
    buf_fini(&end.result);
    json_object_put(open);
    return e;
}

/* ---- the model alone ---- */

/* As somebody asks who knows of no pipeline. */
static struct json_object *naive_prompt(void)
{
    struct json_object *all = json_object_new_object(), *o = json_object_new_object();
    json_add_str(o, "id", "");
    json_add_str(o, "system", "");
    json_add_str(o, "template", "{task}\n\nAnswer with the complete Python code.");
    json_object_object_add(all, "writer", o);
    return all;
}

/* Whether the answer does what the task's own words show; with no examples, whether it loads. */
static enum err check_examples(const struct candidate *c, bool *good, struct err_info *info)
{
    struct verdict v;
    enum err e;
    verdict_init(&v);
    e = candidate_verify(c, "verify", &v, info);
    *good = !e && v.accepted;
    verdict_fini(&v);
    return e;
}

static enum err check_answer(struct task *t, struct json_object *hidden, const struct candidate *c,
                             struct json_object *out, struct err_info *info)
{
    struct judged j = {.why = "no program"};
    bool good = false;
    enum err e = ERR_OK;
    if (c->code.len && c->stage->candidates > 1)
        e = check_examples(c, &good, info);
    if (!e && c->code.len)
        e = judge_run(t->job, t, c->code.data, hidden, &j.passed, j.why, info);
    json_add_bool(out, "judged", j.passed);
    json_add_str(out, "why", j.why);
    json_add_bool(out, "examples", good);
    return e;
}

/* The first answer is the greedy one. */
static enum err answer(struct task *t, struct stage *s, int number, struct json_object *hidden,
                       struct json_object *answers, struct err_info *info)
{
    struct json_object *o = json_object_new_object();
    struct candidate c;
    struct buf text;
    enum err e;
    s->temperature = number == 1 ? 0 : sample_temperature;
    candidate_init(&c, t, s, number, NULL);
    buf_init(&text, ANSWER_MAX);
    e = candidate_ask(t->job, &c, &text, info);
    if (!e && extract_code(text.data, text.len, &c.code, NULL))
        buf_clear(&c.code); /* an answer without a program is a wrong one */
    if (!e)
        e = check_answer(t, hidden, &c, o, info);
    json_add_f64(o, "temperature", s->temperature);
    json_add_i64(o, "tokens_in", c.tokens_in);
    json_add_i64(o, "tokens_out", c.tokens_out);
    json_object_array_add(answers, o);
    buf_fini(&text);
    candidate_fini(&c);
    return e;
}

static enum err tell_raw(struct task *t, const struct stage *s, struct json_object *answers,
                         struct ending *end, struct err_info *info)
{
    struct json_object *o = json_object_new_object(),
                       *first = json_object_array_get_idx(answers, 0);
    bool right = json_flag(first, "judged", false);
    struct buf nothing;
    enum err e;
    buf_init(&nothing, 1);
    json_add_str(o, "raw", s->role);
    json_add_str(o, "model", s->target.label);
    json_object_object_add(o, "answers", json_object_get(answers));
    e = json_print(&end->result, o);
    json_object_put(o);
    if (!e)
        e = task_keep(t, NULL, "", &nothing, end, info);
    ending_set(end, right ? "solved" : "unsolved", ERR_OK, json_str(first, "why", ""));
    add_cause(end, right ? "" : "the hidden test fails");
    return e;
}

static enum err ask_raw(struct task *t, struct json_object *hidden, struct ending *end,
                        struct err_info *info)
{
    struct json_object *answers = json_object_new_array();
    int samples = (int)json_i64(hidden, "samples", 0);
    struct stage s = {.number = 1, .name = "raw"};
    enum err e;
    s.candidates = 1 + (samples < 0 ? 0 : samples > SAMPLES_MAX ? SAMPLES_MAX : samples);
    snprintf(s.role, sizeof s.role, "%s", json_str(hidden, "role", "fast"));
    t->prompts = naive_prompt();
    e = task_examples(t, t->text);
    if (!e)
        e = stage_resolve(t, &s, info);
    for (int i = 1; !e && i <= s.candidates; i++)
        e = answer(t, &s, i, hidden, answers, info);
    if (!e)
        e = tell_raw(t, &s, answers, end, info);
    json_object_put(answers);
    return e;
}

static enum err run_bench_raw(struct job *job, void *context, struct json_object *input)
{
    struct json_object *open = open_input(input);
    struct task *t = calloc(1, sizeof *t);
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    enum err e = t ? task_init(t, context, job, open) : ERR_NOMEM;
    buf_init(&end.result, RESULT_MAX);
    if (!e) {
        t->cache = false;
        t->plain = true; /* nobody cuts a raw model's answer where its code ends */
        t->seed = (int)json_i64(input, "seed", 0);
        e = job_clock(job, &t->began);
    }
    if (!e)
        e = ask_raw(t, json_object_of(input, "bench"), &end, &info);
    if (t) {
        task_finish(t, &end, e, &info);
        task_fini(t);
    }
    free(t);
    buf_fini(&end.result);
    json_object_put(open);
    return e;
}

const struct job_kind pipeline_bench_task = {"bench_task", 4, run_bench_task};
const struct job_kind pipeline_bench_raw = {"bench_raw", 2, run_bench_raw};
