/* The rules. They look at how the sentence begins, at its object, and at what it is about. */
#include "core/words/classify.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/arithmetic.h"
#include "core/words/classify_words.h"
#include "core/words/examples.h"

struct sentence {
    const char *text;
    struct words words;
    struct examples examples;
    int verb;   /* index of the word that says what to do; count: none */
    bool given; /* an input comes with it */
};

static void say(struct classification *c, enum task_class class, double confidence, const char *why)
{
    c->class = class;
    c->confidence = confidence;
    snprintf(c->why, sizeof c->why, "%s", why);
}

static const char *word(const struct sentence *s, int i)
{
    return i >= 0 && i < s->words.count ? s->words.list[i] : "";
}

static bool is(const struct sentence *s, int i, const char *text)
{
    return strcmp(word(s, i), text) == 0;
}

static int count_kind(const struct sentence *s, enum word_kind kind)
{
    int n = 0;
    for (int i = 0; i < s->words.count; i++)
        n += word_is(word(s, i), kind);
    return n;
}

static bool has(const struct sentence *s, const char *text)
{
    for (int i = 0; i < s->words.count; i++)
        if (is(s, i, text))
            return true;
    return false;
}

/* ---- how it begins ---- */

/* "please can you help me to write …" begins with "write". */
static int skip_manners(const struct sentence *s)
{
    static const char polite[] =
        " please hey hi hello kindly just now ok okay so then help let lets let's us me i i'd i'm "
        "you your like to want need would could can will the task is should and "
        "dise quickly simply ";
    int i = 0;
    char padded[40];
    while (i < s->words.count && i < 10) {
        snprintf(padded, sizeof padded, " %.36s ", word(s, i));
        if (!strstr(polite, padded))
            break;
        if ((is(s, i, "can") || is(s, i, "is") || is(s, i, "should") || is(s, i, "will") ||
             is(s, i, "would") || is(s, i, "could")) &&
            !is(s, i + 1, "you") && !is(s, i - 1, "i") && !is(s, i - 1, "task"))
            break; /* a question */
        i++;
    }
    return i < s->words.count ? i : 0;
}

/* ---- what it is about ---- */

/* The noun that is asked for, from word i on: "an email validator" is code, "an email about a
 * parser" is text. *at: where; the kind, WORD_KINDS: none of both. */
static enum word_kind object(const struct sentence *s, int i, int *at)
{
    static const char ends[] =
        " about that which to for from with of in on who using into as and if ";
    char padded[40];
    enum word_kind kind = WORD_KINDS;
    for (int k = i; k < s->words.count && k < i + 9; k++) {
        snprintf(padded, sizeof padded, " %.36s ", word(s, k));
        if (strstr(ends, padded) && kind != WORD_KINDS)
            break;
        if (word_is(word(s, k), WORD_CODE)) {
            *at = k;
            return WORD_CODE;
        }
        if (word_is(word(s, k), WORD_TEXT) || word_is(word(s, k), WORD_LONG)) {
            *at = k;
            kind = WORD_TEXT;
        } else if (strstr(ends, padded) && k > i + 4) {
            break;
        }
    }
    return kind;
}

/* Nouns of data, without the verb: "list three reasons" is about no list. */
static int data_words(const struct sentence *s)
{
    return count_kind(s, WORD_DATA) - (is(s, s->verb, "list") && s->words.count > 1);
}

static bool about_data(const struct sentence *s)
{
    return data_words(s) > 0 || count_kind(s, WORD_HARD) > 0 || count_kind(s, WORD_CODE) > 0;
}

static bool marked_as_code(const struct sentence *s)
{
    static const char *const marks[] = {"```",     "def ", ">>>",  "assert ", "#!/",
                                        "import ", "=> ",  " -> ", "return "};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strstr(s->text, marks[i]) && (i != 8 || strchr(s->text, '(')))
            return true;
    return s->examples.count > 0;
}

