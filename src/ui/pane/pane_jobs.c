/* All jobs: what runs, waits, is planned and has ended. The model keeps the newest by title; older
 * ones are fetched page by page as the list is scrolled to its end. */
#include <stdlib.h>
#include <string.h>

#include "base/figure.h"
#include "ui/ui.h"

enum sort { SORT_STATE, SORT_NEWEST, SORT_TOKENS, SORT_TIME, SORT_COUNT };
static const char *const sort_names[] = {"state", "newest", "tokens", "time"};

enum {
    PAGE = 500,        /* jobs a request */
    NEAR_END = 40,     /* rows before the end at which the next page is asked for */
    EVERY_FRAME = 500, /* up to so many jobs are sorted anew whenever one changes */
};

struct entry {
    int64_t id, key;
};

struct jobs_pane {
    struct list_view *list;
    struct editor *filter;
    struct ui *ui;
    struct entry *order; /* rows of the list: ids, as the model may drop jobs */
    size_t n, cap;
    enum sort sort;
    unsigned listed; /* of the model when the rows were sorted */
    int64_t sorted;  /* ms since 1970 */
    int64_t chosen;  /* selected by hand; 0: the list stays at its top */
    int row;         /* of the canvas where the list begins */
    bool filtering, loading, whole;
};

/* ---- one job ---- */

static bool is_scheduled(const struct model_job *job)
{
    return job->scheduled && job->state != MODEL_DONE;
}

static const char *state_word(const struct model_job *job)
{
    static const char *const words[] = {"queued", "running", "waiting", "done"};
    if (is_scheduled(job))
        return "scheduled";
    return job->state == MODEL_DONE && *job->status ? job->status : words[job->state];
}

static enum style look(const struct model_job *job, enum glyph *glyph)
{
    static const struct {
        const char *word;
        enum style style;
        enum glyph glyph;
    } looks[] = {{"running", STYLE_RUNNING, GLYPH_RUN}, {"waiting", STYLE_WARN, GLYPH_WARN},
                 {"queued", STYLE_WAITING, GLYPH_WAIT}, {"scheduled", STYLE_WAITING, GLYPH_CLOCK},
                 {"solved", STYLE_OK, GLYPH_OK},        {"done", STYLE_OK, GLYPH_OK},
                 {"cancelled", STYLE_DIM, GLYPH_TIMES}, {"failed", STYLE_ERROR, GLYPH_FAIL},
                 {"unsolved", STYLE_ERROR, GLYPH_FAIL}};
    const char *word = state_word(job);
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        if (strcmp(looks[i].word, word) == 0) {
            *glyph = looks[i].glyph;
            return looks[i].style;
        }
    *glyph = GLYPH_BULLET;
    return STYLE_DIM;
}

static int64_t tokens_of(const struct model_job *job)
{
    int64_t live = job->state == MODEL_DONE ? 0 : job->tokens_live;
    return job->tokens_in + (job->tokens_out > live ? job->tokens_out : live);
}

/* Milliseconds of work; 0: it has not begun, or is not known. */
static int64_t time_of(const struct ui *ui, const struct model_job *job)
{
    int64_t from = job->started ? job->started : job->state == MODEL_DONE ? job->created : 0;
    int64_t to = job->state == MODEL_DONE ? job->ended : ui->now;
    if (is_scheduled(job))
        return 0;
    if (job->state == MODEL_DONE && job->seconds > 0 && job->seconds < 1e12)
        return (int64_t)(job->seconds * 1000);
    return from && to > from ? to - from : 0;
}

/* ---- the order ---- */

/* What is at work first (also when it waits for the person), what is about to; then the ended. */
static int rank(const struct model_job *job)
{
    if (job->state == MODEL_DONE)
        return 0;
    if (is_scheduled(job))
        return 1;
    return job->state == MODEL_QUEUED ? 2 : 3;
}

static int64_t key_of(const struct ui *ui, enum sort sort, const struct model_job *job)
{
    return sort == SORT_TOKENS ? tokens_of(job) : sort == SORT_TIME ? time_of(ui, job) : 0;
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? 1 : -1;
    return x->id < y->id ? 1 : -1;
}

