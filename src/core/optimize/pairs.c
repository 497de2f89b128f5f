#include "core/optimize/pairs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- reading ---- */

static double number_at(struct json_object *list, int i)
{
    return list && (size_t)i < json_object_array_length(list)
               ? json_object_get_double(json_object_array_get_idx(list, (size_t)i))
               : 0;
}

static double sum(struct json_object *list)
{
    double all = 0;
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        all += json_object_get_double(json_object_array_get_idx(list, i));
    return all;
}

static void add(struct pairs *p, struct json_object *r)
{
    static const char *const names[2][5] = {{"old", "old_start", "old_kb", "old_peak", "old_load"},
                                            {"new", "new_start", "new_kb", "new_peak", "new_load"}};
    for (int s = OLD; s <= NEW; s++) {
        struct json_object *ms = json_array(r, names[s][0]);
        const size_t works = json_object_array_length(ms);
        p->works = works < PAIRS_WORK_MAX ? (int)works : PAIRS_WORK_MAX;
        p->ms[s][0][p->n] = sum(ms);
        for (int k = 0; k < p->works; k++)
            p->ms[s][k + 1][p->n] = number_at(ms, k);
        p->load[s][0][p->n] = sum(json_array(r, names[s][4]));
        for (int k = 0; k < p->works; k++)
            p->load[s][k + 1][p->n] = number_at(json_array(r, names[s][4]), k);
        p->start[s][p->n] = json_f64(r, names[s][1], 0);
        p->kb[s][p->n] = json_f64(r, names[s][2], 0);
        p->peak[s][p->n] = sum(json_array(r, names[s][3]));
    }
    p->n++;
}

void pairs_read(struct pairs *p, struct json_object *list, const char **failed)
{
    *failed = "";
    for (size_t i = 0; list && i < json_object_array_length(list) && !**failed; i++) {
        struct json_object *r = json_object_array_get_idx(list, i);
        const bool size = strcmp(json_str(r, "kind", ""), "size") == 0;
        if (size) {
            quality_size_read(json_object_of(r, "old"), &p->size[OLD]);
            quality_size_read(json_object_of(r, "new"), &p->size[NEW]);
        }
        *failed = json_str(r, "failed", "");
        if (!**failed && json_array(r, "old") && json_array(r, "new") && p->n < PAIRS_MAX)
            add(p, r);
    }
}

/* ---- a gain ---- */

/* Of those that were looked at. */
static double mean(const double *of, size_t n)
{
    double all = 0;
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        all += of[i];
        used += of[i] > 0;
    }
    return used ? all / (double)used : 0;
}

static double ratio_of(const double of[2][PAIRS_MAX], size_t n)
{
    struct gain g;
    gain_of(of[OLD], of[NEW], n, &g);
    return g.ratio;
}

static double speed_of(const struct pairs *p, int work)
{
    struct gain g;
    gain_of(p->ms[OLD][work], p->ms[NEW][work], p->n, &g);
    return g.ratio;
}

static double clarity(const struct pairs *p, int which)
{
    return quality_clarity(p->code[which], &p->size[which]);
}

/* Below these the difference is real and means nothing: an interpreter's start takes 10 ms, and
 * 10 MB. */
static const double least_ms = 0.5, least_kb = 64;

/* What says that the gain is too small to matter; "" it is not. */
static void too_small(const struct pairs *p, enum optimize_target target, char why[PAIRS_WHY])
{
    const double ms = mean(p->start[OLD], p->n) - mean(p->start[NEW], p->n);
    const double kb = mean(p->peak[OLD], p->n) - mean(p->peak[NEW], p->n);
    why[0] = 0;
    if (target == OPTIMIZE_LATENCY && ms < least_ms)
        snprintf(why, PAIRS_WHY, "it answers %.2f ms sooner: too little to matter", ms);
    else if (target == OPTIMIZE_MEMORY && kb < least_kb)
        snprintf(why, PAIRS_WHY, "it needs %.0f KB less: too little to matter", kb);
}

static enum gain_verdict weigh_clarity(const struct pairs *p, struct weighed *w)
{
    const double old = clarity(p, OLD), new = clarity(p, NEW);
    w->gain = (struct gain){.n = 1, .ratio = new / old, .low = new / old, .high = new / old};
    snprintf(w->gained, sizeof w->gained, "%.2f× clearer (%.2f → %.2f)", new / old, old, new);
    return new / old >= QUALITY_CLEARER ? GAIN_KEEP : GAIN_REFUSE;
}

