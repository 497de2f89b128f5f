#include "core/rag/vector_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD = 8, CACHE_LINE = 64 };

/* By how many standard deviations of its error an estimate may be wrong before a row is missed;
 * SIGNS_SPREAD is the sine of the angle between a random direction and its signs. Measured
 * (docs/performance.md): 2 still gives a recall of 0.99 on data without any structure. */
static const float SIGNS_SPREAD = 0.603f, SIGNS_SAFE = 2.25f, LEVELS_SAFE = 4;

struct candidate {
    float most; /* what its cosine is at most, by its levels */
    uint32_t slot;
};

struct search {
    const struct vector_map *map;
    const struct vector_scan *scan;
    const float *query; /* of length 1 */
    float *room;
    struct vector_query views[VECTOR_CENTROIDS]; /* table NULL: not made yet */
    unsigned char *view_memory[VECTOR_CENTROIDS];
    size_t most;
    float *least; /* a heap of what the best rows have at least, the smallest first */
    size_t least_count;
    struct candidate *candidates;
    size_t count, room_for;
    uint64_t *allowed; /* one bit a slot; NULL: all */
    struct vector_looked looked;
    enum err error;
};

/* ---- the query from the view of each centroid ---- */

static const struct vector_query *view_of(struct search *s, uint32_t segment)
{
    uint32_t centroid = vector_map_head(s->map, segment)->centroid;
    struct vector_query *view = &s->views[centroid];
    if (view->table)
        return view;
    s->view_memory[centroid] = aligned_alloc(CACHE_LINE, vector_query_size(&s->map->shape));
    if (!s->view_memory[centroid]) {
        s->error = ERR_NOMEM;
        return NULL;
    }
    vector_query_init(view, &s->map->shape, s->query, vector_map_centroid(s->map, centroid),
                      s->room, s->view_memory[centroid]);
    return view;
}

/* ---- the best so far ---- */

/* What a row must reach. */
static float bar(const struct search *s)
{
    return s->least_count == s->most ? s->least[0] : -INFINITY;
}

static void sift_down(float *heap, size_t n)
{
    float x = heap[0];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= x)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = x;
}

