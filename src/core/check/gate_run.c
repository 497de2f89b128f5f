/* One command line of the gates: where its program is, the run in a sandbox of its own, the report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/check/gate_report.h"
#include "core/check/sandbox_step.h"
#include "core/sandbox/programs.h"
#include "core/tool/gate_output.h"
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
    char library[PATH_SIZE], path[PATH_SIZE + 16]; /* of its Python package */
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

/* Where its program is, or the package that its Python is to import. */
static enum err find(struct gate_run *g, const char *name, struct command *c, struct err_info *info)
{
    struct programs *programs = g->task->p->programs;
    const char *package = json_str(g->run, "package", "");
    enum err e = ERR_OK;
    if (*package && g->at_once) {
        programs_want_library(programs, package);
        if (programs_installing(programs, package))
            return err_set(info, ERR_UNAVAILABLE, "%.60s is still being installed", package);
    }
    if (*package)
        e = programs_library(programs, package, c->library, info);
    if (!e && *package) {
        c->mount[0] = c->library;
        snprintf(c->path, sizeof c->path, "PYTHONPATH=%s", c->library);
    } else if (!e && strcmp(name, "python3") != 0) {
        e = programs_find(programs, name, &c->program, info);
        c->mount[0] = c->program.mount[0] ? c->program.mount : NULL;
    }
    return e;
}

static enum err build(struct gate_run *g, bool keep, struct command *c, struct err_info *info)
{
    struct json_object *argv = json_array(g->run, "argv"), *env = json_array(g->run, "env");
    const char *name = json_object_get_string(json_object_array_get_idx(argv, 0));
    bool python = strcmp(name, "python3") == 0;
    enum err e = find(g, name, c, info);
    if (e)
        return e;
    if (keep) {
        add(c, "/bin/sh");
        add(c, "-c");
        add(c, keep_script);
        add(c, "sh");
    }
    if (c->path[0] || (env && json_object_array_length(env)))
        add(c, "/usr/bin/env");
    if (c->path[0])
        add(c, c->path);
    add_words(c, env, 0);
    add(c, python && c->argc ? sandbox_python(g->task->p->sandbox)
           : python          ? name
                             : c->program.path);
    add_words(c, argv, 1);
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
    char *plain = gate_output_unsilenced(json_array(g->run, "silencers"), g->code);
    const char *code = plain ? plain : g->code;
    struct sandbox_file files[FILES_MAX + 1] = {{GATE_FILE, code, strlen(code)}};
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
        spec.input = code;
        spec.input_len = strlen(code);
    }
    limits_of(g, &spec.limits);
    if (!e)
        e = sandbox_run(g->task->p->sandbox, &spec, r, info);
    for (size_t i = 0; i < FILES_MAX; i++)
        buf_fini(&texts[i]);
    free(plain);
    return e;
}

/* ---- one run ---- */

static const char *called(const struct gate_run *g)
{
    const char *package = json_str(g->run, "package", "");
    if (*package)
        return package;
    return json_object_array_length(json_array(g->run, "files"))
               ? json_str(g->gate, "id", "")
               : json_object_get_string(json_object_array_get_idx(json_array(g->run, "argv"), 0));
}

/* ERR_TOO_LARGE: the program has more lines than this gate is given. */
static enum err check_length(const struct gate_run *g, struct err_info *info)
{
    int64_t most = json_i64(g->run, "max_lines", 0), lines = 0;
    for (const char *p = g->code; most && (p = strchr(p, '\n')); p++)
        lines++;
    if (!most || lines <= most)
        return ERR_OK;
    return err_set(info, ERR_TOO_LARGE, "the program has %lld lines, and this gate takes %lld",
                   (long long)lines, (long long)most);
}

void gate_tell(struct step *step, struct gate_run *g, const char *became, const char *why)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[700], word[120];
    const char *what = called(g);
    step_say(step, "%s", strcmp(became, "are left out") == 0 ? "not available" : why);
    snprintf(word, sizeof word, "%.60s %.40s", what, became);
    if (!programs_tell(g->task->p->programs, word))
        return;
    snprintf(text, sizeof text, "quality gates of %.60s %s: %.500s", what, became, why);
    ev.u.job_note.level = "warn";
    ev.u.job_note.text = text;
    step_emit(step, &ev);
}

enum err gate_run_once(struct step *step, struct gate_run *g, bool keep, struct sandbox_result *r,
                       struct err_info *info)
{
    struct command *c = calloc(1, sizeof *c); /* too large for a fiber's stack */
    enum err e = c ? check_length(g, info) : err_set(info, ERR_NOMEM, "out of memory");
    if (!e)
        e = build(g, keep, c, info);
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
    if (e == ERR_TOO_LARGE || g->together)
        step_say(step, "%.150s", info->message);
    else
        gate_tell(step, g, "are left out", info->message[0] ? info->message : err_text(e));
    return e == ERR_TOO_LARGE ? e : ERR_UNAVAILABLE;
}

/* ---- checking ---- */

/* How a run came to no end; NULL: it did not, or it crashed. */
static const char *ended_early(const struct gate_run *g, const struct sandbox_result *r,
                               char out[80])
{
    if (r->outcome == SANDBOX_TIMEOUT || r->outcome == SANDBOX_CPU)
        snprintf(out, 80, "timed out after %.3g s",
                 (double)json_i64(g->run, "wall_ms", 10000) / 1000);
    else if (r->outcome == SANDBOX_OUTPUT)
        snprintf(out, 80, "more output than %d MB", OUTPUT_MAX >> 20);
    else
        return NULL;
    return out;
}

