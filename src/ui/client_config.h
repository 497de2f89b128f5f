/* What a client sends with a job: what its folder's project, --config, environment and --set say.
 */
#ifndef DISE_UI_CLIENT_CONFIG_H
#define DISE_UI_CLIENT_CONFIG_H

#include "core/config.h"
#include "core/protocol.h"

/* Whether the request begins a job, and takes `options`. */
bool client_config_wanted(enum protocol_method method);
struct client_config {
    const struct config_sources *sources;          /* borrowed; NULL: nothing goes with a job */
    void (*note)(void *arg, const char *sentence); /* remarks, each once; may be NULL */
    void *arg;
    struct json_object *told, *last; /* remarks so far; what was sent last; NULL: nothing yet */
};
void client_config_fini(struct client_config *c);
/* Reads the configuration anew and adds `options` to the parameters. A file that was sound before
 * and is broken now is a remark, and what it said holds; else the error names file:line:column. */
enum err client_config_add(struct client_config *c, struct json_object *params,
                           struct err_info *info) MUST_CHECK;

#endif
