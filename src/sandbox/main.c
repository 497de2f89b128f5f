#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOT_BASE = 2000000000, SLOTS = 1000000 };

static int status_fd = FD_STATUS;

static __attribute__((format(printf, 1, 2))) void status(const char *format, ...)
{
    char text[512];
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0 && write(status_fd, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1) < 0)
        _exit(SETUP_FAILED);
}

void fail(const char *what)
{
    status("error=%s: %s\n", what, strerror(errno));
    _exit(SETUP_FAILED);
}

/* ---- the command line ---- */

static void usage(const char *what)
{
    status("error=usage: %s\n", what);
    _exit(SETUP_FAILED);
}

static void add_grant(struct spec *s, const char *text)
{
    struct grant *g = &s->net[s->net_count];
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    if (s->net_count >= LIST_MAX || n == 0 || n >= sizeof g->host)
        usage("--net");
    memcpy(g->host, text, n);
    for (size_t i = 0; i < n; i++) /* goes into /etc/hosts */
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_",
                    g->host[i]))
            usage("--net");
    snprintf(g->ports[0], sizeof g->ports[0], "%s", colon ? colon + 1 : "443");
    snprintf(g->ports[1], sizeof g->ports[1], "%s", colon ? "" : "80");
    s->net_count++;
}

static void add_path(const char **list, int *count, const char *path)
{
    if (*count >= LIST_MAX || *path != '/')
        usage(path);
    list[(*count)++] = path;
}

static int64_t number(const char *text)
{
    char *end;
    int64_t n = strtoll(text, &end, 10);
    if (*end || n <= 0)
        usage(text);
    return n;
}

static void set_option(struct spec *s, const char *name, const char *value)
{
    if (strcmp(name, "--cpu-ms") == 0)
        s->cpu_ms = number(value);
    else if (strcmp(name, "--memory") == 0)
        s->memory = number(value);
    else if (strcmp(name, "--file") == 0)
        s->file = number(value);
    else if (strcmp(name, "--disk") == 0)
        s->disk = number(value);
    else if (strcmp(name, "--processes") == 0)
        s->processes = number(value);
    else if (strcmp(name, "--ro") == 0)
        add_path(s->ro, &s->ro_count, value);
    else if (strcmp(name, "--rw") == 0)
        add_path(s->rw, &s->rw_count, value);
    else if (strcmp(name, "--net") == 0)
        add_grant(s, value);
    else
        usage(name);
}

static void parse(struct spec *s, char **argv)
{
    for (argv++; *argv && strcmp(*argv, "--") != 0; argv++) {
        if (strcmp(*argv, "--unsafe") == 0) {
            s->unsafe = true;
        } else if (!argv[1]) {
            usage(*argv);
        } else {
            set_option(s, argv[0], argv[1]);
            argv++;
        }
    }
    if (!*argv || !argv[1])
        usage("no program");
    if (!s->cpu_ms || !s->memory || !s->file || !s->disk || !s->processes)
        usage("a limit is missing");
    s->argv = argv + 1;
}

static void read_files(struct spec *s)
{
    struct stat st;
    if (fstat(FD_FILES, &st) || st.st_size == 0)
        return;
    s->files_len = (size_t)st.st_size;
    s->files = mmap(NULL, s->files_len, PROT_READ, MAP_PRIVATE, FD_FILES, 0);
    if (s->files == MAP_FAILED)
        fail("the files");
    close(FD_FILES);
}

/* ---- the program ---- */

static _Noreturn void run_program(const struct spec *s)
{
    char *env[10];
    int n = 0;
    env[n++] = "PATH=/usr/local/bin:/usr/bin:/bin";
    env[n++] = "HOME=/work";
    env[n++] = "TMPDIR=/tmp";
    env[n++] = "LANG=C.UTF-8";
    env[n++] = "PYTHONDONTWRITEBYTECODE=1";
    env[n++] = "PYTHONHASHSEED=0";
    env[n++] = "OPENBLAS_NUM_THREADS=1"; /* else numpy takes a thread and memory for each core */
    env[n] = NULL;
    setsid();
    fcntl(FD_STATUS, F_SETFD, FD_CLOEXEC);
    limit_resources(s);
    if (!s->unsafe) {
        limit_landlock(s);
        filter_install();
    }
    close_range(FD_STATUS + 1, ~0u, 0);
    execve(s->argv[0], s->argv, env);
    fail(s->argv[0]);
}

