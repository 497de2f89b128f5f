#include "ui/backends_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/figure.h"

struct out {
    void (*line)(void *arg, enum backends_mark mark, int indent, const char *text);
    void *arg;
};

static PRINTF_LIKE(4, 5) void say(const struct out *o, enum backends_mark mark, int indent,
                                  const char *format, ...)
{
    char text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    o->line(o->arg, mark, indent, text);
}

/* ---- one backend ---- */

static void words(struct json_object *list, char *out, size_t size)
{
    out[0] = 0;
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        size_t n = strlen(out);
        snprintf(out + n, size - n, "%s%s", i ? ", " : "",
                 json_object_get_string(json_object_array_get_idx(list, i)));
    }
}

static void say_test(const struct out *o, struct json_object *test)
{
    char first[FIGURE_SIZE], cost[FIGURE_SIZE];
    if (!json_flag(test, "ok", false)) {
        say(o, BACKENDS_FAIL, 4, "%s", json_str(test, "error", ""));
        say(o, BACKENDS_NONE, 6, "Fix: %s", json_str(test, "remedy", ""));
        return;
    }
    figure_money(cost, json_f64(test, "cost", 0));
    say(o, BACKENDS_OK, 4, "first token after %s, %.1f tokens/s, %lld + %lld tokens, %s",
        figure_ms(first, json_f64(test, "first_token_ms", 0)), json_f64(test, "tokens_s", 0),
        (long long)json_i64(test, "tokens_in", 0), (long long)json_i64(test, "tokens_out", 0),
        json_flag(test, "cost_known", false) ? cost : "price not known");
}

static void say_model(const struct out *o, struct json_object *row, struct json_object *m)
{
    const int64_t window = json_i64(m, "context_tokens", 0);
    const bool up = strcmp(json_str(row, "state", ""), "up") == 0;
    const bool there = json_flag(m, "there", true);
    char roles[240], context[48] = "";
    words(json_array(m, "roles"), roles, sizeof roles);
    if (window)
        snprintf(context, sizeof context, ", %lld tokens of context", (long long)window);
    say(o, up && !there ? BACKENDS_WARN : BACKENDS_NONE, 2, "%s: %s%s%s", json_str(m, "model", ""),
        roles, context, up && !there ? "; it is not there" : "");
    if (up && !there && strcmp(json_str(row, "name", ""), "ollama") == 0)
        say(o, BACKENDS_NONE, 4, "Fix: ollama pull %s", json_str(m, "model", ""));
    if (json_object_of(m, "test"))
        say_test(o, json_object_of(m, "test"));
}

/* How it goes at its door. */
static void say_door(const struct out *o, struct json_object *d)
{
    const int64_t running = json_i64(d, "running", 0), waiting = json_i64(d, "waiting", 0);
    const double retry_s = (double)json_i64(d, "retry_ms", 0) / 1000,
                 paused_s = (double)json_i64(d, "paused_ms", 0) / 1000;
    if (strcmp(json_str(d, "breaker", "closed"), "closed") != 0)
        say(o, BACKENDS_WARN, 2, "left alone for %.0f s after %lld failures in a row: %s", retry_s,
            (long long)json_i64(d, "failures", 0), json_str(d, "why", ""));
    if (paused_s > 0)
        say(o, BACKENDS_WARN, 2, "it asks not to be asked for %.0f s", paused_s);
    if (running || waiting)
        say(o, BACKENDS_NONE, 2, "%lld of %lld calls at work, %lld waiting", (long long)running,
            (long long)json_i64(d, "parallel", 1), (long long)waiting);
}

static void say_today(const struct out *o, struct json_object *t)
{
    char in[FIGURE_SIZE], answer[FIGURE_SIZE], cost[FIGURE_SIZE];
    const int64_t calls = json_i64(t, "calls", 0);
    if (!t)
        return;
    say(o, BACKENDS_NONE, 2, "today %lld call%s, %s + %s tokens, %s", (long long)calls,
        figure_s(calls), figure_count(in, json_i64(t, "tokens_in", 0)),
        figure_count(answer, json_i64(t, "tokens_out", 0)),
        figure_money(cost, json_f64(t, "cost", 0)));
}

/* Up to so many names, then how many more. */
static void say_models(const struct out *o, struct json_object *models)
{
    enum { SHOWN = 8 };
    const size_t n = models ? json_object_array_length(models) : 0;
    char text[480] = "";
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s%.50s", i ? ", " : "",
                 json_object_get_string(json_object_array_get_idx(models, i)));
    }
    if (n > SHOWN)
        say(o, BACKENDS_NONE, 2, "offers %s and %zu more", text, n - SHOWN);
    else if (n)
        say(o, BACKENDS_NONE, 2, "offers %s", text);
}

