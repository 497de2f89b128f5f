#include "base/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/utf8.h"
#include "base/yaml_scalar.h"

enum { DEPTH_MAX = 64, NODES_MAX = 100000, SIZE_MAX_YAML = 4 << 20 };

/* Places are kept by address: of a value, and of the key's text inside its object (json-c keeps
 * that copy for as long as the member lives). Line and column share one machine word. */
struct yaml_places {
    struct lh_table *at;
};

struct reader {
    yaml_parser_t parser;
    struct yaml_doc *doc;
    struct json_object *anchors; /* name → value, shared with the tree */
    int nodes, depth;
    struct err_info *info;
};

static void *pack(yaml_mark_t mark)
{
    uintptr_t line = mark.line + 1, column = mark.column + 1;
    return (void *)(line << 24 | (column & 0xffffff));
}

static void place_put(struct yaml_doc *doc, const void *address, void *packed)
{
    if (address && packed && !lh_table_lookup_entry(doc->places->at, address))
        lh_table_insert(doc->places->at, address, packed);
}

static void *place_get(const struct yaml_doc *doc, const void *address)
{
    void *packed = NULL;
    if (address && doc->places)
        lh_table_lookup_ex(doc->places->at, address, &packed);
    return packed;
}

static const void *key_address(struct json_object *object, const char *key)
{
    struct lh_entry *e;
    if (!object || !json_object_is_type(object, json_type_object))
        return NULL;
    e = lh_table_lookup_entry(json_object_get_object(object), key);
    return e ? lh_entry_k(e) : NULL;
}

static enum err fail_at(struct reader *r, yaml_mark_t mark, enum err code, const char *message)
{
    return err_at(r->info, code, r->doc->file, (int)mark.line + 1, (int)mark.column + 1, "%s",
                  message);
}

static enum err parser_error(struct reader *r)
{
    yaml_parser_t *p = &r->parser;
    yaml_mark_t mark = p->problem_mark;
    char text[256];
    if (p->error == YAML_MEMORY_ERROR)
        return err_set(r->info, ERR_NOMEM, "out of memory");
    if (p->error == YAML_READER_ERROR)
        mark = p->mark;
    if (p->problem && strstr(p->problem, "invalid Unicode character escape code"))
        return fail_at(r, mark, ERR_PARSE,
                       "YAML cannot hold half a character (\\uD800 to \\uDFFF, as JSON writes it); "
                       "write the character itself or one escape \\U0001F600");
    snprintf(text, sizeof text, "not valid YAML: %s%s%s", p->problem ? p->problem : "bad bytes",
             p->context ? " " : "", p->context ? p->context : "");
    return fail_at(r, mark, ERR_PARSE, text);
}

static enum err next(struct reader *r, yaml_event_t *ev)
{
    return yaml_parser_parse(&r->parser, ev) ? ERR_OK : parser_error(r);
}

static enum err count(struct reader *r, yaml_mark_t mark)
{
    if (++r->nodes <= NODES_MAX)
        return ERR_OK;
    return fail_at(r, mark, ERR_TOO_LARGE, "more than 100,000 values (aliases counted)");
}

static enum err nomem(struct reader *r)
{
    return err_set(r->info, ERR_NOMEM, "out of memory");
}

/* A deep copy that keeps the places of the original and counts its nodes. */
static enum err copy(struct reader *r, struct json_object *from, yaml_mark_t mark,
                     struct json_object **out)
{
    enum err e = count(r, mark);
    *out = NULL;
    if (e || !from)
        return e;
    if (json_object_is_type(from, json_type_object)) {
        *out = json_object_new_object();
        json_object_object_foreach(from, key, value)
        {
            struct json_object *member;
            e = copy(r, value, mark, &member);
            if (e)
                break;
            json_object_object_add(*out, key, member);
            place_put(r->doc, key_address(*out, key), place_get(r->doc, key));
        }
    } else if (json_object_is_type(from, json_type_array)) {
        *out = json_object_new_array();
        for (size_t i = 0; !e && i < json_object_array_length(from); i++) {
            struct json_object *item;
            e = copy(r, json_object_array_get_idx(from, i), mark, &item);
            if (!e)
                json_object_array_add(*out, item);
        }
    } else if (json_object_deep_copy(from, out, NULL)) {
        return nomem(r);
    }
    if (e) {
        json_object_put(*out);
        *out = NULL;
    } else {
        place_put(r->doc, *out, place_get(r->doc, from));
    }
    return e;
}

static enum err alias(struct reader *r, const yaml_event_t *ev, struct json_object **out)
{
    const char *name = (const char *)ev->data.alias.anchor;
    struct json_object *from;
    char text[200];
    if (json_object_object_get_ex(r->anchors, name, &from))
        return copy(r, from, ev->start_mark, out);
    snprintf(text, sizeof text, "the alias *%.80s stands before its anchor is complete", name);
    return fail_at(r, ev->start_mark, ERR_PARSE, text);
}

