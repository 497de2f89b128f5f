/* What a program may reach beyond its sandbox, and the questions on the way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/sha256.h"
#include "core/pipeline/pipeline_internal.h"

enum { LISTS = 5, VALUE_MAX = 8192 };

/* ---- lists ---- */

static const struct {
    const char *name;
    size_t at;
} lists[LISTS] = {
    {"read", offsetof(struct grants, read)},       {"write", offsetof(struct grants, write)},
    {"net", offsetof(struct grants, net)},         {"packages", offsetof(struct grants, packages)},
    {"folders", offsetof(struct grants, folders)},
};

static char **list_of(const struct grants *g, int i)
{
    return (char **)((uintptr_t)g + lists[i].at);
}

static bool has(char *const *list, const char *what)
{
    for (; *list; list++)
        if (strcmp(*list, what) == 0)
            return true;
    return false;
}

static enum err grants_add(char **list, const char *what)
{
    int n = 0;
    if (has(list, what))
        return ERR_OK;
    while (list[n])
        n++;
    if (n >= GRANTS_MAX)
        return ERR_TOO_LARGE;
    list[n] = strdup(what);
    return list[n] ? ERR_OK : ERR_NOMEM;
}

enum err grants_read(struct grants *g, struct json_object *given)
{
    enum err e = ERR_OK;
    memset(g, 0, sizeof *g);
    for (int k = 0; k < LISTS - 1; k++) { /* folders come from the packages alone */
        struct json_object *list = json_array(given, lists[k].name);
        for (size_t i = 0; !e && list && i < json_object_array_length(list); i++) {
            const char *text = json_object_get_string(json_object_array_get_idx(list, i));
            if (text && *text)
                e = grants_add(list_of(g, k), text);
        }
    }
    return e;
}

struct json_object *grants_json(const struct grants *g)
{
    struct json_object *o = json_object_new_object();
    for (int k = 0; k < LISTS - 1; k++) {
        struct json_object *a = json_object_new_array();
        for (char **p = list_of(g, k); *p; p++)
            json_object_array_add(a, json_object_new_string(*p));
        json_object_object_add(o, lists[k].name, a);
    }
    return o;
}

enum err grants_copy(struct grants *to, const struct grants *from)
{
    enum err e = ERR_OK;
    memset(to, 0, sizeof *to);
    for (int k = 0; k < LISTS; k++)
        for (char **p = list_of(from, k); !e && *p; p++)
            e = grants_add(list_of(to, k), *p);
    return e;
}

void grants_fini(struct grants *g)
{
    for (int k = 0; k < LISTS; k++)
        for (char **p = list_of(g, k); *p; p++)
            free(*p);
    memset(g, 0, sizeof *g);
}

/* ---- asking ---- */

struct question {
    const char *kind, *subject, *text, *choices;
};

/* The first choice is the yes. The question's name comes from what it is about: candidates that run
 * side by side and want the same wait for one answer. */
static enum err ask(struct job *job, const struct question *q, bool *yes)
{
    char id[64], hex[65];
    const struct event_job_question asked = {.question = id,
                                             .kind = q->kind,
                                             .text = q->text,
                                             .subject = q->subject,
                                             .choices = q->choices};
    struct buf answer;
    enum err e;
    bool first;
    sha256_of(q->subject, strlen(q->subject), hex);
    snprintf(id, sizeof id, "%.16s-%.12s", q->kind, hex);
    first = !job_signalled(job, id);
    buf_init(&answer, 1024);
    e = first ? task_ask(job, &asked, &answer) : job_wait(job, id, 0, &answer);
    *yes = !e && strncmp(q->choices, answer.data, answer.len) == 0 && q->choices[answer.len] == '|';
    if (!e && first)
        task_answered(job, id, *yes ? answer.data : "no");
    buf_fini(&answer);
    return e;
}

/* ---- paths and hosts ---- */

/* What can be granted for a path: itself when it is there, for a new file its folder. "" nothing:
 * the program has failed for want of a file, not at a wall. Journaled, as it may change. */
static enum err grantable_step(struct step *step, void *arg, struct buf *out)
{
    const struct verdict *v = arg;
    const char *end = strrchr(v->denied, '/');
    char folder[sizeof v->denied];
    (void)step;
    if (path_exists(v->denied))
        return buf_adds(out, v->denied);
    if (!end || end == v->denied || strcmp(v->denied_kind, "write") != 0)
        return ERR_OK;
    snprintf(folder, sizeof folder, "%.*s", (int)(end - v->denied), v->denied);
    return path_exists(folder) ? buf_adds(out, folder) : ERR_OK;
}

static enum err grantable(struct job *job, struct verdict *v)
{
    struct step_desc desc = {.name = "path",
                             .flags = STEP_LAZY,
                             .input = v->denied,
                             .input_len = strlen(v->denied),
                             .run = grantable_step,
                             .arg = v};
    struct buf value;
    enum err e;
    buf_init(&value, VALUE_MAX);
    e = job_step(job, &desc, &value, NULL);
    if (!e)
        snprintf(v->denied, sizeof v->denied, "%s", value.data);
    buf_fini(&value);
    return e;
}

