/* How much a model can hold at once. */
#include <string.h>

#include "core/llm/models.h"
#include "core/llm/router_internal.h"

static int positive(struct json_object *o, const char *key)
{
    int64_t n = json_i64(o, key, 0);
    return n > 0 && n < INT32_MAX ? (int)n : 0;
}

/* {MODEL: tokens}, then what is said of the backend. */
static int configured(const struct router *r, const struct llm_target *t)
{
    static const char *const keys[] = {"num_ctx", "context_tokens", "context_window"};
    struct json_object *llm = r->options.config, *windows = json_object_of(llm, "context_windows"),
                       *entry = json_object_of(json_object_of(llm, "backends"), t->place);
    int n = t->context_tokens ? t->context_tokens : positive(windows, t->model);
    if (!n)
        n = positive(windows, t->label);
    for (size_t i = 0; !n && i < sizeof keys / sizeof *keys; i++)
        n = positive(entry, keys[i]);
    return n ? n : positive(windows, "default");
}

int router_window(struct router *r, const struct llm_target *t)
{
    struct place *p = place_of(r, t);
    int n = configured(r, t);
    if (n || !p)
        return n;
    if (p->local)
        return models_window(r->options.models, t->model);
    if (places_look(r, false) || !p->backend || !p->backend->class->window)
        return 0;
    return p->backend->class->window(p->backend, t->model);
}
