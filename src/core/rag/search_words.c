#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rag/search_internal.h"

enum {
    MATCH_MAX = 64 << 10,
};

/* What a word in the name, the task, the kind, the tags, the program or text counts. */
#define WEIGHTS "10,4,0,6,1"
#define COLUMNS "{name task tags content}:"
/* Where a word may begin as what is typed; the text of programs has too many of these. */
#define HEAD "{name task tags}:"

/* ---- what FTS5 is asked ---- */

static enum err add_term(const struct rag_term *t, struct buf *out)
{
    if (t->beginning)
        return buf_addf(out, "(\"%s\" OR " HEAD "\"%s\"*)", t->text, t->text);
    return buf_addf(out, "\"%s\"", t->text);
}

/* The terms of one demand, joined; nothing when there is none. `chosen` NULL: all. */
static enum err add_terms(const struct rag_words *w, enum rag_demand demand, const char *joint,
                          const bool *chosen, struct buf *out)
{
    enum err e = ERR_OK;
    bool any = false;
    for (int i = 0; !e && i < w->count; i++) {
        if (w->terms[i].demand != demand || (chosen && !chosen[i]))
            continue;
        e = any ? buf_adds(out, joint) : ERR_OK;
        any = true;
        if (!e)
            e = add_term(&w->terms[i], out);
    }
    return e;
}

static bool has(const struct rag_words *w, enum rag_demand demand, const bool *chosen)
{
    for (int i = 0; i < w->count; i++)
        if (w->terms[i].demand == demand && (!chosen || chosen[i]))
            return true;
    return false;
}

/* {…}:(((p AND q) AND (a OR b OR p OR q)) NOT (x OR y)): phrases are demanded, words rank. */
static enum err write_match(const struct rag_words *w, const bool *chosen, struct buf *out)
{
    bool required = has(w, RAG_REQUIRED, NULL), wished = has(w, RAG_WISHED, chosen);
    enum err e = buf_adds(out, COLUMNS "((");
    if (!e && required)
        e = buf_adds(out, "(");
    if (!e)
        e = add_terms(w, RAG_REQUIRED, " AND ", NULL, out);
    if (!e && required)
        e = buf_adds(out, wished ? ") AND (" : ")");
    if (!e && wished)
        e = add_terms(w, RAG_WISHED, " OR ", chosen, out);
    if (!e && required && wished) {
        e = buf_adds(out, " OR ");
        if (!e)
            e = add_terms(w, RAG_REQUIRED, " OR ", NULL, out);
        if (!e)
            e = buf_adds(out, ")");
    }
    if (!e)
        e = buf_adds(out, ")");
    if (!e && has(w, RAG_EXCLUDED, NULL)) {
        e = buf_adds(out, " NOT (");
        if (!e)
            e = add_terms(w, RAG_EXCLUDED, " OR ", NULL, out);
        if (!e)
            e = buf_adds(out, ")");
    }
    return e ? e : buf_adds(out, ")");
}

/* ---- filters ---- */

/* Parameters of all statements here. */
enum {
    P_MATCH = 1,
    P_KIND,
    P_LEAST,
    P_MOST,
    P_SINCE,
    P_BEFORE,
    P_LIMIT,
    P_REQUIRED,
    P_EXCLUDED,
    P_IDS,
    P_EXCEPT,
    P_AFTER,
    P_TAG
};

