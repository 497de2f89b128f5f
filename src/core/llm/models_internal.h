/* What models.c (manifest, list), model_install.c and model_server.c share. */
#ifndef DISE_CORE_MODELS_INTERNAL_H
#define DISE_CORE_MODELS_INTERNAL_H

#include "base/path.h"
#include "base/yaml.h"
#include "core/llm/http.h"
#include "core/llm/models.h"
#include "core/sandbox/proc.h"

enum { MODELS_MAX = 16 };

enum server_state { SERVER_STOPPED, SERVER_STARTING, SERVER_READY };

/* The server of one model. */
struct server {
    enum server_state state;
    struct proc_child child;
    struct fiber *starter; /* starts it, whoever waits for that … */
    enum err failed;       /* … with this result */
    struct err_info failure;
    struct fiber *keeper; /* waits for its end */
    struct model_address address;
    uint64_t last_used; /* loop time, ms */
    int crashes;        /* in a row; decides the back-off */
    uint64_t crashed_at;
    bool stopping;
};

/* One entry of the manifest; strings are borrowed from the document. */
struct model {
    const char *name, *label, *sha256, *licence;
    const char *file;              /* NULL: it comes with its server's package */
    const char *package, *version; /* of its server */
    const char *script;            /* of the runtime folder, runs the server */
    bool embedding;
    int64_t size;
    int context; /* tokens of one conversation */
    struct json_object *sources;
    struct server server;
};

struct models {
    struct sched *sched;
    struct models_options options;
    struct yaml_doc manifest;
    char home[PATH_SIZE], runtime[PATH_SIZE], folder[PATH_SIZE];
    struct http *http;
    struct model list[MODELS_MAX];
    int count;
    int parallel;
    struct fiber_sem installing, starting;
    uv_timer_t idle;
};

struct model *models_find(struct models *m, const char *name);
enum err models_path(const struct models *m, const struct model *model,
                     char out[PATH_SIZE]) MUST_CHECK;
/* Path of the private environment's Python. */
enum err models_python(const struct models *m, char out[PATH_SIZE]) MUST_CHECK;
/* Creates the environment and installs the package of the model's server, when that is missing. */
enum err models_install_server(struct models *m, const struct model *model,
                               struct err_info *info) MUST_CHECK;
/* The file that says that this has been done. */
void models_stamp(const struct models *m, const struct model *model, char out[PATH_SIZE]);
/* Ends the server of one model and waits for that. */
void server_stop(struct models *m, struct model *model);
/* Stops servers that nobody has used for long. From a timer. */
void server_idle_check(struct models *m);

#endif
