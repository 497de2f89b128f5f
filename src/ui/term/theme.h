/* Themes: what each role looks like, read from themes/NAME.yaml, and mapped to the colours that a
 * terminal can show. A theme file may leave roles out; they keep the built-in dark look.
 *
 *   name: dark
 *   background: dark          # dark or light: which one OSC 11 chooses
 *   roles:
 *     dim: {fg: "#878787"}
 *     code.keyword: {fg: "#af87d7", bg: none, attrs: bold italic} */
#ifndef DISE_UI_THEME_H
#define DISE_UI_THEME_H

#include <stdbool.h>

#include "base/err.h"
#include "ui/term/style.h"

enum color_depth {
    COLOR_DEPTH_MONO, /* attributes only (NO_COLOR, vt100) */
    COLOR_DEPTH_8,    /* the eight colours; bright ones become bold */
    COLOR_DEPTH_16,
    COLOR_DEPTH_256,
    COLOR_DEPTH_RGB, /* only where terminfo has the capability RGB */
};

struct theme {
    char name[32];
    bool light; /* made for a light background */
    struct look looks[STYLE_COUNT];
};

/* The built-in dark theme; needs no file. */
void theme_builtin(struct theme *t);
/* Reads a theme file; roles that it does not name keep the built-in look. On an error (unknown
 * role, wrong colour; info has file:line:column) *t is the built-in theme. */
enum err theme_load(struct theme *t, const char *path, struct err_info *info) MUST_CHECK;
/* The look of a cell at a colour depth: style over ground, colours as index (8, 16, 256) or
 * 0xRRGGBB (RGB), LOOK_NONE where the terminal's own colour stays. */
struct look theme_look(const struct theme *t, enum style style, enum style ground,
                       enum color_depth depth);
/* Nearest index of 0xRRGGBB in the xterm palette of that depth (8, 16 or 256). */
int theme_nearest(int32_t rgb, enum color_depth depth);
/* Whether a background colour is a light one (for the OSC 11 answer). */
bool theme_is_light(int32_t rgb);

#endif
