/* `dise testdata`: starts the generator in the sandbox, with the command line that the engine gives
 * and this process's own standard output, so that rows go to their reader without a copy. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json_place.h"
#include "base/launch_file.h"
#include "base/testdata_files.h"
#include "ui/cli/cli.h"

typedef struct json_object json;

enum {
    SOURCE_MAX = 16 << 20,
    RUNTIME_MAX = 1 << 20,
    REPORT_MAX = 1 << 20,
    ARGV_MAX = 256,
    RUNS_MAX = 12, /* one more for each package that the source turns out to import */
    FD_REPORT = 3,
    FD_STATUS = 4,
    FD_FILES = 5,
    FD_ABOVE = 10,
};

struct source {
    char file[PATH_SIZE]; /* as the person named it */
    const char *name;     /* of a Python file; NULL: it is a JSON Schema */
    struct buf text;
};

/* ---- what is wanted ---- */

/* "FILE.py:NAME" or the path of a schema; "-" reads one from standard input. */
static enum err read_source(const char *word, struct source *out, struct err_info *info)
{
    const char *colon = strrchr(word, ':');
    const bool input = strcmp(word, "-") == 0;
    size_t n = strlen(word);
    bool python = colon && colon - word > 3 && strncmp(colon - 3, ".py", 3) == 0;
    enum err e;
    if (python)
        n = (size_t)(colon - word);
    if (!python && n > 3 && strcmp(word + n - 3, ".py") == 0)
        return err_set(info, ERR_INPUT, "say what of the file: %.400s:NAME of a class or function",
                       word);
    if (python && !colon[1])
        return err_set(info, ERR_INPUT, "a name is missing behind %.400s", word);
    if (n >= sizeof out->file)
        return err_set(info, ERR_TOO_LARGE, "the path %.80s… is too long", word);
    out->name = python ? colon + 1 : NULL;
    snprintf(out->file, sizeof out->file, "%.*s", (int)n, word);
    e = buf_read_file(&out->text, input ? "/dev/stdin" : out->file, info);
    if (input)
        snprintf(out->file, sizeof out->file, "standard input");
    return e;
}

static enum err read_whole(const char *option, const char *text, int64_t *out,
                           struct err_info *info)
{
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return err_set(info, ERR_INPUT, "--%s is a whole number, not \"%.40s\"", option, text);
    return ERR_OK;
}

static enum err write_job(const struct cli_args *args, const struct source *source, struct buf *out,
                          struct err_info *info)
{
    json *o = json_object_new_object();
    int64_t count = 0, seed = 0;
    enum err e = args->count ? read_whole("count", args->count, &count, info) : ERR_OK;
    if (!e && count < 0)
        e = err_set(info, ERR_INPUT, "--count is at least 0");
    if (!e && args->seed)
        e = read_whole("seed", args->seed, &seed, info);
    json_add_str(o, "kind", source->name ? "python" : "schema");
    json_add_str(o, "file", source->file);
    json_add_str(o, "name", source->name ? source->name : "");
    json_object_object_add(o, "count", args->count ? json_object_new_int64(count) : NULL);
    json_add_i64(o, "seed", seed);
    json_add_bool(o, "edge", args->edge);
    json_add_bool(o, "realistic", args->realistic);
    if (!e)
        e = json_print(out, o);
    json_object_put(o);
    return e;
}

/* ---- the files of the run ---- */

static bool put_file(int fd, const char *name, const struct buf *text)
{
    return launch_file_put(fd, name, text->data, text->len);
}

static enum err put_runtime(int fd, const char *folder, const char *name, struct err_info *info)
{
    char path[PATH_SIZE];
    struct buf text;
    enum err e = path_join(path, folder, name);
    buf_init(&text, RUNTIME_MAX);
    if (!e)
        e = buf_read_file(&text, path, info);
    if (!e && !put_file(fd, name, &text))
        e = err_errno(info, errno, "the generator's files");
    buf_fini(&text);
    return e;
}

