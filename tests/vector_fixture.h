/* A vector index in a folder of its own, with calls that each run on a fiber to their end, so that
 * tests may assert between them. */
#ifndef DISE_TESTS_VECTOR_FIXTURE_H
#define DISE_TESTS_VECTOR_FIXTURE_H

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/rag/vector_file.h"

struct vectors {
    char folder[64], path[96];
    size_t dimensions;
    uv_loop_t loop;
    struct sched *sched;
    struct vector_store *store;
    struct err_info info;
};

struct vectors_call {
    struct vectors *v;
    enum { OPEN, UPSERT, REMOVE, SEARCH, COUNT, SCAN, MARK, VERIFY, STATS, CLOSE } what;
    const char *model;
    const int64_t *ids;
    const float *vectors;
    size_t n, most;
    struct vector_hit *hits;
    size_t *found;
    int64_t *number;
    float *out;
    struct vector_file_stats *stats;
    enum err result;
};

static enum err vectors_fiber(void *arg)
{
    struct vectors_call *c = arg;
    struct vector_store *s = c->v->store;
    struct err_info *info = &c->v->info;
    switch (c->what) {
    case OPEN:
        c->result = vector_file_open(c->v->sched, c->v->path, c->model, c->v->dimensions,
                                     &c->v->store, info);
        break;
    case UPSERT:
        c->result = s->class->upsert(s, c->ids, c->vectors, c->n, info);
        break;
    case REMOVE:
        c->result = s->class->remove(s, c->ids, c->n, info);
        break;
    case SEARCH:
        c->result = s->class->search(s, c->vectors, c->most, c->ids, c->n, c->hits, c->found, info);
        break;
    case COUNT:
        c->result = s->class->count(s, c->number, info);
        break;
    case SCAN:
        c->result = s->class->scan(s, *c->number, c->most, c->number, c->out, c->found, info);
        break;
    case MARK:
        c->result = vector_file_mark(s, *c->number, info);
        break;
    case VERIFY:
        c->result = vector_file_verify(s, info);
        break;
    case STATS:
        c->result = vector_file_stats(s, c->stats);
        break;
    case CLOSE:
        s->class->close(s);
        c->v->store = NULL;
    }
    return ERR_OK;
}

static enum err vectors_run(struct vectors_call *c)
{
    struct fiber *f = fiber_spawn(c->v->sched, "call", vectors_fiber, c);
    memset(&c->v->info, 0, sizeof c->v->info);
    if (!f)
        abort();
    fiber_detach(f, NULL, NULL);
    sched_run(c->v->sched);
    return c->result;
}

#define VECTORS_CALL(V, WHAT, ...)                                                                 \
    vectors_run(&(struct vectors_call){.v = (V), .what = (WHAT), __VA_ARGS__})

static inline enum err vectors_open(struct vectors *v)
{
    return VECTORS_CALL(v, OPEN, .model = "test");
}
static inline void vectors_close(struct vectors *v)
{
    if (v->store)
        (void)VECTORS_CALL(v, CLOSE);
}
static inline enum err vectors_upsert(struct vectors *v, const int64_t *ids, const float *rows,
                                      size_t n)
{
    return VECTORS_CALL(v, UPSERT, .ids = ids, .vectors = rows, .n = n);
}
static inline enum err vectors_remove(struct vectors *v, const int64_t *ids, size_t n)
{
    return VECTORS_CALL(v, REMOVE, .ids = ids, .n = n);
}
/* Gives how many were found; SIZE_MAX: an error, in v->info. */
static inline size_t vectors_search(struct vectors *v, const float *query, size_t most,
                                    const int64_t *among, size_t n, struct vector_hit *hits)
{
    size_t found = 0;
    enum err e = VECTORS_CALL(v, SEARCH, .vectors = query, .most = most, .ids = among, .n = n,
                              .hits = hits, .found = &found);
    return e ? SIZE_MAX : found;
}
static inline int64_t vectors_count(struct vectors *v)
{
    int64_t n = -1;
    return VECTORS_CALL(v, COUNT, .number = &n) ? -1 : n;
}
static inline enum err vectors_verify(struct vectors *v)
{
    return VECTORS_CALL(v, VERIFY);
}
static inline enum err vectors_mark(struct vectors *v, int64_t mark)
{
    return VECTORS_CALL(v, MARK, .number = &mark);
}

/* At a path that is there; no vectors_end(). */
static inline void vectors_begin_at(struct vectors *v, const char *path, size_t dimensions)
{
    memset(v, 0, sizeof *v);
    v->dimensions = dimensions;
    snprintf(v->path, sizeof v->path, "%s", path);
    uv_loop_init(&v->loop);
    v->sched = sched_new(&v->loop);
}

static inline void vectors_begin(struct vectors *v, size_t dimensions)
{
    vectors_begin_at(v, "", dimensions);
    /* In memory where there is a place for it: syncing thousands of times is no test's matter. */
    snprintf(v->folder, sizeof v->folder, "%s/dise-vectors-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(v->folder))
        abort();
    snprintf(v->path, sizeof v->path, "%s/index", v->folder);
}

static int vectors_unlink(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

/* Gives what uv_loop_close gave. */
static inline int vectors_end(struct vectors *v)
{
    vectors_close(v);
    sched_close(v->sched);
    uv_run(&v->loop, UV_RUN_DEFAULT);
    nftw(v->folder, vectors_unlink, 8, FTW_DEPTH | FTW_PHYS);
    return uv_loop_close(&v->loop);
}

/* ---- numbers ---- */

static inline float vectors_random(uint64_t *state)
{
    float sum = 0;
    for (int i = 0; i < 4; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        sum += (float)(*state >> 40) / (1 << 24) - 0.5f;
    }
    return sum;
}

static inline double vectors_cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

#endif
