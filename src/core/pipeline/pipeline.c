/* From a task to a program, as one page: intake → recall → prompts → stages (generate → verify) →
 * store. Every effect is a journaled step, so this function may run again after a crash. */
#include "core/pipeline/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/pipeline/prompt.h"
#include "core/pipeline/reuse.h"
#include "core/store/artifact.h"
#include "core/words/classify.h"
#include "core/words/intake.h"

enum {
    ARTIFACT_MAX = 4 << 20,
    TESTS_MAX = 64 << 10,
    EXAMPLES_TEXT_MAX = 1 << 20,
    WORDS_MAX = 1 << 20,
    SIMILAR_TEXT_MAX = 16 << 10
};

/* ---- small steps ---- */

void task_note(struct task *t, const char *level, const char *text)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    ev.u.job_note.level = level;
    ev.u.job_note.text = text;
    job_emit(t->job, &ev);
}

void task_phase(struct task *t, const char *name, const char *detail)
{
    struct event ev = {.type = EVENT_PHASE};
    ev.u.phase.name = name;
    ev.u.phase.detail = detail;
    job_emit(t->job, &ev);
}

void ending_set(struct ending *end, const char *status, enum err error, const char *message)
{
    end->status = status;
    end->error = error;
    snprintf(end->message, sizeof end->message, "%s", message);
}

/* What was checked, as the artifact and the job's last event tell it. A pass rate of generated
 * tests stands apart: it is no correctness. */
static void describe_checks(const struct verdict *v, const struct evidence *x,
                            const struct trial *p, bool given, char out[512])
{
    char text[200], input[40] = "", tests[60] = ", 0 tests", properties[40] = "";
    if (given)
        snprintf(input, sizeof input, v->ran ? ", the given input" : ", not the given input");
    if (x->tested)
        snprintf(tests, sizeof tests, ", %d of %d generated tests", x->right, x->count);
    if (p->count)
        snprintf(properties, sizeof properties, ", %d of %d properties", p->held, p->count);
    if (!v->parsed)
        snprintf(text, sizeof text, "did not parse");
    else if (!v->imported)
        snprintf(text, sizeof text, "parsed, failed when loaded");
    else
        snprintf(text, sizeof text, "parsed, ran, %d of %d examples from the task%s%s%s",
                 v->examples_ok, v->examples, input, tests, properties);
    snprintf(out, 512,
             "{\"parsed\":%s,\"ran\":%s,\"examples_passed\":%d,\"examples\":%d,\"input\":%s,"
             "\"tests_passed\":%d,\"tests\":%d,\"properties_held\":%d,\"properties\":%d,"
             "\"mutants\":%d,\"mutants_killed\":%d,\"text\":\"%s\"}",
             v->parsed ? "true" : "false", v->ran ? "true" : "false", v->examples_ok, v->examples,
             !given   ? "null"
             : v->ran ? "true"
                      : "false",
             x->right, x->count, p->held, p->count, x->mutants, x->killed, text);
}

static const struct evidence no_evidence;
static const struct trial not_tried;

void task_checked(const struct task *t, const struct verdict *v, char out[512])
{
    describe_checks(v, &no_evidence, &not_tried, t->given != NULL, out);
}

/* ---- questions to the person ---- */

enum err task_ask(struct job *job, const struct event_job_question *q, struct buf *answer)
{
    struct event ev = {.type = EVENT_JOB_QUESTION, .u.job_question = *q};
    job_emit(job, &ev);
    return job_wait(job, q->question, (uint64_t)q->seconds * 1000, answer);
}

void task_answered(struct job *job, const char *question, const char *answer)
{
    struct event ev = {.type = EVENT_JOB_ANSWER,
                       .u.job_answer = {.question = question, .answer = answer}};
    job_emit(job, &ev);
}

/* ---- intake ---- */

static enum err ask_intake(struct task *t, const char *why, bool *run)
{
    const struct event_job_question q = {
        .question = "intake", .kind = "intake", .text = why, .choices = "run|drop"};
    struct buf answer;
    enum err e;
    buf_init(&answer, 1024);
    e = task_ask(t->job, &q, &answer);
    *run = !e && strcmp(answer.data, "run") == 0;
    if (!e)
        task_answered(t->job, q.question, *run ? "run" : "drop");
    buf_fini(&answer);
    return e;
}

