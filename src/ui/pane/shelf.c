#include "ui/pane/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "ui/ui.h"

enum {
    PAGE = 100,
    CHASE = 500,      /* rows of a page on the way to the end */
    RANKED = 200,     /* rows of a search: who wants more of them says more words */
    PAGES_HELD = 10,  /* others keep only their bounds */
    AGAIN_MS = 1000,  /* until a search is repeated in which meaning had no part yet */
    BETWEEN_MS = 80,  /* between two requests for the same rows: typing, events */
    AHEAD_VIEWS = 2,  /* views that are fetched before they are scrolled to */
    PAGES_MAX = 20000 /* a million rows and more are not browsed one by one */
};

/* A request under way. */
struct shelf_ask {
    struct shelf_ask *next;
    struct shelf *shelf;
    unsigned generation;
    int64_t before;
    int limit;
};

void shelf_init(struct shelf *s, struct ui *ui)
{
    memset(s, 0, sizeof *s);
    s->ui = ui;
    s->h = 1;
    s->total = -1;
    s->filter.solved = -1;
    s->fresh = true;
}

static void drop_pages(struct shelf *s)
{
    for (size_t i = 0; i < s->n; i++)
        json_object_put(s->pages[i].rows);
    s->n = s->known = 0;
}

void shelf_fini(struct shelf *s)
{
    drop_pages(s);
    free(s->pages);
    while (s->asks) { /* never answered */
        struct shelf_ask *next = s->asks->next;
        free(s->asks);
        s->asks = next;
    }
}

int64_t shelf_number(const char *id)
{
    return strtoll(id + strcspn(id, "0123456789"), NULL, 10);
}

/* ---- where rows are ---- */

/* The page of row i; its first row to *base. s->n when there is none. */
static size_t page_of(const struct shelf *s, size_t i, size_t *base)
{
    size_t p = 0;
    *base = 0;
    while (p < s->n && i >= *base + s->pages[p].count)
        *base += s->pages[p++].count;
    return p;
}

struct json_object *shelf_row(const struct shelf *s, size_t i)
{
    size_t base, p = page_of(s, i, &base);
    return p < s->n && s->pages[p].rows ? json_object_array_get_idx(s->pages[p].rows, i - base)
                                        : NULL;
}

struct json_object *shelf_selected(const struct shelf *s)
{
    return shelf_row(s, s->selected);
}

static bool find_in(const struct shelf_page *page, const char *id, size_t *at)
{
    for (size_t i = 0; page->rows && i < page->count; i++)
        if (strcmp(json_str(json_object_array_get_idx(page->rows, i), "id", ""), id) == 0) {
            *at = i;
            return true;
        }
    return false;
}

/* The view follows the selection by as little as possible. */
static void clamp(struct shelf *s)
{
    size_t h = (size_t)(s->h > 0 ? s->h : 1);
    if (s->selected >= s->known)
        s->selected = s->known ? s->known - 1 : 0;
    if (s->top + h > s->known)
        s->top = s->known > h ? s->known - h : 0;
    if (s->selected < s->top)
        s->top = s->selected;
    if (s->selected >= s->top + h)
        s->top = s->selected - h + 1;
}

/* ---- answers ---- */

/* Rows of the answer that belong to the page: those within its bounds, and without workflows where
 * these have a tab of their own. An engine that knows no pages answers the same rows again. */
static struct json_object *rows_within(const struct shelf *s, struct json_object *list,
                                       struct shelf_page *page, int64_t floor)
{
    struct json_object *rows = json_object_new_array();
    bool plain = !s->filter.workflows && !s->filter.kind[0];
    size_t n = list ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        int64_t number = shelf_number(json_str(row, "id", ""));
        if (number <= 0 || number >= page->before || number < floor)
            continue;
        if (!page->high || number > page->high)
            page->high = number;
        if (!page->low || number < page->low)
            page->low = number;
        if (!plain || strcmp(json_str(row, "kind", ""), "workflow") != 0)
            json_object_array_add(rows, json_object_get(row));
    }
    return rows;
}

static void evict(struct shelf *s)
{
    size_t base, middle = page_of(s, s->top, &base);
    for (size_t i = 0; i < s->n; i++)
        if (i + PAGES_HELD / 2 < middle || i > middle + PAGES_HELD / 2) {
            json_object_put(s->pages[i].rows);
            s->pages[i].rows = NULL;
        }
}