/* "add(a, b)": a name with brackets at once behind it. */
static bool names_a_call(const char *text)
{
    for (const char *p = strchr(text, '('); p; p = strchr(p + 1, '('))
        if (p > text && (isalnum((unsigned char)p[-1]) || p[-1] == '_') && strchr(p, ')') &&
            strncmp(p, "(s)", 3) != 0)
            return true;
    return false;
}

/* ---- content ---- */

static int wanted_words(const struct sentence *s)
{
    for (int i = 1; i < s->words.count; i++)
        if (is(s, i, "words") || is(s, i, "word") || is(s, i, "pages") || is(s, i, "page")) {
            int n = atoi(word(s, i - 1));
            return is(s, i, "pages") || is(s, i, "page") ? n * 400 : n;
        }
    return 0;
}

static bool long_text(const struct sentence *s)
{
    static const char *const much[] = {"detailed", "comprehensive", "thorough",
                                       "in-depth", "depth",         "elaborate",
                                       "long",     "extensive",     "persuasive"};
    static const char *const little[] = {"short", "brief", "quick", "tiny", "concise", "one"};
    int n = count_kind(s, WORD_LONG) > 0;
    for (size_t i = 0; i < sizeof much / sizeof *much; i++)
        n += has(s, much[i]);
    for (size_t i = 0; i < sizeof little / sizeof *little; i++)
        n -= has(s, little[i]);
    return wanted_words(s) >= 250 || n > 0 || s->words.count > 60;
}

static void content(const struct sentence *s, struct classification *c, double confidence,
                    const char *why)
{
    say(c, long_text(s) ? CLASS_COMPLEX_CONTENT : CLASS_SIMPLE_CONTENT, confidence, why);
}

/* ---- kinds of code ---- */

static bool fetches(const struct sentence *s)
{
    bool address = strstr(s->text, "http://") || strstr(s->text, "https://");
    bool net = count_kind(s, WORD_NET) > 0, fetch = false;
    bool checks = has(s, "validate") || has(s, "validates") || has(s, "parse") ||
                  has(s, "parses") || has(s, "extract") || has(s, "extracts") || has(s, "encode") ||
                  has(s, "valid") || has(s, "given");
    for (int i = 0; i < s->words.count; i++)
        fetch |= word_is(word(s, i), WORD_FETCH);
    return fetch && (address || net) && !(checks && !address && !has(s, "api"));
}

/* Steps in a row: "then", "after that", "finally", and numbered lines. */
static int steps(const struct sentence *s)
{
    int n = 0, lines = 0;
    for (int i = 1; i < s->words.count; i++) {
        bool then = is(s, i, "then") && !is(s, i - 1, "if") && !is(s, i - 1, "other");
        n += then || is(s, i, "finally") || is(s, i, "afterwards") ||
             (is(s, i, "after") && (is(s, i + 1, "that") || is(s, i + 1, "this"))) ||
             (is(s, i, "next") && s->words.joined[i]) || is(s, i, "lastly");
    }
    for (const char *p = s->text; p; p = strchr(p, '\n')) {
        p += strspn(p, "\n \t");
        lines += (isdigit((unsigned char)*p) && (p[1] == '.' || p[1] == ')')) && p[2] == ' ';
    }
    return n > lines - 1 ? n : lines - 1;
}

static bool hard(const struct sentence *s)
{
    static const char *const phrases[] = {"shortest path",
                                          "dynamic programming",
                                          "binary search",
                                          "merge sort",
                                          "quick sort",
                                          "edit distance",
                                          "longest common",
                                          "longest increasing",
                                          "spanning tree",
                                          "linked list",
                                          "linear time",
                                          "o(n",
                                          "o(log",
                                          "time complexity",
                                          "tower of",
                                          "depth first",
                                          "breadth first",
                                          "prime factor",
                                          "tree traversal",
                                          "maximum subarray",
                                          "all subsets",
                                          "all permutations",
                                          "game of life",
                                          "n queens",
                                          "binary tree",
                                          "matrix multiplication",
                                          "bubble sort",
                                          "insertion sort",
                                          "overlapping intervals"};
    char lower[1024];
    size_t n = 0;
    for (; s->text[n] && n < sizeof lower - 1; n++)
        lower[n] = (char)tolower((unsigned char)s->text[n]);
    lower[n] = 0;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strstr(lower, phrases[i]))
            return true;
    return count_kind(s, WORD_HARD) > 0;
}

