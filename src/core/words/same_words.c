#include "core/words/same_words.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/same_prose.h"
#include "core/words/same_table.h"

enum { LEXICON_MAX = 1024, TEXT_MAX = 16 << 10, PHRASE_WORDS = 10 };

/* ---- stems ---- */

static bool ends(const char *word, size_t n, const char *ending)
{
    size_t k = strlen(ending);
    return n > k && strcmp(word + n - k, ending) == 0;
}

/* "dropp" → "drop" */
static void undouble(char *word)
{
    size_t n = strlen(word);
    if (n > 3 && word[n - 1] == word[n - 2] && !strchr("lsaeiou", word[n - 1]))
        word[n - 1] = 0;
}

/* Words that differ by number or tense become one; it need not be a word. */
static void stem(char *word)
{
    size_t n = strlen(word);
    if (n > 4 && ends(word, n, "ies"))
        strcpy(word + n - 3, "y");
    else if (n > 4 && (ends(word, n, "xes") || ends(word, n, "ches") || ends(word, n, "shes") ||
                       ends(word, n, "sses")))
        word[n - 2] = 0;
    else if (n > 3 && ends(word, n, "s") && !ends(word, n, "ss") && !ends(word, n, "us") &&
             !ends(word, n, "is"))
        word[n - 1] = 0;
    n = strlen(word);
    if (n > 5 && ends(word, n, "ing")) {
        word[n - 3] = 0;
        undouble(word);
    } else if (n > 4 && ends(word, n, "ied")) {
        strcpy(word + n - 3, "y");
    } else if (n > 4 && ends(word, n, "ed")) {
        word[n - 2] = 0;
        undouble(word);
    }
    n = strlen(word);
    if (n > 3 && word[n - 1] == 'e')
        word[n - 1] = 0;
}

/* ---- the table, by stem ---- */

struct entry {
    char word[SAME_WORD]; /* with '=' before one that is meant as it stands */
    const struct same_row *row;
};
static struct entry lexicon[LEXICON_MAX];
static size_t lexicon_size;
static pthread_once_t lexicon_once = PTHREAD_ONCE_INIT;

static int by_word(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->word, ((const struct entry *)b)->word);
}

static void lexicon_make(void)
{
    for (const struct same_row *r = same_rows; r->words; r++) {
        const char *p = r->words;
        while (*p && lexicon_size < LEXICON_MAX) {
            size_t n = strcspn(p, " ");
            struct entry *e = &lexicon[lexicon_size++];
            e->row = r;
            snprintf(e->word, sizeof e->word, "%.*s", (int)n, p);
            if (*e->word != '=')
                stem(e->word);
            p += n + (p[n] == ' ');
        }
    }
    qsort(lexicon, lexicon_size, sizeof *lexicon, by_word);
}

static const struct same_row *look_up(const char *word)
{
    struct entry key = {.row = NULL}, *found;
    pthread_once(&lexicon_once, lexicon_make);
    snprintf(key.word, sizeof key.word, "=%.*s", SAME_WORD - 2, word);
    found = bsearch(&key, lexicon, lexicon_size, sizeof *lexicon, by_word);
    if (!found) {
        snprintf(key.word, sizeof key.word, "%s", word);
        stem(key.word);
        found = bsearch(&key, lexicon, lexicon_size, sizeof *lexicon, by_word);
    }
    return found ? found->row : NULL;
}

/* ---- tokens as they stand ---- */

enum raw_kind { RAW_WORD, RAW_NUMBER, RAW_LITERAL, RAW_SIGN, RAW_BREAK };

struct raw {
    char word[SAME_WORD];
    enum raw_kind kind;
};

struct reader {
    struct raw raw[2 * SAME_TOKENS];
    int count;
    bool cut;
};

static void add_raw(struct reader *r, enum raw_kind kind, const char *p, size_t n)
{
    struct raw *to = &r->raw[r->count];
    unsigned hash = 2166136261u;
    if (r->count >= 2 * SAME_TOKENS) {
        r->cut = true;
        return;
    }
    r->count++;
    to->kind = kind;
    if (n < SAME_WORD) {
        memcpy(to->word, p, n);
        to->word[n] = 0;
        return;
    }
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)p[i]) * 16777619u;
    snprintf(to->word, sizeof to->word, "%.12s~%08x", p, hash);
}

