/* An expression as people read it, and as a Python program that computes it exactly. */
#include <stdio.h>
#include <string.h>

#include "core/words/arithmetic_internal.h"

/* ---- as text ---- */

/* How tightly an operation holds its operands. */
static int rank(enum op op)
{
    switch (op) {
    case OP_ADD:
    case OP_SUBTRACT:
        return 1;
    case OP_MULTIPLY:
    case OP_DIVIDE:
    case OP_MODULO:
        return 2;
    case OP_NEGATE:
        return 3;
    case OP_POWER:
        return 4;
    case OP_PERCENT:
    case OP_FACTORIAL:
        return 5;
    default:
        return 6;
    }
}

static const char *sign(enum op op)
{
    return op == OP_ADD        ? " + "
           : op == OP_SUBTRACT ? " - "
           : op == OP_MULTIPLY ? " * "
           : op == OP_DIVIDE   ? " / "
           : op == OP_MODULO   ? " mod "
                               : "^";
}

static enum err text_of(const struct expression *x, int i, int least, struct buf *out);

static enum err arguments_text(const struct expression *x, int list, struct buf *out)
{
    enum err e = buf_adds(out, "(");
    for (bool first = true; !e && list >= 0; list = x->nodes[list].b, first = false) {
        e = first ? ERR_OK : buf_adds(out, ", ");
        if (!e)
            e = text_of(x, x->nodes[list].a, 0, out);
    }
    return e ? e : buf_adds(out, ")");
}

/* Without blanks between small whole numbers: a fraction. */
static bool plain_fraction(const struct expression *x, const struct node *n)
{
    return n->op == OP_DIVIDE && x->nodes[n->a].op == OP_NUMBER && x->nodes[n->b].op == OP_NUMBER &&
           strlen(x->nodes[n->a].text) < 7 && strlen(x->nodes[n->b].text) < 7;
}

static enum err operation_text(const struct expression *x, const struct node *n, struct buf *out)
{
    int own = rank(n->op);
    enum err e;
    if (n->op == OP_NEGATE) {
        e = buf_adds(out, "-");
        return e ? e : text_of(x, n->a, own, out);
    }
    e = text_of(x, n->a, n->op == OP_POWER ? own + 1 : own, out);
    if (n->op == OP_PERCENT || n->op == OP_FACTORIAL)
        return e ? e : buf_adds(out, n->op == OP_PERCENT ? "%" : "!");
    if (!e)
        e = buf_adds(out, plain_fraction(x, n) ? "/" : sign(n->op));
    return e ? e : text_of(x, n->b, n->op == OP_POWER ? own : own + 1, out);
}

static enum err text_of(const struct expression *x, int i, int least, struct buf *out)
{
    const struct node *n = &x->nodes[i];
    bool brackets = rank(n->op) < least;
    enum err e = brackets ? buf_adds(out, "(") : ERR_OK;
    if (!e && (n->op == OP_NUMBER || n->op == OP_NAME))
        e = buf_adds(out, n->text);
    else if (!e && n->op == OP_CALL)
        e = buf_adds(out, n->text);
    if (!e && n->op == OP_CALL)
        e = arguments_text(x, n->a, out);
    else if (!e && n->op != OP_NUMBER && n->op != OP_NAME)
        e = operation_text(x, n, out);
    return e || !brackets ? e : buf_adds(out, ")");
}

enum err expression_text(const struct expression *x, struct buf *out)
{
    return text_of(x, x->root, 0, out);
}

/* ---- as Python ---- */

static enum err code_of(const struct expression *x, int i, struct buf *out);

static enum err pair(const struct expression *x, const char *head, const struct node *n,
                     const char *between, struct buf *out)
{
    enum err e = buf_adds(out, head);
    if (!e)
        e = code_of(x, n->a, out);
    if (!e && n->b >= 0)
        e = buf_adds(out, between);
    if (!e && n->b >= 0)
        e = code_of(x, n->b, out);
    return e ? e : buf_adds(out, ")");
}

