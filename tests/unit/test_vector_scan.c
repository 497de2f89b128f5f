/* The inner loops in each instruction set that this processor has, against the plain ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/rag/vector_code.h"
#include "core/rag/vector_scan.h"

enum { WIDEST = 2048 };

static uint8_t block[WIDEST / 8 * 64], table[WIDEST / 4 * 16], bytes[WIDEST];
static float factor[64], add[64], numbers[2 * WIDEST];
static int16_t levels[WIDEST];

static void fill(unsigned seed, bool extreme)
{
    srand(seed);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = extreme ? 0xff : (uint8_t)(rand() >> 7);
    for (size_t i = 0; i < sizeof table; i++)
        table[i] = extreme ? 127 : (uint8_t)(rand() % 128);
    for (size_t i = 0; i < WIDEST; i++) {
        bytes[i] = extreme ? 255 : (uint8_t)(rand() >> 7);
        levels[i] = (int16_t)(extreme ? -4095 : rand() % 8191 - 4095);
    }
    for (size_t i = 0; i < 2 * WIDEST; i++)
        numbers[i] = (float)(rand() % 2001 - 1000) / 1000;
    for (size_t i = 0; i < 64; i++) {
        factor[i] = (float)(rand() % 1000) / 1000;
        add[i] = i % 17 ? (float)(rand() % 1000) : -INFINITY;
    }
}

static void compare(const struct vector_scan *scan, const struct vector_scan *plain)
{
    static const size_t sizes[] = {64, 128, 384, 960, WIDEST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i];
        double a = scan->dot(numbers, numbers + n, n - 5),
               b = plain->dot(numbers, numbers + n, n - 5);
        assert_true(fabs(a - b) < 1e-9);
        assert_int_equal(scan->levels(bytes, levels, n), plain->levels(bytes, levels, n));
        /* A limit between whole numbers, so that rounding has no say. */
        for (int limit = -2; limit < 40; limit++) {
            float one[64], whole[64];
            uint64_t is, want;
            for (size_t j = 0; j < 64; j++) {
                one[j] = 1;
                whole[j] = floorf(add[j]);
            }
            is = scan->signs(block, n / 8, table, one, whole, 1, 3,
                             (float)n * 0.8f * (float)limit + 0.5f);
            want = plain->signs(block, n / 8, table, one, whole, 1, 3,
                                (float)n * 0.8f * (float)limit + 0.5f);
            assert_true(is == want);
            assert_true(limit > -2 || is == ~(UINT64_C(1) | UINT64_C(1) << 17 | UINT64_C(1) << 34 |
                                              UINT64_C(1) << 51));
        }
        assert_true(scan->signs(block, n / 8, table, factor, add, 0.01f, -1, -INFINITY) ==
                    plain->signs(block, n / 8, table, factor, add, 0.01f, -1, -INFINITY));
    }
}

static void all_alike(void **state)
{
    static const char *const names[] = {"avx2", "avx512"};
    const struct vector_scan *plain = vector_scan_named("plain");
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct vector_scan *scan = vector_scan_named(names[i]);
        if (!scan) {
            print_message("this processor has no %s\n", names[i]);
            continue;
        }
        for (unsigned seed = 0; seed < 20; seed++) {
            fill(seed, seed == 0);
            compare(scan, plain);
        }
    }
}

/* By hand: vector 5 has the signs 0110 1001 …, the table counts ones. */
static void plain_is_right(void **state)
{
    const struct vector_scan *plain = vector_scan_named("plain");
    (void)state;
    memset(block, 0, sizeof block);
    for (size_t i = 0; i < 64; i++) {
        factor[i] = 1;
        add[i] = 0;
    }
    for (size_t i = 0; i < WIDEST / 4; i++)
        for (unsigned bits = 0; bits < 16; bits++)
            table[i * 16 + bits] = (uint8_t)__builtin_popcount(bits);
    for (size_t i = 0; i < 8; i++)
        block[i * 64 + 5] = 0x96;
    assert_true(plain->signs(block, 8, table, factor, add, 1, 0, 31.5f) == UINT64_C(1) << 5);
    assert_true(plain->signs(block, 8, table, factor, add, 1, 0, 32.5f) == 0);
    assert_true(plain->signs(block, 8, table, factor, add, 1, 1, 32.5f) == UINT64_C(1) << 5);
    assert_null(vector_scan_named("avx1024"));
    assert_non_null(vector_scan_best());
}

/* A rotation keeps lengths and angles, and every number has its share of what is in one. */
static void rotation(void **state)
{
    static const size_t sizes[] = {1, 3, 64, 100, 384, 448, 768, 1536};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vector_shape shape;
        size_t n = sizes[i];
        float *in = calloc(n, sizeof *in), *out;
        double length = 0, most = 0;
        assert_int_equal(vector_shape_init(&shape, n), ERR_OK);
        out = calloc(shape.padded, sizeof *out);
        in[n / 2] = 3;
        vector_rotate(&shape, in, out);
        for (size_t j = 0; j < shape.padded; j++) {
            length += (double)out[j] * out[j];
            most = fmax(most, fabs((double)out[j]));
        }
        assert_true(fabs(length - 9) < 1e-4);
        assert_true(most < 3 * 6 / sqrt((double)shape.padded));
        vector_shape_fini(&shape);
        free(in);
        free(out);
    }
}

static void sums_show_every_change(void **state)
{
    unsigned char text[100] = "a text", other[100];
    (void)state;
    for (size_t size = 0; size <= sizeof text; size++)
        for (size_t bit = 0; bit < size * 8; bit++) {
            memcpy(other, text, sizeof text);
            other[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_true(vector_sum(text, size, 7) != vector_sum(other, size, 7));
        }
    assert_true(vector_sum(text, 50, 1) != vector_sum(text, 50, 2));
    assert_true(vector_sum(text, 50, 1) != vector_sum(text, 51, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_is_right),
        cmocka_unit_test(all_alike),
        cmocka_unit_test(rotation),
        cmocka_unit_test(sums_show_every_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
