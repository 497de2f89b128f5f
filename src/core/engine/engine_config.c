/* The engine's configuration: read at the start, looked at again whenever it matters. What jobs may
 * decide holds for the next job; what the parts were opened with holds until a restart. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/secret.h"
#include "core/engine/engine_internal.h"
#include "core/llm/roles.h"

/* A client's engine takes of --config, environment and --set only what is the engine's: the rest
 * comes with each job from its own client, which may stand in another shell. */
static struct config_sources sources_of(const struct engine *e)
{
    return (struct config_sources){.home = e->home,
                                   .file = e->options->config,
                                   .sets = e->options->sets,
                                   .environment = true,
                                   .engine_only = e->options->detached,
                                   .keys = true};
}

/* ---- stamps ---- */

static void add_stamp(void *arg, const char *path)
{
    uint64_t *sum = arg;
    struct stat st;
    *sum *= 31;
    if (stat(path, &st) == 0)
        *sum += (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec +
                (uint64_t)st.st_ino * 31 + (uint64_t)st.st_size * 7;
}

static uint64_t stamp(const struct engine *e, const struct config *c)
{
    const struct config_sources sources = sources_of(e);
    uint64_t sum = 0;
    config_files(c, &sources, add_stamp, &sum);
    return sum;
}

/* Recorded answers are read once. */
static uint64_t answers_stamp(const struct config *c)
{
    struct json_object *backends = json_object_of(config_llm(c), "backends");
    uint64_t sum = 0;
    if (backends) {
        json_object_object_foreach(backends, name, entry)
        {
            (void)name;
            if (*json_str(entry, "file", ""))
                add_stamp(&sum, json_str(entry, "file", ""));
        }
    }
    return sum;
}

/* ---- reading ---- */

static void log_warnings(const struct config *c)
{
    struct json_object *list = config_warnings(c);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        log_line("%s", json_object_get_string(json_object_array_get_idx(list, i)));
}

/* Whether the models that it speaks of are there to be found in it. */
static enum err check_roles(const struct config *c, struct err_info *info)
{
    struct roles *roles = NULL;
    struct json_object *warnings;
    enum err err = engine_roles(c, &roles, info);
    if (err)
        return err;
    warnings = roles_warnings(roles);
    for (size_t i = 0; i < json_object_array_length(warnings); i++)
        log_line("%s", json_object_get_string(json_object_array_get_idx(warnings, i)));
    roles_free(roles);
    return ERR_OK;
}

/* A dump of the memory would hold the keys. One byte and not none: then a program that takes the
 * dumps (core_pattern with a pipe) gets nothing either. */
static void forbid_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur > 1) {
        limit.rlim_cur = 1;
        if (setrlimit(RLIMIT_CORE, &limit))
            log_line("a crash may leave a dump of the memory, with the keys in it");
    }
}

enum err engine_config_open(struct engine *e, struct err_info *info)
{
    const struct config_sources sources = sources_of(e);
    enum err err;
    forbid_core();
    secret_note_environment();
    err = config_read(&sources, &e->config, info);
    if (!err)
        err = check_roles(e->config, info);
    if (err && err != ERR_NOMEM)
        return info->code = ERR_INPUT; /* also when the named file is not there */
    if (err)
        return err;
    e->started = config_ref(e->config);
    e->config_stamp = stamp(e, e->config);
    e->answers_stamp = answers_stamp(e->config);
    log_warnings(e->config);
    return ERR_OK;
}

void engine_config_close(struct engine *e)
{
    config_free(e->config);
    config_free(e->started);
    e->config = e->started = NULL;
}

static void take_over(struct engine *e, struct config *c)
{
    bool restart = !config_same_engine(e->started, c);
    config_free(e->config);
    e->config = c;
    e->pipeline.config = c;
    e->config_problem[0] = 0;
    log_line("the configuration was read again");
    log_warnings(c);
    if (restart && !e->config_restart) {
        log_line("what it says about the engine holds after a restart");
        e->config_told = false;
    }
    e->config_restart = restart;
}

void engine_config_look(struct engine *e)
{
    const struct config_sources sources = sources_of(e);
    uint64_t now = stamp(e, e->config);
    struct err_info info = {0};
    struct config *c;
    char text[700];
    if (now == e->config_stamp)
        return;
    e->config_stamp = now;
    if (config_read(&sources, &c, &info) || check_roles(c, &info)) {
        config_free(c);
        snprintf(e->config_problem, sizeof e->config_problem, "%s",
                 err_format(&info, text, sizeof text));
        log_line("%s; what held before still holds", e->config_problem);
        return;
    }
    take_over(e, c);
    e->config_stamp = stamp(e, c);
    e->config_restart |= answers_stamp(c) != e->answers_stamp;
}

/* ---- jobs ---- */

enum err engine_config_add(struct engine *e, struct json_object *input, struct err_info *info)
{
    struct json_object *snapshot;
    char text[800];
    enum err err;
    engine_config_look(e);
    err = config_snapshot(e->config, json_object_of(input, "options"), &snapshot, info);
    if (err)
        return err;
    if (e->config_problem[0]) {
        snprintf(text, sizeof text, "%s; what held before still holds", e->config_problem);
        json_add_str(snapshot, "note", text);
    } else if (e->config_restart && !e->config_told) {
        json_add_str(snapshot, "note",
                     "the configuration says something new about the engine; it holds after `dise "
                     "restart`");
        e->config_told = true;
    }
    json_object_object_add(input, "config", snapshot);
    return ERR_OK;
}
