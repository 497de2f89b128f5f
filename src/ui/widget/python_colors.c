#include "ui/widget/python_colors.h"

#include <ctype.h>
#include <string.h>

static const char *const keywords[] = {
    "and", "as",    "assert", "async",  "await",    "break", "case", "class",  "continue", "def",
    "del", "elif",  "else",   "except", "finally",  "for",   "from", "global", "if",       "import",
    "in",  "is",    "lambda", "match",  "nonlocal", "not",   "or",   "pass",   "raise",    "return",
    "try", "while", "with",   "yield",  "True",     "False", "None"};
static const char *const builtins[] = {
    "abs",    "all",   "any",    "bool",      "bytes",  "dict",  "enumerate",
    "filter", "float", "format", "frozenset", "input",  "int",   "isinstance",
    "iter",   "len",   "list",   "map",       "max",    "min",   "next",
    "object", "open",  "ord",    "print",     "range",  "repr",  "reversed",
    "round",  "set",   "sorted", "str",       "sum",    "super", "tuple",
    "type",   "zip",   "self",   "chr",       "divmod", "pow",   "hash"};

static int is_in(const char *word, size_t n, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == n && memcmp(list[i], word, n) == 0)
            return 1;
    return 0;
}

static int is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* To the end of an open triple-quoted string, or of the line. */
static size_t long_string(const char *text, size_t n, size_t from, char *quote)
{
    for (size_t i = from; i + 2 < n; i++)
        if (text[i] == *quote && text[i + 1] == *quote && text[i + 2] == *quote) {
            *quote = 0;
            return i + 3;
        }
    return n;
}

static size_t string(const char *text, size_t n, char *quote)
{
    char q = text[0];
    if (n >= 3 && text[1] == q && text[2] == q) {
        *quote = q;
        return long_string(text, n, 3, quote);
    }
    for (size_t i = 1; i < n; i++) {
        if (text[i] == '\\')
            i++;
        else if (text[i] == q)
            return i + 1;
    }
    return n;
}

static size_t word(const char *text, size_t n, int *after_def, enum style *style)
{
    size_t k = 0;
    while (k < n && is_word(text[k]))
        k++;
    *style = *after_def                                                     ? STYLE_CODE_NAME
             : is_in(text, k, keywords, sizeof keywords / sizeof *keywords) ? STYLE_CODE_KEYWORD
             : is_in(text, k, builtins, sizeof builtins / sizeof *builtins) ? STYLE_CODE_BUILTIN
                                                                            : STYLE_CODE;
    *after_def =
        (k == 3 && memcmp(text, "def", 3) == 0) || (k == 5 && memcmp(text, "class", 5) == 0);
    return k;
}

static size_t number(const char *text, size_t n)
{
    size_t k = 0;
    while (k < n && (isalnum((unsigned char)text[k]) || text[k] == '.' || text[k] == '_'))
        k++;
    return k;
}

size_t python_token(const char *text, size_t n, char *quote, int *after_def, enum style *style)
{
    size_t k = 1;
    *style = STYLE_CODE_STRING;
    if (*quote)
        return long_string(text, n, 0, quote);
    if (*text == '"' || *text == '\'')
        return string(text, n, quote);
    if (n > 1 && strchr("rbfuRBFU", *text) && (text[1] == '"' || text[1] == '\''))
        return 1 + string(text + 1, n - 1, quote);
    *style = STYLE_CODE_COMMENT;
    if (*text == '#')
        return n;
    if (isdigit((unsigned char)*text)) {
        *style = STYLE_CODE_NUMBER;
        return number(text, n);
    }
    if (is_word(*text))
        return word(text, n, after_def, style);
    *style = STYLE_CODE;
    while (k < n && !is_word(text[k]) && !strchr("\"'#", text[k]))
        k++;
    return k;
}
