/* What jobs have learned: which stage solved what, how long calls take, which mending worked. The
 * functions run on a store thread (see store_fn). */
#ifndef DISE_CORE_LEARNED_H
#define DISE_CORE_LEARNED_H

#include "base/json.h"
#include "core/store/store.h"

enum {
    LEARNED_TRIES = 100, /* so many of the latest observations of a stage count */
    LEARNED_TIMES = 50,  /* and of the times of a kind of call */
};

/* One kind of task in one stage: the stage is told by its signature, so that another ladder's stage
 * 3 is another one. */
struct stage_key {
    char class[24], model[128], signature[64];
};

/* What became of a stage in a job: solved, failed or skipped. A second row of the same job and
 * stage is ignored, or turns failed into solved. */
struct stage_outcome {
    struct stage_key key;
    int64_t job, when, tokens, ms;
    int stage;
    char outcome[12];
};
enum err learned_add_outcome(sqlite3 *db, const struct stage_outcome *o,
                             struct err_info *info) MUST_CHECK;

struct stage_record {
    int tried, solved; /* of the latest LEARNED_TRIES */
    int skipped;       /* times since the last try */
};
enum err learned_record(sqlite3 *db, const struct stage_key *key, struct stage_record *out,
                        struct err_info *info) MUST_CHECK;

/* A call took so long; `kind`: code, repair, text, tests, plan. Older times than the latest are
 * dropped. */
enum err learned_add_time(sqlite3 *db, const char *model, const char *kind, int64_t ms,
                          struct err_info *info) MUST_CHECK;
/* The times of a model's calls of one kind, in milliseconds, in no order. */
enum err learned_times(sqlite3 *db, const char *model, const char *kind, int64_t out[LEARNED_TIMES],
                       size_t *n, struct err_info *info) MUST_CHECK;

/* A call has taken `factor` times as many tokens as were estimated: into an exponential mean, in
 * which the first calls count more. */
enum err learned_add_tokens(sqlite3 *db, const char *model, double factor,
                            struct err_info *info) MUST_CHECK;
/* That mean; 1: nothing is known of the model. */
enum err learned_tokens(sqlite3 *db, const char *model, double *factor,
                        struct err_info *info) MUST_CHECK;

/* A mending that worked: the pieces of the program before and after. One a job and signature. */
struct fix {
    const char *signature, *before, *after;
    int64_t job, when;
};
enum err learned_add_fix(sqlite3 *db, const struct fix *f, struct err_info *info) MUST_CHECK;
/* How good a mending is, between 0 and 1, where what is old counts less:
 *
 *   (made + helped + 1) / (made + offered + 2),  each observation 2^(-age / FIX_HALF_LIFE_DAYS)
 *
 * made: that it has mended the job which it comes from; helped, offered: the jobs since. It is the
 * mean of a Beta distribution (Laplace's rule of succession) whose evidence is discounted
 * exponentially: Garivier, Moulines, "On Upper-Confidence Bound Policies for Switching Bandit
 * Problems", ALT 2011, the discounted counts. Models change, so what mended an error for one may be
 * nothing for the next; and what has failed gets another chance when that is long ago. */
enum { FIX_HALF_LIFE_DAYS = 90 };
/* The best mending, the latest of equals: {id, before, after, offered, helped, odds}. One whose
 * odds are below FIX_LEAST_ODDS is not worth a model's attention. ERR_NOT_FOUND. Caller puts *out.
 */
#define FIX_LEAST_ODDS 0.2
enum err learned_find_fix(sqlite3 *db, const char *signature, int64_t now, struct json_object **out,
                          struct err_info *info) MUST_CHECK;
/* All of them, the best first, at most `most`: {id, signature, job, time, before, after, offered,
 * helped, odds}. `words`: only those whose signature has this text; "": all. Caller puts *out. */
enum err learned_list_fixes(sqlite3 *db, const char *words, int64_t now, int most,
                            struct json_object **out, struct err_info *info) MUST_CHECK;
/* It was offered to a job, and (helped) the job was mended with it: each counted once a job. */
enum err learned_count_fix(sqlite3 *db, int64_t fix, int64_t job, bool helped,
                           struct err_info *info) MUST_CHECK;

#endif
