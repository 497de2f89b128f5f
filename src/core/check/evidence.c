/* Generated tests: what they say of a program, beside the truth of the task's own examples. */
#include <stdio.h>
#include <string.h>

#include "core/check/harness.h"
#include "core/check/made_calls.h"
#include "core/pipeline/choose.h"

/* One wrong test may ask for what takes for ever. */
static const double call_s = 2;

static double strongest(const struct task *t)
{
    double most = 0;
    for (int i = 0; i < t->ladder_count; i++)
        if (t->ladder[i].available && stage_weight(&t->ladder[i]) > most)
            most = stage_weight(&t->ladder[i]);
    return most;
}

/* Whether the strongest model that can be asked has written tests, and none came of it. */
static bool nothing_to_test(const struct task *t)
{
    return t->tests_asked && t->tests_weight >= strongest(t) && (!t->tests || !t->tests->count);
}

bool evidence_none(const struct task *t, const struct stage *s)
{
    return nothing_to_test(t) && !examples_telling(&t->examples) && stage_weight(s) < strongest(t);
}

int evidence_trusted(const struct task *t)
{
    bool none = nothing_to_test(t);
    if (none || task_without(t, "tests") || task_without(t, "agreement") ||
        !config_flag(t->p->config, OPTION_TESTS))
        return 0;
    return strcmp(t->complexity, "simple") == 0 ? 2 : 3;
}

bool evidence_wanted(const struct task *t)
{
    const int trusted = evidence_trusted(t);
    return (int)examples_telling(&t->examples) < trusted || (trusted && t->doubt);
}

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t mix(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    while (*text++);
    return hash;
}

static void read_value(struct json_object *value, struct candidate *c)
{
    struct json_object *records = json_array(value, "records");
    struct evidence *v = &c->evidence;
    int answers = 0;
    v->behaviour = UINT64_C(14695981039346656037);
    for (size_t i = 0; records && i < json_object_array_length(records); i++) {
        struct json_object *r = json_object_array_get_idx(records, i);
        const char *signature = json_str(r, "signature", "-");
        if (strcmp(json_str(r, "kind", ""), "example") != 0 || v->count == CHOOSE_TESTS_MAX)
            continue;
        if (json_flag(r, "ok", false)) {
            v->passed |= UINT32_C(1) << v->count;
            v->right++;
        }
        answers += signature[0] != '!' && signature[0] != '-';
        v->behaviour = mix(v->behaviour, signature);
        v->count++;
    }
    v->tested = v->count > 0;
    if (!answers) /* programs that only fail do not agree on anything */
        v->behaviour += (uint64_t)c->stage->number << 32 | (uint64_t)c->number;
}

/* What it answers to calls that nobody knows the answer of: programs that are alike there are. */
static void read_probes(struct json_object *value, struct candidate *c)
{
    struct evidence *v = &c->evidence;
    struct json_object *record = harness_record(value, "probes"),
                       *list = json_array(record, "signatures"),
                       *broke = json_array(record, "broke");
    json_object_put(c->probed);
    c->probed = json_object_get(json_array(record, "shown"));
    v->probe_count = 0;
    v->broke = 0;
    for (size_t i = 0; broke && i < json_object_array_length(broke); i++) {
        const int64_t at = json_object_get_int64(json_object_array_get_idx(broke, i));
        if (at >= 0 && at < PROBES_MAX)
            v->broke |= UINT32_C(1) << at;
    }
    for (size_t i = 0; list && i < json_object_array_length(list) && i < PROBES_MAX; i++) {
        const char *signature = json_object_get_string(json_object_array_get_idx(list, i));
        v->probes[v->probe_count++] = (uint32_t)mix(UINT64_C(14695981039346656037), signature);
    }
}

static void emit(struct job *job, const struct candidate *c)
{
    struct event ev = {.type = EVENT_CHECK};
    char text[80], doubt[120];
    snprintf(text, sizeof text, "%d of %d", c->evidence.right, c->evidence.count);
    snprintf(doubt, sizeof doubt, "%s (evidence, no truth)", text);
    ev.u.check.stage = c->stage->number;
    ev.u.check.candidate = c->number;
    ev.u.check.name = "tests";
    ev.u.check.ok = c->evidence.right == c->evidence.count;
    ev.u.check.severity = "score";
    ev.u.check.subject = ev.u.check.ok ? text : "";
    ev.u.check.detail = doubt;
    job_emit(job, &ev);
}

enum err evidence_run(struct job *job, struct candidate *c, struct err_info *info)
{
    struct task *t = c->task;
    struct json_object *value = NULL;
    char label[80];
    struct harness_run run = {.step = "evidence",
                              .label = label,
                              .code = c->code.data,
                              .function = c->verdict.function,
                              .examples = t->tests,
                              .grants = &c->verdict.grants,
                              .probes = PROBES_MAX,
                              .made = made_calls_list(t),
                              .call_s = call_s};
    enum err e;
    c->evidence.asked = true;
    candidate_label(label, "tests", c->number, c->stage->candidates == 1, "");
    e = harness_run(job, t, &run, &value, info);
    if (!e)
        read_value(value, c);
    if (!e)
        read_probes(value, c);
    if (!e && c->evidence.tested)
        emit(job, c);
    json_object_put(value);
    return e;
}
