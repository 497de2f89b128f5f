#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/sha256.h"

enum { SOCKET_NAME_MAX = 16 }; /* "/engine.sock" and a terminator, with room */

enum err path_join(char out[PATH_SIZE], const char *folder, const char *name)
{
    int n = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    return n < 0 || n >= PATH_SIZE ? ERR_TOO_LARGE : ERR_OK;
}

static enum err too_long(struct err_info *info, const char *path)
{
    return err_set(info, ERR_TOO_LARGE, "the path %.80s… is longer than %d bytes", path,
                   PATH_SIZE - 1);
}

static const char *user_home(void)
{
    const char *home = getenv("HOME");
    struct passwd *pw;
    if (home && *home == '/')
        return home;
    pw = getpwuid(getuid());
    return pw && pw->pw_dir ? pw->pw_dir : NULL;
}

static enum err absolute(const char *path, char out[PATH_SIZE], struct err_info *info)
{
    char here[PATH_SIZE];
    enum err e;
    if (*path == '/')
        e = snprintf(out, PATH_SIZE, "%s", path) >= PATH_SIZE ? ERR_TOO_LARGE : ERR_OK;
    else if (!getcwd(here, sizeof here))
        return err_errno(info, errno, "the working folder");
    else
        e = path_join(out, here, path);
    for (size_t n = strlen(out); !e && n > 1 && out[n - 1] == '/'; n--)
        out[n - 1] = 0;
    return e ? too_long(info, path) : ERR_OK;
}

enum err path_home(const char *given, char out[PATH_SIZE], struct err_info *info)
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home;
    char path[PATH_SIZE];
    if (!given || !*given)
        given = getenv("DISE_HOME");
    if (given && *given)
        return absolute(given, out, info);
    if (xdg && *xdg == '/')
        return path_join(out, xdg, "dise") ? too_long(info, xdg) : ERR_OK;
    home = user_home();
    if (!home)
        return err_set(info, ERR_NOT_FOUND,
                       "there is no home folder; name one with --home DIR or $DISE_HOME");
    if (path_join(path, home, ".local/share/dise"))
        return too_long(info, home);
    return absolute(path, out, info);
}

enum err path_self(char out[PATH_SIZE], struct err_info *info)
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_SIZE - 1);
    if (n < 0)
        return err_errno(info, errno, "the path of this program");
    out[n] = 0;
    return ERR_OK;
}

enum err path_beside(const char *name, char out[PATH_SIZE], struct err_info *info)
{
    enum err e = path_self(out, info);
    char *slash = e ? NULL : strrchr(out, '/');
    if (e)
        return e;
    if (!slash || (size_t)(slash - out) + strlen(name) + 2 > PATH_SIZE)
        return too_long(info, out);
    strcpy(slash + 1, name);
    return ERR_OK;
}

enum err path_data(char out[PATH_SIZE], struct err_info *info)
{
    const char *given = getenv("DISE_DATA");
    enum err e;
    if (given && *given)
        return absolute(given, out, info);
    e = path_beside("../share/dise", out, info);
    if (e || path_exists(out))
        return e;
    return absolute(DISE_SOURCE_DIR, out, info);
}

enum err path_runtime(char out[PATH_SIZE], struct err_info *info)
{
    char data[PATH_SIZE];
    enum err e = path_data(data, info);
    if (e)
        return e;
    if (path_join(out, data, "runtime") == ERR_OK && path_exists(out))
        return ERR_OK;
    return path_join(out, data, "src/runtime") ? too_long(info, data) : ERR_OK;
}

bool path_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

enum err path_mkdirs(const char *path, struct err_info *info)
{
    char part[PATH_SIZE];
    struct stat st;
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return too_long(info, path);
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return err_errno(info, errno, part);
        *p = '/';
    }
    if (mkdir(part, 0700) && errno != EEXIST)
        return err_errno(info, errno, part);
    if (stat(part, &st) || !S_ISDIR(st.st_mode))
        return err_set(info, ERR_EXISTS, "%s is not a folder", part);
    return ERR_OK;
}

/* A folder that others cannot have prepared: ours, and closed to everybody else. */
static enum err private_folder(const char *path, struct err_info *info)
{
    struct stat st;
    enum err e = path_mkdirs(path, info);
    if (e)
        return e;
    if (lstat(path, &st))
        return err_errno(info, errno, path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return err_set(info, ERR_DENIED, "%s belongs to somebody else; remove it", path);
    if ((st.st_mode & 077) && chmod(path, 0700))
        return err_errno(info, errno, path);
    return ERR_OK;
}

enum err path_run(const char *home, char out[PATH_SIZE], struct err_info *info)
{
    const size_t most = sizeof((struct sockaddr_un *)0)->sun_path - SOCKET_NAME_MAX;
    const char *base = getenv("XDG_RUNTIME_DIR");
    char digest[65], name[32];
    if (path_join(out, home, "run"))
        return too_long(info, home);
    if (strlen(out) <= most)
        return private_folder(out, info);
    sha256_of(home, strlen(home), digest);
    snprintf(name, sizeof name, "dise-%u-%.12s", (unsigned)geteuid(), digest);
    if (!base || *base != '/' || strlen(base) + sizeof name > most)
        base = "/tmp";
    if (path_join(out, base, name))
        return too_long(info, base);
    return private_folder(out, info);
}

static enum err write_all(int fd, const char *data, size_t n, const char *path,
                          struct err_info *info)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(info, errno, path);
        data += done;
        n -= (size_t)done;
    }
    return fsync(fd) ? err_errno(info, errno, path) : ERR_OK;
}

enum err path_write(const char *path, const void *data, size_t n, struct err_info *info)
{
    char part[PATH_SIZE];
    enum err e;
    int fd;
    if (snprintf(part, sizeof part, "%s.part-%d", path, (int)getpid()) >= (int)sizeof part)
        return too_long(info, path);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(info, errno, path);
    e = write_all(fd, data, n, path, info);
    close(fd);
    if (!e && rename(part, path))
        e = err_errno(info, errno, path);
    if (e)
        unlink(part);
    return e;
}
