/* The fiber that makes the missing vectors: in batches, the newest artifacts first, whenever nobody
 * waits for the machine. What a batch made is durable before the next begins. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sha256.h"
#include "core/rag/rag_internal.h"

enum {
    LOCAL_MOST = 8,     /* texts at a time of the machine's own model: a question comes between */
    LOCAL_BYTES = 1500, /* half a second on one core */
    BYTES_MOST = 64 << 10,
    CHOOSE_MS = 30000, /* what is installed and configured is looked at so often */
    REST_MS = 600000,  /* nothing to do */
    PAUSE_MS = 500,    /* a person's work goes first */
    RETRY_MOST_MS = 300000,
    SETTLE_MS = 300, /* until it is noticed that a server has gone */
    BREAKS = 3,      /* failures in a row after which the texts are tried one by one */
};

/* ---- waiting ---- */

struct rest {
    struct await await;
    uv_timer_t timer;
};

static void on_rest_closed(uv_handle_t *h)
{
    struct rest *rest = h->data;
    await_done(&rest->await, rest->await.code);
}

static void end_rest(struct rest *rest, enum err code)
{
    if (uv_is_closing((uv_handle_t *)&rest->timer))
        return;
    rest->await.code = code;
    uv_close((uv_handle_t *)&rest->timer, on_rest_closed);
}

static void on_rest_timer(uv_timer_t *timer)
{
    end_rest(timer->data, ERR_OK);
}

static void abort_rest(struct await *a)
{
    end_rest(a->data, ERR_CANCELLED);
}

void rag_ring(struct rag *r)
{
    if (!r)
        return;
    r->rung = r->look = true;
    if (r->resting)
        end_rest(r->resting->data, ERR_OK);
}

/* Until so many ms have passed or somebody rings. */
static enum err rest(struct rag *r, uint64_t ms)
{
    struct rest rest = {0};
    enum err e = fiber_check();
    if (!e && !r->rung) {
        await_init(&rest.await, abort_rest, &rest);
        uv_timer_init(sched_loop(r->options.sched), &rest.timer);
        rest.timer.data = &rest;
        uv_timer_start(&rest.timer, on_rest_timer, ms, 0);
        r->resting = &rest.await;
        e = await_wait(&rest.await);
        r->resting = NULL;
    }
    r->rung = false;
    return e;
}

/* ---- who embeds ---- */

static struct rag_asked *take(struct embedder *e)
{
    struct rag_asked *a = calloc(1, sizeof *a);
    if (!a) {
        e->class->close(e);
        return NULL;
    }
    *a = (struct rag_asked){e, 1};
    return a;
}

/* As a digest: an address may hold a secret. */
static void name_setting(struct rag *r, const struct embedder *e)
{
    char text[300];
    embedder_setting(e, text);
    snprintf(text + strlen(text), sizeof text - strlen(text), " %zu", r->options.text_most);
    sha256_of(text, strlen(text), r->making.setting);
}

static enum err want(struct rag *r, struct embedder *e, struct err_info *info)
{
    const char *name, *place = embedder_place(e, &name);
    struct rag_asked *a;
    enum err err;
    memset(&r->making, 0, sizeof r->making);
    snprintf(r->making.model, sizeof r->making.model, "%s", e->model);
    snprintf(r->making.place, sizeof r->making.place, "%s", place);
    snprintf(r->making.name, sizeof r->making.name, "%s", name);
    name_setting(r, e);
    err = store_write(r->options.store, embeddings_want, &r->making, info);
    a = take(e);
    if (!a || err) {
        rag_drop(a);
        return err ? err : err_set(info, ERR_NOMEM, "out of memory");
    }
    rag_drop(r->wanted);
    r->wanted = a;
    r->listed = false;
    r->problem[0] = 0;
    log_line("vectors are made by %s", r->making.model);
    return ERR_OK;
}

