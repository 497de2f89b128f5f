#include "core/optimize/gain.h"

#include <math.h>
#include <stdio.h>

/* Student's t, two-sided 95 %, for 1 … 30 degrees of freedom; the normal one above. */
static double student(size_t freedom)
{
    static const double t[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                               2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                               2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                               2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
    const size_t known = sizeof t / sizeof *t;
    return freedom == 0 ? INFINITY : freedom <= known ? t[freedom - 1] : 1.960;
}

void gain_of(const double *before, const double *after, size_t n, struct gain *out)
{
    double sum = 0, squares = 0, mean, half;
    size_t used = 0;
    *out = (struct gain){.ratio = 1, .low = 0, .high = INFINITY};
    for (size_t i = 0; i < n; i++)
        if (before[i] > 0 && after[i] > 0) {
            sum += log(before[i] / after[i]);
            used++;
        }
    out->n = used;
    if (!used)
        return;
    mean = sum / (double)used;
    out->ratio = exp(mean);
    if (used < 2)
        return;
    for (size_t i = 0; i < n; i++)
        if (before[i] > 0 && after[i] > 0) {
            const double d = log(before[i] / after[i]) - mean;
            squares += d * d;
        }
    half = student(used - 1) * sqrt(squares / (double)(used - 1) / (double)used);
    out->low = exp(mean - half);
    out->high = exp(mean + half);
}

enum gain_verdict gain_judge(const struct gain *g, bool last)
{
    if (g->low > (last ? GAIN_LEAST : 1.3))
        return GAIN_KEEP;
    if (last || g->high < GAIN_LEAST)
        return GAIN_REFUSE;
    return GAIN_UNSURE;
}

/* Three figures that say something. */
static void number(double x, char out[24])
{
    snprintf(out, 24, x >= 100 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x);
}

void gain_text(const struct gain *g, const char *what, char out[80])
{
    char ratio[24], low[24], high[24];
    number(g->ratio, ratio);
    number(g->low, low);
    number(g->high, high);
    snprintf(out, 80, "%.15s× %.16s [%.15s, %.15s]", ratio, what, low, high);
}
