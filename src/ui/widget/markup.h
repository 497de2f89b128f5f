/* Model text (Markdown as models write it) → styled lines of a text_view, while it streams:
 * headings, **bold**, `code`, and fenced code with colours for Python. A line that is not complete
 * yet is written again when more of it comes; finished lines are never touched again. */
#ifndef DISE_UI_MARKUP_H
#define DISE_UI_MARKUP_H

#include "ui/widget/text_view.h"

struct markup;

/* Writes to `v`, which must outlive it, in lines of that layout; the first line gets the label (may
 * be NULL). NULL: no memory. */
struct markup *markup_new(struct text_view *v, struct text_layout layout, enum style label_style,
                          const char *label);
void markup_free(struct markup *m);
/* Any split of the text gives the same lines. Controls are stripped. Other writers may append to
 * the view between two calls; the stream then goes on behind them on a new line. */
enum err markup_feed(struct markup *m, const char *text, size_t n) MUST_CHECK;
/* Begins a code block without a fence (a stored program); `note` (may be NULL) stands flush right
 * in its header. */
enum err markup_code(struct markup *m, const char *language, const char *note) MUST_CHECK;
/* What stands flush right in the headers of the code blocks to come ("candidate c"). */
void markup_note(struct markup *m, const char *note);
/* The text is complete. */
enum err markup_end(struct markup *m) MUST_CHECK;

#endif
