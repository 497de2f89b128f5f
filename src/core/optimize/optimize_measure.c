/* The steps that look at two programs in the sandbox: rewriting by rules, comparing, measuring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/sandbox_step.h"
#include "core/optimize/optimize.h"
#include "core/optimize/pairs.h"
#include "core/rag/quality.h"

enum {
    FILE_BYTES = 128 << 10,
    VALUE_MAX = 8 << 20,
    WALL_MS = 600 * 1000, /* the children's own limits are in the processor's time */
    CPU_MS = 120 * 1000,  /* of each process */
    MEMORY_TIMES = 2      /* judge and program side by side */
};

struct run {
    struct optimize *o;
    const char *script, *other; /* the script; the changed program, NULL: none */
    struct buf job;
};

/* ---- what the script is given ---- */

static void add_examples(struct json_object *list, const struct examples *x)
{
    for (size_t i = 0; x && i < x->count; i++) {
        const struct example *one = &x->list[i];
        struct json_object *e;
        if (one->kind == EXAMPLE_RAISES) /* what is refused is no input to make others like it */
            continue;
        e = json_object_new_object();
        json_object_object_add(
            e, one->call ? "call" : "args",
            json_object_new_string_len(one->call ? one->call : one->args,
                                       (int)(one->call ? one->call_len : one->args_len)));
        json_object_array_add(list, e);
    }
}

static struct json_object *describe(const struct optimize *o, const char *mode)
{
    struct json_object *j = json_object_new_object(), *list = json_object_new_array();
    struct json_object *folders = json_object_new_array();
    json_add_str(j, "mode", mode);
    json_add_str(j, "function", o->function);
    json_add_str(j, "task", o->t.text);
    json_add_str(
        j, "target",
        optimize_target_name(o->all && strcmp(mode, "rewrite") ? OPTIMIZE_ALL : o->target));
    json_add_i64(j, "seed", 1 + o->number);
    add_examples(list, &o->t.examples);
    add_examples(list, o->t.tests);
    json_object_object_add(j, "examples", list);
    json_object_object_add(j, "input", json_object_get(o->t.given));
    for (int i = 0; o->now.c.verdict.grants.folders[i]; i++)
        json_object_array_add(folders, json_object_new_string(o->now.c.verdict.grants.folders[i]));
    json_object_object_add(j, "packages", folders);
    return j;
}

/* ---- the step ---- */

static enum err records(const struct sandbox_result *r, struct buf *out)
{
    const char *p = r->report.data;
    bool first = true;
    enum err e = buf_adds(out, "[");
    while (!e && *p) {
        size_t n = strcspn(p, "\n");
        struct json_object *o = NULL;
        if (n && json_parse(p, n, NULL, &o, NULL) == ERR_OK && o) {
            e = first ? ERR_OK : buf_adds(out, ",");
            if (!e)
                e = json_print(out, o);
            first = false;
        }
        json_object_put(o);
        p += n + (p[n] == '\n');
    }
    return e ? e : buf_adds(out, "]");
}

/* The files beside the script. */
static const char *const with_measure[] = {"harness.py", "inputs.py", "clarity.py", NULL};
static const char *const with_rules[] = {"inputs.py",
                                         "program_text.py",
                                         "rewrite_arithmetic.py",
                                         "rewrite_lookup.py",
                                         "rewrite_loops.py",
                                         "rewrite_remember.py",
                                         "rewrite_shape.py",
                                         "rewrite_memory.py",
                                         "rewrite_latency.py",
                                         "rewrite_quality.py",
                                         NULL};
enum { SHIPPED_MAX = sizeof with_rules / sizeof *with_rules };

