/* Answers to questions of temperature 0, kept in the store by the hash of the question (llm_key:
 * model, messages, temperature, seed, tokens, schema): asked again they cost nothing. Those that
 * were not used for longest go when there are too many. Only whole answers are kept, without their
 * questions, and nothing that holds a key of the configuration or of the environment. On a fiber.
 */
#ifndef DISE_CORE_ANSWER_CACHE_H
#define DISE_CORE_ANSWER_CACHE_H

#include "core/llm/backend.h"
#include "core/store/store.h"

struct answer_cache;

/* `llm`: the configuration's block (borrowed; may be NULL). NULL: out of memory. */
struct answer_cache *cache_open(struct store *store, struct json_object *llm, int64_t max_bytes);
void cache_close(struct answer_cache *c); /* NULL: nothing happens */
/* ERR_NOT_FOUND: the question is to be asked (see answer_play). Else reply->cached is set, and its
 * tokens are 0. A question that cannot be kept is not found. */
enum err cache_play(struct answer_cache *c, const struct llm_request *q,
                    struct llm_reply *reply) MUST_CHECK;
/* Keeps a whole answer. Not waited for. */
void cache_add(struct answer_cache *c, const struct llm_request *q, const struct llm_reply *reply);

#endif
