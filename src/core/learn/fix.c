#include "core/learn/fix.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day_time.h"
#include "core/store/learned.h"

enum { VALUE_MAX = 16 << 10 };

/* ---- signatures ---- */

static bool ends_with(const char *word, size_t n, const char *end)
{
    size_t k = strlen(end);
    return n >= k && memcmp(word + n - k, end, k) == 0;
}

/* The name of an exception, or a gate's rule such as F821. */
static bool is_kind(const char *word, size_t n)
{
    size_t letters = 0;
    if (n < 4 || !isupper((unsigned char)*word))
        return false;
    if (ends_with(word, n, "Error") || ends_with(word, n, "Exception") ||
        ends_with(word, n, "Iteration") || ends_with(word, n, "Exit"))
        return true;
    while (letters < n && isupper((unsigned char)word[letters]))
        letters++;
    for (size_t i = letters; i < n; i++)
        if (!isdigit((unsigned char)word[i]))
            return false;
    return letters <= 4 && n - letters >= 3;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Where the error's kind begins; NULL: nowhere. What stands in quotes is not looked at. */
static const char *find_kind(const char *why)
{
    while (*why) {
        size_t n = 0;
        if (strchr("'\"`", *why)) {
            const char *end = strchr(why + 1, *why);
            why = end ? end + 1 : why + 1;
            continue;
        }
        while (in_word(why[n]))
            n++;
        if (n && is_kind(why, n))
            return why;
        why += n ? n : 1;
    }
    return NULL;
}

bool fix_signature(const char *why, char out[FIX_SIGNATURE])
{
    const char *p = find_kind(why);
    const char *gates = p ? strstr(p, "; the gate ") : NULL; /* another word on the same error */
    size_t n = 0, kind = 0;
    out[0] = 0;
    while (p && in_word(p[kind]))
        kind++;
    for (size_t i = 0; i < kind && n < FIX_SIGNATURE - 4; i++)
        out[n++] = *p++;
    while (p && *p && p != gates && n < FIX_SIGNATURE - 4) {
        const char *end = strchr("'\"`", *p) ? strchr(p + 1, *p) : NULL;
        if (end) {
            out[n++] = '\'';
            out[n++] = '\'';
            p = end + 1;
        } else if (isdigit((unsigned char)*p)) {
            out[n++] = '0';
            p += strspn(p, "0123456789.");
        } else {
            out[n++] = (unsigned char)*p < 0x20 ? ' ' : *p;
            p++;
        }
    }
    while (n && ((unsigned char)out[n - 1] >= 0x80 || out[n - 1] == ' '))
        n--; /* not within a character */
    out[n] = 0;
    return n > 0;
}

/* ---- pieces ---- */

static size_t same_beginning(const char *a, const char *b)
{
    size_t line = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n')
            line = i + 1;
    return line;
}

static size_t same_end(const char *a, size_t n, const char *b, size_t m)
{
    size_t same = 0, line = 0;
    while (same < n && same < m && a[n - 1 - same] == b[m - 1 - same]) {
        same++;
        if ((same == n || a[n - same - 1] == '\n') && (same == m || b[m - same - 1] == '\n'))
            line = same;
    }
    return line;
}

bool fix_pieces(const char *before, const char *after, struct buf *old, struct buf *new)
{
    size_t head = same_beginning(before, after);
    size_t n = strlen(before + head), m = strlen(after + head);
    size_t tail = same_end(before + head, n, after + head, m);
    n -= tail;
    m -= tail;
    if (n + m == 0 || n > FIX_PIECE_MAX || m > FIX_PIECE_MAX)
        return false;
    return !buf_add(old, before + head, n) && !buf_add(new, after + head, m);
}

/* ---- offering ---- */

struct find {
    struct store *store;
    const char *signature;
    struct json_object *found;
};

static enum err find(sqlite3 *db, void *arg, struct err_info *info)
{
    struct find *f = arg;
    return learned_find_fix(db, f->signature, day_time_now(), &f->found, info);
}

static enum err find_step(struct step *step, void *arg, struct buf *out)
{
    struct find *f = arg;
    enum err e = store_read(f->store, find, f, NULL);
    if (e == ERR_CANCELLED)
        return e;
    if (e)
        return step_fail(step, ERR_NOT_FOUND, "no such error was mended before");
    step_say(step, "%.120s", f->signature);
    e = json_print(out, f->found);
    json_object_put(f->found);
    return e;
}

static enum err write_hint(struct candidate *c, struct json_object *o)
{
    const char *before = json_str(o, "before", ""), *after = json_str(o, "after", "");
    struct buf text;
    enum err e;
    buf_init(&text, VALUE_MAX);
    e = buf_addf(&text, "\n\nA similar error was fixed before: %s%s%s%s",
                 *before ? "this\n" : "this was added\n", before, *before ? "became this\n" : "",
                 *before && !*after ? "(nothing)\n" : after);
    if (!e)
        c->hint = buf_take(&text);
    c->fix = json_i64(o, "id", 0);
    buf_fini(&text);
    return e;
}

struct count {
    int64_t fix, job;
    bool helped;
};

static enum err count(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct count *c = arg;
    return learned_count_fix(db, c->fix, c->job, c->helped, info);
}

static void done(void *arg, enum err result)
{
    (void)result;
    free(arg);
}

static void post_count(struct task *t, int64_t fix, bool helped)
{
    struct count *c = calloc(1, sizeof *c);
    if (!c)
        return;
    *c = (struct count){fix, job_id(t->job), helped};
    if (store_post(t->p->store, STORE_LAZY, count, c, done))
        free(c);
}

enum err fix_offer(struct job *job, struct candidate *c)
{
    char signature[FIX_SIGNATURE];
    struct find f = {.store = c->task->p->store, .signature = signature};
    struct step_desc desc = {.name = "fix",
                             .label = "was such an error mended before?",
                             .flags = STEP_LAZY | STEP_MAY_MISS,
                             .input = signature,
                             .run = find_step,
                             .arg = &f};
    struct json_object *o = NULL;
    enum err e;
    if (!fix_signature(c->best->verdict.why, signature))
        return ERR_OK;
    desc.input_len = strlen(signature);
    e = job_step_json(job, &desc, VALUE_MAX, &o, NULL);
    if (!e)
        e = write_hint(c, o);
    if (!e)
        post_count(c->task, c->fix, false);
    json_object_put(o);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- remembering ---- */

struct new_fix {
    char signature[FIX_SIGNATURE], before[FIX_PIECE_MAX + 1], after[FIX_PIECE_MAX + 1];
    int64_t job, when;
};

static enum err add(sqlite3 *db, void *arg, struct err_info *info)
{
    const struct new_fix *n = arg;
    const struct fix f = {n->signature, n->before, n->after, n->job, n->when};
    return learned_add_fix(db, &f, info);
}

static void post_fix(struct task *t, const char *signature, const char *before, const char *after)
{
    struct new_fix *n = calloc(1, sizeof *n);
    if (!n)
        return;
    snprintf(n->signature, sizeof n->signature, "%s", signature);
    snprintf(n->before, sizeof n->before, "%s", before);
    snprintf(n->after, sizeof n->after, "%s", after);
    n->job = job_id(t->job);
    n->when = day_time_now();
    if (store_post(t->p->store, STORE_LAZY, add, n, done))
        free(n);
}

void fix_remember(struct task *t, const struct candidate *c)
{
    char signature[FIX_SIGNATURE];
    struct buf before, after;
    if (c->fix)
        post_count(t, c->fix, true);
    if (!c->from.code || !fix_signature(c->from.why, signature))
        return;
    buf_init(&before, FIX_PIECE_MAX + 1);
    buf_init(&after, FIX_PIECE_MAX + 1);
    if (fix_pieces(c->from.code, c->code.data, &before, &after))
        post_fix(t, signature, before.data, after.data);
    buf_fini(&before);
    buf_fini(&after);
}
