#include "backends/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err provider_open(struct provider *p, struct sched *s, const struct backend_class *class,
                       const struct backend_config *config, const char *header,
                       struct err_info *info)
{
    p->base.class = class;
    snprintf(p->base.name, sizeof p->base.name, "%s", config->name);
    if (config->api_key && *config->api_key) {
        if (asprintf(&p->key_header, "%s%s", header, config->api_key) < 0) {
            p->key_header = NULL;
            return err_set(info, ERR_NOMEM, "out of memory");
        }
        p->key = p->key_header + strlen(header);
    }
    return http_open(s, &p->http, info);
}

void provider_close(struct provider *p)
{
    if (p->http)
        http_close(p->http);
    free(p->key_header);
}

static bool cut(char *text, const char *ending)
{
    size_t n = strlen(text), tail = strlen(ending);
    if (n <= tail || strcmp(text + n - tail, ending) != 0)
        return false;
    text[n - tail] = 0;
    return true;
}

void provider_set_url(struct provider *p, const char *url, const char *const *endings)
{
    snprintf(p->url, sizeof p->url, "%s", url);
    for (size_t i = 0; endings[i];)
        i = cut(p->url, endings[i]) ? 0 : i + 1;
}

struct exchange provider_exchange(const struct provider *p, const char *url,
                                  const char *const *headers, const char *model,
                                  struct json_object *body)
{
    return (struct exchange){.http = p->http,
                             .server = {.place = p->base.name, .model = model, .key = p->key},
                             .url = url,
                             .headers = headers,
                             .body = body};
}
