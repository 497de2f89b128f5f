/* A program that has shown a gain becomes the next version of the artifact. */
#include <stdio.h>
#include <string.h>

#include "core/check/gate_figures.h"
#include "core/optimize/optimize.h"
#include "core/store/artifact.h"

enum { BODY_MAX = 4 << 20 };

/* What belongs to the version before, or to the job that made it. */
static void forget(struct json_object *a)
{
    static const char *const gone[] = {
        "id",       "version",  "version_of", "reason",     "breaking",      "uses",
        "last_use", "deleted",  "stage",      "stage_name", "candidate",     "attempts",
        "chain",    "old",      "ok",         "bad",        "repaired_from", "adapted_from",
        "prompts",  "step",     "stale",      "imported",   "made_from",     "rating",
        "gates",    "gates_of", "gate_score", NULL};
    for (int i = 0; gone[i]; i++)
        json_object_object_del(a, gone[i]);
}

static struct json_object *usage_of(const struct verdict *v)
{
    struct json_object *o = json_object_new_object();
    json_add_f64(o, "cpu_ms", v->cpu_ms);
    json_add_f64(o, "wall_ms", v->wall_ms);
    json_add_i64(o, "peak_kb", v->peak_kb);
    return o;
}

static void say_checked(const struct optimize *o, const struct proposal *p, struct json_object *a)
{
    struct json_object *old = json_object_of(o->artifact, "checked"), *checked = NULL;
    char text[400];
    if (json_parse(json_object_to_json_string(old), strlen(json_object_to_json_string(old)), NULL,
                   &checked, NULL))
        checked = json_object_new_object();
    snprintf(text, sizeof text,
             "%d of %d examples from the task, %d of %d generated tests, the same answers as "
             "%s on %lld inputs",
             p->s.c.verdict.examples_ok, p->s.c.verdict.examples, p->s.c.evidence.right,
             p->s.c.evidence.count, o->id, (long long)json_i64(p->figures, "inputs", 0));
    json_add_str(checked, "text", text);
    json_object_object_add(a, "checked", checked);
}

static struct json_object *describe(struct optimize *o, const struct proposal *p, int64_t now)
{
    struct json_object *a = NULL, *from = json_object_new_object();
    const char *text = json_object_to_json_string(o->artifact);
    char reason[200];
    struct buf code;
    if (json_parse(text, strlen(text), NULL, &a, NULL))
        a = json_object_new_object();
    forget(a);
    buf_init(&code, 2 * CODE_MAX);
    json_add_str(a, "version_of", o->id);
    json_add_str(from, "id", o->id);
    json_add_str(from, "how", "optimized");
    json_object_object_add(a, "made_from", from);
    snprintf(reason, sizeof reason, "optimized: %s", p->gained);
    json_add_str(a, "reason", reason);
    json_add_str(a, "source", p->s.c.code.data);
    if (task_program(p->s.c.code.data, o->function, &code) == ERR_OK)
        json_add_str(a, "code", code.data);
    json_add_str(a, "model", p->s.c.by.place[0] ? p->s.c.by.label : "");
    json_add_str(a, "backend", p->s.c.by.place[0] ? p->s.c.by.place : "");
    gate_figures_keep(p->s.c.verdict.gates, a);
    json_add_i64(a, "job", job_id(o->t.job));
    json_add_i64(a, "created", now);
    json_add_str(p->figures, "how", p->how);
    json_add_str(p->figures, "what", p->what);
    json_object_object_add(a, "optimized", json_object_get(p->figures));
    json_object_object_add(a, "usage", usage_of(&p->s.c.verdict));
    say_checked(o, p, a);
    buf_fini(&code);
    return a;
}

struct keep_arg {
    struct optimize *o;
    struct json_object *artifact;
    char id[24];
    struct json_object *kept;
};

/* A crash between this write and the journal's row must not keep the program twice: the step's
 * place stands in it. */
static enum err kept_before(sqlite3 *db, struct keep_arg *a, struct err_info *info)
{
    struct json_object *versions = NULL, *newest = NULL;
    enum err e = artifact_versions(db, artifact_number(a->o->id), &versions, info);
    struct json_object *first = e ? NULL : json_object_array_get_idx(versions, 0);
    if (!e && json_i64(first, "job", 0) == job_id(a->o->t.job))
        e = artifact_get(db, json_str(first, "id", ""), &newest, info);
    if (newest && strcmp(json_str(newest, "step", ""), json_str(a->artifact, "step", "-")) == 0)
        snprintf(a->id, sizeof a->id, "%s", json_str(newest, "id", ""));
    json_object_put(newest);
    json_object_put(versions);
    return e;
}

static enum err keep(sqlite3 *db, void *arg, struct err_info *info)
{
    struct keep_arg *a = arg;
    enum err e = kept_before(db, a, info);
    if (!e && !a->id[0])
        e = artifact_insert(db, a->artifact, a->id, info);
    return e ? e : artifact_get(db, a->id, &a->kept, info);
}

static enum err keep_step(struct step *step, void *arg, struct buf *out)
{
    struct keep_arg *a = arg;
    struct event ev = {.type = EVENT_ARTIFACT_STORED};
    struct err_info info = {0};
    enum err e;
    json_add_str(a->artifact, "step", step_place(step));
    e = store_write(a->o->t.p->store, keep, a, &info);
    if (e)
        return e == ERR_CANCELLED ? e : step_fail(step, e, "%s", info.message);
    ev.u.artifact_stored.artifact = a->id;
    ev.u.artifact_stored.name = json_str(a->kept, "name", "");
    ev.u.artifact_stored.kind = "function";
    step_emit(step, &ev);
    return json_print(out, a->kept);
}

enum err optimize_keep(struct optimize *o, struct proposal *p, struct err_info *info)
{
    struct keep_arg arg = {.o = o};
    struct step_desc desc = {.name = "store",
                             .label = "the next version",
                             .input = p->s.c.code.data,
                             .input_len = p->s.c.code.len,
                             .run = keep_step,
                             .arg = &arg};
    struct json_object *kept = NULL;
    int64_t now = 0;
    enum err e = job_clock(o->t.job, &now);
    if (e)
        return e;
    arg.artifact = describe(o, p, now);
    e = job_step_json(o->t.job, &desc, BODY_MAX, &kept, info);
    if (!e) {
        json_object_put(o->artifact);
        o->artifact = kept;
        snprintf(o->id, sizeof o->id, "%s", json_str(kept, "id", ""));
    }
    json_object_put(arg.artifact);
    json_object_put(arg.kept);
    return e;
}
