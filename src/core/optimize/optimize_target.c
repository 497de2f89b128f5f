/* What a program can be made better at, by name. */
#include <string.h>

#include "core/optimize/optimize.h"

static const char *const targets[] = {"performance", "quality", "memory", "latency", "all"};

bool optimize_target_read(const char *name, enum optimize_target *out)
{
    for (int i = 0; i <= OPTIMIZE_ALL; i++)
        if (strcmp(name, targets[i]) == 0 || (!*name && !i)) {
            *out = (enum optimize_target)i;
            return true;
        }
    return false;
}

const char *optimize_target_name(enum optimize_target target)
{
    return targets[target];
}
