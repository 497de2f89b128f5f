/* One program in one fresh sandbox under the harness. */
#include "core/check/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/check/sandbox_step.h"

enum { HARNESS_MAX = 128 << 10, JOB_MAX = 16 << 20, PROPERTIES_MS = 10000, MEASURES_MS = 6000 };

/* ---- what the harness is given ---- */

static enum err add_calls(const struct examples *x, struct buf *out)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < x->count; i++) {
        const struct example *one = &x->list[i];
        e = buf_addf(out, "%s{\"%s\":", i ? "," : "", one->call ? "call" : "args");
        if (!e)
            e = json_quote(out, one->call ? one->call : one->args,
                           one->call ? one->call_len : one->args_len);
        if (!e)
            e = buf_adds(out, "}");
    }
    return e;
}

/* Whether what no plain value is made of is looked at. */
static bool looks_behind(const struct examples *x)
{
    for (size_t i = 0; x && i < x->count; i++)
        if (x->list[i].view || x->list[i].kind == EXAMPLE_MADE)
            return true;
    return false;
}

/* What the program may see. */
static enum err write_job(const struct harness_run *run, const struct examples *seeds,
                          struct buf *out)
{
    char *const *folders = run->grants->folders;
    enum err e = buf_addf(out, "{\"call_s\":%.3g,\"measures\":%s,\"function\":", run->call_s,
                          run->measures ? run->measures : "[]");
    if (!e)
        e = run->function[0] ? json_quote(out, run->function, strlen(run->function))
                             : buf_adds(out, "null");
    if (!e)
        e = buf_adds(out, ",\"examples\":[");
    if (!e && run->examples)
        e = add_calls(run->examples, out);
    if (!e && run->probes)
        e = buf_addf(out, "],\"probes\":%d,\"seeds\":[", run->probes);
    if (!e && run->probes)
        e = add_calls(seeds, out);
    if (!e && run->probes && run->made)
        e = buf_adds(out, "],\"made\":");
    if (!e && run->probes && run->made)
        e = json_print(out, run->made);
    if (!e)
        e = buf_adds(out, run->probes && run->made ? "" : "]");
    if (!e && looks_behind(run->examples))
        e = buf_adds(out, ",\"items\":true");
    if (!e)
        e = buf_adds(out, ",\"input\":");
    if (!e)
        e = run->given ? json_print(out, run->given) : buf_adds(out, "null");
    if (!e)
        e = buf_adds(out, ",\"packages\":[");
    for (int i = 0; !e && folders[i]; i++) {
        e = i ? buf_adds(out, ",") : ERR_OK;
        if (!e)
            e = json_quote(out, folders[i], strlen(folders[i]));
    }
    if (!e && run->trace)
        e = run->trace > 0 ? buf_addf(out, "],\"trace\":%d", run->trace - 1)
                           : buf_adds(out, "],\"trace\":\"input\"");
    else if (!e)
        e = buf_adds(out, "]");
    return e ? e
             : buf_adds(out, run->clean        ? ",\"clean\":true}"
                             : run->properties ? ",\"properties\":true}"
                                               : "}");
}

/* What is said of an answer (judging.py): the value, what is looked at and its value, or errors. */
static enum err add_claim(const struct example *x, struct buf *out)
{
    const char *p = x->expected, *end = p + x->expected_len, *q;
    enum err e = ERR_OK;
    if (x->kind == EXAMPLE_RAISES) {
        for (e = buf_adds(out, "{\"raises\":["); !e && p < end; p = q + (q < end ? 2 : 0)) {
            q = memchr(p, ',', (size_t)(end - p));
            q = q ? q : end;
            e = buf_adds(out, p > x->expected ? "," : "");
            if (!e)
                e = json_quote(out, p, (size_t)(q - p));
        }
        return e ? e : buf_adds(out, "]}");
    }
    if (!x->view)
        return json_quote(out, x->expected, x->expected_len);
    e = buf_adds(out, "{\"view\":");
    if (!e)
        e = json_quote(out, x->view, x->view_len);
    if (!e)
        e = buf_adds(out, ",\"expected\":");
    if (!e)
        e = json_quote(out, x->expected, x->expected_len);
    return e ? e : buf_adds(out, "}");
}