/* By the configuration and by what is installed, which may change any time. */
static enum err choose(struct rag *r, struct err_info *info)
{
    const uint64_t now = uv_now(sched_loop(r->options.sched));
    struct embedder *e = NULL;
    enum err err;
    if (r->wanted && (now - r->chosen_at < CHOOSE_MS || (!r->look && !r->failed)))
        return ERR_OK;
    r->look = false;
    err = embedder_open(&r->options.embedder, &e, info);
    if (err == ERR_NO_BACKEND) {
        snprintf(r->no_embedder, sizeof r->no_embedder, "%.390s", info->message);
        rag_drop(r->wanted);
        r->wanted = NULL;
        return ERR_OK;
    }
    if (err)
        return err;
    r->no_embedder[0] = 0;
    r->chosen_at = now + 1;
    if (!r->wanted || !embedder_is(e, r->wanted->embedder))
        return want(r, e, info);
    e->class->close(e);
    return ERR_OK;
}

/* ---- which vectors are searched ---- */

static enum err search_model(struct rag *r, const struct embed_model *m, struct rag_asked *a,
                             struct err_info *info)
{
    enum err e = ERR_OK;
    if (!m->searched)
        e = store_write(r->options.store, embeddings_search, (void *)(uintptr_t)m->model, info);
    if (e) {
        rag_drop(a);
        return e;
    }
    rag_close_vectors(r);
    rag_drop(r->asked);
    r->asked = a;
    r->searched = *m;
    r->searched.searched = true;
    return ERR_OK;
}

/* The model of before goes on being searched when it can still be asked. */
static enum err search_as_before(struct rag *r, bool *found, struct err_info *info)
{
    struct embed_model m;
    struct embedder *old = NULL;
    struct rag_asked *a;
    enum err e = store_read(r->options.store, embeddings_searched, &m, info);
    *found = false;
    if (e || !m.model[0] || m.dimensions <= 0 || strcmp(m.model, r->making.model) == 0)
        return e;
    if (embedder_open_at(&r->options.embedder, m.place, m.name, &old, info))
        return ERR_OK;
    a = take(old);
    if (!a)
        return err_set(info, ERR_NOMEM, "out of memory");
    *found = true;
    return search_model(r, &m, a, info);
}

static bool is_searched(const struct rag *r)
{
    return r->asked && strcmp(r->searched.model, r->making.model) == 0;
}

/* `complete`: every artifact has its vector of the wanted model. */
static enum err choose_searched(struct rag *r, bool complete, struct err_info *info)
{
    bool found = false;
    enum err e = ERR_OK;
    if (!r->wanted)
        return ERR_OK;
    if (is_searched(r)) {
        r->searched.dimensions = r->making.dimensions;
        return ERR_OK;
    }
    if (!r->asked && !complete)
        e = search_as_before(r, &found, info);
    if (e || ((r->asked || found) && !complete))
        return e;
    return search_model(r, &r->making, rag_hold(r->wanted), info);
}

/* ---- batches ---- */

/* Whether an error may be the text's fault. A server that breaks down again and again does it over
 * a text, too. */
static bool may_be_the_text(const struct rag *r, enum err e)
{
    return e == ERR_HTTP_CLIENT || e == ERR_HTTP_SERVER || e == ERR_PROTOCOL || e == ERR_INPUT ||
           e == ERR_TOO_LARGE || e == ERR_PROMPT_LONG ||
           (r->failed >= BREAKS && (e == ERR_NET_BROKEN || e == ERR_TIMEOUT));
}

struct making {
    struct rag *rag;
    struct embed_batch batch;
    struct embed_item *list[EMBED_BATCH_MAX]; /* those that are to be made */
    float *vectors[EMBED_BATCH_MAX];          /* what calls gave; freed at the end */
    char errors[EMBED_BATCH_MAX][200];
    int calls;
};

/* A model that takes this is well: then it was the text. */
static bool is_well(struct rag *r)
{
    static const char *const texts[] = {"hello"};
    struct embedder *e = r->wanted->embedder;
    struct err_info unused = {0};
    float *vectors = NULL;
    size_t dimensions;
    enum err err = e->class->embed(e, EMBED_PASSAGE, texts, 1, &vectors, &dimensions, &unused);
    free(vectors);
    return err == ERR_OK;
}