static void raise_bar(struct search *s, float least)
{
    size_t at;
    if (s->least_count == s->most) {
        if (least > s->least[0]) {
            s->least[0] = least;
            sift_down(s->least, s->most);
        }
        return;
    }
    at = s->least_count++;
    while (at && s->least[(at - 1) / 2] > least) {
        s->least[at] = s->least[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    s->least[at] = least;
}

static void drop_hopeless(struct search *s)
{
    size_t kept = 0;
    float limit = bar(s);
    for (size_t i = 0; i < s->count; i++)
        if (s->candidates[i].most >= limit)
            s->candidates[kept++] = s->candidates[i];
    s->count = kept;
}

static void add_candidate(struct search *s, float most, uint32_t slot)
{
    if (s->count == s->room_for)
        drop_hopeless(s);
    if (s->count * 2 > s->room_for) {
        size_t room_for = s->room_for * 2;
        struct candidate *bigger = realloc(s->candidates, room_for * sizeof *bigger);
        if (!bigger) {
            s->error = ERR_NOMEM;
            return;
        }
        s->candidates = bigger;
        s->room_for = room_for;
    }
    s->candidates[s->count++] = (struct candidate){most, slot};
}

/* ---- a closer look: levels ---- */

static void prefetch_levels(const struct search *s, uint32_t slot)
{
    const uint8_t *levels = vector_map_levels(s->map, slot);
    for (size_t i = 0; i < s->map->shape.padded && i < 16 * CACHE_LINE; i += CACHE_LINE)
        __builtin_prefetch(levels + i);
    __builtin_prefetch(vector_map_row(s->map, slot));
}

static void look_at_levels(struct search *s, const uint32_t *slots, size_t n)
{
    for (size_t i = 0; i < AHEAD && i < n; i++)
        prefetch_levels(s, slots[i]);
    for (size_t i = 0; i < n && !s->error; i++) {
        uint32_t slot = slots[i];
        const struct vector_query *view = view_of(s, slot / VECTOR_SEGMENT);
        float scale = vector_map_row(s->map, slot)->scale, score, error;
        int32_t sum;
        if (i + AHEAD < n)
            prefetch_levels(s, slots[i + AHEAD]);
        if (!view)
            return;
        sum = s->scan->levels(vector_map_levels(s->map, slot), view->levels, s->map->shape.padded);
        score = scale * view->level_step * ((float)sum - view->level_base) +
                *vector_map_add(s->map, slot) + view->base;
        error = LEVELS_SAFE / sqrtf(12) * scale * view->length + 1e-6f;
        if (score + error >= bar(s)) {
            add_candidate(s, score + error, slot);
            raise_bar(s, score - error);
        }
    }
    s->looked.levels += n;
}

/* ---- signs ---- */

static void scan_segment(struct search *s, uint32_t segment)
{
    const struct vector_query *view = view_of(s, segment);
    uint32_t near[VECTOR_SEGMENT], first = segment * VECTOR_SEGMENT;
    size_t bytes = s->map->shape.padded / 8, n = 0;
    float least, limit;
    if (!view)
        return;
    least = view->least + SIGNS_SAFE * SIGNS_SPREAD * view->length;
    limit = bar(s) - view->base;
    for (uint32_t slot = first; slot < first + VECTOR_SEGMENT; slot += VECTOR_BLOCK) {
        uint64_t bits = s->allowed ? s->allowed[slot / 64] : UINT64_MAX;
        if (!bits)
            continue;
        bits &= s->scan->signs(vector_map_block(s->map, slot), bytes, view->table,
                               vector_map_factor(s->map, slot), vector_map_add(s->map, slot),
                               view->step, least, limit);
        for (; bits; bits &= bits - 1)
            near[n++] = slot + (uint32_t)__builtin_ctzll(bits);
        if (isfinite(limit))
            continue;
        look_at_levels(s, near, n); /* soon there is a limit */
        n = 0;
        limit = bar(s) - view->base;
    }
    look_at_levels(s, near, n);
}

static void scan_all(struct search *s)
{
    for (uint32_t i = 0; i < s->map->segments && !s->error; i++)
        if (s->map->segment_live[i])
            scan_segment(s, i);
}

/* ---- only some ids ---- */

/* Few are looked at by their levels at once; many become a mask of the scan. */
static void scan_among(struct search *s, const int64_t *ids, size_t n)
{
    uint32_t slots[VECTOR_BLOCK];
    size_t count = 0;
    bool few = n < s->map->live / 8;
    if (!few) {
        s->allowed = calloc(s->map->segments * (size_t)VECTOR_SEGMENT / 64 + 1, sizeof(uint64_t));
        if (!s->allowed)
            s->error = ERR_NOMEM;
    }
    for (size_t i = 0; i < n && !s->error; i++) {
        int64_t slot = ids[i] > 0 ? vector_map_find(s->map, ids[i]) : -1;
        if (slot < 0)
            continue;
        if (!few) {
            s->allowed[slot / 64] |= UINT64_C(1) << slot % 64;
            continue;
        }
        slots[count++] = (uint32_t)slot;
        if (count == VECTOR_BLOCK) {
            look_at_levels(s, slots, count);
            count = 0;
        }
    }
    if (few)
        look_at_levels(s, slots, count);
    else if (!s->error)
        scan_all(s);
}

/* ---- the vectors themselves ---- */

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->most < y->most ? 1 : x->most > y->most ? -1 : 0;
}

static int compare_hits(const void *a, const void *b)
{
    const struct vector_hit *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->id > y->id ? 1 : x->id < y->id ? -1 : 0;
}

/* Keeps hits[0..n) as a heap, the worst first. */
static void sink_hit(struct vector_hit *hits, size_t n, size_t at)
{
    struct vector_hit x = hits[at];
    size_t child;
    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && compare_hits(&hits[child + 1], &hits[child]) > 0)
            child++;
        if (compare_hits(&hits[child], &x) <= 0)
            break;
        hits[at] = hits[child];
        at = child;
    }
    hits[at] = x;
}

