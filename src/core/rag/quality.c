#include "core/rag/quality.h"

#include <math.h>
#include <string.h>

struct weights {
    const char *kind;
    double time, memory;
};

static const struct weights by_kind[] = {
    {"function", 0.30, 0.20},     {"code", 0.30, 0.20},   {"workflow", 0.20, 0.10},
    {"sub_workflow", 0.20, 0.10}, {"prompt", 0.15, 0.05}, {"", 0.25, 0.15},
};

enum { PRIOR_RUNS = 3 };

static const struct weights *weights_of(const char *kind)
{
    const struct weights *w = by_kind;
    while (*w->kind && strcmp(w->kind, kind) != 0)
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

static double economy(const struct quality_facts *f)
{
    const struct weights *w = weights_of(f->kind);
    double sum = 0, of = 0;
    if (f->ms > 0) {
        sum += w->time * within(1 - f->ms / 1000);
        of += w->time;
    }
    if (f->peak_kb > 0) {
        sum += w->memory * within(1 - f->peak_kb / 1024 / 100);
        of += w->memory;
    }
    return of > 0 ? sum / of : 1;
}

double quality_of(const struct quality_facts *f)
{
    double runs = (double)(f->ok + f->bad);
    double success = ((double)f->ok + PRIOR_RUNS * expected(f)) / (runs + PRIOR_RUNS);
    double q = success * (0.7 + 0.3 * economy(f));
    q += 0.1 * (1 - q) * within(log2(1 + (double)f->uses) / 6) * success;
    if (f->rating > 0)
        q = (q + (f->rating - 1) / 4.0) / 2;
    return within(q);
}

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
}