static enum err open_files(const struct source *source, const struct buf *job, const char *runtime,
                           int *out, struct err_info *info)
{
    int fd = memfd_create("files", MFD_CLOEXEC);
    enum err e = fd < 0 ? err_errno(info, errno, "memfd_create") : ERR_OK;
    for (int i = 0; !e && i < TESTDATA_FILES; i++)
        e = put_runtime(fd, runtime, testdata_files[i], info);
    if (!e && (!put_file(fd, source->name ? "input.py" : "input.json", &source->text) ||
               !put_file(fd, "job.json", job)))
        e = err_errno(info, errno, "the generator's files");
    *out = fd;
    return e;
}

/* ---- the run ---- */

struct ended {
    struct buf report, status;
    bool exited;
    int code;
};

static void read_all(int fd, struct buf *out)
{
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && buf_add(out, chunk, (size_t)n))
            break;
}

/* Never returns. Signals go to the launcher as well, which ends with this process. */
static _Noreturn void become_launcher(char **argv, int report, int status, int files)
{
    report = fcntl(report, F_DUPFD, FD_ABOVE);
    status = fcntl(status, F_DUPFD, FD_ABOVE);
    files = fcntl(files, F_DUPFD, FD_ABOVE);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(report, FD_REPORT) == FD_REPORT && dup2(status, FD_STATUS) == FD_STATUS &&
        dup2(files, FD_FILES) == FD_FILES)
        execv(argv[0], argv);
    _exit(127);
}

static enum err start(char **argv, int files, int report[2], int status[2], pid_t *pid,
                      struct err_info *info)
{
    if (pipe2(report, O_CLOEXEC) || pipe2(status, O_CLOEXEC))
        return err_errno(info, errno, "a pipe");
    fflush(stdout);
    *pid = fork();
    if (*pid < 0)
        return err_errno(info, errno, "fork");
    if (*pid == 0)
        become_launcher(argv, report[1], status[1], files);
    return ERR_OK;
}

static enum err run_launcher(char **argv, int files, struct ended *out, struct err_info *info)
{
    int report[2] = {-1, -1}, status[2] = {-1, -1}, code = 0;
    const char *exit_line, *error;
    pid_t pid = -1;
    enum err e = start(argv, files, report, status, &pid, info);
    close(report[1]);
    close(status[1]);
    if (!e) {
        read_all(report[0], &out->report);
        read_all(status[0], &out->status);
        while (waitpid(pid, &code, 0) < 0 && errno == EINTR)
            ;
    }
    close(report[0]);
    close(status[0]);
    if (e)
        return e;
    error = strstr(out->status.data, "error=");
    if (error)
        return err_set(info, ERR_SANDBOX, "the sandbox could not be built: %.*s",
                       (int)strcspn(error + 6, "\n"), error + 6);
    exit_line = strstr(out->status.data, "exit=");
    out->exited = exit_line;
    out->code = exit_line ? atoi(exit_line + 5) : -1;
    return ERR_OK;
}

/* ---- what it reported ---- */

/* The generator tells a schema's place as a JSON pointer. */
static enum err report_error(const struct source *source, json *report, struct err_info *info)
{
    const char *pointer = json_str(report, "pointer", NULL);
    int line = (int)json_i64(report, "line", 0), column = (int)json_i64(report, "column", 0);
    const char *message = json_str(report, "message", "the generator failed");
    if (pointer && !source->name)
        json_place(source->text.data, source->text.len, pointer, &line, &column);
    if (pointer)
        return err_at(info, ERR_INPUT, source->file, line, column, "%.400s (at #%.90s)", message,
                      pointer);
    return err_at(info, ERR_INPUT, source->file, line, column, "%.500s", message);
}

/* *module is set when the run is to be repeated with a further package. */
static enum err judge(const struct source *source, const struct ended *end, char module[64],
                      struct err_info *info)
{
    json *report = NULL;
    const char *missing;
    enum err e = ERR_OK;
    module[0] = 0;
    if (end->report.len && json_parse(end->report.data, end->report.len, NULL, &report, NULL))
        report = NULL;
    missing = json_str(report, "missing", "");
    if (*missing)
        snprintf(module, 64, "%s", missing);
    else if (report)
        e = report_error(source, report, info);
    else if (!end->exited)
        e = err_set(info, ERR_TOO_LARGE,
                    "the generator was ended: it took too much memory or time");
    else if (end->code)
        e = err_set(info, ERR_INTERNAL, "the generator failed; what it said stands above");
    json_object_put(report);
    return e;
}

