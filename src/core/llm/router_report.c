/* What the router knows, for people: its backends, and who plays which role and why. */
#include <stdio.h>
#include <string.h>

#include "core/llm/router_internal.h"

/* ok, down: its backend cannot be asked; missing: the backend does not have the model; off: it is
 * not enabled, or of no use here. */
static const char *state_of(const struct router *r, const struct role_choice *c)
{
    const struct place *p = place_named(r, c->backend);
    return !p ? "off" : !p->up ? "down" : place_has(p, c->model) ? "ok" : "missing";
}

static struct json_object *chain_of(const struct router *r, const char *role)
{
    struct role_choice list[ROLES_CHAIN_MAX];
    struct json_object *out = json_object_new_array();
    const int n = roles_chain(r->roles, role, list, ROLES_CHAIN_MAX);
    for (int i = 0; i < n; i++) {
        struct json_object *o = json_object_new_object();
        json_add_str(o, "backend", list[i].backend);
        json_add_str(o, "model", list[i].model);
        json_add_str(o, "state", state_of(r, &list[i]));
        json_add_i64(o, "context_tokens", list[i].context_tokens);
        json_add_i64(o, "timeout_ms", list[i].timeout_ms);
        json_add_str(o, "how", list[i].how);
        json_object_array_add(out, o);
    }
    return out;
}

struct json_object *router_explain(const struct router *r)
{
    struct json_object *out = json_object_new_array();
    const char *role;
    for (int i = 0; (role = roles_name(r->roles, i)); i++) {
        struct json_object *o = json_object_new_object();
        json_add_str(o, "role", role);
        json_object_object_add(o, "chain", chain_of(r, role));
        json_object_array_add(out, o);
    }
    return out;
}

/* ---- backends ---- */

/* The entry of a model in `plays`, added when it is new. */
static struct json_object *played(struct json_object *plays, const struct role_choice *c,
                                  const struct place *p)
{
    struct json_object *o;
    for (size_t i = 0; i < json_object_array_length(plays); i++) {
        o = json_object_array_get_idx(plays, i);
        if (strcmp(json_str(o, "model", ""), c->model) == 0)
            return o;
    }
    o = json_object_new_object();
    json_add_str(o, "model", c->model);
    json_add_bool(o, "there", place_has(p, c->model));
    json_add_i64(o, "context_tokens", c->context_tokens);
    json_object_object_add(o, "roles", json_object_new_array());
    json_object_array_add(plays, o);
    return o;
}

/* The models that play a role at the place, each with its roles. */
static struct json_object *plays_of(const struct router *r, const struct place *p)
{
    struct role_choice list[ROLES_CHAIN_MAX];
    struct json_object *plays = json_object_new_array();
    const char *role;
    for (int i = 0; (role = roles_name(r->roles, i)); i++) {
        const int n = roles_chain(r->roles, role, list, ROLES_CHAIN_MAX);
        for (int k = 0; k < n; k++)
            if (strcmp(list[k].backend, p->name) == 0)
                json_object_array_add(json_array(played(plays, &list[k], p), "roles"),
                                      json_object_new_string(role));
    }
    return plays;
}

/* What router_state tells of the place, by its name. */
static struct json_object *door_of(struct json_object *states, const char *name)
{
    for (size_t i = 0; i < json_object_array_length(states); i++) {
        struct json_object *o = json_object_array_get_idx(states, i);
        if (strcmp(json_str(o, "name", ""), name) == 0)
            return json_object_get(o);
    }
    return NULL;
}

static struct json_object *row_of(const struct router *r, const struct place *p,
                                  struct json_object *states)
{
    struct json_object *o = json_object_new_object();
    char url[256];
    place_url(r, p, url, sizeof url);
    json_add_str(o, "name", p->name);
    json_add_str(o, "title", p->title);
    json_add_bool(o, "configured", p->configured);
    json_add_str(o, "state", p->up ? "up" : "down");
    json_add_str(o, "detail", p->detail);
    json_add_str(o, "remedy", p->remedy);
    json_add_str(o, "url", p->local ? "" : url);
    json_add_f64(o, "look_ms", p->look_ms);
    json_object_object_add(o, "models",
                           p->models ? json_object_get(p->models) : json_object_new_array());
    json_object_object_add(o, "plays", plays_of(r, p));
    json_object_object_add(o, "door", door_of(states, p->name));
    return o;
}

/* What the configuration names and turns off, so that nobody wonders where it is. */
static void add_disabled(const struct router *r, struct json_object *out)
{
    const struct roles_backend *b;
    for (int i = 0; (b = roles_backend(r->roles, i)); i++) {
        struct json_object *o;
        char remedy[96];
        if (b->enabled)
            continue;
        o = json_object_new_object();
        snprintf(remedy, sizeof remedy, "llm.backends.%s.enabled: true", b->name);
        json_add_str(o, "name", b->name);
        json_add_str(o, "title", b->name);
        json_add_bool(o, "configured", true);
        json_add_str(o, "state", "disabled");
        json_add_str(o, "detail", "turned off in the configuration");
        json_add_str(o, "remedy", remedy);
        json_object_array_add(out, o);
    }
}

enum err router_backends(struct router *r, struct json_object **out)
{
    enum err e = places_look(r, true);
    struct json_object *states;
    *out = NULL;
    if (e)
        return e;
    states = router_state(r);
    *out = json_object_new_array();
    for (int i = 0; i < r->count; i++)
        json_object_array_add(*out, row_of(r, &r->places[i], states));
    json_object_put(states);
    add_disabled(r, *out);
    return ERR_OK;
}
