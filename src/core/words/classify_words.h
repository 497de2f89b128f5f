/* The words by which classify.c knows a task; lists are separated by blanks. */
#ifndef DISE_CORE_CLASSIFY_WORDS_H
#define DISE_CORE_CLASSIFY_WORDS_H

#include <stdbool.h>

enum { WORDS_MAX = 600, WORD_BYTES_MAX = 8192 };

struct words {
    const char *list[WORDS_MAX];
    bool joined[WORDS_MAX]; /* a mark that ends a clause stands before the word */
    int count;
    char pool[WORD_BYTES_MAX];
};
/* In lower case; typing errors in the words that matter are mended. */
void words_read(const char *text, struct words *out);

enum word_kind {
    WORD_WRITE,    /* write, make, give: the object decides */
    WORD_TELL,     /* explain, brainstorm: words are wanted */
    WORD_REPHRASE, /* summarize, translate: words, unless it is about data */
    WORD_WORK,     /* reverse, sort, parse: a program */
    WORD_LOOK,     /* find, get: a program when it is about data */
    WORD_ASK,      /* what, why, is */
    WORD_CODE,     /* function, script */
    WORD_TEXT,     /* haiku, email */
    WORD_LONG,     /* essay, report: a text that takes thought */
    WORD_DATA,     /* list, string, csv */
    WORD_HARD,     /* dijkstra, backtracking */
    WORD_LANGUAGE, /* french */
    WORD_FETCH,    /* fetch, download */
    WORD_NET,      /* api, http */
    WORD_DEMAND,   /* must, handle, efficient: what makes a task larger */
    WORD_LARGE,    /* game, interpreter, server */
    WORD_KINDS,
};
bool word_is(const char *word, enum word_kind kind);

#endif
