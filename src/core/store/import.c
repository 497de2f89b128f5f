#include "core/store/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "core/store/artifact_internal.h"

typedef struct json_object json;

enum { HOME_SIZE = 64, NAME_SIZE = 128 };

/* What nobody has judged counts as a solution without checks does (core/rag/quality.h): else it
 * would be hidden from searches for its age before anybody has seen it here. */
#define QUALITY_UNKNOWN 0.6

/* Where a body keeps what was changed in it when it came out of an archive. */
#define FROM_ARCHIVE "from_archive"

/* ---- names ---- */

static enum err read_home(sqlite3 *db, char home[HOME_SIZE], struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, "SELECT id FROM home", "");
    home[0] = 0;
    if (store_row(st, &e, info))
        snprintf(home, HOME_SIZE, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return e || home[0] ? e : err_set(info, ERR_CORRUPT, "the memory has no name");
}

/* One number out of a statement with two texts; 0: no row. */
static enum err find_number(sqlite3 *db, const char *sql, const char *a, const char *b,
                            int64_t *number, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st, sql, "tt", a, b);
    *number = 0;
    if (store_row(st, &e, info))
        *number = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return e;
}

/* What is here under that name and with that hash; and the newest of that name. */
static enum err find_source(sqlite3 *db, const char *source, const char *hash, int64_t *same,
                            int64_t *older, struct err_info *info)
{
    enum err e = find_number(db,
                             "SELECT s.artifact FROM artifact_source s JOIN artifact a"
                             " ON a.id=s.artifact WHERE s.source=?1 AND s.hash=?2",
                             source, hash, same, info);
    if (!e)
        e = find_number(db,
                        "SELECT s.artifact FROM artifact_source s JOIN artifact a"
                        " ON a.id=s.artifact WHERE s.source=?1 AND s.hash<>?2"
                        " ORDER BY s.artifact DESC LIMIT 1",
                        source, hash, older, info);
    return e;
}

/* The name under which an artifact of this home goes into archives. */
static enum err archive_name(sqlite3 *db, const char *home, int64_t number, char out[NAME_SIZE],
                             struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT substr(source,9) FROM artifact_source"
                               " WHERE artifact=? AND source LIKE 'archive/%'",
                               "i", number);
    snprintf(out, NAME_SIZE, "%s-%lld", home, (long long)number);
    if (store_row(st, &e, info))
        snprintf(out, NAME_SIZE, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return e;
}

/* The number that an archive's name has here; 0: it is not here. */
static enum err number_here(sqlite3 *db, const char *home, const char *name, int64_t *number,
                            struct err_info *info)
{
    size_t n = strlen(home);
    char source[NAME_SIZE + 16];
    if (strncmp(name, home, n) == 0 && name[n] == '-')
        return find_number(db, "SELECT id FROM artifact WHERE id=CAST(?1 AS INTEGER) AND ?2<>''",
                           name + n + 1, home, number, info);
    snprintf(source, sizeof source, "archive/%.*s", NAME_SIZE, name);
    return find_number(db,
                       "SELECT s.artifact FROM artifact_source s JOIN artifact a"
                       " ON a.id=s.artifact WHERE s.source=?1 AND ?2<>''"
                       " ORDER BY s.artifact DESC LIMIT 1",
                       source, home, number, info);
}

