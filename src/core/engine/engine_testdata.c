/* The request testdata.launch: the command line with which a client starts the generator of test
 * data in the sandbox. Its rows go straight to the client's output, with the back pressure of a
 * pipe; through the engine they would be copied four times and kept. */
#include <stdlib.h>
#include <string.h>

#include "core/engine/engine_internal.h"
#include "core/pipeline/pipeline_internal.h"

typedef struct json_object json;

/* Whoever reads the rows ends the run; these bound what the person's file may take meanwhile. */
enum { CPU_HOURS = 24, FILE_GB = 1024, MODULES_MAX = GRANTS_MAX };

static bool listed(json *list, const char *name)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(list, i));
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

static enum err add_package(struct engine *e, const char *module, json *allowed,
                            struct package *out, struct err_info *info)
{
    struct err_info why = {0};
    enum err err = packages_find(&e->packages, module, out, &why);
    if (err == ERR_NOT_FOUND)
        return err_set(info, ERR_NOT_FOUND,
                       "it imports %.60s, which is neither in Python nor on the list of trusted "
                       "packages; a module of your own is found with --allow-read FOLDER",
                       module);
    if (err) {
        *info = why;
        return err;
    }
    if (out->installed)
        return ERR_OK;
    if (!listed(allowed, out->name) && !listed(allowed, module))
        return err_set(info, ERR_DENIED,
                       "it imports the package %s, which is not installed; --allow-package %s "
                       "installs it",
                       out->name, out->name);
    err = packages_install(&e->packages, out, &why);
    return err ? err_set(info, err, "the package %s cannot be installed: %.350s", out->name,
                         why.message)
               : ERR_OK;
}

static void set_limits(const struct engine *e, struct sandbox_limits *l)
{
    *l = (struct sandbox_limits){
        .cpu_ms = (int64_t)CPU_HOURS * 3600 * 1000,
        .memory_bytes = config_int(e->config, OPTION_MEMORY_MB) << 20,
        .file_bytes = (int64_t)FILE_GB << 30, /* of standard output, too, when it is a file */
        .disk_bytes = config_int(e->config, OPTION_DISK_MB) << 20,
        .processes = (int)config_int(e->config, OPTION_PROCESSES),
    };
}

/* Paths out of the request, absolute or refused. */
static enum err read_paths(json *list, const char *out[GRANTS_MAX + 1], struct err_info *info)
{
    size_t n = list ? json_object_array_length(list) : 0;
    if (n > GRANTS_MAX)
        return err_set(info, ERR_INPUT, "at most %d paths can be read", GRANTS_MAX);
    for (size_t i = 0; i < n; i++) {
        out[i] = json_object_get_string(json_object_array_get_idx(list, i));
        if (!out[i] || *out[i] != '/' || !path_exists(out[i]))
            return err_set(info, ERR_INPUT, "there is no %.200s that could be read",
                           out[i] ? out[i] : "");
    }
    return ERR_OK;
}

/* python3 -I -S testdata.py job.json FOLDER… */
static enum err describe(struct engine *e, const char *const *packages, const char *const *read,
                         json **result, struct err_info *info)
{
    const char *argv[2 * GRANTS_MAX + 8] = {"python3", "-I", "-S", "testdata.py", "job.json"};
    struct sandbox_spec spec = {.argv = argv, .packages = packages, .read = read};
    json *command = NULL;
    int n = 5;
    enum err err;
    for (; *packages; packages++)
        argv[n++] = *packages;
    for (; *read; read++)
        argv[n++] = *read;
    set_limits(e, &spec.limits);
    err = sandbox_command(e->sandbox, &spec, &command, info);
    if (err)
        return err;
    *result = json_object_new_object();
    json_object_object_add(*result, "argv", command);
    json_add_str(*result, "runtime", e->runtime);
    return ERR_OK;
}

enum err engine_testdata_launch(struct engine *e, json *params, json **result,
                                struct err_info *info)
{
    json *modules = json_array(params, "modules");
    size_t n = modules ? json_object_array_length(modules) : 0;
    struct package *packages;
    const char *folders[MODULES_MAX + 1] = {NULL}, *read[GRANTS_MAX + 1] = {NULL};
    enum err err = read_paths(json_array(params, "read"), read, info);
    if (!err && n > MODULES_MAX)
        err = err_set(info, ERR_INPUT, "it imports more than %d packages", MODULES_MAX);
    packages = calloc(n + 1, sizeof *packages); /* too large for a fiber's stack */
    if (!packages)
        return err_set(info, ERR_NOMEM, "out of memory");
    for (size_t i = 0; !err && i < n; i++) {
        const char *module = json_object_get_string(json_object_array_get_idx(modules, i));
        err = add_package(e, module ? module : "", json_array(params, "packages"), &packages[i],
                          info);
        folders[i] = packages[i].folder;
    }
    if (!err)
        err = describe(e, folders, read, result, info);
    free(packages);
    return err;
}
