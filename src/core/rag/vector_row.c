/* The rows of a vector index: finding, writing and checking them, and what they are coded by. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/rag/vector_map.h"

enum { CENTRE_FIRST = 512, CENTRE_GROWTH = 8, CENTRE_SAMPLE = 4096 };

/* For the order in which a killed process leaves its writes: that of the program. */
#define IN_ORDER() __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* ---- the index ---- */

static size_t place_of(const struct vector_map *map, int64_t id)
{
    uint64_t x = (uint64_t)id * 0x9E3779B97F4A7C15u;
    return (size_t)(x ^ x >> 32) & (map->index_size - 1);
}

static int64_t id_at(const struct vector_map *map, size_t place)
{
    return vector_map_row(map, map->index[place] - 1)->id;
}

/* Where the id is, or the empty place where it would be. */
static size_t look_up(const struct vector_map *map, int64_t id)
{
    size_t place = place_of(map, id);
    while (map->index[place] && id_at(map, place) != id)
        place = (place + 1) & (map->index_size - 1);
    return place;
}

int64_t vector_map_find(const struct vector_map *map, int64_t id)
{
    return (int64_t)map->index[look_up(map, id)] - 1;
}

/* The row's id must still be there. Moves up what would not be found any more. */
static void unindex(struct vector_map *map, int64_t id)
{
    size_t mask = map->index_size - 1, hole = look_up(map, id), at = hole;
    for (;;) {
        at = (at + 1) & mask;
        if (!map->index[at])
            break;
        if (((at - place_of(map, id_at(map, at))) & mask) >= ((at - hole) & mask)) {
            map->index[hole] = map->index[at];
            hole = at;
        }
    }
    map->index[hole] = 0;
}

static enum err room_in_index(struct vector_map *map, size_t rows)
{
    size_t size = map->index_size ? map->index_size : 1024;
    uint32_t *old = map->index, *fresh;
    size_t old_size = map->index_size;
    while (size < rows * 2)
        size *= 2;
    if (size == old_size)
        return ERR_OK;
    fresh = calloc(size, sizeof *fresh);
    if (!fresh)
        return ERR_NOMEM;
    map->index = fresh;
    map->index_size = size;
    for (size_t i = 0; i < old_size; i++)
        if (old[i])
            fresh[look_up(map, vector_map_row(map, old[i] - 1)->id)] = old[i];
    free(old);
    return ERR_OK;
}

enum err vector_map_room(struct vector_map *map, size_t rows, size_t segments)
{
    uint32_t *slots, *live;
    if (segments > map->segments || !map->free) {
        slots = realloc(map->free, (segments * VECTOR_SEGMENT + 1) * sizeof *slots);
        if (!slots)
            return ERR_NOMEM;
        map->free = slots;
        live = realloc(map->segment_live, (segments + 1) * sizeof *live);
        if (!live)
            return ERR_NOMEM;
        map->segment_live = live;
    }
    return room_in_index(map, rows);
}

uint32_t vector_map_next(const struct vector_map *map, size_t ahead)
{
    return map->free[map->free_count - 1 - ahead];
}

/* ---- checksums ---- */

static uint64_t vector_sum_of(const struct vector_map *map, int64_t id, const float *vector)
{
    return vector_sum(vector, map->shape.dimensions * sizeof *vector, (uint64_t)id);
}

static uint32_t level_sum_of(const struct vector_map *map, const uint8_t *levels)
{
    return (uint32_t)vector_sum(levels, map->shape.padded, 0);
}

static uint32_t row_sum(const struct vector_map *map, const struct vector_row *row, int64_t id,
                        uint32_t slot, uint32_t centroid)
{
    struct {
        int64_t id;
        uint64_t sum;
        uint32_t level_sum, slot, centroid, spare;
        float scale, factor, add;
    } all;
    memset(&all, 0, sizeof all);
    all.id = id;
    all.sum = row->sum;
    all.level_sum = row->level_sum;
    all.slot = slot;
    all.centroid = centroid;
    all.scale = row->scale;
    all.factor = *vector_map_factor(map, slot);
    all.add = *vector_map_add(map, slot);
    return (uint32_t)vector_sum(&all, sizeof all, 0);
}

static bool row_sound(const struct vector_map *map, uint32_t slot)
{
    const struct vector_row *row = vector_map_row(map, slot);
    uint32_t centroid = vector_map_head(map, slot / VECTOR_SEGMENT)->centroid;
    return row->id > 0 && row->row_sum == row_sum(map, row, row->id, slot, centroid);
}

bool vector_map_vector_sound(const struct vector_map *map, uint32_t slot)
{
    const struct vector_row *row = vector_map_row(map, slot);
    return row->sum == vector_sum_of(map, row->id, vector_map_vector(map, slot));
}

bool vector_map_sound(const struct vector_map *map, uint32_t slot)
{
    const uint8_t *levels = vector_map_levels(map, slot);
    return row_sound(map, slot) && vector_map_vector_sound(map, slot) &&
           vector_map_row(map, slot)->level_sum == level_sum_of(map, levels) &&
           vector_signs_same(&map->shape, vector_map_block(map, slot), slot % VECTOR_BLOCK, levels);
}

