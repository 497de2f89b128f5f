#include "core/sandbox/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES = 4096, CHILD_FD_MAX = 6 };

/* ---- starting ---- */

static int pidfd_of(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The child's descriptors 0…5 become fds[0…5]; -1: /dev/null for 0…2, closed for the rest. Every
 * descriptor of the engine is close-on-exec, so nothing else is inherited. */
static enum err spawn(const char *const *argv, const char *const *env, const char *folder,
                      const int fds[CHILD_FD_MAX], pid_t *pid, struct err_info *info)
{
    static const char *const no_env[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int code, above = CHILD_FD_MAX;
    for (int i = 0; i < CHILD_FD_MAX; i++)
        if (fds[i] >= above)
            above = fds[i] + 1;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    for (int i = 0; i < CHILD_FD_MAX; i++) {
        if (fds[i] >= 0) /* first out of the way, so that no dup2 overwrites a later source */
            posix_spawn_file_actions_adddup2(&files, fds[i], above + i);
    }
    for (int i = 0; i < CHILD_FD_MAX; i++) {
        if (fds[i] >= 0)
            posix_spawn_file_actions_adddup2(&files, above + i, i);
        else if (i < 3)
            posix_spawn_file_actions_addopen(&files, i, "/dev/null", i ? O_WRONLY : O_RDONLY, 0);
    }
    for (int i = 0; i < CHILD_FD_MAX; i++)
        if (fds[i] >= 0)
            posix_spawn_file_actions_addclose(&files, above + i);
    if (folder)
        posix_spawn_file_actions_addchdir_np(&files, folder);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    code = posix_spawn(pid, argv[0], &files, &attributes, (char *const *)(uintptr_t)argv,
                       (char *const *)(uintptr_t)(env ? env : no_env));
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return code ? err_errno(info, code, argv[0]) : ERR_OK;
}

static enum err make_pipe(int ours_is_reader, int *ours, int *theirs, struct err_info *info)
{
    int p[2];
    if (pipe2(p, O_CLOEXEC))
        return err_errno(info, errno, "a pipe");
    *ours = p[ours_is_reader ? 0 : 1];
    *theirs = p[ours_is_reader ? 1 : 0];
    fcntl(*ours, F_SETFL, O_NONBLOCK);
    return ERR_OK;
}

/* ---- one run ---- */

struct run;

struct channel {
    struct run *run;
    uv_poll_t poll;
    int fd;
    struct buf *into; /* NULL: this one writes the input */
    bool polling;
};

enum { INPUT, FIRST_OUTPUT, CHANNELS = FIRST_OUTPUT + 4 };

struct run {
    const struct proc_spec *spec;
    struct await await;
    struct channel channels[CHANNELS];
    uv_poll_t watch; /* the pidfd */
    uv_timer_t timer;
    int pidfd, handles;
    pid_t pid;
    size_t written;
    bool ending;
    struct proc_result *result;
};

static void kill_group(pid_t pid)
{
    kill(-pid, SIGKILL);
}

static void on_closed(uv_handle_t *h)
{
    struct run *r = h->data;
    if (--r->handles == 0)
        await_done(&r->await, ERR_OK);
}

static void on_channel_closed(uv_handle_t *h)
{
    struct channel *c = h->data;
    struct run *r = c->run;
    close_fd(&c->fd);
    if (--r->handles == 0)
        await_done(&r->await, ERR_OK);
}

static void channel_close(struct channel *c)
{
    if (!c->polling)
        return;
    c->polling = false;
    uv_close((uv_handle_t *)&c->poll, on_channel_closed);
}

/* The first reason counts; the end of the process follows through its pidfd. */
static void end_early(struct run *r, enum proc_end why)
{
    if (r->result->end == PROC_EXITED)
        r->result->end = why;
    kill_group(r->pid);
}

static void read_output(struct channel *c)
{
    char chunk[READ_BYTES];
    struct run *r = c->run;
    ssize_t n;
    while ((n = read(c->fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR)) {
        if (n < 0)
            continue;
        if (buf_add(c->into, chunk, (size_t)n)) {
            size_t room = c->into->max - c->into->len;
            if (room && buf_add(c->into, chunk, room < (size_t)n ? room : (size_t)n))
                room = 0;
            end_early(r, PROC_OUTPUT);
            channel_close(c);
            return;
        }
        if (r->spec->on_output && !r->spec->on_output(r->spec->arg))
            end_early(r, PROC_SIGNALLED);
    }
    if (n == 0 || errno != EAGAIN)
        channel_close(c);
}

static void write_input(struct channel *c)
{
    struct run *r = c->run;
    while (r->written < r->spec->input_len) {
        ssize_t n = write(c->fd, r->spec->input + r->written, r->spec->input_len - r->written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break;
        r->written += (size_t)n;
    }
    channel_close(c);
}

static void on_channel(uv_poll_t *poll, int status, int events)
{
    struct channel *c = poll->data;
    (void)status;
    (void)events;
    if (!c->polling)
        return;
    if (c->into)
        read_output(c);
    else
        write_input(c);
}

/* The process has ended: whatever else is in its group ends too, and what the pipes still hold is
 * read (a survivor that holds one open is not waited for). */
static void on_exit_ready(uv_poll_t *poll, int status, int events)
{
    struct run *r = poll->data;
    int code = 0;
    (void)status;
    (void)events;
    if (r->ending || waitpid(r->pid, &code, WNOHANG) != r->pid)
        return;
    r->ending = true;
    kill_group(r->pid);
    for (int i = FIRST_OUTPUT; i < CHANNELS; i++)
        if (r->channels[i].polling)
            read_output(&r->channels[i]);
    for (int i = 0; i < CHANNELS; i++)
        channel_close(&r->channels[i]);
    if (WIFEXITED(code))
        r->result->code = WEXITSTATUS(code);
    else
        r->result->code = WTERMSIG(code);
    if (r->result->end == PROC_EXITED && WIFSIGNALED(code))
        r->result->end = PROC_SIGNALLED;
    uv_close((uv_handle_t *)&r->watch, on_closed);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}

static void on_wall(uv_timer_t *timer)
{
    end_early(timer->data, PROC_TIMEOUT);
}

static void abort_run(struct await *a)
{
    struct run *r = a->data;
    kill_group(r->pid);
}

static enum err open_channels(struct run *r, int child[CHILD_FD_MAX], struct err_info *info)
{
    struct buf *const into[CHANNELS] = {NULL, r->spec->out, r->spec->err, r->spec->extra[0],
                                        r->spec->extra[1]};
    enum err e = ERR_OK;
    for (int i = 0; !e && i < CHANNELS; i++) {
        struct channel *c = &r->channels[i];
        if (i == INPUT ? !r->spec->input_len : !into[i])
            continue;
        c->run = r;
        c->into = into[i];
        e = make_pipe(i != INPUT, &c->fd, &child[i], info);
    }
    child[5] = r->spec->inherit;
    return e;
}

static void start_polling(struct run *r, uv_loop_t *loop)
{
    for (int i = 0; i < CHANNELS; i++) {
        struct channel *c = &r->channels[i];
        if (c->fd < 0)
            continue;
        uv_poll_init(loop, &c->poll, c->fd);
        c->poll.data = c;
        c->polling = true;
        r->handles++;
        uv_poll_start(&c->poll, c->into ? UV_READABLE : UV_WRITABLE, on_channel);
    }
    uv_poll_init(loop, &r->watch, r->pidfd);
    uv_timer_init(loop, &r->timer);
    r->watch.data = r->timer.data = r;
    r->handles += 2;
    uv_poll_start(&r->watch, UV_READABLE, on_exit_ready);
    if (r->spec->wall_ms)
        uv_timer_start(&r->timer, on_wall, r->spec->wall_ms, 0);
}

enum err proc_run(const struct proc_spec *spec, struct proc_result *out, struct err_info *info)
{
    struct run r = {.spec = spec, .pidfd = -1, .result = out};
    int child[CHILD_FD_MAX] = {-1, -1, -1, -1, -1, -1};
    uint64_t began = uv_hrtime();
    enum err e = fiber_check();
    if (e)
        return err_set(info, e, "cancelled");
    memset(out, 0, sizeof *out);
    for (int i = 0; i < CHANNELS; i++)
        r.channels[i].fd = -1;
    e = open_channels(&r, child, info);
    if (!e)
        e = spawn(spec->argv, spec->env, spec->folder, child, &r.pid, info);
    for (int i = 0; i < 5; i++)
        close_fd(&child[i]);
    if (!e && (r.pidfd = pidfd_of(r.pid)) < 0) {
        e = err_errno(info, errno, "pidfd_open");
        kill_group(r.pid);
        waitpid(r.pid, NULL, 0);
    }
    if (e) {
        for (int i = 0; i < CHANNELS; i++)
            close_fd(&r.channels[i].fd);
        return e;
    }
    await_init(&r.await, abort_run, &r);
    start_polling(&r, sched_loop(fiber_sched(fiber_current())));
    e = await_wait(&r.await);
    close_fd(&r.pidfd);
    out->wall_ms = (double)(uv_hrtime() - began) / 1e6;
    if (r.await.aborted)
        e = err_set(info, ERR_CANCELLED, "cancelled");
    return e;
}

/* ---- long-lived children ---- */

enum err proc_start(const char *const *argv, const char *const *env, struct proc_child *child,
                    struct err_info *info)
{
    int fds[CHILD_FD_MAX] = {-1, -1, 2, -1, -1, -1};
    enum err e;
    *child = (struct proc_child){.pid = -1, .pidfd = -1, .in = -1, .out = -1};
    e = make_pipe(0, &child->in, &fds[0], info);
    if (!e)
        e = make_pipe(1, &child->out, &fds[1], info);
    if (!e)
        e = spawn(argv, env, NULL, fds, &child->pid, info);
    close_fd(&fds[0]);
    close_fd(&fds[1]);
    if (!e && (child->pidfd = pidfd_of(child->pid)) < 0) {
        e = err_errno(info, errno, "pidfd_open");
        kill_group(child->pid);
        waitpid(child->pid, NULL, 0);
    }
    if (e) {
        close_fd(&child->in);
        close_fd(&child->out);
    }
    return e;
}

void proc_kill(const struct proc_child *child)
{
    if (child->pid > 0)
        kill_group(child->pid);
}

enum err proc_reap(struct proc_child *child, uint64_t ms, int *status)
{
    enum err e = fiber_poll(child->pidfd, UV_READABLE, ms);
    if (e)
        return e;
    if (waitpid(child->pid, status, WNOHANG) != child->pid)
        return ERR_INTERNAL;
    kill_group(child->pid); /* what it left behind */
    child->pid = -1;
    close_fd(&child->pidfd);
    close_fd(&child->in);
    close_fd(&child->out);
    return ERR_OK;
}
