#include "core/words/same_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Measured on the tuning half of tests/bench/reuse/pairs.jsonl (docs/memory.md). */
static const double SHARE_OTHER = 0.34; /* of plain words that may differ when examples prove it */
static const double SHARE_DIFFERENT = 0.4; /* of words in common, below which it is another task */
/* What an unknown word means is not known ("saturating", "stable"): beside many words that are
 * shared it is one way to say it, beside few it may be the task. */
enum { LONG = 10 };
static const double SHARE_ASIDE = 0.2;
enum { PROOF = 2, PROOF_ANCHORED = 1 }; /* examples that tell something */
/* Words of two texts together: in longer ones nouns stand in both numbers anyway. */
enum { SHORT = 16 };

/* ---- bags ---- */

static bool has(const struct same_text *t, const char *word)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->list[i].word, word) == 0)
            return true;
    return false;
}

static bool counts(const struct same_token *t)
{
    return t->kind != SAME_RELATION && t->kind != SAME_BREAK;
}

/* Whether the token at i is the first of its word. */
static bool is_first(const struct same_text *t, int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(t->list[k].word, t->list[i].word) == 0)
            return false;
    return true;
}

static int times(const struct same_text *t, const char *word)
{
    int n = 0;
    for (int i = 0; i < t->count; i++)
        n += strcmp(t->list[i].word, word) == 0;
    return n;
}

/* One word stands more often here and another one there: "of name, price and count the total price"
 * and "… the total count". */
static bool weighed_otherwise(const struct same_text *a, const struct same_text *b)
{
    bool more = false, fewer = false;
    for (int i = 0; i < a->count; i++) {
        int n = counts(&a->list[i]) && a->list[i].kind != SAME_SOFT ? times(b, a->list[i].word) : 0;
        int mine = times(a, a->list[i].word);
        more |= n && mine > n;
        fewer |= n && mine < n;
    }
    return more && fewer;
}

/* A small word stands more often in one of them. */
static bool proof_words_differ(const struct same_text *a, const struct same_text *b)
{
    for (int i = 0; i < a->count; i++)
        if (a->list[i].kind == SAME_PROOF && strcmp(a->list[i].word, "all") != 0 &&
            times(a, a->list[i].word) != times(b, a->list[i].word))
            return true;
    return false;
}

struct rest {
    int soft, proof, plain;
    const char *critical, *first_plain; /* NULL: none */
};

/* What stands in `of` and not in `other`. */
static void rest_read(const struct same_text *of, const struct same_text *other, struct rest *out)
{
    *out = (struct rest){0};
    for (int i = 0; i < of->count; i++) {
        const struct same_token *t = &of->list[i];
        if (!counts(t) || !is_first(of, i) || has(other, t->word))
            continue;
        out->soft += t->kind == SAME_SOFT;
        out->proof += t->kind == SAME_PROOF && (strcmp(t->word, "all") != 0 || has(of, "whether"));
        out->plain += t->kind == SAME_PLAIN;
        if (t->kind == SAME_CRITICAL && !out->critical)
            out->critical = t->word;
        if (t->kind == SAME_PLAIN && !out->first_plain)
            out->first_plain = t->word;
    }
}

/* Words that tell something, each once. */
static int size(const struct same_text *t)
{
    int n = 0;
    for (int i = 0; i < t->count; i++)
        n += (t->list[i].kind == SAME_PLAIN || t->list[i].kind == SAME_CRITICAL) && is_first(t, i);
    return n;
}

static int shared(const struct same_text *a, const struct same_text *b)
{
    int n = 0;
    for (int i = 0; i < a->count; i++)
        n += (a->list[i].kind == SAME_PLAIN || a->list[i].kind == SAME_CRITICAL) &&
             is_first(a, i) && has(b, a->list[i].word);
    return n;
}

/* ---- what belongs to what ---- */

/* Whether what follows this word tells what it means: "first letter", "by age" firmly; what is to
 * be returned, and other words that decide, loosely, as people say it in several ways. */
enum binding { BINDS_NOT, BINDS_LOOSELY, BINDS_FIRMLY };

