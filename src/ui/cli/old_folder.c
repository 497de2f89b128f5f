#include "ui/cli/old_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_split.h"
#include "base/old_memory.h"
#include "base/path.h"
#include "base/utf8.h"

typedef struct json_object json;

enum { PIECE = 64 << 10, PERF_LINE_MAX = 1 << 20, SHOWN = 500 };

struct folder {
    const struct old_folder_sink *sink;
    char root[PATH_SIZE]; /* real; nothing outside of it is read */
    json *done;           /* nodes that were taken with their entry of the index */
    json *seen;           /* names of entries of the index */
    int64_t files, bytes;
    int64_t changed; /* when the file that was opened last was written, ms since 1970 */
};

/* ---- files ---- */

/* Its place below the root, as a person knows it. */
static const char *shown(const struct folder *f, const char *path)
{
    size_t n = strlen(f->root);
    return strncmp(path, f->root, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

static void skip(struct folder *f, const char *path, const char *why)
{
    f->sink->skipped(f->sink->arg, shown(f, path), 0, 0, why, false);
}

static void skip_usual(struct folder *f, const char *path, const char *why)
{
    f->sink->skipped(f->sink->arg, shown(f, path), 0, 0, why, true);
}

/* With its place, where the reader knows one. */
static void skip_broken(struct folder *f, const char *path, const struct err_info *info)
{
    f->sink->skipped(f->sink->arg, shown(f, path), info->line, info->column, info->message, false);
}

static void count(struct folder *f, int64_t bytes)
{
    f->bytes += bytes;
    f->sink->progress(f->sink->arg, f->files, f->bytes);
}

static bool is_inside(const struct folder *f, const char *path)
{
    char *real = realpath(path, NULL);
    size_t n = strlen(f->root);
    bool inside = real && strncmp(real, f->root, n) == 0 &&
                  (real[n] == '/' || real[n] == 0 || strcmp(f->root, "/") == 0);
    free(real);
    return inside;
}

/* Why it cannot be used as a file (or a folder); NULL: it can. */
static const char *obstacle(const struct folder *f, const char *path, bool folder)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return strerror(errno);
    if (S_ISLNK(st.st_mode)) {
        if (stat(path, &st) != 0)
            return "a link that leads nowhere";
        if (!is_inside(f, path))
            return "a link that leads out of the folder";
    }
    if (folder)
        return S_ISDIR(st.st_mode) ? NULL : "a folder is expected";
    if (S_ISDIR(st.st_mode))
        return "a folder, where a file is expected";
    return S_ISREG(st.st_mode) ? NULL : "not a regular file";
}

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* -1: it is not there, or has been skipped. */
static int open_file(struct folder *f, const char *path)
{
    const char *why;
    struct stat st;
    int fd;
    if (!is_there(path))
        return -1;
    why = obstacle(f, path, false);
    fd = why ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        skip(f, path, why ? why : strerror(errno));
        return -1;
    }
    f->files++;
    if (fstat(fd, &st) == 0)
        f->changed = (int64_t)st.st_mtim.tv_sec * 1000;
    return fd;
}

/* A whole text of at most OLD_ENTRY_MAX bytes. False: it is not there, or has been skipped. */
static bool read_text(struct folder *f, const char *path, struct buf *out)
{
    struct err_info info = {0};
    char piece[PIECE / 16];
    ssize_t n = 0;
    enum err e = ERR_OK;
    int fd = open_file(f, path);
    buf_init(out, OLD_ENTRY_MAX);
    if (fd < 0)
        return false;
    while (!e && (n = read(fd, piece, sizeof piece)) > 0)
        e = buf_add(out, piece, (size_t)n);
    if (e)
        err_set(&info, e, "more than %d MB", OLD_ENTRY_MAX >> 20);
    else if (n < 0)
        e = err_set(&info, ERR_IO, "%s", strerror(errno));
    close(fd);
    count(f, (int64_t)out->len);
    if (!e)
        e = old_text(out, path, &info);
    if (e) {
        skip_broken(f, path, &info);
        buf_fini(out);
    }
    return !e;
}

/* ---- folders ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
    char **list;
    size_t n;
};

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct names){0};
}

static enum err add_name(struct names *names, const char *name)
{
    if ((names->n & (names->n - 1)) == 0) { /* full at each power of two */
        size_t room = names->n ? 2 * names->n : 1;
        char **list = realloc(names->list, room * sizeof *list);
        if (!list)
            return ERR_NOMEM;
        names->list = list;
    }
    names->list[names->n] = strdup(name);
    return names->list[names->n++] ? ERR_OK : ERR_NOMEM;
}