static bool room_for(struct jobs_pane *p, size_t n)
{
    size_t cap = p->cap ? p->cap : 64;
    struct entry *more;
    if (n <= p->cap)
        return true;
    while (cap < n)
        cap *= 2;
    more = realloc(p->order, cap * sizeof *more);
    if (!more)
        return false;
    p->order = more;
    p->cap = cap;
    return true;
}

static void add_entry(struct jobs_pane *p, const struct model_job *job)
{
    p->order[p->n++] = (struct entry){job->id, key_of(p->ui, p->sort, job)};
}

/* By state in one pass a rank, as the model is in the order of age: no comparisons for the order
 * that is on the screen all day. */
static void sort_jobs(struct jobs_pane *p)
{
    const struct model *m = &p->ui->model;
    p->n = 0;
    if (!room_for(p, m->jobs_n))
        return;
    for (int r = p->sort == SORT_STATE ? 3 : 0; r >= 0; r--)
        for (size_t i = m->jobs_n; i-- > 0;)
            if (p->sort != SORT_STATE || rank(m->jobs[i]) == r)
                add_entry(p, m->jobs[i]);
    if (p->sort == SORT_TOKENS || p->sort == SORT_TIME)
        qsort(p->order, p->n, sizeof *p->order, compare);
}

static int64_t id_at(const struct jobs_pane *p, size_t i)
{
    return i < p->n ? p->order[i].id : 0;
}

static int64_t selected(struct jobs_pane *p)
{
    return id_at(p, list_view_selected(p->list));
}

static void renew(struct jobs_pane *p)
{
    const struct ui *ui = p->ui;
    sort_jobs(p);
    p->listed = ui->model.listed;
    p->sorted = ui->now;
    list_view_changed(p->list);
    if (!p->chosen) {
        list_view_scroll(p->list, SCROLL_TOP);
        return;
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->order[i].id == p->chosen)
            list_view_select(p->list, i);
}

/* Thousands of jobs are not sorted at every frame; once a tick of the clock is enough to look at.
 */
static void refresh(struct jobs_pane *p)
{
    struct ui *ui = p->ui;
    bool aging = p->sort >= SORT_TOKENS && p->sorted != ui->now;
    if (p->listed == ui->model.listed && !aging)
        return;
    if (p->n < EVERY_FRAME || p->sorted != ui->now || ui->model.jobs_n < p->n)
        renew(p);
    else
        ui->behind = true;
}

/* ---- older jobs ---- */

static void load_more(struct jobs_pane *p);

static void on_listed(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct jobs_pane *p = ui->panes[PANE_JOBS];
    struct json_object *list = json_array(result, "jobs");
    size_t n = list ? json_object_array_length(list) : 0;
    p->loading = false;
    if (info)
        return;
    for (size_t i = n; i-- > 0;)
        if (model_listed(&ui->model, json_object_array_get_idx(list, i)))
            break;
    p->whole = n == 0;
    renew(p);
    ui->dirty = true;
    load_more(p);
}

/* When the end is near, or a filter leaves little to look at. */
static void load_more(struct jobs_pane *p)
{
    struct model *m = &p->ui->model;
    struct json_object *o;
    size_t at = list_view_selected(p->list), count = list_view_count(p->list);
    bool filtered = *list_view_filter_text(p->list);
    if (p->loading || p->whole || !m->jobs_n || m->jobs_n + PAGE > MODEL_JOBS_MAX ||
        (filtered ? count >= NEAR_END : at != SIZE_MAX && at + NEAR_END < p->n))
        return;
    o = json_object_new_object();
    json_add_i64(o, "limit", PAGE);
    json_add_i64(o, "before", m->jobs[0]->id);
    p->loading = true;
    ui_call(p->ui, METHOD_JOB_LIST, o, on_listed, p->ui);
}

/* ---- drawing ---- */

