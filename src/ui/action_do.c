/* What the actions do. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ui/action_rag.h"
#include "ui/backends_text.h"
#include "ui/menu.h"
#include "ui/pane/batch_form.h"
#include "ui/ui.h"

/* ---- replies ---- */

static void on_error(struct ui *ui, const struct err_info *info)
{
    char text[512];
    ui_note(ui, "%s", err_format(info, text, sizeof text));
}

static void on_simple(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    (void)result;
    if (info)
        on_error(ui, info);
    else
        ui_note(ui, "done");
}

static void on_job(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    if (info)
        on_error(ui, info);
    else
        ui_show_job(ui, json_i64(result, "job", 0));
}

static void on_status(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    if (info) {
        on_error(ui, info);
        return;
    }
    ui_open_text(ui, "Status");
    json_object_object_foreach(result, key, value)
        ui_say(ui, STYLE_TEXT, "%-12s %s", key, json_object_get_string(value));
}

static void on_doctor(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct json_object *list = json_array(result, "checks");
    if (info) {
        on_error(ui, info);
        return;
    }
    ui_open_text(ui, "Doctor");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *c = json_object_array_get_idx(list, i);
        const char *state = json_str(c, "state", "fail"), *remedy = json_str(c, "remedy", "");
        bool ok = strcmp(state, "ok") == 0, warn = strcmp(state, "warn") == 0;
        ui_say(ui,
               ok     ? STYLE_OK
               : warn ? STYLE_WARN
                      : STYLE_ERROR,
               "%s %-16s %s",
               canvas_glyph(&ui->canvas, ok     ? GLYPH_OK
                                         : warn ? GLYPH_WARN
                                                : GLYPH_FAIL),
               json_str(c, "name", ""), json_str(c, "detail", ""));
        if (*remedy)
            ui_say(ui, STYLE_DIM, "  %-16s %s %s", "", canvas_glyph(&ui->canvas, GLYPH_ARROW),
                   remedy);
    }
}

static void say_backend_line(void *arg, enum backends_mark mark, int indent, const char *text)
{
    struct ui *ui = arg;
    static const enum style styles[] = {[BACKENDS_NONE] = STYLE_TEXT,
                                        [BACKENDS_OK] = STYLE_OK,
                                        [BACKENDS_WARN] = STYLE_WARN,
                                        [BACKENDS_FAIL] = STYLE_ERROR};
    static const enum glyph glyphs[] = {
        [BACKENDS_OK] = GLYPH_OK, [BACKENDS_WARN] = GLYPH_WARN, [BACKENDS_FAIL] = GLYPH_FAIL};
    ui_say_hang(ui, indent + 2, mark == BACKENDS_NONE && indent ? STYLE_DIM : styles[mark],
                "%*s%s%s%s", indent, "",
                mark == BACKENDS_NONE ? "" : canvas_glyph(&ui->canvas, glyphs[mark]),
                mark == BACKENDS_NONE ? "" : " ", text);
}

/* The overlay's title while models are asked; another text may be open when they answer. */
static const char being_asked[] = "Backends: each model is asked";

static void on_backends(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    if (info) {
        on_error(ui, info);
        return;
    }
    ui_open_text(ui, "Backends");
    backends_text(result, true, say_backend_line, ui);
}

static void on_models(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    struct json_object *list = json_array(result, "models");
    if (info) {
        on_error(ui, info);
        return;
    }
    ui_open_text(ui, "Local models");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *m = json_object_array_get_idx(list, i);
        ui_say(ui, STYLE_TEXT, "%-24s %-10s %6.0f MB  %s%s", json_str(m, "name", ""),
               json_str(m, "state", ""), json_f64(m, "size", 0) / 1e6, json_str(m, "licence", ""),
               json_flag(m, "loaded", false) ? "  loaded" : "");
    }
}

static void on_connected(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    if (info)
        on_error(ui, info);
    else
        ui_note(ui, "written to %s; dise restart makes it effective", json_str(result, "file", ""));
}

