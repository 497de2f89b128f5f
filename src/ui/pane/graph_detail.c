#include "ui/pane/graph_detail.h"

#include <stdio.h>
#include <string.h>

#include "ui/pane/graph_scene.h"

enum { VALUE_MAX = 256 << 10 };

static const struct text_layout words = {.wrap = TEXT_WRAP_WORD};
static const struct text_layout value = {.margin = 2, .wrap = TEXT_WRAP_CHAR};
static const struct text_layout rule = {.wrap = TEXT_WRAP_RULE};

static enum err line(struct text_view *v, struct text_layout layout, enum style s, const char *text)
{
    enum err e = text_view_line(v, layout, STYLE_TEXT, NULL);
    return e ? e : text_view_add(v, s, text, strlen(text));
}

static enum err section(struct text_view *v, const char *title, const char *right)
{
    char text[96];
    enum err e = line(v, words, STYLE_TEXT, "");
    snprintf(text, sizeof text, "%s%s%s", title, *right ? "\t" : "", right);
    return e ? e : line(v, rule, STYLE_HEADING, text);
}

static enum err put_value(struct text_view *v, const char *key, struct json_object *o)
{
    const char *text = json_object_is_type(o, json_type_string)
                           ? json_object_get_string(o)
                           : json_object_to_json_string_ext(o, JSON_C_TO_STRING_SPACED);
    if (strlen(text) > 60 && !json_object_is_type(o, json_type_string))
        text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY);
    size_t n = strlen(text);
    bool below = memchr(text, '\n', n) || n > 60;
    enum err e = text_view_line(v, value, STYLE_TEXT, NULL);
    if (!e && *key)
        e = text_view_add(v, STYLE_DIM, key, strlen(key));
    if (!e && *key)
        e = text_view_add(v, STYLE_DIM, below ? ":\n" : ": ", 2);
    return e ? e : text_view_add(v, STYLE_CODE, text, n < VALUE_MAX ? n : VALUE_MAX);
}

/* What went in or came out: JSON by its members, anything else as it is. */
static enum err put_text(struct text_view *v, const char *title, const char *text, int64_t whole)
{
    struct json_object *o = NULL;
    size_t n = strlen(text);
    char right[80] = "";
    enum err e;
    if (whole > (int64_t)n)
        snprintf(right, sizeof right, "first %zu of %lld bytes", n, (long long)whole);
    if (!n)
        return ERR_OK;
    e = section(v, title, right);
    if (!e && json_parse(text, n, NULL, &o, NULL) == ERR_OK &&
        json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, member) if (!e) e = put_value(v, key, member);
    } else if (!e) {
        e = text_view_line(v, value, STYLE_TEXT, NULL);
        if (!e)
            e = text_view_add(v, STYLE_CODE, text, n < VALUE_MAX ? n : VALUE_MAX);
    }
    json_object_put(o);
    return e;
}

static enum err put_log(struct text_view *v, struct json_object *log, const struct canvas *glyphs)
{
    size_t n = log ? json_object_array_length(log) : 0;
    enum err e = n ? section(v, "log", "") : ERR_OK;
    for (size_t i = 0; !e && i < n; i++) {
        struct json_object *o = json_object_array_get_idx(log, i);
        char text[600];
        const char *type = json_str(o, "type", ""), *what = json_str(o, "detail", "");
        if (!*what)
            what = json_str(o, "why", "");
        if (!*what)
            what = json_str(o, "text", json_str(o, "outcome", json_str(o, "subject", "")));
        if (strcmp(type, "check") == 0)
            snprintf(text, sizeof text, "%s %.40s %.400s",
                     canvas_glyph(glyphs, json_flag(o, "ok", false) ? GLYPH_OK : GLYPH_FAIL),
                     json_str(o, "name", ""), *what ? what : json_str(o, "subject", ""));
        else
            snprintf(text, sizeof text, "%.40s %.500s", type, what);
        e = line(v, value, STYLE_TEXT, text);
    }
    return e;
}

static enum err put_head(struct text_view *v, const struct graph_node *node, struct json_object *o,
                         const struct canvas *glyphs, int64_t now)
{
    static const char *const states[] = {"waits", "runs", "done", "failed", "cancelled"};
    int64_t attempts = json_i64(o, "attempts", node->begun);
    char text[400], time[FIGURE_SIZE], more[48] = "";
    enum err e;
    graph_time(node, now, time);
    if (attempts > 1)
        snprintf(more, sizeof more, "  attempt %lld", (long long)attempts);
    snprintf(text, sizeof text, "%s %s  %s%s", canvas_glyph(glyphs, graph_glyph(node->state)),
             states[node->state], time, more);
    e = line(v, words, graph_style(node->state), text);
    snprintf(text, sizeof text, "step %s  %.60s%s%.160s", node->path, node->name,
             *node->label ? "  " : "", node->label);
    if (!e)
        e = line(v, words, STYLE_DIM, text);
    if (!e && *node->why)
        e = line(v, words, node->state == GRAPH_FAILED ? STYLE_ERROR : STYLE_TEXT, node->why);
    return e;
}

enum err graph_detail_write(struct text_view *v, const struct graph_node *node,
                            struct json_object *o, const char *remark, const struct canvas *glyphs,
                            int64_t now)
{
    enum err e = put_head(v, node, o, glyphs, now);
    const char *error = json_str(o, "error", "");
    if (!e && *remark)
        e = line(v, words, STYLE_DIM, remark);
    if (!e && *error && strcmp(error, node->why) != 0)
        e = line(v, words, STYLE_ERROR, error);
    if (!e)
        e = put_text(v, "output", json_str(o, "output", ""), 0);
    if (!e)
        e = put_log(v, json_array(o, "log"), glyphs);
    if (!e)
        e = put_text(v, "input", json_str(o, "input", ""), json_i64(o, "input_size", 0));
    return e;
}

enum err graph_detail_text(const struct text_view *v, struct buf *out)
{
    enum err e = ERR_OK;
    for (size_t i = text_view_first(v); !e && i < text_view_end(v); i++) {
        size_t n;
        const char *text = text_view_get(v, i, &n);
        e = buf_add(out, text, n);
        if (!e)
            e = buf_adds(out, "\n");
    }
    return e;
}
