/* The configuration: typed options (options.def) over the layers built-in → <home>/config.yaml →
 * --config FILE, and the free-form blocks `llm` and `escalation`. The keys of the old system's
 * files are accepted; unknown ones warn. */
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

/* `file` may be NULL. A missing <home>/config.yaml is no error, a missing `file` is. Errors name
 * file:line:column. */
enum err config_load(const char *home, const char *file, struct config **out,
                     struct err_info *info) MUST_CHECK;
void config_free(struct config *c);

int64_t config_int(const struct config *c, enum option_id id);
double config_num(const struct config *c, enum option_id id);
bool config_flag(const struct config *c, enum option_id id);
const char *config_text(const struct config *c, enum option_id id); /* borrowed */

/* The `llm` block, with ${VAR} and ${VAR:-default} expanded; NULL when there is none. Borrowed. */
struct json_object *config_llm(const struct config *c);
/* The `escalation` list; NULL when there is none. Borrowed. */
struct json_object *config_escalation(const struct config *c);
/* Sentences about keys that mean nothing to this program. Array of strings, borrowed. */
struct json_object *config_warnings(const struct config *c);

#endif
