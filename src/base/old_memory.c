#include "base/old_memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

typedef struct json_object json;

/* ---- texts ---- */

enum err old_text(struct buf *text, const char *file, struct err_info *info)
{
    size_t bad, n = 0;
    int line, column;
    if (text->len >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0)
        buf_consume(text, 3);
    bad = utf8_invalid(text->data, text->len);
    if (bad == text->len && memchr(text->data, 0, text->len))
        bad = strlen(text->data);
    if (bad < text->len) {
        utf8_place(text->data, text->len, bad, &line, &column);
        return err_at(info, ERR_PARSE, file, line, column, "not UTF-8 text");
    }
    for (size_t i = 0; i < text->len; i++) {
        if (text->data[i] == '\r') {
            text->data[n++] = '\n';
            i += text->data[i + 1] == '\n';
        } else {
            text->data[n++] = text->data[i];
        }
    }
    buf_truncate(text, n);
    return ERR_OK;
}

/* Python writes NaN and Infinity, which no other reader of JSON takes. */
static json *only_finite(json *o)
{
    if (json_object_is_type(o, json_type_double) && !isfinite(json_object_get_double(o)))
        return NULL;
    if (json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, value)
        {
            if (value && !only_finite(value))
                json_object_object_add(o, key, NULL);
        }
    }
    for (size_t i = 0; json_object_is_type(o, json_type_array) && i < json_object_array_length(o);
         i++) {
        json *value = json_object_array_get_idx(o, i);
        if (value && !only_finite(value))
            json_object_array_put_idx(o, i, NULL);
    }
    return o;
}

enum err old_json(const char *text, size_t n, const char *file, int line, int column, json **out,
                  struct err_info *info)
{
    struct err_info why = {0};
    enum err e = json_parse(text, n, file, out, &why);
    if (e && why.line == 1)
        why.column += column - 1;
    if (e && why.line)
        why.line += line - 1;
    if (e && info)
        *info = why;
    if (!e && *out && !only_finite(*out)) {
        json_object_put(*out);
        *out = NULL;
    }
    return e;
}

int64_t old_time(const char *text)
{
    struct tm t = {0};
    double seconds = 0;
    int hours = 0, minutes = 0, used = 0;
    char sign = 0;
    int64_t ms;
    if (sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d:%lf%n", &t.tm_year, &t.tm_mon, &t.tm_mday,
               &t.tm_hour, &t.tm_min, &seconds, &used) < 6)
        return 0;
    if (t.tm_year < 1970 || t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 ||
        t.tm_hour < 0 || t.tm_hour > 23 || t.tm_min < 0 || t.tm_min > 59 || !(seconds >= 0) ||
        seconds >= 61)
        return 0;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    ms = (int64_t)timegm(&t) * 1000 + (int64_t)(seconds * 1000);
    if (sscanf(text + used, "%c%2d:%2d", &sign, &hours, &minutes) == 3 &&
        (sign == '+' || sign == '-'))
        ms -= (sign == '+' ? 1 : -1) * (hours * 60 + minutes) * (int64_t)60000;
    return ms;
}

/* ---- records ---- */

json *old_record(const char *folder, const char *id, const char *kind)
{
    json *record = json_object_new_object();
    char source[600];
    snprintf(source, sizeof source, "%s/%.500s", folder, id);
    source[utf8_floor(source, strlen(source))] = 0;
    json_add_str(record, "source", source);
    json_add_str(record, "kind", kind);
    json_add_str(record, "name", id);
    json_add_str(record, "task", "");
    json_object_object_add(record, "tags", json_object_new_array());
    json_object_object_add(record, "body", json_object_new_object());
    return record;
}

void old_remark(json *record, const char *sentence)
{
    json *remarks = json_array(record, "remarks");
    if (!remarks) {
        remarks = json_object_new_array();
        json_object_object_add(record, "remarks", remarks);
    }
    json_object_array_add(remarks, json_object_new_string(sentence));
}

static bool has_tag(json *tags, const char *word)
{
    for (size_t i = 0; i < json_object_array_length(tags); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(tags, i)), word) == 0)
            return true;
    return false;
}

/* A tag is one word here: what separates becomes a dash. */
void old_add_tags(json *record, json *tags)
{
    json *mine = json_array(record, "tags");
    for (size_t i = 0;
         json_object_is_type(tags, json_type_array) && i < json_object_array_length(tags) &&
         json_object_array_length(mine) < OLD_TAGS_MAX;
         i++) {
        json *tag = json_object_array_get_idx(tags, i);
        char word[OLD_TAG_MAX + 1];
        if (!json_object_is_type(tag, json_type_string))
            continue;
        snprintf(word, sizeof word, "%s", json_object_get_string(tag));
        word[utf8_floor(word, strlen(word))] = 0;
        for (char *c = word; *c; c++)
            if ((unsigned char)*c <= ' ' || *c == ',' || *c == '|' || *c == 0x7f)
                *c = '-';
        if (*word && !has_tag(mine, word))
            json_object_array_add(mine, json_object_new_string(word));
    }
}

