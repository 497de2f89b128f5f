/* The seam to where vectors are searched: one class per kind of store (a file of this machine,
 * Qdrant), one instance per model of embeddings. What it holds is a copy: the truth is the table
 * `embedding` of the database, from which each store can be filled anew.
 * Calls are straight-line on a fiber and leave the loop free; a cancelled fiber gets ERR_CANCELLED.
 */
#ifndef DISE_CORE_VECTOR_STORE_H
#define DISE_CORE_VECTOR_STORE_H

#include "base/err.h"
#include "core/job/fiber.h"

struct vector_hit {
    int64_t id;  /* of the artifact, > 0 */
    float score; /* cosine, -1 to 1 */
};

struct vector_store;

struct vector_store_class {
    const char *name; /* "file", "qdrant" */
    /* Takes or replaces n vectors of `dimensions` numbers each, row by row; they need not have
     * length 1, but must be finite and not zero: else ERR_INPUT and nothing is taken. Ids are
     * different. */
    enum err (*upsert)(struct vector_store *s, const int64_t *ids, const float *vectors, size_t n,
                       struct err_info *info);
    /* Ids that are not there are no error. */
    enum err (*remove)(struct vector_store *s, const int64_t *ids, size_t n, struct err_info *info);
    /* The `most` nearest by cosine, nearest first, equal ones by smaller id. `among`: only these
     * ids (ascending), NULL: all. */
    enum err (*search)(struct vector_store *s, const float *query, size_t most,
                       const int64_t *among, size_t among_count, struct vector_hit *hits,
                       size_t *found, struct err_info *info);
    enum err (*count)(struct vector_store *s, int64_t *count, struct err_info *info);
    /* The next ids after `after` (0: from the beginning), ascending, at most `most`; with their
     * vectors (length 1) when `vectors` is not NULL (room for most × dimensions). *found 0: the
     * end.
     */
    enum err (*scan)(struct vector_store *s, int64_t after, size_t most, int64_t *ids,
                     float *vectors, size_t *found, struct err_info *info);
    void (*close)(struct vector_store *s); /* on a fiber */
};

/* Every instance begins with this. */
struct vector_store {
    const struct vector_store_class *class;
    size_t dimensions;
    char model[64]; /* whose vectors these are */
};

#endif
