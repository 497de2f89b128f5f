/* The terminal: the only file that knows curses. Curses composes each frame's bytes in memory;
 * they go to /dev/tty in one write that never blocks, and a frame is skipped while the terminal
 * has not taken the one before. Input is read raw from a second descriptor and parsed by input.c.
 * One terminal a process. */
#ifndef DISE_UI_TERM_H
#define DISE_UI_TERM_H

#include "ui/term/canvas.h"
#include "ui/term/input.h"
#include "ui/term/theme.h"

struct term;

struct term_options {
    const char *path;          /* NULL: /dev/tty */
    bool no_color;             /* attributes only; NO_COLOR in the environment does the same */
    bool no_mouse;             /* leave the mouse to the terminal */
    const struct theme *theme; /* copied; NULL: built-in */
};

enum term_drawn {
    TERM_UNCHANGED, /* nothing to write */
    TERM_DREW,
    TERM_BUSY, /* the terminal is slow: call term_flush() when term_out_fd() is writable, draw again
                */
    TERM_GONE, /* the terminal is away (EIO): close and detach */
};

/* Takes the terminal over: raw mode, alternate screen, bracketed paste, focus reports, mouse. Sets
 * LC_CTYPE (cluster_locale), installs handlers that restore the terminal at exit and on fatal
 * signals, leaves SIGINT, SIGTERM, SIGTSTP and SIGWINCH as they were. Errors are sentences: no
 * /dev/tty, TERM unknown and no stand-in, TERM=dumb. */
enum err term_open(struct term **out, const struct term_options *o,
                   struct err_info *info) MUST_CHECK;
/* Restores the terminal. NULL is fine. */
void term_close(struct term *t);

/* Descriptors for the loop: both non-blocking and not shared with anybody. */
int term_in_fd(const struct term *t);
int term_out_fd(const struct term *t);
/* Reads once: bytes read, 0 when there is nothing now, -1 when the terminal is gone. */
long term_read(struct term *t, char *bytes, size_t n);
/* Teaches the parser the key strings of this terminal's terminfo entry. */
void term_bind_keys(const struct term *t, struct input *in);

void term_size(const struct term *t, int *w, int *h);
/* After SIGWINCH: asks the kernel for the size; true when it changed (resize the canvas, draw). */
bool term_resize(struct term *t);
/* Shows the canvas, which must have the terminal's size (else what overlaps). */
enum term_drawn term_draw(struct term *t, const struct canvas *c);
/* Writes what the terminal has not taken yet; TERM_UNCHANGED when nothing is left. */
enum term_drawn term_flush(struct term *t);
/* The next frame is painted whole (Ctrl-L, or another program wrote over it). */
void term_redraw(struct term *t);
void term_set_theme(struct term *t, const struct theme *theme);
enum color_depth term_depth(const struct term *t);
/* Whether borders should be ASCII (the terminal cannot show line characters in UTF-8). */
bool term_wants_ascii(const struct term *t);

void term_mouse(struct term *t, bool on);
/* Window title, controls stripped; "" gives the old one back where the terminal keeps a stack. */
void term_title(struct term *t, const char *title);
/* Copies to the system's clipboard by OSC 52 (wrapped for tmux and screen). ERR_TOO_LARGE over
 * TERM_COPY_MAX: terminals drop longer ones silently. */
enum { TERM_COPY_MAX = 74994 };
enum err term_copy(struct term *t, const char *text, size_t n, struct err_info *info) MUST_CHECK;
/* Asks for the background colour; the answer comes as INPUT_BACKGROUND, or never. */
void term_ask_background(struct term *t);
void term_bell(struct term *t);
/* Gives the terminal back, stops the process (SIGTSTP), and takes it over again when it goes on. */
void term_suspend(struct term *t);
/* The same for a child that uses the terminal ($EDITOR): leave … enter. */
void term_leave(struct term *t);
void term_enter(struct term *t);

#endif
