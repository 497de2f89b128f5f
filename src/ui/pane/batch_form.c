#include "ui/pane/batch_form.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/figure.h"
#include "base/task_file.h"
#include "base/utf8.h"
#include "ui/ui.h"
#include "ui/when.h"

enum field {
    FILE_,
    IDS,
    IMPROVE,
    START,
    UNTIL,
    WIDTH,
    TOKENS,
    MONEY,
    DRY,
    GO,
    FIELDS,
    TYPED = DRY
};
enum { LABEL_W = 29, SMALL_X = 12, SMALL_W = 12, IDS_MAX = 1000, ROWS = 13, ENTRIES_MAX = 20000 };

static const char *const labels[FIELDS] = {"Solve a list of tasks",
                                           "Verify memory again",
                                           "Improve what is used most",
                                           "start",
                                           "until",
                                           "width",
                                           "tokens",
                                           "money",
                                           "[ Dry run ]",
                                           "[ Go ]"};
static const char *const placeholders[TYPED] = {"a file; Tab completes",
                                                "ids of kept programs",
                                                "performance, quality, memory, latency or all",
                                                "now",
                                                "no end",
                                                "2",
                                                "no limit",
                                                "no limit"};

struct batch_form {
    struct editor *edit[TYPED];
    enum field at;
    enum field kind;           /* FILE_, IDS or IMPROVE: what the run is of */
    char read[PATH_SIZE];      /* the file that `tasks` was read from */
    struct json_object *tasks; /* or the ids; NULL: none, or a problem */
    char problem[TYPED][300];
    int64_t start, tokens, width;
    double hours, money;
    bool asking, again; /* an estimate is on its way; and what was typed since */
    struct json_object *estimate;
    char message[300], key[33];
    bool wrong; /* the message tells of an error */
    struct rect places[FIELDS];
};

/* ---- what was typed ---- */

static const char *text_of(const struct batch_form *f, enum field field)
{
    return editor_text(f->edit[field], NULL);
}

/* Relative to the person's folder; "~/" is the home. */
static bool absolute(const char *folder, const char *path, char out[PATH_SIZE])
{
    const char *home = getenv("HOME");
    if (*path == '/')
        return snprintf(out, PATH_SIZE, "%s", path) < PATH_SIZE;
    if (path[0] == '~' && path[1] == '/' && home)
        return path_join(out, home, path + 2) == ERR_OK;
    return path_join(out, folder, path) == ERR_OK;
}

static void read_tasks(struct ui *ui, struct batch_form *f)
{
    const char *given = text_of(f, FILE_);
    char path[PATH_SIZE], *problem = f->problem[FILE_];
    struct err_info info = {0};
    struct stat st;
    struct buf text;
    *problem = 0;
    json_object_put(f->tasks);
    f->tasks = NULL;
    f->read[0] = 0;
    if (!*given || !absolute(ui->cwd, given, path) || stat(path, &st) || !S_ISREG(st.st_mode)) {
        snprintf(problem, sizeof f->problem[0],
                 *given ? "there is no file %.200s" : "%.0swhich file holds the tasks?", given);
        return;
    }
    buf_init(&text, TASK_FILE_MAX + 1);
    if (buf_read_file(&text, path, &info) ||
        task_file_parse(text.data, text.len, given, &f->tasks, &info))
        err_format(&info, problem, sizeof f->problem[0]);
    else
        snprintf(f->read, sizeof f->read, "%s", given);
    buf_fini(&text);
}

static void read_ids(struct batch_form *f)
{
    const char *p = text_of(f, IDS);
    json_object_put(f->tasks);
    f->tasks = json_object_new_array();
    f->read[0] = 0;
    f->problem[IDS][0] = 0;
    while (*(p += strspn(p, " ,"))) {
        size_t n = strcspn(p, " ,");
        if (json_object_array_length(f->tasks) < IDS_MAX)
            json_object_array_add(f->tasks, json_object_new_string_len(p, (int)n));
        p += n;
    }
    if (json_object_array_length(f->tasks) == 0)
        snprintf(f->problem[IDS], sizeof f->problem[0],
                 "which programs? Their ids stand in the memory browser, such as a1 a2");
}

/* The target; which programs are worth it the engine knows. */
static void read_target(struct batch_form *f)
{
    static const char *const targets[] = {"",        "performance", "quality", "memory",
                                          "latency", "all",         NULL};
    int i = 0;
    json_object_put(f->tasks);
    f->tasks = json_object_new_array();
    f->read[0] = 0;
    while (targets[i] && strcmp(text_of(f, IMPROVE), targets[i]) != 0)
        i++;
    snprintf(f->problem[IMPROVE], sizeof f->problem[0], "%s",
             targets[i] ? "" : "the target is performance, quality, memory, latency or all");
}

