#include "core/llm/models.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/llm/models_internal.h"

enum { IDLE_CHECK_MS = 5000 };

/* ---- the manifest ---- */

static enum err need(const struct yaml_doc *doc, struct json_object *o, const char *key,
                     const char **out, struct err_info *info)
{
    *out = json_str(o, key, NULL);
    return *out ? ERR_OK : yaml_fail(doc, o, NULL, info, "a model needs the text \"%s\"", key);
}

/* The model's own server, else the one that the manifest names for all. */
static enum err read_server(struct models *m, struct json_object *o, struct model *model,
                            struct err_info *info)
{
    const struct yaml_doc *doc = &m->manifest;
    struct json_object *server = json_object_of(doc->root, "server"),
                       *own = json_object_of(o, "server");
    if (!own)
        own = server;
    model->package = json_str(own, "package", "xllamacpp");
    model->version = json_str(own, "version", NULL);
    model->script =
        json_str(own, "script", model->embedding ? "embed_server.py" : "model_server.py");
    if (!model->version)
        return yaml_fail(doc, own == server ? doc->root : o, "server", info,
                         "the server needs a \"version\" in quotes");
    if (strchr(model->script, '/'))
        return yaml_fail(doc, own, "script", info, "\"script\" is a name without a folder");
    return ERR_OK;
}

/* The weights; a model whose server's package holds them has none of its own. */
static enum err read_file(struct models *m, struct json_object *o, struct model *model,
                          struct err_info *info)
{
    const struct yaml_doc *doc = &m->manifest;
    enum err e = ERR_OK;
    model->file = json_str(o, "file", NULL);
    model->sources = json_array(o, "sources");
    if (!model->file && model->embedding && json_object_of(o, "server"))
        return ERR_OK;
    e = need(doc, o, "file", &model->file, info);
    if (!e)
        e = need(doc, o, "sha256", &model->sha256, info);
    if (!e && (model->size <= 0 || !model->sources))
        e = yaml_fail(doc, o, NULL, info, "a model needs \"size\" and \"sources\"");
    if (!e && strchr(model->file, '/'))
        e = yaml_fail(doc, o, "file", info, "\"file\" is a name without a folder");
    return e;
}

static enum err read_model(struct models *m, struct json_object *o, struct err_info *info)
{
    struct model *model = &m->list[m->count];
    const char *kind = json_str(o, "kind", "chat");
    enum err e = need(&m->manifest, o, "name", &model->name, info);
    model->label = json_str(o, "label", model->name);
    model->licence = json_str(o, "licence", "unknown");
    model->size = json_i64(o, "size", 0);
    model->context = (int)json_i64(o, "context", 4096);
    model->embedding = strcmp(kind, "embedding") == 0;
    if (!e && !model->embedding && strcmp(kind, "chat") != 0)
        e = yaml_fail(&m->manifest, o, "kind", info, "\"kind\" is chat or embedding");
    if (!e)
        e = read_file(m, o, model, info);
    if (!e)
        e = read_server(m, o, model, info);
    m->count += e == ERR_OK;
    return e;
}

static enum err read_manifest(struct models *m, struct err_info *info)
{
    struct json_object *list;
    enum err e = yaml_load(m->options.manifest, &m->manifest, info);
    if (e)
        return e;
    list = json_array(m->manifest.root, "models");
    for (size_t i = 0; !e && list && i < json_object_array_length(list) && i < MODELS_MAX; i++)
        e = read_model(m, json_object_array_get_idx(list, i), info);
    return e;
}

static void on_idle(uv_timer_t *timer)
{
    server_idle_check(timer->data);
}