static enum err ask(struct making *m, int from, int to, struct err_info *info)
{
    struct embedder *e = m->rag->wanted->embedder;
    const char *texts[EMBED_BATCH_MAX];
    float *vectors = NULL;
    size_t dimensions = 0;
    enum err err;
    for (int i = from; i < to; i++)
        texts[i - from] = m->list[i]->text;
    err =
        e->class->embed(e, EMBED_PASSAGE, texts, (size_t)(to - from), &vectors, &dimensions, info);
    if (!err && m->batch.dimensions && dimensions != m->batch.dimensions) {
        free(vectors);
        return err_set(info, ERR_PROTOCOL, "%s gives vectors of %zu numbers, then of %zu", e->model,
                       m->batch.dimensions, dimensions);
    }
    if (err)
        return err;
    m->batch.dimensions = dimensions;
    m->vectors[from] = vectors;
    for (int i = from; i < to; i++)
        m->list[i]->vector = vectors + (size_t)(i - from) * dimensions;
    return ERR_OK;
}

/* One text that failed: is it the text, or was it the moment? Only what fails again, after another
 * text went well, is marked. */
static enum err judge(struct making *m, int at, enum err failed, struct err_info *info)
{
    enum err e;
    if (!is_well(m->rag))
        return fiber_check() ? ERR_CANCELLED : failed;
    e = ask(m, at, at + 1, info);
    if (!e || !may_be_the_text(m->rag, e))
        return e;
    m->list[at]->how = EMBED_REFUSED;
    snprintf(m->errors[at], sizeof m->errors[at], "%.190s", info->message);
    m->list[at]->error = m->errors[at];
    return ERR_OK;
}

static uint64_t settle_ms(const struct rag *r)
{
    return r->options.retry_ms ? (uint64_t)r->options.retry_ms : SETTLE_MS;
}

/* Looks for the texts that the model does not take by halving. */
static enum err make(struct making *m, int from, int to, struct err_info *info)
{
    const int middle = from + (to - from) / 2;
    enum err e;
    if (from >= to)
        return ERR_OK;
    e = ask(m, from, to, info);
    if (!e || !may_be_the_text(m->rag, e))
        return e;
    if (e == ERR_NET_BROKEN && fiber_sleep(settle_ms(m->rag)))
        return ERR_CANCELLED;
    if (to - from == 1)
        return judge(m, from, e, info);
    e = make(m, from, middle, info);
    return e ? e : make(m, middle, to, info);
}

/* What was made before something failed is kept all the same. */
static enum err make_batch(struct making *m, struct err_info *info)
{
    struct rag *r = m->rag;
    struct err_info why = {0};
    int n = 0;
    enum err e, kept;
    for (int i = 0; i < m->batch.count; i++)
        if (m->batch.items[i].how == EMBED_MAKE)
            m->list[n++] = &m->batch.items[i];
    e = make(m, 0, n, &why);
    fiber_shield(true);
    kept = store_write(r->options.store, embeddings_keep, &m->batch, e ? NULL : info);
    fiber_shield(false);
    if (!kept && m->batch.dimensions)
        r->making.dimensions = (int64_t)m->batch.dimensions;
    for (int i = 0; i < EMBED_BATCH_MAX; i++)
        free(m->vectors[i]);
    if (e)
        *info = why;
    return e ? e : kept;
}

/* *did: there was something. */
static enum err next_batch(struct rag *r, bool *did, struct err_info *info)
{
    const bool local = strcmp(r->making.place, "local") == 0;
    struct making *m = calloc(1, sizeof *m);
    enum err e;
    *did = false;
    if (!m)
        return err_set(info, ERR_NOMEM, "out of memory");
    m->rag = r;
    m->batch.model = r->making.model;
    m->batch.text_most = r->options.text_most;
    m->batch.most = local ? LOCAL_MOST : EMBED_BATCH_MAX;
    m->batch.bytes_most = local ? LOCAL_BYTES : BYTES_MOST;
    e = store_read(r->options.store, embeddings_next, &m->batch, info);
    if (!e && m->batch.count) {
        *did = r->working = true;
        e = make_batch(m, info);
    }
    embeddings_batch_free(&m->batch);
    free(m);
    return e;
}

/* ---- the fiber ---- */

static void note(char out[400], enum err e, const struct err_info *info)
{
    if (e == ERR_CANCELLED)
        return;
    if (e)
        snprintf(out, 400, "%.390s", info->message[0] ? info->message : err_text(e));
    else
        out[0] = 0;
}

