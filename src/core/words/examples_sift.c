/* Which of the examples that were read stay: those that fit the function, once each, and none that
 * another one contradicts. */
#include <string.h>

#include "core/words/examples_internal.h"

/* The same but for white space outside of texts, and the kind of quotes. */
static bool alike(const char *a, size_t n, const char *b, size_t m)
{
    const char *end_a = a + n, *end_b = b + m;
    for (;;) {
        struct example_piece x = {0}, y = {0};
        const bool more = examples_piece(&a, end_a, &x), other = examples_piece(&b, end_b, &y);
        if (!more || !other)
            return more == other;
        if (x.quoted != y.quoted || x.len != y.len || memcmp(x.text, y.text, x.len) != 0)
            return false;
    }
}

/* The arguments alone, of calls too. */
static const char *subject(const struct example *e, size_t *n)
{
    const char *open = e->call ? memchr(e->call, '(', e->call_len) : NULL;
    *n = open ? (size_t)(e->call + e->call_len - open) - 2 : e->args_len;
    return open ? open + 1 : e->args;
}

bool ex_same_subject(const struct example *a, const struct example *b)
{
    size_t n, m;
    const char *x = subject(a, &n), *y = subject(b, &m);
    return alike(x, n, y, m);
}

static bool same_answer(const struct example *a, const struct example *b)
{
    return a->kind == b->kind && alike(a->expected, a->expected_len, b->expected, b->expected_len);
}

/* The function's parameters are known and the bare arguments are too many or too few. */
static bool misfits(const struct examples *x, const struct example *e)
{
    struct arguments a;
    const char *q;
    if (x->takes < 0 || e->call)
        return false;
    q = ex_arguments(e->args, e->args + e->args_len, true, &a);
    if (!q || q != e->args + e->args_len)
        return false; /* a row of a table, which has checked it */
    return (a.count < x->needs || a.count > x->takes) && !(a.count == 1 && *e->args == '(');
}

/* Of one call different things may be looked at: `len(f(3)) == 2`, `f(3)[0] == 1`. */
static bool same_view(const struct example *a, const struct example *b)
{
    if (a->kind == EXAMPLE_RAISES || b->kind == EXAMPLE_RAISES)
        return true;
    if (!a->view || !b->view)
        return !a->view && !b->view && ((a->kind < EXAMPLE_RAISES) == (b->kind < EXAMPLE_RAISES));
    return alike(a->view, a->view_len, b->view, b->view_len);
}

static bool contradicted(const struct examples *x, size_t i)
{
    for (size_t k = 0; k < x->count; k++)
        if (k != i && ex_same_subject(&x->list[i], &x->list[k]) &&
            same_view(&x->list[i], &x->list[k]) && !same_answer(&x->list[i], &x->list[k]))
            return true;
    return false;
}

static bool repeats(const struct examples *x, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (ex_same_subject(&x->list[i], &x->list[k]) && same_view(&x->list[i], &x->list[k]) &&
            same_answer(&x->list[i], &x->list[k]))
            return true;
    return false;
}

/* Texts without quotes stay when there are several, and more than names of one letter: "f(x) = 0"
 * alone is a word about f. */
static bool bare_is_meant(const struct examples *x)
{
    size_t longest = 0, n, count = 0;
    for (size_t i = 0; i < x->count; i++)
        if (x->list[i].bare && !repeats(x, i)) {
            subject(&x->list[i], &n);
            longest = n > longest ? n : longest;
            count++;
        }
    return count > 1 && longest > 1;
}

void ex_sift(struct examples *x, const bool *weak)
{
    bool calls = false, drop[EXAMPLES_MAX];
    const bool bare = bare_is_meant(x);
    size_t n = 0;
    for (size_t i = 0; i < x->count; i++)
        calls |= x->list[i].call != NULL;
    for (size_t i = 0; i < x->count; i++)
        drop[i] = (weak && weak[i] && calls) || (x->list[i].bare && !bare) ||
                  misfits(x, &x->list[i]) || repeats(x, i) || contradicted(x, i);
    for (size_t i = 0; i < x->count; i++)
        if (!drop[i])
            x->list[n++] = x->list[i];
    x->count = n;
}

size_t examples_telling(const struct examples *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->count; i++)
        n += x->list[i].kind < EXAMPLE_RAISES;
    return n;
}

void ex_name_by_calls(struct examples *x)
{
    for (size_t i = 0; i < x->count && !x->function[0]; i++) {
        const struct example *e = &x->list[i];
        const char *q = e->call ? ex_name(e->call, e->call + e->call_len) : NULL;
        size_t n = q ? (size_t)(q - e->call) : 0;
        if (n && n < sizeof x->function)
            memcpy(x->function, e->call, n);
    }
}
