/* Expressions in signs and words, by recursive descent. Each node knows about how large it can get,
 * so that what would never end is refused before it begins. */
#include "core/words/arithmetic_parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BETWEEN_MAX = 50000 }; /* digits of a number on the way to the result */

/* ---- tokens ---- */

static const struct token *next(const struct parser *p)
{
    return &p->tokens.list[p->at];
}

/* Length of the match in tokens; 0: none. */
static int match(const struct parser *p, const char *words, size_t n)
{
    int i = p->at;
    const char *end = words + n;
    while (words < end) {
        size_t k = 0;
        const struct token *t = &p->tokens.list[i];
        while (words + k < end && words[k] != ' ')
            k++;
        if (t->type == TOKEN_NUMBER || strlen(t->text) != k || memcmp(t->text, words, k) != 0)
            return 0;
        i++;
        words += k + (words + k < end);
    }
    return i - p->at;
}

bool parser_sees(const struct parser *p, const char *words)
{
    return match(p, words, strlen(words)) > 0;
}

bool parser_takes(struct parser *p, const char *words)
{
    int n = match(p, words, strlen(words));
    p->at += n;
    return n > 0;
}

bool parser_takes_any(struct parser *p, const char *alternatives)
{
    while (*alternatives) {
        size_t k = strcspn(alternatives, "|");
        int n = match(p, alternatives, k);
        p->at += n;
        if (n)
            return true;
        alternatives += k + (alternatives[k] == '|');
    }
    return false;
}

/* ---- nodes ---- */

int parser_fail(struct parser *p)
{
    p->failed = true;
    return -1;
}

static struct node *node(struct parser *p, int i)
{
    return &p->x.nodes[i];
}

/* The rest is read all the same: only what is a calculation as a whole is refused as one. */
static void refuse(struct parser *p, double digits)
{
    if (!p->refused)
        snprintf(p->why, sizeof p->why,
                 digits < 1e15 ? "a number in it has about %.0f digits; more than %d are not "
                                 "computed"
                               : "a number in it has more digits than can be told (%.0e); more "
                                 "than %d are not computed",
                 digits, ARITHMETIC_DIGITS_MAX);
    p->refused = true;
}

static int add(struct parser *p, struct node n)
{
    double digits = n.over > n.under ? n.over : n.under;
    if (p->failed)
        return -1;
    if (p->x.count == NODES_MAX)
        return parser_fail(p);
    if (!(digits <= BETWEEN_MAX)) {
        refuse(p, digits);
        n.over = n.under = BETWEEN_MAX;
    }
    p->x.nodes[p->x.count] = n;
    return p->x.count++;
}

int parser_number(struct parser *p, long long n)
{
    char text[32];
    struct tokens *t = &p->tokens;
    size_t len = (size_t)snprintf(text, sizeof text, "%lld", n);
    struct node k = {.op = OP_NUMBER, .a = -1, .b = -1, .value = (double)n, .over = (double)len};
    if (t->used + len + 1 > sizeof t->pool)
        return parser_fail(p);
    k.text = memcpy(t->pool + t->used, text, len + 1);
    t->used += len + 1;
    return add(p, k);
}

