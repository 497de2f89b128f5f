#include "core/check/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "core/job/fiber.h"

enum { PLAIN_MAX = 1 << 20, WAIT_MS = 4 };

struct seen {
    struct seen *next;
    char key[65];
    char *value, *whose; /* NULL: nothing has come of it yet */
    bool running;
};

/* ---- the plain program ---- */

/* End of the Python text that begins at p (a quote); an unfinished one ends with its line, one of
 * three quotes with the program. */
static const char *text_end(const char *p)
{
    const char quote = *p;
    const bool three = p[1] == quote && p[2] == quote;
    p += three ? 3 : 1;
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (three && p[0] == quote && p[1] == quote && p[2] == quote)
            return p + 3;
        else if (!three && *p == quote)
            return p + 1;
        else if (!three && *p == '\n')
            return p;
    }
    return p;
}

static enum err end_line(struct buf *out, size_t line)
{
    while (out->len > line && strchr(" \t\r", out->data[out->len - 1]))
        buf_truncate(out, out->len - 1);
    return out->len > line ? buf_adds(out, "\n") : ERR_OK;
}

enum err seen_plain(const char *code, struct buf *out)
{
    size_t line = out->len; /* where the line in `out` begins */
    enum err e = ERR_OK;
    for (const char *p = code; !e && *p;) {
        const char *end = p + 1;
        if (*p == '#') {
            p += strcspn(p, "\n");
            continue;
        }
        if (*p == '\n') {
            e = end_line(out, line);
            line = out->len;
            p = end;
            continue;
        }
        if (*p == '"' || *p == '\'')
            end = text_end(p);
        e = buf_add(out, p, (size_t)(end - p));
        p = end;
    }
    return e ? e : end_line(out, line);
}

enum err seen_key(const char *code, const char *conditions, size_t n, char key[65])
{
    struct sha256 h;
    struct buf plain;
    enum err e;
    buf_init(&plain, PLAIN_MAX);
    e = seen_plain(code, &plain);
    sha256_init(&h);
    sha256_add(&h, conditions, n);
    sha256_add(&h, "", 1);
    sha256_add(&h, plain.data, plain.len);
    sha256_hex(&h, key);
    buf_fini(&plain);
    return e;
}

/* ---- the runs ---- */

static struct seen *find(struct seen *all, const char key[65])
{
    while (all && strcmp(all->key, key) != 0)
        all = all->next;
    return all;
}

static struct seen *find_or_add(struct seen **all, const char key[65])
{
    struct seen *s = find(*all, key);
    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    memcpy(s->key, key, sizeof s->key);
    s->next = *all;
    *all = s;
    return s;
}

enum err seen_look(struct seen **all, const char key[65], const char **value, const char **whose)
{
    struct seen *s = find_or_add(all, key);
    if (!s)
        return ERR_NOMEM;
    while (s->running) {
        enum err e = fiber_sleep(WAIT_MS);
        if (e)
            return e;
    }
    *value = s->value;
    *whose = s->whose;
    s->running = !s->value;
    return ERR_OK;
}

void seen_put(struct seen **all, const char key[65], const char *value, const char *whose)
{
    struct seen *s = find_or_add(all, key);
    if (!s)
        return;
    s->running = false;
    if (s->value || !value)
        return;
    s->value = strdup(value);
    s->whose = strdup(whose);
    if (s->value && s->whose)
        return;
    free(s->value);
    free(s->whose);
    s->value = s->whose = NULL;
}

void seen_free(struct seen *all)
{
    while (all) {
        struct seen *next = all->next;
        free(all->value);
        free(all->whose);
        free(all);
        all = next;
    }
}
