/* The managed local models: a manifest (tools/models.yaml), their installation, and the server that
 * runs one of them as a child of the engine: llama.cpp's, or one that makes embeddings. */
#ifndef DISE_CORE_MODELS_H
#define DISE_CORE_MODELS_H

#include "base/json.h"
#include "core/sandbox/python_env.h"

struct models;

struct models_options {
    const char *home;          /* data folder: models/ */
    struct python_env *python; /* for the server; outlives the models */
    const char *manifest;      /* path of models.yaml */
    const char *runtime;       /* folder of model_server.py and embed_server.py */
    int idle_s;                /* the server stops after so long without a call */
    /* bytes done of total, bytes a second; on the loop */
    void (*on_progress)(void *arg, const char *what, const char *item, int64_t done, int64_t total,
                        double rate);
    /* stopped|starting|ready|crashed; of those that answer questions only */
    void (*on_state)(void *arg, const char *model, const char *state);
    void *arg;
};

struct model_address {
    char base_url[64]; /* http://127.0.0.1:port/v1 */
    char api_key[65];
};

/* Conversations that a server holds at once, each in a window of its own, if nothing else is said,
 * and at most: each takes memory for its whole window (0.1 GB for 4,096 tokens of a 1.5B). */
enum { MODELS_PARALLEL = 4, MODELS_PARALLEL_MOST = 16 };

enum err models_open(struct sched *s, const struct models_options *options, struct models **out,
                     struct err_info *info) MUST_CHECK;
void models_close(struct models *m); /* on a fiber; ends the server */
/* Array of {name, label, kind: chat|embedding, state: missing|partial|installed, size, licence,
 * file, loaded}. */
enum err models_list(struct models *m, struct json_object **out) MUST_CHECK;
/* Downloads, verifies, puts in place; resumes; cancellable; nothing half-installed stays usable. */
enum err models_install(struct models *m, const char *name, struct err_info *info) MUST_CHECK;
/* Whether an installation runs; waiting for its end, however it ends (ERR_CANCELLED). */
bool models_installing(const struct models *m);
enum err models_await_install(struct models *m) MUST_CHECK;
bool models_installed(struct models *m, const char *name);
/* The name of the manifest's model that makes embeddings; NULL: it has none. */
const char *models_embedding(struct models *m);
/* Tokens that one call of the model may hold; 0: there is no such model. */
int models_window(struct models *m, const char *name);
/* Starts (or joins) the server with this model and waits until it answers; a caller that is
 * cancelled meanwhile leaves it starting, as it is wanted soon. Models that are in
 * memory together are the manager's decision: both small ones fit. */
enum err models_start(struct models *m, const char *name, struct model_address *out,
                      struct err_info *info) MUST_CHECK;
/* Whether its server runs and answers: a call would wait for nothing else. */
bool models_running(struct models *m, const char *name);
/* Notes a call's end, for the idle time and the back-off after crashes. */
void models_used(struct models *m, const char *name, bool ok);
/* Conversations at once, for servers that start from now on; what is above the most waits. */
void models_set_parallel(struct models *m, int parallel);
void models_stop(struct models *m); /* on a fiber */

#endif