/* ---- kinds ---- */

static const char *const kinds[] = {"plan",       "function",    "sub_workflow", "workflow",
                                    "tool",       "prompt",      "pattern",      "performance",
                                    "evaluation", "failure",     "bug_report",   "code_fix",
                                    "debug_data", "conversation"};

bool old_kind_known(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

/* Calls of models and talks were filed under whatever kind there was; their names tell them. */
static const struct {
    const char *prefix, *kind;
    bool always;
} families[] = {
    {"conv_", "conversation", true},
    {"interaction_", "conversation", true},
    {"invocation_", "conversation", true},
    {"exec_invocation_", "conversation", true},
    {"func_", "function", false},
    {"tool_", "tool", false},
    {"workflow_", "workflow", false},
    {"spec_", "plan", false},
    {"timeout_stats_", "performance", false},
};

static void find_kind(const char *id, const char *type, char out[64])
{
    const bool named = *type;
    size_t n = 0;
    for (; type[n] && n < 63; n++)
        out[n] = type[n] >= 'A' && type[n] <= 'Z' ? (char)(type[n] - 'A' + 'a')
                 : (unsigned char)type[n] <= ' '  ? '_'
                                                  : type[n];
    out[n] = 0;
    out[utf8_floor(out, n)] = 0;
    if (strcmp(out, "perf_data") == 0)
        strcpy(out, "performance");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strncmp(id, families[i].prefix, strlen(families[i].prefix)) == 0 &&
            (families[i].always || !named))
            strcpy(out, families[i].kind);
    if (!*out)
        strcpy(out, "unknown");
}

/* ---- entries of the index ---- */

/* Plain line ends also within the strings that hold programs. */
static json *plain_string(json *text, const char *file)
{
    struct buf b;
    json *out = NULL;
    if (!json_object_is_type(text, json_type_string))
        return json_object_get(text);
    buf_init(&b, OLD_ENTRY_MAX);
    if (buf_add(&b, json_object_get_string(text), (size_t)json_object_get_string_len(text)) ==
            ERR_OK &&
        old_text(&b, file, NULL) == ERR_OK)
        out = json_object_new_string_len(b.data, (int)b.len);
    buf_fini(&b);
    return out ? out : json_object_get(text);
}

/* A workflow's steps stand in the metadata, as text or as an object, or are the content. */
static void add_workflow(json *body, json *content, json *metadata)
{
    json *flow = json_get(metadata, "workflow_json"), *parsed = NULL;
    if (!flow)
        flow = content;
    if (json_object_is_type(flow, json_type_string) &&
        old_json(json_object_get_string(flow), (size_t)json_object_get_string_len(flow), "", 1, 1,
                 &parsed, NULL) == ERR_OK)
        flow = parsed;
    if (json_object_is_type(flow, json_type_object) && json_array(flow, "steps"))
        json_object_object_add(body, "steps_of", json_object_get(flow));
    json_object_put(parsed);
}

static void add_content(json *record, json *content, json *metadata, const char *file)
{
    json *body = json_object_of(record, "body");
    const char *kind = json_str(record, "kind", "");
    if (content && strcmp(kind, "function") == 0) {
        json_object_object_add(body, "source", plain_string(content, file));
        json_object_object_add(body, "interface", json_object_get(json_get(metadata, "interface")));
    } else if (content) {
        json_object_object_add(body, "content", plain_string(content, file));
    }
    if (strcmp(kind, "workflow") == 0 || strcmp(kind, "sub_workflow") == 0)
        add_workflow(body, content, metadata);
    if (metadata)
        json_object_object_add(body, "metadata", json_object_get(metadata));
}

static void add_figures(json *record, json *o)
{
    double quality = json_f64(o, "quality_score", -1);
    int64_t uses = json_i64(o, "usage_count", 0);
    json_add_i64(record, "created", old_time(json_str(o, "created_at", "")));
    json_add_i64(record, "uses", uses < 0 ? 0 : uses);
    if (quality > 0) /* 0 is what the old system wrote before anything had judged it */
        json_add_f64(record, "quality", quality > 1 ? 1 : quality);
}

static void remark_entry(json *record, const char *id, const char *type, json *o)
{
    json *embedding = json_array(o, "embedding");
    char text[200];
    if (*type && !old_kind_known(json_str(record, "kind", ""))) {
        snprintf(text, sizeof text, "%.60s: the kind \"%.60s\" is unknown here and kept as it is",
                 id, type);
        text[utf8_floor(text, strlen(text))] = 0;
        old_remark(record, text);
    }
    if (embedding)
        json_add_i64(record, "embedding", (int64_t)json_object_array_length(embedding));
}

