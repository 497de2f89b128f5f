/* Examples in a task's own words: they are the truth that a program is checked against. Pure. */
#ifndef DISE_CORE_EXAMPLES_H
#define DISE_CORE_EXAMPLES_H

#include "base/buf.h"

enum { EXAMPLES_MAX = 32, EXAMPLE_TEXT_MAX = 2000 };

/* One example: Python source of a call or of the bare arguments, and of the expected literal. All
 * point into the task's text. */
struct example {
    const char *call, *args, *expected; /* call or args is NULL */
    size_t call_len, args_len, expected_len;
};

struct examples {
    struct example list[EXAMPLES_MAX];
    size_t count;
    char function[64]; /* the function that the notation names; "" */
};

/* Reads `f(3) == 9`, `f(3) -> 9`, `=>`, `➞`, `→`, `returns`, `gives`, `>>> f(3)` with the next
 * line, `assert f(3) == 9`, `"XIV" -> 14`, `for 3 the answer is 9`, `input: 3 output: 9` and tables
 * of two columns. Takes literals only, never prose. */
void examples_read(const char *text, struct examples *out);
/* End of the Python literal at p (within n bytes), NULL when there is none. */
const char *examples_literal(const char *p, const char *end);

#endif
