#include "core/learn/call_limit.h"

#include <stdlib.h>

/* The larger of two sources: the literal table of the old system, which knew graphics cards (7b 180
 * s, 14b 600 s, 33b 900 s, unknown 120 s), and 900 tokens at the speed of a small machine, measured
 * with 4 calls at once: a 0.5B writes 11 tokens/s each, a 1.5B 3 to 6. */
int64_t call_limit_by_size(double size)
{
    static const struct {
        double up_to;
        int64_t ms;
    } table[] = {{1, 120000}, {4, 240000}, {8, 300000}, {16, 600000}};
    if (size <= 0)
        return 120000;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (size <= table[i].up_to)
            return table[i].ms;
    return 900000;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Times of short answers say little of a long one, nor those of a quiet machine of a busy one: a
 * limit out of five of them cut half of the next answers off. What hangs is told by the time
 * between two tokens. */
static int64_t least(double size)
{
    return call_limit_by_size(size) / 4;
}

int64_t call_limit(int64_t *ms, size_t n, double size, int64_t most)
{
    int64_t limit = call_limit_by_size(size);
    if (n >= CALL_LIMIT_DATA) {
        size_t at = n * 95 / 100;
        qsort(ms, n, sizeof *ms, compare);
        limit = ms[at < n ? at : n - 1] * 6 / 5;
        if (limit < least(size))
            limit = least(size);
    }
    return limit < most ? limit : most;
}
