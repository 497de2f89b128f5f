/* Any bytes in any split: no crash, and the same events as unsplit. The first byte is the cut. */
#include <stdlib.h>
#include <string.h>

#include "ui/term/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t events(const char *bytes, size_t n, size_t cut, uint32_t out[512])
{
    struct input *in = input_new();
    struct input_event ev;
    size_t count = 0;
    for (int part = 0; part < 3 && in; part++) {
        size_t from = part == 0 ? 0 : cut, to = part == 0 ? cut : n;
        if (part == 2)
            input_flush(in);
        else if (input_feed(in, bytes + from, to - from))
            abort();
        while (input_next(in, &ev)) {
            uint32_t sum = (uint32_t)ev.type * 31u + ev.key * 7u + ev.mods + (uint32_t)ev.x +
                           (uint32_t)ev.y * 1009u + (uint32_t)ev.rgb;
            for (size_t i = 0; i < ev.n; i++)
                sum = sum * 33u + (unsigned char)ev.text[i];
            if (count < 512)
                out[count++] = sum;
        }
    }
    input_free(in);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t whole[512], split[512];
    size_t n, m;
    if (size < 2)
        return 0;
    n = events((const char *)data + 1, size - 1, 0, whole);
    m = events((const char *)data + 1, size - 1, data[0] % size, split);
    if (n != m || memcmp(whole, split, n * sizeof *whole) != 0)
        abort();
    return 0;
}
