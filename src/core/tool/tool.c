/* Where tools lie: finding, listing, keeping and dropping their files. */
#include "core/tool/tool.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/yaml.h"

enum { FOLDERS_DEEP = 4, FILES_MAX = 5000 };

/* ---- walking ---- */

struct walk {
    /* Called for each YAML file; true ends the walk. */
    bool (*file)(struct walk *w, const char *path, const char *stem);
    const char *wanted; /* find: the stem */
    char *found;        /* PATH_SIZE */
    struct json_object *tools;
    const char *origin;
    int files;
    bool (*each)(void *arg, const char *path, const char *stem);
    void *arg;
};

/* Files of the program's own at the top of tools/ that are no tools. */
static bool other_file(const char *stem, int depth)
{
    return depth == 0 && (strcmp(stem, "models") == 0 || strcmp(stem, "prices") == 0 ||
                          strcmp(stem, "trusted_packages") == 0);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool walk_entry(struct walk *w, const char *folder, const char *name, int depth);

static bool walk_folder(struct walk *w, const char *folder, int depth)
{
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort);
    bool end = false;
    for (int i = 0; i < n; i++) {
        if (!end && names[i]->d_name[0] != '.')
            end = walk_entry(w, folder, names[i]->d_name, depth);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return end;
}

static bool walk_entry(struct walk *w, const char *folder, const char *name, int depth)
{
    char path[PATH_SIZE], stem[TOOL_ID_MAX + 1];
    const char *dot = strrchr(name, '.');
    if (path_join(path, folder, name))
        return false;
    if (is_folder(path))
        return depth < FOLDERS_DEEP && walk_folder(w, path, depth + 1);
    if (!dot || (strcmp(dot, ".yaml") && strcmp(dot, ".yml")) || dot - name > TOOL_ID_MAX)
        return false;
    snprintf(stem, sizeof stem, "%.*s", (int)(dot - name), name);
    if (other_file(stem, depth) || ++w->files > FILES_MAX)
        return false;
    return w->file(w, path, stem);
}

static void walk_tools(struct walk *w, const char *root)
{
    char folder[PATH_SIZE];
    if (path_join(folder, root, "tools") == ERR_OK)
        (void)walk_folder(w, folder, 0);
}

static bool pass_on(struct walk *w, const char *path, const char *stem)
{
    return w->each(w->arg, path, stem);
}

void tool_each(const char *root, bool (*file)(void *arg, const char *path, const char *stem),
               void *arg)
{
    struct walk w = {.file = pass_on, .each = file, .arg = arg};
    walk_tools(&w, root);
}

static bool match(struct walk *w, const char *path, const char *stem)
{
    if (strcmp(stem, w->wanted) != 0)
        return false;
    snprintf(w->found, PATH_SIZE, "%s", path);
    return true;
}

enum err tool_file(const char *root, const char *id, char *out)
{
    struct walk w = {.file = match, .wanted = id, .found = out};
    out[0] = 0;
    walk_tools(&w, root);
    return out[0] ? ERR_OK : ERR_NOT_FOUND;
}

/* ---- listing ---- */

/* Of what a later map says of a tool, member by member. */
static void merge(struct json_object *to, struct json_object *from)
{
    json_object_object_foreach(from, key, value)
    {
        struct json_object *old = json_object_of(to, key);
        if (old && json_object_is_type(value, json_type_object))
            merge(old, value);
        else
            json_object_object_add(to, key, json_object_get(value));
    }
}

static void add_tool(struct walk *w, struct json_object *tool, const char *path)
{
    const char *id = json_str(tool, "id", "");
    json_add_str(tool, "file", path);
    json_add_str(tool, "origin", w->origin);
    json_object_object_del(tool, "prompt");
    json_object_object_del(tool, "system");
    json_object_object_add(w->tools, id, tool);
}

/* A file with the one key `tools`: id → (partial) tool, merged over a file's tool of that id. */
static void add_map(struct walk *w, struct json_object *map, const char *path)
{
    json_object_object_foreach(map, id, entry)
    {
        struct json_object *whole = json_object_new_object(), *old, *tool;
        const char *text;
        if (!json_object_is_type(entry, json_type_object))
            entry = NULL;
        old = json_get(w->tools, id);
        if (old)
            json_add_str(whole, "type", json_str(old, "type", ""));
        if (old)
            json_add_str(whole, "description", json_str(old, "description", ""));
        if (entry)
            merge(whole, entry);
        text = json_object_to_json_string(whole); /* JSON is YAML */
        tool = tool_read(text, strlen(text), path, id, NULL);
        if (old && *json_str(tool, "problem", "") && !*json_str(old, "problem", ""))
            json_add_str(tool, "problem", ""); /* the file has what the entry leaves out */
        add_tool(w, tool, path);
        json_object_put(whole);
    }
}

static bool add_file(struct walk *w, const char *path, const char *stem)
{
    struct err_info info = {0};
    struct buf text;
    struct yaml_doc doc = {0};
    buf_init(&text, TOOL_TEXT_MAX);
    if (buf_read_file(&text, path, &info)) {
        struct json_object *tool = tool_read("", 0, path, stem, NULL);
        json_add_str(tool, "problem", info.message);
        add_tool(w, tool, path);
    } else if (strcmp(stem, "tools") == 0 &&
               yaml_parse(text.data, text.len, path, &doc, NULL) == ERR_OK &&
               json_object_of(doc.root, "tools")) {
        add_map(w, json_object_of(doc.root, "tools"), path);
    } else {
        add_tool(w, tool_read(text.data, text.len, path, stem, NULL), path);
    }
    yaml_doc_free(&doc);
    buf_fini(&text);
    return false;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(json_str(*(struct json_object *const *)a, "id", ""),
                  json_str(*(struct json_object *const *)b, "id", ""));
}

enum err tool_list(const struct tool_places *places, struct json_object **out)
{
    struct walk w = {.file = add_file, .tools = json_object_new_object(), .origin = "shipped"};
    walk_tools(&w, places->data);
    w.origin = "yours";
    walk_tools(&w, places->home);
    *out = json_object_new_array();
    json_object_object_foreach(w.tools, id, tool)
    {
        (void)id;
        json_object_array_add(*out, json_object_get(tool));
    }
    json_object_array_sort(*out, by_id);
    json_object_put(w.tools);
    return ERR_OK;
}

/* ---- one tool ---- */

enum err tool_show(const struct tool_places *places, const char *id, struct json_object **out,
                   struct err_info *info)
{
    char path[PATH_SIZE];
    struct buf text;
    bool yours = tool_file(places->home, id, path) == ERR_OK;
    enum err e;
    *out = NULL;
    if (!yours && tool_file(places->data, id, path))
        return err_set(info, ERR_NOT_FOUND, "there is no tool %.60s; see dise tool list", id);
    buf_init(&text, TOOL_TEXT_MAX);
    e = buf_read_file(&text, path, info);
    if (!e) {
        *out = tool_read(text.data, text.len, path, id, NULL);
        json_add_str(*out, "text", text.data);
        json_add_str(*out, "file", path);
        json_add_str(*out, "origin", yours ? "yours" : "shipped");
    }
    buf_fini(&text);
    return e;
}

static enum err check_id(const char *id, struct err_info *info)
{
    size_t n = 0;
    while (isalnum((unsigned char)id[n]) || id[n] == '_' || id[n] == '-')
        n++;
    if (n == 0 || id[n] || n > TOOL_ID_MAX)
        return err_set(info, ERR_INPUT,
                       "a tool's id is letters, digits, _ and -, as its file is named: \"%.80s\"",
                       id);
    return ERR_OK;
}

/* The person's file when there is one, else the same place as the shipped one's below their home.
 */
static enum err own_file(const struct tool_places *places, const char *id, const char *type,
                         char *out)
{
    char shipped[PATH_SIZE], folder[PATH_SIZE];
    int n;
    if (tool_file(places->home, id, out) == ERR_OK)
        return ERR_OK;
    if (tool_file(places->data, id, shipped) == ERR_OK)
        n = snprintf(out, PATH_SIZE, "%s%s", places->home, shipped + strlen(places->data));
    else
        n = snprintf(out, PATH_SIZE, "%s/tools/%.40s/%.80s.yaml", places->home, type, id);
    if (n < 0 || n >= PATH_SIZE)
        return ERR_TOO_LARGE;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(out, '/') - out), out);
    return path_mkdirs(folder, NULL);
}

