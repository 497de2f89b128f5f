/* Calculations in a task's own words ("what is 17 percent of 240", "(1/3 + 1/6)"): read into an
 * expression, and written as a Python program that computes it exactly. No number is guessed; what
 * is not understood whole is not taken. Pure, bounded in length, depth and the size of results. */
#ifndef DISE_CORE_ARITHMETIC_H
#define DISE_CORE_ARITHMETIC_H

#include "base/buf.h"

enum arithmetic_verdict {
    ARITHMETIC_NO,      /* not a calculation, or not understood */
    ARITHMETIC_OK,      /* expression and program are there */
    ARITHMETIC_REFUSED, /* a calculation whose result would be too large; `why` says so */
};

enum { ARITHMETIC_TEXT_MAX = 2000, ARITHMETIC_DIGITS_MAX = 10000, ARITHMETIC_EXPRESSION_MAX = 400 };

struct arithmetic {
    enum arithmetic_verdict verdict;
    int operations;        /* 0: a number alone */
    struct buf expression; /* as people read it: "17% * 240" */
    struct buf program;    /* Python: answer() gives {result, text, expression, decimal} */
    char why[200];
};
void arithmetic_init(struct arithmetic *a);
void arithmetic_fini(struct arithmetic *a);

/* Reads the whole text as one calculation. Without memory: ARITHMETIC_NO. */
void arithmetic_read(const char *text, struct arithmetic *a);
/* How many numbers stand in the text, in digits or words. */
int arithmetic_count_numbers(const char *text);
/* Whether every number of the expression stands in the text as well: an expression that a model
 * made of the text has no numbers of its own. */
bool arithmetic_same_numbers(const char *text, const char *expression);

#endif
