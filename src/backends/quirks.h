/* What a model was found not to take, so that it is not sent again: the same API has models that
 * refuse a temperature, name the limit of tokens otherwise, or know no schema. */
#ifndef DISE_BACKENDS_QUIRKS_H
#define DISE_BACKENDS_QUIRKS_H

#include <stddef.h>

enum quirk {
    QUIRK_NO_TEMPERATURE = 1,
    QUIRK_NO_SEED = 2,
    QUIRK_NO_SCHEMA = 4,
    QUIRK_THINKS = 64,        /* the limit of an answer must leave room for its reasoning */
    QUIRK_STRICT_SCHEMA = 32, /* it takes only schemas that are closed and complete */
    QUIRK_NO_USAGE = 8,       /* no stream_options */
    QUIRK_OTHER_LIMIT = 16,   /* max_completion_tokens where max_tokens is usual, and vice versa */
};

enum { QUIRK_MODELS = 16 };

struct quirks {
    struct {
        char model[128];
        unsigned bits;
    } list[QUIRK_MODELS];
    size_t next;
};

unsigned quirks_of(const struct quirks *q, const char *model);
/* Remembers more of a model; the oldest model goes when there is no room. */
void quirks_add(struct quirks *q, const char *model, unsigned bits);
/* What the server's words of a refusal are about, of what was sent (`sent`: bits); 0: something
 * else. */
unsigned quirk_named(const char *refusal, unsigned sent);

#endif
