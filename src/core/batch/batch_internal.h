/* What batch.c and batch_store.c share. */
#ifndef DISE_CORE_BATCH_INTERNAL_H
#define DISE_CORE_BATCH_INTERNAL_H

#include "core/batch/batch.h"

/* An item at work, or to be tried again. */
struct batch_child {
    int64_t item, child; /* the item counts from 1; child 0: none (yet) */
    int attempt, strikes;
    bool probe;          /* begun to see whether the backend answers again */
    int64_t good_before; /* ends of other items before this attempt */
    int64_t tokens;      /* of the attempts before this one */
    double cost, seconds;
};

/* The end of a child. */
struct batch_end {
    int64_t item;
    char status[12], cause[BATCH_CAUSE_MAX], title[80];
    enum err error;
    int64_t tokens;
    double cost, seconds;
};

/* Reads the inputs of items; store_fn. */
struct batch_inputs {
    int64_t batch;
    const struct batch_child *list;
    int n;
    struct json_object *out; /* array of {kind, title, input} */
};
enum err batch_read_inputs(sqlite3 *db, void *arg, struct err_info *info);

/* What has changed among the children; store_fn. */
struct batch_look {
    int64_t batch;
    const struct batch_child *list;
    int n;
    bool paused;
    struct batch_end ends[BATCH_WIDTH_MAX];
    int ended;
};
enum err batch_look(sqlite3 *db, void *arg, struct err_info *info);

/* The children that have not ended; store_fn. */
struct batch_open {
    int64_t batch;
    int64_t ids[BATCH_WIDTH_MAX * 2];
    int n;
};
enum err batch_read_open(sqlite3 *db, void *arg, struct err_info *info);

/* The end of a child, however it ended; ERR_NOT_FOUND when it has not. */
enum err batch_read_end(sqlite3 *db, int64_t child, struct batch_end *end,
                        struct err_info *info) MUST_CHECK;
/* An item whose end nobody has told: its last child (0: none), how that ended (cancelled when it
 * has not, or was to be tried again), and the sums of all its children; store_fn. */
struct batch_last {
    int64_t batch, item, child;
    struct batch_end end;
};
enum err batch_read_last(sqlite3 *db, void *arg, struct err_info *info);
/* The key of a child. */
void batch_key(int64_t batch, int64_t item, int attempt, char out[64]);
/* The item that a key names; 0: none. */
int64_t batch_item_of_key(const char *key);

/* The backend or the disk was at fault, and not the task: worth another attempt. */
bool batch_transient(enum err e);

#endif
