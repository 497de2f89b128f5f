/* A scrolling view over styled lines that are appended, wrapped when drawn. Appending costs only
 * what is appended, drawing only what shows, however long the document is. Lines have absolute
 * numbers that stay theirs when the oldest are dropped at the ceiling. */
#ifndef DISE_UI_TEXT_VIEW_H
#define DISE_UI_TEXT_VIEW_H

#include "ui/term/canvas.h"
#include "ui/widget/scroll.h"

enum text_wrap {
    TEXT_WRAP_WORD, /* at blanks where possible */
    TEXT_WRAP_CHAR, /* code: anywhere */
    TEXT_WRAP_NONE, /* cut at the edge with "…" */
    TEXT_WRAP_RULE, /* text, then a line to the edge; what stands after a tab is flush right */
};

/* How a line is set out. */
struct text_layout {
    uint8_t margin; /* blank columns at the left of every row */
    uint8_t hang;   /* more blank columns before the second and later rows */
    uint8_t wrap;   /* enum text_wrap */
    uint8_t ground; /* enum style, behind the whole row from the margin on */
};

struct text_view;

/* Holds up to `max` bytes of text, then drops the oldest lines. NULL: no memory. */
struct text_view *text_view_new(size_t max);
void text_view_free(struct text_view *v);
void text_view_clear(struct text_view *v);

/* Begins a new line (also the very first one). `label` (may be NULL) is drawn in its margin. */
enum err text_view_line(struct text_view *v, struct text_layout layout, enum style label_style,
                        const char *label) MUST_CHECK;
/* Appends to the last line; a \n begins another of the same layout. Controls must have been
 * stripped by a cleaner, or are stripped when drawn. */
enum err text_view_add(struct text_view *v, enum style s, const char *text, size_t n) MUST_CHECK;
/* Number of the first line held, and of the one after the last. */
size_t text_view_first(const struct text_view *v);
size_t text_view_end(const struct text_view *v);
/* Removes the lines from `line` on (to write a stream's tail again). */
void text_view_cut(struct text_view *v, size_t line);
/* Text of a line without its label, not terminated; borrowed until the next change. */
const char *text_view_get(const struct text_view *v, size_t line, size_t *n);

/* Draws into the whole canvas and remembers its size for scrolling. At the end it follows: what is
 * appended shows. */
void text_view_draw(struct text_view *v, struct canvas *c);
/* While text streams in: the view follows in leaps of a third of its height and leaves blank rows
 * below, instead of moving by every row, which would write all of it to the terminal each time. */
void text_view_leap(struct text_view *v, bool on);
/* false: it could not move. */
bool text_view_scroll(struct text_view *v, enum scroll how);
/* Brings a line to the top of the view. */
void text_view_goto(struct text_view *v, size_t line);
bool text_view_following(const struct text_view *v);
/* The line shown in row y of the last drawing; text_view_end() when none. */
size_t text_view_line_at(const struct text_view *v, int y);
/* Lines above the view and lines in all, for a scroll bar. */
void text_view_position(const struct text_view *v, size_t *above, size_t *total);

/* Highlights every place of `text` ("" or NULL: ends the search) and goes to the last one at or
 * before the view's end. Small letters match both cases. Returns whether there is one. */
bool text_view_search(struct text_view *v, const char *text);
/* The next (n) or previous (N) match, around the ends. */
bool text_view_match(struct text_view *v, bool backwards);
/* Places of the text that is looked for, and which of them is the current one, from 1; 0: none. */
void text_view_found(const struct text_view *v, size_t *at, size_t *of);

#endif
