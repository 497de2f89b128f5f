/* The chat-completions format, which OpenAI, Azure and most other servers speak: what the classes
 * have in common. */
#ifndef DISE_BACKENDS_COMPLETIONS_H
#define DISE_BACKENDS_COMPLETIONS_H

#include "backends/provider.h"

/* Every instance of such a class begins with this. */
struct completions {
    struct provider p;
    char query[64];   /* behind every address; "": none */
    bool deployments; /* the model is part of the address (Azure) */
    bool strict;      /* the provider holds models strictly to schemas, and refuses loose ones */
    bool llama;       /* llama.cpp: may be asked to keep the prompt's prefix */
    struct json_object *windows; /* {MODEL: tokens}, as the server tells; NULL: it has not */
};

extern const struct answer_format completions_format;

void completions_close(struct backend *base); /* frees it */
/* GET of an address below `url`, with its query. */
enum err completions_get(struct completions *c, const char *path, int timeout_ms,
                         struct json_object **out, struct err_info *info) MUST_CHECK;
enum err completions_chat(struct backend *base, const struct llm_request *request,
                          struct llm_reply *reply, struct err_info *info) MUST_CHECK;
enum err completions_embed(struct backend *base, const struct embed_request *request,
                           struct embed_reply *reply, struct err_info *info) MUST_CHECK;
/* Whether OpenAI's model of this name demands max_completion_tokens: o1, o3 …, gpt-5 and later. */
bool completions_new_limit(const char *model);

#endif
