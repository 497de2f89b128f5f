/* A command of DiSE's own beside the dashboard: `dise --home HOME WORDS…` as a child, whose output
 * is gathered. For what reads and writes files step by step and is written for the command line. */
#ifndef DISE_UI_OWN_COMMAND_H
#define DISE_UI_OWN_COMMAND_H

#include <uv.h>

#include "base/buf.h"

/* code: its exit code, -1: a signal ended it. text: both outputs as they came, borrowed. */
typedef void own_command_fn(void *arg, int code, const char *text);

/* Embedded; zeroed at the beginning. One command at a time. */
struct own_command {
    uv_process_t process;
    uv_pipe_t out;
    struct buf text;
    own_command_fn *done;
    void *arg;
    int open, code; /* handles that are not closed yet */
};

/* `words`: ends with NULL. `done` is called once, on the loop. ERR_BUSY: the one before still runs;
 * other errors when it cannot be started. A loop that ends meanwhile closes the handles itself; the
 * child goes on to its end. */
enum err own_command_run(struct own_command *c, uv_loop_t *loop, const char *home,
                         const char *const *words, own_command_fn *done, void *arg,
                         struct err_info *info) MUST_CHECK;

#endif