/* ---- what they do ---- */

static void do_backends(struct ui *ui, const char *args)
{
    struct json_object *params = json_object_new_object();
    const bool test = strstr(args, "test") != NULL;
    json_add_bool(params, "test", test);
    if (test)
        ui_open_text(ui, being_asked);
    ui_note(ui, test ? "asking each model …" : "looking …");
    ui_call(ui, METHOD_BACKENDS, params, on_backends, ui);
}

void action_backend_tested(struct ui *ui, const struct event *ev)
{
    const struct event_backend_tested *t = &ev->u.backend_tested;
    struct json_object *test = NULL;
    if (ui->overlay != OVERLAY_TEXT || strcmp(ui->overlay_title, being_asked) != 0)
        return;
    if (json_parse(t->test, strlen(t->test), NULL, &test, NULL) == ERR_OK)
        backends_text_test(t->backend, t->model, test, say_backend_line, ui);
    json_object_put(test);
}

static struct json_object *with_text(const char *key, const char *text)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, key, text);
    return o;
}

/* The first word of args into `word`; returns what follows it. */
static const char *split(const char *args, char *word, size_t size)
{
    size_t n = strcspn(args, " ");
    snprintf(word, size, "%.*s", (int)n, args);
    args += n;
    return args + strspn(args, " ");
}

static void do_cancel(struct ui *ui, const char *args)
{
    struct model_job *job = model_job(&ui->model, ui->job);
    struct json_object *o;
    (void)args;
    if (!job || job->state == MODEL_DONE) {
        ui_note(ui, "no job is running here");
        return;
    }
    o = json_object_new_object();
    json_add_i64(o, "job", ui->job);
    ui_call(ui, METHOD_JOB_CANCEL, o, NULL, NULL);
    ui_note(ui, "cancelling");
}

static void do_plan(struct ui *ui, const char *task)
{
    struct json_object *o;
    if (!*task) {
        ui_note(ui, "/plan needs a task");
        return;
    }
    o = json_object_new_object();
    json_add_bool(o, "plan", true);
    ui_submit_as(ui, task, o);
}

static void do_submit_as(struct ui *ui, const char *class, const char *task)
{
    struct json_object *o;
    if (!*task) {
        ui_note(ui, "/%s needs a task behind it", class);
        return;
    }
    o = json_object_new_object();
    json_add_str(o, "class", class);
    ui_submit_as(ui, task, o);
}

void ui_write_file(struct ui *ui, const char *file, const char *text)
{
    char path[PATH_SIZE];
    struct err_info info;
    if (*file != '/' && path_join(path, ui->cwd, file))
        ui_note(ui, "the name is too long");
    else if (*file == '/' && snprintf(path, sizeof path, "%s", file) >= (int)sizeof path)
        ui_note(ui, "the name is too long");
    else if (path_exists(path))
        ui_note(ui, "%s exists already; choose another name", path);
    else if (path_write(path, text, strlen(text), &info))
        ui_note(ui, "%s", info.message);
    else if (chmod(path, 0644) == 0)
        ui_note(ui, "saved %s", path);
}

static void do_save(struct ui *ui, const char *file)
{
    struct model_job *job = model_job(&ui->model, ui->job);
    const char *code = job ? model_code(job) : NULL;
    if (!code)
        ui_note(ui, "there is no program to save yet");
    else if (!*file)
        ui_note(ui, "/save needs the name of a file");
    else
        ui_write_file(ui, file, code);
}

void ui_copy(struct ui *ui, const char *text)
{
    char why[200] = "";
    if (ui->link.copy && ui->link.copy(ui->link.arg, text, strlen(text), why, sizeof why))
        ui_note(ui, "copied %zu bytes", strlen(text));
    else
        ui_note(ui, "%s", why);
}

