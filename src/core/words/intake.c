#include "core/words/intake.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const commands[] = {"help", "status", "exit", "quit", "auto on", "auto off"};
/* Commands that somebody types without their "/": of an artifact (a17), and of what is kept. */
static const char *const of_artifacts[] = {"run",      "show",   "open",    "optimize", "profile",
                                           "delete",   "gates",  "restore", "versions", "verify",
                                           "rollback", "export", "lineage", "similar",  "rate"};
static const char *const kept[] = {"rag",  "artifact", "batch", "workflow",
                                   "tool", "model",    "config"};
static const char *const of_kept[] = {"list", "status", "show", "gc", "report"};
/* What people type to see whether anything happens. */
static const char *const tests[] = {"test",   "testing", "test test", "test 123", "foo", "bar",
                                    "foobar", "baz",     "hello",     "hi",       "hey", "yo",
                                    "ok",     "okay",    "yes",       "no",       "abc", "xyz",
                                    "123",    "1234",    "a",         "lol",      "hmm", "blah"};
static const char *const rows[] = {"qwertyuiop", "asdfghjkl",  "zxcvbnm",
                                   "1234567890", "poiuytrewq", "lkjhgfdsa",
                                   "mnbvcxz",    "qwertzuiop", "yxcvbnm"};

enum { WORD_MAX = 64 };

static bool in_list(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

/* Lower case, single spaces, no spaces or marks at the ends; false when it is longer than `size`.
 */
static bool simplify(const char *text, char *out, size_t size)
{
    size_t n = 0;
    bool gap = false;
    for (; *text; text++) {
        if (isspace((unsigned char)*text)) {
            gap = n > 0;
            continue;
        }
        if (n + 2 >= size)
            return false;
        if (gap)
            out[n++] = ' ';
        gap = false;
        out[n++] = (char)tolower((unsigned char)*text);
    }
    while (n && strchr(".!?,;", out[n - 1]))
        n--;
    out[n] = 0;
    return true;
}

static bool one_character_repeated(const char *w)
{
    size_t n = strlen(w);
    return n >= 3 && strspn(w, (char[]){w[0], 0}) == n;
}

static bool neighbours(char a, char b)
{
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const char *at = strchr(rows[r], a);
        if (at && at[1] && at[1] == b)
            return true;
    }
    return false;
}

/* Mostly neighbouring keys, four of them in a row: "power" has many too, but not four. */
static bool along_a_row(const char *w)
{
    size_t n = strlen(w), steps = 0, run = 0, longest = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        run = neighbours(w[i], w[i + 1]) ? run + 1 : 0;
        steps += run > 0;
        longest = run > longest ? run : longest;
    }
    return longest >= 3 && steps * 4 >= (n - 1) * 3;
}

/* "asdasdasd": a short piece again and again. */
static bool repeated_piece(const char *w)
{
    size_t n = strlen(w);
    for (size_t k = 2; k <= 4 && k * 2 <= n; k++) {
        size_t i = k;
        while (i < n && w[i] == w[i - k])
            i++;
        if (i == n && n >= 6)
            return true;
    }
    return false;
}

/* Words of human languages in Latin letters have vowels; six consonants in a row are no word. */
static bool unpronounceable(const char *w)
{
    size_t run = 0, vowels = 0, n = strlen(w);
    for (; *w; w++) {
        if (strchr("aeiouy", *w)) {
            vowels++;
            run = 0;
        } else if (++run >= 6) {
            return true;
        }
    }
    return n >= 5 && vowels == 0;
}

static bool latin_letters(const char *w)
{
    for (; *w; w++)
        if (!(*w >= 'a' && *w <= 'z'))
            return false;
    return true;
}

static bool mash(const char *w)
{
    if (one_character_repeated(w) || along_a_row(w) || repeated_piece(w))
        return true;
    return latin_letters(w) && unpronounceable(w);
}

/* The word at *p, which moves behind it and the space. */
static const char *next_word(const char **p, char out[WORD_MAX])
{
    const size_t n = strcspn(*p, " ");
    snprintf(out, WORD_MAX, "%.*s", (int)n, *p);
    *p += n + ((*p)[n] == ' ');
    return out;
}

static bool is_artifact(const char *word)
{
    return word[0] == 'a' && word[1] && strspn(word + 1, "0123456789") == strlen(word + 1);
}

/* "optimize a1 memory", "5/optimize a1", "/optimize tool a1", "rag list" */
static bool is_command(const char *line)
{
    char verb[WORD_MAX], of[WORD_MAX];
    const char *slash = strchr(line, '/'), *at = slash && slash - line <= 3 ? slash + 1 : line;
    next_word(&at, verb);
    next_word(&at, of);
    if (in_list(verb, kept, sizeof kept / sizeof *kept) &&
        in_list(of, of_kept, sizeof of_kept / sizeof *of_kept) && !*at)
        return true;
    if (strcmp(of, "tool") == 0)
        next_word(&at, of);
    return in_list(verb, of_artifacts, sizeof of_artifacts / sizeof *of_artifacts) &&
           is_artifact(of) && !strchr(at, ' ');
}

/* Whether there is anything to read: a letter of any script, or a digit. */
static bool has_letters(const char *text)
{
    for (; *text; text++)
        if (isalnum((unsigned char)*text) || (unsigned char)*text >= 0x80)
            return true;
    return false;
}

enum intake_verdict intake_judge(const char *text, char why[200])
{
    static const char say[] =
        "say what the program should do, such as \"reverse the words of a text\"";
    char word[WORD_MAX];
    why[0] = 0;
    if (!has_letters(text)) {
        snprintf(why, 200, "There is no task here; %s.", say);
        return INTAKE_ACCIDENTAL;
    }
    if (!simplify(text, word, sizeof word))
        return INTAKE_TASK;
    if (in_list(word, commands, sizeof commands / sizeof *commands))
        return INTAKE_COMMAND;
    if (in_list(word, tests, sizeof tests / sizeof *tests)) {
        snprintf(why, 200, "\"%.40s\" looks like a try-out; %s.", word, say);
        return INTAKE_ACCIDENTAL;
    }
    if (is_command(word)) {
        snprintf(why, 200,
                 "\"%.60s\" looks like a command: those of the dashboard begin with \"/\", "
                 "dise --help has those of a shell.",
                 word);
        return INTAKE_ACCIDENTAL;
    }
    if (!strchr(word, ' ') && mash(word)) {
        snprintf(why, 200, "\"%.40s\" looks like an accident of the keyboard; %s.", word, say);
        return INTAKE_ACCIDENTAL;
    }
    return INTAKE_TASK;
}