static void code(const struct sentence *s, struct classification *c, double confidence,
                 const char *why)
{
    if (s->examples.count && confidence < 0.95)
        confidence = 0.95;
    if (steps(s) >= 2)
        say(c, CLASS_MULTI_STEP_WORKFLOW, confidence, "several steps, one after the other");
    else if (fetches(s) && !s->examples.count)
        say(c, CLASS_API_CALL, confidence, "it takes something from the network");
    else if (hard(s))
        say(c, CLASS_ALGORITHM, confidence, "it asks for an algorithm");
    else
        say(c, CLASS_CODE, confidence, why);
}

/* ---- the rules, in their order ---- */

static bool calculation(const struct sentence *s, struct classification *c)
{
    struct arithmetic a;
    bool yes;
    if (s->given)
        return false;
    arithmetic_init(&a);
    arithmetic_read(s->text, &a);
    yes = a.verdict == ARITHMETIC_REFUSED || (a.verdict == ARITHMETIC_OK && a.operations > 0);
    arithmetic_fini(&a);
    if (yes)
        say(c, CLASS_ARITHMETIC, 0.99, "a calculation");
    return yes;
}

/* A story with figures and a question about a figure: an expression must be made of it. */
static bool figures(const struct sentence *s, struct classification *c)
{
    static const char *const quantity[] = {"percent",    "percentage", "total",   "sum",    "plus",
                                           "minus",      "times",      "divided", "cost",   "costs",
                                           "difference", "product",    "remain",  "average"};
    bool how = false, any = false, calculate = has(s, "calculate") || has(s, "compute");
    int numbers = arithmetic_count_numbers(s->text);
    if (s->given || numbers < 2 || marked_as_code(s) || count_kind(s, WORD_CODE) ||
        s->words.count > 150)
        return false;
    for (int i = 0; i < s->words.count; i++)
        how |= is(s, i, "how") && (is(s, i + 1, "many") || is(s, i + 1, "much"));
    for (size_t i = 0; i < sizeof quantity / sizeof *quantity; i++)
        any |= has(s, quantity[i]);
    any |= strchr(s->text, '%') != NULL;
    calculate &= count_kind(s, WORD_DATA) == 0;
    how |= calculate || (any && word_is(word(s, s->verb), WORD_ASK));
    if (!how || (!any && !strchr(s->text, '?') && !calculate) || strchr(s->text, '['))
        return false;
    say(c, CLASS_ARITHMETIC, 0.75, "a question about figures");
    return true;
}

static bool ordered(const struct sentence *s, struct classification *c)
{
    int at = 0, verb = s->verb;
    bool write = word_is(word(s, verb), WORD_WRITE), noun = !write;
    enum word_kind kind = object(s, write ? verb + 1 : verb, &at);
    if (!write && (word_is(word(s, verb), WORD_TELL) || word_is(word(s, verb), WORD_ASK) ||
                   word_is(word(s, verb), WORD_WORK) || word_is(word(s, verb), WORD_REPHRASE) ||
                   word_is(word(s, verb), WORD_LOOK)))
        return false;
    if (is(s, verb, "make") && word_is(word(s, verb + 1), WORD_DATA) && kind != WORD_CODE) {
        code(s, c, 0.8, "it works on data");
    } else if (kind == WORD_CODE) {
        code(s, c, 0.95, "it asks for a program");
    } else if (kind == WORD_TEXT && (write || at - verb <= 3)) {
        if (noun && count_kind(s, WORD_DATA) > 0 && !has(s, "about"))
            return false;
        content(s, c, 0.92, "it asks for a text");
    } else if (write && !about_data(s) && has(s, "about")) {
        content(s, c, 0.8, "it asks for a text");
    } else {
        return false;
    }
    return true;
}