/* ---- writing ---- */

void vector_map_empty(struct vector_map *map, uint32_t segment)
{
    uint32_t first = segment * VECTOR_SEGMENT;
    *vector_map_head(map, segment) = (struct vector_segment){segment, map->centroids - 1};
    for (uint32_t i = VECTOR_SEGMENT; i--;) {
        /* What an interrupted growth may have left. */
        vector_map_row(map, first + i)->id = 0;
        *vector_map_add(map, first + i) = -INFINITY;
        map->free[map->free_count++] = first + i;
    }
    map->segment_live[segment] = 0;
}

float *vector_map_put_room(const struct vector_map *map, struct vector_put *put)
{
    size_t n = map->shape.dimensions, padded = map->shape.padded;
    float *room = malloc((n + padded + n) * sizeof *room + padded);
    if (room) {
        put->vector = room + n + padded;
        put->levels = (uint8_t *)(put->vector + n);
    }
    return room;
}

static void encode_for(const struct vector_map *map, struct vector_put *put, uint32_t centroid,
                       float *room)
{
    vector_encode(&map->shape, put->vector, vector_map_centroid(map, centroid), room, put->levels,
                  &put->code);
}

void vector_map_encode(const struct vector_map *map, struct vector_put *put, float *room)
{
    encode_for(map, put, vector_map_head(map, put->slot / VECTOR_SEGMENT)->centroid, room);
}

/* Everything but vector and id. */
static void put_code(struct vector_map *map, const struct vector_put *put, uint32_t centroid)
{
    struct vector_row *row = vector_map_row(map, put->slot);
    memcpy(vector_map_levels(map, put->slot), put->levels, map->shape.padded);
    vector_signs_put(&map->shape, vector_map_block(map, put->slot), put->slot % VECTOR_BLOCK,
                     put->levels);
    *vector_map_factor(map, put->slot) = put->code.factor;
    *vector_map_add(map, put->slot) = put->code.add;
    row->level_sum = level_sum_of(map, put->levels);
    row->scale = put->code.scale;
    row->row_sum = row_sum(map, row, put->id, put->slot, centroid);
}

void vector_map_put(struct vector_map *map, const struct vector_put *put)
{
    struct vector_row *row = vector_map_row(map, put->slot);
    uint32_t segment = put->slot / VECTOR_SEGMENT;
    size_t place = look_up(map, put->id);
    row->id = 0;
    IN_ORDER();
    memcpy(vector_map_vector(map, put->slot), put->vector,
           map->shape.dimensions * sizeof *put->vector);
    row->sum = vector_sum_of(map, put->id, put->vector);
    put_code(map, put, vector_map_head(map, segment)->centroid);
    IN_ORDER();
    row->id = put->id;
    if (!put->fresh)
        return;
    map->index[place] = put->slot + 1;
    map->free_count--;
    map->segment_live[segment]++;
    map->live++;
}

void vector_map_drop(struct vector_map *map, uint32_t slot)
{
    struct vector_row *row = vector_map_row(map, slot);
    unindex(map, row->id);
    row->id = 0;
    IN_ORDER();
    *vector_map_add(map, slot) = -INFINITY;
    map->free[map->free_count++] = slot;
    map->segment_live[slot / VECTOR_SEGMENT]--;
    map->live--;
}

/* ---- opening ---- */

/* Codes a segment again whose codes are not to be trusted: a kill came in the middle of that, or
 * pages are of different age. Rows whose vector is not what the checksum says are dropped, or
 * (`strict`) are damage. */
static enum err mend_segment(struct vector_map *map, uint32_t segment, bool strict)
{
    struct vector_put put = {0};
    float *room;
    uint32_t first = segment * VECTOR_SEGMENT;
    for (uint32_t i = 0; i < VECTOR_SEGMENT; i++) {
        struct vector_row *row = vector_map_row(map, first + i);
        if (!row->id || (row->id > 0 && vector_map_vector_sound(map, first + i)))
            continue;
        if (strict)
            return ERR_CORRUPT;
        row->id = 0;
    }
    room = vector_map_put_room(map, &put);
    if (!room)
        return ERR_NOMEM;
    vector_map_recode(map, segment, map->centroids - 1, &put, room);
    free(room);
    return ERR_OK;
}

/* `mended`: two rows of one id, of which one was to be gone, are no damage. */
static enum err index_row(struct vector_map *map, uint32_t slot, bool mended)
{
    struct vector_row *row = vector_map_row(map, slot);
    size_t place = 0;
    if (row->id && !row_sound(map, slot))
        return ERR_CORRUPT;
    if (row->id) {
        place = look_up(map, row->id);
        if (map->index[place] && !mended)
            return ERR_CORRUPT;
        if (map->index[place])
            row->id = 0;
    }
    if (!row->id) {
        float *add = vector_map_add(map, slot);
        if (!(*add < -1e30f)) /* pages are not touched in vain */
            *add = -INFINITY;
        map->free[map->free_count++] = slot;
        return ERR_OK;
    }
    map->index[place] = slot + 1;
    map->segment_live[slot / VECTOR_SEGMENT]++;
    map->live++;
    return ERR_OK;
}