/* The name of a chain of versions: that of its first, which may never have come here. */
static enum err chain_name(sqlite3 *db, const char *home, int64_t chain, char out[NAME_SIZE],
                           struct err_info *info)
{
    sqlite3_stmt *st;
    bool found;
    enum err e = store_prepare(db, info, &st,
                               "SELECT substr(source,7) FROM artifact_source"
                               " WHERE artifact=? AND source LIKE 'chain/%'",
                               "i", chain);
    found = store_row(st, &e, info);
    if (found)
        snprintf(out, NAME_SIZE, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return found || e ? e : archive_name(db, home, chain, out, info);
}

/* ---- ids within bodies ---- */

/* Out: "a17" becomes the archive's name. In: a name becomes "a17", if it is here; what was an id of
 * another home means nothing here. */
static enum err change_id(sqlite3 *db, const char *home, json *o, const char *key, bool out,
                          struct err_info *info)
{
    const char *id = json_str(o, key, "");
    char name[NAME_SIZE];
    int64_t number = *id == 'a' ? artifact_number(id) : 0;
    enum err e = ERR_OK;
    if (!out && number) {
        json_add_str(o, key, "");
        return ERR_OK;
    }
    if (out && number)
        e = archive_name(db, home, number, name, info);
    else if (!out && strchr(id, '-'))
        e = number_here(db, home, id, &number, info);
    if (e || !number)
        return e;
    if (!out)
        artifact_id(number, name);
    json_add_str(o, key, name);
    return ERR_OK;
}

static enum err change_list(sqlite3 *db, const char *home, json *list, const char *key, bool out,
                            struct err_info *info)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && list && i < json_object_array_length(list); i++)
        e = change_id(db, home, json_object_array_get_idx(list, i), key, out, info);
    return e;
}

/* Wherever a body names another artifact (artifact_lineage.c). */
static enum err change_ids(sqlite3 *db, const char *home, json *body, bool out,
                           struct err_info *info)
{
    enum err e = change_id(db, home, body, "program", out, info);
    if (!e)
        e = change_id(db, home, json_object_of(body, "made_from"), "id", out, info);
    if (!e)
        e = change_id(db, home, json_object_of(body, "repaired_from"), "id", out, info);
    if (!e)
        e = change_list(db, home, json_array(body, "adapted_from"), "id", out, info);
    return e ? e
             : change_list(db, home, json_array(json_object_of(body, "workflow"), "steps"), "tool",
                           out, info);
}

/* ---- taking ---- */

static enum err note_source(sqlite3 *db, const char *source, const char *hash, int64_t number,
                            struct err_info *info)
{
    return store_exec(db, info,
                      "INSERT OR REPLACE INTO artifact_source(source,hash,artifact) VALUES(?,?,?)",
                      "tti", source, hash, number);
}

