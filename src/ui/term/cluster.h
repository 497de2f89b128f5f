/* Text as terminals show it: clusters of a base character and its combining marks, with the width
 * that curses will use (wcwidth). Text from models and files is not trusted: controls, escape
 * sequences and direction overrides draw nothing. Clusters on which terminals disagree (joined
 * emoji, flags, skin tones, a mark without base) become one replacement cell. */
#ifndef DISE_UI_CLUSTER_H
#define DISE_UI_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { CLUSTER_BYTES = 12 }; /* marks that do not fit are dropped */

struct cluster {
    char text[CLUSTER_BYTES]; /* what to draw, not terminated */
    unsigned char len;        /* bytes in text; 0: draws nothing */
    unsigned char width;      /* columns: 0, 1 or 2 */
};

/* Sets LC_CTYPE from the environment, or C.UTF-8 when that is no UTF-8 locale: wcwidth needs it.
 * Call once before anything else here; false: there is no UTF-8 locale at all. */
bool cluster_locale(void);
/* Takes the next cluster of n > 0 bytes; returns the bytes used (≥ 1). A tab is one space wide; a
 * line end draws nothing; an escape sequence is taken whole (to the line end when it is cut). */
size_t cluster_next(const char *text, size_t n, struct cluster *out);
/* Start of the cluster that ends at byte `at` > 0 (for a cursor going left). */
size_t cluster_prev(const char *text, size_t at);
/* Columns of n bytes of one line. */
int cluster_columns(const char *text, size_t n);
/* The most bytes of whole clusters that fit `columns`; *used (may be NULL) gets their columns. */
size_t cluster_fit(const char *text, size_t n, int columns, int *used);

/* An incremental cleaner for streams: what comes out is valid UTF-8 without controls other than
 * newline and tab, however the input was split. Zero-initialise. */
struct cleaner {
    int state;
    int held_n;
    char held[4]; /* beginning of a character */
};
/* Appends the clean text of n bytes; ERR_TOO_LARGE over out's ceiling (out keeps what fitted). */
enum err cleaner_feed(struct cleaner *c, const char *text, size_t n, struct buf *out) MUST_CHECK;

#endif
