/* The system calls that a Python program needs. Everything else fails with EPERM; what could reach
 * beyond the sandbox kills the program. */
#include "sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#define N(name) SCMP_SYS(name)

static const int allowed[] = {
    /* files */
    N(read),
    N(write),
    N(readv),
    N(writev),
    N(pread64),
    N(pwrite64),
    N(preadv),
    N(pwritev),
    N(preadv2),
    N(pwritev2),
    N(open),
    N(openat),
    N(close),
    N(close_range),
    N(stat),
    N(fstat),
    N(lstat),
    N(newfstatat),
    N(statx),
    N(statfs),
    N(fstatfs),
    N(lseek),
    N(access),
    N(faccessat),
    N(faccessat2),
    N(getdents),
    N(getdents64),
    N(getcwd),
    N(chdir),
    N(fchdir),
    N(rename),
    N(renameat),
    N(renameat2),
    N(mkdir),
    N(mkdirat),
    N(rmdir),
    N(creat),
    N(link),
    N(linkat),
    N(unlink),
    N(unlinkat),
    N(symlink),
    N(symlinkat),
    N(readlink),
    N(readlinkat),
    N(chmod),
    N(fchmod),
    N(fchmodat),
    N(umask),
    N(truncate),
    N(ftruncate),
    N(fallocate),
    N(fsync),
    N(fdatasync),
    N(sync_file_range),
    N(fadvise64),
    N(readahead),
    N(utime),
    N(utimes),
    N(utimensat),
    N(futimesat),
    N(copy_file_range),
    N(sendfile),
    N(splice),
    N(tee),
    N(flock),
    N(fcntl),
    N(dup),
    N(dup2),
    N(dup3),
    N(pipe),
    N(pipe2),
    N(memfd_create),
    N(inotify_init1),
    N(inotify_add_watch),
    N(inotify_rm_watch),
    /* memory */
    N(mmap),
    N(mprotect),
    N(munmap),
    N(mremap),
    N(madvise),
    N(brk),
    N(msync),
    N(mincore),
    N(membarrier),
    N(get_mempolicy),
    /* processes and threads of one's own */
    N(fork),
    N(vfork),
    N(execve),
    N(exit),
    N(exit_group),
    N(wait4),
    N(waitid),
    N(kill),
    N(tkill),
    N(tgkill),
    N(getpid),
    N(getppid),
    N(gettid),
    N(getuid),
    N(geteuid),
    N(getgid),
    N(getegid),
    N(getgroups),
    N(getresuid),
    N(getresgid),
    N(getpgrp),
    N(getpgid),
    N(getsid),
    N(setpgid),
    N(setsid),
    N(set_tid_address),
    N(set_robust_list),
    N(get_robust_list),
    N(futex),
    N(futex_waitv),
    N(arch_prctl),
    N(rseq),
    N(sched_yield),
    N(sched_getaffinity),
    N(sched_setaffinity),
    N(sched_getparam),
    N(sched_getscheduler),
    N(sched_get_priority_max),
    N(sched_get_priority_min),
    N(getpriority),
    N(getcpu),
    N(uname),
    N(getrlimit),
    N(getrusage),
    N(sysinfo),
    N(times),
    /* signals and time */
    N(rt_sigaction),
    N(rt_sigprocmask),
    N(rt_sigreturn),
    N(rt_sigpending),
    N(rt_sigsuspend),
    N(rt_sigtimedwait),
    N(rt_sigqueueinfo),
    N(sigaltstack),
    N(pause),
    N(alarm),
    N(getitimer),
    N(setitimer),
    N(nanosleep),
    N(clock_gettime),
    N(clock_getres),
    N(clock_nanosleep),
    N(gettimeofday),
    N(time),
    N(timerfd_create),
    N(timerfd_settime),
    N(timerfd_gettime),
    N(timer_create),
    N(timer_settime),
    N(timer_gettime),
    N(timer_delete),
    N(timer_getoverrun),
    N(restart_syscall),
    N(signalfd4),
    N(getrandom),
    /* waiting */
    N(select),
    N(pselect6),
    N(poll),
    N(ppoll),
    N(epoll_create),
    N(epoll_create1),
    N(epoll_ctl),
    N(epoll_wait),
    N(epoll_pwait),
    N(epoll_pwait2),
    N(eventfd2),
    /* sockets, in a network of one's own */
    N(connect),
    N(bind),
    N(listen),
    N(accept),
    N(accept4),
    N(sendto),
    N(recvfrom),
    N(sendmsg),
    N(recvmsg),
    N(sendmmsg),
    N(recvmmsg),
    N(shutdown),
    N(getsockname),
    N(getpeername),
    N(socketpair),
    N(setsockopt),
    N(getsockopt),
};

static const int deadly[] = {
    N(ptrace),      N(process_vm_readv), N(process_vm_writev), N(kexec_load), N(kexec_file_load),
    N(init_module), N(finit_module),     N(delete_module),     N(bpf),        N(reboot),
    N(swapon),      N(swapoff),
};

static void rule(scmp_filter_ctx f, uint32_t action, int call)
{
    int code = seccomp_rule_add(f, action, call, 0);
    if (code && code != -EDOM && code != -EFAULT) { /* unknown on this machine's processor */
        errno = -code;
        fail("a system call rule");
    }
}

static void must(int code)
{
    if (code) {
        errno = -code;
        fail("a system call rule");
    }
}

/* Calls whose arguments decide. */
static void add_conditional(scmp_filter_ctx f)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
    static const unsigned long terminal[] = {TCGETS,  FIONREAD, FIONBIO,
                                             FIOCLEX, FIONCLEX, TIOCGWINSZ};
    static const int controls[] = {15 /* PR_SET_NAME */,  16 /* PR_GET_NAME */,
                                   3 /* GET_DUMPABLE */,  39 /* GET_NO_NEW_PRIVS */,
                                   2 /* GET_PDEATHSIG */, 0x53564d41 /* PR_SET_VMA */};
    const uint64_t spaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                            CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
    for (int i = 0; i < 3; i++)
        must(seccomp_rule_add(f, SCMP_ACT_ALLOW, N(socket), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0)));
    for (int i = 0; i < 6; i++) /* the request is 32 bits wide, whatever stands above it */
        must(seccomp_rule_add(f, SCMP_ACT_ALLOW, N(ioctl), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, terminal[i])));
    for (int i = 0; i < 6; i++)
        must(seccomp_rule_add(f, SCMP_ACT_ALLOW, N(prctl), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)controls[i], 0)));
    must(seccomp_rule_add(f, SCMP_ACT_ALLOW, N(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, spaces, 0)));
    /* The flags of clone3 stand in memory, where no filter can see them: glibc falls back to clone.
     */
    must(seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), N(clone3), 0));
    /* Reading limits, never setting them for others: the pid must be one's own. */
    must(seccomp_rule_add(f, SCMP_ACT_ALLOW, N(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0, 0)));
}

void filter_install(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f)
        fail("the system call filter");
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        rule(f, SCMP_ACT_ALLOW, allowed[i]);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        rule(f, SCMP_ACT_KILL_PROCESS, deadly[i]);
    add_conditional(f);
    must(seccomp_load(f));
    seccomp_release(f);
}