/* What a body may not say of itself, because columns and versions are made of it. */
static void drop_columns(json *body)
{
    static const char *const columns[] = {
        "id",  "tags",   "rating",   "uses", "last_use", "deleted", "chain",   "version",
        "old", "reason", "breaking", "ok",   "bad",      "stale",   "quality", "version_of"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        json_object_object_del(body, columns[i]);
}

static void move_member(json *to, json *from, const char *key)
{
    if (json_get(from, key))
        json_object_object_add(to, key, json_object_get(json_get(from, key)));
}

static int64_t not_negative(json *o, const char *key)
{
    int64_t n = json_i64(o, key, 0);
    return n < 0 ? 0 : n;
}

/* What artifact_insert takes over, out of a record or a line. */
static void add_state(json *a, json *from)
{
    int64_t rating = json_i64(from, "rating", 0);
    json_add_i64(a, "uses", not_negative(from, "uses"));
    json_add_i64(a, "last_use", not_negative(from, "last_use"));
    json_add_i64(a, "deleted", not_negative(from, "deleted"));
    json_add_i64(a, "rating", rating < 0 || rating > 5 ? 0 : rating);
    if (json_array(from, "tags"))
        move_member(a, from, "tags");
    if (*json_str(from, "version", ""))
        move_member(a, from, "version");
    if (*json_str(from, "reason", ""))
        move_member(a, from, "reason");
}

/* What versions and runs have made of it elsewhere. */
static enum err set_history(sqlite3 *db, int64_t number, json *line, struct err_info *info)
{
    sqlite3_stmt *st;
    double ms = json_f64(line, "ms", 0);
    enum err e =
        store_prepare(db, info, &st,
                      "UPDATE artifact SET ok=?1,bad=?2,"
                      "reason=coalesce(nullif(?3,''),reason),breaking=?4,ms=?6"
                      " WHERE id=?5",
                      "iitti", not_negative(line, "ok"), not_negative(line, "bad"),
                      json_str(line, "reason", ""), json_str(line, "breaking", ""), number);
    if (e)
        return e;
    sqlite3_bind_double(st, 6, ms > 0 ? ms : 0);
    e = store_error(db, sqlite3_step(st), info);
    sqlite3_finalize(st);
    return e ? e : quality_refresh_chain(db, number, json_i64(line, "last_use", 0), info);
}

static void hash_of(json *o, char out[65])
{
    const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
    sha256_of(text, strlen(text), out);
}

static void set_outcome(struct import_outcome *out, enum import_result result, int64_t number)
{
    out->result = result;
    artifact_id(number, out->id);
}

/* A number that did not change with the content is left out, so that the next one is found. */
static enum err follow(sqlite3 *db, int64_t older, json *artifact, struct err_info *info)
{
    int64_t same = 0;
    char id[24];
    enum err e;
    artifact_id(older, id);
    e = find_number(db, "SELECT 1 FROM artifact WHERE id=CAST(?1 AS INTEGER) AND version=?2",
                    id + 1, json_str(artifact, "version", ""), &same, info);
    if (same)
        json_object_object_del(artifact, "version");
    json_add_str(artifact, "version_of", id);
    if (!json_get(artifact, "reason"))
        json_add_str(artifact, "reason", "it was imported anew and says something else");
    return e;
}

/* Takes `artifact` unless it is here: as the next version of what came under that name before. */
static enum err take(sqlite3 *db, const char *source, const char *hash, json *artifact,
                     struct import_outcome *out, struct err_info *info)
{
    int64_t same, older;
    char id[24];
    enum err e = find_source(db, source, hash, &same, &older, info);
    if (e)
        return e;
    if (same) {
        set_outcome(out, IMPORT_KNOWN, same);
        return ERR_OK;
    }
    if (older)
        e = follow(db, older, artifact, info);
    if (!e)
        e = artifact_insert(db, artifact, id, info);
    if (e)
        return e;
    set_outcome(out, older ? IMPORT_CHANGED : IMPORT_TAKEN, artifact_number(id));
    return note_source(db, source, hash, artifact_number(id), info);
}

/* ---- records ---- */

/* Of these kinds a solved one answers a task; of the others nothing is to be verified. */
static bool is_answer(const char *kind)
{
    return strcmp(kind, "function") == 0 || strcmp(kind, "code") == 0 ||
           strcmp(kind, "text") == 0 || strcmp(kind, "workflow") == 0 ||
           strcmp(kind, "sub_workflow") == 0;
}

static json *artifact_of_record(json *record)
{
    static const char *const first[] = {"kind", "name", "task"};
    json *a = json_object_new_object(), *imported = json_object_new_object();
    json *body = json_object_of(record, "body");
    double quality = json_f64(record, "quality", -1);
    const bool answers = is_answer(json_str(record, "kind", ""));
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        json_add_str(a, first[i], json_str(record, first[i], ""));
    json_add_str(a, "task_hash", "");
    json_add_bool(a, "solved", !answers);
    json_add_i64(a, "created", json_i64(record, "created", 0));
    move_member(record, body, "version");
    drop_columns(body);
    json_object_object_foreach(body, key, value)
    {
        if (!json_get(a, key))
            json_object_object_add(a, key, json_object_get(value));
    }
    if (json_get(a, "source")) /* the whole program */
        json_object_object_add(a, "code", json_object_get(json_get(a, "source")));
    json_add_f64(a, "quality_score", quality >= 0 && quality <= 1 ? quality : QUALITY_UNKNOWN);
    json_add_str(imported, "source", json_str(record, "source", ""));
    json_object_object_add(a, "imported", imported);
    add_state(a, record);
    return a;
}

/* The hash is of what it says; how often it was used since does not make it another one. */
static void hash_of_record(json *record, char out[65])
{
    static const char *const said[] = {"kind", "name", "task", "body"};
    json *o = json_object_new_object();
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        json_object_object_add(o, said[i], json_object_get(json_get(record, said[i])));
    hash_of(o, out);
    json_object_put(o);
}

enum err import_record(sqlite3 *db, json *record, struct import_outcome *out, struct err_info *info)
{
    const char *source = json_str(record, "source", "");
    char hash[65];
    json *a;
    enum err e;
    if (!*source || !*json_str(record, "kind", "") || !json_object_of(record, "body"))
        return err_set(info, ERR_INPUT, "a record needs source, kind and body");
    hash_of_record(record, hash);
    a = artifact_of_record(record);
    e = take(db, source, hash, a, out, info);
    json_object_put(a);
    return e;
}

/* ---- archives ---- */

/* Makes the body one of this home: no job of it made this, and nothing here has verified it. What
 * that changes is kept at its end; null: there was none. */
static void adopt(json *body, const char *name)
{
    json *from = json_object_new_object();
    json_add_str(from, "id", name);
    if (json_flag(body, "solved", false) && is_answer(json_str(body, "kind", ""))) {
        move_member(from, body, "solved");
        json_add_bool(body, "solved", false);
        if (!json_get(body, "quality_score")) {
            json_object_object_add(from, "quality_score", NULL);
            json_add_f64(body, "quality_score", QUALITY_UNKNOWN);
        }
    }
    if (json_get(body, "job")) {
        move_member(from, body, "job");
        json_add_i64(body, "job", 0);
    }
    json_object_object_add(body, FROM_ARCHIVE, from);
}

static void put_back(json *body, json *from, const char *key)
{
    json *value;
    if (!json_object_object_get_ex(from, key, &value))
        return;
    if (value)
        json_object_object_add(body, key, json_object_get(value));
    else
        json_object_object_del(body, key);
}

/* And back. */
static void disown(json *body)
{
    json *from = json_object_of(body, FROM_ARCHIVE);
    put_back(body, from, "solved");
    put_back(body, from, "quality_score");
    put_back(body, from, "job");
    json_object_object_del(body, FROM_ARCHIVE);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(json_object_get_string(*(json *const *)a),
                  json_object_get_string(*(json *const *)b));
}

/* Where members stand depends on their size in each home; in an archive their names order them. */
static json *sorted(json *o)
{
    json *out = json_object_new_object(), *names = json_object_new_array();
    json_object_object_foreach(o, key, value)
    {
        (void)value;
        json_object_array_add(names, json_object_new_string(key));
    }
    json_object_array_sort(names, compare_names);
    for (size_t i = 0; i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        json_object_object_add(out, name, json_object_get(json_get(o, name)));
    }
    json_object_put(names);
    json_object_put(o);
    return out;
}

/* The body of a row with these two columns as it goes into an archive. Caller puts *out. */
static enum err portable_body(sqlite3 *db, const char *home, int64_t number, const char *text,
                              json **out, struct err_info *info)
{
    enum err e = artifact_body(db, number, text, out);
    if (e || !json_object_is_type(*out, json_type_object)) {
        json_object_put(*out);
        *out = NULL;
        return ERR_CORRUPT;
    }
    disown(*out);
    e = change_ids(db, home, *out, true, info);
    *out = sorted(*out);
    return e;
}

/* Whether the line tells of an artifact that this home has made and still has as it was. */
static enum err is_mine(sqlite3 *db, const char *home, const char *name, const char *hash,
                        int64_t *number, struct err_info *info)
{
    size_t n = strlen(home);
    char mine[65];
    sqlite3_stmt *st;
    json *body = NULL;
    enum err e;
    *number = 0;
    if (strncmp(name, home, n) != 0 || name[n] != '-')
        return ERR_OK;
    e = store_prepare(db, info, &st, "SELECT id,body FROM artifact WHERE id=?", "i",
                      strtoll(name + n + 1, NULL, 10));
    if (store_row(st, &e, info)) {
        e = portable_body(db, home, sqlite3_column_int64(st, 0),
                          (const char *)sqlite3_column_text(st, 1), &body, info);
        if (!e)
            hash_of(body, mine);
        if (!e && strcmp(mine, hash) == 0)
            *number = sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    json_object_put(body);
    return e == ERR_CORRUPT ? ERR_OK : e;
}

/* The chain here whose versions these are; *of "": it is to be begun. */
static enum err find_chain(sqlite3 *db, const char *home, const char *chain, char of[24],
                           struct err_info *info)
{
    char source[NAME_SIZE + 16];
    int64_t number;
    enum err e;
    snprintf(source, sizeof source, "chain/%.*s", NAME_SIZE - 1, chain);
    of[0] = 0;
    e = find_number(db,
                    "SELECT s.artifact FROM artifact_source s JOIN artifact a ON a.id=s.artifact"
                    " WHERE s.source=?1 AND s.hash=?2",
                    source, "", &number, info);
    if (!e && !number)
        e = number_here(db, home, chain, &number, info);
    if (!e && number)
        artifact_id(number, of);
    return e;
}

/* Takes an artifact of another home into its chain of versions. */
static enum err take_line(sqlite3 *db, const char *home, json *line, const char *hash,
                          struct import_outcome *out, struct err_info *info)
{
    json *body = json_object_of(line, "body");
    const char *name = json_str(line, "id", ""), *chain = json_str(line, "chain", name);
    char source[NAME_SIZE + 16], of[24];
    enum err e = change_ids(db, home, body, false, info);
    if (!e)
        e = find_chain(db, home, chain, of, info);
    if (e)
        return e;
    drop_columns(body);
    adopt(body, name);
    add_state(body, line);
    if (of[0])
        json_add_str(body, "version_of", of);
    snprintf(source, sizeof source, "archive/%s", name);
    e = take(db, source, hash, body, out, info);
    if (e || out->result == IMPORT_KNOWN)
        return e;
    e = set_history(db, artifact_number(out->id), line, info);
    if (e || of[0] || out->result == IMPORT_CHANGED)
        return e;
    snprintf(source, sizeof source, "chain/%.*s", NAME_SIZE - 1, chain);
    return note_source(db, source, "", artifact_number(out->id), info);
}

enum err import_line(sqlite3 *db, json *line, struct import_outcome *out, struct err_info *info)
{
    json *body = json_object_of(line, "body");
    const char *name = json_str(line, "id", "");
    char home[HOME_SIZE], hash[65];
    int64_t mine;
    enum err e;
    if (!body || !strchr(name, '-') || strlen(name) >= NAME_SIZE || !*json_str(body, "kind", ""))
        return err_set(info, ERR_INPUT, "an artifact of an archive needs id, body and its kind");
    hash_of(body, hash);
    e = read_home(db, home, info);
    if (!e)
        e = is_mine(db, home, name, hash, &mine, info);
    if (e)
        return e;
    if (mine) {
        set_outcome(out, IMPORT_KNOWN, mine);
        return ERR_OK;
    }
    return take_line(db, home, line, hash, out, info);
}

/* ---- verification ---- */

/* Those of another system, those that another home has solved, and those edited by hand. */
#define UNVERIFIED                                                                                 \
    "solved=0 AND (json_extract(body,'$.from_archive.solved')=1"                                   \
    " OR json_extract(body,'$.edited')=1 OR EXISTS(SELECT 1"                                       \
    " FROM artifact_source s WHERE s.artifact=artifact.id AND s.source NOT LIKE 'archive/%'"       \
    " AND s.source NOT LIKE 'chain/%'))"

/* An edit has made untrue what was checked before it. */
static void check_again(json *body, int examples)
{
    json *checked = json_object_new_object();
    char text[100];
    if (examples)
        snprintf(text, sizeof text, "edited by hand; its %d example%s passed since", examples,
                 examples == 1 ? "" : "s");
    else
        snprintf(text, sizeof text, "edited by hand; its tests passed since");
    json_add_str(checked, "text", text);
    json_add_i64(checked, examples ? "examples_passed" : "tests_passed", examples ? examples : 1);
    json_object_object_add(body, "checked", checked);
    json_add_str(body, "failed", "");
}

enum err import_verified(sqlite3 *db, int64_t number, int examples, int64_t when,
                         struct err_info *info)
{
    sqlite3_stmt *st;
    json *body = NULL;
    enum err e = store_prepare(db, info, &st,
                               "SELECT body FROM artifact WHERE id=? AND " UNVERIFIED, "i", number);
    if (store_row(st, &e, info)) {
        const char *text = (const char *)sqlite3_column_text(st, 0);
        e = json_parse(text, strlen(text), NULL, &body, NULL);
    }
    sqlite3_finalize(st);
    if (e || !body)
        return e;
    json_add_bool(body, "solved", true);
    put_back(body, json_object_of(body, FROM_ARCHIVE), "quality_score");
    if (json_flag(body, "edited", false))
        check_again(body, examples);
    e = store_exec(db, info, "UPDATE artifact SET solved=1, body=? WHERE id=?", "ti",
                   json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN), number);
    if (!e)
        e = quality_refresh(db, number, when, info);
    json_object_put(body);
    return e;
}

enum err import_list_unverified(sqlite3 *db, int limit, json **ids, struct err_info *info)
{
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT id FROM artifact WHERE kind='function' AND deleted=0"
                               " AND old=0 AND " UNVERIFIED " ORDER BY id LIMIT ?",
                               "i", (int64_t)limit);
    *ids = json_object_new_array();
    while (store_row(st, &e, info)) {
        char id[24];
        artifact_id(sqlite3_column_int64(st, 0), id);
        json_object_array_add(*ids, json_object_new_string(id));
    }
    sqlite3_finalize(st);
    return e;
}

