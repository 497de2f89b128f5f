/* What models cost: tools/prices.yaml, and `llm.prices` of the configuration over it. Both map a
 * model's name or a pattern ("gpt-4o*") to {in, cached, out}, in dollars a million tokens; a price
 * of cached input that is not given is that of input. */
#ifndef DISE_CORE_PRICES_H
#define DISE_CORE_PRICES_H

#include "base/json.h"

struct price {
    double in, cached, out; /* dollars a million tokens */
    bool known;             /* false: all are 0, because nobody has said */
};

struct prices;

/* `file`: the shipped table; NULL or missing: none. `own` (borrowed; may be NULL): the
 * configuration's. Errors name the place. */
enum err prices_open(const char *file, struct json_object *own, struct prices **out,
                     struct err_info *info) MUST_CHECK;
void prices_close(struct prices *p); /* NULL: nothing happens */
/* The first of: the configuration's own, the shipped; in each the name itself, the name without a
 * provider's prefix ("openai/"), without its date ("-2024-08-06", "-20250514", "-latest"), then the
 * pattern with the most letters. Nothing fits: known is false. */
struct price prices_of(const struct prices *p, const char *model);
/* The same of the configuration alone. */
struct price prices_own(const struct prices *p, const char *model);

bool price_free(const struct price *p);
/* Billionths of a dollar, rounded up; tokens_cached are among tokens_in. */
int64_t price_nano(const struct price *p, int64_t tokens_in, int64_t tokens_cached,
                   int64_t tokens_out);

#endif
