/* What a run of a program shows: parse, import, the task's examples, the given input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/harness.h"

enum { REPORT_VALUE_MAX = 1 << 20, QUESTIONS_MAX = 8 };

/* ---- verdicts ---- */

void verdict_init(struct verdict *v)
{
    memset(v, 0, sizeof *v);
    v->score = 1;
    buf_init(&v->result, REPORT_VALUE_MAX);
}

void verdict_fini(struct verdict *v)
{
    buf_fini(&v->result);
    grants_fini(&v->grants);
    json_object_put(v->gates);
}

void verdict_take(struct verdict *v, struct verdict *again)
{
    struct verdict old = *v;
    *v = *again;
    v->score = old.score;
    v->gates = old.gates;
    old.gates = NULL;
    *again = old;
}

int verdict_rank(const struct verdict *v)
{
    int rank = v->parsed + v->imported + 2 * v->ran + 4 * v->examples_ok + 1000 * v->accepted;
    return 100 * rank + (v->parsed ? (int)(99 * v->score) : 0);
}

static void blame(struct verdict *v, const char *text)
{
    if (!v->why[0])
        snprintf(v->why, sizeof v->why, "%s", text);
}

/* Which run it is, for its events. */
struct run_arg {
    struct task *task;
    const char *code, *label;
    int stage, number;
    const struct grants *grants;
};

/* ---- reading the records ---- */

static void emit_check(struct job *job, const struct run_arg *a, const char *name, bool ok,
                       struct json_object *r, const char *detail)
{
    struct event ev = {.type = EVENT_CHECK};
    ev.u.check.stage = a->stage;
    ev.u.check.candidate = a->number;
    ev.u.check.name = name;
    ev.u.check.ok = ok;
    ev.u.check.subject = json_str(r, "subject", "");
    ev.u.check.expected = json_str(r, "expected", "");
    ev.u.check.got = json_str(r, "got", "");
    ev.u.check.detail = detail;
    job_emit(job, &ev);
}

static void describe(struct json_object *r, char *out, size_t size)
{
    const char *error = json_str(r, "error", "");
    int64_t line = json_i64(r, "line", 0);
    if (line > 0)
        snprintf(out, size, "line %lld: %.300s", (long long)line, error);
    else
        snprintf(out, size, "%.340s", error);
}

/* The first thing that the walls stopped is what a grant is asked for. */
static void note_walls(struct verdict *v, struct json_object *r)
{
    const char *host = json_str(r, "host", NULL), *path = json_str(r, "path", NULL);
    const char *module = json_str(r, "module", NULL);
    if (module && !v->module[0])
        snprintf(v->module, sizeof v->module, "%s", module);
    if (v->denied[0])
        return;
    if (host) {
        snprintf(v->denied_kind, sizeof v->denied_kind, "net");
        snprintf(v->denied, sizeof v->denied, "%s", host);
    } else if (path) {
        snprintf(v->denied_kind, sizeof v->denied_kind, "%s", json_str(r, "access", "read"));
        snprintf(v->denied, sizeof v->denied, "%s", path);
    }
}

static void read_failure(struct verdict *v, const char *what, struct json_object *r)
{
    char text[380], all[400];
    describe(r, text, sizeof text);
    snprintf(all, sizeof all, "%s%s", what, text);
    blame(v, all);
    note_walls(v, r);
}

static void read_example(struct job *job, const struct run_arg *a, struct verdict *v,
                         struct json_object *r)
{
    bool ok = json_flag(r, "ok", false);
    char text[400] = "";
    v->examples_ok += ok;
    if (!ok && json_get(r, "error")) {
        char reason[300];
        describe(r, reason, sizeof reason);
        snprintf(text, sizeof text, "%.90s: %.290s", json_str(r, "subject", ""), reason);
        note_walls(v, r);
    } else if (!ok && json_flag(r, "claim", false)) {
        snprintf(text, sizeof text, "%.200s does not hold: the call gave %.160s",
                 json_str(r, "subject", ""), json_str(r, "got", ""));
    } else if (!ok) {
        snprintf(text, sizeof text, "%.120s -> %.120s, expected %.120s", json_str(r, "subject", ""),
                 json_str(r, "got", ""), json_str(r, "expected", ""));
    }
    if (!ok)
        blame(v, text);
    if (!ok && !v->wrong)
        v->wrong = (int)json_i64(r, "i", -1) + 1;
    emit_check(job, a, "example", ok, r, text);
}

