/* One request to a model's server and its answer, whatever the wire format. */
#ifndef DISE_BACKENDS_EXCHANGE_H
#define DISE_BACKENDS_EXCHANGE_H

#include "backends/answer.h"

enum { EXCHANGE_BODY_MAX = 4 << 20, EXCHANGE_REPLY_MAX = 64 << 20 };

/* Borrowed. */
struct exchange {
    struct http *http;
    struct llm_server server; /* whom the sentences of errors are about */
    const char *url;
    const char *const *headers; /* beside those of the content; ends with NULL */
    struct json_object *body;   /* POST when not NULL */
};

/* Why the server has refused. */
struct refusal {
    long status;    /* 0: there was no response */
    char text[400]; /* the server's words; "": none */
};

/* The whole answer as one value. `connect_ms`, `total_ms`: limits, 0: the usual one, none. */
enum err exchange_json(const struct exchange *x, int connect_ms, int total_ms,
                       struct json_object **out, struct err_info *info) MUST_CHECK;
/* Streams the answer into `reply`, which is filled also when the call fails midway. */
enum err exchange_answer(const struct exchange *x, const struct answer_format *format,
                         const struct llm_request *request, struct llm_reply *reply,
                         struct refusal *why, struct err_info *info) MUST_CHECK;
/* Hands on every value of a stream of JSON lines. */
enum err exchange_lines(const struct exchange *x, int between_ms,
                        bool (*on_line)(void *arg, const char *line, size_t n), void *arg,
                        struct err_info *info) MUST_CHECK;
/* ---- what bodies have in common ---- */

enum { EXCHANGE_THINKING_ROOM = 4096 };

/* Whether the model has spent its whole limit on reasoning and has not begun to answer: then it is
 * asked again with EXCHANGE_THINKING_ROOM more. */
bool exchange_starved(const struct llm_request *q, const struct llm_reply *r, enum err e);
/* The limit of tokens for a request; `thinks`: with that room. 0: none. */
int exchange_limit(const struct llm_request *q, bool thinks);
/* Adds what the call before this one cost. */
void exchange_add_cost(struct llm_reply *r, const struct llm_reply *before);

/* [{role, content}, …]; the caller puts. `system`: with the messages of the system. */
struct json_object *exchange_messages(const struct llm_request *q, bool system);
/* The request's schema parsed; NULL: none. Caller puts. */
struct json_object *exchange_schema(const struct llm_request *q);

/* What providers that hold a model strictly to a schema demand of it: every object says that it has
 * no other members. Ranges and lengths, which they refuse, are left out; the caller checks the
 * answer anyway. Changes `schema`. */
void exchange_close_schema(struct json_object *schema);

/* What all formats with /embed… are asked: model, input, and dimensions where some are wanted. The
 * caller puts it. */
struct json_object *exchange_embed_body(const struct embed_request *q);
/* Empties the reply for `count` vectors, of which then each is set once, in any order. ERR_PROTOCOL
 * with a sentence when one is no vector of the others' length. */
void exchange_vectors(struct embed_reply *r, size_t count);
enum err exchange_vector(struct embed_reply *r, size_t at, struct json_object *row,
                         const struct llm_server *server, struct err_info *info) MUST_CHECK;

#endif
