#include "core/llm/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/llm/models.h"
#include "core/llm/record.h"
#include "core/llm/turn.h"

enum {
    PLACES_MAX = 12,
    LOOK_MS = 400,         /* how long a server of this machine may take to say that it is there */
    LOOK_FAR_MS = 3000,    /* and one elsewhere, which a person has named */
    LOOK_AGAIN_MS = 30000, /* what was found is believed so long */
    TRIES = 3,
    RETRY_MS = 400,
    CLOUD_PARALLEL = 8,
};

enum role { FAST, BASE, POWERFUL, GOD, ROLES };
static const char *const role_names[ROLES] = {"fast", "base", "powerful", "god_level"};

/* One place where a model may be had, in the order of the search. */
struct place {
    char name[32];  /* "ollama", as in config.yaml */
    char title[64]; /* for people */
    char detail[200];
    char remedy[120];
    bool up, configured, local, counted; /* counted: `slots` is set up */
    struct backend *backend;             /* NULL until it is needed */
    char roles[ROLES][128];              /* model of each role; "" none */
    struct fiber_sem slots;
    struct turn turn; /* of the local models */
    int parallel;
    char address[96]; /* of the local server that `backend` was opened for */
};

struct router {
    struct sched *sched;
    struct router_options options;
    struct place places[PLACES_MAX];
    int count;
    struct fiber_sem looking;
    uint64_t looked;            /* loop time; 0: never */
    struct record_file *record; /* NULL: none */
};

/* ---- small helpers ---- */

static int role_of(const char *name)
{
    for (int i = 0; i < ROLES; i++)
        if (strcmp(role_names[i], name) == 0)
            return i;
    return FAST;
}

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
    turn_init(&p->turn);
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
                 json_str(roles, role_names[i], p->roles[i]));
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
            snprintf(p->roles[i], sizeof p->roles[i], "%s", role_names[i]);
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

enum err router_open(struct sched *s, const struct router_options *options, struct router **out,
                     struct err_info *info)
{
    struct router *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return err_set(info, ERR_NOMEM, "out of memory");
    r->sched = s;
    r->options = *options;
    fiber_sem_init(&r->looking, 1);
    if (options->record) {
        enum err e = record_open(options->record, &r->record, info);
        if (e) {
            free(r);
            return e;
        }
    }
    add_from_config(r);
    add_found(r, "ollama", "Ollama");
    add_found(r, "lmstudio", "LM Studio");
    add_found(r, "openai", "OpenAI");
    add_found(r, "local", "local model");
    for (int i = 0; i < r->count; i++)
        r->places[i].local = strcmp(r->places[i].name, "local") == 0;
    *out = r;
    return ERR_OK;
}

static void drop_backend(struct place *p)
{
    if (p->backend)
        p->backend->class->close(p->backend);
    p->backend = NULL;
}

