#include "core/rag/search_internal.h"

enum err rag_explain(const struct rag_hit *h, bool ranked, struct buf *out)
{
    const char *also = "";
    enum err e = ERR_OK;
    if (!ranked)
        return buf_adds(out, "no word restricts it: the newest come first");
    if (h->named)
        e = buf_adds(out, "its name is what was searched for, so it comes first; ");
    if (!e && h->words_rank) {
        e = buf_addf(out, "place %d by its words (BM25 %.2f, %.0f %% of what was asked)",
                     h->words_rank, h->bm25, 100 * h->cover);
        also = ", ";
    }
    if (!e && h->vectors_rank)
        e = buf_addf(out, "%splace %d by its meaning (cosine %.3f)", also, h->vectors_rank,
                     h->cosine);
    if (!e)
        e = buf_adds(out, "; score");
    if (!e && h->words_rank)
        e = buf_addf(out, " %.2f/(%.0f+%d)", h->cover, RAG_RRF_K, h->words_rank);
    if (!e && h->vectors_rank)
        e = buf_addf(out, "%s 1/(%.0f+%d)", h->words_rank ? " +" : "", RAG_RRF_K, h->vectors_rank);
    if (!e)
        e = buf_addf(out, " = %.5f", rag_rrf(h->words_rank, h->cover, h->vectors_rank));
    if (!e)
        e = buf_addf(out, ", with quality %.2f %.5f", h->quality, h->score);
    return e;
}