/* Puts new rows into page p; the selection stays on what it is on, and the view with it. */
static void install(struct shelf *s, size_t p, struct json_object *list)
{
    struct shelf_page *page = &s->pages[p];
    size_t base = 0, old = page->count, was = s->selected, known = s->known, at;
    int64_t floor = p + 1 < s->n ? s->pages[p + 1].before : 1;
    char id[SHELF_ID_BYTES] = "";
    bool inside;
    for (size_t i = 0; i < p; i++)
        base += s->pages[i].count;
    inside = was >= base && was < base + old;
    if (inside && shelf_selected(s))
        snprintf(id, sizeof id, "%s", json_str(shelf_selected(s), "id", ""));
    page->high = page->low = 0;
    json_object_put(page->rows);
    page->rows = rows_within(s, list, page, floor);
    page->count = json_object_array_length(page->rows);
    page->stale = false;
    s->known += page->count - old;
    if (inside && *id && find_in(page, id, &at))
        s->selected = base + at;
    else if (was >= base + old && was < known)
        s->selected = was + page->count - old;
    if (s->want[0] && find_in(page, s->want, &at)) {
        s->selected = base + at;
        s->want[0] = 0;
    } else if (s->top > 0) {
        s->top = s->top + s->selected >= was ? s->top + s->selected - was : 0;
    }
    clamp(s);
}

static struct shelf_page *add_page(struct shelf *s, size_t at, int64_t before)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct shelf_page *more = realloc(s->pages, cap * sizeof *more);
        if (!more)
            return NULL;
        s->pages = more;
        s->cap = cap;
    }
    memmove(s->pages + at + 1, s->pages + at, (s->n - at) * sizeof *s->pages);
    s->n++;
    s->pages[at] = (struct shelf_page){.before = before};
    return &s->pages[at];
}

bool shelf_is_ranked(const struct shelf *s)
{
    return s->filter.query[0] || s->filter.like[0];
}

/* The first answer to a new filter takes the old rows' place. Of a search the best one is wanted,
 * wherever one stood. */
static void begin_anew(struct shelf *s)
{
    s->total = -1;
    if (!s->want[0] && !shelf_is_ranked(s) && shelf_selected(s))
        snprintf(s->want, sizeof s->want, "%s", json_str(shelf_selected(s), "id", ""));
    drop_pages(s);
    s->selected = s->top = 0;
    s->fresh = s->complete = s->chasing = false;
}

/* By words alone while the embedder starts: the search repeats itself until it is up. */
static void take_degraded(struct shelf *s, bool ranked, struct json_object *result)
{
    const bool was = s->soon;
    s->by_words = ranked && *json_str(result, "degraded", "");
    s->soon = s->by_words && json_flag(result, "soon", false);
    s->again = s->soon ? s->ui->now + AGAIN_MS : 0;
    if (s->soon && s->ui->link.wake)
        s->ui->link.wake(s->ui->link.arg, AGAIN_MS);
    s->caught_up = ranked && !s->by_words && (was || s->caught_up);
}

static void take_meant(struct shelf *s, struct json_object *meant)
{
    s->meant[0] = 0;
    if (!meant)
        return;
    json_object_object_foreach(meant, typed, word)
    {
        (void)typed;
        snprintf(s->meant, sizeof s->meant, "%.40s", json_object_get_string(word));
    }
}

static void take(struct shelf *s, const struct shelf_ask *ask, struct json_object *result)
{
    bool ranked = shelf_is_ranked(s), first = s->fresh;
    struct json_object *list = json_array(result, ranked ? "results" : "artifacts");
    size_t n = list ? json_object_array_length(list) : 0, p = 0;
    bool more = !ranked && json_flag(result, "more", (int)n >= ask->limit);
    take_degraded(s, ranked, result);
    take_meant(s, ranked ? json_object_of(result, "meant") : NULL);
    if (first)
        begin_anew(s);
    while (p < s->n && s->pages[p].before != ask->before)
        p++;
    if (p == s->n && !add_page(s, p, ask->before))
        return;
    install(s, p, list);
    if (first)
        s->want[0] = 0; /* it does not pass this filter */
    if (p + 1 == s->n)
        s->complete = !more || !s->pages[p].low;
    else if (more && (int)n >= ask->limit && s->pages[p].low > s->pages[p + 1].before)
        add_page(s, p + 1, s->pages[p].low); /* more came than an answer holds */
    s->total = json_i64(result, "total", s->total);
    if (s->chasing && s->known) {
        s->selected = s->known - 1;
        s->chasing = !s->complete && s->n < PAGES_MAX;
        clamp(s);
    }
    evict(s);
}

