#include "core/pipeline/choose.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How many must stand against a test, and how many there must be to say so. */
enum { JURY = 3 };
static const double most = 0.6;
/* Of the probes, what those who do the same answer alike: what a task does not say of its edges may
 * be done in several ways. */
static const double near = 0.9;

static int bits(uint32_t mask)
{
    return __builtin_popcount(mask);
}

/* Whether both were probed and answer this share of the probes alike, not counting those at which
 * one of them breaks down. */
static bool alike(const struct attempt *a, const struct attempt *b, double share)
{
    const uint32_t aside = a->broke | b->broke;
    int same = 0, asked = 0;
    if (!a->probe_count || a->probe_count != b->probe_count)
        return false;
    for (int k = 0; k < a->probe_count; k++) {
        if (k < 32 && aside & UINT32_C(1) << k)
            continue;
        same += a->probes[k] == b->probes[k];
        asked++;
    }
    return same >= share * asked;
}

/* Whether two tested attempts answer the tests' calls alike, and what probes they have. */
static bool does_the_same(const struct attempt *a, const struct attempt *b)
{
    const bool probed = a->probe_count && a->probe_count == b->probe_count;
    return a->behaviour == b->behaviour && (!probed || alike(a, b, near));
}

static double weigh(const struct attempt *list, size_t n,
                    bool (*of)(const struct attempt *, void *), void *arg, size_t *count)
{
    double sum = 0;
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (list[i].sound && list[i].tested && of(&list[i], arg)) {
            sum += list[i].weight;
            ++*count;
        }
    return sum;
}

static bool any(const struct attempt *a, void *arg)
{
    (void)a;
    (void)arg;
    return true;
}

static bool fails(const struct attempt *a, void *arg)
{
    return !(a->passed & *(uint32_t *)arg);
}

static bool behaves(const struct attempt *a, void *arg)
{
    return a->behaviour == *(uint64_t *)arg;
}

static bool agrees(const struct attempt *a, void *arg)
{
    return does_the_same(a, *(const struct attempt **)arg);
}

static bool breaks(const struct attempt *a, void *arg)
{
    return a->refuted & *(uint32_t *)arg;
}

/* The same of what only counts against an attempt. */
static uint32_t void_refuted(const struct attempt *list, size_t n)
{
    double all = 0, against;
    size_t jury = 0;
    uint32_t mask = 0;
    for (size_t i = 0; i < n; i++)
        if (list[i].sound) {
            all += list[i].weight;
            jury++;
        }
    for (int i = 0; i < 32 && jury >= JURY; i++) {
        uint32_t bit = UINT32_C(1) << i;
        against = 0;
        for (size_t k = 0; k < n; k++)
            against += list[k].sound && breaks(&list[k], &bit) ? list[k].weight : 0;
        if (against > most * all)
            mask |= bit;
    }
    return mask;
}

/* A test that most sound attempts fail says more about the test. */
static uint32_t set_aside(const struct attempt *list, size_t n, int tests)
{
    size_t jury, against;
    const double all = weigh(list, n, any, NULL, &jury);
    uint32_t mask = 0;
    for (int i = 0; i < tests && jury >= JURY; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if (weigh(list, n, fails, &bit, &against) > most * all)
            mask |= bit;
    }
    return mask;
}

/* Of a sound, tested attempt: what its group counts. */
static double group_score(const struct attempt *list, size_t n, const struct attempt *a,
                          const struct choice *c)
{
    uint64_t behaviour = a->behaviour;
    size_t count;
    return weigh(list, n, behaves, &behaviour, &count) * (1 + bits(a->passed & ~c->set_aside)) /
           (1 + bits(a->refuted & ~c->void_refuted));
}

/* At how many edges `a` breaks down where another sound attempt does not. */
static int weakness(const struct attempt *list, size_t n, const struct attempt *a)
{
    uint32_t everybody = a->broke;
    for (size_t i = 0; i < n; i++)
        if (list[i].sound && list[i].probe_count == a->probe_count)
            everybody &= list[i].broke;
    return bits(a->broke & ~everybody);
}

/* How much the other sound attempts answer the probes as `a` does: the share of equal answers,
 * weighed. */
static double likeness(const struct attempt *list, size_t n, const struct attempt *a)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        int same = 0;
        if (!list[i].sound || list[i].probe_count != a->probe_count)
            continue;
        for (int k = 0; k < a->probe_count; k++)
            same += list[i].probes[k] == a->probes[k];
        sum += a->probe_count ? list[i].weight * same / a->probe_count : 0;
    }
    return sum;
}

/* Whether `a` is to be preferred to `b`. */
static bool better(const struct attempt *list, size_t n, const struct attempt *a,
                   const struct attempt *b, const struct choice *c)
{
    const int mine = bits(a->refuted & ~c->void_refuted), its = bits(b->refuted & ~c->void_refuted);
    if (a->sound != b->sound)
        return a->sound;
    if (a->sound && a->tested && b->tested) {
        double x = group_score(list, n, a, c), y = group_score(list, n, b, c);
        if (x != y)
            return x > y;
    }
    if (a->sound && mine != its && !(a->tested && b->tested))
        return mine < its;
    if (a->sound && a->probe_count && b->probe_count) {
        const int weak = weakness(list, n, a), its_weak = weakness(list, n, b);
        double x = likeness(list, n, a), y = likeness(list, n, b);
        if (weak != its_weak)
            return weak < its_weak;
        if (fabs(x - y) > 1e-9)
            return x > y;
    }
    if (a->sound && mine != its)
        return mine < its;
    if (a->sound && a->weight != b->weight)
        return a->weight > b->weight;
    if (a->score != b->score && a->sound)
        return a->score > b->score;
    return a->rank > b->rank;
}

