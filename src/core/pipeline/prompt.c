#include "core/pipeline/prompt.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "core/tool/tool.h"

/* A prompt is a tool of type llm. */
static enum err read_prompt(const char *path, const char *id, struct json_object **out,
                            struct err_info *info)
{
    struct json_object *tool;
    struct err_info problem = {0};
    struct buf text;
    enum err e;
    buf_init(&text, TOOL_TEXT_MAX);
    e = buf_read_file(&text, path, info);
    if (e) {
        buf_fini(&text);
        return e;
    }
    tool = tool_read(text.data, text.len, path, id, &problem);
    buf_fini(&text);
    if (!problem.code && strcmp(json_str(tool, "type", ""), "llm") != 0)
        err_at(&problem, ERR_INPUT, path, 1, 1, "the tool must be of type llm");
    if (!problem.code) {
        *out = json_object_new_object();
        json_add_str(*out, "id", id);
        json_add_str(*out, "role", tool_plays(tool));
        json_add_f64(*out, "temperature", json_f64(tool, "temperature", 0.1));
        json_add_str(*out, "system", json_str(tool, "system", ""));
        json_add_str(*out, "template", json_str(tool, "prompt", ""));
    } else if (info) {
        *info = problem;
    }
    json_object_put(tool);
    return problem.code;
}

enum err prompt_load(const char *home, const char *data, const char *id, struct json_object **out,
                     struct err_info *note, struct err_info *info)
{
    char path[PATH_SIZE];
    struct err_info unused;
    *out = NULL;
    if (!note)
        note = &unused;
    memset(note, 0, sizeof *note);
    if (tool_file(home, id, path) == ERR_OK && read_prompt(path, id, out, note) == ERR_OK)
        return ERR_OK;
    if (tool_file(data, id, path))
        return err_set(info, ERR_NOT_FOUND, "the shipped tool %.60s is missing", id);
    return read_prompt(path, id, out, info);
}

enum err prompt_fill(const char *template, const struct prompt_value *values, struct buf *out)
{
    enum err e = ERR_OK;
    while (!e && *template) {
        const struct prompt_value *v;
        size_t n = strcspn(template, "{");
        e = buf_add(out, template, n);
        template += n;
        if (e || !*template)
            break;
        for (v = values; v->name; v++) {
            n = strlen(v->name);
            if (strncmp(template + 1, v->name, n) == 0 && template[n + 1] == '}')
                break;
        }
        if (v->name) {
            e = buf_adds(out, v->value);
            template += n + 2;
        } else {
            e = buf_add(out, template ++, 1);
        }
    }
    return e;
}
