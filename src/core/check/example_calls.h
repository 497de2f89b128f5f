/* Models like to show their function at work: calls, prints and assertions of their own behind it.
 * They are no part of what was asked, run whenever the program is loaded, and when the model's idea
 * of an answer is wrong, an assertion refuses a right program. Pure. */
#ifndef DISE_CORE_EXAMPLE_CALLS_H
#define DISE_CORE_EXAMPLE_CALLS_H

#include <stddef.h>

/* The length of the program without the examples at its end; n when it ends with none, or with
 * anything that may belong to the program: what follows the last definition is cut as a whole or
 * not at all. */
size_t example_calls_begin(const char *code, size_t n);

#endif
