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

static enum err read_model(struct models *m, struct json_object *o, struct err_info *info)
{
    const struct yaml_doc *doc = &m->manifest;
    struct model *model = &m->list[m->count];
    enum err e = need(doc, o, "name", &model->name, info);
    if (!e)
        e = need(doc, o, "file", &model->file, info);
    if (!e)
        e = need(doc, o, "sha256", &model->sha256, info);
    model->label = json_str(o, "label", model->name);
    model->licence = json_str(o, "licence", "unknown");
    model->size = json_i64(o, "size", 0);
    model->context = (int)json_i64(o, "context", 4096);
    model->sources = json_array(o, "sources");
    if (!e && (model->size <= 0 || !model->sources))
        e = yaml_fail(doc, o, NULL, info, "a model needs \"size\" and \"sources\"");
    if (!e && strchr(model->file, '/'))
        e = yaml_fail(doc, o, "file", info, "\"file\" is a name without a folder");
    m->count += e == ERR_OK;
    return e;
}

static enum err read_manifest(struct models *m, struct err_info *info)
{
    struct json_object *list, *server;
    enum err e = yaml_load(m->options.manifest, &m->manifest, info);
    if (e)
        return e;
    list = json_array(m->manifest.root, "models");
    server = json_object_of(m->manifest.root, "server");
    m->package = json_str(server, "package", "xllamacpp");
    m->version = json_str(server, "version", NULL);
    if (!m->version)
        return yaml_fail(&m->manifest, m->manifest.root, "server", info,
                         "the server needs a \"version\" in quotes");
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
        if (!name || strcmp(m->list[i].name, name) == 0 || strcmp(m->list[i].label, name) == 0)
            return &m->list[i];
    return NULL;
}

enum err models_path(const struct models *m, const struct model *model, char out[PATH_SIZE])
{
    return path_join(out, m->folder, model->file);
}

enum err models_python(const struct models *m, char out[PATH_SIZE])
{
    return python_env_python(m->options.python, out);
}

static const char *state_of(const struct models *m, const struct model *model)
{
    char path[PATH_SIZE], part[PATH_SIZE + 8];
    struct stat st;
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

enum err models_list(struct models *m, struct json_object **out)
{
    *out = json_object_new_array();
    for (int i = 0; i < m->count; i++) {
        const struct model *model = &m->list[i];
        struct json_object *o = json_object_new_object();
        char path[PATH_SIZE];
        json_add_str(o, "name", model->name);
        json_add_str(o, "label", model->label);
        json_add_str(o, "state", state_of(m, model));
        json_add_i64(o, "size", model->size);
        json_add_str(o, "licence", model->licence);
        json_add_str(o, "file", models_path(m, model, path) ? model->file : path);
        json_add_bool(o, "loaded", model->server.state == SERVER_READY);
        json_object_array_add(*out, o);
    }
    return ERR_OK;
}
