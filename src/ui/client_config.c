#include "ui/client_config.h"

#include <stdio.h>

bool client_config_wanted(enum protocol_method method)
{
    return method == METHOD_JOB_SUBMIT || method == METHOD_ARTIFACT_RUN ||
           method == METHOD_ARTIFACT_OPTIMIZE || method == METHOD_BATCH_SUBMIT ||
           method == METHOD_TOOL_RUN || method == METHOD_ARTIFACT_PROFILE ||
           method == METHOD_ARTIFACT_GATES;
}

void client_config_fini(struct client_config *c)
{
    json_object_put(c->told);
    json_object_put(c->last);
}

static void tell(struct client_config *c, const char *text)
{
    if (!c->told)
        c->told = json_object_new_object();
    if (!c->note || json_get(c->told, text))
        return;
    json_add_bool(c->told, text, true);
    c->note(c->arg, text);
}

static void tell_warnings(struct client_config *c, const struct config *config)
{
    struct json_object *list = config_own_warnings(config);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        tell(c, json_object_get_string(json_object_array_get_idx(list, i)));
}

enum err client_config_add(struct client_config *c, struct json_object *params,
                           struct err_info *info)
{
    struct config *config;
    char text[900], where[800];
    enum err e = config_read(c->sources, &config, info);
    if (e && !c->last)
        return e;
    if (e) {
        snprintf(text, sizeof text, "%s; what held before still holds",
                 err_format(info, where, sizeof where));
        tell(c, text);
    } else {
        tell_warnings(c, config);
        json_object_put(c->last);
        c->last = config_sent(config);
        config_free(config);
    }
    json_object_object_add(params, "options", json_object_get(c->last));
    return ERR_OK;
}
