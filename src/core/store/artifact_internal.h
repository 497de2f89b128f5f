/* What the files artifact*.c share. All of it runs on a store thread. */
#ifndef DISE_CORE_ARTIFACT_INTERNAL_H
#define DISE_CORE_ARTIFACT_INTERNAL_H

#include "core/store/artifact.h"

/* Columns of what a person says and does, behind id and body: for artifact_row. */
#define ARTIFACT_COLUMNS                                                                           \
    "id,body,tags,rating,uses,last_use,deleted,chain,version,reason,breaking,old,quality,ok,bad,"  \
    "stale"
/* The whole artifact of a row with these columns. Caller puts *out. */
enum err artifact_row(sqlite3 *db, sqlite3_stmt *st, struct json_object **out) MUST_CHECK;
void artifact_id(int64_t number, char id[24]);
/* Adds "id" and "tags" out of the columns' values. */
void artifact_add_id(struct json_object *o, int64_t number);
void artifact_add_tags(struct json_object *o, const char *text);
/* ERR_NOT_FOUND when the last statement has changed no row. */
enum err artifact_changed_one(sqlite3 *db, enum err e) MUST_CHECK;
/* One number; 0 when there is no row. `types` is "i" for the value, or "". */
enum err artifact_int(sqlite3 *db, int64_t *out, struct err_info *info, const char *sql,
                      const char *types, int64_t value) MUST_CHECK;
/* Adds chain, version, reason, breaking, old and quality, which stand from column `at` on. */
void artifact_add_version(struct json_object *o, sqlite3_stmt *st, int at);

/* artifact_content.c: what is large stands once in the table `content`. */

/* The member that is an artifact's content, what a diff shows; NULL: it has none. */
const char *content_main(struct json_object *artifact);
/* The artifact's JSON without what goes into `content`, new; caller puts it. */
struct json_object *content_slim(struct json_object *artifact);
/* Keeps what content_slim has left out. */
enum err content_keep(sqlite3 *db, int64_t number, struct json_object *artifact,
                      struct err_info *info) MUST_CHECK;
/* Another value for one member, which stands in `content` from then on, whatever its size. The row
 * has no member of this name. */
enum err content_replace(sqlite3 *db, int64_t number, const char *part, struct json_object *value,
                         struct err_info *info) MUST_CHECK;
/* Puts it back. */
enum err content_restore(sqlite3 *db, int64_t number, struct json_object *body) MUST_CHECK;

/* artifact_version.c */

/* What an insertion is to its chain. */
struct version {
    int64_t chain, before; /* the version that it follows; 0: it begins a chain */
    char text[32], reason[200], breaking[200];
};
enum err version_of_new(sqlite3 *db, struct json_object *artifact, struct version *out,
                        struct err_info *info) MUST_CHECK;
/* The version of a chain that counts, as an SQL expression: the newest that is not put aside; when
 * runs of it have ended badly, or a person has rated it 1 or 2, the one with the best quality
 * (rag/quality.h). So a new version, one that was gone back to or edited gets its chance, and loses
 * it to an older one only by what it has shown itself. `inner`: the same where the chain is no
 * parameter but another row's, "v.chain" (SQLite sees only one level up there). */
#define VERSION_COUNTS(chain, inner)                                                               \
    "(SELECT v.id FROM artifact v WHERE v.chain=" chain " AND v.deleted=0 ORDER BY"                \
    " iif((SELECT n.bad>0 OR n.rating IN(1,2) FROM artifact n WHERE n.chain=" inner                \
    " AND n.deleted=0 ORDER BY n.id DESC LIMIT 1),v.quality,0) DESC, v.id DESC LIMIT 1)"
/* Marks all versions of the chain but the one that counts as old: searches do not show them. */
enum err version_mark(sqlite3 *db, int64_t chain, struct err_info *info) MUST_CHECK;
/* The chain of an artifact; ERR_NOT_FOUND. */
enum err version_chain(sqlite3 *db, int64_t number, int64_t *chain) MUST_CHECK;

/* artifact_lineage.c: the edges that an artifact's JSON names. */
enum err lineage_keep(sqlite3 *db, int64_t number, struct json_object *artifact, int64_t before,
                      struct err_info *info) MUST_CHECK;

/* artifact_quality.c: that of a new artifact; true: no search shows it. */
bool quality_first(struct json_object *artifact, double *quality);
/* Computes it again out of what is known; `when`: now, ms. */
enum err quality_refresh(sqlite3 *db, int64_t number, int64_t when,
                         struct err_info *info) MUST_CHECK;
/* The same, and which version of its chain counts then. */
enum err quality_refresh_chain(sqlite3 *db, int64_t number, int64_t when,
                               struct err_info *info) MUST_CHECK;

#endif