static bool is_direction(const char *word)
{
    static const char *const words[] = {"ascending", "descending", "first",   "last",   "max",
                                        "min",       "up",         "down",    "upper",  "lower",
                                        "inclusive", "exclusive",  "even",    "odd",    "left",
                                        "right",     "floor",      "ceil",    "not",    "ignore",
                                        "morethan",  "lessthan",   "atleast", "atmost", "between",
                                        "middle",    "before",     "after",   NULL};
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static enum binding binds(const struct same_token *t)
{
    if (t->kind == SAME_RELATION)
        return strcmp(t->word, "give") == 0 ? BINDS_LOOSELY : BINDS_FIRMLY;
    if (strcmp(t->word, "each") == 0 || strcmp(t->word, "only") == 0 || is_direction(t->word))
        return BINDS_FIRMLY;
    return t->kind == SAME_CRITICAL ? BINDS_LOOSELY : BINDS_NOT;
}

/* The word that this one belongs to: the next of its sentence, things that are only worked on
 * aside unless `soft`. NULL: none. */
static const struct same_token *target(const struct same_text *t, int i, bool soft)
{
    for (int k = i + 1; k < t->count && t->list[k].kind != SAME_BREAK; k++)
        if (counts(&t->list[k]) && (soft || t->list[k].kind != SAME_SOFT))
            return &t->list[k];
    return NULL;
}

static bool wants_soft(const struct same_token *t)
{
    return t->kind == SAME_RELATION;
}

/* Whether `word` belongs to `to` anywhere in the text. */
static bool bound(const struct same_text *t, const char *word, const char *to)
{
    for (int i = 0; i < t->count; i++) {
        const struct same_token *x;
        if (strcmp(t->list[i].word, word) != 0)
            continue;
        x = target(t, i, wants_soft(&t->list[i]));
        if (x && strcmp(x->word, to) == 0)
            return true;
        if (i && strcmp(word, "ignore") == 0 && strcmp(t->list[i - 1].word, to) == 0)
            return true; /* "spaces are ignored" */
    }
    return false;
}

/* The first word that belongs to something in each text and to nothing in common: "to celsius" in
 * one, "to fahrenheit" in the other. */
static const char *bound_otherwise(const struct same_text *a, const struct same_text *b,
                                   enum binding binding)
{
    for (int i = 0; i < a->count; i++) {
        const struct same_token *w = &a->list[i], *x;
        if (binds(w) != binding || !(x = target(a, i, wants_soft(w))) ||
            bound(b, w->word, x->word) || !has(b, x->word))
            continue;
        for (int k = 0; k < b->count; k++) {
            const struct same_token *y;
            if (strcmp(b->list[k].word, w->word) != 0)
                continue;
            y = target(b, k, wants_soft(w));
            if (y && !bound(a, w->word, y->word) && has(a, y->word))
                return w->word;
        }
    }
    return NULL;
}

/* "from x" in one and "to x" in the other */
static bool turned(const struct same_text *a, const struct same_text *b)
{
    for (int i = 0; i < a->count; i++) {
        const struct same_token *x;
        if (strcmp(a->list[i].word, "from") != 0 || !(x = target(a, i, true)))
            continue;
        if (bound(b, "to", x->word) && !bound(b, "from", x->word) && !bound(a, "to", x->word))
            return true;
    }
    return false;
}

static const struct same_token *next(const struct same_text *t, int i)
{
    return i + 1 < t->count && counts(&t->list[i + 1]) ? &t->list[i + 1] : NULL;
}

static bool stands_before(const struct same_text *t, const char *word, const char *then)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->list[i].word, word) == 0 && next(t, i) && strcmp(next(t, i)->word, then) == 0)
            return true;
    return false;
}

/* "first letter … last word" in one and "last letter … first word" in the other */
static const char *swapped(const struct same_text *a, const struct same_text *b)
{
    for (int i = 0; i < a->count; i++)
        for (int k = i + 1; k < a->count; k++) {
            const struct same_token *x = next(a, i), *y = next(a, k);
            const char *m = a->list[i].word, *n = a->list[k].word;
            if (!x || !y || binds(&a->list[i]) == BINDS_NOT || binds(&a->list[k]) == BINDS_NOT ||
                strcmp(m, n) == 0 || strcmp(x->word, y->word) == 0 ||
                !stands_before(b, m, y->word) || !stands_before(b, n, x->word))
                continue;
            if (!stands_before(b, m, x->word) || !stands_before(b, n, y->word))
                return m;
        }
    return NULL;
}

static int place(const struct same_text *t, const char *word)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->list[i].word, word) == 0)
            return i;
    return -1;
}

static bool is_heavy(const struct same_token *t)
{
    return t->kind == SAME_PLAIN || t->kind == SAME_CRITICAL;
}