static void judge(struct batch_form *f, enum field field, bool ok, const char *why)
{
    snprintf(f->problem[field], sizeof f->problem[0], "%s", ok ? "" : why);
}

/* Reads all fields; a file only when another one is named, or `fresh`. */
static void read_fields(struct ui *ui, struct batch_form *f, bool fresh)
{
    for (int i = FILE_; i <= IMPROVE; i++)
        if (i != (int)f->kind)
            f->problem[i][0] = 0;
    if (f->kind == IDS)
        read_ids(f);
    else if (f->kind == IMPROVE)
        read_target(f);
    else if (fresh || !f->tasks || strcmp(f->read, text_of(f, FILE_)) != 0)
        read_tasks(ui, f);
    judge(f, START, when_start(text_of(f, START), ui->now, &f->start),
          "start is now, or a time such as 02:00");
    judge(f, UNTIL, when_hours(text_of(f, UNTIL), f->start ? f->start : ui->now, &f->hours),
          "until is a time such as 07:30, or hours");
    judge(f, WIDTH, when_count(text_of(f, WIDTH), &f->width) && f->width <= 64,
          "width is how many tasks run at once, 1 to 64");
    judge(f, TOKENS, when_count(text_of(f, TOKENS), &f->tokens),
          "tokens is a number, such as 500k or 2M");
    judge(f, MONEY, when_money(text_of(f, MONEY), &f->money), "money is an amount in dollars");
    if (f->width < 1)
        f->width = 2;
}

static const char *first_problem(const struct batch_form *f)
{
    for (int i = 0; i < TYPED; i++)
        if (f->problem[i][0])
            return f->problem[i];
    return NULL;
}

/* ---- requests ---- */

static struct json_object *params_of(struct batch_form *f)
{
    struct json_object *o = json_object_new_object(), *limits = json_object_new_object();
    const char *file = text_of(f, FILE_), *slash = strrchr(file, '/');
    char name[96];
    snprintf(name, sizeof name, "%.90s",
             f->kind == IDS       ? "verify memory"
             : f->kind == IMPROVE ? "improve what is used most"
             : slash              ? slash + 1
                                  : file);
    json_add_str(o, "name", name);
    json_add_str(o, "source", f->kind == FILE_ ? file : "memory");
    if (f->kind == IMPROVE) {
        struct json_object *improve = json_object_new_object();
        json_add_str(improve, "target", text_of(f, IMPROVE));
        json_object_object_add(o, "improve", improve);
    } else {
        json_object_object_add(o, f->kind == IDS ? "artifacts" : "tasks",
                               json_object_get(f->tasks));
    }
    json_add_i64(o, "start", f->start);
    json_add_i64(o, "width", f->width);
    json_add_i64(limits, "tokens", f->tokens);
    json_add_f64(limits, "money", f->money);
    json_add_f64(limits, "hours", f->hours);
    json_object_object_add(o, "limits", limits);
    return o;
}

static void say(struct batch_form *f, bool wrong, const char *text)
{
    f->wrong = wrong;
    snprintf(f->message, sizeof f->message, "%s", text);
}

static void ask_estimate(struct ui *ui, struct batch_form *f);

static void on_estimate(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct batch_form *f = ui->form;
    char text[300];
    f->asking = false;
    json_object_put(f->estimate);
    f->estimate = info ? NULL : json_object_get(result);
    if (info)
        say(f, true, err_format(info, text, sizeof text));
    ui->dirty = true;
    if (f->again)
        ask_estimate(ui, f);
}

/* One at a time: what is typed while an estimate is on its way asks for another behind it. */
static void ask_estimate(struct ui *ui, struct batch_form *f)
{
    f->again = f->asking;
    if (f->asking || first_problem(f))
        return;
    f->asking = true;
    ui_call(ui, METHOD_BATCH_ESTIMATE, params_of(f), on_estimate, ui);
}

static void changed(struct ui *ui, struct batch_form *f)
{
    f->key[0] = 0; /* it would be another run */
    f->message[0] = 0;
    read_fields(ui, f, false);
    if (first_problem(f)) {
        json_object_put(f->estimate);
        f->estimate = NULL;
    }
    ask_estimate(ui, f);
}

