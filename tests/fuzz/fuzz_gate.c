/* What a gate's program prints, of any bytes: the report is text that any terminal can show, no
 * finding is longer than a line, and the weight is a score. The first byte chooses form and exit
 * code. */
#include <stdlib.h>
#include <string.h>

#include "core/check/gate_report.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void weigh(struct json_object *report)
{
    static const char *const gates[] = {"{}", "{\"rules\":[\"F\"],\"threshold\":2}"};
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        struct json_object *gate = NULL;
        struct gate_verdict v;
        if (json_parse(gates[i], strlen(gates[i]), NULL, &gate, NULL))
            abort();
        gate_report_weigh(gate, report, &v);
        if (!(v.score >= 0 && v.score <= 1) || v.found < 0 || v.found > GATE_FINDINGS_MAX)
            abort();
        json_object_put(gate);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct json_object *report = NULL;
    struct buf text;
    if (size < 1)
        return 0;
    buf_init(&text, 4 << 20);
    if (buf_add(&text, data + 1, size - 1) == ERR_OK &&
        gate_report_read(text.data, text.len, text.data, data[0] & 1, data[0] >> 1, &report,
                         NULL) == ERR_OK) {
        struct json_object *list = json_array(report, "findings");
        for (size_t i = 0; i < json_object_array_length(list); i++)
            if (strchr(json_str(json_object_array_get_idx(list, i), "text", ""), '\n'))
                abort();
        weigh(report);
    }
    json_object_put(report);
    buf_fini(&text);
    return 0;
}
