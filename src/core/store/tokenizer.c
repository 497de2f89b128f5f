#include "core/store/tokenizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/store/store.h"

/* What FTS5 ships: unicode61 finds and folds words, porter stems one. */
struct tokenizer {
    fts5_tokenizer fold, stem;
    Fts5Tokenizer *folder, *stemmer;
};

typedef int token_fn(void *arg, int flags, const char *token, int n, int start, int end);

/* One text on its way. */
struct cut {
    struct tokenizer *tokenizer;
    const char *text;
    int flags;
    void *arg;
    token_fn *next;
    int start, end; /* of the part at work, in the text */
    bool beside;    /* what comes stands at the place of the last one */
};

static int emit(struct cut *c, bool beside, const char *token, int n)
{
    return c->next(c->arg, beside ? FTS5_TOKEN_COLOCATED : 0, token, n, c->start, c->end);
}

struct word {
    struct cut *cut;
    const char *token;
    int n;
};

static int on_stem(void *arg, int flags, const char *token, int n, int start, int end)
{
    struct word *w = arg;
    struct cut *c = w->cut;
    (void)flags;
    (void)start;
    (void)end;
    if (c->flags & FTS5_TOKENIZE_QUERY)
        return emit(c, false, token, n);
    return n == w->n && memcmp(token, w->token, (size_t)n) == 0 ? SQLITE_OK
                                                                : emit(c, true, token, n);
}

/* A folded word, into the index with its stem, out of a query as its stem alone; the beginning of
 * a word has none. */
static int give(struct cut *c, const char *token, int n)
{
    struct tokenizer *t = c->tokenizer;
    struct word w = {c, token, n};
    int code = SQLITE_OK;
    if (!(c->flags & FTS5_TOKENIZE_QUERY) || (c->flags & FTS5_TOKENIZE_PREFIX))
        code = emit(c, c->beside, token, n);
    if (code == SQLITE_OK && !(c->flags & FTS5_TOKENIZE_PREFIX))
        code = t->stem.xTokenize(t->stemmer, &w, FTS5_TOKENIZE_AUX, token, n, on_stem);
    return code;
}

/* ---- parts of a word ---- */

bool tokenizer_is_unspaced(uint32_t cp)
{
    return (cp >= 0x2e80 && cp <= 0x9fff && !(cp >= 0x3000 && cp <= 0x3004) &&
            !(cp >= 0x3008 && cp <= 0x3020)) ||
           (cp >= 0xac00 && cp <= 0xd7af) || (cp >= 0xf900 && cp <= 0xfaff) ||
           (cp >= 0x20000 && cp <= 0x3ffff) || (cp >= 0x0e00 && cp <= 0x0eff) ||
           (cp >= 0x1000 && cp <= 0x109f) || (cp >= 0x1780 && cp <= 0x17ff);
}

enum shape { LOWER, UPPER, DIGIT, OTHER, UNSPACED };

static enum shape shape_at(const char *p, size_t n, size_t *used)
{
    uint32_t cp;
    *used = utf8_decode(p, n, &cp);
    if (cp >= 'a' && cp <= 'z')
        return LOWER;
    if (cp >= 'A' && cp <= 'Z')
        return UPPER;
    if (cp >= '0' && cp <= '9')
        return DIGIT;
    return tokenizer_is_unspaced(cp) ? UNSPACED : OTHER;
}

/* Whether a part ends between the two; `next` is what follows b. The last capital of several
 * belongs to what follows: HTTP|Server. */
static bool parts(enum shape a, enum shape b, enum shape next)
{
    if (a == UNSPACED || b == UNSPACED)
        return true;
    if ((a == DIGIT) != (b == DIGIT))
        return true;
    return b == UPPER && ((a != UPPER && a != DIGIT) || (a == UPPER && next == LOWER));
}

/* Bytes of the first part of a word. */
static size_t part_of(const char *p, size_t n)
{
    size_t used, more, at;
    enum shape a = shape_at(p, n, &used), b, next;
    for (at = used; at < n; at += used, a = b) {
        b = shape_at(p + at, n - at, &used);
        next = at + used < n ? shape_at(p + at + used, n - at - used, &more) : OTHER;
        if (parts(a, b, next))
            break;
    }
    return at;
}

static int on_folded(void *arg, int flags, const char *token, int n, int start, int end)
{
    (void)flags;
    (void)start;
    (void)end;
    return give(arg, token, n);
}

static int on_word(void *arg, int flags, const char *token, int n, int start, int end)
{
    struct cut *c = arg;
    struct tokenizer *t = c->tokenizer;
    const char *raw = c->text + start;
    size_t size = (size_t)(end - start), part = part_of(raw, size), used, at = 0;
    int code = SQLITE_OK;
    (void)flags;
    c->start = start;
    c->end = end;
    if (part == size)
        return give(c, token, n);
    while (code == SQLITE_OK && at < size) {
        part = part_of(raw + at, size - at);
        c->start = start + (int)at;
        c->end = c->start + (int)part;
        if (shape_at(raw + at, part, &used) == UNSPACED)
            code = emit(c, false, raw + at, (int)part);
        else
            code =
                t->fold.xTokenize(t->folder, c, FTS5_TOKENIZE_AUX, raw + at, (int)part, on_folded);
        if (code == SQLITE_OK && at == 0 && !(c->flags & FTS5_TOKENIZE_QUERY)) {
            c->beside = true;
            code = give(c, token, n);
            c->beside = false;
        }
        at += part;
    }
    return code;
}

