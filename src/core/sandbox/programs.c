#include "core/sandbox/programs.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAMS_MAX = 64, TOLD_MAX = 128, MANIFEST_MAX = 64 << 10, LOOK_MS = 20 };

static const char manifest_name[] = "tools/gate/requirements.txt";
static const char remedy[] =
    "it is tried again when the engine starts next; or install it yourself "
    "so that it is on the PATH";

enum state { UNKNOWN, INSTALLING, INSTALLED, FAILED };

struct one {
    char name[64];
    enum state state;
    bool library; /* it is imported: a program alone is not enough */
    struct fiber *fiber;
    struct programs *all;
    struct package package;
    uint64_t began; /* loop time, ms */
    char why[400];
};

struct programs {
    struct sched *sched;
    struct programs_options options;
    struct one *list[PROGRAMS_MAX]; /* those that were asked for; their fibers hold pointers */
    int count;
    char told[TOLD_MAX][64];
    int told_count;
};

struct programs *programs_open(struct sched *s, const struct programs_options *options)
{
    struct programs *p = calloc(1, sizeof *p);
    if (p) {
        p->sched = s;
        p->options = *options;
    }
    return p;
}

void programs_close(struct programs *p)
{
    enum err result;
    for (int i = 0; i < p->count; i++) {
        if (p->list[i]->fiber) {
            fiber_cancel(p->list[i]->fiber);
            (void)fiber_join(p->list[i]->fiber, &result);
        }
        free(p->list[i]);
    }
    free(p);
}

/* ---- the manifest ---- */

/* "name==1.2" out of a line; false: another name, a comment, an option. */
static bool line_names(const char *line, size_t n, const char *name, char out[160])
{
    size_t k = strlen(name);
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\r'))
        n--;
    if (n <= k + 2 || n >= 160 || strncmp(line, name, k) != 0 || strncmp(line + k, "==", 2) != 0)
        return false;
    snprintf(out, 160, "%.*s", (int)n, line);
    return !strpbrk(out, " ;#@/");
}

static bool pinned_in(const char *root, const char *name, char out[160])
{
    char path[PATH_SIZE];
    struct buf text;
    bool found = false;
    if (path_join(path, root, manifest_name) || !path_exists(path))
        return false;
    buf_init(&text, MANIFEST_MAX);
    if (buf_read_file(&text, path, NULL) == ERR_OK)
        for (const char *p = text.data; !found && *p;) {
            size_t n = strcspn(p, "\n");
            found = line_names(p, n, name, out);
            p += n + (p[n] == '\n');
        }
    buf_fini(&text);
    return found;
}

static bool pinned(const struct programs *p, const char *name, char out[160])
{
    return pinned_in(p->options.home, name, out) || pinned_in(p->options.data, name, out);
}

/* ---- where it is ---- */

static bool plain_name(const char *name)
{
    return *name && !strchr(name, '/') && strlen(name) < 64;
}

static bool in_packages(const struct package *package, struct program *out)
{
    char below[80];
    snprintf(below, sizeof below, "bin/%.64s", package->name);
    snprintf(out->mount, sizeof out->mount, "%s", package->folder);
    return path_join(out->path, package->folder, below) == ERR_OK && access(out->path, X_OK) == 0;
}

/* The file alone is shown to the run, so what it needs beside itself must lie in /usr. */
static bool on_path(const char *name, struct program *out)
{
    static char copy[4096], real[4096]; /* too large for a fiber's stack; nothing waits here */
    char file[PATH_SIZE], *save = NULL;
    const char *path = getenv("PATH");
    snprintf(copy, sizeof copy, "%s", path ? path : "/usr/bin:/bin");
    for (char *at = strtok_r(copy, ":", &save); at; at = strtok_r(NULL, ":", &save)) {
        if (*at != '/' || path_join(file, at, name) || access(file, X_OK) ||
            !realpath(file, real) || strlen(real) >= PATH_SIZE)
            continue;
        snprintf(out->path, sizeof out->path, "%.*s", PATH_SIZE - 1, real);
        snprintf(out->mount, sizeof out->mount, "%.*s", PATH_SIZE - 1,
                 strncmp(real, "/usr/", 5) == 0 ? "" : real);
        return true;
    }
    return false;
}

