#include "core/rag/vector_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

enum { PAGE = 4096, FORMAT = 1, STATE_AT = 512, SUMS_AT = 2048, SLOTS_MAX = 1 << 30 };

struct head {
    char magic[8];
    uint32_t version, order; /* of bytes */
    uint64_t dimensions, segment, segment_size, head_size;
    char model[64];
    uint64_t sum; /* of the above */
};

struct state {
    uint64_t generation;
    int64_t mark;
    uint32_t segments, centroids, dirty, damaged;
    char boot[40]; /* the kernel's boot_id when writing began */
    uint64_t sum;
};

static const char magic[8] = "DiSEvec";

/* ---- the layout ---- */

static size_t pages(size_t bytes)
{
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

static void lay_out(struct vector_map *map)
{
    struct vector_layout *at = &map->at;
    at->signs = PAGE;
    at->factor = at->signs + pages(VECTOR_SEGMENT * map->shape.padded / 8);
    at->add = at->factor + pages(VECTOR_SEGMENT * sizeof(float));
    at->rows = at->add + pages(VECTOR_SEGMENT * sizeof(float));
    at->levels = at->rows + pages(VECTOR_SEGMENT * sizeof(struct vector_row));
    at->vectors = at->levels + pages(VECTOR_SEGMENT * map->shape.padded);
    at->size = at->vectors + pages(VECTOR_SEGMENT * map->shape.dimensions * sizeof(float));
    map->head = PAGE + pages(VECTOR_CENTROIDS * map->shape.dimensions * sizeof(float));
}

static struct head head_of(const struct vector_map *map)
{
    struct head h = {.version = FORMAT,
                     .order = 0x01020304,
                     .dimensions = map->shape.dimensions,
                     .segment = VECTOR_SEGMENT,
                     .segment_size = map->at.size,
                     .head_size = map->head};
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.model, map->model, sizeof h.model);
    h.sum = vector_sum(&h, offsetof(struct head, sum), FORMAT);
    return h;
}

uint64_t *vector_map_centroid_sums(const struct vector_map *map)
{
    return (uint64_t *)(void *)(map->base + SUMS_AT);
}

/* ---- the state ---- */

static uint64_t state_sum(const struct state *s)
{
    return vector_sum(s, offsetof(struct state, sum), s->generation);
}

static struct state *state_at(const struct vector_map *map, uint64_t generation)
{
    return (struct state *)(void *)(map->base + STATE_AT * (1 + generation % 2));
}

/* A kill in the middle leaves the other one. */
void vector_map_state(struct vector_map *map)
{
    struct state s = {.generation = ++map->generation,
                      .mark = map->mark,
                      .segments = map->segments,
                      .centroids = map->centroids,
                      .dirty = map->dirty,
                      .damaged = map->damaged};
    memcpy(s.boot, map->boot, sizeof s.boot);
    s.sum = state_sum(&s);
    memcpy(state_at(map, s.generation), &s, sizeof s);
}

/* The newer of the whole ones; false: none is. */
static bool read_state(struct vector_map *map, struct state *found)
{
    bool any = false;
    for (uint64_t i = 0; i < 2; i++) {
        struct state s;
        memcpy(&s, state_at(map, i), sizeof s);
        if (s.sum == state_sum(&s) && s.generation % 2 == i &&
            (!any || s.generation > found->generation)) {
            *found = s;
            any = true;
        }
    }
    return any;
}

static void read_boot(char boot[40])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    memset(boot, 0, 40);
    if (fd < 0)
        return;
    if (read(fd, boot, 36) != 36)
        boot[0] = 0;
    close(fd);
}

static enum err flush(struct vector_map *map, size_t bytes, struct err_info *info)
{
    if (msync(map->base, bytes, MS_SYNC))
        return err_errno(info, errno, "writing the vector index");
    return ERR_OK;
}

enum err vector_map_begin(struct vector_map *map, struct err_info *info)
{
    if (map->dirty)
        return ERR_OK;
    map->dirty = true;
    read_boot(map->boot);
    vector_map_state(map);
    return flush(map, PAGE, info);
}

enum err vector_map_mark(struct vector_map *map, int64_t mark, struct err_info *info)
{
    enum err e = flush(map, map->mapped, info);
    if (e)
        return e;
    map->mark = mark;
    vector_map_state(map);
    return flush(map, PAGE, info);
}

void vector_map_damaged(struct vector_map *map)
{
    map->damaged = true;
    vector_map_state(map);
    (void)!flush(map, PAGE, NULL);
}

/* ---- opening ---- */

static enum err map_file(struct vector_map *map, size_t bytes, struct err_info *info)
{
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map->fd, 0);
    if (base == MAP_FAILED)
        return err_errno(info, errno, "mapping the vector index");
    map->base = base;
    map->mapped = bytes;
    return ERR_OK;
}

