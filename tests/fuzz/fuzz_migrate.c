/* Any bytes as an old config.yaml: the form of today is YAML, holds the same values, and brought
 * into that form again it stays as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/yaml.h"
#include "core/config_migrate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fd = -1;
static char path[32];

static void put(const void *data, size_t size)
{
    if (fd < 0) {
        fd = memfd_create("config", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_migration m, again;
    struct err_info info = {0};
    struct yaml_doc doc;
    put(data, size);
    if (config_migrate(path, &m, &info)) {
        if (!info.message[0])
            abort();
        config_migration_fini(&m);
        return 0;
    }
    if (yaml_parse(m.text.data, m.text.len, "text", &doc, &info))
        abort();
    yaml_doc_free(&doc);
    if (yaml_parse(m.screen.data, m.screen.len, "screen", &doc, &info))
        abort();
    yaml_doc_free(&doc);
    put(m.text.data, m.text.len);
    if (config_migrate(path, &again, &info) || again.changed || again.text.len != m.text.len ||
        memcmp(again.text.data, m.text.data, m.text.len) != 0)
        abort();
    config_migration_fini(&m);
    config_migration_fini(&again);
    return 0;
}
