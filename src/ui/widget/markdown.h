/* A Markdown document (a report) → lines of a text_view: headings, lists, **bold**, `code`, fenced
 * code, and tables, which are aligned and fit the width. */
#ifndef DISE_UI_MARKDOWN_H
#define DISE_UI_MARKDOWN_H

#include "ui/widget/text_view.h"

/* Replaces what the view holds, for `width` columns; `ascii`: no sign of its own but ASCII. An
 * out-of-memory shows a part. */
void markdown_show(struct text_view *v, const char *text, int width, bool ascii);

#endif
