#include "core/rag/vector_sync.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 256,  /* vectors a step */
    IDS = 4096,  /* ids a step */
    PLACES = 16, /* of the sample … */
    SAMPLE = 16, /* … and vectors at each */
    ROUNDS = 3,  /* while others write */
};

/* Vectors that were rounded on their way are this near; another text's are not. */
static const double same = 0.9999;

struct work {
    const struct vector_sync *s;
    struct vector_sync_report *report;
    struct err_info *info;
    int64_t *ids, *theirs; /* IDS each */
    float *rows, *other;   /* ROWS vectors each */
    int64_t place[PLACES]; /* the sample begins behind these ids */
    int places, stride;    /* every stride-th step has one */
    int64_t total;
};

static enum err no_memory(struct err_info *info)
{
    return err_set(info, ERR_NOMEM, "out of memory");
}

static void tell(const struct work *w, const char *what, int64_t done)
{
    if (w->s->on_progress)
        w->s->on_progress(w->s->arg, what, done < w->total ? done : w->total, w->total);
}

static enum err begin(struct work *w)
{
    const struct vector_store *from = w->s->from, *to = w->s->to;
    if (from->dimensions != to->dimensions || strcmp(from->model, to->model) != 0)
        return err_set(w->info, ERR_INPUT,
                       "the vectors of %.60s (%zu numbers) cannot go to where those of %.60s (%zu) "
                       "are; they must be of one model",
                       from->model, from->dimensions, to->model, to->dimensions);
    w->ids = calloc(IDS, sizeof *w->ids);
    w->theirs = calloc(IDS, sizeof *w->theirs);
    w->rows = calloc(ROWS * from->dimensions, sizeof *w->rows);
    w->other = calloc(ROWS * from->dimensions, sizeof *w->other);
    return w->ids && w->theirs && w->rows && w->other ? ERR_OK : no_memory(w->info);
}

static void end(struct work *w)
{
    free(w->ids);
    free(w->theirs);
    free(w->rows);
    free(w->other);
}

/* ---- copying ---- */

/* Spread evenly however many steps there are: when the list is full, every second one goes. */
static void keep_place(struct work *w, int64_t step, int64_t after)
{
    if (step % w->stride)
        return;
    if (w->places == PLACES) {
        w->places /= 2;
        for (int i = 1; i < w->places; i++)
            w->place[i] = w->place[2 * i];
        w->stride *= 2;
        if (step % w->stride)
            return;
    }
    w->place[w->places++] = after;
}

static enum err copy(struct work *w)
{
    const struct vector_sync *s = w->s;
    int64_t after = 0, done = 0;
    size_t found = 1;
    enum err e = ERR_OK;
    w->places = 0;
    w->stride = 1;
    tell(w, "copying", 0);
    for (int64_t step = 0; !e && found; step++) {
        e = s->from->class->scan(s->from, after, ROWS, w->ids, w->rows, &found, w->info);
        if (e || !found)
            break;
        keep_place(w, step, after);
        e = s->to->class->upsert(s->to, w->ids, w->rows, found, w->info);
        after = w->ids[found - 1];
        done += (int64_t)found;
        if (!e)
            tell(w, "copying", done);
    }
    w->report->copied = done;
    return e;
}

/* ---- removing ---- */

/* A list of ids read page by page. */
struct reader {
    struct vector_store *store;
    int64_t *ids, after;
    size_t n, at;
    bool ended;
};

/* The next id that is at least `least`; 0: there is none. */
static enum err next_from(struct reader *r, int64_t least, int64_t *id, struct err_info *info)
{
    *id = 0;
    for (;;) {
        enum err e;
        while (r->at < r->n && r->ids[r->at] < least)
            r->at++;
        if (r->at < r->n) {
            *id = r->ids[r->at];
            return ERR_OK;
        }
        if (r->ended)
            return ERR_OK;
        if (least - 1 > r->after)
            r->after = least - 1;
        e = r->store->class->scan(r->store, r->after, IDS, r->ids, NULL, &r->n, info);
        if (e)
            return e;
        r->at = 0;
        r->ended = r->n == 0;
        r->after = r->n ? r->ids[r->n - 1] : r->after;
    }
}

/* A page of the target is read before the source's ids of the same range, so that what comes to
 * both meanwhile is not taken for something that the source lacks. */
