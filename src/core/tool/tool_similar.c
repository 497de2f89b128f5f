#include "core/tool/tool_similar.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/yaml.h"
#include "core/words/content.h"

static const char tool_dir[] = "{tool_dir}/";

/* The block of the tool in its file, which may hold several by their ids. */
static struct json_object *block_of(struct json_object *root, const char *id)
{
    struct json_object *one = json_object_of(root, id);
    return one ? one : root;
}

/* The script that an executable tool runs: a plain name beside its file; NULL: it is none. */
static const char *script_of(struct json_object *tool)
{
    struct json_object *run = json_object_of(tool, "executable"), *args = json_array(run, "args");
    const char *command = json_str(run, "command", ""), *slash = strrchr(command, '/');
    const char *first = args && json_object_array_length(args)
                            ? json_object_get_string(json_object_array_get_idx(args, 0))
                            : NULL;
    if (strncmp(slash ? slash + 1 : command, "python", 6) != 0 || !first ||
        strncmp(first, tool_dir, sizeof tool_dir - 1) != 0)
        return NULL;
    first += sizeof tool_dir - 1;
    return *first && *first != '.' && !strchr(first, '/') ? first : NULL;
}

static enum err read_script(const char *file, const char *script, struct buf *out)
{
    const char *slash = strrchr(file, '/');
    char path[PATH_SIZE];
    int n = snprintf(path, sizeof path, "%.*s/%s", (int)(slash ? slash - file : 1),
                     slash ? file : ".", script);
    if (n < 0 || (size_t)n >= sizeof path)
        return ERR_TOO_LARGE;
    return buf_read_file(out, path, NULL);
}

/* ERR_NOT_FOUND, ERR_TOO_LARGE: there is no source, or none that has room. */
static enum err read_source(struct json_object *listed, struct buf *out)
{
    const char *file = json_str(listed, "file", ""), *code, *script;
    struct yaml_doc doc = {0};
    enum err e = yaml_load(file, &doc, NULL);
    if (!e) {
        struct json_object *tool = block_of(doc.root, json_str(listed, "id", ""));
        code = json_str(tool, "source_code", NULL);
        script = code || json_object_of(tool, "gate") ? NULL : script_of(tool);
        e = code ? buf_adds(out, code) : script ? read_script(file, script, out) : ERR_NOT_FOUND;
    }
    yaml_doc_free(&doc);
    return !e && !out->len ? ERR_NOT_FOUND : e;
}

static void add(struct json_object *list, struct json_object *tool, const char *source)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "id", json_str(tool, "id", ""));
    json_add_str(o, "name", json_str(tool, "name", ""));
    json_add_str(o, "task", json_str(tool, "description", ""));
    json_add_str(o, "source", source);
    json_add_bool(o, "tool", true);
    json_object_array_add(list, o);
}

static bool may_help(struct json_object *tool, const struct content *task)
{
    const char *type = json_str(tool, "type", "");
    struct content words;
    if ((strcmp(type, "executable") != 0 && strcmp(type, "python") != 0) ||
        *json_str(tool, "problem", ""))
        return false;
    content_read(json_str(tool, "description", ""), &words);
    return content_alike(task, &words);
}

enum err tool_similar(const struct tool_places *places, const char *task, size_t most, size_t bytes,
                      struct json_object *list)
{
    struct json_object *all = NULL;
    struct content words;
    enum err e = tool_list(places, &all);
    content_read(task, &words);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        size_t n = strlen(json_str(json_object_array_get_idx(list, i), "source", ""));
        bytes = n < bytes ? bytes - n : 0;
    }
    for (size_t i = 0; !e && i < json_object_array_length(all); i++) {
        struct json_object *tool = json_object_array_get_idx(all, i);
        struct buf source;
        if (json_object_array_length(list) >= most || !may_help(tool, &words))
            continue;
        buf_init(&source, bytes);
        if (bytes && read_source(tool, &source) == ERR_OK) {
            add(list, tool, source.data);
            bytes -= source.len;
        }
        buf_fini(&source);
    }
    json_object_put(all);
    return e;
}
