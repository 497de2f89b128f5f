/* How the panes look in both themes and without colour, as term.c would draw them; that nothing is
 * told by colour alone; and that an event changes its pane in the whole dashboard, no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../screen_fixture.h"

/* ---- looks ---- */

struct look_of {
    const char *name, *file; /* NULL: no colour */
};

static const struct look_of looks[] = {
    {"dark", "dark.yaml"}, {"light", "light.yaml"}, {"mono", NULL}};

static enum color_depth load_look(const struct look_of *l, struct theme *t)
{
    char path[512];
    struct err_info info = {0};
    theme_builtin(t);
    if (!l->file)
        return COLOR_DEPTH_MONO;
    snprintf(path, sizeof path, "%s/themes/%s", DISE_SOURCE_DIR, l->file);
    if (theme_load(t, path, &info))
        fail_msg("%s", info.message);
    return COLOR_DEPTH_RGB;
}

static void add_color(struct buf *out, int32_t color)
{
    assert_int_equal(
        color == LOOK_NONE ? buf_adds(out, "-") : buf_addf(out, "%06x", (unsigned)color), ERR_OK);
}

static bool same_look(struct look a, struct look b)
{
    return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

static struct look look_at(const struct canvas *c, int x, int y, const struct theme *t,
                           enum color_depth d)
{
    const struct cell *k = canvas_cell(c, x, y);
    return theme_look(t, (enum style)k->style, (enum style)k->ground, d);
}

/* A line per run of cells that look the same: "row,column+width foreground/background attributes
 * text"; attributes are b(old) d(im) i(talic) u(nderline) r(everse). Blanks of the plain look are
 * left out. */
static void dump(const struct canvas *c, const struct theme *t, enum color_depth d, struct buf *out)
{
    static const char letters[] = "bdiur";
    for (int y = 0; y < c->h; y++)
        for (int x = 0, end; x < c->w; x = end) {
            struct look l = look_at(c, x, y, t, d);
            bool blank = true;
            for (end = x; end < c->w && same_look(look_at(c, end, y, t, d), l); end++)
                blank &= canvas_cell(c, end, y)->len == 0;
            if (blank && l.bg == LOOK_NONE && !l.attrs)
                continue;
            assert_int_equal(buf_addf(out, "%d,%d+%d ", y, x, end - x), ERR_OK);
            add_color(out, l.fg);
            assert_int_equal(buf_adds(out, "/"), ERR_OK);
            add_color(out, l.bg);
            assert_int_equal(buf_adds(out, " "), ERR_OK);
            for (int i = 0; i < 5; i++)
                if (l.attrs & 1u << i)
                    assert_int_equal(buf_add(out, &letters[i], 1), ERR_OK);
            assert_int_equal(buf_adds(out, "|"), ERR_OK);
            for (int i = x; i < end; i++) {
                const struct cell *k = canvas_cell(c, i, y);
                if (k->width)
                    assert_int_equal(k->len ? buf_add(out, k->text, k->len) : buf_adds(out, " "),
                                     ERR_OK);
            }
            assert_int_equal(buf_adds(out, "\n"), ERR_OK);
        }
}

/* ---- one telling state of each pane ---- */

static const char artifacts[] =
    "{\"total\":3,\"artifacts\":["
    "{\"id\":\"a3\",\"name\":\"int_to_roman\",\"kind\":\"function\",\"task\":\"integers as roman "
    "numerals\",\"model\":\"m\",\"created\":1699990000000,\"solved\":true,\"rating\":5,\"uses\":37,"
    "\"tags\":[\"math\"]},"
    "{\"id\":\"a2\",\"name\":\"二进制\",\"kind\":\"function\",\"task\":\"把二进制数\",\"model\":"
    "\"m\","
    "\"created\":1699900000000,\"solved\":true,\"rating\":0,\"uses\":0,\"tags\":[]},"
    "{\"id\":\"a1\",\"name\":\"spiral\",\"kind\":\"function\",\"task\":\"draw a "
    "spiral\",\"model\":\"m\","
    "\"created\":1699000000000,\"solved\":false,\"rating\":0,\"uses\":0,\"tags\":[]}]}";

static const struct {
    enum pane_id pane;
    const char *file, *until; /* events up to the first line that holds it */
} scenes[] = {{PANE_TALK, "session", NULL},        {PANE_GRAPH, "graph", "\"choose\""},
              {PANE_STAGES, "session", NULL},      {PANE_METRICS, "metrics", NULL},
              {PANE_MEMORY, "session", NULL},      {PANE_JOBS, "jobs", NULL},
              {PANE_BATCH, "batch", "\"item\":7,"}};

/* Folds a recording; the first line with `mark` that has `what` gets `by` for it. Returns whether
 * there was one. */
static int fold_file(struct ui *ui, const char *name, const char *until, const char *mark,
                     const char *what, const char *by)
{
    char path[512];
    struct buf text;
    int changed = 0;
    buf_init(&text, 8 << 20);
    snprintf(path, sizeof path, "%s/screen/%s.jsonl", TEST_DATA_DIR, name);
    assert_int_equal(buf_read_file(&text, path, NULL), ERR_OK);
    for (char *p = strtok(text.data, "\n"), *at; p && !(until && strstr(p, until));
         p = strtok(NULL, "\n")) {
        at = what && !changed && strstr(p, mark) ? strstr(p, what) : NULL;
        changed += at != NULL;
        if (at)
            fold_replaced(ui, p, at, strlen(what), by);
        else
            fold_line(ui, p);
    }
    buf_fini(&text);
    return changed;
}

static void answer_artifacts(const char *text)
{
    json_object_put(answers[METHOD_ARTIFACT_LIST]);
    answers[METHOD_ARTIFACT_LIST] = NULL;
    if (text)
        assert_int_equal(json_parse(text, strlen(text), NULL, &answers[METHOD_ARTIFACT_LIST], NULL),
                         ERR_OK);
}

static void scene(struct ui *ui, size_t i, int w, int h)
{
    dashboard(ui, w, h, false);
    answer_artifacts(artifacts);
    fold_file(ui, scenes[i].file, scenes[i].until, NULL, NULL, NULL);
    ui_focus(ui, scenes[i].pane);
    ui_draw(ui);
    ui_draw(ui);
}

static void check(const struct buf *seen, const char *name)
{
    char path[512];
    struct buf kept;
    const char *mode = getenv("DISE_GOLDEN");
    buf_init(&kept, 1 << 20);
    snprintf(path, sizeof path, "%s/screen/%s.txt", TEST_DATA_DIR, name);
    if (mode && strcmp(mode, "write") == 0)
        assert_int_equal(path_write(path, seen->data, seen->len, NULL), ERR_OK);
    assert_int_equal(buf_read_file(&kept, path, NULL), ERR_OK);
    if (strcmp(seen->data, kept.data) != 0) {
        print_error("%s differs; now it is:\n%s", path, seen->data);
        fail();
    }
    buf_fini(&kept);
}

static void every_pane_in_every_look(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        for (size_t k = 0; k < 3; k++) {
            struct theme t;
            enum color_depth d = load_look(&looks[k], &t);
            struct ui ui;
            struct buf out;
            char name[64];
            buf_init(&out, 1 << 20);
            scene(&ui, i, 80, 24);
            ui.zoom = true;
            ui_draw(&ui);
            dump(&ui.canvas, &t, d, &out);
            snprintf(name, sizeof name, "look-%s-%s", pane_classes[scenes[i].pane]->name,
                     looks[k].name);
            check(&out, name);
            buf_fini(&out);
            ui_fini(&ui);
        }
    answer_artifacts(NULL);
}

/* ---- nothing by colour alone ---- */

static void roles_that_mean_different_things_differ_without_colour(void **state)
{
    /* Both may stand at the same text, so nothing else tells them apart. */
    static const struct {
        enum style style, ground, other, other_ground;
    } pairs[] = {
        {STYLE_TITLE, STYLE_TEXT, STYLE_TITLE_FOCUS, STYLE_TEXT},
        {STYLE_TITLE, STYLE_TEXT, STYLE_HINT, STYLE_TEXT}, /* the tab that is shown */
        {STYLE_TITLE_FOCUS, STYLE_TEXT, STYLE_HINT, STYLE_TEXT},
        {STYLE_BORDER, STYLE_TEXT, STYLE_BORDER_FOCUS, STYLE_TEXT},
        {STYLE_TEXT, STYLE_TEXT, STYLE_TEXT, STYLE_SELECTION},
        {STYLE_DIM, STYLE_TEXT, STYLE_DIM, STYLE_SELECTION},
        {STYLE_MATCH, STYLE_TEXT, STYLE_MATCH_CURRENT, STYLE_TEXT},
        {STYLE_TEXT, STYLE_TEXT, STYLE_MATCH, STYLE_TEXT},
        {STYLE_BUTTON, STYLE_TEXT, STYLE_BUTTON_FOCUS, STYLE_TEXT},
        {STYLE_OK, STYLE_TEXT, STYLE_ERROR, STYLE_TEXT}, /* the bar of an overnight run */
        {STYLE_INPUT, STYLE_TEXT, STYLE_PLACEHOLDER, STYLE_TEXT},
        {STYLE_HINT, STYLE_TEXT, STYLE_KEY, STYLE_TEXT},
        {STYLE_DIM, STYLE_TEXT, STYLE_WARN, STYLE_TEXT}, /* remarks in the bottom row */
    };
    struct theme t;
    (void)state;
    theme_builtin(&t);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct look a = theme_look(&t, pairs[i].style, pairs[i].ground, COLOR_DEPTH_MONO),
                    b = theme_look(&t, pairs[i].other, pairs[i].other_ground, COLOR_DEPTH_MONO);
        if (a.attrs == b.attrs)
            fail_msg("%s and %s look the same without colour", style_name(pairs[i].style),
                     style_name(pairs[i].other));
    }
}

