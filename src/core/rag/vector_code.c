#include "core/rag/vector_code.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the rotation ---- */

/* Steele, Lea, Flood: splitmix64. The seed belongs to the file's format. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Even rounds transform the first `window` numbers, odd ones the last. */
static size_t window_start(const struct vector_shape *shape, int round)
{
    return round % 2 ? shape->padded - shape->window : 0;
}

enum err vector_shape_init(struct vector_shape *shape, size_t dimensions)
{
    uint64_t state = 7;
    *shape = (struct vector_shape){
        .dimensions = dimensions, .padded = (dimensions + 63) / 64 * 64, .window = 64};
    while (shape->window * 2 <= shape->padded)
        shape->window *= 2;
    shape->turn = malloc(VECTOR_ROUNDS * shape->padded * sizeof *shape->turn);
    if (!shape->turn)
        return ERR_NOMEM;
    for (int round = 0; round < VECTOR_ROUNDS; round++) {
        float *turn = shape->turn + (size_t)round * shape->padded;
        size_t from = window_start(shape, round);
        for (size_t i = 0; i < shape->padded; i++) {
            float sign = next_random(&state) >> 63 ? -1 : 1;
            bool inside = i >= from && i < from + shape->window;
            turn[i] = inside ? sign / sqrtf((float)shape->window) : sign;
        }
    }
    return ERR_OK;
}

void vector_shape_fini(struct vector_shape *shape)
{
    free(shape->turn);
    shape->turn = NULL;
}

static void hadamard(float *x, size_t n)
{
    for (size_t half = 1; half < n; half *= 2)
        for (size_t i = 0; i < n; i += 2 * half)
            for (size_t j = i; j < i + half; j++) {
                float a = x[j], b = x[j + half];
                x[j] = a + b;
                x[j + half] = a - b;
            }
}

void vector_rotate(const struct vector_shape *shape, const float *in, float *out)
{
    memcpy(out, in, shape->dimensions * sizeof *out);
    memset(out + shape->dimensions, 0, (shape->padded - shape->dimensions) * sizeof *out);
    for (int round = 0; round < VECTOR_ROUNDS; round++) {
        const float *turn = shape->turn + (size_t)round * shape->padded;
        for (size_t i = 0; i < shape->padded; i++)
            out[i] *= turn[i];
        hadamard(out + window_start(shape, round), shape->window);
    }
}

bool vector_normalize(const float *in, size_t n, float *out)
{
    double square = 0, inverse;
    for (size_t i = 0; i < n; i++)
        square += (double)in[i] * in[i];
    if (!isfinite(square) || square <= 0)
        return false;
    inverse = 1 / sqrt(square);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(in[i] * inverse);
    return true;
}

/* ---- codes ---- */

static void residual(const struct vector_shape *shape, const float *o, const float *centroid,
                     float *room, float *rotated)
{
    for (size_t i = 0; i < shape->dimensions; i++)
        room[i] = o[i] - centroid[i];
    vector_rotate(shape, room, rotated);
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

void vector_encode(const struct vector_shape *shape, const float *o, const float *centroid,
                   float *room, uint8_t *levels, struct vector_code *code)
{
    float *r = room + shape->dimensions, most = 0, inverse;
    double square = 0, sum = 0;
    residual(shape, o, centroid, room, r);
    for (size_t i = 0; i < shape->padded; i++) {
        float size = fabsf(r[i]);
        square += (double)size * size;
        sum += size;
        most = size > most ? size : most;
    }
    code->factor = sum > 0 ? (float)(square / sum) : 0;
    code->add = (float)dot(o, centroid, shape->dimensions);
    code->scale = most / 127.5f;
    inverse = most > 0 ? 127.5f / most : 0;
    for (size_t i = 0; i < shape->padded; i++) {
        /* Steps of which none is zero, so that a level has the sign. */
        int level = (int)floorf(r[i] * inverse) + 128;
        levels[i] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
    }
}

static uint8_t signs_of(const uint8_t *levels)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 8; i++)
        bits |= (unsigned)(levels[i] >> 7) << i;
    return (uint8_t)bits;
}

