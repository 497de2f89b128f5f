#include "core/check/gate_figures.h"

#include <string.h>

#include "core/rag/quality.h"

static struct json_object *find(struct json_object *list, const char *name, size_t *at)
{
    size_t n = json_object_array_length(list);
    for (*at = 0; *at < n; ++*at) {
        struct json_object *o = json_object_array_get_idx(list, *at);
        if (strcmp(json_str(o, "name", ""), name) == 0)
            return o;
    }
    return NULL;
}

static const char *state_of(struct json_object *report, const struct gate_verdict *v)
{
    if (json_get(report, "missing"))
        return json_flag(report, "crashed", false) ? "crashed" : "missing";
    if (json_get(report, "cut"))
        return "cut";
    return v && v->passed ? "passed" : "found";
}

static void copy(struct json_object *to, struct json_object *from, const char *key)
{
    if (json_get(from, key))
        json_object_object_add(to, key, json_object_get(json_get(from, key)));
}

void gate_figures_add(struct json_object *list, struct json_object *figure)
{
    size_t at;
    struct json_object *was = find(list, json_str(figure, "name", ""), &at);
    if (was && json_flag(was, "fixed", false))
        json_add_bool(figure, "fixed", true);
    json_object_array_put_idx(list, at, figure);
}

struct json_object *gate_figures_put(struct json_object *list, struct json_object *gate,
                                     struct json_object *report, const struct gate_verdict *v)
{
    struct json_object *o = json_object_new_object();
    const char *name = json_str(gate, "id", "");
    json_add_str(o, "name", name);
    json_add_str(o, "severity", json_str(gate, "severity", "inform"));
    json_add_str(o, "state", state_of(report, v));
    if (v && !json_get(report, "missing")) {
        json_add_f64(o, "score", v->score);
        json_add_i64(o, "found", v->found);
        if (v->found)
            json_object_object_add(o, "findings",
                                   gate_report_findings(gate, report, FIGURE_FINDINGS));
    }
    if (v && v->has_value) { /* of a report that several share, that of this one */
        json_add_f64(o, "value", v->value);
        json_add_str(o, "unit", json_str(gate, "unit", ""));
    } else {
        copy(o, report, "value");
        copy(o, report, "unit");
    }
    copy(o, report, "ms");
    if (json_get(report, "missing"))
        json_add_str(o, "why", json_str(report, "missing", ""));
    gate_figures_add(list, o);
    return o;
}

void gate_figures_fixed(struct json_object *list, const char *name)
{
    size_t at;
    struct json_object *o = find(list, name, &at);
    if (!o) {
        o = json_object_new_object();
        json_add_str(o, "name", name);
        json_object_array_add(list, o);
    }
    json_add_bool(o, "fixed", true);
}

void gate_figures_keep(struct json_object *list, struct json_object *artifact)
{
    double score;
    if (quality_code(list, &score))
        json_add_f64(artifact, "gate_score", score);
    if (list && json_object_array_length(list))
        json_object_object_add(artifact, "gates", json_object_get(list));
}

void gate_figures_live(struct job *job, const struct candidate *c, struct json_object *gate,
                       struct json_object *figure)
{
    struct event ev = {.type = EVENT_GATE};
    ev.u.gate.stage = c->stage->number;
    ev.u.gate.candidate = c->number;
    ev.u.gate.name = json_str(gate, "id", "");
    ev.u.gate.severity = json_str(gate, "severity", "inform");
    ev.u.gate.state = json_str(figure, "state", "runs");
    ev.u.gate.found = json_i64(figure, "found", 0);
    ev.u.gate.score = json_f64(figure, "score", -1);
    ev.u.gate.ms = json_f64(figure, "ms", 0);
    event_ephemeral(job, &ev);
}

/* Findings are told as checks. */
static struct json_object *told(struct json_object *list)
{
    static const char *const keys[] = {"name", "severity", "state", "score", "value",
                                       "unit", "found",    "ms",    "fixed", "why"};
    struct json_object *out = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *from = json_object_array_get_idx(list, i),
                           *o = json_object_new_object();
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            copy(o, from, keys[k]);
        json_object_array_add(out, o);
    }
    return out;
}

const char *gate_figures_lost(struct json_object *before, struct json_object *after)
{
    for (size_t i = 0; before && after && i < json_object_array_length(after); i++) {
        struct json_object *o = json_object_array_get_idx(after, i), *was;
        size_t at;
        if (strcmp(json_str(o, "state", ""), "found") != 0 ||
            strcmp(json_str(o, "severity", ""), "inform") == 0)
            continue;
        was = find(before, json_str(o, "name", ""), &at);
        if (was && strcmp(json_str(was, "state", ""), "passed") == 0)
            return json_str(o, "name", "");
    }
    return NULL;
}

bool gate_figures_blocked_before(struct json_object *before, struct json_object *after)
{
    for (size_t i = 0; after && i < json_object_array_length(after); i++) {
        struct json_object *o = json_object_array_get_idx(after, i), *was;
        size_t at;
        if (strcmp(json_str(o, "state", ""), "found") != 0 ||
            strcmp(json_str(o, "severity", ""), "block") != 0)
            continue;
        was = before ? find(before, json_str(o, "name", ""), &at) : NULL;
        if (!was || strcmp(json_str(was, "state", ""), "found") != 0)
            return false;
    }
    return true;
}

void gate_figures_tell(struct job *job, const struct candidate *c, struct json_object *list)
{
    struct event ev = {.type = EVENT_GATES};
    struct json_object *out;
    double score;
    if (!list || !json_object_array_length(list))
        return;
    quality_code(list, &score);
    out = told(list);
    ev.u.gates.stage = c->stage->number;
    ev.u.gates.candidate = c->number;
    ev.u.gates.score = score;
    ev.u.gates.results = json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN);
    job_emit(job, &ev);
    json_object_put(out);
}
