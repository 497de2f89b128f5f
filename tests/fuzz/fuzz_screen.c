/* The whole dashboard without a terminal: keys, pastes, mouse, sizes from 1×1 to 500×200, events
 * and answers of an engine gone mad, all out of the input's bytes. Whatever comes, it stands, and
 * no cell holds a control byte. */
#include <stdlib.h>
#include <string.h>

#include "ui/pane/batch_form.h"
#include "ui/ui.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

enum { PENDING_MAX = 64, TEXT_BYTES = 40, DEPTH = 3, W_MAX = 500, H_MAX = 200 };

struct input_bytes {
    const unsigned char *at, *end;
};

struct pending {
    client_reply_fn *reply;
    void *arg;
};

static struct pending pending[PENDING_MAX];
static int pending_n;
static struct input_bytes in;

/* ---- values out of bytes ---- */

static unsigned byte(void)
{
    return in.at < in.end ? *in.at++ : 0;
}

static int64_t number(void)
{
    static const int64_t odd[] = {
        0,         1,      -1,   2,          INT64_MAX,    INT64_MIN, 1700000000000,
        INT32_MAX, 100000, 4096, 1000000007, INT64_MAX - 1};
    unsigned b = byte();
    return b < sizeof odd / sizeof *odd ? odd[b] : b < 200 ? (int64_t)b % 12 : (int64_t)b * 1000003;
}

static double real(void)
{
    static const double odd[] = {0, 1, -1, 1e308, -1e308, 1e-300, 0.5, 1e18};
    unsigned b = byte();
    return b < 8 ? odd[b] : b == 8 ? __builtin_inf() : b == 9 ? __builtin_nan("") : b * 1.7;
}

/* Words that the panes look for, and any bytes; NUL ends it early. */
static const char *text(void)
{
    static const char *const words[] = {"",
                                        "solved",
                                        "failed",
                                        "running",
                                        "done",
                                        "waiting",
                                        "scheduled",
                                        "parse",
                                        "example",
                                        "paused",
                                        "unsolved",
                                        "cancelled",
                                        "skipped",
                                        "info",
                                        "warn",
                                        "intake",
                                        "run|drop",
                                        "bytes",
                                        "1.2.1",
                                        "3.1",
                                        "1",
                                        "\x1b[2J",
                                        "\x9b"
                                        "31m",
                                        "你好👨‍👩‍👧",
                                        "e\xCC\x81\xCC\x81",
                                        "\xff\xfe",
                                        "```python\n",
                                        "a\nb\tc\r",
                                        "# head\n|a|b|\n|-|-:|\n|1|2|\n",
                                        "\xE2\x80\xAE"
                                        "rtl",
                                        "|||",
                                        "a1"};
    static char texts[16][4 * TEXT_BYTES + 1];
    static unsigned next;
    char *out = texts[next++ % 16];
    unsigned b = byte();
    size_t n = 0;
    if (b < 200)
        return words[b % (sizeof words / sizeof *words)];
    for (n = 0; n < b - 199 && n < 4 * TEXT_BYTES; n++)
        out[n] = (char)byte();
    out[n] = 0;
    return out;
}

/* ---- the engine ---- */

static struct json_object *value(int depth);

static struct json_object *object(int depth)
{
    static const char *const keys[] = {
        "jobs",      "events",     "artifacts",   "artifact",    "steps",   "tools",   "batches",
        "tasks",     "id",         "kind",        "title",       "state",   "status",  "created",
        "ended",     "name",       "task",        "code",        "text",    "prompt",  "checked",
        "runs",      "tags",       "rating",      "path",        "label",   "outcome", "why",
        "ms",        "began",      "attempts",    "input",       "output",  "log",     "error",
        "markdown",  "items",      "done",        "solved",      "tokens",  "cost",    "eta",
        "start",     "item",       "child",       "cause",       "seconds", "limits",  "calls",
        "tokens_in", "tokens_out", "seconds_p80", "basis",       "job",     "found",   "checks",
        "models",    "file",       "type",        "role",        "tier",    "uses",    "last_use",
        "problem",   "origin",     "system",      "description", "more",    "ready",   "what",
        "ok",        "detail"};
    struct json_object *o = json_object_new_object();
    for (unsigned n = byte() % 24; n > 0; n--)
        json_object_object_add(o, keys[byte() % (sizeof keys / sizeof *keys)], value(depth));
    return o;
}

static struct json_object *value(int depth)
{
    struct json_object *o;
    switch (depth > 0 ? byte() % 8 : byte() % 4) {
    case 0:
        return json_object_new_int64(number());
    case 1:
        return json_object_new_double(real());
    case 2:
        return NULL;
    case 3:
        o = NULL;
        json_add_str(o = json_object_new_object(), "x", text());
        return o;
    case 4:
        return object(depth - 1);
    case 5:
    case 6:
        o = json_object_new_array();
        for (unsigned n = byte() % 12; n > 0; n--)
            json_object_array_add(o, byte() & 1 ? value(depth - 1) : object(depth - 1));
        return o;
    default:
        return json_object_new_string(text());
    }
}

static void call(void *arg, enum protocol_method method, struct json_object *params,
                 client_reply_fn *reply, void *reply_arg)
{
    (void)arg;
    (void)method;
    json_object_put(params);
    if (!reply)
        return;
    if (pending_n == PENDING_MAX) {
        const struct err_info busy = {.code = ERR_BUSY, .message = "busy\x1b[2J"};
        reply(reply_arg, NULL, &busy);
        return;
    }
    pending[pending_n++] = (struct pending){reply, reply_arg};
}

static void nothing(void *arg)
{
    (void)arg;
}

