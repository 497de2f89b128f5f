#include "core/llm/tokens.h"

#include <string.h>

/* Bytes of English and Python a token, and bytes of other scripts. Vocabularies of 32,000 pieces
 * (Llama 2 and its kin) split more than those of 100,000 and more. */
static const struct family {
    const char *name;
    double ascii, other;
} families[] = {
    {"codellama", 2.9, 1.4}, {"llama-2", 2.9, 1.4},  {"llama2", 2.9, 1.4}, {"tinyllama", 2.9, 1.4},
    {"mistral", 2.9, 1.5},   {"mixtral", 2.9, 1.5},  {"vicuna", 2.9, 1.4}, {"phi", 3.0, 1.4},
    {"starcoder", 3.0, 1.4}, {"granite", 3.0, 1.4},  {"llama", 3.6, 2.1},  {"qwen", 3.5, 2.2},
    {"gemma", 3.5, 2.3},     {"deepseek", 3.3, 2.0}, {"claude", 3.2, 1.8}, {"gpt-3.5", 3.5, 1.7},
    {"gpt-4o", 3.7, 2.4},    {"gpt", 3.5, 1.9},      {"", 3.0, 1.5},
};

/* A count says something from so many tokens on, and when it is not too far off. */
static const double least = 100, lowest = 0.5, highest = 2;

static const struct family *family_of(const char *model)
{
    const struct family *f = families;
    while (*f->name && !strcasestr(model, f->name))
        f++;
    return f;
}

double tokens_estimate(const char *model, const char *text, size_t n)
{
    const struct family *f = family_of(model);
    size_t other = 0;
    for (size_t i = 0; i < n; i++)
        other += (unsigned char)text[i] >= 0x80;
    return (double)(n - other) / f->ascii + (double)other / f->other;
}

double tokens_of_prompt(const char *model, const struct llm_message *messages, size_t count)
{
    double all = 0;
    for (size_t i = 0; i < count; i++)
        all += TOKENS_MESSAGE +
               tokens_estimate(model, messages[i].content, strlen(messages[i].content));
    return all;
}

bool tokens_learn(double estimate, int64_t counted, double *factor)
{
    if (estimate < least || counted <= 0)
        return false;
    *factor = (double)counted / estimate;
    return *factor >= lowest && *factor <= highest;
}
