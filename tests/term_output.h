/* A terminal for tests: a pseudo-terminal whose other end is read, and the check that what came is
 * text and sequences that DiSE itself writes. */
#ifndef DISE_TESTS_TERM_OUTPUT_H
#define DISE_TESTS_TERM_OUTPUT_H

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "ui/term/term.h"

struct fake_terminal {
    int master, slave; /* the slave is kept open, so that the master never hangs up */
    char path[64];
};

static inline bool fake_open(struct fake_terminal *t, int w, int h)
{
    const struct winsize size = {.ws_col = (unsigned short)w, .ws_row = (unsigned short)h};
    t->slave = -1;
    t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (t->master < 0 || grantpt(t->master) || unlockpt(t->master) ||
        ptsname_r(t->master, t->path, sizeof t->path))
        return false;
    t->slave = open(t->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return t->slave >= 0 && ioctl(t->slave, TIOCSWINSZ, &size) == 0;
}

static inline void fake_close(struct fake_terminal *t)
{
    close(t->slave);
    close(t->master);
}

/* Takes what is there now. */
static inline void fake_read(struct fake_terminal *t, struct buf *out)
{
    char bytes[4096];
    ssize_t n;
    struct pollfd p = {t->master, POLLIN, 0};
    while (poll(&p, 1, 0) > 0 && (n = read(t->master, bytes, sizeof bytes)) > 0)
        if (buf_add(out, bytes, (size_t)n))
            return;
}

/* Draws until the terminal has taken the whole frame. */
static inline void fake_draw(struct fake_terminal *t, struct term *term, const struct canvas *c,
                             struct buf *out)
{
    enum term_drawn state = term_draw(term, c);
    fake_read(t, out);
    while (state == TERM_BUSY) {
        state = term_flush(term);
        fake_read(t, out);
    }
}

static inline bool known_mode(const char *p, size_t n)
{
    static const char *const modes[] = {"1",    "7",    "12",   "12;25", "25",   "1000", "1002",
                                        "1003", "1004", "1006", "1049",  "2004", "2026"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strlen(modes[i]) == n && memcmp(modes[i], p, n) == 0)
            return true;
    return false;
}

/* Length of the sequence that begins at p with ESC; 0: none that DiSE writes. */
static inline size_t known_sequence(const char *p, size_t n)
{
    size_t i = 2;
    if (n < 2)
        return 0;
    if (strchr("=>78M", p[1]))
        return 2;
    if (strchr("()", p[1]))
        return n > 2 && strchr("0B", p[2]) ? 3 : 0;
    if (n >= 6 && memcmp(p, "\x1b]104\x07", 6) == 0) /* curses resets the palette when it begins */
        return 6;
    if (p[1] != '[')
        return 0;
    while (i < n && (p[i] == '?' || p[i] == '>' || p[i] == '!'))
        i++;
    while (i < n && (strchr("0123456789;:", p[i]) && p[i]))
        i++;
    if (i >= n)
        return 0;
    if (p[2] == '?')
        return (p[i] == 'h' || p[i] == 'l') && known_mode(p + 3, i - 3) ? i + 1 : 0;
    if (p[2] == '!' || p[2] == '>')
        return 0;
    if (p[i] == 't') /* xterm's stack of titles, around the alternate screen */
        return (p[2] == '2' && (p[3] == '2' || p[3] == '3')) ? i + 1 : 0;
    return strchr("mHJKGdX@PLMABCDrSTbfhl", p[i]) ? i + 1 : 0;
}

/* Offset of the first byte that belongs neither to printable text nor to a sequence that DiSE
 * writes; n: there is none. */
static inline size_t foreign_byte(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t used = utf8_decode(bytes + i, n - i, &cp);
        if (cp == 0x1b) {
            used = known_sequence(bytes + i, n - i);
            if (!used)
                return i;
        } else if (cp == UTF8_BAD || cp == 0x7f || (cp >= 0x80 && cp < 0xa0) ||
                   (cp < 0x20 && cp != '\r' && cp != '\n' && cp != '\b' && cp != '\t')) {
            return i;
        }
        i += used;
    }
    return n;
}

#endif