/* What it must not see: goes through a pipe that it does not have. */
static enum err write_secret(const struct harness_run *run, struct buf *out)
{
    enum err e = buf_adds(out, "{\"expected\":[");
    for (size_t i = 0; !e && run->examples && i < run->examples->count; i++) {
        e = i ? buf_adds(out, ",") : ERR_OK;
        if (!e)
            e = add_claim(&run->examples->list[i], out);
    }
    if (!e)
        e = buf_adds(out, "],\"script\":");
    if (!e)
        e = run->script ? json_quote(out, run->script, strlen(run->script)) : buf_adds(out, "null");
    if (!e && run->prelude && *run->prelude) {
        e = buf_adds(out, ",\"prelude\":");
        if (!e)
            e = json_quote(out, run->prelude, strlen(run->prelude));
    }
    if (!e && run->properties)
        e = buf_addf(out, ",\"properties\":%s", run->properties);
    return e ? e : buf_adds(out, "}");
}

/* ---- the step ---- */

struct run_arg {
    struct task *task;
    const struct harness_run *run;
    struct buf job, secret;
    char key[65]; /* of run->whose */
};

/* What the harness reported, in a few words. */
static void say_run(struct step *step, const struct harness_run *run,
                    const struct sandbox_result *r, int passed)
{
    if (r->outcome != SANDBOX_EXITED)
        step_say(step, "the run was ended: %s", sandbox_outcome_name(r->outcome));
    else if (run->examples && run->examples->count && !run->measures)
        step_say(step, "%d of %zu examples", passed, run->examples->count);
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

/* What an equal run gave, as this one's value. */
static enum err take_same(struct step *step, const char *value, const char *whose, struct buf *out)
{
    static const char good[] = "{\"outcome\":\"exited\"";
    enum err e = buf_addf(out, "{\"same\":\"%s\",%s", whose, value + 1);
    step_say(step, "same as %s", whose);
    if (strncmp(value, good, sizeof good - 1) != 0 || strstr(value, "\"ok\":false"))
        step_reject(step);
    return e;
}

/* The folders that the run sees: what the program imports, and what its judge does (NULL: nothing).
 */
static void list_folders(const struct harness_run *run, const char *library,
                         const char *out[GRANTS_MAX + 2])
{
    int n = 0;
    while (n < GRANTS_MAX && run->grants->folders[n]) {
        out[n] = run->grants->folders[n];
        n++;
    }
    out[n] = library;
    out[n + 1] = NULL;
}

/* The further file beside the program and the harness; NULL: none. */
static const char *third_file(const struct harness_run *run)
{
    return run->trace || run->clean ? "beside.py"
           : run->properties        ? "properties.py"
           : run->measures          ? "measures.py"
                                    : NULL;
}

static enum err without_library(struct step *step, struct task *t, const char *why, struct buf *out)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[500];
    enum err e = buf_adds(
        out,
        "{\"outcome\":\"exited\",\"exit\":0,\"records\":[{\"kind\":\"properties\",\"missing\":");
    step_say(step, "not available");
    snprintf(text, sizeof text, "property tests are left out: %.400s", why);
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    if (programs_tell(t->p->programs, "property tests"))
        step_emit(step, &ev);
    if (!e)
        e = json_quote(out, why, strlen(why));
    return e ? e : buf_adds(out, "}],\"err\":\"\"}");
}

