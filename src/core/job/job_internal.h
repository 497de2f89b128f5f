/* What job.c (the list of jobs), job_step.c (what a job's function calls) and journal.c (rows)
 * share. Nobody else includes it. */
#ifndef DISE_CORE_JOB_INTERNAL_H
#define DISE_CORE_JOB_INTERNAL_H

#include "core/job/job.h"

enum {
    JOB_PATH_MAX = 96,
    JOB_PATH_ROOM = 64,
    JOB_SIGNAL_MAX = 64,
    JOB_HASH_SIZE = 33,
    JOB_VALUE_MAX = 16 << 20,
    JOB_HELD_MAX = 256 << 10
};

/* ---- journal.c: rows ---- */

enum record_state { RECORD_INTENT, RECORD_DONE };

/* One row of the journal. */
struct record {
    char path[JOB_PATH_MAX];
    enum record_state state;
    int attempt;
    char *name;
    char input[JOB_HASH_SIZE];
    enum err err;
    char *message; /* NULL: none */
    char *value;
    size_t value_len;
    int64_t began;     /* ms since 1970; written, not read back */
    char *given;       /* the beginning of the input's text; written, not read back */
    size_t given_len;  /* of what is kept */
    size_t given_size; /* of the whole */
    bool used;
};

/* The rows of one job, sorted by path. */
struct journal {
    struct record *rows;
    size_t count;
    struct record *earlier; /* rows of another version of the job's kind */
    size_t earlier_count;
    char **signals; /* pairs name, body; ends with NULL */
};

/* Loads on a store thread; `arg` of the store_fn is this. */
struct journal_load {
    int64_t job;
    struct journal *out;
};
enum err journal_load(sqlite3 *db, void *arg, struct err_info *info) MUST_CHECK;
void journal_free(struct journal *j);
struct record *journal_find(struct journal *j, const char *path);
/* Marks every row at and below `path` as used. */
void journal_use_below(struct journal *j, const char *path);
/* The first row that no step has asked for; NULL. */
const struct record *journal_left_over(const struct journal *j);
const struct record *journal_earlier(const struct journal *j, const char *name, const char *input);

/* One event waiting for its commit. */
struct pending_event {
    enum event_type type;
    int n;
    int64_t time, seq; /* seq: filled at the commit; 0: it was stored before */
    char path[JOB_PATH_MAX];
    char *body; /* JSON of the fields */
};

/* One request to the store's writer: at most one row, its events, the job's end. Lives on the heap,
 * freed after its delivery. */
struct entry {
    struct root *root;
    int64_t job;
    bool has_record;
    struct record record;
    struct pending_event *events;
    size_t event_count;
    bool creates, starts, ends; /* the job's row is inserted, its epoch noted, its end noted */
    also_fn *also;              /* with the creation; may be NULL */
    void *also_arg;             /* the submitter's, who waits */
    char *input, *status, *result;
    int64_t ended;
    struct await *await; /* somebody waits; NULL: nobody */
    struct buf held;     /* ephemeral events that were emitted behind it, a line each */
    struct err_info info;
    enum err outcome;
};
struct entry *entry_new(struct root *root);
void entry_free(struct entry *e);
/* Adds an event; keeps its own copy. */
enum err entry_add_event(struct entry *e, const char *path, int n,
                         const struct event *ev) MUST_CHECK;
/* The writer's function; `arg` is the entry. */
enum err entry_store(sqlite3 *db, void *arg, struct err_info *info);
/* One event as the line of event_encode, from its stored columns. */
enum err event_line(struct buf *out, enum event_type type, int64_t seq, int64_t job, int64_t time,
                    const char *body) MUST_CHECK;

/* ---- job.c ---- */

struct waiter; /* of a signal */

/* What waits to be started, in the order of precedence: those that only direct others, what a
 * person waits for, the tasks of batches. */
enum lane { LANE_COORDINATOR, LANE_FRONT, LANE_BATCH, LANES };

