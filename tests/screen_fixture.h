/* What the tests of screens share: a dashboard without terminal and engine, recorded events, keys,
 * golden files. Include after cmocka.h. */
#ifndef DISE_TESTS_SCREEN_FIXTURE_H
#define DISE_TESTS_SCREEN_FIXTURE_H

#include "ui/ui.h"

#ifndef SESSION
#define SESSION "/screen/session.jsonl"
#endif

enum { LINES_MAX = 2000 };

static char *lines[LINES_MAX];
static int line_count;

/* What the engine answers to a request, NULL: nothing; and what it was asked last (JSON text). */
static struct json_object *answers[METHOD_COUNT];
static char asked[METHOD_COUNT][4096];

/* An engine played by the test: true when it answers by itself, at once or later. */
static bool (*answer_with)(enum protocol_method method, struct json_object *params,
                           client_reply_fn *reply, void *reply_arg);

static inline void answer_call(void *arg, enum protocol_method method, struct json_object *params,
                               client_reply_fn *reply, void *reply_arg)
{
    (void)arg;
    snprintf(asked[method], sizeof asked[method], "%s",
             params ? json_object_to_json_string_ext(params, JSON_C_TO_STRING_PLAIN) : "{}");
    if (!answer_with || !answer_with(method, params, reply, reply_arg))
        if (answers[method] && reply)
            reply(reply_arg, answers[method], NULL);
    json_object_put(params);
}

static inline void nothing(void *arg)
{
    (void)arg;
}

static inline void dashboard(struct ui *ui, int w, int h, bool plain)
{
    const struct ui_link link = {
        .call = answer_call, .quit = nothing, .suspend = nothing, .redraw = nothing};
    assert_int_equal(ui_init(ui, &link, w, h, plain), ERR_OK);
    snprintf(ui->clock, sizeof ui->clock, "14:02");
    snprintf(ui->engine, sizeof ui->engine, "engine");
    ui->engine_up = true;
    ui->now = 1700000009000;
}

static inline void fold_line(struct ui *ui, const char *line)
{
    struct json_object *o;
    struct event ev;
    assert_int_equal(json_parse(line, strlen(line), NULL, &o, NULL), ERR_OK);
    if (event_decode(o, &ev) == ERR_OK) {
        ui_event(ui, &ev);
        if (ev.type == EVENT_JOB_CREATED)
            ui_show_job(ui, ev.job);
    }
    json_object_put(o);
}

/* Folds `line` with `by` in the place of the `n` bytes at `at`, which lies in it. */
static inline void fold_replaced(struct ui *ui, const char *line, const char *at, size_t n,
                                 const char *by)
{
    char *changed;
    assert_true(asprintf(&changed, "%.*s%s%s", (int)(at - line), line, by, at + n) > 0);
    fold_line(ui, changed);
    free(changed);
}

/* Folds the session's lines from `from` to before `to`, with `by` in the place of the first `what`
 * of the n-th line there (from 0; -1: of every line) that holds both it and `mark`. */
static inline void fold_altered(struct ui *ui, int from, int to, const char *mark, int nth,
                                const char *what, const char *by)
{
    int found = 0;
    for (int k = from; k < to; k++) {
        const char *at = strstr(lines[k], mark) ? strstr(lines[k], what) : NULL;
        if (at && (nth < 0 || found == nth))
            fold_replaced(ui, lines[k], at, strlen(what), by);
        else
            fold_line(ui, lines[k]);
        found += at != NULL;
    }
    if (found <= (nth > 0 ? nth : 0))
        fail_msg("the session has no such line with %s", what);
}

/* ---- golden files ---- */

static inline void check_golden(const struct ui *ui, const char *name)
{
    char path[512];
    struct buf seen, kept;
    const char *mode = getenv("DISE_GOLDEN");
    buf_init(&seen, 1 << 20);
    buf_init(&kept, 1 << 20);
    snprintf(path, sizeof path, "%s/screen/%s-%dx%d.txt", TEST_DATA_DIR, name, ui->canvas.w,
             ui->canvas.h);
    assert_int_equal(canvas_text(&ui->canvas, &seen), ERR_OK);
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(path, "we");
        assert_non_null(f);
        fputs(seen.data, f);
        fclose(f);
    }
    assert_int_equal(buf_read_file(&kept, path, NULL), ERR_OK);
    if (strcmp(seen.data, kept.data) != 0) {
        print_error("%s differs; now it is:\n%s", path, seen.data);
        fail();
    }
    buf_fini(&kept);
    buf_fini(&seen);
}

static inline void press(struct ui *ui, uint32_t key, unsigned mods)
{
    struct input_event ev = {.type = INPUT_KEY, .key = key, .mods = (uint8_t)mods};
    ui_input(ui, &ev);
}

static inline void type(struct ui *ui, const char *text)
{
    for (; *text; text++)
        press(ui, (uint32_t)*text, 0);
}

/* Draws, and looks for the text; what is there instead is printed. */
static inline bool on_screen(struct ui *ui, const char *text)
{
    struct buf seen;
    bool found;
    buf_init(&seen, 1 << 20);
    ui_draw(ui);
    assert_int_equal(canvas_text(&ui->canvas, &seen), ERR_OK);
    found = strstr(seen.data, text) != NULL;
    if (!found)
        print_message("not on the screen: %s\n%s", text, seen.data);
    buf_fini(&seen);
    return found;
}

/* Cells that differ; each must lie in `a` or `b`. */
static inline int differences(const struct ui *old, const struct ui *new, struct rect a,
                              struct rect b)
{
    int n = 0;
    for (int y = 0; y < old->canvas.h; y++)
        for (int x = 0; x < old->canvas.w; x++) {
            const struct cell *p = canvas_cell(&old->canvas, x, y),
                              *q = canvas_cell(&new->canvas, x, y);
            if (p->len == q->len && memcmp(p->text, q->text, p->len) == 0 && p->style == q->style &&
                p->ground == q->ground)
                continue;
            n++;
            if (!rect_has(a, x, y) && !rect_has(b, x, y))
                fail_msg("the cell %d,%d changed and does not belong to the event", x, y);
        }
    return n;
}

static inline int read_session(void **state)
{
    static struct buf text;
    (void)state;
    buf_init(&text, 8 << 20);
    if (!cluster_locale() || buf_read_file(&text, TEST_DATA_DIR SESSION, NULL))
        return -1;
    for (char *p = strtok(text.data, "\n"); p && line_count < LINES_MAX; p = strtok(NULL, "\n"))
        lines[line_count++] = p;
    *state = &text;
    return 0;
}

static inline int free_session(void **state)
{
    buf_fini(*state);
    return 0;
}

#endif
