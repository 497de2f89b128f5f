#include "backends/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { BYTES_PER_TOKEN = 4, TOKENS_PER_MESSAGE = 4 };

static bool on_value(void *arg, const char *data, size_t n)
{
    struct answer *a = arg;
    const struct json_node *o;
    struct err_info why = {0};
    if (a->format->end && n == strlen(a->format->end) && memcmp(data, a->format->end, n) == 0) {
        a->begun = a->done = true;
        return false;
    }
    if (json_reader_read(&a->json, data, n, &o, &why)) {
        a->error.code = llm_fault_garbage(&a->server, &why, &a->error);
        return false;
    }
    a->begun = true;
    a->value = data;
    a->value_len = n;
    return a->format->read(a, o);
}

void answer_init(struct answer *a, const struct answer_format *format,
                 const struct llm_server *server, const struct llm_request *request,
                 struct llm_reply *reply)
{
    memset(a, 0, sizeof *a);
    a->format = format;
    a->server = *server;
    a->request = request;
    a->reply = reply;
    a->began = uv_hrtime();
    reply->prompt_tokens = answer_prompt_tokens(request);
    reply->tokens_thinking = 0; /* of a try before */
    reply->truncated = false;
    sse_init(&a->sse, on_value, a);
    lines_init(&a->lines, on_value, a);
    json_reader_init(&a->json);
}

void answer_fini(struct answer *a)
{
    sse_fini(&a->sse);
    lines_fini(&a->lines);
    json_reader_fini(&a->json);
}

int64_t answer_tokens(const struct json_node *o, const char *key, int64_t missing)
{
    static const int64_t most = 1000000000;
    const int64_t n = json_node_i64(o, key, missing);
    return n < 0 ? 0 : n > most ? most : n;
}

int64_t answer_prompt_tokens(const struct llm_request *q)
{
    int64_t n = 0;
    for (size_t i = 0; i < q->message_count; i++)
        n += (int64_t)strlen(q->messages[i].content) / BYTES_PER_TOKEN + TOKENS_PER_MESSAGE;
    return n;
}

enum http_more answer_feed(struct answer *a, const char *bytes, size_t n)
{
    size_t room = ANSWER_HEAD_MAX - a->head_len, head = n < room ? n : room;
    int64_t before = a->pieces;
    enum err e;
    if (a->done || a->cut || a->error.code)
        return HTTP_STOP;
    memcpy(a->head + a->head_len, bytes, head);
    a->head_len += head;
    e = a->format->lines ? lines_feed(&a->lines, bytes, n) : sse_feed(&a->sse, bytes, n);
    if (e == ERR_TOO_LARGE)
        answer_fail(a, e, "%s sent a line of more than %d MB; choose another backend",
                    a->server.place, (a->format->lines ? LINES_LINE_MAX : SSE_LINE_MAX) >> 20);
    else if (e == ERR_NOMEM)
        answer_fail(a, e, "out of memory");
    if (e)
        return a->done ? HTTP_END : HTTP_STOP;
    return a->pieces > before ? HTTP_MORE : HTTP_WAITING;
}

/* Hands on whole characters only; what is cut waits for its rest. */
static bool tell(struct answer *a, bool last)
{
    struct buf *text = &a->reply->text;
    size_t end = last ? text->len : utf8_floor(text->data, text->len), from = a->told;
    if (end <= from || !a->request->on_text)
        return true;
    a->told = end;
    return a->request->on_text(a->request->arg, text->data + from, end - from) == LLM_MORE;
}

/* The last line may have come without its newline. When it was cut off, that is told instead. */
static void end_lines(struct answer *a)
{
    if (!a->format->lines || a->done || a->cut || a->error.code || !a->begun)
        return;
    if (lines_end(&a->lines) && a->error.code == ERR_PROTOCOL)
        memset(&a->error, 0, sizeof a->error);
}

enum err answer_end(struct answer *a, const struct http_response *r, struct err_info *info)
{
    end_lines(a);
    if (a->error.code && info)
        *info = a->error;
    if (a->error.code)
        return a->error.code;
    if (!a->cut && !a->done && !(a->format->finish_ends && a->reply->finish[0]))
        return llm_fault_end(&a->server, r, a->head, a->begun ? 0 : a->head_len, info);
    if (!a->cut && !tell(a, true))
        a->cut = true;
    return ERR_OK;
}

static int64_t tokens_of(size_t bytes)
{
    return ((int64_t)bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
}

/* What the server has not counted is estimated. */
static void estimate(struct answer *a, enum err e)
{
    struct llm_reply *r = a->reply;
    int64_t in = r->tokens_in, out = r->tokens_out;
    llm_reply_estimate(r, a->request, a->pieces, !e || a->begun);
    if (r->tokens_out < tokens_of(r->text.len + a->thought))
        r->tokens_out = tokens_of(r->text.len + a->thought);
    if (a->in_known)
        r->tokens_in = in;
    if (a->out_known)
        r->tokens_out = out;
    r->estimated = !a->in_known || !a->out_known;
    if (!r->tokens_thinking)
        r->tokens_thinking = tokens_of(a->thought);
    if (r->tokens_thinking > r->tokens_out)
        r->tokens_thinking = r->tokens_out;
}

void answer_count(struct answer *a, enum err e)
{
    struct llm_reply *r = a->reply;
    r->ms = (double)(uv_hrtime() - a->began) / 1e6;
    if (e)
        answer_finish(a, "error");
    else if (a->cut)
        answer_finish(a, "cut");
    else if (!r->finish[0])
        answer_finish(a, "stop");
    estimate(a, e);
}

bool answer_text(struct answer *a, const char *text)
{
    if (!text || !*text)
        return true;
    a->pieces++;
    if (a->reply->text.len == 0)
        a->reply->first_token_ms = (double)(uv_hrtime() - a->began) / 1e6;
    if (buf_adds(&a->reply->text, text))
        return answer_fail(a, ERR_TOO_LARGE,
                           "%s answered with more than 1 MB; lower llm.max_tokens",
                           a->server.place);
    a->cut = !tell(a, false);
    return !a->cut;
}

void answer_thinking(struct answer *a, const char *text)
{
    if (!text || !*text)
        return;
    a->pieces++;
    a->thought += strlen(text);
}

void answer_finish(struct answer *a, const char *finish)
{
    snprintf(a->reply->finish, sizeof a->reply->finish, "%s", finish);
}

bool answer_no_error(struct answer *a, const struct json_node *o)
{
    struct json_object *whole;
    enum err e;
    if (!llm_fault_likely(o))
        return true;
    e = json_parse(a->value, a->value_len, NULL, &whole, &a->error);
    if (!e)
        e = llm_fault_object(&a->server, whole, &a->error);
    json_object_put(whole);
    return e == ERR_OK;
}

bool answer_fail(struct answer *a, enum err code, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(&a->error, code, "%s", text);
    return false;
}