/* Of the focused pane, else the program of the job in view. */
static void do_copy(struct ui *ui, const char *args)
{
    const struct pane_class *k =
        pane_classes[ui->focus]->copy ? pane_classes[ui->focus] : &pane_talk;
    const char *code = k->copy(ui, ui->panes[k == &pane_talk ? PANE_TALK : ui->focus]);
    (void)args;
    if (code)
        ui_copy(ui, code);
    else
        ui_note(ui, "there is no program to copy yet");
}

/* "a17", "17": else it is a tool's name. */
static bool is_artifact(const char *id)
{
    const size_t digits = strspn(id + (*id == 'a'), "0123456789");
    return digits && !id[(*id == 'a') + digits];
}

static void do_run(struct ui *ui, const char *args)
{
    char id[96], key[33];
    const char *text = split(args, id, sizeof id);
    struct json_object *o, *input = NULL;
    struct err_info info;
    if (!id[0]) {
        ui_note(ui, "/run needs the id of a kept program or a tool, see /artifact and /tools");
        return;
    }
    if (*text && json_parse(text, strlen(text), "the input", &input, &info)) {
        on_error(ui, &info);
        return;
    }
    o = with_text("id", id);
    client_key(key);
    json_add_str(o, "key", key);
    if (input)
        json_object_object_add(o, "input", input);
    ui_call(ui, is_artifact(id) ? METHOD_ARTIFACT_RUN : METHOD_TOOL_RUN, o, on_job, ui);
}

static void do_optimize(struct ui *ui, const char *args)
{
    char id[32], key[33];
    const char *target = split(args, id, sizeof id);
    struct json_object *o;
    if (strcmp(id, "tool") == 0) /* as the system before had it */
        target = split(target, id, sizeof id);
    if (!id[0]) {
        ui_note(ui, "/optimize needs the id of a kept program, see /artifact");
        return;
    }
    o = with_text("id", id);
    client_key(key);
    json_add_str(o, "key", key);
    json_add_str(o, "target", target);
    ui_call(ui, METHOD_ARTIFACT_OPTIMIZE, o, on_job, ui);
}

static void do_model(struct ui *ui, const char *args)
{
    char verb[16], key[33];
    const char *name = split(args, verb, sizeof verb);
    struct json_object *o = json_object_new_object();
    if (*name)
        json_add_str(o, "name", name);
    client_key(key);
    if (strcmp(verb, "install") == 0) {
        json_add_str(o, "key", key);
        ui_call(ui, METHOD_MODEL_INSTALL, o, on_job, ui);
    } else if (strcmp(verb, "start") == 0) {
        ui_call(ui, METHOD_MODEL_START, o, on_simple, ui);
    } else if (strcmp(verb, "stop") == 0) {
        ui_call(ui, METHOD_MODEL_STOP, o, on_simple, ui);
    } else {
        ui_call(ui, METHOD_MODEL_LIST, o, on_models, ui);
    }
}

static void do_connect(struct ui *ui, const char *args)
{
    char url[256];
    const char *variable = split(args, url, sizeof url);
    struct json_object *o;
    if (!url[0]) {
        ui_note(ui, "/connect needs an address such as http://127.0.0.1:8080/v1");
        return;
    }
    o = with_text("url", url);
    if (*variable)
        json_add_str(o, "key_env", variable);
    ui_call(ui, METHOD_SETUP_ADDRESS, o, on_connected, ui);
}

static void do_theme(struct ui *ui, const char *name)
{
    if (!*name)
        name = strcmp(ui->theme, "light") == 0 ? "dark" : "light";
    snprintf(ui->theme, sizeof ui->theme, "%s", name);
    if (ui->link.set_theme)
        ui->link.set_theme(ui->link.arg, name);
}

static void do_mouse(struct ui *ui, const char *args)
{
    ui->mouse = strcmp(args, "on") == 0 || (strcmp(args, "off") != 0 && !ui->mouse);
    if (ui->link.set_mouse)
        ui->link.set_mouse(ui->link.arg, ui->mouse);
    ui_note(ui, "the mouse is %s", ui->mouse ? "on" : "left to the terminal");
}

