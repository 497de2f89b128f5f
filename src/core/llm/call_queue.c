#include "core/llm/call_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_LEAST = 16 };

void call_queue_init(struct call_queue *q, int parallel)
{
    memset(q, 0, sizeof *q);
    q->parallel = parallel > 0 ? parallel : 1;
}

void call_queue_fini(struct call_queue *q)
{
    free(q->turns);
    memset(q, 0, sizeof *q);
}

/* ---- turns ---- */

static struct queue_turn *turn_of(const struct call_queue *q, int64_t job)
{
    for (size_t i = 0; i < q->turns_n; i++)
        if (q->turns[i].job == job)
            return &q->turns[i];
    return NULL;
}

/* The virtual time at which the job's next call would begin: a job that has not been there lately
 * begins now, it has saved nothing up. */
static uint64_t start_of(const struct call_queue *q, const struct queued_call *c)
{
    const struct queue_turn *t = turn_of(q, c->job);
    return t && t->finish > q->now[c->rank] ? t->finish : q->now[c->rank];
}

static bool job_waits(const struct call_queue *q, int64_t job)
{
    for (const struct queued_call *c = q->first; c; c = c->next)
        if (c->job == job)
            return true;
    return false;
}

/* A job that waits for nothing and whose time has come says nothing any more. */
static void forget_turns(struct call_queue *q)
{
    size_t n = 0;
    for (size_t i = 0; i < q->turns_n; i++)
        if (q->turns[i].finish > q->now[q->turns[i].rank] || job_waits(q, q->turns[i].job))
            q->turns[n++] = q->turns[i];
    q->turns_n = n;
}

static enum err grow_turns(struct call_queue *q)
{
    size_t cap = q->turns_cap ? 2 * q->turns_cap : TURNS_LEAST;
    struct queue_turn *more;
    forget_turns(q);
    if (q->turns_n < q->turns_cap)
        return ERR_OK;
    more = realloc(q->turns, cap * sizeof *more);
    if (!more)
        return ERR_NOMEM;
    q->turns = more;
    q->turns_cap = cap;
    return ERR_OK;
}

/* ---- coming and going ---- */

enum err call_queue_add(struct call_queue *q, struct queued_call *c)
{
    if (!turn_of(q, c->job)) {
        if (q->turns_n == q->turns_cap && grow_turns(q))
            return ERR_NOMEM;
        q->turns[q->turns_n++] = (struct queue_turn){.job = c->job, .rank = c->rank};
    }
    c->next = NULL;
    if (q->last)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
    q->waiting[c->rank]++;
    return ERR_OK;
}

void call_queue_remove(struct call_queue *q, struct queued_call *c)
{
    struct queued_call *before = NULL, *at = q->first;
    while (at && at != c) {
        before = at;
        at = at->next;
    }
    if (!at)
        return;
    if (before)
        before->next = c->next;
    else
        q->first = c->next;
    if (q->last == c)
        q->last = before;
    q->waiting[c->rank]--;
}

/* ---- choosing ---- */

/* Whose turn it is in a rank; with a model, of the jobs whose next call is for it. */
static struct queued_call *turn_in(struct call_queue *q, int rank, const char *model)
{
    struct queued_call *best = NULL;
    uint64_t least = 0;
    q->searches++;
    for (struct queued_call *c = q->first; c; c = c->next) {
        struct queue_turn *t;
        uint64_t start;
        if (c->rank != rank)
            continue;
        t = turn_of(q, c->job);
        if (t->seen == q->searches)
            continue; /* behind a call of its own job */
        t->seen = q->searches;
        start = start_of(q, c);
        if ((!best || start < least) && (!model || strcmp(c->model, model) == 0)) {
            best = c;
            least = start;
        }
    }
    return best;
}

static int rank_next(const struct call_queue *q)
{
    if (!q->waiting[0])
        return 1;
    return q->waiting[1] && q->passed >= CALL_QUEUE_PERSONS;
}

struct queued_call *call_queue_next(struct call_queue *q)
{
    const int rank = rank_next(q);
    struct queued_call *c, *stays;
    if (!q->waiting[rank] || q->running >= q->parallel)
        return NULL;
    c = turn_in(q, rank, NULL);
    if (strcmp(c->model, q->model) == 0)
        return c;
    if (q->stays && q->stayed[rank] < CALL_QUEUE_STAYS &&
        (stays = turn_in(q, rank, q->model)) != NULL)
        return stays;
    return q->one_model && q->running ? NULL : c;
}

void call_queue_begin(struct call_queue *q, struct queued_call *c)
{
    struct queue_turn *t = turn_of(q, c->job);
    const struct queued_call *turn = turn_in(q, c->rank, NULL);
    q->now[c->rank] = start_of(q, turn);
    t->finish = start_of(q, c) + 1;
    q->stayed[c->rank] = c == turn ? 0 : q->stayed[c->rank] + 1;
    call_queue_remove(q, c);
    q->passed = c->rank == 0 && q->waiting[1] ? q->passed + 1 : 0;
    q->running++;
    snprintf(q->model, sizeof q->model, "%s", c->model);
}

void call_queue_end(struct call_queue *q)
{
    q->running--;
}
