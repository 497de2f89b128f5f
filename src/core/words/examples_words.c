/* Sentences that hold examples, and the words that say that something is none. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/examples_internal.h"

enum { LOOK_BACK = 200 };

/* ---- behind a value ---- */

static bool three_digits(const char *p, const char *end)
{
    int n = 0;
    while (p + n < end && n < 4 && isdigit((unsigned char)p[n]))
        n++;
    return n == 3;
}

static const char *const arrows[] = {
    "->",           "=>",           "-->",          "==",           "\xE2\x9E\x9E",
    "\xE2\x86\x92", "\xE2\x87\x92", "\xE2\x86\xA6", "\xE2\x9F\xB6", NULL};

bool ex_ends_well(const char *p, const char *end)
{
    static const char *const words[] = {"and", "but", "or",    "because", "for",     "while", "#",
                                        "(",   "as",  "since", "given",   "whereas", NULL};
    const char *at = p;
    p = ex_gap(p, end);
    if (p >= end)
        return true;
    if (*p == ',')
        return p != at || !three_digits(p + 1, end);
    if (*p == '.')
        return p + 1 >= end || !ex_is_word(p[1]);
    if (*p == ':')
        return p + 1 >= end || !isdigit((unsigned char)p[1]);
    if (strchr(";)]}\n\r|\"'", *p))
        return true;
    if (ex_any(p, end, arrows))
        return false;
    return (unsigned char)*p >= 0x80 || ex_any(p, end, words);
}

bool ex_taken_back(const char *p, const char *end)
{
    static const char *const words[] = {"but should",
                                        "but it should",
                                        "but must",
                                        "but it must",
                                        "but expected",
                                        "but i want",
                                        "but we want",
                                        "but i expect",
                                        "but the correct",
                                        "instead",
                                        "rather than the",
                                        "which is wrong",
                                        "which is not",
                                        "which is incorrect",
                                        "that is wrong",
                                        "this is wrong",
                                        "is wrong",
                                        "is incorrect",
                                        "is false",
                                        "wrong",
                                        "incorrect",
                                        "but that",
                                        "but this",
                                        "is a bug",
                                        "bug",
                                        "\xE2\x9D\x8C",
                                        "\xE2\x9C\x97",
                                        NULL};
    while (p < end && strchr(" \t`,(-", *p))
        p++;
    while (p < end && strncmp(p, "\xE2\x80", 2) == 0 && end - p > 3)
        p = ex_gap(p + 3, end); /* a dash */
    return ex_any(p, end, words);
}

/* ---- before an example ---- */

/* The word before p in the same clause; NULL: none. *end: where it ends. */
static const char *word_before(const char *text, const char *p, const char **end)
{
    bool colon = false;
    while (p > text && strchr(" \t`(:*\n\"-#", p[-1])) {
        if (p[-1] == '\n' && !colon) { /* only a heading reaches over the end of its line */
            const char *q = p - 1;
            while (q > text && isspace((unsigned char)q[-1]))
                q--;
            if (q == text || q[-1] != ':')
                return NULL;
        }
        colon |= p[-1] == ':';
        p--;
    }
    *end = p;
    while (p > text && (ex_is_word(p[-1]) || p[-1] == '\'' || p[-1] == '-'))
        p--;
    return p == *end ? NULL : p;
}

static bool is_any(const char *p, const char *end, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == (size_t)(end - p) && strncasecmp(p, *list, strlen(*list)) == 0)
            return true;
    return false;
}

static bool ends_in(const char *p, const char *end, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(end - p) >= n && strncasecmp(end - n, text, n) == 0;
}

static bool negative(const char *p, const char *end, int distance)
{
    static const char *const near[] = {"if", "while",   "unless",  "until", "elif", "than",
                                       "no", "instead", "suppose", "from",  NULL};
    static const char *const far[] = {"not",
                                      "never",
                                      "cannot",
                                      "wrong",
                                      "wrongly",
                                      "invalid",
                                      "incorrect",
                                      "bug",
                                      "buggy",
                                      "bad",
                                      "avoid",
                                      "unlike",
                                      "broken",
                                      "incorrectly",
                                      "currently",
                                      "counter",
                                      "counterexample",
                                      "counter-example",
                                      "counterexamples",
                                      "counter-examples",
                                      "mistakenly",
                                      "erroneously",
                                      "non-example",
                                      "non-examples",
                                      NULL};
    return (distance == 1 && is_any(p, end, near)) || is_any(p, end, far) || ends_in(p, end, "n't");
}