static void on_submitted(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    char text[300];
    int64_t start = ui->form->start;
    if (info) {
        say(ui->form, true, err_format(info, text, sizeof text));
        ui->dirty = true;
        return;
    }
    if (ui->overlay == OVERLAY_BATCH)
        ui->overlay = OVERLAY_NONE;
    ui_focus(ui, PANE_BATCH);
    ui_note(ui, "overnight run %lld begins %s", (long long)json_i64(result, "job", 0),
            start ? when_clock(start, ui->now, text, sizeof text) : "now");
}

static void press_button(struct ui *ui, struct batch_form *f, enum field button)
{
    struct json_object *o;
    read_fields(ui, f, true);
    if (first_problem(f))
        return;
    if (button == DRY) {
        ask_estimate(ui, f);
        if (!f->wrong)
            say(f, false, "a dry run: nothing was started");
        return;
    }
    if (!f->key[0])
        client_key(f->key);
    o = params_of(f);
    json_add_str(o, "key", f->key);
    say(f, false, "it is being handed over");
    ui_call(ui, METHOD_BATCH_SUBMIT, o, on_submitted, ui);
}

/* ---- names of files ---- */

static void common(char *best, const char *name)
{
    size_t n = 0;
    while (best[n] && best[n] == name[n])
        n++;
    best[utf8_floor(best, n)] = 0;
}