static enum err check_head(const struct vector_map *map, const char *path, struct err_info *info)
{
    struct head is, want = head_of(map);
    memcpy(&is, map->base, sizeof is);
    if (memcmp(is.magic, magic, sizeof magic))
        return err_set(info, ERR_CORRUPT, "%.200s is no vector index", path);
    if (is.version != FORMAT)
        return err_set(info, ERR_VERSION, "%.200s is a vector index of format %u, not %d", path,
                       is.version, FORMAT);
    if (is.sum != vector_sum(&is, offsetof(struct head, sum), FORMAT))
        return err_set(info, ERR_CORRUPT, "the head of the vector index %.200s is damaged", path);
    if (is.dimensions != want.dimensions || memcmp(is.model, want.model, sizeof is.model))
        return err_set(info, ERR_UNSUPPORTED,
                       "%.200s holds vectors of %llu numbers of the model %.63s, not %zu of %.63s",
                       path, (unsigned long long)is.dimensions, is.model, map->shape.dimensions,
                       map->model);
    if (memcmp(&is, &want, sizeof is))
        return err_set(info, ERR_VERSION, "%.200s is a vector index of another machine", path);
    return ERR_OK;
}

static enum err check_centroids(const struct vector_map *map, struct err_info *info)
{
    size_t bytes = map->shape.dimensions * sizeof(float);
    for (uint32_t i = 0; i < map->centroids; i++)
        if (vector_sum(vector_map_centroid(map, i), bytes, i) != vector_map_centroid_sums(map)[i])
            return err_set(info, ERR_CORRUPT, "the vector index is damaged: a centroid");
    return ERR_OK;
}

/* Space that is not allocated (a sparse copy of the file) would be a SIGBUS on a full disk. */
static enum err fill_holes(const struct vector_map *map, const struct stat *st, size_t size,
                           struct err_info *info)
{
    int error = 0;
    if ((uint64_t)st->st_blocks * 512 < size)
        error = posix_fallocate(map->fd, 0, (off_t)size);
    return error ? err_errno(info, error, "making room for the vector index") : ERR_OK;
}

static enum err open_there(struct vector_map *map, const char *path, struct err_info *info)
{
    struct state s = {0};
    struct stat st;
    char boot[40];
    size_t size;
    bool mend;
    enum err e;
    if (fstat(map->fd, &st))
        return err_errno(info, errno, path);
    if (!S_ISREG(st.st_mode) || (size_t)st.st_size < map->head) {
        char begin[sizeof magic] = "";
        bool ours = pread(map->fd, begin, sizeof begin, 0) == sizeof begin &&
                    !memcmp(begin, magic, sizeof magic);
        return err_set(info, ERR_CORRUPT,
                       ours ? "the vector index %.200s is cut off" : "%.200s is no vector index",
                       path);
    }
    e = map_file(map, map->head, info);
    if (!e)
        e = check_head(map, path, info);
    if (e)
        return e;
    if (!read_state(map, &s) || !s.centroids || s.centroids > VECTOR_CENTROIDS ||
        s.segments > SLOTS_MAX / VECTOR_SEGMENT)
        return err_set(info, ERR_CORRUPT, "the state of the vector index %.200s is damaged", path);
    if (s.damaged)
        return err_set(info, ERR_CORRUPT, "the vector index %.200s was found damaged", path);
    size = map->head + s.segments * map->at.size;
    if ((size_t)st.st_size < size)
        return err_set(info, ERR_CORRUPT, "the vector index %.200s is cut off", path);
    e = fill_holes(map, &st, size, info);
    if (e)
        return e;
    munmap(map->base, map->mapped);
    map->base = NULL;
    e = map_file(map, size, info);
    if (e)
        return e;
    map->segments = s.segments;
    map->centroids = s.centroids;
    map->generation = s.generation;
    map->mark = s.mark;
    map->dirty = s.dirty;
    memcpy(map->boot, s.boot, sizeof map->boot);
    e = check_centroids(map, info);
    if (e)
        return e;
    read_boot(boot);
    mend = s.dirty && (!boot[0] || memcmp(boot, s.boot, sizeof boot));
    e = vector_map_index(map, mend, info);
    if (!e && mend) { /* from here on a kill leaves what this boot has in memory */
        memcpy(map->boot, boot, sizeof boot);
        vector_map_state(map);
    }
    return e;
}

