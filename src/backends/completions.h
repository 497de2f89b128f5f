/* The chat-completions format, which OpenAI, Azure and most other servers speak: what the classes
 * have in common. */
#ifndef DISE_BACKENDS_COMPLETIONS_H
#define DISE_BACKENDS_COMPLETIONS_H

#include "backends/answer.h"
#include "backends/quirks.h"

/* Every instance of such a class begins with this. */
struct completions {
    struct backend base;
    struct http *http;
    char url[256];
    char query[64];   /* behind every address; "": none */
    bool deployments; /* the model is part of the address (Azure) */
    bool strict;      /* the provider holds models strictly to schemas, and refuses loose ones */
    bool llama;       /* llama.cpp: may be asked to keep the prompt's prefix */
    char *key_header; /* NULL: no key */
    const char *key;  /* inside it */
    struct quirks quirks;
    struct json_object *windows; /* {MODEL: tokens}, as the server tells; NULL: it has not */
};

extern const struct answer_format completions_format;

/* Sets what is common; `header`: the key's, up to the key. The caller sets the address. */
enum err completions_open(struct completions *c, struct sched *s, const struct backend_class *class,
                          const struct backend_config *config, const char *header,
                          struct err_info *info) MUST_CHECK;
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
