#include "backends/quirks.h"

#include <stdio.h>
#include <string.h>

unsigned quirks_of(const struct quirks *q, const char *model)
{
    for (size_t i = 0; i < QUIRK_MODELS; i++)
        if (q->list[i].model[0] && strcmp(q->list[i].model, model) == 0)
            return q->list[i].bits;
    return 0;
}

void quirks_add(struct quirks *q, const char *model, unsigned bits)
{
    size_t at = QUIRK_MODELS;
    for (size_t i = 0; i < QUIRK_MODELS; i++)
        if (strcmp(q->list[i].model, model) == 0)
            at = i;
    if (at == QUIRK_MODELS) {
        at = q->next++ % QUIRK_MODELS;
        snprintf(q->list[at].model, sizeof q->list[at].model, "%s", model);
        q->list[at].bits = 0;
    }
    q->list[at].bits |= bits;
}

unsigned quirk_named(const char *refusal, unsigned sent)
{
    /* The words of the refused field; the first that fits counts, so the longer names stand first.
     * "max_tokens is too large" is no quirk: that the field has another name is told by naming it.
     */
    static const struct {
        const char *words;
        unsigned bit;
    } fields[] = {
        {"max_completion_tokens", QUIRK_OTHER_LIMIT},
        {"temperature", QUIRK_NO_TEMPERATURE},
        {"stream_options", QUIRK_NO_USAGE},
        {"include_usage", QUIRK_NO_USAGE},
        {"response_format", QUIRK_NO_SCHEMA},
        {"output_config", QUIRK_NO_SCHEMA},
        {"output_format", QUIRK_NO_SCHEMA},
        {"json_schema", QUIRK_NO_SCHEMA},
        {"structured output", QUIRK_NO_SCHEMA},
        {"schema", QUIRK_NO_SCHEMA},
        {"seed", QUIRK_NO_SEED},
    };
    if (strcasestr(refusal, "too large") || strcasestr(refusal, "too long"))
        return 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (sent & fields[i].bit && strcasestr(refusal, fields[i].words))
            return fields[i].bit;
    return 0;
}
