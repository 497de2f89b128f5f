#include "core/check/gate_report.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/tool/gate_output.h"

enum { TEXT_MAX = 240, CODE_MAX_SHOWN = 64, DETAIL_FINDINGS = 3, DETAIL_LINES = 4 };

static const double score_default = 0.5, finding_weight = 0.1;

/* ---- findings ---- */

/* NULL: there are enough. */
static struct json_object *add_finding(struct json_object *list, int64_t line, const char *code,
                                       const char *text)
{
    struct json_object *o;
    char copy[TEXT_MAX + 1];
    size_t n = strcspn(text, "\r\n");
    if (json_object_array_length(list) >= GATE_FINDINGS_MAX)
        return NULL;
    n = n > TEXT_MAX ? TEXT_MAX : n;
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--; /* not in the middle of a character */
    snprintf(copy, sizeof copy, "%.*s", (int)n, text);
    if (isupper((unsigned char)copy[0]) && !isupper((unsigned char)copy[1]))
        copy[0] = (char)tolower((unsigned char)copy[0]);
    o = json_object_new_object();
    json_add_i64(o, "line", line > 0 && line < 10000000 ? line : 0);
    json_add_str(o, "code", code);
    json_add_str(o, "text", copy);
    json_object_array_add(list, o);
    return o;
}

static void add_object(struct json_object *list, struct json_object *o)
{
    struct json_object *place = json_object_of(o, "location");
    if (!json_object_is_type(o, json_type_object))
        return;
    add_finding(
        list, json_i64(place, "row", json_i64(o, "line", 0)),
        json_str(o, "code", json_object_object_get_ex(o, "code", NULL) ? "invalid-syntax" : ""),
        json_str(o, "message", json_str(o, "text", "")));
}

/* An object that tells a score or a list, or is one finding itself. */
static void add_value(struct json_object *out, struct json_object *value)
{
    struct json_object *list = json_array(out, "findings");
    struct json_object *inner = json_array(value, "findings");
    double score = json_f64(value, "score", -1);
    if (json_object_is_type(value, json_type_array))
        inner = value;
    for (size_t i = 0; inner && i < json_object_array_length(inner); i++)
        add_object(list, json_object_array_get_idx(inner, i));
    if (score >= 0 && score <= 1)
        json_add_f64(out, "score", score);
    if (!inner && json_get(value, "message"))
        add_object(list, value);
}

static bool read_json(const char *text, size_t n, struct json_object *out)
{
    struct json_object *o = NULL;
    bool some = false;
    if (json_parse(text, n, NULL, &o, NULL) == ERR_OK && o) {
        add_value(out, o);
        json_object_put(o);
        return true;
    }
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end ? (size_t)(end - text) - at : n - at;
        if (len && text[at] == '{' && json_parse(text + at, len, NULL, &o, NULL) == ERR_OK && o) {
            add_value(out, o);
            json_object_put(o);
            some = true;
        }
        at += len + 1;
    }
    return some;
}

/* "program.py:3:7: X12 says", "line 3: says"; else the line itself. */
static void add_line(struct json_object *list, const char *text, size_t n)
{
    char copy[TEXT_MAX + 1], code[16] = "";
    const char *p = copy, *rest;
    int64_t line = 0;
    size_t k = 0;
    snprintf(copy, sizeof copy, "%.*s", (int)(n < TEXT_MAX ? n : TEXT_MAX), text);
    rest = strstr(copy, ".py:");
    if (rest) {
        char *end;
        line = strtol(rest + 4, &end, 10);
        if (*end == ':' && isdigit((unsigned char)end[1]))
            (void)!strtol(end + 1, &end, 10);
        p = *end == ':' ? end + 1 : end;
    } else if (sscanf(copy, "line %7lld", (long long *)&line) == 1 && (rest = strchr(copy, ':'))) {
        p = rest + 1;
    }
    p += strspn(p, " ");
    while (isupper((unsigned char)p[k]))
        k++;
    if (k && k < 6 && isdigit((unsigned char)p[k])) {
        while (isdigit((unsigned char)p[k]) && k < sizeof code - 1)
            k++;
        if (p[k] == ' ' || p[k] == ':') {
            snprintf(code, sizeof code, "%.*s", (int)k, p);
            p += k + 1;
            p += strspn(p, " ");
        }
    }
    if (*p)
        add_finding(list, line, code, p);
}

