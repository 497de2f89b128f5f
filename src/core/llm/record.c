#include "core/llm/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "core/llm/answer.h"
#include "core/llm/llm_digest.h"

enum { LINE_MAX_BYTES = 8 << 20, READ_SIZE = 64 << 10, SLOTS_LEAST = 1024 };

/* Where the answer to a question stands. */
struct place {
    char key[65]; /* "": a free slot */
    off_t at;
    size_t n;
};

struct record_file {
    int fd;
    bool cut; /* the file ends within a line: a kill cut it off */
    struct place *slots;
    size_t cap, used; /* cap: a power of two */
};

/* ---- the index ---- */

static struct place *slot_of(struct place *slots, size_t cap, const char *key)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    size_t i;
    for (const char *p = key; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    for (i = hash & (cap - 1); slots[i].key[0] && strcmp(slots[i].key, key) != 0;)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static enum err grow(struct record_file *r)
{
    size_t cap = r->cap ? r->cap * 2 : SLOTS_LEAST;
    struct place *slots = calloc(cap, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < r->cap; i++)
        if (r->slots[i].key[0])
            *slot_of(slots, cap, r->slots[i].key) = r->slots[i];
    free(r->slots);
    r->slots = slots;
    r->cap = cap;
    return ERR_OK;
}

/* The last answer to a question counts. */
static enum err note(struct record_file *r, const char *key, off_t at, size_t n)
{
    struct place *p;
    if (r->used * 2 >= r->cap && grow(r))
        return ERR_NOMEM;
    p = slot_of(r->slots, r->cap, key);
    r->used += !p->key[0];
    snprintf(p->key, sizeof p->key, "%s", key);
    p->at = at;
    p->n = n;
    return ERR_OK;
}

static enum err read_line(struct record_file *r, const char *line, size_t n, off_t at)
{
    struct json_object *o = NULL;
    const char *key;
    enum err e = ERR_OK;
    if (!n || json_parse(line, n, NULL, &o, NULL))
        return ERR_OK;
    key = json_str(o, "key", "");
    if (strlen(key) == 64 && !json_get(o, "error") && json_array(o, "chunks"))
        e = note(r, key, at, n);
    json_object_put(o);
    return e;
}

static enum err read_lines(struct record_file *r, struct buf *text)
{
    char *piece = malloc(READ_SIZE);
    off_t at = 0, end = 0; /* of text's first byte, and behind its last */
    ssize_t got;
    enum err e = piece ? ERR_OK : ERR_NOMEM;
    while (!e && (got = pread(r->fd, piece, READ_SIZE, end)) > 0) {
        char *newline;
        size_t used = 0;
        end += got;
        e = buf_add(text, piece, (size_t)got);
        while (!e && (newline = memchr(text->data + used, '\n', text->len - used)) != NULL) {
            size_t n = (size_t)(newline - text->data) - used;
            e = read_line(r, text->data + used, n, at + (off_t)used);
            used += n + 1;
        }
        buf_consume(text, used);
        at += (off_t)used;
    }
    r->cut = text->len > 0;
    free(piece);
    return e;
}

enum err record_open(const char *path, struct record_file **out, struct err_info *info)
{
    struct record_file *r = calloc(1, sizeof *r);
    struct buf text;
    enum err e;
    *out = NULL;
    if (!r)
        return err_set(info, ERR_NOMEM, "out of memory");
    r->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (r->fd < 0) {
        free(r);
        return err_set(info, ERR_DENIED, "%.300s cannot be written", path);
    }
    buf_init(&text, LINE_MAX_BYTES);
    e = grow(r);
    if (!e)
        e = read_lines(r, &text);
    buf_fini(&text);
    if (e) {
        record_close(r);
        return err_set(info, e, "%.300s: %s", path, err_text(e));
    }
    *out = r;
    return ERR_OK;
}

void record_close(struct record_file *r)
{
    if (!r)
        return;
    close(r->fd);
    free(r->slots);
    free(r);
}

/* ---- playing ---- */

static struct json_object *load(const struct record_file *r, const struct place *p)
{
    struct json_object *o = NULL;
    char *line = malloc(p->n + 1);
    if (line && pread(r->fd, line, p->n, p->at) == (ssize_t)p->n &&
        json_parse(line, p->n, NULL, &o, NULL))
        o = NULL; /* the file was changed meanwhile */
    free(line);
    return o;
}

enum err record_play(struct record_file *r, const struct llm_request *q, struct llm_reply *reply)
{
    struct json_object *o;
    const struct place *p;
    char key[65];
    enum err e;
    llm_key(q, key);
    p = slot_of(r->slots, r->cap, key);
    o = p->key[0] ? load(r, p) : NULL;
    e = o && strcmp(json_str(o, "key", ""), key) == 0 ? answer_play(q, o, reply) : ERR_NOT_FOUND;
    reply->recorded = !e;
    json_object_put(o);
    return e;
}

/* ---- adding ---- */

static struct json_object *describe(const struct llm_request *q, struct json_object *chunks,
                                    const struct llm_reply *reply, enum err error, const char *key)
{
    struct json_object *o = json_object_new_object();
    char digest[65];
    llm_digest(q, digest);
    json_add_str(o, "digest", digest);
    json_add_str(o, "key", key);
    json_add_str(o, "model", q->model);
    json_add_f64(o, "temperature", q->temperature);
    json_add_i64(o, "seed", q->seed);
    answer_describe(reply, chunks, o);
    if (error)
        json_add_str(o, "error", err_name(error));
    return o;
}

/* One write, so that a kill cuts a line off at most and nothing is mixed. */
static enum err append(struct record_file *r, struct json_object *o, off_t *at, size_t *n)
{
    struct buf line;
    ssize_t written = -1;
    size_t begin = r->cut;
    enum err e;
    buf_init(&line, LINE_MAX_BYTES);
    e = r->cut ? buf_adds(&line, "\n") : ERR_OK;
    if (!e)
        e = json_print(&line, o);
    *n = line.len - begin;
    if (!e)
        e = buf_adds(&line, "\n");
    if (!e)
        written = write(r->fd, line.data, line.len);
    if (!e && written != (ssize_t)line.len)
        e = ERR_IO;
    if (written > 0) /* appended: behind what another engine wrote, if one did */
        r->cut = e != ERR_OK;
    *at = lseek(r->fd, 0, SEEK_CUR) - (off_t)(line.len - begin);
    buf_fini(&line);
    return e;
}

void record_add(struct record_file *r, const struct llm_request *q, struct json_object *chunks,
                const struct llm_reply *reply, enum err error)
{
    char key[65];
    struct json_object *o;
    off_t at;
    size_t n;
    enum err e;
    if (error == ERR_CANCELLED)
        return; /* it tells nothing about the model */
    llm_key(q, key);
    o = describe(q, chunks, reply, error, key);
    e = append(r, o, &at, &n);
    if (e)
        log_line("an answer could not be recorded: %s", strerror(errno));
    else if (!error)
        (void)!note(r, key, at, n); /* then it is asked again */
    json_object_put(o);
}
