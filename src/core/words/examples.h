/* Examples in a task's own words: they are the truth that a program is checked against. Pure. */
#ifndef DISE_CORE_EXAMPLES_H
#define DISE_CORE_EXAMPLES_H

#include <stdint.h>

#include "base/buf.h"

enum { EXAMPLES_MAX = 32, EXAMPLE_TEXT_MAX = 2000 };

/* What is said of the answer to a call. */
enum example_kind {
    EXAMPLE_IS,     /* it is `expected`, a literal */
    EXAMPLE_MADE,   /* it is what `expected` makes: `float("inf")`, `date(2020, 1, 1)` */
    EXAMPLE_NEAR,   /* it is about `expected`, to the digits that are written */
    EXAMPLE_CLOSE,  /* the same, to seven digits behind the point */
    EXAMPLE_RAISES, /* the call raises `expected`: names of errors */
    EXAMPLE_TRUE,   /* it counts as true */
    EXAMPLE_FALSE,
    EXAMPLE_HOLDS, /* it is as `view` says: `abs(f(2) - 1.41) < 0.1` */
};

/* One example: a call or the bare arguments, how its answer is looked at, and what then comes out.
 * They point into the text, as people wrote them, until examples_python has made Python of them;
 * then the view has `_` in the place of the call, and all kinds but EXAMPLE_RAISES compare
 * `expected` with what the view gives. */
struct example {
    const char *call, *args, *expected; /* call or args is NULL */
    const char *view; /* NULL: the answer itself; in the text it holds the call: `len(f(3))` */
    uint64_t call_len : 13, args_len : 13, expected_len : 13, view_len : 13;
    enum example_kind kind : 7; /* small: a task with its examples lies on a fiber's stack */
    bool bare : 1;              /* the call has texts without quotes: `is_happy(abcd)` */
};

struct examples {
    struct example list[EXAMPLES_MAX];
    size_t count;
    char function[64]; /* named by a function's head, by words or by the calls; "" */
    char params[128];  /* of the head: "a, b"; "" */
    int needs, takes;  /* how many arguments the head needs and takes at most; -1: not known */
};

/* Reads calls (`f(3) == 9`, `->`, `=>`, `➞`, `returns`, `should be`, `# =>` …), what is looked at
 * of them (`round(f(3), 2)`, `f(3)[0]`), errors (`raises ValueError`), doctests, asserts, values
 * (`"XIV" -> 14`, `"abc" becomes "cba"`), sentences (`for 3 the answer is 9`, `returns 9 for 3`),
 * blocks (`Input: nums = [1], k = 2 Output: 3`, over lines) and tables with a header. Takes
 * literals only (also true, false, null and typographic quotes; behind a head also texts without
 * quotes, `is_happy(abcd) => True`, when there are several), and nothing that the words deny;
 * examples that contradict each other are left out. */
void examples_read(const char *text, struct examples *out);
/* How many tell an answer: an error, or that something is true, is passed by many a wrong program.
 */
size_t examples_telling(const struct examples *x);
/* Writes one that is Python as people read it: "len(f(3)) == 3", "f(-1) raises ValueError", "input
 * 3 -> output 9". */
enum err examples_show(const struct example *e, struct buf *out) MUST_CHECK;
/* Makes them Python source, in `text`, which must stay as long as `x` is used: names of arguments
 * stay, whatever stands between arguments becomes a comma. ERR_TOO_LARGE: more than `text` may
 * hold. */
enum err examples_python(struct examples *x, struct buf *text) MUST_CHECK;
/* Only lines `assert f(…) == literal` of a model's answer; those that another of them or one of
 * `truth` (may be NULL) contradicts or repeats are left out, at most `limit` are taken. They point
 * into the answer. */
void examples_read_asserts(const char *text, const struct examples *truth, size_t limit,
                           struct examples *out);
/* What counts when two examples are compared: what stands between quotes of any kind, whole, or a
 * character that is not white space. */
struct example_piece {
    const char *text;
    size_t len;
    bool quoted;
};
/* The next piece at `*p`, which moves behind it. False: there is none. */
bool examples_piece(const char **p, const char *end, struct example_piece *out);
/* End of the literal at p (within n bytes), NULL when there is none. */
const char *examples_literal(const char *p, const char *end);
/* The head of a function in the text, or the words that name one, into function, params, needs and
 * takes. */
void examples_head(const char *text, struct examples *out);
/* The same of the one head that `def` begins with. */
void examples_head_at(const char *def, struct examples *out);

#endif
