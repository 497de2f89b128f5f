#include "core/event.h"

#include <string.h>

#define STR(n)  {#n, FIELD_STR, offsetof(T, n)},
#define I64(n)  {#n, FIELD_I64, offsetof(T, n)},
#define F64(n)  {#n, FIELD_F64, offsetof(T, n)},
#define BOOL(n) {#n, FIELD_BOOL, offsetof(T, n)},
#define JSON(n) {#n, FIELD_JSON, offsetof(T, n)},
/* One function an event, because offsetof needs the event's struct as T. */
#define EVENT(id, name, flag, fields, text)                                                        \
    static const struct event_field *fields_of_##name(void)                                        \
    {                                                                                              \
        typedef struct event_##name T;                                                             \
        static const struct event_field list[] = {fields{NULL, FIELD_STR, 0}};                     \
        return list;                                                                               \
    }
#include "core/events.def"
#undef EVENT
#undef STR
#undef I64
#undef F64
#undef BOOL
#undef JSON

static const struct {
    const char *name, *text;
    enum event_flag flag;
    const struct event_field *(*fields)(void);
} table[EVENT_TYPES] = {
    [EVENT_NONE] = {"none", "", EV_EPHEMERAL, NULL},
#define EVENT(id, name, flag, fields, text) [EVENT_##id] = {#name, text, flag, fields_of_##name},
#include "core/events.def"
#undef EVENT
};

static const struct event_field no_fields[] = {{NULL, FIELD_STR, 0}};

const char *event_name(enum event_type type)
{
    return (unsigned)type < EVENT_TYPES ? table[type].name : table[EVENT_NONE].name;
}

enum event_type event_by_name(const char *name)
{
    for (int i = EVENT_NONE + 1; i < EVENT_TYPES; i++)
        if (strcmp(table[i].name, name) == 0)
            return (enum event_type)i;
    return EVENT_NONE;
}

bool event_durable(enum event_type type)
{
    return (unsigned)type < EVENT_TYPES && table[type].flag == EV_DURABLE;
}

const char *event_text(enum event_type type)
{
    return (unsigned)type < EVENT_TYPES ? table[type].text : "";
}

const struct event_field *event_fields(enum event_type type)
{
    return type > EVENT_NONE && type < EVENT_TYPES ? table[type].fields() : no_fields;
}

/* NaN and infinities have no JSON form. */
static enum err add_number(struct buf *out, double n)
{
    if (!(n - n == 0))
        return buf_adds(out, "null");
    return buf_addf(out, "%.10g", n);
}

/* Text that is no JSON value travels as a string: one bad field must not cost the line. */
static enum err add_json(struct buf *out, const char *text)
{
    struct json_object *o = NULL;
    size_t n = text ? strlen(text) : 0;
    enum err e;
    if (!n)
        return buf_adds(out, "null");
    e = json_parse(text, n, NULL, &o, NULL);
    if (e == ERR_PARSE)
        return json_quote(out, text, n);
    if (!e)
        e = json_print(out, o);
    json_object_put(o);
    return e;
}

static enum err add_value(struct buf *out, const struct event_field *field, const char *at)
{
    const char *text;
    switch (field->type) {
    case FIELD_I64:
        return buf_addf(out, "%lld", (long long)*(const int64_t *)(const void *)at);
    case FIELD_F64:
        return add_number(out, *(const double *)(const void *)at);
    case FIELD_BOOL:
        return buf_adds(out, *(const bool *)(const void *)at ? "true" : "false");
    case FIELD_JSON:
        return add_json(out, *(const char *const *)(const void *)at);
    case FIELD_STR:
    default:
        text = *(const char *const *)(const void *)at;
        return json_quote(out, text ? text : "", text ? strlen(text) : 0);
    }
}

static enum err add_fields(struct buf *out, const struct event *ev, const char *before)
{
    enum err e = ERR_OK;
    for (const struct event_field *f = event_fields(ev->type); !e && f->name; f++) {
        e = buf_addf(out, "%s\"%s\":", before, f->name);
        if (!e)
            e = add_value(out, f, (const char *)&ev->u + f->offset);
        before = ",";
    }
    return e ? e : buf_adds(out, "}");
}

enum err event_encode(const struct event *ev, struct buf *out)
{
    size_t start = out->len;
    enum err e =
        buf_addf(out, "{\"type\":\"%s\",\"seq\":%lld,\"job\":%lld,\"time\":%lld",
                 event_name(ev->type), (long long)ev->seq, (long long)ev->job, (long long)ev->time);
    if (!e)
        e = add_fields(out, ev, ",");
    if (e)
        buf_truncate(out, start);
    return e;
}

enum err event_encode_body(const struct event *ev, struct buf *out)
{
    size_t start = out->len;
    enum err e = buf_adds(out, "{");
    if (!e)
        e = add_fields(out, ev, "");
    if (e)
        buf_truncate(out, start);
    return e;
}

static void read_value(struct json_object *o, const struct event_field *f, char *at)
{
    struct json_object *v;
    switch (f->type) {
    case FIELD_I64:
        *(int64_t *)(void *)at = json_i64(o, f->name, 0);
        break;
    case FIELD_F64:
        *(double *)(void *)at = json_f64(o, f->name, 0);
        break;
    case FIELD_BOOL:
        *(bool *)(void *)at = json_flag(o, f->name, false);
        break;
    case FIELD_JSON:
        v = json_get(o, f->name);
        *(const char **)(void *)at =
            v ? json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN |
                                                      JSON_C_TO_STRING_NOSLASHESCAPE)
              : "null";
        break;
    case FIELD_STR:
        *(const char **)(void *)at = json_str(o, f->name, "");
        break;
    }
}

/* Figures beyond this are nobody's: sums and times of those below it do not overflow. */
static const int64_t SANE = INT64_C(1000000000000000);

static int64_t sane(int64_t n)
{
    return n > SANE ? SANE : n < -SANE ? -SANE : n;
}

void event_sane(struct event *ev)
{
    ev->time = sane(ev->time);
    for (const struct event_field *f = event_fields(ev->type); f->name; f++) {
        char *at = (char *)&ev->u + f->offset;
        double *d = (double *)(void *)at;
        int64_t *n = (int64_t *)(void *)at;
        if (f->type == FIELD_I64)
            *n = sane(*n);
        else if (f->type == FIELD_F64 && !(*d >= (double)-SANE && *d <= (double)SANE))
            *d = 0;
    }
}

enum err event_decode(struct json_object *o, struct event *ev)
{
    memset(ev, 0, sizeof *ev);
    ev->type = event_by_name(json_str(o, "type", ""));
    if (ev->type == EVENT_NONE)
        return ERR_NOT_FOUND;
    ev->seq = json_i64(o, "seq", 0);
    ev->job = json_i64(o, "job", 0);
    ev->time = json_i64(o, "time", 0);
    for (const struct event_field *f = event_fields(ev->type); f->name; f++)
        read_value(o, f, (char *)&ev->u + f->offset);
    event_sane(ev);
    return ERR_OK;
}
