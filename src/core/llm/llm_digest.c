#include "core/llm/llm_digest.h"

#include <stdio.h>
#include <string.h>

#include "base/sha256.h"

static void add_question(struct sha256 *h, const struct llm_request *q)
{
    char number[32];
    sha256_add(h, q->model, strlen(q->model) + 1);
    snprintf(number, sizeof number, "%.3f", q->temperature);
    sha256_add(h, number, strlen(number) + 1);
    for (size_t i = 0; i < q->message_count; i++) {
        sha256_add(h, q->messages[i].role, strlen(q->messages[i].role) + 1);
        sha256_add(h, q->messages[i].content, strlen(q->messages[i].content) + 1);
    }
}

void llm_digest(const struct llm_request *q, char out[65])
{
    struct sha256 h;
    sha256_init(&h);
    add_question(&h, q);
    sha256_hex(&h, out);
}

void llm_key(const struct llm_request *q, char out[65])
{
    struct sha256 h;
    char numbers[64];
    sha256_init(&h);
    add_question(&h, q);
    snprintf(numbers, sizeof numbers, "%lld %d", q->temperature > 0 ? (long long)q->seed : 0,
             q->max_tokens);
    sha256_add(&h, numbers, strlen(numbers) + 1);
    if (q->schema) /* none is something else than an empty one */
        sha256_add(&h, q->schema, strlen(q->schema) + 1);
    sha256_hex(&h, out);
}
