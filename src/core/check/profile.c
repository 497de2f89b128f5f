#include "core/check/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/figure.h"
#include "base/utf8.h"
#include "core/check/sandbox_step.h"

enum {
    FILE_BYTES = 128 << 10,
    JOB_BYTES = 4 << 20,
    VALUE_BYTES = 1 << 20,
    LIMIT_MS = 5000,  /* of a pass */
    LEAST_MS = 50,    /* that all plain runs take together */
    WALL_MS = 30000,  /* of all passes */
    LOOK_MS = 150000, /* and with the search for a larger input, on a busy machine */
    MEMORY_TIMES = 2, /* then judge and program stand side by side */
    FILES_MAX = 8
};

/* ---- the run ---- */

struct run_arg {
    struct task *task;
    const struct profile_work *work;
    struct buf job;
};

static void add_examples(const struct examples *x, struct json_object *list)
{
    for (size_t i = 0; i < x->count; i++) {
        const struct example *one = &x->list[i];
        struct json_object *o;
        if (one->kind == EXAMPLE_RAISES) /* nothing goes on in it */
            continue;
        o = json_object_new_object();
        json_object_object_add(
            o, one->call ? "call" : "args",
            json_object_new_string_len(one->call ? one->call : one->args,
                                       (int)(one->call ? one->call_len : one->args_len)));
        json_object_array_add(list, o);
    }
}

static enum err write_job(struct run_arg *a)
{
    const struct profile_work *w = a->work;
    struct json_object *o = json_object_new_object(), *examples = json_object_new_array(),
                       *packages = json_object_new_array();
    int64_t wall = config_int(a->task->p->config, OPTION_WALL_MS);
    enum err e;
    if (w->examples)
        add_examples(w->examples, examples);
    for (int i = 0; w->grants && w->grants->folders[i]; i++)
        json_object_array_add(packages, json_object_new_string(w->grants->folders[i]));
    json_object_object_add(o, "calls", json_object_get(w->calls));
    json_object_object_add(o, "examples", examples);
    json_object_object_add(o, "input", json_object_get(w->given));
    json_object_object_add(o, "packages", packages);
    if (w->function && *w->function)
        json_add_str(o, "function", w->function);
    if (w->larger) {
        struct json_object *tests = json_object_new_array();
        if (w->tests)
            add_examples(w->tests, tests);
        json_object_object_add(o, "tests", tests);
        json_object_object_add(o, "larger",
                               w->inputs ? json_object_get(w->inputs) : json_object_new_array());
    }
    json_add_f64(o, "least_s", LEAST_MS / 1000.0);
    json_add_f64(o, "limit_s", (double)(wall > LIMIT_MS ? LIMIT_MS : wall) / 1000);
    e = json_print(&a->job, o);
    json_object_put(o);
    return e;
}

static enum err run(struct run_arg *a, struct sandbox_result *r, struct err_info *info)
{
    static const char *const argv[] = {"python3", "-I", "-S", "profile.py", NULL};
    static const char *const shipped[] = {"profile.py", "profile_pass.py", "harness.py",
                                          "measure.py", "inputs.py"};
    static const struct grants nothing;
    const struct profile_work *w = a->work;
    const struct grants *g = w->grants ? w->grants : &nothing;
    const size_t own = w->larger ? 5 : 3;
    struct buf texts[5];
    struct sandbox_file files[FILES_MAX];
    struct sandbox_spec spec = {.argv = argv,
                                .input = "",
                                .files = files,
                                .read = (const char *const *)g->read,
                                .write = (const char *const *)g->write,
                                .net = (const char *const *)g->net,
                                .packages = (const char *const *)g->folders};
    size_t n = 0;
    enum err e = ERR_OK;
    for (; n < own; n++) {
        buf_init(&texts[n], FILE_BYTES);
        if (!e)
            e = sandbox_step_runtime(a->task->p, shipped[n], &texts[n], info);
        files[n] = (struct sandbox_file){shipped[n], texts[n].data, texts[n].len};
    }
    files[n++] = (struct sandbox_file){"program.py", w->code, strlen(w->code)};
    files[n++] = (struct sandbox_file){"job.json", a->job.data, a->job.len};
    if (w->larger) /* as measure.py wants it */
        files[n++] = (struct sandbox_file){"old.py", w->code, strlen(w->code)};
    spec.file_count = n;
    sandbox_step_limits(a->task->p->config, &spec.limits);
    spec.limits.wall_ms = w->larger ? LOOK_MS : WALL_MS;
    spec.limits.cpu_ms = WALL_MS;
    spec.limits.memory_bytes *= w->larger ? MEMORY_TIMES : 1;
    spec.limits.output_bytes = VALUE_BYTES;
    if (!e)
        e = sandbox_run(a->task->p->sandbox, &spec, r, info);
    for (size_t i = 0; i < own; i++)
        buf_fini(&texts[i]);
    return e;
}

