/* The launcher `dise-sandbox`: builds the walls around one run and starts it. Links libc and
 * libseccomp only, because it is started for every run.
 *
 *   dise-sandbox --probe
 *   dise-sandbox [--unsafe] --cpu-ms N --memory N --file N --disk N --processes N
 *                [--ro PATH] [--rw PATH] [--net HOST[:PORT]] [--env NAME=VALUE] -- PROGRAM ARG...
 *
 * Descriptors: 0–2 the program's, 3 its report channel (handed on), 4 the status (here), 5 the
 * files for the work folder: a sequence of "name\0size\0bytes".
 *
 * Processes:   engine → launcher → init (pid 1 of the sandbox) → program
 * Each dies with the one before it; when the program ends, init ends, and with it all that is left.
 *
 * Status lines, "key=value": error=SENTENCE, or exit=CODE | signal=N, cpu_ms=N, peak_kb=N. */
#ifndef DISE_SANDBOX_SANDBOX_H
#define DISE_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    LIST_MAX = 32,
    FD_REPORT = 3,
    FD_STATUS = 4,
    FD_FILES = 5,
    INNER_ID = 1000, /* user and group inside */
    SETUP_FAILED = 125,
};

struct grant {
    char host[128], ports[2][8]; /* ports[1] "" when only one */
};

struct spec {
    bool unsafe;
    int64_t cpu_ms, memory, file, disk, processes;
    const char *ro[LIST_MAX], *rw[LIST_MAX], *env[LIST_MAX];
    struct grant net[LIST_MAX];
    int ro_count, rw_count, env_count, net_count;
    char **argv;
    char *files; /* the content of FD_FILES */
    size_t files_len;
};

/* Writes "error=…" with errno's text to the status and ends the process. */
_Noreturn void fail(const char *what);

/* root.c: in the new namespaces, with all capabilities there: the file system, /work with its
 * files, pivot_root. On return the process is INNER_ID and still has its capabilities. */
void root_build(const struct spec *spec);
/* Without walls: the files go into a fresh folder below /tmp, which becomes the working folder. */
void root_unsafe(const struct spec *spec, char folder[64]);
/* Removes that folder. */
void root_unsafe_remove(const char *folder);

/* limit.c: the last walls of the program itself, after which it is executed. */
void limit_resources(const struct spec *spec);
void limit_capabilities(void);
/* Reading anywhere in the new root, writing only to /work, the granted folders and /dev/null. */
void limit_landlock(const struct spec *spec);
/* filter.c: the system calls that Python needs, and no others. */
void filter_install(void);

/* forward.c: the granted hosts. */
/* In the sandbox: loopback up, a listening socket for each granted port, sent through `channel`. */
void forward_listen(const struct spec *spec, int channel);
/* Outside: takes the sockets from `channel` and relays until it is killed. */
_Noreturn void forward_run(const struct spec *spec, int channel);
/* The address that stands for grant `i` inside. */
void forward_address(int i, char out[16]);

#endif
