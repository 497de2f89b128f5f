/* The places where models may be had: those of the configuration, those that are found, and the
 * looks at them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/llm/models.h"
#include "core/llm/router_internal.h"

enum {
    LOOK_MS = 400,         /* how long a server of this machine may take to say that it is there */
    LOOK_FAR_MS = 3000,    /* and one elsewhere, which a person has named */
    LOOK_AGAIN_MS = 30000, /* what was found is believed so long */
    CLOUD_PARALLEL = 8,
};

/* ---- small helpers ---- */

static struct json_object *entry_of(const struct router *r, const char *name)
{
    const struct roles_backend *b = roles_backend_of(r->roles, name);
    return b ? b->entry : NULL;
}

/* What people call a format, and the class that speaks it. */
static const struct {
    const char *word, *class;
} formats[] = {
    {"openai", "openai"},
    {"lmstudio", "openai"},
    {"llamacpp", "openai"},
    {"llama.cpp", "openai"},
    {"vllm", "openai"},
    {"openai-compatible", "openai"},
    {"compatible", "openai"},
    {"ollama", "ollama"},
    {"anthropic", "anthropic"},
    {"claude", "anthropic"},
    {"azure", "azure"},
    {"azure-openai", "azure"},
    {"azure_openai", "azure"},
    {"azureopenai", "azure"},
    {"replay", "replay"},
    {"lm_studio", "openai"},
    {"openai_compatible", "openai"},
};

/* `type:` (or `class:`) of the entry in llm.backends; NULL: it does not say. */
static const char *type_of(const struct router *r, const char *name)
{
    return json_str(entry_of(r, name), "type", json_str(entry_of(r, name), "class", NULL));
}

static const struct backend_class *class_named(const struct router *r, const char *name)
{
    for (int i = 0; r->options.classes[i]; i++)
        if (strcmp(r->options.classes[i]->name, name) == 0)
            return r->options.classes[i];
    return NULL;
}

/* NULL: there is none of this name. */
static const struct backend_class *class_for(const struct router *r, const char *word)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcasecmp(formats[i].word, word) == 0)
            return class_named(r, formats[i].class);
    return class_named(r, word);
}

/* The class that the entry names, else the one that the backend's name means, else the format that
 * most servers speak. */
static const struct backend_class *class_of(const struct router *r, const char *name)
{
    const char *type = type_of(r, name);
    const struct backend_class *class = class_for(r, type ? type : name);
    return class ? class : r->options.classes[0];
}

static struct place *add_place(struct router *r, const char *name, const char *title)
{
    struct place *p;
    if (r->count >= PLACES_MAX)
        return NULL;
    p = &r->places[r->count++];
    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(p->title, sizeof p->title, "%s", title);
    p->parallel = 2;
    admission_init(&p->door, r->sched);
    return p;
}

double router_model_size(const char *name)
{
    for (const char *p = name; *p; p++) {
        char *end;
        double n;
        if (*p < '0' || *p > '9' || (p > name && (p[-1] == '.' || (p[-1] >= '0' && p[-1] <= '9'))))
            continue;
        n = strtod(p, &end);
        if ((*end == 'b' || *end == 'B') && !((end[1] >= 'a' && end[1] <= 'z')))
            return n;
    }
    return 0;
}

/* ---- the places ---- */

static bool is_provider(const char *name)
{
    return strcmp(name, "openai") == 0 || strcmp(name, "anthropic") == 0 ||
           strcmp(name, "azure") == 0;
}

static bool speaks(const struct router *r, const char *name)
{
    return strcmp(class_of(r, name)->name, name) == 0;
}

static const char *title_of(const struct roles_backend *b)
{
    static const char *const titles[][2] = {{"ollama", "Ollama"},      {"lmstudio", "LM Studio"},
                                            {"openai", "OpenAI"},      {"anthropic", "Anthropic"},
                                            {"azure", "Azure OpenAI"}, {"local", "local model"}};
    for (size_t i = 0; !b->configured && i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i][0], b->name) == 0)
            return titles[i][1];
    return b->name;
}

/* What the configuration turns off is not looked for either, nor a provider of which there is
 * nothing but a format that is not spoken. */
void places_init(struct router *r)
{
    const struct roles_backend *b;
    for (int i = 0; (b = roles_backend(r->roles, i)); i++) {
        struct place *p;
        const bool cloud = is_provider(b->name);
        if (!b->enabled || (cloud && !b->configured && !speaks(r, b->name)))
            continue;
        p = add_place(r, b->name, title_of(b));
        if (!p)
            return;
        p->configured = b->configured && strcmp(b->name, "local") != 0;
        p->local = strcmp(b->name, "local") == 0;
        if (cloud)
            p->parallel = CLOUD_PARALLEL;
        else if (p->local)
            p->parallel = MODELS_PARALLEL;
        else if (strcmp(b->name, "replay") == 0)
            p->parallel = 64;
    }
}