/* What stands in the place of a report that did not come. */
static struct json_object *no_report(const struct sandbox_result *r)
{
    struct json_object *o = json_object_new_object();
    const char *end = r->err.data + r->err.len, *last;
    char why[300];
    while (end > r->err.data && strchr("\r\n ", end[-1]))
        end--;
    for (last = end; last > r->err.data && last[-1] != '\n';)
        last--;
    if (end > last) /* of the profiler itself: what the program writes goes nowhere */
        snprintf(why, sizeof why, "the profiler has failed: %.*s",
                 (int)(end - last > 200 ? 200 : end - last), last);
    else if (r->outcome == SANDBOX_EXITED || r->outcome == SANDBOX_SIGNALLED)
        snprintf(why, sizeof why, "the program has ended the profiler");
    else
        snprintf(why, sizeof why, "the run was ended: %s", sandbox_outcome_name(r->outcome));
    json_add_str(o, "failed", why);
    return o;
}

static void say(struct step *step, struct json_object *report)
{
    const char *failed = json_str(report, "failed", "");
    struct json_object *functions = json_array(report, "functions");
    if (*failed) {
        step_reject(step);
        step_say(step, "nothing measured: %.200s", failed);
        return;
    }
    step_say(step, "%.3g ms, %zu function%s", json_f64(report, "wall_ms", 0),
             functions ? json_object_array_length(functions) : 0,
             functions && json_object_array_length(functions) == 1 ? "" : "s");
}

static enum err run_step(struct step *step, void *arg, struct buf *out)
{
    struct json_object *report = NULL;
    struct sandbox_result r;
    struct err_info info = {0};
    enum err e;
    sandbox_result_init(&r);
    e = run(arg, &r, &info);
    if (!e) {
        sandbox_step_emit(step, &r);
        if (json_parse(r.report.data, r.report.len, NULL, &report, NULL) ||
            !json_object_is_type(report, json_type_object)) {
            json_object_put(report);
            report = no_report(&r);
        }
        say(step, report);
        e = json_print(out, report);
        json_object_put(report);
    } else if (e != ERR_CANCELLED) {
        step_fail(step, e, "%s", info.message[0] ? info.message : err_text(e));
    }
    sandbox_result_fini(&r);
    return e;
}

/* What the figures are of, for people. */
static void add_workload(const struct profile_work *w, struct json_object *profile)
{
    size_t calls = w->calls ? json_object_array_length(w->calls) : 0;
    size_t examples = w->examples ? w->examples->count : 0;
    const char *input = json_str(profile, "input", "");
    char text[200];
    if (*input)
        snprintf(text, sizeof text, "a larger input made from its examples (%.120s)", input);
    else if (calls == 1)
        snprintf(text, sizeof text, "%.180s",
                 json_object_get_string(json_object_array_get_idx(w->calls, 0)));
    else if (calls)
        snprintf(text, sizeof text, "%zu calls", calls);
    else if (examples)
        snprintf(text, sizeof text, "%zu example%s of its task%s", examples,
                 examples == 1 ? "" : "s", w->given ? ", and its input" : "");
    else
        snprintf(text, sizeof text, w->given ? "its input" : "the program itself");
    json_add_str(profile, "workload", text);
}

static enum err take_report(struct json_object *report, struct err_info *info)
{
    const char *failed = json_str(report, "failed", "");
    int64_t line = json_i64(report, "error_line", 0);
    if (!*failed)
        return ERR_OK;
    if (line > 0)
        return err_set(info, ERR_INPUT, "nothing could be measured: line %lld: %.300s",
                       (long long)line, failed);
    return err_set(info, ERR_INPUT, "nothing could be measured: %.300s", failed);
}