enum err task_intake(struct task *t, struct ending *end)
{
    char why[200], text[300];
    enum intake_verdict v;
    bool run = false;
    enum err e = task_judge(t, &v, why);
    if (e)
        return e;
    if (v == INTAKE_TASK || json_flag(t->input, "anyway", false))
        return ERR_OK;
    if (v == INTAKE_COMMAND) {
        ending_set(end, "failed", ERR_INPUT, "this is a command of the dashboard, not a task");
        return ERR_INPUT;
    }
    if (!t->may_ask) {
        snprintf(text, sizeof text, "%s (--anyway runs it)", why);
        ending_set(end, "failed", ERR_INPUT, text);
        return ERR_INPUT;
    }
    e = ask_intake(t, why, &run);
    if (!e && !run) {
        ending_set(end, "cancelled", ERR_CANCELLED, "dropped");
        return ERR_INPUT;
    }
    return e;
}

/* ---- recall ---- */

struct find_arg {
    struct store *store;
    const char *hash;
    const char *id; /* instead of a hash */
    struct json_object *found;
};

static enum err find(sqlite3 *db, void *arg, struct err_info *info)
{
    struct find_arg *a = arg;
    return a->id ? artifact_get(db, a->id, &a->found, info) : artifact_find(db, a->hash, &a->found);
}

static enum err find_step(struct step *step, void *arg, struct buf *out)
{
    struct find_arg *a = arg;
    enum err e = store_read(a->store, find, a, NULL);
    if (e == ERR_NOT_FOUND)
        return step_fail(step, e, "nothing of this kind is kept");
    if (!e)
        e = json_print(out, a->found);
    json_object_put(a->found);
    a->found = NULL;
    return e;
}

enum err task_recall(struct task *t, const char *hash, const char *id, struct json_object **out)
{
    struct find_arg arg = {.store = t->p->store, .hash = hash, .id = id};
    const char *input = id ? id : hash;
    struct step_desc desc = {.name = "recall",
                             .label = id ? id : "the same task, solved before",
                             .flags = STEP_LAZY | STEP_MAY_MISS,
                             .input = input,
                             .input_len = strlen(input),
                             .run = find_step,
                             .arg = &arg};
    enum err e;
    *out = NULL;
    e = job_step_json(t->job, &desc, ARTIFACT_MAX, out, NULL);
    return e;
}

static enum err add_json(struct buf *out, struct json_object *o)
{
    return o ? json_print(out, o) : ERR_OK;
}

/* The exact same task again: its answer, without a model. */
enum err task_answer(struct json_object *a, struct ending *end)
{
    struct json_object *checked = json_get(a, "checked");
    ending_set(end, "solved", ERR_OK, "answered from memory");
    snprintf(end->artifact, sizeof end->artifact, "%s", json_str(a, "id", ""));
    snprintf(end->checked, sizeof end->checked, "%s",
             checked ? json_object_to_json_string_ext(checked, JSON_C_TO_STRING_PLAIN) : "null");
    return add_json(&end->result, json_get(a, "result"));
}

/* ---- prompts ---- */

struct prompts_arg {
    struct task *task;
    const char *const *ids;
};

static enum err prompts_step(struct step *step, void *arg, struct buf *out)
{
    const struct prompts_arg *a = arg;
    struct task *t = a->task;
    const char *const *ids = a->ids;
    struct json_object *all = json_object_new_object();
    struct err_info info = {0}, odd;
    enum err e = ERR_OK;
    for (int i = 0; !e && ids[i]; i++) {
        struct json_object *o = NULL;
        e = prompt_load(t->p->home, t->p->data, ids[i], &o, &odd, &info);
        if (!e)
            json_object_object_add(all, ids[i], o);
        if (!e && odd.message[0]) {
            struct event ev = {.type = EVENT_JOB_NOTE};
            char text[900], where[800];
            snprintf(text, sizeof text, "%s; the shipped prompt is used",
                     err_format(&odd, where, sizeof where));
            ev.u.job_note.level = "warn";
            ev.u.job_note.text = text;
            step_emit(step, &ev);
        }
    }
    if (e)
        step_fail(step, e, "%s", info.message);
    else
        e = json_print(out, all);
    json_object_put(all);
    return e;
}