/* "python3.11" when the system's Python tells its version by a link, else "". */
static void python_folder(char out[32])
{
    static char real[4096];
    const char *name;
    out[0] = 0;
    if (!realpath(python_system(), real))
        return;
    name = strrchr(real, '/') + 1;
    if (strncmp(name, "python3.", 8) == 0)
        snprintf(out, 32, "%.31s", name);
}

/* The folder of packages of the Python whose bin has `program`: with compiled parts in it only that
 * of the same version will do. */
static bool beside_program(const char *program, const char *name, char out[PATH_SIZE])
{
    char pattern[PATH_SIZE], version[32];
    const char *bin = strstr(program, "/bin/");
    glob_t found;
    bool ok;
    python_folder(version);
    if (!bin ||
        snprintf(pattern, sizeof pattern, "%.*s/lib/%s/site-packages/%s", (int)(bin - program),
                 program, version[0] ? version : "python3*", name) >= (int)sizeof pattern)
        return false;
    ok = glob(pattern, 0, NULL, &found) == 0;
    if (ok)
        snprintf(out, PATH_SIZE, "%.*s", (int)(strlen(found.gl_pathv[0]) - strlen(name) - 1),
                 found.gl_pathv[0]);
    globfree(&found);
    return ok;
}

static struct one *get(struct programs *p, const char *name)
{
    struct one *o;
    for (int i = 0; i < p->count; i++)
        if (strcmp(p->list[i]->name, name) == 0)
            return p->list[i];
    o = p->count < PROGRAMS_MAX ? calloc(1, sizeof *o) : NULL;
    if (!o)
        return NULL;
    snprintf(o->name, sizeof o->name, "%s", name);
    o->all = p;
    p->list[p->count++] = o;
    return o;
}

/* Whether it is there now; fills o->package when it is pinned. *pin: it is. */
static bool look(struct programs *p, struct one *o, struct program *out, bool *pin)
{
    char wanted[160], folder[PATH_SIZE];
    *pin = pinned(p, o->name, wanted) &&
           packages_pinned(p->options.packages, o->name, wanted, &o->package, NULL) == ERR_OK;
    if (*pin && in_packages(&o->package, out))
        return true;
    return on_path(o->name, out) && (!o->library || beside_program(out->path, o->name, folder));
}

/* ---- installing ---- */

static enum err install(void *arg)
{
    struct one *o = arg;
    struct err_info info = {0};
    struct program found;
    enum err e = packages_install(o->all->options.packages, &o->package, &info);
    if (!e && !in_packages(&o->package, &found))
        e = err_set(&info, ERR_UNAVAILABLE, "the package has no program of this name");
    o->state = e ? FAILED : INSTALLED;
    snprintf(o->why, sizeof o->why, "%.390s", e ? info.message : "");
    return e;
}

void programs_want(struct programs *p, const char *name)
{
    struct one *o = plain_name(name) ? get(p, name) : NULL;
    struct program found;
    bool pin;
    if (!o || o->state != UNKNOWN || !p->options.install || look(p, o, &found, &pin) || !pin)
        return;
    o->began = uv_now(sched_loop(p->sched));
    o->fiber = fiber_spawn(p->sched, "install a program", install, o);
    o->state = o->fiber ? INSTALLING : UNKNOWN;
}

void programs_want_library(struct programs *p, const char *name)
{
    struct one *o = plain_name(name) ? get(p, name) : NULL;
    if (o)
        o->library = true;
    programs_want(p, name);
}

bool programs_installing(struct programs *p, const char *name)
{
    const struct one *o = plain_name(name) ? get(p, name) : NULL;
    return o && o->state == INSTALLING;
}

static enum err await_install(struct programs *p, const struct one *o)
{
    uv_loop_t *loop = sched_loop(p->sched);
    enum err e = ERR_OK;
    while (!e && o->state == INSTALLING && uv_now(loop) - o->began < PROGRAMS_WAIT_MS)
        e = fiber_sleep(LOOK_MS);
    return e;
}

