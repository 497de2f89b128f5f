/* Roles of cells. Panes name a role, never a colour; the theme says how a role looks.
 *
 * A cell has two: its `style` (what the text is) and its `ground` (what it stands on: a bar, a
 * dialog, a selected row, a code block). The ground gives the background, and the foreground and
 * attributes where the style leaves them open; so a selected row keeps its syntax colours. */
#ifndef DISE_UI_STYLE_H
#define DISE_UI_STYLE_H

#include <stdint.h>

enum style {
#define STYLE(name, text, fg, bg, attrs, mono) STYLE_##name,
#include "ui/term/style.def"
#undef STYLE
    STYLE_COUNT
};

enum look_attr {
    LOOK_BOLD = 1,
    LOOK_DIM = 2,
    LOOK_ITALIC = 4,
    LOOK_UNDERLINE = 8,
    LOOK_REVERSE = 16,
};

/* The terminal's own foreground or background. */
#define LOOK_NONE (-1)

/* How something looks: colours are 0xRRGGBB in a theme; after theme_look() they are what the
 * terminal's colour depth takes (index or 0xRRGGBB). */
struct look {
    int32_t fg, bg; /* LOOK_NONE: the terminal's own */
    uint8_t attrs;  /* enum look_attr, or-ed */
};

/* "code.keyword"; never NULL. */
const char *style_name(enum style s);
/* STYLE_COUNT when there is no role of that name. */
enum style style_by_name(const char *name);

#endif
