/* One command line of the gates: where its program is, the run in a sandbox of its own, the report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/check/gate_report.h"
#include "core/check/sandbox_step.h"
#include "core/sandbox/programs.h"
#include "core/tool/tool_gate.h"

enum {
    ARGV_MAX = 96,
    FILES_MAX = 8,
    FILE_MAX = 1 << 20,
    OUTPUT_MAX = 8 << 20, /* as much as a program of findings alone would make */
    MEMORY_MB = 1024,
    PROCESSES = 64
};

static const char keep_script[] = "\"$@\" >/dev/null; code=$?; cat " GATE_FILE " >&3; exit $code";

/* ---- the command line ---- */

struct command {
    const char *argv[ARGV_MAX];
    int argc;
    struct program program;
    const char *mount[2];
};

static void add(struct command *c, const char *text)
{
    if (c->argc < ARGV_MAX - 1)
        c->argv[c->argc++] = text;
}

static void add_words(struct command *c, struct json_object *list, size_t from)
{
    for (size_t i = from; list && i < json_object_array_length(list); i++)
        add(c, json_object_get_string(json_object_array_get_idx(list, i)));
}

static enum err build(struct gate_run *g, bool keep, struct command *c, struct err_info *info)
{
    struct json_object *argv = json_array(g->run, "argv"), *env = json_array(g->run, "env");
    const char *name = json_object_get_string(json_object_array_get_idx(argv, 0));
    bool python = strcmp(name, "python3") == 0;
    enum err e = ERR_OK;
    if (!python)
        e = programs_find(g->task->p->programs, name, &c->program, info);
    if (e)
        return e;
    if (keep) {
        add(c, "/bin/sh");
        add(c, "-c");
        add(c, keep_script);
        add(c, "sh");
    }
    if (env && json_object_array_length(env))
        add(c, "/usr/bin/env");
    add_words(c, env, 0);
    add(c, python ? "python3" : c->program.path);
    add_words(c, argv, 1);
    c->mount[0] = c->program.mount[0] ? c->program.mount : NULL;
    return ERR_OK;
}

/* ---- the files beside the program ---- */

/* Beside the gate's own file, else where all tools of the old system had theirs. */
static enum err read_tool_file(const struct gate_run *g, const char *name, struct buf *out,
                               struct err_info *info)
{
    const char *file = json_str(g->gate, "file", ""), *slash = strrchr(file, '/');
    const char *const roots[] = {g->task->p->home, g->task->p->data};
    char folder[PATH_SIZE], path[PATH_SIZE];
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file) : 0, file);
    if (path_join(path, folder, name) == ERR_OK && path_exists(path))
        return buf_read_file(out, path, info);
    for (int i = 0; i < 2; i++)
        if (path_join(folder, roots[i], "tools/executable") == ERR_OK &&
            path_join(path, folder, name) == ERR_OK && path_exists(path))
            return buf_read_file(out, path, info);
    return err_set(info, ERR_UNAVAILABLE, "its file %.80s is not beside %.200s", name, file);
}

static void limits_of(const struct gate_run *g, struct sandbox_limits *l)
{
    const struct config *c = g->task->p->config;
    int64_t wall = json_i64(g->run, "wall_ms", 10000), memory = json_i64(g->run, "memory_mb", 0);
    *l = (struct sandbox_limits){
        .cpu_ms = wall,
        .wall_ms = wall,
        .memory_bytes = (memory > 0 ? memory : MEMORY_MB) << 20,
        .file_bytes = config_int(c, OPTION_FILE_MB) << 20,
        .disk_bytes = config_int(c, OPTION_DISK_MB) << 20,
        .output_bytes = OUTPUT_MAX,
        .processes = PROCESSES,
    };
}

static enum err run_sandbox(struct gate_run *g, const struct command *c, struct sandbox_result *r,
                            struct err_info *info)
{
    struct json_object *names = json_array(g->run, "files");
    size_t n = names ? json_object_array_length(names) : 0;
    struct sandbox_file files[FILES_MAX + 1] = {{GATE_FILE, g->code, strlen(g->code)}};
    struct buf texts[FILES_MAX];
    struct sandbox_spec spec = {.argv = c->argv, .files = files, .packages = c->mount, .input = ""};
    enum err e = n > FILES_MAX ? err_set(info, ERR_UNAVAILABLE, "it needs too many files") : ERR_OK;
    for (size_t i = 0; i < FILES_MAX; i++)
        buf_init(&texts[i], FILE_MAX);
    for (size_t i = 0; !e && i < n; i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        e = read_tool_file(g, name, &texts[i], info);
        files[i + 1] = (struct sandbox_file){name, texts[i].data, texts[i].len};
    }
    spec.file_count = n + 1;
    if (json_flag(g->run, "stdin", false)) {
        spec.input = g->code;
        spec.input_len = strlen(g->code);
    }
    limits_of(g, &spec.limits);
    if (!e)
        e = sandbox_run(g->task->p->sandbox, &spec, r, info);
    for (size_t i = 0; i < FILES_MAX; i++)
        buf_fini(&texts[i]);
    return e;
}

