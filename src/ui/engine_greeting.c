#include "ui/engine_greeting.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"

static bool has_set(struct json_object *hello, const char *set)
{
    struct json_object *list = json_array(hello, "set");
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), set) == 0)
            return true;
    return false;
}

/* The option that the engine was not started with, and its value; NULL: none. */
static const char *lacking(struct json_object *hello, const char *const *args, const char **value)
{
    *value = "";
    for (; args && *args; args++) {
        if (strcmp(*args, "--unsafe") == 0) {
            if (!json_flag(hello, "unsafe", false))
                return *args;
        } else if (args[1]) {
            *value = args[1];
            if (strcmp(*args, "--set") == 0) {
                if (!has_set(hello, args[1]))
                    return *args;
            } else if (strcmp(json_str(hello, args[0] + 2, ""), args[1]) != 0)
                return args[0];
            args++;
        }
    }
    return NULL;
}

static bool asks(const char *const *args, const char *option)
{
    for (; args && *args; args++)
        if (strcmp(*args, option) == 0)
            return true;
    return false;
}

bool greeting_outdated(struct json_object *hello, const char *const *args)
{
    const char *value;
    return json_flag(hello, "config_changed", false) || lacking(hello, args, &value);
}

void greeting_remarks(struct json_object *hello, const char *const *args, greeting_note_fn *note,
                      void *arg)
{
    const char *value, *option = lacking(hello, args, &value);
    const char *problem = json_str(hello, "config_problem", "");
    char text[PATH_SIZE + 200];
    if (option) {
        snprintf(
            text, sizeof text,
            "the running engine has jobs and was started without %s%s%s; `dise restart` with it "
            "replaces it now",
            option, *value ? " " : "", value);
        note(arg, text);
    } else if (json_flag(hello, "config_changed", false)) {
        note(arg,
             "the configuration has changed since the running engine began; the change holds when "
             "its jobs have ended (`dise restart` takes it over now)");
    }
    if (*problem) {
        snprintf(text, sizeof text, "%.700s; the engine keeps what held before", problem);
        note(arg, text);
    }
    if (json_flag(hello, "unsafe", false) && !asks(args, "--unsafe"))
        note(arg, "the running engine was started with --unsafe; `dise restart` ends that");
}

void greeting_missing_keys(struct json_object *hello, greeting_note_fn *note, void *arg)
{
    struct json_object *missing = json_array(hello, "missing_keys");
    char text[256];
    if (!missing || json_object_array_length(missing) == 0)
        return;
    snprintf(text, sizeof text,
             "the running engine was started without %s; `dise restart` takes it over",
             json_object_get_string(json_object_array_get_idx(missing, 0)));
    note(arg, text);
}
