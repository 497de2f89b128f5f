/* Choosing among attempts by what is known of them: truth first, then agreement. Pure. */
#ifndef DISE_CORE_CHOOSE_H
#define DISE_CORE_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHOOSE_TESTS_MAX = 32 };

/* One attempt, as far as the choice depends on it. */
struct attempt {
    bool sound;       /* it parses, loads, passes the task's examples and the blocking gates */
    int rank;         /* of verdict_rank(): which failure is nearer to right */
    double weight;    /* what its model's opinion counts */
    bool tiny;        /* its model's word alone is not enough */
    double score;     /* of the gates, 0 … 1 */
    bool tested;      /* the fields below are known */
    uint32_t passed;  /* bit i: generated test i passed; behind them the properties that are sure */
    uint32_t refuted; /* properties that the words decide and that do not hold; also when !tested */
    uint64_t behaviour;     /* equal where all tests' calls are answered alike */
    const uint32_t *probes; /* hashes of the answers to calls that no test knows the answer of */
    int probe_count;        /* the same of all */
    uint32_t broke;         /* of the probes, edges at which it broke down */
};

struct choice {
    size_t best;           /* the number of attempts: there is none */
    bool enough;           /* the best one may be accepted now */
    bool lone;             /* it is a tiny model's, and too little bears it out */
    bool agreed;           /* it has support: tests that it passes or others that do the same */
    uint32_t set_aside;    /* tests that most of the sound attempts fail */
    uint32_t void_refuted; /* and of `refuted` */
    int tests, passed; /* that count, with the properties; of them those that the best one passes */
    size_t same, sound; /* attempts that do the same as the best one (it included), by all tests
                           and nearly all probes: tests that stop at 5 say nothing of 100; sound
                           ones that were compared */
    char why[160];      /* in words */
};

/* `examples`: of the task's own words; at least `trusted` of them settle a choice alone, unless the
 * attempts that pass them answer the probes differently. `tests`:
 * generated ones; `properties`: those that count like tests, as the words decide all by them or
 * a model has written them; the others count only against an attempt. Where one that the words
 * decide does not hold nothing is enough. One that passes all tests is not enough while as many do
 * otherwise: of 6 such programs of the bench without an example 1 was right, of 14 who agreed 9.
 * One of a tiny model must be borne out: by another model's, or by a second one of its own while
 * nothing speaks against them, no other answer to a probe and no test that was set aside.
 * The best attempt is
 * a sound one of the group with the highest score, where a group is what behaves alike and its
 * score is the sum of its weights times one more than the tests it passes: "CodeT: Code Generation
 * with Generated Tests", Chen et al. 2022, section 2.2, with one added so that agreement counts
 * also where every test is wrong. Within a group it is one that does not break down at an
 * edge where others answer, and of these the one that answers the probes most like all the others:
 * the minimum Bayes risk by execution, "Natural Language to Code Translation with Execution", Shi
 * et al. 2022, section 3. */
void choose(const struct attempt *list, size_t n, int examples, int trusted, int tests,
            int properties, struct choice *out);

#endif
