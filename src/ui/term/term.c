#include "ui/term/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/utf8.h"

/* Of <term.h>, which cannot be included here: it defines a struct term of its own. */
extern char *tigetstr(NCURSES_CONST char *name);
extern int tigetnum(NCURSES_CONST char *name);
extern int tigetflag(NCURSES_CONST char *name);

enum { PAIRS_MAX = 256, OUT_MAX = 4 << 20, SIGNALS = 6 };

static const char modes_on[] = "\x1b[?2004h\x1b[?1004h"; /* bracketed paste, focus reports */
static const char modes_off[] =
    "\x1b[?2004l\x1b[?1004l\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l";
static const char mouse_on[] = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
static const char mouse_off[] = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";
static const char begin_frame[] = "\x1b[?2026h", end_frame[] = "\x1b[?2026l";

struct shown { /* a cell as it stands on the terminal */
    char text[CLUSTER_BYTES];
    uint8_t len, style, ground;
};

struct term {
    int in, out; /* two descriptions of the terminal */
    int memory;  /* what curses writes */
    FILE *file;
    SCREEN *screen;
    struct termios saved;
    struct theme theme;
    enum color_depth depth;
    bool mouse, inside, wants_ascii;
    int w, h;
    struct shown *shown;
    struct {
        int32_t fg, bg;
    } pairs[PAIRS_MAX];
    int pair_count, cursor_x, cursor_y;
    bool cursor_shown;
    struct buf pending; /* not yet taken by the terminal */
};

static struct term *the_term;
static char restore_text[512]; /* for handlers: only write() is allowed there */
static size_t restore_len;

/* ---- restoring ---- */

static void restore_now(void)
{
    struct term *t = the_term;
    if (!t || !t->inside)
        return;
    if (write(t->out, restore_text, restore_len) < 0)
        return;
    tcsetattr(t->out, TCSANOW, &t->saved);
}

static void on_fatal(int number)
{
    restore_now();
    the_term = NULL;
    signal(number, SIG_DFL);
    raise(number);
}

static void install_handlers(void)
{
    static const int fatal[SIGNALS] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGHUP};
    static bool done;
    struct sigaction a = {.sa_handler = on_fatal, .sa_flags = SA_RESETHAND};
    if (done)
        return;
    done = true;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(fatal[i], &a, NULL);
    atexit(restore_now);
}

static void remember_restore(void)
{
    char *leave = tigetstr("rmcup"), *show = tigetstr("cnorm"), *normal = tigetstr("sgr0");
    restore_len = (size_t)snprintf(restore_text, sizeof restore_text, "%s%s%s%s%s", modes_off,
                                   normal && normal != (char *)-1 ? normal : "",
                                   show && show != (char *)-1 ? show : "",
                                   leave && leave != (char *)-1 ? leave : "", end_frame);
}

/* ---- output ---- */

static enum term_drawn write_pending(struct term *t)
{
    while (t->pending.len) {
        ssize_t n = write(t->out, t->pending.data, t->pending.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? TERM_BUSY : TERM_GONE;
        buf_consume(&t->pending, (size_t)n);
    }
    return TERM_UNCHANGED;
}

static void put(struct term *t, const char *text, size_t n)
{
    if (buf_add(&t->pending, text, n)) /* a terminal that takes nothing for so long is away */
        buf_clear(&t->pending);
}

static void puts_now(struct term *t, const char *text)
{
    put(t, text, strlen(text));
    write_pending(t);
}

/* Takes over what curses has composed. */
static size_t take_memory(struct term *t, bool frame)
{
    off_t n = lseek(t->memory, 0, SEEK_CUR);
    char *data;
    if (n <= 0)
        return 0;
    data = mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, t->memory, 0);
    if (data != MAP_FAILED) {
        if (frame)
            put(t, begin_frame, sizeof begin_frame - 1);
        put(t, data, (size_t)n);
        if (frame)
            put(t, end_frame, sizeof end_frame - 1);
        munmap(data, (size_t)n);
    }
    lseek(t->memory, 0, SEEK_SET);
    return ftruncate(t->memory, 0) ? 0 : (size_t)n;
}

/* ---- opening ---- */

static enum err open_tty(struct term *t, const char *path, struct err_info *info)
{
    if (!path)
        path = "/dev/tty";
    t->in = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    t->out = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (t->in < 0 || t->out < 0 || tcgetattr(t->out, &t->saved))
        return err_set(info, ERR_UNSUPPORTED,
                       "the dashboard needs a terminal; without one use dise run \"TASK\"");
    return ERR_OK;
}

/* The capability RGB may be a flag, a number or a text. */
static bool says_rgb(void)
{
    char name[] = "RGB", *text = tigetstr(name);
    return COLORS >= 1 << 24 &&
           (tigetflag(name) > 0 || tigetnum(name) > 0 || (text && text != (char *)-1));
}

