/* What is made before the first program, a plan and tests, as pieces of the conversation. For
 * model.c. */
#ifndef DISE_UI_MODEL_MADE_H
#define DISE_UI_MODEL_MADE_H

#include "ui/model.h"

/* Text of stage 0 as it streams. */
enum err model_made_delta(struct model *m, struct model_job *job,
                          const struct event_token_delta *d) MUST_CHECK;
enum err model_made_plan(struct model_job *job, const char *text) MUST_CHECK;
enum err model_made_tests(struct model_job *job, const struct event_tests_made *e) MUST_CHECK;
/* What was streaming when the engine died is void. */
void model_made_forget(struct model_job *job);

/* In model.c. A further piece of the conversation; NULL: no memory. */
struct model_item *model_item_add(struct model_job *job, enum model_item_type type,
                                  const char *text, const char *label);
/* Moves the last one before the first stage that is open; gives it. */
struct model_item *model_item_early(struct model_job *job);

#endif
