/* Requests about what is kept: steps of jobs, artifacts, workflows. */
#include <stdio.h>
#include <string.h>

#include "base/day_time.h"
#include "base/utf8.h"
#include "core/check/gate_job.h"
#include "core/check/profile.h"
#include "core/engine/engine_internal.h"
#include "core/optimize/optimize.h"
#include "core/rag/rag.h"
#include "core/store/artifact.h"
#include "core/tool/workflow.h"

typedef struct json_object json;

enum { PAGE_MAX = 5000, PAGE = 200, RUNS_MAX = 50, TAGS_MAX = 32, TAG_MAX = 64, CALLS_MAX = 64 };

/* ---- steps ---- */

enum err engine_job_steps(struct engine *e, json *params, json **result, struct err_info *info)
{
    int64_t id = json_i64(params, "job", 0);
    json *list = NULL;
    enum err err = jobs_steps(e->jobs, id, &list);
    if (err == ERR_NOT_FOUND)
        return err_set(info, err, "there is no job %lld", (long long)id);
    if (err)
        return err;
    *result = json_object_new_object();
    json_object_object_add(*result, "steps", list);
    return ERR_OK;
}

enum err engine_job_step(struct engine *e, json *params, json **result, struct err_info *info)
{
    int64_t id = json_i64(params, "job", 0);
    const char *path = json_str(params, "path", "");
    enum err err = jobs_step(e->jobs, id, path, result);
    return err == ERR_NOT_FOUND
               ? err_set(info, err, "job %lld has no step %.80s", (long long)id, path)
               : err;
}

/* ---- artifacts ---- */

struct artifact_query {
    const char *id;
    struct artifact_filter filter;
    json *out;
    bool more;
    int64_t total; /* -1: not counted */
};

/* Counted with the first page only, and not where words are looked for at every key. */
static enum err read_artifacts(sqlite3 *db, void *arg, struct err_info *info)
{
    struct artifact_query *q = arg;
    enum err e = artifact_list(db, &q->filter, &q->out, &q->more);
    (void)info;
    if (e || q->filter.before || q->filter.query)
        return e;
    return artifact_count(db, &q->filter, &q->total);
}

/* Where it spends its time, if that was measured. */
static enum err add_profile(sqlite3 *db, struct artifact_query *q, struct err_info *info)
{
    json *profile = NULL;
    char id[24];
    enum err e = artifact_profile(db, artifact_number(q->id), id, &profile, info);
    if (!profile)
        return e;
    json_add_str(profile, "id", id);
    json_object_object_add(q->out, "profile", profile);
    return e;
}

/* With its profile, the jobs that used it, and the workflow of the job that made it. */
static enum err read_artifact(sqlite3 *db, void *arg, struct err_info *info)
{
    struct artifact_query *q = arg;
    json *runs = NULL, *days = NULL, *parts = NULL;
    char workflow[24] = "";
    enum err e = artifact_get(db, q->id, &q->out, info);
    if (!e)
        e = artifact_gates(db, artifact_number(q->id), q->out, info);
    if (!e)
        e = artifact_quality_parts(db, artifact_number(q->id), &parts, info);
    if (e)
        return e;
    json_object_object_add(q->out, "quality_parts", parts);
    e = add_profile(db, q, info);
    if (!e)
        e = artifact_runs(db, artifact_number(q->id), RUNS_MAX, &runs, info);
    if (!e && strcmp(json_str(q->out, "kind", ""), "workflow") != 0)
        e = artifact_of_job(db, json_i64(q->out, "job", 0), "workflow", workflow, info);
    if (!e)
        e = artifact_use_days(db, artifact_number(q->id), day_time_now(), &days, info);
    json_object_object_add(q->out, "runs", runs);
    json_object_object_add(q->out, "use_days", days);
    json_add_str(q->out, "workflow_artifact", workflow);
    return e;
}

