/* The hidden judge of a benchmark: a test that no prompt, plan, event or artifact ever holds. */
#ifndef DISE_CORE_JUDGE_H
#define DISE_CORE_JUDGE_H

#include "core/pipeline/pipeline_internal.h"

/* Runs `test` (Python; defines check(candidate), or is plain asserts on `entry_point`) against the
 * program as the journaled step "judge", the two in processes of their own: the program sees the
 * calls and nothing else. *passed: every assertion held. why: what did not. Errors are those of
 * the sandbox. */
enum err judge_run(struct job *job, struct task *t, const char *code, const char *entry_point,
                   const char *test, bool *passed, char why[400], struct err_info *info) MUST_CHECK;

#endif