static void mono_of(struct ui *ui, struct buf *out)
{
    struct theme t;
    theme_builtin(&t);
    buf_init(out, 1 << 20);
    ui_draw(ui);
    dump(&ui->canvas, &t, COLOR_DEPTH_MONO, out);
}

/* The same recording, altered in what it means. */
static void states_differ_without_colour(void **state)
{
    static const struct {
        const char *file, *until, *mark, *what, *by;
        enum pane_id pane;
    } cases[] = {
        {"session", NULL, "\"stage_end\"", "\"failed\"", "\"solved\"", PANE_STAGES},
        {"session", NULL, "\"stage\":2,\"candidate\":1,\"outcome\"", "\"rejected\"", "\"accepted\"",
         PANE_STAGES},
        {"session", NULL, "\"job_done\"", "\"solved\"", "\"failed\"", PANE_TALK},
        {"session", NULL, "\"check\"", "\"ok\":true", "\"ok\":false", PANE_TALK},
        {"graph", "\"choose\"", "\"step_end\"", "\"done\"", "\"failed\"", PANE_GRAPH},
        {"graph", "\"choose\"", "\"step_end\"", "\"done\"", "\"cancelled\"", PANE_GRAPH},
        {"jobs", NULL, "\"job_done\"", "\"solved\"", "\"failed\"", PANE_JOBS},
        {"batch", "\"item\":7,", "\"item\":1,\"child\":8,\"title\":\"\"", "\"solved\"",
         "\"failed\"", PANE_BATCH},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct ui old, new; /* too large for a frame */
        struct buf a, b;
        dashboard(&old, 120, 40, false);
        dashboard(&new, 120, 40, false);
        fold_file(&old, cases[i].file, cases[i].until, NULL, NULL, NULL);
        if (!fold_file(&new, cases[i].file, cases[i].until, cases[i].mark, cases[i].what,
                       cases[i].by))
            fail_msg("case %zu: no such event", i);
        ui_focus(&old, cases[i].pane);
        ui_focus(&new, cases[i].pane);
        old.zoom = new.zoom = true;
        mono_of(&old, &a);
        mono_of(&new, &b);
        if (strcmp(a.data, b.data) == 0)
            fail_msg("case %zu: %s and %s look the same without colour", i, cases[i].what,
                     cases[i].by);
        buf_fini(&a);
        buf_fini(&b);
        ui_fini(&new);
        ui_fini(&old);
    }
}