bool import_unverified(json *artifact)
{
    return !json_flag(artifact, "solved", false) &&
           (json_get(artifact, "imported") || json_flag(artifact, "edited", false) ||
            json_flag(json_object_of(artifact, FROM_ARCHIVE), "solved", false));
}

/* ---- links ---- */

static enum err number_of(sqlite3 *db, const char *home, const char *source, int64_t *number,
                          struct err_info *info)
{
    if (strncmp(source, "archive/", 8) == 0)
        return number_here(db, home, source + 8, number, info);
    return find_number(db,
                       "SELECT s.artifact FROM artifact_source s JOIN artifact a"
                       " ON a.id=s.artifact WHERE s.source=?1 AND ?2<>''"
                       " ORDER BY s.artifact DESC LIMIT 1",
                       source, home, number, info);
}

enum err import_link(sqlite3 *db, json *link, bool *linked, struct err_info *info)
{
    const char *how = strcmp(json_str(link, "how", ""), "parent") == 0 ? "parent" : "derived";
    char home[HOME_SIZE];
    int64_t number = 0, from = 0;
    enum err e = read_home(db, home, info);
    if (!e)
        e = number_of(db, home, json_str(link, "from", ""), &number, info);
    if (!e)
        e = number_of(db, home, json_str(link, "source", ""), &from, info);
    *linked = number && from;
    if (e || !*linked || number == from)
        return e;
    return store_exec(db, info,
                      "INSERT OR IGNORE INTO artifact_edge(artifact,source,how) VALUES(?,?,?)",
                      "iit", number, from, how);
}