static enum color_depth depth_of(const struct term_options *o)
{
    const char *no = getenv("NO_COLOR");
    if (o->no_color || (no && *no) || !has_colors())
        return COLOR_DEPTH_MONO;
    start_color();
    use_default_colors();
    if (says_rgb())
        return COLOR_DEPTH_RGB;
    return COLORS >= 256 ? COLOR_DEPTH_256 : COLORS >= 16 ? COLOR_DEPTH_16 : COLOR_DEPTH_8;
}

static enum err open_curses(struct term *t, const struct term_options *o, struct err_info *info)
{
    const char *name = getenv("TERM");
    FILE *null;
    if (!name || !*name || strcmp(name, "dumb") == 0)
        return err_set(info, ERR_UNSUPPORTED,
                       "this terminal (TERM=%s) cannot place text; use dise run \"TASK\"",
                       name ? name : "");
    t->memory = memfd_create("frame", MFD_CLOEXEC);
    t->file = t->memory >= 0 ? fdopen(dup(t->memory), "w") : NULL;
    null = fopen("/dev/null", "re");
    if (!t->file || !null)
        return err_set(info, ERR_IO, "the terminal cannot be prepared");
    t->screen = newterm(name, t->file, null);
    if (!t->screen)
        t->screen = newterm("xterm-256color", t->file, null);
    if (!t->screen)
        return err_set(info, ERR_UNSUPPORTED,
                       "the terminal \"%s\" is unknown here; set TERM=xterm-256color", name);
    set_term(t->screen);
    raw();
    noecho();
    nonl();
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    t->depth = depth_of(o);
    return ERR_OK;
}

