#include "ui/pane/memory_profile.h"

#include <stdlib.h>
#include <string.h>

#include "ui/profile_text.h"
#include "ui/widget/list_view.h"

enum { ROWS_MAX = 2000, KEYS_MAX = 200, TEXT_BYTES = 160, ABOVE_MAX = 6, ABOVE_BYTES = 300 };

struct row {
    enum profile_part part;
    enum profile_fold fold;
    int depth;
    double share;
    char text[TEXT_BYTES], time[16], count[16], memory[16], key[PROFILE_KEY_SIZE];
};

struct memory_profile {
    bool on;
    int64_t job; /* that measures it; 0: none */
    char problem[300];
    struct list_view *view;
    struct row *rows;
    size_t n;
    struct { /* above the tree, whatever it is scrolled to */
        enum profile_part part;
        char text[ABOVE_BYTES];
    } above[ABOVE_MAX];
    int above_n;
    char turned[KEYS_MAX][PROFILE_KEY_SIZE]; /* nodes that are not as they are by themselves */
    int turned_n;
    int list_y; /* of the last drawing */
};

/* ---- the rows ---- */

static int turned_at(const struct memory_profile *p, const char *key)
{
    int i = 0;
    while (i < p->turned_n && strcmp(p->turned[i], key) != 0)
        i++;
    return i;
}

static bool is_open(void *arg, const char *key, double share)
{
    const struct memory_profile *p = arg;
    return (share >= PROFILE_OPEN_FROM) != (turned_at(p, key) < p->turned_n);
}

static void add_row(void *arg, const struct profile_row *from)
{
    struct memory_profile *p = arg;
    struct row *r;
    if (from->part <= PROFILE_NOTE) {
        if (p->above_n == ABOVE_MAX)
            return;
        p->above[p->above_n].part = from->part;
        snprintf(p->above[p->above_n++].text, ABOVE_BYTES, "%s", from->text);
        return;
    }
    if (from->part == PROFILE_HEAD || p->n == ROWS_MAX)
        return;
    r = &p->rows[p->n++];
    r->part = from->part;
    r->fold = from->fold;
    r->depth = from->depth;
    r->share = from->share;
    snprintf(r->text, sizeof r->text, "%s", from->text);
    snprintf(r->time, sizeof r->time, "%s", from->time);
    snprintf(r->count, sizeof r->count, "%s", from->count);
    snprintf(r->memory, sizeof r->memory, "%s", from->memory);
    snprintf(r->key, sizeof r->key, "%s", from->key);
}

static void build(struct memory *m)
{
    struct memory_profile *p = m->profile;
    const struct profile_out out = {.row = add_row, .open = is_open, .arg = p};
    p->n = 0;
    p->above_n = 0;
    profile_text(json_object_of(m->shown, "profile"), &out);
    list_view_changed(p->view);
}

/* ---- drawing ---- */

static size_t count_rows(void *arg)
{
    return ((struct memory *)arg)->profile->n;
}

struct columns {
    int bar, percent, time, count, memory; /* widths; 0: left out */
};

static struct columns columns_for(int w)
{
    return (struct columns){.bar = w >= 90   ? 12
                                   : w >= 56 ? 8
                                             : 0,
                            .percent = 7,
                            .time = w >= 44 ? 9 : 0,
                            .count = w >= 56 ? 6 : 0,
                            .memory = w >= 64 ? 8 : 0};
}

static void put_columns(struct canvas *c, enum style s, const char *time, const char *count,
                        const char *memory, int *right)
{
    const struct columns k = columns_for(c->w);
    const struct {
        int w;
        const char *text;
    } cells[] = {{k.memory, memory}, {k.count, count}, {k.time, time}};
    *right = c->w;
    for (size_t i = 0; i < 3; i++) {
        *right -= cells[i].w;
        if (cells[i].w)
            canvas_put_right(c, *right + 1, 0, cells[i].w - 1, s, cells[i].text);
    }
}

