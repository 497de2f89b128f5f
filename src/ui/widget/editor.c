#include "ui/widget/editor.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { UNDO_MAX = 100 };

struct version {
    char *text;
    size_t cursor;
};

struct editor {
    struct buf text;
    size_t cursor;
    bool multiline;
    char *history[EDITOR_HISTORY_MAX];
    size_t history_count, history_at; /* history_at == count: the text itself */
    char *draft;                      /* what was typed before going through the history */
    size_t prefix;                    /* bytes that an entry must begin with */
    struct buf killed;
    struct version undo[UNDO_MAX];
    size_t undo_count, redo_count; /* redo entries stand behind the undo entries */
    bool typing;                   /* plain characters in a row are one change */
    char note[80];
    int width, indent, top; /* of the last drawing */
};

struct editor *editor_new(bool multiline)
{
    struct editor *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    buf_init(&e->text, EDITOR_MAX);
    buf_init(&e->killed, EDITOR_MAX);
    e->multiline = multiline;
    e->width = 80;
    return e;
}

static void forget_versions(struct editor *e, size_t from)
{
    for (size_t i = from; i < e->undo_count + e->redo_count; i++)
        free(e->undo[i].text);
}

void editor_free(struct editor *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->history_count; i++)
        free(e->history[i]);
    forget_versions(e, 0);
    free(e->draft);
    buf_fini(&e->text);
    buf_fini(&e->killed);
    free(e);
}

const char *editor_text(const struct editor *e, size_t *n)
{
    if (n)
        *n = e->text.len;
    return e->text.data;
}

size_t editor_cursor(const struct editor *e)
{
    return e->cursor;
}

const char *editor_note(const struct editor *e)
{
    return e->note;
}

/* ---- changes ---- */

/* Keeps the present text for undo. */
static void remember(struct editor *e)
{
    char *copy = strdup(e->text.data);
    if (!copy)
        return;
    forget_versions(e, e->undo_count);
    e->redo_count = 0;
    if (e->undo_count == UNDO_MAX) {
        free(e->undo[0].text);
        memmove(e->undo, e->undo + 1, (UNDO_MAX - 1) * sizeof *e->undo);
        e->undo_count--;
    }
    e->undo[e->undo_count++] = (struct version){copy, e->cursor};
}

static enum editor_result splice(struct editor *e, size_t from, size_t to, const char *text,
                                 size_t n)
{
    struct buf rest;
    enum err err;
    if (e->text.len - (to - from) + n > EDITOR_MAX) {
        snprintf(e->note, sizeof e->note, "the input is full: %d bytes", EDITOR_MAX);
        return EDITOR_FULL;
    }
    buf_init(&rest, EDITOR_MAX);
    err = buf_add(&rest, e->text.data + to, e->text.len - to);
    if (!err) {
        buf_truncate(&e->text, from);
        err = buf_add(&e->text, text, n);
        e->cursor = e->text.len;
        if (!err)
            err = buf_add(&e->text, rest.data, rest.len);
    }
    buf_fini(&rest);
    e->history_at = e->history_count;
    return err ? EDITOR_FULL : EDITOR_CHANGED;
}

static enum editor_result change(struct editor *e, size_t from, size_t to, const char *text,
                                 size_t n)
{
    remember(e);
    e->typing = false;
    return splice(e, from, to, text, n);
}

enum editor_result editor_insert(struct editor *e, const char *text, size_t n)
{
    struct cleaner cleaner = {0};
    struct buf clean;
    enum editor_result r;
    buf_init(&clean, EDITOR_MAX);
    if (cleaner_feed(&cleaner, text, n, &clean)) {
        buf_fini(&clean);
        snprintf(e->note, sizeof e->note, "too long for the input: %d bytes at most", EDITOR_MAX);
        return EDITOR_FULL;
    }
    for (size_t i = 0; i < clean.len; i++)
        if (clean.data[i] == '\t' || (clean.data[i] == '\n' && !e->multiline))
            clean.data[i] = ' ';
    r = change(e, e->cursor, e->cursor, clean.data, clean.len);
    buf_fini(&clean);
    return r;
}

enum editor_result editor_set(struct editor *e, const char *text)
{
    return change(e, 0, e->text.len, text, strlen(text));
}