enum err task_prompts(struct task *t, const char *const *ids, struct err_info *info)
{
    struct prompts_arg arg = {t, ids};
    char label[80] = "";
    struct step_desc desc = {
        .name = "prompts", .label = label, .flags = STEP_LAZY, .run = prompts_step, .arg = &arg};
    enum err e;
    for (int i = 0; ids[i]; i++) {
        size_t n = strlen(label);
        snprintf(label + n, sizeof label - n, "%s%s", i ? ", " : "", ids[i]);
    }
    e = job_step_json(t->job, &desc, 1 << 20, &t->prompts, info);
    return e;
}

/* ---- the task ---- */

enum err task_examples(struct task *t, const char *text)
{
    examples_read(text, &t->examples);
    return examples_python(&t->examples, &t->examples_text);
}

/* For the benchmark's judge, who takes what was never accepted, too. */
static void show_best(const struct candidate *best, struct ending *end)
{
    if (!end->best || !best->code.len || buf_add(end->best, best->code.data, best->code.len))
        return;
    end->stage = best->stage->number;
    snprintf(end->stage_name, sizeof end->stage_name, "%s", best->stage->name);
    snprintf(end->model, sizeof end->model, "%s", candidate_by(best)->label);
}

enum err task_init(struct task *t, struct pipeline *p, struct job *job, struct json_object *input)
{
    enum err e;
    memset(t, 0, sizeof *t);
    t->job = job;
    t->input = input;
    t->text = json_str(input, "task", "");
    t->given = json_object_of(input, "input");
    t->cache = json_flag(input, "cache", config_flag(p->config, OPTION_CACHE));
    t->may_ask = strcmp(json_str(input, "questions", "yes"), "no") != 0;
    snprintf(t->class, sizeof t->class, "CODE");
    snprintf(t->complexity, sizeof t->complexity, "simple");
    buf_init(&t->words, WORDS_MAX);
    buf_init(&t->tests_text, TESTS_MAX);
    buf_init(&t->examples_text, EXAMPLES_TEXT_MAX);
    buf_init(&t->similar_text, SIMILAR_TEXT_MAX);
    e = task_config(t, p);
    if (!e)
        e = grants_read(&t->grants, json_object_of(input, "grants"));
    return e ? e : budget_open(t);
}

void task_fini(struct task *t)
{
    budget_close(t);
    json_object_put(t->prompts);
    json_object_put(t->learned);
    json_object_put(t->gates);
    grants_fini(&t->grants);
    seen_free(t->seen);
    history_free(t->history);
    free(t->plan);
    free(t->tests);
    free(t->written);
    free(t->refused);
    json_object_put(t->made);
    json_object_put(t->similar);
    buf_fini(&t->similar_text);
    buf_fini(&t->words);
    buf_fini(&t->tests_text);
    buf_fini(&t->examples_text);
    config_free(t->config);
}

bool task_without(const struct task *t, const char *part)
{
    struct json_object *list = json_array(t->input, "without");
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), part) == 0)
            return true;
    return false;
}

/* What came of the climb is told and kept. */
static enum err conclude(struct task *t, struct candidate *best, const char *hash,
                         struct ending *end, struct err_info *info)
{
    enum err e;
    if (strcmp(end->status, "solved") == 0) {
        e = measures_finish(t, best, info);
        if (e == ERR_CANCELLED)
            ending_set(end, "cancelled", e, "");
    }
    describe_checks(&best->verdict, &best->evidence, &best->trial, t->given != NULL, end->checked);
    if (!end->result.len &&
        buf_add(&end->result, best->verdict.result.data, best->verdict.result.len))
        task_note(t, "warn", "the result is too large to be shown");
    if (end->error == ERR_CANCELLED) {
        task_sum_cancelled(t, end);
        return ERR_CANCELLED;
    }
    e = task_keep_best(t, best, hash, end, info);
    if (e && e != ERR_CANCELLED)
        task_note(t, "error", info->message[0] ? info->message : err_text(e));
    return e == ERR_CANCELLED ? e : ERR_OK;
}

/* The work ended with the plan, which has cost as well. */
static void end_before(struct task *t, enum err e, struct ending *end)
{
    if (e == ERR_INPUT)
        ending_set(end, "cancelled", ERR_CANCELLED, "the plan was dropped");
    task_sum_cancelled(t, end);
}

