#include "core/prompt.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/yaml.h"

static enum err read_tool(const char *path, const char *id, struct json_object **out,
                          struct err_info *info)
{
    struct yaml_doc doc;
    struct json_object *llm;
    const char *template;
    enum err e = yaml_load(path, &doc, info);
    if (e)
        return e;
    llm = json_object_of(doc.root, "llm");
    template = json_str(llm, "prompt_template", NULL);
    if (!llm)
        e = err_at(info, ERR_INPUT, path, 1, 1, "a tool of type llm needs the block \"llm\"");
    else if (!template)
        e = yaml_fail(&doc, doc.root, "llm", info, "llm needs the text \"prompt_template\"");
    else if (!strstr(template, "{task}"))
        e = yaml_fail(&doc, llm, "prompt_template", info, "the prompt must contain {task}");
    if (!e) {
        *out = json_object_new_object();
        json_add_str(*out, "id", id);
        json_add_str(*out, "role", json_str(llm, "role", "fast"));
        json_add_f64(*out, "temperature", json_f64(llm, "temperature", 0.1));
        json_add_str(*out, "system", json_str(llm, "system_prompt", ""));
        json_add_str(*out, "template", template);
    }
    yaml_doc_free(&doc);
    return e;
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
    if (snprintf(path, sizeof path, "%.900s/tools/llm/%.60s.yaml", home, id) > 0 &&
        path_exists(path) && read_tool(path, id, out, note) == ERR_OK)
        return ERR_OK;
    snprintf(path, sizeof path, "%.900s/tools/llm/%.60s.yaml", data, id);
    return read_tool(path, id, out, info);
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
