/* Any bytes as the stream of each wire format: no crash, a failure has a sentence, and the pieces
 * in which it comes change nothing. The first byte chooses the format and the second how large the
 * pieces are. */
#include <stdlib.h>
#include <string.h>

#include "backends/anthropic.h"
#include "backends/completions.h"
#include "backends/ollama.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct outcome {
    struct llm_reply reply;
    struct err_info info;
    enum err code;
};

static void read_stream(const struct answer_format *format, const char *text, size_t n,
                        size_t piece, struct outcome *out)
{
    static const struct llm_server server = {.place = "mine", .model = "m-1", .key = "sesame"};
    static const struct llm_message messages[] = {{"user", "say hello"}};
    static const struct llm_request request = {
        .model = "m-1", .messages = messages, .message_count = 1};
    static const struct http_response response = {.status = 200};
    enum http_more more = HTTP_MORE;
    struct answer a;
    memset(out, 0, sizeof *out);
    llm_reply_init(&out->reply);
    answer_init(&a, format, &server, &request, &out->reply);
    for (size_t at = 0; at < n && (more == HTTP_MORE || more == HTTP_WAITING); at += piece)
        more = answer_feed(&a, text + at, piece < n - at ? piece : n - at);
    out->code = answer_end(&a, &response, &out->info);
    answer_count(&a, out->code);
    answer_fini(&a);
    if (out->code && (out->info.code != out->code || !out->info.message[0] ||
                      strstr(out->info.message, server.key)))
        abort();
}

static void compare(const struct outcome *a, const struct outcome *b)
{
    const struct llm_reply *x = &a->reply, *y = &b->reply;
    if (a->code != b->code || strcmp(a->info.message, b->info.message) != 0 ||
        x->text.len != y->text.len || memcmp(x->text.data, y->text.data, x->text.len) != 0 ||
        strcmp(x->finish, y->finish) != 0 || x->tokens_in != y->tokens_in ||
        x->tokens_out != y->tokens_out || x->tokens_cached != y->tokens_cached ||
        x->tokens_thinking != y->tokens_thinking || x->estimated != y->estimated)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct answer_format *const formats[] = {&completions_format, &ollama_format,
                                                          &anthropic_format};
    struct outcome whole, split;
    if (size < 3)
        return 0;
    read_stream(formats[data[0] % 3], (const char *)data + 2, size - 2, size, &whole);
    read_stream(formats[data[0] % 3], (const char *)data + 2, size - 2, 1 + data[1] % 32u, &split);
    compare(&whole, &split);
    llm_reply_fini(&whole.reply);
    llm_reply_fini(&split.reply);
    return 0;
}