/* " AND …" for each restriction; the index that a page is found in holds the first ones. */
static enum err add_filter(const struct rag_filter *f, struct buf *sql)
{
    enum err e = buf_addf(sql, " iif(a.deleted>0,2,a.old)=%d", f->deleted ? 2 : 0);
    if (!e && !f->deleted)
        e = buf_adds(sql, " AND a.id NOT IN(SELECT id FROM artifact WHERE stale=1)");
    if (!e && strcmp(f->kind, "*") != 0)
        e = buf_adds(sql, f->kind[0] ? " AND a.kind=?2"
                                     : " AND (a.kind<>'workflow' OR ifnull(a.job,0)=0)");
    if (!e && f->solved >= 0)
        e = buf_addf(sql, " AND a.solved=%d", f->solved);
    if (!e && f->since)
        e = buf_adds(sql, " AND a.created>=?5");
    if (!e && f->before)
        e = buf_adds(sql, " AND a.created<?6");
    for (int i = 0; !e && i < f->tag_count; i++)
        e = buf_addf(sql,
                     " AND EXISTS(SELECT 1 FROM artifact_tag g WHERE g.tag=?%d"
                     " AND g.artifact=a.id)",
                     P_TAG + i);
    if (!e && (f->quality_least > 0 || f->above))
        e = buf_addf(sql, " AND a.quality>%s?3", f->above ? "" : "=");
    if (!e && (f->quality_most < 1 || f->below))
        e = buf_addf(sql, " AND a.quality<%s?4", f->below ? "" : "=");
    return e;
}

/* What words demand, of rows that were not found by them. */
static enum err add_demands(const struct rag_words *w, struct buf *sql)
{
    enum err e = ERR_OK;
    if (has(w, RAG_REQUIRED, NULL))
        e = buf_adds(sql, " AND a.id IN(SELECT rowid FROM artifact_text WHERE artifact_text"
                          " MATCH ?8)");
    if (!e && has(w, RAG_EXCLUDED, NULL))
        e = buf_adds(sql, " AND a.id NOT IN(SELECT rowid FROM artifact_text WHERE artifact_text"
                          " MATCH ?9)");
    return e;
}

/* The texts live until the statement's end, so they are copied by it. */
static enum err bind_demand(sqlite3_stmt *st, int at, const struct rag_words *w,
                            enum rag_demand demand, const char *joint)
{
    struct buf text;
    enum err e;
    buf_init(&text, MATCH_MAX);
    e = buf_adds(&text, COLUMNS "(");
    if (!e)
        e = add_terms(w, demand, joint, NULL, &text);
    if (!e)
        e = buf_adds(&text, ")");
    if (!e)
        sqlite3_bind_text(st, at, text.data, -1, SQLITE_TRANSIENT);
    buf_fini(&text);
    return e;
}

static enum err bind_all(sqlite3_stmt *st, const struct rag_words *w, int64_t limit, int64_t except)
{
    const struct rag_filter *f = &w->filter;
    enum err e = ERR_OK;
    sqlite3_bind_text(st, P_KIND, f->kind, -1, SQLITE_STATIC);
    sqlite3_bind_double(st, P_LEAST, f->quality_least);
    sqlite3_bind_double(st, P_MOST, f->quality_most);
    sqlite3_bind_int64(st, P_SINCE, f->since);
    sqlite3_bind_int64(st, P_BEFORE, f->before);
    sqlite3_bind_int64(st, P_LIMIT, limit);
    sqlite3_bind_int64(st, P_EXCEPT, except);
    for (int i = 0; i < f->tag_count; i++)
        sqlite3_bind_text(st, P_TAG + i, f->tags[i], -1, SQLITE_STATIC);
    if (has(w, RAG_REQUIRED, NULL))
        e = bind_demand(st, P_REQUIRED, w, RAG_REQUIRED, " AND ");
    if (!e && has(w, RAG_EXCLUDED, NULL))
        e = bind_demand(st, P_EXCLUDED, w, RAG_EXCLUDED, " OR ");
    return e;
}

/* ---- the ranking ---- */

/* The number that the statement gives; its parameters are a text and a number. */
static enum err read_number(sqlite3 *db, const char *sql, const char *text, int64_t places,
                            int64_t *n, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, sql, "");
    *n = 0;
    if (e)
        return e;
    sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, places);
    if (store_row(st, &e, info))
        *n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

enum err rag_match_term(const struct rag_term *t, struct buf *out)
{
    enum err e = buf_adds(out, COLUMNS);
    return e ? e : add_term(t, out);
}

/* The same about the artifacts in which a term stands. */
static enum err ask_of_term(sqlite3 *db, const struct rag_term *t, const char *sql, int64_t places,
                            int64_t *n, struct err_info *info)
{
    struct buf text;
    enum err e;
    buf_init(&text, 4096);
    e = rag_match_term(t, &text);
    if (!e)
        e = read_number(db, sql, text.data, places, n, info);
    buf_fini(&text);
    return e;
}