static void read_lines(const char *text, size_t n, struct json_object *list)
{
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end ? (size_t)(end - text) - at : n - at;
        add_line(list, text + at, len);
        at += len + 1;
    }
}

static enum err said(const char *errors, int code, struct err_info *info)
{
    size_t n = strlen(errors);
    const char *from;
    while (n && (errors[n - 1] == '\n' || errors[n - 1] == ' '))
        n--;
    for (from = errors + n; from > errors && from[-1] != '\n'; from--)
        ;
    return err_set(info, ERR_PARSE, "it ended with %d: %.*s", code,
                   n ? (int)(n - (size_t)(from - errors)) : 14, n ? from : "without a word");
}

enum err gate_report_read(const char *text, size_t n, const char *errors, bool json, int code,
                          struct json_object **out, struct err_info *info)
{
    size_t blank = 0;
    bool read;
    while (blank < n && isspace((unsigned char)text[blank]))
        blank++;
    *out = json_object_new_object();
    json_object_object_add(*out, "findings", json_object_new_array());
    read = read_json(text + blank, n - blank, *out);
    if (!read && (json ? code || blank < n : code && blank == n && strstr(errors, "Traceback ("))) {
        json_object_put(*out);
        *out = NULL;
        return said(errors, code, info);
    }
    if (!read && code)
        read_lines(text, n, json_array(*out, "findings"));
    if (!read && code && !json_object_array_length(json_array(*out, "findings")))
        read_lines(errors, strlen(errors), json_array(*out, "findings"));
    if (!read && code && !json_object_array_length(json_array(*out, "findings")))
        add_finding(json_array(*out, "findings"), 0, "", "it said no");
    return ERR_OK;
}

/* ---- as the gate's file declares it ---- */

static bool take_found(void *arg, const struct gate_found *found)
{
    char code[CODE_MAX_SHOWN + 1];
    struct json_object *o;
    snprintf(code, sizeof code, "%.*s", (int)strcspn(found->code, "\r\n"), found->code);
    o = add_finding(arg, found->line, code, found->message);
    if (o && found->column)
        json_add_i64(o, "column", found->column);
    if (o && (found->weight < 1 || found->weight > 1))
        json_add_f64(o, "weight", found->weight);
    return o != NULL;
}

static bool read_declared_json(struct json_object *output, const char *text, size_t n,
                               struct json_object *report)
{
    struct json_object *values = json_object_of(report, "values"),
                       *list = json_array(report, "findings"), *o = NULL;
    bool some = false;
    if (json_parse(text, n, NULL, &o, NULL) == ERR_OK && o) {
        gate_output_json(output, o, values, take_found, list);
        json_object_put(o);
        return true;
    }
    for (size_t at = 0, lines = 0; at < n && lines < OUTPUT_LINES_READ; lines++) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end ? (size_t)(end - text) - at : n - at;
        if (len && text[at] == '{' && json_parse(text + at, len, NULL, &o, NULL) == ERR_OK && o) {
            gate_output_json(output, o, values, take_found, list);
            json_object_put(o);
            some = true;
        }
        at += len + 1;
    }
    return some;
}

static bool all_blank(const char *text, size_t n)
{
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    return n == 0;
}

enum err gate_report_of(struct json_object *run, const char *text, size_t n, const char *errors,
                        int code, struct json_object **out, struct err_info *info)
{
    struct json_object *output = json_object_of(run, "output"), *values = json_object_new_object();
    const bool json = json_flag(run, "json", false);
    bool read;
    if (!output) {
        json_object_put(values);
        return gate_report_read(text, n, errors, json, code, out, info);
    }
    *out = json_object_new_object();
    json_object_object_add(*out, "findings", json_object_new_array());
    json_object_object_add(*out, "values", values);
    if (json) {
        read = read_declared_json(output, text, n, *out) || (!code && all_blank(text, n));
    } else {
        struct json_object *list = json_array(*out, "findings");
        gate_output_lines(output, text, n, values, take_found, list);
        if (!json_object_array_length(list))
            gate_output_lines(output, errors, strlen(errors), values, take_found, list);
        read = !code || json_object_array_length(list) || json_object_object_length(values);
    }
    if (read)
        return ERR_OK;
    json_object_put(*out);
    *out = NULL;
    return said(all_blank(errors, strlen(errors)) ? text : errors, code, info);
}

