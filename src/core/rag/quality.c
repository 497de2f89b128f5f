#include "core/rag/quality.h"

#include <math.h>
#include <string.h>

struct weights {
    const char *name;
    double of[QUALITY_MERITS]; /* time, memory, code */
};

static const struct weights by_kind[] = {
    {"function", {0.30, 0.20, 0.50}}, {"code", {0.30, 0.20, 0.50}},
    {"workflow", {0.20, 0.10, 0.70}}, {"sub_workflow", {0.20, 0.10, 0.70}},
    {"prompt", {0.15, 0.05, 0.80}},   {"", {0.25, 0.15, 0.60}},
};

static const struct weights by_aim[] = {
    [AIM_PERFORMANCE] = {"performance", {0.5, 0.3, 0.2}},
    [AIM_QUALITY] = {"quality", {0.2, 0.1, 0.7}},
    [AIM_MEMORY] = {"memory", {0.1, 0.7, 0.2}},
    [AIM_LATENCY] = {"latency", {0.7, 0.1, 0.2}},
};

enum { PRIOR_RUNS = 3 };

static const double floor_share = 0.7; /* of success, whatever the merits are */
static const double ms_unit = 10, ms_decades = 3, mb_unit = 10, mb_decades = 2;

bool quality_aim_named(const char *name, enum quality_aim *out)
{
    for (int i = AIM_PERFORMANCE; i <= AIM_LATENCY; i++)
        if (strcmp(by_aim[i].name, name) == 0) {
            *out = (enum quality_aim)i;
            return true;
        }
    return false;
}

static const struct weights *weights_of(const char *kind, enum quality_aim aim)
{
    const struct weights *w = by_kind;
    if (aim != AIM_KIND)
        return &by_aim[aim];
    while (*w->name && strcmp(w->name, kind) != 0)
        w++;
    return w;
}

static double within(double x)
{
    return !(x > 0) ? 0 : x > 1 ? 1 : x;
}

static double expected(const struct quality_facts *f)
{
    if (f->prior >= 0)
        return within(f->prior);
    if (!f->solved)
        return 0.30;
    return 0.60 + 0.35 * f->checks / (f->checks + 2.0);
}

static void set_merit(struct quality_split *s, int which, bool known, double value)
{
    s->merit[which].known = known;
    s->merit[which].value = known ? within(value) : 0;
}

static void find_merits(const struct quality_facts *f, enum quality_aim aim,
                        struct quality_split *s)
{
    const struct weights *w = weights_of(f->kind ? f->kind : "", aim);
    double sum = 0, of = 0;
    set_merit(s, QUALITY_TIME, f->ms > 0, 1 - log10(1 + f->ms / ms_unit) / ms_decades);
    set_merit(s, QUALITY_MEMORY, f->peak_kb > 0,
              1 - log10(1 + f->peak_kb / 1024 / mb_unit) / mb_decades);
    set_merit(s, QUALITY_CODE, f->judged, f->code);
    for (int i = 0; i < QUALITY_MERITS; i++) {
        s->merit[i].weight = w->of[i];
        sum += s->merit[i].known ? w->of[i] * s->merit[i].value : 0;
        of += s->merit[i].known ? w->of[i] : 0;
    }
    s->merits = of > 0 ? within(sum / of) : 1;
}

void quality_split(const struct quality_facts *f, enum quality_aim aim, struct quality_split *s)
{
    double runs = (double)(f->ok + f->bad);
    memset(s, 0, sizeof *s);
    s->expected = expected(f);
    s->success = ((double)f->ok + PRIOR_RUNS * s->expected) / (runs + PRIOR_RUNS);
    find_merits(f, aim, s);
    s->base = s->success * (floor_share + (1 - floor_share) * s->merits);
    s->used = 0.1 * (1 - s->base) * within(log2(1 + (double)f->uses) / 6) * s->success;
    s->quality = s->base + s->used;
    if (f->rating > 0)
        s->quality = (s->quality + (f->rating - 1) / 4.0) / 2;
    s->quality = within(s->quality);
}

double quality_of(const struct quality_facts *f)
{
    struct quality_split s;
    quality_split(f, AIM_KIND, &s);
    return s.quality;
}

/* ---- gates ---- */

bool quality_code(struct json_object *gates, double *code)
{
    double sum = 0, of = 0;
    for (size_t i = 0; gates && i < json_object_array_length(gates); i++) {
        struct json_object *g = json_object_array_get_idx(gates, i);
        const char *severity = json_str(g, "severity", "");
        double score = json_f64(g, "score", -1);
        double w = strcmp(severity, "block") == 0 ? 2 : strcmp(severity, "score") == 0 ? 1 : 0;
        if (!(score >= 0))
            continue;
        sum += w * within(score);
        of += w;
    }
    *code = of > 0 ? within(sum / of) : 1;
    return of > 0;
}

/* ---- the text ---- */

static const double node_unit = 200, branch_nodes = 5;

void quality_size_read(struct json_object *size, struct quality_size *out)
{
    out->nodes = json_f64(size, "nodes", 0);
    out->branches = json_f64(size, "branches", 0);
    out->nesting = json_f64(size, "nesting", 0);
}

double quality_clarity(double code, const struct quality_size *s)
{
    const double load = s->nodes + branch_nodes * (s->branches + s->nesting);
    return s->nodes > 0 ? within(code) * node_unit / (node_unit + load) : within(code);
}

/* ---- old and new ---- */

void quality_compare(const struct quality_measured *old, const struct quality_measured *new,
                     enum quality_aim aim, double *old_score, double *new_score)
{
    const struct quality_measured *both[] = {old, new};
    double *scores[] = {old_score, new_score};
    const bool time = old->ms > 0 && new->ms > 0, memory = old->peak_kb > 0 && new->peak_kb > 0;
    const bool sizes = old->size.nodes > 0 && new->size.nodes > 0;
    for (int i = 0; i < 2; i++) {
        const struct quality_facts f = {
            .kind = "function",
            .prior = both[i]->correct,
            .ms = time ? both[i]->ms : 0,
            .peak_kb = memory ? both[i]->peak_kb : 0,
            .judged = old->judged && new->judged,
            .code = sizes ? quality_clarity(both[i]->code, &both[i]->size) : both[i]->code};
        struct quality_split s;
        quality_split(&f, aim, &s);
        *scores[i] = s.quality;
    }
}

/* ---- reading, forgetting ---- */

bool quality_stale(double quality, int64_t idle_ms)
{
    return quality < 0.15 ||
           (quality < 0.50 && idle_ms > (int64_t)QUALITY_GRACE_DAYS * 24 * 3600 * 1000);
}

void quality_read(struct json_object *a, struct quality_facts *out)
{
    struct json_object *checked = json_object_of(a, "checked"), *usage = json_object_of(a, "usage");
    memset(out, 0, sizeof *out);
    out->kind = json_str(a, "kind", "function");
    out->solved =
        json_flag(a, "solved", strcmp(out->kind, "function") && strcmp(out->kind, "code"));
    out->checks =
        (int)(json_i64(checked, "examples_passed", 0) + json_i64(checked, "tests_passed", 0) +
              json_i64(checked, "properties_passed", 0));
    out->prior = json_f64(a, "quality_score", -1);
    out->ms = json_f64(usage, "wall_ms", 0);
    out->peak_kb = json_f64(usage, "peak_kb", 0);
    out->code = within(json_f64(a, "gate_score", -1));
    out->judged = json_f64(a, "gate_score", -1) >= 0;
}
