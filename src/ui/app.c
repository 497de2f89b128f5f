#include "ui/app.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/config.h"
#include "ui/term/external_editor.h"
#include "ui/term/term.h"
#include "ui/ui.h"

enum {
    FRAME_MS = 50, /* between two frames of a stream; a key paints at once */
    CLOCK_MS = 1000,
    DOUBLE_MS = 1000, /* two Ctrl-C within it leave */
    HISTORY_KEPT = 200,
    READ_BYTES = 4096,
};

struct app {
    const struct ui_options *options;
    uv_loop_t loop;
    struct ui ui;
    struct term *term;
    struct input *input;
    struct client *client;
    struct own_command command;
    uv_poll_t keyboard, output;
    uv_timer_t esc, frame, clock, wake;
    uv_prepare_t sleeping;
    uv_signal_t resized, terminated, hung_up;
    bool ended, frame_due, output_waiting, subscribed, told_theme;
    uint64_t last_frame, last_interrupt;
    char lost[200]; /* what was said when the engine ended */
};

/* ---- frames ---- */

static void draw(struct app *a);

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct app *a = poll->data;
    (void)status;
    (void)events;
    uv_poll_stop(poll);
    a->output_waiting = false;
    draw(a);
}

static void leave(struct app *a)
{
    if (a->ended)
        return;
    a->ended = true;
    uv_stop(&a->loop);
}

static void set_clock(struct app *a)
{
    struct timespec now;
    struct tm tm;
    char text[8];
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof text, "%H:%M", &tm);
    a->ui.now = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (strcmp(text, a->ui.clock) != 0) {
        snprintf(a->ui.clock, sizeof a->ui.clock, "%s", text);
        a->ui.dirty = true;
    }
    if (model_active(&a->ui.model) > 0 || a->ui.behind)
        a->ui.dirty = true; /* running times */
    a->ui.behind = false;
}

static void draw(struct app *a)
{
    if (a->output_waiting || a->ended)
        return;
    a->last_frame = uv_now(&a->loop);
    if (a->ui.dirty)
        ui_draw(&a->ui);
    switch (term_draw(a->term, &a->ui.canvas)) {
    case TERM_BUSY:
        a->output_waiting = true;
        uv_poll_start(&a->output, UV_WRITABLE, on_writable);
        break;
    case TERM_GONE:
        leave(a);
        break;
    default:
        break;
    }
}

static void on_frame(uv_timer_t *timer)
{
    struct app *a = timer->data;
    a->frame_due = false;
    draw(a);
}

/* For what streams in: at most one frame in FRAME_MS. */
static void draw_soon(struct app *a)
{
    uint64_t since = uv_now(&a->loop) - a->last_frame;
    if (a->frame_due)
        return;
    a->frame_due = true;
    uv_timer_start(&a->frame, on_frame, since >= FRAME_MS ? 1 : FRAME_MS - since, 0);
}

/* Before the loop sleeps: what answers of the engine have changed is shown. */
static void on_sleeping(uv_prepare_t *handle)
{
    struct app *a = handle->data;
    if (a->ui.dirty && !a->output_waiting)
        draw_soon(a);
}

static void on_wake(uv_timer_t *timer)
{
    struct app *a = timer->data;
    set_clock(a);
    ui_tick(&a->ui);
}

static void on_clock(uv_timer_t *timer)
{
    struct app *a = timer->data;
    set_clock(a);
    if (a->ui.dirty)
        draw_soon(a);
}

/* ---- the terminal ---- */

static void interrupt(struct app *a)
{
    uint64_t now = uv_now(&a->loop);
    bool twice = a->last_interrupt && now - a->last_interrupt < DOUBLE_MS;
    a->last_interrupt = now;
    if (twice) {
        leave(a);
        return;
    }
    if (!ui_interrupt(&a->ui)) {
        size_t n;
        editor_text(a->ui.input, &n);
        if (n)
            editor_set(a->ui.input, "");
        ui_note(&a->ui, "^C again leaves; jobs go on");
    }
}

static void load_theme(struct app *a, const char *name)
{
    char path[PATH_SIZE];
    struct err_info info;
    struct theme theme;
    char text[PATH_SIZE];
    if (strchr(name, '/') || snprintf(path, sizeof path, "%.900s/%.60s.yaml", a->options->themes,
                                      name) >= (int)sizeof path)
        return;
    if (theme_load(&theme, path, &info))
        ui_note(&a->ui, "%s", err_format(&info, text, sizeof text));
    else if (name != a->ui.theme)
        snprintf(a->ui.theme, sizeof a->ui.theme, "%s", name);
    term_set_theme(a->term, &theme);
}