static enum err make_run(struct step *step, struct run_arg *a, const char *library, struct buf *out)
{
    const char *const argv[] = {"python3", "-I", "-S", "harness.py", library, NULL};
    const struct harness_run *run = a->run;
    struct buf harness, judging, beside;
    struct sandbox_file files[5];
    const char *folders[GRANTS_MAX + 2], *third = third_file(run);
    struct sandbox_spec spec = {.argv = argv,
                                .files = files,
                                .file_count = third ? 5 : 4,
                                .input = a->secret.data,
                                .input_len = a->secret.len,
                                .read = (const char *const *)run->grants->read,
                                .write = (const char *const *)run->grants->write,
                                .net = (const char *const *)run->grants->net,
                                .packages = folders};
    struct sandbox_result r;
    struct err_info info = {0};
    int passed = 0, failed = 0;
    enum err e;
    buf_init(&harness, HARNESS_MAX);
    buf_init(&judging, HARNESS_MAX);
    buf_init(&beside, HARNESS_MAX);
    sandbox_result_init(&r);
    e = sandbox_step_runtime(a->task->p, "harness.py", &harness, &info);
    if (!e)
        e = sandbox_step_runtime(a->task->p, "judging.py", &judging, &info);
    if (!e && third)
        e = sandbox_step_runtime(a->task->p, third, &beside, &info);
    files[0] = (struct sandbox_file){"harness.py", harness.data, harness.len};
    files[1] = (struct sandbox_file){"program.py", run->code, strlen(run->code)};
    files[2] = (struct sandbox_file){"job.json", a->job.data, a->job.len};
    files[3] = (struct sandbox_file){"judging.py", judging.data, judging.len};
    files[4] = (struct sandbox_file){third, beside.data, beside.len};
    sandbox_step_limits(a->task->p->config, &spec.limits);
    list_folders(run, library, folders);
    if (run->properties) /* the calls have limits of their own; loading hypothesis takes a while */
        spec.limits.wall_ms += PROPERTIES_MS;
    if (run->measures) { /* so do they */
        spec.limits.wall_ms += MEASURES_MS;
        spec.limits.cpu_ms += MEASURES_MS;
    }
    if (!e)
        e = sandbox_run(a->task->p->sandbox, &spec, &r, &info);
    if (!e) {
        sandbox_step_emit(step, &r);
        e = write_value(&r, out, &passed, &failed);
        say_run(step, run, &r, passed);
        if (failed || r.outcome != SANDBOX_EXITED)
            step_reject(step);
    } else if (e != ERR_CANCELLED) {
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    }
    sandbox_result_fini(&r);
    buf_fini(&beside);
    buf_fini(&judging);
    buf_fini(&harness);
    return e;
}

static enum err run_step(struct step *step, void *arg, struct buf *out)
{
    struct run_arg *a = arg;
    const char *value = NULL, *whose = NULL;
    struct err_info info = {0};
    char library[PATH_SIZE];
    enum err e = a->run->whose ? seen_look(&a->task->seen, a->key, &value, &whose) : ERR_OK;
    if (e)
        return e;
    if (value)
        return take_same(step, value, whose, out);
    if (!a->run->properties)
        return make_run(step, a, NULL, out);
    e = programs_library(a->task->p->programs, "hypothesis", library, &info);
    if (e == ERR_CANCELLED)
        return e;
    return e ? without_library(step, a->task, info.message, out) : make_run(step, a, library, out);
}

/* What the run depends on. */
static enum err write_input(struct run_arg *a, struct buf *out)
{
    struct json_object *g = grants_json(a->run->grants);
    enum err e = buf_add(out, a->job.data, a->job.len);
    if (!e)
        e = buf_add(out, a->secret.data, a->secret.len);
    if (!e)
        e = json_print(out, g);
    if (!e)
        e = seen_key(a->run->code, out->data, out->len, a->key);
    if (!e)
        e = buf_adds(out, a->run->code);
    json_object_put(g);
    return e;
}

enum err harness_run(struct job *job, struct task *t, const struct harness_run *run,
                     struct json_object **out, struct err_info *info)
{
    struct run_arg arg = {.task = t, .run = run};
    struct step_desc desc = {.name = run->step, .label = run->label, .run = run_step, .arg = &arg};
    struct buf value, input;
    enum err e;
    *out = NULL;
    buf_init(&value, JOB_MAX);
    buf_init(&input, JOB_MAX);
    buf_init(&arg.job, JOB_MAX);
    buf_init(&arg.secret, JOB_MAX);
    e = write_job(run, &t->examples, &arg.job);
    if (!e)
        e = write_secret(run, &arg.secret);
    if (!e)
        e = write_input(&arg, &input);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step(job, &desc, &value, info);
    if (run->whose && arg.key[0])
        seen_put(&t->seen, arg.key, e ? NULL : value.data, run->whose);
    if (!e)
        e = json_parse(value.data, value.len, NULL, out, info);
    buf_fini(&arg.secret);
    buf_fini(&arg.job);
    buf_fini(&input);
    buf_fini(&value);
    return e;
}

struct json_object *harness_record(struct json_object *value, const char *kind)
{
    struct json_object *records = json_array(value, "records");
    for (size_t i = 0; records && i < json_object_array_length(records); i++) {
        struct json_object *r = json_object_array_get_idx(records, i);
        if (strcmp(json_str(r, "kind", ""), kind) == 0)
            return r;
    }
    return NULL;
}
