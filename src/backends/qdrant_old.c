/* Collections of models that are embedded by no more: found by their names, told apart from what is
 * not this home's by their points' payload, and dropped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/qdrant_internal.h"

struct old {
    struct qdrant *q;
    const struct vector_server *server;
    struct json_object *keep;
    size_t address; /* bytes of q->url before "/collections" */
};

/* From now on the collection is asked; NULL: for all of them. */
static enum err point_at(const struct old *o, const char *name, struct err_info *info)
{
    struct qdrant *q = o->q;
    char *url;
    if (asprintf(&url, "%.*s/collections%s%s", (int)o->address, q->url, name ? "/" : "",
                 name ? name : "") < 0)
        return err_set(info, ERR_NOMEM, "out of memory");
    free(q->url);
    q->url = url;
    snprintf(q->collection, sizeof q->collection, "%s", name ? name : "");
    return ERR_OK;
}

/* A name that qdrant_collection can have made of a model that is not to be kept. */
static bool may_be_old(const struct old *o, const char *name)
{
    const size_t base = strlen(o->server->collection);
    char kept[QDRANT_NAME_MAX];
    if (strlen(name) >= QDRANT_NAME_MAX || strncmp(name, o->server->collection, base) != 0 ||
        name[base] != '_' || name[strspn(name, QDRANT_NAME_CHARS)])
        return false;
    for (size_t i = 0; i < json_object_array_length(o->keep); i++) {
        qdrant_collection(o->server->collection,
                          json_object_get_string(json_object_array_get_idx(o->keep, i)), kept);
        if (strcmp(kept, name) == 0)
            return false;
    }
    return true;
}

/* The mark of one point of the collection that has another mark than `not_mark` (NULL: of any);
 * "": it has none. *any: there is such a point. */
static enum err one_mark(struct qdrant *q, const char *not_mark, bool *any, char mark[160],
                         struct err_info *info)
{
    struct json_object *result = NULL, *points;
    struct buf body;
    struct qdrant_call c = {
        .method = "POST", .path = "/points/scroll", .body = &body, .tries = QDRANT_TRIES_SEARCH};
    enum err e;
    buf_init(&body, 4096);
    e = buf_adds(&body, "{\"limit\":1,\"with_payload\":true,\"with_vector\":false");
    if (!e && not_mark)
        e = buf_adds(&body, ",\"filter\":{\"must_not\":[{\"key\":\"" QDRANT_FIELD
                            "\",\"match\":{\"value\":");
    if (!e && not_mark)
        e = json_quote(&body, not_mark, strlen(not_mark));
    if (!e)
        e = buf_adds(&body, not_mark ? "}}]}}" : "}");
    if (!e)
        e = qdrant_ask(q, &c, &result, info);
    points = json_array(result, "points");
    if (!e && !points)
        e = qdrant_odd(q, "no list of points", info);
    *any = !e && json_object_array_length(points) > 0;
    snprintf(mark, 160, "%s",
             *any ? json_str(json_object_of(json_object_array_get_idx(points, 0), "payload"),
                             QDRANT_FIELD, "")
                  : "");
    json_object_put(result);
    buf_fini(&body);
    return e;
}

/* All its points are of this home and of one model, whose name it has. One without points may be
 * another home's that is about to fill it, and takes no room. */
static enum err is_ours(const struct old *o, const char *name, bool *ours, struct err_info *info)
{
    const size_t home = strlen(o->server->home);
    char mark[160], other[160], made[QDRANT_NAME_MAX];
    bool any;
    enum err e = one_mark(o->q, NULL, &any, mark, info);
    *ours = false;
    if (e || strncmp(mark, o->server->home, home) != 0 || mark[home] != '/')
        return e;
    qdrant_collection(o->server->collection, mark + home + 1, made);
    if (strcmp(made, name) != 0)
        return ERR_OK;
    e = one_mark(o->q, mark, &any, other, info);
    *ours = !e && !any;
    return e;
}

static enum err drop(const struct old *o, const char *name, bool dry, struct json_object *gone,
                     struct err_info *info)
{
    struct json_object *result = NULL;
    bool ours;
    enum err e = point_at(o, name, info);
    if (!e)
        e = is_ours(o, name, &ours, info);
    if (!e && ours && !dry)
        e = qdrant_ask(
            o->q,
            &(struct qdrant_call){.method = "DELETE", .path = "", .tries = QDRANT_TRIES_SEARCH},
            &result, info);
    if (!e && ours)
        json_object_array_add(gone, json_object_new_string(name));
    json_object_put(result);
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* somebody was faster */
}

static enum err drop_all(const struct old *o, bool dry, struct json_object *gone,
                         struct err_info *info)
{
    struct json_object *result = NULL, *list;
    enum err e = point_at(o, NULL, info);
    if (!e)
        e = qdrant_ask(
            o->q, &(struct qdrant_call){.method = "GET", .path = "", .tries = QDRANT_TRIES_SEARCH},
            &result, info);
    list = json_array(result, "collections");
    if (!e && !list)
        e = qdrant_odd(o->q, "no list of collections", info);
    for (size_t i = 0; !e && i < json_object_array_length(list); i++) {
        const char *name = json_str(json_object_array_get_idx(list, i), "name", "");
        if (may_be_old(o, name))
            e = drop(o, name, dry, gone, info);
    }
    json_object_put(result);
    return e;
}

enum err qdrant_drop_old(struct sched *s, const struct vector_server *server,
                         struct json_object *keep, bool dry, struct json_object *gone,
                         struct err_info *info)
{
    struct vector_server asked = *server;
    struct old o = {.server = server, .keep = keep};
    enum err e;
    asked.model = "";
    asked.dimensions = 1; /* of no one collection */
    e = qdrant_new(s, &asked, &o.q, info);
    if (e)
        return e;
    o.address = (size_t)(strstr(o.q->url, "/collections/") - o.q->url);
    e = drop_all(&o, dry, gone, info);
    o.q->base.class->close(&o.q->base);
    return e;
}