/* An empty text filters nothing, as a missing one. */
static const char *word_of(json *params, const char *key)
{
    const char *text = json_str(params, key, "");
    return *text ? text : NULL;
}

enum err engine_artifact_list(struct engine *e, json *params, json **result, struct err_info *info)
{
    int64_t limit = json_i64(params, "limit", PAGE);
    struct artifact_query q = {
        .filter = {.limit = limit < 1          ? 1
                            : limit > PAGE_MAX ? PAGE_MAX
                                               : (int)limit,
                   .query = word_of(params, "query"),
                   .kind = word_of(params, "kind"),
                   .tag = word_of(params, "tag"),
                   .since = json_i64(params, "since", 0),
                   .solved = json_get(params, "solved") ? json_flag(params, "solved", true) : -1,
                   .deleted = json_flag(params, "deleted", false),
                   .versions = json_flag(params, "versions", false),
                   .quality = json_f64(params, "quality", 0)},
        .total = -1};
    enum err err;
    const char *before = json_str(params, "before", NULL);
    q.filter.before = before ? artifact_number(before) : json_i64(params, "before", 0);
    err = store_read(e->store, read_artifacts, &q, info);
    if (err)
        return err;
    *result = json_object_new_object();
    json_object_object_add(*result, "artifacts", q.out);
    json_add_bool(*result, "more", q.more);
    if (q.total >= 0)
        json_add_i64(*result, "total", q.total);
    return ERR_OK;
}

static enum err no_artifact(enum err err, const char *id, struct err_info *info)
{
    return err == ERR_NOT_FOUND
               ? err_set(info, err, "there is no artifact %.40s; see dise artifact list", id)
               : err;
}

enum err engine_artifact_show(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct artifact_query q = {.id = json_str(params, "id", "")};
    enum err err = store_read(e->store, read_artifact, &q, info);
    *result = q.out;
    return no_artifact(err, q.id, info);
}

/* What is asked, in words, for those who look at the job later. */
static void add_run_task(json *params, const char *title)
{
    struct buf text;
    json *input = json_object_of(params, "input");
    buf_init(&text, PROTOCOL_TASK_MAX);
    if (buf_adds(&text, title) || (input && (buf_adds(&text, " ") || json_print(&text, input))))
        buf_truncate(&text, utf8_floor(text.data, text.len));
    json_add_str(params, "task", text.data);
    buf_fini(&text);
}

enum err engine_artifact_run(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct artifact_query q = {.id = json_str(params, "id", "")};
    char title[160];
    bool workflow;
    enum err err = store_read(e->store, read_artifact, &q, info);
    if (err) {
        json_object_put(q.out);
        return no_artifact(err, q.id, info);
    }
    snprintf(title, sizeof title, "run %.20s: %.80s", q.id, json_str(q.out, "name", ""));
    workflow = strcmp(json_str(q.out, "kind", ""), "workflow") == 0;
    json_object_put(q.out);
    add_run_task(params, title);
    return engine_submit(e, workflow ? pipeline_workflow_run.name : pipeline_artifact_run.name,
                         title, params, result, info);
}

/* A job that looks at a kept program, or at a source that came with the request. */
static enum err submit_look(struct engine *e, const struct job_kind *kind, const char *verb,
                            int source_max, json *params, json **result, struct err_info *info)
{
    struct artifact_query q = {.id = json_str(params, "id", NULL)};
    const char *source = json_str(params, "source", NULL);
    char title[160];
    enum err err = ERR_OK;
    if (!q.id == !source)
        return err_set(info, ERR_INPUT, "%s wants an artifact's id, or a source", verb);
    if (source && strlen(source) > (size_t)source_max)
        return err_set(info, ERR_TOO_LARGE, "the program is longer than %d KB", source_max >> 10);
    if (q.id)
        err = store_read(e->store, read_artifact, &q, info);
    snprintf(title, sizeof title, "%s %.20s%s%.80s", verb, q.id ? q.id : "", q.id ? ": " : "",
             q.id ? json_str(q.out, "name", "") : json_str(params, "file", "a program"));
    json_object_put(q.out);
    if (err)
        return no_artifact(err, q.id, info);
    add_run_task(params, title);
    return engine_submit(e, kind->name, title, params, result, info);
}

