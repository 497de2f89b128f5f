/* What a job has used is counted: artifacts, and the tools whose prompts were sent. Nobody waits
 * for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/store/artifact.h"
#include "core/store/import.h"

struct use_arg {
    int64_t artifact, job, when, ms;
    int examples; /* that it passed; 0: its own tests */
    enum { USED, WENT_WELL, WENT_BADLY, VERIFIED } how;
};

static enum err use(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct use_arg *a = arg;
    if (a->how == VERIFIED)
        return import_verified(db, a->artifact, a->examples, a->when, info);
    return a->how == USED ? artifact_use(db, a->artifact, a->job, a->when, info)
                          : artifact_outcome(db, a->artifact, a->job, a->how == WENT_WELL, a->ms,
                                             a->when, info);
}

static void use_done(void *arg, enum err result)
{
    (void)result;
    free(arg);
}

/* Not waited for: it is committed with the job's end, which is queued behind it. */
static void post_use(struct task *t, struct use_arg what)
{
    struct use_arg *a = malloc(sizeof *a);
    if (!a)
        return;
    *a = what;
    if (store_post(t->p->store, STORE_LAZY, use, a, use_done))
        free(a);
}

void pipeline_note_use(struct task *t, const char *id)
{
    post_use(t, (struct use_arg){.artifact = artifact_number(id),
                                 .job = job_id(t->job),
                                 .when = day_time_now()});
}

void pipeline_note_outcome(struct task *t, const char *id, bool ok, int64_t ms)
{
    post_use(t, (struct use_arg){.artifact = artifact_number(id),
                                 .job = job_id(t->job),
                                 .when = day_time_now(),
                                 .ms = ms,
                                 .how = ok ? WENT_WELL : WENT_BADLY});
}

void pipeline_note_verified(struct task *t, const char *id, int examples)
{
    post_use(t, (struct use_arg){.artifact = artifact_number(id),
                                 .job = job_id(t->job),
                                 .when = day_time_now(),
                                 .examples = examples,
                                 .how = VERIFIED});
}

struct tool_use_arg {
    char tool[32];
    int64_t when;
};

static enum err use_tool(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct tool_use_arg *a = arg;
    return store_exec(db, info,
                      "INSERT INTO tool_use(tool,uses,last_use) VALUES(?,1,?)"
                      " ON CONFLICT DO UPDATE SET uses=uses+1, last_use=excluded.last_use",
                      "ti", a->tool, a->when);
}

void pipeline_note_tool(struct pipeline *p, const char *id)
{
    struct tool_use_arg *a = calloc(1, sizeof *a);
    if (!a)
        return;
    snprintf(a->tool, sizeof a->tool, "%s", id);
    a->when = day_time_now();
    if (store_post(p->store, STORE_LAZY, use_tool, a, use_done))
        free(a);
}

void pipeline_optimize_after(struct task *t, const struct ending *end)
{
    struct json_object *input, *config = json_object_of(t->input, "config");
    char key[64], title[80];
    int64_t id = 0;
    struct err_info info = {0};
    if (!config_flag(t->p->config, OPTION_OPTIMIZE_AFTER) || job_parent(t->job) || t->plain ||
        !end->status || strcmp(end->status, "solved") != 0 || !end->artifact[0] || !end->cost.calls)
        return;
    input = json_object_new_object();
    snprintf(key, sizeof key, "optimize after %lld", (long long)job_id(t->job));
    snprintf(title, sizeof title, "optimize %.20s", end->artifact);
    json_add_str(input, "id", end->artifact);
    json_add_str(input, "task", title);
    json_add_str(input, "target", "performance");
    if (config)
        json_object_object_add(input, "config", json_object_get(config));
    if (jobs_submit(job_jobs(t->job), "optimize", key, title, input, &id, &info))
        task_note(t, "warn", "its optimization could not be submitted");
    json_object_put(input);
}
