#include "core/escalation.h"

#include <string.h>

enum value_type { WORD, COUNT, NUMBER, SWITCH };

static const struct key {
    const char *name;
    enum value_type type;
    double least, most;
    const char *words; /* that a WORD may be, apart by |; NULL: any text */
} keys[] = {
    {"name", WORD, 0, 0, NULL},
    {"role", WORD, 0, 0, "fast|base|powerful|god_level"},
    {"temperature", NUMBER, 0, 2, NULL},
    {"candidates", COUNT, 1, ESCALATION_CANDIDATES_MAX, NULL},
    {"context", WORD, 0, 0, "none|error|errors|full"},
    {"logging", SWITCH, 0, 0, NULL},
    {"analysis", SWITCH, 0, 0, NULL},
    {"seconds", NUMBER, 0, 86400, NULL},
    {"tokens", COUNT, 0, 1e9, NULL},
};

static const struct key *key_named(const char *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool one_of(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; n && (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == '|') && (p[n] == '|' || !p[n]))
            return true;
    return false;
}

/* The value of a variable is not known before the configuration is merged; ladder_read takes the
 * standard for what it cannot read. */
static enum err check_word(const struct yaml_doc *doc, struct json_object *entry,
                           const struct key *k, struct json_object *value, struct err_info *info)
{
    const char *text;
    if (!json_object_is_type(value, json_type_string))
        return yaml_fail(doc, entry, k->name, info, "%s of a stage must be a text", k->name);
    text = json_object_get_string(value);
    if (!k->words || strstr(text, "${") || one_of(k->words, text))
        return ERR_OK;
    return yaml_fail(doc, entry, k->name, info, "%s of a stage is one of %s, not \"%.40s\"",
                     k->name, k->words, text);
}

static enum err check_value(const struct yaml_doc *doc, struct json_object *entry,
                            const struct key *k, struct json_object *value, struct err_info *info)
{
    bool whole = json_object_is_type(value, json_type_int);
    double n;
    if (k->type == WORD)
        return check_word(doc, entry, k, value, info);
    if (k->type == SWITCH)
        return json_object_is_type(value, json_type_boolean)
                   ? ERR_OK
                   : yaml_fail(doc, entry, k->name, info, "%s of a stage must be true or false",
                               k->name);
    if (!whole && (k->type == COUNT || !json_object_is_type(value, json_type_double)))
        return yaml_fail(doc, entry, k->name, info, "%s of a stage must be a %snumber", k->name,
                         k->type == COUNT ? "whole " : "");
    n = json_object_get_double(value);
    if (n >= k->least && n <= k->most) /* no number is neither */
        return ERR_OK;
    return yaml_fail(doc, entry, k->name, info, "%s of a stage must be between %g and %g", k->name,
                     k->least, k->most);
}

static enum err check_entry(const struct yaml_doc *doc, struct json_object *entry,
                            struct err_info *info)
{
    json_object_object_foreach(entry, name, value)
    {
        const struct key *k = key_named(name);
        enum err e =
            k ? check_value(doc, entry, k, value, info)
              : yaml_fail(doc, entry, name, info,
                          "a stage has no key \"%.40s\"; it knows name, role, temperature, "
                          "candidates, context, logging, analysis, seconds and tokens",
                          name);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err escalation_check(const struct yaml_doc *doc, struct err_info *info)
{
    struct json_object *list = json_get(doc->root, "escalation");
    enum err e = ERR_OK;
    if (!list)
        return ERR_OK;
    if (!json_object_is_type(list, json_type_array))
        return yaml_fail(doc, doc->root, "escalation", info, "escalation must be a list of stages");
    if (json_object_array_length(list) == 0)
        return yaml_fail(doc, doc->root, "escalation", info, "escalation has no stage");
    if (json_object_array_length(list) > ESCALATION_MAX)
        return yaml_fail(doc, json_object_array_get_idx(list, ESCALATION_MAX), NULL, info,
                         "escalation has more than %d stages", ESCALATION_MAX);
    for (size_t i = 0; !e && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        e = json_object_is_type(entry, json_type_object)
                ? check_entry(doc, entry, info)
                : yaml_fail(doc, entry ? entry : list, NULL, info,
                            "a stage is a mapping such as {role: fast, candidates: 4}");
    }
    return e;
}
