/* Property tests: what the task's words decide of every answer (words/properties.h), tried on many
 * inputs (runtime/properties.py). Evidence beside the generated tests, never truth. */
#include <stdio.h>
#include <string.h>

#include "core/check/harness.h"
#include "core/check/made_calls.h"

enum { SPEC_MAX = 128 << 10 };
static const double call_s = 2;

/* Of a simple task with an example, what nearly every program keeps (the type, the same answer
 * twice) is not worth the 0.2 s that starting hypothesis takes. */
static bool too_little(const struct task *t)
{
    return strcmp(t->complexity, "simple") == 0 && examples_telling(&t->examples) &&
           !t->properties.sure && !t->written_count && !t->doubt;
}

/* Inputs for the rules of the words are known, or may still be made. */
static bool has_rules(const struct task *t, bool now)
{
    const bool hope = !now && !t->made_asked;
    return t->written_count ||
           (t->properties.count && (!t->properties.open || hope || made_calls_list(t)));
}

bool properties_wanted(const struct task *t)
{
    const size_t settled = strcmp(t->complexity, "simple") == 0 ? 2 : 3;
    return !too_little(t) && has_rules(t, false) && t->p->programs &&
           config_flag(t->p->config, OPTION_PROPERTIES) && !task_without(t, "properties") &&
           (examples_telling(&t->examples) < settled || t->doubt);
}

bool properties_ready(const struct task *t)
{
    return properties_wanted(t) && has_rules(t, true);
}

void properties_load(struct task *t)
{
    properties_of(t->text, &t->examples, &t->properties);
    if (properties_wanted(t))
        programs_want(t->p->programs, "hypothesis");
}

/* ---- what properties.py is given ---- */

static void add_rule(struct json_object *rules, const struct property *p)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "name", p->name);
    json_add_bool(o, "sure", p->sure);
    if (p->type[0]) {
        json_add_str(o, "type", p->type);
        json_add_bool(o, "none", p->none);
    }
    if (p->of[0]) {
        json_add_str(o, "of", p->of);
        json_add_str(o, "other", p->other);
    }
    json_object_array_add(rules, o);
}

static void add_written(struct json_object *rules, const struct written *w)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "name", "written");
    json_add_bool(o, "sure", true);
    json_add_str(o, "for", w->name);
    json_add_str(o, "in", w->strategy);
    json_add_str(o, "that", w->expression);
    json_object_array_add(rules, o);
}

