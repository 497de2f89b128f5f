#include "core/words/properties.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/classify_words.h"

/* What is being read. */
struct reading {
    const char *text;
    struct words *words;
    const struct examples *examples;
    const char *def; /* the head that the task gives; NULL: none */
    struct properties *out;
};

/* ---- words ---- */

/* Whether `word` is one of the words of `list`, which `separator` stands between. */
static bool one_of(const char *word, const char *list, size_t n, char separator)
{
    const size_t k = strlen(word);
    for (const char *p = list, *end = list + n; p < end;) {
        const char *q = memchr(p, separator, (size_t)(end - p));
        q = q ? q : end;
        if ((size_t)(q - p) == k && memcmp(p, word, k) == 0)
            return true;
        p = q + 1;
    }
    return false;
}

static bool in(const char *word, const char *list)
{
    return one_of(word, list, strlen(list), ' ');
}

static bool has_any(const struct words *w, const char *list)
{
    for (int i = 0; i < w->count; i++)
        if (in(w->list[i], list))
            return true;
    return false;
}

/* Whether words from..to hold one of them. */
static bool between(const struct words *w, int from, int to, const char *list)
{
    for (int i = from; i < to; i++)
        if (in(w->list[i], list))
            return true;
    return false;
}

static int clause_begin(const struct words *w, int at)
{
    while (at > 0 && !w->joined[at])
        at--;
    return at;
}

/* What is asked begins at this word: the clause does, or "a function that …" does. */
static bool begins(const struct reading *r, int at)
{
    static const char before[] =
        "function that which to should must will can please program method "
        "code script python it you and returns def";
    const struct words *w = r->words;
    const struct examples *x = r->examples;
    if (w->joined[at])
        return true;
    return in(w->list[at - 1], before) ||
           (x->function[0] && strcasecmp(w->list[at - 1], x->function) == 0);
}

/* ---- phrases ---- */

/* The word behind the phrase, of which what is at p is left and the word `at` may be the next; -1:
 * it does not stand there. No mark that ends a clause stands between its words. */
static int match_rest(const struct reading *r, const char *p, int at, int first)
{
    const struct words *w = r->words;
    const bool ended = at == w->count || (at > first && w->joined[at]);
    bool optional;
    size_t n;
    p += strspn(p, " ");
    n = strcspn(p, " ");
    if (!n)
        return at;
    if (n == 1 && *p == '^')
        return at < w->count && begins(r, at) ? match_rest(r, p + 1, at, first) : -1;
    if (n == 1 && *p == '$')
        return ended ? match_rest(r, p + 1, at, first) : -1;
    optional = p[n - 1] == '?';
    if (!ended && one_of(w->list[at], p, n - optional, '/')) {
        int end = match_rest(r, p + n, at + 1, first);
        if (end >= 0)
            return end;
    }
    return optional ? match_rest(r, p + n, at, first) : -1;
}

static int match(const struct reading *r, const char *phrase, int at)
{
    return match_rest(r, phrase, at, at);
}

/* ---- the function ---- */

/* The annotation of the parameter with this number (from 0), or behind the arrow (-1), in `out`: up
 * to its bracket, in small letters; "" none. */
static void annotation(const struct reading *r, int number, char out[12], char inner[12])
{
    const char *p = r->def ? strchr(r->def, '(') : NULL, *end;
    int depth = 0;
    size_t n;
    out[0] = inner[0] = 0;
    if (!p)
        return;
    if (number < 0) {
        const char *line = strchr(p, '\n');
        p = strstr(p, "->");
        if (!p || (line && p > line))
            return;
        p += 2;
    } else {
        for (p++; *p && number >= 0; p++) {
            depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
            if (depth < 0 || *p == '\n')
                return;
            if (!depth && *p == ',')
                number--;
            else if (!depth && *p == ':' && number == 0)
                break;
        }
        if (*p++ != ':')
            return;
    }
    p += strspn(p, " ");
    n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    for (size_t i = 0; i < n && i < 11; i++) {
        out[i] = (char)tolower((unsigned char)p[i]);
        out[i + 1] = 0;
    }
    p += n;
    p += strspn(p, " ");
    if (*p == '|') /* str | None */
        out[0] = 0;
    if (*p != '[')
        return;
    end = p + 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyz");
    if (*end == ']')
        snprintf(inner, 12, "%.*s", end - p - 1 > 11 ? 0 : (int)(end - p - 1), p + 1);
}

