/* A model's answer as it streams: where the program in it stands, and whether it is worth going on.
 * Pure; each line is looked at once. */
#ifndef DISE_CORE_ANSWER_H
#define DISE_CORE_ANSWER_H

#include <stdint.h>

#include "base/fence.h"
#include "core/check/syntax.h"

enum { ANSWER_PERIODS = 8, ANSWER_FUNCTIONS = 16, ANSWER_WHY = 160 };

#define ANSWER_NOWHERE ((size_t)-1)

enum answer_state {
    ANSWER_WORDS,  /* no program yet */
    ANSWER_BLOCK,  /* inside a fenced block */
    ANSWER_BARE,   /* what looks like a program without a fence */
    ANSWER_ENDED,  /* the program without a fence has ended: what follows is another, or words */
    ANSWER_CLOSED, /* the block has */
    ANSWER_BROKEN, /* no program comes of it; `why` */
};

struct answer {
    enum answer_state state;
    size_t seen; /* bytes that were looked at: whole lines */
    size_t bare; /* where a program without a fence begins, or seemed to; ANSWER_NOWHERE */
    size_t end;  /* ENDED, BROKEN: what is behind it is worth nothing */
    char why[ANSWER_WHY];
    struct fence fence;
    struct syntax syntax;
    /* of a program without a fence */
    char functions[ANSWER_FUNCTIONS][32]; /* with a body, at its outermost level */
    int function_count;
    char head[32]; /* of the function whose body must follow; "" */
    bool decorated;
    /* repetition: the latest lines' hashes, and how many in a row equal the one so many before */
    uint64_t hashes[ANSWER_PERIODS];
    size_t starts[ANSWER_PERIODS]; /* where a run of equal lines began, and its line */
    int lines, runs[ANSWER_PERIODS], run_lines[ANSWER_PERIODS];
    size_t tail; /* up to where the line at work was searched for repetition */
};

void answer_init(struct answer *a);
/* `text` is all that has come so far, of `n` bytes. False: the answer may end here; a->state says
 * why. */
bool answer_go_on(struct answer *a, const char *text, size_t n);
/* The same, for an answer that is complete: its last line counts without a newline, too. */
void answer_finish(struct answer *a, const char *text, size_t n);

#endif