static enum err describe(const struct task *t, struct buf *out)
{
    const struct properties *p = &t->properties;
    struct json_object *o = json_object_new_object(), *rules = json_object_new_array();
    struct json_object *shapes = json_object_new_array();
    enum err e;
    for (size_t i = 0; i < p->count; i++)
        add_rule(rules, &p->list[i]);
    for (size_t i = 0; i < t->written_count; i++)
        add_written(rules, &t->written[i]);
    for (int i = 0; i < p->shape_count; i++)
        json_object_array_add(shapes, json_object_new_string(p->shapes[i]));
    json_object_object_add(o, "rules", rules);
    json_object_object_add(o, "shapes", shapes);
    json_object_object_add(o, "made", json_object_get(made_calls_list(t)));
    json_add_bool(o, "guessed", !json_flag(t->made, "own", false));
    json_add_i64(o, "takes", p->takes);
    json_add_bool(o, "loose", p->loose);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

/* ---- what came of it ---- */

static void emit(struct job *job, const struct candidate *c, const char *name, bool ok,
                 const char *text)
{
    struct event ev = {.type = EVENT_CHECK};
    ev.u.check.stage = c->stage->number;
    ev.u.check.candidate = c->number;
    ev.u.check.name = name;
    ev.u.check.ok = ok;
    ev.u.check.severity = "score";
    ev.u.check.subject = ok ? text : "";
    ev.u.check.detail = ok ? "" : text;
    job_emit(job, &ev);
}

/* The task's own examples break it, or it is none that can be evaluated; the same for all programs.
 */
static void drop(struct task *t, size_t i)
{
    struct properties *all = &t->properties;
    if (i >= all->count)
        t->written[i - all->count].unusable = true;
    else if (all->list[i].sure)
        all->sure = 0;
}

static void count(const struct properties *all, size_t i, bool ok, struct trial *p)
{
    p->count++;
    p->held += ok;
    if (i >= all->count)
        p->written |= (uint32_t)ok << (i - all->count);
    else if (ok && all->list[i].sure)
        p->upheld |= UINT32_C(1) << i;
    else if (!ok)
        p->refuted |= UINT32_C(1) << i;
}

static void read_property(struct job *job, struct candidate *c, struct json_object *r)
{
    const struct properties *all = &c->task->properties;
    struct trial *p = &c->trial;
    const int64_t i = json_i64(r, "i", -1);
    const bool ok = json_flag(r, "ok", false);
    char name[40], text[400];
    if (i < 0 || (size_t)i >= all->count + c->task->written_count)
        return;
    if (json_flag(r, "void", false)) {
        drop(c->task, (size_t)i);
        return;
    }
    count(all, (size_t)i, ok, p);
    if (ok)
        return;
    snprintf(name, sizeof name, "property %s", json_str(r, "name", ""));
    snprintf(text, sizeof text, "%s: %.340s", name, json_str(r, "text", ""));
    emit(job, c, name, false, json_str(r, "text", ""));
    if (!p->complaint[0])
        snprintf(p->complaint, sizeof p->complaint, "%s", text);
}

/* FNV-1a, 64 bits, as in evidence.c */
static uint64_t digest(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

/* An example that is answered otherwise than before: the program knows where it is, or plays with
 * chance. */
static bool differs(const struct task *t, struct json_object *records)
{
    size_t right = 0;
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        struct json_object *r = json_object_array_get_idx(records, i);
        right += strcmp(json_str(r, "kind", ""), "example") == 0 && json_flag(r, "ok", false);
    }
    return right < t->examples.count;
}

/* A program that needed so long for the task's own examples and input is slow by itself: that it
 * comes to no end with many inputs says nothing. */
static const double slow_ms = 300;

/* The program ended, stopped or replaced what was to judge it: there is no other way to come here.
 */
static void read_nothing(struct job *job, struct candidate *c)
{
    static const char text[] = "the property tests were not let through to their end";
    c->trial = (struct trial){.asked = true, .done = true, .count = 1, .refuted = TRIAL_DIFFERS};
    snprintf(c->trial.complaint, sizeof c->trial.complaint, "property steady: %s", text);
    emit(job, c, "property steady", false, text);
    if (!c->verdict.why[0])
        snprintf(c->verdict.why, sizeof c->verdict.why, "%s", c->trial.complaint);
}

static void read_value(struct job *job, struct candidate *c, struct json_object *value)
{
    static const char other[] = "an example was answered otherwise than before";
    struct json_object *records = json_array(value, "records");
    struct json_object *all = harness_record(value, "properties");
    struct trial *p = &c->trial;
    char text[80];
    if (json_get(all, "missing"))
        return;
    if (!records || !all || json_flag(all, "ended", false)) {
        read_nothing(job, c);
        return;
    }
    p->done = true;
    p->behaviour = digest(json_str(all, "signature", ""));
    for (size_t i = 0; i < json_object_array_length(records); i++) {
        struct json_object *r = json_object_array_get_idx(records, i);
        if (strcmp(json_str(r, "kind", ""), "property") == 0)
            read_property(job, c, r);
    }
    if (differs(c->task, records)) {
        p->refuted |= TRIAL_DIFFERS;
        emit(job, c, "property steady", false, other);
        if (!p->complaint[0])
            snprintf(p->complaint, sizeof p->complaint, "property steady: %s", other);
    }
    snprintf(text, sizeof text, "%d of %d on %lld inputs", p->held, p->count,
             (long long)json_i64(all, "inputs", 0));
    if (!p->complaint[0] && p->count)
        emit(job, c, "properties", true, text);
    if (!c->verdict.why[0]) /* for a repair */
        snprintf(c->verdict.why, sizeof c->verdict.why, "%s", p->complaint);
}

int property_tests(const struct task *t)
{
    int n = (int)t->properties.sure;
    for (size_t i = 0; i < t->written_count; i++)
        n += !t->written[i].unusable;
    return n;
}

uint32_t property_tests_passed(const struct task *t, const struct trial *p)
{
    size_t at = t->properties.sure;
    uint32_t passed = at ? p->upheld : 0;
    for (size_t i = 0; i < t->written_count; i++)
        if (!t->written[i].unusable)
            passed |= (p->written >> i & 1) << at++;
    return passed;
}

enum err property_run(struct job *job, struct candidate *c, struct err_info *info)
{
    struct task *t = c->task;
    struct json_object *value = NULL;
    struct buf spec;
    char label[80], whose[48];
    struct harness_run run = {.step = "properties",
                              .label = label,
                              .code = c->code.data,
                              .function = c->verdict.function,
                              .examples = &t->examples,
                              .grants = &c->verdict.grants,
                              .call_s = call_s,
                              .whose = whose};
    enum err e;
    buf_init(&spec, SPEC_MAX);
    candidate_label(label, "properties", c->number, c->stage->candidates == 1, "");
    snprintf(whose, sizeof whose, "candidate %c of stage %d", candidate_letter(c),
             c->stage->number);
    c->trial.asked = true;
    if (c->verdict.wall_ms > slow_ms) {
        buf_fini(&spec);
        return ERR_OK;
    }
    e = describe(t, &spec);
    run.properties = spec.data;
    if (!e)
        e = harness_run(job, t, &run, &value, info);
    if (!e)
        read_value(job, c, value);
    json_object_put(value);
    buf_fini(&spec);
    return e;
}