/* What people may as well say in a word. */
static const struct {
    const char *literal, *word;
} named[] = {{",", "comma"},     {";", "semicolon"}, {":", "colon"},      {"\\t", "tab"},
             {"|", "pipe"},      {"-", "hyphen"},    {"_", "underscore"}, {" ", "space"},
             {"\\n", "newline"}, {".", "dot"},       {"%", "percent"}};

static void add_literal(struct reader *r, const char *p, size_t n, bool code)
{
    char text[SAME_WORD + 2];
    size_t lower = 0, name = 0;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strlen(named[i].literal) == n && memcmp(named[i].literal, p, n) == 0) {
            add_raw(r, RAW_WORD, named[i].word, strlen(named[i].word));
            return;
        }
    if (!n) {
        add_raw(r, RAW_WORD, "empty", 5);
        return;
    }
    while (lower < n && islower((unsigned char)p[lower]))
        lower++;
    while (name < n && (isalnum((unsigned char)p[name]) || p[name] == '_'))
        name++;
    if (code && name == n && !isdigit((unsigned char)*p)) { /* `words`, `None` */
        char word[SAME_WORD] = "";
        for (size_t i = 0; i < n && i + 1 < sizeof word; i++)
            word[i] = (char)tolower((unsigned char)p[i]);
        add_raw(r, RAW_WORD, word, strlen(word));
    } else if (lower == n && n > 1 && n < SAME_WORD) {
        add_raw(r, RAW_LITERAL, p, n);
    } else {
        snprintf(text, sizeof text, "\"%.*s", (int)(n < SAME_WORD ? n : SAME_WORD), p);
        add_raw(r, RAW_LITERAL, text, strlen(text));
    }
}

/* A quoted piece of one line at p; NULL: it is an apostrophe or nothing closes it. */
static const char *quoted(const char *text, const char *p)
{
    const char mark = *p;
    const char *q;
    if (mark == '\'' && p > text && isalnum((unsigned char)p[-1]))
        return NULL;
    for (q = p + 1; *q && *q != '\n'; q++)
        if (*q == mark && !(mark == '\'' && isalnum((unsigned char)q[1])))
            return q;
    return NULL;
}

static size_t word_size(const char *p)
{
    size_t n = 0;
    while (isalnum((unsigned char)p[n]) || (unsigned char)p[n] >= 0x80 || p[n] == '_' ||
           (n && strchr("'-", p[n]) && p[n] && isalpha((unsigned char)p[n + 1])))
        n++;
    return n;
}

static void add_word(struct reader *r, const char *p, size_t n)
{
    char word[2 * SAME_WORD] = "";
    for (size_t i = 0; i < n && i + 1 < sizeof word; i++)
        word[i] = (char)tolower((unsigned char)p[i]);
    n = strlen(word);
    if (ends(word, n, "'s")) /* a list's, what's */
        n -= 2;
    else if (ends(word, n, "'ve") || ends(word, n, "'ll") || ends(word, n, "'re"))
        n -= 3;
    else if (ends(word, n, "'d") || ends(word, n, "'m"))
        n -= 2;
    add_raw(r, RAW_WORD, word, n);
}

static size_t number_size(const char *p)
{
    size_t n = *p == '-';
    if (!isdigit((unsigned char)p[n]))
        return 0;
    while (isdigit((unsigned char)p[n]) || (p[n] == '.' && isdigit((unsigned char)p[n + 1])) ||
           (p[n] == ',' && isdigit((unsigned char)p[n + 1]) && isdigit((unsigned char)p[n + 2]) &&
            isdigit((unsigned char)p[n + 3]) && !isdigit((unsigned char)p[n + 4])))
        n++;
    return n;
}

