/* Artifacts in a store, a vector store in memory and an embedder of few words, for the tests and
 * benches of the search. The vectors' numbers are the counts of a text's topics, so that what is
 * near can be told by hand; a topic has several words, so that meaning is more than words. */
#ifndef DISE_TESTS_RAG_FIXTURE_H
#define DISE_TESTS_RAG_FIXTURE_H

#include <math.h>
#include <strings.h>

#include "core/rag/search.h"
#include "core/store/artifact.h"
#include "jobs_fixture.h"

enum { TOPICS = 6, VECTORS_MAX = 256 };

static const char *const topics[TOPICS] = {
    " sort order arrange rank ", " list array sequence numbers ",  " roman numeral numerals latin ",
    " date calendar day month ", " mail letter message envelope ", " prime divisor factor ",
};

struct memory_vectors {
    struct vector_store base;
    int64_t ids[VECTORS_MAX];
    float rows[VECTORS_MAX][TOPICS];
    size_t n;
    size_t most_asked, among_asked; /* of the last search; SIZE_MAX: all */
    int searches;
};

static void topics_of(const char *text, float out[TOPICS])
{
    float length = 0;
    memset(out, 0, TOPICS * sizeof *out);
    while (*text) {
        size_t n = strcspn(text, " ,.:;()_\n\t");
        char word[64];
        snprintf(word, sizeof word, " %.*s ", (int)(n < 60 ? n : 60), text);
        for (int t = 0; n && t < TOPICS; t++)
            out[t] += strcasestr(topics[t], word) != NULL;
        text += n + (text[n] != 0);
    }
    for (int t = 0; t < TOPICS; t++)
        length += out[t] * out[t];
    for (int t = 0; length > 0 && t < TOPICS; t++)
        out[t] /= sqrtf(length);
}

static enum err memory_upsert(struct vector_store *s, const int64_t *ids, const float *vectors,
                              size_t n, struct err_info *info)
{
    struct memory_vectors *m = (struct memory_vectors *)s;
    (void)info;
    for (size_t i = 0; i < n && m->n < VECTORS_MAX; i++) {
        m->ids[m->n] = ids[i];
        memcpy(m->rows[m->n++], vectors + i * TOPICS, sizeof m->rows[0]);
    }
    return ERR_OK;
}

static bool is_among(int64_t id, const int64_t *among, size_t n)
{
    for (size_t i = 0; among && i < n; i++)
        if (among[i] == id)
            return true;
    return !among;
}

static enum err memory_search(struct vector_store *s, const float *query, size_t most,
                              const int64_t *among, size_t among_count, struct vector_hit *hits,
                              size_t *found, struct err_info *info)
{
    struct memory_vectors *m = (struct memory_vectors *)s;
    bool taken[VECTORS_MAX] = {false};
    (void)info;
    m->searches++;
    m->most_asked = most;
    m->among_asked = among ? among_count : SIZE_MAX;
    for (*found = 0; *found < most; (*found)++) {
        size_t best = SIZE_MAX;
        float score = 0;
        for (size_t i = 0; i < m->n; i++) {
            float dot = 0;
            for (int t = 0; t < TOPICS; t++)
                dot += query[t] * m->rows[i][t];
            if (!taken[i] && is_among(m->ids[i], among, among_count) &&
                (best == SIZE_MAX || dot > score)) {
                best = i;
                score = dot;
            }
        }
        if (best == SIZE_MAX)
            break;
        taken[best] = true;
        hits[*found] = (struct vector_hit){m->ids[best], score};
    }
    return ERR_OK;
}

static enum err memory_scan(struct vector_store *s, int64_t after, size_t most, int64_t *ids,
                            float *vectors, size_t *found, struct err_info *info)
{
    struct memory_vectors *m = (struct memory_vectors *)s;
    (void)info;
    for (*found = 0; *found < most; (*found)++) {
        size_t next = SIZE_MAX;
        for (size_t i = 0; i < m->n; i++)
            if (m->ids[i] > after && (next == SIZE_MAX || m->ids[i] < m->ids[next]))
                next = i;
        if (next == SIZE_MAX)
            break;
        after = ids[*found] = m->ids[next];
        if (vectors)
            memcpy(vectors + *found * TOPICS, m->rows[next], sizeof m->rows[0]);
    }
    return ERR_OK;
}

static const struct vector_store_class memory_class = {
    .name = "memory", .upsert = memory_upsert, .search = memory_search, .scan = memory_scan};

static inline void memory_vectors_init(struct memory_vectors *m)
{
    memset(m, 0, sizeof *m);
    m->base.class = &memory_class;
    m->base.dimensions = TOPICS;
    strcpy(m->base.model, "topics");
}

struct topic_embedder {
    struct embedder base;
    int texts;
    enum embed_side side; /* of the last ones */
    uint64_t slow_ms;
    enum err fails;
};

static enum err topic_embed(struct embedder *e, enum embed_side side, const char *const *texts,
                            size_t n, float **vectors, size_t *dimensions, struct err_info *info)
{
    struct topic_embedder *t = (struct topic_embedder *)e;
    enum err err = t->slow_ms ? fiber_sleep(t->slow_ms) : ERR_OK;
    t->texts += (int)n;
    t->side = side;
    *vectors = NULL;
    *dimensions = TOPICS;
    if (!err && t->fails)
        err = err_set(info, t->fails, "the model of embeddings has fallen over");
    if (err)
        return err;
    *vectors = malloc(n * TOPICS * sizeof **vectors);
    for (size_t i = 0; i < n; i++)
        topics_of(texts[i], *vectors + i * TOPICS);
    return ERR_OK;
}

static const struct embedder_class topic_class = {.embed = topic_embed};

static inline void topic_embedder_init(struct topic_embedder *t)
{
    memset(t, 0, sizeof *t);
    t->base.class = &topic_class;
    strcpy(t->base.model, "topics");
}

/* ---- artifacts ---- */

struct kept {
    const char *kind, *name, *task, *source, *tags; /* tags: "math,text" */
    bool unsolved;
    int rating;
    int64_t created;
};

static enum err keep_one(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct kept *k = arg;
    struct json_object *o = json_object_new_object(), *tags = json_object_new_array();
    char id[24];
    enum err e;
    json_add_str(o, "kind", k->kind ? k->kind : "function");
    json_add_str(o, "name", k->name);
    json_add_str(o, "task", k->task);
    json_add_bool(o, "solved", !k->unsolved);
    json_add_i64(o, "created", k->created);
    if (k->source)
        json_add_str(o, "source", k->source);
    e = artifact_insert(db, o, id, info);
    for (const char *at = k->tags; at && *at; at += strcspn(at, ","), at += *at == ',')
        json_object_array_add(tags, json_object_new_string_len(at, (int)strcspn(at, ",")));
    if (!e && k->tags)
        e = artifact_tag(db, artifact_number(id), tags, info);
    if (!e && k->rating)
        e = artifact_rate(db, artifact_number(id), k->rating, 10000, info);
    json_object_put(o);
    json_object_put(tags);
    return e;
}

#endif
