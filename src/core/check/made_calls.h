/* Calls for the property tests and the probes where the task's examples show no values: of the
 * types that its own head says, else those that most of the accepted programs say, made by the test
 * data generator (src/runtime/testdata_calls.py). All programs of the job get the same ones, and
 * what a program says of types has no part in how its answers are judged. */
#ifndef DISE_CORE_MADE_CALLS_H
#define DISE_CORE_MADE_CALLS_H

#include "core/pipeline/pipeline_internal.h"

/* Whether they are to be made now: not before, the examples and generated tests show hardly a
 * value, and there is a head with types. `compared`: the answers of programs are to be. */
bool made_calls_wanted(const struct task *t, const struct pool *pool, bool compared);
/* Makes them in a sandbox as a journaled step, once a job, into t->made. That none come of it is no
 * failure; errors are ERR_CANCELLED and those of the journal. */
enum err made_calls_make(struct task *t, const struct pool *pool) MUST_CHECK;
/* [{"args": Python text | "call": the whole call, "edge": at an edge of the types, "empty"}],
 * borrowed; NULL: there are none. */
struct json_object *made_calls_list(const struct task *t);
/* Whether the words of these examples show values that others can be made of: a number, or a text
 * that is not empty, in arguments that are plain values. Pure. */
bool made_calls_values(const struct examples *x);

#endif
