/* Children: started by posix_spawn (fork would copy every fiber's mappings), watched through
 * pidfds, read and fed on a fiber. Each child leads a process group of its own, which ends with it.
 */
#ifndef DISE_CORE_PROC_H
#define DISE_CORE_PROC_H

#include <sys/types.h>

#include "base/buf.h"
#include "core/job/fiber.h"

/* One run from start to end. Lists end with NULL and are borrowed. */
struct proc_spec {
    const char *const *argv; /* argv[0] is the path */
    const char *const *env;  /* NULL: an empty environment */
    const char *folder;      /* working folder; NULL: the engine's */
    const char *input;       /* standard input */
    size_t input_len;
    struct buf *out, *err; /* NULL: /dev/null */
    struct buf *extra[2];  /* what the child writes to descriptors 3 and 4; NULL: not open */
    int inherit;           /* a descriptor that the child gets as 5; -1: none */
    uint64_t wall_ms;      /* 0: none */
    /* Called after output was added; false ends the child. May be NULL. */
    bool (*on_output)(void *arg);
    void *arg;
};

enum proc_end { PROC_EXITED, PROC_SIGNALLED, PROC_TIMEOUT, PROC_OUTPUT };

struct proc_result {
    enum proc_end end;
    int code; /* exit code or signal */
    double wall_ms;
};

/* Starts, feeds, reads to the end, reaps, and kills the process group. Output over a buffer's
 * ceiling ends the child with PROC_OUTPUT. Cancelled: the group is killed and reaped before it
 * returns. */
enum err proc_run(const struct proc_spec *spec, struct proc_result *out,
                  struct err_info *info) MUST_CHECK;

/* A long-lived child with its standard input and output as pipes (both nonblocking, close-on-exec);
 * standard error goes to the engine's log. The caller owns the descriptors and must proc_reap. */
struct proc_child {
    pid_t pid;
    int pidfd, in, out;
};
enum err proc_start(const char *const *argv, const char *const *env, struct proc_child *child,
                    struct err_info *info) MUST_CHECK;
/* Waits for the end (ms; 0: no limit); the exit status as waitpid gives it. ERR_TIMEOUT. */
enum err proc_reap(struct proc_child *child, uint64_t ms, int *status) MUST_CHECK;
/* Kills the group; proc_reap follows. */
void proc_kill(const struct proc_child *child);

#endif
