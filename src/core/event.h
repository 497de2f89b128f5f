/* Events: the only way out of the engine. Types, JSON form and field tables are generated from
 * events.def. Clients include this header too; it knows nothing of the engine. */
#ifndef DISE_CORE_EVENT_H
#define DISE_CORE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

enum event_flag { EV_DURABLE, EV_EPHEMERAL };

enum event_type {
    EVENT_NONE,
#define EVENT(id, name, flag, fields, text) EVENT_##id,
#include "core/events.def"
#undef EVENT
    EVENT_TYPES
};

#define STR(n)  const char *n;
#define I64(n)  int64_t n;
#define F64(n)  double n;
#define BOOL(n) bool n;
#define JSON(n) const char *n;
#define EVENT(id, name, flag, fields, t)                                                           \
    struct event_##name {                                                                          \
        fields                                                                                     \
    };
#include "core/events.def"
#undef EVENT
#undef STR
#undef I64
#undef F64
#undef BOOL
#undef JSON

/* One event. Strings are borrowed: from the emitter while it emits, from the decoded JSON value
 * while an event is folded. NULL strings are sent as "". */
struct event {
    enum event_type type;
    int64_t seq;  /* number in the stream; 0: not (yet) stored */
    int64_t job;  /* 0: of the engine */
    int64_t time; /* milliseconds since 1970 */
    union {
#define EVENT(id, name, flag, fields, t) struct event_##name name;
#include "core/events.def"
#undef EVENT
    } u;
};

enum event_field_type { FIELD_STR, FIELD_I64, FIELD_F64, FIELD_BOOL, FIELD_JSON };
struct event_field {
    const char *name; /* NULL ends the list */
    enum event_field_type type;
    size_t offset; /* within the union */
};

const char *event_name(enum event_type type);
enum event_type event_by_name(const char *name); /* EVENT_NONE when unknown */
bool event_durable(enum event_type type);
const char *event_text(enum event_type type);
const struct event_field *event_fields(enum event_type type);

/* One line of JSON without newline: {"type":"stage_end","seq":7,"job":1,"time":…,fields…}. */
enum err event_encode(const struct event *ev, struct buf *out) MUST_CHECK;
/* Only the fields, as an object: what the event table stores. */
enum err event_encode_body(const struct event *ev, struct buf *out) MUST_CHECK;
/* Numbers out of any sense (beyond 10^15, infinite, no number) become the greatest that is sane, or
 * 0: what folds events may add and subtract them. event_decode does it. */
void event_sane(struct event *ev);
/* Fills `ev` from a parsed message; strings are borrowed from `o`; JSON fields are printed by
 * json-c and live as long as `o`. Unknown types give ERR_NOT_FOUND (a newer engine; skip them). */
enum err event_decode(struct json_object *o, struct event *ev) MUST_CHECK;

#endif
