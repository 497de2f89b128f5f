/* A store of vectors in memory, for tests of what works on any store: it keeps them sorted by id,
 * can fail at a chosen call, and can be written to by "others" in the middle. Include after
 * <cmocka.h>. */
#ifndef DISE_TESTS_VECTOR_MEMORY_H
#define DISE_TESTS_VECTOR_MEMORY_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rag/vector_store.h"

enum { MEMORY_ROWS = 10000, MEMORY_DIMENSIONS = 8 };

struct vector_memory {
    struct vector_store base;
    int64_t ids[MEMORY_ROWS];
    float rows[MEMORY_ROWS][MEMORY_DIMENSIONS];
    size_t n;
    int fail_at; /* the call, counted from 1, that fails; 0: none */
    int calls, upserts;
    int64_t spoils; /* what it takes it keeps wrongly, from this id on; 0: nothing */
    bool loses;     /* of each batch it does not keep the last */
    /* Called before each call; may be NULL. */
    void (*before)(struct vector_memory *m);
};

static inline size_t memory_at(const struct vector_memory *m, int64_t id)
{
    size_t low = 0, high = m->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (m->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline bool memory_has(const struct vector_memory *m, int64_t id)
{
    size_t at = memory_at(m, id);
    return at < m->n && m->ids[at] == id;
}

static inline void memory_put(struct vector_memory *m, int64_t id, const float *row)
{
    const bool wrong = m->spoils && id >= m->spoils;
    size_t at = memory_at(m, id);
    double sum = 0;
    if (!memory_has(m, id)) {
        memmove(m->ids + at + 1, m->ids + at, (m->n - at) * sizeof *m->ids);
        memmove(m->rows + at + 1, m->rows + at, (m->n - at) * sizeof *m->rows);
        m->n++;
    }
    m->ids[at] = id;
    for (int i = 0; i < MEMORY_DIMENSIONS; i++)
        sum += (double)row[i] * row[i];
    for (int i = 0; i < MEMORY_DIMENSIONS; i++)
        m->rows[at][i] = (float)(row[wrong ? MEMORY_DIMENSIONS - 1 - i : i] / sqrt(sum));
}

static inline void memory_drop(struct vector_memory *m, int64_t id)
{
    size_t at = memory_at(m, id);
    if (!memory_has(m, id))
        return;
    m->n--;
    memmove(m->ids + at, m->ids + at + 1, (m->n - at) * sizeof *m->ids);
    memmove(m->rows + at, m->rows + at + 1, (m->n - at) * sizeof *m->rows);
}

static inline enum err memory_call(struct vector_store *s, struct err_info *info)
{
    struct vector_memory *m = (struct vector_memory *)s;
    if (m->before)
        m->before(m);
    if (++m->calls == m->fail_at)
        return err_set(info, ERR_NET_BROKEN, "the connection broke; try again");
    return fiber_yield();
}

static inline enum err memory_upsert(struct vector_store *s, const int64_t *ids,
                                     const float *vectors, size_t n, struct err_info *info)
{
    struct vector_memory *m = (struct vector_memory *)s;
    enum err e = memory_call(s, info);
    m->upserts++;
    for (size_t i = 0; !e && i < n - m->loses; i++)
        memory_put(m, ids[i], vectors + i * MEMORY_DIMENSIONS);
    return e;
}

static inline enum err memory_remove(struct vector_store *s, const int64_t *ids, size_t n,
                                     struct err_info *info)
{
    enum err e = memory_call(s, info);
    for (size_t i = 0; !e && i < n; i++)
        memory_drop((struct vector_memory *)s, ids[i]);
    return e;
}

static inline int memory_nearer(const void *a, const void *b)
{
    const struct vector_hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Of `among` this one knows nothing. */
static inline enum err memory_search(struct vector_store *s, const float *query, size_t most,
                                     const int64_t *among, size_t among_count,
                                     struct vector_hit *hits, size_t *found, struct err_info *info)
{
    struct vector_memory *m = (struct vector_memory *)s;
    struct vector_hit *all = calloc(m->n + 1, sizeof *all);
    enum err e = memory_call(s, info);
    double length = 0;
    (void)among;
    (void)among_count;
    for (int k = 0; k < MEMORY_DIMENSIONS; k++)
        length += (double)query[k] * query[k];
    for (size_t i = 0; i < m->n; i++) {
        double dot = 0;
        for (int k = 0; k < MEMORY_DIMENSIONS; k++)
            dot += (double)query[k] * m->rows[i][k];
        all[i] = (struct vector_hit){.id = m->ids[i], .score = (float)(dot / sqrt(length))};
    }
    qsort(all, m->n, sizeof *all, memory_nearer);
    *found = e ? 0 : m->n < most ? m->n : most;
    memcpy(hits, all, *found * sizeof *hits);
    free(all);
    return e;
}

static inline enum err memory_count(struct vector_store *s, int64_t *count, struct err_info *info)
{
    enum err e = memory_call(s, info);
    *count = (int64_t)((struct vector_memory *)s)->n;
    return e;
}

static inline enum err memory_scan(struct vector_store *s, int64_t after, size_t most, int64_t *ids,
                                   float *vectors, size_t *found, struct err_info *info)
{
    struct vector_memory *m = (struct vector_memory *)s;
    enum err e = memory_call(s, info);
    size_t at = memory_at(m, after + 1), n = m->n - at < most ? m->n - at : most;
    *found = e ? 0 : n;
    memcpy(ids, m->ids + at, *found * sizeof *ids);
    if (vectors)
        memcpy(vectors, m->rows + at, *found * sizeof *m->rows);
    return e;
}

static inline void memory_close(struct vector_store *s)
{
    free(s);
}

static const struct vector_store_class memory_store = {.name = "memory",
                                                       .upsert = memory_upsert,
                                                       .remove = memory_remove,
                                                       .search = memory_search,
                                                       .count = memory_count,
                                                       .scan = memory_scan,
                                                       .close = memory_close};

static inline struct vector_memory *memory_open(const char *model)
{
    struct vector_memory *m = calloc(1, sizeof *m);
    m->base.class = &memory_store;
    m->base.dimensions = MEMORY_DIMENSIONS;
    snprintf(m->base.model, sizeof m->base.model, "%s", model);
    return m;
}

/* A direction of its own for each number. */
static inline void memory_vector(int64_t id, float out[MEMORY_DIMENSIONS])
{
    uint64_t x = (uint64_t)id * 0x9E3779B97F4A7C15u;
    for (int i = 0; i < MEMORY_DIMENSIONS; i++) {
        x ^= x >> 31;
        x *= 0xBF58476D1CE4E5B9u;
        out[i] = (float)((double)(x >> 11) / (double)(1ull << 53) - 0.5);
    }
}

#endif
