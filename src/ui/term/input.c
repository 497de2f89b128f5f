#include "ui/term/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "ui/term/input_csi.h"

enum { PENDING_MAX = 1 << 20, BINDS_MAX = 64, BIND_BYTES = 14, STRING_MAX = 4096 };
enum { ESC_WAIT = 50, SEQUENCE_WAIT = 100, STRING_WAIT = 1000 };

static const char paste_end[] = "\x1b[201~";

struct bind {
    uint32_t key;
    uint8_t mods, n;
    char bytes[BIND_BYTES];
};

struct input {
    struct buf pending;
    size_t at; /* bytes of pending already taken */
    struct buf paste;
    bool in_paste, paste_cut, paste_lent;
    bool flushed; /* no more bytes belong to what is pending */
    int binds_n;
    struct bind binds[BINDS_MAX];
};

struct input *input_new(void)
{
    struct input *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    buf_init(&in->pending, PENDING_MAX);
    buf_init(&in->paste, INPUT_PASTE_MAX);
    return in;
}

void input_free(struct input *in)
{
    if (!in)
        return;
    buf_fini(&in->pending);
    buf_fini(&in->paste);
    free(in);
}

void input_bind(struct input *in, const char *bytes, uint32_t key, uint32_t mods)
{
    size_t n = bytes ? strlen(bytes) : 0;
    struct bind *b = &in->binds[in->binds_n];
    unsigned char first = n ? (unsigned char)bytes[0] : ' ';
    if (n > BIND_BYTES || in->binds_n == BINDS_MAX || (first >= 0x20 && first != 0x7f))
        return;
    *b = (struct bind){.key = key, .mods = (uint8_t)mods, .n = (uint8_t)n};
    memcpy(b->bytes, bytes, n);
    in->binds_n++;
}

static void end_loan(struct input *in)
{
    if (!in->paste_lent)
        return;
    buf_fini(&in->paste);
    in->paste_lent = in->paste_cut = false;
}

enum err input_feed(struct input *in, const char *bytes, size_t n)
{
    end_loan(in);
    buf_consume(&in->pending, in->at);
    in->at = 0;
    in->flushed = false;
    return buf_add(&in->pending, bytes, n);
}

static size_t key_event(struct input_event *out, uint32_t key, uint32_t mods, size_t used)
{
    out->type = INPUT_KEY;
    out->key = key;
    out->mods = mods;
    return used;
}

/* The first bind that the bytes begin with; *maybe: they are the beginning of one. */
static const struct bind *find_bind(const struct input *in, const char *p, size_t n, bool *maybe)
{
    const struct bind *best = NULL;
    *maybe = false;
    for (const struct bind *b = in->binds; b < in->binds + in->binds_n; b++) {
        if (memcmp(p, b->bytes, n < b->n ? n : b->n) != 0)
            continue;
        if (b->n > n)
            *maybe = true;
        else if (!best || b->n < best->n)
            best = b;
    }
    return best;
}

