#include "core/check/gate_report.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { TEXT_MAX = 240, DETAIL_FINDINGS = 3 };

static const double score_default = 0.5, finding_weight = 0.1;

/* ---- findings ---- */

static void add_finding(struct json_object *list, int64_t line, const char *code, const char *text)
{
    struct json_object *o;
    char copy[TEXT_MAX + 1];
    size_t n = strcspn(text, "\r\n");
    if (json_object_array_length(list) >= GATE_FINDINGS_MAX)
        return;
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
                   (int)(n - (size_t)(from - errors)), n ? from : "without a word");
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

static void describe(struct gate_verdict *v, struct json_object *finding)
{
    size_t n = strlen(v->detail);
    int64_t line = json_i64(finding, "line", 0);
    const char *code = json_str(finding, "code", "");
    char where[40] = "";
    if (v->found > DETAIL_FINDINGS)
        return;
    if (line)
        snprintf(where, sizeof where, "line %lld: ", (long long)line);
    snprintf(v->detail + n, sizeof v->detail - n, "%s%s%.30s%s%.120s", n ? "; " : "", where, code,
             *code ? " " : "", json_str(finding, "text", ""));
}

void gate_report_weigh(struct json_object *gate, struct json_object *report,
                       struct gate_verdict *out)
{
    struct json_object *list = json_array(report, "findings");
    double threshold = json_f64(gate, "threshold", -1), told = json_f64(report, "score", -1), most;
    int excess;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        if (belongs(gate, json_str(o, "code", ""))) {
            out->found++;
            describe(out, o);
        }
    }
    if (out->found > DETAIL_FINDINGS) {
        size_t n = strlen(out->detail);
        snprintf(out->detail + n, sizeof out->detail - n, "; %d more",
                 out->found - DETAIL_FINDINGS);
    }
    if (told >= 0) {
        out->score = told;
        out->passed = told >= (threshold >= 0 ? threshold : score_default);
        if (!out->passed && !out->detail[0])
            snprintf(out->detail, sizeof out->detail, "its score is %.2f", told);
        return;
    }
    most = threshold >= 0 ? threshold : 0;
    out->passed = out->found <= most;
    excess = out->passed ? 0 : out->found - (int)most;
    out->score = excess * finding_weight < 1 ? 1 - excess * finding_weight : 0;
}