struct columns {
    int id, title, kind, state, tokens, cost, time, eta; /* widths; 0: left out */
};

static struct columns columns_for(int w)
{
    struct columns k = {.id = 5, .time = 6};
    if (w >= 44)
        k.tokens = 6;
    if (w >= 52)
        k.state = 10;
    if (w >= 84)
        k.kind = w >= 110 ? 13 : 9, k.cost = 7, k.eta = 6;
    k.title = w - 2 - k.id - 1 - k.time - 1;
    k.title -= (k.tokens ? k.tokens + 1 : 0) + (k.state ? k.state + 2 : 0) +
               (k.kind ? k.kind + 1 : 0) + (k.cost ? k.cost + 1 : 0) + (k.eta ? k.eta + 1 : 0);
    return k;
}

static int put_number(struct canvas *c, int x, int width, const char *text)
{
    if (!width)
        return x;
    canvas_put_right(c, x, 0, width, STYLE_NUMBER, text);
    return x + width + 1;
}

static void put_figures(const struct ui *ui, struct canvas *c, int x, const struct columns *k,
                        const struct model_job *job)
{
    char text[FIGURE_SIZE] = "";
    int64_t tokens = tokens_of(job), ms = time_of(ui, job);
    if (tokens)
        figure_count(text, tokens);
    x = put_number(c, x, k->tokens, text);
    text[0] = 0;
    if (job->cost > 0)
        figure_money(text, job->cost);
    x = put_number(c, x, k->cost, text);
    text[0] = 0;
    if (ms)
        figure_time(text, (double)ms / 1000, job->state != MODEL_DONE);
    x = put_number(c, x, k->time, text);
    text[0] = 0;
    if (job->eta > ui->now && job->state != MODEL_DONE)
        figure_time(text, (double)(job->eta - ui->now) / 1000, true);
    put_number(c, x, k->eta, text);
}

static void draw_row(void *arg, size_t i, struct canvas *row, bool chosen)
{
    const struct jobs_pane *p = arg;
    struct ui *ui = p->ui;
    const struct model_job *job = model_job(&ui->model, id_at(p, i));
    struct columns k = columns_for(row->w);
    enum glyph glyph;
    enum style style;
    char text[160];
    int x = 2;
    (void)chosen;
    if (!job)
        return;
    style = look(job, &glyph);
    canvas_puts(row, 0, 0, style, canvas_glyph(row, glyph));
    snprintf(text, sizeof text, "%lld", (long long)job->id);
    canvas_put_right(row, x, 0, k.id, STYLE_DIM, text);
    x += k.id + 1;
    if (job->parent && k.kind) {
        snprintf(text, sizeof text, "%lld%s ", (long long)job->parent,
                 canvas_glyph(row, GLYPH_PROMPT));
        int used = canvas_puts(row, x, 0, STYLE_DIM, text);
        canvas_put_fit(row, x + used, 0, k.title - used, STYLE_TEXT, job->title);
    } else {
        canvas_put_fit(row, x, 0, k.title, job->id == ui->job ? STYLE_ACCENT : STYLE_TEXT,
                       job->title);
    }
    x += k.title + 1;
    if (k.kind) {
        canvas_put_fit(row, x, 0, k.kind, STYLE_DIM, job->kind);
        x += k.kind + 1;
    }
    if (k.state) {
        bool runs = job->state == MODEL_RUNNING && *job->phase && !is_scheduled(job);
        canvas_put_fit(row, x, 0, k.state, style, runs ? job->phase : state_word(job));
        x += k.state + 1;
    }
    put_figures(ui, row, x, &k, job);
}

/* One column's name; an arrow beside it when the jobs are sorted by it. */
static int put_head(struct canvas *c, int x, int width, bool right, const char *name, bool sorted)
{
    char text[32];
    if (!width)
        return x;
    snprintf(text, sizeof text, "%s%s%s", name, sorted ? " " : "",
             sorted ? canvas_glyph(c, GLYPH_DOWN) : "");
    if (right)
        canvas_put_right(c, x, 0, width, STYLE_DIM, text);
    else
        canvas_put_fit(c, x, 0, width, STYLE_DIM, text);
    return x + width + 1;
}

