#include "core/rag/vector_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/rag/vector_search.h"

enum { CHUNK = 64 };

struct vector_file {
    struct vector_store store;
    struct vector_map map;
    const struct vector_scan *scan;
    pthread_rwlock_t lock;    /* of the map, on the pool's threads; writers hold it for short */
    struct fiber_sem writing; /* one writer at a time; others wait here, on no thread */
    int64_t mark;             /* as the loop knows it */
};

/* One call while it is on the pool. */
struct call {
    struct vector_file *file;
    const int64_t *ids;
    const float *vectors;
    size_t n, most, *found;
    struct vector_hit *hits;
    int64_t *ids_out, after;
    float *vectors_out;
    struct vector_file_stats *stats;
    struct err_info *info;
    enum err e;
};

static enum err run(struct call *c, void (*fn)(void *))
{
    enum err e = fiber_work(fn, c);
    return e ? e : c->e;
}

static void note_damage(void *arg)
{
    struct call *c = arg;
    pthread_rwlock_wrlock(&c->file->lock);
    vector_map_damaged(&c->file->map);
    pthread_rwlock_unlock(&c->file->lock);
}

/* Readers look; damage that they meet is written down by a writer. */
static enum err read_by(struct call *c, void (*fn)(void *))
{
    enum err e = run(c, fn);
    if (e == ERR_CORRUPT && !fiber_sem_take(&c->file->writing)) {
        (void)!fiber_work(note_damage, c);
        fiber_sem_give(&c->file->writing);
    }
    return e;
}

static enum err write_by(struct call *c, void (*fn)(void *))
{
    enum err e = fiber_sem_take(&c->file->writing);
    if (e)
        return e;
    e = run(c, fn);
    fiber_sem_give(&c->file->writing);
    return e;
}

static struct vector_file *file_of(struct vector_store *s)
{
    return (struct vector_file *)s;
}

/* ---- upsert ---- */

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static enum err check_ids(const struct call *c)
{
    enum err e = ERR_OK;
    int64_t *sorted = malloc((c->n + 1) * sizeof *sorted);
    if (!sorted)
        return err_set(c->info, ERR_NOMEM, "out of memory");
    if (c->n)
        memcpy(sorted, c->ids, c->n * sizeof *sorted);
    qsort(sorted, c->n, sizeof *sorted, compare_ids);
    if (c->n && sorted[0] <= 0)
        e = err_set(c->info, ERR_INPUT, "%lld is no id of a vector", (long long)sorted[0]);
    for (size_t i = 1; i < c->n && !e; i++)
        if (sorted[i] == sorted[i - 1])
            e = err_set(c->info, ERR_INPUT, "the id %lld is given twice", (long long)sorted[i]);
    free(sorted);
    return e;
}

static enum err check_vectors(const struct call *c, float *room)
{
    size_t n = c->file->map.shape.dimensions;
    for (size_t i = 0; i < c->n; i++)
        if (!vector_normalize(c->vectors + i * n, n, room))
            return err_set(c->info, ERR_INPUT, "the vector of %lld is zero or not finite",
                           (long long)c->ids[i]);
    return ERR_OK;
}

static enum err make_room(const struct call *c)
{
    struct vector_map *map = &c->file->map;
    size_t fresh = 0;
    enum err e = vector_map_begin(map, c->info);
    if (e)
        return e;
    pthread_rwlock_wrlock(&c->file->lock);
    e = vector_map_room(map, 0, map->segments);
    for (size_t i = 0; i < c->n && !e; i++)
        fresh += vector_map_find(map, c->ids[i]) < 0;
    e = e ? err_set(c->info, e, "out of memory") : vector_map_reserve(map, fresh, c->info);
    pthread_rwlock_unlock(&c->file->lock);
    return e;
}

