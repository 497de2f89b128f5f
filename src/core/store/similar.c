#include "core/store/similar.h"

#include <string.h>

#include "core/store/artifact.h"
#include "core/words/content.h"

#define TAKEN "a.solved=1 AND " ARTIFACT_SEARCHED("a") " AND a.rating NOT IN(1,2)"
#define SEARCH                                                                                     \
    "SELECT a.id,a.body FROM artifact_text t CROSS JOIN artifact a ON a.id=t.rowid"                \
    " WHERE artifact_text MATCH ? AND " TAKEN " ORDER BY rank LIMIT ?"
#define ONE "SELECT a.id,a.body FROM artifact a WHERE a.id=? AND a.kind='function' AND " TAKEN

enum { LOOKED_AT = 24, SEARCH_WORDS = 16 };

/* "sort"* OR "list"*: the words' beginnings, as the stems are. */
static enum err write_match(const struct content *c, struct buf *out)
{
    enum err e = buf_adds(out, "kind:\"function\" AND {name task}:(");
    for (int i = 0; !e && i < c->count && i < SEARCH_WORDS; i++)
        e = buf_addf(out, "%s\"%s\"*", i ? " OR " : "", c->words[i]);
    return e ? e : buf_adds(out, ")");
}

/* A program that nothing has confirmed is no model for another. */
static bool is_sound(struct json_object *o, const char *class, size_t bytes)
{
    struct json_object *checked = json_object_of(o, "checked");
    const size_t n = strlen(json_str(o, "source", ""));
    return n && n <= bytes && strcmp(json_str(o, "class", ""), class) == 0 &&
           (json_i64(checked, "examples_passed", 0) > 0 ||
            json_i64(checked, "tests_passed", 0) > 0);
}

static struct json_object *describe(struct json_object *o, int64_t number)
{
    struct json_object *out = json_object_new_object();
    char id[24];
    snprintf(id, sizeof id, "a%lld", (long long)number);
    json_add_str(out, "id", id);
    json_add_str(out, "name", json_str(o, "name", ""));
    json_add_str(out, "task", json_str(o, "task", ""));
    json_add_str(out, "source", json_str(o, "source", ""));
    return out;
}

/* The likest come first; equally like ones as the search has ordered them. */
static int compare(const void *a, const void *b)
{
    struct json_object *x = *(struct json_object *const *)a, *y = *(struct json_object *const *)b;
    int64_t by = json_i64(y, "shared", 0) - json_i64(x, "shared", 0);
    if (!by)
        by = json_i64(x, "place", 0) - json_i64(y, "place", 0);
    return by < 0 ? -1 : by > 0;
}

static bool has_source(struct json_object *list, const char *source)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (strcmp(json_str(json_object_array_get_idx(list, i), "source", ""), source) == 0)
            return true;
    return false;
}

/* Keeps the first ones that have room together. */
static void fit(struct json_object *list, int most, size_t bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < json_object_array_length(list);) {
        size_t n = strlen(json_str(json_object_array_get_idx(list, i), "source", ""));
        if (i < (size_t)most && used + n <= bytes) {
            used += n;
            i++;
        } else {
            json_object_array_del_idx(list, i, 1);
        }
    }
}

static void look_at(struct json_object *list, const struct content *task, struct json_object *o,
                    const char *class, int64_t number, size_t bytes)
{
    struct content other;
    struct json_object *found;
    if (!is_sound(o, class, bytes) || has_source(list, json_str(o, "source", "")))
        return;
    content_read(json_str(o, "task", ""), &other);
    if (!content_alike(task, &other))
        return;
    found = describe(o, number);
    json_add_i64(found, "shared", content_shared(task, &other));
    json_add_i64(found, "place", (int64_t)json_object_array_length(list));
    json_object_array_add(list, found);
}

/* Hands each artifact that the statement gives, its number and its JSON, to `look`. */
static enum err look_at_rows(sqlite3 *db, sqlite3_stmt *st,
                             void (*look)(void *arg, struct json_object *o, int64_t number),
                             void *arg, struct err_info *info)
{
    enum err e = ERR_OK;
    while (store_row(st, &e, info)) {
        const char *body = (const char *)sqlite3_column_text(st, 1);
        struct json_object *o = NULL;
        int64_t number = sqlite3_column_int64(st, 0);
        if (artifact_body(db, number, body, &o) == ERR_OK)
            look(arg, o, number);
        json_object_put(o);
    }
    return e;
}

/* Hands each of the `most` kept programs whose words are nearest to the task's to `look`. */
static enum err search(sqlite3 *db, const struct content *words, int most,
                       void (*look)(void *arg, struct json_object *o, int64_t number), void *arg,
                       struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    struct buf match;
    enum err e;
    if (!words->count)
        return ERR_OK;
    buf_init(&match, 4096);
    e = write_match(words, &match);
    if (!e)
        e = store_prepare(db, info, &st, SEARCH, "ti", match.data, (int64_t)most);
    if (!e)
        e = look_at_rows(db, st, look, arg, info);
    sqlite3_finalize(st);
    buf_fini(&match);
    return e;
}

struct likeness {
    struct json_object *list;
    const struct content *words;
    const char *class;
    size_t bytes;
};

static void look_likeness(void *arg, struct json_object *o, int64_t number)
{
    const struct likeness *l = arg;
    look_at(l->list, l->words, o, l->class, number, l->bytes);
}

enum err similar_programs(sqlite3 *db, const char *task, const char *class, int most, size_t bytes,
                          struct json_object **out, struct err_info *info)
{
    struct content words;
    struct likeness l = {json_object_new_array(), &words, class, bytes};
    enum err e;
    *out = l.list;
    content_read(task, &words);
    e = search(db, &words, LOOKED_AT, look_likeness, &l, info);
    json_object_array_sort(*out, compare);
    fit(*out, most, bytes);
    return e;
}

/* ---- the same task ---- */

static struct json_object *describe_whole(struct json_object *o, int64_t number)
{
    static const char *const texts[] = {"function", "class", "model", "complexity"};
    struct json_object *out = describe(o, number);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_add_str(out, texts[i], json_str(o, texts[i], ""));
    json_object_object_add(out, "checked", json_object_get(json_get(o, "checked")));
    json_object_object_add(out, "grants", json_object_get(json_get(o, "grants")));
    return out;
}

static void take(void *list, struct json_object *o, int64_t number)
{
    const char *source = json_str(o, "source", "");
    struct json_object *found;
    if (!*source || has_source(list, source))
        return;
    found = describe_whole(o, number);
    json_add_i64(found, "place", (int64_t)json_object_array_length(list));
    json_object_array_add(list, found);
}

enum err same_candidates(sqlite3 *db, const char *task, int most, struct json_object **out,
                         struct err_info *info)
{
    struct content words;
    *out = json_object_new_array();
    content_read(task, &words);
    return search(db, &words, most, take, *out, info);
}

enum err same_candidates_add(sqlite3 *db, const int64_t *ids, size_t n, struct json_object *list,
                             struct err_info *info)
{
    sqlite3_stmt *st = NULL;
    enum err e = store_prepare(db, info, &st, ONE, "");
    for (size_t i = 0; !e && i < n; i++) {
        sqlite3_bind_int64(st, 1, ids[i]);
        e = look_at_rows(db, st, take, list, info);
        sqlite3_reset(st);
    }
    sqlite3_finalize(st);
    return e;
}