/* Done by the pane's class, whatever has the focus: /tag works from the input line, too. */
static void do_in_pane(struct ui *ui, enum action a, const char *args)
{
    enum pane_id p = a < ACTION_COUNT ? action_pane(a) : PANE_COUNT;
    if (p != PANE_COUNT && ui_has(ui, p) && pane_classes[p]->action)
        pane_classes[p]->action(ui, ui->panes[p], (int)a, args);
}

enum { GROW = 40 }; /* thousandths of the screen at a keypress */

/* Focus and sizes; false: it is none of these. */
static bool do_in_frame(struct ui *ui, enum action a)
{
    switch (a) {
    case ACTION_FOCUS:
    case ACTION_FOCUS_BACK:
        ui_focus_next(ui, a == ACTION_FOCUS ? 1 : -1);
        break;
    case ACTION_PANE_1:
    case ACTION_PANE_2:
    case ACTION_PANE_3:
    case ACTION_PANE_4:
    case ACTION_PANE_5:
    case ACTION_PANE_6:
    case ACTION_PANE_7:
        ui_focus(ui, (enum pane_id)(a - ACTION_PANE_1));
        break;
    case ACTION_WIDER:
    case ACTION_NARROWER:
        ui_grow(ui, true, a == ACTION_WIDER ? GROW : -GROW);
        break;
    case ACTION_HIGHER:
    case ACTION_LOWER:
        ui_grow(ui, false, a == ACTION_HIGHER ? GROW : -GROW);
        break;
    case ACTION_ZOOM:
        ui->zoom = !ui->zoom;
        break;
    default:
        return false;
    }
    return true;
}

/* ---- the table ---- */

static void do_help(struct ui *ui, const char *args)
{
    (void)args;
    action_help_text(ui);
}

static void do_menu(struct ui *ui, const char *args)
{
    (void)args;
    menu_open(ui);
}

static void do_palette(struct ui *ui, const char *args)
{
    (void)args;
    ui_open_palette(ui);
}

static void do_quit(struct ui *ui, const char *args)
{
    (void)args;
    ui_confirm_quit(ui);
}

static void do_status(struct ui *ui, const char *args)
{
    (void)args;
    ui_call(ui, METHOD_ENGINE_STATUS, NULL, on_status, ui);
}

static void do_doctor(struct ui *ui, const char *args)
{
    (void)args;
    ui_note(ui, "looking …");
    ui_call(ui, METHOD_DOCTOR, NULL, on_doctor, ui);
}

static void do_clear_rag(struct ui *ui, const char *args)
{
    (void)args;
    action_clear_rag(ui);
}

static void do_suspend(struct ui *ui, const char *args)
{
    (void)args;
    if (ui->link.suspend)
        ui->link.suspend(ui->link.arg);
}

static void do_redraw(struct ui *ui, const char *args)
{
    (void)args;
    if (ui->link.redraw)
        ui->link.redraw(ui->link.arg);
}

static void do_jobs(struct ui *ui, const char *args)
{
    (void)args;
    ui_focus(ui, PANE_JOBS);
}

static void do_job(struct ui *ui, const char *args)
{
    ui_show_job(ui, strtoll(args, NULL, 10));
}

static void do_next_job(struct ui *ui, const char *args)
{
    (void)args;
    ui_step_job(ui, 1);
}

static void do_previous_job(struct ui *ui, const char *args)
{
    (void)args;
    ui_step_job(ui, -1);
}

static void do_as_code(struct ui *ui, const char *task)
{
    do_submit_as(ui, "code", task);
}

static void do_as_text(struct ui *ui, const char *task)
{
    do_submit_as(ui, "text", task);
}

static void do_as_arithmetic(struct ui *ui, const char *task)
{
    do_submit_as(ui, "arithmetic", task);
}

static void do_setup(struct ui *ui, const char *args)
{
    (void)args;
    ui_open_setup(ui);
}

