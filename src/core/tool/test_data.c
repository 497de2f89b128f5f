#include "core/tool/test_data.h"

#include <stdlib.h>
#include <string.h>

#include "core/check/sandbox_step.h"

typedef struct json_object json;

enum { FILE_BYTES = 1 << 20, SOURCE_MAX = 4 << 20, VALUE_MAX = 8 << 20, COUNT = 10, RUNS_MAX = 12 };

struct make_arg {
    struct task *task;
    struct buf job, source;
    bool python;
    json *packages;                      /* that may be installed; NULL: none */
    struct package *found[RUNS_MAX + 1]; /* those that the source imports; owned */
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

/* A word that is misspelt would go unnoticed. */
static enum err check_inputs(json *inputs, struct err_info *info)
{
    static const struct {
        const char *name, *what;
        json_type type;
    } known[] = {{"count", "a whole number", json_type_int},
                 {"seed", "a whole number", json_type_int},
                 {"edge", "true or false", json_type_boolean},
                 {"realistic", "true or false", json_type_boolean},
                 {"source", "Python text", json_type_string},
                 {"name", "what of the source", json_type_string},
                 {"schema", "", json_type_null}};
    enum { KNOWN = sizeof known / sizeof *known };
    json_object_object_foreach(inputs, name, value)
    {
        size_t i = 0;
        while (i < KNOWN && strcmp(known[i].name, name) != 0)
            i++;
        if (i == KNOWN)
            return err_set(
                info, ERR_INPUT,
                "testdata has no input \"%.60s\"; it has schema, or source and name, and "
                "count, seed, edge, realistic",
                name);
        if (*known[i].what && !json_object_is_type(value, known[i].type))
            return err_set(info, ERR_INPUT, "testdata's input \"%s\" is %s", name, known[i].what);
    }
    return ERR_OK;
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
    json_add_bool(o, "realistic", json_flag(inputs, "realistic", false));
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
    const char *argv[RUNS_MAX + 6] = {"python3", "-I", "-S", "testdata.py", "job.json"};
    const char *folders[RUNS_MAX + 1] = {NULL};
    struct buf texts[TESTDATA_FILES];
    struct sandbox_file files[TESTDATA_FILES + 2];
    struct sandbox_spec spec = {.argv = argv,
                                .input = "",
                                .files = files,
                                .file_count = TESTDATA_FILES + 2,
                                .packages = folders};
    enum err e = test_data_files(a->task->p, texts, files, info);
    for (int i = 0; a->found[i]; i++)
        argv[5 + i] = folders[i] = a->found[i]->folder;
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

/* ---- packages ---- */

static bool may_install(const struct make_arg *a, const char *name, const char *module)
{
    for (size_t i = 0; a->packages && i < json_object_array_length(a->packages); i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(a->packages, i));
        if (text && (strcmp(text, name) == 0 || strcmp(text, module) == 0))
            return true;
    }
    for (char *const *p = a->task->grants.packages; *p; p++)
        if (strcmp(*p, name) == 0 || strcmp(*p, module) == 0)
            return true;
    return false;
}

static void tell_install(struct step *step, const char *wanted)
{
    struct event ev = {.type = EVENT_PHASE};
    ev.u.phase.name = "install";
    ev.u.phase.detail = wanted;
    step_emit(step, &ev);
}

static enum err get_package(struct step *step, const struct make_arg *a, const char *module,
                            struct package *out, struct err_info *info)
{
    struct err_info why = {0};
    enum err e = packages_find(a->task->p->packages, module, out, &why);
    if (e == ERR_NOT_FOUND)
        return err_set(info, ERR_INPUT,
                       "the source imports %.60s, which is neither in Python nor on the list of "
                       "trusted packages",
                       module);
    if (!e && !out->installed && !may_install(a, out->name, module))
        return err_set(info, ERR_DENIED,
                       "the source imports the package %s, which is not installed; "
                       "--allow-package %s installs it",
                       out->name, out->name);
    if (!e && !out->installed) {
        tell_install(step, out->wanted);
        e = packages_install(a->task->p->packages, out, &why);
    }
    return e && e != ERR_CANCELLED ? err_set(info, e, "the package %s cannot be had: %.350s",
                                             *out->name ? out->name : module, why.message)
                                   : e;
}

/* *missing: the module that this run wanted; "" none. */
static void read_missing(const struct sandbox_result *r, char missing[64])
{
    json *report = NULL;
    missing[0] = 0;
    if (r->outcome != SANDBOX_EXITED || r->exit_code != 2 ||
        json_parse(r->report.data, r->report.len, NULL, &report, NULL))
        return;
    snprintf(missing, 64, "%s", json_str(report, "missing", ""));
    json_object_put(report);
}

/* Again for each package that the source is found to import, which is before its first value. */
static enum err run_all(struct step *step, struct make_arg *a, struct sandbox_result *r,
                        struct err_info *info)
{
    for (int i = 0;; i++) {
        char module[64];
        enum err e = run(a, r, info);
        if (e)
            return e;
        sandbox_step_emit(step, r);
        read_missing(r, module);
        if (!module[0])
            return ERR_OK;
        if (i == RUNS_MAX || (i && strcmp(module, a->found[i - 1]->name) == 0))
            return err_set(info, ERR_INPUT, "the source imports %.60s, which cannot be found",
                           module);
        a->found[i] = calloc(1, sizeof **a->found); /* too large for a fiber's stack */
        if (!a->found[i])
            return err_set(info, ERR_NOMEM, "out of memory");
        e = get_package(step, a, module, a->found[i], info);
        if (e)
            return e;
        sandbox_result_fini(r);
        sandbox_result_init(r);
    }
}

/* ---- what came of it ---- */

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
    if (*json_str(report, "pointer", "") || json_get(report, "pointer"))
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
    struct make_arg *a = arg;
    struct sandbox_result r;
    struct err_info info = {0};
    char where[700];
    enum err e;
    sandbox_result_init(&r);
    e = run_all(step, a, &r, &info);
    if (!e)
        e = r.outcome == SANDBOX_EXITED && r.exit_code == 0 ? write_list(&r, out)
                                                            : why_not(a, &r, &info);
    if (e && e != ERR_CANCELLED)
        step_fail(step, e, "%s",
                  info.message[0] ? err_format(&info, where, sizeof where) : err_text(e));
    for (int i = 0; i < RUNS_MAX && a->found[i]; i++)
        free(a->found[i]);
    memset(a->found, 0, sizeof a->found);
    sandbox_result_fini(&r);
    return e;
}

enum err test_data_make(struct job *job, struct task *t, const char *label, json *inputs,
                        json *packages, json **out, struct err_info *info)
{
    struct make_arg arg = {.task = t, .packages = packages};
    struct step_desc desc = {.name = "testdata", .label = label, .run = make_step, .arg = &arg};
    struct buf input;
    enum err e;
    *out = NULL;
    buf_init(&arg.job, SOURCE_MAX);
    buf_init(&arg.source, SOURCE_MAX);
    buf_init(&input, 2 * SOURCE_MAX);
    e = check_inputs(inputs, info);
    if (!e)
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
