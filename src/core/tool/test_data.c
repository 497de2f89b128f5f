#include "core/tool/test_data.h"

#include <string.h>

#include "core/check/sandbox_step.h"

typedef struct json_object json;

enum { FILE_BYTES = 1 << 20, SOURCE_MAX = 4 << 20, VALUE_MAX = 8 << 20, COUNT = 10 };

struct make_arg {
    struct task *task;
    struct buf job, source;
    bool python;
};

/* ---- what is wanted ---- */

static enum err write_source(json *inputs, struct make_arg *a, struct err_info *info)
{
    const char *source = json_str(inputs, "source", NULL);
    json *schema = json_get(inputs, "schema");
    a->python = source != NULL;
    if (source)
        return buf_adds(&a->source, source);
    if (!schema)
        return err_set(info, ERR_INPUT,
                       "testdata needs the input \"schema\", or \"source\" and "
                       "\"name\"");
    if (json_object_is_type(schema, json_type_string))
        return buf_adds(&a->source, json_object_get_string(schema));
    return json_print(&a->source, schema);
}

static enum err write_job(json *inputs, struct make_arg *a, struct err_info *info)
{
    json *o = json_object_new_object();
    const bool edge = json_flag(inputs, "edge", false), counted = json_get(inputs, "count");
    const int64_t count = json_i64(inputs, "count", COUNT);
    enum err e = count < 0 ? err_set(info, ERR_INPUT, "count is at least 0") : ERR_OK;
    json_add_str(o, "kind", a->python ? "python" : "schema");
    json_add_str(o, "file", a->python ? "source" : "schema");
    json_add_str(o, "name", json_str(inputs, "name", ""));
    json_object_object_add(o, "count", counted || !edge ? json_object_new_int64(count) : NULL);
    json_add_i64(o, "seed", json_i64(inputs, "seed", 0));
    json_add_bool(o, "edge", edge);
    if (!e)
        e = json_print(&a->job, o);
    json_object_put(o);
    return e;
}

/* ---- the run ---- */

enum err test_data_files(const struct pipeline *p, struct buf texts[TESTDATA_FILES],
                         struct sandbox_file *files, struct err_info *info)
{
    enum err e = ERR_OK;
    for (int i = 0; i < TESTDATA_FILES; i++)
        buf_init(&texts[i], FILE_BYTES);
    for (int i = 0; !e && i < TESTDATA_FILES; i++) {
        e = sandbox_step_runtime(p, testdata_files[i], &texts[i], info);
        files[i] = (struct sandbox_file){testdata_files[i], texts[i].data, texts[i].len};
    }
    return e;
}

static enum err run(const struct make_arg *a, struct sandbox_result *r, struct err_info *info)
{
    static const char *const argv[] = {"python3", "-I", "-S", "testdata.py", "job.json", NULL};
    struct buf texts[TESTDATA_FILES];
    struct sandbox_file files[TESTDATA_FILES + 2];
    struct sandbox_spec spec = {
        .argv = argv, .input = "", .files = files, .file_count = TESTDATA_FILES + 2};
    enum err e = test_data_files(a->task->p, texts, files, info);
    files[TESTDATA_FILES] = (struct sandbox_file){"job.json", a->job.data, a->job.len};
    files[TESTDATA_FILES + 1] =
        (struct sandbox_file){a->python ? "input.py" : "input.json", a->source.data, a->source.len};
    sandbox_step_limits(a->task->p->config, &spec.limits);
    if (!e)
        e = sandbox_run(a->task->p->sandbox, &spec, r, info);
    for (int i = 0; i < TESTDATA_FILES; i++)
        buf_fini(&texts[i]);
    return e;
}

/* Why there are no values, out of the generator's own report. */
static enum err why_not(const struct make_arg *a, const struct sandbox_result *r,
                        struct err_info *info)
{
    json *report = NULL;
    if (r->outcome == SANDBOX_OUTPUT)
        return err_set(info, ERR_INPUT,
                       "these are more values than a step may return; a smaller "
                       "count helps");
    if (r->outcome != SANDBOX_EXITED)
        return err_set(info, ERR_INPUT, "making the values was ended: %s; a smaller count helps",
                       sandbox_outcome_name(r->outcome));
    if (json_parse(r->report.data, r->report.len, NULL, &report, NULL))
        report = NULL;
    if (*json_str(report, "missing", ""))
        err_set(info, ERR_INPUT, "the source imports %.60s, which is not there",
                json_str(report, "missing", ""));
    else if (*json_str(report, "pointer", "") || json_get(report, "pointer"))
        err_set(info, ERR_INPUT, "%.380s (at #%.90s)", json_str(report, "message", ""),
                json_str(report, "pointer", ""));
    else
        err_at(info, ERR_INPUT, a->python ? "source" : "schema", (int)json_i64(report, "line", 0),
               (int)json_i64(report, "column", 0), "%.480s",
               json_str(report, "message", "the generator failed"));
    json_object_put(report);
    return ERR_INPUT;
}

/* Its lines as a list: none has a line break inside. */
static enum err write_list(const struct sandbox_result *r, struct buf *out)
{
    size_t n = r->out.len && r->out.data[r->out.len - 1] == '\n' ? r->out.len - 1 : r->out.len;
    enum err e = buf_adds(out, "[");
    size_t from = out->len;
    if (!e)
        e = buf_add(out, r->out.data, n);
    for (size_t i = from; !e && i < out->len; i++)
        if (out->data[i] == '\n')
            out->data[i] = ',';
    return e ? e : buf_adds(out, "]");
}

static enum err make_step(struct step *step, void *arg, struct buf *out)
{
    struct sandbox_result r;
    struct err_info info = {0};
    char where[700];
    enum err e;
    sandbox_result_init(&r);
    e = run(arg, &r, &info);
    if (!e) {
        sandbox_step_emit(step, &r);
        e = r.outcome == SANDBOX_EXITED && r.exit_code == 0 ? write_list(&r, out)
                                                            : why_not(arg, &r, &info);
    }
    if (e && e != ERR_CANCELLED)
        step_fail(step, e, "%s",
                  info.message[0] ? err_format(&info, where, sizeof where) : err_text(e));
    sandbox_result_fini(&r);
    return e;
}

enum err test_data_make(struct job *job, struct task *t, const char *label, json *inputs,
                        json **out, struct err_info *info)
{
    struct make_arg arg = {.task = t};
    struct step_desc desc = {.name = "testdata", .label = label, .run = make_step, .arg = &arg};
    struct buf input;
    enum err e;
    *out = NULL;
    buf_init(&arg.job, SOURCE_MAX);
    buf_init(&arg.source, SOURCE_MAX);
    buf_init(&input, 2 * SOURCE_MAX);
    e = write_source(inputs, &arg, info);
    if (!e)
        e = write_job(inputs, &arg, info);
    if (!e)
        e = buf_addf(&input, "%s\n%s", arg.job.data, arg.source.data);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(job, &desc, VALUE_MAX, out, info);
    buf_fini(&input);
    buf_fini(&arg.source);
    buf_fini(&arg.job);
    return e;
}
