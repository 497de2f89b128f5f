#include "core/rag/search.h"

#include <stdlib.h>
#include <string.h>

#include "core/rag/search_internal.h"
#include "core/store/artifact.h"

typedef struct json_object json;

/* One search on its way: large, so it is not on a fiber's stack. */
struct search {
    const struct rag_search_parts *parts;
    const struct rag_query *q;
    struct rag_words words;
    struct rag_words_rank by_words;
    struct rag_by_vectors by_vectors;
    struct rag_scored near[RAG_DEPTH_MAX];
    struct rag_hit hits[2 * RAG_DEPTH_MAX];
    size_t count;
    char degraded[640];   /* why vectors had no part */
    char words_lost[200]; /* why words had none */
    struct fiber *vectors;
    bool late, soon;
    json *meant; /* {misspelt word: what it was taken for} */
    double words_ms;
    uint64_t began;
};

static double ms_since(uint64_t began)
{
    return (double)(uv_hrtime() - began) / 1e6;
}

static int limit_of(const struct rag_query *q)
{
    return q->limit < 1 ? RAG_LIMIT : q->limit > RAG_LIMIT_MAX ? RAG_LIMIT_MAX : q->limit;
}

/* Each ranking is read deeper than what is answered: what one has far down the other may have in
 * front. */
static int depth_of(const struct rag_query *q)
{
    int depth = 2 * limit_of(q);
    return depth < RAG_DEPTH ? RAG_DEPTH : depth > RAG_DEPTH_MAX ? RAG_DEPTH_MAX : depth;
}

/* ---- vectors beside words ---- */

/* Ends the vectors' fiber when it takes too long. */
static enum err watch(void *arg)
{
    struct search *s = arg;
    uint64_t ms = s->parts->late_ms ? s->parts->late_ms : RAG_LATE_MS;
    enum err e = fiber_sleep(ms);
    if (!e && s->vectors) {
        s->late = true;
        fiber_cancel(s->vectors);
    }
    return ERR_OK;
}

static bool asks_vectors(struct search *s)
{
    if (!s->words.plain.len && !s->by_vectors.like)
        return false; /* nothing is said: there is nothing to be like */
    if (!s->parts->vectors || (!s->parts->embedder && !s->by_vectors.like)) {
        snprintf(s->degraded, sizeof s->degraded, "%s",
                 s->parts->without && *s->parts->without ? s->parts->without : "no embedder");
        s->soon = s->parts->starting && !s->parts->embedder;
        return false;
    }
    return true;
}

static void say_degraded(struct search *s, enum err e)
{
    s->soon = s->late && s->parts->starting;
    if (s->soon)
        snprintf(s->degraded, sizeof s->degraded,
                 "the embedder is starting; in a few seconds the same search goes by meaning, too");
    else if (s->late)
        snprintf(s->degraded, sizeof s->degraded,
                 "the search by meaning was not done within %llu ms",
                 (unsigned long long)(s->parts->late_ms ? s->parts->late_ms : RAG_LATE_MS));
    else
        snprintf(s->degraded, sizeof s->degraded, "%s",
                 s->by_vectors.info.message[0] ? s->by_vectors.info.message : err_text(e));
}

static enum err rank_by_words(struct search *s, struct err_info *info)
{
    uint64_t began = uv_hrtime();
    enum err e = store_read(s->parts->store, rag_rank_words, &s->by_words, info);
    s->words_ms = ms_since(began);
    return e;
}

/* Both rankings at the same time. Vectors fail alone. */
static enum err rank(struct search *s, struct err_info *info)
{
    struct sched *sched = fiber_sched(fiber_current());
    struct fiber *clock = NULL;
    enum err e, joined = ERR_OK, failed = ERR_OK;
    if (asks_vectors(s)) {
        s->vectors = fiber_spawn(sched, "search by vectors", rag_rank_vectors, &s->by_vectors);
        clock = s->vectors ? fiber_spawn(sched, "search late", watch, s) : NULL;
        if (!s->vectors)
            say_degraded(s, ERR_NOMEM);
    }
    e = rank_by_words(s, info);
    if (e == ERR_CORRUPT && s->vectors) { /* meaning is left */
        s->by_words.count = 0;
        snprintf(s->words_lost, sizeof s->words_lost, "the words cannot be searched: %.150s",
                 info && info->message[0] ? info->message : err_text(e));
    }
    if (s->vectors) {
        joined = fiber_join(s->vectors, &failed);
        s->vectors = NULL;
        if (failed) {
            s->by_vectors.count = 0;
            say_degraded(s, failed);
        } else if (s->words_lost[0]) {
            e = ERR_OK;
        }
    }
    if (clock) {
        enum err ended;
        fiber_cancel(clock);
        ended = fiber_join(clock, NULL);
        (void)ended;
    }
    return e ? e : joined;
}

