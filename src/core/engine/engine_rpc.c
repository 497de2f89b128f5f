/* The requests of the protocol, one function each, run on fibers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/build_id.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "core/engine/doctor.h"
#include "core/engine/engine_internal.h"
#include "core/engine/setup.h"
#include "core/llm/router_pull.h"
#include "core/words/classify.h"

enum { READY_WAIT_MS = 10, LIST_MAX = 5000 };

typedef struct json_object json;

/* ---- hello, status ---- */

static json *missing_keys(json *params)
{
    json *given = json_array(params, "keys"), *missing = json_object_new_array();
    for (size_t i = 0; given && i < json_object_array_length(given); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(given, i));
        if (name && !(getenv(name) && *getenv(name)))
            json_object_array_add(missing, json_object_new_string(name));
    }
    return missing;
}

static void add_counts(struct engine *e, json *o)
{
    int running = 0, queued = 0;
    if (e->jobs)
        jobs_count(e->jobs, &running, &queued);
    json_add_i64(o, "running", running);
    json_add_i64(o, "queued", queued);
}

static json *sets_of(const struct engine *e)
{
    json *list = json_object_new_array();
    for (const char *const *at = e->options->sets; at && *at; at++)
        json_object_array_add(list, json_object_new_string(*at));
    return list;
}

static enum err hello(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *o = *result = json_object_new_object();
    (void)info;
    json_add_i64(o, "protocol", PROTOCOL_VERSION);
    json_add_str(o, "build", build_id());
    json_add_i64(o, "pid", getpid());
    json_add_str(o, "home", e->home);
    add_counts(e, o);
    engine_config_look(e);
    json_object_object_add(o, "missing_keys", missing_keys(params));
    json_add_str(o, "config", e->options->config ? e->options->config : "");
    json_add_str(o, "record", e->options->record ? e->options->record : "");
    json_add_bool(o, "unsafe", e->options->unsafe);
    json_object_object_add(o, "set", sets_of(e));
    json_add_bool(o, "config_changed", e->config_restart && !e->config_problem[0]);
    e->config_told |= e->config_restart; /* the client says it */
    json_add_str(o, "config_problem", e->config_problem);
    json_add_str(o, "note", e->store_note);
    return ERR_OK;
}

static enum err status(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *o = *result = json_object_new_object(), *jobs = json_object_new_object();
    struct store_stats stats;
    double cpu;
    int64_t rss;
    char model[96];
    (void)params;
    (void)info;
    engine_usage(&cpu, &rss);
    store_stats(e->store, &stats);
    add_counts(e, jobs);
    json_add_i64(o, "pid", getpid());
    json_add_str(o, "version", DISE_VERSION);
    json_add_str(o, "build", build_id());
    json_add_str(o, "home", e->home);
    json_add_i64(o, "uptime_s", (int64_t)((uv_now(&e->loop) - e->began) / 1000));
    json_object_object_add(o, "jobs", jobs);
    snprintf(model, sizeof model, "%s%s%s", e->model, *e->model ? " " : "", e->model_state);
    json_add_str(o, "model", model);
    json_add_str(o, "sandbox", sandbox_tier_name(sandbox_tier(e->sandbox)));
    json_add_i64(o, "memory_kb", rss);
    json_add_i64(o, "clients", rpc_clients(e->rpc));
    json_add_str(o, "note", e->store_note);
    json_add_i64(o, "commits", stats.commits);
    engine_config_look(e);
    json_add_bool(o, "config_changed", e->config_restart);
    json_add_i64(o, "fibers", (int64_t)sched_fibers(e->sched));
    return ERR_OK;
}

static enum err stop(struct engine *e, json *params, json **result, struct err_info *info)
{
    int running = 0, queued = 0;
    if (e->jobs)
        jobs_count(e->jobs, &running, &queued);
    if (strcmp(json_str(params, "when", "idle"), "now") != 0 && running + queued > 0)
        return err_set(info, ERR_BUSY, "the engine has %d jobs", running + queued);
    *result = json_object_new_object();
    json_add_i64(*result, "running", running + queued);
    engine_note_stop(e, json_flag(params, "stay", false));
    engine_stop(e);
    return ERR_OK;
}

/* ---- jobs ---- */

void engine_title(const char *task, char out[TITLE_MAX])
{
    size_t n = 0;
    while (*task && n < TITLE_MAX - 4) {
        bool space = (unsigned char)*task <= ' ' || *task == 0x7f;
        if (!space)
            out[n++] = *task;
        else if (n && out[n - 1] != ' ')
            out[n++] = ' ';
        task++;
    }
    n = utf8_floor(out, n);
    out[n] = 0;
    if (*task)
        strcpy(out + n, "…");
}

