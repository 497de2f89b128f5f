/* What a misspelt word was meant to be: the nearest word of the index. On a store thread. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "core/rag/search_internal.h"

enum {
    LETTERS_MAX = 32,
    SHORT = 6,       /* letters; of a shorter word one may be wrong, else two */
    TYPED = 7,       /* a shorter word that is being typed may become another one */
    SHORTEST = 4,    /* shorter ones are near to too much */
    WORDS_MAX = 3,   /* so many of a query are looked for */
    LOOK_MS = 50,    /* of the processor for all: then the best of those seen so far */
    LOOK_EVERY = 64, /* words between two looks at the clock */
};

/* ---- how far two words are apart ---- */

/* The letters of a word, without case where it is ASCII; 0: it has something else, or too many. */
static int letters_of(const char *text, uint32_t out[LETTERS_MAX])
{
    const size_t n = strlen(text);
    size_t used;
    int count = 0;
    for (size_t at = 0; at < n; at += used) {
        uint32_t cp;
        used = utf8_decode(text + at, n - at, &cp);
        if (cp >= 'A' && cp <= 'Z')
            cp |= 32;
        if (count == LETTERS_MAX || cp == UTF8_BAD || (cp < 0x80 && !(cp >= 'a' && cp <= 'z')))
            return 0;
        out[count++] = cp;
    }
    return count;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Damerau's distance in its restricted form (optimal string alignment): letters that are wrong,
 * missing, too many, or change places with their neighbours. F. Damerau, "A technique for computer
 * detection and correction of spelling errors", CACM 7 (1964). Above `most` any larger number. */
static int distance(const uint32_t *a, int n, const uint32_t *b, int m, int most)
{
    int rows[3][LETTERS_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    if (abs(n - m) > most)
        return most + 1;
    for (int j = 0; j <= m; j++)
        last[j] = before[j] = j;
    for (int i = 1; i <= n; i++) {
        int *oldest = before, best = now[0] = i;
        for (int j = 1; j <= m; j++) {
            now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]), least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
            best = least(best, now[j]);
        }
        if (best > most)
            return most + 1;
        before = last;
        last = now;
        now = oldest;
    }
    return last[m];
}

/* ---- the words of the index ---- */

struct look {
    uint32_t letters[LETTERS_MAX];
    int count, most;
    int near; /* of the best; most + 1: there is none */
    int64_t in;
    char best[RAG_TERM];
    uint64_t end;
};

/* The best one may be a stem, which stands in the index beside its word: people want to read the
 * word, which comes later and is not much further away. */
static bool is_whole_word(const struct look *l, const char *word, int far, int64_t in)
{
    return l->best[0] && strncmp(word, l->best, strlen(l->best)) == 0 && far <= l->near + 1 &&
           2 * in >= l->in;
}

/* Of equally near ones the one that more artifacts have. */
static void compare(struct look *l, const char *word, int64_t in)
{
    uint32_t letters[LETTERS_MAX];
    const int n = letters_of(word, letters),
              far = n ? distance(l->letters, l->count, letters, n, l->most + 1) : l->most + 2;
    if (far > l->most + 1 || strlen(word) >= sizeof l->best)
        return;
    if (far <= l->most && (far < l->near || (far == l->near && in > l->in))) {
        l->near = far;
        l->in = in;
        strcpy(l->best, word);
    } else if (is_whole_word(l, word, far, in)) {
        strcpy(l->best, word);
    }
}

/* The thread's own time, so that what is found does not depend on what else the machine does. */
static uint64_t busy_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* The words that begin with a letter: FTS5 reads no others then. */
static enum err look_under(sqlite3 *db, struct look *l, uint32_t first, struct err_info *info)
{
    sqlite3_stmt *st;
    char from[8] = "", to[8] = "";
    int code = SQLITE_DONE;
    enum err e;
    utf8_encode(first, from);
    utf8_encode(first + 1, to);
    e = store_prepare(db, info, &st,
                      "SELECT term,doc FROM temp.artifact_vocabulary WHERE term>=? AND term<?",
                      "tt", from, to);
    if (e)
        return e;
    for (int i = 1; (code = sqlite3_step(st)) == SQLITE_ROW; i++) {
        compare(l, (const char *)sqlite3_column_text(st, 0), sqlite3_column_int64(st, 1));
        if (i % LOOK_EVERY == 0 && busy_ns() > l->end)
            break;
    }
    e = code == SQLITE_ROW ? ERR_OK : store_error(db, code, info);
    sqlite3_finalize(st);
    return e;
}

/* People seldom miss a word's first letter; where the first two have changed places it is the
 * second one. */
static enum err look(sqlite3 *db, const char *word, uint64_t end, struct look *l,
                     struct err_info *info)
{
    enum err e = ERR_OK;
    *l = (struct look){.end = end};
    l->count = letters_of(word, l->letters);
    if (l->count < SHORTEST)
        return ERR_OK;
    l->most = l->count < SHORT ? 1 : 2;
    l->near = l->most + 1;
    e = look_under(db, l, l->letters[0], info);
    if (!e && l->letters[1] != l->letters[0] && busy_ns() < l->end)
        e = look_under(db, l, l->letters[1], info);
    return e;
}

/* ---- the query ---- */

static enum err stands_somewhere(sqlite3 *db, const struct rag_term *t, bool *out,
                                 struct err_info *info)
{
    sqlite3_stmt *st;
    struct buf match;
    enum err e;
    int code;
    buf_init(&match, 4096);
    e = rag_match_term(t, &match);
    if (!e)
        e = store_prepare(db, info, &st,
                          "SELECT 1 FROM artifact_text WHERE artifact_text MATCH ? LIMIT 1", "t",
                          match.data);
    if (!e) {
        code = sqlite3_step(st);
        *out = code == SQLITE_ROW;
        e = *out ? ERR_OK : store_error(db, code, info);
        sqlite3_finalize(st);
    }
    buf_fini(&match);
    return e;
}

static void replace(struct rag_meant *m, struct rag_term *t, const char *word)
{
    char text[400];
    snprintf(text, sizeof text,
             "nothing has \"%.100s\"; did you mean \"%.100s\"? It is searched for instead", t->text,
             word);
    json_object_array_add(m->words->notes, json_object_new_string(text));
    json_add_str(m->meant, t->text, word);
    snprintf(t->text, sizeof t->text, "%s", word);
    t->beginning = false;
}

enum err rag_find_meant(sqlite3 *db, void *arg, struct err_info *info)
{
    struct rag_meant *m = arg;
    enum err e = store_exec(db, info,
                            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.artifact_vocabulary"
                            " USING fts5vocab(main,artifact_text,row)",
                            "");
    const uint64_t end = busy_ns() + (uint64_t)LOOK_MS * 1000000;
    int looked = 0;
    for (int i = 0; !e && i < m->words->count && looked < WORDS_MAX; i++) {
        struct rag_term *t = &m->words->terms[i];
        struct look l;
        bool known = true;
        if (t->demand == RAG_WISHED && (!t->beginning || strlen(t->text) >= TYPED))
            e = stands_somewhere(db, t, &known, info);
        if (e || known)
            continue;
        looked++;
        e = look(db, t->text, end, &l, info);
        if (!e && l.best[0])
            replace(m, t, l.best);
    }
    return e;
}
