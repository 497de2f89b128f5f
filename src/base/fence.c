#include "base/fence.h"

#include <string.h>

bool fence_mark(const char *line, size_t n, struct fence *out)
{
    size_t i = 0;
    out->indent = 0;
    for (; i < n && (line[i] == ' ' || line[i] == '\t'); i++)
        out->indent += line[i] == '\t' ? 4 : 1;
    out->info = i + 3;
    return n >= i + 3 && memcmp(line + i, "```", 3) == 0;
}

bool fence_closes(const struct fence *open, const struct fence *mark)
{
    return mark->indent <= open->indent + 3;
}
