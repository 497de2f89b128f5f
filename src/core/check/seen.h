/* The runs of a job by what they depend on: the same program is not run twice under the same
 * conditions. Programs are the same when they differ in comments and blank lines only. */
#ifndef DISE_CORE_SEEN_H
#define DISE_CORE_SEEN_H

#include "base/buf.h"

struct seen; /* all runs of one job; starts as NULL */

/* Appends the program without comments, blank lines and blanks at the ends of lines; what is inside
 * of texts stays. Pure; takes anything. */
enum err seen_plain(const char *code, struct buf *out) MUST_CHECK;
/* The name of a run: SHA-256 over the program so plain and what else it depends on. */
enum err seen_key(const char *code, const char *conditions, size_t n, char key[65]) MUST_CHECK;

/* What the run gave (its value, and whose it was: "candidate b of stage 2"); NULL: it was not run
 * before, and the caller runs it now and says by seen_put what came of it. Waits while another is
 * running it. On a fiber; ERR_CANCELLED. Borrowed until seen_free. */
enum err seen_look(struct seen **all, const char key[65], const char **value,
                   const char **whose) MUST_CHECK;
/* What came of a run, just made or out of the journal; NULL: nothing, the next one makes it. The
 * first value stays. */
void seen_put(struct seen **all, const char key[65], const char *value, const char *whose);
void seen_free(struct seen *all);

#endif