/* What lies in a folder, in the order of the names; nothing when it cannot be read, which is told.
 */
static void list_folder(struct folder *f, const char *path, struct names *names)
{
    const char *why = obstacle(f, path, true);
    DIR *d = why ? NULL : opendir(path);
    struct dirent *entry;
    *names = (struct names){0};
    if (!d) {
        skip(f, path, why ? why : strerror(errno));
        return;
    }
    while ((entry = readdir(d))) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (utf8_invalid(name, strlen(name)) != strlen(name))
            skip(f, path, "a file in it has a name that is not UTF-8");
        else if (add_name(names, name))
            skip(f, path, "out of memory");
    }
    closedir(d);
    if (names->n)
        qsort(names->list, names->n, sizeof *names->list, compare);
}

/* `entry` of `folder` into `out`; a path that is too long is told. */
static bool join(struct folder *f, char out[PATH_SIZE], const char *folder, const char *entry)
{
    if (path_join(out, folder, entry) == ERR_OK)
        return true;
    skip(f, folder, "a path in it is too long");
    return false;
}

static bool has_end(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* ---- giving ---- */

static enum err give(struct folder *f, json *record)
{
    json *remarks = json_array(record, "remarks");
    for (size_t i = 0; remarks && i < json_object_array_length(remarks); i++)
        f->sink->remark(f->sink->arg,
                        json_object_get_string(json_object_array_get_idx(remarks, i)));
    json_object_object_del(record, "remarks");
    if (!json_i64(record, "created", 0))
        json_add_i64(record, "created", f->changed); /* it does not say: as old as its file */
    return f->sink->record(f->sink->arg, record);
}

/* ---- nodes ---- */

static void free_node(struct old_node *node)
{
    for (int i = 0; i < OLD_PARTS; i++)
        buf_fini(&node->parts[i]);
}

/* Reads the files of a node that there are; false: there is none of them. */
static bool read_node(struct folder *f, const char *id, struct old_node *node)
{
    bool any = false;
    node->id = id;
    for (int i = 0; i < OLD_PARTS; i++) {
        char file[300], folder[PATH_SIZE], path[PATH_SIZE];
        bool registry;
        old_part_file(id, i, file, &registry);
        buf_init(&node->parts[i], 0);
        if (path_join(folder, f->root, registry ? "registry" : "nodes") ||
            path_join(path, folder, id) || path_join(folder, path, file))
            continue;
        if (is_there(path) && obstacle(f, path, true))
            continue; /* told where the folder is listed */
        any |= read_text(f, folder, &node->parts[i]);
    }
    return any;
}

static enum err give_node(struct folder *f, const char *id, json *entry)
{
    struct old_node node;
    enum err e = ERR_OK;
    if (read_node(f, id, &node))
        e = give(f, old_node(&node, entry));
    free_node(&node);
    return e;
}

static const struct {
    const char *name, *why;
} usual[] = {
    {"node_runtime.py", "a stand-in for the old tests"},
    {"__pycache__", "made by Python"},
    {"run.log", "the log of a run"},
    {"artifacts", "what a run has written"},
};

/* What else lies in a node's folder is told. */
static void look_beside(struct folder *f, const char *folder, const char *id, bool registry)
{
    struct names names;
    list_folder(f, folder, &names);
    for (size_t i = 0; i < names.n; i++) {
        char file[300], path[PATH_SIZE];
        bool there, known = false;
        const char *why = NULL;
        for (int k = 0; k < OLD_PARTS && !known; k++) {
            old_part_file(id, k, file, &there);
            known = there == registry && strcmp(file, names.list[i]) == 0;
        }
        for (size_t k = 0; k < sizeof usual / sizeof *usual; k++)
            if (strcmp(usual[k].name, names.list[i]) == 0)
                why = usual[k].why;
        if (known || !join(f, path, folder, names.list[i]))
            continue;
        if (why)
            skip_usual(f, path, why);
        else
            skip(f, path, "not a file that a node has");
    }
    free_names(&names);
}

/* Each folder below nodes/, or below registry/ when it has none there. */
static enum err read_nodes(struct folder *f, const char *folder, bool registry)
{
    struct names names;
    enum err e = ERR_OK;
    list_folder(f, folder, &names);
    for (size_t i = 0; !e && i < names.n; i++) {
        char path[PATH_SIZE], other[PATH_SIZE];
        const char *id = names.list[i], *why;
        if (!join(f, path, folder, id))
            continue;
        if (registry && strcmp(id, "index.json") == 0) {
            skip_usual(f, path, "a list of what lies beside it");
            continue;
        }
        if ((why = obstacle(f, path, true))) {
            skip(f, path, why);
            continue;
        }
        look_beside(f, path, id, registry);
        if (json_get(f->done, id))
            continue;
        if (registry && (snprintf(other, sizeof other, "%s/nodes/%s", f->root, id) < PATH_SIZE) &&
            is_there(other))
            continue; /* was taken with the node */
        e = give_node(f, id, NULL);
    }
    free_names(&names);
    return e;
}

/* ---- the index ---- */

struct index {
    struct folder *f;
    const char *path, *file; /* file: as it is told */
    enum err failed;         /* of the sink */
    int64_t embeddings, numbers;
};

static bool is_plain_name(const char *id)
{
    return *id && *id != '.' && !strchr(id, '/') && strlen(id) <= 255;
}

/* Whether the node's program is that of the entry. */
static bool same_program(struct folder *f, const char *id, json *entry, bool *there)
{
    char path[PATH_SIZE];
    struct buf text;
    bool same = false;
    *there = is_plain_name(id) &&
             snprintf(path, sizeof path, "%s/nodes/%s/main.py", f->root, id) < PATH_SIZE &&
             is_there(path) && !obstacle(f, path, false);
    if (!*there)
        return false;
    if (read_text(f, path, &text))
        same = strcmp(text.data, json_str(json_object_of(entry, "body"), "source", "")) == 0;
    buf_fini(&text);
    return same;
}

static void remark_on(struct folder *f, const char *format, const char *a, const char *b)
{
    char text[SHOWN];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, a, b);
#pragma GCC diagnostic pop
    text[utf8_floor(text, strlen(text))] = 0;
    f->sink->remark(f->sink->arg, text);
}

