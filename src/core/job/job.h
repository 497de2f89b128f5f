/* Jobs: plain functions on fibers whose every effect is a journaled step. After a crash the job's
 * function runs again and is handed the recorded results of the steps that had finished.
 *
 * A step is named by its path: "3" is the third step of the job, "3.2.1" the first step of the
 * second branch of the fan-out at 3. Branches share no memory before the join. */
#ifndef DISE_CORE_JOB_H
#define DISE_CORE_JOB_H

#include "core/event.h"
#include "core/job/fiber.h"
#include "core/store/store.h"

struct jobs; /* all jobs of an engine */
struct job;  /* the running job as its function sees it: one per branch */
struct step; /* the running step */

typedef enum err job_fn(struct job *job, void *arg);

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE };

/* A kind of job. `version` changes with the order or the meaning of its steps: a job of another
 * version restarts and finds earlier model answers by the hash of their input. */
struct job_kind {
    const char *name;
    int version;
    /* Runs the job. `context` is what jobs_open was given. The kind ends its job by job_emit() of
     * its own JOB_DONE, with the fields that it decides, after job_result(): the event and the
     * job's end are one transaction, and what is emitted after it is dropped. Without one the
     * engine emits it: cancelled or failed, with the sentence of the failed step. A job that is
     * only interrupted (the engine ends) writes nothing more and runs again at the next start. */
    enum err (*run)(struct job *job, void *context, struct json_object *input);
};

struct jobs_options {
    const struct job_kind *const *kinds; /* ends with NULL */
    void *context;                       /* handed to each run() */
    int width;                           /* jobs running at once */
    /* Of `kinds`, that of jobs which wait for their children most of the time (batches); NULL:
     * none. They take no slot of the width; their function is called also when the job was
     * cancelled before (the fiber is cancelled then), so that it can wind up; and when the journal
     * could not be written they are run again from the store, once it can be, instead of failing.
     */
    const struct job_kind *coordinator;
    /* Of `kinds`, that of jobs which often end at once, out of the store; NULL: none. What such a
     * job writes until its first step that takes time is committed together. */
    const struct job_kind *brief;
    /* Every event, in order, after its commit (durable) or at once (ephemeral). On the loop. */
    void (*on_event)(void *arg, const struct event *ev);
    void *arg;
};

/* Loads unfinished jobs from the store and starts them. Call on a fiber. */
enum err jobs_open(struct sched *s, struct store *store, const struct jobs_options *options,
                   struct jobs **out, struct err_info *info) MUST_CHECK;
/* Stops running jobs at their next wait without recording an end (they go on at the next start),
 * waits for them, frees. Call on a fiber. */
void jobs_close(struct jobs *jobs);

/* Accepts a job. `key` (may be NULL) makes the call idempotent: the same key gives the same id.
 * The id is answered when the row is durable, or when the job has ended before that. */
enum err jobs_submit(struct jobs *jobs, const char *kind, const char *key, const char *title,
                     struct json_object *input, int64_t *id, struct err_info *info) MUST_CHECK;
/* Writes further rows in the transaction that accepts `job`; on the store's writer thread. */
typedef enum err also_fn(sqlite3 *db, int64_t job, void *arg, struct err_info *info);
struct submission {
    const char *kind, *key, *title; /* as for jobs_submit */
    struct json_object *input;
    int64_t parent; /* the batch that it belongs to; 0: none */
    also_fn *also;  /* may be NULL */
    void *also_arg;
};
/* The same with all that can be said. The children of batches take no slot of the width: each batch
 * bounds its own, and none starts while a job that a person waits for is queued. */
enum err jobs_submit_as(struct jobs *jobs, const struct submission *given, int64_t *id,
                        struct err_info *info) MUST_CHECK;
/* Lets the coordinator's job_bell return. Nothing happens when there is no such job. */
void jobs_ring(struct jobs *jobs, int64_t id);
/* Cancels within 100 ms wherever the job stands; durable before it returns. ERR_NOT_FOUND. */
enum err jobs_cancel(struct jobs *jobs, int64_t id) MUST_CHECK;
/* Delivers a named signal (a person's answer), durable. Delivered once even when sent twice. */
enum err jobs_signal(struct jobs *jobs, int64_t id, const char *name, const char *body) MUST_CHECK;
/* Jobs queued, and jobs running whose end is not stored yet. */
void jobs_count(const struct jobs *jobs, int *running, int *queued);
/* Array of {id, kind, title, state, status, created, ended, parent}, newest first, at most `limit`
 * with a number below `before` (0: of all). Caller puts *out. */
enum err jobs_list(struct jobs *jobs, int64_t before, int limit,
                   struct json_object **out) MUST_CHECK;
/* Stored events with seq > after, of one job (0: of all), at most `limit`, as an array of event
 * objects (event_encode's form). Caller puts *out. */
enum err jobs_events(struct jobs *jobs, int64_t job, int64_t after, int limit,
                     struct json_object **out) MUST_CHECK;

/* The journal of one job as an array of {path, name, label, state, outcome, why, attempts, began,
 * ms}, in the order of the paths, without the steps that tell nobody. ERR_NOT_FOUND: no such job.
 * Caller puts *out. */
enum err jobs_steps(struct jobs *jobs, int64_t job, struct json_object **out) MUST_CHECK;
/* One step whole: {path, name, label, state, outcome, input, input_size, output, log:[events],
 * attempts, began, ms, error}. `input` holds the first STEP_INPUT_MAX bytes. Caller puts *out. */