/* Only writers change the map, so a writer may look at it without the lock. */
static void put_chunk(const struct call *c, size_t from, struct vector_put *puts, float *room)
{
    struct vector_map *map = &c->file->map;
    size_t dimensions = map->shape.dimensions, fresh = 0;
    size_t n = c->n - from < CHUNK ? c->n - from : CHUNK;
    for (size_t i = 0; i < n; i++) {
        struct vector_put *put = &puts[i];
        int64_t slot = vector_map_find(map, c->ids[from + i]);
        put->id = c->ids[from + i];
        put->fresh = slot < 0;
        put->slot = put->fresh ? vector_map_next(map, fresh++) : (uint32_t)slot;
        (void)vector_normalize(c->vectors + (from + i) * dimensions, dimensions, put->vector);
        vector_map_encode(map, put, room);
    }
    pthread_rwlock_wrlock(&c->file->lock);
    for (size_t i = 0; i < n; i++)
        vector_map_put(map, &puts[i]);
    if (map->live >= map->centre_at)
        (void)!vector_map_centre(map);
    pthread_rwlock_unlock(&c->file->lock);
}

static void do_upsert(void *arg)
{
    struct call *c = arg;
    const struct vector_shape *shape = &c->file->map.shape;
    size_t floats = shape->dimensions + shape->padded, row = shape->dimensions * sizeof(float);
    struct vector_put puts[CHUNK];
    float *room = malloc(floats * sizeof *room + CHUNK * (row + shape->padded));
    unsigned char *at = (unsigned char *)(room + floats);
    c->e = room ? check_ids(c) : err_set(c->info, ERR_NOMEM, "out of memory");
    if (!c->e)
        c->e = check_vectors(c, room);
    if (!c->e)
        c->e = make_room(c);
    for (size_t i = 0; i < CHUNK && !c->e; i++) {
        puts[i].vector = (float *)(void *)(at + i * row);
        puts[i].levels = at + CHUNK * row + i * shape->padded;
    }
    for (size_t i = 0; i < c->n && !c->e; i += CHUNK)
        put_chunk(c, i, puts, room);
    free(room);
}

static enum err upsert(struct vector_store *s, const int64_t *ids, const float *vectors, size_t n,
                       struct err_info *info)
{
    struct call c = {.file = file_of(s), .ids = ids, .vectors = vectors, .n = n, .info = info};
    return write_by(&c, do_upsert);
}

/* ---- remove ---- */

static void do_remove(void *arg)
{
    struct call *c = arg;
    struct vector_map *map = &c->file->map;
    c->e = vector_map_begin(map, c->info);
    for (size_t from = 0; from < c->n && !c->e; from += CHUNK) {
        pthread_rwlock_wrlock(&c->file->lock);
        for (size_t i = from; i < c->n && i < from + CHUNK; i++) {
            int64_t slot = c->ids[i] > 0 ? vector_map_find(map, c->ids[i]) : -1;
            if (slot >= 0)
                vector_map_drop(map, (uint32_t)slot);
        }
        pthread_rwlock_unlock(&c->file->lock);
    }
}

static enum err remove_ids(struct vector_store *s, const int64_t *ids, size_t n,
                           struct err_info *info)
{
    struct call c = {.file = file_of(s), .ids = ids, .n = n, .info = info};
    return write_by(&c, do_remove);
}

/* ---- reading ---- */

static void do_search(void *arg)
{
    struct call *c = arg;
    pthread_rwlock_rdlock(&c->file->lock);
    c->e = vector_search(&c->file->map, c->file->scan, c->vectors, c->most, c->ids, c->n, c->hits,
                         c->found, NULL, c->info);
    pthread_rwlock_unlock(&c->file->lock);
}

static enum err search(struct vector_store *s, const float *query, size_t most,
                       const int64_t *among, size_t among_count, struct vector_hit *hits,
                       size_t *found, struct err_info *info)
{
    struct call c = {.file = file_of(s),
                     .ids = among,
                     .n = among_count,
                     .vectors = query,
                     .most = most,
                     .hits = hits,
                     .found = found,
                     .info = info};
    *found = 0;
    return read_by(&c, do_search);
}