/* Variables that stand in another order: "a divided by b", "b divided by a". */
static bool letters_turned(const struct same_text *a, const struct same_text *b)
{
    for (int i = 0; i < a->count; i++) {
        int at = a->list[i].word[1] || !counts(&a->list[i]) ? -1 : place(b, a->list[i].word);
        for (int k = i + 1; at >= 0 && is_first(a, i) && k < a->count; k++) {
            int other = a->list[k].word[1] || !counts(&a->list[k]) || !is_first(a, k)
                            ? -1
                            : place(b, a->list[k].word);
            if (other >= 0 && other < at)
                return true;
        }
    }
    return false;
}

static bool is_value(const struct same_token *t)
{
    return t->kind == SAME_CRITICAL && strchr("#\"", t->word[0]);
}

/* Numbers and literals in another order: "5 up to 2 kg, 9 up to 10". */
static bool values_turned(const struct same_text *a, const struct same_text *b)
{
    for (int i = 0; i < a->count; i++) {
        int at = is_value(&a->list[i]) && is_first(a, i) ? place(b, a->list[i].word) : -1;
        for (int k = i + 1; at >= 0 && k < a->count; k++) {
            int other = is_value(&a->list[k]) && is_first(a, k) ? place(b, a->list[k].word) : -1;
            if (other >= 0 && other < at)
                return true;
        }
    }
    return false;
}

/* Both speak of variables, and not in the same way. */
static bool other_letters(const struct same_text *a, const struct same_text *b)
{
    int i = 0, k = 0, seen = 0;
    for (;; i++, k++) {
        while (i < a->count && (a->list[i].word[1] || !counts(&a->list[i])))
            i++;
        while (k < b->count && (b->list[k].word[1] || !counts(&b->list[k])))
            k++;
        if (i >= a->count || k >= b->count)
            return seen && (i < a->count || k < b->count);
        if (strcmp(a->list[i].word, b->list[k].word) != 0)
            return true;
        seen++;
    }
}

static int next_heavy(const struct same_text *t, int i)
{
    while (i < t->count && !is_heavy(&t->list[i]))
        i++;
    return i;
}

/* The words that tell something are not the same ones, each as often and in the same order: "the
 * square of the sum", "the sum of the squares"; "changes", "changes from 0 to 1". */
static bool in_other_order(const struct same_text *a, const struct same_text *b)
{
    int i = next_heavy(a, 0), k = next_heavy(b, 0);
    while (i < a->count && k < b->count) {
        if (strcmp(a->list[i].word, b->list[k].word) != 0)
            return true;
        i = next_heavy(a, i + 1);
        k = next_heavy(b, k + 1);
    }
    return i < a->count || k < b->count;
}

/* ---- what a word stands beside ---- */

static const char *thing_named(const char *word)
{
    return strcmp(word, "number") == 0 ? "item" : word;
}

static const char *thing(const struct same_token *t)
{
    return thing_named(t->word);
}

/* "the largest number in a list", "the maximum of a list" */
static bool is_extreme_of_list(const struct same_token *t, const struct same_token *x,
                               const struct same_token *y)
{
    return (strcmp(t->word, "max") == 0 || strcmp(t->word, "min") == 0) &&
           (strcmp(x->word, "list") == 0 || strcmp(y->word, "list") == 0);
}

/* "the last character" in one, "the last string" in the other; or "the largest numbers" where the
 * other has "the largest number". */
static bool beside_otherwise(const struct same_text *a, const struct same_text *b)
{
    for (int i = 0; i < a->count; i++) {
        const struct same_token *x = next(a, i);
        bool other = false, same = false;
        if (!x || !counts(&a->list[i]) || (!is_direction(a->list[i].word) && a->list[i].word[1]))
            continue; /* nor a variable, "n digits" */
        for (int k = 0; k < b->count; k++) {
            const struct same_token *y = next(b, k);
            if (!y || strcmp(a->list[i].word, b->list[k].word) != 0)
                continue;
            if ((strcmp(thing(x), thing(y)) == 0 && x->plural == y->plural) ||
                is_extreme_of_list(&a->list[i], x, y))
                same = true;
            else
                other = true;
        }
        if (other && !same)
            return true;
    }
    return false;
}

/* One place or several: "the index", "the indices". */
static bool in_other_number(const struct same_text *a, const struct same_text *b, const char *word)
{
    bool one = false, many = false, its_one = false, its_many = false;
    for (int i = 0; i < a->count; i++)
        if (strcmp(a->list[i].word, word) == 0)
            *(a->list[i].plural ? &many : &one) = true;
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->list[i].word, word) == 0)
            *(b->list[i].plural ? &its_many : &its_one) = true;
    return (one || many) && (its_one || its_many) && one != its_one && many != its_many;
}