/* Only separators between a denied example and p: "not f(3) == 8 or f(4) == 9". */
static bool follows_denied(const struct reader *r, const char *p)
{
    const char *q = r->denied;
    while (q && q < p) {
        if (strchr(" \t\r\n`,*-", *q))
            q++;
        else if (!(q = ex_word(q, p, "or")))
            break;
    }
    return q && q == p;
}

bool ex_denied(const struct reader *r, const char *p)
{
    static const char *const fillers[] = {"like", "be",  "as",     "such", "that", "something",
                                          "of",   "the", "a",      "is",   "are",  "example",
                                          "e",    "g",   "assert", "it",   NULL};
    const char *from = p - r->text > LOOK_BACK ? p - LOOK_BACK : r->text;
    const char *end, *q = p, *but = NULL;
    if (follows_denied(r, p))
        return true;
    for (int distance = 1; distance <= 3;) {
        q = word_before(from, q, &end);
        if (!q)
            return false;
        if (negative(q, end, distance))
            return true;
        if (distance == 1 && (ex_word(q, end, "but") || ex_word(q, end, "got")))
            but = q;
        if (but && is_any(q, end, (const char *const[]){"expected", "wanted", "want", NULL}))
            return true; /* "expected 9 but f(3) gives 8" */
        distance += !is_any(q, end, fillers) || is_any(q, end, (const char *const[]){"is", NULL});
    }
    return false;
}

/* Of bare numbers only those that follow no noun: "port 80 -> 8080" is none. */
bool ex_values_may_begin(const struct reader *r, const char *p, bool numbers)
{
    static const char *const nouns[] = {
        "from",     "replace", "replaces", "replacing",  "replacement",   "replacements",
        "rename",   "renames", "swap",     "substitute", "substitutions", "mapping",
        "mappings", "rule",    "rules",    "transition", "transitions",   "edge",
        "edges",    "upgrade", "bump",     "migrate",    "prices",        "weights",
        "versions", "costs",   "arrows",   "links",      "aliases",       "path",
        "route",    "chain",   "linked",   "flow",       "moves",         "states",
        "change",   "changes", "mapped",   "timeout",    "ports",         NULL};
    static const char *const fillers[] = {"is",    "are",  "the",   "of", "following", "this",
                                          "these", "with", "where", "in", NULL};
    static const char *const good[] = {
        "example", "examples", "eg",     "g",      "like",  "as",     "and",
        "so",      "for",      "input",  "inputs", "value", "number", "numbers",
        "integer", "int",      "case",   "cases",  "i",     "e",      "instance",
        "with",    "samples",  "sample", "list",   "tests", "test",   NULL};
    const char *from = p - r->text > LOOK_BACK ? p - LOOK_BACK : r->text;
    const char *end, *q = p, *w;
    while (q > from && strchr(" \t`", q[-1]))
        q--;
    for (int i = 0; arrows[i]; i++) /* "1 -> 2 -> 3" is a chain */
        if (ends_in(from, q, arrows[i]))
            return false;
    w = word_before(from, p, &end);
    for (int i = 0; w && i < 3; i++) {
        if (is_any(w, end, nouns))
            return false;
        if (!is_any(w, end, fillers))
            break;
        w = word_before(from, w, &end);
    }
    if (!numbers || q == r->text || !(isalnum((unsigned char)q[-1])))
        return true;
    w = word_before(from, p, &end);
    return w && is_any(w, end, good);
}

/* ---- sentences ---- */

static const char *skip_words(const char *p, const char *end, const char *const *list, int most)
{
    const char *q;
    for (int i = 0; i < most && (q = ex_any(ex_gap(p, end), end, list)); i++)
        p = q;
    return p;
}

