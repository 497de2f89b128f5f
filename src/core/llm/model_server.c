/* The servers that run installed models, children of the engine: llama.cpp's, and those that make
 * embeddings. They differ in the script that runs them and in what it is told. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "core/llm/models_internal.h"

enum {
    START_MS = 60000,
    LINE_MAX_BYTES = 4096,
    BACKOFF_MS = 500, /* after the first crash; doubles */
    BACKOFF_MAX_MS = 30000,
};

static void say(struct models *m, struct model *model, const char *state)
{
    if (model->embedding)
        log_line("%s: %s", model->label, state);
    else if (m->options.on_state)
        m->options.on_state(m->options.arg, model->label, state);
}

static uint64_t now_ms(struct models *m)
{
    return uv_now(sched_loop(m->sched));
}

static enum err random_key(char out[65])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return ERR_IO;
    for (int i = 0; i < 32; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[64] = 0;
    return ERR_OK;
}

int models_window(struct models *m, const char *name)
{
    const struct model *model = m ? models_find(m, name) : NULL;
    return model ? model->context : 0;
}

void models_set_parallel(struct models *m, int parallel)
{
    m->parallel = parallel < MODELS_PARALLEL_MOST ? parallel : MODELS_PARALLEL_MOST;
}

/* Vectors are made beside other work, and by few: half of what there is, and one question in 30 ms
 * needs no more. */
static int threads_of(const struct model *model)
{
    enum { EMBEDDING_MOST = 4 };
    int n = (int)uv_available_parallelism(); /* those that it may run on */
    if (!model->embedding)
        return n;
    return n / 2 < 1 ? 1 : n / 2 > EMBEDDING_MOST ? EMBEDDING_MOST : n / 2;
}

/* What the server needs to know goes through its standard input: arguments and environment can be
 * read by others. */
static enum err write_options(struct models *m, struct model *model, struct buf *out)
{
    struct json_object *o = json_object_new_object();
    char path[PATH_SIZE];
    enum err e = model->file ? models_path(m, model, path) : ERR_OK;
    if (model->file)
        json_add_str(o, "model", path);
    json_add_str(o, "alias", model->name);
    json_add_i64(o, "context", model->context);
    json_add_i64(o, "parallel", m->parallel);
    json_add_i64(o, "threads", threads_of(model));
    json_add_str(o, "api_key", model->server.address.api_key);
    if (!e)
        e = json_print(out, o);
    if (!e)
        e = buf_adds(out, "\n");
    json_object_put(o);
    return e;
}

