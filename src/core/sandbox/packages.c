#include "core/sandbox/packages.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/yaml.h"

#define NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static const char list_name[] = "tools/trusted_packages.yaml";

void packages_init(struct packages *p, const char *home, const char *data,
                   struct python_env *python)
{
    p->home = home;
    p->data = data;
    p->python = python;
    fiber_sem_init(&p->installing, 1);
}

/* ---- the list ---- */

static bool has_module(struct json_object *entry, const char *name, const char *module)
{
    struct json_object *modules = json_array(entry, "modules");
    for (size_t i = 0; modules && i < json_object_array_length(modules); i++) {
        const char *m = json_object_get_string(json_object_array_get_idx(modules, i));
        if (m && strcmp(m, module) == 0)
            return true;
    }
    return !modules && strcasecmp(name, module) == 0;
}

/* The name goes to pip as an argument: only what is a name, and no option. */
static enum err check_entry(const struct yaml_doc *doc, struct json_object *entry, const char *name,
                            struct err_info *info)
{
    if (!*name || *name == '-' || strlen(name) >= 64 || name[strspn(name, NAME_LETTERS)])
        return yaml_fail(doc, entry, NULL, info, "a trusted package needs a `name` as on PyPI");
    return ERR_OK;
}

static enum err add_versions(const struct yaml_doc *doc, struct json_object *entry,
                             struct package *out, struct err_info *info)
{
    struct json_object *list = json_array(entry, "versions");
    size_t n = strlen(out->wanted);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *v = json_object_get_string(json_object_array_get_idx(list, i));
        size_t left = sizeof out->wanted - n;
        int k;
        if (!v || !*v || !strchr("<>=!~", *v) || v[strspn(v, "<>=!~*+ " NAME_LETTERS)])
            return yaml_fail(doc, entry, "versions", info,
                             "versions look like [\">=1.26\", \"<3\"]");
        k = snprintf(out->wanted + n, left, "%s%s", i ? "," : "", v);
        if (k < 0 || (size_t)k >= left)
            return yaml_fail(doc, entry, "versions", info, "too many versions");
        n += (size_t)k;
    }
    return ERR_OK;
}

/* The folder is named after what was asked for: another version gets another one. */
static enum err place(const struct packages *p, struct package *out, struct err_info *info)
{
    char hex[65], below[128];
    sha256_of(out->wanted, strlen(out->wanted), hex);
    snprintf(below, sizeof below, "packages/%.60s-%.8s", out->name, hex);
    if (path_join(out->folder, p->home, below))
        return err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    out->installed = path_exists(out->folder);
    return ERR_OK;
}

static enum err find_in(const struct packages *p, const char *path, const char *module,
                        struct package *out, struct err_info *info)
{
    struct yaml_doc doc = {0};
    struct json_object *list;
    enum err e;
    if (!path_exists(path))
        return ERR_NOT_FOUND;
    e = yaml_load(path, &doc, info);
    if (e)
        return e;
    list = json_array(doc.root, "trusted_packages");
    if (!list)
        e = yaml_fail(&doc, doc.root, NULL, info,
                      "the key `trusted_packages` with a list is missing");
    for (size_t i = 0; !e && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        const char *name = json_str(entry, "name", "");
        e = check_entry(&doc, entry, name, info);
        if (e || !has_module(entry, name, module))
            continue;
        memset(out, 0, sizeof *out);
        snprintf(out->name, sizeof out->name, "%s", name);
        snprintf(out->wanted, sizeof out->wanted, "%s", name);
        snprintf(out->purpose, sizeof out->purpose, "%s", json_str(entry, "purpose", ""));
        e = add_versions(&doc, entry, out, info);
        yaml_doc_free(&doc);
        return e ? e : place(p, out, info);
    }
    yaml_doc_free(&doc);
    return e ? e : ERR_NOT_FOUND;
}

enum err packages_find(const struct packages *p, const char *module, struct package *out,
                       struct err_info *info)
{
    const char *const folders[] = {p->home, p->data};
    enum err e = ERR_NOT_FOUND;
    for (int i = 0; i < 2 && e == ERR_NOT_FOUND; i++) {
        char path[PATH_SIZE];
        if (path_join(path, folders[i], list_name))
            return err_set(info, ERR_TOO_LARGE, "the path of %s is too long", list_name);
        e = find_in(p, path, module, out, info);
    }
    if (e == ERR_NOT_FOUND)
        err_set(info, e, "%.60s is not on the list of trusted packages (%s)", module, list_name);
    return e;
}

enum err packages_pinned(const struct packages *p, const char *name, const char *wanted,
                         struct package *out, struct err_info *info)
{
    memset(out, 0, sizeof *out);
    if (*wanted == '-' || strlen(name) >= sizeof out->name || strlen(wanted) >= sizeof out->wanted)
        return err_set(info, ERR_INPUT, "%.60s is not the name of a package", name);
    snprintf(out->name, sizeof out->name, "%s", name);
    snprintf(out->wanted, sizeof out->wanted, "%s", wanted);
    return place(p, out, info);
}

/* ---- installing ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static enum err install(struct packages *p, const struct package *package, struct err_info *info)
{
    /* The sandbox' user must be able to read what the engine, which shares nothing, installs. */
    static const char readable[] = "umask 022; exec \"$@\"";
    char python[PATH_SIZE], part[PATH_SIZE + 8], parent[PATH_SIZE];
    const char *argv[] = {"/bin/sh",
                          "-c",
                          readable,
                          "sh",
                          python,
                          "-m",
                          "pip",
                          "install",
                          "--quiet",
                          "--no-input",
                          "--only-binary=:all:",
                          "--disable-pip-version-check",
                          "--target",
                          part,
                          package->wanted,
                          NULL};
    enum err e = python_env_make(p->python, info);
    if (e)
        return e;
    snprintf(part, sizeof part, "%s.part", package->folder);
    if (python_env_python(p->python, python) || path_join(parent, p->home, "packages"))
        return err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    remove_tree(part);
    e = path_mkdirs(parent, info);
    if (!e)
        e = python_child(argv, "pip install", NULL, info);
    if (!e && rename(part, package->folder))
        e = err_errno(info, errno, package->folder);
    if (e)
        remove_tree(part);
    return e;
}

enum err packages_install(struct packages *p, const struct package *package, struct err_info *info)
{
    enum err e = fiber_sem_take(&p->installing);
    if (e)
        return err_set(info, e, "cancelled");
    e = path_exists(package->folder) ? ERR_OK : install(p, package, info);
    fiber_sem_give(&p->installing);
    return e;
}
