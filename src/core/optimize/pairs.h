/* What an old and a new program have cost in interleaved runs, and whether that is a gain. Pure. */
#ifndef DISE_CORE_PAIRS_H
#define DISE_CORE_PAIRS_H

#include "base/json.h"
#include "core/optimize/gain.h"
#include "core/rag/quality.h"

enum { PAIRS_MAX = GAIN_FIRST + GAIN_MORE, PAIRS_WORK_MAX = 4 };

enum optimize_target {
    OPTIMIZE_PERFORMANCE,
    OPTIMIZE_QUALITY,
    OPTIMIZE_MEMORY,
    OPTIMIZE_LATENCY,
    OPTIMIZE_TARGETS,
    OPTIMIZE_ALL = OPTIMIZE_TARGETS /* each of them in turn */
};

enum { OLD, NEW };
/* Columns, a row a pair. */
struct pairs {
    size_t n;
    int works;                                     /* large inputs */
    double ms[2][PAIRS_WORK_MAX + 1][PAIRS_MAX];   /* of each work; [0]: of all of them */
    double load[2][PAIRS_WORK_MAX + 1][PAIRS_MAX]; /* to load the program for each work */
    double start[2][PAIRS_MAX];                    /* ms to load it and to answer an example */
    double kb[2][PAIRS_MAX];                       /* peak of the process */
    double peak[2][PAIRS_MAX];                     /* KB allocated on the works; 0: not looked */
    struct quality_size size[2];                   /* of the text */
    double code[2];                                /* what the gates make of it */
};

/* The records of measure.py: pairs are added, those of kind "size" set the size. *failed: the
 * program that failed while it was measured, borrowed from `list`; "" none. */
void pairs_read(struct pairs *p, struct json_object *list, const char **failed);

enum { PAIRS_WHY = 400, PAIRS_GAINED = 80 };
struct weighed {
    enum optimize_target target; /* that it has gained in, or was to gain in */
    struct gain gain;
    char gained[PAIRS_GAINED]; /* "3.40× faster [3.10, 3.81]" */
    char why[PAIRS_WHY];       /* it is not kept: one sentence; "" it is, or GAIN_UNSURE */
};
/* Whether the new program is better at `target` beyond doubt, and nothing else worse. `all`: a gain
 * in any of the targets counts, and nothing may be worse by a tenth. `last`: there will be no more
 * pairs, so nothing stays unsure. */
enum gain_verdict pairs_weigh(const struct pairs *p, enum optimize_target target, bool all,
                              bool last, struct weighed *out);
/* {ratio, low, high, pairs, old_ms, new_ms, speed, memory, start, clarity:{old, new, …}, …}: old to
 * new each. Caller puts. */
struct json_object *pairs_figures(const struct pairs *p, const struct weighed *w);

#endif