static bool any_in_other_number(const struct same_text *a, const struct same_text *b)
{
    static const char *const words[] = {"index", "key",    "word", "line", "letter",    "number",
                                        "item",  "string", "list", "dict", "character", NULL};
    for (int i = 0; words[i]; i++)
        if (in_other_number(a, b, words[i]) &&
            !(strcmp(thing_named(words[i]), "item") == 0 && has(a, "list") && has(b, "list")))
            return true; /* "the largest number in a list", "the maximum of a list of numbers" */
    return false;
}

/* ---- names and heads ---- */

/* A word of one name that matters and that the other task does not know: round_up, round_down. */
static bool name_decides(const struct same_text *own, const struct same_text *other,
                         char word[SAME_WORD])
{
    struct same_text *names = calloc(2, sizeof *names);
    const struct same_token *found = NULL;
    if (!names)
        return true;
    same_name_read(own->function, &names[0]);
    same_name_read(other->function, &names[1]);
    for (int i = 0; !found && i < names[0].count; i++) {
        const struct same_token *t = &names[0].list[i];
        if (is_direction(t->word) && !has(&names[1], t->word) && !has(other, t->word) &&
            !has(own, t->word))
            found = t;
    }
    if (found)
        memcpy(word, found->word, SAME_WORD);
    free(names);
    return found;
}

static bool same_names(const struct same_text *a, const struct same_text *b)
{
    return a->function[0] && strcmp(a->function, b->function) == 0;
}

static int letter_sum(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text * *text;
    return n;
}

/* The same fields in another order. */
static bool moved_fields(const struct same_text *a, const struct same_text *b)
{
    return a->fields[0] && strcmp(a->fields, b->fields) != 0 &&
           strlen(a->fields) == strlen(b->fields) && letter_sum(a->fields) == letter_sum(b->fields);
}

/* The same name and one of the same examples: whoever asks this means the same function, if what
 * the words say does not differ. */
static bool anchored(const struct same_text *a, const struct same_text *b)
{
    bool found = false;
    for (int i = 0; i < a->hash_count; i++)
        for (int k = 0; k < b->hash_count; k++)
            found |= a->hashes[i] == b->hashes[k];
    return found && same_names(a, b);
}

/* The calls cannot be alike. */
static bool other_head(const struct same_text *a, const struct same_text *b)
{
    if (moved_fields(a, b))
        return true;
    if (strcmp(a->defaults, b->defaults) != 0 && a->takes > 0 && b->takes > 0)
        return true;
    if (a->gives[0] && b->gives[0] && strcmp(a->gives, b->gives) != 0)
        return true;
    return a->takes > 0 && b->takes > 0 && a->takes < 99 && b->takes < 99 && a->takes != b->takes;
}

/* Several parameters by other names may stand in another order: a run tells. */
static bool other_params(const struct same_text *a, const struct same_text *b)
{
    return a->takes > 1 && b->takes > 1 && strcmp(a->params, b->params) != 0;
}

/* ---- the judgement ---- */

static void say(struct same_judgement *out, enum same_verdict v, const char *what, const char *word)
{
    out->verdict = v;
    out->unsure = false;
    if (word)
        snprintf(out->why, sizeof out->why, "'%s' %s", word[0] == '#' ? word + 1 : word, what);
    else
        snprintf(out->why, sizeof out->why, "%s", what);
}

static void need(struct same_judgement *out, int proof, const char *why)
{
    if (proof <= out->proof)
        return;
    out->proof = proof;
    snprintf(out->why, sizeof out->why, "%s", why);
}

static bool one_and_all(const struct same_text *a, const struct same_text *b)
{
    return has(a, "any") && !has(b, "any") && (has(b, "all") || has(b, "each")) && !has(a, "all") &&
           !has(a, "each");
}

/* Another kind of thing on one side only: "return a string", "the characters of each line".
 * Numbers, and what stands in a list, say nothing new. */
static bool odd_soft(const struct same_text *a, const struct same_text *b)
{
    for (int i = 0; i < a->count; i++) {
        const struct same_token *t = &a->list[i];
        if (t->kind != SAME_SOFT || !t->word[1] || has(b, t->word) || strcmp(t->word, "list") == 0)
            continue;
        if (strcmp(thing(t), "item") != 0 ||
            !(has(b, "list") || has(b, "item") || has(b, "number")))
            return true;
    }
    return false;
}