/* ---- out ---- */

static enum err add_links(sqlite3 *db, const char *home, int64_t number, json *line,
                          struct err_info *info)
{
    json *links = json_object_new_array();
    sqlite3_stmt *st;
    enum err e = store_prepare(db, info, &st,
                               "SELECT e.source,e.how FROM artifact_edge e JOIN artifact a"
                               " ON a.id=e.source WHERE e.artifact=? AND e.how IN('parent',"
                               "'derived') ORDER BY e.source,e.how",
                               "i", number);
    while (store_row(st, &e, info)) {
        char name[NAME_SIZE];
        json *o = json_object_new_object();
        e = archive_name(db, home, sqlite3_column_int64(st, 0), name, info);
        json_add_str(o, "how", (const char *)sqlite3_column_text(st, 1));
        json_add_str(o, "id", name);
        json_object_array_add(links, o);
    }
    sqlite3_finalize(st);
    if (json_object_array_length(links))
        json_object_object_add(line, "links", links);
    else
        json_object_put(links);
    return e;
}

/* The columns behind id, kind and body, as EXPORT_COLUMNS has them. */
#define EXPORT_COLUMNS                                                                             \
    "id,kind,body,tags,rating,uses,last_use,deleted,ok,bad,ms,chain,version,reason,breaking"

