/* The hidden judge of a benchmark: a test that no prompt, plan, event or artifact ever holds. */
#ifndef DISE_CORE_JUDGE_H
#define DISE_CORE_JUDGE_H

#include "core/pipeline/pipeline_internal.h"

/* Runs the `test` of `hidden` (Python; defines check(candidate), or is plain asserts on its
 * `entry_point`) against the program as the journaled step "judge", the two in processes of their
 * own: the program sees the calls and nothing else. What its `head` defines beside the entry point
 * (helpers in the prompt), the test may use. *passed: every assertion held. why: what did not.
 * Errors are those of the sandbox. */
enum err judge_run(struct job *job, struct task *t, const char *code, struct json_object *hidden,
                   bool *passed, char why[400], struct err_info *info) MUST_CHECK;

#endif
