#include "ui/series.h"

#include <stdio.h>
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

void figure_count(char out[FIGURE_SIZE], int64_t n)
{
    static const char units[] = "kMGT";
    double v = (double)n;
    int unit = -1;
    while (v >= 999.5 && unit < 3) {
        v /= 1000;
        unit++;
    }
    if (unit < 0)
        snprintf(out, FIGURE_SIZE, "%lld", (long long)n);
    else
        snprintf(out, FIGURE_SIZE, v < 9.95 ? "%.1f%c" : "%.0f%c", v, units[unit]);
}

void figure_ms(char out[FIGURE_SIZE], double ms)
{
    if (ms <= 0)
        snprintf(out, FIGURE_SIZE, "0 ms");
    else if (ms < 1)
        snprintf(out, FIGURE_SIZE, "< 1 ms");
    else if (ms < 999.5)
        snprintf(out, FIGURE_SIZE, "%.0f ms", ms);
    else
        figure_time(out, ms / 1000, 0);
}

void figure_time(char out[FIGURE_SIZE], double seconds, int whole)
{
    long long s = (long long)(seconds + (whole ? 0 : 0.5));
    if (seconds < 9.95 && !whole)
        snprintf(out, FIGURE_SIZE, "%.1f s", seconds > 0 ? seconds : 0);
    else if (s < 60)
        snprintf(out, FIGURE_SIZE, "%lld s", s > 0 ? s : 0);
    else if (s < 3600)
        snprintf(out, FIGURE_SIZE, "%lld:%02lld", s / 60, s % 60);
    else
        snprintf(out, FIGURE_SIZE, "%lldh%02lld", s / 3600, s / 60 % 60);
}

void figure_money(char out[FIGURE_SIZE], double dollars)
{
    snprintf(out, FIGURE_SIZE, dollars > 0 && dollars < 0.01 ? "$%.4f" : "$%.2f", dollars);
}
