/* How long a call of a model may take, from how long such calls took. Pure. */
#ifndef DISE_CORE_CALL_LIMIT_H
#define DISE_CORE_CALL_LIMIT_H

#include <stddef.h>
#include <stdint.h>

enum { CALL_LIMIT_DATA = 20 };

/* Milliseconds by the model's size in billions of parameters; 0: unknown. */
int64_t call_limit_by_size(double size);
/* The 95th percentile of the times (milliseconds, which are sorted here) x 1.2, not below a
 * quarter of the table by size; with fewer than CALL_LIMIT_DATA that table. At most `most` in any
 * case. */
int64_t call_limit(int64_t *ms, size_t n, double size, int64_t most);

#endif