static void draw_head(const struct jobs_pane *p, struct canvas *c)
{
    struct columns k = columns_for(c->w);
    int x = put_head(c, 2, k.id, true, "job", p->sort == SORT_NEWEST);
    x = put_head(c, x, k.title, false, "task", false);
    x = put_head(c, x, k.kind, false, "kind", false);
    x = put_head(c, x, k.state, false, "state", p->sort == SORT_STATE);
    x = put_head(c, x, k.tokens, true, "tok", p->sort == SORT_TOKENS);
    x = put_head(c, x, k.cost, true, "cost", false);
    x = put_head(c, x, k.time, true, "time", p->sort == SORT_TIME);
    put_head(c, x, k.eta, true, "ETA", false);
}

static void draw_filter(struct jobs_pane *p, struct canvas *c, bool focused)
{
    char text[48];
    int w;
    snprintf(text, sizeof text, "%zu of %zu%s", list_view_count(p->list), p->n,
             p->loading ? canvas_glyph(c, GLYPH_ELLIPSIS) : "");
    w = cluster_columns(text, strlen(text));
    canvas_put_right(c, c->w - w, 0, w, STYLE_DIM, text);
    struct canvas left = canvas_part(c, (struct rect){0, 0, c->w - w - 1, 1});
    editor_draw(p->filter, &left, "/", "a word of the task, or a state", focused && p->filtering);
}

static void draw_jobs(struct ui *ui, void *state, struct canvas *whole, bool focused)
{
    struct jobs_pane *p = state;
    struct canvas inner = canvas_part(whole, (struct rect){1, 0, whole->w - 2, whole->h}),
                  *c = &inner, rows;
    bool filter = p->filtering || *list_view_filter_text(p->list);
    int y = 0;
    refresh(p);
    if (!p->n) {
        canvas_put_fit(c, 0, 0, c->w, STYLE_DIM, "what you ask for stands here, with its cost");
        return;
    }
    if (filter && c->h > 1) {
        struct canvas line = canvas_part(c, (struct rect){0, y++, c->w, 1});
        draw_filter(p, &line, focused);
    }
    if (c->h - y >= 5) {
        struct canvas line = canvas_part(c, (struct rect){0, y++, c->w, 1});
        draw_head(p, &line);
    }
    p->row = y;
    rows = canvas_part(c, (struct rect){0, y, c->w, c->h - y});
    list_view_draw(p->list, &rows, focused);
    if (!list_view_count(p->list))
        canvas_put_fit(&rows, 0, 0, rows.w, STYLE_DIM, "no job fits");
    frame_scrollbar(ui, y, rows.h, list_view_top(p->list), list_view_count(p->list));
}

static void heading(struct ui *ui, void *state, char *out, size_t size)
{
    const struct jobs_pane *p = state;
    const struct model *m = &ui->model;
    size_t n = 0, counts[4] = {0};
    if (p->sort != SORT_STATE)
        n = (size_t)snprintf(out, size, "by %s", sort_names[p->sort]);
    for (size_t i = 0; i < m->jobs_n; i++)
        counts[m->jobs[i]->state]++;
    if (counts[MODEL_WAITING] && n < size)
        n += (size_t)snprintf(out + n, size - n, "%s%zu waiting", n ? "  " : "",
                              counts[MODEL_WAITING]);
    if (counts[MODEL_RUNNING] && n < size)
        n += (size_t)snprintf(out + n, size - n, "%s%zu running", n ? "  " : "",
                              counts[MODEL_RUNNING]);
    if (counts[MODEL_QUEUED] && n < size)
        snprintf(out + n, size - n, "%s%zu queued", n ? "  " : "", counts[MODEL_QUEUED]);
}

/* ---- the filter ---- */

