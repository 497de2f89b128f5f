/* Quality gates on a candidate's program: automatic fixes, then the gates beside the examples. What
 * a gate is says tool/tool_gate.h. */
#ifndef DISE_CORE_GATE_H
#define DISE_CORE_GATE_H

#include "core/pipeline/pipeline_internal.h"

/* The gates as they are when the job begins (journaled) into t->gates; begins to install what they
 * run. */
enum err gates_load(struct task *t, struct err_info *info) MUST_CHECK;
/* What the gates of the strict profile run on an accepted program is waited for, so it is installed
 * while models answer; else it is installed when the first program is accepted. */
void gates_prepare(const struct task *t);
/* What becomes of c->code: fixes it, lets the gates and verify_run judge it side by side and fills
 * c->verdict. `label` is that of the run. */
enum err gate_judge(struct job *job, struct candidate *c, const char *label,
                    struct err_info *info) MUST_CHECK;

/* The same of the program that would be taken: the automatic fixes that are for it, after which its
 * examples and tests must say what they said before, then the gates that are for it, side by side.
 * ERR_NOT_FOUND: one of them blocks it; the verdict says which and why, and nothing is accepted. */
enum err gate_accept(struct job *job, struct candidate *c, struct err_info *info) MUST_CHECK;
/* Whether the profile has a gate that can do so. */
bool gates_may_refuse(const struct task *t);

/* Lets all gates judge a kept program that has no figures of its own (or only those of the version
 * that it was made of), and keeps what they say with it. It changes nothing of the program. */
enum err gate_again(struct task *t, struct json_object *artifact, struct err_info *info) MUST_CHECK;

/* Runs the gates that are for an accepted program, and with `all` those for every candidate, on
 * c->code as it is: nothing is fixed. What they say is added to c->verdict.gates; *blocked becomes
 * true when one that may block says no (may be NULL). */
enum err gate_look(struct task *t, struct candidate *c, bool all, bool *blocked,
                   struct err_info *info) MUST_CHECK;

/* ---- between gate.c, gate_run.c and gate_fix.c ---- */

/* What is judged at once: a candidate's program, or (accepted) that of the best one. */
struct gate_sum {
    struct candidate *candidate;
    bool accepted, at_once, together; /* the latter as in struct gate_run */
    bool blocked;
    int passed, asked;
    struct json_object *gates;    /* gate_figures.h */
    struct json_object *blocking; /* of those that block, as gate_report_why; NULL: none does */
    struct json_object *left_out; /* reports of those that were not run; NULL: none */
};
/* Puts `blocking` and `left_out`. */
void gate_sum_fini(struct gate_sum *sum);
size_t gate_count(const struct task *t);
struct json_object *gate_at(const struct task *t, size_t i);
/* Whether gate `i` is to be run for `sum`, and no earlier one has its run. */
bool gate_begins(const struct gate_sum *sum, size_t i);
/* Runs gate `first` and weighs all that share its run. */
enum err gate_group(struct job *job, struct gate_sum *sum, size_t first,
                    struct err_info *info) MUST_CHECK;
/* Runs what is due for `all` in the order of its price, as many at once as the machine has
 * processors (more would only take longer each, up to their time limits), and adds up what it says.
 * `settled`, by gate: those need no run, as gate_pass; NULL: none. */
enum err gate_groups(struct job *job, struct gate_sum *all, const bool *settled,
                     struct err_info *info) MUST_CHECK;
/* Gate `i` and those with its run have nothing to find: its fix has just seen to that. */
void gate_pass(struct job *job, struct gate_sum *sum, size_t i);
/* The gates that found nothing, in one event. */
void gate_emit_passed(struct job *job, const struct gate_sum *sum);
void gate_emit_fixed(struct job *job, const struct candidate *c, struct json_object *gate,
                     const char *what);
void gate_emit_code(struct job *job, const struct candidate *c);
/* "fix a · black" */
void gate_label(const struct candidate *c, const char *verb, struct json_object *run, char out[80]);
/* Begins to install what the gates for the accepted program run. */
void gate_want_accepted(const struct task *t);

/* One command line on one program. */
struct gate_run {
    struct task *task;
    struct json_object *gate, *run; /* the first gate of this command line; how it is run */
    const char *code, *label;
    bool checked_after; /* of a fix: examples and tests have the last word on what it changes */
    bool at_once;       /* what is still being installed is not waited for */
    bool together;      /* what is missing is told by gate_tell_left_out, of all gates at once */
    char key[65];       /* of its run, seen.h */
};
/* A journaled step; {findings, score, values}, `cut` when it came to no end, or {missing: why,
 * what, and crashed, long or installing}. Caller puts *out. */
enum err gate_run_check(struct job *job, struct gate_run *g, struct json_object **out,
                        struct err_info *info) MUST_CHECK;
/* A journaled step; {code, what} of a changed program, and `well`: the command ended with 0. Caller
 * puts *out. */
enum err gate_run_fix(struct job *job, struct gate_run *g, struct json_object **out,
                      struct err_info *info) MUST_CHECK;
/* Within a step: the command line in a fresh sandbox. `keep`: the program file as the command left
 * it goes to r->report. ERR_UNAVAILABLE: the program is missing, which was told; ERR_CANCELLED. */
struct sandbox_result;
enum err gate_run_once(struct step *step, struct gate_run *g, bool keep, struct sandbox_result *r,
                       struct err_info *info) MUST_CHECK;
/* For the graph: what the gates of this command line make of the report. */
void gate_say(struct step *step, const struct gate_run *g, struct json_object *report);
/* Once in the engine's life for a program and what became of it: "are left out". */
void gate_tell(struct step *step, struct gate_run *g, const char *became, const char *why);
/* The same of several reports, in one sentence. A journaled step; nothing when there are none. */
enum err gate_tell_left_out(struct job *job, struct task *t, struct json_object *reports,
                            struct err_info *info) MUST_CHECK;

/* The lines of `before` that `after` does not have, "line 1: import os; …". Pure. */
void gate_changes(const char *before, const char *after, char *out, size_t size);
/* Whether a name in one of these lines is a word of `text` (an import that only an example uses).
 * Pure. */
bool gate_needed(const char *before, const char *after, const char *text);

#endif
