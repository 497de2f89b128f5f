/* The memory's search by meaning in the engine: opened with its parts, told of what is new; the
 * request rag.status. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/engine/engine_internal.h"
#include "core/llm/router.h"
#include "core/rag/rag.h"
#include "core/rag/vector_file.h"

enum { PERSON_MS = 2000 }; /* so long after an answer its reader may ask the next */

typedef struct json_object json;

/* ---- where vectors are searched ---- */

/* A model's name as one of a file: letters, digits, points and lines. */
static enum err file_of(const struct engine *e, const char *model, char out[PATH_SIZE],
                        struct err_info *info)
{
    char folder[PATH_SIZE], name[128];
    size_t n = 0;
    enum err err = path_join(folder, e->home, "vectors");
    for (const char *at = model; *at && n < sizeof name - 8; at++)
        name[n++] = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                            (*at >= '0' && *at <= '9') || strchr("._-", *at)
                        ? *at
                        : '_';
    snprintf(name + n, sizeof name - n, ".vec");
    if (!err)
        err = path_mkdirs(folder, info);
    if (!err)
        err = path_join(out, folder, name);
    return err ? err_set(info, err, "the folder for vectors cannot be made") : ERR_OK;
}

enum err engine_vectors_open(struct engine *e, bool in_server, const char *model, size_t dimensions,
                             struct vector_store **out, struct err_info *info)
{
    struct vector_server server;
    char path[PATH_SIZE], home[VECTOR_HOME_SIZE];
    bool chosen;
    enum err err = vector_choice(e->started, &chosen, &server, info);
    *out = NULL;
    if (!err && in_server)
        err = store_read(e->store, vector_home, home, info);
    if (err)
        return err;
    if (!in_server) {
        err = file_of(e, model, path, info);
        return err ? err : vector_file_open(e->sched, path, model, dimensions, out, info);
    }
    server.home = home;
    server.model = model;
    server.dimensions = dimensions;
    return e->options->vector_server(e->sched, &server, out, info);
}

void engine_vectors_remove(struct engine *e, const char *model)
{
    char path[PATH_SIZE], old[PATH_SIZE + 8];
    if (file_of(e, model, path, NULL))
        return;
    snprintf(old, sizeof old, "%s.old", path);
    unlink(path);
    unlink(old);
}

enum err engine_vectors_drop_old(struct engine *e, struct json_object *keep, bool dry,
                                 struct json_object *gone, struct err_info *info)
{
    struct vector_server server;
    char home[VECTOR_HOME_SIZE];
    bool in_server;
    enum err err = vector_choice(e->started, &in_server, &server, info);
    if (err || !in_server || !e->options->vector_drop_old)
        return err;
    err = store_read(e->store, vector_home, home, info);
    server.home = home;
    return err ? err : e->options->vector_drop_old(e->sched, &server, keep, dry, gone, info);
}

static enum err open_vectors(void *arg, const char *model, size_t dimensions,
                             struct vector_store **out, struct err_info *info)
{
    struct engine *e = arg;
    bool in_server;
    enum err err = vector_choice(e->started, &in_server, NULL, info);
    *out = NULL;
    return err ? err : engine_vectors_open(e, in_server, model, dimensions, out, info);
}

static bool is_file(const struct vector_store *v)
{
    return strcmp(v->class->name, "file") == 0;
}

static enum err mark(struct vector_store *v, int64_t seq, struct err_info *info)
{
    return is_file(v) ? vector_file_mark(v, seq, info) : ERR_UNSUPPORTED;
}

static int64_t marked(const struct vector_store *v)
{
    return is_file(v) ? vector_file_marked(v) : -1;
}

static enum err verify(struct vector_store *v, struct err_info *info)
{
    return is_file(v) ? vector_file_verify(v, info) : ERR_OK;
}

/* ---- opening ---- */

static bool is_busy(void *arg)
{
    return router_person_served(((struct engine *)arg)->router, PERSON_MS);
}

static size_t text_bytes(const struct config *c)
{
    struct config_place place;
    json *old = json_object_of(config_root(c), "rag_memory");
    const int64_t n = json_i64(old, "max_embedding_content_length", -1);
    if (n >= 0 && n <= 65536 && !config_place(c, "rag.text_bytes", &place))
        return (size_t)n;
    return (size_t)config_int(c, OPTION_RAG_TEXT);
}

enum err engine_rag_open(struct engine *e, struct err_info *info)
{
    static const char *const words[] = {"auto", "local", "backend", "none"};
    const char *choice = config_text(e->started, OPTION_RAG_EMBEDDER);
    struct rag_options options = {.sched = e->sched,
                                  .store = e->store,
                                  .embedder = {.router = e->router,
                                               .models = e->models,
                                               .spend = e->spend,
                                               .store = e->store,
                                               .choice = choice},
                                  .text_most = text_bytes(e->started),
                                  .open_vectors = open_vectors,
                                  .mark = mark,
                                  .marked = marked,
                                  .verify = verify,
                                  .busy = is_busy,
                                  .arg = e};
    bool known = false, in_server;
    enum err err = vector_choice(e->started, &in_server, NULL, info);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        known |= strcmp(choice, words[i]) == 0;
    if (!err && !known)
        err = config_fail(e->started, "rag.embedder", info,
                          "rag.embedder must be auto, local, backend or none");
    return err ? err : rag_open(&options, &e->rag, info);
}

/* ---- the request ---- */

enum err engine_rag_status(struct engine *e, json *params, json **result, struct err_info *info)
{
    (void)params;
    return rag_status(e->rag, result, info);
}