/* In how many artifacts each wished word stands; more than r->places are not counted. */
static enum err count_terms(sqlite3 *db, const struct rag_words_rank *r, int64_t in[RAG_TERMS],
                            struct err_info *info)
{
    const struct rag_words *w = r->words;
    enum err e = ERR_OK;
    for (int i = 0; !e && i < w->count; i++)
        if (w->terms[i].demand == RAG_WISHED)
            e = ask_of_term(db, &w->terms[i],
                            "SELECT count(*) FROM(SELECT 1 FROM artifact_text WHERE artifact_text"
                            " MATCH ?1 LIMIT ?2+1)",
                            r->places, &in[i], info);
    return e;
}

/* The rarest wished word that is not chosen; -1: none. */
static int rarest(const struct rag_words *w, const int64_t *in, const bool *chosen)
{
    int best = -1;
    for (int i = 0; i < w->count; i++)
        if (w->terms[i].demand == RAG_WISHED && !chosen[i] && (best < 0 || in[i] < in[best]))
            best = i;
    return best;
}

/* A word that is everywhere, and no other: of the newest only r->places are ranked. */
static enum err narrow(sqlite3 *db, struct rag_words_rank *r, int term, struct err_info *info)
{
    const struct rag_term *t = &r->words->terms[term];
    char text[300];
    if (has(r->words, RAG_REQUIRED, NULL))
        return ERR_OK; /* phrases are rare enough */
    snprintf(text, sizeof text,
             "\"%.100s\" is nearly everywhere: the newest %lld with it are ranked", t->text,
             (long long)r->places);
    json_object_array_add(r->words->notes, json_object_new_string(text));
    return ask_of_term(db, t,
                       "SELECT rowid FROM artifact_text WHERE artifact_text MATCH ?1"
                       " ORDER BY rowid DESC LIMIT 1 OFFSET ?2",
                       r->places, &r->after, info);
}

/* Words that stand everywhere cost the most and tell the least: the rarest are chosen until
 * together they stand in r->places artifacts. All where there are few artifacts. */
static enum err choose_terms(sqlite3 *db, struct rag_words_rank *r, bool chosen[RAG_TERMS],
                             struct err_info *info)
{
    const struct rag_words *w = r->words;
    int64_t in[RAG_TERMS] = {0}, all, places = 0;
    enum err e = read_number(db, "SELECT max(id) FROM artifact", "", 0, &all, info);
    for (int i = 0; i < w->count; i++)
        chosen[i] = all <= r->places;
    if (e || all <= r->places)
        return e;
    e = count_terms(db, r, in, info);
    for (int best; !e && (best = rarest(w, in, chosen)) >= 0; places += in[best]) {
        if (places && places + in[best] > r->places)
            break;
        chosen[best] = true;
        if (in[best] > r->places)
            e = narrow(db, r, best, info);
    }
    for (int i = 0; !e && i < w->count; i++)
        if (w->terms[i].demand == RAG_WISHED && !chosen[i])
            json_object_array_add(r->left_out, json_object_new_string(w->terms[i].text));
    return e;
}

static enum err take_rows(sqlite3_stmt *st, struct rag_words_rank *r, struct err_info *info)
{
    enum err e = ERR_OK;
    while (r->count < (size_t)r->most && store_row(st, &e, info))
        r->found[r->count++] =
            (struct rag_scored){sqlite3_column_int64(st, 0), -sqlite3_column_double(st, 1),
                                sqlite3_column_count(st) > 2 ? sqlite3_column_double(st, 2) : 1};
    return e;
}

/* How many phrases stand in the match before those that are excluded: a word that may go on makes
 * two. */
static int asked_phrases(const struct rag_words *w, const bool *chosen)
{
    const bool both = has(w, RAG_REQUIRED, NULL) && has(w, RAG_WISHED, chosen);
    int n = 0;
    for (int i = 0; i < w->count; i++) {
        const struct rag_term *t = &w->terms[i];
        if (t->demand == RAG_REQUIRED)
            n += 1 + both;
        else if (t->demand == RAG_WISHED && chosen[i])
            n += 1 + t->beginning;
    }
    return n;
}

