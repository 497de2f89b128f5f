/* What a gate's program printed, and what it means for one gate. Pure functions. */
#ifndef DISE_CORE_GATE_REPORT_H
#define DISE_CORE_GATE_REPORT_H

#include "base/json.h"

enum { GATE_FINDINGS_MAX = 200 };

/* {findings:[{line, code, text, column and weight where they were told}], score (only when it was
 * told)} out of the output: a JSON array of findings as ruff prints them, an object {score,
 * findings}, one object a line, or, with `json` false, lines of text, of which each counts when the
 * program failed (`code` is its exit code). ERR_PARSE: the program did not do its work; `info` says
 * what it said. Caller puts *out. */
enum err gate_report_read(const char *text, size_t n, const char *errors, bool json, int code,
                          struct json_object **out, struct err_info *info) MUST_CHECK;

/* The same of a program whose output the gate's file declares (core/tool/gate_output.h): `run` as
 * tool_gate_read gives it. Adds values: {name: figure}. Without a declaration: as above. */
enum err gate_report_of(struct json_object *run, const char *text, size_t n, const char *errors,
                        int code, struct json_object **out, struct err_info *info) MUST_CHECK;

/* What one gate says about a report that several may share. */
struct gate_verdict {
    int found;    /* its findings, all of them */
    bool passed;  /* not more than its threshold lets pass */
    double score; /* 0..1; 1: nothing found */
    bool has_value;
    double value;     /* the gate's own figure, in its unit */
    char detail[400]; /* "line 3: F821 undefined name `x`; …" of the first ones */
};
/* The gate's figure: one of the report's values by its name; "weight": what its findings weigh
 * together. False: it has none, or the program did not tell it. */
bool gate_report_value(struct json_object *gate, struct json_object *report, double *out);
/* The first `most` findings of the report that this gate is about, new; caller puts. */
struct json_object *gate_report_findings(struct json_object *gate, struct json_object *report,
                                         size_t most);
/* `gate`: as tool_gate_read gives it. */
void gate_report_weigh(struct json_object *gate, struct json_object *report,
                       struct gate_verdict *out);

/* What several gates that block say, for people and for the next prompt: [{gate: its id, says: its
 * verdict's detail}] as "the gate a says …; the gate b says …". Each has its share of the room, and
 * what does not fit ends with a whole finding. */
void gate_report_why(struct json_object *blocking, char *out, size_t size);

#endif
