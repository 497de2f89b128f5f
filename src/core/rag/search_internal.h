/* What the parts of the search share: search.c asks, search_words.c ranks by words and knows the
 * tables, search_meant.c mends words, search_vectors.c ranks by meaning, search_fuse.c makes one
 * ranking of both, search_explain.c says why. */
#ifndef DISE_CORE_RAG_SEARCH_INTERNAL_H
#define DISE_CORE_RAG_SEARCH_INTERNAL_H

#include "core/rag/search.h"

enum { RAG_DEPTH = 100, RAG_DEPTH_MAX = 1000, RAG_PLACES = 20000 };

/* ---- search_fuse.c: pure ---- */

/* The constant of reciprocal rank fusion: Cormack, Clarke, Büttcher, "Reciprocal rank fusion
 * outperforms Condorcet and individual rank learning methods", SIGIR 2009. Theirs is 60; with a
 * place by words counting as much as the hit covers of the query, 5 was best on the labelled set
 * (docs/decisions.md). */
#define RAG_RRF_K 5.0

struct rag_scored {
    int64_t id;
    double score; /* the more the better */
    double cover; /* 0 to 1, of the query's words by their rarity; of vectors not used */
};

struct rag_hit {
    int64_t id;
    int words_rank, vectors_rank; /* 1: the best; equal ones have the same; 0: not in that list */
    double bm25, cover, cosine;
    double quality; /* 0 to 1 */
    bool named;     /* its name is what was searched for */
    double score;
};

/* The score of a place in each of two rankings (0: in none): cover/(k+rank) by words, so that an
 * unknown language or a misspelt word gives its places to the vectors, 1/(k+rank) by vectors. */
double rag_rrf(int words_rank, double cover, int vectors_rank);
/* Joins two lists, each the best first; room for words + vectors hits. Returns their number.
 * quality and named are the caller's to fill before rag_order. */
size_t rag_join(const struct rag_scored *words, size_t words_n, const struct rag_scored *vectors,
                size_t vectors_n, struct rag_hit *out);
/* Computes the scores and sorts: what is named so, then by score, with quality between
 * equals, then the newest. */
void rag_order(struct rag_hit *hits, size_t n);
/* The same where nothing ranks. */
void rag_order_newest(struct rag_hit *hits, size_t n);

/* ---- search_words.c: on a store thread ---- */

/* Ranks by words; without words the newest first, *ranked false. */
struct rag_words_rank {
    const struct rag_words *words;
    int64_t except; /* not this one; 0: all */
    int64_t places; /* so many artifacts are ranked at most, about a microsecond each and word; 0:
                       RAG_PLACES */
    int64_t after;  /* set: only larger numbers were ranked */
    int most;
    struct rag_scored found[RAG_DEPTH_MAX];
    size_t count;
    bool ranked;
    int64_t waiting;              /* artifacts whose words are not in the index yet */
    struct json_object *left_out; /* words; the caller's */
};
store_fn rag_rank_words;

/* What FTS5 is asked for one term. */
enum err rag_match_term(const struct rag_term *t, struct buf *out) MUST_CHECK;

/* The ids that pass the filter and what the words demand, ascending; *count > most: too many to
 * be told. */
struct rag_passing {
    const struct rag_words *words;
    int64_t *ids; /* room for most */
    size_t most, count;
};
store_fn rag_list_passing;

/* Of these hits those that pass, in their order. */
struct rag_sieve {
    const struct rag_words *words;
    int64_t except;
    struct vector_hit *hits;
    size_t count;
};
store_fn rag_sieve_hits;

/* Fills quality and named; name: what was searched for. */
struct rag_describe {
    const char *name;
    struct rag_hit *hits;
    size_t count;
};
store_fn rag_describe_hits;

/* ---- search_meant.c: on a store thread ---- */

/* Wished words that stand nowhere become the nearest ones that do (at most two letters are wrong,
 * missing, too many or have changed places), where there is one, and a note says so. */
struct rag_meant {
    struct rag_words *words;
    struct json_object *meant; /* {word: what it became}; the caller's */
};
store_fn rag_find_meant;

/* ---- search_vectors.c ---- */

struct rag_by_vectors {
    const struct rag_search_parts *parts;
    const struct rag_words *words;
    int64_t like; /* the artifact whose vector is the query; 0: the words' */
    int most;
    struct vector_hit hits[RAG_DEPTH_MAX * 2];
    size_t count;
    struct err_info info;
    uint64_t ms;
};
/* On a fiber of its own. */
fiber_fn rag_rank_vectors;

/* ---- search_explain.c ---- */

/* One sentence on how a hit came to its place. */
enum err rag_explain(const struct rag_hit *h, bool ranked, struct buf *out) MUST_CHECK;

#endif
