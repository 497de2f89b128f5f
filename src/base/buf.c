#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char empty[1];

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.data = empty, .max = max};
}

void buf_fini(struct buf *b)
{
    if (b->cap)
        free(b->data);
    buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->cap)
        b->data[0] = 0;
}

static enum err reserve(struct buf *b, size_t more)
{
    size_t need, cap;
    char *p;
    if (more > b->max || b->len > b->max - more)
        return ERR_TOO_LARGE;
    need = b->len + more + 1;
    if (need <= b->cap)
        return ERR_OK;
    cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need)
        cap *= 2;
    if (cap > b->max + 1)
        cap = b->max + 1;
    p = realloc(b->cap ? b->data : NULL, cap);
    if (!p)
        return ERR_NOMEM;
    b->data = p;
    b->cap = cap;
    return ERR_OK;
}

enum err buf_add(struct buf *b, const void *data, size_t n)
{
    enum err e;
    if (n == 0)
        return ERR_OK;
    e = reserve(b, n);
    if (e)
        return e;
    memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = 0;
    return ERR_OK;
}

enum err buf_adds(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

enum err buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    enum err e;
    int n;
    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return ERR_INTERNAL;
    if (n == 0)
        return ERR_OK;
    e = reserve(b, (size_t)n);
    if (e)
        return e;
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
    return ERR_OK;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n >= b->len) {
        buf_clear(b);
        return;
    }
    memmove(b->data, b->data + n, b->len - n + 1);
    b->len -= n;
}

void buf_truncate(struct buf *b, size_t n)
{
    if (n < b->len) {
        b->len = n;
        b->data[n] = 0;
    }
}

char *buf_take(struct buf *b)
{
    char *text = b->cap ? b->data : calloc(1, 1);
    buf_init(b, b->max);
    return text;
}

enum err buf_read_file(struct buf *b, const char *path, struct err_info *info)
{
    char chunk[4096];
    enum err e = ERR_OK;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(info, errno, path);
    while ((n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            e = err_errno(info, errno, path);
            break;
        }
        e = buf_add(b, chunk, (size_t)n);
        if (e) {
            err_set(info, e, "%s: %s (%zu bytes at most)", path, err_text(e), b->max);
            break;
        }
    }
    close(fd);
    return e;
}