static enum err feed(int fd, const struct buf *text)
{
    size_t done = 0;
    while (done < text->len) {
        ssize_t n = write(fd, text->data + done, text->len - done);
        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        enum err e = fiber_poll(fd, UV_WRITABLE, START_MS);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* The server prints its address as one JSON line; other lines before it are the library's. */
static enum err read_address(struct server *s, struct err_info *info)
{
    struct buf text;
    enum err e = ERR_OK;
    bool found = false;
    buf_init(&text, LINE_MAX_BYTES);
    while (!e && !found) {
        char chunk[512], *newline;
        ssize_t n = read(s->child.out, chunk, sizeof chunk);
        if (n == 0) {
            e = err_set(info, ERR_UNAVAILABLE,
                        "the model's server ended while it started; see run/engine.log");
        } else if (n < 0) {
            e = fiber_poll(s->child.out, UV_READABLE, START_MS);
            if (e == ERR_TIMEOUT)
                err_set(info, e, "the model's server did not start within %d s", START_MS / 1000);
        } else {
            e = buf_add(&text, chunk, (size_t)n);
        }
        while (!e && !found && (newline = memchr(text.data, '\n', text.len))) {
            struct json_object *o = NULL;
            const char *address;
            if (json_parse(text.data, (size_t)(newline - text.data), NULL, &o, NULL) == ERR_OK &&
                (address = json_str(o, "address", NULL))) {
                snprintf(s->address.base_url, sizeof s->address.base_url, "%.58s/v1", address);
                found = true;
            }
            json_object_put(o);
            buf_consume(&text, (size_t)(newline - text.data) + 1);
        }
    }
    buf_fini(&text);
    return e;
}

struct keep {
    struct models *m;
    struct model *model;
};

/* Waits for the server's end; what it prints meanwhile is thrown away. */
static enum err keeper_main(void *arg)
{
    struct keep k = *(struct keep *)arg;
    struct server *s = &k.model->server;
    int status = 0;
    enum err e = ERR_OK;
    free(arg);
    while (!e) {
        char waste[512];
        ssize_t n = read(s->child.out, waste, sizeof waste);
        if (n == 0)
            break;
        if (n < 0)
            e = fiber_poll(s->child.out, UV_READABLE, 0);
    }
    fiber_shield(true);
    proc_kill(&s->child);
    if (proc_reap(&s->child, 0, &status))
        log_line("the model's server could not be reaped");
    fiber_shield(false);
    s->state = SERVER_STOPPED;
    if (!s->stopping) {
        s->crashes++;
        s->crashed_at = now_ms(k.m);
        log_line("the server of %s crashed (status %d)", k.model->label, status);
    }
    say(k.m, k.model, s->stopping ? "stopped" : "crashed");
    return ERR_OK;
}

static enum err start_keeper(struct models *m, struct model *model)
{
    struct keep *k = malloc(sizeof *k);
    if (!k)
        return ERR_NOMEM;
    *k = (struct keep){m, model};
    model->server.keeper = fiber_spawn(m->sched, "model keeper", keeper_main, k);
    if (!model->server.keeper)
        free(k);
    return model->server.keeper ? ERR_OK : ERR_NOMEM;
}

static void end_child(struct server *s)
{
    int status;
    fiber_shield(true);
    proc_kill(&s->child);
    if (proc_reap(&s->child, 0, &status))
        log_line("the model's server could not be reaped");
    fiber_shield(false);
}

static enum err back_off(struct models *m, struct server *s)
{
    uint64_t wait = BACKOFF_MS, since = now_ms(m) - s->crashed_at;
    for (int i = 1; i < s->crashes && wait < BACKOFF_MAX_MS; i++)
        wait *= 2;
    return s->crashes && since < wait ? fiber_sleep(wait - since) : fiber_check();
}

static enum err launch(struct models *m, struct model *model, struct err_info *info)
{
    struct server *s = &model->server;
    char python[PATH_SIZE], script[PATH_SIZE];
    const char *argv[] = {python, "-I", script, NULL}, *env[] = {"PATH=/usr/bin:/bin", NULL};
    struct buf text;
    enum err e;
    if (s->keeper) { /* of the one before */
        fiber_join(s->keeper, NULL);
        s->keeper = NULL;
    }
    e = back_off(m, s);
    if (e)
        return e;
    if (models_python(m, python) || path_join(script, m->runtime, model->script) ||
        random_key(s->address.api_key))
        return err_set(info, ERR_INTERNAL, "the model's server cannot be described");
    s->stopping = false;
    e = proc_start(argv, env, &s->child, info);
    if (e)
        return e;
    buf_init(&text, LINE_MAX_BYTES);
    e = write_options(m, model, &text);
    if (!e)
        e = feed(s->child.in, &text);
    buf_fini(&text);
    if (!e)
        e = read_address(s, info);
    if (!e)
        e = start_keeper(m, model);
    if (e) {
        s->crashes += e != ERR_CANCELLED;
        s->crashed_at = now_ms(m);
        end_child(s);
    }
    return e;
}

/* Has the permit of m->starting, and gives it back when it is done. */
static enum err starter_main(void *arg)
{
    struct keep k = *(struct keep *)arg;
    struct server *s = &k.model->server;
    free(arg);
    s->state = SERVER_STARTING;
    say(k.m, k.model, "starting");
    memset(&s->failure, 0, sizeof s->failure);
    s->failed = launch(k.m, k.model, &s->failure);
    s->state = s->failed ? SERVER_STOPPED : SERVER_READY;
    say(k.m, k.model, s->failed ? "stopped" : "ready");
    fiber_sem_give(&k.m->starting);
    return ERR_OK;
}

static enum err spawn_starter(struct models *m, struct model *model)
{
    struct server *s = &model->server;
    struct keep *k = malloc(sizeof *k);
    if (!k)
        return ERR_NOMEM;
    *k = (struct keep){m, model};
    if (s->starter) /* of the start before; it has ended, as its permit is here */
        fiber_join(s->starter, NULL);
    s->starter = fiber_spawn(m->sched, "model starter", starter_main, k);
    if (!s->starter)
        free(k);
    return s->starter ? ERR_OK : ERR_NOMEM;
}

static enum err why_not_ready(const struct model *model, struct err_info *info)
{
    const struct server *s = &model->server;
    if (s->failed && s->failed != ERR_CANCELLED) {
        if (info)
            *info = s->failure;
        return s->failed;
    }
    return err_set(info, ERR_UNAVAILABLE, "the server of %s was ended while it started",
                   model->label);
}

/* Starts one after the other, on fibers of their own: a search that does not wait for long must not
 * end what it has begun, or a server that takes longer would never be there. */
static enum err await_ready(struct models *m, struct model *model, struct err_info *info)
{
    for (bool begun = false;; begun = true) {
        enum err e = fiber_sem_take(&m->starting);
        if (e)
            return e;
        if (model->server.state == SERVER_READY || begun) {
            fiber_sem_give(&m->starting);
            return model->server.state == SERVER_READY ? ERR_OK : why_not_ready(model, info);
        }
        e = spawn_starter(m, model);
        if (e) {
            fiber_sem_give(&m->starting);
            return err_set(info, e, "out of memory");
        }
    }
}

enum err models_start(struct models *m, const char *name, struct model_address *out,
                      struct err_info *info)
{
    struct model *model = models_find(m, name);
    enum err e;
    if (!model)
        return err_set(info, ERR_NOT_FOUND, "there is no model named %.60s; see dise model list",
                       name ? name : "");
    if (!models_installed(m, model->name))
        return err_set(info, ERR_NO_BACKEND, "%s is not installed: dise model install %s",
                       model->label, model->name);
    e = await_ready(m, model, info);
    if (e)
        return e;
    model->server.last_used = now_ms(m);
    *out = model->server.address;
    return ERR_OK;
}

bool models_running(struct models *m, const char *name)
{
    const struct model *model = models_find(m, name);
    return model && model->server.state == SERVER_READY;
}

void models_used(struct models *m, const char *name, bool ok)
{
    struct model *model = models_find(m, name);
    if (!model)
        return;
    model->server.last_used = now_ms(m);
    if (ok)
        model->server.crashes = 0;
}

void server_stop(struct models *m, struct model *model)
{
    struct server *s = &model->server;
    (void)m;
    if (s->starter) {
        fiber_cancel(s->starter);
        fiber_join(s->starter, NULL);
        s->starter = NULL;
    }
    s->stopping = true;
    if (s->state == SERVER_READY)
        proc_kill(&s->child);
    if (s->keeper)
        fiber_join(s->keeper, NULL);
    s->keeper = NULL;
}

void models_stop(struct models *m)
{
    fiber_shield(true);
    for (int i = 0; i < m->count; i++)
        server_stop(m, &m->list[i]);
    fiber_shield(false);
}

/* The keeper then sees the end; it is joined at the next start or stop. */
void server_idle_check(struct models *m)
{
    for (int i = 0; i < m->count; i++) {
        struct server *s = &m->list[i].server;
        if (s->state != SERVER_READY || s->stopping ||
            now_ms(m) - s->last_used < (uint64_t)m->options.idle_s * 1000)
            continue;
        s->stopping = true;
        proc_kill(&s->child);
    }
}
