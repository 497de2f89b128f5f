/* A task that is the head of a function, with a docstring and without a body: what its answer has
 * to keep of it. Pure. */
#ifndef DISE_CORE_HEAD_H
#define DISE_CORE_HEAD_H

#include "core/words/examples.h"

/* The code as the head asks for it, appended to `out`: with the task's imports and helpers that it
 * needs and lacks, and the head as it was given (annotations, defaults) when its parameters are the
 * same. Without a head: the code. */
enum err head_complete(const char *task, const char *code, struct buf *out) MUST_CHECK;
/* The code has the function of the head, with as many parameters. A task without a head asks for
 * nothing. false: `why` is a sentence. */
bool head_kept(const char *task, const char *code, char why[200]);

#endif