static void focus_and_tabs_show_without_colour(void **state)
{
    struct buf seen[PANE_COUNT];
    (void)state;
    for (int p = 0; p < PANE_COUNT; p++) {
        struct ui ui;
        dashboard(&ui, 120, 40, false);
        ui_focus(&ui, (enum pane_id)p);
        mono_of(&ui, &seen[p]);
        for (int q = 0; q < p; q++)
            assert_string_not_equal(seen[p].data, seen[q].data);
        ui_fini(&ui);
    }
    for (int p = 0; p < PANE_COUNT; p++)
        buf_fini(&seen[p]);
}

/* ---- an event belongs to a pane ---- */

/* The whole dashboard at 120×60; those of the other panes are beside their own tests. */
static void an_altered_job_changes_the_overview_alone(void **state)
{
    static const struct {
        const char *mark, *what, *by;
    } cases[] = {{"\"job\":8", "parse ISO", "prase ISO"},
                 {"\"job_done\",\"seq\"", "\"solved\"", "\"cancelled\""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ui old, new;
        struct rect none = {0};
        dashboard(&old, 120, 60, false);
        dashboard(&new, 120, 60, false);
        fold_file(&old, "jobs", NULL, NULL, NULL, NULL);
        if (!fold_file(&new, "jobs", NULL, cases[i].mark, cases[i].what, cases[i].by))
            fail_msg("case %zu: no such event", i);
        ui_focus(&old, PANE_JOBS);
        ui_focus(&new, PANE_JOBS);
        ui_draw(&old);
        ui_draw(&new);
        if (!differences(&old, &new, old.layout.pane[PANE_JOBS], none))
            fail_msg("case %zu: %s is not on the screen", i, cases[i].what);
        ui_fini(&new);
        ui_fini(&old);
    }
}

static void an_altered_artifact_changes_the_memory_alone(void **state)
{
    struct ui old, new;
    struct rect none = {0};
    char other[sizeof artifacts];
    (void)state;
    scene(&old, PANE_MEMORY, 120, 60);
    memcpy(other, artifacts, sizeof other);
    memcpy(strstr(other, "spiral"), "circle", 6);
    answer_artifacts(other);
    dashboard(&new, 120, 60, false);
    fold_file(&new, "session", NULL, NULL, NULL, NULL);
    ui_focus(&new, PANE_MEMORY);
    ui_draw(&new);
    ui_draw(&new);
    assert_true(differences(&old, &new, old.layout.pane[PANE_MEMORY], none) > 0);
    answer_artifacts(NULL);
    ui_fini(&new);
    ui_fini(&old);
}

/* The wheel moves through what is below it. */
static void the_wheel_moves_the_lists(void **state)
{
    static const enum pane_id panes[] = {PANE_MEMORY, PANE_JOBS, PANE_BATCH};
    (void)state;
    for (size_t i = 0; i < sizeof panes / sizeof *panes; i++) {
        struct ui old, new;
        struct rect none = {0}, r;
        struct input_event ev = {.type = INPUT_MOUSE, .mouse = INPUT_WHEEL_DOWN};
        size_t s = 0;
        while (scenes[s].pane != panes[i])
            s++;
        scene(&old, s, 80, 24);
        scene(&new, s, 80, 24);
        if (panes[i] == PANE_BATCH) { /* its tasks */
            press(&old, INPUT_ENTER, 0);
            press(&new, INPUT_ENTER, 0);
            ui_draw(&old);
            ui_draw(&new);
        }
        r = new.layout.pane[panes[i]];
        ev.x = r.x + 3;
        ev.y = r.y + r.h / 2;
        ui_input(&new, &ev);
        ui_draw(&new);
        if (!differences(&old, &new, r, none))
            fail_msg("%s does not move", pane_classes[panes[i]]->name);
        ui_fini(&new);
        ui_fini(&old);
    }
    answer_artifacts(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pane_in_every_look),
        cmocka_unit_test(roles_that_mean_different_things_differ_without_colour),
        cmocka_unit_test(states_differ_without_colour),
        cmocka_unit_test(focus_and_tabs_show_without_colour),
        cmocka_unit_test(the_wheel_moves_the_lists),
        cmocka_unit_test(an_altered_job_changes_the_overview_alone),
        cmocka_unit_test(an_altered_artifact_changes_the_memory_alone),
    };
    return cmocka_run_group_tests(tests, read_session, free_session);
}
