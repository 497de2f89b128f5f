/* The seam to language models: one class per wire format, one instance per configured server.
 * Calls are straight-line on a fiber; a cancelled fiber closes the connection at once. */
#ifndef DISE_CORE_BACKEND_H
#define DISE_CORE_BACKEND_H

#include "base/buf.h"
#include "base/json.h"
#include "core/job/fiber.h"

struct backend;

struct llm_message {
    const char *role; /* system, user, assistant */
    const char *content;
};

enum llm_more { LLM_MORE, LLM_STOP };

struct llm_route; /* how the router treats it (router.h) */

struct llm_request {
    const char *model;
    const struct llm_message *messages;
    size_t message_count;
    double temperature;
    int max_tokens;
    int64_t seed;           /* < 0: none */
    const char *schema;     /* JSON schema that the answer must obey; NULL: free text */
    int context_tokens;     /* window that the model is to have, where that can be asked for; 0: the
                             * backend's own choice */
    const char *keep_alive; /* how long the server keeps the model loaded, where that can be asked
                             * for ("10m", "-1"); NULL: as configured */
    int first_token_ms;     /* time limits; 0: none */
    int between_tokens_ms;
    int total_ms;
    /* Text as it arrives (whole UTF-8 characters). LLM_STOP ends the call early and well. */
    enum llm_more (*on_text)(void *arg, const char *text, size_t n);
    void *arg;
    struct llm_route *route; /* NULL: one target, nobody's call; backends do not look at it */
};

struct llm_reply {
    struct buf text; /* all that arrived; filled also when the call fails midway */
    char finish[16]; /* stop, length, cut (by on_text), error */
    int64_t tokens_in, tokens_cached, tokens_out; /* the server's count, else an estimate */
    int64_t tokens_thinking; /* of tokens_out: reasoning that is no part of the text */
    int64_t prompt_tokens;   /* estimate of what was sent, whatever the server counted */
    bool estimated;
    bool truncated; /* the server has read less of the prompt than was sent */
    bool recorded;  /* no model was asked: the answer was in the record (record.h) … */
    bool cached;    /* … or kept in the store (answer_cache.h) */
    double first_token_ms, ms;
};
void llm_reply_init(struct llm_reply *r); /* text of at most 1 MiB */
void llm_reply_fini(struct llm_reply *r);
/* Token counts of a call for which the server told none. `pieces`: how many pieces of text or
 * reasoning came (most servers send a token a piece, others more). `begun`: the server had begun to
 * answer, so that the prompt was read and is paid for. */
void llm_reply_estimate(struct llm_reply *r, const struct llm_request *q, int64_t pieces,
                        bool begun);

struct backend_config {
    const char *name;            /* "local", "ollama", "openai" … as in config.yaml */
    const char *base_url;        /* as configured; NULL: the class's default */
    const char *api_key;         /* NULL: none; never logged */
    struct json_object *options; /* the entry's other keys, borrowed during open; may be NULL */
};

/* Texts to be turned into vectors of the same length. */
struct embed_request {
    const char *model;
    const char *const *texts;
    size_t count;
    int dimensions; /* wanted; 0: the model's own */
    const char *keep_alive;
    int total_ms; /* 0: no limit */
};

struct embed_reply {
    float *vectors; /* count × dimensions, row by row */
    size_t count, dimensions;
    int64_t tokens_in; /* 0: the server told none */
    double ms;
};
void embed_reply_init(struct embed_reply *r);
void embed_reply_fini(struct embed_reply *r);

struct pull_request {
    const char *model;
    int between_ms; /* the longest silence; 0: no limit */
    /* What goes on ("pulling 8eeb52dfb3bb", "verifying sha256 digest"), bytes done of total (0: not
     * of this phase). LLM_STOP ends it: ERR_CANCELLED. May be NULL. */
    enum llm_more (*on_progress)(void *arg, const char *what, int64_t done, int64_t total);
    void *arg;
};

struct backend_class {
    const char *name;
    enum err (*open)(struct sched *s, const struct backend_config *config, struct backend **out,
                     struct err_info *info);
    void (*close)(struct backend *b);
    /* Names of the models that the server offers (JSON array of strings; caller puts). Also the
     * reachability test: answers within timeout_ms. */
    enum err (*models)(struct backend *b, int timeout_ms, struct json_object **out,
                       struct err_info *info);
    enum err (*chat)(struct backend *b, const struct llm_request *request, struct llm_reply *reply,
                     struct err_info *info);
    /* Tokens that the model can hold, as the server has told; 0: not. Asks nobody. NULL: no server
     * of this kind tells. */
    int (*window)(struct backend *b, const char *model);
    /* Vectors in the order of the texts; NULL: the provider has none. ERR_PROTOCOL when the server
     * gives another number of vectors, or of several lengths. */
    enum err (*embed)(struct backend *b, const struct embed_request *request,
                      struct embed_reply *reply, struct err_info *info);
    /* Makes the server download a model; NULL: it cannot. What has come stays with the server, so
     * that the next pull goes on there. */
    enum err (*pull)(struct backend *b, const struct pull_request *request, struct err_info *info);
};

/* Every instance begins with this. */
struct backend {
    const struct backend_class *class;
    char name[32];
};

#endif
