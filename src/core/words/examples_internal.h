/* What the files that read examples share: examples.c (the notations), examples_view.c
 * (expressions), examples_error.c, examples_python.c, examples_words.c (sentences, and what words
 * deny), examples_table.c, examples_literal.c, examples_head.c, examples_sift.c. */
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
/* Among the arguments from p to end one is named as no parameter of the head is. */
bool ex_foreign_names(const struct examples *x, const char *p, const char *end);

/* ---- examples_view.c ---- */

/* A simple expression that holds one call of the program's function. */
struct view {
    const struct reader *reader;
    bool strict;   /* in a program's text, where `f(3) - 1` is meant as it stands */
    bool compares; /* it is true or false by itself */
    bool bare;     /* of the call's arguments some are texts without quotes */
    const char *call, *name_end;
    uint32_t call_len;
};
/* At p: its end, or NULL. The call alone is one, too. */
const char *ex_view(const struct reader *r, const char *p, bool strict, struct view *out);
/* The same with a comparison or "not": what an assertion says. */
const char *ex_claim(const struct reader *r, const char *p, struct view *out);
/* The end of an expression that needs no program: `float("inf")`; strict: 1/3. */
const char *ex_made(const char *p, const char *end, bool strict);

/* ---- examples_error.c ---- */

/* The name of an error, or several, from p, into `e`; gives where it ends well. `said`: a word
 * before it says that it is raised, so that "an error" is enough. */
const char *ex_error(const char *p, const char *end, bool said, struct example *e);
/* "raises ValueError", "-> ValueError", "should throw an error" behind a call. */
const char *ex_raises(const char *p, const char *end, struct example *e);
/* The trace of a doctest. */
const char *ex_traceback(const struct reader *r, const char *p, struct example *e);
/* What stands around it says that it raises it wrongly, or on a condition. */
bool ex_error_denied(const struct reader *r, const char *begin, const char *end);
/* "raises ValueError for f(-1)", `with pytest.raises(ValueError): f(-1)`, `assertRaises(ValueError,
 * f, -1)` */
const char *ex_error_first(struct reader *r, const char *p);

/* ---- examples_claim.c: what is said behind a call, into `e`; gives where it ends ---- */

/* The expression from p to q, which holds e->call, is true. */
const char *ex_holds(const char *p, const char *q, struct example *e);
/* "≈ 0.333", "is about 3.14" */
const char *ex_about(const char *p, const char *end, struct example *e);
/* The dots behind e->expected at q: 3.14159... */
const char *ex_digits_go_on(struct example *e, const char *q, const char *end);
/* "is truthy" */
const char *ex_truth(const char *p, const char *end, struct example *e);
/* Ends `_ == pytest.approx(0.333` in Python, where the value begins at `from`. */
enum err ex_python_near(const struct example *e, size_t from, struct buf *text) MUST_CHECK;
/* `assert f(3) in (1, 2)` and the like that is no equation. */
const char *ex_claimed(struct reader *r, const char *p);
/* `assertTrue(f(3))` */
const char *ex_unittest(struct reader *r, const char *p);

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
/* The names of Python itself, and other functions of the text, are no examples of the task's
 * function. */
bool ex_reserved(const struct reader *r, const char *name, size_t n);
/* The arrow between a call and its answer, on the same line or the next: the place behind it. */
const char *ex_arrow(const char *p, const char *end);
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
/* A parameter of the head has this name. */
bool ex_param(const struct examples *x, const char *name, size_t n);

#endif
