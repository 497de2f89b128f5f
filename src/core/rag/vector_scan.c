#include "core/rag/vector_scan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
enum { BLOCK = 64, LANES = 16 };

/* ---- what the compiler makes vectors of, for each instruction set ---- */

INLINE int32_t levels_of(const uint8_t *a, const int16_t *b, size_t n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (int32_t)a[i] * b[i];
    return sum;
}

/* In double precision: near-duplicates differ by what single precision loses. */
INLINE double dot_of(const float *a, const float *b, size_t n)
{
    double lanes[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lanes[j] += (double)a[i + j] * b[i + j];
    for (; i < n; i++)
        sum += (double)a[i] * b[i];
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++)
            lanes[j] += lanes[j + half];
    return sum + lanes[0];
}

/* ---- plain ---- */

static uint64_t above(const uint16_t *sums, const float *factor, const float *add, float step,
                      float least, float limit)
{
    uint64_t bits = 0;
    uint8_t is[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        is[i] = factor[i] * (step * (float)sums[i] + least) + add[i] > limit;
    for (size_t i = 0; i < BLOCK; i++)
        bits |= (uint64_t)is[i] << i;
    return bits;
}

static uint64_t signs_plain(const uint8_t *block, size_t bytes, const uint8_t *table,
                            const float *factor, const float *add, float step, float least,
                            float limit)
{
    uint16_t sums[BLOCK] = {0};
    for (size_t i = 0; i < bytes; i++, block += BLOCK, table += 32)
        for (size_t j = 0; j < BLOCK; j++)
            sums[j] = (uint16_t)(sums[j] + table[block[j] & 15] + table[16 + (block[j] >> 4)]);
    return above(sums, factor, add, step, least, limit);
}

static int32_t levels_plain(const uint8_t *a, const int16_t *b, size_t n)
{
    return levels_of(a, b, n);
}

static double dot_plain(const float *a, const float *b, size_t n)
{
    return dot_of(a, b, n);
}

static const struct vector_scan plain = {"plain", signs_plain, levels_plain, dot_plain};

#if defined(__x86_64__)

/* ---- AVX2 ---- */

#define AVX2 __attribute__((target("avx2,fma")))

/* Adds the bytes of x to 16-bit sums: `even` takes all and is put right at the end, `odd` the odd
 * ones. */
#define WIDEN(even, odd, x)                                                                        \
    do {                                                                                           \
        even = _mm256_add_epi16(even, x);                                                          \
        odd = _mm256_add_epi16(odd, _mm256_srli_epi16(x, 8));                                      \
    } while (0)

AVX2 static inline __m256i look_up_avx2(__m256i codes, __m256i low, __m256i high)
{
    const __m256i four = _mm256_set1_epi8(15);
    return _mm256_add_epi8(
        _mm256_shuffle_epi8(low, _mm256_and_si256(codes, four)),
        _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(codes, 4), four)));
}

AVX2 static inline void store_avx2(uint16_t *sums, __m256i even, __m256i odd)
{
    __m256i low, high;
    even = _mm256_sub_epi16(even, _mm256_slli_epi16(odd, 8));
    low = _mm256_unpacklo_epi16(even, odd);  /* 0-7, 16-23 */
    high = _mm256_unpackhi_epi16(even, odd); /* 8-15, 24-31 */
    _mm256_storeu_si256((__m256i *)sums, _mm256_permute2x128_si256(low, high, 0x20));
    _mm256_storeu_si256((__m256i *)(sums + 16), _mm256_permute2x128_si256(low, high, 0x31));
}

AVX2 static inline uint64_t above_avx2(const uint16_t *sums, const float *factor, const float *add,
                                       float step, float least, float limit)
{
    uint64_t bits = 0;
    for (int i = 0; i < BLOCK; i += 8) {
        __m256 x =
            _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(sums + i))));
        x = _mm256_fmadd_ps(x, _mm256_set1_ps(step), _mm256_set1_ps(least));
        x = _mm256_fmadd_ps(_mm256_loadu_ps(factor + i), x, _mm256_loadu_ps(add + i));
        x = _mm256_cmp_ps(x, _mm256_set1_ps(limit), _CMP_GT_OQ);
        bits |= (uint64_t)_mm256_movemask_ps(x) << i;
    }
    return bits;
}

AVX2 static uint64_t signs_avx2(const uint8_t *block, size_t bytes, const uint8_t *table,
                                const float *factor, const float *add, float step, float least,
                                float limit)
{
    uint16_t sums[BLOCK];
    __m256i even0 = _mm256_setzero_si256(), odd0 = even0, even1 = even0, odd1 = even0;
    for (size_t i = 0; i < bytes; i++, block += BLOCK, table += 32) {
        __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
        __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 16)));
        __m256i x = look_up_avx2(_mm256_loadu_si256((const __m256i *)block), low, high);
        __m256i y = look_up_avx2(_mm256_loadu_si256((const __m256i *)(block + 32)), low, high);
        WIDEN(even0, odd0, x);
        WIDEN(even1, odd1, y);
    }
    store_avx2(sums, even0, odd0);
    store_avx2(sums + 32, even1, odd1);
    return above_avx2(sums, factor, add, step, least, limit);
}