/* The first value among an example's arguments; NULL: there is no example. */
static const char *first_value(const struct examples *x)
{
    const char *p;
    if (!x->count)
        return NULL;
    if (!x->list[0].call)
        return x->list[0].args;
    p = memchr(x->list[0].call, '(', x->list[0].call_len);
    return p ? p + 1 + strspn(p + 1, " ") : NULL;
}

/* How many arguments the first example has; commas in brackets and quotes do not count. */
static int arguments_of(const struct examples *x)
{
    const char *p = first_value(x), *end;
    int depth = 0, n = 1;
    char quote = 0;
    if (!p)
        return -1;
    end = x->list[0].call ? x->list[0].call + x->list[0].call_len - 1 : p + x->list[0].args_len;
    for (; p < end; p++) {
        if (quote) {
            p += *p == '\\';
            quote = *p == quote ? 0 : quote;
        } else if (*p == '"' || *p == '\'') {
            quote = *p;
        } else {
            depth += strchr("([{", *p) ? 1 : strchr(")]}", *p) ? -1 : 0;
            n += !depth && *p == ',';
        }
    }
    return n;
}

static bool is_type(const char *name, char kind)
{
    return kind == 's' ? strcmp(name, "str") == 0
                       : strcmp(name, "list") == 0 || strcmp(name, "sequence") == 0;
}

/* Whether the first parameter is a list (l), a text (s) or either (i), as an example or the head
 * says it, else the words. */
static bool subject_is(const struct reading *r, char kind)
{
    const char *value = first_value(r->examples);
    char type[12], inner[12];
    if (kind == 'i')
        return subject_is(r, 'l') || subject_is(r, 's');
    if (value)
        return kind == 's' ? *value == '"' || *value == '\'' : *value == '[';
    annotation(r, 0, type, inner);
    if (type[0])
        return is_type(type, kind);
    return kind == 's' ? has_any(r->words, "string text word sentence") &&
                             !has_any(r->words, "list array lists arrays strings")
                       : has_any(r->words, "list array") && !has_any(r->words, "lists arrays");
}

/* ---- what is not known by examples ---- */

/* "a list of positive integers": a list whose words name its element. */
static const char *list_shape(const struct reading *r)
{
    static const char *const phrases[][2] = {
        {"list/array of positive/whole/real/random? numbers/integers/ints", "list[int]"},
        {"list/array of strings/words/names", "list[str]"}};
    const char *shape = "";
    for (int i = 0; i < r->words->count; i++)
        for (size_t k = 0; k < 2; k++)
            if (match(r, phrases[k][0], i) >= 0) {
                if (*shape && strcmp(shape, phrases[k][1]) != 0)
                    return "";
                shape = phrases[k][1];
            }
    return shape;
}

static const char *shape_by_type(const struct reading *r, const char *type, const char *inner)
{
    if (strcmp(type, "int") == 0 || strcmp(type, "bool") == 0 || strcmp(type, "str") == 0)
        return strcmp(type, "int") == 0 ? "int" : strcmp(type, "bool") == 0 ? "bool" : "str";
    if (strcmp(type, "list") == 0 && inner[0])
        return strcmp(inner, "int") == 0   ? "list[int]"
               : strcmp(inner, "str") == 0 ? "list[str]"
                                           : "";
    return strcmp(type, "list") == 0 && r->out->takes == 1 ? list_shape(r) : "";
}

