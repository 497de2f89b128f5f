/* Any bytes in any pieces: no crash, and the lines that a plain reading of the whole finds. The
 * first two bytes say how large the pieces are. */
#include <stdlib.h>
#include <string.h>

#include "backends/lines.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool collect(void *arg, const char *data, size_t n)
{
    struct buf *out = arg;
    return buf_add(out, data, n) == ERR_OK && buf_add(out, "\0|", 2) == ERR_OK;
}

static bool is_blank(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

static void read_plainly(const char *text, size_t n, struct buf *out)
{
    for (size_t at = 0; at < n;) {
        const char *newline = memchr(text + at, '\n', n - at);
        size_t end = newline ? (size_t)(newline - text) : n, stop = end;
        if (stop > at && text[stop - 1] == '\r')
            stop--;
        if (!is_blank(text + at, stop - at) && !collect(out, text + at, stop - at))
            abort();
        at = end + 1;
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const char *text = (const char *)data + 2;
    size_t sizes[2], n = size - 2, at = 0;
    struct buf plain, split;
    struct lines l;
    if (size < 2)
        return 0;
    sizes[0] = 1 + data[0] % 64u;
    sizes[1] = 1 + data[1] % 64u;
    buf_init(&plain, 4 << 20);
    buf_init(&split, 4 << 20);
    read_plainly(text, n, &plain);
    lines_init(&l, collect, &split);
    for (int i = 0; at < n; i++) {
        size_t piece = sizes[i % 2] < n - at ? sizes[i % 2] : n - at;
        if (lines_feed(&l, text + at, piece))
            abort();
        at += piece;
    }
    if (lines_end(&l))
        abort();
    lines_fini(&l);
    if (plain.len != split.len || memcmp(plain.data, split.data, plain.len) != 0)
        abort();
    buf_fini(&plain);
    buf_fini(&split);
    return 0;
}