/* One character or control byte; 0: more bytes belong to it. */
static size_t parse_character(const char *p, size_t n, uint32_t mods, struct input_event *out)
{
    unsigned char c = (unsigned char)p[0];
    uint32_t cp;
    size_t used;
    if (c == '\r')
        return key_event(out, INPUT_ENTER, mods, 1);
    if (c == '\t')
        return key_event(out, INPUT_TAB, mods, 1);
    if (c == 0x7f)
        return key_event(out, INPUT_BACKSPACE, mods, 1);
    if (c == 0)
        return key_event(out, ' ', mods | INPUT_CTRL, 1);
    if (c < 0x1b)
        return key_event(out, c + 'a' - 1u, mods | INPUT_CTRL, 1);
    if (c < 0x20)
        return key_event(out, c + 'A' - 1u, mods | INPUT_CTRL, 1); /* ^\ ^] ^^ ^_ */
    if (n < 4 && utf8_missing(p, n) && utf8_floor(p, n) == 0)
        return 0;
    used = utf8_decode(p, n, &cp);
    if (cp >= 0x80 && cp < 0xa0)
        return used; /* C1 controls are no text */
    return key_event(out, cp == UTF8_BAD ? 0xfffd : cp, mods, used);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* A colour component of 1–4 hex digits, scaled to 0–255; -1: none. */
static int component(const char **p, const char *end)
{
    long value = 0, top = 1;
    int digit;
    while (*p < end && top < 65536 && (digit = hex_digit(**p)) >= 0) {
        value = value * 16 + digit;
        top *= 16;
        ++*p;
    }
    if (top == 1)
        return -1;
    if (*p < end && **p == '/')
        ++*p;
    return (int)(value * 255 / (top - 1));
}

static void parse_background(const char *text, size_t n, struct input_event *out)
{
    const char *p = memchr(text, ':', n), *end = text + n;
    int32_t rgb = 0;
    if (n < 7 || memcmp(text, "11;rgb", 6) != 0 || !p)
        return;
    p++;
    for (int i = 0; i < 3; i++) {
        int part = component(&p, end);
        if (part < 0)
            return;
        rgb = rgb << 8 | part;
    }
    out->type = INPUT_BACKGROUND;
    out->rgb = rgb;
}

/* OSC, DCS, APC …: answers of the terminal, up to BEL or ST. */
static size_t parse_string(const char *p, size_t n, struct input_event *out)
{
    size_t i = 2;
    while (i < n && i < STRING_MAX && p[i] != 7 && p[i] != 0x1b)
        i++;
    if (i >= STRING_MAX)
        return i;
    if (i == n || (p[i] == 0x1b && i + 1 == n))
        return 0;
    if (p[1] == ']')
        parse_background(p + 2, i - 2, out);
    if (p[i] == 0x1b && p[i + 1] != '\\')
        return i; /* cut by another sequence */
    return p[i] == 7 ? i + 1 : i + 2;
}

static size_t parse_escape(struct input *in, const char *p, size_t n, struct input_event *out)
{
    size_t used;
    if (n == 1)
        return 0;
    switch (p[1]) {
    case '[':
        used = input_csi(p, n, out);
        if (out->type == INPUT_PASTE) {
            in->in_paste = true;
            out->type = INPUT_NONE;
        }
        return used;
    case 'O':
        return input_ss3(p, n, out);
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        return parse_string(p, n, out);
    case 0x1b: /* Esc Esc, or Alt with a key that sends a sequence (rxvt) */
        if (n == 2)
            return 0;
        if (p[2] != '[' && p[2] != 'O')
            return key_event(out, INPUT_ESC, 0, 1);
        used = parse_escape(in, p + 1, n - 1, out);
        out->mods |= INPUT_ALT;
        return used ? used + 1 : 0;
    default:
        used = parse_character(p + 1, n - 1, INPUT_ALT, out);
        return used ? used + 1 : 0;
    }
}

static size_t parse(struct input *in, const char *p, size_t n, struct input_event *out)
{
    unsigned char c = (unsigned char)p[0];
    if (c < 0x20 || c == 0x7f) {
        bool maybe;
        const struct bind *b = find_bind(in, p, n, &maybe);
        if (b)
            return key_event(out, b->key, b->mods, b->n);
        if (maybe && !in->flushed)
            return 0;
    }
    return c == 0x1b ? parse_escape(in, p, n, out) : parse_character(p, n, 0, out);
}

/* What a beginning means when nothing follows. */
static size_t resolve(const char *p, size_t n, struct input_event *out)
{
    if (p[0] != 0x1b)
        return key_event(out, 0xfffd, 0, 1); /* a cut character */
    if (n == 1 || p[1] == 0x1b)
        return key_event(out, INPUT_ESC, 0, 1);
    if (n == 2 && p[1] > 0x20)
        return key_event(out, (unsigned char)p[1], INPUT_ALT, 2);
    return n;
}

static void paste_add(struct input *in, const char *p, size_t n)
{
    size_t room = in->paste.max - in->paste.len, take = n < room ? n : room;
    if (take < n || buf_add(&in->paste, p, take))
        in->paste_cut = true;
}

/* Terminals send line ends as CR; programs that paste through them, as either. */
static void unify_line_ends(struct buf *b)
{
    size_t to = 0;
    for (size_t i = 0; i < b->len; i++) {
        char c = b->data[i];
        if (c == '\r' && i + 1 < b->len && b->data[i + 1] == '\n')
            continue;
        b->data[to++] = c == '\r' ? '\n' : c;
    }
    buf_truncate(b, to);
}

static bool take_paste(struct input *in, struct input_event *out)
{
    size_t mark = sizeof paste_end - 1, n = in->pending.len - in->at;
    const char *p = in->pending.data + in->at, *end = memmem(p, n, paste_end, mark);
    if (!end) {
        size_t safe = n < mark ? 0 : n - (mark - 1);
        paste_add(in, p, safe);
        in->at += safe;
        return false;
    }
    paste_add(in, p, (size_t)(end - p));
    in->at += (size_t)(end - p) + mark;
    if (in->paste_cut)
        buf_truncate(&in->paste, utf8_floor(in->paste.data, in->paste.len));
    unify_line_ends(&in->paste);
    in->in_paste = false;
    in->paste_lent = true;
    *out = (struct input_event){
        .type = INPUT_PASTE, .text = in->paste.data, .n = in->paste.len, .cut = in->paste_cut};
    return true;
}

bool input_next(struct input *in, struct input_event *out)
{
    end_loan(in);
    *out = (struct input_event){.type = INPUT_NONE};
    while (in->at < in->pending.len) {
        const char *p = in->pending.data + in->at;
        size_t n = in->pending.len - in->at, used;
        if (in->in_paste)
            return take_paste(in, out);
        used = parse(in, p, n, out);
        if (used == 0) {
            if (!in->flushed)
                return false;
            used = resolve(p, n, out);
        }
        in->at += used;
        if (out->type != INPUT_NONE)
            return true;
        *out = (struct input_event){.type = INPUT_NONE};
    }
    return false;
}

int input_wait(const struct input *in)
{
    const char *p = in->pending.data + in->at;
    size_t n = in->pending.len - in->at;
    if (n == 0 || in->in_paste || in->flushed)
        return -1;
    if (n == 1 || p[0] != 0x1b)
        return ESC_WAIT;
    return n > 2 && strchr("]PX^_", p[1]) ? STRING_WAIT : SEQUENCE_WAIT;
}

void input_flush(struct input *in)
{
    if (!in->in_paste)
        in->flushed = true;
}