static void draw_row(void *arg, size_t i, struct canvas *c, bool selected)
{
    const struct memory *m = arg;
    const struct row *r = &m->profile->rows[i];
    const struct columns k = columns_for(c->w);
    bool hot = r->part == PROFILE_HOT, node = r->part == PROFILE_NODE;
    enum style s = hot ? STYLE_WARN : node ? STYLE_BOLD : STYLE_TEXT;
    enum style quiet = hot ? STYLE_WARN : STYLE_DIM;
    char bar[PROFILE_BAR_SIZE], percent[16];
    int x = k.bar, right;
    (void)selected;
    profile_bar(r->share, k.bar, !canvas_ascii(c), bar);
    canvas_puts(c, 0, 0, hot ? STYLE_WARN : STYLE_SPARK, bar);
    snprintf(percent, sizeof percent, "%.0f %%", 100 * r->share);
    canvas_put_right(c, x, 0, k.percent - 1, quiet, percent);
    put_columns(c, node ? STYLE_TEXT : quiet, r->time, r->count, r->memory, &right);
    x += k.percent + 1 + 2 * r->depth;
    if (node && r->fold != PROFILE_LEAF)
        canvas_puts(c, x, 0, STYLE_ACCENT,
                    canvas_glyph(c, r->fold == PROFILE_OPEN ? GLYPH_DOWN : GLYPH_PLAY));
    x += node ? 2 : 0;
    if (right - x > 1)
        canvas_put_fit(c, x, 0, right - x, s, r->text);
}

static const struct list_ops ops = {.count = count_rows, .draw = draw_row};

static int draw_above(const struct memory *m, struct canvas *c)
{
    const struct memory_profile *p = m->profile;
    const char *name = json_str(m->shown, "name", "");
    int y = canvas_put_fit(c, 0, 0, c->w, STYLE_BOLD, name) >= 0, most = c->h / 3;
    for (int i = 0; i < p->above_n && y < most; i++) {
        struct rect at = {0, y, c->w, most - y > 3 ? 3 : most - y};
        y += canvas_put_wrapped(c, at, p->above[i].part == PROFILE_NOTE ? STYLE_WARN : STYLE_DIM,
                                p->above[i].text);
    }
    return y;
}

static void draw_head(struct canvas *c)
{
    const struct columns k = columns_for(c->w);
    int right;
    put_columns(c, STYLE_HINT, "time", "times", "memory", &right);
    canvas_put_fit(c, k.bar + k.percent + 1, 0, right - k.bar - k.percent - 1, STYLE_HINT,
                   "function, line");
}

void memory_profile_draw(struct memory *m, struct canvas *c, int top, bool focused)
{
    struct memory_profile *p = m->profile;
    struct canvas part;
    int y;
    p->list_y = c->h;
    if (!p->n) {
        canvas_put_wrapped(c, (struct rect){0, 0, c->w, c->h},
                           p->problem[0] ? STYLE_WARN : STYLE_DIM,
                           p->problem[0]        ? p->problem
                           : p->job || m->shown ? "it runs in the sandbox, and is measured"
                                                : "looking");
        return;
    }
    y = draw_above(m, c);
    if (c->h - y >= 4) {
        part = canvas_part(c, (struct rect){0, y++, c->w, 1});
        draw_head(&part);
    }
    p->list_y = y;
    part = canvas_part(c, (struct rect){0, y, c->w, c->h - y});
    list_view_draw(p->view, &part, focused);
    if (p->n > (size_t)part.h)
        frame_scrollbar(m->ui, top + y, part.h, list_view_top(p->view), p->n);
}

/* ---- measuring ---- */

static void on_job(struct memory *m, const struct memory_ask *ask, struct json_object *result,
                   const struct err_info *info)
{
    struct memory_profile *p = m->profile;
    if (!memory_profile_is_open(m) || strcmp(m->open_id, ask->id) != 0)
        return;
    p->job = json_i64(result, "job", 0);
    if (info)
        snprintf(p->problem, sizeof p->problem, "%.290s", info->message);
}

static void begin(struct memory *m)
{
    struct memory_profile *p = m->profile;
    struct json_object *o = json_object_new_object();
    char key[33];
    client_key(key);
    json_add_str(o, "key", key);
    p->problem[0] = 0;
    p->job = -1; /* until it is told */
    ui_note(m->ui, "%s is measured", m->open_id);
    memory_call(m, METHOD_ARTIFACT_PROFILE, o, m->open_id, NULL, on_job);
}

void memory_profile_shown(struct memory *m)
{
    struct memory_profile *p = m->profile;
    if (json_object_of(m->shown, "profile"))
        build(m);
    else if (!p->job && !p->problem[0])
        begin(m);
}