static void on_page(void *arg, struct json_object *result, const struct err_info *info)
{
    struct shelf_ask *ask = arg;
    struct shelf *s = ask->shelf;
    struct shelf_ask **at = &s->asks;
    bool current = ask->generation == s->generation;
    if (current) {
        s->asking = false;
        s->error[0] = 0;
        if (info)
            err_format(info, s->error, sizeof s->error);
        else
            take(s, ask, result);
        s->ui->dirty = true;
    }
    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    free(ask);
    if (current && !info && !s->pumping)
        shelf_pump(s);
}

/* ---- requests ---- */

static struct json_object *params_of(const struct shelf *s, int64_t before, int limit)
{
    const struct shelf_filter *f = &s->filter;
    struct json_object *o = json_object_new_object();
    json_add_i64(o, "limit", shelf_is_ranked(s) ? RANKED : limit);
    if (f->like[0])
        json_add_str(o, "similar_to", f->like);
    if (f->query[0])
        json_add_bool(o, "typing", true);
    if (before != INT64_MAX)
        json_add_i64(o, "before", before);
    if (f->query[0])
        json_add_str(o, "query", f->query);
    if (f->kind[0])
        json_add_str(o, "kind", f->kind);
    if (f->tag[0])
        json_add_str(o, "tag", f->tag);
    if (f->since)
        json_add_i64(o, "since", f->since);
    if (f->solved >= 0)
        json_add_bool(o, "solved", f->solved == 1);
    if (f->deleted)
        json_add_bool(o, "deleted", true);
    return o;
}

static bool ask_for(struct shelf *s, int64_t before, int limit)
{
    struct shelf_ask *ask = malloc(sizeof *ask);
    if (!ask)
        return false;
    *ask = (struct shelf_ask){s->asks, s, s->generation, before, limit};
    s->asks = ask;
    s->asking = true;
    ui_call(s->ui, shelf_is_ranked(s) ? METHOD_RAG_SEARCH : METHOD_ARTIFACT_LIST,
            params_of(s, before, limit), on_page, ask);
    return !s->asking; /* answered already */
}

/* The same rows are not asked for again at once. */
static bool may_refresh(struct shelf *s)
{
    if (s->waiting)
        return false;
    if (s->ui->link.wake) {
        s->waiting = true;
        s->ui->link.wake(s->ui->link.arg, BETWEEN_MS);
    }
    return true;
}

/* A page in or near the view that is not held, or not as it is now; s->n: none. */
static size_t missing(const struct shelf *s, bool stale)
{
    size_t h = (size_t)(s->h > 0 ? s->h : 1), base = 0;
    size_t from = s->top > h ? s->top - h : 0, to = s->top + (1 + AHEAD_VIEWS) * h;
    for (size_t p = 0; p < s->n; base += s->pages[p++].count) {
        const struct shelf_page *page = &s->pages[p];
        if (base > to)
            break;
        if (base + page->count < from)
            continue;
        if (stale ? page->stale : !page->rows)
            return p;
    }
    return s->n;
}

static bool ask_next(struct shelf *s)
{
    size_t h = (size_t)(s->h > 0 ? s->h : 1), p;
    const struct shelf_page *last = s->n ? &s->pages[s->n - 1] : NULL;
    if (s->fresh)
        return may_refresh(s) && ask_for(s, INT64_MAX, PAGE);
    p = missing(s, false);
    if (p == s->n && missing(s, true) < s->n && may_refresh(s))
        p = missing(s, true);
    if (p < s->n)
        return ask_for(s, s->pages[p].before,
                       (int)(s->pages[p].count > PAGE ? s->pages[p].count : PAGE) + PAGE / 2);
    if (s->complete || !last || !last->low || s->n >= PAGES_MAX ||
        (!s->chasing && s->top + (1 + AHEAD_VIEWS) * h < s->known))
        return false;
    return ask_for(s, last->low, s->chasing ? CHASE : PAGE);
}

void shelf_pump(struct shelf *s)
{
    if (s->pumping || !s->shown || !s->ui->engine_up || s->error[0])
        return;
    s->pumping = true;
    while (!s->asking && ask_next(s))
        ;
    s->pumping = false;
}

