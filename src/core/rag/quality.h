/* How good a kept artifact has shown itself to be: one formula, here and nowhere else. Pure. */
#ifndef DISE_CORE_QUALITY_H
#define DISE_CORE_QUALITY_H

#include <stdint.h>

#include "base/json.h"

/* What is known of an artifact. */
struct quality_facts {
    const char *kind;
    bool solved;
    int checks;      /* examples, tests and properties that it passed when it was made */
    double prior;    /* what another system said of it, 0 to 1; below 0: nothing */
    int64_t uses;    /* jobs that used it */
    int64_t ok, bad; /* of these, runs that ended well, and not */
    double ms;       /* a run's time, exponential mean; 0: not known */
    double peak_kb;  /* memory of its first run; 0: not known */
    int rating;      /* 1 to 5, the person's verdict; 0: none */
};

/* 0 to 1:
 *
 *   success = (ok + 3 expected) / (ok + bad + 3)
 *       expected: what is to be thought before the first run: 0.30 unsolved, 0.60 solved,
 *       up to 0.95 with checks that it passed (0.60 + 0.35 n/(n+2)), or the prior
 *   economy = (w_time max(0, 1 - ms/1000) + w_memory max(0, 1 - MB/100))
 *       / the sum of the weights of what is known; 1 when nothing is
 *   quality = success (0.7 + 0.3 economy)
 *   used often without complaint: quality += 0.1 (1 - quality) min(1, log2(1 + uses)/6) success
 *   verdict: quality = (quality + (rating - 1)/4) / 2
 *
 * The weights by kind are those of the system before; success is a factor and no summand, because a
 * program that fails quickly must not stand above one that works slowly. */
double quality_of(const struct quality_facts *f);

enum { QUALITY_GRACE_DAYS = 30 };
/* It is no longer shown by searches, only by history and lists: below 0.15 at once (rated 1 and
 * failing, say), below 0.50 when nobody has used it for QUALITY_GRACE_DAYS. `idle_ms`: since its
 * last use, or since it was made. */
bool quality_stale(double quality, int64_t idle_ms);

/* What the artifact's own JSON says; the rest is 0. `kind` is borrowed from it. */
void quality_read(struct json_object *artifact, struct quality_facts *out);

#endif