static void set_why(struct rag *r)
{
    r->why[0] = 0;
    r->looked = true;
    if (!r->asked && r->no_embedder[0])
        snprintf(r->why, sizeof r->why, "%s", r->no_embedder);
    else if (!r->vectors && r->vectors_problem[0])
        snprintf(r->why, sizeof r->why, "the vectors cannot be opened: %.390s", r->vectors_problem);
    else if (!r->vectors && r->problem[0])
        snprintf(r->why, sizeof r->why, "%s", r->problem);
    else if (!r->asked || !r->vectors)
        snprintf(r->why, sizeof r->why, "no artifact has a vector yet");
}

/* The store of vectors may be out of order while vectors are made, and the other way round. */
static enum err copy(struct rag *r, bool *moved)
{
    struct err_info info = {0};
    enum err e = rag_copy(r, moved, &info);
    if (e && !r->vectors_problem[0])
        log_line("vectors of %s: %s", r->searched.model, info.message);
    note(r->vectors_problem, e, &info);
    set_why(r);
    return e;
}

/* Once for each model, after its vectors can be searched: it takes a while where much is kept. */
static enum err list(struct rag *r, struct err_info *info)
{
    enum err e = ERR_OK;
    if (!r->listed)
        e = store_write(r->options.store, embeddings_list, r->making.model, info);
    if (!e && !r->listed)
        e = store_write(r->options.store, embeddings_clean, NULL, info);
    r->listed = e == ERR_OK;
    return e;
}

static enum err turn(struct rag *r, bool *did, struct err_info *info)
{
    bool moved = false, complete = false;
    enum err e = choose(r, info), copied;
    if (!e)
        e = choose_searched(r, false, info);
    if (e)
        return e;
    copied = copy(r, &moved);
    if (copied == ERR_CANCELLED)
        return copied;
    *did = moved;
    if (!r->wanted)
        return ERR_OK;
    r->paused = r->options.busy && r->options.busy(r->options.arg);
    if (r->paused) {
        *did = true;
        return fiber_sleep(PAUSE_MS);
    }
    e = list(r, info);
    if (!e)
        e = next_batch(r, &complete, info);
    *did |= complete;
    if (!e && !complete && !is_searched(r)) {
        e = choose_searched(r, true, info);
        *did = true;
    }
    return e;
}

/* Damage that no search has met yet: what is damaged is closed, and the next turn fills another
 * one.
 */
static void verify(struct rag *r, bool *did)
{
    struct err_info info = {0};
    enum err e;
    if (!r->vectors || r->verified || !r->options.verify)
        return;
    e = r->options.verify(r->vectors, &info);
    r->verified = e != ERR_CANCELLED;
    if (e != ERR_CORRUPT)
        return;
    log_line("vectors of %s: %s", r->searched.model, info.message);
    rag_close_vectors(r);
    *did = true;
}

static uint64_t pause_of(const struct rag *r, const struct err_info *info)
{
    uint64_t ms = r->options.retry_ms ? (uint64_t)r->options.retry_ms : 1000;
    for (int i = 1; i < r->failed && ms < RETRY_MOST_MS; i++)
        ms *= 2;
    if (info->retry_after_ms > 0 && (uint64_t)info->retry_after_ms > ms)
        ms = (uint64_t)info->retry_after_ms;
    return ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS;
}

enum err rag_work(void *arg)
{
    struct rag *r = arg;
    enum err e = ERR_OK;
    while (e != ERR_CANCELLED) {
        struct err_info info = {0};
        bool did = false;
        e = turn(r, &did, &info);
        if (e && e != ERR_CANCELLED && !r->problem[0])
            log_line("embeddings: %s", info.message[0] ? info.message : err_text(e));
        note(r->problem, e, &info);
        set_why(r);
        if (e == ERR_CANCELLED)
            break;
        r->failed = e ? r->failed + 1 : 0;
        r->working = !e && did;
        if (e)
            e = fiber_sleep(pause_of(r, &info));
        else if (!did)
            rag_mark(r);
        if (!e && !did)
            verify(r, &did);
        if (!e && !did)
            e = rest(r, r->vectors_problem[0] ? CHOOSE_MS : REST_MS);
    }
    return e;
}
