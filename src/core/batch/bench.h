/* The report of a bench: a batch whose children solve tasks with hidden tests
 * (core/pipeline/bench.c). bench_read.c takes the outcome of each task out of the store,
 * bench_figures.c counts, bench_text.c tells. */
#ifndef DISE_CORE_BENCH_H
#define DISE_CORE_BENCH_H

#include "core/batch/batch.h"

enum { BENCH_RAW_MAX = 2, BENCH_SAMPLES_MAX = 24 };

/* The roles that are asked raw, as they are listed in a bench. */
extern const char *const bench_roles[BENCH_RAW_MAX];

/* What came of one task by one way. Numbers are sums over all attempts. */
struct bench_run {
    bool listed, ended; /* ended: solved, unsolved or failed, and not skipped or cancelled */
    bool right;         /* by the hidden test */
    bool claimed;       /* accepted by the pipeline */
    bool failed;        /* an error kept it from an answer */
    int64_t stage;      /* that its program came from; 0: none */
    char stage_name[48], model[48], why[200];
    int64_t calls, recorded, tokens_in, tokens_out; /* recorded: answered by the record */
    double cost, seconds, model_seconds;
    struct json_object *answers; /* raw: [{judged, examples, tokens_in, tokens_out}]; NULL: none */
};

struct bench_task {
    char id[64], class[64], split[64];
    struct bench_run dise, raw[BENCH_RAW_MAX];
};

/* ---- bench_figures.c, pure ---- */

/* p of the exact McNemar test, two-sided: b tasks only one way has right, c only the other. 1 when
 * there are none. */
double bench_mcnemar(int64_t b, int64_t c);
/* {dise, classes, splits, stages, raw, tasks}; see docs/bench.md. The caller puts it. */
struct json_object *bench_figures(const struct bench_task *tasks, size_t n);

/* ---- bench_text.c, pure ---- */

/* The same in words and tables, appended. */
enum err bench_text(struct json_object *figures, struct buf *out) MUST_CHECK;

/* ---- bench_read.c ---- */

struct bench_report {
    int64_t batch;
    struct json_object *out; /* {text, figures}; the caller puts it */
};
/* store_fn; `arg` is a struct bench_report. ERR_NOT_FOUND: no bench of this number. */
enum err bench_report_read(sqlite3 *db, void *arg, struct err_info *info);

#endif
