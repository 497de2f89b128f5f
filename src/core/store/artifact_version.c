/* Versions: what solves the same task, or was made of an artifact by hand, stands in one chain with
 * semantic version numbers. A version is an artifact of its own, with its own id. */
#include <stdio.h>
#include <string.h>

#include "base/diff.h"
#include "core/rag/interface.h"
#include "core/store/artifact_internal.h"

enum { DIFF_MAX = 1 << 20, MEMBER_MAX = 400 };

enum err version_chain(sqlite3 *db, int64_t number, int64_t *chain)
{
    enum err e =
        artifact_int(db, chain, NULL, "SELECT chain FROM artifact WHERE id=?", "i", number);
    return !e && !*chain ? ERR_NOT_FOUND : e;
}

/* ---- what a new one is ---- */

/* The last solution of the same task; a failed attempt is no version of anything. */
static enum err solved_before(sqlite3 *db, struct json_object *a, int64_t *chain,
                              struct err_info *info)
{
    const char *hash = json_str(a, "task_hash", "");
    sqlite3_stmt *st;
    enum err e;
    *chain = 0;
    if (!*hash || !json_flag(a, "solved", false))
        return ERR_OK;
    e = store_prepare(db, info, &st,
                      "SELECT chain FROM artifact WHERE task_hash=? AND solved=1 AND kind=?"
                      " ORDER BY id DESC LIMIT 1",
                      "tt", hash, json_str(a, "kind", "function"));
    if (store_row(st, &e, info))
        *chain = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

static bool same_content(struct json_object *a, struct json_object *b)
{
    const char *main = content_main(a), *other = content_main(b);
    return main && other && strcmp(main, other) == 0 &&
           json_object_equal(json_get(a, main), json_get(b, main));
}

static enum err compare(sqlite3 *db, struct json_object *a, struct version *v,
                        struct err_info *info)
{
    struct json_object *was = NULL;
    const char *given = json_str(a, "version", "");
    enum bump bump;
    char id[24];
    enum err e;
    artifact_id(v->before, id);
    e = artifact_get(db, id, &was, info);
    if (e)
        return e;
    bump = same_content(was, a) ? BUMP_NONE : interface_compare(was, a, v->reason);
    if (bump == BUMP_MAJOR)
        snprintf(v->breaking, sizeof v->breaking, "%s", v->reason);
    if (!v->reason[0])
        snprintf(v->reason, sizeof v->reason, "%s",
                 bump == BUMP_NONE ? "the same content again" : "other content");
    version_bump(json_str(was, "version", ""), bump, v->text);
    if (*given && json_str(a, "version_of", NULL))
        snprintf(v->text, sizeof v->text, "%s", given);
    json_object_put(was);
    return ERR_OK;
}

enum err version_of_new(sqlite3 *db, struct json_object *a, struct version *v,
                        struct err_info *info)
{
    const char *of = json_str(a, "version_of", NULL), *reason = json_str(a, "reason", "");
    enum err e;
    memset(v, 0, sizeof *v);
    if (of && version_chain(db, artifact_number(of), &v->chain))
        return err_set(info, ERR_NOT_FOUND, "there is no artifact %.40s to be a version of", of);
    e = of ? ERR_OK : solved_before(db, a, &v->chain, info);
    if (!e && v->chain)
        e = artifact_int(db, &v->before, info, "SELECT max(id) FROM artifact WHERE chain=?", "i",
                         v->chain);
    if (!e && v->before)
        e = compare(db, a, v, info);
    else
        version_bump(json_str(a, "version", ""), BUMP_NONE, v->text);
    if (*reason)
        snprintf(v->reason, sizeof v->reason, "%s", reason);
    return e;
}

enum err version_mark(sqlite3 *db, int64_t chain, struct err_info *info)
{
    return store_exec(db, info,
                      "UPDATE artifact SET old=NOT old WHERE chain=?1"
                      " AND old<>coalesce(id<>" VERSION_COUNTS("?1", "?1") ",0)",
                      "i", chain);
}

/* ---- looking at them ---- */

static void add_version(struct json_object *list, sqlite3_stmt *st)
{
    struct json_object *o = json_object_new_object();
    artifact_add_id(o, sqlite3_column_int64(st, 0));
    artifact_add_version(o, st, 1);
    json_add_str(o, "kind", (const char *)sqlite3_column_text(st, 7));
    json_add_str(o, "name", (const char *)sqlite3_column_text(st, 8));
    json_add_str(o, "model", (const char *)sqlite3_column_text(st, 9));
    json_add_i64(o, "created", sqlite3_column_int64(st, 10));
    json_add_i64(o, "job", sqlite3_column_int64(st, 11));
    json_add_bool(o, "solved", sqlite3_column_int(st, 12));
    json_add_i64(o, "deleted", sqlite3_column_int64(st, 13));
    json_add_i64(o, "rating", sqlite3_column_int64(st, 14));
    json_add_i64(o, "uses", sqlite3_column_int64(st, 15));
    if (sqlite3_column_type(st, 16) != SQLITE_NULL)
        json_add_f64(o, "gate_score", sqlite3_column_double(st, 16));
    if (sqlite3_column_type(st, 17) != SQLITE_NULL)
        json_add_str(o, "gates_of", (const char *)sqlite3_column_text(st, 17));
    json_object_array_add(list, o);
}

enum err artifact_versions(sqlite3 *db, int64_t number, struct json_object **out,
                           struct err_info *info)
{
    sqlite3_stmt *st;
    int64_t chain;
    enum err e = version_chain(db, number, &chain);
    *out = NULL;
    if (!e)
        e = store_prepare(db, info, &st,
                          "SELECT id,chain,version,reason,breaking,old,quality,kind,name,model,"
                          "created,job,solved,deleted,rating,uses,"
                          "json_extract(iif(json_valid(body),body,'{}'),'$.gate_score'),"
                          "json_extract(iif(json_valid(body),body,'{}'),'$.gates_of')"
                          " FROM artifact WHERE chain=?"
                          " ORDER BY id DESC LIMIT 5000",
                          "i", chain);
    if (e)
        return e;
    *out = json_object_new_array();
    while (store_row(st, &e, info))
        add_version(*out, st);
    sqlite3_finalize(st);
    if (e) {
        json_object_put(*out);
        *out = NULL;
    }
    return e;
}

/* ---- difference ---- */

/* The member as a person reads it: a text itself, the rest as JSON over lines. */
static const char *readable(struct json_object *o, const char *key)
{
    struct json_object *value = key ? json_get(o, key) : NULL;
    if (!value)
        return "";
    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
                                                           JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* What is another one in every version, or shown by the content already. */
static bool is_dull(const char *key, const char *main)
{
    static const char *const dull[] = {
        "id",         "created",    "job",       "old",       "chain",    "code",
        "attempts",   "prompts",    "step",      "usage",     "last_use", "workflow_artifact",
        "quality",    "uses",       "ok",        "bad",       "stale",    "tokens_in",
        "tokens_out", "gate_score", "candidate", "made_from", "gates",    "gates_of",
        NULL};
    for (int i = 0; dull[i]; i++)
        if (strcmp(dull[i], key) == 0)
            return true;
    return main && strcmp(main, key) == 0;
}

/* A large member is told by its size. */
static struct json_object *shown(struct json_object *value)
{
    size_t n;
    char text[40];
    if (!value)
        return NULL;
    json_object_to_json_string_length(value, JSON_C_TO_STRING_PLAIN, &n);
    if (n <= MEMBER_MAX)
        return json_object_get(value);
    snprintf(text, sizeof text, "(%zu bytes)", n);
    return json_object_new_string(text);
}

static void add_changed(struct json_object *changed, const char *key, struct json_object *a,
                        struct json_object *b)
{
    struct json_object *pair = json_object_new_object();
    json_object_object_add(pair, "from", shown(a));
    json_object_object_add(pair, "to", shown(b));
    json_object_object_add(changed, key, pair);
}

static struct json_object *changed_members(struct json_object *a, struct json_object *b,
                                           const char *main)
{
    struct json_object *changed = json_object_new_object();
    json_object_object_foreach(a, key, value)
    {
        struct json_object *other = NULL;
        json_object_object_get_ex(b, key, &other);
        if (!is_dull(key, main) && !json_object_equal(value, other))
            add_changed(changed, key, value, other);
    }
    json_object_object_foreach(b, key2, value2)
    {
        if (!is_dull(key2, main) && !json_object_object_get_ex(a, key2, NULL))
            add_changed(changed, key2, NULL, value2);
    }
    return changed;
}

static void name_version(struct json_object *a, char out[80])
{
    snprintf(out, 80, "%.23s %.31s", json_str(a, "id", ""), json_str(a, "version", ""));
}

static enum err describe_diff(struct json_object *a, struct json_object *b, struct json_object *out)
{
    const char *main = content_main(a), *other = content_main(b);
    char from[80], to[80], why[INTERFACE_WHY] = "";
    static const char *const bumps[] = {"none", "patch", "minor", "major"};
    enum bump bump = BUMP_NONE;
    struct buf text;
    enum err e;
    name_version(a, from);
    name_version(b, to);
    buf_init(&text, DIFF_MAX);
    e = diff_unified(readable(a, main), readable(b, other), from, to, &text);
    if (!same_content(a, b))
        bump = interface_compare(a, b, why);
    json_add_str(out, "from", json_str(a, "id", ""));
    json_add_str(out, "to", json_str(b, "id", ""));
    json_add_bool(out, "same_chain",
                  strcmp(json_str(a, "chain", ""), json_str(b, "chain", "")) == 0);
    json_add_str(out, "bump", bumps[bump]);
    json_add_str(out, "why", why);
    json_add_str(out, "diff", text.data);
    json_object_object_add(out, "changed", changed_members(a, b, main));
    buf_fini(&text);
    return e;
}

enum err artifact_diff(sqlite3 *db, const char *a, const char *b, struct json_object **out,
                       struct err_info *info)
{
    struct json_object *from = NULL, *to = NULL;
    enum err e = artifact_get(db, a, &from, info);
    *out = NULL;
    if (e == ERR_NOT_FOUND)
        return err_set(info, e, "there is no artifact %.40s; see dise rag list", a);
    if (!e)
        e = artifact_get(db, b, &to, info);
    if (e == ERR_NOT_FOUND)
        err_set(info, e, "there is no artifact %.40s; see dise rag list", b);
    if (!e) {
        *out = json_object_new_object();
        e = describe_diff(from, to, *out);
        if (e == ERR_TOO_LARGE)
            err_set(info, e, "%.20s and %.20s differ in more than %d bytes", a, b, DIFF_MAX);
    }
    json_object_put(from);
    json_object_put(to);
    return e;
}

/* ---- making a new one ---- */

/* What an edit has made untrue, and what belongs to the job that made the old one. */
static void forget_checks(struct json_object *a)
{
    static const char *const gone[] = {"result",        "usage",        "attempts",   "failed",
                                       "step",          "stage",        "stage_name", "candidate",
                                       "repaired_from", "adapted_from", "prompts",    "backend",
                                       "gate_score",    "optimized",    NULL};
    struct json_object *checked = json_object_new_object();
    for (int i = 0; gone[i]; i++)
        json_object_object_del(a, gone[i]);
    json_add_str(checked, "text", "edited by hand; nothing has checked it since");
    json_object_object_add(a, "checked", checked);
    json_add_str(a, "model", "");
    json_add_str(a, "failed", "it was edited by hand and not checked since");
    json_add_bool(a, "edited", true);
    json_add_bool(a, "solved", false);
}

static void begin_version(struct json_object *a, const char *of, const char *how, int64_t when)
{
    struct json_object *from = json_object_new_object();
    static const char *const gone[] = {"version",  "reason",  "breaking", "uses",
                                       "last_use", "deleted", NULL};
    for (int i = 0; gone[i]; i++)
        json_object_object_del(a, gone[i]);
    json_add_str(a, "version_of", of);
    json_add_str(from, "id", json_str(a, "id", ""));
    json_add_str(from, "how", how);
    json_object_object_add(a, "made_from", from);
    json_add_i64(a, "created", when);
    json_add_i64(a, "job", 0);
}

/* What a workflow or a text says is not judged by running it. */
static bool is_judged(struct json_object *a)
{
    return json_get(a, "source") || json_get(a, "code");
}

/* What gates said stays to be seen, as said of the version that it was made of. */
static void mark_gates(struct json_object *a)
{
    if (json_get(a, "gates") && !json_get(a, "gates_of"))
        json_add_str(a, "gates_of", json_str(a, "version", ""));
}

enum err artifact_revise(sqlite3 *db, const char *of, struct json_object *changes, int64_t when,
                         char id[24], struct err_info *info)
{
    struct json_object *a = NULL;
    const char *reason = json_str(changes, "reason", "");
    enum err e = artifact_get(db, of, &a, info);
    if (e)
        return e;
    mark_gates(a);
    begin_version(a, of, "edited", when);
    json_object_object_foreach(changes, key, value)
        json_object_object_add(a, key, json_object_get(value));
    json_add_str(a, "reason", *reason ? reason : "edited");
    if (is_judged(a))
        forget_checks(a);
    e = artifact_insert(db, a, id, info);
    json_object_put(a);
    return e;
}

/* The version of this number or id in the chain, of several the newest; "": the one before the
 * newest content. */
static enum err find_version(sqlite3 *db, int64_t chain, const char *to, int64_t *number,
                             struct err_info *info)
{
    sqlite3_stmt *st;
    int64_t id = strchr(to, '.') ? 0 : artifact_number(to);
    enum err e = *to ? store_prepare(db, info, &st,
                                     "SELECT id FROM artifact WHERE chain=? AND (version=? OR id=?)"
                                     " ORDER BY id DESC LIMIT 1",
                                     "iti", chain, to, id)
                     : store_prepare(
                           db, info, &st,
                           "SELECT max(id) FROM artifact WHERE chain=?1 AND deleted=0 AND version<>"
                           "(SELECT version FROM artifact WHERE chain=?1 AND deleted=0"
                           " ORDER BY id DESC LIMIT 1)",
                           "i", chain);
    *number = 0;
    if (store_row(st, &e, info))
        *number = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

static enum err roll_back(sqlite3 *db, const char *of, int64_t target, int64_t when, char id[24],
                          struct err_info *info)
{
    struct json_object *a = NULL;
    char from[24], reason[100];
    enum err e;
    artifact_id(target, from);
    e = artifact_get(db, from, &a, info);
    if (e)
        return e;
    snprintf(reason, sizeof reason, "rolled back to %.31s (%s)", json_str(a, "version", ""), from);
    begin_version(a, of, "rolled back", when);
    json_add_str(a, "reason", reason);
    e = artifact_insert(db, a, id, info);
    json_object_put(a);
    return e;
}

enum err artifact_rollback(sqlite3 *db, const char *of, const char *to, int64_t when, char id[24],
                           struct err_info *info)
{
    int64_t chain, target = 0, newest = 0;
    enum err e = version_chain(db, artifact_number(of), &chain);
    if (e)
        return e;
    e = find_version(db, chain, to, &target, info);
    if (!e)
        e = artifact_int(db, &newest, info,
                         "SELECT max(id) FROM artifact WHERE chain=? AND deleted=0", "i", chain);
    if (e)
        return e;
    if (!target && *to)
        return err_set(info, ERR_NOT_FOUND,
                       "%.24s has no version %.40s; see dise rag versions %.24s", of, to, of);
    if (!target)
        return err_set(info, ERR_NOT_FOUND, "%.24s has no earlier version", of);
    if (target == newest)
        return err_set(info, ERR_EXISTS, "a%lld is the newest version already", (long long)target);
    return roll_back(db, of, target, when, id, info);
}
