#include "backends/lines.h"

#include <string.h>

void lines_init(struct lines *l, bool (*on_line)(void *arg, const char *line, size_t n), void *arg)
{
    buf_init(&l->line, LINES_LINE_MAX);
    l->on_line = on_line;
    l->arg = arg;
}

void lines_fini(struct lines *l)
{
    buf_fini(&l->line);
}

enum err lines_end(struct lines *l)
{
    size_t n = l->line.len;
    bool more = true;
    if (n && l->line.data[n - 1] == '\r')
        n--;
    if (strspn(l->line.data, " \t\r") < n)
        more = l->on_line(l->arg, l->line.data, n);
    buf_clear(&l->line);
    return more ? ERR_OK : ERR_CANCELLED;
}

enum err lines_feed(struct lines *l, const char *bytes, size_t n)
{
    enum err e = ERR_OK;
    while (!e && n > 0) {
        const char *newline = memchr(bytes, '\n', n);
        size_t part = newline ? (size_t)(newline - bytes) : n;
        e = buf_add(&l->line, bytes, part);
        if (!e && newline)
            e = lines_end(l);
        part += newline != NULL;
        bytes += part;
        n -= part;
    }
    return e;
}
