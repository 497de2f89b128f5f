#include "base/launch_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool put(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done <= 0)
            return false;
        data += done;
        n -= (size_t)done;
    }
    return true;
}

bool launch_file_put(int fd, const char *name, const char *data, size_t n)
{
    char size[24];
    int digits = snprintf(size, sizeof size, "%zu", n);
    return put(fd, name, strlen(name) + 1) && put(fd, size, (size_t)digits + 1) && put(fd, data, n);
}
