/* The request rag.sync, and its job: vectors from one store to the other. Each part of it may be
 * done again at any time, so a job that was cut simply does it anew. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/day_time.h"
#include "core/engine/engine_internal.h"
#include "core/rag/embeddings.h"
#include "core/rag/rag.h"
#include "core/rag/vector_file.h"
#include "core/rag/vector_sync.h"

typedef struct json_object json;

enum { TELL_MS = 200, OPEN_MS = 10000, LOOK_MS = 50 };

struct sync_arg {
    struct engine *engine;
    bool to_server;
    char what[16];  /* that was told last */
    uint64_t began; /* of that part, loop time */
    uint64_t told;
    struct vector_sync_report report;
};

static const char *kind_name(bool server)
{
    return server ? "qdrant" : "file";
}

/* ---- the request ---- */

enum err engine_rag_sync(struct engine *e, json *params, json **result, struct err_info *info)
{
    const char *to = json_str(params, "to", "");
    char title[64];
    bool server = strcmp(to, "qdrant") == 0;
    enum err err = ERR_OK;
    if (!*to)
        err = vector_choice(e->started, &server, NULL, info);
    else if (!server && strcmp(to, "file") != 0)
        err = err_set(info, ERR_INPUT, "vectors go to file or qdrant, not to \"%.40s\"", to);
    if (err)
        return err;
    json_add_str(params, "to", kind_name(server));
    snprintf(title, sizeof title, "vectors to %s", kind_name(server));
    return engine_submit(e, engine_sync_vectors.name, title, params, result, info);
}

/* ---- the job ---- */

static void on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
    struct sync_arg *a = arg;
    struct engine *e = a->engine;
    struct event ev = {.type = EVENT_PROGRESS, .time = day_time_now()};
    const uint64_t now = uv_now(&e->loop);
    const bool other = strcmp(a->what, what) != 0;
    if (!other && done < total && now - a->told < TELL_MS)
        return;
    if (other)
        a->began = now;
    a->told = now;
    snprintf(a->what, sizeof a->what, "%s", what);
    ev.u.progress.what = what;
    ev.u.progress.item = "vectors";
    ev.u.progress.done = done;
    ev.u.progress.total = total;
    ev.u.progress.rate = now > a->began ? (double)done * 1000 / (double)(now - a->began) : 0;
    ev.u.progress.unit = "";
    rpc_event(e->rpc, &ev);
}

/* What a store that was never filled lacks is no reason to empty the other one. */
static enum err check_source(struct vector_store *from, struct vector_store *to,
                             struct err_info *info)
{
    int64_t here = 0, there = 0;
    enum err e = from->class->count(from, &here, info);
    if (!e)
        e = to->class->count(to, &there, info);
    if (!e && !here && there)
        e = err_set(info, ERR_INPUT,
                    "there are no vectors in %s that could go to %s, which has %lld; nothing was "
                    "changed",
                    from->class->name, to->class->name, (long long)there);
    return e;
}

static enum err move(struct sync_arg *a, struct vector_store *active, bool active_server,
                     struct err_info *info)
{
    struct engine *e = a->engine;
    const bool to_active = a->to_server == active_server;
    struct vector_store *other = NULL;
    struct vector_sync sync = {.on_progress = on_progress, .arg = a};
    enum err err =
        engine_vectors_open(e, !active_server, active->model, active->dimensions, &other, info);
    if (!other)
        return err;
    sync.from = to_active ? other : active;
    sync.to = to_active ? active : other;
    err = check_source(sync.from, sync.to, info);
    if (!err) {
        err = vector_sync(&sync, &a->report, info);
        if (to_active) /* also after a half of it */
            rag_recheck(e->rag);
    }
    if (!err && !to_active && !a->to_server) /* what was written goes to the disk */
        err = vector_file_mark(other, vector_file_marked(other), info);
    fiber_shield(true);
    other->class->close(other);
    fiber_shield(false);
    return err;
}