static void measure(struct term *t)
{
    struct winsize size = {0};
    if (ioctl(t->out, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row) {
        size.ws_col = 80;
        size.ws_row = 24;
    }
    t->w = size.ws_col;
    t->h = size.ws_row;
}

static enum err fit(struct term *t)
{
    struct shown *more = calloc((size_t)t->w * (size_t)t->h, sizeof *more);
    if (!more)
        return ERR_NOMEM;
    free(t->shown);
    t->shown = more;
    for (int i = 0; i < t->w * t->h; i++)
        t->shown[i].style = STYLE_COUNT; /* like nothing that can be drawn */
    if (is_term_resized(t->h, t->w))
        resize_term(t->h, t->w);
    clearok(curscr, TRUE);
    werase(stdscr);
    return ERR_OK;
}

void term_enter(struct term *t)
{
    struct termios raw_mode = t->saved;
    cfmakeraw(&raw_mode);
    tcsetattr(t->out, TCSADRAIN, &raw_mode);
    t->inside = true;
    term_redraw(t);
    doupdate();
    take_memory(t, false);
    puts_now(t, modes_on);
    if (t->mouse)
        puts_now(t, mouse_on);
}

void term_leave(struct term *t)
{
    if (!t->inside)
        return;
    put(t, modes_off, sizeof modes_off - 1);
    endwin();
    take_memory(t, false);
    for (int i = 0; i < 50 && write_pending(t) == TERM_BUSY; i++) {
        struct pollfd p = {t->out, POLLOUT, 0};
        poll(&p, 1, 20);
    }
    tcsetattr(t->out, TCSADRAIN, &t->saved);
    t->inside = false;
}

enum err term_open(struct term **out, const struct term_options *o, struct err_info *info)
{
    struct term *t = calloc(1, sizeof *t);
    enum err e;
    *out = NULL;
    if (!t)
        return err_set(info, ERR_NOMEM, "out of memory");
    t->in = t->out = t->memory = -1;
    buf_init(&t->pending, OUT_MAX);
    t->wants_ascii = !cluster_locale();
    t->mouse = !o->no_mouse;
    if (o->theme)
        t->theme = *o->theme;
    else
        theme_builtin(&t->theme);
    e = open_tty(t, o->path, info);
    if (!e)
        e = open_curses(t, o, info);
    if (!e) {
        measure(t);
        e = fit(t);
    }
    if (e) {
        term_close(t);
        return e;
    }
    the_term = t;
    remember_restore();
    install_handlers();
    term_enter(t);
    *out = t;
    return ERR_OK;
}

void term_close(struct term *t)
{
    if (!t)
        return;
    term_leave(t);
    if (the_term == t)
        the_term = NULL;
    if (t->screen)
        delscreen(t->screen);
    if (t->file)
        fclose(t->file);
    if (t->memory >= 0)
        close(t->memory);
    if (t->in >= 0)
        close(t->in);
    if (t->out >= 0)
        close(t->out);
    free(t->shown);
    buf_fini(&t->pending);
    free(t);
}

/* ---- looking ---- */

int term_in_fd(const struct term *t)
{
    return t->in;
}

int term_out_fd(const struct term *t)
{
    return t->out;
}

long term_read(struct term *t, char *bytes, size_t n)
{
    ssize_t got = read(t->in, bytes, n);
    if (got > 0)
        return got;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

void term_bind_keys(const struct term *t, struct input *in)
{
    static const struct {
        const char *name;
        uint32_t key;
    } keys[] = {{"kcuu1", INPUT_UP},     {"kcud1", INPUT_DOWN},    {"kcub1", INPUT_LEFT},
                {"kcuf1", INPUT_RIGHT},  {"khome", INPUT_HOME},    {"kend", INPUT_END},
                {"kpp", INPUT_PAGE_UP},  {"knp", INPUT_PAGE_DOWN}, {"kich1", INPUT_INSERT},
                {"kdch1", INPUT_DELETE}, {"kbs", INPUT_BACKSPACE}};
    char name[8];
    (void)t;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *text = tigetstr(keys[i].name);
        if (text && text != (char *)-1)
            input_bind(in, text, keys[i].key, 0);
    }
    for (uint32_t i = 1; i <= 12; i++) {
        char *text;
        snprintf(name, sizeof name, "kf%u", i);
        text = tigetstr(name);
        if (text && text != (char *)-1)
            input_bind(in, text, INPUT_F0 + i, 0);
    }
}

void term_size(const struct term *t, int *w, int *h)
{
    *w = t->w;
    *h = t->h;
}

bool term_resize(struct term *t)
{
    int w = t->w, h = t->h;
    measure(t);
    if (w == t->w && h == t->h)
        return false;
    if (fit(t)) {
        t->w = w;
        t->h = h;
        return false;
    }
    return true;
}

enum color_depth term_depth(const struct term *t)
{
    return t->depth;
}

bool term_wants_ascii(const struct term *t)
{
    return t->wants_ascii;
}

/* ---- drawing ---- */

static void forget_shown(struct term *t)
{
    for (int i = 0; i < t->w * t->h; i++)
        t->shown[i].style = STYLE_COUNT;
}

/* Where colours are direct, 1 to 7 still mean the palette's: the nearest that is not one of them.
 */
static int32_t direct(const struct term *t, int32_t color)
{
    return t->depth == COLOR_DEPTH_RGB && color > 0 && color < 8 ? 8 : color;
}

/* Curses' pair of two colours; a full table begins anew, and everything is drawn again. */
static int pair_of(struct term *t, int32_t fg, int32_t bg)
{
    if (fg == LOOK_NONE && bg == LOOK_NONE)
        return 0;
    for (int i = 0; i < t->pair_count; i++)
        if (t->pairs[i].fg == fg && t->pairs[i].bg == bg)
            return i + 1;
    if (t->pair_count >= PAIRS_MAX || t->pair_count + 1 >= COLOR_PAIRS) {
        t->pair_count = 0;
        forget_shown(t);
    }
    t->pairs[t->pair_count].fg = fg;
    t->pairs[t->pair_count].bg = bg;
    init_extended_pair(t->pair_count + 1, direct(t, fg), direct(t, bg));
    return ++t->pair_count;
}

static attr_t attributes_of(uint8_t a)
{
    return (a & LOOK_BOLD ? A_BOLD : 0) | (a & LOOK_DIM ? A_DIM : 0) |
           (a & LOOK_ITALIC ? A_ITALIC : 0) | (a & LOOK_UNDERLINE ? A_UNDERLINE : 0) |
           (a & LOOK_REVERSE ? A_REVERSE : 0);
}

static void draw_cell(struct term *t, int x, int y, const struct cell *cell)
{
    struct look look =
        theme_look(&t->theme, (enum style)cell->style, (enum style)cell->ground, t->depth);
    wchar_t wide[CLUSTER_BYTES + 1];
    size_t n = 0, at = 0;
    cchar_t c;
    int pair = t->depth == COLOR_DEPTH_MONO ? 0 : pair_of(t, look.fg, look.bg);
    while (at < cell->len && n < CCHARW_MAX) {
        uint32_t cp;
        at += utf8_decode(cell->text + at, cell->len - at, &cp);
        wide[n++] = cp == UTF8_BAD ? L'?' : (wchar_t)cp;
    }
    if (!n)
        wide[n++] = L' ';
    wide[n] = 0;
    setcchar(&c, wide, attributes_of(look.attrs), 0, &pair);
    mvadd_wch(y, x, &c);
}

static bool same_cell(const struct shown *a, const struct cell *b)
{
    return a->len == b->len && a->style == b->style && a->ground == b->ground &&
           memcmp(a->text, b->text, b->len) == 0;
}

static void draw_changes(struct term *t, const struct canvas *c)
{
    for (int y = 0; y < t->h && y < c->h; y++)
        for (int x = 0; x < t->w && x < c->w; x++) {
            const struct cell *cell = canvas_cell(c, x, y);
            struct shown *s = &t->shown[y * t->w + x];
            if (!cell || same_cell(s, cell))
                continue;
            if (cell->width > 0 || !cell->len)
                if (cell->width != 0)
                    draw_cell(t, x, y, cell);
            memcpy(s->text, cell->text, CLUSTER_BYTES);
            s->len = cell->len;
            s->style = cell->style;
            s->ground = cell->ground;
        }
}

static void place_cursor(struct term *t, const struct canvas *c)
{
    int x = 0, y = 0;
    bool shown = canvas_cursor_at(c, &x, &y) && x < t->w && y < t->h;
    if (shown != t->cursor_shown)
        curs_set(shown);
    t->cursor_shown = shown;
    if (shown)
        wmove(stdscr, y, x);
}

enum term_drawn term_draw(struct term *t, const struct canvas *c)
{
    enum term_drawn state = write_pending(t);
    if (state != TERM_UNCHANGED)
        return state;
    draw_changes(t, c);
    place_cursor(t, c);
    wnoutrefresh(stdscr);
    doupdate();
    fflush(t->file);
    if (!take_memory(t, true))
        return TERM_UNCHANGED;
    state = write_pending(t);
    return state == TERM_UNCHANGED ? TERM_DREW : state;
}

enum term_drawn term_flush(struct term *t)
{
    return write_pending(t);
}

void term_redraw(struct term *t)
{
    forget_shown(t);
    clearok(curscr, TRUE);
}

void term_set_theme(struct term *t, const struct theme *theme)
{
    t->theme = *theme;
    forget_shown(t);
}

/* ---- the rest ---- */

void term_mouse(struct term *t, bool on)
{
    t->mouse = on;
    puts_now(t, on ? mouse_on : mouse_off);
}

void term_title(struct term *t, const char *title)
{
    if (!*title) {
        puts_now(t, "\x1b[23;2t");
        return;
    }
    puts_now(t, "\x1b]2;");
    for (size_t n = strlen(title), used; n; title += used, n -= used) {
        uint32_t cp;
        used = utf8_decode(title, n, &cp);
        if (cp != UTF8_BAD && !utf8_is_control(cp))
            put(t, title, used);
    }
    puts_now(t, "\x07");
}

static enum err base64(const char *text, size_t n, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i += 3) {
        uint32_t v = (uint32_t)(unsigned char)text[i] << 16;
        char four[4];
        if (i + 1 < n)
            v |= (uint32_t)(unsigned char)text[i + 1] << 8;
        if (i + 2 < n)
            v |= (unsigned char)text[i + 2];
        four[0] = digits[v >> 18];
        four[1] = digits[v >> 12 & 63];
        four[2] = i + 1 < n ? digits[v >> 6 & 63] : '=';
        four[3] = i + 2 < n ? digits[v & 63] : '=';
        e = buf_add(out, four, 4);
    }
    return e;
}

