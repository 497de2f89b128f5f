/* Anthropic's messages API: events with types, the system's text as blocks of which the last may be
 * cached, thinking that is no part of the answer. */
#ifndef DISE_BACKENDS_ANTHROPIC_H
#define DISE_BACKENDS_ANTHROPIC_H

#include "backends/answer.h"

extern const struct backend_class anthropic_backend;
extern const struct answer_format anthropic_format;

#endif
