/* Search in what is kept: by words (FTS5, BM25) and by meaning (vectors of an embedder), two
 * rankings that are made one by reciprocal rank fusion. Where vectors cannot be had — no embedder,
 * it failed, it is late — words alone answer, and the answer says so. */
#ifndef DISE_CORE_RAG_SEARCH_H
#define DISE_CORE_RAG_SEARCH_H

#include "core/rag/embedder.h"
#include "core/rag/query.h"
#include "core/rag/vector_store.h"
#include "core/store/store.h"

enum { RAG_LIMIT = 20, RAG_LIMIT_MAX = 500, RAG_LATE_MS = 300, RAG_QUERY_MAX = 64 << 10 };

/* Borrowed for the call. */
struct rag_search_parts {
    struct store *store;
    struct vector_store *vectors;
    struct embedder *embedder; /* NULL, as `vectors` may be: words alone */
    const char *without;       /* why there is none, for the answer; NULL: "no embedder" */
    bool starting, nobody;     /* rag_starting, rag_nobody */
    uint64_t late_ms;          /* how long vectors are waited for; 0: RAG_LATE_MS */
};

struct rag_query {
    const char *text;         /* as a person types it, see query.h */
    bool verbatim;            /* a text without syntax: a whole task */
    bool typing;              /* the last word may go on */
    bool explain;             /* sentences on how each result came */
    struct rag_filter filter; /* rag_filter_all(): all */
    int limit;                /* 1 to RAG_LIMIT_MAX; 0: RAG_LIMIT */
    int64_t now;              /* ms since 1970, for since:7d */
};

/* On a fiber, cancellable. *out (caller puts it; NULL on error): {
 *   results: [{what artifact.list tells of it, quality, score, named: its name is the query,
 *              words: {rank, bm25}, vectors: {rank, cosine} (each where it was in that ranking),
 *              explain: "…"}],                   the best first
 *   ranked: yes, or no where no word restricts: the newest first,
 *   degraded: why vectors had no part ("": they had, or nothing was asked for in words),
 *   nobody: there is nobody who embeds, by choice or because nothing is installed,
 *   meant: {a word that stands nowhere: the nearest one, which was searched for instead},
 *   soon: the same search in a few seconds goes by meaning, too,
 *   notes: [sentences on what was not understood], left_out: [words that are everywhere],
 *   ms: {words, vectors, all} }
 * Errors are those of the store and ERR_CANCELLED, never the query's. */
enum err rag_search(const struct rag_search_parts *parts, const struct rag_query *q,
                    struct json_object **out, struct err_info *info) MUST_CHECK;
/* What is like artifact `id` ("a17"), without itself: by its vector where there is one, by the
 * words of its name and task. q->text is not looked at. ERR_NOT_FOUND. */
enum err rag_similar(const struct rag_search_parts *parts, const char *id,
                     const struct rag_query *q, struct json_object **out,
                     struct err_info *info) MUST_CHECK;

#endif