enum err models_open(struct sched *s, const struct models_options *options, struct models **out,
                     struct err_info *info)
{
    struct models *m = calloc(1, sizeof *m);
    enum err e;
    *out = NULL;
    if (!m)
        return err_set(info, ERR_NOMEM, "out of memory");
    m->sched = s;
    m->options = *options;
    m->parallel = MODELS_PARALLEL;
    snprintf(m->home, sizeof m->home, "%s", options->home);
    snprintf(m->runtime, sizeof m->runtime, "%s", options->runtime);
    e = path_join(m->folder, m->home, "models");
    if (e)
        err_set(info, e, "the path of the home folder is too long");
    if (!e)
        e = read_manifest(m, info);
    if (!e)
        e = http_open(s, &m->http, info);
    if (e) {
        yaml_doc_free(&m->manifest);
        free(m);
        return e;
    }
    fiber_sem_init(&m->installing, 1);
    fiber_sem_init(&m->starting, 1);
    uv_timer_init(sched_loop(s), &m->idle);
    m->idle.data = m;
    uv_timer_start(&m->idle, on_idle, IDLE_CHECK_MS, IDLE_CHECK_MS);
    uv_unref((uv_handle_t *)&m->idle);
    *out = m;
    return ERR_OK;
}

static void on_closed(uv_handle_t *h)
{
    struct models *m = h->data;
    yaml_doc_free(&m->manifest);
    free(m);
}

void models_close(struct models *m)
{
    models_stop(m);
    http_close(m->http);
    uv_close((uv_handle_t *)&m->idle, on_closed);
}

/* ---- looking ---- */

struct model *models_find(struct models *m, const char *name)
{
    for (int i = 0; i < m->count; i++)
        if ((!name && !m->list[i].embedding) ||
            (name && (strcmp(m->list[i].name, name) == 0 || strcmp(m->list[i].label, name) == 0)))
            return &m->list[i];
    return NULL;
}

enum err models_path(const struct models *m, const struct model *model, char out[PATH_SIZE])
{
    return model->file ? path_join(out, m->folder, model->file) : ERR_NOT_FOUND;
}

void models_stamp(const struct models *m, const struct model *model, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%.900s/%.60s-%.30s.installed", m->options.python->folder,
             model->package, model->version);
}

enum err models_python(const struct models *m, char out[PATH_SIZE])
{
    return python_env_python(m->options.python, out);
}

static const char *state_of(const struct models *m, const struct model *model)
{
    char path[PATH_SIZE], part[PATH_SIZE + 8];
    struct stat st;
    if (!model->file) {
        models_stamp(m, model, path);
        return path_exists(path) ? "installed" : "missing";
    }
    if (models_path(m, model, path))
        return "missing";
    if (stat(path, &st) == 0 && st.st_size == model->size)
        return "installed";
    snprintf(part, sizeof part, "%s.part", path);
    return path_exists(part) ? "partial" : "missing";
}

bool models_installed(struct models *m, const char *name)
{
    struct model *model = models_find(m, name);
    char python[PATH_SIZE];
    return model && strcmp(state_of(m, model), "installed") == 0 &&
           models_python(m, python) == ERR_OK && path_exists(python);
}

const char *models_embedding(struct models *m)
{
    for (int i = 0; i < m->count; i++)
        if (m->list[i].embedding)
            return m->list[i].name;
    return NULL;
}

enum err models_list(struct models *m, struct json_object **out)
{
    *out = json_object_new_array();
    for (int i = 0; i < m->count; i++) {
        const struct model *model = &m->list[i];
        struct json_object *o = json_object_new_object();
        char path[PATH_SIZE];
        json_add_str(o, "name", model->name);
        json_add_str(o, "label", model->label);
        json_add_str(o, "kind", model->embedding ? "embedding" : "chat");
        json_add_str(o, "state", state_of(m, model));
        json_add_i64(o, "size", model->size);
        json_add_str(o, "licence", model->licence);
        json_add_str(o, "file", models_path(m, model, path) ? "" : path);
        json_add_bool(o, "loaded", model->server.state == SERVER_READY);
        json_object_array_add(*out, o);
    }
    return ERR_OK;
}
