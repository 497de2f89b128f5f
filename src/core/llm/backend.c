#include "core/llm/backend.h"

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