/* The plus keeps the bounds of t.rowid from becoming those of a.id, which SQLite would take for a
 * better way into the index than the equality. */
static enum err rank_rows(sqlite3 *db, struct rag_words_rank *r, const bool *chosen,
                          struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    struct buf match, sql;
    enum err e;
    buf_init(&match, MATCH_MAX);
    buf_init(&sql, 8192);
    e = write_match(r->words, chosen, &match);
    if (!e)
        e = buf_addf(&sql,
                     "SELECT t.rowid,bm25(artifact_text," WEIGHTS "),"
                     "dise_cover(artifact_text,%d) FROM artifact_text t CROSS JOIN artifact a "
                     "INDEXED BY artifact_page ON a.id=+t.rowid"
                     " WHERE artifact_text MATCH ?1 AND t.rowid<>?11 AND t.rowid>?12 AND",
                     asked_phrases(r->words, chosen));
    if (!e)
        e = add_filter(&r->words->filter, &sql);
    if (!e)
        e = buf_adds(&sql, " ORDER BY 2,1 DESC LIMIT ?7");
    if (!e)
        e = store_prepare(db, info, &st, sql.data, "t", match.data);
    if (!e)
        e = bind_all(st, r->words, r->most, r->except);
    if (!e)
        sqlite3_bind_int64(st, P_AFTER, r->after);
    if (!e)
        e = take_rows(st, r, info);
    sqlite3_finalize(st);
    buf_fini(&sql);
    buf_fini(&match);
    return e;
}

/* ---- without words ---- */

/* The statement for ids that pass: `tail` behind its conditions. */
static enum err prepare_passing(sqlite3 *db, const struct rag_words *w, const char *tail,
                                sqlite3_stmt **st, struct err_info *info)
{
    const struct rag_filter *f = &w->filter;
    struct buf sql;
    enum err e;
    buf_init(&sql, 8192);
    e = buf_addf(&sql, "SELECT a.id,0 FROM %s WHERE",
                 f->tag_count ? "artifact_tag h CROSS JOIN artifact a ON h.tag=?13"
                                " AND a.id=h.artifact"
                 : f->kind[0] && strcmp(f->kind, "*") ? "artifact a INDEXED BY artifact_kind"
                                                      : "artifact a INDEXED BY artifact_page");
    if (!e)
        e = add_filter(f, &sql);
    if (!e)
        e = add_demands(w, &sql);
    if (!e)
        e = buf_adds(&sql, tail);
    if (!e)
        e = store_prepare(db, info, st, sql.data, "");
    buf_fini(&sql);
    return e;
}

static enum err newest(sqlite3 *db, struct rag_words_rank *r, struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    enum err e =
        prepare_passing(db, r->words, " AND a.id<>?11 ORDER BY a.id DESC LIMIT ?7", &st, info);
    if (!e)
        e = bind_all(st, r->words, r->most, r->except);
    if (!e)
        e = take_rows(st, r, info);
    sqlite3_finalize(st);
    return e;
}

static enum err count_waiting(sqlite3 *db, int64_t *out, struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    enum err e = store_prepare(db, info, &st, "SELECT count(*) FROM artifact_words_todo", "");
    *out = store_row(st, &e, info) ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return e;
}

enum err rag_rank_words(sqlite3 *db, void *arg, struct err_info *info)
{
    struct rag_words_rank *r = arg;
    bool chosen[RAG_TERMS] = {false};
    enum err e;
    r->count = 0;
    r->after = 0;
    r->places = r->places ? r->places : RAG_PLACES;
    r->left_out = json_object_new_array();
    r->ranked = has(r->words, RAG_WISHED, NULL) || has(r->words, RAG_REQUIRED, NULL);
    if (!r->ranked)
        return newest(db, r, info);
    e = count_waiting(db, &r->waiting, info);
    if (!e)
        e = choose_terms(db, r, chosen, info);
    return e ? e : rank_rows(db, r, chosen, info);
}

