/* Any bytes in any pieces: no crash, and the events that a plain reading of the standard finds. The
 * first two bytes say how large the pieces are. */
#include <stdlib.h>
#include <string.h>

#include "backends/sse.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool collect(void *arg, const char *data, size_t n)
{
    struct buf *out = arg;
    return buf_add(out, data, n) == ERR_OK && buf_add(out, "\0|", 2) == ERR_OK;
}

/* The rules of HTML, 9.2.6, over the whole text at once. */
static void read_plainly(const char *text, size_t n, struct buf *out)
{
    struct buf event;
    size_t at = n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0, end;
    bool any = false;
    buf_init(&event, 1 << 20);
    for (; at < n; at = end + 1 + (end + 1 < n && text[end] == '\r' && text[end + 1] == '\n')) {
        const char *line = text + at, *value;
        for (end = at; end < n && text[end] != '\n' && text[end] != '\r'; end++)
            ;
        if (end == n)
            break; /* a line without its end is no line */
        if (end == at && any && !collect(out, event.data, event.len))
            abort();
        if (end == at) {
            buf_clear(&event);
            any = false;
        }
        if (end - at < 4 || memcmp(line, "data", 4) != 0 || (end - at > 4 && line[4] != ':'))
            continue;
        value = line + (end - at > 4 ? 5 : 4);
        value += value < text + end && *value == ' ';
        if ((any && buf_adds(&event, "\n")) || buf_add(&event, value, (size_t)(text + end - value)))
            abort();
        any = true;
    }
    buf_fini(&event);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const char *text = (const char *)data + 2;
    size_t sizes[2], n = size - 2, at = 0;
    struct buf plain, split;
    struct sse s;
    if (size < 2)
        return 0;
    sizes[0] = 1 + data[0] % 64u;
    sizes[1] = 1 + data[1] % 64u;
    buf_init(&plain, 4 << 20);
    buf_init(&split, 4 << 20);
    read_plainly(text, n, &plain);
    sse_init(&s, collect, &split);
    for (int i = 0; at < n; i++) {
        size_t piece = sizes[i % 2] < n - at ? sizes[i % 2] : n - at;
        if (sse_feed(&s, text + at, piece))
            abort();
        at += piece;
    }
    sse_fini(&s);
    if (plain.len != split.len || memcmp(plain.data, split.data, plain.len) != 0)
        abort();
    buf_fini(&plain);
    buf_fini(&split);
    return 0;
}