static enum err give_entry(struct index *x, json *record)
{
    struct folder *f = x->f;
    const char *source = json_str(record, "source", "");
    char id[256];
    bool there = false;
    enum err e;
    if (json_get(record, "embedding")) {
        x->embeddings++;
        x->numbers = json_i64(record, "embedding", 0);
        json_object_object_del(record, "embedding");
    }
    if (json_get(f->seen, source))
        remark_on(f, "%.200s is there twice; where the two differ, both are kept%s", source, "");
    json_add_bool(f->seen, source, true);
    snprintf(id, sizeof id, "%.255s", old_entry_node(record));
    if (*id && same_program(f, id, record, &there)) {
        json_add_bool(f->done, id, true);
        e = give_node(f, id, record);
        json_object_put(record);
        return e;
    }
    if (there)
        remark_on(f, "%.200s is another program than nodes/%.200s/main.py; both are kept", source,
                  id);
    return give(f, record);
}

static enum err take_entry(struct index *x, const char *key, const char *text, size_t n, int line,
                           int column)
{
    struct err_info info = {0};
    json *record;
    if (old_entry(key, text, n, x->file, line, column, &record, &info)) {
        skip_broken(x->f, x->path, &info);
        return ERR_OK;
    }
    x->failed = give_entry(x, record);
    return x->failed;
}

static enum err on_entry(void *arg, const char *key, const char *text, size_t n, int line,
                         int column)
{
    struct index *x = arg;
    struct err_info info = {0};
    if (!text) {
        err_at(&info, ERR_TOO_LARGE, x->file, line, column, "%.60s has more than %d MB",
               key ? key : "an artifact", OLD_ENTRY_MAX >> 20);
        skip_broken(x->f, x->path, &info);
        return ERR_OK;
    }
    return take_entry(x, key, text, n, line, column);
}

