/* The same task in other words is answered by the program that is kept. */
#ifndef DISE_CORE_REUSE_H
#define DISE_CORE_REUSE_H

#include "core/pipeline/pipeline_internal.h"

/* Looks for programs of the same task in other words (core/words/same_task.h; journaled steps
 * "reuse" and "run"), tries them on the task's own examples and input, and ends the task with the
 * first that passes: end->status is set then. Where the rule is not sure a model may be asked
 * (memory.ask). ERR_OK without a status: nothing is kept that answers it. A program that the words
 * say is the right one and that fails loses standing. */
enum err reuse_try(struct task *t, struct ending *end, struct err_info *info) MUST_CHECK;

#endif
