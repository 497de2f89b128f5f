#include "ui/term/cluster.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

enum { MARKS_MAX = 4 }; /* curses keeps CCHARW_MAX - 1 marks a cell */

bool cluster_locale(void)
{
    static const char *const wanted[] = {"", "C.UTF-8", "C.utf8", "en_US.UTF-8"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (setlocale(LC_CTYPE, wanted[i]) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
            return true;
    return false;
}

/* Escape sequences (ECMA-48), one character a step. A line end leaves any of them, so that a cut
 * one hides no more than its line. */
enum escape { TEXT, ESCAPE, ESCAPE_INTERMEDIATE, CSI, STRING, STRING_ESCAPE };

static bool after_escape(int *state, uint32_t c)
{
    if (c == '[')
        *state = CSI;
    else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
        *state = STRING;
    else if (c >= 0x20 && c < 0x30)
        *state = ESCAPE_INTERMEDIATE;
    else if (c != 0x1b)
        *state = TEXT;
    return c >= 0x20 && c < 0x7f;
}

static bool in_string(int *state, uint32_t c)
{
    if (c == 0x1b)
        *state = STRING_ESCAPE;
    else if (c == 7 || c == 0x9c)
        *state = TEXT;
    return true;
}

/* Whether c belongs to an escape sequence. */
static bool escape_step(int *state, uint32_t c)
{
    if (c == '\n') {
        *state = TEXT;
        return false;
    }
    if (c == 0x1b && *state != STRING) {
        *state = ESCAPE;
        return true;
    }
    switch (*state) {
    case TEXT:
        return false;
    case STRING:
        return in_string(state, c);
    case ESCAPE:
        return after_escape(state, c);
    case STRING_ESCAPE:
        if (c != '\\')
            return after_escape(state, c);
        *state = TEXT;
        return true;
    default: /* CSI, ESCAPE_INTERMEDIATE */
        if (c >= 0x20 && c < (*state == CSI ? 0x40 : 0x30))
            return true;
        *state = TEXT;
        return c >= 0x20 && c < 0x7f;
    }
}

static bool is_control(uint32_t c)
{
    return utf8_is_control(c) || c == 0x2028 || c == 0x2029;
}

static bool is_variation(uint32_t c)
{
    return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef);
}

static bool is_tag(uint32_t c)
{
    return c >= 0xe0000 && c < 0xe0080;
}

/* Characters that show nothing: fillers, and direction overrides, which make code look like what it
 * is not (CVE-2021-42574). */
static bool is_invisible(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},   {0x115f, 0x115f},
        {0x180b, 0x180f}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},
        {0x3164, 0x3164}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    };
    if (c < 0xad)
        return false;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return is_variation(c) || is_tag(c);
}

static bool is_emoji(uint32_t c)
{
    return c >= 0x1f000 || (c >= 0x2190 && c < 0x2c00);
}