AVX2 static int32_t levels_avx2(const uint8_t *a, const int16_t *b, size_t n)
{
    __m256i x = _mm256_setzero_si256(), y = x;
    __m128i sum;
    for (size_t i = 0; i < n; i += 32) {
        __m256i a0 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(a + i)));
        __m256i a1 = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(a + i + 16)));
        x = _mm256_add_epi32(x,
                             _mm256_madd_epi16(a0, _mm256_loadu_si256((const __m256i *)(b + i))));
        y = _mm256_add_epi32(
            y, _mm256_madd_epi16(a1, _mm256_loadu_si256((const __m256i *)(b + i + 16))));
    }
    x = _mm256_add_epi32(x, y);
    sum = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    return _mm_cvtsi128_si32(sum);
}

AVX2 static double dot_avx2(const float *a, const float *b, size_t n)
{
    return dot_of(a, b, n);
}

static const struct vector_scan avx2 = {"avx2", signs_avx2, levels_avx2, dot_avx2};

/* ---- AVX-512: the same, twice as wide ---- */

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma")))

AVX512 static uint64_t signs_avx512(const uint8_t *block, size_t bytes, const uint8_t *table,
                                    const float *factor, const float *add, float step, float least,
                                    float limit)
{
    const __m512i four = _mm512_set1_epi8(15);
    const __m512 steps = _mm512_set1_ps(step), leasts = _mm512_set1_ps(least);
    __m512i even = _mm512_setzero_si512(), odd = even, low, high;
    uint16_t halves[2][BLOCK / 2];
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes; i++, block += BLOCK, table += 32) {
        __m512i x = _mm512_loadu_si512(block);
        low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
        high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(table + 16)));
        x = _mm512_add_epi8(
            _mm512_shuffle_epi8(low, _mm512_and_si512(x, four)),
            _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(x, 4), four)));
        even = _mm512_add_epi16(even, x);
        odd = _mm512_add_epi16(odd, _mm512_srli_epi16(x, 8));
    }
    even = _mm512_sub_epi16(even, _mm512_slli_epi16(odd, 8));
    low = _mm512_unpacklo_epi16(even, odd);  /* of each 16 vectors the first eight */
    high = _mm512_unpackhi_epi16(even, odd); /* and the last */
    _mm512_storeu_si512(halves[0], low);
    _mm512_storeu_si512(halves[1], high);
    for (int i = 0; i < 4; i++) {
        __m256i both = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(halves[1] + i * 8)),
                                        _mm_loadu_si128((const __m128i *)(halves[0] + i * 8)));
        __m512 sums = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(both));
        __m512 x =
            _mm512_fmadd_ps(_mm512_loadu_ps(factor + i * 16), _mm512_fmadd_ps(sums, steps, leasts),
                            _mm512_loadu_ps(add + i * 16));
        bits |= (uint64_t)_mm512_cmp_ps_mask(x, _mm512_set1_ps(limit), _CMP_GT_OQ) << (i * 16);
    }
    return bits;
}

AVX512 static int32_t levels_avx512(const uint8_t *a, const int16_t *b, size_t n)
{
    __m512i x = _mm512_setzero_si512(), y = x;
    for (size_t i = 0; i < n; i += 64) {
        x = _mm512_dpwssd_epi32(x,
                                _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(a + i))),
                                _mm512_loadu_si512(b + i));
        y = _mm512_dpwssd_epi32(
            y, _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(a + i + 32))),
            _mm512_loadu_si512(b + i + 32));
    }
    return _mm512_reduce_add_epi32(_mm512_add_epi32(x, y));
}

static const struct vector_scan avx512 = {"avx512", signs_avx512, levels_avx512, dot_avx2};

static bool can_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool can_avx512(void)
{
    return can_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

const struct vector_scan *vector_scan_named(const char *name)
{
    if (!strcmp(name, avx512.name))
        return can_avx512() ? &avx512 : NULL;
    if (!strcmp(name, avx2.name))
        return can_avx2() ? &avx2 : NULL;
    return !strcmp(name, plain.name) ? &plain : NULL;
}

#else

const struct vector_scan *vector_scan_named(const char *name)
{
    return !strcmp(name, plain.name) ? &plain : NULL;
}

#endif

const struct vector_scan *vector_scan_best(void)
{
    static const char *const names[] = {"avx512", "avx2", "plain"};
    const char *wanted = getenv("DISE_VECTOR_SCAN");
    const struct vector_scan *scan = wanted ? vector_scan_named(wanted) : NULL;
    for (size_t i = 0; !scan; i++)
        scan = vector_scan_named(names[i]);
    return scan;
}