void shelf_tick(struct shelf *s)
{
    const int64_t rest = s->again - s->ui->now;
    const bool later = s->again && rest > 0 && rest <= AGAIN_MS; /* or the clock was set */
    s->waiting = false;
    if (later && s->ui->link.wake)
        s->ui->link.wake(s->ui->link.arg, (int)rest);
    if (s->again && !later && s->n)
        s->pages[0].stale = true;
    if (!later)
        s->again = 0;
    shelf_pump(s);
}

/* ---- what changes ---- */

void shelf_set_filter(struct shelf *s, const struct shelf_filter *filter)
{
    if (memcmp(&s->filter, filter, sizeof *filter) == 0)
        return;
    s->filter = *filter;
    s->caught_up = false;
    s->generation++;
    s->fresh = true;
    s->asking = false;
    s->error[0] = 0;
    shelf_pump(s);
}

void shelf_grew(struct shelf *s)
{
    struct shelf_page *front = s->n ? &s->pages[0] : NULL;
    if (!front)
        return;
    if (front->count >= PAGE && front->high && !shelf_is_ranked(s)) {
        front->before = front->high + 1;
        front = add_page(s, 0, INT64_MAX);
        if (!front)
            return;
        front->low = s->pages[1].before;
        front->rows = json_object_new_array();
    }
    front->stale = true;
    s->error[0] = 0;
    shelf_pump(s);
}

void shelf_changed(struct shelf *s, const char *id)
{
    int64_t number = shelf_number(id);
    s->error[0] = 0;
    for (size_t p = 0; p < s->n; p++)
        if (number < s->pages[p].before && (p + 1 == s->n || number >= s->pages[p + 1].before)) {
            s->pages[p].stale = true;
            break;
        }
    shelf_pump(s);
}

void shelf_all_changed(struct shelf *s)
{
    s->generation++;
    s->fresh = true;
    s->asking = false;
    s->error[0] = 0;
    shelf_pump(s);
}

void shelf_want(struct shelf *s, const char *id)
{
    size_t base = 0, at;
    snprintf(s->want, sizeof s->want, "%s", id);
    for (size_t p = 0; p < s->n; base += s->pages[p++].count)
        if (find_in(&s->pages[p], id, &at)) {
            s->want[0] = 0;
            shelf_select(s, base + at);
            return;
        }
}

/* ---- moving and drawing ---- */

void shelf_select(struct shelf *s, size_t i)
{
    s->selected = i;
    s->chasing = false;
    s->error[0] = 0; /* it is tried again */
    clamp(s);
    shelf_pump(s);
}

static size_t moved(const struct shelf *s, enum scroll how)
{
    size_t h = (size_t)(s->h > 1 ? s->h : 2), at = s->selected;
    size_t last = s->known ? s->known - 1 : 0;
    switch (how) {
    case SCROLL_LINE_UP:
    case SCROLL_WHEEL_UP:
        return at ? at - 1 : 0;
    case SCROLL_HALF_UP:
        return at > h / 2 ? at - h / 2 : 0;
    case SCROLL_PAGE_UP:
        return at > h - 1 ? at - (h - 1) : 0;
    case SCROLL_TOP:
        return 0;
    case SCROLL_HALF_DOWN:
        at += h / 2;
        break;
    case SCROLL_PAGE_DOWN:
        at += h - 1;
        break;
    case SCROLL_END:
        return last;
    default:
        at++;
        break;
    }
    return at < last ? at : last;
}

bool shelf_scroll(struct shelf *s, enum scroll how)
{
    size_t was = s->selected;
    shelf_select(s, moved(s, how));
    if (how == SCROLL_END && !s->complete) {
        s->chasing = true;
        shelf_pump(s);
        return true;
    }
    return s->selected != was;
}

void shelf_draw(struct shelf *s, struct canvas *c, bool focused,
                void (*draw)(void *arg, struct json_object *row, struct canvas *line), void *arg)
{
    s->h = c->h;
    clamp(s);
    shelf_pump(s);
    for (size_t y = 0; (int)y < c->h && s->top + y < s->known; y++) {
        struct rect r = {0, (int)y, c->w, 1};
        struct canvas line = canvas_part(c, r);
        struct json_object *row = shelf_row(s, s->top + y);
        if (row)
            draw(arg, row, &line);
        else
            canvas_puts(&line, 1, 0, STYLE_DIM, canvas_glyph(c, GLYPH_WAIT));
        if (focused && s->top + y == s->selected)
            canvas_ground(c, r, STYLE_SELECTION);
    }
}
