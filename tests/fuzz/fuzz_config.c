/* Any bytes as config.yaml: no crash, and a file that is not taken is blamed at a place in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int open_file(char path[32])
{
    int fd = memfd_create("config", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}

static void read_all(const struct config *c)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        (void)config_text(c, (enum option_id)i);
    (void)config_llm(c);
    (void)config_escalation(c);
    if (!config_warnings(c))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[32];
    struct err_info info = {0};
    struct config *c = NULL;
    enum err e;
    if (fd < 0)
        fd = open_file(path);
    if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    e = config_load("/nonexistent", path, &c, &info);
    if (e && (c || info.code != e || !info.message[0]))
        abort();
    if (e == ERR_PARSE && info.line < 1)
        abort();
    if (!e)
        read_all(c);
    config_free(c);
    return 0;
}
