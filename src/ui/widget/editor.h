/* The line editor: what a person types, with history, undo and kill ring. Pure. Enter submits,
 * Alt-Enter and Ctrl-J make a new line; Up and Down move between rows and, at the first and last
 * row, through the history entries that begin with what stands before the cursor.
 *
 * Keys: ^A ^E ^B ^F Home End ←→ M-b M-f ^← ^→ · ^H Backspace ^D Delete ^W M-Backspace M-d · ^U ^K
 * ^Y M-y · ^_ undo, M-_ redo · ^T swaps. Everything else is EDITOR_IGNORED and the caller's. ^D in
 * an empty editor is ignored, too. */
#ifndef DISE_UI_EDITOR_H
#define DISE_UI_EDITOR_H

#include "ui/term/canvas.h"
#include "ui/term/input.h"

enum { EDITOR_MAX = 64 * 1024, EDITOR_HISTORY_MAX = 500 };

enum editor_result {
    EDITOR_IGNORED, /* not a key of the editor's */
    EDITOR_MOVED,   /* the cursor moved, or nothing to do */
    EDITOR_CHANGED, /* the text changed */
    EDITOR_SUBMIT,  /* Enter: read editor_text(), then call editor_accept() */
    EDITOR_FULL,    /* refused: editor_note() says why */
};

struct editor;

/* `multiline` false: Alt-Enter is ignored and pasted line ends become spaces (dialogs, search).
 * NULL: no memory. */
struct editor *editor_new(bool multiline);
void editor_free(struct editor *e);

/* Handles INPUT_KEY and INPUT_PASTE. */
enum editor_result editor_event(struct editor *e, const struct input_event *ev);
/* Inserts at the cursor, controls stripped (a paste, a completion). */
enum editor_result editor_insert(struct editor *e, const char *text, size_t n);
/* The text, NUL-terminated; borrowed until the next change. *n (may be NULL) gets its bytes. */
const char *editor_text(const struct editor *e, size_t *n);
size_t editor_cursor(const struct editor *e); /* byte offset */
/* Replaces the text, cursor at its end; can be undone. */
enum editor_result editor_set(struct editor *e, const char *text);
/* Replaces bytes from … to (a completed word), cursor behind it. */
enum editor_result editor_replace(struct editor *e, size_t from, size_t to, const char *text);
/* Ends an input: the text goes to the history (unless blank or the same as the last), the editor
 * is empty. */
void editor_accept(struct editor *e);
/* Adds an older entry, oldest first (from a file). ERR_NOMEM, ERR_TOO_LARGE. */
enum err editor_history_add(struct editor *e, const char *text) MUST_CHECK;
/* Entry i, 0 the oldest; NULL past the last. */
const char *editor_history(const struct editor *e, size_t i);
/* A sentence about the last refusal ("the input is full: 65536 bytes"); "" when there is none. */
const char *editor_note(const struct editor *e);

/* Rows that the text takes at `width` columns (≥ 1), soft-wrapped, with `prompt` before the first
 * row and its width of indent before the others. */
int editor_rows(const struct editor *e, int width, const char *prompt);
/* Draws into the whole canvas, scrolled so that the cursor's row shows; `placeholder` (may be NULL)
 * is shown when empty; the cursor is set only when `focused`. Up and Down go by the rows of the
 * last drawing. */
void editor_draw(struct editor *e, struct canvas *c, const char *prompt, const char *placeholder,
                 bool focused);
/* A click at a cell of the last drawing. */
void editor_click(struct editor *e, int x, int y);

#endif
