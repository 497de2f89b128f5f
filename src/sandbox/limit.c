/* Resource limits, capabilities, Landlock. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void set_limit(int what, int64_t soft, int64_t hard)
{
    struct rlimit r = {.rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard};
    if (setrlimit((__rlimit_resource_t)what, &r))
        fail("setrlimit");
}

/* NPROC is set inside the new user namespace, where it counts this run only. */
void limit_resources(const struct spec *s)
{
    int64_t seconds = (s->cpu_ms + 999) / 1000;
    set_limit(RLIMIT_CPU, seconds, seconds + 1);
    set_limit(RLIMIT_AS, s->memory, s->memory);
    set_limit(RLIMIT_FSIZE, s->file, s->file);
    set_limit(RLIMIT_CORE, 0, 0);
    set_limit(RLIMIT_NOFILE, 256, 256);
    set_limit(RLIMIT_STACK, 8 << 20, 8 << 20);
    set_limit(RLIMIT_MEMLOCK, 0, 0);
    set_limit(RLIMIT_MSGQUEUE, 0, 0);
    if (!s->unsafe)
        set_limit(RLIMIT_NPROC, s->processes + 1, s->processes + 1); /* init counts, too */
}

void limit_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
        if (prctl(PR_CAPBSET_DROP, cap))
            fail("the bounding set");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
        fail("the ambient set");
    if (syscall(SYS_capset, &head, none))
        fail("capset");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        fail("no_new_privs");
}

/* ---- Landlock ---- */

#define READING                                                                                    \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static void allow(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        fail(path);
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
        fail("a Landlock rule");
    close(rule.parent_fd);
}

void limit_landlock(const struct spec *s)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr attr = {0};
    uint64_t file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    int ruleset;
    if (abi < 1)
        return; /* the second wall; the first stands without it */
    attr.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
#ifdef LANDLOCK_ACCESS_FS_REFER
    if (abi >= 2)
        attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
#endif
    if (abi >= 3)
        attr.handled_access_fs |= 1ull << 14; /* truncate */
    if (abi >= 3)
        file |= 1ull << 14;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0)
        fail("Landlock");
    allow(ruleset, "/", READING);
    allow(ruleset, "/work", attr.handled_access_fs);
    allow(ruleset, "/dev/null", file);
    for (int i = 0; i < s->rw_count; i++)
        allow(ruleset, s->rw[i], attr.handled_access_fs);
    if (syscall(SYS_landlock_restrict_self, ruleset, 0))
        fail("Landlock");
    close(ruleset);
}
