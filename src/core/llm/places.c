/* The places where models may be had: those of the configuration, those that are found, and the
 * looks at them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/llm/models.h"
#include "core/llm/router_internal.h"

enum {
    LOOK_MS = 400,         /* how long a server of this machine may take to say that it is there */
    LOOK_FAR_MS = 3000,    /* and one elsewhere, which a person has named */
    LOOK_AGAIN_MS = 30000, /* what was found is believed so long */
    CLOUD_PARALLEL = 8,
};

const char *const router_role_names[ROLES] = {"fast", "base", "powerful", "god_level"};

/* ---- small helpers ---- */

static const struct backend_class *class_of(const struct router *r, const char *name)
{
    for (int i = 0; r->options.classes[i]; i++)
        if (strcmp(r->options.classes[i]->name, name) == 0)
            return r->options.classes[i];
    return r->options.classes[0];
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

/* The smallest model that writes code is fast, the largest powerful. */
static void roles_by_size(struct place *p, struct json_object *models)
{
    double small = 1e9, large = -1;
    bool coder = false;
    for (size_t i = 0; i < json_object_array_length(models); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(models, i));
        coder |= strstr(name, "code") != NULL;
    }
    for (size_t i = 0; i < json_object_array_length(models); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(models, i));
        double size = router_model_size(name);
        if (strstr(name, "embed") || (coder && !strstr(name, "code")))
            continue;
        if (size < small) {
            small = size;
            snprintf(p->roles[FAST], sizeof p->roles[FAST], "%s", name);
        }
        if (size > large) {
            large = size;
            snprintf(p->roles[POWERFUL], sizeof p->roles[POWERFUL], "%s", name);
        }
    }
    snprintf(p->roles[BASE], sizeof p->roles[BASE], "%s", p->roles[FAST]);
    if (strcmp(p->roles[FAST], p->roles[POWERFUL]) == 0)
        p->roles[POWERFUL][0] = 0;
}

static void roles_from_config(struct place *p, struct json_object *roles)
{
    for (int i = 0; roles && i < ROLES; i++)
        snprintf(p->roles[i], sizeof p->roles[i], "%s",
                 json_str(roles, router_role_names[i], p->roles[i]));
}

/* ---- the places ---- */

static void add_configured(struct router *r, const char *name, struct json_object *entry,
                           struct json_object *llm)
{
    struct place *p;
    struct json_object *roles = json_object_of(entry, "model_roles");
    if (!json_flag(entry, "enabled", true))
        return;
    p = add_place(r, name, name);
    if (!p)
        return;
    p->configured = true;
    p->parallel = (int)json_i64(entry, "parallel", strcmp(name, "replay") == 0 ? 64 : 2);
    if (!roles && strcmp(json_str(llm, "backend", name), name) == 0)
        roles = json_object_of(llm, "model_roles");
    roles_from_config(p, roles);
    if (strcmp(name, "replay") == 0 && !roles)
        for (int i = 0; i < GOD; i++)
            snprintf(p->roles[i], sizeof p->roles[i], "%s", router_role_names[i]);
}

/* The primary backend first, then the others in the file's order. */
static void add_from_config(struct router *r)
{
    struct json_object *llm = r->options.config, *backends = json_object_of(llm, "backends");
    const char *primary = json_str(llm, "backend", "");
    if (!backends)
        return;
    if (json_object_of(backends, primary))
        add_configured(r, primary, json_object_of(backends, primary), llm);
    json_object_object_foreach(backends, name, entry)
    {
        if (strcmp(name, primary) != 0 && json_object_is_type(entry, json_type_object))
            add_configured(r, name, entry, llm);
    }
}

static bool have_place(const struct router *r, const char *name)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->places[i].name, name) == 0)
            return true;
    return false;
}

/* What the configuration turns off is not looked for either. */
static void add_found(struct router *r, const char *name, const char *title)
{
    struct json_object *entry = json_object_of(json_object_of(r->options.config, "backends"), name);
    if (!have_place(r, name) && json_flag(entry, "enabled", true))
        add_place(r, name, title);
}

void places_init(struct router *r)
{
    add_from_config(r);
    add_found(r, "ollama", "Ollama");
    add_found(r, "lmstudio", "LM Studio");
    add_found(r, "openai", "OpenAI");
    add_found(r, "local", "local model");
    for (int i = 0; i < r->count; i++)
        r->places[i].local = strcmp(r->places[i].name, "local") == 0;
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
    }
}

const struct place *place_find(const struct router *r, const struct llm_target *t)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->places[i].name, t->place) == 0)
            return &r->places[i];
    return NULL;
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
        return "http://127.0.0.1:11434/v1";
    if (strcmp(name, "lmstudio") == 0)
        return "http://127.0.0.1:1234/v1";
    return NULL;
}

static struct json_object *entry_of(const struct router *r, const char *name)
{
    return json_object_of(json_object_of(r->options.config, "backends"), name);
}

/* Ollama's own address has no /v1; the OpenAI format lives there. */
void place_url(const struct router *r, const struct place *p, char *out, size_t size)
{
    const char *url = json_str(entry_of(r, p->name), "base_url", standard_url(p->name));
    size_t n;
    snprintf(out, size, "%s", url ? url : "");
    n = strlen(out);
    while (n && out[n - 1] == '/')
        out[--n] = 0;
    if (n && strcmp(p->name, "ollama") == 0 && (n < 3 || strcmp(out + n - 3, "/v1") != 0))
        snprintf(out + n, size - n, "/v1");
}

