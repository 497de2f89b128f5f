/* What is said of an answer other than what it is: that it is about 0.333, that it is truthy, that
 * `abs(f(2) - 1.41) < 0.1`. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/words/examples_internal.h"

const char *ex_holds(const char *p, const char *q, struct example *e)
{
    if (q - p > EXAMPLE_TEXT_MAX)
        return NULL;
    e->kind = EXAMPLE_HOLDS;
    e->view = e->expected = p;
    e->view_len = e->expected_len = (uint32_t)(q - p);
    return q;
}

/* ---- about ---- */

/* 3.14, [0.33, 0.67]: the digits behind the point say how exact it is. */
static bool has_point(const char *p, const char *end)
{
    for (; p + 1 < end; p++)
        if (*p == '"' || *p == '\'')
            return false;
        else if (*p == '.' && isdigit((unsigned char)p[1]))
            return true;
    return false;
}

const char *ex_about(const char *p, const char *end, struct example *e)
{
    static const char *const words[] = {"\xE2\x89\x88",
                                        "\xE2\x89\x83",
                                        "\xE2\x89\x85",
                                        "~=",
                                        "~",
                                        "is approximately",
                                        "is about",
                                        "is roughly",
                                        "is approximately equal to",
                                        "should be approximately",
                                        "should be about",
                                        "should return approximately",
                                        "should return about",
                                        "returns approximately",
                                        "returns about",
                                        "gives approximately",
                                        "gives about",
                                        "approximately",
                                        "about",
                                        "roughly",
                                        NULL};
    const char *q = NULL, *s, *arrow = ex_arrow(p, end);
    for (int i = 0; words[i]; i++)
        if ((s = ex_word(p, end, words[i])) && s > q)
            q = s;
    if (!q && arrow)
        q = ex_any(ex_gap(arrow, end), end, words);
    s = q ? ex_expected(q, end, e) : NULL;
    if (!s || !has_point(e->expected, e->expected + e->expected_len))
        return NULL;
    e->kind = EXAMPLE_NEAR;
    return s;
}

const char *ex_digits_go_on(struct example *e, const char *q, const char *end)
{
    static const char *const words[] = {"(approx", "(approximately", "(about", "(roughly", NULL};
    const char *s = end - q >= 3 && (memcmp(q, "...", 3) == 0 || memcmp(q, "\xE2\x80\xA6", 3) == 0)
                        ? q + 3
                        : ex_any(ex_gap(q, end), end, words);
    if (!s || !ex_number(e->expected, e->expected_len) ||
        !has_point(e->expected, e->expected + e->expected_len))
        return q;
    e->kind = EXAMPLE_NEAR;
    return s;
}

/* One unit of the last digit that is written. */
static void tolerance(const char *p, size_t n, char out[24])
{
    long least = 99, power = 0;
    for (size_t i = 0; i < n; i++) {
        long digits = 0;
        if (p[i] != '.')
            continue;
        while (i + 1 < n && isdigit((unsigned char)p[i + 1])) {
            i++;
            digits++;
        }
        power = 0;
        if (i + 1 < n && (p[i + 1] == 'e' || p[i + 1] == 'E')) {
            const bool minus = i + 2 < n && p[i + 2] == '-';
            for (i += 2 + (minus || (i + 2 < n && p[i + 2] == '+'));
                 i < n && isdigit((unsigned char)p[i]) && power < 300; i++)
                power = 10 * power + p[i] - '0';
            power = minus ? -power : power;
        }
        if (digits && digits - power < least)
            least = digits - power;
    }
    snprintf(out, 24, "1e%ld", -least);
}

enum err ex_python_near(const struct example *e, size_t from, struct buf *text)
{
    char unit[24] = "5e-8"; /* assertAlmostEqual: seven digits */
    if (e->kind == EXAMPLE_NEAR)
        tolerance(text->data + from, text->len - from, unit);
    return buf_addf(text, ", abs=%s)", unit);
}

/* ---- true or false ---- */

const char *ex_truth(const char *p, const char *end, struct example *e)
{
    static const char *const yes[] = {"is truthy", "should be truthy", "must be truthy",
                                      "returns a truthy value", NULL};
    static const char *const no[] = {
        "is falsy",         "should be falsy", "must be falsy",         "is falsey",
        "should be falsey", "must be falsey",  "returns a falsy value", NULL};
    const char *q = ex_any(p, end, yes), *s = q ? NULL : ex_any(p, end, no);
    if ((!q && !s) || !ex_ends_well(q ? q : s, end))
        return NULL;
    e->kind = q ? EXAMPLE_TRUE : EXAMPLE_FALSE;
    e->expected = p;
    e->expected_len = (uint32_t)((q ? q : s) - p);
    return q ? q : s;
}

