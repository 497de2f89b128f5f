/* The nearest rows of a mapped index: signs of all, levels of those that may be near, the vectors
 * themselves of those that are. How many get the closer look follows from the error of the codes,
 * not from a fixed number: data that is hard for the codes takes longer and is not less exact. */
#ifndef DISE_CORE_VECTOR_SEARCH_H
#define DISE_CORE_VECTOR_SEARCH_H

#include "core/rag/vector_map.h"
#include "core/rag/vector_scan.h"
#include "core/rag/vector_store.h"

struct vector_looked {
    size_t levels, vectors; /* rows that were looked at by them */
};

/* As `search` of the class, on the calling thread; nobody may write meanwhile. `looked` may be
 * NULL. ERR_INPUT: the query is zero or not finite; ERR_CORRUPT: a hit is not what its checksum
 * says. */
enum err vector_search(const struct vector_map *map, const struct vector_scan *scan,
                       const float *query, size_t most, const int64_t *among, size_t among_count,
                       struct vector_hit *hits, size_t *found, struct vector_looked *looked,
                       struct err_info *info) MUST_CHECK;

#endif
