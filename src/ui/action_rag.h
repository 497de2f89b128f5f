/* /rag VERB …: the verbs of `dise rag` in the dashboard. */
#ifndef DISE_UI_ACTION_RAG_H
#define DISE_UI_ACTION_RAG_H

#include "ui/ui.h"

/* Its answer opens as text; what is wrong with the words is a note. */
void action_rag(struct ui *ui, const char *args);
/* Asks, then puts everything aside, and says how it comes back. */
void action_clear_rag(struct ui *ui);

#endif
