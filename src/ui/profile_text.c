#include "ui/profile_text.h"

#include <stdio.h>
#include <string.h>

#include "base/figure.h"

typedef struct json_object json;

enum { LINES_SHOWN = 60, SEEN_MAX = 256, DEPTH_MAX = 24 };

static const double hot_time = 0.1, hot_memory = 0.25;

struct walk {
    const struct profile_out *out;
    json *profile;
    double wall, traced_kb;
    int64_t seen[SEEN_MAX]; /* functions whose lines were shown */
    int seen_count;
};

static json *at(json *list, size_t i)
{
    return json_object_array_get_idx(list, i);
}

static size_t length(json *list)
{
    return list ? json_object_array_length(list) : 0;
}

/* ---- figures ---- */

void profile_time(double ms, char *out, size_t size)
{
    if (ms >= 10000)
        snprintf(out, size, "%.0f s", ms / 1000);
    else if (ms >= 1000)
        snprintf(out, size, "%.1f s", ms / 1000);
    else
        snprintf(out, size,
                 ms >= 100  ? "%.0f ms"
                 : ms >= 10 ? "%.1f ms"
                 : ms >= 1  ? "%.2f ms"
                            : "%.3f ms",
                 ms);
}

static void memory(double kb, char *out, size_t size)
{
    if (kb >= 1024)
        snprintf(out, size, "%.1f MB", kb / 1024);
    else if (kb >= 1)
        snprintf(out, size, "%.0f kB", kb);
    else
        out[0] = 0;
}

void profile_bar(double share, int cells, bool blocks, char out[PROFILE_BAR_SIZE])
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int n = cells > 20 ? 20 : cells, full;
    double filled = (share > 1 ? 1 : share > 0 ? share : 0) * n;
    size_t used = 0;
    out[0] = 0;
    full = (int)(blocks ? filled : filled + 0.5);
    for (int i = 0; i < full; i++)
        used += (size_t)snprintf(out + used, PROFILE_BAR_SIZE - used, "%s", blocks ? "█" : "#");
    if (blocks && full < n)
        snprintf(out + used, PROFILE_BAR_SIZE - used, "%s", eighths[(int)((filled - full) * 8)]);
}

/* The dearest line; NULL: none. */
static json *dearest(json *profile)
{
    json *lines = json_array(profile, "lines"), *best = NULL;
    for (size_t i = 0; i < length(lines); i++)
        if (!best || json_f64(at(lines, i), "ms", 0) > json_f64(best, "ms", 0))
            best = at(lines, i);
    return best;
}

void profile_brief(json *profile, char *out, size_t size)
{
    json *best = dearest(profile);
    bool hangs = json_flag(profile, "hangs", false);
    double wall = json_f64(profile, "wall_ms", 0), ms = json_f64(best, "ms", 0);
    char time[32];
    int n;
    profile_time(hangs ? json_f64(profile, "ended_ms", 0) : wall, time, sizeof time);
    if (hangs)
        n = snprintf(out, size, "came to no end in %s", time);
    else
        n = snprintf(out, size, "%s a run", time);
    if (best && wall > 0 && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, ", %.0f %% of it in line %lld",
                 100 * (ms > wall ? 1 : ms / wall), (long long)json_i64(best, "line", 0));
}

/* ---- what stands above the tree ---- */

static void put_text(struct walk *w, enum profile_part part, const char *text)
{
    const struct profile_row row = {
        .part = part, .share = -1, .text = text, .time = "", .count = "", .memory = "", .key = ""};
    w->out->row(w->out->arg, &row);
}

