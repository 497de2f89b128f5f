#include "backends/sse.h"

#include <string.h>

void sse_init(struct sse *s, bool (*on_data)(void *arg, const char *data, size_t n), void *arg)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->line, SSE_LINE_MAX);
    buf_init(&s->data, SSE_LINE_MAX);
    s->on_data = on_data;
    s->arg = arg;
}

void sse_fini(struct sse *s)
{
    buf_fini(&s->line);
    buf_fini(&s->data);
}

static enum err dispatch(struct sse *s)
{
    bool more;
    if (!s->has_data)
        return ERR_OK;
    s->has_data = false;
    more = s->on_data(s->arg, s->data.data, s->data.len);
    buf_clear(&s->data);
    return more ? ERR_OK : ERR_CANCELLED;
}

static enum err take_line(struct sse *s)
{
    const char *line = s->line.data, *value;
    size_t n = s->line.len;
    enum err e = ERR_OK;
    if (n == 0)
        return dispatch(s);
    if (n >= 4 && memcmp(line, "data", 4) == 0 && (n == 4 || line[4] == ':')) {
        value = n == 4 ? line + 4 : line + 5;
        if (value < line + n && *value == ' ')
            value++;
        if (s->has_data)
            e = buf_adds(&s->data, "\n");
        if (!e)
            e = buf_add(&s->data, value, (size_t)(line + n - value));
        s->has_data = true;
    }
    buf_clear(&s->line);
    return e;
}

/* A byte order mark may stand before the first line. */
static void skip_mark(struct sse *s)
{
    if (!s->begun && s->line.len >= 3 && memcmp(s->line.data, "\xEF\xBB\xBF", 3) == 0)
        buf_consume(&s->line, 3);
    s->begun = true;
}

enum err sse_feed(struct sse *s, const char *bytes, size_t n)
{
    enum err e = ERR_OK;
    while (!e && n > 0) {
        size_t part = 0;
        if (s->after_cr && *bytes == '\n') { /* CR LF is one end of line, also when split */
            s->after_cr = false;
            bytes++;
            n--;
            continue;
        }
        s->after_cr = false;
        while (part < n && bytes[part] != '\n' && bytes[part] != '\r')
            part++;
        e = buf_add(&s->line, bytes, part);
        if (!e && part < n) {
            s->after_cr = bytes[part] == '\r';
            part++;
            skip_mark(s);
            e = take_line(s);
        }
        bytes += part;
        n -= part;
    }
    return e;
}
