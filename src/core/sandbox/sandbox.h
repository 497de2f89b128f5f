/* Running a program behind walls: one fresh sandbox a run, built by the launcher `dise-sandbox`
 * (src/sandbox). This side starts it, feeds and reads its pipes, enforces wall time and output, and
 * ends everything when the run is over or cancelled. */
#ifndef DISE_CORE_SANDBOX_H
#define DISE_CORE_SANDBOX_H

#include "base/buf.h"
#include "base/json.h"
#include "core/job/fiber.h"

struct sandbox;

enum sandbox_tier {
    SANDBOX_NONE,     /* no isolation: only with `unsafe` */
    SANDBOX_LANDLOCK, /* Landlock and seccomp without namespaces, with a warning */
    SANDBOX_ROOT,     /* namespaces made by root, own uid per slot */
    SANDBOX_USERNS,   /* user namespaces */
};

struct sandbox_options {
    const char *launcher; /* path of dise-sandbox */
    const char *python;   /* path of python3 outside; NULL: found */
    bool unsafe;          /* run without walls where none can be built */
    int width;            /* runs at once */
};

struct sandbox_file {
    const char *name; /* relative, no slash */
    const char *data;
    size_t len;
};

struct sandbox_limits {
    int64_t cpu_ms, wall_ms;
    int64_t memory_bytes, file_bytes, disk_bytes, output_bytes;
    int processes;
};

/* Lists end with NULL; all is borrowed during the run. */
struct sandbox_spec {
    const char *const *argv; /* argv[0] "python3" is the sandbox's Python */
    const char *input;       /* standard input */
    size_t input_len;
    const struct sandbox_file *files;
    size_t file_count;
    struct sandbox_limits limits;
    const char *const *read, *const *write; /* absolute paths; NULL: none */
    const char *const *net;                 /* "host" or "host:port" */
    const char *const *packages;            /* folders, mounted read-only */
};

enum sandbox_outcome {
    SANDBOX_EXITED,    /* exit_code */
    SANDBOX_SIGNALLED, /* signal */
    SANDBOX_TIMEOUT,   /* wall time */
    SANDBOX_CPU,       /* processor time */
    SANDBOX_MEMORY,
    SANDBOX_OUTPUT, /* more output than allowed */
    SANDBOX_SETUP,  /* the walls could not be built: see info */
};

struct sandbox_result {
    enum sandbox_outcome outcome;
    int exit_code, signal;
    struct buf out, err; /* standard output and error, each up to output_bytes */
    struct buf report;   /* what the program wrote to descriptor 3: the harness' own channel */
    double wall_ms, cpu_ms;
    int64_t peak_kb;
    enum sandbox_tier tier;
};
void sandbox_result_init(struct sandbox_result *r);
void sandbox_result_fini(struct sandbox_result *r);
/* "exited", "timeout" … */
const char *sandbox_outcome_name(enum sandbox_outcome outcome);
const char *sandbox_tier_name(enum sandbox_tier tier);

/* Finds out which walls can be built here (on a fiber: starts one probe). ERR_SANDBOX is not given
 * here but by sandbox_run, so that an engine without a sandbox still answers. */
enum err sandbox_open(struct sched *s, const struct sandbox_options *options, struct sandbox **out,
                      struct err_info *info) MUST_CHECK;
void sandbox_close(struct sandbox *sb);
enum sandbox_tier sandbox_tier(const struct sandbox *sb);
/* Path of its Python, for a command line that does not begin with it. Borrowed. */
const char *sandbox_python(const struct sandbox *sb);
/* For doctor: one sentence, and the remedy ("" when none is needed). Borrowed. */
const char *sandbox_text(const struct sandbox *sb);
const char *sandbox_remedy(const struct sandbox *sb);

/* The launcher's command line for such a run, as an array of strings: for a client on this machine
 * that starts it itself, with the descriptors that src/sandbox/sandbox.h tells, because its output
 * is long. input and files are the client's. ERR_SANDBOX as sandbox_run. Caller puts *out. */
enum err sandbox_command(const struct sandbox *sb, const struct sandbox_spec *spec,
                         struct json_object **out, struct err_info *info) MUST_CHECK;

/* Runs on a fiber; waits for a free place first. A limit that ended the program is an outcome, not
 * an error. ERR_SANDBOX: no walls here and not `unsafe`, with what to do; ERR_CANCELLED: everything
 * of the run has been ended. */
enum err sandbox_run(struct sandbox *sb, const struct sandbox_spec *spec,
                     struct sandbox_result *out, struct err_info *info) MUST_CHECK;

#endif
