/* Ollama's own format: /api/chat, /api/embed, /api/tags, /api/pull. Unlike its /v1 it takes the
 * size of the window with every request, and tells when it has cut a prompt. */
#ifndef DISE_BACKENDS_OLLAMA_H
#define DISE_BACKENDS_OLLAMA_H

#include "backends/answer.h"

extern const struct backend_class ollama_backend;
extern const struct answer_format ollama_format;

/* The window to ask for: a step of 4096, 8192 … tokens that holds the prompt and the answer, at
 * least `had` (another size makes the server load the model anew). */
int ollama_window(int64_t prompt_tokens, int max_tokens, int had);
/* Whether a server with this window (tokens) that says it has read `count` tokens has cut a prompt
 * of so many bytes. Lenient: a server that counts only what its cache did not hold reports too few
 * of a short prompt. */
bool ollama_truncated(size_t bytes, int64_t count, int window);

#endif