static bool is_flag(uint32_t c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static bool is_skin(uint32_t c)
{
    return c >= 0x1f3fb && c <= 0x1f3ff;
}

static int columns_of(uint32_t c)
{
    return c >= 0x20 && c < 0x7f ? 1 : wcwidth((wchar_t)c);
}

static void replace(struct cluster *out)
{
    memcpy(out->text, "\xef\xbf\xbd", 3);
    out->len = 3;
    out->width = 1;
}

static size_t skip_escape(const char *text, size_t n)
{
    int state = TEXT;
    size_t i = 0;
    uint32_t c;
    do {
        size_t used = utf8_decode(text + i, n - i, &c);
        if (!escape_step(&state, c))
            return i;
        i += used;
    } while (i < n && state != TEXT);
    return i;
}

/* Takes what follows a base character: marks are kept, joiners decide that terminals disagree. */
static size_t take_marks(const char *text, size_t n, uint32_t base, struct cluster *out)
{
    size_t i = 0;
    int marks = 0;
    bool emoji = is_emoji(base), odd = is_flag(base) || is_skin(base) || out->width == 0;
    while (i < n && ((unsigned char)text[i] >= 0x80)) {
        uint32_t c, after;
        size_t used = utf8_decode(text + i, n - i, &c);
        if (c == UTF8_BAD)
            break;
        if ((is_flag(base) && is_flag(c) && i == 0) || (emoji && (is_skin(c) || is_tag(c)))) {
            odd = true;
        } else if (c == 0x200d && emoji) {
            size_t more = i + used < n ? utf8_decode(text + i + used, n - i - used, &after) : 0;
            if (more && after != UTF8_BAD && is_emoji(after)) {
                odd = true;
                used += more;
            }
        } else if (!is_variation(c) && c != 0x20e3) {
            if (is_control(c) || is_invisible(c) || columns_of(c) != 0)
                break;
            if (marks++ < MARKS_MAX && out->len + used <= CLUSTER_BYTES) {
                memcpy(out->text + out->len, text + i, used);
                out->len += (unsigned char)used;
            }
        }
        i += used;
    }
    if (odd)
        replace(out);
    return i;
}

size_t cluster_next(const char *text, size_t n, struct cluster *out)
{
    uint32_t c;
    int width;
    size_t used = utf8_decode(text, n, &c);
    out->len = out->width = 0;
    if (c == UTF8_BAD) {
        replace(out);
        return used;
    }
    if (c == 0x1b)
        return skip_escape(text, n);
    if (c == '\t') {
        out->text[0] = ' ';
        out->len = out->width = 1;
        return used;
    }
    if (is_control(c) || is_invisible(c))
        return used;
    width = columns_of(c);
    if (width < 0 || width > 2) {
        replace(out);
        return used;
    }
    memcpy(out->text, text, used);
    out->len = (unsigned char)used;
    out->width = (unsigned char)width;
    return used + take_marks(text + used, n - used, c, out);
}

size_t cluster_prev(const char *text, size_t at)
{
    struct cluster c;
    size_t start = at - 1, i;
    /* A printable ASCII character or a line end always begins a cluster: scan on from there. */
    while (start > 0 && at - start < 256 && (unsigned char)text[start] >= 0x80)
        start--;
    i = start;
    while (i < at) {
        size_t used = cluster_next(text + i, at - i, &c);
        if (i + used >= at)
            return i;
        i += used;
    }
    return start;
}

int cluster_columns(const char *text, size_t n)
{
    struct cluster c;
    int columns = 0;
    for (size_t i = 0; i < n;) {
        i += cluster_next(text + i, n - i, &c);
        columns += c.width;
    }
    return columns;
}

size_t cluster_fit(const char *text, size_t n, int columns, int *used)
{
    struct cluster c;
    size_t i = 0;
    int sum = 0;
    while (i < n) {
        size_t bytes = cluster_next(text + i, n - i, &c);
        if (sum + c.width > columns)
            break;
        sum += c.width;
        i += bytes;
    }
    if (used)
        *used = sum;
    return i;
}

static enum err clean_one(struct cleaner *c, uint32_t cp, const char *bytes, size_t n,
                          struct buf *out)
{
    if (cp == UTF8_BAD)
        return escape_step(&c->state, 0xfffd) ? ERR_OK : buf_add(out, "\xef\xbf\xbd", 3);
    if (escape_step(&c->state, cp))
        return ERR_OK;
    if (cp == '\n' || cp == '\t' || !is_control(cp))
        return buf_add(out, bytes, n);
    return ERR_OK;
}

/* Whether n bytes are the beginning of one character and nothing else. */
static bool is_cut(const char *text, size_t n)
{
    return n < 4 && utf8_missing(text, n) && utf8_floor(text, n) == 0;
}

enum err cleaner_feed(struct cleaner *c, const char *text, size_t n, struct buf *out)
{
    size_t i = 0, used;
    uint32_t cp;
    enum err e = ERR_OK;
    while (c->held_n && !e) { /* a character cut by the last feed */
        if (is_cut(c->held, (size_t)c->held_n)) {
            if (i == n)
                return ERR_OK;
            c->held[c->held_n++] = text[i++];
            continue;
        }
        used = utf8_decode(c->held, (size_t)c->held_n, &cp);
        e = clean_one(c, cp, c->held, used, out);
        c->held_n -= (int)used;
        memmove(c->held, c->held + used, (size_t)c->held_n);
    }
    while (i < n && !e) {
        if (is_cut(text + i, n - i)) {
            memcpy(c->held, text + i, n - i);
            c->held_n = (int)(n - i);
            break;
        }
        used = utf8_decode(text + i, n - i, &cp);
        e = clean_one(c, cp, text + i, used, out);
        i += used;
    }
    return e;
}