static int number_node(struct parser *p, const struct token *t)
{
    const char *e = strpbrk(t->text, "eE"), *point = strchr(t->text, '.');
    double power = e ? strtod(e + 1, NULL) : 0;
    size_t all = strlen(t->text), after = point ? strcspn(point + 1, "eE") : 0;
    struct node k = {.op = OP_NUMBER, .a = -1, .b = -1, .text = t->text, .value = t->value};
    k.over = (double)all + (power > 0 ? power : 0);
    k.under = (double)after + (power < 0 ? -power : 0);
    if (point || e)
        p->x.fraction = false;
    return add(p, k);
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double digits_of(double value)
{
    return value == 0 || !isfinite(value) ? 0 : fabs(log10(fabs(value)));
}

/* A whole exponent keeps the number exact; any other one makes it irrational. */
static void bound_power(struct node *n, const struct node *a, const struct node *b)
{
    double k = fabs(b->value), over = a->over, under = a->under;
    if (a->value != 0 && isfinite(a->value) && a->under == 0)
        over = digits_of(a->value) + 1e-9; /* 1^k stays 1 */
    n->value = pow(a->value, b->value);
    if (!isfinite(b->value) || b->value == floor(b->value)) {
        n->over = b->value < 0 ? under * k : over * k;
        n->under = b->value < 0 ? over * k : under * k;
        n->over += 1;
        n->rough |= !isfinite(b->value) && !(over * k <= 1);
        if (isnan(n->over) || isnan(n->under))
            n->over = INFINITY;
        return;
    }
    n->rough = true;
    n->over = (over + under) * k + 80;
    n->under = 80;
}

static void bound(struct node *n, const struct node *a, const struct node *b)
{
    switch (n->op) {
    case OP_ADD:
    case OP_SUBTRACT:
        n->value = n->op == OP_ADD ? a->value + b->value : a->value - b->value;
        n->over = larger(a->over + b->under, b->over + a->under) + 1;
        n->under = a->under + b->under;
        break;
    case OP_MODULO:
        n->value = b->value != 0 ? a->value - b->value * floor(a->value / b->value) : 0;
        n->over = b->over + a->under; /* less than b */
        n->under = a->under + b->under;
        break;
    case OP_MULTIPLY:
        n->value = a->value * b->value;
        n->over = a->over + b->over;
        n->under = a->under + b->under;
        break;
    case OP_DIVIDE:
        n->value = b->value != 0 ? a->value / b->value : 0;
        n->over = a->over + b->under;
        n->under = a->under + b->over;
        break;
    case OP_POWER:
        bound_power(n, a, b);
        break;
    case OP_PERCENT:
        n->value = a->value / 100;
        n->over = a->over;
        n->under = a->under + 2;
        break;
    case OP_FACTORIAL:
        n->value = tgamma(a->value + 1);
        n->over = a->value > 1 ? lgamma(a->value + 1) / log(10) + 1 : a->over;
        break;
    default: /* negate */
        n->value = -a->value;
        n->over = a->over;
        n->under = a->under;
    }
}

int parser_node(struct parser *p, enum op op, int a, int b)
{
    struct node n = {.op = op, .a = a, .b = b};
    if (a < 0 || p->failed)
        return -1;
    n.rough = node(p, a)->rough || (b >= 0 && node(p, b)->rough);
    bound(&n, node(p, a), b >= 0 ? node(p, b) : node(p, a));
    p->operations += op != OP_NEGATE;
    if (op == OP_PERCENT)
        p->x.fraction = false;
    return add(p, n);
}

static int argument(struct parser *p, int value, int rest)
{
    struct node n = {.op = OP_ARGUMENT, .a = value, .b = rest};
    return value < 0 ? -1 : add(p, n);
}

static bool one_of(const char *word, const char *list)
{
    const char *at = list;
    size_t n = strlen(word);
    while ((at = strstr(at, word))) {
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
        at += n;
    }
    return false;
}

static double choose_digits(double n, double k)
{
    return n < 2 || k < 0 || k > n ? 1
                                   : (lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)) / log(10);
}

/* What a function makes of its arguments, about. */
static void bound_call(struct parser *p, struct node *n, const char *f)
{
    double over = 0, under = 0, first = node(p, node(p, n->a)->a)->value, second = 0;
    for (int i = n->a; i >= 0; i = node(p, i)->b) {
        const struct node *v = node(p, node(p, i)->a);
        over = strcmp(f, "lcm") == 0 ? over + v->over : larger(over, v->over);
        under = larger(under, v->under);
        n->rough |= v->rough;
        second = v->value;
    }
    n->value = first;
    if (one_of(f, "sqrt cbrt root ln log exp sin cos tan")) {
        n->rough = true;
        n->value = strcmp(f, "sqrt") == 0   ? sqrt(first)
                   : strcmp(f, "cbrt") == 0 ? cbrt(first)
                   : strcmp(f, "exp") == 0  ? exp(first)
                   : strcmp(f, "log") == 0  ? log(first) / log(second)
                                            : 1;
        over = larger(over, 1) + 80 + (strcmp(f, "exp") == 0 ? fabs(first) / 2.3 : 0);
        under = larger(under, 1) + 80;
    } else if (strcmp(f, "choose") == 0) {
        over = larger(over, choose_digits(first, second) + 1);
        n->value = pow(10, over);
    } else if (one_of(f, "gcd lcm min max")) {
        n->value = larger(first, second);
    }
    n->over = over;
    n->under = one_of(f, "gcd lcm floor ceil choose") ? 0 : under;
}

static int call_list(struct parser *p, const char *function, int list)
{
    struct node n = {.op = OP_CALL, .a = list, .b = -1, .text = function};
    if (list < 0 || p->failed)
        return -1;
    p->operations++;
    p->x.fraction &= one_of(function, "gcd lcm abs min max");
    bound_call(p, &n, function);
    return add(p, n);
}

