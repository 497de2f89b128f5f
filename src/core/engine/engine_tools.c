/* Requests about tools. Files are read on the store's reading thread, which may wait. */
#include <string.h>

#include "core/engine/engine_internal.h"
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
    bool used = !e && sqlite3_step(st) == SQLITE_ROW;
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

enum err engine_tool_list(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct tool_query q = {.places = {e->home, e->data}};
    enum err err = store_read(e->store, read_list, &q, info);
    (void)params;
    if (err) {
        json_object_put(q.out);
        return err;
    }
    *result = json_object_new_object();
    json_object_object_add(*result, "tools", q.out);
    return ERR_OK;
}

enum err engine_tool_show(struct engine *e, json *params, json **result, struct err_info *info)
{
    struct tool_query q = {.places = {e->home, e->data}, .id = json_str(params, "id", "")};
    enum err err = store_read(e->store, read_one, &q, info);
    *result = q.out;
    return err;
}

static void tool_changed(struct engine *e, const char *id, const char *what)
{
    struct event ev = {.type = EVENT_TOOL_CHANGED, .time = jobs_now()};
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
