#include "core/check/own_tests.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "core/check/gate.h"
#include "core/check/sandbox_step.h"

enum { FILE_BYTES = 64 << 10, INPUT_MAX = 16 << 20, VALUE_MAX = 4096, FILES = 4 };

bool own_tests_has(struct json_object *artifact)
{
    return json_object_of(artifact, "imported") && *json_str(artifact, "source", "") &&
           strstr(json_str(artifact, "tests", ""), "assert") != NULL;
}

struct run_arg {
    struct task *task;
    struct json_object *artifact;
};

static enum err run(const struct run_arg *a, struct sandbox_result *r, struct err_info *info)
{
    static const char *const argv[] = {"python3", "own_tests.py", NULL};
    const char *program = json_str(a->artifact, "source", "");
    const char *tests = json_str(a->artifact, "tests", "");
    struct buf runner, stub;
    struct sandbox_file files[FILES];
    struct sandbox_spec spec = {.argv = argv, .input = "", .files = files, .file_count = FILES};
    enum err e;
    buf_init(&runner, FILE_BYTES);
    buf_init(&stub, FILE_BYTES);
    e = sandbox_step_runtime(a->task->p, "own_tests.py", &runner, info);
    if (!e)
        e = sandbox_step_runtime(a->task->p, "node_runtime_stub.py", &stub, info);
    files[0] = (struct sandbox_file){"own_tests.py", runner.data, runner.len};
    files[1] = (struct sandbox_file){"node_runtime.py", stub.data, stub.len};
    files[2] = (struct sandbox_file){"main.py", program, strlen(program)};
    files[3] = (struct sandbox_file){"test_main.py", tests, strlen(tests)};
    sandbox_step_limits(a->task->p->config, &spec.limits);
    if (!e)
        e = sandbox_run(a->task->p->sandbox, &spec, r, info);
    buf_fini(&runner);
    buf_fini(&stub);
    return e;
}

/* The last line that says something: a traceback's is the error. */
static void last_line(const char *text, char out[300])
{
    size_t n = strlen(text), from;
    while (n && strchr("\r\n ", text[n - 1]))
        n--;
    for (from = n; from && text[from - 1] != '\n'; from--)
        ;
    if (n - from > 290)
        n = from + utf8_floor(text + from, 290);
    snprintf(out, 300, "%.*s", (int)(n - from), text + from);
}

static enum err write_value(const struct sandbox_result *r, bool passed, struct buf *out)
{
    struct json_object *o = json_object_new_object();
    char line[300], why[400] = "";
    enum err e;
    last_line(r->err.data, line);
    if (!passed && r->outcome != SANDBOX_EXITED)
        snprintf(why, sizeof why, "its own tests were ended: %s", sandbox_outcome_name(r->outcome));
    else if (!passed)
        snprintf(why, sizeof why, "its own tests fail: %s",
                 line[0] ? line : "the program has ended them");
    json_add_bool(o, "ok", passed);
    json_add_str(o, "why", why);
    json_add_f64(o, "ms", r->wall_ms);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

static enum err run_step(struct step *step, void *arg, struct buf *out)
{
    struct sandbox_result r;
    struct err_info info = {0};
    enum err e;
    sandbox_result_init(&r);
    e = run(arg, &r, &info);
    if (!e) {
        bool passed = r.outcome == SANDBOX_EXITED && r.exit_code == 0 &&
                      strstr(r.report.data, "\"own_tests\"") != NULL;
        sandbox_step_emit(step, &r);
        e = write_value(&r, passed, out);
        if (!passed)
            step_reject(step);
    } else if (e != ERR_CANCELLED) {
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    }
    sandbox_result_fini(&r);
    return e;
}

/* *out: what write_value has written; the caller puts it. */
static enum err run_journaled(struct task *t, struct json_object *artifact,
                              struct json_object **out, struct err_info *info)
{
    struct run_arg arg = {t, artifact};
    struct step_desc desc = {
        .name = "own_tests", .label = "the tests that came with it", .run = run_step, .arg = &arg};
    struct buf input;
    enum err e;
    buf_init(&input, INPUT_MAX);
    e = buf_adds(&input, json_str(artifact, "source", ""));
    if (!e)
        e = buf_add(&input, "", 1);
    if (!e)
        e = buf_adds(&input, json_str(artifact, "tests", ""));
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(t->job, &desc, VALUE_MAX, out, info);
    buf_fini(&input);
    return e;
}

enum err own_tests_judge(struct task *t, struct json_object *artifact, struct ending *end,
                         struct err_info *info)
{
    struct json_object *o = NULL;
    enum err e = run_journaled(t, artifact, &o, info);
    if (!e) {
        const bool passed = json_flag(o, "ok", false);
        snprintf(end->checked, sizeof end->checked,
                 passed ? "{\"text\":\"the tests that came with it pass\"}"
                        : "{\"text\":\"the tests that came with it fail\","
                          "\"cause\":\"the tests that came with it fail\"}");
        ending_set(end, passed ? "solved" : "unsolved", ERR_OK, json_str(o, "why", ""));
        snprintf(end->artifact, sizeof end->artifact, "%s", json_str(artifact, "id", ""));
        pipeline_note_outcome(t, end->artifact, passed, (int64_t)json_f64(o, "ms", 0));
        if (passed) {
            pipeline_note_verified(t, end->artifact, 0);
            e = gate_again(t, artifact, info);
        }
    }
    json_object_put(o);
    return e;
}
