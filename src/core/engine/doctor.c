#include "core/engine/doctor.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/path.h"
#include "base/secret.h"
#include "core/config.h"
#include "core/rag/rag.h"

enum { SPACE_WARN_MB = 2000 };

static void add(struct json_object *list, const char *name, const char *state, const char *detail,
                const char *remedy)
{
    struct json_object *o = json_object_new_object();
    char text[900];
    snprintf(text, sizeof text, "%s", detail);
    secret_hide(text); /* an address may hold one */
    json_add_str(o, "name", name);
    json_add_str(o, "state", state);
    json_add_str(o, "detail", text);
    json_add_str(o, "remedy", remedy);
    json_object_array_add(list, o);
}

static void check_libraries(struct json_object *list)
{
    char text[200];
    snprintf(text, sizeof text, "libuv %s, SQLite %s, json-c %s", uv_version_string(),
             sqlite3_libversion(), json_c_version());
    add(list, "libraries", "ok", text, "");
}

static bool on_path(const char *name)
{
    char copy[4096], file[PATH_SIZE], *save = NULL;
    const char *path = getenv("PATH");
    snprintf(copy, sizeof copy, "%s", path ? path : "/usr/bin:/bin");
    for (char *at = strtok_r(copy, ":", &save); at; at = strtok_r(NULL, ":", &save))
        if (path_join(file, at, name) == ERR_OK && access(file, X_OK) == 0)
            return true;
    return false;
}

static void check_python(struct json_object *list, const struct doctor_context *c)
{
    char venv[PATH_SIZE], harness[PATH_SIZE];
    bool found = on_path("python3");
    add(list, "python3", found ? "ok" : "fail", found ? "found" : "not found on the PATH",
        found ? "" : "install it: apt install python3 python3-venv");
    if (path_join(venv, c->home, "venv") == ERR_OK)
        add(list, "private venv", "ok",
            path_exists(venv) ? venv : "not needed yet; made when a local model is installed", "");
    if (path_join(harness, c->runtime, "harness.py") == ERR_OK)
        add(list, "runtime files", path_exists(harness) ? "ok" : "fail", c->runtime,
            path_exists(harness) ? "" : "the installation is incomplete; install DiSE again");
}

static void check_home(struct json_object *list, const struct doctor_context *c)
{
    struct statvfs fs;
    char text[PATH_SIZE + 64];
    double mb = statvfs(c->home, &fs) == 0 ? (double)fs.f_bavail * (double)fs.f_frsize / 1e6 : 0;
    snprintf(text, sizeof text, "%s, %.1f GB free", c->home, mb / 1000);
    add(list, "home folder", mb > SPACE_WARN_MB ? "ok" : "warn", text,
        mb > SPACE_WARN_MB ? "" : "a local model needs up to 1.6 GB");
    if (*c->store_note)
        add(list, "database", "warn", c->store_note,
            "its copy may be repaired with sqlite3 .recover");
    else
        add(list, "database", "ok", "sound", "");
}

static void check_sandbox(struct json_object *list, const struct doctor_context *c)
{
    enum sandbox_tier tier = sandbox_tier(c->sandbox);
    add(list, "sandbox",
        tier >= SANDBOX_ROOT       ? "ok"
        : tier == SANDBOX_LANDLOCK ? "warn"
                                   : "fail",
        sandbox_text(c->sandbox), sandbox_remedy(c->sandbox));
}

static void check_gates(struct json_object *list, const struct doctor_context *c)
{
    struct json_object *found = programs_list(c->programs);
    for (size_t i = 0; i < json_object_array_length(found); i++) {
        struct json_object *f = json_object_array_get_idx(found, i);
        char name[80];
        snprintf(name, sizeof name, "gates: %.60s", json_str(f, "name", ""));
        add(list, name, json_str(f, "state", ""), json_str(f, "detail", ""),
            json_str(f, "remedy", ""));
    }
    json_object_put(found);
}

