#include "ui/rag_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day_time.h"
#include "base/utf8.h"

typedef struct json_object json;

enum { NAME_BYTES = 60, LINE_BYTES = 700 };

static PRINTF_LIKE(3, 4) void say(const struct rag_out *o, enum rag_line how, const char *format,
                                  ...)
{
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text[strcspn(text, "\r\n")] = 0;
    o->line(o->arg, how, text);
}

static const char *when(int64_t ms, char text[32])
{
    struct tm tm;
    time_t t = (time_t)(ms / 1000);
    localtime_r(&t, &tm);
    strftime(text, 32, "%Y-%m-%d %H:%M", &tm);
    return text;
}

/* At most so many bytes, and no half character. */
static int fit(const char *text, size_t most)
{
    return strlen(text) > most ? (int)utf8_floor(text, most) : (int)strlen(text);
}

static json *at(json *list, size_t i)
{
    return json_object_array_get_idx(list, i);
}

static size_t length(json *list)
{
    return list ? json_object_array_length(list) : 0;
}

/* ---- lists ---- */

static void say_tags(json *tags, char *out, size_t size)
{
    out[0] = 0;
    for (size_t i = 0; i < length(tags); i++) {
        size_t n = strlen(out);
        snprintf(out + n, size - n, " #%s", json_object_get_string(at(tags, i)));
    }
}

void rag_text_list(json *result, const struct rag_out *out)
{
    json *list = json_array(result, "artifacts");
    for (size_t i = 0; i < length(list); i++) {
        json *a = at(list, i);
        const char *name = json_str(a, "name", "");
        char time[32], tags[200];
        say_tags(json_array(a, "tags"), tags, sizeof tags);
        say(out, json_i64(a, "deleted", 0) || json_flag(a, "stale", false) ? RAG_DIM : RAG_PLAIN,
            "%-7s %-7s %s %.2f  %s  %-12s %.*s%s%s%s", json_str(a, "id", ""),
            json_str(a, "version", ""), json_flag(a, "solved", false) ? "✔" : "✘",
            json_f64(a, "quality", 0), when(json_i64(a, "created", 0), time),
            json_str(a, "kind", ""), fit(name, NAME_BYTES), name, tags,
            json_i64(a, "deleted", 0) ? "  (put aside)" : "",
            json_flag(a, "stale", false) ? "  (no longer searched)" : "");
    }
    if (!length(list))
        say(out, RAG_DIM, "nothing of this kind is kept");
    else if (json_flag(result, "more", false))
        say(out, RAG_DIM, "… and more; --limit shows as many as you like");
}

/* Where none of them was judged, there is no such column. */
static void say_gates(json *list, json *version, char out[24])
{
    bool any = false;
    for (size_t i = 0; i < length(list) && !any; i++)
        any = json_get(at(list, i), "gate_score") != NULL;
    if (any && json_get(version, "gate_score"))
        snprintf(out, 24, "gates %.2f  ", json_f64(version, "gate_score", 0));
    else
        snprintf(out, 24, "%s", any ? "gates -     " : "");
}

void rag_text_versions(json *result, const struct rag_out *out)
{
    json *list = json_array(result, "versions");
    for (size_t i = 0; i < length(list); i++) {
        json *v = at(list, i);
        const char *breaking = json_str(v, "breaking", ""), *reason = json_str(v, "reason", "");
        char time[32], gates[24];
        say_gates(list, v, gates);
        say(out, json_i64(v, "deleted", 0) ? RAG_DIM : RAG_PLAIN,
            "%-8s %-7s %s %.2f  %s%s  %s%.200s%s%s", json_str(v, "version", ""),
            json_str(v, "id", ""), json_flag(v, "solved", false) ? "✔" : "✘",
            json_f64(v, "quality", 0), gates, when(json_i64(v, "created", 0), time),
            *breaking ? "⚠ breaks callers: " : "", *breaking ? breaking : reason,
            json_i64(v, "deleted", 0) ? "  (put aside)" : "",
            json_flag(v, "old", false) || json_i64(v, "deleted", 0) ? "" : "  ← shown");
    }
}

/* ---- one ---- */

const char *rag_text_content(json *a)
{
    static const char *const members[] = {"code", "source", "text", "content", "workflow", NULL};
    for (int i = 0; members[i]; i++) {
        json *value = json_get(a, members[i]);
        if (value)
            return json_object_is_type(value, json_type_string)
                       ? json_object_get_string(value)
                       : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE);
    }
    return "";
}

static void say_lines(const struct rag_out *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);
        if (line)
            out->line(out->arg, RAG_PLAIN, line);
        free(line);
        text += n + (text[n] == '\n');
    }
}

