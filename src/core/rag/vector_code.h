/* Short codes of vectors, good enough to say which vectors need a closer look, and how close.
 *
 * A vector o is moved by a centroid c and turned by a fixed random rotation (signs and Hadamard
 * transforms over overlapping windows), which makes its numbers look alike whatever the model.
 * r = R(o - c) is then kept twice: the signs, one bit a number, and 8-bit levels with one scale.
 * With <o,q> = <r, R(q - c)> + <o,c> + <q,c> - <c,c> both give an estimate of the cosine and a
 * bound of its error:
 *  - signs s: <r,t> ≈ |r|² / |r|₁ · <s,t>; the error is that of a random direction, about
 *    |r| · |t| · tan(angle of r and s) / √n. (The estimator of RaBitQ: Gao and Long, SIGMOD 2024.)
 *  - levels: the error of rounding, scale · |t| / √12.
 * Nothing here is shared between threads but a const struct vector_shape. */
#ifndef DISE_CORE_VECTOR_CODE_H
#define DISE_CORE_VECTOR_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    VECTOR_DIMENSIONS_MAX = 8192,
    VECTOR_BLOCK = 64, /* vectors whose signs lie side by side */
    VECTOR_ROUNDS = 4  /* of the rotation */
};

struct vector_shape {
    size_t dimensions;
    size_t padded; /* numbers after the rotation: a multiple of 64 */
    size_t window; /* of the Hadamard transforms: the largest power of two in `padded` */
    float *turn;   /* VECTOR_ROUNDS × padded: signs, and the transform's norm inside its window */
};

enum err vector_shape_init(struct vector_shape *shape, size_t dimensions) MUST_CHECK;
void vector_shape_fini(struct vector_shape *shape);
/* Rotates `dimensions` numbers into `padded` ones; the length stays. */
void vector_rotate(const struct vector_shape *shape, const float *in, float *out);

/* Copies a vector with length 1. False: it is not finite, or zero. */
bool vector_normalize(const float *in, size_t n, float *out);

struct vector_code {
    float factor; /* |r|² / |r|₁: of the signs */
    float add;    /* <o,c> */
    float scale;  /* a level is (level - 127.5) × scale */
};
/* Codes o (length 1): `levels` gets `padded` bytes; the sign of a number is its level's highest
 * bit. `room` holds padded + dimensions numbers. */
void vector_encode(const struct vector_shape *shape, const float *o, const float *centroid,
                   float *room, uint8_t *levels, struct vector_code *code);

/* Where the signs of vectors lie in a block: for each 8 numbers one byte a vector, side by side.
 * Writes and compares the signs of the vector at place 0 to VECTOR_BLOCK - 1. */
void vector_signs_put(const struct vector_shape *shape, uint8_t *block, size_t place,
                      const uint8_t *levels);
bool vector_signs_same(const struct vector_shape *shape, const uint8_t *block, size_t place,
                       const uint8_t *levels);

/* A query as seen from one centroid. */
struct vector_query {
    float length;   /* |t|, t = R(q - c) */
    float base;     /* <q,c> - <c,c> */
    uint8_t *table; /* padded / 4 × 16: <s,t> of each four signs, in steps above the smallest */
    float step, least;
    int16_t *levels; /* t in steps of `level_step` */
    float level_step;
    float level_base; /* 127.5 × the sum of `levels` */
};
/* Bytes that vector_query_init wants, a multiple of 64. */
size_t vector_query_size(const struct vector_shape *shape);
/* `memory`: as many bytes, aligned to 64, which the query keeps using. `room`: padded +
 * dimensions numbers. */
void vector_query_init(struct vector_query *query, const struct vector_shape *shape, const float *q,
                       const float *centroid, float *room, void *memory);

/* A checksum in which a change of one word always shows. */
uint64_t vector_sum(const void *data, size_t size, uint64_t seed);

#endif