void router_close(struct router *r)
{
    for (int i = 0; i < r->count; i++)
        drop_backend(&r->places[i]);
    record_close(r->record);
    free(r);
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
static void url_of(const struct router *r, const struct place *p, char *out, size_t size)
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

static enum err open_place(struct router *r, struct place *p, struct err_info *info)
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
    url_of(r, p, url, sizeof url);
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

static bool on_this_machine(const char *url)
{
    return strstr(url, "://127.0.0.1") || strstr(url, "://localhost") || strstr(url, "://[::1]");
}

static void look_at_server(struct router *r, struct place *p)
{
    struct json_object *models = NULL;
    struct err_info info = {0};
    char url[256];
    enum err e = open_place(r, p, &info);
    bool near;
    url_of(r, p, url, sizeof url);
    near = on_this_machine(url);
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
    if (p->local)
        look_at_local(l->router, p);
    else if (strcmp(p->name, "openai") == 0 && !p->configured)
        look_at_openai(p);
    else
        look_at_server(l->router, p);
    if (!p->counted)
        fiber_sem_init(&p->slots, p->parallel);
    p->counted = true;
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

static enum err look(struct router *r, bool again)
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
    bool any = false;
    enum err e = look(r, true);
    *out = NULL;
    if (e)
        return e;
    *out = json_object_new_array();
    for (int i = 0; i < r->count; i++)
        any |= r->places[i].configured;
    add_row(*out, "config.yaml", any, any ? "names a backend" : "names no backend", "");
    for (int i = 0; i < r->count; i++)
        add_row(*out, r->places[i].title, r->places[i].up, r->places[i].detail,
                r->places[i].remedy);
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

/* ---- resolving ---- */

static void make_label(const char *model, char out[48])
{
    const char *slash = strrchr(model, '/');
    snprintf(out, 48, "%.47s", slash ? slash + 1 : model);
    if (strncmp(out, "qwen2.5-", 8) == 0)
        memmove(out, out + 8, strlen(out) - 7);
}

/* The local server's address changes with every start: its backend is opened again then. */
static const struct place *find_place(const struct router *r, const struct llm_target *t)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->places[i].name, t->place) == 0)
            return &r->places[i];
    return NULL;
}

static struct place *place_of(struct router *r, const struct llm_target *t)
{
    const struct place *p = find_place(r, t);
    return p ? &r->places[p - r->places] : NULL;
}

static enum err resolve(struct router *r, const char *role, struct llm_target *out,
                        struct err_info *info)
{
    int wanted = role_of(role);
    bool any = false;
    enum err e = look(r, false);
    if (e)
        return e;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < r->count; i++) {
        struct place *p = &r->places[i];
        if (!p->up)
            continue;
        any = true;
        if (!p->roles[wanted][0])
            continue;
        snprintf(out->place, sizeof out->place, "%s", p->name);
        snprintf(out->model, sizeof out->model, "%s", p->roles[wanted]);
        make_label(out->model, out->label);
        return ERR_OK;
    }
    r->looked = 0; /* what is missing may come any time */
    if (any && wanted == POWERFUL)
        return err_set(info, ERR_NO_BACKEND,
                       "no stronger model is installed: dise model install qwen2.5-coder-1.5b");
    if (any)
        return err_set(info, ERR_NO_BACKEND, "none configured");
    return err_set(info, ERR_NO_BACKEND,
                   "no language model is to be had: dise model install, or start Ollama or LM "
                   "Studio, or set OPENAI_API_KEY (dise doctor tells more)");
}

/* A task that is given while the first model is being installed waits for it. */
enum err router_resolve(struct router *r, const char *role, struct llm_target *out,
                        struct err_info *info)
{
    enum err e = resolve(r, role, out, info), waited;
    if (e != ERR_NO_BACKEND || !r->options.models || !models_installing(r->options.models))
        return e;
    for (int i = 0; i < r->count; i++)
        if (r->places[i].up)
            return e;
    waited = models_await_install(r->options.models);
    return waited ? waited : resolve(r, role, out, info);
}

int router_parallel(struct router *r, const struct llm_target *target)
{
    struct place *p = place_of(r, target);
    return p ? p->parallel : 1;
}

bool router_cost(const struct router *r, const struct llm_target *target, int64_t tokens_in,
                 int64_t tokens_out, double *dollars)
{
    struct json_object *prices = json_object_of(r->options.config, "prices"),
                       *price = json_object_of(prices, target->model);
    const struct place *p = find_place(r, target);
    char url[256] = "";
    *dollars = 0;
    if (!price)
        price = json_object_of(prices, target->label);
    if (price) {
        *dollars = ((double)tokens_in * json_f64(price, "in", 0) +
                    (double)tokens_out * json_f64(price, "out", 0)) /
                   1e6;
        return true;
    }
    if (p)
        url_of(r, p, url, sizeof url);
    return p && (p->local || on_this_machine(url) || strcmp(p->name, "replay") == 0);
}

/* ---- recording ---- */

