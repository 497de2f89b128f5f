/* The file system that a run sees: a read-only root of our own, /usr from outside, a bounded /work.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAGE "/tmp" /* exists everywhere; covered by our own tmpfs in our own namespace */

struct tree {
    const char *path;
    int fd;
    bool writable, device;
};

static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                      "/dev/urandom"};
/* Files and folders of the machine that programs read; missing ones are left out. */
static const char *const shared[] = {"/usr", "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl",
                                     "/etc/alternatives"};

/* ---- small steps ---- */

static void attach_attributes(const struct tree *t)
{
    struct mount_attr a = {.attr_set = MOUNT_ATTR_NOSUID};
    if (!t->writable)
        a.attr_set |= MOUNT_ATTR_RDONLY;
    if (!t->device)
        a.attr_set |= MOUNT_ATTR_NODEV;
    if (mount_setattr(t->fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof a))
        fail(t->path);
}

/* Before the user id changes, because the way to the source may be closed to the new one. */
static bool take_tree(struct tree *t)
{
    t->fd = open_tree(AT_FDCWD, t->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (t->fd < 0)
        return false;
    attach_attributes(t);
    return true;
}

static void make_parents(char *path)
{
    for (char *p = path + strlen(STAGE) + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(path, 0755) && errno != EEXIST)
            fail(path);
        *p = '/';
    }
}

static void place_tree(const struct tree *t)
{
    char target[4096];
    struct stat st;
    int fd;
    if (snprintf(target, sizeof target, "%s%s", STAGE, t->path) >= (int)sizeof target ||
        fstat(t->fd, &st))
        fail(t->path);
    make_parents(target);
    if (S_ISDIR(st.st_mode)) {
        if (mkdir(target, 0755) && errno != EEXIST)
            fail(target);
    } else {
        fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
            fail(target);
        close(fd);
    }
    if (move_mount(t->fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH))
        fail(t->path);
    close(t->fd);
}

static void write_file(const char *path, const char *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        fail(path);
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done <= 0)
            fail(path);
        data += done;
        n -= (size_t)done;
    }
    close(fd);
}

/* /bin, /lib … are links into /usr on merged systems, folders on others. */
static int take_top(const char *name, struct tree *t)
{
    char link[256], stage[256];
    ssize_t n = readlink(name, link, sizeof link - 1);
    struct stat st;
    if (n > 0) {
        link[n] = 0;
        snprintf(stage, sizeof stage, "%s%s", STAGE, name);
        return symlink(link, stage) ? -1 : 0;
    }
    if (stat(name, &st))
        return 0;
    t->path = name;
    return take_tree(t) ? 1 : -1;
}

/* ---- the user ---- */

static void keep_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &head, data))
        fail("capget");
    for (int i = 0; i < 2; i++)
        data[i].effective = data[i].permitted;
    if (syscall(SYS_capset, &head, data))
        fail("capset");
}

static void become_inner_user(void)
{
    if (prctl(PR_SET_KEEPCAPS, 1) || setresgid(INNER_ID, INNER_ID, INNER_ID) ||
        setresuid(INNER_ID, INNER_ID, INNER_ID))
        fail("the inner user");
    keep_capabilities();
}

/* ---- the parts of the root ---- */

static void write_etc(const struct spec *s)
{
    static const char passwd[] = "user:x:1000:1000:user:/work:/bin/sh\n";
    static const char group[] = "user:x:1000:\n";
    static const char nsswitch[] = "passwd: files\ngroup: files\nhosts: files\n";
    char hosts[LIST_MAX * 160 + 64], address[16];
    int n = snprintf(hosts, sizeof hosts, "127.0.0.1 localhost sandbox\n");
    for (int i = 0; i < s->net_count; i++) {
        forward_address(i, address);
        n += snprintf(hosts + n, sizeof hosts - (size_t)n, "%s %s\n", address, s->net[i].host);
    }
    write_file(STAGE "/etc/hosts", hosts, (size_t)n);
    write_file(STAGE "/etc/passwd", passwd, sizeof passwd - 1);
    write_file(STAGE "/etc/group", group, sizeof group - 1);
    write_file(STAGE "/etc/nsswitch.conf", nsswitch, sizeof nsswitch - 1);
}

