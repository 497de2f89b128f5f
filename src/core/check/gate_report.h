/* What a gate's program printed, and what it means for one gate. Pure functions. */
#ifndef DISE_CORE_GATE_REPORT_H
#define DISE_CORE_GATE_REPORT_H

#include "base/json.h"

enum { GATE_FINDINGS_MAX = 200 };

/* {findings:[{line, code, text}], score (only when it was told)} out of the output: a JSON array of
 * findings as ruff prints them, an object {score, findings}, one object a line, or, with `json`
 * false, lines of text, of which each counts when the program failed (`code` is its exit code).
 * ERR_PARSE: the program did not do its work; `info` says what it said. Caller puts *out. */
enum err gate_report_read(const char *text, size_t n, const char *errors, bool json, int code,
                          struct json_object **out, struct err_info *info) MUST_CHECK;

/* What one gate says about a report that several may share. */
struct gate_verdict {
    int found;        /* its findings, all of them */
    bool passed;      /* not more than its threshold lets pass */
    double score;     /* 0..1; 1: nothing found */
    char detail[400]; /* "line 3: F821 undefined name `x`; …" of the first ones */
};
/* `gate`: as tool_gate_read gives it. */
void gate_report_weigh(struct json_object *gate, struct json_object *report,
                       struct gate_verdict *out);

#endif
