#include "core/llm/llm_digest.h"

#include <stdio.h>
#include <string.h>

#include "base/sha256.h"

void llm_digest(const struct llm_request *q, char out[65])
{
    struct sha256 h;
    char number[32];
    sha256_init(&h);
    sha256_add(&h, q->model, strlen(q->model) + 1);
    snprintf(number, sizeof number, "%.3f", q->temperature);
    sha256_add(&h, number, strlen(number) + 1);
    for (size_t i = 0; i < q->message_count; i++) {
        sha256_add(&h, q->messages[i].role, strlen(q->messages[i].role) + 1);
        sha256_add(&h, q->messages[i].content, strlen(q->messages[i].content) + 1);
    }
    sha256_hex(&h, out);
}