/* screen takes device control strings of at most 768 bytes; its terminal gets them put together. */
static enum err wrap_for_screen(const char *text, struct buf *out)
{
    enum { PIECE = 700 };
    size_t n = strlen(text);
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < n; i += PIECE) {
        e = buf_adds(out, "\x1bP");
        if (!e)
            e = buf_add(out, text + i, n - i < PIECE ? n - i : PIECE);
        if (!e)
            e = buf_adds(out, "\x1b\\");
    }
    return e;
}

enum err term_copy(struct term *t, const char *text, size_t n, struct err_info *info)
{
    bool tmux = getenv("TMUX") != NULL, screen = !tmux && getenv("STY");
    struct buf code, wrapped;
    enum err e;
    if (n > TERM_COPY_MAX)
        return err_set(info, ERR_TOO_LARGE, "too long to be copied: %d KB at most",
                       TERM_COPY_MAX / 1000);
    buf_init(&code, 2 * TERM_COPY_MAX);
    buf_init(&wrapped, 3 * TERM_COPY_MAX);
    e = buf_adds(&code, tmux ? "\x1bPtmux;\x1b\x1b]52;c;" : "\x1b]52;c;");
    if (!e)
        e = base64(text, n, &code);
    if (!e)
        e = buf_adds(&code, tmux ? "\x07\x1b\\" : "\x07");
    if (!e && screen)
        e = wrap_for_screen(code.data, &wrapped);
    if (!e)
        puts_now(t, screen ? wrapped.data : code.data);
    buf_fini(&wrapped);
    buf_fini(&code);
    return e;
}

void term_ask_background(struct term *t)
{
    puts_now(t, "\x1b]11;?\x07");
}

void term_bell(struct term *t)
{
    puts_now(t, "\x07");
}

void term_suspend(struct term *t)
{
    term_leave(t);
    raise(SIGTSTP);
    term_enter(t);
}