static enum err missing(const struct programs *p, const struct one *o, bool pin,
                        struct err_info *info)
{
    if (o->state == INSTALLING)
        return err_set(info, ERR_UNAVAILABLE, "%s is still being installed", o->name);
    if (o->state == FAILED)
        return err_set(info, ERR_UNAVAILABLE, "%s cannot be installed: %.250s; %s", o->name, o->why,
                       remedy);
    if (pin && !p->options.install)
        return err_set(info, ERR_UNAVAILABLE,
                       "%s is not installed; set gates.install, or install it so that it is on the "
                       "PATH",
                       o->name);
    return err_set(info, ERR_UNAVAILABLE, "%s is not on the PATH; install it there", o->name);
}

enum err programs_find(struct programs *p, const char *name, struct program *out,
                       struct err_info *info)
{
    struct one *o = plain_name(name) ? get(p, name) : NULL;
    bool pin;
    enum err e;
    memset(out, 0, sizeof *out);
    if (!o)
        return err_set(info, ERR_UNAVAILABLE, "%.80s is no name of a program", name);
    programs_want(p, name);
    e = await_install(p, o);
    if (e)
        return err_set(info, e, "cancelled");
    return look(p, o, out, &pin) ? ERR_OK : missing(p, o, pin, info);
}

enum err programs_library(struct programs *p, const char *name, char out[PATH_SIZE],
                          struct err_info *info)
{
    struct program *found = malloc(sizeof *found); /* too large for a fiber's stack */
    struct one *o = plain_name(name) ? get(p, name) : NULL;
    enum err e = ERR_NOMEM;
    if (o)
        o->library = true;
    if (found)
        e = programs_find(p, name, found, info);
    if (!e && strncmp(found->path, found->mount, strlen(found->mount)) == 0 && found->mount[0] &&
        strcmp(found->path, found->mount) != 0)
        snprintf(out, PATH_SIZE, "%s", found->mount);
    else if (!e && !beside_program(found->path, name, out))
        e = err_set(info, ERR_UNAVAILABLE, "%s has no Python package beside it", found->path);
    free(found);
    return e;
}

/* ---- telling ---- */

bool programs_tell(struct programs *p, const char *word)
{
    for (int i = 0; i < p->told_count; i++)
        if (strncmp(p->told[i], word, sizeof p->told[i] - 1) == 0)
            return false;
    if (p->told_count == TOLD_MAX)
        return false;
    snprintf(p->told[p->told_count++], sizeof p->told[0], "%s", word);
    return true;
}

static void describe(struct programs *p, const char *name, struct json_object *list)
{
    struct json_object *row = json_object_new_object();
    struct one *o = get(p, name);
    struct program found = {.path = ""};
    bool pin = false, there = o && look(p, o, &found, &pin);
    const char *detail = there                    ? found.path
                         : !o                     ? ""
                         : o->state == INSTALLING ? "being installed"
                         : o->state == FAILED     ? o->why
                         : p->options.install     ? "not needed yet; installed with the "
                                                    "first program that is checked"
                                                  : "not installed";
    bool bad = !there && o && (o->state == FAILED || !p->options.install);
    json_add_str(row, "name", name);
    json_add_str(row, "state", bad ? "warn" : "ok");
    json_add_str(row, "detail", detail);
    json_add_str(row, "remedy", bad ? remedy : "");
    json_object_array_add(list, row);
}

static void list_from(struct programs *p, const char *root, struct json_object *list)
{
    char path[PATH_SIZE], name[64];
    struct buf text;
    if (path_join(path, root, manifest_name) || !path_exists(path))
        return;
    buf_init(&text, MANIFEST_MAX);
    if (buf_read_file(&text, path, NULL) == ERR_OK)
        for (const char *q = text.data; *q;) {
            size_t n = strcspn(q, "\n"), k = strcspn(q, "=\n");
            bool known = false;
            snprintf(name, sizeof name, "%.*s", k < n ? (int)k : 0, q);
            for (size_t i = 0; i < json_object_array_length(list); i++)
                known |=
                    strcmp(json_str(json_object_array_get_idx(list, i), "name", ""), name) == 0;
            if (*name && *name != '#' && plain_name(name) && !known)
                describe(p, name, list);
            q += n + (q[n] == '\n');
        }
    buf_fini(&text);
}

struct json_object *programs_list(struct programs *p)
{
    struct json_object *list = json_object_new_array();
    list_from(p, p->options.home, list);
    list_from(p, p->options.data, list);
    return list;
}