static bool told(const struct sentence *s, struct classification *c)
{
    bool language = count_kind(s, WORD_LANGUAGE) > 0;
    if (is(s, s->verb, "tell") && about_data(s) &&
        (has(s, "if") || has(s, "whether") || has(s, "which"))) {
        code(s, c, 0.85, "a question about data");
        return true;
    }
    if (word_is(word(s, s->verb), WORD_TELL)) {
        content(s, c, 0.92, "it asks for words");
        return true;
    }
    if (!word_is(word(s, s->verb), WORD_REPHRASE))
        return false;
    if (is(s, s->verb, "translate") && language && !has(s, "function"))
        content(s, c, 0.93, "it asks for a translation");
    else if (is(s, s->verb, "summarize") || is(s, s->verb, "summarise") ||
             is(s, s->verb, "rewrite"))
        content(s, c, s->given || (about_data(s) && !has(s, "text")) ? 0.6 : 0.85,
                "it asks for words");
    else if (about_data(s))
        code(s, c, 0.75, "it works on data");
    else
        content(s, c, 0.85, "it asks for words");
    return true;
}

static bool asked(const struct sentence *s, struct classification *c)
{
    const char *first = word(s, s->verb);
    bool how_to = is(s, s->verb, "how") && (is(s, s->verb + 1, "to") || is(s, s->verb + 2, "i"));
    if (!word_is(first, WORD_ASK))
        return false;
    if (is(s, s->words.count - 1, "mean") && is(s, s->verb, "what"))
        content(s, c, 0.9, "it asks what something means");
    else if (how_to && about_data(s))
        code(s, c, 0.75, "it asks how to work on data");
    else if (about_data(s) && !is(s, s->verb, "why") && !is(s, s->verb, "how") &&
             !(is(s, s->verb, "what") && data_words(s) < 2))
        code(s, c, 0.72, "a question about data");
    else
        content(s, c, 0.85, "a question");
    return true;
}

static bool worked(const struct sentence *s, struct classification *c)
{
    bool work = word_is(word(s, s->verb), WORD_WORK);
    if (!work && !word_is(word(s, s->verb), WORD_LOOK) && !word_is(word(s, s->verb), WORD_WRITE))
        return false;
    if (about_data(s) || fetches(s))
        code(s, c, 0.92, "it works on data");
    else if (work && s->words.count > 1)
        code(s, c, 0.8, "it says what to do");
    else
        return false;
    return true;
}

/* "flip a coin and count heads" */
static bool works_somewhere(const struct sentence *s)
{
    return count_kind(s, WORD_WORK) > 0 && s->words.count > 3;
}

/* "expression evaluator": what programs are called. */
static bool called_like_a_program(const struct sentence *s)
{
    static const char *const ends[] = {"ator",    "izer",    "iser",    "ifier",
                                       "checker", "finder",  "sorter",  "tracker",
                                       "manager", "matcher", "ulation", "builder"};
    for (int i = 0; i < s->words.count; i++)
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
            size_t n = strlen(word(s, i)), m = strlen(ends[k]);
            if (n > m + 1 && strcmp(word(s, i) + n - m, ends[k]) == 0)
                return true;
        }
    return false;
}

static void guess(const struct sentence *s, struct classification *c)
{
    int at = 0;
    if (s->given)
        code(s, c, 0.9, "an input comes with it");
    else if (names_a_call(s->text))
        code(s, c, 0.9, "it names a function");
    else if (about_data(s))
        code(s, c, 0.8, "it is about data");
    else if (called_like_a_program(s))
        code(s, c, 0.75, "it is called like a program");
    else if (works_somewhere(s))
        code(s, c, 0.72, "it says what to do");
    else if (object(s, 0, &at) == WORD_TEXT)
        content(s, c, 0.6, "it names a text");
    else
        code(s, c, 0.4, "the words do not tell");
}

