/* Makes a kept program faster, smaller or clearer: the job kind "optimize". What it does stands in
 * docs/optimization.md. */
#ifndef DISE_CORE_OPTIMIZE_H
#define DISE_CORE_OPTIMIZE_H

#include "core/optimize/pairs.h"
#include "core/pipeline/pipeline_internal.h"

enum { OPTIMIZE_ITERATIONS = 3, OPTIMIZE_ITERATIONS_MAX = 20 };

/* "performance", "quality", "memory", "latency", "all"; false: none of them. "" is the first. */
bool optimize_target_read(const char *name, enum optimize_target *out);
const char *optimize_target_name(enum optimize_target target);

/* {id, target, iterations (3; 0: rules only), rules (true), limits} */
extern const struct job_kind optimize_kind;

enum { OPTIMIZE_CANDIDATES = 20 };
/* The programs that are worth optimizing, the most valuable first, at most `most`: [{id, name,
 * uses, quality, value, class: HIGH|MED}]. Runs on a store thread; the caller puts *out. */
enum err optimize_candidates(sqlite3 *db, int64_t most, struct json_object **out,
                             struct err_info *info) MUST_CHECK;

/* ---- between optimize.c, optimize_measure.c, optimize_judge.c and optimize_keep.c ---- */

/* What a program has shown, and what the next one has to show as well. */
struct standing {
    struct candidate c; /* code, verdict, evidence, trial */
    struct stage stage; /* that it counts as, for the events */
};

struct gain;
struct optimize {
    struct task t;
    struct json_object *artifact; /* the version that stands, owned */
    struct json_object *first; /* the one that the job began with: t and function borrow from it */
    char id[24];               /* its id */
    const char *function;
    enum optimize_target target; /* of the four the one that proposals are made for now */
    bool all;                    /* in turn; a gain in any of them counts */
    struct standing now;
    bool looked;              /* the gates for an accepted program have seen what stands */
    char *hot;                /* where what stands spends its time, in words; NULL: not looked at */
    struct json_object *work; /* inputs for which what stands takes time; NULL: not looked for */
    char no_work[300];        /* why there are none, when there are none */
    struct json_object *kept, *tried; /* arrays for the job's result */
    struct json_object *targets;      /* of all of them: what came of each */
    size_t since;                     /* what was tried before the target that it is about now */
    char gained[80];                  /* what the last version that was kept has gained */
    int asked;                        /* questions to a model: the next one's seed */
    int64_t number;                   /* of the proposal, from 1 */
};

/* One changed program. */
struct proposal {
    const char *how; /* "rules: memo", "model X"; also who made it */
    const char *what;
    struct standing s;
    char why[400];               /* it is not kept */
    bool same;                   /* as what stands */
    char gained[80];             /* what it has gained */
    struct json_object *figures; /* owned */
};

/* Runs src/runtime/rewrite.py: *out is an array of {rule, what, source}. Caller puts it. */
enum err optimize_rewrites(struct optimize *o, struct json_object **out,
                           struct err_info *info) MUST_CHECK;
/* Fills o->work, once for what stands: inputs are large, and take a while to find. */
enum err optimize_work(struct optimize *o, struct err_info *info) MUST_CHECK;
/* Whether a gain could be seen on o->work; else o->no_work says why not. */
bool optimize_measurable(const struct optimize *o);
/* Compares the proposal with what stands: ERR_OK with p->why "" when it is to be kept. */
enum err optimize_measure(struct optimize *o, struct proposal *p, struct err_info *info) MUST_CHECK;
/* Lets gates, examples, generated tests and properties judge s->c.code. */
enum err optimize_check(struct optimize *o, struct standing *s, const char *label,
                        struct err_info *info) MUST_CHECK;
/* Why a program that has shown `after` is worse than one with `before`; false: it is not. Pure. */
bool optimize_worse(const struct candidate *before, const struct candidate *after, char why[400]);
/* The gates that are for an accepted program, on one that has shown a gain: p->why when one of them
 * blocks it and not what stands, or what stands passes one that it fails. Automatic fixes may
 * change its text. */
enum err optimize_accept(struct optimize *o, struct proposal *p, struct err_info *info) MUST_CHECK;
/* The next version; o->artifact and o->id become it. */
enum err optimize_keep(struct optimize *o, struct proposal *p, struct err_info *info) MUST_CHECK;
void standing_init(struct standing *s, struct optimize *o, int number, const char *name);
void standing_fini(struct standing *s);

#endif
