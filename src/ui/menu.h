/* The menu bar: the groups of actions.def and their actions, for those who look rather than
 * remember. An overlay; it stands in the first row while it is open. */
#ifndef DISE_UI_MENU_H
#define DISE_UI_MENU_H

#include "ui/term/input.h"

struct ui;

void menu_open(struct ui *ui);
void menu_input(struct ui *ui, const struct input_event *ev);
/* Mouse anywhere on the screen while it is open. */
void menu_mouse(struct ui *ui, const struct input_event *ev);
void menu_draw(struct ui *ui);

#endif