int parser_call(struct parser *p, const char *function, int first, int second)
{
    int rest = second < 0 ? -1 : argument(p, second, -1);
    return first < 0 ? -1 : call_list(p, function, argument(p, first, rest));
}

int parser_join(struct parser *p, int list, enum op op)
{
    int all = list < 0 ? -1 : node(p, list)->a;
    for (int i = list < 0 ? -1 : node(p, list)->b; i >= 0; i = node(p, i)->b)
        all = parser_node(p, op, all, node(p, i)->a);
    return all;
}

/* ---- lists ---- */

static bool between_items(struct parser *p)
{
    if (parser_takes(p, ",")) {
        (void)parser_takes(p, "and");
        return true;
    }
    return parser_takes(p, "and") || parser_takes(p, "&");
}

/* The whole of "(1, 2, 3)" is a list, "(1 + 2) and 3" begins with an operand. */
static bool bracketed(const struct parser *p)
{
    int open = 0, i = p->at;
    bool comma = false;
    if (!parser_sees(p, "("))
        return false;
    for (; p->tokens.list[i].type != TOKEN_END; i++) {
        const struct token *t = &p->tokens.list[i];
        if (t->type != TOKEN_SIGN)
            continue;
        open += *t->text == '(' ? 1 : *t->text == ')' ? -1 : 0;
        comma |= *t->text == ',' && open == 1;
        if (!open)
            break;
    }
    return comma;
}

int parser_list(struct parser *p, int *n)
{
    int values[64], list = -1;
    bool brackets = bracketed(p);
    *n = 0;
    if (brackets)
        p->at++;
    do {
        if (*n == 64 || (values[*n] = parser_expression(p)) < 0)
            return parser_fail(p);
        ++*n;
    } while (between_items(p));
    if (brackets && !parser_takes(p, ")"))
        return parser_fail(p);
    for (int i = *n; i-- > 0;)
        list = argument(p, values[i], list);
    return list;
}

/* ---- functions ---- */

/* What is written in words, and which function it is; the number of arguments, 0: a list. */
static const struct {
    const char *words, *function;
    int arguments;
} functions[] = {
    {"square root|sqrt|root", "sqrt", 1},
    {"cube root|cbrt|cubic root", "cbrt", 1},
    {"absolute value|abs|modulus", "abs", 1},
    {"greatest common divisor|greatest common factor|highest common factor|largest common divisor|"
     "gcd|hcf|gcf",
     "gcd", 0},
    {"least common multiple|lowest common multiple|smallest common multiple|lcm", "lcm", 0},
    {"maximum|max|largest|biggest|greatest", "max", 0},
    {"minimum|min|smallest|least", "min", 0},
    {"natural logarithm|natural log|ln", "ln", 1},
    {"log10", "log", 1},
    {"log2", "log2", 1},
    {"exp", "exp", 1},
    {"sine|sin", "sin", 1},
    {"cosine|cos", "cos", 1},
    {"tangent|tan", "tan", 1},
    {"floor", "floor", 1},
    {"ceiling|ceil", "ceil", 1},
    {"factorial", "factorial", 1},
    {"sum|total", "+", 0},
    {"product", "*", 0},
    {"average|mean|arithmetic mean", "average", 0},
    {"difference", "-", 2},
    {"quotient", "/", 2},
    {"reciprocal|inverse", "reciprocal", 1},
    {"square", "square", 1},
    {"cube", "cube", 1},
    {"half", "half", 1},
    {"double|twice", "double", 1},
    {"triple", "triple", 1},
    {"pow|power", "power", 2},
    {"binomial|ncr|choose", "choose", 2},
};

/* Degrees are told; without a word the argument counts as radians. */
static int angle(struct parser *p, int a)
{
    struct node pi = {.op = OP_NAME, .a = -1, .b = -1, .text = "pi", .value = 3.14159265358979};
    int turn;
    if (!p->angle || !parser_takes_any(p, "degrees|degree|deg")) {
        if (p->angle)
            (void)parser_takes_any(p, "radians|radian|rad");
        return a;
    }
    pi.rough = true;
    pi.over = pi.under = 80;
    turn = parser_node(p, OP_DIVIDE, add(p, pi), parser_number(p, 180));
    return parser_node(p, OP_MULTIPLY, a, turn);
}

