/* Running a program that is kept, also to see whether it still passes (`dise rag verify`). */
#include <stdio.h>

#include "core/check/gate.h"
#include "core/check/own_tests.h"
#include "core/pipeline/pipeline.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/store/import.h"

enum { RESULT_MAX = 4 << 20 };

static enum err run_kept(struct task *t, struct json_object *a, struct ending *end,
                         struct err_info *info)
{
    struct verdict v;
    enum err e = ERR_OK;
    if (!json_get(a, "source"))
        return err_set(info, ERR_UNSUPPORTED, "a text cannot be run");
    if (json_flag(t->input, "verify", false) && own_tests_has(a))
        return own_tests_judge(t, a, end, info);
    if (json_flag(t->input, "verify", false))
        e = task_examples(t, json_str(a, "task", ""));
    if (e)
        return e;
    if (!t->examples.function[0])
        snprintf(t->examples.function, sizeof t->examples.function, "%s",
                 json_str(a, "function", ""));
    verdict_init(&v);
    e = verify_run(t->job, t, 0, 1, "run", json_str(a, "source", ""), &v, info);
    if (!e) {
        bool again = json_flag(t->input, "verify", false),
             attempt = !json_flag(a, "solved", true) && !json_flag(a, "edited", false) &&
                       !import_unverified(a);
        bool good = again ? v.accepted : v.ran && !attempt;
        char why[500];
        snprintf(why, sizeof why, "it is a best attempt, which failed: %.400s",
                 json_str(a, "failed", ""));
        task_checked(t, &v, end->checked);
        ending_set(end, good ? "solved" : "unsolved", ERR_OK,
                   !again && attempt && v.ran ? why : v.why);
        e = buf_add(&end->result, v.result.data, v.result.len);
        pipeline_note_outcome(t, json_str(a, "id", ""), good, (int64_t)v.wall_ms);
        if (again && v.accepted && v.examples_ok && !v.echoes && import_unverified(a))
            pipeline_note_verified(t, json_str(a, "id", ""), (int)t->examples.count);
        if (!e && again && v.accepted)
            e = gate_again(t, a, info);
    }
    snprintf(end->artifact, sizeof end->artifact, "%s", json_str(a, "id", ""));
    pipeline_note_use(t, end->artifact);
    verdict_fini(&v);
    return e;
}

static enum err run_artifact(struct job *job, void *context, struct json_object *input)
{
    struct task t;
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    struct json_object *a = NULL, *empty = json_object_new_object();
    enum err e = task_init(&t, context, job, input);
    buf_init(&end.result, RESULT_MAX);
    if (!e)
        e = job_clock(job, &t.began);
    if (!e)
        e = task_recall(&t, NULL, json_str(input, "id", ""), &a);
    if (!e && json_flag(input, "verify", false))
        t.given = json_object_of(a, "input");
    else if (!t.given)
        t.given = empty;
    if (!e)
        e = run_kept(&t, a, &end, &info);
    task_finish(&t, &end, e, &info);
    json_object_put(a);
    json_object_put(empty);
    buf_fini(&end.result);
    task_fini(&t);
    return e;
}

const struct job_kind pipeline_artifact_run = {"artifact_run", 4, run_artifact};
