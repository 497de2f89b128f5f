/* Requests about tools. Files are read on the store's reading thread, which may wait. */
#include <string.h>

#include "base/day_time.h"
#include "base/yaml.h"
#include "core/engine/engine_internal.h"
#include "core/llm/roles.h"
#include "core/tool/tool.h"

typedef struct json_object json;

struct tool_query {
    struct tool_places places;
    const char *id;
    json *out;
};

/* How often and when last a tool was asked. */
static enum err add_use(sqlite3 *db, json *tool, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT uses,last_use FROM tool_use WHERE tool=?",
                               "t", json_str(tool, "id", ""));
    bool used = store_row(st, &e, info);
    json_add_i64(tool, "uses", used ? sqlite3_column_int64(st, 0) : 0);
    json_add_i64(tool, "last_use", used ? sqlite3_column_int64(st, 1) : 0);
    sqlite3_finalize(st);
    return e;
}

static enum err read_list(sqlite3 *db, void *arg, struct err_info *info)
{
    struct tool_query *q = arg;
    enum err e = tool_list(&q->places, &q->out);
    for (size_t i = 0; !e && i < json_object_array_length(q->out); i++)
        e = add_use(db, json_object_array_get_idx(q->out, i), info);
    return e;
}

static enum err read_one(sqlite3 *db, void *arg, struct err_info *info)
{
    struct tool_query *q = arg;
    enum err e = tool_show(&q->places, q->id, &q->out, info);
    return e ? e : add_use(db, q->out, info);
}

/* ---- the role or tier that a tool names ---- */

/* Where the tool's text says it: in the block `llm`, or at the top. */
static void place_of_role(const char *text, const char *id, struct err_info *info)
{
    static const char *const keys[] = {"tier", "model_tier", "role"};
    struct yaml_doc doc;
    if (yaml_parse(text, strlen(text), id, &doc, NULL))
        return;
    for (int i = 0; i < 6 && !info->line; i++) {
        json *block = i % 2 ? doc.root : json_object_of(doc.root, "llm");
        if (*json_str(block, keys[i / 2], ""))
            yaml_place(&doc, block, keys[i / 2], &info->line, &info->column);
    }
    snprintf(info->file, sizeof info->file, "%.150s", id);
    yaml_doc_free(&doc);
}

/* ERR_INPUT with a sentence when the model of the tool can never be found. */
static enum err check_role(const struct engine *e, json *tool, struct err_info *info)
{
    const char *plays = tool_plays(tool), *nearest;
    if (strcmp(json_str(tool, "type", ""), "llm") != 0 ||
        roles_known(router_roles(e->router), plays, &nearest))
        return ERR_OK;
    return err_set(info, ERR_INPUT, "unknown role or tier \"%.64s\"%s%.64s%s", plays,
                   nearest ? ", did you mean \"" : "; see dise backends --explain",
                   nearest ? nearest : "", nearest ? "\"?" : "");
}

static void add_problem(const struct engine *e, json *tool)
{
    struct err_info info = {0};
    if (!*json_str(tool, "problem", "") && check_role(e, tool, &info))
        json_add_str(tool, "problem", info.message);
}

static enum err check_text(const struct engine *e, const char *id, const char *text,
                           struct err_info *info)
{
    json *tool = tool_read(text, strlen(text), id, id, NULL);
    enum err err = *json_str(tool, "problem", "") ? ERR_OK : check_role(e, tool, info);
    if (err)
        place_of_role(text, id, info);
    json_object_put(tool);
    return err;
}

/* ---- requests ---- */

enum err engine_tool_list(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct tool_query q = {.places = {e->home, e->data}};
    enum err err = store_read(e->store, read_list, &q, info);
    (void)params;
    if (err) {
        json_object_put(q.out);
        return err;
    }
    for (size_t i = 0; i < json_object_array_length(q.out); i++)
        add_problem(e, json_object_array_get_idx(q.out, i));
    *result = json_object_new_object();
    json_object_object_add(*result, "tools", q.out);
    return ERR_OK;
}

enum err engine_tool_show(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct tool_query q = {.places = {e->home, e->data}, .id = json_str(params, "id", "")};
    enum err err = store_read(e->store, read_one, &q, info);
    if (!err)
        add_problem(e, q.out);
    *result = q.out;
    return err;
}

/* Models' tools and programs of DiSE's own; the others' programs are elsewhere. */
static enum err check_run(const struct engine *e, json *tool, const char *id, struct err_info *info)
{
    const char *type = json_str(tool, "type", "");
    add_problem(e, tool);
    if (*json_str(tool, "problem", ""))
        return err_set(info, ERR_INPUT, "%.480s", json_str(tool, "problem", ""));
    if (strcmp(type, "llm") != 0 && !*json_str(tool, "runtime", ""))
        return err_set(info, ERR_UNSUPPORTED,
                       "the tool %.60s is of type %.20s, which does not run by itself", id, type);
    return ERR_OK;
}

enum err engine_tool_run(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct tool_query q = {.places = {e->home, e->data}, .id = json_str(params, "id", "")};
    char title[TOOL_ID_MAX + 16], id[TOOL_ID_MAX + 1];
    enum err err = store_read(e->store, read_one, &q, info);
    snprintf(id, sizeof id, "%.80s", q.id);
    if (!err)
        err = check_run(e, q.out, id, info);
    json_object_put(q.out);
    if (err)
        return err;
    snprintf(title, sizeof title, "run the tool %.80s", id);
    json_object_object_del(params, "id");
    json_add_str(params, "tool", id);
    json_add_str(params, "task", title);
    return engine_submit(e, pipeline_workflow_run.name, title, params, result, info);
}

static void tool_changed(struct engine *e, const char *id, const char *what)
{
    struct event ev = {.type = EVENT_TOOL_CHANGED, .time = day_time_now()};
    ev.u.tool_changed.tool = id;
    ev.u.tool_changed.change = what;
    rpc_event(e->rpc, &ev);
}

enum err engine_tool_save(struct engine *e, json *params, json **result, struct err_info *info)
{
    const struct tool_places places = {e->home, e->data};
    const char *id = json_str(params, "id", ""), *text = json_str(params, "text", NULL);
    char file[PATH_SIZE];
    enum err err;
    if (!text)
        return err_set(info, ERR_INPUT, "the tool's text is missing");
    err = check_text(e, id, text, info);
    if (err)
        return err;
    err = tool_save(&places, id, text, file, info);
    if (err)
        return err;
    tool_changed(e, id, "saved");
    *result = json_object_new_object();
    json_add_str(*result, "file", file);
    return ERR_OK;
}

enum err engine_tool_reset(struct engine *e, json *params, json **result, struct err_info *info)
{
    const struct tool_places places = {e->home, e->data};
    const char *id = json_str(params, "id", "");
    enum err err = tool_reset(&places, id, info);
    (void)result;
    if (!err)
        tool_changed(e, id, "reset");
    return err;
}