static enum err scalar(struct reader *r, const yaml_event_t *ev, struct json_object **out)
{
    const char *text = (const char *)ev->data.scalar.value;
    const char *tag = (const char *)ev->data.scalar.tag;
    size_t n = ev->data.scalar.length;
    bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    enum err e = count(r, ev->start_mark);
    if (e)
        return e;
    if (tag && (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, "!") == 0))
        plain = false;
    else if (tag && (strcmp(tag, YAML_INT_TAG) == 0 || strcmp(tag, YAML_FLOAT_TAG) == 0 ||
                     strcmp(tag, YAML_BOOL_TAG) == 0 || strcmp(tag, YAML_NULL_TAG) == 0))
        plain = true;
    else if (tag)
        return fail_at(r, ev->start_mark, ERR_PARSE, "a value with a tag of its own (!name)");
    if (plain)
        return yaml_scalar(text, n, out) ? ERR_OK : nomem(r);
    *out = json_object_new_string_len(text, (int)n);
    return *out ? ERR_OK : nomem(r);
}

static enum err value(struct reader *r, const yaml_event_t *ev, struct json_object **out);

static enum err sequence(struct reader *r, struct json_object *array)
{
    for (;;) {
        yaml_event_t ev;
        struct json_object *item = NULL;
        enum err e = next(r, &ev);
        bool end = !e && ev.type == YAML_SEQUENCE_END_EVENT;
        if (e)
            return e;
        if (!end)
            e = value(r, &ev, &item);
        yaml_event_delete(&ev);
        if (e || end)
            return e;
        if (json_object_array_add(array, item)) {
            json_object_put(item);
            return nomem(r);
        }
    }
}

/* `<<: *base`: members of base that the object does not have itself. */
static enum err merge(struct reader *r, struct json_object *object, struct json_object *from,
                      yaml_mark_t mark)
{
    enum err e = ERR_OK;
    if (json_object_is_type(from, json_type_array)) {
        for (size_t i = 0; !e && i < json_object_array_length(from); i++)
            e = merge(r, object, json_object_array_get_idx(from, i), mark);
        return e;
    }
    if (!json_object_is_type(from, json_type_object))
        return fail_at(r, mark, ERR_PARSE, "<< needs a mapping");
    json_object_object_foreach(from, key, member)
    {
        struct json_object *mine;
        if (json_object_object_get_ex(object, key, NULL))
            continue;
        e = copy(r, member, mark, &mine);
        if (e)
            return e;
        json_object_object_add(object, key, mine);
        place_put(r->doc, key_address(object, key), place_get(r->doc, key));
    }
    return ERR_OK;
}

static enum err add_member(struct reader *r, struct json_object *object, const yaml_event_t *key,
                           struct json_object *member)
{
    const char *name = (const char *)key->data.scalar.value;
    char text[256];
    if (strlen(name) != key->data.scalar.length) {
        json_object_put(member);
        return fail_at(r, key->start_mark, ERR_PARSE, "a key with a NUL character");
    }
    if (json_object_object_get_ex(object, name, NULL)) {
        void *before = place_get(r->doc, key_address(object, name));
        snprintf(text, sizeof text, "the key \"%.80s\" is there already, in line %d; remove one",
                 name, (int)((uintptr_t)before >> 24));
        json_object_put(member);
        return fail_at(r, key->start_mark, ERR_PARSE, text);
    }
    if (json_object_object_add(object, name, member)) {
        json_object_put(member);
        return nomem(r);
    }
    place_put(r->doc, key_address(object, name), pack(key->start_mark));
    return ERR_OK;
}

static enum err member(struct reader *r, struct json_object *object, const yaml_event_t *key,
                       struct json_object **merged)
{
    yaml_event_t ev;
    struct json_object *v = NULL;
    enum err e;
    if (key->type != YAML_SCALAR_EVENT)
        return fail_at(r, key->start_mark, ERR_PARSE, "a key must be a plain word or text");
    e = next(r, &ev);
    if (e)
        return e;
    e = value(r, &ev, &v);
    yaml_event_delete(&ev);
    if (e)
        return e;
    if (key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        strcmp((const char *)key->data.scalar.value, "<<") == 0 && !*merged) {
        *merged = v;
        return ERR_OK;
    }
    return add_member(r, object, key, v);
}

static enum err mapping(struct reader *r, struct json_object *object, yaml_mark_t mark)
{
    struct json_object *merged = NULL;
    enum err e = ERR_OK;
    bool end = false;
    while (!e && !end) {
        yaml_event_t key;
        e = next(r, &key);
        if (e)
            break;
        end = key.type == YAML_MAPPING_END_EVENT;
        if (!end)
            e = member(r, object, &key, &merged);
        yaml_event_delete(&key);
    }
    if (!e && merged)
        e = merge(r, object, merged, mark);
    json_object_put(merged);
    return e;
}