enum err engine_submit(struct engine *e, const char *kind, const char *title, json *params,
                       json **result, struct err_info *info)
{
    int64_t id = 0;
    const char *key = json_str(params, "key", NULL);
    enum err err = engine_config_add(e, params, info);
    if (!err)
        err = jobs_submit(e->jobs, kind, key, title, params, &id, info);
    if (err)
        return err;
    *result = json_object_new_object();
    json_add_i64(*result, "job", id);
    return ERR_OK;
}

static enum err job_submit(struct engine *e, json *params, json **result, struct err_info *info)
{
    enum err said = classify_submitted(params, info);
    const char *task = json_str(params, "task", NULL), *kind = json_str(params, "kind", "");
    char title[TITLE_MAX];
    if (said)
        return said;
    if (*kind && strcmp(kind, pipeline_task.name) != 0 && strcmp(kind, pipeline_text.name) != 0)
        return err_set(info, ERR_INPUT, "the kind of a task is task or text, not \"%.40s\"", kind);
    if (!task)
        return err_set(info, ERR_INPUT, "the task is missing");
    if (strlen(task) > PROTOCOL_TASK_MAX)
        return err_set(info, ERR_TOO_LARGE,
                       "the task is longer than %d KB; name a file in it instead",
                       PROTOCOL_TASK_MAX >> 10);
    if (json_get(params, "input") && !json_object_of(params, "input"))
        return err_set(info, ERR_INPUT, "the input must be a JSON object");
    engine_title(task, title);
    return engine_submit(e, *kind ? kind : pipeline_task.name, title, params, result, info);
}

static enum err job_cancel(struct engine *e, json *params, json **result, struct err_info *info)
{
    int64_t id = json_i64(params, "job", 0);
    enum err err = jobs_cancel(e->jobs, id);
    (void)result;
    return err ? err_set(info, err, "there is no job %lld", (long long)id) : ERR_OK;
}

static enum err job_answer(struct engine *e, json *params, json **result, struct err_info *info)
{
    enum err err = jobs_signal(e->jobs, json_i64(params, "job", 0),
                               json_str(params, "question", ""), json_str(params, "answer", "no"));
    (void)result;
    return err ? err_set(info, err, "no running job waits for this answer") : ERR_OK;
}

static enum err wrap(enum err err, const char *key, json *list, json **result)
{
    if (err)
        return err;
    *result = json_object_new_object();
    json_object_object_add(*result, key, list);
    return ERR_OK;
}

static int limit_of(json *params)
{
    int64_t n = json_i64(params, "limit", 200);
    return n < 1 ? 1 : n > LIST_MAX ? LIST_MAX : (int)n;
}

static enum err job_list(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *list = NULL;
    enum err err = jobs_list(e->jobs, json_i64(params, "before", 0), limit_of(params), &list);
    (void)info;
    return wrap(err, "jobs", list, result);
}

static enum err job_events(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *list = NULL;
    enum err err = jobs_events(e->jobs, json_i64(params, "job", 0), json_i64(params, "after", 0),
                               limit_of(params), &list);
    (void)info;
    return wrap(err, "events", list, result);
}

/* Requests at work hold the engine's parts: the shutdown cancels them and waits for them. */
static void request_begin(struct engine *e, struct engine_request *r)
{
    *r = (struct engine_request){e->requests, fiber_current()};
    e->requests = r;
}

static void request_end(struct engine *e, struct engine_request *r)
{
    struct engine_request **at = &e->requests;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
}

enum err engine_read_events(void *context, int64_t job, int64_t after, int limit, json **out)
{
    struct engine *e = context;
    struct engine_request request;
    enum err err = ERR_OK;
    *out = NULL;
    request_begin(e, &request);
    while (!err && !e->ready)
        err = e->stopping ? ERR_CANCELLED : fiber_sleep(READY_WAIT_MS);
    if (!err)
        err = e->stopping ? ERR_CANCELLED : jobs_events(e->jobs, job, after, limit, out);
    request_end(e, &request);
    return err;
}

/* ---- models, set-up, doctor ---- */

static enum err model_list(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *list = NULL;
    enum err err = models_list(e->models, &list);
    (void)params;
    (void)info;
    return wrap(err, "models", list, result);
}

static enum err model_install(struct engine *e, json *params, json **result, struct err_info *info)
{
    char title[TITLE_MAX + 16];
    snprintf(title, sizeof title, "install %.60s", json_str(params, "name", "the smallest model"));
    return engine_submit(e, engine_model_install.name, title, params, result, info);
}

