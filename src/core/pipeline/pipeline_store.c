/* What is kept of a task: its program as an artifact, the steps that made it as a workflow, and
 * what its calls have cost. */
#include <stdio.h>
#include <string.h>

#include "core/check/gate_figures.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/store/artifact.h"
#include "core/tool/workflow.h"

struct keep_arg {
    struct task *task;
    struct json_object *artifact; /* NULL: nothing to keep, only the sums */
    struct ending *end;
    char workflow[24];
};

/* The workflow of the program's version before is the version before of this one. */
static enum err follow_workflow(sqlite3 *db, const char *program, struct json_object *workflow,
                                struct err_info *info)
{
    struct json_object *versions = NULL;
    char id[24] = "";
    enum err e = artifact_versions(db, artifact_number(program), &versions, info);
    for (size_t i = 0; !e && !id[0] && i < json_object_array_length(versions); i++) {
        struct json_object *v = json_object_array_get_idx(versions, i);
        if (strcmp(json_str(v, "id", ""), program) != 0)
            e = artifact_of_job(db, json_i64(v, "job", 0), "workflow", id, info);
    }
    if (!e && id[0])
        json_add_str(workflow, "version_of", id);
    json_object_put(versions);
    return e;
}

/* The job's steps as a workflow, in the transaction of what they made. */
static enum err keep_workflow(sqlite3 *db, struct keep_arg *a, struct err_info *info)
{
    struct json_object *workflow = NULL, *o;
    int64_t job = job_id(a->task->job);
    enum err e = artifact_of_job(db, job, "workflow", a->workflow, info);
    if (!e && !a->workflow[0])
        e = workflow_of_job(db, job, a->artifact, &workflow, info);
    if (e || !workflow)
        return e;
    o = workflow_artifact(workflow, json_str(workflow, "workflow_id", ""),
                          json_str(a->artifact, "task", ""), json_i64(a->artifact, "created", 0));
    json_add_bool(o, "solved", json_flag(a->artifact, "solved", false));
    json_add_str(o, "model", json_str(a->artifact, "model", ""));
    json_add_str(o, "program", a->end->artifact);
    json_add_i64(o, "job", job);
    e = follow_workflow(db, a->end->artifact, o, info);
    if (!e)
        e = artifact_insert(db, o, a->workflow, info);
    json_object_put(o);
    json_object_put(workflow);
    return e;
}

static enum err keep(sqlite3 *db, void *arg, struct err_info *info)
{
    struct keep_arg *a = arg;
    char id[24] = "";
    enum err e = cost_read(db, job_id(a->task->job), &a->end->cost, info);
    if (e || !a->artifact)
        return e;
    json_add_i64(a->artifact, "tokens_in", a->end->cost.tokens_in);
    json_add_i64(a->artifact, "tokens_out", a->end->cost.tokens_out);
    /* a crash between this write and the journal's row must not keep the program twice */
    e = artifact_of_job(db, job_id(a->task->job), json_str(a->artifact, "kind", ""), id, info);
    if (!e && !id[0])
        e = artifact_insert(db, a->artifact, id, info);
    snprintf(a->end->artifact, sizeof a->end->artifact, "%s", id);
    return e || a->task->plain ? e : keep_workflow(db, a, info);
}

static enum err keep_step(struct step *step, void *arg, struct buf *out)
{
    struct keep_arg *a = arg;
    struct event ev = {.type = EVENT_ARTIFACT_STORED};
    struct err_info info = {0};
    enum err e;
    if (a->artifact)
        json_add_str(a->artifact, "step", step_place(step));
    e = store_write(a->task->p->store, keep, a, &info);
    if (e)
        return step_fail(step, e, "%s", info.message);
    if (a->artifact) {
        ev.u.artifact_stored.artifact = a->end->artifact;
        ev.u.artifact_stored.name = json_str(a->artifact, "name", "");
        ev.u.artifact_stored.kind = json_str(a->artifact, "kind", "");
        step_emit(step, &ev);
        ev.u.artifact_stored.artifact = a->workflow;
        ev.u.artifact_stored.kind = "workflow";
        if (a->workflow[0])
            step_emit(step, &ev);
    }
    return buf_addf(out, "%s %lld %lld %lld %.9g", a->end->artifact[0] ? a->end->artifact : "-",
                    (long long)a->end->cost.calls, (long long)a->end->cost.tokens_in,
                    (long long)a->end->cost.tokens_out, a->end->cost.dollars);
}

static const char program_tail[] =
    "\n\nif __name__ == \"__main__\":\n"
    "    import json\n"
    "    import sys\n\n"
    "    given = json.load(sys.stdin)\n"
    "    print(json.dumps({\"result\": %s(**given)}, default=str))\n";

/* The function as a program: one JSON object in, one out. Written here and not by the model, which
 * would need tokens for it and get it wrong. */