/* A key never goes to another provider's server: the default address is OpenAI's, so every other
 * name needs an address of its own, and a known provider of another format is not asked at all. */
static enum err check_speaks(const struct router *r, const struct place *p, struct err_info *info)
{
    static const char *const other_formats[] = {"anthropic", "azure", "cohere", "gemini", "google"};
    const char *class = class_of(r, p->name)->name;
    for (size_t i = 0; i < sizeof other_formats / sizeof *other_formats; i++)
        if (strncmp(p->name, other_formats[i], strlen(other_formats[i])) == 0)
            return err_set(info, ERR_UNSUPPORTED,
                           "%s is configured, but this version does not speak its format yet",
                           p->name);
    if (strcmp(class, p->name) == 0 || json_str(entry_of(r, p->name), "base_url", NULL) ||
        standard_url(p->name))
        return ERR_OK;
    return err_set(info, ERR_INPUT, "llm.backends.%s needs a \"base_url\"", p->name);
}

enum err place_open(struct router *r, struct place *p, struct err_info *info)
{
    struct json_object *entry = entry_of(r, p->name);
    const char *key = json_str(entry, "api_key", NULL);
    char url[256];
    struct backend_config config = {.name = p->name, .options = entry};
    enum err e = ERR_OK;
    if (p->backend)
        return ERR_OK;
    e = check_speaks(r, p, info);
    if (e)
        return e;
    place_url(r, p, url, sizeof url);
    config.base_url = url[0] ? url : NULL;
    if (!key && strcmp(p->name, "openai") == 0)
        key = getenv("OPENAI_API_KEY");
    config.api_key = key;
    return class_of(r, p->name)->open(r->sched, &config, &p->backend, info);
}

static void look_at_local(struct router *r, struct place *p)
{
    struct json_object *list = NULL;
    int n = 0;
    p->up = false;
    memset(p->roles, 0, sizeof p->roles);
    if (models_list(r->options.models, &list))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *name = json_str(json_object_array_get_idx(list, i), "name", "");
        if (!models_installed(r->options.models, name))
            continue;
        snprintf(p->roles[n ? POWERFUL : FAST], sizeof p->roles[0], "%s", name);
        n++;
    }
    snprintf(p->roles[BASE], sizeof p->roles[BASE], "%s", p->roles[FAST]);
    json_object_put(list);
    p->up = n > 0;
    snprintf(p->detail, sizeof p->detail, n ? "%d installed" : "none installed", n);
    snprintf(p->remedy, sizeof p->remedy, "%s", n ? "" : "dise model install");
}

bool place_is_near(const char *url)
{
    return strstr(url, "://127.0.0.1") || strstr(url, "://localhost") || strstr(url, "://[::1]");
}

static void look_at_server(struct router *r, struct place *p)
{
    struct json_object *models = NULL;
    struct err_info info = {0};
    char url[256];
    enum err e = place_open(r, p, &info);
    bool near;
    place_url(r, p, url, sizeof url);
    near = place_is_near(url);
    if (!e)
        e = p->backend->class->models(p->backend, near ? LOOK_MS : LOOK_FAR_MS, &models, &info);
    p->up = e == ERR_OK;
    if (e) {
        if (p->configured)
            snprintf(p->detail, sizeof p->detail, "%.190s", info.message);
        else
            snprintf(p->detail, sizeof p->detail, "nothing answers on %.150s", url);
        snprintf(p->remedy, sizeof p->remedy, "%s",
                 e == ERR_UNSUPPORTED || e == ERR_INPUT ? "change config.yaml"
                 : e == ERR_HTTP_AUTH                   ? "set its api_key"
                                                        : "start it, or choose another");
        return;
    }
    snprintf(p->detail, sizeof p->detail, "%zu models", json_object_array_length(models));
    p->remedy[0] = 0;
    if (!p->roles[FAST][0])
        roles_by_size(p, models);
    json_object_put(models);
    if (!p->roles[FAST][0]) {
        p->up = false;
        snprintf(p->detail, sizeof p->detail, "it answers but offers no model");
    }
}

/* Without a question to it: a key is believed until a call is refused. */
static void look_at_openai(struct place *p)
{
    const char *key = getenv("OPENAI_API_KEY");
    p->up = key && *key;
    snprintf(p->detail, sizeof p->detail,
             p->up ? "OPENAI_API_KEY is set" : "OPENAI_API_KEY is not set");
    snprintf(p->remedy, sizeof p->remedy, "%s",
             p->up ? "" : "export OPENAI_API_KEY=… and dise restart");
    p->parallel = CLOUD_PARALLEL;
    if (p->roles[FAST][0])
        return;
    snprintf(p->roles[FAST], sizeof p->roles[FAST], "gpt-4o-mini");
    snprintf(p->roles[BASE], sizeof p->roles[BASE], "gpt-4o-mini");
    snprintf(p->roles[POWERFUL], sizeof p->roles[POWERFUL], "gpt-4o");
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
    else if (strcmp(p->name, "openai") == 0 && !p->configured)
        look_at_openai(p);
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
    static const char *const later[] = {"ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY"};
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
    for (int i = 0; i < 2; i++)
        if (getenv(later[i]) && *getenv(later[i]))
            add_row(*out, later[i], false, "is set, but this version does not speak its format yet",
                    "");
    return ERR_OK;
}

bool router_ready(struct router *r)
{
    for (int i = 0; i < r->count; i++)
        if (r->places[i].up)
            return true;
    return false;
}
