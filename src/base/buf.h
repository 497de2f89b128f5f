/* A growing byte buffer with a mandatory ceiling. Always NUL-terminated, so that `data` is a
 * string when the content is text. After a failed append the buffer is unchanged. */
#ifndef DISE_BASE_BUF_H
#define DISE_BASE_BUF_H

#include <stddef.h>

#include "base/err.h"

struct buf {
    char *data; /* never NULL after buf_init: "" when empty */
    size_t len; /* bytes without the terminator */
    size_t cap; /* bytes allocated; 0 while `data` is the shared empty string */
    size_t max; /* ceiling for len */
};

/* An empty buffer that may grow to `max` bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Frees the content; the buffer is empty and usable again. */
void buf_fini(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);
/* Appends; ERR_TOO_LARGE over the ceiling, ERR_NOMEM. */
enum err buf_add(struct buf *b, const void *data, size_t n) MUST_CHECK;
enum err buf_adds(struct buf *b, const char *text) MUST_CHECK;
enum err buf_addf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
/* Removes `n` bytes from the front (all when n > len). */
void buf_consume(struct buf *b, size_t n);
/* Cuts to at most `n` bytes. */
void buf_truncate(struct buf *b, size_t n);
/* Hands the heap string over to the caller (free() it) and leaves the buffer empty. NULL: no
 * memory. */
char *buf_take(struct buf *b);
/* Reads a whole file; ERR_TOO_LARGE when it holds more than the room left. */
enum err buf_read_file(struct buf *b, const char *path, struct err_info *info) MUST_CHECK;

#endif