/* Where meaning has no part a misspelt word would find nothing: what it was meant to be is looked
 * for, and searched for instead. */
static enum err rank_what_is_meant(struct search *s, struct err_info *info)
{
    struct rag_meant m = {.words = &s->words, .meant = s->meant};
    enum err e;
    if (!s->degraded[0] || s->words_lost[0] || s->q->verbatim || s->by_vectors.like)
        return ERR_OK;
    e = store_read(s->parts->store, rag_find_meant, &m, NULL);
    if (e == ERR_CANCELLED)
        return err_set(info, e, "cancelled");
    if (e || !json_object_object_length(s->meant))
        return ERR_OK;
    json_object_put(s->by_words.left_out);
    return rank_by_words(s, info);
}

/* ---- the answer ---- */

static void add_place(json *row, const char *list, int rank, const char *key, double value)
{
    json *o = json_object_new_object();
    if (!rank) {
        json_object_put(o);
        return;
    }
    json_add_i64(o, "rank", rank);
    json_add_f64(o, key, value);
    json_object_object_add(row, list, o);
}

static enum err add_result(const struct search *s, const struct rag_hit *h, json *row)
{
    struct buf text;
    enum err e = ERR_OK;
    json_add_f64(row, "quality", h->quality);
    if (s->by_words.ranked)
        json_add_f64(row, "score", h->score);
    json_add_bool(row, "named", h->named);
    if (s->by_words.ranked)
        add_place(row, "words", h->words_rank, "bm25", h->bm25);
    add_place(row, "vectors", h->vectors_rank, "cosine", h->cosine);
    if (!s->q->explain)
        return ERR_OK;
    buf_init(&text, 1024);
    e = rag_explain(h, s->by_words.ranked, &text);
    if (!e)
        json_add_str(row, "explain", text.data);
    buf_fini(&text);
    return e;
}

struct rows_arg {
    const int64_t *ids;
    size_t count;
    json *out;
};

static enum err read_rows(sqlite3 *db, void *arg, struct err_info *info)
{
    struct rows_arg *a = arg;
    return artifact_rows(db, a->ids, a->count, &a->out, info);
}

/* What was deleted for good meanwhile has no row and is left out. */
static enum err add_results(const struct search *s, json *answer, struct err_info *info)
{
    int64_t ids[RAG_LIMIT_MAX];
    size_t most = (size_t)limit_of(s->q), n = s->count < most ? s->count : most, at = 0;
    struct rows_arg rows = {ids, n, NULL};
    enum err e;
    for (size_t i = 0; i < n; i++)
        ids[i] = s->hits[i].id;
    e = store_read(s->parts->store, read_rows, &rows, info);
    for (size_t i = 0; !e && rows.out && i < json_object_array_length(rows.out); i++, at++) {
        json *row = json_object_array_get_idx(rows.out, i);
        while (at < n && artifact_number(json_str(row, "id", "")) != ids[at])
            at++;
        if (at < n)
            e = add_result(s, &s->hits[at], row);
    }
    if (e)
        json_object_put(rows.out);
    else
        json_object_object_add(answer, "results", rows.out);
    return e;
}

/* An old database's words come into the index in the background. */
static void note_waiting(struct search *s)
{
    char text[120];
    if (s->words_lost[0])
        json_object_array_add(s->words.notes, json_object_new_string(s->words_lost));
    if (!s->by_words.waiting)
        return;
    snprintf(text, sizeof text, "the words of %lld artifacts are still being indexed",
             (long long)s->by_words.waiting);
    json_object_array_add(s->words.notes, json_object_new_string(text));
}

