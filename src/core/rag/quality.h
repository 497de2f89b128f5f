/* How good an artifact has shown itself to be: one formula, here and nowhere else. Search ranking,
 * the choice among versions and among candidates, pruning and the optimizer all use it.
 * docs/quality.md tells it to people. Pure. */
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
    bool judged;     /* gates have judged this very content */
    double code;     /* what they make of it (quality_code), 0 to 1 */
};

/* What the figures are weighed for: an artifact by its kind, an optimizer by what it is to better.
 */
enum quality_aim { AIM_KIND, AIM_PERFORMANCE, AIM_QUALITY, AIM_MEMORY, AIM_LATENCY };
/* performance, quality, memory, latency; false: another word. */
bool quality_aim_named(const char *name, enum quality_aim *out);

/* 0 to 1:
 *
 *   success = (ok + 3 expected) / (ok + bad + 3)
 *       expected: what is to be thought before the first run: 0.30 unsolved, 0.60 solved,
 *       up to 0.95 with checks that it passed (0.60 + 0.35 n/(n+2)), or the prior
 *   time   = 1 - log10(1 + ms/10)/3    10 ms 0.90, 100 ms 0.65, 1 s 0.33, 10 s 0
 *   memory = 1 - log10(1 + MB/10)/2    10 MB 0.85, 100 MB 0.48, 1 GB 0
 *   code   = what the gates make of the source, quality_code
 *   merits = the mean of time, memory and code by their weights, without those that are not
 *       known; 1 when none is
 *   quality = success (0.7 + 0.3 merits)
 *   used often without complaint: quality += 0.1 (1 - quality) min(1, log2(1 + uses)/6) success
 *   verdict: quality = (quality + (rating - 1)/4) / 2
 *
 * Success is a factor and no summand, and 0.3 is the most that the merits take: a program that
 * fails quickly must not stand above one that works slowly. Time and memory count by their
 * logarithm, as half of it is worth the same wherever one stands; what is below 10 ms or 10 MB is
 * the interpreter's own. The weights by kind are those of the system before, in which what time and
 * memory left of 1 was the code's (function: time 0.30, memory 0.20, code 0.50). An aim gives its
 * own figure more than half, so that nothing outweighs it, and the code at least 0.2, so that it is
 * not sold for speed: performance 0.5/0.3/0.2, latency 0.7/0.1/0.2, memory 0.1/0.7/0.2,
 * quality 0.2/0.1/0.7. */
double quality_of(const struct quality_facts *f);

enum { QUALITY_TIME, QUALITY_MEMORY, QUALITY_CODE, QUALITY_MERITS };
/* The same in its parts. */
struct quality_split {
    double success, expected;
    struct {
        bool known;
        double value, weight; /* 0 to 1; of the weights, which are those of all three */
    } merit[QUALITY_MERITS];
    double merits;
    double base;    /* success (0.7 + 0.3 merits) */
    double used;    /* what use has added */
    double quality; /* with the verdict */
};
void quality_split(const struct quality_facts *f, enum quality_aim aim, struct quality_split *out);
/* {quality, success, expected, merits, parts: [{name, value, weight, of}], used, rating, lines:
 * ["0.82 = success 0.95 × (0.70 + 0.30 × merits 0.54)", …]}: `of` says what a part is made of; one
 * that is not known has no value. Caller puts. */
struct json_object *quality_parts(const struct quality_facts *f);

/* What gates make of a program: the mean of their scores, where one that can block counts 2 (it
 * looks for what is wrong), one that scores 1 (for what is less good), one that only informs 0.
 * `gates`: [{severity, score, …}] (check/gate_figures.h); those without a score, as their program
 * was missing or broke down, have no part. false: nothing is known; *code is 1 then. */
bool quality_code(struct json_object *gates, double *code);

/* What there is to read in a text, src/runtime/clarity.py; nodes 0: not known. */
struct quality_size {
    double nodes;    /* of the syntax tree, without docstrings and annotations */
    double branches; /* ways that branch: if, loop, and, except … */
    double nesting;  /* for each of them, in how many others it stands */
};
/* {nodes, branches, nesting}; NULL: not known. */
void quality_size_read(struct json_object *size, struct quality_size *out);

/* How well a program can be read, 0 to 1:
 *
 *   clarity = code * 200 / (200 + nodes + 5 (branches + nesting))
 *
 * `code` is what the gates make of it, quality_code. 200 nodes are a function of about 25 lines:
 * it has half of what an empty one had. A branch is worth five nodes, and as many again for each
 * other one that it stands in, as that has to be kept in mind while it is read (the idea of
 * cognitive complexity). Where the size is not known the clarity is the code's. */
double quality_clarity(double code, const struct quality_size *size);
/* A version is clearer that has so many times the clarity: less may be a matter of taste. */
#define QUALITY_CLEARER 1.1

/* An old and a new version that were measured side by side. */
struct quality_measured {
    double correct;     /* of its tests, those it passes, 0 to 1 */
    double ms, peak_kb; /* 0: not known */
    bool judged;
    double code;
    struct quality_size size;
};
/* The same formula, with `correct` for the success and the clarity, where both sizes are known, for
 * the code; a figure that one of the two lacks counts for
 * neither. Scores of other pairs are comparable only where the same figures are known. */
void quality_compare(const struct quality_measured *old, const struct quality_measured *new,
                     enum quality_aim aim, double *old_score, double *new_score);

enum { QUALITY_GRACE_DAYS = 30 };
/* It is no longer shown by searches, only by history and lists: below 0.15 at once (rated 1 and
 * failing, say), below 0.50 when nobody has used it for QUALITY_GRACE_DAYS. `idle_ms`: since its
 * last use, or since it was made. */
bool quality_stale(double quality, int64_t idle_ms);

/* What the artifact's own JSON says; the rest is 0. `kind` is borrowed from it. */
void quality_read(struct json_object *artifact, struct quality_facts *out);

#endif
