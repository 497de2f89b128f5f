/* The paraphrases that same_words.c knows, written by hand: neutral words of programming tasks. */
#ifndef DISE_CORE_SAME_TABLE_H
#define DISE_CORE_SAME_TABLE_H

#include "core/words/same_words.h"

/* Words of any number and tense that stand for `to` (one or more words; "": nothing). A word after
 * '=' is meant as it stands. */
struct same_row {
    enum same_kind kind;
    const char *to, *words;
};
/* Several words that stand together. */
struct same_phrase {
    const char *words, *to;
};

extern const struct same_row same_rows[];
extern const struct same_phrase same_phrases[];

#endif
