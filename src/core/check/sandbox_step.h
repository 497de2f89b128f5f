/* What the steps have in common that run something in a sandbox. */
#ifndef DISE_CORE_SANDBOX_STEP_H
#define DISE_CORE_SANDBOX_STEP_H

#include "core/pipeline/pipeline_internal.h"
#include "core/sandbox/sandbox.h"

/* The limits that the configuration sets for one run of a program. */
void sandbox_step_limits(const struct config *c, struct sandbox_limits *out);
/* A file of src/runtime, appended to `out`. */
enum err sandbox_step_runtime(const struct pipeline *p, const char *name, struct buf *out,
                              struct err_info *info) MUST_CHECK;
/* Tells how the run went and what it used. */
void sandbox_step_emit(struct step *step, const struct sandbox_result *r);

#endif
