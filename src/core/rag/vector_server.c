#include "core/rag/vector_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err vector_home(sqlite3 *db, void *arg, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT id FROM home", "");
    int code;
    if (e)
        return e;
    code = sqlite3_step(st);
    snprintf(arg, VECTOR_HOME_SIZE, "%s",
             code == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : "");
    if (code == SQLITE_DONE)
        e = err_set(info, ERR_CORRUPT, "the database has lost the name of its home");
    else
        e = store_error(db, code, info);
    sqlite3_finalize(st);
    return e;
}

/* A new option holds wherever it is said; an old key only where it is not. */
static const char *said(const struct config *c, enum option_id id, const char *path,
                        const char *old)
{
    struct json_object *memory = json_object_of(config_root(c), "rag_memory");
    struct config_place place;
    const char *text = json_str(memory, old, "");
    return *text && !config_place(c, path, &place) ? text : config_text(c, id);
}

static const char *key_of(const struct config *c)
{
    struct json_object *rag = json_object_of(config_root(c), "rag");
    const char *key = json_str(json_object_of(rag, "qdrant"), "api_key", ""),
               *variable = getenv("QDRANT_API_KEY");
    return *key ? key : variable && *variable ? variable : NULL;
}

enum err vector_choice(const struct config *c, bool *in_server, struct vector_server *server,
                       struct err_info *info)
{
    struct json_object *memory = json_object_of(config_root(c), "rag_memory");
    struct config_place place;
    const char *store = config_text(c, OPTION_RAG_STORE);
    *in_server = strcmp(store, "qdrant") == 0;
    if (!*in_server && strcmp(store, "file") != 0)
        return config_fail(c, "rag.store", info, "rag.store must be file or qdrant");
    if (!config_place(c, "rag.store", &place) && json_flag(memory, "use_qdrant", false))
        *in_server = true;
    if (server) {
        memset(server, 0, sizeof *server);
        server->url = said(c, OPTION_QDRANT_URL, "rag.qdrant.url", "qdrant_url");
        server->collection =
            said(c, OPTION_QDRANT_COLLECTION, "rag.qdrant.collection", "collection_name");
        server->api_key = key_of(c);
    }
    return ERR_OK;
}