enum err jobs_step(struct jobs *jobs, int64_t job, const char *path,
                   struct json_object **out) MUST_CHECK;

/* ---- what a job's function may call ---- */

/* It will not be over in a moment: what it has written so far waits for its end no longer (see
 * jobs_options.brief). */
void job_takes_time(struct job *job);
int64_t job_id(const struct job *job);
int64_t job_parent(const struct job *job); /* the batch that it belongs to; 0: none */
struct jobs *job_jobs(const struct job *job);
/* A person has cancelled it (and not only the engine is ending). */
bool job_cancelled(const struct job *job);
/* The engine is ending: nothing may be waited for any more. */
bool job_closing(const struct job *job);
/* Waits until a child of this job has ended (its end is stored), jobs_ring was called, or ms have
 * passed; what came since the last call counts. Not journaled: call it within a step. */
enum err job_bell(struct job *job, uint64_t ms) MUST_CHECK;
/* How often the job was started; 1 on the first run. */
int64_t job_epoch(const struct job *job);
/* Result of the job (JSON text), stored with its end. */
enum err job_result(struct job *job, const char *json) MUST_CHECK;

enum step_flag {
    STEP_LAZY = 1,   /* committed without waiting: clock, random, look-ups */
    STEP_INTENT = 2, /* an intent row first (not waited for): the call may cost money */
    STEP_ONCE = 4,   /* a durable intent; found unfinished after a crash: ERR_STEP_UNKNOWN */
    STEP_REUSE =
        8, /* after a restart under another version: the earlier result of the same input */
    STEP_SILENT = 16,   /* tells nobody: the clock */
    STEP_MAY_MISS = 32, /* ERR_NOT_FOUND and ERR_NO_BACKEND are answers, no failures, to those who
                           look at the graph */
};
/* Does the effect and leaves its result in `out`. Events emitted by step_emit are committed with
 * the result. ERR_CANCELLED is never journaled; other errors are, as results. */
typedef enum err step_fn(struct step *step, void *arg, struct buf *out);
struct step_desc {
    const char *name;
    const char *label; /* a few words for people: "code a"; NULL: none */
    unsigned flags;
    const char *input; /* what the effect depends on (hashed); NULL: nothing */
    size_t input_len;
    step_fn *run;
    void *arg;
};
/* Recorded → the recorded result; else runs, commits, returns. `out` may be NULL.
 * ERR_DIVERGED when the journal has another name or input at this path. `info` may be NULL; a
 * recorded error comes back with its message. */
enum err job_step(struct job *job, const struct step_desc *desc, struct buf *out,
                  struct err_info *info) MUST_CHECK;
/* The same for a step whose result is one JSON value of at most `most` bytes. The caller puts *out,
 * which stays as it is when the step fails. */
enum err job_step_json(struct job *job, const struct step_desc *desc, size_t most,
                       struct json_object **out, struct err_info *info) MUST_CHECK;
/* How often this step has been begun before without a result being journaled (crashes). */
int step_attempt(const struct step *step);
struct job *step_job(struct step *step);
/* The order of paths in a journal, as strcmp says it: 10 stands behind 9, and 3.1 behind 3. */
int step_path_compare(const char *a, const char *b);
/* Its path in the journal: "3.1.2". */
const char *step_place(const struct step *step);
/* A sentence about the result for those who look at the graph. */
void step_say(struct step *step, const char *format, ...) PRINTF_LIKE(2, 3);
/* The result is a no: those who look at the graph see the step fail, its job takes the result. */
void step_reject(struct step *step);
/* Fails the step with a sentence; returns `code`. */
enum err step_fail(struct step *step, enum err code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Parallel branches; each gets its own job handle. The first error cancels the others. */
struct branch {
    const char *name;
    job_fn *fn;
    void *arg;
    enum err result;
};
enum err job_all(struct job *job, const char *name, struct branch *branches, size_t n) MUST_CHECK;
/* The first branch that returns ERR_OK wins, the rest are cancelled; the winner is journaled.
 * ERR_NOT_FOUND when all failed. */
enum err job_any(struct job *job, const char *name, struct branch *branches, size_t n,
                 size_t *won) MUST_CHECK;
/* In a branch: waits for its turn, which lasts to its end; one branch of a fan-out has it at a
 * time, and what a branch does before runs beside the others. Of those that wait the one with the
 * greatest merit is next, of equals who came first. The order is journaled: a resumed job keeps it.
 * Outside of a fan-out there is nothing to wait for. */
enum err job_turn(struct job *job, double merit) MUST_CHECK;
/* Waits for a signal by name; ERR_TIMEOUT after ms (0: no limit). The outcome is journaled. A
 * signal is given once in the life of a job and holds for every wait for its name, now and later.
 */
bool job_signalled(const struct job *job, const char *signal);
enum err job_wait(struct job *job, const char *signal, uint64_t ms, struct buf *out) MUST_CHECK;
/* Journaled clock, milliseconds since 1970. */
enum err job_clock(struct job *job, int64_t *ms) MUST_CHECK;

/* Events. `type` and the union must be set; job, time and seq are filled in. */
void job_emit(struct job *job, struct event *ev);    /* durable: exactly once, also after a crash */
void step_emit(struct step *step, struct event *ev); /* durable: commits with the step's result */
void event_ephemeral(struct job *job, struct event *ev); /* not stored, may be dropped */

#endif
