#include "ui/cli/cli_usage.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "…";

/* The end of the form that begins at `at`. */
static const char *form_end(const char *at)
{
    const char *end = strstr(at, " | ");
    return end ? end : at + strlen(at);
}

/* The words of a form from `at` on; options and remarks are none. */
static int count_words(const char *at, const char *end)
{
    int words = 0;
    while (at < end && *at != '(') {
        size_t n = strcspn(at, " ");
        if (strncmp(at, "[--", 3) == 0) {
            n = strcspn(at, "]") + 1;
        } else {
            words++;
            if (memmem(at, n, ellipsis, sizeof ellipsis - 1))
                return INT_MAX;
        }
        at += n;
        at += *at == ' ';
    }
    return words;
}

/* Whether one of "a|b|c", which takes n bytes, is the word. */
static bool is_verb(const char *verbs, size_t n, const char *word)
{
    const char *end = verbs + n;
    while (verbs < end) {
        size_t one = strcspn(verbs, "| ");
        if (one == strlen(word) && strncmp(verbs, word, one) == 0)
            return true;
        verbs += one + 1;
    }
    return false;
}

int cli_usage_most(const char *usage, const char *first, char *out, size_t size)
{
    int most = *usage ? -1 : 0;
    snprintf(out, size, "%s", usage);
    for (const char *at = usage, *end; *at; at = *end ? end + 3 : end) {
        const size_t verbs = strcspn(at, " ");
        end = form_end(at);
        if (!islower(
                (unsigned char)*at)) { /* any word may stand here, unless a later form has it */
            most = count_words(at, end);
        } else if (first && is_verb(at, verbs, first)) {
            snprintf(out, size, "%s%.*s", first, (int)(end - at - (ptrdiff_t)verbs), at + verbs);
            most = count_words(at + verbs + (at[verbs] == ' '), end);
            return most == INT_MAX ? most : most + 1;
        }
    }
    return most;
}
