/* A grid of cells that panes draw into; term.c shows it, tests read it as text. Deterministic and
 * without a terminal. All drawing is clipped; coordinates are relative to the canvas. */
#ifndef DISE_UI_CANVAS_H
#define DISE_UI_CANVAS_H

#include "ui/term/cluster.h"
#include "ui/term/style.h"

struct rect {
    int x, y, w, h;
};

bool rect_has(struct rect r, int x, int y);

struct cell {
    char text[CLUSTER_BYTES];
    uint8_t len;           /* bytes; 0: a blank, or the right half of a wide character (width 0) */
    uint8_t width;         /* 1, 2, or 0 for the right half */
    uint8_t style, ground; /* enum style */
};

struct grid; /* the cells, shared by a canvas and its parts */

/* A value: a canvas is a window onto a grid. Copies and parts draw into the same cells. */
struct canvas {
    struct grid *grid;
    int x, y;         /* its corner in the grid */
    int w, h;         /* its size: what a pane lays itself out for */
    struct rect clip; /* what of it can be written, in grid coordinates */
};

/* Symbols with an ASCII stand-in, see canvas_glyph. */
enum glyph {
#define GLYPH(name, utf8, ascii) GLYPH_##name,
#include "ui/term/glyph.def"
#undef GLYPH
    GLYPH_COUNT
};

/* A root canvas of w×h blanks; `ascii` draws borders and glyphs in ASCII. */
enum err canvas_init(struct canvas *c, int w, int h, bool ascii) MUST_CHECK;
void canvas_fini(struct canvas *c);
/* Blanks of the new size; parts made before are void. On ERR_NOMEM it keeps the old size. */
enum err canvas_resize(struct canvas *c, int w, int h) MUST_CHECK;
/* Switches between UTF-8 and ASCII borders and glyphs. */
void canvas_set_ascii(struct canvas *c, bool ascii);
bool canvas_ascii(const struct canvas *c);
/* All blanks on STYLE_TEXT ground, cursor hidden. */
void canvas_clear(struct canvas *c);
/* The part `r` of c; it is clipped to c and valid as long as c's grid keeps its size. */
struct canvas canvas_part(const struct canvas *c, struct rect r);

/* Draws one line of text on the ground that is there; returns the columns drawn. Text that is too
 * long is clipped; a wide character that does not fit whole becomes a blank. */
int canvas_puts(struct canvas *c, int x, int y, enum style s, const char *text);
int canvas_put(struct canvas *c, int x, int y, enum style s, const char *text, size_t n);
int canvas_printf(struct canvas *c, int x, int y, enum style s, const char *format, ...)
    PRINTF_LIKE(5, 6);
/* At most `width` columns; a longer text ends in "…". Returns the columns drawn. */
int canvas_put_fit(struct canvas *c, int x, int y, int width, enum style s, const char *text);
/* The same, but flush right: the text ends in column x + width - 1. */
int canvas_put_right(struct canvas *c, int x, int y, int width, enum style s, const char *text);

/* Words into the rows of `at`, the last one ending in "…" when there is more; returns the rows
 * used.
 */
int canvas_put_wrapped(struct canvas *c, struct rect at, enum style s, const char *text);

/* Blanks on a ground. */
void canvas_fill(struct canvas *c, struct rect r, enum style ground);
/* Changes the ground and keeps the text (a selected row). */
void canvas_ground(struct canvas *c, struct rect r, enum style ground);
/* Changes the style and keeps the text (a search match). */
void canvas_restyle(struct canvas *c, struct rect r, enum style s);
void canvas_hline(struct canvas *c, int x, int y, int w, enum style s);
void canvas_vline(struct canvas *c, int x, int y, int h, enum style s);
/* A rounded border, its inside untouched; nothing when smaller than 2×2. */
void canvas_box(struct canvas *c, struct rect r, enum style s);
/* ├────┤ across the box `r` in row y. */
void canvas_divide(struct canvas *c, struct rect r, int y, enum style s);
/* A thumb in column x, rows y … y + h - 1, for `shown` of `total` rows from `top`; nothing when all
 * is shown. */
void canvas_scrollbar(struct canvas *c, int x, int y, int h, size_t top, size_t shown,
                      size_t total);
/* "✔" or its ASCII stand-in, never NULL. */
const char *canvas_glyph(const struct canvas *c, enum glyph g);
/* A bar graph of n values 0 … max (0: the largest of them), the newest at the right, w columns. */
void canvas_spark(struct canvas *c, int x, int y, int w, enum style s, const double *values,
                  size_t n, double max);

/* Where the terminal's cursor is shown; outside the canvas it stays hidden. */
void canvas_cursor(struct canvas *c, int x, int y);
/* The cursor's place in the grid; false: hidden. */
bool canvas_cursor_at(const struct canvas *c, int *x, int *y);
/* The cell at a place in the canvas; NULL outside. Borrowed until the next drawing. */
const struct cell *canvas_cell(const struct canvas *c, int x, int y);
/* Appends the text of all rows, blanks at line ends cut, each with a newline. */
enum err canvas_text(const struct canvas *c, struct buf *out) MUST_CHECK;
/* Appends one line per run of equal looks: "y,x+w style/ground text". */
enum err canvas_styles(const struct canvas *c, struct buf *out) MUST_CHECK;

#endif