static void report_end(int code, const struct rusage *used)
{
    int64_t cpu = (int64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000 +
                  (used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000;
    status("%s=%d\ncpu_ms=%lld\npeak_kb=%ld\n", WIFEXITED(code) ? "exit" : "signal",
           WIFEXITED(code) ? WEXITSTATUS(code) : WTERMSIG(code), (long long)cpu, used->ru_maxrss);
}

/* Waits for the program, reaping whatever else ends before it. */
static void await_program(pid_t program)
{
    struct rusage used;
    int code;
    pid_t pid;
    for (;;) {
        pid = wait4(-1, &code, 0, &used);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid < 0)
            fail("wait");
        if (pid == program)
            break;
    }
    report_end(code, &used);
}

static void die_with_parent(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* ---- inside: pid 1 ---- */

static _Noreturn void init_main(const struct spec *s, int sync, int channel)
{
    char byte;
    pid_t program;
    die_with_parent();
    if (read(sync, &byte, 1) != 1) /* the launcher has written the id maps, or died */
        _exit(SETUP_FAILED);
    close(sync);
    root_build(s);
    die_with_parent(); /* a change of the user id has cleared it */
    if (sethostname("sandbox", 7))
        fail("sethostname");
    if (s->net_count)
        forward_listen(s, channel);
    close(channel);
    limit_capabilities();
    program = fork();
    if (program < 0)
        fail("fork");
    if (program == 0)
        run_program(s);
    for (int fd = 0; fd <= FD_REPORT; fd++)
        close(fd);
    await_program(program);
    _exit(0);
}

/* ---- outside ---- */

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fail(path);
    close(fd);
}

/* Root maps an id of its own to each run, so that no two runs share one and none is root. With a
 * writable grant the run keeps the engine's id, or it could not write there. */
static void write_maps(const struct spec *s, pid_t pid)
{
    char path[64], map[64];
    unsigned outer_user = geteuid(), outer_group = getegid();
    if (outer_user == 0 && s->rw_count == 0)
        outer_user = outer_group = SLOT_BASE + (unsigned)pid % SLOTS;
    snprintf(path, sizeof path, "/proc/%d/setgroups", (int)pid);
    write_text(path, "deny");
    snprintf(path, sizeof path, "/proc/%d/uid_map", (int)pid);
    snprintf(map, sizeof map, "%d %u 1\n", INNER_ID, outer_user);
    write_text(path, map);
    snprintf(path, sizeof path, "/proc/%d/gid_map", (int)pid);
    snprintf(map, sizeof map, "%d %u 1\n", INNER_ID, outer_group);
    write_text(path, map);
}

static pid_t clone_namespaces(void)
{
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                          CLONE_NEWUTS | CLONE_NEWCGROUP | SIGCHLD;
    return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

static int run_walled(const struct spec *s)
{
    int sync[2], channel[2], code;
    pid_t init;
    if (pipe2(sync, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
        fail("pipe");
    init = clone_namespaces();
    if (init < 0)
        fail("namespaces cannot be made");
    if (init == 0) {
        close(sync[1]);
        close(channel[1]);
        init_main(s, sync[0], channel[0]);
    }
    close(sync[0]);
    close(channel[0]);
    write_maps(s, init);
    if (write(sync[1], "x", 1) != 1)
        fail("init");
    close(sync[1]);
    if (s->net_count) {
        pid_t relay = fork();
        if (relay == 0) {
            die_with_parent();
            close_range(0, FD_STATUS, 0);
            forward_run(s, channel[1]);
        }
    }
    close(channel[1]);
    for (int fd = 0; fd <= FD_REPORT; fd++)
        close(fd);
    while (waitpid(init, &code, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(code) ? WEXITSTATUS(code) : SETUP_FAILED;
}

/* Without walls there is still a time, a memory and a file limit, and the group is killed. */
static int run_unsafe(const struct spec *s)
{
    char folder[64];
    pid_t program;
    root_unsafe(s, folder);
    program = fork();
    if (program < 0)
        fail("fork");
    if (program == 0)
        run_program(s);
    for (int fd = 0; fd <= FD_REPORT; fd++)
        close(fd);
    await_program(program);
    root_unsafe_remove(folder);
    return 0;
}

/* Whether walls can be built: tries it with the smallest program. */
static int probe(void)
{
    static char *argv[] = {"/usr/bin/true", NULL};
    static struct spec s = {.cpu_ms = 1000,
                            .memory = 256 << 20,
                            .file = 1 << 20,
                            .disk = 1 << 20,
                            .processes = 4,
                            .argv = argv};
    return run_walled(&s);
}

int main(int argc, char **argv)
{
    static struct spec spec;
    die_with_parent();
    if (getppid() == 1)
        return SETUP_FAILED;
    close_range(FD_FILES + 1, ~0u, 0);
    fcntl(status_fd, F_SETFD, FD_CLOEXEC);
    umask(022);
    if (argc == 2 && strcmp(argv[1], "--probe") == 0)
        return probe();
    parse(&spec, argv);
    read_files(&spec);
    if (geteuid() == 0 && setgroups(0, NULL))
        fail("setgroups");
    return spec.unsafe ? run_unsafe(&spec) : run_walled(&spec);
}