enum err tool_save(const struct tool_places *places, const char *id, const char *text, char *file,
                   struct err_info *info)
{
    struct json_object *tool;
    char name[TOOL_ID_MAX + 8];
    size_t n = strlen(text);
    enum err e = check_id(id, info);
    if (e)
        return e;
    if (n > TOOL_TEXT_MAX)
        return err_set(info, ERR_TOO_LARGE, "a tool of more than %d KB", TOOL_TEXT_MAX >> 10);
    snprintf(name, sizeof name, "%s.yaml", id);
    e = tool_check(text, n, name, id, info);
    if (e)
        return e;
    tool = tool_read(text, n, name, id, NULL);
    e = own_file(places, id, json_str(tool, "type", "custom"), file);
    json_object_put(tool);
    if (e)
        return err_set(info, e, "the folder for %s cannot be made", name);
    return path_write(file, text, n, info);
}

enum err tool_reset(const struct tool_places *places, const char *id, struct err_info *info)
{
    char own[PATH_SIZE], shipped[PATH_SIZE];
    if (tool_file(places->home, id, own))
        return err_set(info, ERR_NOT_FOUND, "you have no version of %.60s", id);
    if (tool_file(places->data, id, shipped))
        return err_set(info, ERR_INPUT,
                       "%.60s is yours alone; nothing shipped would take its place", id);
    return unlink(own) ? err_errno(info, errno, own) : ERR_OK;
}
