/* What a person says a task is, and what its answer is kept under. */
#include <string.h>

#include "core/store/artifact.h"
#include "core/words/classify.h"

static const struct {
    const char *prefix, *says;
} prefixes[] = {{"/code", "code"}, {"/text", "text"}, {"/arithmetic", "arithmetic"}};

/* The rest of the task behind "/code "; NULL: it begins otherwise. */
static const char *behind(const char *task, const char *prefix)
{
    size_t n = strlen(prefix);
    task += strspn(task, " \t\r\n");
    if (strncmp(task, prefix, n) != 0 || !task[n] || !strchr(" \t\r\n", task[n]))
        return NULL;
    return task + n + strspn(task + n, " \t\r\n");
}

enum err classify_submitted(struct json_object *params, struct err_info *info)
{
    const char *task = json_str(params, "task", ""), *said = json_str(params, "class", ""), *rest;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct json_object *text;
        rest = behind(task, prefixes[i].prefix);
        if (!rest)
            continue;
        text = json_object_new_string(rest); /* before the old one goes */
        json_object_object_add(params, "task", text);
        if (!*said)
            json_add_str(params, "class", prefixes[i].says);
        return ERR_OK;
    }
    if (*said && class_said(said) == CLASS_COUNT)
        return err_set(info, ERR_INPUT, "the class of a task is " CLASS_SAY ", not \"%.40s\"",
                       said);
    return ERR_OK;
}

enum err classify_hash(enum task_class c, const char *task, struct json_object *input, char out[65])
{
    if (class_is_content(c))
        return artifact_marked_hash("text", task, input, out);
    if (c == CLASS_ARITHMETIC)
        return artifact_marked_hash("arithmetic", task, input, out);
    artifact_task_hash(task, input, out);
    return ERR_OK;
}
