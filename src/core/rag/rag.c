#include "core/rag/rag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rag/rag_internal.h"

struct rag_asked *rag_hold(struct rag_asked *a)
{
    a->users++;
    return a;
}

void rag_drop(struct rag_asked *a)
{
    if (!a || --a->users)
        return;
    a->embedder->class->close(a->embedder);
    free(a);
}

/* ---- open, close ---- */

enum err rag_open(const struct rag_options *options, struct rag **out, struct err_info *info)
{
    struct rag *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return err_set(info, ERR_NOMEM, "out of memory");
    r->options = *options;
    snprintf(r->choice, sizeof r->choice, "%s", options->embedder.choice);
    r->options.embedder.choice = r->choice;
    snprintf(r->why, sizeof r->why, "who embeds is still being looked for");
    fiber_sem_init(&r->gate, 1);
    rag_fronts_init(r);
    r->worker = fiber_spawn(options->sched, "embeddings", rag_work, r);
    if (!r->worker) {
        free(r);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    *out = r;
    return ERR_OK;
}

void rag_close(struct rag *r)
{
    if (!r)
        return;
    fiber_shield(true);
    fiber_cancel(r->worker);
    (void)fiber_join(r->worker, NULL);
    rag_close_vectors(r);
    rag_drop(r->asked);
    rag_drop(r->wanted);
    fiber_shield(false);
    free(r);
}

bool rag_at_work(const struct rag *r)
{
    return r && r->working;
}

/* ---- what the accessors give ---- */

static enum err front_embed(struct embedder *base, enum embed_side side, const char *const *texts,
                            size_t n, float **vectors, size_t *dimensions, struct err_info *info)
{
    struct rag *r = ((struct rag_front_embedder *)base)->rag;
    struct rag_asked *a;
    enum err e;
    if (!r->asked)
        return err_set(info, ERR_UNAVAILABLE, "%s", r->why);
    a = rag_hold(r->asked);
    e = a->embedder->class->embed(a->embedder, side, texts, n, vectors, dimensions, info);
    rag_drop(a);
    return e;
}

static void front_close(struct embedder *base)
{
    (void)base; /* it is the rag's */
}

static void front_close_vectors(struct vector_store *base)
{
    (void)base;
}

/* Takes the gate when a store is open behind it. */
static enum err enter(struct vector_store *base, struct rag **out, struct err_info *info)
{
    struct rag *r = *out = ((struct rag_front_vectors *)base)->rag;
    enum err e = fiber_sem_take(&r->gate);
    if (e)
        return err_set(info, e, "cancelled");
    if (r->vectors && r->vectors->dimensions == base->dimensions)
        return ERR_OK;
    fiber_sem_give(&r->gate);
    return r->vectors ? err_set(info, ERR_BUSY,
                                "the vectors of another model are searched now; "
                                "ask again")
                      : err_set(info, ERR_UNAVAILABLE, "%s", r->why);
}

static enum err front_upsert(struct vector_store *base, const int64_t *ids, const float *vectors,
                             size_t n, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(base, &r, info);
    if (e)
        return e;
    e = r->vectors->class->upsert(r->vectors, ids, vectors, n, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err front_remove(struct vector_store *base, const int64_t *ids, size_t n,
                             struct err_info *info)
{
    struct rag *r;
    enum err e = enter(base, &r, info);
    if (e)
        return e;
    e = r->vectors->class->remove(r->vectors, ids, n, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err front_search(struct vector_store *base, const float *query, size_t most,
                             const int64_t *among, size_t among_count, struct vector_hit *hits,
                             size_t *found, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(base, &r, info);
    *found = 0;
    if (e)
        return e;
    e = r->vectors->class->search(r->vectors, query, most, among, among_count, hits, found, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err front_count(struct vector_store *base, int64_t *count, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(base, &r, info);
    *count = 0;
    if (e)
        return e;
    e = r->vectors->class->count(r->vectors, count, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err front_scan(struct vector_store *base, int64_t after, size_t most, int64_t *ids,
                           float *vectors, size_t *found, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(base, &r, info);
    *found = 0;
    if (e)
        return e;
    e = r->vectors->class->scan(r->vectors, after, most, ids, vectors, found, info);
    fiber_sem_give(&r->gate);
    return e;
}

void rag_fronts_init(struct rag *r)
{
    static const struct embedder_class embedder = {"memory", front_embed, front_close};
    static const struct vector_store_class vectors = {
        "memory",    front_upsert, front_remove,       front_search,
        front_count, front_scan,   front_close_vectors};
    r->front_embedder.base.class = &embedder;
    r->front_embedder.rag = r;
    r->front_vectors.base.class = &vectors;
    r->front_vectors.rag = r;
}

struct embedder *rag_embedder(struct rag *r)
{
    struct embedder *e = &r->front_embedder.base;
    if (!r->asked)
        return NULL;
    memcpy(e->model, r->asked->embedder->model, sizeof e->model);
    return e;
}

struct vector_store *rag_vectors(struct rag *r)
{
    struct vector_store *v = &r->front_vectors.base;
    if (!r->vectors)
        return NULL;
    v->dimensions = r->vectors->dimensions;
    memcpy(v->model, r->vectors->model, sizeof v->model);
    return v;
}

const char *rag_why(const struct rag *r)
{
    return r->asked && r->vectors ? "" : r->why;
}

bool rag_starting(const struct rag *r)
{
    return r->asked ? embedder_starts(r->asked->embedder) : !r->looked;
}

bool rag_nobody(const struct rag *r)
{
    return !r->asked && r->no_embedder[0];
}

bool rag_empty(const struct rag *r)
{
    return r->looked && !r->vectors && !r->vectors_problem[0] && !r->problem[0];
}

const char *rag_wanted(const struct rag *r)
{
    return r->wanted ? r->making.model : "";
}

/* ---- search ---- */

static enum err nearest(struct rag *r, const char *text, size_t most, const int64_t *among,
                        size_t among_count, struct vector_hit *hits, size_t *found, bool *again,
                        struct err_info *info)
{
    const int generation = r->generation;
    float *query = NULL;
    size_t dimensions = 0;
    enum err e =
        front_embed(&r->front_embedder.base, EMBED_QUERY, &text, 1, &query, &dimensions, info);
    if (!e)
        e = fiber_sem_take(&r->gate);
    if (e) {
        free(query);
        return e;
    }
    *again = generation != r->generation;
    if (!r->vectors)
        e = err_set(info, ERR_UNAVAILABLE, "%s", r->why);
    else if (r->vectors->dimensions != dimensions)
        e = err_set(info, ERR_PROTOCOL,
                    "the question's vector has %zu numbers, those of the memory have %zu",
                    dimensions, r->vectors->dimensions);
    else
        e = r->vectors->class->search(r->vectors, query, most, among, among_count, hits, found,
                                      info);
    fiber_sem_give(&r->gate);
    free(query);
    return e;
}

/* Once more when another model came in between: then the question was another one's vector. */
enum err rag_nearest(struct rag *r, const char *text, size_t most, const int64_t *among,
                     size_t among_count, struct vector_hit *hits, size_t *found,
                     struct err_info *info)
{
    bool again = false;
    enum err e;
    *found = 0;
    if (*rag_why(r))
        return err_set(info, ERR_UNAVAILABLE, "%s", rag_why(r));
    e = nearest(r, text, most, among, among_count, hits, found, &again, info);
    if (!again || e == ERR_CANCELLED)
        return e;
    return nearest(r, text, most, among, among_count, hits, found, &again, info);
}

struct soon {
    struct rag *rag;
    const char *text;
    uint64_t ms;
    size_t most;
    struct vector_hit *hits;
    size_t *found;
    struct err_info *info;
    struct fiber *asking; /* NULL: it has ended */
    bool late;
};

static enum err ask_soon(void *arg)
{
    struct soon *s = arg;
    return rag_nearest(s->rag, s->text, s->most, NULL, 0, s->hits, s->found, s->info);
}

static enum err give_up(void *arg)
{
    struct soon *s = arg;
    if (fiber_sleep(s->ms) == ERR_OK && s->asking) {
        s->late = true;
        fiber_cancel(s->asking);
    }
    return ERR_OK;
}

enum err rag_nearest_soon(struct rag *r, const char *text, uint64_t ms, size_t most,
                          struct vector_hit *hits, size_t *found, struct err_info *info)
{
    struct soon s = {r, text, ms, most, hits, found, info, NULL, false};
    struct fiber *clock = NULL;
    enum err e, ended = ERR_OK;
    *found = 0;
    if (*rag_why(r))
        return err_set(info, ERR_UNAVAILABLE, "%s", rag_why(r));
    if (!embedder_at_hand(r->asked->embedder))
        return err_set(info, ERR_UNAVAILABLE, "who embeds is not at hand");
    s.asking = fiber_spawn(r->options.sched, "what is near", ask_soon, &s);
    clock = s.asking ? fiber_spawn(r->options.sched, "near late", give_up, &s) : NULL;
    if (!clock && s.asking)
        fiber_cancel(s.asking);
    if (!s.asking)
        return err_set(info, ERR_NOMEM, "out of memory");
    e = fiber_join(s.asking, &ended);
    s.asking = NULL;
    if (clock) {
        fiber_cancel(clock);
        if (fiber_join(clock, NULL) == ERR_CANCELLED)
            e = ERR_CANCELLED;
    }
    if (e || ended)
        *found = 0;
    if (!e && s.late && ended == ERR_CANCELLED)
        return err_set(info, ERR_TIMEOUT, "the search by meaning was not done within %llu ms",
                       (unsigned long long)ms);
    return e ? e : ended;
}

/* ---- status ---- */

static const char *state_of(const struct rag *r, const struct embed_figures *f)
{
    if (!r->wanted)
        return "none";
    if (r->problem[0])
        return "failing";
    if (!f->todo && (!r->working || r->paused))
        return "ready";
    return r->paused ? "paused" : "embedding";
}

static struct json_object *describe_vectors(struct rag *r)
{
    struct json_object *o = json_object_new_object();
    struct vector_store *v = rag_vectors(r);
    int64_t n = 0;
    if (v)
        (void)!v->class->count(v, &n, NULL);
    json_add_str(o, "kind", r->vectors ? r->vectors->class->name : "");
    json_add_i64(o, "count", n);
    json_add_str(o, "state",
                 r->vectors_problem[0] ? "failing"
                 : !r->vectors         ? "none"
                 : r->filling          ? "filling"
                                       : "ready");
    json_add_str(o, "problem", r->vectors_problem);
    return o;
}

/* What a person can do: the sentences of what is missing end with it. */
static const char *remedy_of(const struct rag *r)
{
    const char *at = strstr(r->no_embedder, "dise model install");
    if (!r->wanted && at)
        return at;
    if (r->problem[0])
        return "dise backends --test tells how it goes; search goes on by what is there";
    return "";
}

enum err rag_status(struct rag *r, struct json_object **out, struct err_info *info)
{
    struct embed_figures f = {.model = r->wanted ? r->making.model : r->searched.model};
    struct json_object *o;
    enum err e = store_read(r->options.store, embeddings_count, &f, info);
    *out = NULL;
    if (e)
        return e;
    o = *out = json_object_new_object();
    json_add_str(o, "embedder", r->wanted ? r->wanted->embedder->class->name : "none");
    json_add_str(o, "model", r->wanted ? r->making.name : "");
    json_add_str(o, "place", r->wanted ? r->making.place : "");
    json_add_i64(o, "dimensions", r->wanted ? r->making.dimensions : 0);
    json_add_str(o, "searched", r->asked ? r->searched.model : "");
    json_add_str(o, "state", state_of(r, &f));
    json_add_i64(o, "artifacts", f.artifacts);
    json_add_i64(o, "embedded", f.made);
    json_add_i64(o, "refused", f.refused);
    json_add_str(o, "refused_why", f.refused ? f.refused_why : "");
    json_add_i64(o, "todo", f.todo);
    json_object_object_add(o, "vectors", describe_vectors(r));
    json_add_str(o, "by", *rag_why(r) ? "words" : "words and meaning");
    json_add_str(o, "problem", r->problem[0] ? r->problem : rag_why(r));
    json_add_str(o, "remedy", remedy_of(r));
    return ERR_OK;
}