/* Whether those who can be compared with `a` are mostly like it. */
static bool is_usual(const struct attempt *list, size_t n, const struct attempt *a)
{
    double all = 0, same = 0;
    for (size_t i = 0; i < n; i++) {
        if (!list[i].sound || !a->probe_count || list[i].probe_count != a->probe_count)
            continue;
        all += list[i].weight;
        same += alike(a, &list[i], near) ? list[i].weight : 0;
    }
    return same >= most * all;
}

/* How many sound attempts answer the probes as `a` does (it included), of those that were asked. */
static size_t count_alike(const struct attempt *list, size_t n, const struct attempt *a,
                          size_t *asked)
{
    size_t same = 0;
    *asked = 0;
    for (size_t i = 0; i < n && a->probe_count; i++) {
        if (!list[i].sound || list[i].probe_count != a->probe_count)
            continue;
        ++*asked;
        same += alike(a, &list[i], near);
    }
    return same;
}

/* Whether the best one passes all tests that count, and they are enough to say so. */
static bool all_hold(const struct choice *c)
{
    return c->tests >= 3 && c->passed == c->tests;
}

/* Whether a tiny model's program is borne out: another model's does the same; or another of its own
 * does, and nothing speaks against them: where the task's examples settle it all that pass them
 * answer every probe alike, else all the tests hold and none was set aside. */
static bool borne_out(const struct attempt *list, size_t n, const struct attempt *best,
                      const struct choice *c, bool settled)
{
    bool uniform = true;
    for (size_t i = 0; i < n; i++) {
        const struct attempt *a = &list[i];
        if (!a->sound || a == best)
            continue;
        if (!a->tiny && (best->tested && a->tested ? does_the_same(a, best) : alike(best, a, near)))
            return true;
        uniform &= alike(best, a, 1);
    }
    if (c->same < 2)
        return false;
    return settled ? uniform : all_hold(c) && !c->set_aside;
}

static void explain(const struct choice *c, int examples, const struct attempt *best, int tests,
                    int properties, char why[160])
{
    const uint32_t passed = best->passed & ~c->set_aside;
    const uint32_t behind = properties ? ((UINT32_C(1) << properties) - 1) << tests : 0;
    const bool tested = best->tested;
    const int held = bits(passed & behind), sure = bits(behind & ~c->set_aside);
    int n = 0;
    why[0] = 0;
    if (examples)
        n = snprintf(why, 160, "%d example%s of the task", examples, examples == 1 ? "" : "s");
    if (tested && c->tests > sure)
        n += snprintf(why + n, 160 - (size_t)n, "%s%d of %d generated tests", n ? ", " : "",
                      c->passed - held, c->tests - sure);
    if (tested && sure)
        n += snprintf(why + n, 160 - (size_t)n, "%s%d of %d properties", n ? ", " : "", held, sure);
    if (c->sound > 1)
        n += snprintf(why + n, 160 - (size_t)n, "%s%zu of %zu candidates agree", n ? ", " : "",
                      c->same, c->sound);
    if (!n)
        n = snprintf(why, 160, "nothing to check it with");
    if (c->lone && n < 160)
        snprintf(why + n, 160 - (size_t)n,
                 c->same < 2 ? ", no second answer that does the same"
                             : ", not enough for a model this small");
}

void choose(const struct attempt *list, size_t n, int examples, int trusted, int tests,
            int properties, struct choice *out)
{
    const struct attempt *best;
    double all, mine;
    bool broken;
    *out = (struct choice){.best = n};
    if (tests > CHOOSE_TESTS_MAX - properties)
        tests = CHOOSE_TESTS_MAX - properties;
    out->set_aside = set_aside(list, n, tests + properties);
    out->void_refuted = void_refuted(list, n);
    for (size_t i = 0; i < n; i++)
        if (out->best == n || better(list, n, &list[i], &list[out->best], out))
            out->best = i;
    if (out->best == n)
        return;
    best = &list[out->best];
    if (!best->sound)
        return;
    all = weigh(list, n, any, NULL, &out->sound);
    if (best->tested) {
        mine = weigh(list, n, agrees, &best, &out->same);
        out->tests = tests + properties - bits(out->set_aside);
        out->passed = bits(best->passed & ~out->set_aside);
        bool right = all_hold(out);
        bool models = mine != (double)out->same * best->weight; /* more than one of them */
        bool many = out->same >= JURY || (out->same >= 2 && models);
        bool half = out->tests && 2 * out->passed >= out->tests;
        bool alone = out->sound > 1 && 2 * mine <= all;
        out->agreed = ((right || half) && !(alone && !examples)) || (out->same >= 2 && out->passed);
        out->enough = (right && !alone) || (many && half && mine >= most * all);
    }
    if (!best->tested)
        out->same = count_alike(list, n, best, &out->sound);
    broken = best->refuted & ~out->void_refuted;
    if (examples >= trusted) {
        out->agreed = true;
        out->enough |= is_usual(list, n, best);
    }
    if (broken)
        out->enough = false;
    if (broken && examples >= trusted)
        out->agreed = false;
    out->lone = best->tiny && !borne_out(list, n, best, out, examples >= trusted);
    if (out->lone)
        out->enough = false;
    explain(out, examples, best, tests, properties, out->why);
}
