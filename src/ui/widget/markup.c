#include "ui/widget/markup.h"

#include <stdlib.h>
#include <string.h>

#include "base/fence.h"
#include "ui/widget/python_colors.h"

enum { PARTIAL_MAX = 64 << 10, NOTE_BYTES = 96, LANGUAGE_BYTES = 24, CODE_INDENT = 1 };

struct markup {
    struct text_view *view;
    struct text_layout layout;
    enum style label_style;
    char label[16], note[NOTE_BYTES], language[LANGUAGE_BYTES];
    struct cleaner cleaner;
    struct buf partial;        /* the line that is not complete yet */
    size_t at;                 /* where it was written; SIZE_MAX: not yet */
    bool labelled, code, bare; /* bare: a code block without a fence */
    struct fence fence;        /* that opened the block */
    char quote;                /* of an open triple-quoted string */
};

struct markup *markup_new(struct text_view *v, struct text_layout layout, enum style label_style,
                          const char *label)
{
    struct markup *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->view = v;
    m->layout = layout;
    m->label_style = label_style;
    m->at = SIZE_MAX;
    m->labelled = !label;
    if (label)
        strncpy(m->label, label, sizeof m->label - 1);
    buf_init(&m->partial, PARTIAL_MAX);
    return m;
}

void markup_free(struct markup *m)
{
    if (!m)
        return;
    buf_fini(&m->partial);
    free(m);
}

void markup_note(struct markup *m, const char *note)
{
    memset(m->note, 0, sizeof m->note);
    strncpy(m->note, note ? note : "", sizeof m->note - 1);
}

static enum err new_line(struct markup *m, struct text_layout layout)
{
    enum err e = text_view_line(m->view, layout, m->label_style, m->labelled ? NULL : m->label);
    m->labelled = true;
    return e;
}

static enum err add(struct markup *m, enum style s, const char *text, size_t n)
{
    return n ? text_view_add(m->view, s, text, n) : ERR_OK;
}

/* ---- code ---- */

static enum err code_header(struct markup *m)
{
    struct text_layout layout = m->layout;
    enum err e;
    layout.wrap = TEXT_WRAP_RULE;
    e = new_line(m, layout);
    if (!e)
        e = add(m, STYLE_DIM, m->language[0] ? m->language : "code",
                strlen(m->language[0] ? m->language : "code"));
    if (!e && m->note[0])
        e = add(m, STYLE_DIM, "\t", 1);
    return e ? e : add(m, STYLE_DIM, m->note, strlen(m->note));
}

static bool is_python(const struct markup *m)
{
    return !m->language[0] || strncmp(m->language, "py", 2) == 0;
}

static enum err code_line(struct markup *m, const char *text, size_t n, char *quote)
{
    struct text_layout layout = m->layout;
    int after_def = 0;
    enum err e;
    layout.wrap = TEXT_WRAP_CHAR;
    layout.margin = (uint8_t)(layout.margin + CODE_INDENT);
    layout.hang = 2;
    layout.ground = STYLE_CODE_BLOCK;
    e = new_line(m, layout);
    while (!e && n > 0) {
        enum style s = STYLE_CODE;
        size_t k = is_python(m) ? python_token(text, n, quote, &after_def, &s) : n;
        e = add(m, s, text, k);
        text += k;
        n -= k;
    }
    return e;
}

/* ---- words ---- */

/* **bold** and `code`; a mark without its partner is text. */
static enum err words_line(struct markup *m, const char *text, size_t n)
{
    const char *end = text + n;
    size_t hashes = strspn(text, "#");
    enum style ground = STYLE_TEXT;
    enum err e = new_line(m, m->layout);
    if (hashes && hashes <= 6 && hashes < n && text[hashes] == ' ') {
        text += hashes + 1;
        ground = STYLE_HEADING;
    }
    while (!e && text < end) {
        const char *p = text, *close = NULL;
        while (p < end && *p != '`' && !(p + 1 < end && p[0] == '*' && p[1] == '*'))
            p++;
        e = add(m, ground, text, (size_t)(p - text));
        if (e || p >= end)
            break;
        if (*p == '`')
            close = memchr(p + 1, '`', (size_t)(end - p - 1));
        else
            close = memmem(p + 2, (size_t)(end - p - 2), "**", 2);
        if (!close) {
            e = add(m, ground, p, (size_t)(end - p));
            break;
        }
        if (*p == '`')
            e = add(m, STYLE_CODE_INLINE, p + 1, (size_t)(close - p - 1));
        else
            e = add(m, STYLE_BOLD, p + 2, (size_t)(close - p - 2));
        text = close + (*p == '`' ? 1 : 2);
    }
    return e;
}

/* ---- lines ---- */

/* Writes one line; a complete one also changes the state. */
static enum err write_line(struct markup *m, const char *text, size_t n, bool complete)
{
    struct fence mark;
    char quote = m->quote;
    enum err e;
    if (!m->bare && fence_mark(text, n, &mark) && (!m->code || fence_closes(&m->fence, &mark))) {
        if (!complete)
            return new_line(m, m->layout); /* its language may still be coming */
        m->code = !m->code;
        m->quote = 0;
        if (!m->code)
            return ERR_OK;
        m->fence = mark;
        memset(m->language, 0, sizeof m->language);
        for (size_t i = 0;
             mark.info + i < n && i < sizeof m->language - 1 && text[mark.info + i] > ' '; i++)
            m->language[i] = text[mark.info + i];
        return code_header(m);
    }
    if (!m->code)
        return words_line(m, text, n);
    e = code_line(m, text, n, &quote);
    if (complete)
        m->quote = quote;
    return e;
}

/* What was written of the incomplete line goes away before it is written again. */
static void take_back(struct markup *m)
{
    if (m->at != SIZE_MAX && m->at < text_view_end(m->view))
        text_view_cut(m->view, m->at);
    m->at = SIZE_MAX;
}

static enum err complete_line(struct markup *m)
{
    enum err e;
    take_back(m);
    e = write_line(m, m->partial.data, m->partial.len, true);
    buf_clear(&m->partial);
    return e;
}

enum err markup_feed(struct markup *m, const char *text, size_t n)
{
    struct buf clean;
    enum err e;
    const char *p, *end;
    buf_init(&clean, n * 3 + 16);
    e = cleaner_feed(&m->cleaner, text, n, &clean);
    p = clean.data;
    end = clean.data + clean.len;
    while (!e && p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t part = newline ? (size_t)(newline - p) : (size_t)(end - p);
        if (m->partial.len + part > PARTIAL_MAX) /* one endless line is broken up */
            e = complete_line(m);
        if (part > PARTIAL_MAX)
            part = PARTIAL_MAX;
        if (!e)
            e = buf_add(&m->partial, p, part);
        p += part;
        if (!e && newline && p == newline) {
            e = complete_line(m);
            p++;
        }
    }
    buf_fini(&clean);
    if (!e && m->partial.len) {
        take_back(m);
        m->at = text_view_end(m->view);
        e = write_line(m, m->partial.data, m->partial.len, false);
    }
    return e;
}

enum err markup_code(struct markup *m, const char *language, const char *note)
{
    memset(m->language, 0, sizeof m->language);
    strncpy(m->language, language ? language : "", sizeof m->language - 1);
    if (note)
        markup_note(m, note);
    m->code = m->bare = true;
    return code_header(m);
}

enum err markup_end(struct markup *m)
{
    enum err e = m->partial.len ? complete_line(m) : ERR_OK;
    m->code = m->bare = false;
    return e;
}