/* One job from its acceptance to its end. */
struct root {
    struct root *next, *prev;        /* in the list of all */
    struct root *id_next, *key_next; /* in the buckets of the look-ups */
    struct root *queue_next, *queue_prev;
    bool in_queue;
    struct jobs *jobs;
    int64_t id, parent;
    const struct job_kind *kind;
    char kind_name[32], *key, *title;
    struct json_object *input;
    enum job_state state;
    int64_t epoch, created;
    bool resumed, cancelled, done_emitted;
    bool active;             /* counted as running */
    bool holds;              /* the store's lazy writes, store_hold */
    bool again;              /* its journal could not be written: to be run again from the store */
    bool bell;               /* rung since the last job_bell */
    struct await *listening; /* job_bell */
    bool over;               /* its function has returned, or will never be called */
    bool ended;              /* its end is stored */
    bool refused;            /* its row could not be stored: it never was */
    struct entry *unsaved_end; /* could not be stored yet */
    enum err lost; /* a row that nobody waited for could not be stored: the job cannot go on */
    struct err_info failure; /* the latest failed step's sentence; a divergence stays */
    struct journal journal;
    struct waiter *waiters;
    struct fiber *fiber;
    struct await *accepted; /* the submitter, until the row is durable */
    int entries;            /* not yet delivered */
    struct entry *last;     /* of these; NULL: there is none */
    struct await *settled;  /* the root's fiber, waiting for entries to become 0 */
    char *result;
};

struct jobs {
    struct sched *sched;
    struct store *store;
    struct jobs_options options;
    struct root *first, *last;     /* all, in the order of their acceptance */
    struct root **by_id, **by_key; /* buckets, a power of two */
    size_t buckets, count;
    struct queue {
        struct root *first, *last;
    } lanes[LANES];
    int running; /* of those that take a slot of the width */
    int active;  /* running, their end not stored yet */
    int queued;
    int64_t next_id;
    bool closing;
    struct await *closed;
};

/* Sends an entry to the writer (takes it, also when it fails); its events are broadcast after the
 * commit. */
enum err jobs_post(struct jobs *jobs, enum store_when when, struct entry *entry) MUST_CHECK;
/* The same, and waits for the commit. */
enum err jobs_commit(struct jobs *jobs, struct entry *entry, struct err_info *info) MUST_CHECK;

/* Tells those who wait for the job's end why it does not come, at the first failed attempt to store
 * it (0) and now and then. */
void root_tell_unsaved(struct root *root, enum err why, int attempt);
/* Hands an ephemeral event on, behind the stored ones that were emitted before it. */
void root_ephemeral(struct root *root, const struct event *ev);

/* ---- job_trace.c: events of steps ---- */

/* Numbers of these events at the step's path: above those that a job emits before the step, below
 * the step's own. */
enum {
    STEP_BEGIN_N = 99998,
    STEP_END_N = 99999,
    STEP_EVENT_BASE = 100000,
    STEP_INPUT_MAX = 64 << 10
};
struct cut_step;

/* "done", "failed" or "cancelled". */
const char *trace_outcome(enum err result, unsigned flags);
enum err trace_begin(struct entry *e, const char *path, const char *name,
                     const char *label) MUST_CHECK;
enum err trace_end(struct entry *e, const char *path, const char *name, const char *label,
                   const char *outcome, const char *why, double ms) MUST_CHECK;
enum err trace_fork_begin(struct entry *e, const char *path, const char *name,
                          const struct branch *branches, size_t n) MUST_CHECK;
enum err trace_fork_end(struct entry *e, const char *path, const char *outcome, size_t won,
                        double ms) MUST_CHECK;
/* A begun step or fan-out of this handle was cancelled. */
void trace_cut(struct job *job, const char *path, const char *name, const char *label,
               int64_t began, bool fork);
void trace_move_cuts(struct cut_step **to, struct cut_step **from);
void trace_drop_cuts(struct cut_step **list);
/* Tells the ends of all and empties the list. */
enum err trace_add_cuts(struct entry *e, struct cut_step **list) MUST_CHECK;
/* ---- job_queue.c: who is there, who is next; all O(1) ---- */

