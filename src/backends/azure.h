/* Azure OpenAI: OpenAI's format at the addresses of deployments, with an api-version and a header
 * of its own for the key. An endpoint that ends in /openai/v1 is that newer, plain API. */
#ifndef DISE_BACKENDS_AZURE_H
#define DISE_BACKENDS_AZURE_H

#include "core/llm/backend.h"

extern const struct backend_class azure_backend;

#endif
