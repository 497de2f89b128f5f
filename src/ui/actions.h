/* The table of actions.def: names, keys, help, and what they do. */
#ifndef DISE_UI_ACTIONS_H
#define DISE_UI_ACTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ui/pane/pane.h"

struct event;
struct ui;

enum action {
#define ACTION(id, name, group, args, keys, help) ACTION_##id,
#include "ui/actions.def"
#undef ACTION
    ACTION_COUNT
};

const char *action_name(enum action a);
const char *action_group(enum action a);
const char *action_args(enum action a);
const char *action_keys(enum action a);
const char *action_help(enum action a);
/* The word for the bottom row, "" for none. */
const char *action_hint(enum action a);
/* The pane that it belongs to; PANE_COUNT: it works everywhere. */
enum pane_id action_pane(enum action a);
/* ACTION_COUNT when there is none of that name. */
enum action action_by_name(const char *name);
/* The action bound to a key: one of the focused pane, else one that works everywhere. `typing`: the
 * input line takes plain characters, so only keys with a modifier and function keys count. */
enum action action_by_key(uint32_t key, uint32_t mods, bool typing, enum pane_id pane);
/* The nearest name for a mistyped one, NULL when nothing is near. */
const char *action_nearest(const char *name);
/* Does it; `args` is "" or the text behind the name. */
void action_do(struct ui *ui, enum action a, const char *args);
/* A model was asked for /backends test, which waits for others: adds lines to its overlay. */
void action_backend_tested(struct ui *ui, const struct event *ev);
/* A line beginning with "/", or a bare command (help, status, exit, quit, auto on|off). false: it
 * is a task. */
bool action_line(struct ui *ui, const char *line);
/* Opens the help: the focused pane's keys, those of everywhere, those of the other panes. */
void action_help_text(struct ui *ui);
/* docs/keys.md. */
void action_docs(FILE *out);

#endif