static enum err call_code(const struct expression *x, const struct node *n, struct buf *out)
{
    enum err e = buf_addf(out, "%s_(", n->text);
    int list = n->a;
    for (bool first = true; !e && list >= 0; list = x->nodes[list].b, first = false) {
        e = first ? ERR_OK : buf_adds(out, ", ");
        if (!e)
            e = code_of(x, x->nodes[list].a, out);
    }
    return e ? e : buf_adds(out, ")");
}

static enum err code_of(const struct expression *x, int i, struct buf *out)
{
    const struct node *n = &x->nodes[i];
    switch (n->op) {
    case OP_NUMBER:
        return strpbrk(n->text, ".eE") || n->text[0] == '0' ? buf_addf(out, "F(\"%s\")", n->text)
                                                            : buf_addf(out, "F(%s)", n->text);
    case OP_NAME:
        return buf_addf(out, "constant_%s()", n->text);
    case OP_NEGATE:
        return pair(x, "(-", n, "", out);
    case OP_ADD:
        return pair(x, "(", n, " + ", out);
    case OP_SUBTRACT:
        return pair(x, "(", n, " - ", out);
    case OP_MULTIPLY:
        return pair(x, "(", n, " * ", out);
    case OP_DIVIDE:
        return pair(x, "(", n, " / ", out);
    case OP_MODULO:
        return pair(x, "(", n, " % ", out);
    case OP_POWER:
        return pair(x, "power_(", n, ", ", out);
    case OP_PERCENT:
        return pair(x, "percent_(", n, "", out);
    case OP_FACTORIAL:
        return pair(x, "factorial_(", n, "", out);
    default:
        return call_code(x, n, out);
    }
}

/* ---- the program around it ---- */

