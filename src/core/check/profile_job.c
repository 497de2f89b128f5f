/* The job kind "profile": an artifact or a program from elsewhere is profiled; an artifact keeps
 * what came of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/profile.h"
#include "core/store/artifact.h"

enum { RESULT_BYTES = 2 << 20, TESTS_BYTES = 64 << 10, CONTENT_BYTES = 8 << 10 };

/* ---- what is run ---- */

struct subject {
    struct json_object *artifact; /* NULL: a program from elsewhere */
    const char *source, *name;
    struct profile_work work;
    struct examples *tests; /* written by a model, where the task itself has no examples */
    struct buf tests_text;
};

static void subject_init(struct subject *s)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->tests_text, TESTS_BYTES);
}

static void subject_fini(struct subject *s)
{
    json_object_put(s->artifact);
    free(s->tests);
    buf_fini(&s->tests_text);
}

static enum err read_tests(struct subject *s)
{
    const char *text = json_str(s->artifact, "tests", "");
    s->tests = calloc(1, sizeof *s->tests);
    if (!s->tests)
        return ERR_NOMEM;
    examples_read_asserts(text, NULL, EXAMPLES_MAX, s->tests);
    return examples_python(s->tests, &s->tests_text);
}

/* Of an artifact: the examples of its task and the input that it was made for, else its tests. */
static enum err own_workload(struct task *t, struct subject *s, struct err_info *info)
{
    struct profile_work *w = &s->work;
    struct json_object *given = json_object_of(s->artifact, "input");
    enum err e = task_examples(t, json_str(s->artifact, "task", ""));
    if (!e && t->examples.count)
        w->examples = &t->examples;
    if (given && json_object_object_length(given) > 0)
        w->given = given;
    if (!e && !w->examples && !w->given)
        e = read_tests(s);
    if (!e && s->tests && s->tests->count)
        w->examples = s->tests;
    w->larger = *w->function != 0;
    if (!e && !w->examples && !w->given)
        return err_set(info, ERR_INPUT,
                       "%.20s has no examples to be run on; say what to run with --call 'f(…)' or "
                       "--input JSON",
                       json_str(s->artifact, "id", ""));
    return e;
}

static enum err read_subject(struct task *t, struct subject *s, struct err_info *info)
{
    const char *id = json_str(t->input, "id", NULL);
    struct json_object *calls = json_array(t->input, "calls");
    struct profile_work *w = &s->work;
    enum err e = id ? task_recall(t, NULL, id, &s->artifact) : ERR_OK;
    if (e)
        return e;
    s->source = json_str(id ? s->artifact : t->input, "source", NULL);
    if (!s->source)
        return err_set(info, ERR_INPUT, "%.20s is no program; only programs can be profiled",
                       id ? id : "this");
    s->name = id ? json_str(s->artifact, "name", id) : json_str(t->input, "file", "program");
    *w = (struct profile_work){
        .code = s->source, .function = json_str(s->artifact, "function", ""), .grants = &t->grants};
    if (calls && json_object_array_length(calls))
        w->calls = calls;
    w->given = t->given;
    if (id && !w->calls && !w->given)
        return own_workload(t, s, info);
    return ERR_OK;
}

/* ---- measuring ---- */

/* What reaches files or the network is run on what its task says, and on nothing made up. */
static void grant(struct profile_work *w, const struct grants *g)
{
    w->grants = g;
    w->larger = w->larger && !g->read[0] && !g->write[0] && !g->net[0];
}

/* What it imports or reads may have to be granted first, as for any run of it. */
static enum err measure(struct task *t, struct subject *s, struct json_object **out,
                        struct err_info *info)
{
    struct verdict v;
    enum err e, again;
    grant(&s->work, &t->grants);
    e = profile_run(t->job, t, &s->work, out, info);
    if (e != ERR_INPUT || (!strstr(info->message, "ModuleNotFoundError") &&
                           !strstr(info->message, "PermissionError")))
        return e;
    verdict_init(&v);
    snprintf(t->examples.function, sizeof t->examples.function, "%s", s->work.function);
    again = verify_run(t->job, t, 0, 1, "run", s->source, &v, info);
    if (again) {
        e = again;
    } else if (!v.imported) {
        e = err_set(info, ERR_INPUT, "nothing could be measured: %.350s", v.why);
    } else {
        grant(&s->work, &v.grants);
        e = profile_run(t->job, t, &s->work, out, info);
        s->work.grants = &t->grants;
    }
    verdict_fini(&v);
    return e;
}

/* ---- keeping ---- */

struct before_arg {
    const char *id;
    char found[24];
};

static enum err find_before(sqlite3 *db, void *arg, struct err_info *info)
{
    struct before_arg *a = arg;
    return artifact_profile(db, artifact_number(a->id), a->found, NULL, info);
}

