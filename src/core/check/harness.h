/* One run of a program in a fresh sandbox under src/runtime/harness.py, as a journaled step. */
#ifndef DISE_CORE_HARNESS_H
#define DISE_CORE_HARNESS_H

#include "core/pipeline/pipeline_internal.h"

enum { TRACE_INPUT = -1 };

struct harness_run {
    const char *step, *label;        /* of the journal */
    const char *code;                /* the program */
    const char *function;            /* that is called; "": its last public one */
    const struct examples *examples; /* NULL: none */
    struct json_object *given;       /* the program's input; NULL: none */
    const char *script;              /* a test that the program must not see; NULL: none */
    const char *prelude;             /* Python whose names the script may use; NULL: none */
    const struct grants *grants;
    const char
        *measures; /* JSON list of what is measured of it instead (measures.py); NULL: none */
    int trace;     /* the example whose call is followed instead, from 1; TRACE_INPUT: that of the
                      input;     0: none */
    bool clean;    /* debugging output is taken out of the program instead */
    int probes; /* calls to be made up out of the examples and the task's own; their answers come as
                   the record "probes" */
    struct json_object *made; /* made_calls_list(): further probes, where those are too few */
    const char *properties;   /* what properties.py is given, JSON; NULL: no property tests. Without
                                 hypothesis the one record says what is missing, which was told */
    double call_s;            /* seconds that one example may take; 0: as long as the run */
    const char *whose; /* "candidate b of stage 2": the same run is not made again in this job, what
                          it gave comes back with {same: whose}; NULL: it is made in any case */
};

/* *out (the caller puts it): {outcome, exit, records:[…], err}, where the records are those that
 * the harness reported and `err` is the end of the program's standard error. The step is rejected
 * when a check failed. Errors are those of the sandbox, not of the program. */
enum err harness_run(struct job *job, struct task *t, const struct harness_run *run,
                     struct json_object **out, struct err_info *info) MUST_CHECK;
/* The first record of this kind, borrowed; NULL: none. */
struct json_object *harness_record(struct json_object *value, const char *kind);

#endif
