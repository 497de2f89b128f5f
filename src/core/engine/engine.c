/* Life cycle of the engine: start, readiness, idle end, shutdown. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/build_id.h"
#include "base/day_time.h"
#include "base/log.h"
#include "base/usage.h"
#include "core/batch/batch.h"
#include "core/check/gate_job.h"
#include "core/check/profile.h"
#include "core/engine/engine_internal.h"
#include "core/optimize/optimize.h"
#include "core/rag/rag.h"

enum {
    TICK_MS = 1000,
    REQUEST_WAIT_MS = 2,
    USAGE_NS = 500000000, /* a share of the processor over less is noise */
};

/* ---- figures ---- */

void engine_usage(double *cpu, int64_t *rss_kb)
{
    static double last_cpu, share;
    static uint64_t last_time;
    static int64_t memory;
    uint64_t now = uv_hrtime();
    double used;
    if (!last_time || now - last_time >= USAGE_NS) {
        used = usage_cpu_seconds();
        share = last_time ? 100 * (used - last_cpu) / ((double)(now - last_time) / 1e9) : 0;
        last_cpu = used;
        last_time = now;
        memory = usage_resident_kb();
    }
    *cpu = share;
    *rss_kb = memory;
}

/* Sent when what it shows has changed: a still dashboard gets nothing. */
static void send_state(struct engine *e)
{
    struct event ev = {.type = EVENT_ENGINE_STATE};
    struct event_engine_state *s = &ev.u.engine_state;
    char text[256];
    int running = 0, queued = 0;
    if (e->jobs)
        jobs_count(e->jobs, &running, &queued);
    s->running = running;
    s->queued = queued;
    s->model = e->model;
    s->model_state = e->model_state;
    s->sandbox = e->sandbox ? sandbox_tier_name(sandbox_tier(e->sandbox)) : "";
    snprintf(text, sizeof text, "%d %d %s %s %s %d", running, queued, s->model, s->model_state,
             s->sandbox, e->ready);
    if (strcmp(text, e->last_state) == 0 && !running)
        return;
    snprintf(e->last_state, sizeof e->last_state, "%s", text);
    engine_usage(&s->cpu, &s->rss_kb);
    ev.time = day_time_now();
    rpc_event(e->rpc, &ev);
}

/* Once a second while jobs run or somebody looks. */
static void send_sample(struct engine *e, int running, int queued)
{
    struct event ev = {.type = EVENT_ENGINE_SAMPLE, .time = day_time_now()};
    bool wanted = running > 0 || rpc_watchers(e->rpc) > 0;
    bool first = wanted && !e->metrics.active;
    metrics_active(&e->metrics, wanted);
    if (!wanted || first)
        return;
    metrics_sample(&e->metrics, &ev.u.engine_sample);
    ev.u.engine_sample.running = running;
    ev.u.engine_sample.queued = queued;
    ev.u.engine_sample.spend_today = e->spend ? spend_today(e->spend) : 0;
    rpc_event(e->rpc, &ev);
}

/* ---- what the parts report ---- */

static void on_job_event(void *arg, const struct event *ev)
{
    struct engine *e = arg;
    metrics_fold(&e->metrics, ev);
    rpc_event(e->rpc, ev);
    if (ev->type == EVENT_ARTIFACT_STORED || ev->type == EVENT_JOB_DONE)
        rag_ring(e->rag); /* there is something new, or an embedder was installed */
    if (ev->type == EVENT_JOB_CREATED || ev->type == EVENT_JOB_STARTED ||
        ev->type == EVENT_JOB_DONE)
        send_state(e);
}

void engine_progress(void *arg, const char *what, const char *item, int64_t done, int64_t total,
                     double rate)
{
    struct engine *e = arg;
    struct event ev = {.type = EVENT_PROGRESS, .time = day_time_now()};
    ev.u.progress.what = what;
    ev.u.progress.item = item;
    ev.u.progress.done = done;
    ev.u.progress.total = total;
    ev.u.progress.rate = rate;
    ev.u.progress.unit = "bytes";
    rpc_event(e->rpc, &ev);
}

static void on_model_state(void *arg, const char *model, const char *state)
{
    struct engine *e = arg;
    snprintf(e->model, sizeof e->model, "%s", model);
    snprintf(e->model_state, sizeof e->model_state, "%s", state);
    log_line("model %s: %s", model, state);
    send_state(e);
}

