/* Models that a server fetches by itself: "ollama/qwen2.5-coder:3b" is the model of that name, at
 * the backend of that name. */
#ifndef DISE_CORE_ROUTER_PULL_H
#define DISE_CORE_ROUTER_PULL_H

#include "core/llm/router.h"

/* As in models_options: bytes done of total, bytes a second; on the loop. */
typedef void router_pull_progress(void *arg, const char *what, const char *item, int64_t done,
                                  int64_t total, double rate);

/* Whether the name begins with a backend's. */
bool router_pull_means(struct router *r, const char *name);
/* Has the backend fetch the model; cancellable, and goes on where it was cut. ERR_UNSUPPORTED when
 * the backend's class cannot; else as its `pull`. Call on a fiber. */
enum err router_pull(struct router *r, const char *name, router_pull_progress *progress, void *arg,
                     struct err_info *info) MUST_CHECK;

#endif
