/* The overnight menu: what shall be done, from when to when, and for how much; with an estimate
 * that follows what is typed. An overlay; its state lives in the ui. */
#ifndef DISE_UI_BATCH_FORM_H
#define DISE_UI_BATCH_FORM_H

#include "ui/term/canvas.h"
#include "ui/term/input.h"

struct ui;
struct batch_form;

/* Opens it; `args` is "" or the path of a task file, or ids of kept programs (a1 a2 …). */
void batch_form_open(struct ui *ui, const char *args);
void batch_form_free(struct batch_form *f);
void batch_form_input(struct ui *ui, const struct input_event *ev);
/* A press at a cell of the last drawing. */
void batch_form_press(struct ui *ui, int x, int y);
void batch_form_draw(struct ui *ui, struct canvas *c);
int batch_form_rows(void);

/* The longest beginning that all names of a folder have in common which begin as `path` does; "/"
 * ends a folder. `folder` is where relative paths begin, "~/" the home. false: nothing to add. */
bool batch_form_complete(const char *folder, const char *path, char *out, size_t size);

#endif