enum err task_program(const char *source, const char *function, struct buf *out)
{
    enum err e = buf_adds(out, source);
    if (!e && *function && !strstr(source, "__main__")) {
        const char *mark = strstr(program_tail, "%s");
        e = buf_add(out, program_tail, (size_t)(mark - program_tail));
        if (!e)
            e = buf_adds(out, function);
        if (!e)
            e = buf_adds(out, mark + 2);
    }
    return e;
}

static struct json_object *describe_mended(const struct mended *m)
{
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "stage", m->stage);
    json_add_i64(o, "candidate", m->number);
    json_add_str(o, "code", m->code);
    json_add_str(o, "why", m->why);
    return o;
}

static struct json_object *describe_usage(const struct verdict *v)
{
    struct json_object *o = json_object_new_object();
    json_add_f64(o, "cpu_ms", v->cpu_ms);
    json_add_f64(o, "wall_ms", v->wall_ms);
    json_add_i64(o, "peak_kb", v->peak_kb);
    return o;
}

static struct json_object *describe_artifact(struct task *t, const struct candidate *best,
                                             const char *hash, int64_t now,
                                             const struct ending *end)
{
    const bool solved = strcmp(end->status, "solved") == 0;
    struct json_object *o = json_object_new_object(), *c = NULL, *result = NULL;
    struct buf code;
    buf_init(&code, 2 * CODE_MAX);
    json_add_str(o, "kind", "function");
    json_add_str(o, "name", best->verdict.function[0] ? best->verdict.function : "program");
    task_describe(t, hash, o);
    json_add_bool(o, "solved", solved);
    json_add_str(o, "function", best->verdict.function);
    json_add_str(o, "source", best->code.data);
    if (task_program(best->code.data, best->verdict.function, &code) == ERR_OK)
        json_add_str(o, "code", code.data);
    json_add_str(o, "model", candidate_by(best)->label);
    json_add_str(o, "backend", candidate_by(best)->place);
    json_add_i64(o, "stage", best->stage->number);
    json_add_str(o, "stage_name", best->stage->name);
    json_add_i64(o, "candidate", best->number);
    if (best->from.code)
        json_object_object_add(o, "repaired_from", describe_mended(&best->from));
    similar_describe(t, best, o);
    json_add_str(o, "failed",
                 solved                 ? ""
                 : best->verdict.why[0] ? best->verdict.why
                                        : end->message);
    if (t->tests && t->tests->count)
        json_add_str(o, "tests", t->tests_text.data);
    gate_figures_keep(best->verdict.gates, o);
    json_add_i64(o, "job", job_id(t->job));
    json_add_i64(o, "created", now);
    json_object_object_add(o, "usage", describe_usage(&best->verdict));
    json_object_object_add(o, "grants", grants_json(&best->verdict.grants));
    json_object_object_add(o, "prompts", json_object_get(t->prompts));
    json_object_object_add(o, "input", json_object_get(t->given));
    if (json_parse(end->checked, strlen(end->checked), NULL, &c, NULL) == ERR_OK)
        json_object_object_add(o, "checked", c);
    if (best->verdict.result.len && json_parse(best->verdict.result.data, best->verdict.result.len,
                                               NULL, &result, NULL) == ERR_OK)
        json_object_object_add(o, "result", result);
    buf_fini(&code);
    return o;
}

enum err task_keep(struct task *t, struct json_object *artifact, const char *label,
                   const struct buf *content, struct ending *end, struct err_info *info)
{
    struct keep_arg arg = {.task = t, .artifact = artifact, .end = end};
    struct step_desc desc = {.name = "store",
                             .label = label,
                             .input = content->data,
                             .input_len = content->len,
                             .run = keep_step,
                             .arg = &arg};
    long long calls = 0, in = 0, out = 0;
    double dollars = 0;
    struct buf value;
    enum err e;
    buf_init(&value, 256);
    e = job_step(t->job, &desc, &value, info);
    if (!e && sscanf(value.data, "%23s %lld %lld %lld %lf", end->artifact, &calls, &in, &out,
                     &dollars) < 4) /* the cost came later */
        e = ERR_INTERNAL;
    if (strcmp(end->artifact, "-") == 0)
        end->artifact[0] = 0;
    end->cost =
        (struct cost){.calls = calls, .tokens_in = in, .tokens_out = out, .dollars = dollars};
    buf_fini(&value);
    return e;
}

enum err task_keep_best(struct task *t, const struct candidate *best, const char *hash,
                        struct ending *end, struct err_info *info)
{
    struct json_object *artifact = NULL;
    int64_t now;
    enum err e = job_clock(t->job, &now);
    if (e)
        return e;
    if (best->code.len)
        artifact = describe_artifact(t, best, hash, now, end);
    e = task_keep(t, artifact, best->verdict.function, &best->code, end, info);
    json_object_put(artifact);
    return e;
}

void task_sum_cancelled(struct task *t, struct ending *end)
{
    struct keep_arg arg = {.task = t, .end = end};
    if (store_write(t->p->store, keep, &arg, NULL))
        task_note(t, "warn", "what the cancelled calls cost is not known");
}
