/* From the terminal's bytes to keys, mouse, paste and answers. Pure: no descriptor, no clock, and
 * any split of the bytes gives the same events. The caller reads, feeds, takes all events, and
 * calls input_flush() when nothing came for input_wait() milliseconds: only time tells a lone Esc
 * from the beginning of a sequence. */
#ifndef DISE_UI_INPUT_H
#define DISE_UI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum input_type {
    INPUT_NONE,
    INPUT_KEY,
    INPUT_MOUSE,
    INPUT_PASTE,    /* text, n: one whole paste, line ends as \n */
    INPUT_FOCUS_IN, /* the terminal window got or lost the focus */
    INPUT_FOCUS_OUT,
    INPUT_BACKGROUND, /* rgb: the answer to term_ask_background() */
};

/* Keys: a Unicode character, or one of these. Ctrl-letters are the small letter with
 * INPUT_CTRL; Shift is reported only where the character does not show it. */
enum input_key {
    INPUT_UP = 0x110000,
    INPUT_DOWN,
    INPUT_LEFT,
    INPUT_RIGHT,
    INPUT_HOME,
    INPUT_END,
    INPUT_PAGE_UP,
    INPUT_PAGE_DOWN,
    INPUT_INSERT,
    INPUT_DELETE,
    INPUT_BACKSPACE,
    INPUT_ENTER,
    INPUT_TAB,
    INPUT_ESC,
    INPUT_BEGIN, /* the keypad's middle key */
    INPUT_F0,    /* INPUT_F0 + n is Fn, n = 1 … 24 */
    INPUT_KEY_END = INPUT_F0 + 25,
};

enum input_mod { INPUT_SHIFT = 1, INPUT_ALT = 2, INPUT_CTRL = 4, INPUT_SUPER = 8 };

enum input_mouse {
    INPUT_PRESS,
    INPUT_RELEASE,
    INPUT_DRAG, /* moved with a button down; button 0: without */
    INPUT_WHEEL_UP,
    INPUT_WHEEL_DOWN,
};

struct input_event {
    enum input_type type;
    uint32_t key;  /* INPUT_KEY: character or enum input_key */
    uint32_t mods; /* enum input_mod, or-ed (keys and mouse) */
    enum input_mouse mouse;
    int button;       /* 1 left, 2 middle, 3 right */
    int x, y;         /* mouse: 0-based cell */
    int32_t rgb;      /* INPUT_BACKGROUND: 0xRRGGBB */
    const char *text; /* INPUT_PASTE: borrowed until the next call; not cleaned of controls */
    size_t n;
    bool cut; /* the paste was longer than INPUT_PASTE_MAX; the rest is dropped */
};

enum { INPUT_PASTE_MAX = 1 << 20 };

struct input;

/* NULL: no memory. */
struct input *input_new(void);
void input_free(struct input *in);
/* Makes `bytes` (a terminfo key string) mean key and mods; silently ignored when it is empty, a
 * printable character, too long, or when the table is full. */
void input_bind(struct input *in, const char *bytes, uint32_t key, uint32_t mods);
/* Adds bytes. ERR_NOMEM, or ERR_TOO_LARGE when events were not taken. */
enum err input_feed(struct input *in, const char *bytes, size_t n) MUST_CHECK;
/* Takes the next event; false: none yet. */
bool input_next(struct input *in, struct input_event *out);
/* Milliseconds after the last byte until input_flush() is due; -1: nothing is held back. */
int input_wait(const struct input *in);
/* No more bytes belong to what is held back: a lone Esc becomes a key, a cut sequence is dropped.
 * Then take events again. */
void input_flush(struct input *in);

/* A key's name as shown to people and written in actions.def: "^P", "M-Enter", "F1", "Space",
 * "S-Tab", "j", "PgUp". Returns out. */
const char *input_key_name(uint32_t key, uint32_t mods, char out[24]);
/* The reverse; false when the name is no key. Accepts also "C-p" and "Ctrl-p". */
bool input_key_parse(const char *name, uint32_t *key, uint32_t *mods);

#endif