/* "name\0size\0bytes" for each file; names have no slash. */
static void write_work_files(const struct spec *s, const char *folder)
{
    const char *p = s->files, *end = s->files + s->files_len;
    while (p < end) {
        const char *name = p, *size = memchr(p, 0, (size_t)(end - p));
        const char *data;
        size_t n;
        char path[512];
        if (!size || !(data = memchr(size + 1, 0, (size_t)(end - size - 1))))
            break;
        n = strtoul(size + 1, NULL, 10);
        data++;
        errno = EINVAL;
        if (strchr(name, '/') || !*name || *name == '.' || n > (size_t)(end - data) ||
            snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
            fail("a file's name or size");
        write_file(path, data, n);
        p = data + n;
    }
}

static void mount_tmpfs(const char *target, const char *options, unsigned long flags)
{
    if (mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV | flags, options))
        fail(target);
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0755) && errno != EEXIST)
        fail(path);
}

static void make_link(const char *to, const char *path)
{
    if (symlink(to, path))
        fail(path);
}

static void enter_root(void)
{
    if (chdir(STAGE) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
        fail("pivot_root");
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL))
        fail("the read-only root");
    if (chdir("/work"))
        fail("/work");
}

static int take_all(const struct spec *s, struct tree *trees)
{
    int n = 0;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        trees[n].path = shared[i];
        n += take_tree(&trees[n]);
    }
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        trees[n] = (struct tree){.path = devices[i], .writable = true, .device = true};
        n += take_tree(&trees[n]);
    }
    for (int i = 0; i < s->ro_count; i++, n++) {
        trees[n].path = s->ro[i];
        if (!take_tree(&trees[n]))
            fail(s->ro[i]);
    }
    for (int i = 0; i < s->rw_count; i++, n++) {
        trees[n] = (struct tree){.path = s->rw[i], .writable = true};
        if (!take_tree(&trees[n]))
            fail(s->rw[i]);
    }
    return n;
}

void root_build(const struct spec *s)
{
    static const char *const tops[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64"};
    struct tree trees[2 * LIST_MAX + 16] = {0};
    char options[64];
    int n;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        fail("private mounts");
    n = take_all(s, trees);
    for (int i = 0; i < 5; i++) { /* real folders only; links follow below */
        struct stat st;
        trees[n] = (struct tree){.path = tops[i]};
        if (lstat(tops[i], &st) == 0 && S_ISDIR(st.st_mode))
            n += take_top(tops[i], &trees[n]);
    }
    become_inner_user();
    mount_tmpfs(STAGE, "size=1m,nr_inodes=512,mode=0755", 0);
    for (int i = 0; i < 5; i++) {
        struct stat st;
        struct tree none = {0};
        if (lstat(tops[i], &st) == 0 && S_ISLNK(st.st_mode) && take_top(tops[i], &none) < 0)
            fail(tops[i]);
    }
    make_folder(STAGE "/etc");
    make_folder(STAGE "/dev");
    make_folder(STAGE "/work");
    write_etc(s);
    snprintf(options, sizeof options, "size=%lld,nr_inodes=4096,mode=0755", (long long)s->disk);
    mount_tmpfs(STAGE "/work", options, 0);
    make_folder(STAGE "/work/tmp");
    make_link("work/tmp", STAGE "/tmp");
    make_link("/work/tmp", STAGE "/dev/shm");
    write_work_files(s, STAGE "/work");
    for (int i = 0; i < n; i++)
        place_tree(&trees[i]);
    enter_root();
}

/* ---- without walls ---- */

void root_unsafe(const struct spec *s, char folder[64])
{
    snprintf(folder, 64, "/tmp/dise-unsafe-XXXXXX");
    if (!mkdtemp(folder) || chdir(folder))
        fail("a working folder");
    write_work_files(s, folder);
}

void root_unsafe_remove(const char *folder)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", "--", folder, (char *)NULL);
        _exit(1);
    }
}
