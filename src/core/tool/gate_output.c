#include "core/tool/gate_output.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_MAX = 500, CODE_SIZE = 64, DEPTH_MAX = 8, SILENCED_MAX = 4096 };

static const char *const field_names[] = {"line",    "column", "code",
                                          "message", "value",  ""}; /* "": nothing of use */

/* ---- checking ---- */

/* Back-references would let a pattern take exponential time. */
static enum err compile(const char *pattern, regex_t *out, char why[120])
{
    int code;
    why[0] = 0;
    for (const char *p = pattern; *p; p++)
        if (*p == '\\' && p[1] && *++p >= '1' && *p <= '9') {
            snprintf(why, 120, "a back-reference is not allowed");
            return ERR_INPUT;
        }
    if (strlen(pattern) > PATTERN_MAX) {
        snprintf(why, 120, "it is longer than %d characters", PATTERN_MAX);
        return ERR_INPUT;
    }
    code = regcomp(out, pattern, REG_EXTENDED);
    if (code)
        regerror(code, out, why, 120);
    return code ? ERR_INPUT : ERR_OK;
}

static bool is_field(struct json_object *field)
{
    for (size_t i = 0; json_object_is_type(field, json_type_string) &&
                       i < sizeof field_names / sizeof *field_names;
         i++)
        if (strcmp(json_object_get_string(field), field_names[i]) == 0)
            return true;
    return false;
}

static enum err check_pattern(const struct yaml_doc *doc, struct json_object *output,
                              struct err_info *info)
{
    struct json_object *fields = json_array(output, "fields");
    size_t n = fields ? json_object_array_length(fields) : 0, groups;
    int64_t lines = json_i64(output, "lines", 1);
    char why[120];
    regex_t regex;
    if (!json_object_is_type(json_get(output, "pattern"), json_type_string))
        return yaml_fail(doc, output, "pattern", info, "`pattern` is a regular expression");
    if (compile(json_str(output, "pattern", ""), &regex, why))
        return yaml_fail(doc, output, "pattern", info, "`pattern` cannot be used: %s", why);
    groups = regex.re_nsub;
    regfree(&regex);
    for (size_t i = 0; i < n; i++)
        if (!is_field(json_object_array_get_idx(fields, i)))
            return yaml_fail(doc, output, "fields", info,
                             "`fields` are line, column, code, message, value or \"\"");
    if ((json_get(output, "fields") && !fields) || n > groups || n > OUTPUT_GROUPS_MAX)
        return yaml_fail(doc, output, "fields", info,
                         "`fields` name the groups of `pattern`, which has %zu", groups);
    if (lines < 1 || lines > OUTPUT_LINES_MAX)
        return yaml_fail(doc, output, "lines", info, "`lines` is a number from 1 to %d",
                         OUTPUT_LINES_MAX);
    return ERR_OK;
}

static enum err check_texts(const struct yaml_doc *doc, struct json_object *output,
                            struct err_info *info)
{
    static const char *const texts[] = {"findings", "line", "column", "code", "message"};
    static const char *const maps[] = {"only", "weight", "values"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (json_get(output, texts[i]) &&
            !json_object_is_type(json_get(output, texts[i]), json_type_string))
            return yaml_fail(doc, output, texts[i], info, "`%s` is a text", texts[i]);
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (json_get(output, maps[i]) && !json_object_of(output, maps[i]))
            return yaml_fail(doc, output, maps[i], info, "`%s` is a mapping", maps[i]);
    return ERR_OK;
}

static enum err check_silencers(const struct yaml_doc *doc, struct json_object *block,
                                struct err_info *info)
{
    struct json_object *list = json_array(block, "silencers");
    char why[120];
    regex_t regex;
    if (json_get(block, "silencers") && !list)
        return yaml_fail(doc, block, "silencers", info,
                         "`silencers` is a list of regular expressions");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        if (!json_object_is_type(o, json_type_string))
            return yaml_fail(doc, block, "silencers", info,
                             "`silencers` is a list of regular expressions");
        if (compile(json_object_get_string(o), &regex, why))
            return yaml_fail(doc, block, "silencers", info, "a silencer cannot be used: %s", why);
        regfree(&regex);
    }
    return ERR_OK;
}

enum err gate_output_check(const struct yaml_doc *doc, struct json_object *block,
                           struct err_info *info)
{
    struct json_object *output = json_object_of(block, "output");
    enum err e = check_silencers(doc, block, info);
    if (e)
        return e;
    if (json_get(block, "output") && !output)
        return yaml_fail(doc, block, "output", info,
                         "`output` is a mapping, like {line: row, message: text}");
    e = output ? check_texts(doc, output, info) : ERR_OK;
    return e || !output || !json_get(output, "pattern") ? e : check_pattern(doc, output, info);
}

