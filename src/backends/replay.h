/* Plays recorded or hand-written answers (docs/replay.md), with or without their timing. */
#ifndef DISE_BACKENDS_REPLAY_H
#define DISE_BACKENDS_REPLAY_H

#include "core/llm/backend.h"

extern const struct backend_class replay_backend;

#endif
