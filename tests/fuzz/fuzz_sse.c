/* Any bytes in any split: no crash, and the same data as unsplit. The first byte is the cut. */
#include <stdlib.h>
#include <string.h>

#include "backends/sse.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool collect(void *arg, const char *data, size_t n)
{
    struct buf *out = arg;
    return buf_add(out, data, n) == ERR_OK && buf_add(out, "\0|", 2) == ERR_OK;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct buf whole, split;
    struct sse s;
    size_t cut;
    if (size < 2)
        return 0;
    cut = data[0] % size;
    buf_init(&whole, 1 << 20);
    buf_init(&split, 1 << 20);
    sse_init(&s, collect, &whole);
    if (sse_feed(&s, (const char *)data + 1, size - 1))
        abort();
    sse_fini(&s);
    sse_init(&s, collect, &split);
    if (sse_feed(&s, (const char *)data + 1, cut) ||
        sse_feed(&s, (const char *)data + 1 + cut, size - 1 - cut))
        abort();
    sse_fini(&s);
    if (whole.len != split.len || memcmp(whole.data, split.data, whole.len) != 0)
        abort();
    buf_fini(&whole);
    buf_fini(&split);
    return 0;
}