static enum err model_start(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct model_address address;
    enum err err = models_start(e->models, json_str(params, "name", NULL), &address, info);
    if (err)
        return err;
    *result = json_object_new_object();
    json_add_str(*result, "address", address.base_url);
    return ERR_OK;
}

static enum err model_stop(struct engine *e, json *params, json **result, struct err_info *info)
{
    (void)params;
    (void)result;
    (void)info;
    models_stop(e->models);
    return ERR_OK;
}

/* An address may hold one. */
static void hide_secrets(json *row)
{
    char text[400];
    snprintf(text, sizeof text, "%s", json_str(row, "detail", ""));
    secret_hide(text);
    json_add_str(row, "detail", text);
}

static enum err look(struct engine *e, json *params, json **result, struct err_info *info)
{
    json *found = NULL, *models = NULL;
    enum err err = router_look(e->router, &found);
    (void)params;
    (void)info;
    for (size_t i = 0; !err && i < json_object_array_length(found); i++)
        hide_secrets(json_object_array_get_idx(found, i));
    if (!err)
        err = models_list(e->models, &models);
    if (err) {
        json_object_put(found);
        return err;
    }
    *result = json_object_new_object();
    json_object_object_add(*result, "found", found);
    json_add_bool(*result, "ready", router_ready(e->router));
    json_object_object_add(*result, "installable", models);
    return ERR_OK;
}

static enum err add_address(struct engine *e, json *params, json **result, struct err_info *info)
{
    return setup_address(e->home, json_str(params, "url", ""), json_str(params, "key_env", NULL),
                         result, info);
}

static enum err doctor(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct config *config;
    struct doctor_context context = {.home = e->home,
                                     .data = e->data,
                                     .runtime = e->runtime,
                                     .sandbox = e->sandbox,
                                     .router = e->router,
                                     .models = e->models,
                                     .rag = e->rag,
                                     .sched = e->sched,
                                     .vector_health = e->options->vector_health,
                                     .programs = e->programs,
                                     .config_problem = e->config_problem,
                                     .store_note = e->store_note};
    json *checks = NULL;
    enum err err;
    engine_config_look(e);
    config = config_ref(e->config); /* the looks take time, in which it may be read again */
    context.config = config;
    err = doctor_run(&context, &checks);
    config_free(config);
    (void)params;
    (void)info;
    return wrap(err, "checks", checks, result);
}

/* ---- the job that installs a model ---- */

struct install_arg {
    struct engine *engine;
    const char *name;
    bool tells; /* what is to come */
};

/* "ollama/qwen2.5-coder:3b" is fetched by that backend; other names are those of the manifest. */
static enum err install(struct engine *e, const char *name, struct err_info *info)
{
    if (router_pull_means(e->router, name))
        return router_pull(e->router, name, engine_progress, e, info);
    return models_install(e->models, name, info);
}

enum { EMBEDDER_ROOM_MB = 1000 }; /* that must be free: it takes 100, and a disk is not filled */

/* The embedder that comes along where no model was named; NULL: none does. *out: what to say when
 * there is no room for it. */
static const char *embedder_along(struct engine *e, const char *name, char *out, size_t size)
{
    const char *choice = config_text(e->started, OPTION_RAG_EMBEDDER),
               *embedder = models_embedding(e->models);
    struct statvfs fs;
    if (name || !embedder || models_installed(e->models, embedder) ||
        (strcmp(choice, "auto") != 0 && strcmp(choice, "local") != 0))
        return NULL;
    if (statvfs(e->home, &fs) == 0 &&
        (double)fs.f_bavail * (double)fs.f_frsize >= EMBEDDER_ROOM_MB * 1e6)
        return embedder;
    snprintf(out, size,
             "the model is installed; there is little room left, so the search in memory goes by "
             "words (by meaning, too: dise model install %s)",
             embedder);
    return NULL;
}

/* The row of a model of the manifest; of no name the first one that answers questions, which is
 * what is installed then. */
static json *row_of(json *list, const char *name)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        json *row = json_object_array_get_idx(list, i);
        if (name ? strcmp(json_str(row, "name", ""), name) == 0
                 : strcmp(json_str(row, "kind", ""), "chat") == 0)
            return row;
    }
    return NULL;
}

