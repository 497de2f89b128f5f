/* What the backends of all wire formats have in common: a name, an address, a key, and what was
 * found out about its models. */
#ifndef DISE_BACKENDS_PROVIDER_H
#define DISE_BACKENDS_PROVIDER_H

#include "backends/exchange.h"
#include "backends/quirks.h"

/* Every instance of a class begins with this. */
struct provider {
    struct backend base;
    struct http *http;
    char url[256];
    char *key_header; /* NULL: no key */
    const char *key;  /* inside it */
    struct quirks quirks;
};

/* Sets all but the address in zeroed memory; `header`: the key's, up to the key. When it fails
 * provider_close follows as well. */
enum err provider_open(struct provider *p, struct sched *s, const struct backend_class *class,
                       const struct backend_config *config, const char *header,
                       struct err_info *info) MUST_CHECK;
/* Frees what it holds, not the instance. */
void provider_close(struct provider *p);
/* The address without such endings, which end with NULL, however many there are of them. */
void provider_set_url(struct provider *p, const char *url, const char *const *endings);
/* A request to one of its addresses. All is borrowed; `model`, `body`: NULL for none. */
struct exchange provider_exchange(const struct provider *p, const char *url,
                                  const char *const *headers, const char *model,
                                  struct json_object *body);

#endif
