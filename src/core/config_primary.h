/* Who is meant where a configuration names nobody. The same for whoever reads it and for whoever
 * says it anew (config_migrate.h). */
#ifndef DISE_CORE_CONFIG_PRIMARY_H
#define DISE_CORE_CONFIG_PRIMARY_H

#include "base/json.h"

/* Backends that are looked for without being named, and may have a block of their own in `llm`. */
extern const char *const config_looked_for[];
enum { CONFIG_LOOKED_FOR = 6 };

/* llm.backend, else the first of llm.backends that is enabled, else the first that has a block of
 * its own, else Ollama where models are named without their backend. "": nobody. Borrowed from
 * `root`. */
const char *config_primary(struct json_object *root);

#endif