struct recorder {
    const struct llm_request *request;
    struct json_object *chunks;
    uint64_t began;
    bool began_text;
};

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    struct recorder *rec = arg;
    struct json_object *c;
    rec->began_text = true;
    if (rec->chunks) {
        c = json_object_new_array();
        json_object_array_add(
            c, json_object_new_int64((int64_t)((uv_hrtime() - rec->began) / 1000000)));
        json_object_array_add(c, json_object_new_string_len(text, (int)n));
        json_object_array_add(rec->chunks, c);
    }
    return rec->request->on_text ? rec->request->on_text(rec->request->arg, text, n) : LLM_MORE;
}

/* ---- calling ---- */

/* The local server of the model, started when needed. One backend a place: a change of model or
 * address opens it anew, which is safe because the slots of the place are counted below. */
static enum err open_local(struct router *r, const char *model, struct backend **out,
                           struct err_info *info)
{
    struct model_address a;
    struct backend_config config = {.name = "local", .base_url = a.base_url, .api_key = a.api_key};
    enum err e = models_start(r->options.models, model, &a, info);
    return e ? e : r->options.classes[0]->open(r->sched, &config, out, info);
}

static enum err call_once(struct router *r, struct place *p, const struct llm_target *t,
                          const struct llm_request *q, struct llm_reply *reply,
                          struct err_info *info)
{
    struct backend *local = NULL;
    enum err e;
    if (!p->local) {
        e = open_place(r, p, info);
        return e ? e : p->backend->class->chat(p->backend, q, reply, info);
    }
    e = open_local(r, t->model, &local, info);
    if (e)
        return e;
    e = turn_take(&p->turn, t->model);
    if (!e) {
        e = local->class->chat(local, q, reply, info);
        turn_give(&p->turn);
        models_used(r->options.models, t->model, e == ERR_OK);
    }
    local->class->close(local);
    return e;
}

static void forget(struct llm_reply *r)
{
    buf_clear(&r->text);
    r->finish[0] = 0;
    r->tokens_in = r->tokens_cached = r->tokens_out = 0;
    r->first_token_ms = r->ms = 0;
    r->estimated = r->recorded = false;
}

enum err router_chat(struct router *r, const struct llm_target *target,
                     const struct llm_request *request, struct llm_reply *reply,
                     struct err_info *info)
{
    struct recorder rec = {.request = request, .began = uv_hrtime()};
    struct llm_request q = *request;
    struct place *p = place_of(r, target);
    enum err e;
    if (!p)
        return err_set(info, ERR_NO_BACKEND, "the backend %s is gone", target->place);
    q.model = target->model;
    forget(reply);
    if (fiber_check())
        return err_set(info, ERR_CANCELLED, "cancelled");
    if (r->record && record_play(r->record, &q, reply) == ERR_OK)
        return ERR_OK;
    e = look(r, false); /* also after a restart, when the job knows its target from the journal */
    if (!e)
        e = fiber_sem_take(&p->slots);
    if (e)
        return err_set(info, e, "cancelled");
    rec.chunks = r->record ? json_object_new_array() : NULL;
    q.on_text = on_text;
    q.arg = &rec;
    for (int i = 0; i < TRIES; i++) {
        forget(reply); /* of the try before */
        e = call_once(r, p, target, &q, reply, info);
        if (!e || !err_retryable(e) || e == ERR_TIMEOUT || rec.began_text)
            break; /* what took its whole time once would take it again */
        log_line("%s: %s", target->label, err_name(e));
        if (i + 1 < TRIES && fiber_sleep((uint64_t)RETRY_MS << (2 * i))) {
            e = ERR_CANCELLED;
            break;
        }
    }
    fiber_sem_give(&p->slots);
    if (rec.chunks)
        record_add(r->record, &q, rec.chunks, reply, e);
    json_object_put(rec.chunks);
    if (e == ERR_NET_CONNECT)
        r->looked = 0;
    return e;
}
