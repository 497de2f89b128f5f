/* What the files config*.c share. */
#ifndef DISE_CORE_CONFIG_INTERNAL_H
#define DISE_CORE_CONFIG_INTERNAL_H

#include "base/path.h"
#include "base/yaml.h"
#include "core/config.h"

enum option_type { INT, NUM, FLAG, TEXT };

struct option {
    const char *path, *standard;
    enum option_type type;
    double least, most;
    enum option_scope scope;
    const char *text;
};
extern const struct option config_options[OPTION_COUNT];

enum layer_kind {
    LAYER_BUILT_IN,
    LAYER_SYSTEM,
    LAYER_USER,
    LAYER_PROJECT,
    LAYER_FILE,
    LAYER_ENVIRONMENT,
    LAYER_FLAG,
    LAYER_JOB, /* what was sent or journaled with a job */
};

enum { LAYERS_MAX = 10, CONFIG_PATH_MAX = 512 };

struct layer {
    enum layer_kind kind;
    char file[PATH_SIZE];
};

struct config {
    int refs;
    struct json_object *root;      /* merged */
    struct json_object *places;    /* path → packed layer, line and column */
    struct json_object *variables; /* path → where its value came out of */
    struct json_object *warnings, *own_warnings;
    struct layer layers[LAYERS_MAX];
    int layer_count;
    struct json_object *values[OPTION_COUNT]; /* borrowed from root; NULL: the standard */
};

/* ---- config_options.c ---- */

/* OPTION_COUNT when there is none. */
enum option_id config_option_named(const char *path);
/* The option DISE_X stands for; OPTION_COUNT when there is none. */
void config_option_variable(enum option_id id, char out[96]);
/* Whether some option's path begins with `path` and a point. */
bool config_option_within(const char *path);
/* Who decides a path; `escalation` is a job's, other free-form blocks are the engine's. */
enum option_scope config_scope(const char *path);
/* A project may only lower it: what runs in the sandbox and what may be spent. */
bool config_option_is_limit(enum option_id id);
/* The built-in value. Caller puts it. */
struct json_object *config_standard(const struct option *o);
/* Why the value (may be NULL: null) does not fit, into `why`; false: it fits. */
bool config_option_refuses(const struct option *o, struct json_object *value, char why[160]);

/* ---- config_keys.c ---- */

/* Checks the types of the known blocks and warns of keys that mean nothing. */
enum err config_keys_check(struct config *c, const struct layer *layer, const struct yaml_doc *doc,
                           struct err_info *info) MUST_CHECK;
/* The known path that this one was likely meant to be; NULL: none. Borrowed until the next call. */
const char *config_keys_nearest(const char *path);
/* Whether the path is known, but nothing here uses it. */
bool config_keys_unused(const char *path);
bool config_keys_known(const char *path);
/* Whether the path's value is a number, true or false, and no text. */
bool config_wants_scalar(const char *path);
/* Appends the rows of docs/configuration.md. */
enum err config_keys_docs(struct buf *out) MUST_CHECK;

/* ---- config_expand.c ---- */

/* The text with its variables replaced, as the value of `path`: a number or a switch where the path
 * wants one. Says which it took in c->variables; c NULL: nowhere. Caller puts it. */
struct json_object *config_expand(struct config *c, const char *path, struct json_object *text);
/* Whether a value of this path is a secret: never shown. */
bool config_is_secret(const char *path);
/* Whether a text takes a variable whose name says that it is a secret. */
bool config_takes_secret(const char *text);
/* Warns when the key stands in the file itself. */
void config_warn_literal(struct config *c, const struct layer *layer, const char *path,
                         const char *text, int line, int column);
/* Reads the files that api_key_file and the like name into api_key. */
enum err config_read_keys(struct config *c, struct err_info *info) MUST_CHECK;

/* ---- config_layer.c ---- */

/* Checks a document and merges it. The layer's text is copied. */
enum err config_add_doc(struct config *c, enum layer_kind kind, const char *file,
                        const struct yaml_doc *doc, bool engine_only,
                        struct err_info *info) MUST_CHECK;
enum err config_add_environment(struct config *c, bool engine_only,
                                struct err_info *info) MUST_CHECK;
enum err config_add_sets(struct config *c, const char *const *sets, bool engine_only,
                         struct err_info *info) MUST_CHECK;
/* Index of the layer that said a path; -1: none. */
int config_layer_of(const struct config *c, const char *path);
/* Finds the values of the options in the tree again. */
void config_refresh(struct config *c);
void config_warn(struct config *c, const struct layer *layer, int line, int column,
                 const char *format, ...) PRINTF_LIKE(5, 6);
/* The child's path; false when it is too long. */
bool config_join(char out[CONFIG_PATH_MAX], const char *path, const char *key);
/* Puts a value at a path of points into a tree; takes the value. */
void config_put_at(struct json_object *root, const char *path, struct json_object *value);
struct json_object *config_at(struct json_object *root, const char *path);

/* ---- config_job.c ---- */

/* Whether an option of the engine is read only when it starts. */
bool config_needs_restart(const char *path);

/* ---- config_show.c ---- */

/* The value as it may be printed: without what is a secret by its path or its own form. */
struct json_object *config_shown_plain(const char *path, struct json_object *value);

/* ---- config_files.c ---- */

/* The file of a project for a working folder; false: there is none. `old`: it is one of the old
 * system. */
bool config_project_file(const char *cwd, const char *home, char out[PATH_SIZE], bool *foreign);
void config_system_file(char out[PATH_SIZE]);
/* The user's file outside of the data folder; false: there is no place for one. */
bool config_user_file(char out[PATH_SIZE]);

#endif