static const struct {
    const char *sign, *word;
} signs[] = {{"\xE2\x89\xA4", "atmost"},
             {"\xE2\x89\xA5", "atleast"},
             {"<=", "atmost"},
             {">=", "atleast"},
             {"->", "to"},
             {"\xE2\x86\x92", "to"},
             {"=>", "to"},
             {"==", "equal"},
             {"!=", "not"},
             {"<", "lessthan"},
             {">", "morethan"},
             {"%", "percent"},
             {"\xC3\x97", "multiply"},
             {"*", "multiply"},
             {"+", "plus"},
             {"\xE2\x82\xAC", "euro"},
             {"$", "dollar"},
             {"^", "power"}};

/* 0: no sign that means anything. */
static size_t add_sign(struct reader *r, const char *text, const char *p)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].sign);
        if (strncmp(p, signs[i].sign, n) == 0) {
            if (n == 1 && strchr("<>*+", *p) && (p == text || p[-1] != ' ' || p[1] != ' '))
                return n; /* a doctest, a list in Markdown */
            add_raw(r, RAW_SIGN, signs[i].word, strlen(signs[i].word));
            return n;
        }
    }
    if (strchr("-/", *p) && p > text && p[-1] == ' ' && p[1] == ' ') {
        add_raw(r, RAW_SIGN, *p == '-' ? "subtract" : "divide", *p == '-' ? 8 : 6);
        return 1;
    }
    return 0;
}

/* DD/MM/YYYY, HH:MM */
static size_t pattern_size(const char *p)
{
    size_t n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ/:.-"), k = n;
    while (k && !isupper((unsigned char)p[k - 1]))
        k--;
    return isupper((unsigned char)*p) && k > 3 && !isalnum((unsigned char)p[n]) &&
                   strcspn(p, "/:.-") < k
               ? k
               : 0;
}

/* Signs that stand by themselves, "()", "#", are what is meant: how many; 0: none. */
static size_t signs_size(const char *text, const char *p)
{
    static const char *const marks[] = {"-", "--", "---", "*", ">>>", "...",
                                        "|", ">",  "(",   "#", "/"};
    size_t n = 0;
    if (p > text && !isspace((unsigned char)p[-1]))
        return 0;
    while (ispunct((unsigned char)p[n]) && !strchr("\"'`", p[n]))
        n++;
    if (p[n] && !isspace((unsigned char)p[n]))
        return 0;
    while (n && strchr(".,;:!?", p[n - 1]))
        n--;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strlen(marks[i]) == n && memcmp(p, marks[i], n) == 0)
            return 0;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strlen(signs[i].sign) == n && memcmp(signs[i].sign, p, n) == 0)
            return 0;
    return n;
}

static void tokenize(struct reader *r, const char *text)
{
    const char *p = text;
    while (*p) {
        const char *q = strchr("\"'`", *p) ? quoted(text, p) : NULL;
        size_t n = strspn(p, "\"'`");
        if (n >= 3) { /* of a docstring, of code in Markdown */
            p += n;
            continue;
        }
        if (q) {
            add_literal(r, p + 1, (size_t)(q - p - 1), *p == '`');
            p = q + 1;
        } else if ((*p != '-' || p == text || !isalnum((unsigned char)p[-1])) &&
                   (n = number_size(p)) && !isalpha((unsigned char)p[n])) {
            char number[SAME_WORD] = "#";
            size_t k = 1;
            for (size_t i = 0; i < n && k + 1 < sizeof number; i++)
                if (p[i] != ',')
                    number[k++] = p[i];
            add_raw(r, RAW_NUMBER, number, k);
            p += n;
        } else if ((n = signs_size(text, p))) {
            add_literal(r, p, n, false);
            p += n;
        } else if ((n = add_sign(r, text, p))) {
            p += n;
        } else if ((n = pattern_size(p))) {
            add_literal(r, p, n, false);
            p += n;
        } else if ((n = word_size(p))) {
            add_word(r, p, n);
            p += n;
        } else {
            if (strchr(".;:!?", *p) || (*p == '\n' && p[1] == '\n'))
                add_raw(r, RAW_BREAK, "", 0);
            p++;
        }
    }
}