static void on_backend_state(void *arg, const char *backend, const char *state, const char *detail)
{
    struct engine *e = arg;
    struct event ev = {.type = EVENT_BACKEND_STATE, .time = day_time_now()};
    ev.u.backend_state.backend = backend;
    ev.u.backend_state.state = state;
    ev.u.backend_state.detail = detail;
    rpc_event(e->rpc, &ev);
}

/* ---- start ---- */

static enum err open_models(struct engine *e, struct err_info *info)
{
    char manifest[PATH_SIZE], prices[PATH_SIZE];
    struct models_options models = {.home = e->home,
                                    .python = &e->python,
                                    .manifest = manifest,
                                    .runtime = e->runtime,
                                    .idle_s = (int)config_int(e->config, OPTION_MODEL_IDLE_S),
                                    .on_progress = engine_progress,
                                    .on_state = on_model_state,
                                    .arg = e};
    struct router_options router = {.classes = e->options->classes,
                                    .config = config_llm(e->started),
                                    .prices = prices,
                                    .record = e->options->record,
                                    .on_state = on_backend_state,
                                    .arg = e};
    enum err err;
    if (path_join(manifest, e->data, "tools/models.yaml") ||
        path_join(prices, e->data, "tools/prices.yaml"))
        return err_set(info, ERR_TOO_LARGE, "the path of the shipped files is too long");
    err = python_env_init(&e->python, e->home, info);
    if (err)
        return err;
    packages_init(&e->packages, e->home, e->data, &e->python);
    e->programs = programs_open(
        e->sched,
        &(struct programs_options){.home = e->home,
                                   .data = e->data,
                                   .packages = &e->packages,
                                   .install = config_flag(e->config, OPTION_GATES_INSTALL)});
    if (!e->programs)
        return err_set(info, ERR_NOMEM, "out of memory");
    err = models_open(e->sched, &models, &e->models, info);
    router.models = e->models;
    if (!err)
        err = engine_roles(e->started, &router.roles, info);
    return err ? err : router_open(e->sched, &router, &e->router, info);
}

static enum err open_sandbox(struct engine *e, struct err_info *info)
{
    char launcher[PATH_SIZE];
    struct sandbox_options options = {.launcher = launcher,
                                      .unsafe = e->options->unsafe,
                                      .width = (int)config_int(e->config, OPTION_WIDTH) * 2};
    enum err err = path_beside("dise-sandbox", launcher, info);
    return err ? err : sandbox_open(e->sched, &options, &e->sandbox, info);
}

static enum err open_jobs(struct engine *e, struct err_info *info)
{
    static const struct job_kind *const kinds[] = {&pipeline_task,
                                                   &pipeline_text,
                                                   &pipeline_artifact_run,
                                                   &pipeline_workflow_run,
                                                   &engine_model_install,
                                                   &batch_kind,
                                                   &pipeline_bench_task,
                                                   &pipeline_bench_raw,
                                                   &engine_sync_vectors,
                                                   &profile_job,
                                                   &optimize_kind,
                                                   &gates_job,
                                                   NULL};
    struct jobs_options options = {.kinds = kinds,
                                   .context = &e->pipeline,
                                   .width = (int)config_int(e->config, OPTION_WIDTH),
                                   .coordinator = &batch_kind,
                                   .brief = &pipeline_task,
                                   .on_event = on_job_event,
                                   .arg = e};
    return jobs_open(e->sched, e->store, &options, &e->jobs, info);
}

static enum err open_store(struct engine *e, struct err_info *info)
{
    char path[PATH_SIZE];
    struct err_info why = {0};
    enum err err;
    if (path_join(path, e->home, "dise.db"))
        return err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    err = store_open(e->sched, path, &e->store, &why);
    if (err == ERR_CORRUPT && e->store) {
        snprintf(e->store_note, sizeof e->store_note, "%s", why.message);
        log_line("%s", why.message);
        return ERR_OK;
    }
    if (err && info)
        *info = why;
    return err;
}

