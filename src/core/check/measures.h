/* What DiSE measures itself of a program that was accepted: duplication, type annotations, test
 * coverage and mutation score, all in one run of src/runtime/measures.py. Each is the figure of a
 * gate whose command is MEASURES_COMMAND; `gate.value` names it, else the gate's id. */
#ifndef DISE_CORE_MEASURES_H
#define DISE_CORE_MEASURES_H

#include "core/check/harness.h"

#define MEASURES_COMMAND "dise-measure"

/* Whether this gate's figure comes from here. Pure. */
bool measures_has(struct json_object *gate);
/* Measures the candidate's program on the examples and the generated tests that it passes, as a
 * journaled step. Sets c->evidence.mutants and .killed. *out is what harness_run gave, caller puts;
 * errors are those of the sandbox. */
enum err measures_run(struct job *job, struct candidate *c, struct json_object **out,
                      struct err_info *info) MUST_CHECK;
/* What a gate is to be weighed by: {findings:[{line, text}], score, values, value, unit, ms} or
 * {missing: why, crashed}, out of what measures_run gave. Caller puts. Pure. */
struct json_object *measures_report(struct json_object *gate, struct json_object *value);

#endif
