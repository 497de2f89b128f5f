/* Colours of Python source, one line after the other. Pure. */
#ifndef DISE_UI_PYTHON_COLORS_H
#define DISE_UI_PYTHON_COLORS_H

#include <stddef.h>

#include "ui/term/style.h"

/* Takes the next token of a line: returns its bytes (≥ 1) and its style. `quote` is the state
 * between lines: 0, or the character of an open triple-quoted string. `*after_def` is kept within a
 * line: start it with 0. */
size_t python_token(const char *text, size_t n, char *quote, int *after_def, enum style *style);

#endif
