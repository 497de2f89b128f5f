#include <stdlib.h>
#include <string.h>

#include "core/rag/search_internal.h"

enum {
    SELECTIVE = 2000, /* so few artifacts are looked at alone; of more the nearest are sifted */
    OVERSAMPLE = 4,   /* first, and so many times more where too few pass */
};

/* The vector of an artifact, where it has one. */
static enum err stored_vector(struct rag_by_vectors *v, float **out)
{
    struct vector_store *s = v->parts->vectors;
    int64_t id = 0;
    size_t found = 0;
    float *vector = malloc(s->dimensions * sizeof *vector);
    enum err e =
        vector ? s->class->scan(s, v->like - 1, 1, &id, vector, &found, &v->info) : ERR_NOMEM;
    *out = NULL;
    if (!e && found && id == v->like)
        *out = vector;
    else
        free(vector);
    return e;
}

static enum err query_vector(struct rag_by_vectors *v, float **out)
{
    const struct rag_search_parts *p = v->parts;
    const char *text = v->words->plain.data;
    size_t dimensions = 0;
    enum err e = ERR_OK;
    *out = NULL;
    if (v->like)
        e = stored_vector(v, out);
    if (e || *out)
        return e;
    if (!p->embedder)
        return err_set(&v->info, ERR_UNAVAILABLE, "no embedder");
    if (strcmp(p->embedder->model, p->vectors->model) != 0)
        return err_set(&v->info, ERR_UNAVAILABLE, "the vectors are those of %.60s, not of %.60s",
                       p->vectors->model, p->embedder->model);
    e = p->embedder->class->embed(p->embedder, EMBED_QUERY, &text, 1, out, &dimensions, &v->info);
    if (!e && dimensions != p->vectors->dimensions) {
        free(*out);
        *out = NULL;
        e = err_set(&v->info, ERR_PROTOCOL, "the embedder gives %zu numbers, the vectors have %zu",
                    dimensions, p->vectors->dimensions);
    }
    return e;
}

static bool restricted(const struct rag_words *w)
{
    for (int i = 0; i < w->count; i++)
        if (w->terms[i].demand != RAG_WISHED)
            return true;
    return !rag_filter_is_open(&w->filter);
}

static enum err search_among(struct rag_by_vectors *v, const float *query,
                             const struct rag_passing *p)
{
    struct vector_store *s = v->parts->vectors;
    struct rag_sieve sieve = {v->words, v->like, v->hits, 0};
    enum err e;
    if (!p->count)
        return ERR_OK;
    e = s->class->search(s, query, (size_t)v->most + 1, p->ids, p->count, v->hits, &v->count,
                         &v->info);
    sieve.count = v->count;
    if (!e && v->like)
        e = store_read(v->parts->store, rag_sieve_hits, &sieve, &v->info);
    if (!e && v->like)
        v->count = sieve.count;
    return e;
}

/* The nearest, of which those are kept that pass; more of them where these are too few. Rows that
 * are deleted or hidden may have vectors still, so an open filter sifts, too. */
static enum err search_and_sift(struct rag_by_vectors *v, const float *query)
{
    const size_t room = sizeof v->hits / sizeof *v->hits;
    struct vector_store *s = v->parts->vectors;
    size_t ask = (size_t)v->most + 10, asked = 0;
    enum err e = ERR_OK;
    if (restricted(v->words))
        ask = (size_t)v->most * OVERSAMPLE;
    while (!e) {
        struct rag_sieve sieve = {v->words, v->like, v->hits, 0};
        ask = ask < room ? ask : room;
        e = s->class->search(s, query, ask, NULL, 0, v->hits, &asked, &v->info);
        sieve.count = asked;
        if (!e)
            e = store_read(v->parts->store, rag_sieve_hits, &sieve, &v->info);
        v->count = sieve.count;
        if (v->count >= (size_t)v->most || asked < ask || ask == room)
            break;
        ask *= OVERSAMPLE;
    }
    return e;
}

enum err rag_rank_vectors(void *arg)
{
    struct rag_by_vectors *v = arg;
    struct rag_passing passing = {.words = v->words, .most = SELECTIVE, .count = SELECTIVE + 1};
    uint64_t began = uv_hrtime();
    float *query = NULL;
    enum err e = query_vector(v, &query);
    v->count = 0;
    if (!e && restricted(v->words)) {
        passing.ids = malloc(SELECTIVE * sizeof *passing.ids);
        e = passing.ids ? store_read(v->parts->store, rag_list_passing, &passing, &v->info)
                        : ERR_NOMEM;
    }
    if (!e)
        e = passing.count <= SELECTIVE ? search_among(v, query, &passing)
                                       : search_and_sift(v, query);
    if (v->count > (size_t)v->most)
        v->count = (size_t)v->most;
    while (v->count &&
           !(v->hits[v->count - 1].score > 0)) /* these have nothing in common with it */
        v->count--;
    free(passing.ids);
    free(query);
    v->ms = (uv_hrtime() - began) / 1000000;
    return e;
}