bool batch_form_complete(const char *folder, const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/'), *begin = slash ? slash + 1 : path;
    char head[PATH_SIZE], where[PATH_SIZE], best[256] = "", full[PATH_SIZE];
    size_t n = strlen(begin);
    int found = 0;
    struct dirent *entry;
    struct stat st;
    DIR *dir;
    if (snprintf(head, sizeof head, "%.*s", (int)(begin - path), path) >= PATH_SIZE ||
        !absolute(folder, head, where) || !(dir = opendir(*where ? where : ".")))
        return false;
    for (int i = 0; i < ENTRIES_MAX && (entry = readdir(dir)); i++) {
        if (strncmp(entry->d_name, begin, n) != 0 || (entry->d_name[0] == '.' && *begin != '.') ||
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (found++)
            common(best, entry->d_name);
        else
            snprintf(best, sizeof best, "%s", entry->d_name);
    }
    closedir(dir);
    if (!found)
        return false;
    if (found == 1 && path_join(full, where, best) == ERR_OK && stat(full, &st) == 0 &&
        S_ISDIR(st.st_mode) && strlen(best) < sizeof best - 1)
        strcat(best, "/");
    snprintf(out, size, "%.700s%s", head, best);
    return strcmp(out, path) != 0;
}

/* ---- keys ---- */

static void go_to(struct batch_form *f, int to)
{
    f->at = (enum field)((to + FIELDS) % FIELDS);
}

/* The kind of run is what was typed into last, or chosen with Enter or the mouse: going by changes
 * nothing. */
static void choose(struct ui *ui, struct batch_form *f)
{
    if (f->at > IMPROVE || f->at == f->kind)
        return;
    f->kind = f->at;
    json_object_put(f->tasks);
    f->tasks = NULL;
    changed(ui, f);
}

static void tab(struct ui *ui, struct batch_form *f)
{
    char text[PATH_SIZE];
    if (f->at == FILE_ && batch_form_complete(ui->cwd, text_of(f, FILE_), text, sizeof text)) {
        editor_set(f->edit[FILE_], text);
        changed(ui, f);
        return;
    }
    go_to(f, f->at <= IMPROVE ? START : (int)f->at + 1);
}

void batch_form_input(struct ui *ui, const struct input_event *ev)
{
    struct batch_form *f = ui->form;
    bool is_key = ev->type == INPUT_KEY, button = f->at >= TYPED;
    if (is_key && (ev->key == INPUT_DOWN || (ev->key == 'n' && ev->mods == INPUT_CTRL)))
        go_to(f, (int)f->at + 1);
    else if (is_key && (ev->key == INPUT_UP || (ev->key == 'p' && ev->mods == INPUT_CTRL)))
        go_to(f, (int)f->at - 1);
    else if (is_key && ev->key == INPUT_TAB && ev->mods == INPUT_SHIFT)
        go_to(f, (int)f->at - 1);
    else if (is_key && ev->key == INPUT_TAB)
        tab(ui, f);
    else if (is_key && button && (ev->key == INPUT_LEFT || ev->key == INPUT_RIGHT))
        f->at = f->at == DRY ? GO : DRY;
    else if (is_key && ev->key == INPUT_ENTER && button)
        press_button(ui, f, f->at);
    else if (is_key && ev->key == INPUT_ENTER) {
        choose(ui, f);
        go_to(f, f->at <= IMPROVE ? START : (int)f->at + 1);
    } else if (!button && editor_event(f->edit[f->at], ev) == EDITOR_CHANGED) {
        choose(ui, f);
        changed(ui, f);
    }
}

void batch_form_press(struct ui *ui, int x, int y)
{
    struct batch_form *f = ui->form;
    for (int i = 0; i < FIELDS; i++)
        if (rect_has(f->places[i], x, y)) {
            go_to(f, i);
            choose(ui, f);
            if (i >= TYPED)
                press_button(ui, f, (enum field)i);
        }
}

/* ---- opening ---- */

static struct batch_form *form_of(struct ui *ui)
{
    struct batch_form *f = ui->form;
    if (f)
        return f;
    f = calloc(1, sizeof *f);
    for (int i = 0; f && i < TYPED; i++) {
        f->edit[i] = editor_new(false);
        if (!f->edit[i]) {
            batch_form_free(f);
            return NULL;
        }
    }
    return ui->form = f;
}

/* Ids of kept programs and nothing else. */
static bool are_ids(const char *p)
{
    if (!*p)
        return false;
    while (*(p += strspn(p, " ,"))) {
        size_t digits = strspn(p + 1, "0123456789");
        if (*p != 'a' || !digits || (p[1 + digits] && !strchr(" ,", p[1 + digits])))
            return false;
        p += 1 + digits;
    }
    return true;
}

void batch_form_open(struct ui *ui, const char *args)
{
    struct batch_form *f = form_of(ui);
    if (!f) {
        ui_note(ui, "out of memory");
        return;
    }
    ui->overlay = OVERLAY_BATCH;
    if (*args) {
        f->kind = are_ids(args) ? IDS : FILE_;
        editor_set(f->edit[f->kind], args);
    }
    f->at = f->kind;
    f->read[0] = 0;
    json_object_put(f->tasks);
    f->tasks = NULL;
    changed(ui, f);
}

void batch_form_free(struct batch_form *f)
{
    if (!f)
        return;
    for (int i = 0; i < TYPED; i++)
        editor_free(f->edit[i]);
    json_object_put(f->tasks);
    json_object_put(f->estimate);
    free(f);
}

/* ---- drawing ---- */

/* What stands behind a field; false: it is a warning. */
static bool remark(struct ui *ui, struct batch_form *f, enum field field, char *out, size_t size)
{
    double p80 = json_f64(f->estimate, "seconds_p80", 0);
    int64_t begin = f->start ? f->start : ui->now;
    char a[48], b[FIGURE_SIZE];
    *out = 0;
    if (field <= IDS && f->tasks && field == f->kind)
        snprintf(out, size, "%zu %s%s", json_object_array_length(f->tasks),
                 f->kind == IDS ? "program" : "task",
                 figure_s((int64_t)json_object_array_length(f->tasks)));
    else if (field <= IMPROVE && field == f->at && field != f->kind)
        snprintf(out, size, "Enter chooses");
    else if (field == START && f->start)
        snprintf(out, size, "%s, in %s", when_clock(f->start, ui->now, a, sizeof a),
                 figure_time(b, (double)(f->start - ui->now) / 1000, true));
    else if (field == UNTIL && f->hours > 0)
        snprintf(out, size, "%s, after %s%s",
                 when_clock(begin + (int64_t)(f->hours * 3600e3), ui->now, a, sizeof a),
                 figure_time(b, f->hours * 3600, true),
                 p80 > f->hours * 3600 ? "; may be too short" : "");
    else if (field == WIDTH)
        snprintf(out, size, "tasks at once");
    else if (field == TOKENS && f->tokens)
        snprintf(out, size, "%s at most, in and out", figure_count(b, f->tokens));
    else if (field == MONEY && f->money > 0)
        snprintf(out, size, "%s at most", figure_money(b, f->money));
    return !(field == UNTIL && p80 > f->hours * 3600);
}

static void draw_field(struct ui *ui, struct batch_form *f, struct canvas *c, int y,
                       enum field field)
{
    bool here = f->at == field, wide = field <= IMPROVE;
    bool chosen = wide && field == f->kind;
    int x = wide ? LABEL_W : SMALL_X, room = wide ? c->w - x - 15 : SMALL_W, behind;
    char text[120];
    struct canvas part;
    if (c->w < 60 && wide)
        room = c->w - x;
    behind = x + room + 2;
    if (wide)
        canvas_puts(c, 0, y, chosen ? STYLE_ACCENT : STYLE_DIM,
                    canvas_glyph(c, chosen ? GLYPH_PICK : GLYPH_WAIT));
    canvas_puts(c, wide ? 2 : 4, y,
                here   ? STYLE_BOLD
                : wide ? STYLE_TEXT
                       : STYLE_DIM,
                labels[field]);
    part = canvas_part(c, (struct rect){x, y, room, 1});
    editor_draw(f->edit[field], &part, "", wide && !chosen && !here ? "" : placeholders[field],
                here);
    if (f->problem[field][0])
        canvas_puts(c, x - 2, y, STYLE_ERROR, canvas_glyph(c, GLYPH_FAIL));
    else if (remark(ui, f, field, text, sizeof text))
        canvas_put_fit(c, behind, y, c->w - behind, STYLE_DIM, text);
    else
        canvas_put_fit(c, behind, y, c->w - behind, STYLE_WARN, text);
    f->places[field] = (struct rect){0, y, c->w, 1};
    if (here)
        canvas_ground(c, f->places[field], STYLE_SELECTION);
}

static int64_t sum(struct json_object *e)
{
    double n = json_f64(e, "tokens_in", 0) + json_f64(e, "tokens_out", 0);
    return n > 0 && n < 1e15 ? (int64_t)n : 0;
}

static void estimate_text(struct batch_form *f, bool ascii, char *out, size_t size)
{
    struct json_object *e = f->estimate;
    const char *gap = ascii ? ", " : " · ";
    char tokens[FIGURE_SIZE], typical[FIGURE_SIZE], late[FIGURE_SIZE];
    double cost = json_f64(e, "cost", 0);
    int64_t calls = json_i64(e, "calls", 0);
    int n = snprintf(out, size, "%lld call%s%s%s tokens", (long long)calls, figure_s(calls), gap,
                     figure_count(tokens, sum(e)));
    if (cost > 0 && cost < 1e6)
        n += snprintf(out + n, size - (size_t)n, "%s%s", gap, figure_money(typical, cost));
    snprintf(out + n, size - (size_t)n, "%s%s (p80 %s)", gap,
             figure_time(typical, json_f64(e, "seconds", 0), true),
             figure_time(late, json_f64(e, "seconds_p80", 0), true));
}

static void draw_estimate(struct batch_form *f, struct canvas *c, int y)
{
    const char *problem = first_problem(f);
    char text[200];
    if (f->message[0] || problem) {
        bool wrong = f->wrong || !f->message[0];
        canvas_puts(c, 2, y, wrong ? STYLE_ERROR : STYLE_OK,
                    canvas_glyph(c, wrong ? GLYPH_FAIL : GLYPH_OK));
        if (wrong) {
            canvas_put_wrapped(c, (struct rect){4, y, c->w - 4, 2}, STYLE_ERROR,
                               f->message[0] ? f->message : problem);
            return;
        }
    }
    if (f->estimate) {
        estimate_text(f, canvas_ascii(c), text, sizeof text);
        canvas_put_fit(c, 4, y, c->w - 4, STYLE_TEXT, text);
        canvas_put_fit(c, 4, y + 1, c->w - 4, STYLE_DIM,
                       f->message[0] ? f->message : json_str(f->estimate, "basis", ""));
    } else {
        canvas_printf(c, 4, y, STYLE_DIM, "%s %s", f->asking ? "estimating" : "",
                      f->asking ? canvas_glyph(c, GLYPH_ELLIPSIS) : "");
    }
}

static void draw_buttons(struct batch_form *f, struct canvas *c, int y)
{
    int x = c->w;
    for (int i = GO; i >= DRY; i--) {
        enum style s = f->at == (enum field)i ? STYLE_BUTTON_FOCUS : STYLE_BUTTON;
        int w = (int)strlen(labels[i]);
        x -= w + (i < GO);
        canvas_puts(c, x, y, STYLE_TEXT, labels[i]);
        f->places[i] = (struct rect){x, y, w, 1};
        canvas_restyle(c, f->places[i], s);
        canvas_ground(c, f->places[i], s);
    }
}

int batch_form_rows(void)
{
    return ROWS;
}

void batch_form_draw(struct ui *ui, struct canvas *c)
{
    struct batch_form *f = ui->form;
    int gap = c->h >= ROWS, y = 0, top = 0, at;
    at = f->at <= IMPROVE ? (int)f->at : f->at < DRY ? (int)f->at + gap : ROWS - 3 + 2 * gap;
    if (at >= c->h)
        top = at - c->h + 1;
    memset(f->places, 0, sizeof f->places);
    for (int i = 0; i < TYPED; i++) {
        draw_field(ui, f, c, y - top, (enum field)i);
        y += 1 + (i == IMPROVE || i == MONEY ? gap : 0);
    }
    draw_estimate(f, c, y - top);
    draw_buttons(f, c, y + 2 - top);
}