/* ---- JSON ---- */

/* Hands on every value at the path; false: no more is wanted. */
static bool walk(struct json_object *at, const char *path, int depth,
                 bool (*fn)(void *arg, struct json_object *value), void *arg)
{
    char name[128];
    size_t n = strcspn(path, ".");
    const char *rest = path + n + (path[n] == '.');
    bool go = true;
    if (depth > DEPTH_MAX || !at)
        return true;
    if (!*path)
        return fn(arg, at);
    snprintf(name, sizeof name, "%.*s", (int)n, path);
    if (strcmp(name, "*") != 0)
        return walk(json_get(at, name), rest, depth + 1, fn, arg);
    if (json_object_is_type(at, json_type_object)) {
        json_object_object_foreach(at, key, value)
        {
            (void)key;
            go = go && walk(value, rest, depth + 1, fn, arg);
        }
    } else if (json_object_is_type(at, json_type_array)) {
        for (size_t i = 0; go && i < json_object_array_length(at); i++)
            go = walk(json_object_array_get_idx(at, i), rest, depth + 1, fn, arg);
    }
    return go;
}

struct json_reading {
    struct json_object *output;
    gate_found_fn *take;
    void *arg;
};

static bool is_wanted(struct json_object *output, struct json_object *o)
{
    struct json_object *only = json_object_of(output, "only");
    if (!only)
        return true;
    json_object_object_foreach(only, field, words)
    {
        const char *has = json_str(o, field, "");
        bool found = false;
        for (size_t i = 0;
             json_object_is_type(words, json_type_array) && i < json_object_array_length(words);
             i++)
            found |= strcmp(json_object_get_string(json_object_array_get_idx(words, i)), has) == 0;
        if (!found)
            return false;
    }
    return true;
}

static double weight_of(struct json_object *output, struct json_object *o)
{
    struct json_object *fields = json_object_of(output, "weight");
    double weight = 1;
    if (!fields)
        return weight;
    json_object_object_foreach(fields, field, figures)
    {
        weight *= json_f64(figures, json_str(o, field, ""), 1);
    }
    return weight >= 0 && weight < 1e6 ? weight : 1;
}

enum { COLUMNS_MAX = 10000000 };

static int64_t column_of(struct json_object *output, int64_t column)
{
    const int64_t from = json_i64(output, "column_from", 1);
    if (column < 0 || column >= COLUMNS_MAX || from < 0 || from > COLUMNS_MAX)
        return 0;
    return column + 1 > from ? column + 1 - from : 0;
}

static bool take_object(void *arg, struct json_object *o)
{
    struct json_reading *r = arg;
    struct json_object *out = r->output;
    bool go = true;
    if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; go && i < json_object_array_length(o); i++)
            go = json_object_is_type(json_object_array_get_idx(o, i), json_type_array) ||
                 take_object(arg, json_object_array_get_idx(o, i));
        return go;
    }
    if (!json_object_is_type(o, json_type_object) || !is_wanted(out, o) ||
        !json_get(o, json_str(out, "message", "message")))
        return true;
    struct gate_found found = {
        .line = json_i64(o, json_str(out, "line", "line"), 0),
        .column = column_of(out, json_i64(o, json_str(out, "column", "column"), -1)),
        .code = json_str(o, json_str(out, "code", "code"), ""),
        .message = json_str(o, json_str(out, "message", "message"), ""),
        .weight = weight_of(out, o),
    };
    return r->take(r->arg, &found);
}

static bool take_number(void *arg, struct json_object *o)
{
    struct json_object **out = arg;
    if (!json_object_is_type(o, json_type_int) && !json_object_is_type(o, json_type_double))
        return true;
    *out = o;
    return false;
}

void gate_output_json(struct json_object *output, struct json_object *document,
                      struct json_object *values, gate_found_fn *take, void *arg)
{
    struct json_reading r = {output, take, arg};
    struct json_object *figures = json_object_of(output, "values");
    walk(document, json_str(output, "findings", ""), 0, take_object, &r);
    if (!figures)
        return;
    json_object_object_foreach(figures, name, path)
    {
        struct json_object *number = NULL;
        walk(document, json_object_get_string(path), 0, take_number, &number);
        if (number)
            json_add_f64(values, name, json_object_get_double(number));
    }
}

/* ---- lines ---- */

struct line_reading {
    struct json_object *output, *fields, *values;
    regex_t regex;
    int64_t lines;
};