enum lane root_lane(const struct root *root);
/* ERR_NOMEM: nothing was added. */
enum err roots_add(struct jobs *jobs, struct root *root) MUST_CHECK;
void roots_remove(struct jobs *jobs, struct root *root);
struct root *roots_find(const struct jobs *jobs, int64_t id);
struct root *roots_find_key(const struct jobs *jobs, const char *key);
void roots_free(struct jobs *jobs); /* the buckets */
void queue_push(struct jobs *jobs, struct root *root);
void queue_remove(struct jobs *jobs, struct root *root); /* nothing when it is not queued */
/* Takes out the next job that may start; NULL: none may. */
struct root *queue_pop(struct jobs *jobs);

/* ---- job_bell.c ---- */

/* Its lazy writes wait for the next urgent one (`on`), or no longer. */
void root_hold(struct root *root, bool on);
/* The root's coordinator shall look (again). */
void root_ring(struct root *root);

/* ---- job_step.c ---- */

struct branch_run;

struct job {
    struct root *root;
    struct branch_run *run;    /* of a branch; NULL: the job itself */
    char prefix[JOB_PATH_MAX]; /* "" or "3.1." */
    int next;                  /* number of the next step */
    int events;                /* emitted since the last step */
    bool cut;                  /* a step was cancelled: no later one may take a number */
    struct cut_step *cuts;     /* of a branch: told with the row of its fan-out */
};

struct step {
    struct job *job;
    struct entry *entry;
    const char *path;
    int attempt, events;
    struct err_info info;
    char said[256]; /* about the result */
    bool rejected;
};

/* ---- job_fan.c, job_turn.c: branches ---- */

enum turn_state { TURN_BEFORE, TURN_WAITS, TURN_HELD, TURN_OVER };

struct branch_run {
    struct fan *fan;
    struct job job;
    struct fiber *fiber;
    size_t index;
    enum turn_state turn;
    double merit; /* by which it waits for its turn */
    int came;     /* how many had come to wait before it */
    struct await await;
};

struct fan {
    struct job *job;
    struct branch *branches;
    struct branch_run *runs;
    size_t n, won;   /* won == n: none yet */
    bool any, alone; /* alone: the journal knows the winner, which runs as the only one */
    int64_t began;
    struct cut_step *cuts;     /* of the branches */
    struct job turns;          /* journals their order */
    struct branch_run *holder; /* whose turn it is; NULL: nobody's */
    int came;
};
/* The branch has ended: its turn is over, and the next one's begins. */
void turn_end(struct branch_run *run);

struct waiter {
    struct waiter *next;
    const char *name;
    struct await await;
};

/* Keeps a signal for the job's life and wakes those who wait for it. */
void root_signal(struct root *root, const char *name, const char *body);
void job_init(struct job *job, struct root *root, const char *prefix);
/* The path of the handle's next step. */
void step_path(const struct job *job, char path[JOB_PATH_MAX]);
/* The row at this path, checked against what the program asks for; *out NULL: none. */
enum err step_find(struct job *job, const char *path, const char *name, const char *input,
                   struct record **out, struct err_info *info) MUST_CHECK;
/* Whether a new step may begin. */
enum err step_may_begin(struct job *job, struct err_info *info) MUST_CHECK;
/* The running step cannot be finished: ERR_CANCELLED, and no later one may begin. */
enum err step_cut(struct job *job, struct err_info *info);
/* An entry with a row; NULL: no memory. */
struct entry *row_entry(struct job *job, const char *path, const char *name, const char *input,
                        enum record_state state, int attempt);
/* The result; takes the value's memory. */
enum err row_fill(struct record *r, enum err result, const char *message,
                  struct buf *value) MUST_CHECK;
/* Takes the entry. Lazy: not waited for. */
enum err row_send(struct job *job, struct entry *e, bool lazy, struct err_info *info) MUST_CHECK;
/* The engine is ending and the job goes on at its next start: nothing more may be written. */
bool root_suspended(const struct root *root);

#endif
