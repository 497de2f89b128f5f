/* What goes out of the memory browser and comes into it: the clipboard, files, /workflow. */
#include <stdlib.h>
#include <string.h>

#include "ui/pane/memory.h"

char *memory_source(struct json_object *o)
{
    static const char *const keys[] = {"source", "code", "text"};
    struct json_object *flow = json_get(o, "workflow");
    if (json_object_is_type(flow, json_type_object))
        return strdup(json_object_to_json_string_ext(flow, JSON_C_TO_STRING_PRETTY |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE));
    if (json_object_is_type(flow, json_type_string))
        return strdup(json_object_get_string(flow));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (*json_str(o, keys[i], ""))
            return strdup(json_str(o, keys[i], ""));
    return NULL;
}

static void on_copy(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                    const struct err_info *info)
{
    char *text = info ? NULL : memory_source(result);
    if (text)
        ui_copy(m->ui, text);
    else if (!info)
        ui_note(m->ui, "%s has no text to copy", ask->id);
    free(text);
}

void memory_copy(struct memory *m)
{
    char id[MEMORY_ID];
    if (memory_target(m, "", id, NULL))
        memory_call(m, m->tab == MEMORY_TOOLS ? METHOD_TOOL_SHOW : METHOD_ARTIFACT_SHOW, NULL, id,
                    NULL, on_copy);
}

/* ---- out ---- */

static void on_save(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                    const struct err_info *info)
{
    char *text = info ? NULL : memory_source(result);
    if (text)
        ui_write_file(m->ui, ask->text, text);
    else if (!info)
        ui_note(m->ui, "%s has no text to save", ask->id);
    free(text);
}

static void save_as(struct memory *m, const char *id, const char *file)
{
    memory_call(m, METHOD_ARTIFACT_SHOW, NULL, id, file, on_save);
}

/* A name without what files do not like. */
static void file_name(const char *name, char *out, size_t size)
{
    size_t n = 0;
    for (; *name && n + 1 < size && n < 48; name++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *name))
            out[n++] = *name;
        else if (n && out[n - 1] != '_')
            out[n++] = '_';
    out[n] = 0;
}

/* Of what is shown or chosen; its id where it has no name. */
static void name_of(struct memory *m, const char *id, char *out, size_t size)
{
    struct shelf *s = memory_shelf(m);
    file_name(json_str(m->open ? m->shown : s ? shelf_selected(s) : NULL, "name", id), out, size);
    if (!*out)
        snprintf(out, size, "%s", id);
}

/* All that is known of one, for another home: the command is typed, so that the file can be named.
 */
void memory_export(struct memory *m, const char *args)
{
    char id[MEMORY_ID], name[64], line[200];
    if (m->tab == MEMORY_TOOLS) {
        ui_note(m->ui, "a tool is a file already; e changes it");
        return;
    }
    if (!memory_target(m, args, id, NULL))
        return;
    name_of(m, id, name, sizeof name);
    snprintf(line, sizeof line, "/rag export %s.jsonl %s", name, id);
    ui_type(m->ui, line);
}

void memory_save(struct memory *m, const char *args)
{
    struct shelf *s = memory_shelf(m);
    char id[MEMORY_ID], name[64], line[200];
    const char *file;
    if (!s && !*args) {
        ui_note(m->ui, "a tool is a file already; e changes it");
        return;
    }
    if (!memory_target(m, args, id, &file))
        return;
    if (*file) {
        save_as(m, id, file);
        return;
    }
    name_of(m, id, name, sizeof name);
    snprintf(line, sizeof line, "/save-artifact %s %s.%s", id, name,
             m->tab == MEMORY_WORKFLOWS ? "json" : "py");
    ui_type(m->ui, line);
}

/* ---- in ---- */

static void on_loaded(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                      const struct err_info *info)
{
    const char *id = json_str(result, "id", "");
    (void)ask;
    if (info)
        return;
    memory_set_tab(m, MEMORY_WORKFLOWS);
    shelf_want(&m->shelves[MEMORY_WORKFLOWS], id);
    shelf_grew(&m->shelves[MEMORY_WORKFLOWS]);
    ui_note(m->ui, "kept as %s", id);
}

void memory_load(struct memory *m, const char *file)
{
    struct json_object *o;
    struct err_info info = {0};
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    char path[PATH_SIZE], key[33];
    struct buf text;
    if (!*file) {
        ui_type(m->ui, "/load-workflow ");
        return;
    }
    buf_init(&text, MEMORY_FILE_MAX);
    if (*file == '/' ? snprintf(path, sizeof path, "%s", file) >= (int)sizeof path
                     : path_join(path, m->ui->cwd, file) != ERR_OK) {
        ui_note(m->ui, "the name is too long");
    } else if (buf_read_file(&text, path, &info)) {
        memory_note_error(m, &info);
    } else {
        o = json_object_new_object();
        client_key(key);
        json_add_str(o, "text", text.data);
        json_add_str(o, "name", name); /* places in it are told by it */
        json_add_str(o, "key", key);
        memory_call(m, METHOD_WORKFLOW_LOAD, o, "", NULL, on_loaded);
    }
    buf_fini(&text);
}

void memory_workflow(struct memory *m, const char *args)
{
    char verb[MEMORY_ID];
    const char *rest = memory_split(args, verb, sizeof verb);
    if (strcmp(verb, "load") == 0) {
        memory_load(m, rest);
        return;
    }
    memory_set_tab(m, MEMORY_WORKFLOWS);
    if (strcmp(verb, "save") == 0) {
        memory_save(m, rest);
    } else if (strcmp(verb, "run") == 0 && strchr(rest, ' ')) {
        action_do(m->ui, ACTION_RUN, rest);
    } else if (strcmp(verb, "run") == 0) {
        memory_run(m, rest);
    } else {
        ui_focus(m->ui, PANE_MEMORY);
        if (shelf_number(verb) > 0)
            memory_open(m, verb, true);
        else
            memory_set_words(m, strcmp(verb, "list") == 0 ? rest : args);
    }
}