static enum err read_index(struct folder *f, const char *path)
{
    struct index x = {.f = f, .path = path, .file = shown(f, path)};
    struct err_info info = {0};
    struct json_split split;
    char *piece;
    ssize_t n = 0;
    enum err e = ERR_OK;
    int fd = open_file(f, path);
    if (fd < 0)
        return ERR_OK;
    piece = malloc(PIECE);
    json_split_init(&split, OLD_ENTRY_MAX, on_entry, &x);
    while (!e && piece && (n = read(fd, piece, PIECE)) > 0) {
        e = json_split_add(&split, piece, (size_t)n, x.file, &info);
        count(f, n);
    }
    if (!e && n < 0)
        e = err_set(&info, ERR_IO, "%s", strerror(errno));
    if (!e)
        e = json_split_end(&split, x.file, &info);
    close(fd);
    free(piece);
    json_split_fini(&split);
    if (e && !x.failed)
        skip_broken(f, path, &info); /* what came before has been taken */
    if (x.embeddings) {
        char text[SHOWN];
        snprintf(text, sizeof text,
                 "%lld artifacts carry an embedding (%lld numbers) of a model that the file does "
                 "not name; all are embedded anew",
                 (long long)x.embeddings, (long long)x.numbers);
        f->sink->remark(f->sink->arg, text);
    }
    return x.failed;
}

static enum err read_rag_memory(struct folder *f, const char *folder)
{
    struct names names;
    enum err e = ERR_OK;
    list_folder(f, folder, &names);
    for (size_t i = 0; !e && i < names.n; i++) {
        char path[PATH_SIZE];
        const char *name = names.list[i];
        if (!join(f, path, folder, name))
            continue;
        if (strcmp(name, "index.json") == 0)
            e = read_index(f, path);
        else if (strcmp(name, "tags_index.json") == 0)
            skip_usual(f, path, "its tags stand with the artifacts as well");
        else if (strcmp(name, "embeddings.npy") == 0)
            skip_usual(f, path,
                       "its rows do not tell to which artifact they belong; all is embedded anew");
        else
            skip(f, path, "not a file that rag_memory has");
    }
    free_names(&names);
    return e;
}

/* ---- the others ---- */

static void stem_of(const char *name, const char *end, char out[256])
{
    snprintf(out, 256, "%.*s", (int)(strlen(name) - strlen(end)), name);
}

static enum err read_fixes(struct folder *f, const char *folder)
{
    struct names names;
    enum err e = ERR_OK;
    list_folder(f, folder, &names);
    for (size_t i = 0; !e && i < names.n; i++) {
        struct err_info info = {0};
        char path[PATH_SIZE], stem[256];
        struct buf text;
        json *record;
        if (!join(f, path, folder, names.list[i]))
            continue;
        if (!has_end(names.list[i], ".json")) {
            skip(f, path, "not a file that fix_templates has");
            continue;
        }
        if (!read_text(f, path, &text))
            continue;
        stem_of(names.list[i], ".json", stem);
        if (old_fix(stem, text.data, text.len, path, &record, &info))
            skip_broken(f, path, &info);
        else
            e = give(f, record);
        buf_fini(&text);
    }
    free_names(&names);
    return e;
}

/* Line by line; one that is too long counts as broken. */
static void read_lines(struct folder *f, FILE *in, const char *file, struct old_perf *perf)
{
    struct buf line;
    char piece[4096];
    buf_init(&line, PERF_LINE_MAX);
    while (fgets(piece, sizeof piece, in)) {
        size_t n = strlen(piece);
        const bool ended = n && piece[n - 1] == '\n';
        enum err e = buf_add(&line, piece, n);
        (void)e; /* too long: what was kept of it is no JSON */
        count(f, (int64_t)n);
        if (!ended && !feof(in))
            continue;
        if (line.len >= 3 && !perf->lines && memcmp(line.data, "\xef\xbb\xbf", 3) == 0)
            buf_consume(&line, 3);
        if (strspn(line.data, " \t\r\n") < line.len)
            old_perf_line(perf, line.data, line.len, file);
        buf_clear(&line);
    }
    buf_fini(&line);
}

static enum err read_perf_file(struct folder *f, const char *path, const char *stem)
{
    struct old_perf perf;
    json *record;
    enum err e = ERR_OK;
    int fd = open_file(f, path);
    FILE *in = fd >= 0 ? fdopen(fd, "re") : NULL;
    if (!in) {
        if (fd >= 0)
            close(fd);
        return ERR_OK;
    }
    old_perf_init(&perf);
    read_lines(f, in, shown(f, path), &perf);
    if (ferror(in))
        skip(f, path, "it could not be read to its end");
    fclose(in);
    record = old_perf_record(&perf, stem);
    if (record)
        e = give(f, record);
    else
        skip(f, path, "it is empty");
    old_perf_fini(&perf);
    return e;
}

