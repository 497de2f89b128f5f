/* A search of any bytes: taken apart without an error, and what is asked of FTS5 for it is no
 * syntax error either. The first byte says whether it is being typed or has no syntax at all. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/rag/search_internal.h"
#include "core/store/artifact.h"
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static sqlite3 *open_memory(void)
{
    static const char *const names[] = {"sort_list", "romanToInt", "二进制", "école"};
    struct json_object *o = json_object_new_object();
    sqlite3 *db;
    char id[24];
    if (sqlite3_open(":memory:", &db) || store_migrate(db, NULL))
        abort();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_add_str(o, "name", names[i]);
        json_add_str(o, "task", "sort a list of numbers, smallest first");
        json_add_bool(o, "solved", true);
        if (artifact_insert(db, o, id, NULL))
            abort();
    }
    json_object_put(o);
    return db;
}

static void check_words(const struct rag_words *w)
{
    if (w->count < 0 || w->count > RAG_TERMS || w->filter.tag_count > RAG_TAGS ||
        !(w->filter.quality_least >= 0 && w->filter.quality_most <= 1))
        abort();
    for (int i = 0; i < w->count; i++)
        if (strchr(w->terms[i].text, '"') || strlen(w->terms[i].text) >= RAG_TERM)
            abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static sqlite3 *db;
    static struct rag_words words;
    static struct rag_words_rank rank;
    struct rag_sieve sieve = {.words = &words};
    struct vector_hit hits[2] = {{1, 1}, {2, 0.5F}};
    char *text;
    enum err e;
    if (!db)
        db = open_memory();
    if (!size)
        return 0;
    text = fuzz_text(data + 1, size - 1);
    e = data[0] & 2 ? rag_words_of(text, NULL, &words)
                    : rag_words_read(text, data[0] & 1, 1800000000000, NULL, &words);
    if (e)
        abort();
    check_words(&words);
    memset(&rank, 0, sizeof rank);
    rank.words = &words;
    rank.most = 10;
    if (rag_rank_words(db, &rank, NULL))
        abort();
    json_object_put(rank.left_out);
    sieve.hits = hits;
    sieve.count = 2;
    if (rag_sieve_hits(db, &sieve, NULL))
        abort();
    rag_words_fini(&words);
    free(text);
    return 0;
}