static bool is_state(const char *word)
{
    static const char *const words[] = {"queued", "running",   "waiting",  "scheduled", "solved",
                                        "done",   "cancelled", "unsolved", "failed"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static int score_word(const struct model_job *job, const char *word)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)job->id);
    if (strcmp(word, state_word(job)) == 0 || strcmp(word, job->kind) == 0 || strcmp(word, id) == 0)
        return 100;
    if (is_state(word)) /* its letters are in many a task: "failed" means the state */
        return strcasestr(job->title, word) ? 50 : 0;
    return list_view_fuzzy(job->title, word);
}

/* Every word must fit. */
static int score(void *arg, size_t i, const char *filter)
{
    const struct jobs_pane *p = arg;
    const struct model_job *job = model_job(&p->ui->model, id_at(p, i));
    int sum = 1;
    while (job && *filter) {
        char word[64];
        size_t n = strcspn(filter, " ");
        int found = 1;
        if (n) {
            snprintf(word, sizeof word, "%.*s", (int)n, filter);
            found = score_word(job, word);
        }
        if (!found)
            return 0;
        sum += n ? found : 0;
        filter += n + (filter[n] == ' ');
    }
    return job ? sum : 0;
}

static void set_filter(struct jobs_pane *p, const char *text)
{
    p->chosen = 0;
    list_view_filter(p->list, text);
    p->ui->dirty = true;
    load_more(p);
}

static void clear_filter(struct jobs_pane *p)
{
    p->filtering = false;
    editor_set(p->filter, "");
    set_filter(p, "");
}

static bool find(struct ui *ui, void *state, const char *text)
{
    struct jobs_pane *p = state;
    (void)ui;
    refresh(p);
    editor_set(p->filter, text);
    set_filter(p, text);
    return list_view_count(p->list) > 0;
}

/* ---- what a person does ---- */

static bool scroll(struct ui *ui, void *state, enum scroll how)
{
    struct jobs_pane *p = state;
    bool moved = list_view_scroll(p->list, how);
    (void)ui;
    p->chosen = how == SCROLL_TOP ? 0 : selected(p);
    load_more(p);
    return moved;
}

static bool match(struct ui *ui, void *state, bool backwards)
{
    return scroll(ui, state, backwards ? SCROLL_LINE_UP : SCROLL_LINE_DOWN);
}

/* Rows that do not match are not shown. */
static void found(struct ui *ui, void *state, size_t *at, size_t *of)
{
    struct jobs_pane *p = state;
    (void)ui;
    *at = *of = 0;
    if (*editor_text(p->filter, NULL))
        list_view_place(p->list, at, of);
}

static void open_job(struct jobs_pane *p)
{
    int64_t id = selected(p);
    if (id)
        ui_show_job(p->ui, id);
}

static bool filter_key(struct jobs_pane *p, const struct input_event *ev)
{
    if (ev->type == INPUT_KEY && (ev->key == INPUT_UP || ev->key == INPUT_DOWN)) {
        scroll(p->ui, p, ev->key == INPUT_UP ? SCROLL_LINE_UP : SCROLL_LINE_DOWN);
        return true;
    }
    if (ev->type == INPUT_KEY && ev->key == INPUT_ESC) {
        clear_filter(p);
        return true;
    }
    switch (editor_event(p->filter, ev)) {
    case EDITOR_IGNORED:
        return false;
    case EDITOR_SUBMIT:
        p->filtering = false;
        return true;
    case EDITOR_CHANGED:
        set_filter(p, editor_text(p->filter, NULL));
        return true;
    default:
        return true;
    }
}

static bool input(struct ui *ui, void *state, const struct input_event *ev)
{
    struct jobs_pane *p = state;
    refresh(p);
    if (p->filtering)
        return filter_key(p, ev);
    if (ev->type != INPUT_KEY)
        return false;
    if (ev->key == INPUT_ENTER) {
        open_job(p);
        return true;
    }
    if (ev->key == INPUT_ESC && *list_view_filter_text(p->list)) {
        clear_filter(p);
        return true;
    }
    (void)ui;
    return false;
}