static enum err add_columns(sqlite3 *db, const char *home, json *line, sqlite3_stmt *st,
                            struct err_info *info)
{
    static const char *const numbers[] = {"rating", "uses", "last_use", "deleted", "ok", "bad"};
    char chain[NAME_SIZE];
    enum err e = chain_name(db, home, sqlite3_column_int64(st, 11), chain, info);
    artifact_add_tags(line, (const char *)sqlite3_column_text(st, 3));
    for (int i = 0; i < 6; i++)
        json_add_i64(line, numbers[i], sqlite3_column_int64(st, 4 + i));
    json_add_f64(line, "ms", sqlite3_column_double(st, 10));
    json_add_str(line, "chain", chain);
    json_add_str(line, "version", (const char *)sqlite3_column_text(st, 12));
    json_add_str(line, "reason", (const char *)sqlite3_column_text(st, 13));
    json_add_str(line, "breaking", (const char *)sqlite3_column_text(st, 14));
    return e ? e : add_links(db, home, sqlite3_column_int64(st, 0), line, info);
}

static enum err add_line(sqlite3 *db, const char *home, sqlite3_stmt *st, struct export_page *page,
                         size_t *bytes, struct err_info *info)
{
    const char *text = (const char *)sqlite3_column_text(st, 2);
    char name[NAME_SIZE];
    json *line = json_object_new_object(), *body = NULL;
    size_t n;
    enum err e;
    page->after = sqlite3_column_int64(st, 0);
    json_object_array_add(page->list, line);
    e = archive_name(db, home, page->after, name, info);
    json_add_str(line, "id", name);
    json_add_str(line, "kind", (const char *)sqlite3_column_text(st, 1));
    if (!e)
        e = add_columns(db, home, line, st, info);
    if (!e)
        e = portable_body(db, home, page->after, text, &body, info);
    json_object_object_add(line, "body", body);
    json_object_to_json_string_length(line, JSON_C_TO_STRING_PLAIN, &n);
    *bytes += n;
    return e == ERR_CORRUPT
               ? err_set(info, e, "artifact a%lld cannot be read", (long long)page->after)
               : e;
}

enum err export_page(sqlite3 *db, struct export_page *page, struct err_info *info)
{
    char home[HOME_SIZE];
    size_t bytes = 0;
    sqlite3_stmt *st = NULL;
    enum err e = read_home(db, home, info);
    page->list = json_object_new_array();
    page->more = false;
    if (!e)
        e = store_prepare(db, info, &st,
                          "SELECT " EXPORT_COLUMNS " FROM artifact"
                          " WHERE id>?1 AND (?2 IS NULL OR kind=?2) AND (?3 OR deleted=0)"
                          " AND (?4 IS NULL OR id IN(SELECT value FROM json_each(?4)))"
                          " ORDER BY id",
                          "itit", page->after, page->kind, (int64_t)page->deleted,
                          page->only ? json_object_to_json_string(page->only) : NULL);
    while (store_row(st, &e, info)) {
        if (bytes >= page->bytes) {
            page->more = true;
            break;
        }
        e = add_line(db, home, st, page, &bytes, info);
    }
    sqlite3_finalize(st);
    return e;
}