/* Each is taken when its name is used by what stands behind it; so the last come first here. */
static const struct {
    const char *name, *code;
} helpers[] = {
    {"power_", "def power_(x, n):\n"
               "    if n.denominator == 1:\n"
               "        return x ** int(n)\n"
               "    if n.denominator in (2, 3, 4) and x >= 0:\n"
               "        return root_(x, F(n.denominator)) ** n.numerator\n"
               "    return exp_(n * ln_(x))\n"},
    {"sqrt_", "def sqrt_(x):\n    return root_(x, F(2))\n"},
    {"cbrt_", "def cbrt_(x):\n    return -root_(-x, F(3)) if x < 0 else root_(x, F(3))\n"},
    {"root_", "def root_(x, n):\n"
              "    if x < 0:\n"
              "        raise ValueError(\"the root of a negative number is not real\")\n"
              "    if n.denominator != 1 or n < 1 or n > 1000:\n"
              "        return exp_(ln_(x) / n)\n"
              "    n = int(n)\n"
              "    over, under = whole_root(x.numerator, n), whole_root(x.denominator, n)\n"
              "    if over ** n == x.numerator and under ** n == x.denominator:\n"
              "        return F(over, under)\n"
              "    rough.append(1)\n"
              "    scale = 10 ** (DIGITS + len(str(x.denominator)))\n"
              "    return F(whole_root(x.numerator * scale ** n // x.denominator, n), scale)\n"},
    {"whole_root", "def whole_root(n, k):\n"
                   "    low, high = 0, 1 << (n.bit_length() // k + 1)\n"
                   "    while low < high:\n"
                   "        middle = (low + high + 1) // 2\n"
                   "        if middle ** k <= n:\n"
                   "            low = middle\n"
                   "        else:\n"
                   "            high = middle - 1\n"
                   "    return low\n"},
    {"log_", "def log_(x, base):\n"
             "    if x > 0 and base > 1:\n"
             "        n = round(float(decimal(x).ln() / decimal(base).ln()))\n"
             "        if base ** n == x:\n"
             "            return F(n)\n"
             "    return ln_(x) / ln_(base)\n"},
    {"exp_", "def exp_(x):\n"
             "    rough.append(1)\n"
             "    return F(decimal(x).exp())\n"},
    {"ln_", "def ln_(x):\n"
            "    if x <= 0:\n"
            "        raise ValueError(\"only positive numbers have a logarithm\")\n"
            "    if x == 1:\n"
            "        return F(0)\n"
            "    rough.append(1)\n"
            "    return F(decimal(x).ln())\n"},
    {"tan_", "def tan_(x):\n"
             "    below = cos_(x)\n"
             "    if abs(below) < F(1, 10 ** (DIGITS // 2)):\n"
             "        raise ValueError(\"the tangent has no value there\")\n"
             "    return sin_(x) / below\n"},
    {"cos_", "def cos_(x):\n    return sin_(x + constant_pi() / 2)\n"},
    {"sin_", "def sin_(x):\n"
             "    rough.append(1)\n"
             "    x = decimal(x % (2 * constant_pi()))\n"
             "    total = part = x\n"
             "    n = 1\n"
             "    while abs(part) > decimal(F(1, 10 ** (DIGITS + 10))):\n"
             "        part = -part * x * x / ((n + 1) * (n + 2))\n"
             "        total += part\n"
             "        n += 2\n"
             "    return F(total)\n"},
    {"constant_pi", "def constant_pi():\n" /* Machin's formula */
                    "    rough.append(1)\n"
                    "    scale = 10 ** (DIGITS + 20)\n\n"
                    "    def arctan(n):\n"
                    "        total = part = scale // n\n"
                    "        k = 1\n"
                    "        while part:\n"
                    "            part = -part // (n * n)\n"
                    "            k += 2\n"
                    "            total += part // k\n"
                    "            if abs(part) == 1:\n"
                    "                break\n"
                    "        return total\n\n"
                    "    return F(4 * (4 * arctan(5) - arctan(239)), scale)\n"},
    {"constant_e", "def constant_e():\n"
                   "    rough.append(1)\n"
                   "    return F(decimal(F(1)).exp())\n"},
    {"decimal(", "def decimal(x):\n"
                 "    getcontext().prec = DIGITS + 20 + len(str(int(abs(x))))\n"
                 "    return Decimal(x.numerator) / Decimal(x.denominator)\n"},
    {"factorial_", "def factorial_(n):\n"
                   "    if n < 0 or n.denominator != 1:\n"
                   "        raise ValueError(\"only whole numbers from 0 on have a factorial\")\n"
                   "    return F(math.factorial(int(n)))\n"},
    {"choose_", "def choose_(n, k):\n    return F(math.comb(whole_number(n), whole_number(k)))\n"},
    {"gcd_", "def gcd_(*numbers):\n    return F(math.gcd(*map(whole_number, numbers)))\n"},
    {"lcm_", "def lcm_(*numbers):\n    return F(math.lcm(*map(whole_number, numbers)))\n"},
    {"whole_number", "def whole_number(x):\n"
                     "    if x.denominator != 1:\n"
                     "        raise ValueError(\"this is for whole numbers only\")\n"
                     "    return int(x)\n"},
    {"abs_", "def abs_(x):\n    return abs(x)\n"},
    {"min_", "def min_(*numbers):\n    return min(numbers)\n"},
    {"max_", "def max_(*numbers):\n    return max(numbers)\n"},
    {"floor_", "def floor_(x):\n    return F(math.floor(x))\n"},
    {"ceil_", "def ceil_(x):\n    return F(math.ceil(x))\n"},
    {"percent_", "def percent_(x):\n    return x / 100\n"},
    {"shortened(", "def shortened(text):\n"
                   "    if \".\" in text and \"e\" not in text:\n"
                   "        return text.rstrip(\"0\").rstrip(\".\")\n"
                   "    return text\n"},
    {"rounded(", "def rounded(x, digits):\n"
                 "    e = len(str(abs(x.numerator))) - len(str(x.denominator))\n"
                 "    while abs(x) >= F(10) ** (e + 1):\n"
                 "        e += 1\n"
                 "    while x and abs(x) < F(10) ** e:\n"
                 "        e -= 1\n"
                 "    if -10 < e <= digits:\n"
                 "        return written(x, max(digits - 1 - e, 0))\n"
                 "    return written(x / F(10) ** e, digits - 1) + \"e\" + str(e)\n"},
    {"all_digits(", "def all_digits(x):\n"
                    "    n, places = x.denominator, 0\n"
                    "    for prime in (2, 5):\n"
                    "        k = 0\n"
                    "        while n % prime == 0:\n"
                    "            n //= prime\n"
                    "            k += 1\n"
                    "        places = max(places, k)\n"
                    "    return written(x, places) if n == 1 and places <= 60 else None\n"},
    {"written(", "def written(x, places):\n"
                 "    n = math.floor(abs(x) * 10 ** places + F(1, 2))\n"
                 "    text = str(n).rjust(places + 1, \"0\")\n"
                 "    if places:\n"
                 "        text = text[:-places] + \".\" + text[-places:]\n"
                 "    return \"-\" + text if x < 0 and n else text\n"},
    {"number(", "def number(text):\n"
                "    for kind in (int, float):\n"
                "        try:\n"
                "            if repr(kind(text)) == text and len(text) < 17:\n"
                "                return kind(text)\n"
                "        except ValueError:\n"
                "            pass\n"
                "    return text\n"},
    {"exact(", "def exact(x, shown):\n"
               "    if rough and x.denominator != 1:\n"
               "        return False\n"
               "    try:\n"
               "        return F(shown.rstrip(\"%\")) == (x * 100 if \"%\" in shown else x)\n"
               "    except ValueError:\n"
               "        return True\n"},
};
enum { HELPERS = sizeof helpers / sizeof *helpers };

