/* The words, numbers and signs of a calculation. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/arithmetic_internal.h"

/* ---- signs ---- */

/* What people type and the sign or word that it stands for; the longest first. */
static const struct {
    const char *typed, *means;
    enum token_type type;
} signs[] = {
    {"**", "^", TOKEN_SIGN},
    {"\u00d7", "*", TOKEN_SIGN},
    {"\u00b7", "*", TOKEN_SIGN},
    {"\u22c5", "*", TOKEN_SIGN},
    {"\u00f7", "/", TOKEN_SIGN},
    {"\u2044", "/", TOKEN_SIGN},
    {"\u2212", "-", TOKEN_SIGN},
    {"\u2013", "-", TOKEN_SIGN},
    {"\u221a", "sqrt", TOKEN_WORD},
    {"\u03c0", "pi", TOKEN_WORD},
    {"\u00b2", "squared", TOKEN_WORD},
    {"\u00b3", "cubed", TOKEN_WORD},
    {"\u00b0", "degrees", TOKEN_WORD},
    {"\u2019", "'", TOKEN_SIGN},
    {"+", "+", TOKEN_SIGN},
    {"-", "-", TOKEN_SIGN},
    {"*", "*", TOKEN_SIGN},
    {"/", "/", TOKEN_SIGN},
    {"^", "^", TOKEN_SIGN},
    {"%", "%", TOKEN_SIGN},
    {"!", "!", TOKEN_SIGN},
    {"(", "(", TOKEN_SIGN},
    {")", ")", TOKEN_SIGN},
    {"[", "(", TOKEN_SIGN},
    {"]", ")", TOKEN_SIGN},
    {",", ",", TOKEN_SIGN},
    {"=", "=", TOKEN_SIGN},
    {"?", "?", TOKEN_SIGN},
    {".", ".", TOKEN_SIGN},
    {":", ":", TOKEN_SIGN},
    {"'", "'", TOKEN_SIGN},
};

static struct token *add(struct tokens *t, enum token_type type, const char *text, size_t n,
                         bool spaced)
{
    struct token *k = &t->list[t->count];
    if (t->count == TOKENS_MAX || t->used + n + 1 > sizeof t->pool)
        return NULL;
    k->type = type;
    k->text = memcpy(t->pool + t->used, text, n);
    k->spaced = spaced;
    k->spelled = false;
    k->value = 0;
    t->pool[t->used + n] = 0;
    t->used += n + 1;
    t->count++;
    return k;
}

static size_t take_sign(const char *p, struct tokens *t, bool spaced)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].typed);
        if (strncmp(p, signs[i].typed, n) == 0)
            return add(t, signs[i].type, signs[i].means, strlen(signs[i].means), spaced) ? n : 0;
    }
    return 0;
}

/* ---- numbers ---- */

static size_t digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* "1,234,567": the commas stand for nothing. "84,36" is two numbers. */
static size_t grouped(const char *p)
{
    size_t n = digits(p), first = n;
    if (n < 1 || n > 3)
        return 0;
    while (p[n] == ',' && digits(p + n + 1) == 3)
        n += 4;
    return n > first ? n : 0;
}

static size_t exponent(const char *p)
{
    size_t sign;
    if (*p != 'e' && *p != 'E')
        return 0;
    sign = p[1] == '+' || p[1] == '-';
    return digits(p + 1 + sign) && !isalpha((unsigned char)p[1 + sign + digits(p + 1 + sign)])
               ? 1 + sign + digits(p + 1 + sign)
               : 0;
}

static size_t hexadecimal(const char *p, struct tokens *t, bool spaced)
{
    char text[24], *end;
    unsigned long long n;
    struct token *k;
    if (p[0] != '0' || (p[1] != 'x' && p[1] != 'b') || !isxdigit((unsigned char)p[2]))
        return 0;
    n = strtoull(p + 2, &end, p[1] == 'x' ? 16 : 2);
    if (end - p > 15 || isalnum((unsigned char)*end))
        return 0;
    snprintf(text, sizeof text, "%llu", n);
    k = add(t, TOKEN_NUMBER, text, strlen(text), spaced);
    if (k)
        k->value = (double)n;
    return k ? (size_t)(end - p) : 0;
}

static size_t take_number(const char *p, struct tokens *t, bool spaced, bool in_list)
{
    char text[1100];
    size_t n = in_list ? 0 : grouped(p), m = 0;
    size_t special = hexadecimal(p, t, spaced);
    struct token *k;
    if (special)
        return special;
    n = n ? n : digits(p);
    if (p[n] == '.' && digits(p + n + 1))
        n += 1 + digits(p + n + 1);
    else if (p[n] == '.' && n && !isalpha((unsigned char)p[n + 1]) && p[n + 1] &&
             !isspace((unsigned char)p[n + 1]))
        return 0; /* "1.2.3", "3..5" */
    if (p[n] == '.' && digits(p + n + 1))
        return 0;
    n += exponent(p + n);
    if (n >= sizeof text)
        return 0;
    if (*p == '.')
        text[m++] = '0';
    for (size_t i = 0; i < n && m < sizeof text - 1; i++)
        if (p[i] != ',')
            text[m++] = p[i];
    text[m] = 0;
    k = add(t, TOKEN_NUMBER, text, m, spaced);
    if (k)
        k->value = strtod(text, NULL);
    return k ? n : 0;
}

