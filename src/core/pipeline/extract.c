#include "core/pipeline/extract.h"

#include <string.h>

#include "base/fence.h"
#include "core/pipeline/code_stream.h"

struct span {
    const char *start, *end;
};

/* The next line from p; returns the beginning of the one after it. */
static const char *next_line(const char *p, const char *end, struct span *line)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    line->start = p;
    line->end = newline ? newline : end;
    return newline ? newline + 1 : end;
}

/* The block that begins at or after p: its inner lines, and whether it was closed. */
static const char *next_block(const char *p, const char *end, struct span *block, bool *closed)
{
    struct span line;
    struct fence mark, first;
    bool open = false;
    *closed = false;
    while (p < end) {
        const char *here = p;
        p = next_line(p, end, &line);
        if (!fence_mark(line.start, (size_t)(line.end - line.start), &mark))
            continue;
        if (open) {
            if (!fence_closes(&first, &mark))
                continue;
            block->end = here;
            *closed = true;
            return p;
        }
        open = true;
        first = mark;
        block->start = block->end = p;
    }
    if (!open)
        return NULL;
    block->end = end;
    return end;
}

bool extract_closed(const char *text, size_t n)
{
    struct span block;
    bool closed;
    return next_block(text, text + n, &block, &closed) && closed;
}

static bool has_text(struct span s)
{
    for (; s.start < s.end; s.start++)
        if ((unsigned char)*s.start > 0x20 && *s.start != 0x7f)
            return true;
    return false;
}

/* Carriage returns and other controls do not belong into a program. */
static enum err add_clean(struct buf *out, struct span s)
{
    enum err e = ERR_OK;
    while (!e && s.start < s.end) {
        const char *p = s.start;
        while (p < s.end && ((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t') && *p != 0x7f)
            p++;
        e = buf_add(out, s.start, (size_t)(p - s.start));
        s.start = p < s.end ? p + 1 : p;
    }
    if (!e && out->len && out->data[out->len - 1] != '\n')
        e = buf_adds(out, "\n");
    return e;
}

/* Without a fence: from where the program begins to where something else does. */
static bool bare_code(const struct code_stream *a, const char *text, const char *end,
                      struct span *out)
{
    if (a->bare == CODE_STREAM_NOWHERE)
        return false;
    out->start = text + a->bare;
    out->end = a->state == CODE_STREAM_ENDED ? text + a->end : end;
    return true;
}

enum err extract_code(const char *text, size_t n, struct buf *code, struct err_info *why)
{
    const char *p = text, *end = text + n;
    struct span block = {text, end};
    struct code_stream answer;
    bool closed;
    if (!has_text(block))
        return err_set(why, ERR_INPUT,
                       n ? "the model's answer holds no readable text"
                         : "the model's answer is empty");
    code_stream_init(&answer);
    code_stream_finish(&answer, text, n);
    while (p && p < end && answer.state != CODE_STREAM_ENDED) {
        p = next_block(p, end, &block, &closed);
        if (p && has_text(block))
            return add_clean(code, block);
    }
    if (!bare_code(&answer, text, end, &block))
        return err_set(why, ERR_INPUT, "the model answered without code");
    return add_clean(code, block);
}
