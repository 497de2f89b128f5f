/* The table of options.def, and what follows from it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config_internal.h"

#define ENGINE SCOPE_ENGINE
#define JOB    SCOPE_JOB
#define UI     SCOPE_UI
const struct option config_options[OPTION_COUNT] = {
#define OPTION(id, path, type, def, least, most, scope, text)                                      \
    {path, def, type, least, most, scope, text},
#include "core/options.def"
#undef OPTION
};
#undef ENGINE
#undef JOB
#undef UI

enum option_id config_option_named(const char *path)
{
    int i = 0;
    while (i < OPTION_COUNT && strcmp(config_options[i].path, path) != 0)
        i++;
    return (enum option_id)i;
}

void config_option_variable(enum option_id id, char out[96])
{
    size_t n = (size_t)snprintf(out, 96, "DISE_%.80s", config_options[id].path);
    for (size_t i = 0; i < n; i++)
        out[i] = out[i] == '.' ? '_' : (char)toupper((unsigned char)out[i]);
}

bool config_option_within(const char *path)
{
    const size_t n = strlen(path);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strncmp(config_options[i].path, path, n) == 0 && config_options[i].path[n] == '.')
            return true;
    return false;
}

enum option_scope config_scope(const char *path)
{
    enum option_id id = config_option_named(path);
    if (id != OPTION_COUNT)
        return config_options[id].scope;
    return strcmp(path, "escalation") == 0 ? SCOPE_JOB : SCOPE_ENGINE;
}

bool config_option_is_limit(enum option_id id)
{
    static const char *const blocks[] = {"sandbox.", "execution.", "budget."};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (config_options[id].scope == SCOPE_JOB && config_options[id].type == INT &&
            strncmp(config_options[id].path, blocks[i], strlen(blocks[i])) == 0)
            return true;
    return false;
}

/* Texts that are one of a few words. */
static bool is_none_of_its_words(const struct option *o, const char *text, char why[160])
{
    if (strcmp(o->path, "gates.profile") != 0 || strcmp(text, "quick") == 0 ||
        strcmp(text, "standard") == 0 || strcmp(text, "strict") == 0)
        return false;
    snprintf(why, 160, "%s must be quick, standard or strict", o->path);
    return true;
}

bool config_option_refuses(const struct option *o, struct json_object *value, char why[160])
{
    const bool bounded = o->least != 0 || o->most != 0;
    const char *wanted = NULL;
    double n;
    if (o->type == FLAG && !json_object_is_type(value, json_type_boolean))
        wanted = "true or false";
    else if (o->type == TEXT && !json_object_is_type(value, json_type_string))
        wanted = "a text";
    else if (o->type == INT && !json_object_is_type(value, json_type_int))
        wanted = json_object_is_type(value, json_type_double) ? "a whole number" : "a number";
    else if (o->type == NUM && !json_object_is_type(value, json_type_int) &&
             !json_object_is_type(value, json_type_double))
        wanted = "a number";
    if (wanted) {
        snprintf(why, 160, "%s must be %s", o->path, wanted);
        return true;
    }
    if (o->type == TEXT)
        return is_none_of_its_words(o, json_object_get_string(value), why);
    if (o->type == FLAG)
        return false;
    n = json_object_get_double(value);
    if (n - n != 0 || (bounded && (n < o->least || n > o->most))) {
        snprintf(why, 160, "%s must be between %g and %g", o->path, o->least, o->most);
        return true;
    }
    return false;
}

struct json_object *config_standard(const struct option *o)
{
    switch (o->type) {
    case INT:
        return json_object_new_int64(strtoll(o->standard, NULL, 10));
    case NUM:
        return json_object_new_double_s(strtod(o->standard, NULL), o->standard);
    case FLAG:
        return json_object_new_boolean(strcmp(o->standard, "true") == 0);
    case TEXT:
        break;
    }
    return json_object_new_string(o->standard);
}