static void do_stats(void *arg)
{
    struct call *c = arg;
    const struct vector_map *map = &c->file->map;
    size_t slots = (size_t)map->segments * VECTOR_SEGMENT;
    pthread_rwlock_rdlock(&c->file->lock);
    *c->stats = (struct vector_file_stats){
        .vectors = map->live,
        .slots = slots,
        .file = map->mapped,
        .heap = (slots + map->segments + map->index_size) * sizeof(uint32_t) +
                VECTOR_ROUNDS * map->shape.padded * sizeof(float),
        .scan = c->file->scan->name};
    pthread_rwlock_unlock(&c->file->lock);
}

enum err vector_file_stats(struct vector_store *s, struct vector_file_stats *out)
{
    struct call c = {.file = file_of(s), .stats = out};
    return run(&c, do_stats);
}

static enum err count(struct vector_store *s, int64_t *n, struct err_info *info)
{
    struct vector_file_stats stats = {0};
    enum err e = vector_file_stats(s, &stats);
    *n = (int64_t)stats.vectors;
    return e ? err_set(info, e, "%s", err_text(e)) : ERR_OK;
}

/* Keeps the smallest ids as a heap, the largest of them first. */
static size_t keep_smallest(int64_t *heap, size_t n, size_t most, int64_t id)
{
    size_t at, child;
    if (n < most) {
        for (at = n; at && heap[(at - 1) / 2] < id; at = (at - 1) / 2)
            heap[at] = heap[(at - 1) / 2];
        heap[at] = id;
        return n + 1;
    }
    if (id >= heap[0])
        return n;
    for (at = 0; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= id)
            break;
        heap[at] = heap[child];
    }
    heap[at] = id;
    return n;
}

static void do_scan(void *arg)
{
    struct call *c = arg;
    const struct vector_map *map = &c->file->map;
    size_t n = 0, dimensions = map->shape.dimensions;
    pthread_rwlock_rdlock(&c->file->lock);
    for (uint32_t slot = 0; slot < map->segments * VECTOR_SEGMENT && c->most; slot++) {
        int64_t id = vector_map_row(map, slot)->id;
        if (id > c->after)
            n = keep_smallest(c->ids_out, n, c->most, id);
    }
    qsort(c->ids_out, n, sizeof *c->ids_out, compare_ids);
    for (size_t i = 0; i < n && c->vectors_out && !c->e; i++) {
        int64_t slot = vector_map_find(map, c->ids_out[i]);
        if (slot < 0 || !vector_map_vector_sound(map, (uint32_t)slot))
            c->e = err_set(c->info, ERR_CORRUPT,
                           "the vector index is damaged: the vector of %lld does not have its "
                           "checksum",
                           (long long)c->ids_out[i]);
        else
            memcpy(c->vectors_out + i * dimensions, vector_map_vector(map, (uint32_t)slot),
                   dimensions * sizeof(float));
    }
    *c->found = c->e ? 0 : n;
    pthread_rwlock_unlock(&c->file->lock);
}

static enum err scan(struct vector_store *s, int64_t after, size_t most, int64_t *ids,
                     float *vectors, size_t *found, struct err_info *info)
{
    struct call c = {.file = file_of(s),
                     .after = after > 0 ? after : 0,
                     .most = most,
                     .ids_out = ids,
                     .vectors_out = vectors,
                     .found = found,
                     .info = info};
    *found = 0;
    return read_by(&c, do_scan);
}

/* ---- marks and checks ---- */

static void do_mark(void *arg)
{
    struct call *c = arg;
    c->e = vector_map_mark(&c->file->map, c->after, c->info);
}

enum err vector_file_mark(struct vector_store *s, int64_t mark, struct err_info *info)
{
    struct call c = {.file = file_of(s), .after = mark, .info = info};
    enum err e = write_by(&c, do_mark);
    file_of(s)->mark = file_of(s)->map.mark;
    return e;
}

int64_t vector_file_marked(const struct vector_store *s)
{
    return ((const struct vector_file *)s)->mark;
}

