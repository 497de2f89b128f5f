/* The formula of quality with an artifact's figures in it, for those who want to know why. */
#include <stdarg.h>
#include <stdio.h>

#include "core/rag/quality.h"

static const char *const names[QUALITY_MERITS] = {"time", "memory", "code"};

static PRINTF_LIKE(2, 3) void line(struct json_object *lines, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_object_array_add(lines, json_object_new_string(text));
}

static void add_part(struct json_object *list, const char *name, const char *of)
{
    struct json_object *o = json_object_new_object();
    json_add_str(o, "name", name);
    json_add_str(o, "of", of);
    json_object_array_add(list, o);
}

static struct json_object *last(struct json_object *list)
{
    return json_object_array_get_idx(list, json_object_array_length(list) - 1);
}

/* What success, and what each merit, is made of. */
static void say_success(const struct quality_facts *f, const struct quality_split *s,
                        struct json_object *parts)
{
    char of[160], before[80];
    if (f->prior >= 0)
        snprintf(before, sizeof before, "what was said of it before");
    else if (!f->solved)
        snprintf(before, sizeof before, "unsolved");
    else
        snprintf(before, sizeof before, "solved, %d check%s", f->checks, f->checks == 1 ? "" : "s");
    snprintf(of, sizeof of, "%lld of %lld run%s went well; %.2f expected before the first (%s)",
             (long long)f->ok, (long long)(f->ok + f->bad), f->ok + f->bad == 1 ? "" : "s",
             s->expected, before);
    add_part(parts, "success", of);
    json_add_f64(last(parts), "value", s->success);
}

static void say_merit(const struct quality_facts *f, const struct quality_split *s, int i,
                      struct json_object *parts)
{
    char of[160];
    if (!s->merit[i].known)
        snprintf(of, sizeof of, "not known");
    else if (i == QUALITY_TIME)
        snprintf(of, sizeof of, "%.*f ms a run", f->ms < 10, f->ms);
    else if (i == QUALITY_MEMORY)
        snprintf(of, sizeof of, "%.1f MB", f->peak_kb / 1024);
    else
        snprintf(of, sizeof of, "the gates");
    add_part(parts, names[i], of);
    json_add_f64(last(parts), "weight", s->merit[i].weight);
    if (s->merit[i].known)
        json_add_f64(last(parts), "value", s->merit[i].value);
}

/* "(0.30 × time 0.84 + 0.50 × code 0.90) / 0.80" */
static void write_merits(const struct quality_split *s, char *out, size_t size)
{
    double of = 0;
    size_t n = 0;
    for (int i = 0; i < QUALITY_MERITS && n < size; i++) {
        if (!s->merit[i].known)
            continue;
        n += (size_t)snprintf(out + n, size - n, "%s%.2f × %s %.2f", n ? " + " : "(",
                              s->merit[i].weight, names[i], s->merit[i].value);
        of += s->merit[i].weight;
    }
    if (!n)
        snprintf(out, size, "1, as time, memory and code are not known");
    else if (n < size)
        snprintf(out + n, size - n, ") / %.2f", of);
}

static void say_lines(const struct quality_facts *f, const struct quality_split *s,
                      struct json_object *parts, struct json_object *lines)
{
    char used[40] = "", stars[60] = "", merits[200];
    if (s->used >= 0.005)
        snprintf(used, sizeof used, " + %.2f for use", s->used);
    if (f->rating > 0)
        snprintf(stars, sizeof stars, " + %.2f for %d star%s) / 2", (f->rating - 1) / 4.0,
                 f->rating, f->rating == 1 ? "" : "s");
    line(lines, "%.2f = %ssuccess %.2f × (0.70 + 0.30 × merits %.2f)%s%s", s->quality,
         *stars ? "(" : "", s->success, s->merits, used, stars);
    write_merits(s, merits, sizeof merits);
    line(lines, "merits %.2f = %s", s->merits, merits);
    for (size_t i = 0; i < json_object_array_length(parts); i++) {
        struct json_object *o = json_object_array_get_idx(parts, i);
        if (json_get(o, "value"))
            line(lines, "%s %.2f: %s", json_str(o, "name", ""), json_f64(o, "value", 0),
                 json_str(o, "of", ""));
    }
}

struct json_object *quality_parts(const struct quality_facts *f)
{
    struct json_object *o = json_object_new_object(), *parts = json_object_new_array(),
                       *lines = json_object_new_array();
    struct quality_split s;
    quality_split(f, AIM_KIND, &s);
    say_success(f, &s, parts);
    for (int i = 0; i < QUALITY_MERITS; i++)
        say_merit(f, &s, i, parts);
    say_lines(f, &s, parts, lines);
    json_add_f64(o, "quality", s.quality);
    json_add_f64(o, "merits", s.merits);
    json_add_f64(o, "used", s.used);
    json_add_i64(o, "rating", f->rating);
    json_object_object_add(o, "parts", parts);
    json_object_object_add(o, "lines", lines);
    return o;
}
