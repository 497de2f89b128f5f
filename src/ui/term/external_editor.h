/* Lets the person change a text in $VISUAL, $EDITOR or vi, on this process's terminal, which must
 * have been given back before (term_leave). Blocks until the editor has ended. */
#ifndef DISE_UI_EXTERNAL_EDITOR_H
#define DISE_UI_EXTERNAL_EDITOR_H

#include "base/buf.h"

/* The text lies in a file `name` (0600) in a folder of its own (0700), which is removed afterwards.
 * The new text is appended to `out`. Errors are sentences: the editor did not start or ended with
 * an error (the text is then not taken), the file cannot be written or read, it is too large. */
enum err external_edit(const char *name, const char *text, struct buf *out,
                       struct err_info *info) MUST_CHECK;

#endif