static void check_backends(struct json_object *list, const struct doctor_context *c)
{
    struct json_object *found = NULL;
    bool ready = router_ready(c->router);
    if (router_look(c->router, &found))
        return;
    ready = router_ready(c->router);
    for (size_t i = 0; i < json_object_array_length(found); i++) {
        struct json_object *f = json_object_array_get_idx(found, i);
        bool ok = json_flag(f, "ok", false);
        add(list, json_str(f, "what", ""), ok ? "ok" : "warn", json_str(f, "detail", ""),
            ok || ready ? "" : json_str(f, "remedy", ""));
    }
    json_object_put(found);
    add(list, "language model", ready ? "ok" : "fail", ready ? "one is ready" : "none is to be had",
        ready ? "" : "dise model install, or start Ollama, or set OPENAI_API_KEY");
}

/* How what is kept can be found. That nothing embeds is no defect: then it is found by words. */
static void check_memory(struct json_object *list, const struct doctor_context *c)
{
    struct json_object *o = NULL, *vectors;
    struct err_info info = {0};
    const char *state, *problem;
    char text[700];
    if (!c->rag || rag_status(c->rag, &o, &info)) {
        add(list, "memory search", "warn", info.message, "");
        return;
    }
    state = json_str(o, "state", "");
    problem = json_str(o, "problem", "");
    vectors = json_object_of(o, "vectors");
    snprintf(text, sizeof text, "by %s%s%.100s, %lld of %lld embedded%s%.400s",
             json_str(o, "by", ""), *json_str(o, "model", "") ? ", " : "", json_str(o, "model", ""),
             (long long)json_i64(o, "embedded", 0), (long long)json_i64(o, "artifacts", 0),
             *problem ? "; " : "", problem);
    add(list, "memory search",
        strcmp(state, "failing") == 0 || strcmp(json_str(vectors, "state", ""), "failing") == 0
            ? "warn"
            : "ok",
        text, json_str(o, "remedy", ""));
    json_object_put(o);
}

/* Where vectors are searched, when that is a server. */
static void check_server(struct json_object *list, const struct doctor_context *c)
{
    struct vector_server server;
    struct err_info info = {0};
    char text[VECTOR_HEALTH_SIZE];
    bool in_server = false;
    if (vector_choice(c->config, &in_server, &server, &info)) {
        char where[800];
        add(list, "vectors", "fail", err_format(&info, where, sizeof where), "");
        return;
    }
    if (!in_server)
        return;
    if (c->vector_health(c->sched, &server, text, &info))
        add(list, "vectors", "warn", info.message,
            "until then search goes by words; rag.store: file searches on this machine");
    else
        add(list, "vectors", "ok", text, "");
}

/* What the files say that is taken for nothing, and where they are wrong. */
static void check_config(struct json_object *list, const struct doctor_context *c)
{
    struct json_object *warnings = config_warnings(c->config);
    struct json_object *unused = config_rows(c->config, "", true);
    const size_t n = json_object_array_length(warnings), m = json_object_array_length(unused);
    struct buf text;
    enum err e = ERR_OK;
    buf_init(&text, 800);
    for (size_t i = 0; !e && i < m; i++)
        e = buf_addf(&text, "%s%s", i ? ", " : "not used here: ",
                     json_str(json_object_array_get_idx(unused, i), "path", ""));
    if (*c->config_problem)
        add(list, "configuration", "fail", c->config_problem, "what held before still holds");
    else if (n)
        add(list, "configuration", "warn",
            json_object_get_string(json_object_array_get_idx(warnings, 0)),
            n > 1 ? "dise config show tells more" : "");
    else
        add(list, "configuration", "ok", text.len ? text.data : "sound", "");
    if (text.len && (n || *c->config_problem))
        add(list, "old configuration", "ok", text.data, "");
    buf_fini(&text);
    json_object_put(unused);
}

static void check_locale(struct json_object *list)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        add(list, "locale", "ok", "UTF-8", "");
    else
        add(list, "locale", "warn", "not UTF-8; the dashboard uses C.UTF-8",
            "export LC_ALL=C.UTF-8");
}

enum err doctor_run(const struct doctor_context *c, struct json_object **out)
{
    *out = json_object_new_array();
    check_libraries(*out);
    check_python(*out, c);
    check_home(*out, c);
    check_config(*out, c);
    check_locale(*out);
    check_sandbox(*out, c);
    check_gates(*out, c);
    check_backends(*out, c);
    check_memory(*out, c);
    check_server(*out, c);
    return ERR_OK;
}