/* What a parameter's name says of it, which is little; `type`: of the head, "" none. */
static const char *shape_by_name(const char *name, const char *type)
{
    static const char *const names[][2] = {
        {"text string s word sentence title message line phrase post noun markdown html csv name "
         "code",
         "str"},
        {"numbers nums values integers ints heights readings scores temperatures strengths prices",
         "list[int]"},
        {"words names lines strings titles", "list[str]"},
        {"n k number count amount year days seconds minutes limit size width length steps months",
         "int"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (in(name, names[i][0]) && (!*type || strncmp(type, names[i][1], strlen(type)) == 0))
            return names[i][1];
    return "";
}

/* The name of the parameter with this number, from 0; "" there is none. */
static void name_of(const char *params, int number, char out[24])
{
    const char *p = params;
    size_t n;
    for (; number > 0 && (p = strchr(p, ',')); number--)
        p += 1 + strspn(p + 1, " ");
    n = p ? strcspn(p, ",") : 0;
    snprintf(out, 24, "%.*s", n < 24 ? (int)n : 0, p ? p : "");
}

static void remove_rule(struct properties *out, const char *name)
{
    size_t n = out->sure;
    for (size_t i = out->sure; i < out->count; i++)
        if (strcmp(out->list[i].name, name) != 0)
            out->list[n++] = out->list[i];
    out->count = n;
}

/* Types of the parameters: by the head; of a lone one that a sure rule is about, by the words; else
 * by their names, and then that an input raises an error says nothing. */
static void read_shapes(struct reading *r)
{
    struct properties *out = r->out;
    const int takes = out->takes;
    bool guessed = false;
    if (takes < 1 || takes > SHAPES_MAX)
        return;
    for (int i = 0; i < takes; i++) {
        char type[12], inner[12], name[24];
        const char *shape;
        annotation(r, i, type, inner);
        name_of(r->examples->params, i, name);
        shape = shape_by_type(r, type, inner);
        if (!*shape && !*type && takes == 1 && out->sure)
            shape = subject_is(r, 's') ? "str" : subject_is(r, 'l') ? "list[int]" : "";
        if (!*type && strcmp(shape, "list[int]") == 0 && *list_shape(r))
            shape = list_shape(r);
        if (!*shape && !*type && out->loose)
            shape = "int";
        if (!*shape && !*inner) {
            shape = shape_by_name(name, type);
            guessed = true;
        }
        if (!*shape)
            return;
        out->shapes[i] = shape;
    }
    out->shape_count = takes;
    if (guessed && !out->sure)
        remove_rule(out, "answers");
}

/* ---- rules ---- */

static struct property *add(struct properties *out, const char *name, size_t n, bool sure)
{
    struct property *p;
    for (size_t i = 0; i < out->count; i++)
        if (strlen(out->list[i].name) == n && memcmp(out->list[i].name, name, n) == 0)
            return NULL;
    if (out->count == PROPERTIES_MAX || n >= sizeof p->name || (sure && out->count > out->sure))
        return NULL;
    p = &out->list[out->count++];
    *p = (struct property){.sure = sure, .type = "", .of = "", .other = ""};
    memcpy(p->name, name, n);
    out->sure += sure;
    return p;
}

static void add_all(struct properties *out, const char *names, bool sure)
{
    for (const char *p = names; *p;) {
        size_t n = strcspn(p, " ");
        add(out, p, n, sure);
        p += n;
        p += strspn(p, " ");
    }
}

static bool fires(const struct reading *r, const struct property_rule *rule)
{
    static const char conditions[] = "if when unless whether otherwise";
    const struct words *w = r->words;
    if (has_any(w, rule->veto))
        return false;
    for (int i = 0; i < w->count; i++)
        if (match(r, rule->phrase, i) >= 0 &&
            (rule->phrase[0] == '^' || strcmp(rule->names, "symmetric") == 0 ||
             !between(w, clause_begin(w, i), i, conditions)))
            return true;
    return false;
}

/* Those that are sure first. A lone one that is sure wins: two say that the task is more than each.
 */
static void by_phrases(struct reading *r)
{
    const char *fired = NULL;
    for (size_t i = 0; i < property_rule_count; i++) {
        const struct property_rule *rule = &property_rules[i];
        if (!rule->sure || r->out->takes > 1 || (fired && strncmp(fired, rule->names, 8) == 0) ||
            !subject_is(r, rule->subject) || !fires(r, rule))
            continue;
        if (fired) {
            r->out->count = r->out->sure = 0;
            break;
        }
        fired = rule->names;
        add_all(r->out, fired, true);
    }
    for (size_t i = 0; i < property_rule_count; i++)
        if (!property_rules[i].sure && fires(r, &property_rules[i]))
            add_all(r->out, property_rules[i].names, false);
}

/* ---- in what order the answer is ---- */

/* Where the sentence that holds p begins. */
static const char *sentence_begin(const char *text, const char *p)
{
    while (p > text && !(strchr(".!?:;", p[-1]) && isspace((unsigned char)*p)) && p[-1] != '"')
        p--;
    return p;
}

/* "returns … in ascending order", in a sentence that says nothing of parts or conditions. */
static void by_order(struct reading *r, struct words *sentence)
{
    static const char verbs[] = "return returns returning give gives";
    static const char strange[] =
        "by then same equal equally tie ties each every per within group groups key keys row rows "
        "column columns if when whose are is was dict dictionary maps mapping map tuple "
        "tuples pair pairs index indices already sum count number reverse reversed "
        "lists except not frequency length unless otherwise most";
    static const char *const orders[][2] = {{" in ascending order", "ascending"},
                                            {" in increasing order", "ascending"},
                                            {" in alphabetical order", "ascending"},
                                            {" in descending order", "descending"},
                                            {" in decreasing order", "descending"}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const char *at = strstr(r->text, orders[i][0]), *after, *begin;
        char *copy;
        if (!at)
            continue;
        after = at + strlen(orders[i][0]);
        begin = sentence_begin(r->text, at);
        copy = strndup(begin, (size_t)(at - begin));
        if (!copy)
            return;
        words_read(copy, sentence);
        free(copy);
        if ((!*after || strchr(".,;\"\n)", *after)) && has_any(sentence, verbs) &&
            !has_any(sentence, strange))
            add(r->out, orders[i][1], strlen(orders[i][1]), false);
    }
}

/* ---- of which type the answer is ---- */

static const char *type_of(const char *word)
{
    static const char *const names[][2] = {
        {"list", "list"},   {"string", "str"},   {"dict", "dict"}, {"dictionary", "dict"},
        {"tuple", "tuple"}, {"boolean", "bool"}, {"str", "str"},   {"int", "int"},
        {"integer", "int"}, {"float", "float"},  {"bool", "bool"}, {"set", "set"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], word) == 0)
            return names[i][1];
    return "";
}

/* "return a list of …": what follows the word says that it is the answer itself. */
static const char *type_by_words(const struct words *w)
{
    const char *type = "";
    for (int i = 0; i + 2 < w->count; i++) {
        int at = i + 2;
        const char *found;
        if (!in(w->list[i], "return returns") || w->joined[i + 1] || w->joined[at] ||
            !in(w->list[i + 1], "a"))
            continue;
        if (in(w->list[at], "new sorted single") && at + 1 < w->count && !w->joined[at + 1])
            at++;
        found = type_of(w->list[at]);
        if (!*found || !(at + 1 == w->count || w->joined[at + 1] ||
                         in(w->list[at + 1], "of with that which where containing mapping from")))
            continue;
        for (int k = at; k < w->count && (k == at || !w->joined[k]); k++)
            if (in(w->list[k], "or either"))
                return "";
        if (*type && strcmp(type, found) != 0)
            return "";
        type = found;
    }
    return type;
}

/* The type of a literal; "" not known, or one among others. */
static const char *type_of_literal(const char *p, size_t n)
{
    if (!n)
        return "";
    switch (*p) {
    case '[':
        return "list";
    case '(':
        return "tuple";
    case '\'':
    case '"':
        return "str";
    case '{':
        return memchr(p, ':', n) || n == 2 ? "dict" : "set";
    default:
        break;
    }
    if (*p == 'T' || *p == 'F')
        return "bool";
    return isdigit((unsigned char)*p) || *p == '-' ? memchr(p, '.', n) ? "float" : "int" : "";
}

/* The type of all answers among the examples, of which there must be several; "" they differ, or
 * the words say that there are others. */
static const char *type_by_examples(const struct reading *r)
{
    static const char others[] =
        "none null nothing optional nan otherwise else error errors invalid "
        "false true raise raises empty instead unless inf infinity missing";
    static const char texts[] = "say says string strings text word message name names";
    const struct examples *x = r->examples;
    const char *type = "";
    if (x->count < 2 || has_any(r->words, others))
        return "";
    for (size_t i = 0; i < x->count; i++) {
        const char *one = type_of_literal(x->list[i].expected, x->list[i].expected_len);
        if (x->list[i].kind != EXAMPLE_IS || x->list[i].view)
            return "";
        if (!*one || (*type && strcmp(type, one) != 0))
            return "";
        type = one;
    }
    return strcmp(type, "str") != 0 && has_any(r->words, texts) ? "" : type;
}

static void by_type(struct reading *r)
{
    const struct words *w = r->words;
    const bool none = has_any(w, "none null nothing optional nan");
    struct property *p;
    char type[12], inner[12];
    const char *known;
    annotation(r, -1, type, inner);
    known = type[0] ? type_of(type) : type_by_words(w);
    if (!type[0] && has_any(w, "otherwise else error false"))
        known = "";
    if (!*known && !type[0])
        known = type_by_examples(r);
    p = *known ? add(r->out, "typed", 5, false) : NULL;
    if (!p)
        return;
    p->type = known;
    p->none = none;
}

/* ---- how it behaves ---- */

/* The same call again gives the same, unless chance or time has a part in it. */
static void by_nature(struct reading *r)
{
    static const char chance[] =
        "random randomly randomized randomize shuffle shuffles shuffled shuffling uuid guid now "
        "today "
        "todays today's dice die roll rolls toss coin lottery pick picks generator yield yields "
        "stateful counter clock timestamp seed noise sample sampling simulate simulates simulation "
        "monte-carlo token password passwords memory address id ids session calls times-called "
        "called "
        "previous history global iterator object class";
    static const char trouble[] =
        "raise raises raised error errors exception exceptions invalid valid validate illegal "
        "malformed "
        "assert divide divides division divided date dates time times hh format json csv regex "
        "expression parse parses roman morse binary hexadecimal hex decode decodes xml url path "
        "file "
        "template equation matrix grid board tree graph nested least exactly maximum_of non-empty "
        "nonempty power factorial square root sqrt log logarithm triangle valid-only ascii";
    char type[12], inner[12];
    if (!has_any(r->words, chance))
        add(r->out, "steady", 6, false);
    annotation(r, 0, type, inner);
    if (r->out->takes != 1 || has_any(r->words, trouble) || has_any(r->words, chance))
        return;
    if (r->out->sure ||
        (strcmp(type, "str") == 0 && has_any(r->words, "text string sentence word")) ||
        (strcmp(type, "list") == 0 && strcmp(inner, "int") == 0))
        add(r->out, "answers", 7, false);
}

/* Two functions of the task that undo each other, each called by name: encode(…) and decode(…). */
static void by_pair(struct reading *r)
{
    static const char *const pairs[][2] = {
        {"encode", "decode"},       {"compress", "decompress"}, {"serialize", "deserialize"},
        {"encrypt", "decrypt"},     {"pack", "unpack"},         {"escape", "unescape"},
        {"compress", "uncompress"}, {"flatten", "unflatten"},
    };
    static const char lossy[] = "lossy approximate approximately truncate truncated round rounded "
                                "hash checksum key shift keyword";
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char one[24], other[24], line[32];
        const char *p, *q;
        struct property *made;
        snprintf(one, sizeof one, "%s(", pairs[i][0]);
        snprintf(other, sizeof other, "%s(", pairs[i][1]);
        snprintf(line, sizeof line, " %s", other);
        p = strstr(r->text, one);
        q = strstr(r->text, line);
        if (!p || !q || has_any(r->words, lossy) || (p > r->text && p[-1] != ' ' && p[-1] != '\n'))
            continue;
        made = add(r->out, "round_trip", 10, false);
        if (made) {
            made->of = pairs[i][0];
            made->other = pairs[i][1];
        }
        return;
    }
}

