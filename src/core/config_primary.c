#include "core/config_primary.h"

const char *const config_looked_for[CONFIG_LOOKED_FOR] = {"ollama",    "lmstudio", "openai",
                                                          "anthropic", "azure",    "local"};

static const char *first_enabled(struct json_object *backends)
{
    if (!backends)
        return NULL;
    json_object_object_foreach(backends, key, value)
    {
        if (json_object_is_type(value, json_type_object) && json_flag(value, "enabled", true))
            return key;
    }
    return NULL;
}

const char *config_primary(struct json_object *root)
{
    struct json_object *llm = json_object_of(root, "llm");
    const char *name = json_str(llm, "backend", "");
    if (!*name)
        name = first_enabled(json_object_of(llm, "backends"));
    for (int i = 0; !name && i < CONFIG_LOOKED_FOR; i++)
        if (json_object_of(llm, config_looked_for[i]))
            name = config_looked_for[i];
    if (name)
        return name;
    return json_object_of(root, "ollama") || json_object_of(root, "model_tiers") ||
                   json_object_of(json_object_of(root, "coding"), "tier_1") ||
                   json_object_of(llm, "models") || json_object_of(llm, "model_roles")
               ? "ollama"
               : "";
}
