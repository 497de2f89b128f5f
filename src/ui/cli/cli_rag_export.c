/* dise rag export: all that is remembered, into a file that dise rag import reads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive_file.h"
#include "base/figure.h"
#include "ui/cli/cli_rag.h"

typedef struct json_object json;

/* The words behind the file: these alone. */
static void add_ids(const struct cli_args *args, json *params)
{
    json *ids = json_object_new_array();
    for (int i = 2; i < args->word_count; i++)
        json_object_array_add(ids, json_object_new_string(args->words[i]));
    if (json_object_array_length(ids))
        json_object_object_add(params, "ids", ids);
    else
        json_object_put(ids);
}

/* All pages, in turn. */
static enum err write_pages(const struct cli_args *args, struct archive_writer *w,
                            struct err_info *info)
{
    int64_t after = 0;
    bool more = true;
    enum err e = ERR_OK;
    while (!e && more) {
        json *params = json_object_new_object(), *page, *list;
        json_add_i64(params, "after", after);
        json_add_str(params, "kind", args->kind ? args->kind : "");
        json_add_bool(params, "deleted", args->deleted);
        add_ids(args, params);
        e = cli_ask(args, true, METHOD_RAG_EXPORT, params, &page, info);
        list = json_array(page, "artifacts");
        for (size_t i = 0; !e && list && i < json_object_array_length(list); i++)
            e = archive_add(w, json_object_array_get_idx(list, i), info);
        after = json_i64(page, "after", 0);
        more = json_flag(page, "more", false);
        json_object_put(page);
        if (isatty(2) && more)
            fprintf(stderr, "\r\x1b[K%lld artifacts", (long long)w->artifacts);
    }
    if (isatty(2))
        fputs("\r\x1b[K", stderr);
    return e;
}

static enum err write_archive(const struct cli_args *args, FILE *out, struct archive_writer *w,
                              struct err_info *info)
{
    enum err e = archive_begin(w, out, info);
    if (!e)
        e = write_pages(args, w, info);
    return e ? e : archive_end(w, info);
}

/* A crash, a full disk or an interruption leaves what was there before. */
static enum err write_file(const struct cli_args *args, const char *file, struct archive_writer *w,
                           struct err_info *info)
{
    char part[PATH_SIZE];
    FILE *out;
    int fd;
    enum err e;
    if ((size_t)snprintf(part, sizeof part, "%s.XXXXXX", file) >= sizeof part)
        return err_set(info, ERR_INPUT, "the name of the file is too long");
    fd = mkstemp(part); /* 0600: it holds what tasks were about */
    out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out) {
        if (fd >= 0)
            close(fd);
        return err_errno(info, errno, file);
    }
    e = write_archive(args, out, w, info);
    if (!e && fsync(fd) != 0)
        e = err_errno(info, errno, file);
    if (fclose(out) != 0 && !e)
        e = err_errno(info, errno, file);
    if (!e && rename(part, file) != 0)
        e = err_errno(info, errno, file);
    if (e)
        unlink(part);
    return e;
}

int cli_rag_export(const struct cli_args *args)
{
    const char *file = args->words[1];
    const bool standard = strcmp(file, "-") == 0;
    struct archive_writer w;
    struct err_info info = {0};
    enum err e =
        standard ? write_archive(args, stdout, &w, &info) : write_file(args, file, &w, &info);
    if (e)
        return cli_fail(args, e == ERR_INPUT || e == ERR_IO ? EXIT_USAGE : cli_exit_code(e), &info);
    if (!standard && args->json) {
        json *o = json_object_new_object();
        json_add_str(o, "type", "exported");
        json_add_str(o, "file", file);
        json_add_i64(o, "artifacts", w.artifacts);
        printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                             JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(o);
    } else if (!standard) {
        printf("%lld artifact%s written to %s\n", (long long)w.artifacts, figure_s(w.artifacts),
               file);
    }
    return EXIT_SOLVED;
}
