/* Server-sent events (HTML Living Standard, 9.2): a pure incremental parser, fed any split of
 * bytes. Only the data of events is handed on; ids, retry times and comments are skipped. */
#ifndef DISE_BACKENDS_SSE_H
#define DISE_BACKENDS_SSE_H

#include "base/buf.h"

enum { SSE_LINE_MAX = 4 << 20 }; /* an answer has 1 MB at most */

struct sse {
    struct buf line, data;
    bool has_data, after_cr, begun;
    /* The data of one event, lines joined by newlines. false ends the parsing. */
    bool (*on_data)(void *arg, const char *data, size_t n);
    void *arg;
};

void sse_init(struct sse *s, bool (*on_data)(void *arg, const char *data, size_t n), void *arg);
void sse_fini(struct sse *s);
/* ERR_TOO_LARGE: a line over SSE_LINE_MAX; ERR_CANCELLED: on_data said no. */
enum err sse_feed(struct sse *s, const char *bytes, size_t n) MUST_CHECK;

#endif
