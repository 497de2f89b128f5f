/* The page of a program's profile in the memory browser: a tree whose functions open and close. */
#ifndef DISE_UI_MEMORY_PROFILE_H
#define DISE_UI_MEMORY_PROFILE_H

#include "ui/pane/memory.h"

/* The page of what args name, or what is selected or open. What was never measured is measured; so
 * is what is open already. */
void memory_profile_show(struct memory *m, const char *args);
/* The page is what is open: keys and drawing are its own. */
bool memory_profile_is_open(const struct memory *m);
void memory_profile_forget(struct memory *m);
void memory_profile_close(struct memory *m);
/* What is open was answered: shows its profile, or measures it. */
void memory_profile_shown(struct memory *m);
void memory_profile_event(struct memory *m, const struct event *ev);
/* Opens or closes the selected function. */
void memory_profile_fold(struct memory *m);
bool memory_profile_scroll(struct memory *m, enum scroll how);
/* false: there is no row. */
bool memory_profile_click(struct memory *m, int y);
/* `top`: rows of the pane above the canvas. */
void memory_profile_draw(struct memory *m, struct canvas *c, int top, bool focused);
/* Its line on the artifact's own page. */
void memory_profile_brief(struct json_object *artifact, char *out, size_t size);

#endif
