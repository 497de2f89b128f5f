#include "core/llm/backend.h"

#include <stdlib.h>
#include <string.h>

enum { REPLY_MAX = 1 << 20 };

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