enum editor_result editor_replace(struct editor *e, size_t from, size_t to, const char *text)
{
    if (from > to || to > e->text.len)
        return EDITOR_IGNORED;
    return change(e, from, to, text, strlen(text));
}

static enum editor_result take_version(struct editor *e, bool back)
{
    struct version now = {strdup(e->text.data), e->cursor}, then;
    if (!now.text || (back ? e->undo_count : e->redo_count) == 0) {
        free(now.text);
        return EDITOR_MOVED;
    }
    then = e->undo[back ? e->undo_count - 1 : e->undo_count];
    e->undo[back ? e->undo_count - 1 : e->undo_count] = now;
    e->undo_count += back ? (size_t)-1 : 1;
    e->redo_count += back ? 1 : (size_t)-1;
    splice(e, 0, e->text.len, then.text, strlen(then.text));
    e->cursor = then.cursor;
    e->typing = false;
    free(then.text);
    return EDITOR_CHANGED;
}

/* ---- places ---- */

static size_t left(const struct editor *e, size_t at)
{
    return at ? cluster_prev(e->text.data, at) : 0;
}

static size_t right(const struct editor *e, size_t at)
{
    struct cluster k;
    return at < e->text.len ? at + cluster_next(e->text.data + at, e->text.len - at, &k) : at;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_left(const struct editor *e, size_t at)
{
    while (at && !is_word(e->text.data[at - 1]))
        at--;
    while (at && is_word(e->text.data[at - 1]))
        at--;
    return at;
}

static size_t word_right(const struct editor *e, size_t at)
{
    while (at < e->text.len && !is_word(e->text.data[at]))
        at++;
    while (at < e->text.len && is_word(e->text.data[at]))
        at++;
    return at;
}

static size_t line_start(const struct editor *e, size_t at)
{
    while (at && e->text.data[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(const struct editor *e, size_t at)
{
    while (at < e->text.len && e->text.data[at] != '\n')
        at++;
    return at;
}

/* ---- killing ---- */

static enum editor_result kill(struct editor *e, size_t from, size_t to)
{
    if (from == to)
        return EDITOR_MOVED;
    buf_clear(&e->killed);
    if (buf_add(&e->killed, e->text.data + from, to - from))
        return EDITOR_FULL;
    return change(e, from, to, "", 0);
}

/* ---- history ---- */

static enum err history_push(struct editor *e, const char *text)
{
    char *copy;
    if (strlen(text) > EDITOR_MAX)
        return ERR_TOO_LARGE;
    copy = strdup(text);
    if (!copy)
        return ERR_NOMEM;
    if (e->history_count == EDITOR_HISTORY_MAX) {
        free(e->history[0]);
        memmove(e->history, e->history + 1, (EDITOR_HISTORY_MAX - 1) * sizeof *e->history);
        e->history_count--;
    }
    e->history[e->history_count++] = copy;
    e->history_at = e->history_count;
    return ERR_OK;
}

enum err editor_history_add(struct editor *e, const char *text)
{
    return history_push(e, text);
}

const char *editor_history(const struct editor *e, size_t i)
{
    return i < e->history_count ? e->history[i] : NULL;
}

void editor_accept(struct editor *e)
{
    const char *last = e->history_count ? e->history[e->history_count - 1] : "";
    bool blank = strspn(e->text.data, " \t\n") == e->text.len;
    if (!blank && strcmp(last, e->text.data) != 0 && history_push(e, e->text.data))
        e->note[0] = 0;
    forget_versions(e, 0);
    e->undo_count = e->redo_count = 0;
    buf_clear(&e->text);
    e->cursor = 0;
    e->history_at = e->history_count;
    e->typing = false;
    free(e->draft);
    e->draft = NULL;
}

static void show_history(struct editor *e, size_t at)
{
    const char *text = at < e->history_count ? e->history[at] : e->draft ? e->draft : "";
    splice(e, 0, e->text.len, text, strlen(text));
    e->history_at = at;
}

/* The next older (or newer) entry that begins with what stood before the cursor. */
static enum editor_result history_step(struct editor *e, bool older)
{
    size_t at = e->history_at;
    if (at == e->history_count && older) {
        free(e->draft);
        e->draft = strdup(e->text.data);
        e->prefix = e->cursor;
    }
    while (older ? at > 0 : at < e->history_count) {
        at += older ? (size_t)-1 : 1;
        if (at == e->history_count ||
            (e->draft && strncmp(e->history[at], e->draft, e->prefix) == 0)) {
            show_history(e, at);
            return EDITOR_CHANGED;
        }
    }
    return EDITOR_MOVED;
}

/* ---- rows ---- */

/* End of the row that begins at `at`; *next gets the beginning of the one after it, and SIZE_MAX
 * when the text ends here. */
static size_t row_end(const struct editor *e, size_t at, size_t *next)
{
    size_t stop = line_end(e, at), end;
    int width = e->width - e->indent;
    end = at + cluster_fit(e->text.data + at, stop - at, width < 1 ? 1 : width, NULL);
    if (end < stop && end == at)
        end = right(e, at);
    if (end < stop)
        *next = end;
    else
        *next = stop < e->text.len ? stop + 1 : SIZE_MAX;
    return end;
}

/* Row and column of the cursor; returns the number of rows. */
static int locate(const struct editor *e, int *row, int *column)
{
    size_t at = 0, next;
    int rows = 0;
    *row = *column = 0;
    for (;; at = next) {
        size_t end = row_end(e, at, &next);
        bool soft = next == end; /* the row goes on: its end belongs to the next one */
        if (e->cursor >= at && (e->cursor < end || (e->cursor == end && !soft))) {
            *row = rows;
            *column = cluster_columns(e->text.data + at, e->cursor - at);
        }
        rows++;
        if (next == SIZE_MAX)
            return rows;
    }
}

static size_t place_at(const struct editor *e, int row, int column)
{
    size_t at = 0, next;
    for (int i = 0;; i++, at = next) {
        size_t end = row_end(e, at, &next);
        if (i == row || next == SIZE_MAX)
            return at + cluster_fit(e->text.data + at, end - at, column < 0 ? 0 : column, NULL);
    }
}

static enum editor_result vertical(struct editor *e, bool up)
{
    int row, column, rows = locate(e, &row, &column);
    if (up ? row == 0 : row == rows - 1)
        return history_step(e, up);
    e->cursor = place_at(e, up ? row - 1 : row + 1, column);
    return EDITOR_MOVED;
}

int editor_rows(const struct editor *e, int width, const char *prompt)
{
    struct editor *m = (struct editor *)(uintptr_t)e;
    int row, column;
    m->width = width < 1 ? 1 : width;
    m->indent = cluster_columns(prompt, strlen(prompt));
    return locate(e, &row, &column);
}

void editor_draw(struct editor *e, struct canvas *c, const char *prompt, const char *placeholder,
                 bool focused)
{
    int row, column, y = 0;
    size_t at = 0, next = 0;
    editor_rows(e, c->w, prompt);
    locate(e, &row, &column);
    if (row < e->top)
        e->top = row;
    if (row >= e->top + c->h)
        e->top = row - c->h + 1;
    for (int i = 0; next != SIZE_MAX && y < c->h; i++, at = next) {
        size_t end = row_end(e, at, &next);
        if (i < e->top)
            continue;
        if (i == 0)
            canvas_puts(c, 0, y, STYLE_PROMPT, prompt);
        canvas_put(c, e->indent, y, STYLE_INPUT, e->text.data + at, end - at);
        y++;
    }
    if (!e->text.len && placeholder)
        canvas_put_fit(c, e->indent, 0, c->w - e->indent, STYLE_PLACEHOLDER, placeholder);
    if (focused)
        canvas_cursor(c, e->indent + column < c->w ? e->indent + column : c->w - 1, row - e->top);
}

void editor_click(struct editor *e, int x, int y)
{
    e->cursor = place_at(e, e->top + y, x - e->indent);
    e->typing = false;
}

/* ---- keys ---- */

static enum editor_result move(struct editor *e, size_t to)
{
    e->cursor = to;
    e->typing = false;
    return EDITOR_MOVED;
}

static enum editor_result swap(struct editor *e)
{
    size_t at = e->cursor < e->text.len ? e->cursor : left(e, e->cursor), before = left(e, at),
           after = right(e, at);
    char both[2 * CLUSTER_BYTES * 4];
    size_t a = at - before, b = after - at;
    if (before == at || a + b > sizeof both)
        return EDITOR_MOVED;
    memcpy(both, e->text.data + at, b);
    memcpy(both + b, e->text.data + before, a);
    return change(e, before, after, both, a + b);
}

static enum editor_result control_key(struct editor *e, uint32_t key)
{
    switch (key) {
    case 'a':
        return move(e, line_start(e, e->cursor));
    case 'e':
        return move(e, line_end(e, e->cursor));
    case 'b':
        return move(e, left(e, e->cursor));
    case 'f':
        return move(e, right(e, e->cursor));
    case 'h':
        return e->cursor ? change(e, left(e, e->cursor), e->cursor, "", 0) : EDITOR_MOVED;
    case 'd':
        if (!e->text.len)
            return EDITOR_IGNORED;
        return e->cursor < e->text.len ? change(e, e->cursor, right(e, e->cursor), "", 0)
                                       : EDITOR_MOVED;
    case 'w':
        return kill(e, word_left(e, e->cursor), e->cursor);
    case 'u':
        return kill(e, line_start(e, e->cursor), e->cursor);
    case 'k':
        return kill(e, e->cursor, line_end(e, e->cursor));
    case 'y':
        return change(e, e->cursor, e->cursor, e->killed.data, e->killed.len);
    case 't':
        return swap(e);
    case 'j':
        return e->multiline ? change(e, e->cursor, e->cursor, "\n", 1) : EDITOR_SUBMIT;
    case '_':
    case '/':
        return take_version(e, true);
    case INPUT_LEFT:
        return move(e, word_left(e, e->cursor));
    case INPUT_RIGHT:
        return move(e, word_right(e, e->cursor));
    default:
        return EDITOR_IGNORED;
    }
}

static enum editor_result alt_key(struct editor *e, uint32_t key)
{
    switch (key) {
    case 'b':
        return move(e, word_left(e, e->cursor));
    case 'f':
        return move(e, word_right(e, e->cursor));
    case 'd':
        return kill(e, e->cursor, word_right(e, e->cursor));
    case INPUT_BACKSPACE:
        return kill(e, word_left(e, e->cursor), e->cursor);
    case 'y':
        return change(e, e->cursor, e->cursor, e->killed.data, e->killed.len);
    case '_':
        return take_version(e, false);
    case INPUT_ENTER:
        return e->multiline ? change(e, e->cursor, e->cursor, "\n", 1) : EDITOR_IGNORED;
    default:
        return EDITOR_IGNORED;
    }
}

static enum editor_result plain_key(struct editor *e, uint32_t key)
{
    switch (key) {
    case INPUT_ENTER:
        return EDITOR_SUBMIT;
    case INPUT_LEFT:
        return move(e, left(e, e->cursor));
    case INPUT_RIGHT:
        return move(e, right(e, e->cursor));
    case INPUT_HOME:
        return move(e, line_start(e, e->cursor));
    case INPUT_END:
        return move(e, line_end(e, e->cursor));
    case INPUT_UP:
        return vertical(e, true);
    case INPUT_DOWN:
        return vertical(e, false);
    case INPUT_BACKSPACE:
        return control_key(e, 'h');
    case INPUT_DELETE:
        return e->text.len ? control_key(e, 'd') : EDITOR_MOVED;
    default:
        return EDITOR_IGNORED;
    }
}

/* A run of typed characters is undone at once. */
static enum editor_result type(struct editor *e, uint32_t key)
{
    char text[4];
    size_t n = utf8_encode(key, text);
    if (!e->typing)
        remember(e);
    e->typing = key != ' ';
    return splice(e, e->cursor, e->cursor, text, n);
}

enum editor_result editor_event(struct editor *e, const struct input_event *ev)
{
    e->note[0] = 0;
    if (ev->type == INPUT_PASTE)
        return editor_insert(e, ev->text, ev->n);
    if (ev->type != INPUT_KEY)
        return EDITOR_IGNORED;
    if (ev->mods == INPUT_CTRL)
        return control_key(e, ev->key);
    if (ev->mods == INPUT_ALT)
        return alt_key(e, ev->key);
    if (ev->mods & ~(uint32_t)INPUT_SHIFT)
        return EDITOR_IGNORED;
    if (ev->key >= 0x20 && ev->key < 0x110000 && ev->key != 0x7f)
        return type(e, ev->key);
    return plain_key(e, ev->key);
}
