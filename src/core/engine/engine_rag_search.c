/* The request rag.search. */
#include <string.h>

#include "base/day_time.h"
#include "core/engine/engine_internal.h"
#include "core/rag/rag.h"
#include "core/rag/search.h"
#include "core/store/artifact.h"

typedef struct json_object json;

static enum err read_tags(json *params, struct rag_filter *f, struct err_info *info)
{
    json *tags = json_array(params, "tags");
    const char *tag = json_str(params, "tag", "");
    for (size_t i = 0; tags && i <= json_object_array_length(tags); i++) {
        const char *one = i ? json_object_get_string(json_object_array_get_idx(tags, i - 1)) : tag;
        if (one && *one && !rag_filter_tag(f, one))
            return err_set(info, ERR_INPUT, "the search takes at most %d tags of %d bytes",
                           RAG_TAGS, RAG_TAG - 1);
    }
    if (!tags && *tag && !rag_filter_tag(f, tag))
        return err_set(info, ERR_INPUT, "a tag has at most %d bytes", RAG_TAG - 1);
    return ERR_OK;
}

static enum err read_time(json *params, const char *key, int64_t now, int64_t *out,
                          struct err_info *info)
{
    json *o = json_get(params, key);
    const char *text = json_str(params, key, "");
    if (json_object_is_type(o, json_type_int))
        *out = json_i64(params, key, 0);
    else if (*text && !day_time_since(text, now, out))
        return err_set(info, ERR_INPUT,
                       "\"%.40s\" is no time for %s; write 2026-11-01, 2026-11-01T18:30 or 7d "
                       "(seven days ago)",
                       text, key);
    return ERR_OK;
}

static enum err read_filter(json *params, int64_t now, struct rag_filter *f, struct err_info *info)
{
    const char *quality = json_str(params, "quality", ""), *kind = json_str(params, "kind", "");
    enum err e = read_tags(params, f, info);
    if (strlen(kind) >= sizeof f->kind)
        return err_set(info, ERR_INPUT, "there is no kind %.40s", kind);
    memcpy(f->kind, kind, strlen(kind) + 1);
    if (!e && *quality && !rag_filter_quality(f, quality))
        e = err_set(info, ERR_INPUT,
                    "\"%.40s\" is no quality; write >0.7, <0.5 or 0.7 (at least), from 0 to 1",
                    quality);
    if (!e)
        e = read_time(params, "since", now, &f->since, info);
    if (!e)
        e = read_time(params, "before", now, &f->before, info);
    if (json_get(params, "solved"))
        f->solved = json_flag(params, "solved", true);
    f->deleted = json_flag(params, "deleted", false);
    return e;
}

enum err engine_rag_search(struct engine *e, json *params, json **result, struct err_info *info)
{
    const char *like = json_str(params, "similar_to", "");
    struct rag_search_parts parts = {.store = e->store};
    parts.vectors = e->rag ? rag_vectors(e->rag) : NULL;
    parts.embedder = e->rag ? rag_embedder(e->rag) : NULL;
    parts.without = e->rag ? rag_why(e->rag) : NULL;
    parts.starting = e->rag && rag_starting(e->rag);
    parts.nobody = e->rag && rag_nobody(e->rag);
    struct rag_query q = {.text = json_str(params, "query", ""),
                          .verbatim = json_flag(params, "verbatim", false),
                          .typing = json_flag(params, "typing", false),
                          .explain = json_flag(params, "explain", false),
                          .filter = rag_filter_all(),
                          .now = day_time_now()};
    int64_t limit = json_i64(params, "limit", RAG_LIMIT);
    enum err err = read_filter(params, q.now, &q.filter, info);
    q.limit = limit < 1 ? 1 : limit > RAG_LIMIT_MAX ? RAG_LIMIT_MAX : (int)limit;
    if (err)
        return err;
    if (strlen(q.text) > RAG_QUERY_MAX)
        return err_set(info, ERR_TOO_LARGE, "a search has at most %d KB", RAG_QUERY_MAX >> 10);
    return *like ? rag_similar(&parts, like, &q, result, info)
                 : rag_search(&parts, &q, result, info);
}