static void drop_backend(struct place *p)
{
    if (p->backend)
        p->backend->class->close(p->backend);
    p->backend = NULL;
}

void places_close(struct router *r)
{
    for (int i = 0; i < r->count; i++) {
        drop_backend(&r->places[i]);
        admission_fini(&r->places[i].door);
        json_object_put(r->places[i].models);
    }
}

const struct place *place_named(const struct router *r, const char *name)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->places[i].name, name) == 0)
            return &r->places[i];
    return NULL;
}

const struct place *place_find(const struct router *r, const struct llm_target *t)
{
    return place_named(r, t->place);
}

struct place *place_of(struct router *r, const struct llm_target *t)
{
    const struct place *p = place_find(r, t);
    return p ? &r->places[p - r->places] : NULL;
}

/* ---- looking ---- */

static const char *standard_url(const char *name)
{
    if (strcmp(name, "ollama") == 0)
        return "http://127.0.0.1:11434";
    if (strcmp(name, "lmstudio") == 0)
        return "http://127.0.0.1:1234/v1";
    return NULL;
}

static bool is_class(const struct backend_class *class, const char *name)
{
    return class && strcmp(class->name, name) == 0;
}

static const char *from_env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* The address as configured, under any of the names that configurations have for it; NULL: none. */
static const char *configured_url(const struct router *r, const struct place *p)
{
    static const char *const keys[] = {"base_url", "endpoint", "azure_endpoint", "api_base", "url"};
    struct json_object *entry = entry_of(r, p->name);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *url = json_str(entry, keys[i], NULL);
        if (url && *url)
            return url;
    }
    return is_class(class_of(r, p->name), "azure") ? from_env("AZURE_OPENAI_ENDPOINT") : NULL;
}

void place_url(const struct router *r, const struct place *p, char *out, size_t size)
{
    const char *url = configured_url(r, p);
    size_t n;
    if (!url)
        url = standard_url(p->name);
    snprintf(out, size, "%s", url ? url : "");
    n = strlen(out);
    while (n && out[n - 1] == '/')
        out[--n] = 0;
}

/* A key never goes to another provider's server: the default address is OpenAI's, so every other
 * name needs an address of its own, and a known provider of another format is not asked at all. */
static enum err check_speaks(const struct router *r, const struct place *p, struct err_info *info)
{
    static const char *const other_formats[] = {"cohere", "gemini", "google"};
    const struct backend_class *class = class_of(r, p->name);
    const char *type = type_of(r, p->name);
    if (type && !class_for(r, type))
        return err_set(info, ERR_INPUT,
                       "llm.backends.%s: type is \"%.40s\", but must be openai, ollama, anthropic, "
                       "azure or replay",
                       p->name, type);
    for (size_t i = 0; !type && i < sizeof other_formats / sizeof *other_formats; i++)
        if (strncmp(p->name, other_formats[i], strlen(other_formats[i])) == 0)
            return err_set(info, ERR_UNSUPPORTED,
                           "%s is configured, but this version does not speak its format; give "
                           "llm.backends.%s.type when the address speaks another one",
                           p->name, p->name);
    if (configured_url(r, p) || standard_url(p->name) || is_class(class, "replay"))
        return ERR_OK;
    if (is_class(class, "azure"))
        return err_set(info, ERR_INPUT,
                       "llm.backends.%s needs an \"endpoint\" (or set AZURE_OPENAI_ENDPOINT)",
                       p->name);
    if (strcmp(class->name, p->name) == 0 || type)
        return ERR_OK;
    return err_set(info, ERR_INPUT, "llm.backends.%s needs a \"base_url\"", p->name);
}

static const char *key_variable(const char *name)
{
    return strcmp(name, "openai") == 0      ? "OPENAI_API_KEY"
           : strcmp(name, "anthropic") == 0 ? "ANTHROPIC_API_KEY"
                                            : "AZURE_OPENAI_API_KEY";
}

/* The provider's own variable, for its own entry only. */
static const char *key_from_env(const struct place *p, const struct backend_class *class)
{
    const bool own = strcmp(p->name, "openai") == 0 ||
                     (is_class(class, "anthropic") && strcmp(p->name, "anthropic") == 0) ||
                     (is_class(class, "azure") && strncmp(p->name, "azure", 5) == 0);
    return own ? from_env(key_variable(p->name)) : NULL;
}

