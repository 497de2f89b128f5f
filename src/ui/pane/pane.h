/* What a pane is. A pane keeps a state of its own, draws it into the canvas that it is given, and
 * knows nothing of its place on the screen. Add one: a line in panes.def, a file pane_<name>.c with
 * the class, its keys in actions.def (PANE_ACTION). All calls come on the loop's thread. */
#ifndef DISE_UI_PANE_H
#define DISE_UI_PANE_H

#include "core/event.h"
#include "ui/term/canvas.h"
#include "ui/term/input.h"
#include "ui/widget/scroll.h"

struct ui;

enum pane_id {
#define PANE(id, name) PANE_##id,
#include "ui/pane/panes.def"
#undef PANE
    PANE_COUNT
};

/* `state` is the pane's own, of `size` bytes, zeroed before open. What is NULL is not called. */
struct pane_class {
    const char *name;  /* in ui.json */
    const char *title; /* "Workflow" */
    const char *brief; /* the same where tabs are narrow */
    size_t size;
    enum err (*open)(struct ui *ui, void *state);
    void (*close)(struct ui *ui, void *state);
    /* Another job is in view: ui->job (0: none). */
    void (*job)(struct ui *ui, void *state);
    /* An event of any job, after the model has folded it. */
    void (*event)(struct ui *ui, void *state, const struct event *ev);
    /* The time that it asked for (ui->link.wake) has come, or another pane's. */
    void (*tick)(struct ui *ui, void *state);
    /* It came onto the screen or left it; also when the engine came back while it is there. */
    void (*visible)(struct ui *ui, void *state, bool shown);
    /* A PANE_ACTION of this pane. */
    void (*action)(struct ui *ui, void *state, int action, const char *args);
    /* A key or paste before the tables see it, while the pane has the focus; true: taken. For text
     * that is typed into the pane, Enter and Esc. */
    bool (*input)(struct ui *ui, void *state, const struct input_event *ev);
    /* A press, drag or release inside; x, y are relative to the canvas of the last drawing. */
    bool (*mouse)(struct ui *ui, void *state, const struct input_event *ev);
    /* false: it could not move. */
    bool (*scroll)(struct ui *ui, void *state, enum scroll how);
    /* Looks for text ("" ends it); whether there is any. And to the next match, or the one before.
     */
    bool (*find)(struct ui *ui, void *state, const char *text);
    bool (*match)(struct ui *ui, void *state, bool backwards);
    /* How many matches there are (0: nothing is looked for) and which one is chosen, from 1. */
    void (*found)(struct ui *ui, void *state, size_t *at, size_t *of);
    /* The source text that "copy" takes; NULL: nothing. Borrowed until the next call. */
    const char *(*copy)(struct ui *ui, void *state);
    /* What stands behind the title; may leave out "". */
    void (*heading)(struct ui *ui, void *state, char *out, size_t size);
    void (*draw)(struct ui *ui, void *state, struct canvas *c, bool focused);
    /* What it remembers between sessions. */
    struct json_object *(*save)(struct ui *ui, void *state);
    void (*load)(struct ui *ui, void *state, struct json_object *kept);
};

/* NULL: this build has no such pane. */
extern const struct pane_class *const pane_classes[PANE_COUNT];

#define PANE(id, name) extern const struct pane_class pane_##name;
#include "ui/pane/panes.def"
#undef PANE

#endif
