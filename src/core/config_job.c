/* What goes with a job: what its client said, and all that holds for it, as one JSON value. */
#include <stdio.h>
#include <string.h>

#include "core/config_internal.h"
#include "core/escalation.h"

static bool is_job(int id)
{
    return config_options[id].scope == SCOPE_JOB;
}

/* The values for jobs that come from `least` or a later layer. */
static struct json_object *collect(const struct config *c, enum layer_kind least)
{
    struct json_object *o = json_object_new_object(), *values = json_object_new_object();
    int layer = config_layer_of(c, "escalation");
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *path = config_options[i].path;
        int from = config_layer_of(c, path);
        if (is_job(i) && c->values[i] && from >= 0 && c->layers[from].kind >= least)
            json_object_object_add(values, path, json_object_get(c->values[i]));
    }
    json_object_object_add(o, "values", values);
    if (config_escalation(c) && layer >= 0 && c->layers[layer].kind >= least)
        json_object_object_add(o, "escalation", json_object_get(config_escalation(c)));
    return o;
}

struct json_object *config_sent(const struct config *c)
{
    return collect(c, LAYER_PROJECT);
}

/* A peer may send anything. */
static enum err check_sent(struct json_object *sent, struct err_info *info)
{
    struct json_object *values = json_object_of(sent, "values"),
                       *list = json_get(sent, "escalation");
    struct yaml_doc doc = {.file = "options"};
    char why[160];
    enum err e;
    if (values) {
        json_object_object_foreach(values, path, value)
        {
            enum option_id id = config_option_named(path);
            if (id == OPTION_COUNT || !is_job((int)id))
                return err_set(info, ERR_INPUT, "a job cannot decide \"%.80s\"", path);
            if (config_option_refuses(&config_options[id], value, why))
                return err_set(info, ERR_INPUT, "%s", why);
        }
    }
    if (!list)
        return ERR_OK;
    doc.root = json_object_new_object();
    json_object_object_add(doc.root, "escalation", json_object_get(list));
    e = escalation_check(&doc, info);
    json_object_put(doc.root);
    return e;
}

enum err config_snapshot(const struct config *c, struct json_object *sent, struct json_object **out,
                         struct err_info *info)
{
    struct json_object *values, *own;
    enum err e = check_sent(sent, info);
    *out = NULL;
    if (e)
        return e;
    *out = collect(c, LAYER_SYSTEM);
    values = json_object_of(sent, "values");
    own = json_object_of(*out, "values");
    if (values) {
        json_object_object_foreach(values, path, value)
            json_object_object_add(own, path, json_object_get(value));
    }
    if (json_get(sent, "escalation"))
        json_object_object_add(*out, "escalation", json_object_get(json_get(sent, "escalation")));
    return ERR_OK;
}

enum err config_of_snapshot(struct json_object *snapshot, struct config **out,
                            struct err_info *info)
{
    struct json_object *values = json_object_of(snapshot, "values");
    struct yaml_doc doc = {.file = "job"};
    enum err e = config_read(&(struct config_sources){.home = NULL}, out, info);
    if (e)
        return e;
    doc.root = json_object_new_object();
    if (values) {
        json_object_object_foreach(values, path, value)
            config_put_at(doc.root, path, json_object_get(value));
    }
    if (json_array(snapshot, "escalation"))
        json_object_object_add(doc.root, "escalation",
                               json_object_get(json_array(snapshot, "escalation")));
    e = config_add_doc(*out, LAYER_JOB, "job", &doc, false, info);
    json_object_put(doc.root);
    if (e) {
        config_free(*out);
        *out = NULL;
    }
    return e;
}

/* ---- what the engine is opened with ---- */

/* The engine's own part: without what jobs and the dashboard decide. */
static struct json_object *engine_part(struct json_object *o, const char *path)
{
    struct json_object *copy = json_object_new_object();
    json_object_object_foreach(o, key, value)
    {
        char at[CONFIG_PATH_MAX];
        if (!config_join(at, path, key) || config_keys_unused(at))
            continue;
        if (config_option_within(at) && json_object_is_type(value, json_type_object)) {
            struct json_object *part = engine_part(value, at);
            if (json_object_object_length(part))
                json_object_object_add(copy, key, json_object_get(part));
            json_object_put(part);
        } else if (config_scope(at) == SCOPE_ENGINE) {
            json_object_object_add(copy, key, json_object_get(value));
        }
    }
    return copy;
}

/* The others are read where they are used. */
bool config_needs_restart(const char *path)
{
    return strncmp(path, "batch.", 6) != 0 && strcmp(path, "engine.idle_s") != 0;
}

static void drop_live(struct json_object *part)
{
    json_object_object_del(part, "batch");
    if (json_object_of(part, "engine"))
        json_object_object_del(json_object_of(part, "engine"), "idle_s");
}

bool config_same_engine(const struct config *a, const struct config *b)
{
    struct json_object *x = engine_part(a->root, ""), *y = engine_part(b->root, "");
    bool same;
    drop_live(x);
    drop_live(y);
    same = json_object_equal(x, y);
    json_object_put(x);
    json_object_put(y);
    return same;
}

bool config_file_for_engine(const char *path)
{
    struct yaml_doc doc;
    struct json_object *part;
    bool any;
    if (yaml_load(path, &doc, NULL) || !json_object_is_type(doc.root, json_type_object)) {
        yaml_doc_free(&doc);
        return true; /* whoever reads it says what is wrong */
    }
    part = engine_part(doc.root, "");
    any = json_object_object_length(part) > 0;
    json_object_put(part);
    yaml_doc_free(&doc);
    return any;
}

bool config_set_for_engine(const char *set)
{
    char path[CONFIG_PATH_MAX];
    snprintf(path, sizeof path, "%.*s", (int)strcspn(set, "="), set);
    return config_scope(path) == SCOPE_ENGINE;
}
