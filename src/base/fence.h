/* Marks of fenced code blocks, as models write them (after CommonMark 0.31, 4.5). Pure. */
#ifndef DISE_BASE_FENCE_H
#define DISE_BASE_FENCE_H

#include <stdbool.h>
#include <stddef.h>

struct fence {
    size_t indent; /* columns before the mark; a tab is 4 */
    size_t info;   /* where the language begins in the line */
};

/* Whether the line (without its end) begins with three backticks; *out says where. */
bool fence_mark(const char *line, size_t n, struct fence *out);
/* Whether a mark inside a block ends it. One that is indented further than 3 columns belongs to the
 * code: backticks in a docstring. */
bool fence_closes(const struct fence *open, const struct fence *mark);

#endif