static json *make_entry(const char *id, json *o, const char *file)
{
    const char *type = json_str(o, "artifact_type", "");
    char kind[64];
    json *record, *metadata = json_object_of(o, "metadata");
    find_kind(id, type, kind);
    record = old_record("rag_memory", id, kind);
    if (*json_str(o, "name", ""))
        json_add_str(record, "name", json_str(o, "name", ""));
    json_add_str(record, "task", json_str(metadata, "question", json_str(o, "description", "")));
    if (json_get(metadata, "question") && *json_str(o, "description", ""))
        json_add_str(json_object_of(record, "body"), "description", json_str(o, "description", ""));
    add_content(record, json_get(o, "content"), metadata, file);
    if (*type && strcmp(type, kind) != 0)
        json_add_str(json_object_of(record, "body"), "artifact_type", type);
    old_add_tags(record, json_get(o, "tags"));
    add_figures(record, o);
    remark_entry(record, id, type, o);
    return record;
}

enum err old_entry(const char *key, const char *text, size_t n, const char *file, int line,
                   int column, json **record, struct err_info *info)
{
    json *o = NULL;
    const char *id;
    enum err e = old_json(text, n, file, line, column, &o, info);
    *record = NULL;
    if (e)
        return e;
    id = key && *key ? key : json_str(o, "artifact_id", "");
    if (!json_object_is_type(o, json_type_object))
        e = err_at(info, ERR_INPUT, file, line, column, "an artifact is an object");
    else if (!*id)
        e = err_at(info, ERR_INPUT, file, line, column, "an artifact without artifact_id");
    else
        *record = make_entry(id, o, file);
    json_object_put(o);
    return e;
}

const char *old_entry_node(json *record)
{
    static const char prefix[] = "rag_memory/func_";
    const char *source = json_str(record, "source", "");
    json *metadata = json_object_of(json_object_of(record, "body"), "metadata");
    if (strcmp(json_str(record, "kind", ""), "function") != 0)
        return "";
    if (*json_str(metadata, "node_id", ""))
        return json_str(metadata, "node_id", "");
    return strncmp(source, prefix, sizeof prefix - 1) == 0 ? source + sizeof prefix - 1 : "";
}

/* ---- mendings ---- */

static void copy(json *to, json *from, const char *key, const char *as)
{
    if (json_get(from, key))
        json_object_object_add(to, as, json_object_get(json_get(from, key)));
}

enum err old_fix(const char *name, const char *text, size_t n, const char *file, json **record,
                 struct err_info *info)
{
    static const char *const kept[] = {"problem_type",    "tool_name",          "problem_data",
                                       "fix_description", "fix_implementation", "conditions",
                                       "metadata"};
    json *o = NULL, *body;
    enum err e = old_json(text, n, file, 1, 1, &o, info);
    *record = NULL;
    if (!e && !json_object_is_type(o, json_type_object))
        e = err_at(info, ERR_INPUT, file, 1, 1, "a fix template is an object");
    if (e) {
        json_object_put(o);
        return e;
    }
    if (*json_str(o, "template_id", ""))
        name = json_str(o, "template_id", "");
    *record = old_record("fix_templates", name, "code_fix");
    body = json_object_of(*record, "body");
    json_add_str(*record, "task", json_str(o, "problem_description", ""));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        copy(body, o, kept[i], kept[i]);
    copy(body, o, "fix_implementation", "content");
    json_add_i64(*record, "created", old_time(json_str(o, "created_at", "")));
    json_add_i64(*record, "uses", json_i64(o, "applied_count", 0));
    json_object_put(o);
    return ERR_OK;
}

/* ---- lessons ---- */

static json *make_lesson(const char *signature, size_t number, json *o)
{
    char id[300];
    json *record;
    double quality = json_f64(o, "quality_achieved", -1);
    snprintf(id, sizeof id, "%.200s/%zu", signature, number);
    record = old_record("shared_context", id, "pattern");
    json_add_str(record, "name", json_str(o, "node_id", signature));
    json_add_str(record, "task", json_str(o, "lesson", ""));
    json_add_str(json_object_of(record, "body"), "content",
                 json_str(o, "recommendation", json_str(o, "lesson", "")));
    json_object_object_add(json_object_of(record, "body"), "metadata", json_object_get(o));
    json_add_i64(record, "uses", json_i64(o, "usage_count", 0));
    if (quality >= 0)
        json_add_f64(record, "quality", quality > 1 ? 1 : quality);
    return record;
}

enum err old_lessons(const char *text, size_t n, const char *file, json **records,
                     struct err_info *info)
{
    json *o = NULL, *learnings;
    enum err e = old_json(text, n, file, 1, 1, &o, info);
    *records = NULL;
    if (e)
        return e;
    learnings = json_object_of(o, "learnings");
    if (!learnings) {
        json_object_put(o);
        return err_at(info, ERR_INPUT, file, 1, 1, "there are no learnings in it");
    }
    *records = json_object_new_array();
    json_object_object_foreach(learnings, signature, list)
    {
        for (size_t i = 0;
             json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++)
            if (json_object_is_type(json_object_array_get_idx(list, i), json_type_object))
                json_object_array_add(
                    *records, make_lesson(signature, i, json_object_array_get_idx(list, i)));
    }
    json_object_put(o);
    return ERR_OK;
}