static int apply_one(struct parser *p, const char *f, int a)
{
    if (strcmp(f, "square") == 0)
        return parser_node(p, OP_POWER, a, parser_number(p, 2));
    if (strcmp(f, "cube") == 0)
        return parser_node(p, OP_POWER, a, parser_number(p, 3));
    if (strcmp(f, "reciprocal") == 0)
        return parser_node(p, OP_DIVIDE, parser_number(p, 1), a);
    if (strcmp(f, "half") == 0)
        return parser_node(p, OP_DIVIDE, a, parser_number(p, 2));
    if (strcmp(f, "double") == 0)
        return parser_node(p, OP_MULTIPLY, parser_number(p, 2), a);
    if (strcmp(f, "triple") == 0)
        return parser_node(p, OP_MULTIPLY, parser_number(p, 3), a);
    if (strcmp(f, "factorial") == 0)
        return parser_node(p, OP_FACTORIAL, a, -1);
    if (strcmp(f, "log2") == 0)
        return parser_call(p, "log", a, parser_number(p, 2));
    if (strcmp(f, "log") == 0)
        return parser_call(p, "log", a, parser_number(p, 10));
    return parser_call(p, f, a, -1);
}

static int apply_two(struct parser *p, const char *f, int a, int b)
{
    return strcmp(f, "-") == 0       ? parser_node(p, OP_SUBTRACT, a, b)
           : strcmp(f, "/") == 0     ? parser_node(p, OP_DIVIDE, a, b)
           : strcmp(f, "power") == 0 ? parser_node(p, OP_POWER, a, b)
                                     : parser_call(p, f, a, b);
}

/* "first 100 integers", "numbers from 1 to 100", "1 to 100": a sum by its formula. */
static int sum_of_row(struct parser *p)
{
    int from = p->at, low, high, two, count;
    bool first;
    (void)parser_takes_any(p, "all the|all|the");
    first = parser_takes(p, "first");
    if (!first)
        (void)parser_takes_any(p,
                               "positive integers|natural numbers|whole numbers|integers|numbers");
    if (!first)
        (void)parser_takes_any(p, "from|between");
    low = first ? parser_number(p, 1) : parser_operand(p);
    if (!first && !parser_takes_any(p, "to|through|up to|.. "))
        low = -1;
    high = low < 0 ? -1 : parser_operand(p);
    if (first && high >= 0 &&
        !parser_takes_any(p, "positive integers|natural numbers|whole numbers|counting numbers|"
                             "positive whole numbers|integers|numbers"))
        high = -1;
    if (low < 0 || high < 0) {
        p->failed = false;
        p->at = from;
        return -1;
    }
    two = parser_number(p, 2);
    if (first)
        return parser_node(p, OP_DIVIDE,
                           parser_node(p, OP_MULTIPLY, high, parser_node(p, OP_ADD, high, low)),
                           two);
    count = parser_node(p, OP_ADD, parser_node(p, OP_SUBTRACT, high, low), parser_number(p, 1));
    return parser_node(p, OP_DIVIDE,
                       parser_node(p, OP_MULTIPLY, parser_node(p, OP_ADD, low, high), count), two);
}

static int apply_list(struct parser *p, const char *f)
{
    int n, list, sum = strcmp(f, "+") == 0 && !bracketed(p) ? sum_of_row(p) : -1;
    if (sum >= 0)
        return sum;
    (void)parser_takes_any(p, "numbers|these numbers");
    list = parser_list(p, &n);
    if (list < 0 || n < 2)
        return parser_fail(p);
    if (strcmp(f, "+") == 0)
        return parser_join(p, list, OP_ADD);
    if (strcmp(f, "*") == 0)
        return parser_join(p, list, OP_MULTIPLY);
    if (strcmp(f, "average") == 0)
        return parser_node(p, OP_DIVIDE, parser_join(p, list, OP_ADD), parser_number(p, n));
    return call_list(p, f, list);
}

/* Behind the name: "(…)", "of …", or the operand at once. */
static int apply(struct parser *p, const char *f, int arguments)
{
    int n = 0, list, a;
    bool of = parser_takes_any(p, "of the|of|between|for");
    p->x.fraction &= one_of(f, "gcd lcm abs min max + *");
    if (arguments == 0)
        return apply_list(p, f);
    if (arguments == 1) {
        bool angle_before = p->angle;
        p->angle = one_of(f, "sin cos tan");
        a = parser_operand(p);
        p->angle = angle_before;
        return apply_one(p, f, a);
    }
    if (!of && !parser_sees(p, "("))
        return parser_fail(p);
    list = parser_list(p, &n);
    if (list < 0 || n != 2)
        return parser_fail(p);
    return apply_two(p, f, node(p, list)->a, node(p, node(p, list)->b)->a);
}