static size_t look_at_vectors(struct search *s, struct vector_hit *hits)
{
    size_t n = 0;
    drop_hopeless(s);
    qsort(s->candidates, s->count, sizeof *s->candidates, compare_candidates);
    for (size_t i = 0; i < s->count; i++) {
        uint32_t slot = s->candidates[i].slot;
        struct vector_hit hit = {.id = vector_map_row(s->map, slot)->id};
        if (n == s->most && s->candidates[i].most < hits[0].score)
            break;
        hit.score = (float)s->scan->dot(s->query, vector_map_vector(s->map, slot),
                                        s->map->shape.dimensions);
        s->looked.vectors++;
        if (!(hit.score >= -1)) /* rounding; or damage, which is told below */
            hit.score = -1;
        hit.score = fminf(hit.score, 1);
        if (n < s->most) {
            hits[n++] = hit;
            for (size_t at = n == s->most ? n / 2 : 0; at--;)
                sink_hit(hits, n, at);
        } else if (compare_hits(&hit, &hits[0]) < 0) {
            hits[0] = hit;
            sink_hit(hits, n, 0);
        }
    }
    qsort(hits, n, sizeof *hits, compare_hits);
    return n;
}

static enum err check_hits(const struct vector_map *map, const struct vector_hit *hits, size_t n,
                           struct err_info *info)
{
    for (size_t i = 0; i < n; i++) {
        int64_t slot = hits[i].id > 0 ? vector_map_find(map, hits[i].id) : -1;
        if (slot < 0 || !vector_map_vector_sound(map, (uint32_t)slot))
            return err_set(info, ERR_CORRUPT,
                           "the vector index is damaged: the vector of %lld does not have its "
                           "checksum",
                           (long long)hits[i].id);
    }
    return ERR_OK;
}

/* ---- all of it ---- */

static void end(struct search *s, float *query)
{
    for (int i = 0; i < VECTOR_CENTROIDS; i++)
        free(s->view_memory[i]);
    free(s->least);
    free(s->candidates);
    free(s->allowed);
    free(query);
}

enum err vector_search(const struct vector_map *map, const struct vector_scan *scan,
                       const float *query, size_t most, const int64_t *among, size_t among_count,
                       struct vector_hit *hits, size_t *found, struct vector_looked *looked,
                       struct err_info *info)
{
    size_t n = map->shape.dimensions;
    struct search s = {.map = map, .scan = scan, .room_for = 1024};
    float *unit = malloc((2 * n + map->shape.padded) * sizeof *unit);
    enum err e = ERR_OK;
    *found = 0;
    s.most = most < map->live ? most : map->live;
    s.least = malloc((s.most + 1) * sizeof *s.least);
    s.candidates = malloc(s.room_for * sizeof *s.candidates);
    if (!unit || !s.least || !s.candidates) {
        s.error = ERR_NOMEM;
    } else if (!vector_normalize(query, n, unit)) {
        e = err_set(info, ERR_INPUT, "the vector to search for is zero or not finite");
    } else if (s.most) {
        s.query = unit;
        s.room = unit + n;
        if (among)
            scan_among(&s, among, among_count);
        else
            scan_all(&s);
        if (!s.error)
            *found = look_at_vectors(&s, hits);
        e = check_hits(map, hits, *found, info);
    }
    if (s.error)
        e = err_set(info, s.error, "out of memory");
    if (e)
        *found = 0;
    if (looked)
        *looked = s.looked;
    end(&s, unit);
    return e;
}