void rag_text_show(json *a, const struct rag_out *out)
{
    char time[32], tags[200];
    say(out, RAG_HEAD, "# %s  %s %s  %s: %s", json_str(a, "id", ""), json_str(a, "version", ""),
        json_flag(a, "solved", false) ? "✔" : "✘", json_str(a, "kind", ""),
        json_str(a, "name", ""));
    if (*json_str(a, "task", ""))
        say(out, RAG_DIM, "# task: %.300s", json_str(a, "task", ""));
    say(out, RAG_DIM, "# made %s%s%s; %s", when(json_i64(a, "created", 0), time),
        *json_str(a, "model", "") ? " by " : "", json_str(a, "model", ""),
        json_str(json_object_of(a, "checked"), "text", "nothing has checked it"));
    say_tags(json_array(a, "tags"), tags, sizeof tags);
    say(out, RAG_DIM, "# %lld uses, %lld runs well and %lld not, %lld of 5 stars%s",
        (long long)json_i64(a, "uses", 0), (long long)json_i64(a, "ok", 0),
        (long long)json_i64(a, "bad", 0), (long long)json_i64(a, "rating", 0), tags);
    rag_text_quality(a, "# ", out);
    rag_text_gates(a, "# ", out);
    if (json_flag(a, "old", false))
        say(out, RAG_BAD, "# another version counts; see dise rag versions %s",
            json_str(a, "id", ""));
    if (json_i64(a, "deleted", 0))
        say(out, RAG_BAD, "# put aside; dise rag restore %s takes it back", json_str(a, "id", ""));
    say(out, RAG_PLAIN, " ");
    say_lines(out, rag_text_content(a));
}

static void say_edges(json *list, const char *title, const struct rag_out *out)
{
    for (size_t i = 0; i < length(list); i++) {
        json *o = at(list, i);
        say(out, json_flag(o, "gone", false) ? RAG_DIM : RAG_PLAIN, "  %-12s %-7s %-12s %s %s%s",
            i ? "" : title, json_str(o, "id", ""), json_str(o, "how", ""),
            json_str(o, "version", ""), json_str(o, "name", ""),
            json_flag(o, "gone", false) ? "(removed)"
            : json_i64(o, "deleted", 0) ? " (put aside)"
                                        : "");
    }
}

void rag_text_lineage(json *o, const struct rag_out *out)
{
    json *repaired = json_object_of(o, "repaired_from");
    char time[32];
    say(out, RAG_HEAD, "%s %s  %s: %s", json_str(o, "id", ""), json_str(o, "version", ""),
        json_str(o, "kind", ""), json_str(o, "name", ""));
    if (json_i64(o, "job", 0))
        say(out, RAG_PLAIN, "  %-12s job %lld%s%s%s%s", "made by", (long long)json_i64(o, "job", 0),
            *json_str(o, "step", "") ? ", step " : "", json_str(o, "step", ""),
            *json_str(o, "model", "") ? ", " : "", json_str(o, "model", ""));
    if (json_i64(o, "stage", 0))
        say(out, RAG_DIM, "  %-12s stage %lld, candidate %lld", "",
            (long long)json_i64(o, "stage", 0), (long long)json_i64(o, "candidate", 0));
    say(out, RAG_DIM, "  %-12s %s", "made at", when(json_i64(o, "created", 0), time));
    if (repaired)
        say(out, RAG_PLAIN, "  %-12s candidate %lld of stage %lld: %.300s", "repaired from",
            (long long)json_i64(repaired, "candidate", 0),
            (long long)json_i64(repaired, "stage", 0), json_str(repaired, "why", ""));
    say_edges(json_array(o, "derived_from"), "made of", out);
    say_edges(json_array(o, "derivatives"), "became", out);
}

/* ---- differences ---- */

static enum rag_line how_line(const char *line)
{
    if (strncmp(line, "+++", 3) == 0 || strncmp(line, "---", 3) == 0)
        return RAG_HEAD;
    return *line == '+' ? RAG_GOOD : *line == '-' ? RAG_BAD : *line == '@' ? RAG_DIM : RAG_PLAIN;
}

static void say_diff(const struct rag_out *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);
        if (line)
            out->line(out->arg, how_line(line), line);
        free(line);
        text += n + (text[n] == '\n');
    }
}

void rag_text_diff(json *o, const struct rag_out *out)
{
    json *changed = json_object_of(o, "changed");
    const char *bump = json_str(o, "bump", "");
    say_diff(out, json_str(o, "diff", ""));
    if (!*json_str(o, "diff", ""))
        say(out, RAG_DIM, "%s and %s have the same content", json_str(o, "from", ""),
            json_str(o, "to", ""));
    if (strcmp(bump, "major") == 0)
        say(out, RAG_BAD, "⚠ breaks callers: %s", json_str(o, "why", ""));
    else if (strcmp(bump, "minor") == 0)
        say(out, RAG_PLAIN, "callers can go on: %s", json_str(o, "why", ""));
    if (!changed)
        return;
    json_object_object_foreach(changed, key, pair)
    {
        json *from = json_get(pair, "from"), *to = json_get(pair, "to");
        say(out, RAG_DIM, "%-12s %.250s → %.250s", key, from ? json_object_get_string(from) : "–",
            to ? json_object_get_string(to) : "–");
    }
}

