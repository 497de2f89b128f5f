/* One program in one fresh sandbox: parse, import, the task's examples, the given input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/sha256.h"
#include "core/pipeline/pipeline_internal.h"

enum { HARNESS_MAX = 128 << 10, REPORT_VALUE_MAX = 1 << 20, QUESTIONS_MAX = 8 };

/* ---- verdicts ---- */

void verdict_init(struct verdict *v)
{
    memset(v, 0, sizeof *v);
    buf_init(&v->result, REPORT_VALUE_MAX);
}

void verdict_fini(struct verdict *v)
{
    buf_fini(&v->result);
    grants_fini(&v->grants);
}

int verdict_rank(const struct verdict *v)
{
    return v->parsed + v->imported + 2 * v->ran + 4 * v->examples_ok + 1000 * v->accepted;
}

static void blame(struct verdict *v, const char *text)
{
    if (!v->why[0])
        snprintf(v->why, sizeof v->why, "%s", text);
}

/* ---- the step: one run ---- */

struct run_arg {
    struct task *task;
    const char *code, *label;
    int stage, number;
    const struct grants *grants;
};

static void limits_of(const struct config *c, struct sandbox_limits *l)
{
    *l = (struct sandbox_limits){
        .cpu_ms = config_int(c, OPTION_CPU_MS),
        .wall_ms = config_int(c, OPTION_WALL_MS),
        .memory_bytes = config_int(c, OPTION_MEMORY_MB) << 20,
        .file_bytes = config_int(c, OPTION_FILE_MB) << 20,
        .disk_bytes = config_int(c, OPTION_DISK_MB) << 20,
        .output_bytes = config_int(c, OPTION_OUTPUT_KB) << 10,
        .processes = (int)config_int(c, OPTION_PROCESSES),
    };
}

static enum err job_file(const struct task *t, const struct grants *g, struct buf *out)
{
    enum err e = buf_addf(out, "{\"function\":");
    if (!e)
        e = t->examples.function[0]
                ? json_quote(out, t->examples.function, strlen(t->examples.function))
                : buf_adds(out, "null");
    if (!e)
        e = buf_addf(out, ",\"examples\":%s,\"input\":", t->examples_json.data);
    if (!e)
        e = t->given ? json_print(out, t->given) : buf_adds(out, "null");
    if (!e)
        e = buf_adds(out, ",\"packages\":[");
    for (int i = 0; !e && g->folders[i]; i++) {
        e = i ? buf_adds(out, ",") : ERR_OK;
        if (!e)
            e = json_quote(out, g->folders[i], strlen(g->folders[i]));
    }
    return e ? e : buf_adds(out, "]}");
}

static void emit_run(struct step *step, const struct sandbox_result *r)
{
    struct event ev = {.type = EVENT_SANDBOX_RUN};
    ev.u.sandbox_run.tier = sandbox_tier_name(r->tier);
    ev.u.sandbox_run.outcome = sandbox_outcome_name(r->outcome);
    ev.u.sandbox_run.wall_ms = r->wall_ms;
    ev.u.sandbox_run.cpu_ms = r->cpu_ms;
    ev.u.sandbox_run.peak_kb = r->peak_kb;
    step_emit(step, &ev);
}

/* What the harness reported, in a few words. */
static void say_run(struct step *step, const struct task *t, const struct sandbox_result *r,
                    int passed)
{
    if (r->outcome != SANDBOX_EXITED)
        step_say(step, "the run was ended: %s", sandbox_outcome_name(r->outcome));
    else if (t->examples.count)
        step_say(step, "%d of %zu examples", passed, t->examples.count);
}

/* What is kept of a run: the outcome and the harness' records. *passed: examples that are right,
 * *failed: checks that are not. */