/* ---- words ---- */

static const char *const small[] = {"zero",    "one",     "two",       "three",    "four",
                                    "five",    "six",     "seven",     "eight",    "nine",
                                    "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const tens[] = {"twenty", "thirty",  "forty",  "fifty",
                                   "sixty",  "seventy", "eighty", "ninety"};
static const struct {
    const char *word;
    long long value;
} scales[] = {{"hundred", 100}, {"thousand", 1000}, {"million", 1000000}, {"billion", 1000000000}};

static long long spelled(const char *w)
{
    for (int i = 0; i < 20; i++)
        if (strcmp(small[i], w) == 0)
            return i;
    for (int i = 0; i < 8; i++)
        if (strcmp(tens[i], w) == 0)
            return 20 + 10 * i;
    return strcmp(w, "dozen") == 0 ? 12 : strcmp(w, "fourty") == 0 ? 40 : -1;
}

static long long scale_of(const char *w)
{
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
        if (strcmp(scales[i].word, w) == 0)
            return scales[i].value;
    return 0;
}

/* "twenty one", "three hundred": the word goes into the number before it. */
static bool join(struct tokens *t, const char *word)
{
    struct token *last = t->count ? &t->list[t->count - 1] : NULL;
    long long n = spelled(word), scale = scale_of(word), value;
    char text[32];
    bool part = last && last->type == TOKEN_NUMBER;
    if (!part || last->value > 1e12)
        return false;
    if (scale)
        value = (long long)(last->value * (double)scale);
    else if (last->spelled && n > 0 && n < 10 && last->value >= 20 &&
             (long long)last->value % 10 == 0)
        value = (long long)last->value + n;
    else if (last->spelled && n >= 10 && last->value >= 100 && (long long)last->value % 100 == 0)
        value = (long long)last->value + n;
    else
        return false;
    if (last->value * (double)(scale ? scale : 1) > 1e15 || last->value < 0 ||
        (scale && last->value * (double)scale != (double)value))
        return false;
    t->used -= strlen(last->text) + 1;
    t->count--;
    snprintf(text, sizeof text, "%lld", value);
    last = add(t, TOKEN_NUMBER, text, strlen(text), true);
    if (last) {
        last->value = (double)value;
        last->spelled = true;
    }
    return last != NULL;
}

static bool add_word(struct tokens *t, const char *word, size_t n, bool spaced)
{
    char text[24];
    long long value = spelled(word);
    struct token *k;
    if (join(t, word))
        return true;
    if (value < 0 && scale_of(word)) /* "a hundred" */
        value = scale_of(word);
    if (value < 0)
        return add(t, TOKEN_WORD, word, n, spaced) != NULL;
    snprintf(text, sizeof text, "%lld", value);
    k = add(t, TOKEN_NUMBER, text, strlen(text), spaced);
    if (!k)
        return false;
    k->value = (double)value;
    k->spelled = true;
    return true;
}

static size_t take_word(const char *p, struct tokens *t, bool spaced)
{
    char word[32];
    size_t n = 0;
    while (isalpha((unsigned char)p[n]) && n < sizeof word - 1) {
        word[n] = (char)tolower((unsigned char)p[n]);
        n++;
    }
    word[n] = 0;
    if (isalpha((unsigned char)p[n]))
        return 0;
    /* a digit belongs to some names */
    if ((strcmp(word, "log") == 0 && (strncmp(p + n, "10", 2) == 0 || p[n] == '2')) &&
        !isdigit((unsigned char)p[n + (p[n] == '2' ? 1 : 2)])) {
        size_t more = p[n] == '2' ? 1 : 2;
        memcpy(word + n, p + n, more);
        n += more;
        word[n] = 0;
    }
    return add_word(t, word, n, spaced) ? n : 0;
}

/* ---- all ---- */

/* "gcd(84,36)" and "1,2,3": commas part numbers inside brackets that follow a word. */
static bool opens_list(const struct tokens *t)
{
    return t->count && t->list[t->count - 1].type == TOKEN_WORD;
}

bool tokens_read(const char *text, bool tolerant, struct tokens *t)
{
    const char *p = text;
    bool spaced = false;
    int lists = 0;
    t->count = 0;
    t->used = 0;
    if (strnlen(text, ARITHMETIC_TEXT_MAX + 1) > ARITHMETIC_TEXT_MAX)
        return false;
    while (*p) {
        size_t n;
        if (isspace((unsigned char)*p) || *p == '$' || *p == '`' || *p == '"') {
            spaced |= isspace((unsigned char)*p) != 0;
            p++;
            continue;
        }
        if (*p == '(' || *p == '[')
            lists += lists || *p == '[' || opens_list(t);
        else if ((*p == ')' || *p == ']') && lists)
            lists--;
        if (isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1])))
            n = take_number(p, t, spaced, lists > 0);
        else if (isalpha((unsigned char)*p))
            n = take_word(p, t, spaced);
        else
            n = take_sign(p, t, spaced);
        if (!n && (!tolerant || t->count == TOKENS_MAX))
            return false;
        p += n ? n : 1;
        spaced = false;
    }
    t->list[t->count] = (struct token){.type = TOKEN_END, .text = ""};
    return true;
}
