/* Python, line by line, as it streams: whether a program can begin so. Pure. Never refuses the
 * beginning of a valid program; of what it does not follow (an odd continuation, brackets nested
 * too deep) it says nothing any more. Follows the lexical rules of the Python reference (2.1-2.6,
 * with 3.12's nested f-strings) and what can be told of statements by their first and last words.
 */
#ifndef DISE_CORE_SYNTAX_H
#define DISE_CORE_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

enum { SYNTAX_DEPTH = 64, SYNTAX_LEVELS = 100, SYNTAX_WORD = 12 };

/* A bracket, a string or a part of an f-string that is open. */
struct syntax_open {
    char kind; /* ( [ { a bracket, q a string, f the text of an f-string, x an expression in it, s
                  that expression's format */
    char quote;
    bool triple, raw;
    int line;
};

struct syntax {
    struct syntax_open open[SYNTAX_DEPTH];
    int depth;
    struct {
        int column;
        char last[SYNTAX_WORD]; /* first word of the latest statement here that opens a block */
    } levels[SYNTAX_LEVELS];
    int level; /* of the statement at work */
    int line;  /* read so far */
    /* the logical line at work */
    char first[SYNTAX_WORD]; /* its first word; of `async` the second */
    char word[SYNTAX_WORD];  /* its latest word, when the latest token is a word */
    int token;               /* the latest token, enum token of syntax.c */
    char op;                 /* its character, when it is an operator */
    bool begun, continued, colon;
    bool opens; /* the statement before ends with a colon */
    int opened; /* its line */
    bool unsure, broken;
    char why[120]; /* one sentence without the line */
    int at;        /* the line that no program has */
};

void syntax_init(struct syntax *s);
/* The next line, without its end. False: no valid program begins with the lines so far. */
bool syntax_line(struct syntax *s, const char *line, size_t n);
/* Nothing is open: the next line begins a statement. */
bool syntax_between(const struct syntax *s);

#endif
