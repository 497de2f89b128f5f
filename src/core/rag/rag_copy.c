/* The store of vectors is a copy of the table `embedding`: opened, filled where it is empty or does
 * not fit, and moved on with the changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/rag/rag_internal.h"

enum {
    PAGE = 256,
    NOTE_PAGES = 16,
    MARK_MOST = 5000, /* changes that may have to be repeated */
};

static bool marks_itself(const struct rag *r)
{
    return r->options.marked && r->options.mark && r->options.marked(r->vectors) >= 0;
}

void rag_mark(struct rag *r)
{
    struct err_info info = {0};
    if (!r->vectors || r->marked == r->seq || !marks_itself(r))
        return;
    if (r->options.mark(r->vectors, r->seq, &info) == ERR_OK)
        r->marked = r->seq;
    else
        log_line("vectors of %s: %s", r->searched.model, info.message);
}

void rag_close_vectors(struct rag *r)
{
    fiber_shield(true);
    if (fiber_sem_take(&r->gate) == ERR_OK) {
        rag_mark(r);
        if (r->vectors)
            r->vectors->class->close(r->vectors);
        r->vectors = NULL;
        r->generation++;
        fiber_sem_give(&r->gate);
    }
    fiber_shield(false);
}

/* ---- filling ---- */

struct page {
    struct embed_changes changes;
    struct embed_change list[PAGE];
    int64_t ids[PAGE];
    bool keep[PAGE];
};

static size_t pick(struct page *p, bool live)
{
    size_t n = 0;
    for (int i = 0; i < p->changes.count; i++)
        if (p->list[i].live == live)
            p->ids[n++] = p->list[i].artifact;
    return n;
}

/* Keeps how far the store has come, after what it was given: a crash repeats some and misses none.
 */
static enum err note_place(struct rag *r, struct err_info *info)
{
    struct embed_copy copy = {
        .store = r->vectors->class->name, .model = r->searched.model, .seq = r->seq};
    if (marks_itself(r) && r->seq - r->marked > MARK_MOST)
        rag_mark(r);
    return store_write(r->options.store, embeddings_copy_set, &copy, info);
}

static enum err take_page(struct rag *r, struct page *p, struct err_info *info)
{
    struct vector_store *v = r->vectors;
    size_t n;
    enum err e = store_read(r->options.store, embeddings_changes, &p->changes, info);
    if (e || !p->changes.count)
        return e;
    e = fiber_sem_take(&r->gate);
    if (e)
        return err_set(info, e, "cancelled");
    n = pick(p, true);
    if (n)
        e = v->class->upsert(v, p->ids, p->changes.vectors, n, info);
    n = pick(p, false);
    if (!e && n)
        e = v->class->remove(v, p->ids, n, info);
    fiber_sem_give(&r->gate);
    if (!e)
        r->seq = p->changes.after;
    return e;
}

static enum err take_changes(struct rag *r, struct page *p, bool *moved, struct err_info *info)
{
    enum err e = ERR_OK;
    int pages = 0;
    p->changes = (struct embed_changes){.model = r->searched.model,
                                        .dimensions = r->vectors->dimensions,
                                        .after = r->seq,
                                        .most = PAGE,
                                        .changes = p->list};
    p->changes.vectors = malloc(PAGE * p->changes.dimensions * sizeof(float));
    if (!p->changes.vectors)
        return err_set(info, ERR_NOMEM, "out of memory");
    while (!e && !p->changes.end) {
        e = take_page(r, p, info);
        if (!e && p->changes.count && (p->changes.end || ++pages % NOTE_PAGES == 0))
            e = note_place(r, info);
        *moved |= p->changes.count > 0;
    }
    free(p->changes.vectors);
    return e;
}

/* Ids that the table knows nothing of leave the store. */
static enum err prune(struct rag *r, struct page *p, struct err_info *info)
{
    struct vector_store *v = r->vectors;
    struct embed_check check = {
        .model = r->searched.model, .dimensions = v->dimensions, .ids = p->ids, .keep = p->keep};
    int64_t after = 0;
    enum err e = ERR_OK;
    for (;;) {
        size_t n = 0;
        e = v->class->scan(v, after, PAGE, p->ids, NULL, &check.count, info);
        if (e || !check.count)
            return e;
        after = p->ids[check.count - 1];
        e = store_read(r->options.store, embeddings_check, &check, info);
        for (size_t i = 0; !e && i < check.count; i++)
            if (!p->keep[i])
                p->ids[n++] = p->ids[i];
        if (!e && n)
            e = v->class->remove(v, p->ids, n, info);
        if (e)
            return e;
    }
}

static enum err fill_anew(struct rag *r, struct page *p, struct err_info *info)
{
    bool moved = false;
    enum err e;
    r->seq = 0;
    e = take_changes(r, p, &moved, info);
    return e ? e : prune(r, p, info);
}

/* ---- opening ---- */

/* Goes on from where the store has come to; what it then holds must be what it was given. */
static enum err catch_up(struct rag *r, struct page *p, struct err_info *info)
{
    struct embed_copy copy = {.store = r->vectors->class->name, .model = r->searched.model};
    int64_t have = 0;
    bool moved = false;
    enum err e = store_read(r->options.store, embeddings_copy_read, &copy, info);
    if (e)
        return e;
    r->seq = marks_itself(r) ? r->options.marked(r->vectors) : copy.seq;
    r->marked = r->seq;
    e = take_changes(r, p, &moved, info);
    copy.dimensions = (int64_t)r->vectors->dimensions;
    if (!e)
        e = store_read(r->options.store, embeddings_copy_read, &copy, info);
    if (!e)
        e = r->vectors->class->count(r->vectors, &have, info);
    if (e || have == copy.live)
        return e;
    log_line("vectors of %s: %lld are there, %lld belong there; they are filled anew",
             r->searched.model, (long long)have, (long long)copy.live);
    return fill_anew(r, p, info);
}

static enum err open_vectors(struct rag *r, struct page *p, struct err_info *info)
{
    const struct rag_options *o = &r->options;
    struct vector_store *v = NULL;
    enum err e =
        o->open_vectors(o->arg, r->searched.model, (size_t)r->searched.dimensions, &v, info);
    if (!v)
        return e;
    if (e)
        log_line("%s; the vectors are filled in anew", info->message);
    r->vectors = v;
    r->verified = false;
    r->generation++;
    r->filling = true;
    e = e ? fill_anew(r, p, info) : catch_up(r, p, info);
    r->filling = false;
    if (!e)
        log_line("vectors of %s can be searched", r->searched.model);
    return e;
}

enum err rag_copy(struct rag *r, bool *moved, struct err_info *info)
{
    struct page *p;
    enum err e = ERR_OK;
    *moved = false;
    if (!r->searched.model[0] || r->searched.dimensions <= 0)
        return ERR_OK;
    p = malloc(sizeof *p);
    if (!p)
        return err_set(info, ERR_NOMEM, "out of memory");
    if (!r->vectors) {
        e = open_vectors(r, p, info);
        *moved = e == ERR_OK;
    } else if (r->recheck) {
        r->recheck = false;
        e = fill_anew(r, p, info);
        *moved = e == ERR_OK;
    } else {
        e = take_changes(r, p, moved, info);
    }
    free(p);
    if (e && e != ERR_CANCELLED)
        rag_close_vectors(r);
    return e;
}