/* `f(3) == 9`, which is read as such. */
static bool equation(const struct reader *r, const char *p, const char *q)
{
    static const char *const equal[] = {"==", "is", NULL};
    struct view v;
    const char *s = examples_literal(p, q), *t;
    if (s && ex_word(ex_gap(s, q), q, "=="))
        return true; /* 9 == f(3) */
    s = ex_view(r, p, true, &v);
    s = s && s < q ? ex_any(ex_gap(s, q), q, equal) : NULL;
    if (!s)
        return false;
    s = ex_gap(s, q);
    t = examples_literal(s, q);
    return t == q || ex_made(s, q, true) == q;
}

/* The expression from p to q is true, or counts as true. */
static const char *true_of(const struct reader *r, const char *p, const char *q,
                           const struct view *v, struct example *e)
{
    static const char *const judging[] = {"isinstance(", "math.isclose(", "isclose(",
                                          "all(",        "any(",          NULL};
    if (q - p > EXAMPLE_TEXT_MAX || ex_reserved(r, v->call, (size_t)(v->name_end - v->call)))
        return NULL;
    e->call = v->call;
    e->call_len = v->call_len;
    if (v->compares || (q[-1] == ')' && ex_any(p, q, judging)))
        return equation(r, p, q) ? NULL : ex_holds(p, q, e);
    if (v->call != p || v->call + v->call_len != q) {
        e->view = p;
        e->view_len = (uint32_t)(q - p);
    }
    e->kind = EXAMPLE_TRUE;
    e->expected = p;
    e->expected_len = (uint32_t)(q - p);
    return q;
}

/* The claim from *from to *to, perhaps in parentheses; gives what stands behind it. */
static const char *claim_at(const struct reader *r, const char **from, const char **to,
                            struct view *v)
{
    const char *end = r->end, *p = *from < end && **from == '(' ? *from + 1 : NULL, *s;
    *to = p ? ex_claim(r, p, v) : NULL;
    s = *to ? ex_lines(*to, end) : NULL;
    s = s && s < end && *s == ')' ? ex_gap(s + 1, end) : NULL;
    if (s && (s == end || strchr(",;\r\n#", *s))) {
        *from = p;
        return s;
    }
    *to = ex_claim(r, *from, v);
    return *to ? ex_gap(*to, end) : NULL;
}

/* `assert f(3)`, `assert not f(3)`, `assert f(3) in (1, 2)`: the whole line says it. */
const char *ex_claimed(struct reader *r, const char *p)
{
    struct example e = {0};
    struct view v;
    const char *end = r->end, *q = ex_word(p, end, "assert"), *from, *s;
    if (!q || q >= end || (*q != ' ' && *q != '('))
        return NULL;
    from = ex_gap(q, end);
    s = claim_at(r, &from, &q, &v);
    if (s && s < end && *s == ',')
        s = ex_string(ex_gap(s + 1, end), end);
    if (!s || (s < end && !strchr(",;\r\n#", *s)))
        return NULL;
    q = true_of(r, from, q, &v, &e);
    return q ? ex_keep(r, &e, p, q, false) : NULL;
}

/* `assertAlmostEqual(f(2), 1.41)` */
static const char *almost_equal(struct reader *r, const char *p, struct example *e)
{
    struct view v;
    const char *end = r->end, *q = ex_view(r, ex_lines(p, end), true, &v), *s;
    if (!q || *q != ',')
        return NULL;
    p = ex_lines(p, end);
    s = ex_lines(q + 1, end);
    if (!true_of(r, p, q, &v, e) || !(q = examples_literal(s, end)) || *q != ')' ||
        q - s > EXAMPLE_TEXT_MAX)
        return NULL;
    e->kind = EXAMPLE_CLOSE;
    e->expected = s;
    e->expected_len = (uint32_t)(q - s);
    return q;
}

const char *ex_unittest(struct reader *r, const char *p)
{
    static const char *const words[] = {"assertTrue(", "assertFalse(", "assertIsNone(",
                                        "assertAlmostEqual(", NULL};
    struct example e = {0};
    struct view v;
    const char *end = r->end, *q = ex_any(p, end, words), *from, *s;
    if (!q)
        return NULL;
    if (q[-2] == 'l') {
        q = almost_equal(r, q, &e);
        return q ? ex_keep(r, &e, p, q, false) : NULL;
    }
    from = ex_lines(q, end);
    q = ex_claim(r, from, &v);
    s = q ? ex_lines(q, end) : NULL;
    if (!s || s >= end || (*s != ')' && *s != ','))
        return NULL;
    if (p[6] != 'T' && v.compares)
        return q; /* assertFalse(f(3) == 9) tells what it is not */
    if (!true_of(r, from, q, &v, &e))
        return NULL;
    if (p[6] == 'F')
        e.kind = EXAMPLE_FALSE;
    if (p[6] == 'I') {
        e.kind = EXAMPLE_IS;
        e.expected = p + sizeof "assertIs" - 1; /* None */
        e.expected_len = 4;
    }
    return ex_keep(r, &e, p, q, false);
}
