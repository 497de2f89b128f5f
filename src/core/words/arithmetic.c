/* Sentences that ask for a calculation: what stands around the expression, and the commands. */
#include "core/words/arithmetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/words/arithmetic_parse.h"

enum { PROGRAM_MAX = 64 << 10, DIGITS_SAID_MAX = 1000 };

void arithmetic_init(struct arithmetic *a)
{
    memset(a, 0, sizeof *a);
    buf_init(&a->expression, 4 * ARITHMETIC_TEXT_MAX);
    buf_init(&a->program, PROGRAM_MAX);
}

void arithmetic_fini(struct arithmetic *a)
{
    buf_fini(&a->expression);
    buf_fini(&a->program);
}

/* ---- around the expression ---- */

static void take_lead(struct parser *p)
{
    while (parser_takes_any(p, "please|hey|hi|can you|could you|would you|tell me|give me|show me|"
                               "i need|quickly|quick|just|what ' s|what is|what are|whats|"
                               "what does|how much is|how much are|how much ' s|calculate|compute|"
                               "evaluate|work out|solve|find|determine|figure out|"
                               "the exact value of|exact value of|the value of|value of|"
                               "the result of|result of|the answer to|answer to|the answer of|"
                               "the|me|exactly|:|do the math"))
        ;
}

/* A number of digits in what follows; -1: none. */
static int count_of(struct parser *p)
{
    const struct token *t = &p->tokens.list[p->at];
    if (t->type != TOKEN_NUMBER || t->value < 0 || t->value > DIGITS_SAID_MAX ||
        t->value != floor(t->value))
        return -1;
    p->at++;
    return (int)t->value;
}

