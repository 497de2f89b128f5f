/* What was checked of a candidate: examples and tests one by one, and what each quality gate says.
 * For model.c. */
#ifndef DISE_UI_MODEL_CHECKS_H
#define DISE_UI_MODEL_CHECKS_H

#include "ui/model.h"

enum err model_check_add(struct model_candidate *c, const struct event_check *e) MUST_CHECK;
/* A gate begins or has ended. */
enum err model_gate_told(struct model_candidate *c, int64_t time,
                         const struct event_gate *e) MUST_CHECK;
/* All gates of the candidate, as they stand. */
enum err model_gates_told(struct model_candidate *c, const struct event_gates *e) MUST_CHECK;
/* The candidate has ended: a gate that still runs was cut off with it. */
void model_gates_end(struct model_candidate *c);
void model_checks_free(struct model_candidate *c);
/* Bytes of both. */
size_t model_checks_bytes(const struct model_candidate *c);

#endif
