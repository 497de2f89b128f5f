#include "base/archive_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };

#define FORMAT "dise-memory"

static const char beginning[] = "{\"format\":\"" FORMAT "\"";

/* ---- writing ---- */

static enum err put(struct archive_writer *w, const char *text, struct err_info *info)
{
    size_t n = strlen(text);
    if (fwrite(text, 1, n, w->out) != n || putc('\n', w->out) == EOF)
        return err_errno(info, errno, "the archive");
    sha256_add(&w->hash, text, n);
    sha256_add(&w->hash, "\n", 1);
    return ERR_OK;
}

enum err archive_begin(struct archive_writer *w, FILE *out, struct err_info *info)
{
    char text[80];
    *w = (struct archive_writer){.out = out};
    sha256_init(&w->hash);
    snprintf(text, sizeof text, "%s,\"version\":%d}", beginning, VERSION);
    return put(w, text, info);
}

enum err archive_add(struct archive_writer *w, struct json_object *line, struct err_info *info)
{
    const char *text = json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE);
    if (!text)
        return err_set(info, ERR_NOMEM, "out of memory");
    w->artifacts++;
    return put(w, text, info);
}

enum err archive_end(struct archive_writer *w, struct err_info *info)
{
    char text[160], hex[65];
    sha256_hex(&w->hash, hex);
    snprintf(text, sizeof text, "{\"artifacts\":%lld,\"sha256\":\"%s\"}", (long long)w->artifacts,
             hex);
    if (fprintf(w->out, "%s\n", text) < 0 || fflush(w->out) != 0)
        return err_errno(info, errno, "the archive");
    return ERR_OK;
}

/* ---- reading ---- */

bool archive_is(const char *text, size_t n)
{
    size_t m = sizeof beginning - 1;
    return n >= m && memcmp(text, beginning, m) == 0;
}

struct reader {
    FILE *in;
    const char *file;
    char *line;
    size_t room, n; /* n: without the line's end */
    int number;
};

/* The next line; false: there is none, or it has no end. */
static bool next(struct reader *r)
{
    ssize_t n = getline(&r->line, &r->room, r->in);
    r->number++;
    if (n <= 0 || r->line[n - 1] != '\n')
        return false;
    r->n = (size_t)n - 1;
    return true;
}

static enum err cut(const struct reader *r, struct err_info *info)
{
    return err_at(info, ERR_PARSE, r->file, r->number, 1,
                  "the archive is cut: its last line is missing; write it anew with dise rag "
                  "export");
}

static enum err parse(const struct reader *r, struct json_object **out, struct err_info *info)
{
    enum err e = json_parse(r->line, r->n, r->file, out, info);
    if (e && info)
        info->line = r->number;
    if (!e && !json_object_is_type(*out, json_type_object)) {
        json_object_put(*out);
        *out = NULL;
        e = err_at(info, ERR_PARSE, r->file, r->number, 1, "an object is expected");
    }
    return e;
}

static enum err read_first(struct reader *r, struct err_info *info)
{
    struct json_object *o;
    int64_t version;
    enum err e;
    if (!next(r) || !archive_is(r->line, r->n))
        return err_at(info, ERR_PARSE, r->file, 1, 1,
                      "this is no archive of dise rag export, nor a folder");
    e = parse(r, &o, info);
    version = json_i64(o, "version", 0);
    json_object_put(o);
    if (!e && version != VERSION)
        e = err_at(info, ERR_VERSION, r->file, 1, 1,
                   "the archive has version %lld, this DiSE reads %d; update DiSE",
                   (long long)version, VERSION);
    return e;
}

static bool is_last(const struct reader *r)
{
    static const char mark[] = "{\"artifacts\":";
    return r->n > sizeof mark && memcmp(r->line, mark, sizeof mark - 1) == 0;
}

/* Walks to the last line and compares what it says. */
static enum err check(struct reader *r, struct err_info *info)
{
    struct sha256 h;
    char hex[65];
    struct json_object *o = NULL;
    int64_t artifacts = 0;
    enum err e = read_first(r, info);
    if (e)
        return e;
    sha256_init(&h);
    do {
        sha256_add(&h, r->line, r->n);
        sha256_add(&h, "\n", 1);
        if (!next(r))
            return cut(r, info);
        artifacts += !is_last(r);
    } while (!is_last(r));
    sha256_hex(&h, hex);
    e = parse(r, &o, info);
    if (!e &&
        (strcmp(json_str(o, "sha256", ""), hex) != 0 || json_i64(o, "artifacts", -1) != artifacts))
        e = err_at(info, ERR_PARSE, r->file, r->number, 1,
                   "the archive was changed after it was written: its SHA-256 is another one");
    json_object_put(o);
    return e;
}

enum err archive_read(FILE *in, const char *file, archive_line_fn *found, void *arg,
                      struct err_info *info)
{
    struct reader r = {.in = in, .file = file};
    enum err e = check(&r, info);
    rewind(in);
    r.number = 0;
    if (!e && !next(&r))
        e = cut(&r, info);
    while (!e && next(&r) && !is_last(&r)) {
        struct json_object *line;
        e = parse(&r, &line, info);
        if (!e)
            e = found(arg, line);
    }
    free(r.line);
    return e;
}
