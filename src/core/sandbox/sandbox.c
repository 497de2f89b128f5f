#include "core/sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/launch_file.h"
#include "base/path.h"
#include "core/sandbox/proc.h"

enum { ARGS_MAX = 160, NUMBERS = 5, STATUS_MAX = 4096, REPORT_MAX = 4 << 20, PROBE_MS = 5000 };

struct sandbox {
    enum sandbox_tier tier;
    char launcher[PATH_SIZE], python[PATH_SIZE];
    char text[400], remedy[300];
    bool unsafe;
    struct fiber_sem slots;
};

static const char *const outcome_names[] = {"exited", "signalled", "timeout", "cpu",
                                            "memory", "output",    "setup"};
static const char *const tier_names[] = {"none", "landlock", "root", "namespaces"};

void sandbox_result_init(struct sandbox_result *r)
{
    memset(r, 0, sizeof *r);
}

void sandbox_result_fini(struct sandbox_result *r)
{
    if (r->out.data)
        buf_fini(&r->out);
    if (r->err.data)
        buf_fini(&r->err);
    if (r->report.data)
        buf_fini(&r->report);
    memset(r, 0, sizeof *r);
}

const char *sandbox_outcome_name(enum sandbox_outcome outcome)
{
    return outcome_names[outcome];
}

const char *sandbox_tier_name(enum sandbox_tier tier)
{
    return tier_names[tier];
}

enum sandbox_tier sandbox_tier(const struct sandbox *sb)
{
    return sb->tier;
}

const char *sandbox_python(const struct sandbox *sb)
{
    return sb->python;
}

const char *sandbox_text(const struct sandbox *sb)
{
    return sb->text;
}

const char *sandbox_remedy(const struct sandbox *sb)
{
    return sb->remedy;
}

/* ---- the status of the launcher ---- */

