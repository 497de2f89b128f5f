/* How good an artifact is, and why: the formula with its figures, and what each gate said. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/figure.h"
#include "ui/rag_text.h"

typedef struct json_object json;

enum { LINE_BYTES = 500, TREND_MAX = 24, NAME_WIDTH = 18, VALUE_WIDTH = 10 };

static PRINTF_LIKE(4, 5) void say(const struct rag_out *o, enum rag_line how, const char *before,
                                  const char *format, ...)
{
    char text[LINE_BYTES];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", before);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - n, format, args);
    va_end(args);
    text[strcspn(text, "\r\n")] = 0;
    o->line(o->arg, how, text);
}

static size_t length(json *list)
{
    return list ? json_object_array_length(list) : 0;
}

void rag_text_trend(json *scores, char *out, size_t size)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t n = length(scores), used = 0;
    *out = 0;
    for (size_t i = n > TREND_MAX ? n - TREND_MAX : 0; i < n && used + 4 < size; i++) {
        double score = json_object_get_double(json_object_array_get_idx(scores, i));
        int level = score >= 1 ? 7 : score > 0 ? (int)(score * 8) : 0;
        used += (size_t)snprintf(out + used, size - used, "%s", bars[level]);
    }
}

/* "87 %", "6.2 of 10": the figure as the gate counts it; else how many findings there are. */
static void write_value(json *gate, char *out, size_t size)
{
    int64_t found = json_i64(gate, "found", 0);
    json *value = json_get(gate, "value");
    double v = json_f64(gate, "value", 0);
    *out = 0;
    if (value)
        snprintf(out, size, "%.*f %.30s", v != (double)(int64_t)v, v, json_str(gate, "unit", ""));
    else if (found)
        snprintf(out, size, "%lld found", (long long)found);
    if (json_flag(gate, "fixed", false))
        snprintf(out + strlen(out), size - strlen(out), "%sfixed", *out ? ", " : "");
}

static void write_change(json *gate, char *out, size_t size)
{
    json *value = json_get(gate, "value_change");
    double by = value ? json_f64(gate, "value_change", 0) : json_f64(gate, "change", 0);
    *out = 0;
    if (value && by != 0)
        snprintf(out, size, "%+.1f %.30s", by, json_str(gate, "unit", ""));
    else if (by >= 0.005 || by <= -0.005)
        snprintf(out, size, "%+.2f", by);
    else if (json_get(gate, "change"))
        snprintf(out, size, "=");
}

static void say_gate(json *gate, const char *before, const struct rag_out *out)
{
    const char *state = json_str(gate, "state", ""), *severity = json_str(gate, "severity", "");
    bool passed = strcmp(state, "passed") == 0, found = strcmp(state, "found") == 0;
    bool blocks = strcmp(severity, "block") == 0;
    char trend[4 * TREND_MAX + 4], value[80], change[60], score[16] = "    ",
                                                          time[FIGURE_SIZE] = "";
    rag_text_trend(json_array(gate, "trend"), trend, sizeof trend);
    write_value(gate, value, sizeof value);
    write_change(gate, change, sizeof change);
    if (json_get(gate, "score"))
        snprintf(score, sizeof score, "%.2f", json_f64(gate, "score", 0));
    if (!passed && !found && strcmp(state, "cut") != 0) {
        const char *why = json_str(gate, "why", "");
        say(out, RAG_DIM, before, "  – %-*.40s %s%s%.200s", NAME_WIDTH, json_str(gate, "name", ""),
            state, *why ? ": " : "", why);
        return;
    }
    if (json_get(gate, "ms"))
        figure_ms(time, json_f64(gate, "ms", 0));
    say(out,
        passed   ? RAG_PLAIN
        : blocks ? RAG_BAD
                 : RAG_DIM,
        before, "  %s %-*.40s %s  %-*s  %6s  %s%s%s%s",
        passed   ? "✔"
        : blocks ? "✘"
                 : "⚠",
        NAME_WIDTH, json_str(gate, "name", ""), score, VALUE_WIDTH,
        found || passed ? value : "came to no end", time, trend, *trend ? " " : "", change,
        strcmp(severity, "inform") == 0 ? "  (not counted)" : "");
}

void rag_text_gates(json *a, const char *before, const struct rag_out *out)
{
    json *gates = json_array(a, "gates");
    const char *of = json_str(a, "gates_of", "");
    if (!length(gates))
        return;
    if (*of)
        say(out, RAG_BAD, before,
            "gates: of version %.30s; nothing has judged it since it was edited", of);
    else
        say(out, RAG_PLAIN, before, "gates %.2f", json_f64(a, "gate_score", 1));
    for (size_t i = 0; i < length(gates); i++)
        say_gate(json_object_array_get_idx(gates, i), before, out);
}

static void say_clarity(json *clarity, const char *before, const struct rag_out *out)
{
    json *both[] = {json_object_of(clarity, "old"), json_object_of(clarity, "new")};
    if (json_get(both[0], "clarity") && json_get(both[1], "clarity"))
        say(out, RAG_DIM, before,
            "  clarity %.2f → %.2f: gates %.2f → %.2f, nodes %.0f → %.0f, branches %.0f → %.0f, "
            "nesting %.0f → %.0f",
            json_f64(both[0], "clarity", 0), json_f64(both[1], "clarity", 0),
            json_f64(both[0], "gates", 0), json_f64(both[1], "gates", 0),
            json_f64(both[0], "nodes", 0), json_f64(both[1], "nodes", 0),
            json_f64(both[0], "branches", 0), json_f64(both[1], "branches", 0),
            json_f64(both[0], "nesting", 0), json_f64(both[1], "nesting", 0));
}

void rag_text_quality(json *a, const char *before, const struct rag_out *out)
{
    json *lines = json_array(json_object_of(a, "quality_parts"), "lines");
    for (size_t i = 0; i < length(lines); i++)
        say(out, i ? RAG_DIM : RAG_PLAIN, before, "%s%s", i ? "  " : "quality ",
            json_object_get_string(json_object_array_get_idx(lines, i)));
    if (json_get(json_object_of(a, "optimized"), "new_score"))
        say(out, RAG_DIM, before, "  optimized for %.20s: score %.2f → %.2f, side by side",
            json_str(json_object_of(a, "optimized"), "target", ""),
            json_f64(json_object_of(a, "optimized"), "old_score", 0),
            json_f64(json_object_of(a, "optimized"), "new_score", 0));
    say_clarity(json_object_of(json_object_of(a, "optimized"), "clarity"), before, out);
}

void rag_text_ascii(const char *text, char *out, size_t size)
{
    static const char *const marks[][2] = {{"✔", "+"},  {"✘", "x"},   {"⚠", "!"}, {"→", "->"},
                                           {"←", "<-"}, {"…", "..."}, {"–", "-"}, {"×", "x"},
                                           {"▁", "_"},  {"▂", "_"},   {"▃", "."}, {"▄", ":"},
                                           {"▅", ":"},  {"▆", "|"},   {"▇", "|"}, {"█", "#"}};
    size_t n = 0;
    while (*text && n + 4 < size) {
        size_t i, len = 0;
        for (i = 0; i < sizeof marks / sizeof *marks && !len; i++)
            if (strncmp(text, marks[i][0], strlen(marks[i][0])) == 0)
                len = strlen(marks[i][0]);
        if (len)
            n += (size_t)snprintf(out + n, size - n, "%s", marks[i - 1][1]);
        else
            out[n++] = *text;
        text += len ? len : 1;
    }
    out[n] = 0;
}
