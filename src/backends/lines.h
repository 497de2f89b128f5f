/* JSON lines (NDJSON): a pure incremental parser, fed any split of bytes. Empty lines are skipped,
 * a CR before the newline belongs to the end of the line. */
#ifndef DISE_BACKENDS_LINES_H
#define DISE_BACKENDS_LINES_H

#include "base/buf.h"

enum { LINES_LINE_MAX = 4 << 20 };

struct lines {
    struct buf line;
    /* One line without its end. false ends the parsing. */
    bool (*on_line)(void *arg, const char *line, size_t n);
    void *arg;
};

void lines_init(struct lines *l, bool (*on_line)(void *arg, const char *line, size_t n), void *arg);
void lines_fini(struct lines *l);
/* ERR_TOO_LARGE: a line over LINES_LINE_MAX; ERR_CANCELLED: on_line said no. */
enum err lines_feed(struct lines *l, const char *bytes, size_t n) MUST_CHECK;
/* The stream is over: what came last may have had no newline. */
enum err lines_end(struct lines *l) MUST_CHECK;

#endif
