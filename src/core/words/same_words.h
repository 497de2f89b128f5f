/* A task's words in one form, so that two ways of saying the same thing give the same words: case,
 * politeness, number and tense, numbers in words, British spelling, and the paraphrases that people
 * use for the same operation. Pure. */
#ifndef DISE_CORE_SAME_WORDS_H
#define DISE_CORE_SAME_WORDS_H

#include <stdbool.h>

#include "core/words/examples.h"

enum { SAME_TOKENS = 240, SAME_WORD = 28 };

enum same_kind {
    SAME_FILLER,   /* says nothing: the, please, function */
    SAME_SOFT,     /* what is worked on, when another word says it as well: list, value, item */
    SAME_PROOF,    /* may change the meaning: each, any, only */
    SAME_PLAIN,    /* any other word */
    SAME_CRITICAL, /* decides: numbers, literals, not, at least, ascending, first, largest */
    SAME_RELATION, /* to, from, by, then: tells by what follows it */
    SAME_BREAK,    /* a sentence ends */
};

struct same_token {
    char word[SAME_WORD];
    enum same_kind kind;
    bool plural; /* as it was written; of a verb it means nothing */
};

struct same_text {
    struct same_token list[SAME_TOKENS];
    int count;
    bool cut; /* it is longer than that */
    int examples,
        telling; /* in its words, and those that tell something: no empty or trivial call */
    unsigned hashes[EXAMPLES_MAX]; /* of those that tell something */
    int hash_count;
    char function[64]; /* that it names; "" */
    char params[128];  /* of the head, "a, b"; "" */
    int takes;         /* how many; -1: not known */
    char gives[16];    /* the annotation of the head's result: "int"; "" */
    char fields[64];   /* the first "(name, price)" of the words, "name,price"; "" */
    char defaults[64]; /* of the parameters, as they were written; "" */
};

/* The words beside the examples and the head. */
void same_text_read(const char *text, struct same_text *out);
/* The same for the parts of a name: "sum_of_squares", "sumOfSquares". */
void same_name_read(const char *name, struct same_text *out);

#endif
