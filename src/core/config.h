/* The configuration: typed options (options.def) and the free-form blocks (`llm`, `escalation` …),
 * out of layers, the later over the earlier: built-in → system (/etc/dise/config.yaml) → user
 * ($XDG_CONFIG_HOME/dise/config.yaml, <home>/config.yaml) → project → --config → environment
 * (DISE_PIPELINE_TESTS) → --set. Mappings are merged, all else is replaced. The place of every
 * value is kept. The keys of the old system's files are accepted; unknown ones warn. */
#ifndef DISE_CORE_CONFIG_H
#define DISE_CORE_CONFIG_H

#include "base/json.h"

struct config;

enum option_id {
#define OPTION(id, path, type, def, least, most, scope, text) OPTION_##id,
#include "core/options.def"
#undef OPTION
    OPTION_COUNT
};

/* Who decides an option; see options.def. */
enum option_scope { SCOPE_ENGINE, SCOPE_JOB, SCOPE_UI };

/* Where the layers come from. Zeroed: nothing but the built-in values. */
struct config_sources {
    const char *home;        /* data folder; NULL: neither the system's nor the user's files */
    const char *file;        /* --config; NULL: none */
    const char *cwd;         /* the client's working folder; NULL: no project */
    const char *const *sets; /* "path=value", ends with NULL; may be NULL */
    bool environment;        /* read DISE_… */
    bool engine_only; /* of --config, environment and --set only what the engine decides: what jobs
                         may decide comes with each job */
    bool keys;        /* read the files that api_key_file names */
};

/* Missing files of system, user and project are no error, a missing --config is. Errors name
 * file:line:column (or the variable, or --set). Caller config_free()s *out; NULL after an error. */
enum err config_read(const struct config_sources *sources, struct config **out,
                     struct err_info *info) MUST_CHECK;
/* config_read of the system's and the user's files and --config, keys included. */
enum err config_load(const char *home, const char *file, struct config **out,
                     struct err_info *info) MUST_CHECK;
/* One more reference; the configuration does not change once it is read. */
struct config *config_ref(const struct config *c);
void config_free(struct config *c);

int64_t config_int(const struct config *c, enum option_id id);
double config_num(const struct config *c, enum option_id id);
bool config_flag(const struct config *c, enum option_id id);
const char *config_text(const struct config *c, enum option_id id); /* borrowed */

/* Everything merged, with ${VAR} and ${VAR:-default} expanded: an object. Borrowed. */
struct json_object *config_root(const struct config *c);
/* Its `llm` block; NULL when there is none. Borrowed. */
struct json_object *config_llm(const struct config *c);
/* The `escalation` list; NULL when there is none. Borrowed. */
struct json_object *config_escalation(const struct config *c);
/* Sentences about what means nothing or is not taken. Array of strings, borrowed. `own`: only of
 * the layers project and above, which a client tells its person. */
struct json_object *config_warnings(const struct config *c);
struct json_object *config_own_warnings(const struct config *c);

/* ---- places ---- */

/* Where a value of the merged configuration was said. */
struct config_place {
    const char *layer;    /* "built-in", "system", "user", "project", "--config" … */
    char file[192];       /* the file, "environment DISE_X" or "--set" */
    int line, column;     /* 1-based; 0: none */
    const char *variable; /* the environment variable (or "file PATH") that the value came out of;
                             NULL: none */
};
/* Of a path such as "llm.backends.ollama.base_url" or "escalation.0.role" (keys and indices joined
 * by points; a key may hold points itself). False and "built-in" when no layer says it. */
bool config_place(const struct config *c, const char *path, struct config_place *out);
/* err_at with that place, or with the nearest that is known above it; ERR_INPUT. */
enum err config_fail(const struct config *c, const char *path, struct err_info *info,
                     const char *format, ...) PRINTF_LIKE(4, 5);

/* Array of {path, value, default, layer, from, file, line, column, variable, scope, used, secret,
 * text}: of all options and of what the layers say beside them, at `prefix` or below ("": all).
 * `unused`: instead of those, the blocks that mean nothing here. The value of a secret is only that
 * it is set, and by what. Caller puts it. */
struct json_object *config_rows(const struct config *c, const char *prefix, bool unused);

/* Appends docs/configuration.md. */
enum err config_docs(struct buf *out) MUST_CHECK;

/* ---- what goes with a job ---- */

/* What the layers project and above say for jobs: {"values":{path:value}, "escalation":[…]}. The
 * client sends it as `options` of a submission. Caller puts it. */
struct json_object *config_sent(const struct config *c);
/* All that jobs may decide and that is not built-in, `sent` (NULL: nothing) over it: what is
 * journaled with a job. ERR_INPUT for a value that its option does not take. Caller puts *out. */
enum err config_snapshot(const struct config *c, struct json_object *sent, struct json_object **out,
                         struct err_info *info) MUST_CHECK;
/* The configuration of a job out of such a snapshot. */
enum err config_of_snapshot(struct json_object *snapshot, struct config **out,
                            struct err_info *info) MUST_CHECK;
/* Whether the parts that an engine opens at its start would be opened differently. */
bool config_same_engine(const struct config *a, const struct config *b);
/* Whether a --config file, a "path=value" of --set says anything that the engine decides: then it
 * has to be started with it. */
bool config_file_for_engine(const char *path);
bool config_set_for_engine(const char *set);
/* Calls `each` with every file that a change of means another configuration: those of the layers,
 * whether they are there or not, keys and recorded answers. */
void config_files(const struct config *c, const struct config_sources *sources,
                  void (*each)(void *arg, const char *path), void *arg);

/* The old `ollama.models`: whose model plays a role, the first that is named there. A row without
 * a role ends. */
struct config_legacy {
    const char *role, *from[3]; /* NULL ends */
};
extern const struct config_legacy config_legacy_roles[];

#endif
