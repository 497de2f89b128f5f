#include "core/llm/router_pull.h"

#include <stdio.h>
#include <string.h>

#include "core/llm/router_internal.h"

enum { REPORT_NS = 100000000 };

struct pulling {
    const char *model;
    router_pull_progress *progress;
    void *arg;
    uint64_t last; /* ns; of the last report */
    int64_t at_last;
    char what[64];
    double rate;
};

/* "ollama/qwen2.5-coder:3b" → ollama's place; *model: what stands behind the name. */
static struct place *place_and_model(struct router *r, const char *name, const char **model)
{
    const char *slash = strchr(name, '/');
    for (int i = 0; slash && i < r->count; i++) {
        size_t n = strlen(r->places[i].name);
        if ((size_t)(slash - name) == n && strncmp(name, r->places[i].name, n) == 0) {
            *model = slash + 1;
            return &r->places[i];
        }
    }
    return NULL;
}

bool router_pull_means(struct router *r, const char *name)
{
    const char *model;
    return name && place_and_model(r, name, &model);
}

/* Each layer of a model is told by itself; between two lines of one layer there is a rate. */
static enum llm_more on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
    struct pulling *p = arg;
    uint64_t now = uv_hrtime();
    bool same = strncmp(p->what, what, sizeof p->what - 1) == 0;
    if (same && now - p->last < REPORT_NS && done < total)
        return LLM_MORE;
    if (!same)
        p->rate = 0;
    else if (now > p->last && done >= p->at_last) {
        double rate = (double)(done - p->at_last) / ((double)(now - p->last) / 1e9);
        p->rate = p->rate > 0 ? 0.7 * p->rate + 0.3 * rate : rate;
    }
    snprintf(p->what, sizeof p->what, "%s", what);
    p->last = now;
    p->at_last = done;
    if (p->progress)
        p->progress(p->arg, what, p->model, done, total, p->rate);
    return LLM_MORE;
}

enum err router_pull(struct router *r, const char *name, router_pull_progress *progress, void *arg,
                     struct err_info *info)
{
    struct pulling p = {.progress = progress, .arg = arg};
    struct pull_request q = {.on_progress = on_progress, .arg = &p};
    struct place *place = place_and_model(r, name, &q.model);
    enum err e;
    if (!place || !*q.model)
        return err_set(info, ERR_NOT_FOUND, "%.80s names no backend and model", name);
    p.model = q.model;
    e = place->local ? ERR_OK : place_open(r, place, info);
    if (e)
        return e;
    if (place->local || !place->backend->class->pull)
        return err_set(info, ERR_UNSUPPORTED,
                       "%s cannot be asked to fetch models; choose one that it offers",
                       place->name);
    e = place->backend->class->pull(place->backend, &q, info);
    r->looked = 0; /* what it offers has changed */
    return e;
}