/* A segment; *found: whether there was one. */
static void do_verify(void *arg)
{
    struct call *c = arg;
    const struct vector_map *map = &c->file->map;
    uint32_t first = (uint32_t)c->n * VECTOR_SEGMENT;
    pthread_rwlock_rdlock(&c->file->lock);
    *c->found = c->n < map->segments;
    for (uint32_t i = 0; i < VECTOR_SEGMENT && *c->found && !c->e; i++)
        if (vector_map_row(map, first + i)->id && !vector_map_sound(map, first + i))
            c->e = err_set(c->info, ERR_CORRUPT,
                           "the vector index is damaged: row %u does not have its checksum",
                           first + i);
    pthread_rwlock_unlock(&c->file->lock);
}

enum err vector_file_verify(struct vector_store *s, struct err_info *info)
{
    size_t more = 1;
    enum err e = ERR_OK;
    for (size_t i = 0; more && !e; i++) {
        struct call c = {.file = file_of(s), .n = i, .found = &more, .info = info};
        e = read_by(&c, do_verify);
    }
    return e;
}

/* ---- opening and closing ---- */

static void do_close(void *arg)
{
    struct vector_file *f = arg;
    vector_map_close(&f->map, true);
    pthread_rwlock_destroy(&f->lock);
    free(f);
}

static void close_file(struct vector_store *s)
{
    struct vector_file *f = file_of(s);
    if (!fiber_current()) {
        do_close(f);
        return;
    }
    fiber_shield(true);
    if (!fiber_sem_take(&f->writing) && fiber_work(do_close, f))
        do_close(f);
    fiber_shield(false);
}

static const struct vector_store_class class = {
    .name = "file",
    .upsert = upsert,
    .remove = remove_ids,
    .search = search,
    .count = count,
    .scan = scan,
    .close = close_file,
};

struct opening {
    struct vector_file *file;
    const char *path, *model;
    size_t dimensions;
    struct err_info *info;
    enum err e;
};

static void do_open(void *arg)
{
    struct opening *o = arg;
    struct vector_map *map = &o->file->map;
    struct err_info first = {0};
    char aside[PATH_SIZE + 8];
    o->e = vector_map_open(map, o->path, o->model, o->dimensions, &first);
    if (o->e != ERR_CORRUPT && o->e != ERR_VERSION && o->e != ERR_UNSUPPORTED) {
        if (o->e && o->info)
            *o->info = first;
        return;
    }
    snprintf(aside, sizeof aside, "%s.old", o->path);
    if (rename(o->path, aside)) {
        o->e = err_errno(o->info, errno, o->path);
        return;
    }
    o->e = vector_map_open(map, o->path, o->model, o->dimensions, o->info);
    if (!o->e)
        o->e = err_set(o->info, ERR_CORRUPT, "%.300s; it was moved to *.old and a new one begun",
                       first.message);
}

static void init_lock(struct vector_file *f)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
#ifdef __GLIBC__
    /* Searches without end would keep a write out for ever. */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    pthread_rwlock_init(&f->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

enum err vector_file_open(struct sched *s, const char *path, const char *model, size_t dimensions,
                          struct vector_store **out, struct err_info *info)
{
    struct vector_file *f = calloc(1, sizeof *f);
    struct opening o = {
        .file = f, .path = path, .model = model, .dimensions = dimensions, .info = info};
    (void)s; /* the pool is reached through the fiber that calls */
    *out = NULL;
    if (!f)
        return err_set(info, ERR_NOMEM, "out of memory");
    init_lock(f);
    fiber_sem_init(&f->writing, 1);
    f->scan = vector_scan_best();
    if (fiber_current())
        fiber_shield(true);
    if (!fiber_current() || fiber_work(do_open, &o))
        do_open(&o);
    if (fiber_current())
        fiber_shield(false);
    if (!f->map.base) {
        pthread_rwlock_destroy(&f->lock);
        free(f);
        return o.e;
    }
    f->mark = f->map.mark;
    f->store = (struct vector_store){.class = &class, .dimensions = dimensions};
    memcpy(f->store.model, f->map.model, sizeof f->store.model);
    *out = &f->store;
    return o.e;
}