static void take_event(struct app *a, const struct input_event *ev)
{
    if (ev->type == INPUT_KEY && ev->key == 'c' && ev->mods == INPUT_CTRL)
        interrupt(a);
    else if (ev->type == INPUT_BACKGROUND) {
        if (!a->told_theme && theme_is_light(ev->rgb))
            load_theme(a, "light");
    } else
        ui_input(&a->ui, ev);
}

static void on_esc(uv_timer_t *timer);

static void take_events(struct app *a)
{
    struct input_event ev;
    int wait;
    while (!a->ended && input_next(a->input, &ev))
        take_event(a, &ev);
    wait = input_wait(a->input);
    if (wait >= 0)
        uv_timer_start(&a->esc, on_esc, (uint64_t)wait, 0);
    draw(a); /* what was typed shows at once */
}

static void on_esc(uv_timer_t *timer)
{
    struct app *a = timer->data;
    input_flush(a->input);
    take_events(a);
}

static void on_keyboard(uv_poll_t *poll, int status, int events)
{
    struct app *a = poll->data;
    char bytes[READ_BYTES];
    long n;
    (void)events;
    /* On a busy machine the next key may be seen before the time that has passed since Esc. */
    if (uv_is_active((uv_handle_t *)&a->esc) && uv_timer_get_due_in(&a->esc) == 0)
        on_esc(&a->esc);
    uv_timer_stop(&a->esc);
    while ((n = term_read(a->term, bytes, sizeof bytes)) > 0)
        if (input_feed(a->input, bytes, (size_t)n))
            break;
    if (n < 0 || status < 0) {
        leave(a);
        return;
    }
    take_events(a);
}

static void on_resized(uv_signal_t *handle, int number)
{
    struct app *a = handle->data;
    int w, h;
    (void)number;
    if (!term_resize(a->term))
        return;
    term_size(a->term, &w, &h);
    if (ui_resize(&a->ui, w, h) == ERR_OK)
        draw_soon(a);
}

static void on_terminated(uv_signal_t *handle, int number)
{
    (void)number;
    leave(handle->data);
}

/* ---- the engine ---- */

static void on_jobs(void *arg, struct json_object *result, const struct err_info *info)
{
    struct app *a = arg;
    struct json_object *list = json_array(result, "jobs");
    if (info || !list)
        return;
    ui_listed(&a->ui, list);
    draw_soon(a);
}

static void on_state(void *arg, enum client_state state, const char *sentence)
{
    static const char *const names[] = {"starting", "engine", "restarting", "stopped", "no engine"};
    struct app *a = arg;
    snprintf(a->ui.engine, sizeof a->ui.engine, "%s", names[state]);
    a->ui.engine_up = state == CLIENT_READY;
    if (*sentence)
        ui_note(&a->ui, "%s", sentence);
    if (state == CLIENT_LOST || state == CLIENT_STOPPED)
        snprintf(a->lost, sizeof a->lost, "%s", sentence);
    if (state == CLIENT_READY && *a->lost && strcmp(a->ui.note, a->lost) == 0)
        ui_note(&a->ui, "%s", ""); /* it is no longer so */
    if (state == CLIENT_READY && a->client) {
        struct json_object *o = json_object_new_object();
        const char *note = json_str(client_hello(a->client), "note", "");
        json_add_i64(o, "limit", 100);
        if (*note)
            ui_note(&a->ui, "%s", note);
        client_call(a->client, METHOD_JOB_LIST, o, on_jobs, a);
        ui_connected(&a->ui);
        ui_look(&a->ui);
    }
    a->ui.dirty = true;
    if (a->term)
        draw_soon(a);
}

static void on_note(void *arg, const char *sentence)
{
    struct app *a = arg;
    ui_note(&a->ui, "%s", sentence);
    draw_soon(a);
}

static bool installs(struct app *a, int64_t id)
{
    const struct model_job *job = model_job(&a->ui.model, id);
    return job && strcmp(job->kind, "model_install") == 0;
}

static void on_event(void *arg, const struct event *ev, const char *line)
{
    struct app *a = arg;
    (void)line;
    ui_event(&a->ui, ev);
    if (ev->type == EVENT_JOB_DONE && installs(a, ev->job))
        ui_look(&a->ui); /* an installation may have brought a model */
    if (a->ui.dirty)
        draw_soon(a);
}

/* ---- what the ui asks for ---- */

static void link_call(void *arg, enum protocol_method method, struct json_object *params,
                      client_reply_fn *reply, void *reply_arg)
{
    struct app *a = arg;
    struct err_info info = {0};
    if (a->client) {
        client_call(a->client, method, params, reply, reply_arg);
        return;
    }
    json_object_put(params);
    (void)err_set(&info, ERR_CANCELLED, "the engine is not there");
    if (reply)
        reply(reply_arg, NULL, &info);
}

static void link_quit(void *arg)
{
    leave(arg);
}

