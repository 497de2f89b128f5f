#include "ui/term/external_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"

extern char **environ;

static const char *editor_command(void)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
    return visual && *visual ? visual : editor && *editor ? editor : "vi";
}

/* Signals as a program expects them: this one ignores some and blocks none of its own. */
static int defaults(posix_spawnattr_t *attr)
{
    sigset_t all, none;
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    sigemptyset(&none);
    return posix_spawnattr_setsigdefault(attr, &all) || posix_spawnattr_setsigmask(attr, &none) ||
           posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* The command may have arguments ("code -w"), so a shell reads it, as git does. */
static enum err start(const char *path, pid_t *pid, struct err_info *info)
{
    const char *command = editor_command();
    char script[PATH_SIZE];
    char *argv[] = {"sh", "-c", script, "editor", (char *)path, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    int failed;
    if (snprintf(script, sizeof script, "%s \"$@\"", command) >= (int)sizeof script)
        return err_set(info, ERR_INPUT, "the command in $EDITOR is too long");
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    failed = defaults(&attr) ||
             posix_spawn_file_actions_addopen(&files, 0, "/dev/tty", O_RDWR, 0) ||
             posix_spawn_file_actions_adddup2(&files, 0, 1) ||
             posix_spawn_file_actions_adddup2(&files, 0, 2) ||
             posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    return failed ? err_set(info, ERR_IO, "the editor \"%.100s\" did not start", command) : ERR_OK;
}

/* ^C and ^\ typed into the editor are the editor's: they reach every process of the terminal. */
static enum err run(const char *path, struct err_info *info)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    enum err e;
    pid_t pid;
    int status = 0;
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    e = start(path, &pid, info);
    if (!e)
        while (waitpid(pid, &status, 0) < 0)
            if (errno != EINTR) {
                e = err_errno(info, errno, "waiting for the editor");
                break;
            }
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    if (e)
        return e;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return err_set(info, ERR_NOT_FOUND, "there is no editor \"%.100s\"; set EDITOR to yours",
                       editor_command());
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return err_set(info, ERR_CANCELLED, "the editor ended with an error; nothing was taken");
    return ERR_OK;
}

enum err external_edit(const char *name, const char *text, struct buf *out, struct err_info *info)
{
    const char *tmp = getenv("TMPDIR");
    char folder[PATH_SIZE], path[PATH_SIZE];
    enum err e;
    if (path_join(folder, tmp && *tmp == '/' ? tmp : "/tmp", "dise-edit-XXXXXX") ||
        strchr(name, '/'))
        return err_set(info, ERR_INPUT, "the name of the file is not usable");
    if (!mkdtemp(folder))
        return err_errno(info, errno, "a folder for the editor cannot be made");
    e = path_join(path, folder, name);
    if (!e)
        e = path_write(path, text, strlen(text), info);
    if (!e)
        e = run(path, info);
    if (!e)
        e = buf_read_file(out, path, info);
    unlink(path);
    rmdir(folder); /* what an editor left beside the file keeps the folder */
    return e;
}