static enum err solve(struct task *t, const char *hash, struct ending *end, struct err_info *info)
{
    static const char *const prompts[] = {"coder",  "coder_plain", "repairer",        "analyst",
                                          "tester", "overseer",    "property_tester", NULL};
    struct stage *stages = calloc(STAGES_MAX, sizeof *stages);
    struct pool pool = {.list = NULL};
    struct candidate none;
    int count = 0;
    enum err e;
    job_takes_time(t->job); /* places are looked at, models asked */
    e = stages ? task_prompts(t, prompts, info) : ERR_NOMEM;
    if (!e)
        e = task_examples(t, t->text);
    if (task_without(t, "examples"))
        t->examples.count = 0;
    candidate_init(&none, t, NULL, 0, NULL);
    if (!e && (e = plan_make(t, info)))
        end_before(t, e, end);
    if (!e)
        e = similar_find(t, info);
    if (!e)
        task_phase(t, "generate", "");
    if (!e)
        e = stages_plan(t, stages, &count, info);
    if (!e)
        e = gates_load(t, info);
    if (!e)
        properties_load(t);
    if (!e)
        gates_prepare(t);
    if (!e) {
        struct candidate *best;
        e = climb(t, stages, count, &pool, info);
        best = pool_best(&pool) ? pool_best(&pool) : &none;
        climb_ending(e, best, &pool, end, info);
        show_best(best, end);
        e = conclude(t, best, hash, end, info);
    }
    pool_fini(&pool);
    candidate_fini(&none);
    free(stages);
    return e;
}

void task_finish(struct task *t, struct ending *end, enum err e, const struct err_info *info)
{
    struct event ev = {.type = EVENT_JOB_DONE};
    struct event_job_done *d = &ev.u.job_done;
    int64_t now = 0;
    if (!end->status)
        ending_set(end, e == ERR_CANCELLED ? "cancelled" : "failed", e ? e : ERR_INTERNAL,
                   e == ERR_CANCELLED ? ""
                   : info->message[0] ? info->message
                                      : err_text(e));
    if (t->began && e != ERR_CANCELLED && job_clock(t->job, &now))
        now = 0;
    d->status = end->status;
    d->artifact = end->artifact;
    d->result = end->result.len ? end->result.data : "null";
    d->checked = end->checked[0] ? end->checked : "null";
    d->llm_calls = end->cost.calls;
    d->tokens_in = end->cost.tokens_in;
    d->tokens_out = end->cost.tokens_out;
    d->seconds = now > t->began ? (double)(now - t->began) / 1000 : 0;
    d->message = end->message;
    d->error = end->error ? err_name(end->error) : "";
    d->cost = end->cost.dollars;
    if (job_result(t->job, d->result))
        end->error = ERR_NOMEM;
    job_emit(t->job, &ev);
}

/* The way that the task's class goes. */
static enum err solve_by_class(struct task *t, struct ending *end, struct err_info *info)
{
    char hash[65];
    enum err e = task_decide(t, info);
    if (!e)
        e = classify_hash(class_by_name(t->class), t->text, t->given, hash);
    if (e)
        return e;
    if (class_is_content(class_by_name(t->class))) {
        t->plain = true;
        return text_solve(t, hash, end, info);
    }
    if (class_by_name(t->class) == CLASS_ARITHMETIC) {
        e = arithmetic_solve(t, hash, end, info);
        if (e != ERR_NOT_FOUND)
            return e;
        artifact_task_hash(t->text, t->given, hash);
    }
    return solve(t, hash, end, info);
}

enum err task_run(struct task *t, struct ending *end, struct err_info *info)
{
    struct json_object *known = NULL;
    enum err e;
    task_config_note(t);
    e = task_intake(t, end);
    if (!e)
        e = job_clock(t->job, &t->began);
    if (!e && !json_flag(t->input, "fresh", false)) {
        task_phase(t, "recall", "");
        e = task_recall_class(t, &known);
    }
    if (!e && known) {
        e = task_answer(known, end);
        pipeline_note_use(t, end->artifact);
    } else if (!e && !(e = reuse_try(t, end, info)) && !end->status) {
        e = solve_by_class(t, end, info);
    }
    json_object_put(known);
    return e;
}

static enum err run_task(struct job *job, void *context, struct json_object *input)
{
    struct task t;
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    enum err e = task_init(&t, context, job, input);
    buf_init(&end.result, ARTIFACT_MAX);
    if (!e)
        e = task_run(&t, &end, &info);
    if (!e)
        pipeline_optimize_after(&t, &end);
    task_finish(&t, &end, e, &info);
    buf_fini(&end.result);
    task_fini(&t);
    return e;
}

const struct job_kind pipeline_task = {"task", 16, run_task};