enum err engine_artifact_gates(struct engine *e, json *params, json **result, struct err_info *info)
{
    return submit_look(e, &gates_job, "gates", GATES_SOURCE_MAX, params, result, info);
}

static enum err check_calls(json *calls, struct err_info *info)
{
    size_t n = calls ? json_object_array_length(calls) : 0;
    if (n > CALLS_MAX)
        return err_set(info, ERR_INPUT, "at most %d calls can be profiled at once", CALLS_MAX);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(calls, i));
        if (!text || strspn(text, " \t\r\n") == strlen(text))
            return err_set(info, ERR_INPUT, "a call to profile is Python such as f([3, 2])");
    }
    return ERR_OK;
}

enum err engine_artifact_profile(struct engine *e, json *params, json **result,
                                 struct err_info *info)
{
    enum err err = check_calls(json_array(params, "calls"), info);
    return err ? err : submit_look(e, &profile_job, "profile", CODE_MAX, params, result, info);
}

enum err engine_artifact_optimize(struct engine *e, json *params, json **result,
                                  struct err_info *info)
{
    struct artifact_query q = {.id = json_str(params, "id", "")};
    enum optimize_target target;
    char title[160];
    enum err err = store_read(e->store, read_artifact, &q, info);
    if (err)
        err = no_artifact(err, q.id, info);
    else if (!optimize_target_read(json_str(params, "target", ""), &target))
        err = err_set(info, ERR_INPUT,
                      "%.40s is no target: performance, quality, memory, latency or all",
                      json_str(params, "target", ""));
    if (!err) {
        json_add_str(params, "target", optimize_target_name(target));
        snprintf(title, sizeof title, "optimize %.20s: %.60s (%s)", q.id,
                 json_str(q.out, "name", ""), optimize_target_name(target));
        json_add_str(params, "task", title);
        err = engine_submit(e, optimize_kind.name, title, params, result, info);
    }
    json_object_put(q.out);
    return err;
}

struct change {
    int64_t number, when;
    int rating;
    json *tags;
    enum err (*apply)(sqlite3 *db, const struct change *c, struct err_info *info);
};

static enum err apply_tags(sqlite3 *db, const struct change *c, struct err_info *info)
{
    return artifact_tag(db, c->number, c->tags, info);
}

static enum err apply_rating(sqlite3 *db, const struct change *c, struct err_info *info)
{
    return artifact_rate(db, c->number, c->rating, day_time_now(), info);
}

static enum err apply_aside(sqlite3 *db, const struct change *c, struct err_info *info)
{
    return artifact_put_aside(db, c->number, c->when, info);
}

static enum err apply_change(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct change *c = arg;
    return c->apply(db, c, info);
}

void engine_artifact_changed(struct engine *e, const char *id, const char *what)
{
    struct event ev = {.type = EVENT_ARTIFACT_CHANGED, .time = day_time_now()};
    ev.u.artifact_changed.artifact = id;
    ev.u.artifact_changed.change = what;
    rpc_event(e->rpc, &ev);
    rag_ring(e->rag);
}

/* Changes one artifact durably and tells every client. */
static enum err change(struct engine *e, json *params, struct change *c, const char *what,
                       struct err_info *info)
{
    const char *id = json_str(params, "id", "");
    char told[24];
    enum err err;
    c->number = artifact_number(id);
    err = c->number ? store_write(e->store, apply_change, c, info) : ERR_NOT_FOUND;
    snprintf(told, sizeof told, "a%lld", (long long)c->number);
    if (!err)
        engine_artifact_changed(e, told, what);
    return no_artifact(err, id, info);
}