static void answer(bool cancelled)
{
    struct pending p;
    struct json_object *result;
    struct err_info info = {.code = cancelled ? ERR_CANCELLED : ERR_INPUT};
    if (!pending_n)
        return;
    p = pending[0];
    memmove(pending, pending + 1, (size_t)--pending_n * sizeof *pending);
    if (cancelled || byte() % 8 == 0) {
        snprintf(info.message, sizeof info.message, "%s", text());
        p.reply(p.arg, NULL, &info);
        return;
    }
    result = object(DEPTH);
    p.reply(p.arg, result, NULL);
    json_object_put(result);
}

static void event(struct ui *ui)
{
    struct event ev = {.type = (enum event_type)(1 + byte() % (EVENT_TYPES - 1)),
                       .seq = byte() & 1 ? number() : 0,
                       .job = byte() % 5,
                       .time = number()};
    for (const struct event_field *f = event_fields(ev.type); f && f->name; f++) {
        char *at = (char *)&ev.u + f->offset;
        switch (f->type) {
        case FIELD_STR:
            *(const char **)at = text();
            break;
        case FIELD_JSON:
            *(const char **)at = byte() & 1 ? "{\"text\":\"2 of 2\"}" : text();
            break;
        case FIELD_I64:
            *(int64_t *)at = number();
            break;
        case FIELD_F64:
            *(double *)at = real();
            break;
        case FIELD_BOOL:
            *(bool *)at = byte() & 1;
            break;
        }
    }
    event_sane(&ev); /* as decoding does */
    ui_event(ui, &ev);
}

/* ---- the person ---- */

/* Nothing is written to the disk: commands that save are not given. */
static void spare_the_disk(struct ui *ui)
{
    const char *typed = editor_text(ui->input, NULL);
    if (*typed == '/' && (strcasestr(typed, "save") || strcasestr(typed, "export")))
        editor_set(ui->input, "");
}

static void key(struct ui *ui)
{
    struct input_event ev = {.type = INPUT_KEY};
    unsigned b = byte();
    ev.key = b < 128 ? b : INPUT_UP + (b - 128) % (INPUT_KEY_END - INPUT_UP);
    if (b > 250)
        ev.key = 0x1f600 + b;
    if (b < 32)
        ev = (struct input_event){.type = INPUT_KEY, .key = 'a' + b % 26, .mods = INPUT_CTRL};
    else if (byte() % 16 == 0)
        ev.mods = byte() % 16;
    if (ev.key == INPUT_ENTER)
        spare_the_disk(ui);
    ui_input(ui, &ev);
}

static void mouse(struct ui *ui)
{
    const struct input_event ev = {.type = INPUT_MOUSE,
                                   .mouse = (enum input_mouse)(byte() % 5),
                                   .button = (int)(byte() % 4),
                                   .x = (int)(byte() * 2) - 4,
                                   .y = (int)byte() - 4};
    ui_input(ui, &ev);
}

static void paste(struct ui *ui)
{
    const char *t = text();
    const struct input_event ev = {
        .type = INPUT_PASTE, .text = t, .n = strlen(t), .cut = byte() & 1};
    ui_input(ui, &ev);
}

static void resize(struct ui *ui)
{
    int w = 1 + (int)(byte() * 256 + byte()) % W_MAX, h = 1 + (int)byte() % H_MAX;
    if (ui_resize(ui, w, h))
        abort();
}

/* ---- what must hold ---- */

static void check(struct ui *ui)
{
    ui_draw(ui);
    for (int y = 0; y < ui->canvas.h; y++)
        for (int x = 0; x < ui->canvas.w; x++) {
            const struct cell *c = canvas_cell(&ui->canvas, x, y);
            if (c->len > CLUSTER_BYTES || c->style >= STYLE_COUNT || c->ground >= STYLE_COUNT)
                abort();
            for (int k = 0; k < c->len; k++) {
                unsigned char b = (unsigned char)c->text[k];
                if (b < 0x20 || b == 0x7f ||
                    (b == 0xc2 && k + 1 < c->len && (unsigned char)c->text[k + 1] < 0xa0))
                    abort();
            }
        }
}

static void step(struct ui *ui)
{
    switch (byte() % 12) {
    case 0:
        resize(ui);
        break;
    case 1:
        mouse(ui);
        break;
    case 2:
        paste(ui);
        break;
    case 3:
    case 4:
        answer(false);
        break;
    case 5:
    case 6:
    case 7:
        event(ui);
        break;
    case 8:
        ui->now += byte() * 1000;
        check(ui);
        break;
    case 9:
        ui_focus(ui, (enum pane_id)(byte() % PANE_COUNT));
        break;
    case 10:
        if (byte() % 4 == 0) { /* out of the session and back in */
            struct json_object *o = byte() & 1 ? ui_keep(ui) : object(DEPTH);
            ui_recall(ui, o);
            json_object_put(o);
        } else if (byte() & 1) {
            ui_interrupt(ui);
        }
        break;
    default:
        key(ui);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const struct ui_link link = {
        .call = call, .quit = nothing, .suspend = nothing, .redraw = nothing};
    static bool prepared;
    struct ui ui;
    if (!prepared)
        prepared = cluster_locale();
    in = (struct input_bytes){data, data + size};
    if (ui_init(&ui, &link, 80 + (int)byte() % 80, 24 + (int)byte() % 30, byte() & 1))
        abort();
    snprintf(ui.cwd, sizeof ui.cwd, "/nowhere");
    ui.now = 1700000009000;
    for (int i = 0; in.at < in.end && i < 4000; i++)
        step(&ui);
    check(&ui);
    while (pending_n)
        answer(true);
    ui_fini(&ui);
    return 0;
}
