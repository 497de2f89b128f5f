/* The file of a vector index, mapped into memory: format, growth, crash safety. No threads, no
 * fibers: vector_file.c is the store that uses it.
 *
 *   page 0      what the file is (never changes, with a checksum); two places for its state,
 * written in turn, each with generation and checksum; checksums of the centroids centroids
 * VECTOR_CENTROIDS × dimensions numbers; used ones never change segments    VECTOR_SEGMENT vectors
 * each: head, signs, factor, add, rows, levels, vectors (each part begins a page); disk space is
 * allocated before a segment is used
 *
 * A row is there when its id is not 0. A write sets the id to 0, writes everything else, then the
 * id; so whatever instruction a process is killed at, a row is absent or whole. After a reboot
 * without a clean close pages may be of any age: then each vector is compared with its checksum,
 * those that fail are dropped, and all are coded again; so only what has changed since the last
 * vector_map_mark() can be missing. */
#ifndef DISE_CORE_VECTOR_MAP_H
#define DISE_CORE_VECTOR_MAP_H

#include "core/rag/vector_code.h"

enum { VECTOR_SEGMENT = 1024, VECTOR_CENTROIDS = 16 };

struct vector_row {
    int64_t id;         /* 0: free */
    uint64_t sum;       /* of the vector */
    uint32_t level_sum; /* of the levels */
    float scale;
    uint32_t row_sum; /* of id, the figures above, factor, add, centroid and place */
    uint32_t spare;
};

/* Where the parts of a segment lie, in bytes from its beginning. */
struct vector_layout {
    size_t signs, factor, add, rows, levels, vectors, size;
};

struct vector_map {
    struct vector_shape shape;
    struct vector_layout at;
    int fd;
    char model[64];
    unsigned char *base;
    size_t head;   /* bytes before the first segment */
    size_t mapped; /* bytes */
    uint32_t segments;
    uint32_t centroids;
    int64_t mark;
    uint64_t generation;
    bool dirty;   /* the file says that it is being written */
    bool damaged; /* and that it was found damaged */
    char boot[40];
    uint32_t live;          /* rows that are there */
    uint32_t *segment_live; /* of each segment */
    uint32_t *index;        /* id → slot + 1, open addressing; a power of two of them */
    size_t index_size;
    uint32_t *free; /* slots, the last is taken first */
    size_t free_count;
    uint32_t centre_at; /* as many rows are there when a new centroid is looked for */
};

/* Opens or creates. ERR_CORRUPT, ERR_VERSION, ERR_UNSUPPORTED: a file is there, but damaged, of
 * another version of the format, or with other dimensions or another model; ERR_BUSY: another
 * process has it. */
enum err vector_map_open(struct vector_map *map, const char *path, const char *model,
                         size_t dimensions, struct err_info *info) MUST_CHECK;
/* Brings everything to the disk when `clean` and says so in the file; frees. */
void vector_map_close(struct vector_map *map, bool clean);

/* Makes room for so many more rows. ERR_NOSPACE, ERR_TOO_LARGE: nothing has changed. The map may
 * move: nobody else may look at it meanwhile. */
enum err vector_map_reserve(struct vector_map *map, size_t more, struct err_info *info) MUST_CHECK;
/* Everything written so far is on the disk, and so is `mark`. */
enum err vector_map_mark(struct vector_map *map, int64_t mark, struct err_info *info) MUST_CHECK;
/* Of vector_map_open: builds index and list of free slots. `mend`: pages are of any age; drops rows
 * whose vector does not have its checksum, codes the others again. ERR_CORRUPT. */
enum err vector_map_index(struct vector_map *map, bool mend, struct err_info *info) MUST_CHECK;
/* Index and lists for so many rows and segments. */
enum err vector_map_room(struct vector_map *map, size_t rows, size_t segments) MUST_CHECK;
/* A segment that holds nothing yet. */
void vector_map_empty(struct vector_map *map, uint32_t segment);
/* Writes the state into the place that is older. */
void vector_map_state(struct vector_map *map);
uint64_t *vector_map_centroid_sums(const struct vector_map *map);

/* To be called before the first of some writes; remembers on the disk that writing has begun. */
enum err vector_map_begin(struct vector_map *map, struct err_info *info) MUST_CHECK;

/* Remembers in the file that it is damaged: it will not be opened again. */
void vector_map_damaged(struct vector_map *map);

