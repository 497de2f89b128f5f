#include "core/sandbox/python_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/sandbox/proc.h"

enum { OUTPUT_MAX = 64 << 10, PIP_MS = 900000 };

enum err python_env_init(struct python_env *env, const char *home, struct err_info *info)
{
    fiber_sem_init(&env->making, 1);
    if (path_join(env->folder, home, "venv"))
        return err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    return ERR_OK;
}

enum err python_env_python(const struct python_env *env, char out[PATH_SIZE])
{
    return path_join(out, env->folder, "bin/python");
}

const char *python_system(void)
{
    return access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "/usr/local/bin/python3";
}

/* What the person set up for pip, and nothing else. */
static char **pip_environment(void)
{
    static const char *const kept[] = {"PATH=",
                                       "HOME=",
                                       "PIP_",
                                       "http_proxy=",
                                       "https_proxy=",
                                       "HTTP_PROXY=",
                                       "HTTPS_PROXY=",
                                       "no_proxy=",
                                       "NO_PROXY=",
                                       "SSL_CERT_",
                                       "REQUESTS_CA_BUNDLE=",
                                       "LANG=",
                                       "LC_ALL=",
                                       "XDG_CONFIG_HOME="};
    extern char **environ;
    size_t n = 0, count = 0;
    char **list;
    while (environ[count])
        count++;
    list = calloc(count + 1, sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
            if (strncmp(environ[i], kept[k], strlen(kept[k])) == 0) {
                list[n++] = environ[i];
                break;
            }
    return list;
}

enum err python_child(const char *const *argv, const char *what, struct buf *out,
                      struct err_info *info)
{
    struct buf errors;
    struct proc_result result;
    char **env = pip_environment();
    struct proc_spec spec = {.argv = argv,
                             .env = (const char *const *)env,
                             .out = out,
                             .err = &errors,
                             .inherit = -1,
                             .wall_ms = PIP_MS};
    enum err e = env ? ERR_OK : ERR_NOMEM;
    const char *last;
    buf_init(&errors, OUTPUT_MAX);
    if (!e)
        e = proc_run(&spec, &result, info);
    if (!e && (result.end != PROC_EXITED || result.code)) {
        while (errors.len && errors.data[errors.len - 1] == '\n')
            buf_truncate(&errors, errors.len - 1);
        last = strrchr(errors.data, '\n');
        e = err_set(info, ERR_UNAVAILABLE, "%s failed: %.300s", what,
                    last ? last + 1 : errors.data);
    }
    buf_fini(&errors);
    free(env);
    return e;
}

static enum err make(struct python_env *env, struct err_info *info)
{
    const char *argv[] = {python_system(), "-m", "venv", env->folder, NULL};
    char python[PATH_SIZE], marker[PATH_SIZE];
    enum err e;
    if (python_env_python(env, python) || path_join(marker, env->folder, "bin/pip"))
        return err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    if (path_exists(python) && path_exists(marker))
        return ERR_OK;
    e = path_mkdirs(env->folder, info);
    if (!e)
        e = python_child(argv, "python3 -m venv", NULL, info);
    if (e == ERR_UNAVAILABLE)
        err_set(info, e,
                "the private Python environment cannot be made; "
                "install it: apt install python3-venv");
    return e;
}

enum err python_env_make(struct python_env *env, struct err_info *info)
{
    enum err e = fiber_sem_take(&env->making);
    if (e)
        return err_set(info, e, "cancelled");
    e = make(env, info);
    fiber_sem_give(&env->making);
    return e;
}