/* Those that work everywhere, besides focus and sizes; the others are their panes'. */
static void (*const deeds[ACTION_COUNT])(struct ui *ui, const char *args) = {
    [ACTION_HELP] = do_help,
    [ACTION_MENU] = do_menu,
    [ACTION_PALETTE] = do_palette,
    [ACTION_QUIT] = do_quit,
    [ACTION_STATUS] = do_status,
    [ACTION_DOCTOR] = do_doctor,
    [ACTION_BACKENDS] = do_backends,
    [ACTION_RAG] = action_rag,
    [ACTION_CLEAR_RAG] = do_clear_rag,
    [ACTION_SUSPEND] = do_suspend,
    [ACTION_REDRAW] = do_redraw,
    [ACTION_FIND] = ui_search,
    [ACTION_THEME] = do_theme,
    [ACTION_MOUSE] = do_mouse,
    [ACTION_BATCH] = batch_form_open,
    [ACTION_PLAN] = do_plan,
    [ACTION_CANCEL] = do_cancel,
    [ACTION_JOBS] = do_jobs,
    [ACTION_JOB] = do_job,
    [ACTION_JOB_NEXT] = do_next_job,
    [ACTION_JOB_PREVIOUS] = do_previous_job,
    [ACTION_AS_CODE] = do_as_code,
    [ACTION_AS_TEXT] = do_as_text,
    [ACTION_AS_ARITHMETIC] = do_as_arithmetic,
    [ACTION_SAVE] = do_save,
    [ACTION_COPY] = do_copy,
    [ACTION_OPTIMIZE] = do_optimize,
    [ACTION_RUN] = do_run,
    [ACTION_MODEL] = do_model,
    [ACTION_CONNECT] = do_connect,
    [ACTION_SETUP] = do_setup,
};

void action_do(struct ui *ui, enum action a, const char *args)
{
    ui->dirty = true;
    if (do_in_frame(ui, a))
        return;
    if (a < ACTION_COUNT && deeds[a])
        deeds[a](ui, args);
    else
        do_in_pane(ui, a, args);
}

/* Habits of the old system, and what other programs taught. */
static const struct {
    const char *word;
    enum action action;
} habits[] = {{"exit", ACTION_QUIT},       {"q", ACTION_QUIT},
              {"?", ACTION_HELP},          {"h", ACTION_HELP},
              {"list", ACTION_ARTIFACT},   {"workflows", ACTION_WORKFLOW},
              {"backends", ACTION_DOCTOR}, {"man", ACTION_HELP},
              {"manual", ACTION_HELP},     {"m", ACTION_HELP}};

static enum action by_habit(const char *name)
{
    enum action a = action_by_name(name);
    for (size_t i = 0; a == ACTION_COUNT && i < sizeof habits / sizeof *habits; i++)
        if (strcmp(habits[i].word, name) == 0)
            a = habits[i].action;
    return a;
}

bool action_line(struct ui *ui, const char *line)
{
    static const char *const bare[] = {"help", "status", "exit", "quit"};
    char name[32];
    const char *args, *near;
    enum action a;
    if (*line != '/') {
        for (int i = 0; i < 4; i++)
            if (strcmp(line, bare[i]) == 0) {
                action_do(ui, by_habit(line), "");
                return true;
            }
        if (strcmp(line, "auto on") == 0 || strcmp(line, "auto off") == 0) {
            ui_note(ui, "automatic evolution is not part of this version yet; /batch plans a run");
            return true;
        }
        return false;
    }
    args = split(line + 1, name, sizeof name);
    a = by_habit(name);
    if (a != ACTION_COUNT) {
        action_do(ui, a, args);
        return true;
    }
    near = action_nearest(name);
    if (near)
        ui_note(ui, "unknown command /%s; did you mean /%s?", name, near);
    else
        ui_note(ui, "unknown command /%s; ? lists them", name);
    return true;
}