/* Slot of an id, -1: not there. */
int64_t vector_map_find(const struct vector_map *map, int64_t id);
/* The slot that a new row will get when `ahead` others are put before it; room is reserved. */
uint32_t vector_map_next(const struct vector_map *map, size_t ahead);

/* What a row is made of; made by vector_map_encode without touching the map's contents. */
struct vector_put {
    int64_t id;
    uint32_t slot;
    bool fresh; /* takes a free slot; else its own is overwritten */
    struct vector_code code;
    float *vector;   /* dimensions */
    uint8_t *levels; /* padded */
};
/* put's id, slot and vector (length 1) are given. `room`: padded + dimensions numbers. */
void vector_map_encode(const struct vector_map *map, struct vector_put *put, float *room);
void vector_map_put(struct vector_map *map, const struct vector_put *put);
void vector_map_drop(struct vector_map *map, uint32_t slot);

/* Now and then (after 512 rows, eight times as many, …) the mean of what is there becomes the
 * centroid of segments that are still empty, when it is far enough from the last one; a segment
 * that has none yet is coded again. ERR_NOMEM: it stays as it was. */
enum err vector_map_centre(struct vector_map *map) MUST_CHECK;
/* Codes all rows of a segment again, with its own or another centroid. */
void vector_map_recode(struct vector_map *map, uint32_t segment, uint32_t centroid,
                       struct vector_put *put, float *room);
/* Room of a put and for encoding; NULL: out of memory. One block, to be freed at its beginning. */
float *vector_map_put_room(const struct vector_map *map, struct vector_put *put);

/* Compares a row with its checksums. */
bool vector_map_sound(const struct vector_map *map, uint32_t slot);
/* The cheaper part of it: without levels and signs. */
bool vector_map_vector_sound(const struct vector_map *map, uint32_t slot);

static inline unsigned char *vector_map_segment(const struct vector_map *map, uint32_t segment)
{
    return map->base + map->head + (size_t)segment * map->at.size;
}
/* The first page of a segment. */
struct vector_segment {
    uint32_t number;
    uint32_t centroid; /* VECTOR_RECODING: its rows are just being coded again */
};
#define VECTOR_RECODING UINT32_MAX
static inline struct vector_segment *vector_map_head(const struct vector_map *map, uint32_t segment)
{
    return (struct vector_segment *)(void *)vector_map_segment(map, segment);
}
static inline struct vector_row *vector_map_row(const struct vector_map *map, uint32_t slot)
{
    unsigned char *segment = vector_map_segment(map, slot / VECTOR_SEGMENT);
    return (struct vector_row *)(void *)(segment + map->at.rows) + slot % VECTOR_SEGMENT;
}
static inline float *vector_map_factor(const struct vector_map *map, uint32_t slot)
{
    unsigned char *segment = vector_map_segment(map, slot / VECTOR_SEGMENT);
    return (float *)(void *)(segment + map->at.factor) + slot % VECTOR_SEGMENT;
}
static inline float *vector_map_add(const struct vector_map *map, uint32_t slot)
{
    unsigned char *segment = vector_map_segment(map, slot / VECTOR_SEGMENT);
    return (float *)(void *)(segment + map->at.add) + slot % VECTOR_SEGMENT;
}
static inline uint8_t *vector_map_block(const struct vector_map *map, uint32_t slot)
{
    return vector_map_segment(map, slot / VECTOR_SEGMENT) + map->at.signs +
           slot % VECTOR_SEGMENT / VECTOR_BLOCK * VECTOR_BLOCK * (map->shape.padded / 8);
}
static inline uint8_t *vector_map_levels(const struct vector_map *map, uint32_t slot)
{
    return vector_map_segment(map, slot / VECTOR_SEGMENT) + map->at.levels +
           slot % VECTOR_SEGMENT * map->shape.padded;
}
static inline float *vector_map_vector(const struct vector_map *map, uint32_t slot)
{
    return (float *)(void *)(vector_map_segment(map, slot / VECTOR_SEGMENT) + map->at.vectors) +
           slot % VECTOR_SEGMENT * map->shape.dimensions;
}
static inline const float *vector_map_centroid(const struct vector_map *map, uint32_t centroid)
{
    return (const float *)(const void *)(map->base + 4096) +
           (size_t)centroid * map->shape.dimensions;
}

#endif
