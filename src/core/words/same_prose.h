/* What of a task's text is no prose: examples, heads of functions, imports. Pure. */
#ifndef DISE_CORE_SAME_PROSE_H
#define DISE_CORE_SAME_PROSE_H

#include "core/words/same_words.h"

/* Blanks it in `copy`, a copy of `text` into which `x` points, and notes in `out` what it tells:
 * examples, their hashes, defaults, the result's type, fields. Needs out->function. */
void same_prose(char *copy, const char *text, const struct examples *x, struct same_text *out);

#endif