/* ---- all of it ---- */

/* The line "def name(" of the function that is asked for. */
static const char *head_of(const char *text, const char *name)
{
    char def[80];
    snprintf(def, sizeof def, "def %.64s(", name);
    return name[0] ? strstr(text, def) : NULL;
}

/* Whether inputs may be made of types (check/made_calls.h), and something is known that most
 * programs could break: the head has types, or a rule comes from the words. */
static bool is_worth_inputs(const struct reading *r)
{
    const char *open = r->def ? strchr(r->def, '(') : NULL;
    if (open && memchr(open, ':', strcspn(open, ")\n")))
        return true;
    for (size_t i = 0; i < r->out->count; i++)
        if (!in(r->out->list[i].name, "steady answers typed"))
            return true;
    return false;
}

static void derive(struct reading *r)
{
    const struct examples *x = r->examples;
    struct properties *out = r->out;
    out->takes = x->takes > 0 && x->takes < 90 ? x->takes : arguments_of(x);
    by_phrases(r);
    if (out->takes < 0 && out->sure) /* such a rule is about one list or text, of whatever */
        out->takes = 1;
    by_pair(r);
    by_type(r);
    by_nature(r);
    for (size_t i = 0; i < out->count; i++)
        out->loose |= strcmp(out->list[i].name, "symmetric") == 0;
    if (!x->count)
        read_shapes(r);
    by_order(r, r->words); /* the last one: it reads other words */
    out->open = !x->count && !out->shape_count;
    if (out->open && !is_worth_inputs(r))
        out->count = out->sure = 0;
}

/* The text with its lines joined where a sentence goes on in the next one. */
static char *joined_lines(const char *text)
{
    char *copy = strdup(text), *to = copy;
    for (const char *p = text; copy && *p; p++) {
        const char *next = p + 1 + strspn(p + 1, " \t");
        if (*p == '\n' && islower((unsigned char)*next)) {
            *to++ = ' ';
            p = next - 1;
        } else {
            *to++ = *p;
        }
    }
    if (copy)
        *to = 0;
    return copy;
}

void properties_of(const char *text, const struct examples *x, struct properties *out)
{
    struct words *words = malloc(sizeof *words); /* too large for a fiber's stack */
    char *whole = joined_lines(text);
    struct reading r = {.text = whole, .words = words, .examples = x, .out = out};
    memset(out, 0, sizeof *out);
    out->takes = -1;
    if (words && whole) {
        r.def = head_of(whole, x->function);
        words_read(whole, words);
        derive(&r);
    }
    free(whole);
    free(words);
}
