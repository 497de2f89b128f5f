/* What a person types to search the memory, taken apart. Pure: any text is a query, nothing in it
 * is a mistake; what looks like a filter and is none is searched for as words, and a note says so.
 *   words            ranked by how well they are met
 *   "two words"      must stand so
 *   -word -"a b"     must not be there
 *   kind:function tag:math quality:>0.7 solved:yes since:2026-11-01 since:7d before:2026-12-24
 */
#ifndef DISE_CORE_RAG_QUERY_H
#define DISE_CORE_RAG_QUERY_H

#include "base/buf.h"
#include "base/json.h"

enum { RAG_KIND = 32, RAG_TAGS = 8, RAG_TAG = 64, RAG_TERMS = 64, RAG_TERM = 128 };

/* What restricts a search; zeros with solved -1 and quality_most 1 restrict nothing: rag_filter_all
 * gives that. */
struct rag_filter {
    char kind[RAG_KIND]; /* "": all but the workflows that stand beside their program; "*": really
                            all */
    char tags[RAG_TAGS][RAG_TAG]; /* all of them */
    int tag_count;
    double quality_least, quality_most; /* 0 to 1 */
    bool above, below;                  /* the bound itself does not pass */
    int64_t since, before;              /* ms since 1970; 0: ever */
    int solved;                         /* 1, 0; -1: both */
    bool deleted;                       /* those put aside instead of the others */
};

struct rag_filter rag_filter_all(void);
/* Whether it lets through all that is neither deleted nor hidden. */
bool rag_filter_is_open(const struct rag_filter *f);

enum rag_demand { RAG_WISHED, RAG_REQUIRED, RAG_EXCLUDED };

struct rag_term {
    char text[RAG_TERM]; /* one word or a phrase, without quotes and control characters */
    enum rag_demand demand;
    bool beginning; /* it may go on: the word that is being typed */
};

struct rag_words {
    struct rag_term terms[RAG_TERMS]; /* each once; of more the first ones */
    int count;
    struct rag_filter filter;
    struct buf plain;          /* the words wished for and required, for an embedder */
    struct json_object *notes; /* sentences about what was not understood */
};

/* `typing`: the last word may go on. Takes what `filter` says as the beginning, the text's own
 * filters restrict further or replace it. `now` in ms since 1970, for since:7d. ERR_NOMEM only. The
 * caller calls rag_words_fini in any case. */
enum err rag_words_read(const char *text, bool typing, int64_t now, const struct rag_filter *filter,
                        struct rag_words *out) MUST_CHECK;
/* The same of a text that has no syntax (a task, "similar to this"): only words. */
enum err rag_words_of(const char *text, const struct rag_filter *filter,
                      struct rag_words *out) MUST_CHECK;
void rag_words_fini(struct rag_words *w);

/* Filters as one option or parameter names them; false: `value` means nothing. */
bool rag_filter_tag(struct rag_filter *f, const char *value);
bool rag_filter_quality(struct rag_filter *f, const char *value); /* ">0.7", "<=0.5", "0.7" */
#endif
