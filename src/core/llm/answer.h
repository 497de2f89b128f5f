/* An answer as it is kept: in the file of --record (record.h) and in the store (answer_cache.h).
 * {chunks:[[ms,"text"], …], finish, tokens_in, tokens_cached, tokens_out, first_token_ms, ms} */
#ifndef DISE_CORE_ANSWER_H
#define DISE_CORE_ANSWER_H

#include "core/llm/backend.h"

/* Adds an answer's members to `o`. `chunks` is borrowed; NULL: the text in one piece. */
void answer_describe(const struct llm_reply *reply, struct json_object *chunks,
                     struct json_object *o);
/* Gives it to q's listener in one piece, with the tokens and times that it was kept with.
 * ERR_NOT_FOUND: it was cut off and the listener wants more; what it was given is void. */
enum err answer_play(const struct llm_request *q, struct json_object *o,
                     struct llm_reply *reply) MUST_CHECK;

#endif