static const char *status_value(const struct buf *status, const char *key)
{
    size_t n = strlen(key);
    for (const char *p = status->data; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
        if (strncmp(p, key, n) == 0 && p[n] == '=')
            return p + n + 1;
    return NULL;
}

static double status_number(const struct buf *status, const char *key)
{
    const char *value = status_value(status, key);
    return value ? strtod(value, NULL) : 0;
}

/* ---- opening ---- */

static void find_python(struct sandbox *sb, const char *given)
{
    static const char *const usual[] = {"/usr/bin/python3", "/usr/local/bin/python3"};
    snprintf(sb->python, sizeof sb->python, "%s", given ? given : usual[0]);
    for (int i = 0; !given && i < 2; i++)
        if (access(usual[i], X_OK) == 0) {
            snprintf(sb->python, sizeof sb->python, "%s", usual[i]);
            return;
        }
}

static enum err probe(struct sandbox *sb, struct err_info *info)
{
    const char *argv[] = {sb->launcher, "--probe", NULL};
    struct buf status;
    struct proc_spec spec = {
        .argv = argv, .extra = {NULL, &status}, .inherit = -1, .wall_ms = PROBE_MS};
    struct proc_result result = {0};
    enum err e;
    buf_init(&status, STATUS_MAX);
    e = proc_run(&spec, &result, info);
    if (!e && result.end == PROC_EXITED && result.code == 0) {
        sb->tier = SANDBOX_USERNS;
        snprintf(sb->text, sizeof sb->text, "user namespaces, seccomp and Landlock");
    } else if (e != ERR_CANCELLED) {
        const char *why = status_value(&status, "error");
        snprintf(sb->text, sizeof sb->text, "no sandbox: %.*s", why ? (int)strcspn(why, "\n") : 40,
                 why ? why : "the launcher does not run");
        snprintf(sb->remedy, sizeof sb->remedy,
                 "allow user namespaces (a plain chroot forbids them: enter it by pivot_root, as "
                 "bwrap does; sysctl kernel.unprivileged_userns_clone=1), or accept the risk with "
                 "--unsafe");
        e = ERR_OK;
    }
    buf_fini(&status);
    return e;
}

enum err sandbox_open(struct sched *s, const struct sandbox_options *options, struct sandbox **out,
                      struct err_info *info)
{
    struct sandbox *sb = calloc(1, sizeof *sb);
    enum err e;
    (void)s;
    *out = NULL;
    if (!sb)
        return err_set(info, ERR_NOMEM, "out of memory");
    snprintf(sb->launcher, sizeof sb->launcher, "%s", options->launcher);
    sb->unsafe = options->unsafe;
    fiber_sem_init(&sb->slots, options->width > 0 ? options->width : 1);
    find_python(sb, options->python);
    e = probe(sb, info);
    if (e) {
        free(sb);
        return e;
    }
    *out = sb;
    return ERR_OK;
}

void sandbox_close(struct sandbox *sb)
{
    free(sb);
}

/* ---- one run ---- */

struct args {
    const char *list[ARGS_MAX];
    int count;
    char numbers[NUMBERS][24];
    int number_count;
    bool full;
};

static void add(struct args *a, const char *text)
{
    if (a->count < ARGS_MAX - 1)
        a->list[a->count++] = text;
    else
        a->full = true;
}

static void add_number(struct args *a, const char *name, int64_t n)
{
    char *text = a->numbers[a->number_count++];
    snprintf(text, sizeof a->numbers[0], "%lld", (long long)(n > 0 ? n : 1));
    add(a, name);
    add(a, text);
}

static void add_list(struct args *a, const char *name, const char *const *list)
{
    for (; list && *list; list++) {
        add(a, name);
        add(a, *list);
    }
}

static void write_args(const struct sandbox *sb, const struct sandbox_spec *spec, struct args *a)
{
    const struct sandbox_limits *l = &spec->limits;
    add(a, sb->launcher);
    if (sb->tier == SANDBOX_NONE)
        add(a, "--unsafe");
    add_number(a, "--cpu-ms", l->cpu_ms);
    add_number(a, "--memory", l->memory_bytes);
    add_number(a, "--file", l->file_bytes);
    add_number(a, "--disk", l->disk_bytes);
    add_number(a, "--processes", l->processes);
    add_list(a, "--ro", spec->read);
    add_list(a, "--rw", spec->write);
    add_list(a, "--net", spec->net);
    add_list(a, "--ro", spec->packages);
    add(a, "--");
    for (int i = 0; spec->argv[i]; i++)
        add(a, i == 0 && strcmp(spec->argv[0], "python3") == 0 ? sb->python : spec->argv[i]);
    a->list[a->count] = NULL;
}

/* The work folder's files in memory, for the launcher. */
static int files_fd(const struct sandbox_spec *spec)
{
    int fd = memfd_create("files", MFD_CLOEXEC);
    bool ok = fd >= 0;
    for (size_t i = 0; ok && i < spec->file_count; i++) {
        const struct sandbox_file *f = &spec->files[i];
        ok = launch_file_put(fd, f->name, f->data, f->len);
    }
    if (!ok && fd >= 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A program that ran out of memory ends with MemoryError, which is an ordinary exit: told apart by
 * its own last words. */
static bool memory_error(const struct buf *err)
{
    return strstr(err->data, "\nMemoryError") || strncmp(err->data, "MemoryError", 11) == 0;
}

static enum err read_end(const struct sandbox_spec *spec, const struct proc_result *end,
                         const struct buf *status, struct sandbox_result *out,
                         struct err_info *info)
{
    const char *error = status_value(status, "error");
    out->wall_ms = end->wall_ms;
    out->cpu_ms = status_number(status, "cpu_ms");
    out->peak_kb = (int64_t)status_number(status, "peak_kb");
    out->exit_code = (int)status_number(status, "exit");
    out->signal = (int)status_number(status, "signal");
    if (end->end == PROC_TIMEOUT) {
        out->outcome = SANDBOX_TIMEOUT;
    } else if (end->end == PROC_OUTPUT) {
        out->outcome = SANDBOX_OUTPUT;
    } else if (error) {
        out->outcome = SANDBOX_SETUP;
        return err_set(info, ERR_SANDBOX, "the sandbox could not be built: %.*s",
                       (int)strcspn(error, "\n"), error);
    } else if (out->signal) {
        out->outcome = out->signal == 24 /* SIGXCPU */ ||
                               (out->signal == 9 && out->cpu_ms + 50 >= (double)spec->limits.cpu_ms)
                           ? SANDBOX_CPU
                           : SANDBOX_SIGNALLED;
    } else if (!status_value(status, "exit")) {
        out->outcome = SANDBOX_SETUP;
        return err_set(info, ERR_SANDBOX, "the sandbox's launcher ended without a word");
    } else if (out->exit_code && memory_error(&out->err)) {
        out->outcome = SANDBOX_MEMORY;
    }
    return ERR_OK;
}

static enum err run(struct sandbox *sb, const struct sandbox_spec *spec, struct sandbox_result *out,
                    struct err_info *info)
{
    static struct args args; /* used up before the first wait */
    struct proc_spec proc = {.argv = args.list,
                             .input = spec->input,
                             .input_len = spec->input_len,
                             .out = &out->out,
                             .err = &out->err,
                             .wall_ms = (uint64_t)spec->limits.wall_ms};
    struct proc_result end = {0};
    struct buf status;
    enum err e;
    memset(&args, 0, sizeof args);
    write_args(sb, spec, &args);
    if (args.full)
        return err_set(info, ERR_TOO_LARGE, "too many grants or packages for one run");
    buf_init(&status, STATUS_MAX);
    buf_init(&out->out, (size_t)spec->limits.output_bytes);
    buf_init(&out->err, (size_t)spec->limits.output_bytes);
    buf_init(&out->report, REPORT_MAX);
    proc.extra[0] = &out->report;
    proc.extra[1] = &status;
    proc.inherit = files_fd(spec);
    if (proc.inherit < 0)
        return err_set(info, ERR_NOMEM, "the program's files do not fit into memory");
    e = proc_run(&proc, &end, info);
    close(proc.inherit);
    if (!e)
        e = read_end(spec, &end, &status, out, info);
    buf_fini(&status);
    return e;
}

static enum err check_walls(const struct sandbox *sb, struct err_info *info)
{
    if (sb->tier == SANDBOX_NONE && !sb->unsafe)
        return err_set(info, ERR_SANDBOX, "programs are not run here: %.200s; %.250s", sb->text,
                       sb->remedy);
    return ERR_OK;
}

enum err sandbox_command(const struct sandbox *sb, const struct sandbox_spec *spec,
                         struct json_object **out, struct err_info *info)
{
    static struct args args;
    enum err e = check_walls(sb, info);
    *out = NULL;
    if (e)
        return e;
    memset(&args, 0, sizeof args);
    write_args(sb, spec, &args);
    if (args.full)
        return err_set(info, ERR_TOO_LARGE, "too many grants or packages for one run");
    *out = json_object_new_array();
    for (int i = 0; i < args.count; i++)
        json_object_array_add(*out, json_object_new_string(args.list[i]));
    return ERR_OK;
}

enum err sandbox_run(struct sandbox *sb, const struct sandbox_spec *spec,
                     struct sandbox_result *out, struct err_info *info)
{
    enum err e = check_walls(sb, info);
    if (e)
        return e;
    e = fiber_sem_take(&sb->slots);
    if (e)
        return err_set(info, e, "cancelled");
    out->tier = sb->tier;
    e = run(sb, spec, out, info);
    fiber_sem_give(&sb->slots);
    return e;
}