/* The whole of most results is a number of a few digits; the rest is told beside it. */
static const char answering[] =
    "def answer():\n"
    "    out = {\"expression\": EXPRESSION}\n"
    "    try:\n"
    "        x = value()\n"
    "    except ZeroDivisionError:\n"
    "        return {**out, \"error\": \"it divides by zero\"}\n"
    "    except ValueError as error:\n"
    "        return {**out, \"error\": str(error)}\n"
    "    shown, beside = form(x)\n"
    "    out[\"result\"] = number(shown)\n"
    "    out[\"text\"] = EXPRESSION\n"
    "    if shown != EXPRESSION.replace(\" \", \"\"):\n"
    "        out[\"text\"] += (\" = \" if exact(x, shown) else \" \\u2248 \") + shown\n"
    "    if beside and beside != EXPRESSION:\n"
    "        out[\"decimal\"] = beside\n"
    "        out[\"text\"] += (\" = \" if exact(x, beside) else \" \\u2248 \") + beside\n"
    "    return out\n";

/* The form that was asked for in words. *done: there was one. */
static enum err add_wanted_form(const struct expression *x, struct buf *out, bool *done)
{
    const char *base = x->form == FORM_BINARY  ? "b"
                       : x->form == FORM_OCTAL ? "o"
                       : x->form == FORM_HEX   ? "x"
                                               : NULL;
    *done = true;
    if (base)
        return buf_addf(out,
                        "    if x.denominator != 1:\n"
                        "        return written(x, 15), None\n"
                        "    return format(int(x), \"#%s\"), None\n",
                        base);
    if (x->form == FORM_PERCENT)
        return buf_adds(out, "    x = x * 100\n"
                             "    return (all_digits(x) or rounded(x, 6)) + \"%\", None\n");
    if (x->places >= 0)
        return buf_addf(out, "    return written(x, %d), None\n", x->places);
    if (x->significant > 0)
        return buf_addf(out, "    return rounded(x, %d), None\n", x->significant);
    *done = false;
    return ERR_OK;
}

