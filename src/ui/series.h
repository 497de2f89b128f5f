/* The last values of something that is measured again and again, and figures in few columns. */
#ifndef DISE_UI_SERIES_H
#define DISE_UI_SERIES_H

#include <stddef.h>
#include <stdint.h>

enum { SERIES_MAX = 240 };

/* A value; zeroed: empty. Oldest first. */
struct series {
    double v[SERIES_MAX];
    size_t n;
};

/* The oldest goes when it is full. */
void series_push(struct series *s, double value);
/* Nearest rank, p in 0 … 1; 0 when empty. */
double series_percentile(const struct series *s, double p);

enum { FIGURE_SIZE = 24 };

/* "940", "1.2k", "31k", "1.2M" */
void figure_count(char out[FIGURE_SIZE], int64_t n);
/* "< 1 ms", "310 ms", "1.3 s" */
void figure_ms(char out[FIGURE_SIZE], double ms);
/* "4.2 s", "42 s", "3:05", "2h05"; `whole`: no tenths (for what is still running) */
void figure_time(char out[FIGURE_SIZE], double seconds, int whole);
/* "$0.00", "$0.0012" */
void figure_money(char out[FIGURE_SIZE], double dollars);

#endif