static enum err run_once(struct run *a, struct sandbox_result *r, struct err_info *info)
{
    const char *const argv[] = {"python3", "-I", "-S", a->script, NULL};
    const bool rules = strcmp(a->script, "rewrite.py") == 0;
    const char *const *shipped = rules ? with_rules : with_measure;
    struct task *t = &a->o->t;
    const struct grants *g = &a->o->now.c.verdict.grants;
    const char *old = a->o->now.c.code.data, *folders[GRANTS_MAX + 1];
    struct buf script, texts[SHIPPED_MAX];
    struct sandbox_file files[4 + SHIPPED_MAX];
    struct sandbox_spec spec = {.argv = argv, .input = "", .files = files, .packages = folders};
    int n = 0, others = 0;
    enum err e;
    buf_init(&script, FILE_BYTES);
    e = sandbox_step_runtime(t->p, a->script, &script, info);
    files[n++] = (struct sandbox_file){a->script, script.data, script.len};
    for (; shipped[others]; others++) {
        buf_init(&texts[others], FILE_BYTES);
        if (!e)
            e = sandbox_step_runtime(t->p, shipped[others], &texts[others], info);
        files[n++] = (struct sandbox_file){shipped[others], texts[others].data, texts[others].len};
    }
    files[n++] = (struct sandbox_file){"job.json", a->job.data, a->job.len};
    files[n++] = (struct sandbox_file){"old.py", old, strlen(old)};
    if (a->other)
        files[n++] = (struct sandbox_file){"new.py", a->other, strlen(a->other)};
    for (int i = 0; i <= GRANTS_MAX; i++)
        folders[i] = g->folders[i];
    files[0].data = script.data;
    spec.file_count = (size_t)n;
    sandbox_step_limits(t->p->config, &spec.limits);
    spec.limits.wall_ms = WALL_MS;
    spec.limits.cpu_ms = CPU_MS;
    spec.limits.memory_bytes *= MEMORY_TIMES;
    if (!e)
        e = sandbox_run(t->p->sandbox, &spec, r, info);
    buf_fini(&script);
    while (others--)
        buf_fini(&texts[others]);
    return e;
}

static enum err run_step(struct step *step, void *arg, struct buf *out)
{
    struct run *a = arg;
    struct sandbox_result r;
    struct err_info info = {0};
    enum err e;
    sandbox_result_init(&r);
    e = run_once(a, &r, &info);
    if (!e) {
        sandbox_step_emit(step, &r);
        if (r.outcome != SANDBOX_EXITED || r.exit_code) {
            step_say(step, "the run was ended: %s", sandbox_outcome_name(r.outcome));
            step_reject(step);
        }
        e = records(&r, out);
    } else if (e != ERR_CANCELLED) {
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    }
    sandbox_result_fini(&r);
    return e;
}

/* *out: the records as an array; the caller puts it. `job` is taken. */
static enum err run_journaled(struct optimize *o, const char *name, const char *label,
                              const char *script, const char *other, struct json_object *job,
                              struct json_object **out, struct err_info *info)
{
    struct run arg = {.o = o, .script = script, .other = other};
    struct step_desc desc = {.name = name, .label = label, .run = run_step, .arg = &arg};
    struct buf input;
    enum err e;
    *out = NULL;
    buf_init(&input, VALUE_MAX);
    buf_init(&arg.job, VALUE_MAX);
    e = json_print(&arg.job, job);
    json_object_put(job);
    if (!e)
        e = buf_addf(&input, "%s\n%s\n%s\n", arg.job.data, o->now.c.code.data, other ? other : "");
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(o->t.job, &desc, VALUE_MAX, out, info);
    buf_fini(&arg.job);
    buf_fini(&input);
    return e;
}

enum err optimize_rewrites(struct optimize *o, struct json_object **out, struct err_info *info)
{
    return run_journaled(o, "rewrite", "rewrite by rules", "rewrite.py", NULL,
                         describe(o, "rewrite"), out, info);
}

/* ---- reading ---- */

static struct json_object *record(struct json_object *list, const char *kind)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *r = json_object_array_get_idx(list, i);
        if (strcmp(json_str(r, "kind", ""), kind) == 0)
            return r;
    }
    return NULL;
}

/* ---- judging ---- */

/* Both pass all tests: else nothing is measured. The times are those of the large inputs or, where
 * the first answer is what counts, of that. */
static void note_scores(const struct optimize *o, const struct pairs *c, const struct weighed *w,
                        struct json_object *f)
{
    const bool first = w->target == OPTIMIZE_LATENCY || !c->works;
    struct quality_measured both[2];
    enum quality_aim aim = AIM_KIND;
    double was, is;
    for (int s = OLD; s <= NEW; s++)
        both[s] =
            (struct quality_measured){.correct = 1,
                                      .ms = json_f64(f,
                                                     s == OLD ? first ? "old_start_ms" : "old_ms"
                                                     : first  ? "new_start_ms"
                                                              : "new_ms",
                                                     0),
                                      .peak_kb = json_f64(f, s == OLD ? "old_kb" : "new_kb", 0),
                                      .judged = o->now.c.verdict.gates != NULL,
                                      .code = c->code[s],
                                      .size = c->size[s]};
    if (!o->all)
        (void)quality_aim_named(optimize_target_name(o->target), &aim);
    quality_compare(&both[OLD], &both[NEW], aim, &was, &is);
    json_add_f64(f, "old_score", was);
    json_add_f64(f, "new_score", is);
}

