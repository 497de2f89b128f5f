#include "core/words/content.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Nothing can be told from these. */
static const char common[] =
    " the and for with from that this these those which what when where who how are was were been "
    "its his her their our your you they them not but all any each every one only into onto out "
    "than then such some same other both either per via has have had can could should would will "
    "must may might let does did doing done also just like about over under between after before "
    "until while write create make build implement develop generate function method program script "
    "code python return give take take get input output result value argument parameter call name "
    "example use using def self print please need want type none true false int str float bool "
    "here there ";

static bool is_common(const char *word)
{
    char needle[CONTENT_WORD + 2];
    snprintf(needle, sizeof needle, " %s ", word);
    return strstr(common, needle) != NULL;
}

static bool ends(const char *word, size_t n, const char *ending)
{
    size_t k = strlen(ending);
    return n >= k && strcmp(word + n - k, ending) == 0;
}

/* Words that differ by number or tense become one; it need not be a word. */
static void stem(char *word)
{
    size_t n = strlen(word);
    if (n > 3 && ends(word, n, "s") && !ends(word, n, "ss") && !ends(word, n, "us"))
        word[--n] = 0;
    if (n > 5 && ends(word, n, "ing"))
        word[n -= 3] = 0;
    else if (n > 4 && ends(word, n, "ed"))
        word[n -= 2] = 0;
    if (n > 4 && ends(word, n, "e"))
        word[--n] = 0;
}

static bool has(const struct content *c, const char *word)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->words[i], word) == 0)
            return true;
    return false;
}

static void add(struct content *c, const char *p, size_t n)
{
    char word[CONTENT_WORD] = "";
    if (n < 3 || n >= CONTENT_WORD || isdigit((unsigned char)*p))
        return;
    for (size_t i = 0; i < n; i++)
        word[i] = (char)tolower((unsigned char)p[i]);
    if (is_common(word))
        return;
    stem(word);
    if (!is_common(word) && !has(c, word) && c->count < CONTENT_WORDS)
        memcpy(c->words[c->count++], word, sizeof word);
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

void content_read(const char *text, struct content *out)
{
    out->count = 0;
    while (*text) {
        size_t n = 0;
        while (is_letter(text[n]))
            n++;
        add(out, text, n);
        text += n + (text[n] != 0);
    }
}

int content_shared(const struct content *a, const struct content *b)
{
    int n = 0;
    for (int i = 0; i < a->count; i++)
        n += has(b, a->words[i]);
    return n;
}

bool content_alike(const struct content *a, const struct content *b)
{
    int shared = content_shared(a, b);
    return shared >= 2 && 2 * shared >= a->count && 2 * shared >= b->count;
}