enum err profile_run(struct job *job, struct task *t, const struct profile_work *work,
                     struct json_object **out, struct err_info *info)
{
    struct run_arg arg = {.task = t, .work = work};
    struct step_desc desc = {.name = "profile",
                             .label = "where it spends its time and memory",
                             .run = run_step,
                             .arg = &arg};
    struct buf input;
    enum err e;
    *out = NULL;
    buf_init(&input, JOB_BYTES + CODE_MAX);
    buf_init(&arg.job, JOB_BYTES);
    e = write_job(&arg);
    if (!e)
        e = buf_add(&input, arg.job.data, arg.job.len);
    if (!e)
        e = buf_adds(&input, work->code);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(job, &desc, VALUE_BYTES, out, info);
    if (!e && (e = take_report(*out, info))) {
        json_object_put(*out);
        *out = NULL;
    }
    if (!e)
        add_workload(work, *out);
    buf_fini(&arg.job);
    buf_fini(&input);
    return e;
}

/* ---- hot spots ---- */

enum { SPOTS = 5, TEXT_BYTES = 90 };

/* The line's text without its indentation, cut. */
static void line_text(const char *source, int64_t number, char out[TEXT_BYTES + 4])
{
    size_t n;
    while (number > 1 && *source) {
        size_t all = strcspn(source, "\n");
        source += all + (source[all] == '\n');
        number--;
    }
    source += strspn(source, " \t");
    n = strcspn(source, "\r\n");
    if (n > TEXT_BYTES)
        snprintf(out, TEXT_BYTES + 4, "%.*s…", (int)utf8_floor(source, TEXT_BYTES), source);
    else
        snprintf(out, TEXT_BYTES + 4, "%.*s", (int)n, source);
}

/* The rows of `list` with the most of `key`, the first ones first; at most SPOTS. */
static size_t most(struct json_object *list, const char *key, struct json_object *out[SPOTS])
{
    size_t n = list ? json_object_array_length(list) : 0, found = 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        size_t at = found < SPOTS ? found++ : SPOTS;
        while (at > 0 && json_f64(out[at - 1], key, 0) < json_f64(row, key, 0)) {
            if (at < SPOTS)
                out[at] = out[at - 1];
            at--;
        }
        if (at < SPOTS)
            out[at] = row;
    }
    return found;
}

static enum err add_times(struct json_object *profile, const char *source, struct buf *out)
{
    struct json_object *rows[SPOTS];
    size_t n = most(json_array(profile, "lines"), "ms", rows);
    double wall = json_f64(profile, "wall_ms", 0);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n && wall > 0; i++) {
        double share = json_f64(rows[i], "ms", 0) / wall;
        char text[TEXT_BYTES + 4], hits[FIGURE_SIZE];
        int64_t line = json_i64(rows[i], "line", 0);
        if (share < 0.05)
            break;
        line_text(source, line, text);
        e = buf_addf(out, "- line %lld `%s`: %.0f %% of the time, %s hit%s\n", (long long)line,
                     text, 100 * (share > 1 ? 1 : share),
                     figure_count(hits, json_i64(rows[i], "hits", 0)),
                     figure_s(json_i64(rows[i], "hits", 0)));
    }
    return e;
}

static enum err add_memory(struct json_object *profile, const char *source, struct buf *out)
{
    struct json_object *rows[SPOTS];
    size_t n = most(json_array(profile, "allocations"), "kb", rows);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n && i < 3; i++) {
        double kb = json_f64(rows[i], "kb", 0);
        char text[TEXT_BYTES + 4], count[FIGURE_SIZE];
        int64_t line = json_i64(rows[i], "line", 0);
        if (kb < 64) /* less is not worth a word */
            break;
        line_text(source, line, text);
        e = buf_addf(out, "- line %lld `%s`: %.0f kB in %s block%s at the peak of the memory\n",
                     (long long)line, text, kb, figure_count(count, json_i64(rows[i], "count", 0)),
                     figure_s(json_i64(rows[i], "count", 0)));
    }
    return e;
}

enum err profile_hot_spots(struct json_object *profile, const char *source, struct buf *out)
{
    enum err e = add_times(profile, source, out);
    return e ? e : add_memory(profile, source, out);
}
