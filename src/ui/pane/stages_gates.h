/* The second page of the stages pane: what each quality gate says of the candidate in view. */
#ifndef DISE_UI_STAGES_GATES_H
#define DISE_UI_STAGES_GATES_H

#include "ui/ui.h"

/* Rows that all of it takes; 0: there is nothing to show. */
int stages_gates_rows(const struct model_job *job);
/* One row: the names of the columns. */
void stages_gates_head(struct canvas *c);
/* Into a canvas of so many rows. */
void stages_gates_draw(const struct ui *ui, struct canvas *c, const struct model_job *job);

#endif