/* "the answer is", "it should return", "Output:", "we get" … */
static const char *answer(const char *p, const char *end)
{
    static const char *const fillers[] = {
        "then",     "so",      "the",   "it",     "your", "correct", "desired",
        "function", "program", "code",  "we",     "you",  "i",       "should",
        "must",     "will",    "would", "sample", "also", "method",  NULL};
    static const char *const keys[] = {"output",       "outputs", "answer", "result",
                                       "return value", "returns", "return", "returned value",
                                       "gives",        "give",    "get",    "expect",
                                       "expected",     "want",    "yields", "yield",
                                       "produces",     "produce", NULL};
    static const char *const tails[] = {"is",     "are",    "be",     "should", "will",  "would",
                                        "must",   "equals", "equal",  "to",     "value", "output",
                                        "result", "answer", "return", NULL};
    const char *q;
    for (int i = 0; i < 5; i++) {
        p = ex_gap(p, end);
        if ((q = ex_any(p, end, keys)))
            break;
        if (!(p = ex_any(p, end, fillers)))
            return NULL;
    }
    if (!q)
        return NULL;
    p = ex_gap(skip_words(q, end, tails, 3), end);
    if (p + 1 < end && isdigit((unsigned char)*p) && p[1] == ':')
        p++; /* "Output 1:" */
    if (p < end && (*p == ':' || *p == '='))
        p++;
    p = ex_gap(p, end);
    return p < end && (*p == '\n' || *p == '\r') ? ex_lines(p, end) : p;
}

/* Where the arguments of a sentence begin; *strict: several without names could be several
 * examples ("for 3 and 4 return 1"). *block: "Input:", over several lines. */
static const char *opening(const char *p, const char *end, bool *strict, bool *block)
{
    static const char *const blocks[] = {"input:", "inputs:", "input", "inputs", NULL};
    static const char *const givens[] = {
        "for input",   "for inputs", "for the input",    "for the inputs", "on input", "given",
        "with",        "when given", "when called with", "called with",    "if given", "passing",
        "when passed", NULL};
    static const char *const loose[] = {"for", "if", "when", "on", NULL};
    static const char *const nouns[] = {
        "the",     "a",        "an",    "list",     "string", "array",  "number",   "numbers",
        "word",    "text",     "value", "values",   "input",  "inputs", "argument", "arguments",
        "integer", "integers", "tuple", "sentence", "is",     "are",    "example",  NULL};
    const char *q = ex_any(p, end, blocks);
    *block = q != NULL;
    *strict = false;
    if (!q)
        q = ex_any(p, end, givens);
    if (!q && (q = ex_any(p, end, loose)))
        *strict = true;
    if (!q)
        return NULL;
    q = ex_gap(skip_words(q, end, nouns, 4), end);
    if (*block && q + 1 < end && isdigit((unsigned char)*q) && q[1] == ':')
        q++; /* "Input 1:" */
    if (q < end && (*q == ':' || *q == '='))
        q = ex_gap(q + 1, end);
    return *block ? ex_lines(q, end) : q;
}

/* "For n = 5 the sum of all is 15, so the output should be 15": the way there, in the same sentence
 * and without a condition, then what comes out. */
static const char *later_answer(const char *p, const char *end)
{
    static const char *const keys[] = {"output should be", "output is",        "output will be",
                                       "output would be",  "result should be", "result is",
                                       "result will be",   "result would be",  "answer should be",
                                       "answer is",        "answer will be",   "answer would be",
                                       "should return",    "it returns",       "function returns",
                                       "must return",      "will return",      NULL};
    static const char *const turns[] = {"if",    "when", "unless",    "for", "not",
                                        "never", "else", "otherwise", "but", NULL};
    enum { WAY_MAX = 160 };
    const char *q = p, *s;
    for (; q < end && q - p < WAY_MAX; q++) {
        if (strchr(";?!", *q) || (*q == '.' && (q + 1 == end || isspace((unsigned char)q[1]))) ||
            (*q == '\n' && q + 1 < end && q[1] == '\n'))
            return NULL;
        if (ex_is_word(*q) && q > p && ex_is_word(q[-1]))
            continue;
        if (ex_any(q, end, turns))
            return NULL;
        if ((s = ex_any(q, end, keys)))
            return ex_gap(s, end);
    }
    return NULL;
}