void vector_signs_put(const struct vector_shape *shape, uint8_t *block, size_t place,
                      const uint8_t *levels)
{
    for (size_t i = 0; i < shape->padded / 8; i++)
        block[i * VECTOR_BLOCK + place] = signs_of(levels + i * 8);
}

bool vector_signs_same(const struct vector_shape *shape, const uint8_t *block, size_t place,
                       const uint8_t *levels)
{
    for (size_t i = 0; i < shape->padded / 8; i++)
        if (block[i * VECTOR_BLOCK + place] != signs_of(levels + i * 8))
            return false;
    return true;
}

/* ---- queries ---- */

static size_t table_size(const struct vector_shape *shape)
{
    return shape->padded / 4 * 16;
}

size_t vector_query_size(const struct vector_shape *shape)
{
    return table_size(shape) + shape->padded * sizeof(int16_t);
}

/* Sums of table entries are kept in 16 bits, those of a pair of fours in 8. */
static void make_table(struct vector_query *query, const struct vector_shape *shape, const float *t)
{
    size_t fours = shape->padded / 4;
    float widest = 0, most = fours * 127 > 65535 ? (float)(65535 / fours) : 127, inverse;
    double least = 0;
    for (size_t g = 0; g < fours; g++) {
        float width = 0;
        for (size_t i = 0; i < 4; i++)
            width += fabsf(t[g * 4 + i]);
        least -= width;
        widest = width > widest ? width : widest;
    }
    query->least = (float)least;
    query->step = 2 * widest / most;
    inverse = widest > 0 ? 1 / query->step : 0;
    for (size_t g = 0; g < fours; g++) {
        const float *four = t + g * 4;
        for (unsigned bits = 0; bits < 16; bits++) {
            float above = 0;
            for (unsigned i = 0; i < 4; i++)
                if ((four[i] > 0) == (bits >> i & 1))
                    above += 2 * fabsf(four[i]);
            query->table[g * 16 + bits] = (uint8_t)fminf(above * inverse + 0.5f, most);
        }
    }
}

/* The sum of 8-bit levels times these must fit 32 bits. */
static void make_levels(struct vector_query *query, const struct vector_shape *shape,
                        const float *t)
{
    float most = 0, inverse, top = fminf(4095, floorf(2147483647.0f / 256 / (float)shape->padded));
    int64_t sum = 0;
    for (size_t i = 0; i < shape->padded; i++)
        most = fmaxf(most, fabsf(t[i]));
    query->level_step = most / top;
    inverse = most > 0 ? top / most : 0;
    for (size_t i = 0; i < shape->padded; i++) {
        query->levels[i] = (int16_t)lrintf(t[i] * inverse);
        sum += query->levels[i];
    }
    query->level_base = 127.5f * (float)sum;
}

void vector_query_init(struct vector_query *query, const struct vector_shape *shape, const float *q,
                       const float *centroid, float *room, void *memory)
{
    float *t = room + shape->dimensions;
    query->table = memory;
    query->levels = (int16_t *)(void *)(query->table + table_size(shape));
    residual(shape, q, centroid, room, t);
    query->length = (float)sqrt(dot(t, t, shape->padded));
    query->base =
        (float)(dot(q, centroid, shape->dimensions) - dot(centroid, centroid, shape->dimensions));
    make_table(query, shape, t);
    make_levels(query, shape, t);
}

/* ---- checksum ---- */

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    return x ^ x >> 32;
}

/* Each step is a bijection of the lane, so two texts that differ in one word end differently. */
uint64_t vector_sum(const void *data, size_t size, uint64_t seed)
{
    const unsigned char *at = data;
    uint64_t lanes[4] = {seed, seed ^ 1, seed ^ 2, seed ^ 3}, sum = mix(seed + size);
    uint64_t word[4];
    for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
        memcpy(word, at, sizeof word);
        for (int i = 0; i < 4; i++) {
            lanes[i] = (lanes[i] ^ word[i]) * 0x9E3779B97F4A7C15u;
            lanes[i] = lanes[i] << 23 | lanes[i] >> 41;
        }
    }
    memset(word, 0, sizeof word);
    memcpy(word, at, size);
    for (int i = 0; i < 4; i++)
        sum = mix(sum ^ mix(lanes[i] ^ word[i])) + (uint64_t)i;
    return sum;
}