/* Of what has no gain; what is worse beyond doubt is told as that. */
static void say_no_gain(const struct pairs *p, struct weighed *w)
{
    static const char *const worse[][2] = {{"it takes", "as long"},
                                           {"", ""},
                                           {"it needs", "the memory on large inputs"},
                                           {"its first answer takes", "as long"}};
    if (w->target == OPTIMIZE_QUALITY && w->gain.ratio < 1)
        snprintf(w->why, sizeof w->why, "it is harder to read: clarity %.2f instead of %.2f",
                 clarity(p, NEW), clarity(p, OLD));
    else if (w->target == OPTIMIZE_QUALITY)
        snprintf(w->why, sizeof w->why, "%s: that is too little, %.1f× is asked for", w->gained,
                 QUALITY_CLEARER);
    else if (w->gain.high < 1 / GAIN_LEAST)
        snprintf(w->why, sizeof w->why, "%s %.2f times %s", worse[w->target][0], 1 / w->gain.ratio,
                 worse[w->target][1]);
    else
        snprintf(w->why, sizeof w->why, "%s: that is no gain beyond doubt", w->gained);
}

/* Of one target; w->why is set with GAIN_REFUSE. */
static enum gain_verdict weigh_one(const struct pairs *p, enum optimize_target target, bool last,
                                   struct weighed *w)
{
    static const char *const better[] = {"faster", "clearer", "less memory", "sooner"};
    enum gain_verdict v;
    w->target = target;
    w->why[0] = 0;
    if (target == OPTIMIZE_QUALITY) {
        v = weigh_clarity(p, w);
    } else {
        const double(*of)[PAIRS_MAX] = target == OPTIMIZE_MEMORY    ? p->peak
                                       : target == OPTIMIZE_LATENCY ? p->start
                                                                    : NULL;
        gain_of(of ? of[OLD] : p->ms[OLD][0], of ? of[NEW] : p->ms[NEW][0], p->n, &w->gain);
        v = gain_judge(&w->gain, last || !w->gain.n);
        gain_text(&w->gain, better[target], w->gained);
    }
    if (v == GAIN_KEEP)
        too_small(p, target, w->why);
    else if (v == GAIN_REFUSE)
        say_no_gain(p, w);
    return w->why[0] ? GAIN_REFUSE : v;
}

/* ---- a loss ---- */

/* The least ratio of old to new that is let pass, and what is below notice. */
struct limits {
    double speed, memory, start, start_ms, clarity;
    bool load; /* what the calls lose may be what loading the program gains */
};

static const struct limits limits_of_all = {0.9, 0.9, 0.9, 1, 1 / QUALITY_CLEARER, true};

static struct limits limits_of(enum optimize_target target)
{
    const bool time = target == OPTIMIZE_PERFORMANCE || target == OPTIMIZE_LATENCY;
    return (struct limits){time ? 0.9 : GAIN_TIME_LOSS,
                           GAIN_MEMORY_LOSS,
                           GAIN_START_LOSS,
                           GAIN_START_LOSS_MS,
                           0,
                           time};
}

/* Old to new; `sure`: the most that it may be, so that a loss is one beyond doubt. */
static double found(const double *old, const double *new, size_t n, bool sure)
{
    struct gain g;
    gain_of(old, new, n, &g);
    return sure ? g.high : g.ratio;
}

/* On a work, or all of them; where the load counts both alone and with it: what is only done later,
 * in the call that needs it, takes no longer. */
static bool is_slower(const struct pairs *p, int work, const struct limits *l, bool sure)
{
    double whole[2][PAIRS_MAX];
    if (found(p->ms[OLD][work], p->ms[NEW][work], p->n, sure) >= l->speed)
        return false;
    if (!l->load)
        return true;
    for (size_t i = 0; i < p->n; i++)
        for (int s = OLD; s <= NEW; s++)
            whole[s][i] = p->ms[s][work][i] + p->load[s][work][i];
    return found(whole[OLD], whole[NEW], p->n, sure) < l->speed;
}