/* "for 3 the answer is 9", "Input: nums = [1], k = 2\nOutput: 3", "given 3 it returns 9" */
const char *ex_sentence(struct reader *r, const char *p)
{
    const char *end = r->end, *q, *s;
    struct arguments a;
    struct example e = {0};
    bool strict, block;
    q = opening(p, end, &strict, &block);
    if (!q)
        return NULL;
    e.args = q;
    q = ex_arguments(q, end, block, &a);
    if (!q || q - e.args > EXAMPLE_TEXT_MAX)
        return NULL;
    if (strict && (a.named ? a.count == 1 && ex_word(p, end, "if") : a.count > 1) &&
        a.count != r->out->takes)
        return NULL;
    e.args_len = (uint32_t)(q - e.args);
    while (q < end && strchr(",;:.\n\r \t`*)", *q))
        q++;
    s = answer(q, end);
    if (!s && a.named && r->out->params[0] && !ex_foreign_names(r->out, e.args, q))
        s = later_answer(q, end);
    q = s;
    s = s ? ex_expected(s, end, &e) : NULL;
    if (s)
        s = ex_digits_go_on(&e, s, end);
    else if (q)
        s = ex_error(q, end, false, &e); /* "Output: ValueError" */
    return s ? ex_keep(r, &e, p, s, false) : NULL;
}

/* behind "returns 9": "for 3", "when given [1, 2]" */
static const char *reversed_args(const char *p, const char *end, struct example *e)
{
    static const char *const links[] = {"for the input",     "for input",
                                        "for an input of",   "for",
                                        "when given",        "given",
                                        "on input",          "on",
                                        "if given",          "when called with",
                                        "when the input is", "if the input is",
                                        "when passed",       NULL};
    static const char *const nouns[] = {"the",   "list",  "string",  "array", "number", "word",
                                        "input", "value", "integer", "text",  NULL};
    const char *q = ex_any(ex_gap(p, end), end, links), *s;
    struct arguments a;
    if (!q)
        return NULL;
    q = ex_gap(skip_words(q, end, nouns, 2), end);
    e->args = q;
    s = ex_arguments(q, end, false, &a);
    if (s && !a.named && a.count > 1) { /* "for 3 and 4" says two things; "for 3, 5 for 4" also */
        s = examples_literal(q, end);
        q = ex_gap(s, end);
        q = q < end && *q == ',' ? ex_gap(q + 1, end) : q;
        q = ex_word(q, end, "and") ? ex_gap(q + 3, end) : q;
        q = examples_literal(q, end);
        if (!q || !ex_any(ex_gap(q, end), end, links))
            return NULL;
    }
    if (!s || !ex_ends_well(s, end) || s - e->args > EXAMPLE_TEXT_MAX)
        return NULL;
    e->args_len = (uint32_t)(s - e->args);
    return s;
}

/* "returns 9 for 3, 16 for 4" */
const char *ex_reversed(struct reader *r, const char *p)
{
    static const char *const verbs[] = {
        "returns",   "return",    "returning",     "gives",     "give",        "yields",
        "produces",  "outputs",   "should return", "should be", "should give", "the answer is",
        "result is", "answer is", "output is",     NULL};
    const char *end = r->end, *q = ex_any(p, end, verbs), *last = NULL;
    while (q) {
        struct example e = {0};
        const char *s;
        e.expected = ex_gap(q, end);
        q = examples_literal(e.expected, end);
        s = q && q - e.expected <= EXAMPLE_TEXT_MAX ? reversed_args(q, end, &e) : NULL;
        if (!s)
            break;
        e.expected_len = (uint32_t)(q - e.expected);
        last = ex_keep(r, &e, p, s, false);
        q = ex_gap(s, end);
        if (q >= end || (*q != ',' && !ex_word(q, end, "and")))
            break;
        q = ex_gap(q + (*q == ','), end);
        q = ex_word(q, end, "and") ? q + 3 : q;
    }
    return last;
}