/* ---- the words' meaning ---- */

static void add_token(struct same_text *out, enum same_kind kind, const char *word, size_t n)
{
    struct same_token *t = &out->list[out->count];
    if (kind == SAME_FILLER || !n)
        return;
    if (out->count >= SAME_TOKENS) {
        out->cut = true;
        return;
    }
    out->count++;
    t->kind = kind;
    snprintf(t->word, sizeof t->word, "%.*s", (int)n, word);
}

static bool is_param(const struct same_text *t, const char *word)
{
    const size_t n = strlen(word);
    for (const char *p = t->params; n && *p;) {
        size_t k = strcspn(p, ", ");
        if (k == n && strncasecmp(p, word, n) == 0)
            return true;
        p += k;
        p += strspn(p, ", ");
    }
    return false;
}

static void add_meaning(struct same_text *out, const char *word);

/* A word of the table; several words of a row are several tokens. */
static void add_row(struct same_text *out, const struct same_row *row)
{
    const char *p = row->to;
    if (!strchr(p, ' ')) {
        add_token(out, row->kind, p, strlen(p));
        return;
    }
    while (*p) {
        char one[SAME_WORD];
        size_t n = strcspn(p, " ");
        snprintf(one, sizeof one, "%.*s", (int)n, p);
        add_meaning(out, one);
        p += n + (p[n] == ' ');
    }
}

/* Words that only phrases give. */
static bool is_decisive(const char *word)
{
    static const char *const words[] = {
        "atmost",   "atleast",       "morethan",   "lessthan",       "keeporder",
        "caseless", "casesensitive", "palindrome", "commaseparated", "suffix",
        "multiple", "plus",          NULL};
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static void add_meaning(struct same_text *out, const char *word)
{
    const struct same_row *row;
    char plain[SAME_WORD];
    if (is_decisive(word) || *word == '#') {
        add_token(out, SAME_CRITICAL, word, strlen(word));
        return;
    }
    row = look_up(word);
    if (row) {
        add_row(out, row);
        return;
    }
    snprintf(plain, sizeof plain, "%s", word);
    stem(plain);
    if ((strlen(word) == 1 && strchr("abijkmnstx", *word)) || is_param(out, word))
        add_token(out, SAME_SOFT, plain, strlen(plain));
    else
        add_token(out, strlen(word) == 1 ? SAME_CRITICAL : SAME_PLAIN, plain, strlen(plain));
}

/* How many raw tokens the phrase takes at `at`; 0: it does not stand there. */
static int phrase_at(const struct reader *r, int at, const char *words)
{
    int i = at;
    while (*words) {
        size_t n = strcspn(words, " ");
        if (i >= r->count || r->raw[i].kind != RAW_WORD || strlen(r->raw[i].word) != n ||
            memcmp(r->raw[i].word, words, n) != 0)
            return 0;
        i++;
        words += n + (words[n] == ' ');
    }
    return i - at;
}

/* "18 or more" is "at least 18". */
static void before_number(struct same_text *out)
{
    struct same_token *last = &out->list[out->count - 1], moved;
    if (out->count < 2 || last[-1].word[0] != '#')
        return;
    moved = *last;
    *last = last[-1];
    last[-1] = moved;
}

static int take_phrase(const struct reader *r, int at, struct same_text *out)
{
    for (const struct same_phrase *f = same_phrases; f->words; f++) {
        int n = *f->words == *r->raw[at].word ? phrase_at(r, at, f->words) : 0;
        const char *p = f->to;
        if (!n)
            continue;
        while (*p) {
            char one[SAME_WORD];
            size_t k = strcspn(p, " ");
            snprintf(one, sizeof one, "%.*s", (int)k, p);
            add_meaning(out, one);
            if (strncmp(f->words, "or ", 3) == 0 && p == f->to)
                before_number(out);
            p += k + (p[k] == ' ');
        }
        return n;
    }
    return 0;
}

/* The function's name and no word: "vowels" may be both. */
static bool is_name(const struct same_text *t, const char *word)
{
    return t->function[0] && strcasecmp(word, t->function) == 0 &&
           (strpbrk(t->function, "_0123456789") || !islower((unsigned char)t->function[0]));
}

static bool is_plural(const char *word)
{
    const size_t n = strlen(word);
    return (n > 3 && ends(word, n, "s") && !ends(word, n, "ss") && !ends(word, n, "us") &&
            !ends(word, n, "is")) ||
           strcmp(word, "indices") == 0 || strcmp(word, "people") == 0;
}

/* "subtract a from b": here `a` is no article. */
static bool is_variable_a(const struct reader *r, int at)
{
    static const char next[] = " from by to and or is are minus plus than but in into with if not "
                               "before after as divided times wins becomes comes has at ";
    char word[SAME_WORD + 2];
    const struct raw *raw = &r->raw[at];
    if (strcmp(raw->word, "a") != 0)
        return false;
    if (at + 1 >= r->count || (raw[1].kind != RAW_WORD && raw[1].kind != RAW_LITERAL))
        return true;
    snprintf(word, sizeof word, " %s ", raw[1].word);
    return raw[1].kind == RAW_WORD && strstr(next, word);
}

/* The values of a dict are no mere things. */
static void read_values(struct same_text *t)
{
    bool keyed = false;
    for (int i = 0; i < t->count; i++)
        keyed |= strcmp(t->list[i].word, "key") == 0 || strcmp(t->list[i].word, "dict") == 0;
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->list[i].word, "value") == 0 && keyed)
            t->list[i].kind = SAME_CRITICAL;
        else if (strcmp(t->list[i].word, "value") == 0)
            snprintf(t->list[i].word, SAME_WORD, "item");
}