/* ---- what was done ---- */

void rag_text_made(json *o, const struct rag_out *out)
{
    const char *breaking = json_str(o, "breaking", "");
    say(out, RAG_GOOD, "%s is version %s: %s", json_str(o, "id", ""), json_str(o, "version", ""),
        json_str(o, "reason", ""));
    if (*breaking)
        say(out, RAG_BAD, "⚠ breaks callers: %s", breaking);
}

void rag_text_deleted(json *o, const struct rag_out *out)
{
    json *list = json_array(o, "changed");
    for (size_t i = 0; i < length(list); i++) {
        const char *id = json_str(at(list, i), "id", ""), *now = json_str(at(list, i), "shown", "");
        if (*now && i + 1 == length(list))
            say(out, RAG_PLAIN,
                "%s is put aside; %s is the version that counts now (--versions "
                "takes all of them)",
                id, now);
        else
            say(out, RAG_PLAIN, "%s is put aside; dise rag restore %s takes it back", id, id);
    }
    if (!length(list))
        say(out, RAG_PLAIN, "%lld put aside; dise rag restore --all takes them back",
            (long long)json_i64(o, "count", 0));
}

void rag_text_restored(json *o, const struct rag_out *out)
{
    json *list = json_array(o, "changed");
    for (size_t i = 0; i < length(list); i++) {
        const char *id = json_str(at(list, i), "id", ""), *now = json_str(at(list, i), "shown", "");
        if (strcmp(id, now) == 0)
            say(out, RAG_PLAIN, "%s is back", id);
        else
            say(out, RAG_PLAIN, "%s is back, as a version before %s", id, now);
    }
    if (!length(list))
        say(out, RAG_PLAIN, "%lld taken back", (long long)json_i64(o, "count", 0));
}

void rag_text_gc(json *o, const struct rag_out *out)
{
    const bool dry = json_flag(o, "dry_run", false);
    say(out, RAG_PLAIN,
        "%s %lld artifacts that were put aside, %lld contents (%.1f kB), %lld embeddings",
        dry ? "would remove" : "removed", (long long)json_i64(o, "artifacts", 0),
        (long long)json_i64(o, "contents", 0), json_f64(o, "bytes", 0) / 1000,
        (long long)json_i64(o, "embeddings", 0));
    for (size_t i = 0; i < length(json_array(o, "collections")); i++)
        say(out, RAG_PLAIN, "%s Qdrant's collection %s, of a model that was replaced",
            dry ? "would remove" : "removed",
            json_object_get_string(json_object_array_get_idx(json_array(o, "collections"), i)));
    if (*json_str(o, "problem", ""))
        say(out, RAG_PLAIN, "old collections of Qdrant may be left: %s",
            json_str(o, "problem", ""));
    if (json_i64(o, "pruned", 0))
        say(out, RAG_DIM, "%lld weak ones that nobody uses are no longer searched; lists show them",
            (long long)json_i64(o, "pruned", 0));
}

/* Each line of a piece of a program behind a mark. */
static void say_piece(const struct rag_out *out, enum rag_line how, char mark, const char *text)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        say(out, how, "    %c %.*s", mark, (int)n, text);
        text += n + (text[n] != 0);
    }
}

void rag_text_fixes(json *o, const struct rag_out *out)
{
    json *list = json_array(o, "fixes");
    const size_t n = list ? json_object_array_length(list) : 0;
    if (!n)
        say(out, RAG_DIM, "no such error was mended yet");
    for (size_t i = 0; i < n; i++) {
        json *f = json_object_array_get_idx(list, i);
        say(out, RAG_HEAD, "%s", json_str(f, "signature", ""));
        say(out, RAG_DIM,
            "  %.2f: it mended job %lld, was offered %lld times since and helped %lld",
            json_f64(f, "odds", 0), (long long)json_i64(f, "job", 0),
            (long long)json_i64(f, "offered", 0), (long long)json_i64(f, "helped", 0));
        say_piece(out, RAG_BAD, '-', json_str(f, "before", ""));
        say_piece(out, RAG_GOOD, '+', json_str(f, "after", ""));
    }
}

/* ---- times ---- */

enum err rag_text_since(const char *text, int64_t now, int64_t *out, struct err_info *info)
{
    if (day_time_since(text, now, out))
        return ERR_OK;
    return err_set(info, ERR_INPUT,
                   "a time is 90m, 12h, 7d, 2w, 1y, or a day as 2026-11-02, not %.40s", text);
}