/* "the function takes a list", "write join(a, b)": wherever it stands, a program is described. */
static bool describes_a_program(const struct sentence *s)
{
    static const char *const does[] = {"takes", "returns", "gets",   "receives",
                                       "reads", "accepts", "should", "must"};
    if (word_is(word(s, s->verb), WORD_TELL) || word_is(word(s, s->verb), WORD_ASK))
        return false;
    for (int i = 0; i < s->words.count; i++)
        for (size_t k = 0; k < sizeof does / sizeof *does; k++)
            if (is(s, i, does[k]) &&
                (is(s, i - 1, "function") || is(s, i - 1, "program") || is(s, i - 1, "script")))
                return true;
    return names_a_call(s->text);
}

static void decide(const struct sentence *s, struct classification *c)
{
    if (calculation(s, c))
        return;
    if (marked_as_code(s)) {
        code(s, c, 0.95, s->examples.count ? "it has examples" : "it shows code");
        return;
    }
    if (describes_a_program(s)) {
        code(s, c, 0.9, "it describes a program");
        return;
    }
    if (figures(s, c) || ordered(s, c) || told(s, c) || asked(s, c) || worked(s, c))
        return;
    guess(s, c);
}

/* ---- how large it is ---- */

static int clauses(const struct sentence *s)
{
    int n = 0;
    for (const char *p = s->text; *p; p++)
        n += (*p == '\n' && (p[1] == '-' || p[1] == '*')) || *p == ';';
    return n;
}

static enum complexity weigh(const struct sentence *s, enum task_class class)
{
    int words = s->words.count - 6 * (int)s->examples.count;
    int points = (words > 45) + (words > 90) + (words > 160) + (count_kind(s, WORD_DEMAND) > 1) +
                 (count_kind(s, WORD_DEMAND) > 4) + (clauses(s) > 2) + (steps(s) >= 2) +
                 (class == CLASS_API_CALL) + (class == CLASS_ALGORITHM && words > 20);
    if (class == CLASS_ARITHMETIC)
        return COMPLEXITY_SIMPLE;
    if (class_is_content(class))
        return class == CLASS_SIMPLE_CONTENT          ? COMPLEXITY_SIMPLE
               : points > 1 || wanted_words(s) > 1000 ? COMPLEXITY_COMPLEX
                                                      : COMPLEXITY_MODERATE;
    points += 2 * (count_kind(s, WORD_LARGE) > 0);
    return points >= 3 ? COMPLEXITY_COMPLEX : points ? COMPLEXITY_MODERATE : COMPLEXITY_SIMPLE;
}

int classify_tier(enum complexity c)
{
    return c == COMPLEXITY_SIMPLE ? 1 : c == COMPLEXITY_MODERATE ? 2 : 3;
}

/* ---- all ---- */

static struct sentence *sentence_new(const char *text, bool given)
{
    struct sentence *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->text = text;
    s->given = given;
    words_read(text, &s->words);
    examples_read(text, &s->examples);
    s->verb = skip_manners(s);
    return s;
}

void classify_rules(const char *text, bool given, struct classification *c)
{
    struct sentence *s = sentence_new(text, given);
    memset(c, 0, sizeof *c);
    say(c, CLASS_CODE, CLASSIFY_SURE, "without memory for more");
    if (!s)
        return;
    decide(s, c);
    if (given && class_is_content(c->class) && c->confidence < 0.9)
        code(s, c, 0.8, "an input comes with it");
    c->complexity = weigh(s, c->class);
    free(s);
}

void classify_as(const char *text, enum task_class said, struct classification *c)
{
    struct sentence *s = sentence_new(text, false);
    memset(c, 0, sizeof *c);
    say(c, said, 1, "");
    if (s && said == CLASS_CODE)
        code(s, c, 1, "");
    else if (s && said == CLASS_SIMPLE_CONTENT)
        content(s, c, 1, "");
    if (s)
        c->complexity = weigh(s, c->class);
    snprintf(c->why, sizeof c->why, "as you said");
    free(s);
}

enum complexity classify_complexity(const char *text, enum task_class c)
{
    struct sentence *s = sentence_new(text, false);
    enum complexity found = s ? weigh(s, c) : COMPLEXITY_SIMPLE;
    free(s);
    return found;
}