static void understand(const struct reader *r, struct same_text *out)
{
    for (int i = 0; i < r->count;) {
        const struct raw *raw = &r->raw[i];
        int n = raw->kind == RAW_WORD ? take_phrase(r, i, out) : 0;
        if (n) {
            i += n;
            continue;
        }
        if (raw->kind == RAW_WORD && is_variable_a(r, i)) {
            add_token(out, SAME_SOFT, "a", 1);
            i++;
            continue;
        }
        i++;
        switch (raw->kind) {
        case RAW_WORD:
            n = out->count;
            if (!is_name(out, raw->word))
                add_meaning(out, raw->word);
            if (out->count > n)
                out->list[out->count - 1].plural = is_plural(raw->word);
            break;
        case RAW_SIGN:
            add_meaning(out, raw->word);
            break;
        case RAW_NUMBER:
        case RAW_LITERAL:
            if (!is_param(out, raw->word))
                add_token(out, SAME_CRITICAL, raw->word, strlen(raw->word));
            break;
        case RAW_BREAK:
            add_token(out, SAME_BREAK, ".", 1);
            break;
        }
    }
    read_values(out);
    out->cut |= r->cut;
}

void same_text_read(const char *text, struct same_text *out)
{
    struct examples *x = calloc(1, sizeof *x);
    struct reader *r = calloc(1, sizeof *r);
    char *copy = strdup(text);
    memset(out, 0, sizeof *out);
    out->takes = -1;
    if (!x || !r || !copy || strlen(text) > TEXT_MAX) {
        out->cut = true;
    } else {
        examples_read(text, x);
        snprintf(out->function, sizeof out->function, "%s", x->function);
        snprintf(out->params, sizeof out->params, "%s", x->params);
        out->takes = x->takes;
        same_prose(copy, text, x, out);
        tokenize(r, copy);
        understand(r, out);
    }
    free(copy);
    free(r);
    free(x);
}

void same_name_read(const char *name, struct same_text *out)
{
    struct reader *r = calloc(1, sizeof *r);
    memset(out, 0, sizeof *out);
    while (r && *name) {
        size_t n = isupper((unsigned char)*name) ? 1 : 0;
        while (name[n] && name[n] != '_' && !(isupper((unsigned char)name[n]) && n))
            n++;
        if (n)
            add_word(r, name, n);
        name += n + (name[n] == '_');
    }
    if (r)
        understand(r, out);
    free(r);
}