/* "small (491 MB, Apache-2.0)"; "" when there is nothing to fetch. */
static void describe_model(json *row, char out[160])
{
    out[0] = 0;
    if (row && strcmp(json_str(row, "state", ""), "installed") != 0)
        snprintf(out, 160, "%.60s (%.0f MB, %.40s)", json_str(row, "name", ""),
                 json_f64(row, "size", 0) / 1e6, json_str(row, "licence", ""));
}

/* What will be fetched, before it takes minutes. */
static void tell_plan(struct step *step, struct engine *e, const char *name)
{
    char first[160], along[160] = "", text[400], unused[560];
    const char *embedder = embedder_along(e, name, unused, sizeof unused);
    struct event ev = {.type = EVENT_JOB_NOTE};
    json *list = NULL;
    if (models_list(e->models, &list))
        return;
    describe_model(row_of(list, name), first);
    if (embedder)
        describe_model(row_of(list, embedder), along);
    json_object_put(list);
    if (!first[0] && !along[0])
        return;
    snprintf(text, sizeof text, "to install: %s%s%s%s", first,
             first[0] && along[0] ? ", then " : "", along,
             along[0] ? " for the search in memory" : "");
    ev.u.job_note.level = "info";
    ev.u.job_note.text = text;
    step_emit(step, &ev);
}

static enum err install_step(struct step *step, void *arg, struct buf *out)
{
    struct install_arg *a = arg;
    struct err_info info = {0};
    enum err err;
    (void)out;
    if (a->tells)
        tell_plan(step, a->engine, a->name);
    err = install(a->engine, a->name, &info);
    return err ? step_fail(step, err, "%s", info.message[0] ? info.message : err_text(err))
               : ERR_OK;
}

/* It is an addition: that it could not be had fails nothing. */
static enum err install_along(struct job *job, struct engine *e, const char *name, char *out,
                              size_t size)
{
    struct err_info info = {0};
    const char *embedder = embedder_along(e, name, out, size);
    struct install_arg arg = {e, embedder, false};
    struct step_desc desc = {
        .name = "embedder_install", .flags = STEP_INTENT, .run = install_step, .arg = &arg};
    enum err err = embedder ? job_step(job, &desc, NULL, &info) : ERR_NOT_FOUND;
    if (err == ERR_CANCELLED || err == ERR_DIVERGED)
        return err;
    if (embedder && err)
        snprintf(out, size,
                 "the model is installed; %s for the search in memory is not: %.300s (dise model "
                 "install %s)",
                 embedder, info.message, embedder);
    else if (embedder)
        snprintf(out, size, "the model is installed, and %s for the search in memory", embedder);
    return ERR_OK;
}

static enum err run_install(struct job *job, void *context, json *input)
{
    struct pipeline *p = context;
    struct engine *e = (struct engine *)((char *)p - offsetof(struct engine, pipeline));
    struct install_arg arg = {e, json_str(input, "name", NULL), true};
    struct step_desc desc = {
        .name = "model_install", .flags = STEP_INTENT, .run = install_step, .arg = &arg};
    struct event ev = {.type = EVENT_JOB_DONE};
    struct err_info info = {0};
    char said[560] = "the model is installed";
    int64_t began = 0, ended = 0;
    enum err err = job_clock(job, &began);
    if (!err)
        err = job_step(job, &desc, NULL, &info);
    if (!err)
        err = install_along(job, e, arg.name, said, sizeof said);
    if (err != ERR_CANCELLED && !job_clock(job, &ended))
        ev.u.job_done.seconds = (double)(ended - began) / 1000;
    ev.u.job_done.status = err == ERR_OK ? "solved" : err == ERR_CANCELLED ? "cancelled" : "failed";
    ev.u.job_done.error = err ? err_name(err) : "";
    ev.u.job_done.message = err ? info.message : said;
    job_emit(job, &ev);
    return err;
}

const struct job_kind engine_model_install = {"model_install", 3, run_install};

/* ---- the table ---- */