/* The first click chooses, a second one opens. */
static bool mouse(struct ui *ui, void *state, const struct input_event *ev)
{
    struct jobs_pane *p = state;
    size_t i = list_view_at(p->list, ev->y - p->row);
    (void)ui;
    if (ev->mouse != INPUT_PRESS || i == SIZE_MAX)
        return false;
    if (p->chosen && p->chosen == id_at(p, i)) {
        open_job(p);
        return true;
    }
    list_view_select(p->list, i);
    p->chosen = id_at(p, i);
    return true;
}

static void on_asked(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    int64_t job = json_i64(result, "job", 0);
    if (info)
        ui_note(ui, "%s", info->message);
    else if (job)
        ui_show_job(ui, job);
}

static void ask(struct jobs_pane *p, enum protocol_method method, bool ended, const char *what)
{
    const struct model_job *job = model_job(&p->ui->model, selected(p));
    struct json_object *o;
    char key[33];
    if (!job)
        return;
    if ((job->state == MODEL_DONE) != ended) {
        ui_note(p->ui, "job %lld has %s", (long long)job->id, ended ? "not ended" : "ended");
        return;
    }
    client_key(key);
    o = json_object_new_object();
    json_add_i64(o, "job", job->id);
    if (ended)
        json_add_str(o, "key", key);
    ui_note(p->ui, "%s job %lld", what, (long long)job->id);
    ui_call(p->ui, method, o, on_asked, p->ui);
}

static void action(struct ui *ui, void *state, int a, const char *args)
{
    struct jobs_pane *p = state;
    refresh(p);
    if (a == ACTION_JOBS_FILTER) {
        p->filtering = true;
        editor_set(p->filter, args);
        set_filter(p, args);
    } else if (a == ACTION_JOBS_SORT) {
        p->sort = (p->sort + 1) % SORT_COUNT;
        renew(p);
    } else if (a == ACTION_JOBS_CANCEL) {
        ask(p, METHOD_JOB_CANCEL, false, "cancelling");
    } else if (a == ACTION_JOBS_RETRY) {
        ask(p, METHOD_JOB_RETRY, true, "trying again");
    }
    ui->dirty = true;
}

static const char *copy(struct ui *ui, void *state)
{
    const struct model_job *job = model_job(&ui->model, selected(state));
    return job ? job->title : NULL;
}

/* ---- life ---- */

static size_t count(void *arg)
{
    return ((const struct jobs_pane *)arg)->n;
}

static enum err open_jobs(struct ui *ui, void *state)
{
    static const struct list_ops ops = {count, draw_row, score};
    struct jobs_pane *p = state;
    p->ui = ui;
    p->list = list_view_new(&ops, p);
    p->filter = editor_new(false);
    return p->list && p->filter ? ERR_OK : ERR_NOMEM;
}

static void close_jobs(struct ui *ui, void *state)
{
    struct jobs_pane *p = state;
    (void)ui;
    list_view_free(p->list);
    editor_free(p->filter);
    free(p->order);
}

static struct json_object *save(struct ui *ui, void *state)
{
    const struct jobs_pane *p = state;
    struct json_object *o = json_object_new_object();
    (void)ui;
    json_add_str(o, "sort", sort_names[p->sort]);
    return o;
}

static void load(struct ui *ui, void *state, struct json_object *kept)
{
    struct jobs_pane *p = state;
    (void)ui;
    for (int i = 0; i < SORT_COUNT; i++)
        if (strcmp(sort_names[i], json_str(kept, "sort", "")) == 0)
            p->sort = (enum sort)i;
}

const struct pane_class pane_jobs = {
    .name = "jobs",
    .title = "Jobs",
    .brief = "Jobs",
    .size = sizeof(struct jobs_pane),
    .open = open_jobs,
    .close = close_jobs,
    .action = action,
    .input = input,
    .mouse = mouse,
    .scroll = scroll,
    .find = find,
    .match = match,
    .found = found,
    .copy = copy,
    .heading = heading,
    .draw = draw_jobs,
    .save = save,
    .load = load,
};