/* A tag is one word, so that it can be typed after a colon. */
enum err engine_check_tags(json *tags, struct err_info *info)
{
    size_t n = tags ? json_object_array_length(tags) : 0;
    if (!tags || n > TAGS_MAX)
        return err_set(info, ERR_INPUT, "tags must be a list of at most %d words", TAGS_MAX);
    for (size_t i = 0; i < n; i++) {
        json *tag = json_object_array_get_idx(tags, i);
        const char *text =
            json_object_is_type(tag, json_type_string) ? json_object_get_string(tag) : "";
        if (!*text || strlen(text) > TAG_MAX || strpbrk(text, " \t\r\n,|"))
            return err_set(info, ERR_INPUT, "a tag is one word of at most %d bytes: \"%.80s\"",
                           TAG_MAX, text);
    }
    return ERR_OK;
}

enum err engine_artifact_tag(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct change c = {.tags = json_array(params, "tags"), .apply = apply_tags};
    enum err err = engine_check_tags(c.tags, info);
    (void)result;
    return err ? err : change(e, params, &c, "tagged", info);
}

enum err engine_artifact_rate(struct engine *e, json *params, json **result, struct err_info *info)
{
    int64_t rating = json_i64(params, "rating", -1);
    struct change c = {.rating = (int)rating, .apply = apply_rating};
    (void)result;
    if (rating < 0 || rating > 5)
        return err_set(info, ERR_INPUT, "a rating is 0 (none) to 5");
    return change(e, params, &c, "rated", info);
}

enum err engine_artifact_delete(struct engine *e, json *params, json **result,
                                struct err_info *info)
{
    struct change c = {.when = day_time_now(), .apply = apply_aside};
    (void)result;
    return change(e, params, &c, "deleted", info);
}

enum err engine_artifact_restore(struct engine *e, json *params, json **result,
                                 struct err_info *info)
{
    struct change c = {.when = 0, .apply = apply_aside};
    (void)result;
    return change(e, params, &c, "restored", info);
}

/* ---- workflows ---- */

struct load_arg {
    json *artifact;
    const char *key;
    char id[24];
    bool known;
};

/* The same key gives the same artifact; it stands where a program has the hash of its task. */
static enum err keep_loaded(sqlite3 *db, void *arg, struct err_info *info)
{
    struct load_arg *a = arg;
    char key[128];
    sqlite3_stmt *st;
    enum err e = ERR_OK;
    if (a->key) {
        snprintf(key, sizeof key, "key:%.100s", a->key);
        json_add_str(a->artifact, "task_hash", key);
        e = store_prepare(db, info, &st, "SELECT id FROM artifact WHERE task_hash=?", "t", key);
        if ((a->known = store_row(st, &e, info)))
            snprintf(a->id, sizeof a->id, "a%lld", (long long)sqlite3_column_int64(st, 0));
        sqlite3_finalize(st);
    }
    return e || a->known ? e : artifact_insert(db, a->artifact, a->id, info);
}

enum err engine_workflow_load(struct engine *e, json *params, json **result, struct err_info *info)
{
    const char *text = json_str(params, "text", "");
    struct load_arg arg = {.key = word_of(params, "key")};
    json *workflow = NULL;
    enum err err =
        workflow_read(text, strlen(text), json_str(params, "name", "workflow"), &workflow, info);
    if (err)
        return err;
    arg.artifact = workflow_artifact(
        workflow, json_str(workflow, "name", json_str(workflow, "workflow_id", "")),
        json_str(workflow, "description", ""), day_time_now());
    err = store_write(e->store, keep_loaded, &arg, info);
    json_object_put(workflow);
    json_object_put(arg.artifact);
    if (err)
        return err;
    if (!arg.known)
        engine_artifact_changed(e, arg.id, "added");
    *result = json_object_new_object();
    json_add_str(*result, "id", arg.id);
    return ERR_OK;
}
