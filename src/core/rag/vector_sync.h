/* Makes one store of vectors hold what another holds, whatever their classes. */
#ifndef DISE_CORE_VECTOR_SYNC_H
#define DISE_CORE_VECTOR_SYNC_H

#include "core/rag/vector_store.h"

struct vector_sync {
    struct vector_store *from, *to; /* both of one model and dimension: else ERR_INPUT */
    /* How far it has come: what "copying", "removing" or "checking"; vectors. May be NULL. */
    void (*on_progress)(void *arg, const char *what, int64_t done, int64_t total);
    void *arg;
};

struct vector_sync_report {
    int64_t copied;  /* vectors written, those that were there already included */
    int64_t removed; /* that `from` has not */
    int64_t count;   /* in each, at the end */
    int64_t checked; /* vectors compared afterwards, and found by searching */
};

/* Copies all vectors, removes what `from` has not, then compares the counts and a sample of the
 * vectors spread over all. Each part may be done again at any time, so what was cut goes on when
 * it is called anew. Vectors may come and go in `from` meanwhile: what has then another count is
 * looked through again, twice at most. Errors: those of the stores; ERR_BUSY when the counts do not
 * come together, ERR_CORRUPT when a vector has another direction afterwards. On a fiber. */
enum err vector_sync(const struct vector_sync *s, struct vector_sync_report *report,
                     struct err_info *info) MUST_CHECK;

#endif
