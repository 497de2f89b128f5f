/* The chat-completions format of OpenAI, which llama.cpp, LM Studio and Ollama (/v1) speak, too. */
#ifndef DISE_BACKENDS_OPENAI_H
#define DISE_BACKENDS_OPENAI_H

#include "core/llm/backend.h"

extern const struct backend_class openai_backend;

#endif