static void put_summary(struct walk *w)
{
    json *p = w->profile;
    char text[500], time[32], cpu[32], peak[32], own[32];
    double peak_kb = json_f64(p, "peak_kb", 0);
    size_t n;
    int64_t runs = json_i64(p, "runs", 0);
    profile_time(json_flag(p, "hangs", false) ? json_f64(p, "ended_ms", 0) : w->wall, time,
                 sizeof time);
    profile_time(json_f64(p, "cpu_ms", 0), cpu, sizeof cpu);
    memory(peak_kb, peak, sizeof peak);
    memory(peak_kb - json_f64(p, "base_kb", 0), own, sizeof own);
    n = (size_t)snprintf(text, sizeof text, "%.200s", json_str(p, "workload", ""));
    if (json_flag(p, "hangs", false))
        n += (size_t)snprintf(text + n, sizeof text - n, ": ended after %s", time);
    else
        n += (size_t)snprintf(text + n, sizeof text - n,
                              ": %s a run, %s of the processor, %s of memory%s%s%s; %lld run%s",
                              time, cpu, peak, *own ? " (" : "", own,
                              *own ? " by the program)" : "", (long long)runs, figure_s(runs));
    if (json_f64(p, "overhead", 0) >= 1.05)
        snprintf(text + n, sizeof text - n, "; the tracer's %.1f-fold cost is taken off",
                 json_f64(p, "overhead", 0));
    put_text(w, PROFILE_SUMMARY, text);
}

static void put_notes(struct walk *w)
{
    json *notes = json_array(w->profile, "notes");
    const char *error = json_str(w->profile, "error", "");
    int64_t line = json_i64(w->profile, "error_line", 0);
    char text[500], where[40] = "";
    if (line > 0)
        snprintf(where, sizeof where, " at line %lld", (long long)line);
    if (*error) {
        snprintf(text, sizeof text, "a call failed%s: %.300s", where, error);
        put_text(w, PROFILE_NOTE, text);
    }
    for (size_t i = 0; i < length(notes); i++)
        put_text(w, PROFILE_NOTE, json_object_get_string(at(notes, i)));
}

static void put_head(struct walk *w)
{
    const struct profile_row row = {.part = PROFILE_HEAD,
                                    .share = -1,
                                    .text = "function, line",
                                    .time = "time",
                                    .count = "times",
                                    .memory = "memory",
                                    .key = ""};
    w->out->row(w->out->arg, &row);
}

/* ---- the tree ---- */

static double share_of(const struct walk *w, double ms)
{
    double share = w->wall > 0 ? ms / w->wall : 0;
    return share > 1 ? 1 : share;
}

/* What lives at the peak, or was there for a moment if that is more. */
static double memory_of(struct walk *w, int64_t line)
{
    json *list = json_array(w->profile, "allocations");
    for (size_t i = 0; i < length(list); i++)
        if (json_i64(at(list, i), "line", 0) == line) {
            double kb = json_f64(at(list, i), "kb", 0), rise = json_f64(at(list, i), "rise_kb", 0);
            return kb > rise ? kb : rise;
        }
    return 0;
}

static void put_line(struct walk *w, json *line, int depth, size_t indent)
{
    int64_t number = json_i64(line, "line", 0);
    double share = share_of(w, json_f64(line, "ms", 0)), kb = memory_of(w, number);
    bool hot = share >= hot_time || (w->traced_kb >= 64 && kb >= hot_memory * w->traced_kb);
    char text[400], time[32], hits[FIGURE_SIZE], size[32];
    const struct profile_row row = {.part = hot ? PROFILE_HOT : PROFILE_LINE,
                                    .depth = depth,
                                    .share = share,
                                    .text = text,
                                    .time = time,
                                    .count = hits,
                                    .memory = size,
                                    .key = ""};
    snprintf(text, sizeof text, "%3lld  %.360s", (long long)number,
             json_str(line, "text", "") + indent);
    profile_time(json_f64(line, "ms", 0), time, sizeof time);
    figure_count(hits, json_i64(line, "hits", 0));
    memory(kb, size, sizeof size);
    w->out->row(w->out->arg, &row);
}

/* A function that is called from several places has its lines where it takes most. */
static bool is_first(struct walk *w, int64_t function)
{
    for (int i = 0; i < w->seen_count; i++)
        if (w->seen[i] == function)
            return false;
    if (w->seen_count < SEEN_MAX)
        w->seen[w->seen_count++] = function;
    return true;
}

