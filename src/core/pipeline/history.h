/* What the earlier attempts of a job came to, in short, for a stage with the full context. Pure. */
#ifndef DISE_CORE_HISTORY_H
#define DISE_CORE_HISTORY_H

#include "base/buf.h"

enum { HISTORY_MAX = 16, HISTORY_LINE = 160, HISTORY_BYTES = 1500 };

struct history; /* of one job; starts as NULL */

/* A program was wrong, and how. Equal ones count together; of too many the oldest is forgotten. */
void history_note(struct history **h, const char *why);
void history_free(struct history *h);
/* Appends "Earlier programs failed so:" with one line a kind, the latest last, at most about
 * HISTORY_BYTES; nothing when there is none. */
enum err history_write(const struct history *h, struct buf *out) MUST_CHECK;

#endif
