/* The words of a task that say what it is about, to find tasks that are alike. Pure. */
#ifndef DISE_CORE_CONTENT_H
#define DISE_CORE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

enum { CONTENT_WORDS = 64, CONTENT_WORD = 24 };

struct content {
    char words[CONTENT_WORDS][CONTENT_WORD]; /* lower case, without common endings, each once */
    int count;
};

/* Of a longer text the first CONTENT_WORDS. Words that stand in any task ("write", "function",
 * "returns") are left out, and so are numbers. */
void content_read(const char *text, struct content *out);
/* How many words the two have in common. */
int content_shared(const struct content *a, const struct content *b);
/* Whether the two are about the same: at least half of the words of each stand in the other, and
 * not only one. */
bool content_alike(const struct content *a, const struct content *b);

#endif
