/* Measurements of the old system: any number of lines, one artifact of bounded size. */
#include <math.h>
#include <stdio.h>

#include "base/old_memory.h"

enum { FIELDS_MAX = 64, LAST_MAX = 100, KEEP_BYTES = 4096, REMARKS_MAX = 3 };

typedef struct json_object json;

void old_perf_init(struct old_perf *p)
{
    *p = (struct old_perf){json_object_new_object(), json_object_new_array(),
                           json_object_new_array(), 0, 0};
}

void old_perf_fini(struct old_perf *p)
{
    json_object_put(p->fields);
    json_object_put(p->last);
    json_object_put(p->remarks);
}

static void count_number(json *fields, const char *key, double x)
{
    json *f = json_object_of(fields, key);
    int64_t n = json_i64(f, "n", 0);
    if (!isfinite(x) || (!f && json_object_object_length(fields) >= FIELDS_MAX))
        return;
    if (!f) {
        f = json_object_new_object();
        json_object_object_add(fields, key, f);
    }
    json_add_i64(f, "n", n + 1);
    if (!n || x < json_f64(f, "min", x))
        json_add_f64(f, "min", x);
    if (!n || x > json_f64(f, "max", x))
        json_add_f64(f, "max", x);
    json_add_f64(f, "mean",
                 n ? json_f64(f, "mean", x) + (x - json_f64(f, "mean", x)) / (double)(n + 1) : x);
}

static void bad_line(struct old_perf *p, const struct err_info *info)
{
    char text[900];
    p->bad++;
    if (json_object_array_length(p->remarks) < REMARKS_MAX)
        json_object_array_add(p->remarks,
                              json_object_new_string(err_format(info, text, sizeof text)));
}

void old_perf_line(struct old_perf *p, const char *text, size_t n, const char *file)
{
    struct err_info info = {0};
    json *o = NULL;
    if (p->lines + p->bad >= INT32_MAX - 1)
        return;
    if (old_json(text, n, file, (int)(p->lines + p->bad) + 1, 1, &o, &info)) {
        bad_line(p, &info);
        return;
    }
    if (!json_object_is_type(o, json_type_object)) {
        err_at(&info, ERR_INPUT, file, (int)(p->lines + p->bad) + 1, 1,
               "a measurement is an object");
        bad_line(p, &info);
        json_object_put(o);
        return;
    }
    p->lines++;
    json_object_object_foreach(o, key, value)
    {
        if (json_object_is_type(value, json_type_double) ||
            json_object_is_type(value, json_type_int))
            count_number(p->fields, key, json_object_get_double(value));
    }
    if (n > KEEP_BYTES) {
        json_object_put(o);
        return;
    }
    json_object_array_add(p->last, o);
    if (json_object_array_length(p->last) > LAST_MAX)
        json_object_array_del_idx(p->last, 0, 1);
}

json *old_perf_record(struct old_perf *p, const char *name)
{
    json *record, *content;
    char text[200];
    if (!p->lines && !p->bad)
        return NULL;
    record = old_record("perf_data", name, "performance");
    content = json_object_new_object();
    json_object_object_add(json_object_of(record, "body"), "content", content);
    snprintf(text, sizeof text, "%lld measurements of %.100s", (long long)p->lines, name);
    json_add_str(record, "task", text);
    json_add_i64(content, "measurements", p->lines);
    json_object_object_add(content, "fields", json_object_get(p->fields));
    json_object_object_add(content, "last", json_object_get(p->last));
    for (size_t i = 0; i < json_object_array_length(p->remarks); i++)
        old_remark(record, json_object_get_string(json_object_array_get_idx(p->remarks, i)));
    if (p->bad > REMARKS_MAX) {
        snprintf(text, sizeof text, "perf_data/%.100s: %lld lines in all are broken", name,
                 (long long)p->bad);
        old_remark(record, text);
    }
    return record;
}