enum err rag_list_passing(sqlite3 *db, void *arg, struct err_info *info)
{
    struct rag_passing *p = arg;
    sqlite3_stmt *st = NULL;
    enum err e = prepare_passing(db, p->words, " ORDER BY a.id LIMIT ?7", &st, info);
    p->count = 0;
    if (!e)
        e = bind_all(st, p->words, (int64_t)p->most + 1, 0);
    while (store_row(st, &e, info)) {
        if (p->count < p->most)
            p->ids[p->count] = sqlite3_column_int64(st, 0);
        p->count++;
    }
    sqlite3_finalize(st);
    return e;
}

/* ---- of rows that were found otherwise ---- */

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum err add_ids(const struct vector_hit *hits, size_t n, struct buf *out)
{
    enum err e = buf_adds(out, "[");
    for (size_t i = 0; !e && i < n; i++)
        e = buf_addf(out, "%s%lld", i ? "," : "", (long long)hits[i].id);
    return e ? e : buf_adds(out, "]");
}

static enum err passing_of(sqlite3 *db, const struct rag_sieve *s, int64_t *ids, size_t *count,
                           struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    struct buf sql, list;
    enum err e;
    buf_init(&sql, 8192);
    buf_init(&list, 1 << 20);
    *count = 0;
    e = add_ids(s->hits, s->count, &list);
    if (!e)
        e = buf_adds(&sql, "SELECT a.id FROM json_each(?10) j CROSS JOIN artifact a INDEXED BY"
                           " artifact_page ON a.id=j.value WHERE a.id<>?11 AND");
    if (!e)
        e = add_filter(&s->words->filter, &sql);
    if (!e)
        e = add_demands(s->words, &sql);
    if (!e)
        e = store_prepare(db, info, &st, sql.data, "");
    if (!e)
        e = bind_all(st, s->words, 0, s->except);
    if (!e)
        sqlite3_bind_text(st, P_IDS, list.data, -1, SQLITE_STATIC);
    while (*count < s->count && store_row(st, &e, info))
        ids[(*count)++] = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    buf_fini(&list);
    buf_fini(&sql);
    return e;
}

enum err rag_sieve_hits(sqlite3 *db, void *arg, struct err_info *info)
{
    struct rag_sieve *s = arg;
    int64_t *ids = malloc((s->count + 1) * sizeof *ids);
    size_t count, kept = 0;
    enum err e = ids ? passing_of(db, s, ids, &count, info) : ERR_NOMEM;
    if (!e) {
        qsort(ids, count, sizeof *ids, by_number);
        for (size_t i = 0; i < s->count; i++)
            if (bsearch(&s->hits[i].id, ids, count, sizeof *ids, by_number))
                s->hits[kept++] = s->hits[i];
        s->count = kept;
    }
    free(ids);
    return e;
}

/* Case, underscores and dashes do not make another name. */
static bool same_name(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, "_- ");
        b += strspn(b, "_- ");
        if (!*a || !*b)
            return !*a && !*b;
        unsigned char x = (unsigned char)*a++, y = (unsigned char)*b++;
        x = x >= 'A' && x <= 'Z' ? (unsigned char)(x | 32) : x;
        y = y >= 'A' && y <= 'Z' ? (unsigned char)(y | 32) : y;
        if (x != y)
            return false;
    }
}

enum err rag_describe_hits(sqlite3 *db, void *arg, struct err_info *info)
{
    struct rag_describe *d = arg;
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT name,quality FROM artifact WHERE id=?", "i",
                               (int64_t)0);
    for (size_t i = 0; !e && i < d->count; i++) {
        sqlite3_bind_int64(st, 1, d->hits[i].id);
        if (sqlite3_step(st) == SQLITE_ROW) {
            d->hits[i].named =
                *d->name && same_name((const char *)sqlite3_column_text(st, 0), d->name);
            d->hits[i].quality = sqlite3_column_double(st, 1);
        }
        e = store_error(db, sqlite3_reset(st), info);
    }
    sqlite3_finalize(st);
    return e;
}