static enum err before_step(struct step *step, void *arg, struct buf *out)
{
    struct task *t = arg;
    struct before_arg a = {.id = json_str(t->input, "id", "")};
    enum err e = store_read(t->p->store, find_before, &a, NULL);
    (void)step;
    return e ? e : buf_adds(out, a.found);
}

/* The profile that the artifact has so far, whose next version this one is; "": none. */
static enum err profile_before(struct task *t, struct buf *id, struct err_info *info)
{
    const char *of = json_str(t->input, "id", "");
    struct step_desc desc = {.name = "recall",
                             .label = "its last profile",
                             .flags = STEP_LAZY,
                             .input = of,
                             .input_len = strlen(of),
                             .run = before_step,
                             .arg = t};
    return job_step(t->job, &desc, id, info);
}

/* In words, for lists and searches: the profile itself is no reading. */
static void add_content(struct json_object *o, const struct subject *s, struct json_object *profile)
{
    struct buf text;
    buf_init(&text, CONTENT_BYTES);
    if (buf_addf(&text, "%.3g ms a run of %.200s\n", json_f64(profile, "wall_ms", 0),
                 json_str(profile, "workload", "")) == ERR_OK &&
        profile_hot_spots(profile, s->source, &text) == ERR_OK)
        json_add_str(o, "content", text.data);
    buf_fini(&text);
}

static struct json_object *describe(struct task *t, const struct subject *s, const char *before,
                                    struct json_object *profile, int64_t now)
{
    struct json_object *o = json_object_new_object(), *from = json_object_new_object();
    char text[200];
    json_add_str(from, "id", json_str(s->artifact, "id", ""));
    json_add_str(from, "how", "profiled");
    snprintf(text, sizeof text, "profile of %.100s", s->name);
    json_add_str(o, "kind", "performance");
    json_add_str(o, "name", text);
    json_add_str(o, "task", text);
    json_add_bool(o, "solved", true);
    add_content(o, s, profile);
    json_object_object_add(o, "profile", json_object_get(profile));
    json_object_object_add(o, "made_from", from);
    if (*before)
        json_add_str(o, "version_of", before);
    json_add_str(o, "reason", *before ? "profiled again" : "");
    json_add_i64(o, "job", job_id(t->job));
    json_add_i64(o, "created", now);
    return o;
}

static enum err keep(struct task *t, struct subject *s, struct json_object *profile,
                     struct ending *end, struct err_info *info)
{
    struct json_object *artifact;
    struct buf before;
    int64_t now = 0;
    enum err e;
    if (!s->artifact)
        return ERR_OK;
    buf_init(&before, 64);
    e = profile_before(t, &before, info);
    if (!e)
        e = job_clock(t->job, &now);
    if (!e) {
        artifact = describe(t, s, before.data, profile, now);
        e = task_keep(t, artifact, "profile", &end->result, end, info);
        json_object_put(artifact);
    }
    buf_fini(&before);
    return e;
}

/* ---- the job ---- */

/* Writes into the ending itself: the job's frame is large enough. */
static void conclude(struct json_object *profile, struct ending *end)
{
    const char *workload = json_str(profile, "workload", "");
    const char *kept = end->artifact[0] ? "; kept as " : "";
    ending_set(end, "solved", ERR_OK, "");
    if (json_flag(profile, "hangs", false))
        snprintf(end->message, sizeof end->message, "%.200s came to no end%s%s", workload, kept,
                 end->artifact);
    else
        snprintf(end->message, sizeof end->message, "%.3g ms a run of %.200s%s%s",
                 json_f64(profile, "wall_ms", 0), workload, kept, end->artifact);
}

static enum err run_job(struct job *job, void *context, struct json_object *input)
{
    struct task t;
    struct subject s;
    struct ending end = {.status = NULL};
    struct err_info info = {0};
    struct json_object *profile = NULL;
    enum err e = task_init(&t, context, job, input);
    subject_init(&s);
    buf_init(&end.result, RESULT_BYTES);
    t.plain = true; /* no workflow comes of it */
    if (!e)
        e = job_clock(job, &t.began);
    if (!e)
        e = read_subject(&t, &s, &info);
    if (!e)
        e = measure(&t, &s, &profile, &info);
    if (!e)
        e = json_print(&end.result, profile);
    if (!e)
        e = keep(&t, &s, profile, &end, &info);
    if (!e)
        conclude(profile, &end);
    task_finish(&t, &end, e, &info);
    json_object_put(profile);
    buf_fini(&end.result);
    subject_fini(&s);
    task_fini(&t);
    return e;
}

const struct job_kind profile_job = {"profile", 1, run_job};
