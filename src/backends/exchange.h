/* One request to a model's server and its answer, whatever the wire format. */
#ifndef DISE_BACKENDS_EXCHANGE_H
#define DISE_BACKENDS_EXCHANGE_H

#include "backends/answer.h"

enum { EXCHANGE_BODY_MAX = 4 << 20, EXCHANGE_REPLY_MAX = 64 << 20 };

/* Borrowed. */
struct exchange {
    struct http *http;
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
/* The text of an error object of any of the known forms: {"error": "…"}, {"error": {"message"}},
 * {"message"}, {"detail"}; NULL: there is none. */
const char *exchange_error_text(struct json_object *o);

/* ---- what bodies have in common ---- */

/* [{role, content}, …]; the caller puts. `system`: with the messages of the system. */
struct json_object *exchange_messages(const struct llm_request *q, bool system);
/* The request's schema parsed; NULL: none. Caller puts. */
struct json_object *exchange_schema(const struct llm_request *q);

/* Room for `count` vectors; then each of them, in any order; then whether all have come. */
enum err exchange_vectors(struct embed_reply *r, size_t count, struct err_info *info) MUST_CHECK;
enum err exchange_vector(struct embed_reply *r, size_t at, struct json_object *row,
                         struct err_info *info) MUST_CHECK;

#endif
