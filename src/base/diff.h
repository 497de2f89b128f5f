/* What differs between two texts, by lines, as a unified diff. Pure. */
#ifndef DISE_BASE_DIFF_H
#define DISE_BASE_DIFF_H

#include "base/buf.h"

/* Appends "--- a", "+++ b" and hunks with 3 lines of context to `out`; nothing when the texts are
 * the same. E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986). Bounded: texts
 * that differ in more lines than a person would read are shown as the old lines and the new ones.
 * ERR_TOO_LARGE: `out` is full. */
enum err diff_unified(const char *a, const char *b, const char *a_name, const char *b_name,
                      struct buf *out) MUST_CHECK;

#endif
