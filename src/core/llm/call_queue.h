/* Which of the calls that wait for a backend goes next. Pure: no clock, no fibers.
 *
 * - A person's calls go before the night's. Of CALL_QUEUE_PERSONS + 1 calls that begin while one of
 *   the night waits, one is of the night at least.
 * - Within each of the two, jobs take turns, not calls, and a job's calls keep their order:
 * start-time fair queueing with calls of equal weight (Goyal, Vin, Cheng: Start-time Fair Queuing,
 * SIGCOMM 1996). While n jobs wait, at most 2(n - 1) calls of the others begin between two of a
 * job's own.
 * - Calls for the model that is loaded may go before the one whose turn it is, at most
 *   CALL_QUEUE_STAYS of them in a row, when a change of model costs something (`stays`). With
 *   `one_model` no two models compute at the same time: the change waits for those that run, and
 *   nobody joins them any more.
 */
#ifndef DISE_CORE_CALL_QUEUE_H
#define DISE_CORE_CALL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { CALL_QUEUE_PERSONS = 16, CALL_QUEUE_STAYS = 4, CALL_QUEUE_RANKS = 2 };

/* One call that waits; embedded in what waits. */
struct queued_call {
    int64_t job;       /* 0: nobody's; all those together are one job */
    int rank;          /* 0: a person waits, 1: the night's work */
    const char *model; /* lives as long as the call waits */
    struct queued_call *next;
};

/* When a job's turn comes. */
struct queue_turn {
    int64_t job;
    int rank;
    uint64_t finish; /* virtual time of its rank */
    uint64_t seen;   /* in the search of that number */
};

struct call_queue {
    int parallel; /* calls at the same time, 1 and more */
    bool stays, one_model;
    struct queued_call *first, *last; /* in the order of their coming */
    int waiting[CALL_QUEUE_RANKS], running;
    char model[128];                /* of the call that began last; "": none */
    int passed;                     /* calls of persons since one of the night was passed over */
    int stayed[CALL_QUEUE_RANKS];   /* calls in a row that went before the one whose turn it was */
    uint64_t now[CALL_QUEUE_RANKS]; /* virtual time */
    uint64_t searches;
    struct queue_turn *turns;
    size_t turns_n, turns_cap;
};

void call_queue_init(struct call_queue *q, int parallel);
void call_queue_fini(struct call_queue *q); /* with nobody waiting */
/* ERR_NOMEM. */
enum err call_queue_add(struct call_queue *q, struct queued_call *c) MUST_CHECK;
/* One that waits gives up. */
void call_queue_remove(struct call_queue *q, struct queued_call *c);
/* Who may begin now; NULL: nobody. */
struct queued_call *call_queue_next(struct call_queue *q);
/* What call_queue_next gave begins. */
void call_queue_begin(struct call_queue *q, struct queued_call *c);
/* One of those that run has ended. */
void call_queue_end(struct call_queue *q);

#endif