static enum err grant_denied(struct job *job, struct verdict *v, struct grants *g, bool *more)
{
    bool net = strcmp(v->denied_kind, "net") == 0, write = strcmp(v->denied_kind, "write") == 0;
    char **list = net ? g->net : write ? g->write : g->read;
    char text[500];
    struct question q = {v->denied_kind, v->denied, text, "once|no"};
    enum err e = net ? ERR_OK : grantable(job, v);
    if (e || !v->denied[0] || has(list, v->denied))
        return e; /* the last: it was granted and did not help */
    snprintf(text, sizeof text, "The program wants to %s %s. Allow it for this task?",
             net     ? "connect to"
             : write ? "write"
                     : "read",
             v->denied);
    e = ask(job, &q, more);
    return e || !*more ? e : grants_add(list, v->denied);
}

/* ---- packages ---- */

struct package_arg {
    struct packages *packages;
    const char *module;
    const struct package *package;
};

/* Journaled, because the list may be edited and the package installed before a restart. */
static enum err find_step(struct step *step, void *arg, struct buf *out)
{
    struct package_arg *a = arg;
    struct err_info info = {0};
    struct package p;
    struct json_object *o;
    char where[800];
    enum err e = packages_find(a->packages, a->module, &p, &info);
    if (e)
        return step_fail(step, e, "%s", err_format(&info, where, sizeof where));
    o = json_object_new_object();
    json_add_str(o, "name", p.name);
    json_add_str(o, "wanted", p.wanted);
    json_add_str(o, "purpose", p.purpose);
    json_add_str(o, "folder", p.folder);
    json_add_bool(o, "installed", p.installed);
    e = json_print(out, o);
    json_object_put(o);
    return e;
}

static enum err find(struct job *job, struct task *t, const char *module, struct package *out,
                     struct err_info *info)
{
    struct package_arg arg = {.packages = t->p->packages, .module = module};
    struct step_desc desc = {.name = "package",
                             .flags = STEP_LAZY,
                             .input = module,
                             .input_len = strlen(module),
                             .run = find_step,
                             .arg = &arg};
    struct json_object *o = NULL;
    enum err e;
    memset(out, 0, sizeof *out);
    e = job_step_json(job, &desc, VALUE_MAX, &o, info);
    if (!e) {
        snprintf(out->name, sizeof out->name, "%s", json_str(o, "name", ""));
        snprintf(out->wanted, sizeof out->wanted, "%s", json_str(o, "wanted", ""));
        snprintf(out->purpose, sizeof out->purpose, "%s", json_str(o, "purpose", ""));
        snprintf(out->folder, sizeof out->folder, "%s", json_str(o, "folder", ""));
        out->installed = json_flag(o, "installed", false);
    }
    json_object_put(o);
    return e;
}

static enum err install_step(struct step *step, void *arg, struct buf *out)
{
    struct package_arg *a = arg;
    struct err_info info = {0};
    enum err e = packages_install(a->packages, a->package, &info);
    if (e == ERR_CANCELLED)
        return e;
    return e ? step_fail(step, e, "%s", info.message) : buf_adds(out, "true");
}

static enum err install(struct job *job, struct task *t, const struct package *p,
                        struct err_info *info)
{
    struct event ev = {.type = EVENT_PHASE};
    struct package_arg arg = {.packages = t->p->packages, .package = p};
    struct step_desc desc = {.name = "install",
                             .input = p->folder,
                             .input_len = strlen(p->folder),
                             .run = install_step,
                             .arg = &arg};
    ev.u.phase.name = "install";
    ev.u.phase.detail = p->wanted;
    job_emit(job, &ev);
    return job_step(job, &desc, NULL, info);
}

static enum err may_install(struct job *job, struct task *t, struct verdict *v,
                            const struct package *p, const struct grants *g, bool *yes)
{
    char text[400];
    struct question q = {"package", p->name, text, "install|no"};
    *yes = p->installed || has(g->packages, p->name);
    if (*yes)
        return ERR_OK;
    snprintf(text, sizeof text,
             "The program needs the package %s%s%s%s. Install it into DiSE's own environment?",
             p->name, *p->purpose ? " (" : "", p->purpose, *p->purpose ? ")" : "");
    if (t->may_ask)
        return ask(job, &q, yes);
    snprintf(v->why, sizeof v->why,
             "it needs the package %s, which is not installed; --allow-package %s installs it",
             p->name, p->name);
    return ERR_OK;
}

static enum err grant_package(struct job *job, struct task *t, struct verdict *v, struct grants *g,
                              bool *more, struct err_info *info)
{
    struct package p;
    enum err e = find(job, t, v->module, &p, info);
    bool yes = false;
    if (!e && has(g->folders, p.folder))
        return ERR_OK; /* it is there and does not have the module */
    if (!e)
        e = may_install(job, t, v, &p, g, &yes);
    if (!e && yes && !p.installed)
        e = install(job, t, &p, info);
    if (e && e != ERR_CANCELLED && e != ERR_DIVERGED) {
        snprintf(v->why, sizeof v->why, "it needs a package: %.350s", info->message);
        return ERR_OK;
    }
    if (!e && yes)
        e = grants_add(g->packages, p.name);
    if (!e && yes)
        e = grants_add(g->folders, p.folder);
    *more = !e && yes;
    return e;
}

enum err grant_more(struct job *job, struct task *t, struct verdict *v, struct grants *g,
                    bool *more, struct err_info *info)
{
    struct err_info local = {0};
    *more = false;
    if (v->accepted)
        return ERR_OK;
    if (v->module[0])
        return grant_package(job, t, v, g, more, info ? info : &local);
    return v->denied[0] && t->may_ask ? grant_denied(job, v, g, more) : ERR_OK;
}