static enum err write_value(const struct sandbox_result *r, struct buf *out, int *passed,
                            int *failed)
{
    const char *p = r->report.data;
    bool first = true;
    enum err e = buf_addf(out, "{\"outcome\":\"%s\",\"exit\":%d,\"records\":[",
                          sandbox_outcome_name(r->outcome), r->exit_code);
    while (!e && *p) {
        size_t n = strcspn(p, "\n");
        struct json_object *o = NULL;
        if (n && json_parse(p, n, NULL, &o, NULL) == ERR_OK && o) {
            if (!first)
                e = buf_adds(out, ",");
            if (!e)
                e = json_print(out, o);
            first = false;
            *passed += strcmp(json_str(o, "kind", ""), "example") == 0 && json_flag(o, "ok", false);
            *failed += !json_flag(o, "ok", true);
        }
        json_object_put(o);
        p += n + (p[n] == '\n');
    }
    if (!e)
        e = buf_adds(out, "],\"err\":");
    if (!e) {
        size_t from = r->err.len > 1500 ? r->err.len - 1500 : 0;
        e = json_quote(out, r->err.data + from, r->err.len - from);
    }
    return e ? e : buf_adds(out, "}");
}

static enum err run_step(struct step *step, void *arg, struct buf *out)
{
    static const char *const argv[] = {"python3", "-I", "-S", "harness.py", NULL};
    struct run_arg *a = arg;
    struct task *t = a->task;
    struct buf harness, job;
    char path[PATH_SIZE];
    struct sandbox_file files[3];
    struct sandbox_spec spec = {.argv = argv,
                                .files = files,
                                .file_count = 3,
                                .input = t->expected_json.data,
                                .input_len = t->expected_json.len,
                                .read = (const char *const *)a->grants->read,
                                .write = (const char *const *)a->grants->write,
                                .net = (const char *const *)a->grants->net,
                                .packages = (const char *const *)a->grants->folders};
    struct sandbox_result r;
    struct err_info info = {0};
    int passed = 0, failed = 0;
    enum err e = path_join(path, t->p->runtime, "harness.py");
    buf_init(&harness, HARNESS_MAX);
    buf_init(&job, JSON_DEPTH_MAX * CODE_MAX);
    sandbox_result_init(&r);
    if (!e)
        e = buf_read_file(&harness, path, &info);
    if (!e)
        e = job_file(t, a->grants, &job);
    files[0] = (struct sandbox_file){"harness.py", harness.data, harness.len};
    files[1] = (struct sandbox_file){"program.py", a->code, strlen(a->code)};
    files[2] = (struct sandbox_file){"job.json", job.data, job.len};
    limits_of(t->p->config, &spec.limits);
    if (!e)
        e = sandbox_run(t->p->sandbox, &spec, &r, &info);
    if (!e) {
        emit_run(step, &r);
        e = write_value(&r, out, &passed, &failed);
        say_run(step, t, &r, passed);
        if (failed || r.outcome != SANDBOX_EXITED)
            step_reject(step);
    } else if (e != ERR_CANCELLED) {
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    }
    sandbox_result_fini(&r);
    buf_fini(&job);
    buf_fini(&harness);
    return e;
}

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
    } else if (!ok) {
        snprintf(text, sizeof text, "%.120s -> %.120s, expected %.120s", json_str(r, "subject", ""),
                 json_str(r, "got", ""), json_str(r, "expected", ""));
    }
    if (!ok)
        blame(v, text);
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
    } else if (strcmp(kind, "input") == 0) {
        v->ran = ok;
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
}

/* What the run depends on: code, job and grants. */
static enum err step_input(const struct run_arg *a, struct buf *out)
{
    struct json_object *g = grants_json(a->grants);
    enum err e = job_file(a->task, a->grants, out);
    if (!e)
        e = json_print(out, g);
    if (!e)
        e = buf_adds(out, a->code);
    json_object_put(g);
    return e;
}

static enum err run_once(struct job *job, struct run_arg *a, struct verdict *v,
                         struct err_info *info)
{
    struct buf value, input;
    struct json_object *o = NULL;
    struct step_desc desc = {.name = "run", .label = a->label, .run = run_step, .arg = a};
    enum err e;
    buf_init(&value, 16 << 20);
    buf_init(&input, 16 << 20);
    e = step_input(a, &input);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step(job, &desc, &value, info);
    if (!e)
        e = json_parse(value.data, value.len, NULL, &o, info);
    if (!e)
        read_value(job, a, v, o);
    json_object_put(o);
    buf_fini(&input);
    buf_fini(&value);
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
