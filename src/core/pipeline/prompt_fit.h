/* What is left out of a prompt that is larger than the model's window. Pure. */
#ifndef DISE_CORE_PROMPT_FIT_H
#define DISE_CORE_PROMPT_FIT_H

#include "base/buf.h"

/* A part that a prompt can do without. */
struct prompt_part {
    const char *name, *what; /* of its place in the template; for people ("the specification") */
    struct buf *text;
    bool lines;   /* loses one line after the other from its end, and the whole with the last; what
                     stands before the first ":\n" is its heading. `what` is a plural then */
    int lost, of; /* out: parts, or lines; lost 0: nothing */
};

/* Takes out of the parts, the first of the array first, what costs at least `over` tokens together.
 * False: all of them cost less, and all are empty now. `cost`: tokens of a text. */
bool prompt_fit(struct prompt_part *parts, size_t n, double over,
                double (*cost)(void *arg, const char *text, size_t n), void *arg);
/* "the specification and 3 of 7 examples"; "" when nothing was left out. */
void prompt_fit_say(const struct prompt_part *parts, size_t n, char *out, size_t size);

#endif