static request_fn *const requests[METHOD_COUNT] = {
    [METHOD_HELLO] = hello,
    [METHOD_JOB_SUBMIT] = job_submit,
    [METHOD_JOB_CANCEL] = job_cancel,
    [METHOD_JOB_ANSWER] = job_answer,
    [METHOD_JOB_LIST] = job_list,
    [METHOD_JOB_EVENTS] = job_events,
    [METHOD_JOB_STEPS] = engine_job_steps,
    [METHOD_JOB_STEP] = engine_job_step,
    [METHOD_ARTIFACT_LIST] = engine_artifact_list,
    [METHOD_ARTIFACT_SHOW] = engine_artifact_show,
    [METHOD_ARTIFACT_RUN] = engine_artifact_run,
    [METHOD_ARTIFACT_PROFILE] = engine_artifact_profile,
    [METHOD_ARTIFACT_OPTIMIZE] = engine_artifact_optimize,
    [METHOD_ARTIFACT_GATES] = engine_artifact_gates,
    [METHOD_TOOL_LIST] = engine_tool_list,
    [METHOD_TOOL_SHOW] = engine_tool_show,
    [METHOD_TOOL_RUN] = engine_tool_run,
    [METHOD_TOOL_SAVE] = engine_tool_save,
    [METHOD_TOOL_RESET] = engine_tool_reset,
    [METHOD_RAG_SEARCH] = engine_rag_search,
    [METHOD_WORKFLOW_LOAD] = engine_workflow_load,
    [METHOD_ARTIFACT_TAG] = engine_artifact_tag,
    [METHOD_ARTIFACT_RATE] = engine_artifact_rate,
    [METHOD_ARTIFACT_DELETE] = engine_artifact_delete,
    [METHOD_ARTIFACT_RESTORE] = engine_artifact_restore,
    [METHOD_JOB_RETRY] = engine_job_retry,
    [METHOD_BATCH_ESTIMATE] = engine_batch_estimate,
    [METHOD_BATCH_SUBMIT] = engine_batch_submit,
    [METHOD_BATCH_LIST] = engine_batch_list,
    [METHOD_BATCH_SHOW] = engine_batch_show,
    [METHOD_BATCH_PAUSE] = engine_batch_pause,
    [METHOD_BATCH_RESUME] = engine_batch_resume,
    [METHOD_BATCH_REPORT] = engine_batch_report,
    [METHOD_ENGINE_STATUS] = status,
    [METHOD_ENGINE_STOP] = stop,
    [METHOD_MODEL_LIST] = model_list,
    [METHOD_MODEL_INSTALL] = model_install,
    [METHOD_MODEL_START] = model_start,
    [METHOD_MODEL_STOP] = model_stop,
    [METHOD_BACKENDS] = engine_backends,
    [METHOD_SETUP_LOOK] = look,
    [METHOD_SETUP_ADDRESS] = add_address,
    [METHOD_DOCTOR] = doctor,
    [METHOD_BENCH_REPORT] = engine_bench_report,
    [METHOD_TESTDATA_LAUNCH] = engine_testdata_launch,
    [METHOD_SPEND] = engine_spend,
    [METHOD_RAG_STATUS] = engine_rag_status,
    [METHOD_RAG_VERSIONS] = engine_rag_versions,
    [METHOD_RAG_DIFF] = engine_rag_diff,
    [METHOD_RAG_LINEAGE] = engine_rag_lineage,
    [METHOD_RAG_ROLLBACK] = engine_rag_rollback,
    [METHOD_RAG_REVISE] = engine_rag_revise,
    [METHOD_RAG_ADD] = engine_rag_add,
    [METHOD_RAG_DELETE] = engine_rag_delete,
    [METHOD_RAG_RESTORE] = engine_rag_restore,
    [METHOD_RAG_GC] = engine_rag_gc,
    [METHOD_RAG_SYNC] = engine_rag_sync,
    [METHOD_RAG_IMPORT] = engine_rag_import,
    [METHOD_RAG_EXPORT] = engine_rag_export,
    [METHOD_RAG_FIXES] = engine_rag_fixes,
    [METHOD_RAG_UNVERIFIED] = engine_rag_unverified,
};

/* hello and stop are answered at once; all else waits until the engine is ready. */
static enum err await_ready(struct engine *e, struct err_info *info)
{
    enum err err = ERR_OK;
    while (!err && !e->ready && !e->stopping)
        err = fiber_sleep(READY_WAIT_MS);
    if (e->problem.code) { /* also to those whom the end that follows has cut off */
        *info = e->problem;
        return e->problem.code;
    }
    if (err)
        return err;
    return e->stopping ? err_set(info, ERR_UNAVAILABLE, "the engine is ending") : ERR_OK;
}

enum err engine_handle(void *context, enum protocol_method method, json *params, json **result,
                       struct err_info *info)
{
    struct engine *e = context;
    struct engine_request request;
    enum err err = ERR_OK;
    if (!requests[method])
        return err_set(info, ERR_UNSUPPORTED, "%s is not supported", protocol_name(method));
    request_begin(e, &request);
    if (method != METHOD_HELLO && method != METHOD_ENGINE_STOP)
        err = await_ready(e, info);
    if (!err)
        err = requests[method](e, params, result, info);
    request_end(e, &request);
    return err;
}
