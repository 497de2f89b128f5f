#include "base/figure.h"

#include <stdio.h>

static const double MOST = 1e14; /* seconds: what is larger was measured wrongly */

const char *figure_count(char out[FIGURE_SIZE], int64_t n)
{
    static const char units[] = "kMGT";
    double v = n > 0 ? (double)n : 0;
    int unit = -1;
    while (v >= 999.5 && unit < 3) {
        v /= 1000;
        unit++;
    }
    if (unit < 0)
        snprintf(out, FIGURE_SIZE, "%.0f", v);
    else
        snprintf(out, FIGURE_SIZE, v < 9.95 && (int)(v * 10 + 0.5) % 10 ? "%.1f%c" : "%.0f%c", v,
                 units[unit]);
    return out;
}

const char *figure_ms(char out[FIGURE_SIZE], double ms)
{
    if (!(ms > 0))
        snprintf(out, FIGURE_SIZE, "0 ms");
    else if (ms < 1)
        snprintf(out, FIGURE_SIZE, "< 1 ms");
    else if (ms < 999.5)
        snprintf(out, FIGURE_SIZE, "%.0f ms", ms);
    else
        figure_time(out, ms / 1000, false);
    return out;
}

const char *figure_time(char out[FIGURE_SIZE], double seconds, bool whole)
{
    double t = !(seconds > 0) ? 0 : seconds > MOST ? MOST : seconds;
    long long s = (long long)(t + (whole ? 0 : 0.5)), minutes = s / 60, hours = s / 3600;
    if (t < 9.95 && !whole)
        snprintf(out, FIGURE_SIZE, "%.1f s", t);
    else if (s < 60)
        snprintf(out, FIGURE_SIZE, "%lld s", s);
    else if (hours < 1)
        snprintf(out, FIGURE_SIZE, "%lld:%02lld", minutes, s % 60);
    else if (hours < 48)
        snprintf(out, FIGURE_SIZE, "%lldh%02lld", hours, minutes % 60);
    else
        snprintf(out, FIGURE_SIZE, "%lldd%02lldh", hours / 24, hours % 24);
    return out;
}

const char *figure_money(char out[FIGURE_SIZE], double dollars)
{
    double d = dollars > 0 ? dollars : 0;
    snprintf(out, FIGURE_SIZE, d > 0 && d < 0.00995 ? "$%.4f" : "$%.2f", d);
    return out;
}

const char *figure_s(int64_t n)
{
    return n == 1 ? "" : "s";
}