/* "log base 2 of 1024", "log(100)", "log(8, 2)": ten without a base. */
static int logarithm(struct parser *p)
{
    int base = -1, list, n = 0;
    if (parser_takes_any(p, "to base|base"))
        base = parser_operand(p);
    (void)parser_takes(p, "of");
    list = parser_sees(p, "(") && base < 0 && bracketed(p) ? parser_list(p, &n) : -1;
    if (n == 2)
        return parser_call(p, "log", node(p, list)->a, node(p, node(p, list)->b)->a);
    list = n ? -1 : parser_operand(p);
    if (base < 0 && parser_takes_any(p, "to base|in base|base"))
        base = parser_operand(p);
    return parser_call(p, "log", list, base < 0 ? parser_number(p, 10) : base);
}

/* "root(16, 4)", as it is shown; "root of 16" is a square root. */
static int any_root(struct parser *p)
{
    int n, list;
    p->at++;
    if (!bracketed(p)) {
        p->at--;
        return -1;
    }
    list = parser_list(p, &n);
    if (list < 0 || n != 2)
        return parser_fail(p);
    return parser_call(p, "root", node(p, list)->a, node(p, node(p, list)->b)->a);
}

static int function(struct parser *p)
{
    int root = parser_sees(p, "root") ? any_root(p) : -1;
    if (root >= 0 || p->failed)
        return root;
    if (parser_takes_any(p, "logarithm|log"))
        return logarithm(p);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (parser_takes_any(p, functions[i].words))
            return apply(p, functions[i].function, functions[i].arguments);
    return parser_fail(p);
}

/* ---- operands ---- */

/* "two thirds of 90", "a quarter of 10": what an ordinal divides by; 0: it is none. */
static long long part(const struct token *t)
{
    static const char *const parts[] = {"half",    "third",  "fourth", "fifth", "sixth",
                                        "seventh", "eighth", "ninth",  "tenth"};
    size_t n = strlen(t->text);
    if (t->type != TOKEN_WORD)
        return 0;
    for (int i = 0; i < 9; i++)
        if (strncmp(t->text, parts[i], strlen(parts[i])) == 0 &&
            (n == strlen(parts[i]) || strcmp(t->text + strlen(parts[i]), "s") == 0))
            return i + 2;
    return strcmp(t->text, "quarter") == 0 || strcmp(t->text, "quarters") == 0 ? 4 : 0;
}

static int parts_of(struct parser *p, int count)
{
    int share = parser_node(p, OP_DIVIDE, count, parser_number(p, part(next(p))));
    p->at++;
    if (!parser_takes(p, "of"))
        return share;
    return parser_node(p, OP_MULTIPLY, share, parser_operand(p));
}

/* "4th root of 16" is typed as 4, th. */
static int nth_root(struct parser *p, int n)
{
    (void)parser_takes(p, "of");
    return parser_call(p, "root", parser_operand(p), n);
}

static int constant(struct parser *p, const char *name, double value)
{
    struct node k = {.op = OP_NAME, .a = -1, .b = -1, .text = name, .value = value, .rough = true};
    k.over = k.under = 80;
    p->x.fraction = false;
    p->operations++;
    return add(p, k);
}

static int primary(struct parser *p)
{
    const struct token *t = next(p);
    int a;
    if (t->type == TOKEN_NUMBER) {
        p->at++;
        a = number_node(p, t);
        if (parser_takes_any(p, "th root|rd root|nd root"))
            return nth_root(p, a);
        return part(next(p)) ? parts_of(p, a) : a;
    }
    if (parser_takes(p, "(")) {
        a = parser_expression(p);
        return parser_takes(p, ")") ? a : parser_fail(p);
    }
    (void)parser_takes_any(p, "the|a|an");
    if (parser_takes(p, "pi"))
        return constant(p, "pi", 3.14159265358979);
    if (parser_takes(p, "e"))
        return constant(p, "e", 2.71828182845905);
    if (strcmp(next(p)->text, "half") != 0 && part(next(p)))
        return parts_of(p, parser_number(p, 1));
    return function(p);
}