static enum err index_segment(struct vector_map *map, uint32_t segment, bool mend)
{
    struct vector_segment *head = vector_map_head(map, segment);
    enum err e = ERR_OK;
    map->segment_live[segment] = 0;
    if (mend)
        head->number = segment;
    else if (head->number != segment)
        return ERR_CORRUPT;
    if (mend || head->centroid == VECTOR_RECODING)
        e = mend_segment(map, segment, !mend);
    if (!e && head->centroid >= map->centroids)
        e = ERR_CORRUPT;
    for (uint32_t i = VECTOR_SEGMENT; i-- && !e;)
        e = index_row(map, segment * VECTOR_SEGMENT + i, mend);
    return e;
}

enum err vector_map_index(struct vector_map *map, bool mend, struct err_info *info)
{
    size_t rows = (size_t)map->segments * VECTOR_SEGMENT;
    enum err e = vector_map_room(map, rows, map->segments);
    /* All that opening and searching reads of each row comes first in a segment. */
    for (uint32_t i = map->segments; i--;)
        (void)madvise(vector_map_segment(map, i), map->at.levels, MADV_WILLNEED);
    for (uint32_t i = map->segments; i-- && !e;)
        e = index_segment(map, i, mend);
    map->centre_at = CENTRE_FIRST;
    while (map->centroids > 1 && map->centre_at <= map->live)
        map->centre_at *= CENTRE_GROWTH;
    if (e == ERR_CORRUPT)
        return err_set(info, e, "the vector index is damaged: a row does not have its checksum");
    return e ? err_set(info, e, "out of memory") : ERR_OK;
}

/* ---- centroids ---- */

void vector_map_recode(struct vector_map *map, uint32_t segment, uint32_t centroid,
                       struct vector_put *put, float *room)
{
    struct vector_segment *head = vector_map_head(map, segment);
    head->centroid = VECTOR_RECODING;
    IN_ORDER();
    for (uint32_t i = 0; i < VECTOR_SEGMENT; i++) {
        uint32_t slot = segment * VECTOR_SEGMENT + i;
        put->id = vector_map_row(map, slot)->id;
        if (!put->id)
            continue;
        put->slot = slot;
        memcpy(put->vector, vector_map_vector(map, slot),
               map->shape.dimensions * sizeof *put->vector);
        encode_for(map, put, centroid, room);
        put_code(map, put, centroid);
    }
    IN_ORDER();
    head->centroid = centroid;
}

/* The mean of some thousand rows, and their mean squared distance from it. */
static double mean_of(const struct vector_map *map, float *mean)
{
    size_t n = map->shape.dimensions, slots = (size_t)map->segments * VECTOR_SEGMENT, taken = 0;
    size_t step = slots / CENTRE_SAMPLE + 1;
    double square = 0;
    memset(mean, 0, n * sizeof *mean);
    for (size_t slot = 0; slot < slots; slot += step) {
        const float *vector = vector_map_vector(map, (uint32_t)slot);
        if (!vector_map_row(map, (uint32_t)slot)->id)
            continue;
        taken++;
        for (size_t i = 0; i < n; i++)
            mean[i] += vector[i];
    }
    for (size_t i = 0; i < n && taken; i++) {
        mean[i] /= (float)taken;
        square += (double)mean[i] * mean[i];
    }
    return 1 - square; /* of vectors of length 1 */
}

static bool is_far(const struct vector_map *map, const float *mean, double spread)
{
    const float *last = vector_map_centroid(map, map->centroids - 1);
    double square = 0;
    for (size_t i = 0; i < map->shape.dimensions; i++)
        square += (double)(mean[i] - last[i]) * (mean[i] - last[i]);
    return square > spread / 16;
}

enum err vector_map_centre(struct vector_map *map)
{
    struct vector_put put = {0};
    size_t bytes = map->shape.dimensions * sizeof(float);
    float *room, *mean;
    double spread;
    if (map->live < map->centre_at)
        return ERR_OK;
    room = vector_map_put_room(map, &put);
    mean = malloc(bytes);
    if (!room || !mean) {
        free(room);
        free(mean);
        return ERR_NOMEM;
    }
    while (map->centre_at <= map->live)
        map->centre_at *= CENTRE_GROWTH;
    spread = mean_of(map, mean);
    if (map->centroids < VECTOR_CENTROIDS && is_far(map, mean, spread)) {
        uint32_t fresh = map->centroids;
        memcpy((float *)(void *)(map->base + 4096) + fresh * map->shape.dimensions, mean, bytes);
        vector_map_centroid_sums(map)[fresh] = vector_sum(mean, bytes, fresh);
        IN_ORDER();
        map->centroids++;
        vector_map_state(map);
        for (uint32_t i = 0; i < map->segments; i++) {
            struct vector_segment *head = vector_map_head(map, i);
            if (!map->segment_live[i])
                head->centroid = fresh;
            else if (!head->centroid)
                vector_map_recode(map, i, fresh, &put, room);
        }
    }
    free(room);
    free(mean);
    return ERR_OK;
}