/* ---- one gate ---- */

static bool begins_any(struct json_object *list, const char *code)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *rule = json_object_get_string(json_object_array_get_idx(list, i));
        if (rule && strncmp(code, rule, strlen(rule)) == 0)
            return true;
    }
    return false;
}

/* A finding without a code (the program came to no end) is every gate's. */
static bool belongs(struct json_object *gate, const char *code)
{
    struct json_object *rules = json_array(gate, "rules");
    if (*code && begins_any(json_array(gate, "except"), code))
        return false;
    return !*code || !rules || !json_object_array_length(rules) || begins_any(rules, code);
}

struct json_object *gate_report_findings(struct json_object *gate, struct json_object *report,
                                         size_t most)
{
    struct json_object *list = json_array(report, "findings"), *out = json_object_new_array();
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        if (json_object_array_length(out) < most && belongs(gate, json_str(o, "code", "")))
            json_object_array_add(out, json_object_get(o));
    }
    return out;
}

static bool says_where(struct json_object *finding)
{
    return strncmp(json_str(finding, "text", ""), "line", 4) == 0;
}

static bool same(struct json_object *a, struct json_object *b)
{
    return strcmp(json_str(a, "code", ""), json_str(b, "code", "")) == 0 &&
           strcmp(json_str(a, "text", ""), json_str(b, "text", "")) == 0;
}

/* "line 3: ", "lines 3, 7 and 9: " of the first finding in the list and those that say the same
 * elsewhere; how many these are. */
static int write_where(struct json_object *list, size_t first, char out[120])
{
    struct json_object *finding = json_object_array_get_idx(list, first);
    long long lines[DETAIL_LINES];
    int told = 0, all = 0;
    size_t n = 0;
    out[0] = 0;
    for (size_t i = first; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const long long line = json_i64(o, "line", 0);
        if (!same(o, finding))
            continue;
        all++;
        if (line && !says_where(o) && told < DETAIL_LINES && (!told || line != lines[told - 1]))
            lines[told++] = line;
    }
    for (int i = 0; i < told; i++)
        n += (size_t)snprintf(out + n, 120 - n, "%s%lld",
                              i == 0                               ? told > 1 ? "lines " : "line "
                              : i + 1 < told || all > DETAIL_LINES ? ", "
                                                                   : " and ",
                              lines[i]);
    if (told)
        snprintf(out + n, 120 - n, "%s: ", all > DETAIL_LINES ? " …" : "");
    return all;
}

/* What its findings say, each once; returns how many of them are told. */
static int describe(struct json_object *list, char *detail, size_t size)
{
    int told = 0;
    size_t n = 0;
    for (size_t i = 0, shown = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char *code = json_str(o, "code", "");
        char where[120];
        bool before = false;
        for (size_t k = 0; k < i; k++)
            before |= same(o, json_object_array_get_idx(list, k));
        if (before || shown++ >= DETAIL_FINDINGS)
            continue;
        told += write_where(list, i, where);
        n += (size_t)snprintf(detail + n, size - n, "%s%.60s%.30s%s%.120s", n ? "; " : "", where,
                              code, *code ? " " : "", json_str(o, "text", ""));
        n = n < size ? n : size - 1;
    }
    return told;
}

bool gate_report_value(struct json_object *gate, struct json_object *report, double *out)
{
    const char *name = json_str(gate, "value", "");
    struct json_object *list = json_array(report, "findings"), *values;
    values = json_object_of(report, "values");
    *out = 0;
    if (!*name || json_flag(report, "cut", false))
        return false;
    if (strcmp(name, "weight") != 0) {
        *out = json_f64(values, name, 0);
        return json_get(values, name) && isfinite(*out);
    }
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        if (belongs(gate, json_str(o, "code", "")))
            *out += json_f64(o, "weight", 1);
    }
    return list != NULL;
}

