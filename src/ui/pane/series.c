#include "ui/pane/series.h"

#include <stdlib.h>
#include <string.h>

void series_push(struct series *s, double value)
{
    if (s->n == SERIES_MAX)
        memmove(s->v, s->v + 1, --s->n * sizeof *s->v);
    s->v[s->n++] = value;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double series_percentile(const struct series *s, double p)
{
    double sorted[SERIES_MAX];
    size_t at = (size_t)(p * (double)s->n);
    if (!s->n)
        return 0;
    memcpy(sorted, s->v, s->n * sizeof *sorted);
    qsort(sorted, s->n, sizeof *sorted, compare);
    return sorted[at < s->n ? at : s->n - 1];
}