static bool take_match(const struct line_reading *r, const char *text, const regmatch_t *match,
                       gate_found_fn *take, void *arg)
{
    char code[CODE_SIZE], message[OUTPUT_LINE_MAX + 1];
    struct gate_found found = {.code = code, .message = message, .weight = 1};
    size_t n = r->fields ? json_object_array_length(r->fields) : 0;
    snprintf(code, sizeof code, "%s", json_str(r->output, "code", ""));
    snprintf(message, sizeof message, "%s", json_str(r->output, "message", ""));
    bool figure = false;
    for (size_t i = 0; i < n; i++) {
        const char *field = json_object_get_string(json_object_array_get_idx(r->fields, i));
        const regmatch_t *m = &match[i + 1];
        char part[OUTPUT_LINE_MAX + 1] = "";
        if (m->rm_so >= 0)
            snprintf(part, sizeof part, "%.*s", (int)(m->rm_eo - m->rm_so), text + m->rm_so);
        if (strcmp(field, "line") == 0)
            found.line = strtol(part, NULL, 10);
        else if (strcmp(field, "column") == 0)
            found.column = column_of(r->output, *part ? strtol(part, NULL, 10) : -1);
        else if (strcmp(field, "code") == 0 && *part)
            snprintf(code, sizeof code, "%.63s", part);
        else if (strcmp(field, "message") == 0 && *part)
            snprintf(message, sizeof message, "%s", part);
        else if (strcmp(field, "value") == 0 && *part) {
            json_add_f64(r->values, "value", strtod(part, NULL));
            figure = true;
        }
    }
    /* a line that only tells the figure is no finding */
    return (figure && !message[0]) || take(arg, &found);
}

/* The next lines of text[at..n) as one C string without the last end of line. Returns where the
 * first of them ends. */
static size_t window(const char *text, size_t at, size_t n, int64_t lines, char *out)
{
    size_t used = 0, first = n, p = at;
    for (int64_t i = 0; i < lines && p < n; i++) {
        const char *end = memchr(text + p, '\n', n - p);
        size_t len = end ? (size_t)(end - text) - p : n - p;
        size_t room = OUTPUT_LINE_MAX - used, copy = len < room ? len : room;
        if (i && room) {
            out[used++] = '\n';
            copy = copy < OUTPUT_LINE_MAX - used ? copy : OUTPUT_LINE_MAX - used;
        }
        memcpy(out + used, text + p, copy);
        used += copy;
        p += len + 1;
        if (i == 0)
            first = p < n ? p : n;
    }
    while (used && out[used - 1] == '\r')
        used--;
    out[used] = 0;
    return first;
}

static size_t skip_lines(const char *text, size_t at, size_t n, int64_t lines)
{
    for (; lines > 0 && at < n; lines--) {
        const char *end = memchr(text + at, '\n', n - at);
        at = end ? (size_t)(end - text) + 1 : n;
    }
    return at;
}

bool gate_output_lines(struct json_object *output, const char *text, size_t n,
                       struct json_object *values, gate_found_fn *take, void *arg)
{
    struct line_reading r = {.output = output,
                             .fields = json_array(output, "fields"),
                             .values = values,
                             .lines = json_i64(output, "lines", 1)};
    char line[OUTPUT_LINE_MAX + 1], why[120];
    regmatch_t match[OUTPUT_GROUPS_MAX + 1];
    bool go = true;
    if (!json_get(output, "pattern") || compile(json_str(output, "pattern", ""), &r.regex, why))
        return false;
    for (size_t at = 0, seen = 0; go && at < n && seen < OUTPUT_LINES_READ; seen++) {
        size_t next = window(text, at, n, r.lines, line);
        if (regexec(&r.regex, line, OUTPUT_GROUPS_MAX + 1, match, 0) == 0) {
            go = take_match(&r, line, match, take, arg);
            next = skip_lines(text, at, n, r.lines);
        }
        at = next;
    }
    regfree(&r.regex);
    return true;
}

/* ---- what would silence it ---- */

char *gate_output_unsilenced(struct json_object *silencers, const char *code)
{
    size_t n = silencers ? json_object_array_length(silencers) : 0;
    char *out = n ? strdup(code) : NULL, why[120];
    for (size_t i = 0; out && i < n; i++) {
        regex_t regex;
        regmatch_t m;
        size_t at = 0;
        if (compile(json_object_get_string(json_object_array_get_idx(silencers, i)), &regex, why))
            continue;
        for (int k = 0; k < SILENCED_MAX && out[at] &&
                        regexec(&regex, out + at, 1, &m, at ? REG_NOTBOL : 0) == 0;
             k++) {
            /* what begins with # stays a comment, and # begins nothing else that silences */
            for (regoff_t p = m.rm_so + 1; p < m.rm_eo; p++)
                if (out[at + (size_t)p] != '\n')
                    out[at + (size_t)p] = '-';
            at += (size_t)m.rm_eo + (m.rm_eo == m.rm_so);
        }
        regfree(&regex);
    }
    return out;
}
