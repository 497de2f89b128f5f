/* What roles.c (the table and its chains), roles_backends.c, roles_choice.c (one entry) and
 * roles_read.c (the schemas) share. */
#ifndef DISE_CORE_ROLES_INTERNAL_H
#define DISE_CORE_ROLES_INTERNAL_H

#include "core/llm/roles.h"

enum role_index { R_FAST, R_BASE, R_POWERFUL, R_GOD, R_EMBEDDING, R_COUNT };
extern const char *const roles_names[R_COUNT];

enum { BACKENDS_MAX = 24 };

/* Why a backend's own map has an entry for a role. */
struct role_map {
    struct role_choice of[R_COUNT]; /* model "": none */
    bool any;
};

struct known_backend {
    struct roles_backend b;
    bool primary;
    bool left_out;           /* the configuration lists its fallbacks, and not this one */
    struct role_map own;     /* by the configuration */
    struct role_map by_size; /* by what it offers */
};

/* What the configuration decides for one name. */
struct roles_row {
    char name[ROLES_NAME_MAX];
    struct role_choice *list;
    int n;
};

struct roles {
    struct known_backend backends[BACKENDS_MAX];
    int backend_n;
    bool configured; /* the configuration names a backend */
    bool decides;    /* and at least one role for language */
    struct roles_row *rows;
    int row_n;
    struct json_object *warnings;
};

/* The index of one of the five; -1: none of them. Also by its other names (god, general …). */
int roles_index(const char *name);
struct roles_row *roles_row(const struct roles *r, const char *name);
struct known_backend *roles_known_backend(const struct roles *r, const char *name);
/* A role of an old name: the names that play it when it has no row of its own; NULL: none. */
const char *const *roles_instead(const char *name);
/* Shipped models of a backend with a fixed offer (openai, anthropic); NULL: none. */
const char *roles_shipped(const struct known_backend *b, int role);
/* The name of `names` that was meant; NULL when none is near. */
const char *roles_nearest(const char *name, const char *const *names, int n);

/* ---- reading ---- */

enum { ROLES_PATH_MAX = 256 };

struct roles_reader {
    const struct roles_source *source;
    struct json_object *root, *llm, *models, *tiers, *legacy;
    const char *tiers_path; /* of `tiers`: "model_tiers." or "" */
    const char *primary;    /* "" none */
    struct roles *out;
    struct err_info *info;
};

/* A complaint about the value at a path; ERR_INPUT with its place. */
enum err roles_fail(struct roles_reader *r, const char *path, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* "WHAT "NAME", did you mean …?", or which names there are. */
enum err roles_fail_name(struct roles_reader *r, const char *path, const char *what,
                         const char *name, const char *const *names, int n);
void roles_warn(struct roles_reader *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* Writes path and place into c->how. */
void roles_how(const struct roles_reader *r, struct role_choice *c, const char *path);
int roles_keys(struct json_object *o, const char *names[], int max);

bool roles_is_known(const char *backend);
bool roles_needs_key(const char *backend);
enum err roles_check_backend(struct roles_reader *r, const char *path, const char *name) MUST_CHECK;
/* The backend, added if it is not there; NULL: too many. */
struct known_backend *roles_add_backend(struct roles_reader *r, const char *name, bool configured);
/* The name in an entry of fallback_backends (a word, {backend|name: x, …} or {x: {…}}) and its
 * settings; NULL: neither. */
const char *roles_fallback_name(struct json_object *item, struct json_object **map);
/* Primary, fallbacks, the others of the configuration. */
enum err roles_read_backends(struct roles_reader *r) MUST_CHECK;
/* Those that are looked for anyway. */
void roles_add_looked_for(struct roles_reader *r);

/* What may stand for a model: a name, a key of llm.models, or {model|name, backend, context_window,
 * timeout}. `standard` is the backend where none is said; `strict`: no names beside the keys. */
enum err roles_read_choice(struct roles_reader *r, struct json_object *value, const char *path,
                           const char *standard, bool strict, struct role_choice *c) MUST_CHECK;
enum err roles_read_registered(struct roles_reader *r, const char *key, const char *standard,
                               struct role_choice *c) MUST_CHECK;
enum err roles_read_number(struct roles_reader *r, struct json_object *o, const char *key,
                           const char *path, double unit, int *out) MUST_CHECK;
/* Appends to a row; what is not enabled is left out, with a warning. */
enum err roles_row_add(struct roles_reader *r, const char *name,
                       const struct role_choice *c) MUST_CHECK;
bool roles_decided(const struct roles_reader *r, const char *name);
enum err roles_decide(struct roles_reader *r, const char *row, struct json_object *value,
                      const char *path, const char *standard, bool strict) MUST_CHECK;
/* Whether the primary backend's own map has a model for one of the five. */
bool roles_primary_has(const struct roles_reader *r, int role);
/* What one row has, for another, too; `path` (may be NULL) is where that was said. */
enum err roles_row_copy(struct roles_reader *r, const char *to, const char *from,
                        const char *path) MUST_CHECK;

#endif