void memory_profile_event(struct memory *m, const struct event *ev)
{
    struct memory_profile *p = m->profile;
    if (!memory_profile_is_open(m) || ev->type != EVENT_JOB_DONE || p->job <= 0 ||
        ev->job != p->job)
        return;
    p->job = 0;
    if (strcmp(ev->u.job_done.status, "solved") == 0) {
        memory_show_again(m);
        return;
    }
    snprintf(p->problem, sizeof p->problem, "%.290s",
             *ev->u.job_done.message ? ev->u.job_done.message : ev->u.job_done.status);
    if (p->n)
        ui_note(m->ui, "%s", p->problem);
    m->ui->dirty = true;
}

/* ---- opening and closing ---- */

bool memory_profile_is_open(const struct memory *m)
{
    return m->open && m->profile && m->profile->on;
}

static bool prepare(struct memory *m)
{
    struct memory_profile *p = m->profile;
    if (p)
        return true;
    p = m->profile = calloc(1, sizeof *p);
    if (p) {
        p->rows = calloc(ROWS_MAX, sizeof *p->rows);
        p->view = list_view_new(&ops, m);
    }
    if (p && p->rows && p->view)
        return true;
    memory_profile_close(m);
    ui_note(m->ui, "out of memory");
    return false;
}

void memory_profile_show(struct memory *m, const char *args)
{
    char id[MEMORY_ID];
    if (m->tab == MEMORY_WORKFLOWS || (m->tab == MEMORY_TOOLS && !*args)) {
        ui_note(m->ui, "programs are profiled: they stand under Artifacts");
        return;
    }
    if (m->tab == MEMORY_TOOLS)
        memory_set_tab(m, MEMORY_ARTIFACTS);
    if (!memory_target(m, args, id, NULL) || !prepare(m))
        return;
    if (memory_profile_is_open(m) && strcmp(m->open_id, id) == 0) {
        if (!m->profile->job && m->shown)
            begin(m);
        return;
    }
    memory_show(m, id);
    m->profile->on = true;
    if (m->shown)
        memory_profile_shown(m);
}

void memory_profile_forget(struct memory *m)
{
    struct memory_profile *p = m->profile;
    if (!p)
        return;
    p->on = false;
    p->job = 0;
    p->n = 0;
    p->above_n = p->turned_n = 0;
    p->problem[0] = 0;
    list_view_changed(p->view);
    list_view_select(p->view, 0);
}

void memory_profile_close(struct memory *m)
{
    struct memory_profile *p = m->profile;
    m->profile = NULL;
    if (!p)
        return;
    list_view_free(p->view);
    free(p->rows);
    free(p);
}

/* ---- keys ---- */

/* Of a line: the function that it stands in. */
static size_t node_of(const struct memory_profile *p, size_t i)
{
    int depth = p->rows[i].depth;
    if (p->rows[i].part == PROFILE_NODE)
        return i;
    while (i > 0 && (p->rows[i].part != PROFILE_NODE || p->rows[i].depth >= depth))
        i--;
    return i;
}

void memory_profile_fold(struct memory *m)
{
    struct memory_profile *p = m->profile;
    size_t i = list_view_selected(p->view);
    int at;
    if (i >= p->n)
        return;
    i = node_of(p, i);
    if (p->rows[i].fold == PROFILE_LEAF)
        return;
    at = turned_at(p, p->rows[i].key);
    if (at < p->turned_n)
        memmove(p->turned[at], p->turned[at + 1], (size_t)(--p->turned_n - at) * sizeof *p->turned);
    else if (p->turned_n < KEYS_MAX)
        memcpy(p->turned[p->turned_n++], p->rows[i].key, PROFILE_KEY_SIZE);
    build(m);
    list_view_select(p->view, i);
}

bool memory_profile_scroll(struct memory *m, enum scroll how)
{
    return list_view_scroll(m->profile->view, how);
}

bool memory_profile_click(struct memory *m, int y)
{
    struct memory_profile *p = m->profile;
    size_t was = list_view_selected(p->view);
    size_t i = y >= p->list_y ? list_view_at(p->view, y - p->list_y) : SIZE_MAX;
    if (i == SIZE_MAX)
        return false;
    if (i == was)
        memory_profile_fold(m);
    else
        list_view_select(p->view, i);
    return true;
}

void memory_profile_brief(struct json_object *artifact, char *out, size_t size)
{
    struct json_object *profile = json_object_of(artifact, "profile");
    out[0] = 0;
    if (profile)
        profile_brief(profile, out, size);
}
