#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "base/secret.h"

enum { ROTATE_BYTES = 1 << 20 };

enum err log_to_file(const char *path, struct err_info *info)
{
    char old[PATH_SIZE + 8];
    struct stat st;
    int fd;
    snprintf(old, sizeof old, "%s.old", path);
    if (stat(path, &st) == 0 && st.st_size > ROTATE_BYTES)
        rename(path, old);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(info, errno, path);
    dup2(fd, 2);
    close(fd);
    return ERR_OK;
}

void log_line(const char *format, ...)
{
    char text[1024], when[32];
    struct timespec now;
    struct tm tm;
    va_list args;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    secret_hide(text);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    fprintf(stderr, "%s.%03ld [%d] %s\n", when, now.tv_nsec / 1000000, (int)getpid(), text);
}