/* Fills `why` with what has got worse; false: nothing. */
static bool loses(const struct pairs *p, const struct limits *l, bool sure, char why[PAIRS_WHY])
{
    const double memory = ratio_of(p->kb, p->n), start = ratio_of(p->start, p->n);
    const double late = mean(p->start[NEW], p->n) - mean(p->start[OLD], p->n);
    for (int k = 0; k <= p->works; k++)
        if (is_slower(p, k, l, sure)) {
            snprintf(why, PAIRS_WHY, "on %slarge inputs it takes %.2f times as long",
                     k ? "some " : "", 1 / speed_of(p, k));
            return true;
        }
    if (found(p->kb[OLD], p->kb[NEW], p->n, sure) < l->memory)
        snprintf(why, PAIRS_WHY, "it needs %.2f times the memory", 1 / memory);
    else if (found(p->start[OLD], p->start[NEW], p->n, sure) < l->start && late > l->start_ms)
        snprintf(why, PAIRS_WHY, "its first answer comes %.1f ms later, %.2f times as late", late,
                 1 / start);
    else if (clarity(p, NEW) < l->clarity * clarity(p, OLD))
        snprintf(why, PAIRS_WHY, "it is harder to read: clarity %.2f instead of %.2f",
                 clarity(p, NEW), clarity(p, OLD));
    else
        return false;
    return true;
}

enum gain_verdict pairs_weigh(const struct pairs *p, enum optimize_target target, bool all,
                              bool last, struct weighed *out)
{
    const struct limits l = all ? limits_of_all : limits_of(target);
    enum gain_verdict v = weigh_one(p, target, last, out);
    for (int t = 0; all && t < OPTIMIZE_TARGETS && v != GAIN_KEEP; t++) {
        struct weighed other;
        const enum gain_verdict w = weigh_one(p, (enum optimize_target)t, last, &other);
        if (w == GAIN_KEEP)
            *out = other;
        if (w != GAIN_REFUSE)
            v = w;
    }
    if (v != GAIN_REFUSE && loses(p, &l, true, out->why))
        return GAIN_REFUSE; /* beyond doubt: it need not be measured longer */
    if (v == GAIN_KEEP && loses(p, &l, false, out->why))
        return last ? GAIN_REFUSE : GAIN_UNSURE;
    return v;
}

/* ---- telling ---- */

static struct json_object *clarity_figures(const struct pairs *p)
{
    static const char *const names[] = {"old", "new"};
    struct json_object *o = json_object_new_object();
    for (int s = OLD; s <= NEW; s++) {
        struct json_object *one = json_object_new_object();
        json_add_f64(one, "clarity", clarity(p, s));
        json_add_f64(one, "gates", p->code[s]);
        json_add_f64(one, "nodes", p->size[s].nodes);
        json_add_f64(one, "branches", p->size[s].branches);
        json_add_f64(one, "nesting", p->size[s].nesting);
        json_object_object_add(o, names[s], one);
    }
    return o;
}

struct json_object *pairs_figures(const struct pairs *p, const struct weighed *w)
{
    struct json_object *f = json_object_new_object();
    json_add_f64(f, "ratio", w->gain.ratio);
    json_add_f64(f, "low", w->gain.low);
    json_add_f64(f, "high", isfinite(w->gain.high) ? w->gain.high : 0);
    json_add_i64(f, "pairs", (int64_t)p->n);
    json_add_f64(f, "old_ms", mean(p->ms[OLD][0], p->n));
    json_add_f64(f, "new_ms", mean(p->ms[NEW][0], p->n));
    json_add_f64(f, "old_kb", mean(p->kb[OLD], p->n));
    json_add_f64(f, "new_kb", mean(p->kb[NEW], p->n));
    json_add_f64(f, "old_start_ms", mean(p->start[OLD], p->n));
    json_add_f64(f, "new_start_ms", mean(p->start[NEW], p->n));
    if (mean(p->peak[OLD], p->n) > 0) {
        json_add_f64(f, "old_peak_kb", mean(p->peak[OLD], p->n));
        json_add_f64(f, "new_peak_kb", mean(p->peak[NEW], p->n));
    }
    json_add_f64(f, "speed", speed_of(p, 0));
    json_add_f64(f, "memory", ratio_of(p->kb, p->n));
    json_object_object_add(f, "clarity", clarity_figures(p));
    return f;
}