static enum err write_answer(struct search *s, json *answer, struct err_info *info)
{
    json *ms = json_object_new_object();
    enum err e = add_results(s, answer, info);
    note_waiting(s);
    json_add_bool(answer, "ranked", s->by_words.ranked);
    json_add_str(answer, "degraded", s->degraded);
    json_add_bool(answer, "soon", s->soon);
    json_add_bool(answer, "nobody", s->parts->nobody);
    json_object_object_add(answer, "meant", json_object_get(s->meant));
    json_object_object_add(answer, "notes", json_object_get(s->words.notes));
    json_object_object_add(answer, "left_out", json_object_get(s->by_words.left_out));
    json_add_f64(ms, "words", s->words_ms);
    if (s->by_vectors.ms)
        json_add_f64(ms, "vectors", (double)s->by_vectors.ms);
    json_add_f64(ms, "all", ms_since(s->began));
    json_object_object_add(answer, "ms", ms);
    return e;
}

/* One ranking of both. */
static enum err fuse(struct search *s, const char *name, struct err_info *info)
{
    struct rag_describe d = {name, s->hits, 0};
    enum err e;
    for (size_t i = 0; i < s->by_vectors.count; i++)
        s->near[i] = (struct rag_scored){s->by_vectors.hits[i].id, s->by_vectors.hits[i].score, 1};
    s->count =
        rag_join(s->by_words.found, s->by_words.count, s->near, s->by_vectors.count, s->hits);
    d.count = s->count;
    e = store_read(s->parts->store, rag_describe_hits, &d, info);
    if (!e && s->by_words.ranked)
        rag_order(s->hits, s->count);
    else if (!e)
        rag_order_newest(s->hits, s->count);
    return e;
}

static enum err run(struct search *s, const char *name, json **out, struct err_info *info)
{
    enum err e;
    s->by_words.words = s->by_vectors.words = &s->words;
    s->by_words.most = s->by_vectors.most = depth_of(s->q);
    e = rank(s, info);
    if (!e)
        e = rank_what_is_meant(s, info);
    if (!e)
        e = fuse(s, name, info);
    if (e)
        return e;
    *out = json_object_new_object();
    e = write_answer(s, *out, info);
    if (e) {
        json_object_put(*out);
        *out = NULL;
    }
    return e;
}

static void end(struct search *s)
{
    json_object_put(s->by_words.left_out);
    json_object_put(s->meant);
    rag_words_fini(&s->words);
    free(s);
}

static struct search *begin(const struct rag_search_parts *parts, const struct rag_query *q)
{
    struct search *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->meant = json_object_new_object();
    s->began = uv_hrtime();
    s->parts = parts;
    s->q = q;
    s->by_vectors.parts = parts;
    return s;
}

enum err rag_search(const struct rag_search_parts *parts, const struct rag_query *q, json **out,
                    struct err_info *info)
{
    struct search *s = begin(parts, q);
    enum err e;
    *out = NULL;
    if (!s)
        return ERR_NOMEM;
    e = q->verbatim ? rag_words_of(q->text, &q->filter, &s->words)
                    : rag_words_read(q->text, q->typing, q->now, &q->filter, &s->words);
    if (!e)
        e = run(s, s->words.plain.data, out, info);
    end(s);
    return e;
}

/* ---- similar to this ---- */

struct like_arg {
    const char *id;
    json *out;
};

static enum err read_like(sqlite3 *db, void *arg, struct err_info *info)
{
    struct like_arg *a = arg;
    return artifact_get(db, a->id, &a->out, info);
}

enum err rag_similar(const struct rag_search_parts *parts, const char *id,
                     const struct rag_query *q, json **out, struct err_info *info)
{
    struct like_arg like = {.id = id};
    struct search *s = begin(parts, q);
    struct buf text;
    enum err e = s ? store_read(parts->store, read_like, &like, info) : ERR_NOMEM;
    *out = NULL;
    buf_init(&text, RAG_QUERY_MAX);
    if (e == ERR_NOT_FOUND)
        e = err_set(info, e, "there is no artifact %.40s; see dise rag list", id);
    if (!e && buf_addf(&text, "%s %.16000s", json_str(like.out, "name", ""),
                       json_str(like.out, "task", "")))
        e = ERR_NOMEM;
    if (!e) {
        s->by_words.except = s->by_vectors.like = artifact_number(id);
        e = rag_words_of(text.data, &q->filter, &s->words);
        if (!e)
            e = run(s, "", out, info);
    }
    buf_fini(&text);
    json_object_put(like.out);
    if (s)
        end(s);
    return e;
}
