/* SHA-256 (FIPS 180-4). */
#ifndef DISE_BASE_SHA256_H
#define DISE_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes taken so far */
    unsigned char block[64];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t n);
/* Writes 64 lower-case hex digits and a NUL. The state is used up. */
void sha256_hex(struct sha256 *h, char out[65]);
/* The digest of one piece of memory. */
void sha256_of(const void *data, size_t n, char out[65]);

#endif
