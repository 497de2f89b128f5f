/* A model's answer as it streams: where the program in it stands, and whether it is worth going on.
 * Pure; each line is looked at once. */
#ifndef DISE_CORE_CODE_STREAM_H
#define DISE_CORE_CODE_STREAM_H

#include <stdint.h>

#include "base/fence.h"
#include "core/check/syntax.h"

enum { CODE_STREAM_PERIODS = 8, CODE_STREAM_FUNCTIONS = 16, CODE_STREAM_WHY = 160 };

#define CODE_STREAM_NOWHERE ((size_t)-1)

enum code_stream_state {
    CODE_STREAM_WORDS,  /* no program yet */
    CODE_STREAM_BLOCK,  /* inside a fenced block */
    CODE_STREAM_BARE,   /* what looks like a program without a fence */
    CODE_STREAM_ENDED,  /* the program without a fence has ended: what follows is another, or words
                         */
    CODE_STREAM_CLOSED, /* the block has */
    CODE_STREAM_BROKEN, /* no program comes of it; `why` */
};

struct code_stream {
    enum code_stream_state state;
    size_t seen; /* bytes that were looked at: whole lines */
    size_t bare; /* where a program without a fence begins, or seemed to; CODE_STREAM_NOWHERE */
    size_t end;  /* ENDED, BROKEN: what is behind it is worth nothing */
    char why[CODE_STREAM_WHY];
    struct fence fence;
    struct syntax syntax;
    /* of a program without a fence */
    char functions[CODE_STREAM_FUNCTIONS][32]; /* with a body, at its outermost level */
    int function_count;
    char head[32]; /* of the function whose body must follow; "" */
    bool decorated;
    /* repetition: the latest lines' hashes, and how many in a row equal the one so many before */
    uint64_t hashes[CODE_STREAM_PERIODS];
    size_t starts[CODE_STREAM_PERIODS]; /* where a run of equal lines began, and its line */
    int lines, runs[CODE_STREAM_PERIODS], run_lines[CODE_STREAM_PERIODS];
    size_t tail; /* up to where the line at work was searched for repetition */
};

void code_stream_init(struct code_stream *a);
/* `text` is all that has come so far, of `n` bytes. False: the answer may end here; a->state says
 * why. */
bool code_stream_go_on(struct code_stream *a, const char *text, size_t n);
/* The same, for an answer that is complete: its last line counts without a newline, too. */
void code_stream_finish(struct code_stream *a, const char *text, size_t n);

#endif