/* ---- what FTS5 calls ---- */

static void delete_tokenizer(Fts5Tokenizer *made)
{
    struct tokenizer *t = (struct tokenizer *)made;
    if (t->folder)
        t->fold.xDelete(t->folder);
    if (t->stemmer)
        t->stem.xDelete(t->stemmer);
    free(t);
}

static int create_tokenizer(void *context, const char **args, int count, Fts5Tokenizer **out)
{
    static const char *fold[] = {"remove_diacritics", "2", "categories", "L* N* Co Mn Mc"};
    static const char *stem[] = {"unicode61", "remove_diacritics", "0", "categories",
                                 "L* N* Co Mn Mc"};
    fts5_api *api = context;
    struct tokenizer *t = calloc(1, sizeof *t);
    void *fold_context, *stem_context;
    int code;
    (void)args;
    (void)count;
    *out = NULL;
    if (!t)
        return SQLITE_NOMEM;
    code = api->xFindTokenizer(api, "unicode61", &fold_context, &t->fold);
    if (code == SQLITE_OK)
        code = api->xFindTokenizer(api, "porter", &stem_context, &t->stem);
    if (code == SQLITE_OK)
        code = t->fold.xCreate(fold_context, fold, 4, &t->folder);
    if (code == SQLITE_OK)
        code = t->stem.xCreate(stem_context, stem, 5, &t->stemmer);
    if (code == SQLITE_OK)
        *out = (Fts5Tokenizer *)t;
    else
        delete_tokenizer((Fts5Tokenizer *)t);
    return code;
}

static int tokenize(Fts5Tokenizer *made, void *arg, int flags, const char *text, int n,
                    token_fn *next)
{
    struct tokenizer *t = (struct tokenizer *)made;
    struct cut cut = {.tokenizer = t, .text = text, .flags = flags, .arg = arg, .next = next};
    return t->fold.xTokenize(t->folder, &cut, FTS5_TOKENIZE_AUX, text, n, on_word);
}

/* ---- coverage ---- */

enum { PHRASES_MAX = 256 };

/* What the phrases of one query weigh; made for its first row. */
struct weights {
    int count;
    double of[PHRASES_MAX], all;
};

static int count_row(const Fts5ExtensionApi *api, Fts5Context *f, void *arg)
{
    (void)api;
    (void)f;
    ++*(sqlite3_int64 *)arg;
    return SQLITE_OK;
}

/* The inverse document frequency as bm25() of FTS5 has it. */
static int weigh(const Fts5ExtensionApi *api, Fts5Context *f, struct weights *w)
{
    sqlite3_int64 rows = 0;
    int code = api->xRowCount(f, &rows);
    for (int i = 0; code == SQLITE_OK && i < w->count; i++) {
        sqlite3_int64 in = 0;
        double idf;
        code = api->xQueryPhrase(f, i, &in, count_row);
        idf = log(((double)(rows - in) + 0.5) / ((double)in + 0.5));
        w->of[i] = idf > 1e-6 ? idf : 1e-6;
        w->all += w->of[i];
    }
    return code;
}

static struct weights *weights_of(const Fts5ExtensionApi *api, Fts5Context *f, int wanted,
                                  int *code)
{
    struct weights *w = api->xGetAuxdata(f, 0);
    int count = api->xPhraseCount(f);
    if (w)
        return w;
    w = calloc(1, sizeof *w);
    if (!w) {
        *code = SQLITE_NOMEM;
        return NULL;
    }
    w->count = wanted < count ? wanted : count;
    w->count = w->count < PHRASES_MAX ? w->count : PHRASES_MAX;
    *code = weigh(api, f, w);
    if (*code == SQLITE_OK)
        *code = api->xSetAuxdata(f, w, free); /* frees it also when it fails */
    else
        free(w);
    return *code == SQLITE_OK ? w : NULL;
}

static void cover(const Fts5ExtensionApi *api, Fts5Context *f, sqlite3_context *context, int n,
                  sqlite3_value **values)
{
    int code = SQLITE_OK;
    struct weights *w = weights_of(api, f, n ? sqlite3_value_int(values[0]) : PHRASES_MAX, &code);
    double held = 0;
    for (int i = 0; w && code == SQLITE_OK && i < w->count; i++) {
        Fts5PhraseIter iter;
        int column, offset;
        code = api->xPhraseFirst(f, i, &iter, &column, &offset);
        held += code == SQLITE_OK && column >= 0 ? w->of[i] : 0;
    }
    if (code != SQLITE_OK)
        sqlite3_result_error_code(context, code);
    else
        sqlite3_result_double(context, w && w->all > 0 ? held / w->all : 1);
}

enum err tokenizer_register(sqlite3 *db, struct err_info *info)
{
    static fts5_tokenizer ours = {create_tokenizer, delete_tokenizer, tokenize};
    sqlite3_stmt *st;
    fts5_api *api = NULL;
    enum err e = store_prepare(db, info, &st, "SELECT fts5(?1)", "");
    if (e)
        return e;
    sqlite3_bind_pointer(st, 1, (void *)&api, "fts5_api_ptr", NULL);
    sqlite3_step(st);
    sqlite3_finalize(st);
    if (!api)
        return err_set(info, ERR_INTERNAL, "database: SQLite was built without FTS5");
    e = store_error(db, api->xCreateTokenizer(api, "dise", api, &ours, NULL), info);
    return e ? e
             : store_error(db, api->xCreateFunction(api, "dise_cover", NULL, cover, NULL), info);
}
