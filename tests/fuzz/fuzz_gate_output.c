/* What a gate's program prints, of any bytes, read as a gate's file declares it: findings are
 * bounded text with places that can be, figures are numbers, and the weight of it is a score. The
 * first byte chooses the declaration and the exit code. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/gate_report.h"
#include "core/tool/gate_output.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char *const runs[] = {
    "{\"output\":{\"pattern\":\"^([0-9]+):([0-9]+):([A-Z]+[0-9]+):(.*)$\",\"fields\":[\"line\","
    "\"column\",\"code\",\"message\"]}}",
    "{\"output\":{\"lines\":2,\"pattern\":\"^[^:]+:([0-9]+) [^\\n]*\\n +(D[0-9]+): (.*)$\","
    "\"fields\":[\"line\",\"code\",\"message\"]}}",
    "{\"output\":{\"pattern\":\"rated at (-?[0-9.e]+)\",\"fields\":[\"value\"]}}",
    "{\"output\":{\"lines\":8,\"pattern\":\"(a|b*)*c?\",\"fields\":[\"message\"],\"message\":\"m\"}"
    "}",
    "{\"json\":true,\"output\":{\"findings\":\"results.*.*\",\"line\":\"l\",\"column_from\":0,"
    "\"weight\":{\"s\":{\"H\":9},\"c\":{\"L\":0.3}},\"values\":{\"value\":\"*.v\"}}}",
    "{\"json\":true,\"output\":{\"only\":{\"severity\":[\"error\"]}}}",
};
enum { RUNS = sizeof runs / sizeof *runs };

static void check(struct json_object *report)
{
    static const char *const gates[] = {"{\"value\":\"weight\",\"scale\":[20,0],\"threshold\":3}",
                                        "{\"value\":\"value\",\"scale\":[0,10],\"threshold\":7}",
                                        "{\"rules\":[\"D\"]}"};
    struct json_object *list = json_array(report, "findings");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char *text = json_str(o, "text", "");
        if (strchr(text, '\n') || strlen(text) > 240 || strlen(json_str(o, "code", "")) > 64 ||
            json_i64(o, "line", 0) < 0 || json_i64(o, "column", 0) < 0)
            abort();
    }
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        struct json_object *gate = NULL;
        struct gate_verdict v;
        if (json_parse(gates[i], strlen(gates[i]), NULL, &gate, NULL))
            abort();
        gate_report_weigh(gate, report, &v);
        if (!(v.score >= 0 && v.score <= 1) || (v.has_value && !isfinite(v.value)))
            abort();
        json_object_put(gate);
    }
}

static void silence(const char *text)
{
    static const char silencers[] = "[\"# *noqa\",\"#[ \\t]*type:[ \\t]*ignore\",\"xy*\"]";
    struct json_object *list = NULL;
    char *code;
    if (json_parse(silencers, sizeof silencers - 1, NULL, &list, NULL))
        abort();
    code = gate_output_unsilenced(list, text);
    if (code && (strlen(code) != strlen(text) || strstr(code, "# noqa")))
        abort();
    free(code);
    json_object_put(list);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct json_object *report = NULL, *run = NULL;
    const char *declared;
    struct buf text;
    if (size < 1)
        return 0;
    declared = runs[(data[0] & 7) % RUNS];
    buf_init(&text, 4 << 20);
    if (buf_add(&text, data + 1, size - 1) == ERR_OK &&
        json_parse(declared, strlen(declared), NULL, &run, NULL) == ERR_OK) {
        if (gate_report_of(run, text.data, text.len, "", data[0] >> 3, &report, NULL) == ERR_OK)
            check(report);
        silence(text.data);
    }
    json_object_put(report);
    json_object_put(run);
    buf_fini(&text);
    return 0;
}
