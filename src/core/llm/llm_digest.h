/* The identity of a question to a model, for recordings. */
#ifndef DISE_CORE_LLM_DIGEST_H
#define DISE_CORE_LLM_DIGEST_H

#include "core/llm/backend.h"

/* SHA-256 over model, temperature and messages; the seed tells answers to one question apart. */
void llm_digest(const struct llm_request *q, char out[65]);
/* SHA-256 over all that the answer depends on: that, max_tokens, schema and, above temperature 0,
 * the seed. */
void llm_key(const struct llm_request *q, char out[65]);

#endif