/* form(x): the result's text, and the decimal beside a fraction. */
static enum err add_form(const struct expression *x, struct buf *out)
{
    bool fraction = (x->fraction && x->form != FORM_DECIMAL) || x->form == FORM_FRACTION, done;
    enum err e = buf_adds(out, "def form(x):\n");
    if (!e)
        e = add_wanted_form(x, out, &done);
    if (e || done)
        return e ? e : buf_adds(out, "\n\n");
    if (!x->nodes[x->root].rough && x->nodes[x->root].under == 0) /* whole for certain */
        return buf_adds(out, "    return str(x.numerator), None\n\n\n");
    if (x->nodes[x->root].rough)
        e = buf_adds(out, "    if rough and x.denominator != 1:\n"
                          "        return shortened(rounded(x, 15)), None\n");
    if (!e)
        e = buf_adds(out, "    if x.denominator == 1:\n"
                          "        return str(x.numerator), None\n");
    if (!e && !fraction)
        e = buf_adds(out, "    if all_digits(x):\n"
                          "        return all_digits(x), None\n");
    if (!e)
        e = buf_adds(out, x->form == FORM_DECIMAL
                              ? "    return rounded(x, 15), None\n"
                              : "    return str(x), all_digits(x) or rounded(x, 15)\n");
    return e ? e : buf_adds(out, "\n\n");
}

/* Behind which nothing is needed any more that was not asked for. */
static enum err add_helpers(const char *value, struct buf *out)
{
    bool wanted[HELPERS];
    enum err e = ERR_OK;
    for (int i = 0; i < HELPERS; i++)
        wanted[i] = strstr(value, helpers[i].name) != NULL;
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < HELPERS; i++)
            for (int k = 0; k < HELPERS && wanted[i]; k++)
                if (!wanted[k] && strstr(helpers[i].code, helpers[k].name))
                    more = wanted[k] = true;
    }
    for (int i = HELPERS; !e && i-- > 0;)
        if (wanted[i])
            e = buf_addf(out, "%s\n\n", helpers[i].code);
    return e;
}

static int working_digits(const struct expression *x)
{
    int most = x->significant > x->places ? x->significant : x->places;
    return (most > 30 ? most : 30) + 30;
}

/* What the program begins with, as far as its rest needs it. */
static enum err add_head(const struct expression *x, const char *text, const char *rest,
                         struct buf *out)
{
    const struct node *n = &x->nodes[x->root];
    bool decimal = strstr(rest, "Decimal(") != NULL, large = n->over > 4000 || n->under > 4000;
    enum err e = buf_adds(out, "import math\n");
    if (!e && large)
        e = buf_adds(out, "import sys\n");
    if (!e && decimal)
        e = buf_adds(out, "from decimal import Decimal, getcontext\n");
    if (!e)
        e = buf_addf(out, "from fractions import Fraction as F\n\nEXPRESSION = \"%s\"\n", text);
    if (!e && strstr(rest, "DIGITS"))
        e = buf_addf(out, "DIGITS = %d\n", working_digits(x));
    if (!e)
        e = buf_adds(out, "rough = []\n");
    if (!e && large) /* Python's own limit is 4300 digits */
        e = buf_adds(out, "if hasattr(sys, \"set_int_max_str_digits\"):\n"
                          "    sys.set_int_max_str_digits(0)\n");
    return e ? e : buf_adds(out, "\n\n");
}

enum err expression_program(const struct expression *x, const char *text, struct buf *out)
{
    struct buf own, all;
    enum err e;
    buf_init(&own, out->max);
    buf_init(&all, out->max);
    e = add_form(x, &own);
    if (!e)
        e = buf_adds(&own, "def value():\n    return F(");
    if (!e)
        e = code_of(x, x->root, &own);
    if (!e)
        e = buf_addf(&own, ")\n\n\n%s", answering);
    if (!e)
        e = add_helpers(own.data, &all);
    if (!e)
        e = buf_add(&all, own.data, own.len);
    if (!e)
        e = add_head(x, text, all.data, out);
    if (!e)
        e = buf_add(out, all.data, all.len);
    buf_fini(&all);
    buf_fini(&own);
    return e;
}
