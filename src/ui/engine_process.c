#include "ui/engine_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/protocol.h"

extern char **environ;

enum { ARGS_MAX = 128 };

enum err engine_process_start(struct engine_process *p, const char *home, const char *const *args,
                              struct err_info *info)
{
    const char *argv[ARGS_MAX] = {p->program, "engine", "--detached", "--home", home};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int n = 5, code;
    for (int i = 0; args && args[i] && n < ARGS_MAX - 1; i++)
        argv[n++] = args[i];
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    code = posix_spawn(&p->pid, p->program, &files, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (code)
        return err_set(info, ERR_IO, "the engine %.900s cannot be started: %s", p->program,
                       strerror(code));
    p->awaited = true;
    return ERR_OK;
}

/* "…/run/NAME" beside "…/run/engine.sock". */
static void beside_socket(const char *socket, const char *name, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%.*s%s", (int)(strrchr(socket, '/') + 1 - socket), socket, name);
}

/* The last such line of the log, or "". */
static void read_reason(const char *log, char *out, size_t size)
{
    static const char mark[] = "cannot start: ";
    char tail[4096], *at = tail, *found = NULL;
    ssize_t n;
    int fd = open(log, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *out = 0;
    if (fd < 0)
        return;
    if (lseek(fd, -(off_t)(sizeof tail - 1), SEEK_END) < 0)
        lseek(fd, 0, SEEK_SET);
    n = read(fd, tail, sizeof tail - 1);
    close(fd);
    tail[n > 0 ? n : 0] = 0;
    while ((at = strstr(at, mark)))
        found = at += sizeof mark - 1;
    if (found)
        snprintf(out, size, "%.*s", (int)strcspn(found, "\n"), found);
}

enum err engine_process_failed(struct engine_process *p, const char *socket, struct err_info *info)
{
    char log[PATH_SIZE], reason[512];
    int status = 0;
    if (!p->awaited || waitpid(p->pid, &status, WNOHANG) != p->pid)
        return ERR_OK;
    p->awaited = false;
    p->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return ERR_OK; /* it found another engine at work */
    beside_socket(socket, "engine.log", log);
    read_reason(log, reason, sizeof reason);
    if (!*reason)
        return err_set(info, ERR_UNAVAILABLE,
                       "the engine cannot start; its reason is the last line of %.900s", log);
    return err_set(
        info, WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE ? ERR_INPUT : ERR_UNAVAILABLE,
        "%s", reason);
}

void engine_process_reap(struct engine_process *p)
{
    if (p->pid > 0 && waitpid(p->pid, NULL, WNOHANG) == p->pid)
        p->pid = 0;
}

bool engine_process_was_stopped(const char *socket)
{
    char path[PATH_SIZE];
    beside_socket(socket, PATH_STOPPED, path);
    return access(path, F_OK) == 0;
}
