/* What the files that read examples share: examples.c (the notations), examples_words.c (sentences,
 * and what words deny), examples_table.c, examples_literal.c, examples_head.c, examples_sift.c. */
#ifndef DISE_CORE_EXAMPLES_INTERNAL_H
#define DISE_CORE_EXAMPLES_INTERNAL_H

#include "core/words/examples.h"

struct reader {
    const char *text, *end;
    struct examples *out;
    const char *denied; /* where a denied example ended: its denial holds for what follows it */
    bool defs;          /* the text holds function heads */
    bool weak[EXAMPLES_MAX]; /* a bare arrow between values: no example beside calls */
};

/* ---- examples_literal.c: each gives the end of what it found at p, or NULL ---- */

bool ex_is_word(char c);
/* p behind spaces, backticks and the stars of bold type. */
const char *ex_gap(const char *p, const char *end);
/* p behind white space. */
const char *ex_lines(const char *p, const char *end);
const char *ex_word(const char *p, const char *end, const char *text);
const char *ex_any(const char *p, const char *end, const char *const *list);
const char *ex_string(const char *p, const char *end);
const char *ex_name(const char *p, const char *end);
/* `3, [4]`, `nums = [1], k = 2`, also over lines and joined by "and"; in a block `k: 2` as well. */
struct arguments {
    int count;
    bool named;
};
const char *ex_arguments(const char *p, const char *end, bool block, struct arguments *out);
bool ex_number(const char *p, size_t n);

/* ---- examples_words.c ---- */

/* A value must end where it ends: "9 + 1", "9 apples" or "1,000" is none. */
bool ex_ends_well(const char *p, const char *end);
/* The words before p (and the denied example before them) say that what follows is no example. */
bool ex_denied(const struct reader *r, const char *p);
/* The words behind an example take it back: "…, which is wrong". */
bool ex_taken_back(const char *p, const char *end);
/* What stands before a bare `3 -> 9` allows it to be an example. */
bool ex_values_may_begin(const struct reader *r, const char *p, bool numbers);
const char *ex_sentence(struct reader *r, const char *p);
const char *ex_reversed(struct reader *r, const char *p);

/* ---- examples.c ---- */

const char *ex_expected(const char *p, const char *end, struct example *e);
/* A keyword or a function of Python itself. */
bool ex_python_name(const char *name, size_t n);
/* Keeps it, unless the words deny it; gives `next`. */
const char *ex_keep(struct reader *r, const struct example *e, const char *begin, const char *next,
                    bool weak);

/* ---- examples_sift.c ---- */

bool ex_same_subject(const struct example *a, const struct example *b);
/* `weak`, which may be NULL, as in struct reader. */
void ex_sift(struct examples *x, const bool *weak);
/* Names the function after the first call, when nothing else has named it. */
void ex_name_by_calls(struct examples *x);

/* ---- examples_table.c ---- */

/* A whole table at p (the beginning of a line): its end. NULL: none. */
const char *ex_table(struct reader *r, const char *p);

/* ---- examples_head.c ---- */

/* Another function of the text has this name. */
bool ex_helper(const struct reader *r, const char *name, size_t n);

#endif
