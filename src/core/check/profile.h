/* Where a program spends its time and its memory, measured in a sandbox by src/runtime/profile.py.
 *
 * The profile is JSON; times are milliseconds of one run of the workload, without what the tracer
 * costs, so that they add up to wall_ms:
 *   {"wall_ms", "cpu_ms", "first_ms", "import_ms", "peak_kb", "base_kb" (before the workload),
 *    "runs" (of which the plain figures are), "overhead" (times slower under the tracer),
 *    "python", "workload" (in words), "input" (how large the one that was made is; "": the workload
 *    is the examples', or was given), "hangs" (it was ended after "ended_ms": then wall_ms is what
 *    was followed of it),
 *    "error", "error_line" (what the program raised), "notes": [sentences],
 *    "functions": [{"name", "line", "calls", "self_ms", "total_ms"}] by total time,
 *    "lines": [{"line", "hits", "ms", "in", "text"}] by number; ms: without the program's own
 *       functions; in: the line where its function begins,
 *    "allocations": [{"line", "kb", "count", "rise_kb", "text"}] kb and count: what is alive at the
 * peak of the memory; rise_kb: by how much one execution lifted it at most, "tree": {"name",
 * "line", "calls", "self_ms", "total_ms", "children": [the same]}} */
#ifndef DISE_CORE_PROFILE_H
#define DISE_CORE_PROFILE_H

#include "core/pipeline/pipeline_internal.h"

struct profile_work {
    const char *code;     /* the program */
    const char *function; /* that is called; "": its last public one */
    /* The workload is all of these together; with none of them the program itself, as a script. */
    struct json_object *calls;       /* texts "f([3, 2])"; NULL: none */
    const struct examples *examples; /* in Python (examples_python); NULL: none */
    struct json_object *given;       /* input of the function; NULL: none */
    const struct grants *grants;
    /* Instead of examples and input one larger input that is made out of them (runtime/inputs.py),
     * where there is one that takes the program more time: */
    bool larger;
    const struct examples *tests; /* more of what its input looks like; NULL: none */
    struct json_object *inputs;   /* as measure.py has found them; NULL: they are looked for */
};

/* One journaled step; takes 0.2 s and more, at most about 15 s for a program that does not end, and
 * some seconds more to look for a larger input.
 * *out is the profile, caller puts it. ERR_INPUT with a sentence: nothing could be measured, as the
 * program does not load or ends its process. Other errors are those of the sandbox. */
enum err profile_run(struct job *job, struct task *t, const struct profile_work *work,
                     struct json_object **out, struct err_info *info) MUST_CHECK;

/* A few lines for a prompt: which lines of `source` take the time and the memory. Appends; nothing
 * when the profile shows none. Pure. */
enum err profile_hot_spots(struct json_object *profile, const char *source,
                           struct buf *out) MUST_CHECK;

/* {id | source, file; input, calls:[texts], grants}: profiles an artifact, which keeps the profile,
 * or a program from elsewhere (profile_job.c). */
extern const struct job_kind profile_job;

#endif