/* ---- the command ---- */

static json *launch_params(const struct cli_args *args, json *modules)
{
    json *params = json_object_new_object(), *packages = json_object_new_array();
    json *read = json_object_new_array();
    char path[PATH_SIZE];
    for (int i = 0; args->packages[i]; i++)
        json_object_array_add(packages, json_object_new_string(args->packages[i]));
    if (args->realistic)
        json_object_array_add(packages, json_object_new_string("faker"));
    for (int i = 0; args->read[i]; i++) {
        char *real = realpath(args->read[i], NULL);
        snprintf(path, sizeof path, "%s", real ? real : args->read[i]);
        json_object_array_add(read, json_object_new_string(path));
        free(real);
    }
    json_object_object_add(params, "modules", json_object_get(modules));
    json_object_object_add(params, "packages", packages);
    json_object_object_add(params, "read", read);
    return params;
}

static enum err run_once(const struct cli_args *args, const struct source *source,
                         const struct buf *job, json *modules, struct ended *end,
                         struct err_info *info)
{
    json *launch = NULL, *list;
    char *argv[ARGV_MAX] = {NULL};
    int files = -1;
    enum err e =
        cli_ask(args, true, METHOD_TESTDATA_LAUNCH, launch_params(args, modules), &launch, info);
    list = json_array(launch, "argv");
    for (size_t i = 0; list && i < json_object_array_length(list) && i < ARGV_MAX - 1; i++)
        argv[i] = (char *)(uintptr_t)json_object_get_string(json_object_array_get_idx(list, i));
    if (!e)
        e = open_files(source, job, json_str(launch, "runtime", ""), &files, info);
    if (!e)
        e = run_launcher(argv, files, end, info);
    if (files >= 0)
        close(files);
    json_object_put(launch);
    return e;
}

/* Faker is asked for by an option, and not by the person's file. */
static enum err without_faker(enum err e, struct err_info *info)
{
    char why[400];
    snprintf(why, sizeof why, "%.390s", info->message);
    return err_set(info, e, "%s; without --realistic it is not needed", why);
}

/* Again for each package that the source is found to import, which is before its first row. */
static enum err run_all(const struct cli_args *args, const struct source *source,
                        const struct buf *job, struct err_info *info)
{
    json *modules = json_object_new_array();
    char module[64] = "";
    enum err e = ERR_OK;
    for (int i = 0; !e && i < RUNS_MAX; i++) {
        struct ended end = {.code = 0};
        buf_init(&end.report, REPORT_MAX);
        buf_init(&end.status, REPORT_MAX);
        e = run_once(args, source, job, modules, &end, info);
        if ((e == ERR_UNAVAILABLE || e == ERR_DENIED) && strcmp(module, "faker") == 0)
            e = without_faker(e, info);
        if (!e)
            e = judge(source, &end, module, info);
        buf_fini(&end.report);
        buf_fini(&end.status);
        if (e || !module[0])
            break;
        json_object_array_add(modules, json_object_new_string(module));
    }
    if (!e && module[0])
        e = err_set(info, ERR_INPUT, "it imports too many packages; the last was %s", module);
    json_object_put(modules);
    return e;
}

int cli_testdata(const struct cli_args *args)
{
    static struct source source; /* too large for a frame; a command runs once */
    struct err_info info = {0};
    struct buf job;
    enum err e;
    buf_init(&source.text, SOURCE_MAX);
    buf_init(&job, REPORT_MAX);
    e = read_source(args->words[0], &source, &info);
    if (!e)
        e = write_job(args, &source, &job, &info);
    if (!e)
        e = run_all(args, &source, &job, &info);
    buf_fini(&job);
    buf_fini(&source.text);
    return e ? cli_fail(args, cli_exit_code(e), &info) : EXIT_SOLVED;
}