static enum err describe(const struct sync_arg *a, const char *model, struct buf *out)
{
    json *o = json_object_new_object();
    enum err e;
    json_add_str(o, "from", kind_name(!a->to_server));
    json_add_str(o, "to", kind_name(a->to_server));
    json_add_str(o, "model", model);
    json_add_i64(o, "count", a->report.count);
    json_add_i64(o, "copied", a->report.copied);
    json_add_i64(o, "removed", a->report.removed);
    json_add_i64(o, "checked", a->report.checked);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

/* After a start it takes a moment until the vectors are open. */
static enum err open_active(struct engine *e, struct vector_store **out, struct err_info *info)
{
    struct embed_model searched = {0};
    enum err err = store_read(e->store, embeddings_searched, &searched, info);
    *out = NULL;
    for (int ms = 0; !err && searched.model[0] && ms < OPEN_MS; ms += LOOK_MS) {
        *out = e->rag ? rag_view(e->rag) : NULL;
        if (*out)
            return ERR_OK;
        if (e->rag && rag_empty(e->rag))
            break;
        err = fiber_sleep(LOOK_MS);
    }
    return err ? err
               : err_set(info, ERR_UNAVAILABLE, "there are no vectors that could be moved: %.300s",
                         e->rag ? rag_why(e->rag) : "the engine is starting");
}

static enum err sync_step(struct step *step, void *arg, struct buf *out)
{
    struct sync_arg *a = arg;
    struct err_info info = {0};
    struct vector_store *active = NULL;
    bool active_server = false;
    enum err e = vector_choice(a->engine->started, &active_server, NULL, &info);
    if (!e)
        e = open_active(a->engine, &active, &info);
    if (!e)
        e = move(a, active, active_server, &info);
    if (!e)
        e = describe(a, active->model, out);
    if (active)
        active->class->close(active);
    return e ? step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e)) : ERR_OK;
}

static void tell_end(struct job *job, enum err err, const char *result, const char *why,
                     double seconds)
{
    struct event ev = {.type = EVENT_JOB_DONE};
    json *o = NULL;
    char text[300];
    if (!err && json_parse(result, strlen(result), NULL, &o, NULL))
        o = NULL;
    snprintf(text, sizeof text,
             "%lld vectors of %.60s are in %s as in %s; %lld that %s has not were removed, %lld "
             "were compared",
             (long long)json_i64(o, "count", 0), json_str(o, "model", ""), json_str(o, "to", ""),
             json_str(o, "from", ""), (long long)json_i64(o, "removed", 0), json_str(o, "from", ""),
             (long long)json_i64(o, "checked", 0));
    ev.u.job_done.seconds = seconds;
    ev.u.job_done.status = err == ERR_OK ? "solved" : err == ERR_CANCELLED ? "cancelled" : "failed";
    ev.u.job_done.error = err ? err_name(err) : "";
    ev.u.job_done.message = err ? why : text;
    ev.u.job_done.result = err ? NULL : result;
    job_emit(job, &ev);
    json_object_put(o);
}

static enum err run_sync(struct job *job, void *context, json *input)
{
    struct pipeline *p = context;
    struct engine *e = (struct engine *)((char *)p - offsetof(struct engine, pipeline));
    struct sync_arg arg = {.engine = e,
                           .to_server = strcmp(json_str(input, "to", ""), "qdrant") == 0};
    struct step_desc desc = {
        .name = "sync_vectors", .flags = STEP_INTENT, .run = sync_step, .arg = &arg};
    struct err_info info = {0};
    struct buf result;
    int64_t began = 0, ended = 0;
    enum err err = job_clock(job, &began);
    buf_init(&result, 4096);
    if (!err)
        err = job_step(job, &desc, &result, &info);
    if (!err)
        err = job_result(job, result.data);
    if (err != ERR_CANCELLED && job_clock(job, &ended))
        ended = began;
    tell_end(job, err, result.data, info.message, (double)(ended - began) / 1000);
    buf_fini(&result);
    return err;
}

const struct job_kind engine_sync_vectors = {"sync_vectors", 1, run_sync};
