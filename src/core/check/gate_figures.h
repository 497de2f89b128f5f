/* What the gates made of a program, gate by gate: as the artifact keeps it, the event `gates` tells
 * it and quality_code (core/rag/quality.h) weighs it. Pure, but for gate_figures_tell. */
#ifndef DISE_CORE_GATE_FIGURES_H
#define DISE_CORE_GATE_FIGURES_H

#include "core/check/gate_report.h"
#include "core/pipeline/pipeline_internal.h"

enum { FIGURE_FINDINGS = 5 };

/* How a gate ended: passed, found (it says no), missing (its program is not there), crashed (it
 * said nothing that can be read), cut (it came to no end). */

/* Puts into the array `list`, in the place of one of the same name:
 * {name, severity, state, score, value, unit, found, findings: the first FIGURE_FINDINGS, ms}.
 * `report`: {findings, score, value, unit, ms, cut} or {missing: why, crashed}; a gate without a
 * report of its own has no score. `v`: what the gate says about it, NULL when there is nothing to
 * say. value and unit, the figure as the gate itself counts, only where the report has them.
 * Returns it, borrowed. */
struct json_object *gate_figures_put(struct json_object *list, struct json_object *gate,
                                     struct json_object *report, const struct gate_verdict *v);
/* Puts one that was made elsewhere; takes over `figure`. */
void gate_figures_add(struct json_object *list, struct json_object *figure);
/* The gate's tool has changed the program before it was judged. */
void gate_figures_fixed(struct json_object *list, const char *name);
/* Adds to an artifact `gates` and gate_score, what they are worth together: nothing where no gate
 * could judge it, whose quality then has no part for the code. */
void gate_figures_keep(struct json_object *list, struct json_object *artifact);
/* The name of a gate that says no of a program and let the one before pass; NULL: none. What only
 * informs says no to nothing. */
const char *gate_figures_lost(struct json_object *before, struct json_object *after);
/* Whether every gate that blocks with what it says of the program `after` said no of the one before
 * as well. */
bool gate_figures_blocked_before(struct json_object *before, struct json_object *after);
/* Tells all of them and what they are worth together, durable; nothing when there are none. */
void gate_figures_tell(struct job *job, const struct candidate *c, struct json_object *list);
/* A gate begins (figure NULL) or has ended, to those who look on; not stored. */
void gate_figures_live(struct job *job, const struct candidate *c, struct json_object *gate,
                       struct json_object *figure);

#endif