static void link_suspend(void *arg)
{
    struct app *a = arg;
    term_suspend(a->term);
    on_resized(&a->resized, SIGWINCH);
    a->ui.dirty = true;
}

static void link_redraw(void *arg)
{
    struct app *a = arg;
    term_redraw(a->term);
}

static void link_theme(void *arg, const char *name)
{
    load_theme(arg, name);
}

static void link_mouse(void *arg, bool on)
{
    struct app *a = arg;
    term_mouse(a->term, on);
}

static bool link_copy(void *arg, const char *text, size_t n, char *why, size_t size)
{
    struct app *a = arg;
    struct err_info info;
    if (term_copy(a->term, text, n, &info) == ERR_OK)
        return true;
    snprintf(why, size, "%s", info.message);
    return false;
}

static bool link_edit(void *arg, const char *name, const char *text, struct buf *out, char *why,
                      size_t size)
{
    struct app *a = arg;
    struct err_info info = {0};
    enum err e;
    term_leave(a->term);
    e = external_edit(name, text, out, &info);
    term_enter(a->term);
    on_resized(&a->resized, SIGWINCH);
    a->ui.dirty = true;
    snprintf(why, size, "%s", info.message);
    return e == ERR_OK;
}

/* The earliest that somebody asked for counts. */
static void link_wake(void *arg, int ms)
{
    struct app *a = arg;
    if (!uv_is_active((uv_handle_t *)&a->wake) || uv_timer_get_due_in(&a->wake) > (uint64_t)ms)
        uv_timer_start(&a->wake, on_wake, (uint64_t)ms, 0);
}

static bool link_command(void *arg, const char *const *words, own_command_fn *done, void *done_arg,
                         char *why, size_t size)
{
    struct app *a = arg;
    struct err_info info = {0};
    enum err e =
        own_command_run(&a->command, &a->loop, a->options->home, words, done, done_arg, &info);
    snprintf(why, size, "%s", info.message);
    return e == ERR_OK;
}

/* ---- what is remembered ---- */

static void keep_history(struct app *a, struct json_object *entry)
{
    if (json_object_is_type(entry, json_type_string) &&
        editor_history_add(a->ui.input, json_object_get_string(entry)))
        ui_note(&a->ui, "a part of the history is left out");
}

static void load_state(struct app *a)
{
    char path[PATH_SIZE];
    struct buf text;
    struct json_object *o = NULL, *history;
    buf_init(&text, 1 << 20);
    if (path_join(path, a->options->home, "ui.json") == ERR_OK &&
        buf_read_file(&text, path, NULL) == ERR_OK &&
        json_parse(text.data, text.len, NULL, &o, NULL) == ERR_OK) {
        const char *theme = json_str(o, "theme", "");
        history = json_array(o, "history");
        for (size_t i = 0; history && i < json_object_array_length(history); i++)
            keep_history(a, json_object_array_get_idx(history, i));
        editor_set(a->ui.input, json_str(o, "draft", ""));
        if (json_object_of(o, "layout"))
            ui_recall(&a->ui, json_object_of(o, "layout"));
        a->ui.mouse = json_flag(o, "mouse", true);
        a->ui.setup_dismissed = json_flag(o, "looked_around", false);
        a->told_theme = *theme != 0;
        if (*theme)
            snprintf(a->ui.theme, sizeof a->ui.theme, "%s", theme);
    }
    json_object_put(o);
    buf_fini(&text);
}

/* What the configuration says about the dashboard goes before what was left the last time. */
static void take_config(struct app *a)
{
    struct config_place place;
    struct config *c;
    if (!a->options->config || config_read(a->options->config, &c, NULL))
        return; /* whoever needs it says what is wrong */
    if (config_place(c, "ui.theme", &place)) {
        snprintf(a->ui.theme, sizeof a->ui.theme, "%s", config_text(c, OPTION_THEME));
        a->told_theme = true;
    }
    if (config_place(c, "ui.mouse", &place))
        a->ui.mouse = config_flag(c, OPTION_MOUSE);
    config_free(c);
}

static void save_state(struct app *a)
{
    char path[PATH_SIZE];
    struct json_object *o = json_object_new_object(), *history = json_object_new_array();
    size_t n = 0, first;
    const char *text;
    while (editor_history(a->ui.input, n))
        n++;
    first = n > HISTORY_KEPT ? n - HISTORY_KEPT : 0;
    for (size_t i = first; i < n; i++)
        json_object_array_add(history, json_object_new_string(editor_history(a->ui.input, i)));
    json_add_str(o, "theme", a->ui.theme);
    json_add_str(o, "draft", editor_text(a->ui.input, NULL));
    json_object_object_add(o, "layout", ui_keep(&a->ui));
    json_add_bool(o, "mouse", a->ui.mouse);
    json_add_bool(o, "looked_around", a->ui.setup_dismissed);
    json_object_object_add(o, "history", history);
    text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
    if (path_join(path, a->options->home, "ui.json") || path_mkdirs(a->options->home, NULL) ||
        path_write(path, text, strlen(text), NULL))
        fprintf(stderr, "dise: the state of the dashboard could not be kept\n");
    json_object_put(o);
}