static bool take_nearest(struct parser *p)
{
    static const struct {
        const char *words;
        int places;
    } list[] = {{"integer|whole number|whole|unit|one|dollar", 0},
                {"tenth", 1},
                {"hundredth|cent|penny", 2},
                {"thousandth", 3}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (parser_takes_any(p, list[i].words)) {
            p->x.places = list[i].places;
            return true;
        }
    return false;
}

/* "to 10 digits", "rounded to 2 decimal places", "with 5 significant figures". */
static bool take_precision(struct parser *p)
{
    int from = p->at, n;
    (void)parser_takes_any(p, "accurate|rounded|correct|round it");
    if (parser_takes_any(p, "to the nearest"))
        return take_nearest(p);
    if (!parser_takes_any(p, "to|with|at|up to"))
        return false;
    n = count_of(p);
    if (n >= 0 && parser_takes_any(p, "decimal places|decimal digits|decimal points|decimal point|"
                                      "decimal place|decimals|decimal|places|dp"))
        p->x.places = n;
    else if (n > 0 && parser_takes_any(p, "significant digits|significant figures|sig figs|"
                                          "digits of precision|digits|figures"))
        p->x.significant = n;
    else
        p->at = from;
    return p->at != from;
}

static bool take_form(struct parser *p)
{
    static const struct {
        const char *words;
        enum form form;
    } forms[] = {{"decimal number|decimal notation|decimal", FORM_DECIMAL},
                 {"simplest form|lowest terms|simple fraction|fraction", FORM_FRACTION},
                 {"percentage|percent|%", FORM_PERCENT},
                 {"binary", FORM_BINARY},
                 {"octal", FORM_OCTAL},
                 {"hexadecimal|hex", FORM_HEX}};
    int from = p->at;
    if (!parser_takes_any(p, "to a|to an|to its|to|into a|into|as a|as an|as|in its|in"))
        return false;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (parser_takes_any(p, forms[i].words)) {
            p->x.form = forms[i].form;
            return true;
        }
    p->at = from;
    return false;
}

static bool take_trail(struct parser *p)
{
    while (take_precision(p) || take_form(p) ||
           parser_takes_any(p, "?|=|.|equals|equal to|equal|please|exactly|in total|altogether|"
                               "thanks|thank you|is|form"))
        ;
    return p->tokens.list[p->at].type == TOKEN_END;
}

/* ---- commands ---- */

static int add_up(struct parser *p)
{
    int n, list, a;
    (void)parser_takes_any(p, "up|together");
    (void)parser_takes_any(p, "the numbers|numbers");
    list = parser_list(p, &n);
    if (n == 1 && list >= 0) {
        if (!parser_takes_any(p, "to|with"))
            return parser_fail(p);
        a = p->x.nodes[list].a; /* "add 3 to 4" */
        return parser_node(p, OP_ADD, a, parser_expression(p));
    }
    (void)parser_takes(p, "together");
    return parser_join(p, list, OP_ADD);
}

static int multiply(struct parser *p)
{
    int n, list = parser_list(p, &n);
    if (n == 1 && list >= 0) {
        if (!parser_takes_any(p, "by|with"))
            return parser_fail(p);
        return parser_node(p, OP_MULTIPLY, p->x.nodes[list].a, parser_expression(p));
    }
    return parser_join(p, list, OP_MULTIPLY);
}

/* "subtract 3 from 10": the second is the first operand. */
static int take_away(struct parser *p)
{
    int a = parser_expression(p), b;
    (void)parser_takes(p, "away");
    if (!parser_takes(p, "from"))
        return parser_fail(p);
    b = parser_expression(p);
    return parser_node(p, OP_SUBTRACT, b, a);
}

static int divide(struct parser *p)
{
    int a = parser_expression(p);
    if (!parser_takes_any(p, "by|and"))
        return parser_fail(p);
    p->x.fraction = false;
    return parser_node(p, OP_DIVIDE, a, parser_expression(p));
}

static int raise(struct parser *p)
{
    int a = parser_operand(p);
    if (a >= 0 && p->x.nodes[a].op == OP_POWER)
        return a;
    if (!parser_takes_any(p, "to the|to"))
        return parser_fail(p);
    return parser_node(p, OP_POWER, a, parser_operand(p));
}

static int in_form(struct parser *p, enum form form)
{
    p->operations++;
    p->x.form = form;
    return parser_expression(p);
}

/* "increase 200 by 10%": a share of it; by a number: that. */
static int change(struct parser *p, enum op op)
{
    const int from = p->at;
    int a = parser_operand(p), b;
    if (!parser_takes(p, "by")) { /* "reduce 6/8" */
        p->at = from;
        return op == OP_SUBTRACT ? in_form(p, FORM_FRACTION) : parser_fail(p);
    }
    b = parser_operand(p);
    if (b >= 0 && p->x.nodes[b].op == OP_PERCENT)
        return parser_node(p, OP_MULTIPLY, a, parser_node(p, op, parser_number(p, 1), b));
    return parser_node(p, op, a, b);
}

static int round_it(struct parser *p)
{
    int a = parser_expression(p);
    p->x.places = 0; /* unless the words behind say more */
    p->operations++;
    return a;
}

/* "what percent of 80 is 20". */
static int share_of(struct parser *p)
{
    int whole = parser_operand(p), a;
    if (!parser_takes_any(p, "is|are"))
        return parser_fail(p);
    a = parser_operand(p);
    p->x.form = FORM_PERCENT;
    return parser_node(p, OP_DIVIDE, a, whole);
}

static int remainder_of(struct parser *p)
{
    int a = parser_operand(p), b;
    if (!parser_takes_any(p, "divided by|is divided by|by|/|and|over|mod"))
        return parser_fail(p);
    b = parser_operand(p);
    return parser_node(p, OP_MODULO, a, b);
}

static int command(struct parser *p)
{
    if (parser_takes(p, "add"))
        return add_up(p);
    if (parser_takes_any(p, "subtract|take|deduct"))
        return take_away(p);
    if (parser_takes(p, "multiply"))
        return multiply(p);
    if (parser_takes(p, "divide"))
        return divide(p);
    if (parser_takes(p, "raise"))
        return raise(p);
    if (parser_takes(p, "increase"))
        return change(p, OP_ADD);
    if (parser_takes_any(p, "decrease|reduce"))
        return change(p, OP_SUBTRACT);
    if (parser_takes(p, "simplify"))
        return in_form(p, FORM_FRACTION);
    if (parser_takes_any(p, "round off|round"))
        return round_it(p);
    if (parser_takes_any(p, "convert|express|turn|change"))
        return in_form(p, FORM_PLAIN);
    if (parser_takes_any(p, "what percent of|what percentage of|what % of|percentage of"))
        return share_of(p);
    if (parser_takes_any(p, "remainder of|remainder when dividing|remainder when"))
        return remainder_of(p);
    return parser_expression(p);
}

/* "20 is what percent of 80", "20 as a percentage of 80". */
static int as_share(struct parser *p, int a)
{
    if (!parser_takes_any(p, "is what percent of|is what percentage of|is what % of|"
                             "as a percentage of|as a percent of|as percentage of"))
        return a;
    p->x.form = FORM_PERCENT;
    return parser_node(p, OP_DIVIDE, a, parser_operand(p));
}

/* ---- what looks like a calculation and is none ---- */

static bool sign_at(const struct tokens *t, int i, char sign)
{
    return t->list[i].type == TOKEN_SIGN && t->list[i].text[0] == sign && !t->list[i].spaced &&
           !t->list[i + 1].spaced;
}

/* 2026-11-25, 25/11/2026, 555-123-4567 */
static bool date(const struct tokens *t)
{
    for (int i = 0; i + 4 < t->count; i++) {
        char sign = sign_at(t, i + 1, '-') ? '-' : '/';
        size_t a = strlen(t->list[i].text), b = strlen(t->list[i + 2].text),
               c = strlen(t->list[i + 4].text);
        if (t->list[i].type != TOKEN_NUMBER || !sign_at(t, i + 1, sign) ||
            !sign_at(t, i + 3, sign) || t->list[i + 4].type != TOKEN_NUMBER)
            continue;
        if ((a == 4 && b <= 2 && c <= 2) || (a <= 2 && b <= 2 && c == 4) || (b == 3 && c == 4))
            return true;
    }
    return false;
}

/* ---- all ---- */

static void read_all(struct parser *p)
{
    take_lead(p);
    p->x.root = command(p);
    p->x.root = as_share(p, p->x.root);
    if (p->x.root < 0 || !take_trail(p))
        (void)parser_fail(p);
    p->operations += p->x.form != FORM_PLAIN;
}

static void check_size(struct parser *p)
{
    const struct node *n = &p->x.nodes[p->x.root];
    double digits = n->over > n->under ? n->over : n->under;
    if (digits <= ARITHMETIC_DIGITS_MAX)
        return;
    p->refused = true;
    snprintf(p->why, sizeof p->why,
             "the result has about %.0f digits; more than %d are not computed", digits,
             ARITHMETIC_DIGITS_MAX);
}

static bool write_out(const struct parser *p, struct arithmetic *a)
{
    return expression_text(&p->x, &a->expression) == ERR_OK &&
           a->expression.len <= ARITHMETIC_EXPRESSION_MAX &&
           expression_program(&p->x, a->expression.data, &a->program) == ERR_OK;
}

void arithmetic_read(const char *text, struct arithmetic *a)
{
    struct parser *p = calloc(1, sizeof *p);
    a->verdict = ARITHMETIC_NO;
    if (!p)
        return;
    p->x.significant = p->x.places = -1;
    p->x.fraction = true;
    if (tokens_read(text, false, &p->tokens) && !date(&p->tokens)) {
        read_all(p);
        if (!p->refused && !p->failed && p->x.root >= 0)
            check_size(p);
        a->operations = p->operations;
        if (p->refused && !p->failed) {
            a->verdict = ARITHMETIC_REFUSED;
            snprintf(a->why, sizeof a->why, "%s", p->why);
        } else if (!p->failed && p->x.root >= 0 && write_out(p, a)) {
            a->verdict = ARITHMETIC_OK;
        }
    }
    free(p);
}

/* ---- numbers ---- */

int arithmetic_count_numbers(const char *text)
{
    struct tokens *t = calloc(1, sizeof *t);
    int n = 0;
    if (t && tokens_read(text, true, t))
        for (int i = 0; i < t->count; i++)
            n += t->list[i].type == TOKEN_NUMBER;
    free(t);
    return n;
}

static bool holds(const struct tokens *t, double value)
{
    for (int i = 0; i < t->count; i++)
        if (t->list[i].type == TOKEN_NUMBER && t->list[i].value == value)
            return true;
    return false;
}

bool arithmetic_same_numbers(const char *text, const char *expression)
{
    struct tokens *from = calloc(2, sizeof *from), *to = from + 1;
    bool same = from && tokens_read(text, true, from) && tokens_read(expression, false, to);
    for (int i = 0; same && i < to->count; i++)
        same = to->list[i].type != TOKEN_NUMBER || holds(from, to->list[i].value);
    free(from);
    return same;
}