/* What came to no end judges nothing by itself, but whoever wrote the code has no good of it. */
static struct json_object *cut_report(const struct gate_run *g, const struct sandbox_result *r)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();
    struct json_object *finding = json_object_new_object();
    char text[120], how[80];
    snprintf(text, sizeof text, "the gate came to no end: %s", ended_early(g, r, how));
    json_add_str(finding, "code", "");
    json_add_str(finding, "text", text);
    json_object_array_add(list, finding);
    json_object_object_add(o, "findings", list);
    json_add_bool(o, "cut", r->outcome != SANDBOX_OUTPUT);
    return o;
}

static void tell_cut(struct step *step, struct gate_run *g, const struct sandbox_result *r)
{
    char how[80];
    if (r->outcome != SANDBOX_OUTPUT)
        gate_tell(step, g, "come to no end", ended_early(g, r, how));
}

/* `how`: crashed, long, installing, or "". */
static enum err missing(struct gate_run *g, struct buf *out, const char *why, const char *how)
{
    struct json_object *o = json_object_new_object();
    enum err e;
    json_add_str(o, "missing", why);
    json_add_str(o, "what", called(g));
    if (*how)
        json_add_bool(o, how, true);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

/* A program that ended by itself, but not well. */
static enum err crash(struct step *step, struct gate_run *g, const struct sandbox_result *r,
                      struct err_info *info)
{
    if (r->outcome == SANDBOX_SIGNALLED)
        err_set(info, ERR_PARSE, "it was ended by signal %d", r->signal);
    else if (r->outcome == SANDBOX_MEMORY)
        err_set(info, ERR_PARSE, "it wanted more memory than it may have");
    gate_tell(step, g, "are left out", info->message);
    return ERR_PARSE;
}

static const char *how_missing(const struct gate_run *g, enum err e)
{
    if (e == ERR_PARSE)
        return "crashed";
    if (e == ERR_TOO_LARGE)
        return "long";
    return g->at_once && programs_installing(g->task->p->programs, called(g)) ? "installing" : "";
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
    char how[80];
    enum err e = seen_look(&g->task->seen, g->key, &before, &whose);
    if (e || before)
        return e ? e : take_same(step, before, out);
    sandbox_result_init(&r);
    e = gate_run_once(step, g, false, &r, &info);
    if (!e && ended_early(g, &r, how)) {
        report = cut_report(g, &r);
        tell_cut(step, g, &r);
    } else if (!e && (r.outcome != SANDBOX_EXITED ||
                      gate_report_of(g->run, r.out.data, r.out.len, r.err.data, r.exit_code,
                                     &report, &info))) {
        e = crash(step, g, &r, &info);
    }
    if (!e)
        json_add_f64(report, "ms", r.wall_ms);
    sandbox_result_fini(&r);
    if (e)
        return e == ERR_CANCELLED ? e : missing(g, out, info.message, how_missing(g, e));
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

/* ---- those that were not run ---- */

struct left_out {
    struct task *task;
    struct json_object *reports;
};

static void add_name(char *list, size_t size, const char *name)
{
    size_t n = strlen(list);
    if (!strstr(list, name))
        snprintf(list + n, size - n, "%s%.60s", n ? ", " : "", name);
}

static void tell(struct step *step, const char *level, const char *format, const char *names,
                 const char *why)
{
    struct event ev = {.type = EVENT_JOB_NOTE};
    char text[700];
    if (!*names)
        return;
    snprintf(text, sizeof text, "quality gates of %.250s %s%.400s", names, format, why);
    ev.u.job_note.level = level;
    ev.u.job_note.text = text;
    step_emit(step, &ev);
}

static enum err left_out_step(struct step *step, void *arg, struct buf *out)
{
    struct left_out *l = arg;
    char coming[260] = "", gone[260] = "";
    const char *why = "";
    for (size_t i = 0; i < json_object_array_length(l->reports); i++) {
        struct json_object *o = json_object_array_get_idx(l->reports, i);
        const char *what = json_str(o, "what", "");
        char word[120];
        if (json_flag(o, "crashed", false) || json_flag(o, "long", false))
            continue; /* told where it happened */
        if (json_flag(o, "installing", false)) {
            add_name(coming, sizeof coming, what);
            continue;
        }
        snprintf(word, sizeof word, "%.60s are left out", what);
        if (!programs_tell(l->task->p->programs, word))
            continue;
        add_name(gone, sizeof gone, what);
        why = *why ? why : json_str(o, "missing", "");
    }
    tell(step, "info", "come with a later program: they are being installed", coming, "");
    tell(step, "warn", "are left out: ", gone, why);
    return buf_adds(out, "{}");
}

enum err gate_tell_left_out(struct job *job, struct task *t, struct json_object *reports,
                            struct err_info *info)
{
    struct left_out arg = {t, reports};
    struct step_desc desc = {.name = "gates",
                             .label = "the quality gates that are left out",
                             .flags = STEP_LAZY,
                             .run = left_out_step,
                             .arg = &arg};
    if (!reports || !json_object_array_length(reports))
        return ERR_OK;
    return job_step(job, &desc, NULL, info);
}
