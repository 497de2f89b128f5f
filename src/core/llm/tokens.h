/* How many tokens a text takes. Nobody but a model's server knows; this is an estimate by what is
 * usual in the model's family, times a factor that the servers' own counts have taught. Pure. */
#ifndef DISE_CORE_TOKENS_H
#define DISE_CORE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/llm/backend.h"

/* What a message takes beside its text: role and marks of the chat template. */
enum { TOKENS_MESSAGE = 6 };

/* Of `n` bytes of UTF-8, by the model's name. Rather too many than too few. */
double tokens_estimate(const char *model, const char *text, size_t n);
/* Of a whole prompt, with what its messages take beside their text. */
double tokens_of_prompt(const char *model, const struct llm_message *messages, size_t count);
/* What a server's count says of the estimate; false: nothing (the text is too short, or the count
 * is not of all of it, as of servers that leave out what they had cached). */
bool tokens_learn(double estimate, int64_t counted, double *factor);

#endif