static enum err read_perf(struct folder *f, const char *folder)
{
    struct names names;
    enum err e = ERR_OK;
    list_folder(f, folder, &names);
    for (size_t i = 0; !e && i < names.n; i++) {
        char path[PATH_SIZE], stem[256];
        if (!join(f, path, folder, names.list[i]))
            continue;
        if (!has_end(names.list[i], ".jsonl")) {
            skip(f, path, "not a file that perf_data has");
            continue;
        }
        stem_of(names.list[i], ".jsonl", stem);
        e = read_perf_file(f, path, stem);
    }
    free_names(&names);
    return e;
}

static enum err give_lessons(struct folder *f, const char *path)
{
    struct err_info info = {0};
    struct buf text;
    json *records;
    enum err e = ERR_OK;
    if (!read_text(f, path, &text))
        return ERR_OK;
    if (old_lessons(text.data, text.len, path, &records, &info))
        skip_broken(f, path, &info);
    for (size_t i = 0; !e && records && i < json_object_array_length(records); i++)
        e = give(f, json_object_get(json_object_array_get_idx(records, i)));
    json_object_put(records);
    buf_fini(&text);
    return e;
}

static enum err read_shared(struct folder *f, const char *folder)
{
    struct names names;
    enum err e = ERR_OK;
    list_folder(f, folder, &names);
    for (size_t i = 0; !e && i < names.n; i++) {
        char path[PATH_SIZE];
        if (!join(f, path, folder, names.list[i]))
            continue;
        if (strcmp(names.list[i], "shared_context.json") == 0)
            e = give_lessons(f, path);
        else
            skip(f, path, "not a file that shared_context has");
    }
    free_names(&names);
    return e;
}

/* ---- the whole ---- */

static enum err read_registry(struct folder *f, const char *folder)
{
    return read_nodes(f, folder, true);
}

static enum err read_made(struct folder *f, const char *folder)
{
    return read_nodes(f, folder, false);
}

/* The index comes first, as it knows more of nodes than their folders do. */
static const struct {
    const char *name;
    enum err (*read)(struct folder *f, const char *folder);
} folders[] = {
    {"rag_memory", read_rag_memory}, {"nodes", read_made},     {"registry", read_registry},
    {"fix_templates", read_fixes},   {"perf_data", read_perf}, {"shared_context", read_shared},
};

enum { FOLDERS = sizeof folders / sizeof *folders };

static enum err read_all(struct folder *f, bool *any)
{
    enum err e = ERR_OK;
    for (int i = 0; !e && i < FOLDERS; i++) {
        char path[PATH_SIZE];
        if (path_join(path, f->root, folders[i].name) || !is_there(path))
            continue;
        *any = true;
        e = folders[i].read(f, path);
    }
    return e;
}

/* It may be one of the folders itself: then the root is above it, and only it is read. */
static enum err read_one(struct folder *f, bool *any)
{
    char path[PATH_SIZE];
    char *slash = strrchr(f->root, '/');
    memcpy(path, f->root, sizeof path);
    for (int i = 0; slash && i < FOLDERS; i++) {
        if (strcmp(slash + 1, folders[i].name) != 0)
            continue;
        *any = true;
        slash[slash == f->root] = 0;
        return folders[i].read(f, path);
    }
    return ERR_OK;
}

enum err old_folder_read(const char *path, const struct old_folder_sink *sink,
                         struct err_info *info)
{
    struct folder f = {.sink = sink};
    char *real = realpath(path, NULL);
    bool any = false;
    enum err e;
    if (!real || strlen(real) >= sizeof f.root) {
        e = err_errno(info, real ? ENAMETOOLONG : errno, path);
        free(real);
        return e;
    }
    snprintf(f.root, sizeof f.root, "%s", real);
    free(real);
    f.done = json_object_new_object();
    f.seen = json_object_new_object();
    e = read_all(&f, &any);
    if (!e && !any)
        e = read_one(&f, &any);
    json_object_put(f.done);
    json_object_put(f.seen);
    return e || any ? e
                    : err_set(info, ERR_INPUT,
                              "%.200s holds no memory of the old system: there is none of "
                              "rag_memory, nodes, registry, fix_templates, perf_data and "
                              "shared_context in it",
                              path);
}