/* Blanks that all lines of the function begin with. */
static size_t indent_of(json *lines, int64_t function)
{
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < length(lines); i++) {
        size_t n = strspn(json_str(at(lines, i), "text", ""), " ");
        if (json_i64(at(lines, i), "in", -1) == function && n < least)
            least = n;
    }
    return least;
}

/* Of a long function the dearest lines stand for all. */
static bool is_shown(json *lines, size_t line)
{
    int64_t function = json_i64(at(lines, line), "in", -1);
    double ms = json_f64(at(lines, line), "ms", 0);
    int dearer = 0;
    for (size_t i = 0; i < length(lines) && dearer < LINES_SHOWN; i++) {
        double other = json_f64(at(lines, i), "ms", 0);
        dearer += json_i64(at(lines, i), "in", -1) == function &&
                  (other > ms || (!(other < ms) && i < line));
    }
    return dearer < LINES_SHOWN;
}

static void put_lines(struct walk *w, int64_t function, int depth)
{
    json *lines = json_array(w->profile, "lines");
    size_t indent = indent_of(lines, function);
    if (!is_first(w, function))
        return;
    for (size_t i = 0; i < length(lines); i++)
        if (json_i64(at(lines, i), "in", -1) == function && is_shown(lines, i))
            put_line(w, at(lines, i), depth, indent);
}

static bool has_lines(struct walk *w, int64_t function)
{
    json *lines = json_array(w->profile, "lines");
    for (size_t i = 0; i < length(lines); i++)
        if (json_i64(at(lines, i), "in", -1) == function)
            return true;
    return false;
}

/* With its own time where other functions of the program have a part of the whole. */
static void node_text(json *node, char *out, size_t size)
{
    double own = json_f64(node, "self_ms", 0), all = json_f64(node, "total_ms", 0);
    char time[32];
    int n = snprintf(out, size, "%.200s", json_str(node, "name", ""));
    profile_time(own, time, sizeof time);
    if (all - own > 0.005 * all && json_get(node, "calls"))
        snprintf(out + n, size - (size_t)n, ", itself %s", time);
}

static void put_node(struct walk *w, json *node, const char *above, int depth)
{
    json *inner = json_array(node, "children");
    int64_t function = json_i64(node, "line", 0), calls = json_i64(node, "calls", 0);
    double share = share_of(w, json_f64(node, "total_ms", 0));
    char key[PROFILE_KEY_SIZE], text[260], time[32], count[FIGURE_SIZE];
    bool open, more = length(inner) > 0 || has_lines(w, function);
    struct profile_row row = {.part = PROFILE_NODE,
                              .depth = depth,
                              .share = share,
                              .text = text,
                              .time = time,
                              .count = calls ? count : "",
                              .memory = "",
                              .key = key};
    if (depth >= DEPTH_MAX)
        return;
    snprintf(key, sizeof key, "%.30s/%lld", above, (long long)function);
    open = w->out->open ? w->out->open(w->out->arg, key, share) : share >= PROFILE_OPEN_FROM;
    row.fold = !more ? PROFILE_LEAF : open ? PROFILE_OPEN : PROFILE_SHUT;
    node_text(node, text, sizeof text);
    profile_time(json_f64(node, "total_ms", 0), time, sizeof time);
    figure_count(count, calls);
    w->out->row(w->out->arg, &row);
    if (!open)
        return;
    put_lines(w, function, depth + 1);
    for (size_t i = 0; i < length(inner); i++)
        put_node(w, at(inner, i), key, depth + 1);
}

void profile_text(json *profile, const struct profile_out *out)
{
    struct walk w = {.out = out,
                     .profile = profile,
                     .wall = json_f64(profile, "wall_ms", 0),
                     .traced_kb = json_f64(profile, "traced_kb", 0)};
    json *tree = json_object_of(profile, "tree");
    put_summary(&w);
    put_notes(&w);
    put_head(&w);
    if (json_get(tree, "name"))
        put_node(&w, tree, "", 0);
}
