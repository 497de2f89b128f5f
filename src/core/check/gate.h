/* Quality gates on a candidate's program: automatic fixes, then the gates beside the examples. What
 * a gate is says tool/tool_gate.h. */
#ifndef DISE_CORE_GATE_H
#define DISE_CORE_GATE_H

#include "core/pipeline/pipeline_internal.h"

/* The gates as they are when the job begins (journaled) into t->gates; begins to install what they
 * run. */
enum err gates_load(struct task *t, struct err_info *info) MUST_CHECK;
/* What becomes of c->code: fixes it, lets the gates and verify_run judge it side by side and fills
 * c->verdict. `label` is that of the run. */
enum err gate_judge(struct job *job, struct candidate *c, const char *label,
                    struct err_info *info) MUST_CHECK;

/* ---- between gate.c, gate_run.c and gate_fix.c ---- */

/* One command line on one program. */
struct gate_run {
    struct task *task;
    struct json_object *gate, *run; /* the first gate of this command line; how it is run */
    const char *code, *label;
    char key[65]; /* of its run, seen.h */
};
/* A journaled step; {findings, score} or {missing: why}. Caller puts *out. */
enum err gate_run_check(struct job *job, struct gate_run *g, struct json_object **out,
                        struct err_info *info) MUST_CHECK;
/* A journaled step; {code, what} of a changed program, {} of an unchanged one. Caller puts *out. */
enum err gate_run_fix(struct job *job, struct gate_run *g, struct json_object **out,
                      struct err_info *info) MUST_CHECK;
/* Within a step: the command line in a fresh sandbox. `keep`: the program file as the command left
 * it goes to r->report. ERR_UNAVAILABLE: the program is missing, which was told; ERR_CANCELLED. */
struct sandbox_result;
enum err gate_run_once(struct step *step, struct gate_run *g, bool keep, struct sandbox_result *r,
                       struct err_info *info) MUST_CHECK;
/* For the graph: what the gates of this command line make of the report. */
void gate_say(struct step *step, const struct gate_run *g, struct json_object *report);
/* The same program is told to be missing once in the engine's life. */
void gate_tell(struct step *step, struct gate_run *g, const char *why);

/* The lines of `before` that `after` does not have, "line 1: import os; …". Pure. */
void gate_changes(const char *before, const char *after, char *out, size_t size);
/* Whether a name in one of these lines is a word of `text` (an import that only an example uses).
 * Pure. */
bool gate_needed(const char *before, const char *after, const char *text);

#endif
