/* The last values of something that is measured again and again. */
#ifndef DISE_UI_SERIES_H
#define DISE_UI_SERIES_H

#include <stddef.h>

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

#endif
