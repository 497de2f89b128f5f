/* The inner loops of a search: plain C, and AVX2 or AVX-512 where the processor has it. */
#ifndef DISE_CORE_VECTOR_SCAN_H
#define DISE_CORE_VECTOR_SCAN_H

#include <stddef.h>
#include <stdint.h>

struct vector_scan {
    const char *name; /* "plain", "avx2", "avx512" */
    /* For each of the 64 vectors of a block the sum over its signs, four by four, of the table's
     * entry; `bytes` is padded / 8. Pairs of entries fit 8 bits, sums 16. Gives the vectors as bits
     * for which factor × (step × sum + least) + add > limit. */
    uint64_t (*signs)(const uint8_t *block, size_t bytes, const uint8_t *table, const float *factor,
                      const float *add, float step, float least, float limit);
    /* Sum of products of 8-bit and 16-bit levels; n is a multiple of 64. */
    int32_t (*levels)(const uint8_t *a, const int16_t *b, size_t n);
    /* Sum of products. */
    double (*dot)(const float *a, const float *b, size_t n);
};

/* The best that this processor can do; DISE_VECTOR_SCAN=plain|avx2 takes a lower one (tests, and
 * comparing). */
const struct vector_scan *vector_scan_best(void);
/* The one with this name; NULL: this processor cannot do it. */
const struct vector_scan *vector_scan_named(const char *name);

#endif
