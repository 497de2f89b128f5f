/* The part of the model that belongs to no job. For model.c. */
#ifndef DISE_UI_MODEL_ENGINE_H
#define DISE_UI_MODEL_ENGINE_H

#include "ui/model.h"

/* The latest remark; longer texts are cut. */
void model_note(struct model *m, const struct event *ev, const char *level, const char *text);
/* Folds an event of the engine, or of a download. */
void model_fold_engine(struct model *m, const struct event *ev);

#endif
