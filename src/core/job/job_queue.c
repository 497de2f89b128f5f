/* Which jobs are there and which is next: a list of all, buckets by number and by key, and one
 * queue a lane. Every operation is O(1), so that 10,000 jobs may wait. */
#include <stdlib.h>
#include <string.h>

#include "core/job/job_internal.h"

enum { BUCKETS_LEAST = 64 };

/* ---- look-ups ---- */

static size_t id_bucket(const struct jobs *jobs, int64_t id)
{
    return (size_t)id & (jobs->buckets - 1);
}

/* FNV-1a */
static size_t key_bucket(const struct jobs *jobs, const char *key)
{
    uint64_t h = 14695981039346656037u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return (size_t)(h ^ h >> 32) & (jobs->buckets - 1);
}

static void link_root(struct jobs *jobs, struct root *root)
{
    struct root **at = &jobs->by_id[id_bucket(jobs, root->id)];
    root->id_next = *at;
    *at = root;
    if (!root->key)
        return;
    at = &jobs->by_key[key_bucket(jobs, root->key)];
    root->key_next = *at;
    *at = root;
}

static enum err grow(struct jobs *jobs)
{
    size_t n = jobs->buckets ? jobs->buckets * 2 : BUCKETS_LEAST;
    struct root **by_id = calloc(n, sizeof(struct root *));
    struct root **by_key = calloc(n, sizeof(struct root *));
    if (!by_id || !by_key) {
        free(by_id);
        free(by_key);
        return ERR_NOMEM;
    }
    roots_free(jobs);
    jobs->by_id = by_id;
    jobs->by_key = by_key;
    jobs->buckets = n;
    for (struct root *r = jobs->first; r; r = r->next)
        link_root(jobs, r);
    return ERR_OK;
}

void roots_free(struct jobs *jobs)
{
    free(jobs->by_id);
    free(jobs->by_key);
    jobs->by_id = jobs->by_key = NULL;
}

enum err roots_add(struct jobs *jobs, struct root *root)
{
    if (jobs->count >= jobs->buckets && grow(jobs))
        return ERR_NOMEM;
    root->prev = jobs->last;
    *(jobs->last ? &jobs->last->next : &jobs->first) = root;
    jobs->last = root;
    jobs->count++;
    link_root(jobs, root);
    return ERR_OK;
}

void roots_remove(struct jobs *jobs, struct root *root)
{
    struct root **at = &jobs->by_id[id_bucket(jobs, root->id)];
    while (*at != root)
        at = &(*at)->id_next;
    *at = root->id_next;
    if (root->key) {
        at = &jobs->by_key[key_bucket(jobs, root->key)];
        while (*at != root)
            at = &(*at)->key_next;
        *at = root->key_next;
    }
    *(root->prev ? &root->prev->next : &jobs->first) = root->next;
    *(root->next ? &root->next->prev : &jobs->last) = root->prev;
    jobs->count--;
}

struct root *roots_find(const struct jobs *jobs, int64_t id)
{
    struct root *r = jobs->buckets ? jobs->by_id[id_bucket(jobs, id)] : NULL;
    while (r && r->id != id)
        r = r->id_next;
    return r;
}

struct root *roots_find_key(const struct jobs *jobs, const char *key)
{
    struct root *r = jobs->buckets ? jobs->by_key[key_bucket(jobs, key)] : NULL;
    while (r && strcmp(r->key, key) != 0)
        r = r->key_next;
    return r;
}

/* ---- lanes ---- */

enum lane root_lane(const struct root *root)
{
    if (root->kind == root->jobs->options.coordinator)
        return LANE_COORDINATOR;
    return root->parent ? LANE_BATCH : LANE_FRONT;
}

void queue_push(struct jobs *jobs, struct root *root)
{
    struct queue *q = &jobs->lanes[root_lane(root)];
    root->queue_next = NULL;
    root->queue_prev = q->last;
    *(q->last ? &q->last->queue_next : &q->first) = root;
    q->last = root;
    root->in_queue = true;
    jobs->queued++;
}

void queue_remove(struct jobs *jobs, struct root *root)
{
    struct queue *q = &jobs->lanes[root_lane(root)];
    if (!root->in_queue)
        return;
    *(root->queue_prev ? &root->queue_prev->queue_next : &q->first) = root->queue_next;
    *(root->queue_next ? &root->queue_next->queue_prev : &q->last) = root->queue_prev;
    root->in_queue = false;
    jobs->queued--;
}

/* The tasks of batches run beside the width, not in it: whatever a batch does, a person's next task
 * finds its slot. Each batch bounds the number of its own, which is what the person chose for it;
 * and they wait as long as a person's task does. */
struct root *queue_pop(struct jobs *jobs)
{
    struct root *next = jobs->lanes[LANE_COORDINATOR].first;
    if (!next && jobs->lanes[LANE_FRONT].first)
        next = jobs->running < jobs->options.width ? jobs->lanes[LANE_FRONT].first : NULL;
    else if (!next)
        next = jobs->lanes[LANE_BATCH].first;
    if (next)
        queue_remove(jobs, next);
    return next;
}
