#include <stdlib.h>

#include "core/rag/search_internal.h"

/* Less than the step between places 95 and 96 (1/100 - 1/101): it decides between those that are as
 * good as equal. */
#define MERIT_MOST 1e-4

double rag_rrf(int words_rank, double cover, int vectors_rank)
{
    return (words_rank > 0 ? cover / (RAG_RRF_K + words_rank) : 0) +
           (vectors_rank > 0 ? 1 / (RAG_RRF_K + vectors_rank) : 0);
}

/* Quality (quality.h), of which use is a part. */
static double merit(const struct rag_hit *h)
{
    return MERIT_MOST * h->quality;
}

static int by_id(const void *a, const void *b)
{
    const struct rag_hit *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Equal scores have equal ranks: the place of the first of them. */
static int rank_of(const struct rag_scored *list, size_t i, int rank)
{
    return i && list[i].score == list[i - 1].score ? rank : (int)i + 1;
}

size_t rag_join(const struct rag_scored *words, size_t words_n, const struct rag_scored *vectors,
                size_t vectors_n, struct rag_hit *out)
{
    size_t n = 0;
    int rank = 0;
    for (size_t i = 0; i < words_n; i++) {
        rank = rank_of(words, i, rank);
        out[n++] = (struct rag_hit){
            .id = words[i].id, .words_rank = rank, .bm25 = words[i].score, .cover = words[i].cover};
    }
    qsort(out, n, sizeof *out, by_id);
    for (size_t i = 0; i < vectors_n; i++) {
        struct rag_hit key = {.id = vectors[i].id}, *both;
        rank = rank_of(vectors, i, rank);
        both = words_n ? bsearch(&key, out, words_n, sizeof *out, by_id) : NULL;
        if (!both) {
            both = &out[n++];
            *both = key;
        }
        both->vectors_rank = rank;
        both->cosine = vectors[i].score;
    }
    return n;
}

static int by_score(const void *a, const void *b)
{
    const struct rag_hit *x = a, *y = b;
    if (x->named != y->named)
        return y->named - x->named;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->id < y->id) - (x->id > y->id);
}

void rag_order(struct rag_hit *hits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hits[i].score =
            rag_rrf(hits[i].words_rank, hits[i].cover, hits[i].vectors_rank) + merit(&hits[i]);
    if (n)
        qsort(hits, n, sizeof *hits, by_score);
}

static int by_age(const void *a, const void *b)
{
    return by_id(b, a);
}

void rag_order_newest(struct rag_hit *hits, size_t n)
{
    if (n)
        qsort(hits, n, sizeof *hits, by_age);
}
