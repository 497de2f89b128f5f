/* Where the files of the layers lie. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config_internal.h"

void config_system_file(char out[PATH_SIZE])
{
    const char *given = getenv("DISE_SYSTEM_CONFIG");
    snprintf(out, PATH_SIZE, "%s", given && *given ? given : "/etc/dise/config.yaml");
}

bool config_user_file(char out[PATH_SIZE])
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char standard[PATH_SIZE];
    if (!folder || *folder != '/') {
        if (!home || *home != '/' || path_join(standard, home, ".config"))
            return false;
        folder = standard;
    }
    return path_join(out, folder, "dise/config.yaml") == ERR_OK && path_exists(out);
}

/* ---- projects ---- */

static bool is_folder(const char *path, struct stat *st)
{
    return stat(path, st) == 0 && S_ISDIR(st->st_mode);
}

static bool same_folder(const char *path, const char *other)
{
    struct stat a, b;
    return other && is_folder(path, &a) && is_folder(other, &b) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* The old system's file has the common name config.yaml: it is one when it holds `llm` or `ollama`
 * and two more of the blocks that only it has. */
static bool is_old(const char *path)
{
    static const char *const blocks[] = {"auto_evolution",
                                         "quality_evaluation",
                                         "registry",
                                         "nodes",
                                         "rag_memory",
                                         "execution",
                                         "pattern_recognizer",
                                         "bugcatcher",
                                         "chat",
                                         "llmapi",
                                         "optimization",
                                         "testing"};
    struct yaml_doc doc;
    size_t n = 0;
    bool models;
    if (yaml_load(path, &doc, NULL))
        return false;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        n += json_object_of(doc.root, blocks[i]) != NULL;
    models = json_object_of(doc.root, "llm") || json_object_of(doc.root, "ollama");
    yaml_doc_free(&doc);
    return models && n >= 2;
}

/* A file that somebody else may write is not this person's project. */
static bool is_foreign(const char *path)
{
    struct stat st;
    return stat(path, &st) || !S_ISREG(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != 0) ||
           (st.st_mode & S_IWOTH);
}

static bool found_in(const char *folder, const char *name, char out[PATH_SIZE])
{
    struct stat st;
    return path_join(out, folder, name) == ERR_OK && stat(out, &st) == 0 && S_ISREG(st.st_mode);
}

bool config_project_file(const char *cwd, const char *home, char out[PATH_SIZE], bool *foreign)
{
    const char *own = getenv("HOME");
    char folder[PATH_SIZE], path[PATH_SIZE], *slash;
    struct stat st;
    *foreign = false;
    if (!cwd || *cwd != '/' || strlen(cwd) >= sizeof folder)
        return false;
    strcpy(folder, cwd);
    while (!same_folder(folder, own) && !same_folder(folder, home)) {
        bool found =
            found_in(folder, "dise.yaml", out) || found_in(folder, ".dise/config.yaml", out);
        if (!found && strcmp(folder, cwd) == 0)
            found = found_in(folder, "config.yaml", out) && is_old(out);
        if (found) {
            *foreign = is_foreign(out);
            return true;
        }
        if (path_join(path, folder, ".git") || lstat(path, &st) == 0 || !folder[1])
            return false; /* the root of the repository, or of all */
        slash = strrchr(folder, '/');
        slash[slash == folder] = 0;
    }
    return false;
}
