/* Streams of all wire formats: no bytes crash them, and in how many pieces they come changes
 * nothing. The first byte chooses the format, the second where the rest is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/anthropic.h"
#include "backends/completions.h"
#include "backends/ollama.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(const struct answer_format *format, const char *bytes, size_t n, size_t cut,
                 struct llm_reply *r, enum err *code)
{
    static const struct llm_request q = {.model = "m"};
    static const struct llm_server server = {.place = "mine", .model = "m", .key = "sk-sesame"};
    static const struct http_response response;
    struct err_info info = {0};
    struct answer a;
    llm_reply_init(r);
    answer_init(&a, format, &server, &q, r);
    (void)answer_feed(&a, bytes, cut);
    (void)answer_feed(&a, bytes + cut, n - cut);
    *code = answer_end(&a, &response, &info);
    answer_count(&a, *code);
    if (strstr(info.message, "sk-sesame") || r->tokens_thinking > r->tokens_out)
        abort();
    answer_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct answer_format *const formats[] = {&completions_format, &anthropic_format,
                                                          &ollama_format};
    const struct answer_format *format;
    struct llm_reply whole, cut;
    enum err code_whole, code_cut;
    const char *bytes = (const char *)data + 2;
    size_t n = size - 2;
    if (size < 2)
        return 0;
    format = formats[data[0] % 3];
    feed(format, bytes, n, n, &whole, &code_whole);
    feed(format, bytes, n, n ? data[1] % n : 0, &cut, &code_cut);
    if (code_whole != code_cut || strcmp(whole.finish, cut.finish) != 0 ||
        whole.text.len != cut.text.len || whole.tokens_in != cut.tokens_in ||
        whole.tokens_out != cut.tokens_out ||
        memcmp(whole.text.data, cut.text.data, whole.text.len) != 0)
        abort();
    llm_reply_fini(&whole);
    llm_reply_fini(&cut);
    return 0;
}
