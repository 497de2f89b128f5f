/* What the dashboard knows of overnight runs: a fold of their events and of batch.list and
 * batch.show. Pure, as model.h. Totals are told by the engine and counted from the items; what is
 * shown is the greater, so that the order in which both arrive does not matter. */
#ifndef DISE_UI_BATCH_MODEL_H
#define DISE_UI_BATCH_MODEL_H

#include "core/event.h"

enum {
    BATCH_MODEL_MAX = 100,    /* batches; the oldest go first */
    BATCH_ITEMS_MAX = 100000, /* of one batch */
    BATCH_CAUSES_MAX = 32,    /* that are told apart; the others are counted together */
};

enum batch_item_state {
    BATCH_ITEM_WAITING,
    BATCH_ITEM_RUNNING,
    BATCH_ITEM_SOLVED,
    BATCH_ITEM_UNSOLVED,
    BATCH_ITEM_FAILED,
    BATCH_ITEM_CANCELLED,
    BATCH_ITEM_SKIPPED,
    BATCH_ITEM_STATES
};

struct batch_item {
    enum batch_item_state state;
    int cause; /* index; -1: none */
    int64_t child, tokens;
    double cost, seconds;
    char *title; /* NULL: not told yet */
};

struct batch_totals {
    int64_t done, solved, running, tokens;
    double cost;
};

struct batch_cause {
    char *text;
    int64_t count;
};

struct batch {
    int64_t id, seq;           /* seq: last event folded */
    char *name, *source, *why; /* never NULL once it is listed */
    char state[16];            /* scheduled|running|paused|waiting|done|cancelled */
    int64_t start, eta;        /* ms since 1970; 0: at once, not known */
    int64_t width, limit_tokens;
    double limit_money, limit_hours; /* 0: none */
    int64_t items;
    bool details; /* batch.show was folded: every item is known */
    struct batch_item *list;
    size_t list_n, list_cap; /* items told so far, by their number - 1 */
    struct batch_totals told, counted;
    int64_t states[BATCH_ITEM_STATES]; /* items of list by state */
    struct batch_cause causes[BATCH_CAUSES_MAX];
    int causes_n;
};

struct batch_model {
    struct batch *batches; /* by id, newest first */
    size_t n;
};

void batch_model_fini(struct batch_model *m);
/* ERR_NOMEM leaves a model that is still usable. Other events are ignored. */
enum err batch_model_fold(struct batch_model *m, const struct event *ev) MUST_CHECK;
/* One of batch.list, or the whole of batch.show. */
enum err batch_model_listed(struct batch_model *m, struct json_object *o) MUST_CHECK;
/* NULL when unknown. Borrowed until the next change. */
struct batch *batch_model_get(struct batch_model *m, int64_t id);

struct batch_totals batch_totals(const struct batch *b);
bool batch_ended(const struct batch *b);
const char *batch_item_state_name(enum batch_item_state s);
/* Indexes of causes by their count, the most frequent first; returns how many. */
int batch_causes(const struct batch *b, int out[BATCH_CAUSES_MAX]);

#endif