static void fill(struct json_object *into, struct json_object *from)
{
    if (!from)
        return;
    json_object_object_foreach(from, key, value)
    {
        if (!json_object_object_get_ex(into, key, NULL))
            json_object_object_add(into, key, json_object_get(value));
    }
}

/* The entry with what stands elsewhere about the primary backend: older configurations have its
 * version, limits and models beside the entry. The caller puts. */
static struct json_object *settings_of(const struct router *r, const struct place *p)
{
    struct json_object *o = json_object_new_object(), *llm = r->options.config;
    fill(o, entry_of(r, p->name));
    if (strcmp(json_str(llm, "backend", ""), p->name) != 0)
        return o;
    fill(o, json_object_of(llm, "api_settings"));
    if (!json_get(o, "model_roles") && json_object_of(llm, "model_roles"))
        json_object_object_add(o, "model_roles",
                               json_object_get(json_object_of(llm, "model_roles")));
    return o;
}

/* A provider's own service answers nobody without a key; so it is not asked without one. */
static enum err check_key(const struct place *p, const char *url, const char *key,
                          struct err_info *info)
{
    const char *variable = key_variable(p->name);
    const bool own = strstr(url, "//api.openai.com") || strstr(url, "//api.anthropic.com") ||
                     strstr(url, ".azure.com") || !*url;
    if (key || !variable || !is_provider(p->name) || !own)
        return ERR_OK;
    return err_set(info, ERR_HTTP_AUTH,
                   "%s has no key: export %s=… and dise restart, or name a file as "
                   "llm.backends.%s.api_key_file",
                   p->name, variable, p->name);
}

enum err place_open(struct router *r, struct place *p, struct err_info *info)
{
    const struct backend_class *class = class_of(r, p->name);
    const char *key;
    char url[256];
    struct backend_config config = {.name = p->name};
    enum err e = ERR_OK;
    if (p->backend)
        return ERR_OK;
    e = check_speaks(r, p, info);
    if (e)
        return e;
    place_url(r, p, url, sizeof url);
    config.base_url = url[0] ? url : NULL;
    config.options = settings_of(r, p);
    key = json_str(config.options, "api_key", NULL);
    config.api_key = key && *key ? key : key_from_env(p, class);
    e = check_key(p, url, config.api_key, info);
    if (!e)
        e = class->open(r->sched, &config, &p->backend, info);
    json_object_put(config.options);
    return e;
}

/* Takes over what a look has found; NULL: nothing. */
static void set_models(struct router *r, struct place *p, struct json_object *models)
{
    json_object_put(p->models);
    p->models = models;
    roles_found(r->roles, p->name, models);
}

/* Ollama's "codellama" is "codellama:latest". Others may serve what they do not name. */
bool place_has(const struct place *p, const char *model)
{
    char latest[160];
    const bool tells =
        p->local || strcmp(p->name, "ollama") == 0 || strcmp(p->name, "lmstudio") == 0;
    snprintf(latest, sizeof latest, "%.128s:latest", model);
    if (!tells || !p->models)
        return true;
    for (size_t i = 0; i < json_object_array_length(p->models); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(p->models, i));
        if (strcmp(name, model) == 0 || strcmp(name, latest) == 0)
            return true;
    }
    return false;
}

static void look_at_local(struct router *r, struct place *p)
{
    struct json_object *list = NULL, *installed = json_object_new_array();
    size_t n;
    if (!models_list(r->options.models, &list)) {
        for (size_t i = 0; i < json_object_array_length(list); i++) {
            struct json_object *o = json_object_array_get_idx(list, i);
            const char *name = json_str(o, "name", "");
            if (strcmp(json_str(o, "kind", ""), "chat") == 0 &&
                models_installed(r->options.models, name))
                json_object_array_add(installed, json_object_new_string(name));
        }
    }
    json_object_put(list);
    n = json_object_array_length(installed);
    set_models(r, p, installed);
    p->up = n > 0;
    snprintf(p->detail, sizeof p->detail, n ? "%zu installed" : "none installed", n);
    snprintf(p->remedy, sizeof p->remedy, "%s", n ? "" : "dise model install");
}

bool place_is_near(const char *url)
{
    return strstr(url, "://127.0.0.1") || strstr(url, "://localhost") || strstr(url, "://[::1]");
}

static void not_up(struct place *p, enum err e, const char *url, const struct err_info *info)
{
    if (p->configured)
        snprintf(p->detail, sizeof p->detail, "%.190s", info->message);
    else
        snprintf(p->detail, sizeof p->detail, "nothing answers on %.150s", url);
    snprintf(p->remedy, sizeof p->remedy, "%s",
             e == ERR_UNSUPPORTED || e == ERR_INPUT ? "change config.yaml"
             : e == ERR_HTTP_AUTH                   ? "set its api_key"
             : strcmp(p->name, "ollama") == 0       ? "start it (ollama serve), or choose another"
                                                    : "start it, or choose another");
}

