#include "core/llm/call_queue.h"

#include <stdio.h>
#include <string.h>

void call_queue_init(struct call_queue *q, int parallel)
{
    memset(q, 0, sizeof *q);
    q->parallel = parallel > 0 ? parallel : 1;
}

/* ---- coming and going ---- */

static void ring_add(struct call_ring *ring, struct queued_call *c)
{
    c->next = NULL;
    if (ring->last)
        ring->last->next = c;
    else
        ring->first = c;
    ring->last = c;
}

void call_queue_add(struct call_queue *q, struct queued_call *c)
{
    struct call_ring *ring = &q->rings[c->rank];
    struct queued_call *job = ring->first;
    while (job && job->job != c->job)
        job = job->next;
    c->behind = c->last = NULL;
    ring->waiting++;
    if (job) {
        job->last->behind = c;
        job->last = c;
        return;
    }
    c->last = c;
    ring_add(ring, c);
}

/* Puts `other` (NULL: nothing) where the job's first call `c` is. */
static void ring_replace(struct call_ring *ring, struct queued_call *c, struct queued_call *other)
{
    struct queued_call *before = NULL, *at = ring->first;
    while (at != c) {
        before = at;
        at = at->next;
    }
    if (other)
        other->next = c->next;
    if (before)
        before->next = other ? other : c->next;
    else
        ring->first = other ? other : c->next;
    if (ring->last == c)
        ring->last = other ? other : before;
}

/* The job's second call is its first from now on. */
static struct queued_call *promote(struct queued_call *c)
{
    if (c->behind)
        c->behind->last = c->last;
    return c->behind;
}

static bool remove_from(struct call_ring *ring, struct queued_call *c)
{
    for (struct queued_call *job = ring->first; job; job = job->next) {
        struct queued_call *at = job;
        if (job == c) {
            ring_replace(ring, c, promote(c));
            return true;
        }
        while (at->behind && at->behind != c)
            at = at->behind;
        if (!at->behind)
            continue;
        at->behind = c->behind;
        if (job->last == c)
            job->last = at;
        return true;
    }
    return false;
}

void call_queue_remove(struct call_queue *q, struct queued_call *c)
{
    struct call_ring *ring = &q->rings[c->rank];
    ring->waiting -= remove_from(ring, c);
}

struct queued_call *call_queue_each(const struct call_queue *q, const struct queued_call *after)
{
    const struct queued_call *job = NULL;
    if (!after)
        return q->rings[0].first ? q->rings[0].first : q->rings[1].first;
    if (after->behind)
        return after->behind;
    for (job = after->last ? after : q->rings[after->rank].first; job->job != after->job;)
        job = job->next;
    return job->next || after->rank ? job->next : q->rings[1].first;
}

/* ---- choosing ---- */

static int rank_next(const struct call_queue *q)
{
    if (!q->rings[0].waiting)
        return 1;
    return q->rings[1].waiting && q->passed >= CALL_QUEUE_PERSONS;
}

/* Of the jobs whose next call is for the loaded model, the one whose turn comes first. */
static struct queued_call *one_that_stays(const struct call_queue *q, const struct call_ring *ring)
{
    struct queued_call *c = ring->first;
    if (!q->stays || ring->stayed >= CALL_QUEUE_STAYS)
        return NULL;
    while (c && strcmp(c->model, q->model) != 0)
        c = c->next;
    return c;
}

struct queued_call *call_queue_next(const struct call_queue *q)
{
    const struct call_ring *ring = &q->rings[rank_next(q)];
    struct queued_call *c = ring->first, *stays;
    if (!c || q->running >= q->parallel || strcmp(c->model, q->model) == 0)
        return q->running < q->parallel ? c : NULL;
    stays = one_that_stays(q, ring);
    if (stays)
        return stays;
    return q->one_model && q->running ? NULL : c;
}

void call_queue_begin(struct call_queue *q, struct queued_call *c)
{
    struct call_ring *ring = &q->rings[c->rank];
    struct queued_call *rest = promote(c);
    ring->stayed = c == ring->first ? 0 : ring->stayed + 1;
    ring_replace(ring, c, NULL);
    ring->waiting--;
    if (rest)
        ring_add(ring, rest);
    q->passed = c->rank == 0 && q->rings[1].waiting ? q->passed + 1 : 0;
    q->running++;
    snprintf(q->model, sizeof q->model, "%s", c->model);
}

void call_queue_end(struct call_queue *q)
{
    q->running--;
}
