/* What a task's words decide of every answer, whatever the input: "sort a list" makes its result
 * ordered and a permutation of it. Only rules that the words leave no doubt about. Pure. */
#ifndef DISE_CORE_PROPERTIES_H
#define DISE_CORE_PROPERTIES_H

#include <stdbool.h>

#include "core/words/examples.h"

enum { PROPERTIES_MAX = 16, SHAPES_MAX = 4 };

/* One rule; src/runtime/properties.py has the check of this name. */
struct property {
    char name[16];    /* "ascending", "steady", … */
    bool sure;        /* together with the others that are sure it says all: holding speaks for
                         a program; of any other only its breaking says something */
    const char *type; /* of "typed": int, float, str, bool, list, tuple, dict, set; else "" */
    bool none;        /* of "typed": None is an answer as well */
    const char *of, *other; /* of "round_trip": the functions; else "" */
};

struct properties {
    struct property list[PROPERTIES_MAX]; /* those that are sure stand first */
    size_t count, sure;
    const char *shapes[SHAPES_MAX]; /* type of each parameter for a task without examples: int,
                                    bool, str, list[int], list[str] */
    int shape_count;                /* 0: not known */
    int takes;                      /* parameters; -1: not known */
    bool open;                      /* no input is known: they are to be made of types */
    bool loose;                     /* several arguments do not depend on each other */
};

/* `x`: the examples of the same text. */
void properties_of(const char *text, const struct examples *x, struct properties *out);

/* One that a model has written; whether its expression is one that may be evaluated says the run.
 */
struct written {
    char name[32], strategy[64], expression[300];
    bool unusable; /* the run said so: it counts for no program */
};
enum { WRITTEN_MAX = 4 };

/* The lines "property: for NAME in STRATEGY: EXPRESSION" of a model's answer whose expression names
 * both NAME and a call of `function`; STRATEGY: integers, integers(a, b), text, text("abc"),
 * booleans, lists(STRATEGY). Others are left out. How many there are. */
size_t properties_read(const char *answer, const char *function, struct written out[WRITTEN_MAX]);

/* ---- between properties.c and properties_rules.c ---- */

/* A phrase and what follows from it. The phrase: words of the clause in their order; "a/b": one of
 * them, "a/b?": or none, "^" in front: at the beginning of what is asked, "$": the clause ends. */
struct property_rule {
    const char *phrase;
    const char *names; /* separated by blanks */
    const char
        *veto;    /* words with which it does not fire, wherever they stand; separated by blanks */
    bool sure;    /* if the function has one parameter, of the kind `subject` */
    char subject; /* l: list, s: text, i: either; 0: whatever */
};
extern const struct property_rule property_rules[];
extern const size_t property_rule_count;

#endif