static void say_backend(const struct out *o, struct json_object *row)
{
    const char *state = json_str(row, "state", ""), *url = json_str(row, "url", ""),
               *remedy = json_str(row, "remedy", "");
    const bool up = strcmp(state, "up") == 0, off = strcmp(state, "disabled") == 0;
    struct json_object *plays = json_array(row, "plays");
    char took[32] = "";
    if (up && json_f64(row, "look_ms", 0) > 0)
        snprintf(took, sizeof took, ", %.0f ms", json_f64(row, "look_ms", 0));
    say(o,
        up                                        ? BACKENDS_OK
        : off || !json_flag(row, "configured", 0) ? BACKENDS_NONE
                                                  : BACKENDS_FAIL,
        up || (!off && json_flag(row, "configured", 0)) ? 0 : 2, "%-14s %-8s %s%s%s%s%s",
        json_str(row, "title", ""), up ? "up" : state, json_str(row, "detail", ""), took,
        *url ? " (" : "", url, *url ? ")" : "");
    if (!up && *remedy)
        say(o, BACKENDS_NONE, 4, "Fix: %s", remedy);
    if (json_object_of(row, "door"))
        say_door(o, json_object_of(row, "door"));
    if (up)
        say_models(o, json_array(row, "models"));
    for (size_t i = 0; up && plays && i < json_object_array_length(plays); i++)
        say_model(o, row, json_object_array_get_idx(plays, i));
    say_today(o, json_object_of(row, "today"));
}

/* ---- who plays what ---- */

static void say_choice(const struct out *o, struct json_object *c, size_t number)
{
    const char *state = json_str(c, "state", "ok");
    const int64_t window = json_i64(c, "context_tokens", 0), ms = json_i64(c, "timeout_ms", 0);
    char limits[80] = "";
    if (window)
        snprintf(limits, sizeof limits, ", %lld tokens", (long long)window);
    if (ms)
        snprintf(limits + strlen(limits), sizeof limits - strlen(limits), ", %.0f s",
                 (double)ms / 1000);
    say(o, strcmp(state, "ok") == 0 ? BACKENDS_OK : BACKENDS_FAIL, 2, "%zu. %s %s%s%s", number,
        json_str(c, "backend", ""), json_str(c, "model", ""), limits,
        strcmp(state, "missing") == 0 ? "; the backend does not have it"
        : strcmp(state, "down") == 0  ? "; the backend cannot be asked"
        : strcmp(state, "off") == 0   ? "; the backend is not in use"
                                      : "");
    say(o, BACKENDS_NONE, 8, "%s", json_str(c, "how", ""));
}

static void say_role(const struct out *o, struct json_object *role)
{
    struct json_object *chain = json_array(role, "chain");
    const size_t n = chain ? json_object_array_length(chain) : 0;
    say(o, BACKENDS_NONE, 0, "%s%s", json_str(role, "role", ""), n ? "" : ": nobody");
    for (size_t i = 0; i < n; i++)
        say_choice(o, json_object_array_get_idx(chain, i), i + 1);
}

void backends_text(struct json_object *result, bool explain,
                   void (*line)(void *arg, enum backends_mark mark, int indent, const char *text),
                   void *arg)
{
    const struct out o = {line, arg};
    struct json_object *list = json_array(result, "backends"), *roles = json_array(result, "roles"),
                       *warnings = json_array(result, "warnings");
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        say_backend(&o, json_object_array_get_idx(list, i));
    for (size_t i = 0; warnings && i < json_object_array_length(warnings); i++)
        say(&o, BACKENDS_WARN, 0, "%s",
            json_object_get_string(json_object_array_get_idx(warnings, i)));
    if (explain) {
        say(&o, BACKENDS_NONE, 0, "%s", "");
        say(&o, BACKENDS_NONE, 0, "Who is asked for each role, the first choice first:");
    }
    for (size_t i = 0; explain && roles && i < json_object_array_length(roles); i++)
        say_role(&o, json_object_array_get_idx(roles, i));
    say(&o, BACKENDS_NONE, 0, "Summary: %lld/%lld backends operational",
        (long long)json_i64(result, "well", 0), (long long)json_i64(result, "asked", 0));
}

void backends_text_test(const char *backend, const char *model, struct json_object *test,
                        void (*line)(void *arg, enum backends_mark mark, int indent,
                                     const char *text),
                        void *arg)
{
    const struct out o = {line, arg};
    say(&o, BACKENDS_NONE, 0, "%s %s", backend, model);
    say_test(&o, test);
}
