/* The store behind the memory's search as something that can be held on to. */
#include <stdlib.h>
#include <string.h>

#include "core/rag/rag_internal.h"

struct view {
    struct vector_store base;
    struct vector_store_class class; /* with the name of the store behind it */
    struct rag *rag;
    int generation; /* of the store that it is a view of */
};

static enum err enter(struct vector_store *s, struct rag **out, struct err_info *info)
{
    struct view *v = (struct view *)s;
    struct rag *r = *out = v->rag;
    enum err e = fiber_sem_take(&r->gate);
    if (e)
        return err_set(info, e, "cancelled");
    if (r->vectors && r->generation == v->generation)
        return ERR_OK;
    fiber_sem_give(&r->gate);
    return err_set(
        info, ERR_BUSY,
        "the vectors were opened anew meanwhile, or those of another model; do it again");
}

static enum err view_upsert(struct vector_store *s, const int64_t *ids, const float *vectors,
                            size_t n, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(s, &r, info);
    if (e)
        return e;
    e = r->vectors->class->upsert(r->vectors, ids, vectors, n, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err view_remove(struct vector_store *s, const int64_t *ids, size_t n,
                            struct err_info *info)
{
    struct rag *r;
    enum err e = enter(s, &r, info);
    if (e)
        return e;
    e = r->vectors->class->remove(r->vectors, ids, n, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err view_search(struct vector_store *s, const float *query, size_t most,
                            const int64_t *among, size_t among_count, struct vector_hit *hits,
                            size_t *found, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(s, &r, info);
    *found = 0;
    if (e)
        return e;
    e = r->vectors->class->search(r->vectors, query, most, among, among_count, hits, found, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err view_count(struct vector_store *s, int64_t *count, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(s, &r, info);
    *count = 0;
    if (e)
        return e;
    e = r->vectors->class->count(r->vectors, count, info);
    fiber_sem_give(&r->gate);
    return e;
}

static enum err view_scan(struct vector_store *s, int64_t after, size_t most, int64_t *ids,
                          float *vectors, size_t *found, struct err_info *info)
{
    struct rag *r;
    enum err e = enter(s, &r, info);
    *found = 0;
    if (e)
        return e;
    e = r->vectors->class->scan(r->vectors, after, most, ids, vectors, found, info);
    fiber_sem_give(&r->gate);
    return e;
}

static void view_close(struct vector_store *s)
{
    free(s);
}

struct vector_store *rag_view(struct rag *r)
{
    struct view *v = r->vectors ? calloc(1, sizeof *v) : NULL;
    if (!v)
        return NULL;
    v->class = (struct vector_store_class){.name = r->vectors->class->name,
                                           .upsert = view_upsert,
                                           .remove = view_remove,
                                           .search = view_search,
                                           .count = view_count,
                                           .scan = view_scan,
                                           .close = view_close};
    v->base.class = &v->class;
    v->base.dimensions = r->vectors->dimensions;
    memcpy(v->base.model, r->vectors->model, sizeof v->base.model);
    v->rag = r;
    v->generation = r->generation;
    return &v->base;
}

void rag_recheck(struct rag *r)
{
    r->recheck = true;
    rag_ring(r);
}