/* What rules a reuse out, whatever the examples say. */
static bool refuse(const struct same_text *a, const struct same_text *b, const struct rest *x,
                   const struct rest *y, struct same_judgement *out)
{
    char name[SAME_WORD];
    const char *word = x->critical ? x->critical : y->critical;
    if (word)
        say(out, SAME_ADAPTABLE, "stands on one side only", word);
    else if (!anchored(a, b) &&
             ((word = bound_otherwise(a, b, BINDS_FIRMLY)) || (word = swapped(a, b))))
        say(out, SAME_ADAPTABLE, "belongs to something else", word);
    else if (!anchored(a, b) && values_turned(a, b))
        say(out, SAME_ADAPTABLE, "numbers or texts stand in another order", NULL);
    else if (letters_turned(a, b))
        say(out, SAME_ADAPTABLE, "what is done to which is turned around", NULL);
    else if (one_and_all(a, b) || one_and_all(b, a))
        say(out, SAME_ADAPTABLE, "'any' stands on one side only", NULL);
    else if (turned(a, b) || turned(b, a))
        say(out, SAME_ADAPTABLE, "from and to are turned around", NULL);
    else if (name_decides(a, b, name) || name_decides(b, a, name))
        say(out, SAME_ADAPTABLE, "stands in the function's name on one side only", name);
    else if (other_head(a, b))
        say(out, SAME_ADAPTABLE, "the functions are called in another way", NULL);
    else
        return false;
    return true;
}

void same_task(const struct same_text *a, const struct same_text *b, struct same_judgement *out)
{
    struct rest x, y;
    const int proof = anchored(a, b) ? PROOF_ANCHORED : PROOF;
    const int na = size(a), nb = size(b), both = shared(a, b), least = na < nb ? na : nb;
    memset(out, 0, sizeof *out);
    if (a->cut || b->cut || !least || both < SHARE_DIFFERENT * (na > nb ? na : nb)) {
        say(out, SAME_DIFFERENT,
            a->cut || b->cut ? "too long to be compared" : "they have few words in common", NULL);
        return;
    }
    rest_read(a, b, &x);
    rest_read(b, a, &y);
    if (refuse(a, b, &x, &y, out))
        return;
    out->verdict = SAME_TASK;
    snprintf(out->why, sizeof out->why, "no word is left over");
    if (other_letters(a, b))
        need(out, proof, "variables differ");
    if (other_params(a, b))
        need(out, proof, "the parameters have other names");
    if (beside_otherwise(a, b) || beside_otherwise(b, a) ||
        (na + nb <= SHORT && any_in_other_number(a, b)) || has(a, "by") != has(b, "by") ||
        has(a, "with") != has(b, "with") || has(a, "per") != has(b, "per") ||
        has(a, "until") != has(b, "until"))
        need(out, proof, "one or several, or of something else");
    if (odd_soft(a, b) || odd_soft(b, a))
        need(out, proof, "what it works on or gives is said on one side only");
    if (has(a, "list") != has(b, "list") && !has(has(a, "list") ? b : a, "all"))
        need(out, proof, "'list' stands on one side only");
    if (x.proof || y.proof || proof_words_differ(a, b) || proof_words_differ(b, a) ||
        (x.soft && y.soft))
        need(out, proof, "small words differ");
    if (in_other_order(a, b))
        need(out, proof, "the words stand in another order");
    if (anchored(a, b) && bound_otherwise(a, b, BINDS_FIRMLY))
        need(out, proof, "small words belong to something else");
    if (weighed_otherwise(a, b) || bound_otherwise(a, b, BINDS_LOOSELY))
        need(out, proof, "something may belong to something else");
    if (!x.plain && !y.plain)
        return;
    need(out, both < LONG || x.plain + y.plain > SHARE_ASIDE * both ? PROOF : proof, "");
    snprintf(out->why, sizeof out->why, "'%s' is left over",
             x.first_plain ? x.first_plain : y.first_plain);
    if (!anchored(a, b) || x.plain + y.plain > SHARE_OTHER * (na + nb)) {
        out->verdict = SAME_ADAPTABLE;
        out->unsure = true;
    }
}

const char *same_verdict_name(enum same_verdict v)
{
    static const char *const names[] = {
        [SAME_DIFFERENT] = "different", [SAME_ADAPTABLE] = "adaptable", [SAME_TASK] = "same"};
    return names[v];
}
