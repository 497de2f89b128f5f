/* Whether something has become faster or smaller, out of interleaved pairs of measurements. Pure.
 */
#ifndef DISE_CORE_GAIN_H
#define DISE_CORE_GAIN_H

#include <stdbool.h>
#include <stddef.h>

struct gain {
    size_t n;         /* pairs */
    double ratio;     /* old / new, geometric mean: 2 is twice as fast, or half as large */
    double low, high; /* its 95 % interval (Student's t on the logarithms) */
};

/* Of pairs that are greater than 0; others are left out. Fewer than two: low 0, high infinite. */
void gain_of(const double *before, const double *after, size_t n, struct gain *out);

enum { GAIN_FIRST = 7, GAIN_MORE = 14 };
/* Below this an accident of the memory's layout may look like a gain, however often it is measured:
 * the interval has to lie above it, and not only above 1. */
#define GAIN_LEAST 1.03
/* The same for a loss that is let pass in what is not wanted to get better. */
#define GAIN_TIME_LOSS     0.85
#define GAIN_MEMORY_LOSS   0.66
#define GAIN_START_LOSS    0.66 /* and no loss, where it is */
#define GAIN_START_LOSS_MS 10   /* less than this, which an interpreter takes to start */

enum gain_verdict { GAIN_KEEP, GAIN_REFUSE, GAIN_UNSURE };
/* After GAIN_FIRST pairs only what is far from 1 is decided; `last`: there will be no more. */
enum gain_verdict gain_judge(const struct gain *g, bool last);
/* "3.4× faster [3.1, 3.8]"; `what`: faster, smaller … */
void gain_text(const struct gain *g, const char *what, char out[80]);

#endif
