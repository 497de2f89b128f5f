/* What the dashboard knows: a pure fold of events. The same events in the same order give the same
 * model; events that were folded before are skipped by their number, so a stream may be taken up
 * again anywhere. Nothing here draws, waits or asks. */
#ifndef DISE_UI_MODEL_H
#define DISE_UI_MODEL_H

#include "core/event.h"
#include "ui/questions.h"

enum {
    MODEL_JOBS_MAX = 10240,       /* jobs remembered by title; the oldest ended ones go first */
    MODEL_TEXT_MAX = 256 << 10,   /* bytes of one candidate's text; the rest is cut and said */
    MODEL_CACHE_MAX = 1536 << 10, /* bytes of all jobs' details; those of ended jobs are dropped */
    MODEL_CANDIDATES_MAX = 32,    /* a stage */
    MODEL_STAGES_MAX = 32,        /* a job */
};

enum model_state { MODEL_QUEUED, MODEL_RUNNING, MODEL_WAITING, MODEL_DONE };

struct model_check {
    char *name, *subject, *expected, *got, *detail;
    bool ok;
    char severity; /* of a gate: b(lock), s(core), i(nform); 0: no gate's */
};

/* What a quality gate says of a candidate. */
enum gate_state { GATE_RUNS, GATE_PASSED, GATE_FOUND, GATE_MISSING, GATE_CRASHED, GATE_CUT };
struct model_gate {
    char name[48], unit[24], why[160]; /* why: of one that is missing or crashed */
    char severity;                     /* as in model_check */
    enum gate_state state;
    bool fixed;    /* it has changed the program before it was judged */
    bool valued;   /* value and unit: the figure as the gate counts */
    int64_t found; /* findings */
    int64_t began; /* ms since 1970, while it runs */
    double score;  /* 0 to 1; below 0: none */
    double value, ms;
};

struct model_candidate {
    int number; /* from 0, as the engine counts */
    char *model, *outcome, *why;
    struct buf text; /* as it streams; the program alone once it was extracted */
    bool code;       /* text is the extracted program */
    bool cut;        /* part of the text is missing */
    int64_t tokens;
    double seconds;
    struct model_check *checks;
    size_t checks_n;
    struct model_gate *gates; /* in the order in which they began */
    size_t gates_n;
    double gate_score; /* of all, when they have ended (gates_told) */
    bool gates_told;
    unsigned rev; /* changes other than text that was appended */
};

struct model_stage {
    int number; /* as announced */
    char *name, *model, *why, *outcome;
    double temperature;
    int planned; /* candidates */
    bool begun, ended;
    int64_t begun_at; /* ms since 1970 */
    int64_t tokens_in, tokens_out;
    double seconds;
    struct model_candidate *candidates;
    size_t candidates_n;
    int shown; /* index of the candidate that stands for the stage; -1: none yet */
};

enum model_item_type {
    ITEM_TASK,
    ITEM_NOTE,
    ITEM_STAGE,
    ITEM_QUESTION,
    ITEM_ANSWER,
    ITEM_DONE,
    ITEM_PLAN,
    ITEM_TESTS
};

/* One piece of the conversation. */
struct model_item {
    enum model_item_type type;
    char *text;
    char *label;  /* level of a note, subject of a question, tests in short */
    size_t stage; /* ITEM_STAGE: index into stages */
    unsigned rev;
    bool made;      /* ITEM_PLAN, ITEM_TESTS: no longer written at */
    int64_t tokens; /* of these, as they streamed */
};

struct model_job {
    int64_t id;
    char *kind, *title;
    enum model_state state;
    char *status; /* of an ended job: solved|unsolved|cancelled|failed; else "" */
    char *phase;
    char *class, *complexity;        /* as in the event CLASSIFIED; "" until it came */
    int64_t created, started, ended; /* ms since 1970; 0 unknown */
    int64_t parent;                  /* the batch that it belongs to; 0: none */
    bool scheduled;                  /* a batch that has not begun */
    int64_t eta;                     /* of a batch, ms since 1970; 0 unknown */
    double cost;                     /* dollars, as far as told */
    int64_t seq;                     /* last stored event folded into the details */
    int64_t epoch;
    bool details; /* the fields below hold what was told so far; else ask for the job's events */
    struct model_item *items;
    size_t items_n;
    struct model_stage *stages;
    size_t stages_n;
    struct questions questions; /* the open ones */
    char *artifact, *result, *checked, *message;
    int64_t llm_calls, tokens_in, tokens_out, tokens_live;
    double seconds;
    size_t bytes; /* of the details */
};

struct model {
    struct model_job **jobs; /* by id, oldest first */
    size_t jobs_n, jobs_cap;
    int64_t seq; /* last stored event of all */
    int64_t running, queued;
    int64_t streamed; /* tokens told as they came, of all jobs */
    double spend;     /* dollars, of the engine's last sample */
    char model_state[24], model[64], sandbox[24];
    double cpu;
    int64_t rss_kb;
    struct {
        bool active;
        char what[64], item[96], unit[16];
        int64_t done, total;
        double rate;
    } progress;
    struct {
        char level[8], text[256];
        int64_t time, job;
    } note;           /* the latest one that matters */
    size_t bytes;     /* of all details */
    int64_t viewed;   /* the job that is kept in any case */
    unsigned listed;  /* grows when a job came, went or changed, other than by streaming */
    unsigned version; /* grows with every change that can show */
};

void model_init(struct model *m);
void model_fini(struct model *m);
/* Folds one event. ERR_NOMEM leaves a model that is still usable. */
enum err model_fold(struct model *m, const struct event *ev) MUST_CHECK;
/* NULL when unknown. */
struct model_job *model_job(struct model *m, int64_t id);
/* A job of job.list: title, state and status, without details. */
enum err model_listed(struct model *m, struct json_object *job) MUST_CHECK;
/* Forgets a job's details, to fold its events from the first on. */
void model_job_reset(struct model_job *job);
/* Keeps the sum of all details true after one job's have changed. */
void model_weigh(struct model *m, struct model_job *job);
/* Drops details of ended jobs, the oldest first, when they are more than `max` bytes; never those
 * of `keep`. */
void model_trim(struct model *m, int64_t keep, size_t max);
/* Bytes of all details. */
size_t model_bytes(const struct model *m);
/* Jobs that have not ended. */
size_t model_active(const struct model *m);
/* The candidate shown for a stage, or NULL. */
const struct model_candidate *model_shown(const struct model_stage *s);
/* The plan or the tests (their `type`), or NULL. */
const struct model_item *model_made(const struct model_job *job, enum model_item_type type);
/* Gates that found something which only makes the program less good. */
int model_warnings(const struct model_candidate *c);
/* Gates that passed, and all that have begun. */
void model_gates(const struct model_candidate *c, int *passed, int *all);
/* The candidate of which gates speak: the accepted one, else of the last stage that has one, that
 * which stands for it; NULL: none. Its stage to *stage. */
const struct model_candidate *model_gated(const struct model_job *job,
                                          const struct model_stage **stage);
/* Checks passed and made of a name ("" any); for "tests 7/9". */
void model_checks(const struct model_candidate *c, const char *name, int *ok, int *all);
/* The answer of an ended job whose answer is words, or the line of a calculation ("2 + 3 = 5");
 * free it. NULL: it came to a program. */
char *model_words(const struct model_job *job);
/* The text of the program that the job came to (accepted, or the last one); NULL when none. */
const char *model_code(const struct model_job *job);

#endif
