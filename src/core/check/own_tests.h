/* Programs of the old system come with a test program of their own (core/store/import.h). */
#ifndef DISE_CORE_OWN_TESTS_H
#define DISE_CORE_OWN_TESTS_H

#include "core/pipeline/pipeline_internal.h"

/* Whether an artifact has come from there with tests that assert anything. Pure. */
bool own_tests_has(struct json_object *artifact);
/* Runs them beside the program in a sandbox, as a journaled step; models and tools answer with the
 * old system's placeholders. When they go through the artifact is verified (import_verified), and
 * the job solved. Errors are those of the sandbox. */
enum err own_tests_judge(struct task *t, struct json_object *artifact, struct ending *end,
                         struct err_info *info) MUST_CHECK;

#endif