static enum err container(struct reader *r, const yaml_event_t *ev, struct json_object **out)
{
    bool list = ev->type == YAML_SEQUENCE_START_EVENT;
    enum err e = count(r, ev->start_mark);
    if (e)
        return e;
    if (r->depth >= DEPTH_MAX)
        return fail_at(r, ev->start_mark, ERR_TOO_LARGE, "nested deeper than 64 levels");
    *out = list ? json_object_new_array() : json_object_new_object();
    if (!*out)
        return nomem(r);
    r->depth++;
    e = list ? sequence(r, *out) : mapping(r, *out, ev->start_mark);
    r->depth--;
    if (e) {
        json_object_put(*out);
        *out = NULL;
    }
    return e;
}

static enum err value(struct reader *r, const yaml_event_t *ev, struct json_object **out)
{
    const yaml_char_t *anchor = NULL;
    enum err e;
    *out = NULL;
    switch (ev->type) {
    case YAML_ALIAS_EVENT:
        return alias(r, ev, out);
    case YAML_SCALAR_EVENT:
        anchor = ev->data.scalar.anchor;
        e = scalar(r, ev, out);
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = ev->data.sequence_start.anchor;
        e = container(r, ev, out);
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = ev->data.mapping_start.anchor;
        e = container(r, ev, out);
        break;
    default:
        return fail_at(r, ev->start_mark, ERR_PARSE, "a value is missing");
    }
    if (e)
        return e;
    place_put(r->doc, *out, pack(ev->start_mark));
    if (anchor)
        json_object_object_add(r->anchors, (const char *)anchor, json_object_get(*out));
    return ERR_OK;
}

static enum err document(struct reader *r)
{
    enum err e = ERR_OK;
    int documents = 0;
    bool end = false;
    while (!e && !end) {
        yaml_event_t ev;
        e = next(r, &ev);
        if (e)
            break;
        if (ev.type == YAML_STREAM_END_EVENT)
            end = true;
        else if (ev.type == YAML_DOCUMENT_START_EVENT && ++documents > 1)
            e = fail_at(r, ev.start_mark, ERR_PARSE, "a second document (---) in one file");
        else if (ev.type == YAML_SCALAR_EVENT || ev.type == YAML_SEQUENCE_START_EVENT ||
                 ev.type == YAML_MAPPING_START_EVENT || ev.type == YAML_ALIAS_EVENT)
            e = value(r, &ev, &r->doc->root);
        yaml_event_delete(&ev);
    }
    return e;
}

static enum err check_text(const char *text, size_t n, const char *file, struct err_info *info)
{
    size_t bad;
    int line, column;
    if (n > SIZE_MAX_YAML)
        return err_at(info, ERR_TOO_LARGE, file, 0, 0, "larger than 4 MiB");
    bad = utf8_invalid(text, n);
    if (bad == n)
        return ERR_OK;
    utf8_place(text, n, bad, &line, &column);
    return err_at(info, ERR_PARSE, file, line, column, "not valid UTF-8");
}

enum err yaml_parse(const char *text, size_t n, const char *file, struct yaml_doc *out,
                    struct err_info *info)
{
    struct reader r = {.doc = out, .info = info};
    enum err e;
    memset(out, 0, sizeof *out);
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        n -= 3;
    }
    e = check_text(text, n, file, info);
    if (e)
        return e;
    snprintf(out->file, sizeof out->file, "%s", file ? file : "");
    out->places = calloc(1, sizeof *out->places);
    if (out->places)
        out->places->at = lh_kptr_table_new(64, NULL);
    r.anchors = json_object_new_object();
    if (!out->places || !out->places->at || !r.anchors || !yaml_parser_initialize(&r.parser)) {
        json_object_put(r.anchors);
        yaml_doc_free(out);
        return nomem(&r);
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    e = document(&r);
    yaml_parser_delete(&r.parser);
    json_object_put(r.anchors);
    if (e)
        yaml_doc_free(out);
    return e;
}

enum err yaml_load(const char *path, struct yaml_doc *out, struct err_info *info)
{
    struct buf text;
    enum err e;
    memset(out, 0, sizeof *out);
    buf_init(&text, SIZE_MAX_YAML);
    e = buf_read_file(&text, path, info);
    if (!e)
        e = yaml_parse(text.data, text.len, path, out, info);
    buf_fini(&text);
    return e;
}

void yaml_doc_free(struct yaml_doc *doc)
{
    json_object_put(doc->root);
    if (doc->places) {
        if (doc->places->at)
            lh_table_free(doc->places->at);
        free(doc->places);
    }
    memset(doc, 0, sizeof *doc);
}

void yaml_place(const struct yaml_doc *doc, struct json_object *v, const char *key, int *line,
                int *column)
{
    uintptr_t packed = (uintptr_t)place_get(doc, key ? key_address(v, key) : v);
    *line = (int)(packed >> 24);
    *column = (int)(packed & 0xffffff);
}

enum err yaml_fail(const struct yaml_doc *doc, struct json_object *v, const char *key,
                   struct err_info *info, const char *format, ...)
{
    char text[sizeof info->message];
    int line, column;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    yaml_place(doc, v, key, &line, &column);
    return err_at(info, ERR_INPUT, doc->file, line, column, "%s", text);
}
