/* A store of vectors in memory, as simple as it can be, for tests of those who fill and ask one.
 * What it holds stays when it is closed, as a file's would. Include after <cmocka.h>. */
#ifndef DISE_TESTS_MEMORY_VECTORS_H
#define DISE_TESTS_MEMORY_VECTORS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rag/vector_store.h"

enum { MEMORY_ROWS = 4096, MEMORY_NUMBERS = 16 };

struct memory_rows {
    int64_t ids[MEMORY_ROWS];
    float vectors[MEMORY_ROWS][MEMORY_NUMBERS];
    size_t count, dimensions;
    int upserts, opened;
    enum err fails; /* what upsert gives; ERR_OK: it does as it is told */
};

struct memory_vectors {
    struct vector_store base;
    struct memory_rows *rows;
};

static size_t memory_find(const struct memory_rows *r, int64_t id)
{
    size_t i = 0;
    while (i < r->count && r->ids[i] < id)
        i++;
    return i;
}

static enum err memory_upsert(struct vector_store *s, const int64_t *ids, const float *vectors,
                              size_t n, struct err_info *info)
{
    struct memory_rows *r = ((struct memory_vectors *)s)->rows;
    if (r->fails)
        return err_set(info, r->fails, "the store has a bad day");
    r->upserts++;
    for (size_t k = 0; k < n; k++) {
        const size_t i = memory_find(r, ids[k]);
        if (i == r->count || r->ids[i] != ids[k]) {
            memmove(r->ids + i + 1, r->ids + i, (r->count - i) * sizeof r->ids[0]);
            memmove(r->vectors + i + 1, r->vectors + i, (r->count - i) * sizeof r->vectors[0]);
            r->count++;
        }
        r->ids[i] = ids[k];
        memcpy(r->vectors[i], vectors + k * s->dimensions, s->dimensions * sizeof(float));
    }
    return ERR_OK;
}

static enum err memory_remove(struct vector_store *s, const int64_t *ids, size_t n,
                              struct err_info *info)
{
    struct memory_rows *r = ((struct memory_vectors *)s)->rows;
    (void)info;
    for (size_t k = 0; k < n; k++) {
        const size_t i = memory_find(r, ids[k]);
        if (i == r->count || r->ids[i] != ids[k])
            continue;
        r->count--;
        memmove(r->ids + i, r->ids + i + 1, (r->count - i) * sizeof r->ids[0]);
        memmove(r->vectors + i, r->vectors + i + 1, (r->count - i) * sizeof r->vectors[0]);
    }
    return ERR_OK;
}

static float memory_score(const struct vector_store *s, const float *a, const float *b)
{
    double dot = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < s->dimensions; i++) {
        dot += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return (float)(dot / sqrt(aa * bb));
}

static enum err memory_search(struct vector_store *s, const float *query, size_t most,
                              const int64_t *among, size_t among_count, struct vector_hit *hits,
                              size_t *found, struct err_info *info)
{
    const struct memory_rows *r = ((struct memory_vectors *)s)->rows;
    (void)info;
    *found = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct vector_hit h = {r->ids[i], memory_score(s, query, r->vectors[i])};
        bool in = !among;
        size_t at = *found;
        for (size_t k = 0; !in && k < among_count; k++)
            in = among[k] == h.id;
        while (at > 0 && hits[at - 1].score < h.score)
            at--;
        if (!in || at >= most)
            continue;
        if (*found < most)
            (*found)++;
        memmove(hits + at + 1, hits + at, (*found - at - 1) * sizeof *hits);
        hits[at] = h;
    }
    return ERR_OK;
}

static enum err memory_count(struct vector_store *s, int64_t *count, struct err_info *info)
{
    (void)info;
    *count = (int64_t)((struct memory_vectors *)s)->rows->count;
    return ERR_OK;
}

static enum err memory_scan(struct vector_store *s, int64_t after, size_t most, int64_t *ids,
                            float *vectors, size_t *found, struct err_info *info)
{
    const struct memory_rows *r = ((struct memory_vectors *)s)->rows;
    (void)info;
    *found = 0;
    for (size_t i = 0; i < r->count && *found < most; i++) {
        if (r->ids[i] <= after)
            continue;
        if (vectors)
            memcpy(vectors + *found * s->dimensions, r->vectors[i], s->dimensions * sizeof(float));
        ids[(*found)++] = r->ids[i];
    }
    return ERR_OK;
}

static void memory_close(struct vector_store *s)
{
    free(s);
}

/* Takes over what the rows hold; of another length: they are emptied, and ERR_CORRUPT says so. */
static enum err memory_open(struct memory_rows *rows, const char *model, size_t dimensions,
                            struct vector_store **out, struct err_info *info)
{
    static const struct vector_store_class class = {"memory",      memory_upsert, memory_remove,
                                                    memory_search, memory_count,  memory_scan,
                                                    memory_close};
    struct memory_vectors *v = calloc(1, sizeof *v);
    const bool other = rows->dimensions && rows->dimensions != dimensions;
    v->base.class = &class;
    v->base.dimensions = rows->dimensions = dimensions;
    snprintf(v->base.model, sizeof v->base.model, "%s", model);
    v->rows = rows;
    rows->opened++;
    if (other)
        rows->count = 0;
    *out = &v->base;
    return other ? err_set(info, ERR_CORRUPT, "vectors of another length were here") : ERR_OK;
}

#endif