static void note_figures(struct optimize *o, struct proposal *p, const struct pairs *c,
                         const struct weighed *w)
{
    struct json_object *f = pairs_figures(c, w);
    json_add_str(f, "target", optimize_target_name(w->target));
    note_scores(o, c, w, f);
    json_object_put(p->figures);
    p->figures = f;
}

static enum gain_verdict decide(struct optimize *o, struct proposal *p, struct pairs *c, bool last)
{
    struct weighed w;
    enum gain_verdict v;
    v = pairs_weigh(c, o->target, o->all, last, &w);
    note_figures(o, p, c, &w);
    snprintf(p->gained, sizeof p->gained, "%s", w.gained);
    snprintf(p->why, sizeof p->why, "%s", w.why);
    return v;
}

static enum err measure_pairs(struct optimize *o, struct proposal *p, struct json_object *compared,
                              struct err_info *info)
{
    struct pairs *c = calloc(1, sizeof *c);
    const char *failed = "";
    enum gain_verdict v = GAIN_UNSURE;
    enum err e = c ? ERR_OK : ERR_NOMEM;
    if (!e) {
        pairs_read(c, compared, &failed);
        c->code[OLD] = o->now.c.verdict.score;
        c->code[NEW] = p->s.c.verdict.score;
    }
    /* what is no clearer need not be measured */
    if (!e && o->target == OPTIMIZE_QUALITY && !o->all && decide(o, p, c, true) == GAIN_REFUSE)
        v = GAIN_REFUSE;
    for (int round = 0; !e && round < 2 && v == GAIN_UNSURE; round++) {
        struct json_object *job = describe(o, "pairs"), *list = NULL;
        const int pairs = round ? GAIN_MORE : GAIN_FIRST;
        json_object_object_add(job, "work", json_object_get(o->work));
        json_add_i64(job, "pairs", pairs);
        json_add_i64(job, "first", round ? GAIN_FIRST : 0);
        e = run_journaled(o, "measure", round ? "measure again, longer" : "old against new",
                          "measure.py", p->s.c.code.data, job, &list, info);
        if (!e)
            pairs_read(c, list, &failed);
        if (!e && *failed) {
            snprintf(p->why, sizeof p->why, "the %s program failed while it was measured", failed);
            v = GAIN_REFUSE;
        } else if (!e && c->n < 2) {
            snprintf(p->why, sizeof p->why, "it could not be measured");
            v = GAIN_REFUSE;
        } else if (!e) {
            v = decide(o, p, c, round == 1);
        }
        json_object_put(list);
    }
    free(c);
    return e;
}

enum err optimize_work(struct optimize *o, struct err_info *info)
{
    struct json_object *list = NULL;
    enum err e;
    if (o->work)
        return ERR_OK;
    e = run_journaled(o, "inputs", "inputs that take time", "measure.py", NULL, describe(o, "work"),
                      &list, info);
    if (!e) {
        o->work = json_object_get(json_array(record(list, "work"), "of"));
        if (!o->work)
            o->work = json_object_new_array();
        snprintf(
            o->no_work, sizeof o->no_work,
            "no input was found for which the program takes time that can be measured: %.200s",
            json_str(record(list, "no work"), "why", "its examples tell nothing of its input"));
    }
    json_object_put(list);
    return e;
}

bool optimize_measurable(const struct optimize *o)
{
    return o->target == OPTIMIZE_LATENCY || o->target == OPTIMIZE_QUALITY ||
           json_object_array_length(o->work) > 0;
}

enum err optimize_measure(struct optimize *o, struct proposal *p, struct err_info *info)
{
    struct json_object *list = NULL, *compared, *job;
    enum err e = optimize_work(o, info);
    if (e)
        return e;
    if (!optimize_measurable(o)) {
        snprintf(p->why, sizeof p->why, "%s", o->no_work);
        return ERR_OK;
    }
    job = describe(o, "compare");
    json_object_object_add(job, "work", json_object_get(o->work));
    e = run_journaled(o, "compare", "the same answers?", "measure.py", p->s.c.code.data, job, &list,
                      info);
    compared = record(list, "compare");
    if (!e && !json_flag(compared, "ok", false)) {
        snprintf(p->why, sizeof p->why, "%.380s",
                 json_str(compared, "why", "the comparison came to no end"));
    } else if (!e) {
        e = measure_pairs(o, p, list, info);
        if (p->figures)
            json_add_i64(p->figures, "inputs", json_i64(compared, "inputs", 0));
    }
    json_object_put(list);
    return e;
}