static void read_record(struct job *job, const struct run_arg *a, struct verdict *v,
                        struct json_object *r)
{
    const char *kind = json_str(r, "kind", "");
    bool ok = json_flag(r, "ok", false);
    char text[380];
    describe(r, text, sizeof text);
    if (strcmp(kind, "parse") == 0) {
        v->parsed = ok;
        if (!ok)
            read_failure(v, "it does not parse, ", r);
        emit_check(job, a, "parse", ok, r, text);
    } else if (strcmp(kind, "import") == 0) {
        v->imported = ok;
        snprintf(v->function, sizeof v->function, "%s", json_str(r, "function", ""));
        if (!ok)
            read_failure(v, "it fails when loaded, ", r);
        emit_check(job, a, "run", ok, r, text);
    } else if (strcmp(kind, "example") == 0) {
        read_example(job, a, v, r);
    } else if (strcmp(kind, "echo") == 0) {
        v->echoes = true;
    } else if (strcmp(kind, "usage") == 0) {
        v->cpu_ms = json_f64(r, "cpu_ms", 0);
        v->wall_ms = json_f64(r, "wall_ms", 0);
        v->peak_kb = json_i64(r, "peak_kb", 0);
    } else if (strcmp(kind, "input") == 0) {
        v->ran = ok;
        if (!ok && !v->wrong)
            v->wrong = TRACE_INPUT;
        if (!ok)
            read_failure(v, "on the given input, ", r);
        else if (json_print(&v->result, json_get(r, "result")))
            v->ran = false;
        emit_check(job, a, "input", ok, r, text);
    }
}

static void read_value(struct job *job, const struct run_arg *a, struct verdict *v,
                       struct json_object *o)
{
    struct json_object *records = json_array(o, "records");
    const char *outcome = json_str(o, "outcome", "");
    char text[300];
    v->examples = (int)a->task->examples.count;
    for (size_t i = 0; records && i < json_object_array_length(records); i++)
        read_record(job, a, v, json_object_array_get_idx(records, i));
    if (!a->task->given)
        v->ran = v->imported && v->examples_ok == v->examples;
    if (strcmp(outcome, "exited") != 0) {
        snprintf(text, sizeof text, "the run was ended: %s", outcome);
        v->ran = false;
        v->why[0] = 0;
        blame(v, text);
        emit_check(job, a, "run", false, NULL, text);
    } else if (!v->parsed && !v->why[0]) {
        blame(v, "the run gave no report");
    }
    if (v->imported && !v->function[0]) {
        v->ran = false;
        blame(v, "the program has no function");
    }
    v->accepted = v->parsed && v->imported && v->ran && v->examples_ok == v->examples;
    if (json_get(o, "same")) {
        snprintf(text, sizeof text, "same as %.200s", json_str(o, "same", ""));
        emit_check(job, a, "same", v->accepted, NULL, text);
    }
}

static enum err run_once(struct job *job, struct run_arg *a, struct verdict *v,
                         struct err_info *info)
{
    char whose[48];
    const struct harness_run run = {.step = "run",
                                    .label = a->label,
                                    .code = a->code,
                                    .function = a->task->examples.function,
                                    .examples = &a->task->examples,
                                    .given = a->task->given,
                                    .grants = a->grants,
                                    .whose = a->stage ? whose : NULL};
    struct json_object *o = NULL;
    enum err e;
    snprintf(whose, sizeof whose, "candidate %c of stage %d", 'a' + a->number - 1, a->stage);
    e = harness_run(job, a->task, &run, &o, info);
    if (!e)
        read_value(job, a, v, o);
    json_object_put(o);
    return e;
}

/* Every run begins with the task's grants alone and asks again for more: an answer holds for the
 * whole job, so candidates that want the same need one answer, and the order in which they run side
 * by side changes nothing. */
enum err verify_run(struct job *job, struct task *t, int stage, int number, const char *label,
                    const char *code, struct verdict *out, struct err_info *info)
{
    struct grants grants;
    struct run_arg a = {t, code, label, stage, number, &grants};
    bool more = false;
    enum err e = grants_copy(&grants, &t->grants);
    if (!e)
        e = run_once(job, &a, out, info);
    for (int i = 0; !e && i < QUESTIONS_MAX; i++) {
        e = grant_more(job, t, out, &grants, &more, info);
        if (e || !more)
            break;
        verdict_fini(out);
        verdict_init(out);
        e = run_once(job, &a, out, info);
    }
    grants_fini(&out->grants);
    out->grants = grants;
    return e;
}

enum err candidate_verify(const struct candidate *c, const char *verb, struct verdict *out,
                          struct err_info *info)
{
    char label[80];
    candidate_label(label, verb, c->number, c->stage->candidates == 1, "");
    return verify_run(c->task->job, c->task, c->stage->number, c->number, label, c->code.data, out,
                      info);
}