static void look_at_server(struct router *r, struct place *p)
{
    struct json_object *models = NULL;
    struct err_info info = {0};
    char url[256];
    uint64_t began = uv_hrtime();
    enum err e = place_open(r, p, &info);
    bool near;
    place_url(r, p, url, sizeof url);
    near = place_is_near(url);
    if (!e)
        e = p->backend->class->models(p->backend, near ? LOOK_MS : LOOK_FAR_MS, &models, &info);
    p->look_ms = (double)(uv_hrtime() - began) / 1e6;
    p->up = e == ERR_OK;
    set_models(r, p, models);
    if (e) {
        not_up(p, e, url, &info);
        return;
    }
    snprintf(p->detail, sizeof p->detail, "%zu models", json_object_array_length(models));
    p->remedy[0] = 0;
    if (json_object_array_length(models) == 0 && !roles_names_backend(r->roles, p->name)) {
        p->up = false;
        snprintf(p->detail, sizeof p->detail, "it answers but offers no model");
    }
}

/* Without a question to it: a key is believed until a call is refused. */
static void look_at_key(struct place *p)
{
    const char *variable = key_variable(p->name), *key = getenv(variable);
    p->up = key && *key;
    snprintf(p->detail, sizeof p->detail, p->up ? "%s is set" : "%s is not set", variable);
    p->remedy[0] = 0;
    if (!p->up)
        snprintf(p->remedy, sizeof p->remedy, "export %s=… and dise restart", variable);
}

struct looking {
    struct router *router;
    struct place *place;
};

static enum err look_at(void *arg)
{
    struct looking *l = arg;
    struct place *p = l->place;
    struct err_info info;
    if (p->local)
        look_at_local(l->router, p);
    else if (is_provider(p->name) && !p->configured)
        look_at_key(p);
    else
        look_at_server(l->router, p);
    if (place_limits(l->router, p, &info)) {
        p->up = false;
        snprintf(p->detail, sizeof p->detail, "%.190s", info.message);
        snprintf(p->remedy, sizeof p->remedy, "change config.yaml");
    }
    return ERR_OK;
}

/* All at the same time: the slowest decides how long it takes. */
static void look_everywhere(struct router *r)
{
    struct looking all[PLACES_MAX];
    struct fiber *fibers[PLACES_MAX];
    for (int i = 0; i < r->count; i++) {
        all[i] = (struct looking){r, &r->places[i]};
        fibers[i] = fiber_spawn(r->sched, "look", look_at, &all[i]);
        if (!fibers[i])
            look_at(&all[i]);
    }
    for (int i = 0; i < r->count; i++)
        if (fibers[i])
            fiber_join(fibers[i], NULL);
}

enum err places_look(struct router *r, bool again)
{
    uint64_t now = uv_now(sched_loop(r->sched));
    enum err e = fiber_sem_take(&r->looking);
    if (e)
        return e;
    if (again || !r->looked || now - r->looked > LOOK_AGAIN_MS) {
        look_everywhere(r);
        /* a look that was cut has found nothing out */
        r->looked = fiber_check() ? 0 : uv_now(sched_loop(r->sched)) + 1;
    }
    fiber_sem_give(&r->looking);
    return fiber_check();
}

static void add_row(struct json_object *list, const char *what, bool ok, const char *detail,
                    const char *remedy)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "what", what);
    json_add_bool(o, "ok", ok);
    json_add_str(o, "detail", detail);
    json_add_str(o, "remedy", remedy);
    json_object_array_add(list, o);
}

enum err router_look(struct router *r, struct json_object **out)
{
    char detail[400];
    bool any = false;
    enum err e = places_look(r, true);
    *out = NULL;
    if (e)
        return e;
    *out = json_object_new_array();
    for (int i = 0; i < r->count; i++)
        any |= r->places[i].configured;
    add_row(*out, "config.yaml", any, any ? "names a backend" : "names no backend", "");
    for (int i = 0; i < r->count; i++) {
        struct place *p = &r->places[i];
        place_describe(p, detail, sizeof detail);
        add_row(*out, p->title, p->up, detail, p->remedy);
        if (p->up) /* a person looks, perhaps because it is well again */
            admission_hurry(&p->door);
    }
    return ERR_OK;
}

bool router_ready(struct router *r)
{
    for (int i = 0; i < r->count; i++)
        if (r->places[i].up)
            return true;
    return false;
}
