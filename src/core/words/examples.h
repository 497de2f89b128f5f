/* Examples in a task's own words: they are the truth that a program is checked against. Pure. */
#ifndef DISE_CORE_EXAMPLES_H
#define DISE_CORE_EXAMPLES_H

#include <stdint.h>

#include "base/buf.h"

enum { EXAMPLES_MAX = 32, EXAMPLE_TEXT_MAX = 2000 };

/* One example: a call or the bare arguments, and the expected value. They point into the text, as
 * people wrote them, until examples_python has made Python of them. */
struct example {
    const char *call, *args, *expected; /* call or args is NULL */
    uint32_t call_len, args_len, expected_len;
};

struct examples {
    struct example list[EXAMPLES_MAX];
    size_t count;
    char function[64]; /* named by a function's head, by words or by the calls; "" */
    char params[128];  /* of the head: "a, b"; "" */
    int needs, takes;  /* how many arguments the head needs and takes at most; -1: not known */
};

/* Reads calls (`f(3) == 9`, `->`, `=>`, `➞`, `returns`, `should be`, `# =>` …), doctests, asserts,
 * values (`"XIV" -> 14`, `"abc" becomes "cba"`), sentences (`for 3 the answer is 9`, `returns 9 for
 * 3`), blocks (`Input: nums = [1], k = 2 Output: 3`, over lines) and tables with a header. Takes
 * literals only (also true, false, null and typographic quotes), and nothing that the words deny;
 * examples that contradict each other are left out. */
void examples_read(const char *text, struct examples *out);
/* Makes them Python source, in `text`, which must stay as long as `x` is used: names of arguments
 * stay, whatever stands between arguments becomes a comma. ERR_TOO_LARGE: more than `text` may
 * hold. */
enum err examples_python(struct examples *x, struct buf *text) MUST_CHECK;
/* Only lines `assert f(…) == literal` of a model's answer; those that another of them or one of
 * `truth` (may be NULL) contradicts or repeats are left out, at most `limit` are taken. They point
 * into the answer. */
void examples_read_asserts(const char *text, const struct examples *truth, size_t limit,
                           struct examples *out);
/* End of the literal at p (within n bytes), NULL when there is none. */
const char *examples_literal(const char *p, const char *end);
/* The head of a function in the text, or the words that name one, into function, params, needs and
 * takes. */
void examples_head(const char *text, struct examples *out);
/* The same of the one head that `def` begins with. */
void examples_head_at(const char *def, struct examples *out);

#endif
