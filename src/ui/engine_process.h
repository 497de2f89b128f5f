/* The engine as a process that a client starts: in a session of its own, so that it outlives the
 * client, and with its log in the home's run folder. */
#ifndef DISE_UI_ENGINE_PROCESS_H
#define DISE_UI_ENGINE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/path.h"

struct engine_process {
    char program[PATH_SIZE]; /* of the engine; "": unknown */
    pid_t pid;               /* the last that was started and not reaped; 0: none */
    bool awaited;            /* it was started and has not been heard of since */
};

/* Starts it for `home`, with `args` (ends with NULL; may be NULL) behind its own. ERR_IO. */
enum err engine_process_start(struct engine_process *p, const char *home, const char *const *args,
                              struct err_info *info) MUST_CHECK;
/* Whether the one that is awaited has ended with an error, and why: what it wrote last into its log
 * beside `socket`. ERR_INPUT what the person wrote is wrong, ERR_UNAVAILABLE; ERR_OK: it has not.
 */
enum err engine_process_failed(struct engine_process *p, const char *socket,
                               struct err_info *info) MUST_CHECK;
/* Takes note of one that has ended since it was heard of. Does not wait. */
void engine_process_reap(struct engine_process *p);
/* `dise stop` has ended the engine of this socket, and none was started since. */
bool engine_process_was_stopped(const char *socket);

#endif