static double end_of(struct json_object *gate, size_t i)
{
    return json_object_get_double(json_object_array_get_idx(json_array(gate, "scale"), i));
}

/* By the figure alone: findings only say where it comes from. */
static void weigh_value(struct json_object *gate, double value, struct gate_verdict *out)
{
    const double worst = end_of(gate, 0), best = end_of(gate, 1);
    const double threshold = json_f64(gate, "threshold", -1);
    const double score = (value - worst) / (best - worst);
    const char *unit = json_str(gate, "unit", "");
    char text[sizeof out->detail];
    out->has_value = true;
    out->value = value;
    out->score = score > 1 ? 1 : score > 0 ? score : 0;
    out->passed = threshold < 0 || (best > worst ? value >= threshold : value <= threshold);
    if (out->passed)
        return;
    snprintf(text, sizeof text, "%.4g%s%.60s, at %s %.4g passes%s%.280s", value, *unit ? " " : "",
             unit, best > worst ? "least" : "most", threshold, out->detail[0] ? "; " : "",
             out->detail);
    snprintf(out->detail, sizeof out->detail, "%s", text);
}

void gate_report_weigh(struct json_object *gate, struct json_object *report,
                       struct gate_verdict *out)
{
    struct json_object *list = gate_report_findings(gate, report, GATE_FINDINGS_MAX);
    double threshold = json_f64(gate, "threshold", -1), told = json_f64(report, "score", -1), most;
    double value;
    int excess, more;
    memset(out, 0, sizeof *out);
    out->found = (int)json_object_array_length(list);
    more = out->found - describe(list, out->detail, sizeof out->detail);
    if (more) {
        size_t n = strlen(out->detail);
        snprintf(out->detail + n, sizeof out->detail - n, "; %d more", more);
    }
    json_object_put(list);
    if (json_array(gate, "scale") && gate_report_value(gate, report, &value)) {
        weigh_value(gate, value, out);
        return;
    }
    if (told >= 0) {
        out->score = told;
        out->passed = told >= (threshold >= 0 ? threshold : score_default);
        if (!out->passed && !out->detail[0])
            snprintf(out->detail, sizeof out->detail, "its score is %.2f", told);
        return;
    }
    most = threshold >= 0 && !json_get(gate, "value") ? threshold : 0;
    out->passed = out->found <= most;
    excess = out->passed ? 0 : out->found - (int)most;
    out->score = excess * finding_weight < 1 ? 1 - excess * finding_weight : 0;
}

/* ---- several gates ---- */

/* The whole findings that fit, at least the beginning of the first. */
static void cut(const char *text, size_t room, char *out, size_t size)
{
    size_t n = strlen(text);
    if (room >= size)
        room = size - 1;
    if (n > room) {
        const size_t last = room > 3 ? room - 3 : 0; /* for the dots */
        n = last;
        while (n && strncmp(text + n, "; ", 2) != 0)
            n--;
        for (n = n ? n : last; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
            ; /* not in the middle of a character */
        snprintf(out, size, "%.*s…", (int)n, text);
        return;
    }
    snprintf(out, size, "%s", text);
}

void gate_report_why(struct json_object *blocking, char *out, size_t size)
{
    const size_t count = blocking ? json_object_array_length(blocking) : 0;
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; i < count && used + 1 < size; i++) {
        struct json_object *o = json_object_array_get_idx(blocking, i);
        const size_t room = (size - 1 - used) / (count - i); /* what one leaves is for the next */
        char one[80];
        size_t head = (size_t)snprintf(one, sizeof one, "%sthe gate %.50s says ", i ? "; " : "",
                                       json_str(o, "gate", ""));
        snprintf(out + used, size - used, "%s", one);
        used += strlen(out + used);
        cut(json_str(o, "says", ""), room > head ? room - head : 0, out + used, size - used);
        used += strlen(out + used);
    }
}