/* ---- one run ---- */

void gate_tell(struct step *step, struct gate_run *g, const char *why)
{
    struct json_object *argv = json_array(g->run, "argv");
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[700];
    const char *what = json_object_array_length(json_array(g->run, "files"))
                           ? json_str(g->gate, "id", "")
                           : json_object_get_string(json_object_array_get_idx(argv, 0));
    step_say(step, "not available");
    if (!programs_tell(g->task->p->programs, what))
        return;
    snprintf(text, sizeof text, "quality gates of %.60s are left out: %.500s", what, why);
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    step_emit(step, &ev);
}

enum err gate_run_once(struct step *step, struct gate_run *g, bool keep, struct sandbox_result *r,
                       struct err_info *info)
{
    struct command *c = calloc(1, sizeof *c); /* too large for a fiber's stack */
    enum err e = c ? build(g, keep, c, info) : err_set(info, ERR_NOMEM, "out of memory");
    if (!e)
        e = run_sandbox(g, c, r, info);
    if (!e)
        sandbox_step_emit(step, r);
    if (!e && r->outcome == SANDBOX_EXITED && (r->exit_code == 126 || r->exit_code == 127) &&
        !r->out.len)
        e = err_set(info, ERR_UNAVAILABLE, "it cannot be started: %.200s", r->err.data);
    free(c);
    if (!e || e == ERR_CANCELLED)
        return e;
    gate_tell(step, g, info->message[0] ? info->message : err_text(e));
    return ERR_UNAVAILABLE;
}

/* ---- checking ---- */

/* What came to no end judges nothing by itself, but whoever wrote the code has no good of it. */
static struct json_object *cut_report(const struct sandbox_result *r)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();
    struct json_object *finding = json_object_new_object();
    char text[100];
    snprintf(text, sizeof text, "the gate came to no end: %s", sandbox_outcome_name(r->outcome));
    json_add_str(finding, "code", "");
    json_add_str(finding, "text", text);
    json_object_array_add(list, finding);
    json_object_object_add(o, "findings", list);
    json_add_bool(o, "cut", r->outcome != SANDBOX_OUTPUT);
    return o;
}

static enum err missing(struct buf *out, const char *why)
{
    enum err e = buf_adds(out, "{\"missing\":");
    if (!e)
        e = json_quote(out, why, strlen(why));
    return e ? e : buf_adds(out, "}");
}

/* Gates read comments too, so it is the same text. */
static enum err take_same(struct step *step, const char *value, struct buf *out)
{
    step_say(step, "said of the same text before");
    return buf_adds(out, value);
}

static enum err check_step(struct step *step, void *arg, struct buf *out)
{
    struct gate_run *g = arg;
    struct sandbox_result r;
    struct err_info info = {0};
    struct json_object *report = NULL;
    const char *before = NULL, *whose;
    enum err e = seen_look(&g->task->seen, g->key, &before, &whose);
    if (e || before)
        return e ? e : take_same(step, before, out);
    sandbox_result_init(&r);
    e = gate_run_once(step, g, false, &r, &info);
    if (!e && r.outcome != SANDBOX_EXITED)
        report = cut_report(&r);
    else if (!e && gate_report_read(r.out.data, r.out.len, r.err.data, json_flag(g->run, "json", 0),
                                    r.exit_code, &report, &info)) {
        gate_tell(step, g, info.message);
        e = ERR_UNAVAILABLE;
    }
    sandbox_result_fini(&r);
    if (e)
        return e == ERR_CANCELLED ? e : missing(out, info.message);
    gate_say(step, g, report);
    e = json_print(out, report);
    json_object_put(report);
    return e;
}

enum err gate_run_check(struct job *job, struct gate_run *g, struct json_object **out,
                        struct err_info *info)
{
    struct step_desc desc = {
        .name = "gate", .label = g->label, .flags = STEP_LAZY, .run = check_step, .arg = g};
    struct buf input, value;
    enum err e;
    *out = NULL;
    buf_init(&input, 2 * CODE_MAX);
    buf_init(&value, 1 << 20);
    e = json_print(&input, g->run);
    if (!e)
        e = buf_addf(&input, "\n%s", g->code);
    if (!e)
        e = seen_key("", input.data, input.len, g->key);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step(job, &desc, &value, info);
    if (!e)
        e = json_parse(value.data, value.len, NULL, out, info);
    if (g->key[0]) /* what could not be run may be tried again */
        seen_put(&g->task->seen, g->key, e || json_get(*out, "missing") ? NULL : value.data, "");
    buf_fini(&value);
    buf_fini(&input);
    return e;
}
