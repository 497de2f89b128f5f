/* An answer while it arrives: what the streams of all wire formats have in common. A pure machine
 * that is fed any split of bytes; the format only says what one JSON value of its stream means. */
#ifndef DISE_BACKENDS_ANSWER_H
#define DISE_BACKENDS_ANSWER_H

#include "backends/lines.h"
#include "backends/sse.h"
#include "base/json_reader.h"
#include "core/llm/backend.h"
#include "core/llm/llm_fault.h"

enum { ANSWER_HEAD_MAX = 2048 };

struct answer;

struct answer_format {
    bool lines;       /* JSON lines; else server-sent events */
    const char *end;  /* an event that is no JSON and ends the stream; NULL: there is none */
    bool finish_ends; /* a stream that has told why the model stopped needs no other end mark */
    /* One value of the stream. false: enough, and the answer knows why (done, cut, error). */
    bool (*read)(struct answer *a, const struct json_node *o);
};

struct answer {
    const struct answer_format *format;
    struct llm_server server;
    const struct llm_request *request;
    struct llm_reply *reply;
    struct sse sse;
    struct lines lines;
    struct json_reader json;
    const char *value; /* that is being read, as it came */
    size_t value_len;
    uint64_t began; /* ns */
    int64_t pieces; /* that held text or thinking; most servers send a token a piece */
    size_t told;    /* bytes of reply->text that on_text has seen */
    size_t thought; /* bytes of thinking */
    bool begun;     /* a value has come: the prompt was read, and is paid for */
    bool done, cut;
    char head[ANSWER_HEAD_MAX]; /* of the body: tells what came when it is no stream */
    size_t head_len;
    bool in_known, out_known; /* the server has counted tokens_in, tokens_out */
    struct err_info error;    /* an error object inside the stream, or a stream that is none */
};

/* All but the numbers is borrowed until answer_fini. */
void answer_init(struct answer *a, const struct answer_format *format,
                 const struct llm_server *server, const struct llm_request *request,
                 struct llm_reply *reply);
void answer_fini(struct answer *a);
/* Only what brings the answer on keeps a call alive; comments and pings do not. */
enum http_more answer_feed(struct answer *a, const char *bytes, size_t n);
/* The response is over. OK when the stream has had its end mark or was cut by on_text. */
enum err answer_end(struct answer *a, const struct http_response *r,
                    struct err_info *info) MUST_CHECK;
/* Sets finish, the time, and the counts that the server did not tell. `e`: how the call went. */
void answer_count(struct answer *a, enum err e);

/* ---- for formats ---- */

/* A piece of text, of reasoning; NULL and "" are none. false: enough. */
bool answer_text(struct answer *a, const char *text);
void answer_thinking(struct answer *a, const char *text);
void answer_finish(struct answer *a, const char *finish);
/* The whole value when it is an error object of any known form. true: it is none. */
bool answer_no_error(struct answer *a, const struct json_node *o);
/* The call fails with this code and sentence. Always false. */
bool answer_fail(struct answer *a, enum err code, const char *format, ...) PRINTF_LIKE(3, 4);
/* How many tokens a server says under this key, from 0 to a thousand millions: what is beyond is no
 * count, and must not break the account. `missing`: it says nothing. */
int64_t answer_tokens(const struct json_node *o, const char *key, int64_t missing);
/* About how many tokens the messages have. */
int64_t answer_prompt_tokens(const struct llm_request *q);

#endif