static enum err begin_new(struct vector_map *map, const char *path, struct err_info *info)
{
    char temporary[PATH_SIZE + 8];
    struct head h = head_of(map);
    enum err e;
    int error;
    snprintf(temporary, sizeof temporary, "%s.new", path);
    map->fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (map->fd < 0)
        return err_errno(info, errno, temporary);
    error = flock(map->fd, LOCK_EX | LOCK_NB) ? errno : 0;
    if (error)
        return err_set(info, ERR_BUSY, "another process begins the vector index %.200s", path);
    error = posix_fallocate(map->fd, 0, (off_t)map->head);
    e = error ? err_errno(info, error, "making room for the vector index") : ERR_OK;
    if (!e)
        e = map_file(map, map->head, info);
    if (!e) {
        memcpy(map->base, &h, sizeof h);
        map->centroids = 1; /* zero: none */
        vector_map_centroid_sums(map)[0] =
            vector_sum(vector_map_centroid(map, 0), map->shape.dimensions * sizeof(float), 0);
        vector_map_state(map);
        e = flush(map, map->head, info);
    }
    if (!e && rename(temporary, path))
        e = err_errno(info, errno, path);
    if (!e)
        return vector_map_index(map, false, info);
    unlink(temporary);
    return e;
}

enum err vector_map_open(struct vector_map *map, const char *path, const char *model,
                         size_t dimensions, struct err_info *info)
{
    enum err e;
    *map = (struct vector_map){.fd = -1};
    if (!dimensions || dimensions > VECTOR_DIMENSIONS_MAX)
        return err_set(info, ERR_INPUT, "vectors have 1 to %d numbers, not %zu",
                       VECTOR_DIMENSIONS_MAX, dimensions);
    if (strlen(model) >= sizeof map->model || strlen(path) >= PATH_SIZE)
        return err_set(info, ERR_INPUT, "the name of the model or the index is too long: %.100s",
                       model);
    memcpy(map->model, model, strlen(model));
    if (vector_shape_init(&map->shape, dimensions))
        return err_set(info, ERR_NOMEM, "out of memory");
    lay_out(map);
    map->fd = open(path, O_RDWR | O_CLOEXEC);
    if (map->fd >= 0 && flock(map->fd, LOCK_EX | LOCK_NB))
        e = err_set(info, ERR_BUSY, "another process uses the vector index %.200s", path);
    else if (map->fd >= 0)
        e = open_there(map, path, info);
    else if (errno == ENOENT)
        e = begin_new(map, path, info);
    else
        e = err_errno(info, errno, path);
    if (e)
        vector_map_close(map, false);
    return e;
}

void vector_map_close(struct vector_map *map, bool clean)
{
    if (map->base && clean && map->dirty && !flush(map, map->mapped, NULL)) {
        map->dirty = false;
        vector_map_state(map);
        (void)!flush(map, PAGE, NULL);
    }
    if (map->base)
        munmap(map->base, map->mapped);
    if (map->fd >= 0)
        close(map->fd);
    vector_shape_fini(&map->shape);
    free(map->segment_live);
    free(map->index);
    free(map->free);
    *map = (struct vector_map){.fd = -1};
}

/* ---- growth ---- */

/* Gives the segments that there is room for; 0: *error says why. */
static size_t allocate(struct vector_map *map, size_t want, size_t need, int *error)
{
    off_t end = (off_t)map->mapped;
    for (;;) {
        *error = posix_fallocate(map->fd, end, (off_t)(want * map->at.size));
        if (!*error)
            return want;
        (void)!ftruncate(map->fd, end);
        if (want == need)
            return 0;
        want = need; /* without what is kept in store */
    }
}

enum err vector_map_reserve(struct vector_map *map, size_t more, struct err_info *info)
{
    size_t need, got, bytes;
    void *base;
    int error;
    enum err e;
    if (more > SLOTS_MAX - (size_t)map->segments * VECTOR_SEGMENT)
        return err_set(info, ERR_TOO_LARGE, "a vector index holds at most %d vectors", SLOTS_MAX);
    need =
        more > map->free_count ? (more - map->free_count + VECTOR_SEGMENT - 1) / VECTOR_SEGMENT : 0;
    got = need ? need + map->segments / 16 : 0;
    e = vector_map_room(map, map->live + more, map->segments + got);
    if (e)
        return err_set(info, e, "out of memory");
    if (!need)
        return ERR_OK;
    got = allocate(map, got, need, &error);
    if (!got)
        return err_errno(info, error, "making room for the vector index");
    bytes = map->mapped + got * map->at.size;
    base = mremap(map->base, map->mapped, bytes, MREMAP_MAYMOVE);
    if (base == MAP_FAILED)
        return err_errno(info, errno, "mapping the vector index");
    map->base = base;
    map->mapped = bytes;
    for (size_t i = got; i--;)
        vector_map_empty(map, map->segments + (uint32_t)i);
    map->segments += (uint32_t)got;
    vector_map_state(map);
    return ERR_OK;
}