/* A percent sign with an operand behind it divides with remainder; alone it is a hundredth. */
static bool percent(struct parser *p)
{
    const struct token *t = next(p), *after = t + 1;
    if (parser_takes_any(p, "percent|per cent|pct"))
        return true;
    if (t->type != TOKEN_SIGN || *t->text != '%')
        return false;
    if (after->type == TOKEN_NUMBER || (after->type == TOKEN_SIGN && *after->text == '('))
        return false;
    p->at++;
    return true;
}

static int percent_of(struct parser *p, int a)
{
    int share = parser_node(p, OP_PERCENT, a, -1), whole;
    (void)parser_takes_any(p, "tip|tax|discount|vat|interest");
    if (parser_takes_any(p, "of the|of|on"))
        return parser_node(p, OP_MULTIPLY, share, parser_operand(p));
    if (!parser_takes(p, "off"))
        return share;
    whole = parser_operand(p);
    return parser_node(p, OP_MULTIPLY, whole,
                       parser_node(p, OP_SUBTRACT, parser_number(p, 1), share));
}

static int postfix(struct parser *p)
{
    int a = primary(p);
    while (a >= 0 && !p->failed) {
        if (percent(p))
            a = percent_of(p, a);
        else if (parser_takes(p, "squared"))
            a = parser_node(p, OP_POWER, a, parser_number(p, 2));
        else if (parser_takes(p, "cubed"))
            a = parser_node(p, OP_POWER, a, parser_number(p, 3));
        else if (parser_takes_any(p, "!|factorial"))
            a = parser_node(p, OP_FACTORIAL, a, -1);
        else if (parser_takes(p, "choose"))
            a = parser_call(p, "choose", a, parser_operand(p));
        else
            break;
    }
    return a < 0 ? -1 : angle(p, a);
}

static int signed_operand(struct parser *p)
{
    int a;
    if (p->failed || ++p->depth > DEPTH_MAX)
        return parser_fail(p);
    if (parser_takes_any(p, "-|minus|negative")) {
        a = signed_operand(p);
        a = a < 0 ? -1 : parser_node(p, OP_NEGATE, a, -1);
    } else if (parser_takes(p, "+")) {
        a = signed_operand(p);
    } else {
        a = postfix(p);
        if (a >= 0 && parser_takes_any(p, "^|to the power of|raised to the power of|raised to|"
                                          "to the power"))
            a = parser_node(p, OP_POWER, a, signed_operand(p));
        else if (a >= 0 && parser_sees(p, "to the") &&
                 p->tokens.list[p->at + 2].type == TOKEN_NUMBER) {
            p->at += 2; /* "2 to the 10th" */
            a = parser_node(p, OP_POWER, a, postfix(p));
            (void)parser_takes_any(p, "th power|th|nd power|rd power|power");
        }
    }
    p->depth--;
    return a;
}

int parser_operand(struct parser *p)
{
    return signed_operand(p);
}

static int term(struct parser *p)
{
    int a = signed_operand(p);
    while (a >= 0) {
        if (parser_takes_any(p, "*|times|multiplied by|x"))
            a = parser_node(p, OP_MULTIPLY, a, signed_operand(p));
        else if (parser_takes_any(p, "/|over"))
            a = parser_node(p, OP_DIVIDE, a, signed_operand(p));
        else if (parser_takes_any(p, "divided by|div by")) {
            p->x.fraction = false; /* who says it in words wants a decimal */
            a = parser_node(p, OP_DIVIDE, a, signed_operand(p));
        } else if (parser_takes_any(p, "%|mod|modulo"))
            a = parser_node(p, OP_MODULO, a, signed_operand(p));
        else if (p->x.nodes[a].op == OP_DIVIDE && parser_takes(p, "of"))
            a = parser_node(p, OP_MULTIPLY, a, signed_operand(p)); /* 3/4 of 200 */
        else if (parser_sees(p, "(") && p->x.nodes[a].op == OP_NUMBER)
            a = parser_node(p, OP_MULTIPLY, a, signed_operand(p)); /* 2(3 + 4) */
        else
            break;
    }
    return a;
}

int parser_expression(struct parser *p)
{
    int a;
    if (p->failed || ++p->depth > DEPTH_MAX)
        return parser_fail(p);
    a = term(p);
    while (a >= 0) {
        if (parser_takes_any(p, "+|plus|added to|and then add"))
            a = parser_node(p, OP_ADD, a, term(p));
        else if (parser_takes_any(p, "-|minus|less"))
            a = parser_node(p, OP_SUBTRACT, a, term(p));
        else
            break;
    }
    p->depth--;
    return a;
}
