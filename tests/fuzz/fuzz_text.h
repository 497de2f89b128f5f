/* The bytes of a fuzzer as text. */
#ifndef FUZZ_TEXT_H
#define FUZZ_TEXT_H

#include <stdlib.h>
#include <string.h>

/* A copy that ends in 0; the caller frees it. (strndup() would be told off by strict string checks:
 * what the fuzzer gives has no end.) */
static inline char *fuzz_text(const void *data, size_t n)
{
    char *copy = malloc(n + 1);
    if (!copy)
        abort();
    memcpy(copy, data, n);
    copy[n] = 0;
    return copy;
}

#endif
