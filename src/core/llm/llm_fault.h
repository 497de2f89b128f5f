/* What it means when a model's server refuses or breaks: one code and one sentence, the same for
 * all wire formats. The sentence says who, what, and what to do; the server's own words are quoted
 * where they help, on one line, cut, and without the key. */
#ifndef DISE_CORE_LLM_FAULT_H
#define DISE_CORE_LLM_FAULT_H

#include "base/json_reader.h"
#include "core/llm/http.h"

/* Borrowed. */
struct llm_server {
    const char *place; /* its name under llm.backends of the configuration */
    const char *model; /* the model that was asked for; NULL: none */
    const char *key;   /* never shown, also where the server quotes it; NULL: none */
};

/* `e`, not OK, and `info` as http_fetch gave them with this response. Statuses get the meaning that
 * the body gives them (a 429 may be a spent quota, a 400 a prompt that is too long), passed limits
 * the names of their options. Fills info->retry_after_ms. Returns the code. */
enum err llm_fault_http(const struct llm_server *s, enum err e, const struct http_response *r,
                        struct err_info *info) MUST_CHECK;
/* The same for an error object that came with status 200: a piece of a stream, or a whole body. OK
 * when `o` is none, and nothing is changed. */
enum err llm_fault_object(const struct llm_server *s, struct json_object *o,
                          struct err_info *info) MUST_CHECK;
/* Whether a value may be an error object: false says that llm_fault_object would give OK. */
bool llm_fault_likely(const struct json_node *o);
/* A stream that ended, cleanly for HTTP, without its end mark. `head`: the first bytes of the body
 * when no piece of the stream could be read from it (n 0: there was one, or nothing came): a web
 * page or a plain JSON answer is named as such. */
enum err llm_fault_end(const struct llm_server *s, const struct http_response *r, const char *head,
                       size_t n, struct err_info *info) MUST_CHECK;
/* A piece of a stream that cannot be read: PROTOCOL. */
enum err llm_fault_garbage(const struct llm_server *s, const struct err_info *why,
                           struct err_info *info) MUST_CHECK;

#endif