/* Opens everything on a fiber while the socket answers hello already. */
static enum err boot(void *arg)
{
    struct engine *e = arg;
    struct err_info info = {0};
    enum err err = open_store(e, &info);
    if (!err)
        err = open_models(e, &info);
    if (!err)
        err = spend_open(e->store, e->started, &e->spend, &info);
    if (!err && !e->options->record) /* a record has all answers that are to be had */
        e->cache = cache_open(e->store, config_llm(e->started),
                              config_int(e->started, OPTION_CACHE_MB) << 20);
    if (!err)
        err = open_sandbox(e, &info);
    if (!err)
        err = fiber_check();
    if (!err) {
        e->pipeline = (struct pipeline){.store = e->store,
                                        .router = e->router,
                                        .spend = e->spend,
                                        .cache = e->cache,
                                        .sandbox = e->sandbox,
                                        .packages = &e->packages,
                                        .programs = e->programs,
                                        .config = e->config,
                                        .home = e->home,
                                        .data = e->data,
                                        .runtime = e->runtime};
        err = open_jobs(e, &info);
    }
    if (!err)
        err = engine_rag_open(e, &info);
    e->pipeline.rag = e->rag;
    if (err == ERR_CANCELLED)
        return err; /* it ends already, in order */
    if (err) {
        e->problem = info;
        e->problem.code = err;
        log_line("cannot start: %s", info.message);
        engine_stop(e);
        return err;
    }
    engine_rag_begin(e);
    e->ready = true;
    log_line("ready, %s", sandbox_text(e->sandbox));
    send_state(e);
    return ERR_OK;
}

static enum err take_lock(struct engine *e, struct err_info *info)
{
    char path[PATH_SIZE], pid[32];
    enum err err = path_join(path, e->run, "engine.lock");
    if (err)
        return err_set(info, err, "the path of the home folder is too long");
    e->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (e->lock < 0)
        return err_errno(info, errno, path);
    if (flock(e->lock, LOCK_EX | LOCK_NB))
        return err_set(info, ERR_BUSY, "an engine is at work for this home already");
    snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(e->lock, 0) || write(e->lock, pid, strlen(pid)) < 0)
        return err_errno(info, errno, path);
    return ERR_OK;
}

/* ---- end ---- */

/* Everything in the reverse order, on a fiber. */
static enum err shut_down(void *arg)
{
    struct engine *e = arg;
    enum err result;
    fiber_cancel(e->boot);
    (void)fiber_join(e->boot, &result);
    for (struct engine_request *r = e->requests; r; r = r->next)
        fiber_cancel(r->fiber);
    while (e->requests)
        (void)!fiber_sleep(REQUEST_WAIT_MS);
    if (e->jobs)
        jobs_close(e->jobs);
    e->jobs = NULL;
    rag_close(e->rag);
    e->rag = e->pipeline.rag = NULL;
    if (e->programs)
        programs_close(e->programs);
    spend_close(e->spend);
    cache_close(e->cache);
    if (e->router)
        router_close(e->router);
    if (e->models)
        models_close(e->models);
    if (e->sandbox)
        sandbox_close(e->sandbox);
    rpc_close(e->rpc);
    if (e->store)
        store_close(e->store);
    metrics_close(&e->metrics);
    uv_close((uv_handle_t *)&e->tick, NULL);
    uv_close((uv_handle_t *)&e->interrupt, NULL);
    uv_close((uv_handle_t *)&e->terminate, NULL);
    return ERR_OK;
}

