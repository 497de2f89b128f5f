#include "backends/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum { BYTES_PER_TOKEN = 4, TOKENS_PER_MESSAGE = 4 };

static bool on_value(void *arg, const char *data, size_t n)
{
    struct answer *a = arg;
    struct json_object *o;
    bool more;
    a->begun = true;
    if (a->format->end && n == strlen(a->format->end) && memcmp(data, a->format->end, n) == 0) {
        a->done = true;
        return false;
    }
    if (json_parse(data, n, NULL, &o, &a->error)) {
        a->error.code = ERR_PROTOCOL;
        return false;
    }
    more = a->format->read(a, o);
    json_object_put(o);
    return more;
}

void answer_init(struct answer *a, const struct answer_format *format,
                 const struct llm_request *request, struct llm_reply *reply)
{
    memset(a, 0, sizeof *a);
    a->format = format;
    a->request = request;
    a->reply = reply;
    a->began = uv_hrtime();
    reply->prompt_tokens = answer_prompt_tokens(request);
    reply->tokens_thinking = 0; /* of a try before */
    reply->truncated = false;
    sse_init(&a->sse, on_value, a);
    lines_init(&a->lines, on_value, a);
}

void answer_fini(struct answer *a)
{
    sse_fini(&a->sse);
    lines_fini(&a->lines);
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
    int64_t before = a->pieces;
    enum err e;
    if (a->done || a->cut || a->error.code)
        return HTTP_STOP;
    e = a->format->lines ? lines_feed(&a->lines, bytes, n) : sse_feed(&a->sse, bytes, n);
    if (e == ERR_TOO_LARGE)
        err_set(&a->error, e, "a line of the model's answer is larger than %d MB",
                (a->format->lines ? LINES_LINE_MAX : SSE_LINE_MAX) >> 20);
    else if (e == ERR_NOMEM)
        err_set(&a->error, e, "out of memory");
    if (e)
        return HTTP_STOP;
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

enum err answer_end(struct answer *a, struct err_info *info)
{
    /* the last line may have had no newline, or was cut off */
    if (a->format->lines && !a->done && !a->cut && !a->error.code && lines_end(&a->lines) &&
        a->error.code == ERR_PROTOCOL)
        memset(&a->error, 0, sizeof a->error);
    if (a->error.code) {
        if (info)
            *info = a->error;
        return a->error.code;
    }
    if (!a->cut && !a->done)
        return err_set(info, ERR_NET_BROKEN, "the model's answer ended without its end mark");
    if (!a->cut && !tell(a, true))
        a->cut = true;
    return ERR_OK;
}

static void estimate(struct answer *a, enum err e)
{
    struct llm_reply *r = a->reply;
    int64_t by_length =
        ((int64_t)(r->text.len + a->thought) + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
    r->estimated = !a->in_known || !a->out_known;
    if (!a->out_known)
        r->tokens_out = a->pieces > by_length ? a->pieces : by_length;
    if (!a->in_known) /* refused, or never reached: nothing was read */
        r->tokens_in = e && !a->begun ? 0 : r->prompt_tokens;
    if (!r->tokens_thinking && a->thought)
        r->tokens_thinking = ((int64_t)a->thought + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
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
        return answer_error(a, ERR_TOO_LARGE, "the model's answer is larger than 1 MB");
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

bool answer_error(struct answer *a, enum err code, const char *text)
{
    err_set(&a->error, code, "%.300s", text);
    return false;
}
