#include "base/nearest.h"

#include <string.h>

enum { WORD_MAX_BYTES = 63 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

int nearest_distance(const char *a, const char *b)
{
    size_t n = strnlen(a, WORD_MAX_BYTES), m = strnlen(b, WORD_MAX_BYTES);
    int rows[3][WORD_MAX_BYTES + 1], *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        above[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *oldest = before;
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = oldest;
    }
    return above[m];
}

int nearest_allowed(const char *typed)
{
    return 1 + (int)strnlen(typed, WORD_MAX_BYTES) / 4;
}