static enum err remove_page(struct work *w, size_t found)
{
    struct reader r = {.store = w->s->from, .ids = w->ids, .after = w->theirs[0] - 1};
    size_t gone = 0;
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < found; i++) {
        int64_t id;
        e = next_from(&r, w->theirs[i], &id, w->info);
        if (!e && id != w->theirs[i])
            w->theirs[gone++] = w->theirs[i];
    }
    if (!e && gone)
        e = w->s->to->class->remove(w->s->to, w->theirs, gone, w->info);
    if (!e)
        w->report->removed += (int64_t)gone;
    return e;
}

static enum err remove_rest(struct work *w)
{
    struct vector_store *to = w->s->to;
    int64_t after = 0, done = 0;
    size_t found = 1;
    enum err e = ERR_OK;
    tell(w, "removing", 0);
    while (!e && found) {
        e = to->class->scan(to, after, IDS, w->theirs, NULL, &found, w->info);
        if (e || !found)
            break;
        after = w->theirs[found - 1];
        done += (int64_t)found;
        e = remove_page(w, found);
        if (!e)
            tell(w, "removing", done);
    }
    return e;
}

/* ---- checking ---- */

static enum err counts(struct work *w, bool *equal)
{
    const struct vector_sync *s = w->s;
    int64_t there = 0;
    enum err e = s->to->class->count(s->to, &there, w->info);
    if (!e)
        e = s->from->class->count(s->from, &w->report->count, w->info);
    *equal = there == w->report->count;
    if (!e && !*equal)
        err_set(w->info, ERR_BUSY,
                "the %s store holds %lld vectors and the %s store %lld, as others write "
                "meanwhile; do it again",
                s->from->class->name, (long long)w->report->count, s->to->class->name,
                (long long)there);
    return e;
}

static double cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static enum err differs(struct work *w, int64_t id)
{
    return err_set(w->info, ERR_CORRUPT,
                   "after the copy the vector of artifact a%lld is another one in the %s store "
                   "than in the %s store; do it again, and if it stays so, delete the copy",
                   (long long)id, w->s->to->class->name, w->s->from->class->name);
}

/* What was found is the nearest to itself (another artifact may have the same vector). */
static enum err find_again(struct work *w, int64_t id, const float *row)
{
    struct vector_store *to = w->s->to;
    struct vector_hit hit;
    size_t found;
    enum err e = to->class->search(to, row, 1, NULL, 0, &hit, &found, w->info);
    if (e)
        return e;
    return found && hit.score >= same ? ERR_OK : differs(w, id);
}

/* Ids that one of both has lost or got meanwhile are passed over; their number was compared. */
static enum err check_place(struct work *w, int64_t after)
{
    const struct vector_sync *s = w->s;
    const size_t d = s->from->dimensions;
    size_t here, there, k = 0;
    enum err e = s->from->class->scan(s->from, after, SAMPLE, w->ids, w->rows, &here, w->info);
    if (!e)
        e = s->to->class->scan(s->to, after, SAMPLE, w->theirs, w->other, &there, w->info);
    for (size_t i = 0; !e && i < here; i++) {
        while (k < there && w->theirs[k] < w->ids[i])
            k++;
        if (k == there || w->theirs[k] != w->ids[i])
            continue;
        if (!(cosine(w->rows + i * d, w->other + k * d, d) >= same))
            return differs(w, w->ids[i]);
        w->report->checked++;
    }
    return !e && here ? find_again(w, w->ids[0], w->rows) : e;
}

static enum err check(struct work *w)
{
    enum err e = ERR_OK;
    tell(w, "checking", 0);
    for (int i = 0; !e && i < w->places; i++)
        e = check_place(w, w->place[i]);
    if (!e && w->report->count && !w->report->checked)
        e = differs(w, w->ids[0]);
    if (!e)
        tell(w, "checking", w->total);
    return e;
}

/* ---- all ---- */

enum err vector_sync(const struct vector_sync *s, struct vector_sync_report *report,
                     struct err_info *info)
{
    struct err_info local = {0};
    struct work w = {.s = s, .report = report, .info = info ? info : &local};
    bool equal = false;
    enum err e = begin(&w);
    memset(report, 0, sizeof *report);
    for (int round = 0; !e && !equal && round < ROUNDS; round++) {
        e = s->from->class->count(s->from, &w.total, w.info);
        if (!e)
            e = copy(&w);
        if (!e)
            e = remove_rest(&w);
        if (!e)
            e = counts(&w, &equal);
    }
    if (!e && !equal)
        e = ERR_BUSY;
    if (!e)
        e = check(&w);
    if (!e)
        memset(w.info, 0, sizeof *w.info);
    end(&w);
    return e;
}