void engine_note_stop(const struct engine *e, bool stay)
{
    char path[PATH_SIZE];
    int fd;
    if (path_join(path, e->run, PATH_STOPPED))
        return;
    if (!stay) {
        unlink(path);
        return;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
}

void engine_stop(struct engine *e)
{
    struct fiber *f;
    if (e->stopping)
        return;
    e->stopping = true;
    log_line("ending");
    f = fiber_spawn(e->sched, "shut down", shut_down, e);
    if (!f)
        exit(EXIT_FAILURE);
    fiber_detach(f, NULL, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    engine_stop(handle->data);
}

static void on_tick(uv_timer_t *timer)
{
    struct engine *e = timer->data;
    uint64_t now = uv_now(&e->loop);
    int running = 0, queued = 0;
    if (e->jobs)
        jobs_count(e->jobs, &running, &queued);
    if (running + queued > 0 || rpc_clients(e->rpc) > 0 || rag_at_work(e->rag))
        e->idle_since = now;
    if (rpc_watched(e->rpc))
        send_state(e);
    send_sample(e, running, queued);
    if (now - e->idle_since > (uint64_t)config_int(e->config, OPTION_IDLE_S) * 1000) {
        log_line("idle long enough");
        engine_stop(e);
    }
}

/* ---- main ---- */

static enum err prepare(struct engine *e, struct err_info *info)
{
    char path[PATH_SIZE];
    enum err err = path_mkdirs(e->home, info);
    if (!err)
        err = path_run(e->home, e->run, info);
    if (!err)
        err = path_data(e->data, info);
    if (!err)
        err = path_runtime(e->runtime, info);
    if (!err && e->options->detached) {
        err = path_join(path, e->run, "engine.log");
        if (!err)
            err = log_to_file(path, info);
    }
    if (!err)
        err = engine_config_open(e, info);
    err = err ? err : take_lock(e, info);
    if (!err)
        engine_note_stop(e, false);
    return err;
}

static enum err serve(struct engine *e, struct err_info *info)
{
    const struct rpc_options rpc = {
        .handle = engine_handle, .read_events = engine_read_events, .context = e};
    char socket[PATH_SIZE];
    enum err err = path_join(socket, e->run, "engine.sock");
    if (err)
        return err_set(info, err, "the path of the home folder is too long");
    uv_loop_init(&e->loop);
    e->sched = sched_new(&e->loop);
    if (!e->sched)
        return err_set(info, ERR_NOMEM, "out of memory");
    e->began = e->idle_since = uv_now(&e->loop);
    metrics_open(&e->metrics, &e->loop);
    uv_timer_init(&e->loop, &e->tick);
    uv_signal_init(&e->loop, &e->interrupt);
    uv_signal_init(&e->loop, &e->terminate);
    e->tick.data = e->interrupt.data = e->terminate.data = e;
    /* before there is a socket: whoever sees it may send a signal */
    uv_signal_start(&e->interrupt, on_signal, SIGINT);
    uv_signal_start(&e->terminate, on_signal, SIGTERM);
    err = rpc_open(e->sched, socket, &rpc, &e->rpc, info);
    if (err)
        return err;
    uv_timer_start(&e->tick, on_tick, TICK_MS, TICK_MS);
    e->boot = fiber_spawn(e->sched, "boot", boot, e);
    return e->boot ? ERR_OK : err_set(info, ERR_NOMEM, "out of memory");
}

/* Nothing may be left on the loop: a handle that stays open is a defect, and said. */
static int close_loop(struct engine *e)
{
    while (sched_fibers(e->sched) > 0)
        uv_run(&e->loop, UV_RUN_ONCE);
    sched_close(e->sched);
    uv_run(&e->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&e->loop)) {
        log_line("defect: the loop was not empty at the end");
        return EXIT_FAILURE;
    }
    return 0;
}

int engine_main(const struct engine_options *options)
{
    static struct engine engine;
    struct engine *e = &engine;
    struct err_info info = {0};
    char text[PATH_SIZE];
    enum err err;
    int code;
    memset(e, 0, sizeof *e);
    e->options = options;
    snprintf(e->home, sizeof e->home, "%s", options->home);
    snprintf(e->model_state, sizeof e->model_state, "stopped");
    signal(SIGPIPE, SIG_IGN);
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC); /* what the starter left open ends here */
    umask(077);
    err = prepare(e, &info);
    if (!err)
        err = serve(e, &info);
    if (err) {
        log_line("cannot start: %s", err_format(&info, text, sizeof text));
        engine_config_close(e);
        return err == ERR_BUSY && options->detached   ? 0
               : err == ERR_INPUT || err == ERR_PARSE ? 2
                                                      : 1;
    }
    if (chdir("/"))
        log_line("the working folder stays where it is");
    log_line("dise %s, build %.12s, home %s", DISE_VERSION, build_id(), e->home);
    while (!e->stopping || sched_fibers(e->sched) > 0)
        uv_run(&e->loop, UV_RUN_ONCE);
    code = close_loop(e);
    engine_config_close(e);
    close(e->lock);
    log_line("ended");
    return e->problem.code ? 1 : code;
}
