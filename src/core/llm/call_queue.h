/* Which of the calls that wait for a backend goes next. Pure: no clock, no fibers, no memory of its
 * own.
 *
 * - A person's calls go before the night's. Of CALL_QUEUE_PERSONS + 1 calls that begin while one of
 *   the night waits, one is of the night at least.
 * - Within each of the two, jobs take turns, not calls: a ring of jobs, each with its calls in
 * their order. A call that is its job's first, with n jobs in the ring, sees n - 1 calls begin
 * before it at most, however many calls those jobs have and whoever comes later.
 * - Calls for the model that is loaded may go before the one whose turn it is, at most
 *   CALL_QUEUE_STAYS of them in a row, when a change of model costs something (`stays`): the bound
 *   is then n - 1 + n CALL_QUEUE_STAYS. With `one_model` no two models compute at the same time:
 * the change waits for those that run, and nobody joins them any more.
 */
#ifndef DISE_CORE_CALL_QUEUE_H
#define DISE_CORE_CALL_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

enum { CALL_QUEUE_PERSONS = 16, CALL_QUEUE_STAYS = 4, CALL_QUEUE_RANKS = 2 };

/* One call that waits; embedded in what waits. */
struct queued_call {
    int64_t job;                /* 0: nobody's; all those together are one job */
    int rank;                   /* 0: a person waits, 1: the night's work */
    const char *model;          /* lives as long as the call waits */
    struct queued_call *next;   /* of a job's first call: that of the next job in the ring */
    struct queued_call *behind; /* the next call of the same job */
    struct queued_call *last;   /* of a job's first call: the job's last; NULL: of another */
};

struct call_ring {
    struct queued_call *first, *last; /* the first calls of the jobs; whose turn it is first */
    int waiting;                      /* calls, not jobs */
    int stayed; /* calls in a row that went before the one whose turn it was */
};

struct call_queue {
    int parallel; /* calls at the same time, 1 and more */
    bool stays, one_model;
    struct call_ring rings[CALL_QUEUE_RANKS];
    int running;
    char model[128]; /* of the call that began last; "": none */
    int passed;      /* calls of persons that have begun while one of the night waited */
};

void call_queue_init(struct call_queue *q, int parallel);
/* `c` must stay where it is until it begins or gives up. */
void call_queue_add(struct call_queue *q, struct queued_call *c);
/* One gives up; nothing when it does not wait. */
void call_queue_remove(struct call_queue *q, struct queued_call *c);
/* Who may begin now; NULL: nobody. */
struct queued_call *call_queue_next(const struct call_queue *q);
/* What call_queue_next gave begins. */
void call_queue_begin(struct call_queue *q, struct queued_call *c);
/* One of those that run has ended. */
void call_queue_end(struct call_queue *q);
/* Goes through all that wait: NULL gives the first, NULL comes after the last. */
struct queued_call *call_queue_each(const struct call_queue *q, const struct queued_call *after);

#endif
