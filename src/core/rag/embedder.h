/* The seam to what turns text into vectors: the managed server of this machine, or a backend whose
 * class can embed (core/llm/backend.h). */
#ifndef DISE_CORE_EMBEDDER_H
#define DISE_CORE_EMBEDDER_H

#include "base/err.h"
#include "core/job/fiber.h"

/* Some models want to be told which side of a search a text is on. */
enum embed_side { EMBED_QUERY, EMBED_PASSAGE };

struct embedder;

struct embedder_class {
    /* Vectors of length 1 in the order of the texts, n × *dimensions numbers in *vectors, which the
     * caller frees. On a fiber; cancellable. */
    enum err (*embed)(struct embedder *e, enum embed_side side, const char *const *texts, size_t n,
                      float **vectors, size_t *dimensions, struct err_info *info);
    void (*close)(struct embedder *e); /* on a fiber */
};

/* Every instance begins with this. */
struct embedder {
    const struct embedder_class *class;
    char model[64]; /* vectors of another model cannot be compared */
};

#endif
