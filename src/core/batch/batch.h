/* Overnight runs. A batch is a job (kind "batch") whose children are ordinary jobs: batch.c decides
 * what begins when, batch_store.c reads and writes the rows, batch_view.c folds what happened,
 * batch_report.c tells it and checks it, batch_estimate.c says beforehand what to expect.
 *
 * An item is begun as the child with the key "batch <id>/<item>" (with "/<n>" behind it when it is
 * tried for the n-th time again), so that no kill of the engine makes it run twice or get lost. */
#ifndef DISE_CORE_BATCH_H
#define DISE_CORE_BATCH_H

#include "core/pipeline/pipeline.h"

enum { BATCH_ITEMS_MAX = 100000, BATCH_WIDTH_MAX = 64, BATCH_WIDTH = 2, BATCH_CAUSE_MAX = 96 };

/* Input: {name, source, items, start, width, limits:{tokens, money, hours}}; the items themselves
 * are rows (batch_insert). */
extern const struct job_kind batch_kind;

/* ---- batch_store.c; all run on a store thread ---- */

/* What a batch is made of: one line of JSON an item, {kind, title, input:{…}}, the kind and the
 * input of the job that it becomes. As text, because ten thousand objects take 40 MB. */
struct batch_items {
    size_t n;
    struct buf lines;
};
enum err batch_items_add(struct batch_items *items, const char *kind, const char *title,
                         struct json_object *input) MUST_CHECK; /* takes `input` */
/* The item at *at (a place in `lines`, 0 at first), which moves on; the caller puts it. NULL: there
 * is none left, or no memory. */
struct json_object *batch_items_next(const struct batch_items *items, size_t *at);
/* The items of a new batch; `arg` is a struct batch_items. */
enum err batch_insert(sqlite3 *db, int64_t batch, void *arg, struct err_info *info);

struct batch_pause {
    int64_t batch;
    bool paused;
};
/* What a person wants from now on; ERR_NOT_FOUND. store_fn, `arg` is a struct batch_pause. */
enum err batch_set_paused(sqlite3 *db, void *arg, struct err_info *info);

/* ---- batch_view.c ---- */

struct batch_item {
    char state[12]; /* waiting, running, solved, unsolved, failed, cancelled, skipped */
    char cause[BATCH_CAUSE_MAX], title[80];
    int64_t child, tokens, began, ended; /* ms since 1970; 0: not yet */
    double cost, seconds;
    int attempts;
};

/* A batch as its events tell it. */
struct batch_view {
    int64_t id, created, ended, epoch;
    char name[96], source[160], state[16], why[200];
    int64_t start, width, limit_tokens;
    double limit_money, limit_hours;
    int64_t count, done, solved, running, tokens, eta;
    double cost;
    struct batch_item *items; /* count; NULL until batch_view_items */
    int64_t began, waiting_ms, paused_ms;
    struct json_object *interruptions; /* times of the starts after the first */
    struct json_object *waits;         /* [{time, why, ms}]: a backend was down */
    struct json_object *clocks;        /* [{time, ms}]: the clock was set */
    int64_t clock_ms;                  /* the sum of these since `began` */
};
void batch_view_fini(struct batch_view *v);
/* The head, without items. ERR_NOT_FOUND. */
enum err batch_view_head(sqlite3 *db, int64_t id, struct batch_view *v,
                         struct err_info *info) MUST_CHECK;
enum err batch_view_items(sqlite3 *db, struct batch_view *v, struct err_info *info) MUST_CHECK;
/* {id,name,state,why,start,items,done,solved,running,tokens,cost,eta} */
struct json_object *batch_view_json(const struct batch_view *v);
/* {cause: count} of the items that were not solved. */
struct json_object *batch_view_causes(const struct batch_view *v);

/* ---- batch_report.c ---- */

struct batch_report {
    int64_t batch;
    bool verify;
    struct json_object *out; /* {markdown, figures, differences}; the caller puts it */
};
/* store_fn; `arg` is a struct batch_report. */
enum err batch_report_read(sqlite3 *db, void *arg, struct err_info *info);

/* ---- batch_estimate.c ---- */

struct batch_estimate {
    struct batch_items *items;
    int64_t width;
    double price_in, price_out; /* dollars a token */
    struct json_object *out;    /* the result of batch.estimate; the caller puts it */
};
/* store_fn; `arg` is a struct batch_estimate. */
enum err batch_estimate_read(sqlite3 *db, void *arg, struct err_info *info);

#endif