/* ---- main ---- */

static enum err open_all(struct app *a, struct err_info *info)
{
    const struct ui_link link = {link_call,  link_quit,  link_suspend, link_redraw,
                                 link_theme, link_mouse, link_copy,    a,
                                 link_edit,  link_wake,  link_command};
    struct term_options options = {0};
    int w, h;
    enum err e;
    a->input = input_new();
    if (!a->input)
        return err_set(info, ERR_NOMEM, "out of memory");
    e = term_open(&a->term, &options, info);
    if (e)
        return e;
    term_bind_keys(a->term, a->input);
    term_size(a->term, &w, &h);
    e = ui_init(&a->ui, &link, w, h, term_wants_ascii(a->term));
    if (e)
        return err_set(info, e, "out of memory");
    if (!getcwd(a->ui.cwd, sizeof a->ui.cwd))
        a->ui.cwd[0] = 0;
    load_state(a);
    take_config(a);
    load_theme(a, a->ui.theme);
    if (!a->ui.mouse)
        term_mouse(a->term, false);
    return ERR_OK;
}

static void start_handles(struct app *a)
{
    uv_timer_init(&a->loop, &a->esc);
    uv_timer_init(&a->loop, &a->frame);
    uv_timer_init(&a->loop, &a->clock);
    uv_timer_init(&a->loop, &a->wake);
    uv_prepare_init(&a->loop, &a->sleeping);
    uv_signal_init(&a->loop, &a->resized);
    uv_signal_init(&a->loop, &a->terminated);
    uv_signal_init(&a->loop, &a->hung_up);
    uv_poll_init(&a->loop, &a->keyboard, term_in_fd(a->term));
    uv_poll_init(&a->loop, &a->output, term_out_fd(a->term));
    a->esc.data = a->frame.data = a->clock.data = a->resized.data = a->terminated.data = a;
    a->hung_up.data = a;
    a->keyboard.data = a->output.data = a->wake.data = a->sleeping.data = a;
    uv_prepare_start(&a->sleeping, on_sleeping);
    uv_signal_start(&a->resized, on_resized, SIGWINCH);
    uv_signal_start(&a->terminated, on_terminated, SIGTERM);
    uv_signal_start(&a->hung_up, on_terminated, SIGHUP); /* the draft is kept */
    uv_poll_start(&a->keyboard, UV_READABLE, on_keyboard);
    uv_timer_start(&a->clock, on_clock, CLOCK_MS, CLOCK_MS);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void run(struct app *a)
{
    struct client_options client = {.home = a->options->home,
                                    .name = "dashboard",
                                    .start = true,
                                    .stays = true,
                                    .engine_args = a->options->engine_args,
                                    .config = a->options->config,
                                    .on_state = on_state,
                                    .on_note = on_note,
                                    .on_event = on_event,
                                    .arg = a};
    start_handles(a);
    on_resized(&a->resized, SIGWINCH); /* while nobody listened the window may have changed */
    set_clock(a);
    a->client = client_new(&a->loop, &client);
    if (!a->client)
        return;
    client_subscribe(a->client, 0, -1, true);
    draw(a); /* before the engine answers; panes that come into view may ask already */
    if (!a->told_theme)
        term_ask_background(a->term);
    uv_run(&a->loop, UV_RUN_DEFAULT);
    client_close(a->client);
    uv_run(&a->loop, UV_RUN_NOWAIT);
}

int ui_main(const struct ui_options *o)
{
    static struct app app;
    struct app *a = &app;
    struct err_info info = {0};
    size_t active;
    memset(a, 0, sizeof *a);
    a->options = o;
    signal(SIGPIPE, SIG_IGN);
    if (open_all(a, &info)) {
        fprintf(stderr, "dise: %s\n", info.message);
        term_close(a->term);
        input_free(a->input);
        return 1;
    }
    uv_loop_init(&a->loop);
    run(a);
    uv_walk(&a->loop, close_handle, NULL);
    uv_run(&a->loop, UV_RUN_DEFAULT);
    uv_loop_close(&a->loop);
    active = model_active(&a->ui.model);
    save_state(a);
    term_close(a->term);
    ui_fini(&a->ui);
    input_free(a->input);
    if (active)
        printf("%zu job%s on in the engine; dise shows %s again.\n", active,
               active == 1 ? " goes" : "s go", active == 1 ? "it" : "them");
    return 0;
}
