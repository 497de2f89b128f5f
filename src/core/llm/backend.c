#include "core/llm/backend.h"

#include <stdlib.h>
#include <string.h>

enum { REPLY_MAX = 1 << 20, BYTES_PER_TOKEN = 4 };

void llm_reply_init(struct llm_reply *r)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->text, REPLY_MAX);
}

void llm_reply_fini(struct llm_reply *r)
{
    buf_fini(&r->text);
}

void embed_reply_init(struct embed_reply *r)
{
    memset(r, 0, sizeof *r);
}

void embed_reply_fini(struct embed_reply *r)
{
    free(r->vectors);
    r->vectors = NULL;
    r->count = r->dimensions = 0;
}

void llm_reply_estimate(struct llm_reply *r, const struct llm_request *q, int64_t pieces,
                        bool begun)
{
    int64_t by_length = ((int64_t)r->text.len + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
    r->estimated = true;
    r->tokens_out = pieces > by_length ? pieces : by_length;
    r->tokens_in = 0;
    if (!begun && !pieces)
        return;
    for (size_t i = 0; i < q->message_count; i++)
        r->tokens_in += (int64_t)strlen(q->messages[i].content) / BYTES_PER_TOKEN + 4;
}
