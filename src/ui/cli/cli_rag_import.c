/* dise rag import and export: what was remembered elsewhere. Files are read here and sent in
 * pieces, as dise batch and dise workflow do it; each piece is one commit of the engine, which
 * takes each thing once, so that a cut import is simply begun anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/archive_file.h"
#include "base/figure.h"
#include "base/path.h"
#include "ui/cli/cli_rag.h"
#include "ui/cli/old_folder.h"

typedef struct json_object json;

enum {
    PIECE_RECORDS = 200,
    PIECE_BYTES = 1 << 20,
    RECORD_MAX = PROTOCOL_REQUEST_MAX - (2 << 20),
    PROGRESS_MS = 250,
    PROGRESS_JSON_MS = 1000,
    REASONS_MAX = 16,
    LINKS_MAX = 1000, /* of a request */
};

static void print_json(json *o)
{
    printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                         JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
    cli_flush();
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- import ---- */

struct usual {
    char why[120];
    int64_t n;
};

struct import {
    const struct cli_args *args;
    bool archive, tty, drawn; /* drawn: the progress stands in the terminal's line */
    json *piece;              /* what is to be sent */
    json *links;              /* what was made of what; sent when all of it is there */
    int64_t linked;
    size_t bytes;    /* of it */
    json *kinds;     /* {kind: {taken, changed, known, refused}} */
    int64_t sums[4]; /* of the same four */
    int64_t files, read, skipped, programs, shown_at;
    struct usual usual[REASONS_MAX];
    int reasons;
    struct err_info info; /* why it ended early */
    bool failed;
};

static const char *const results[] = {"taken", "changed", "known", "refused"};
enum { TAKEN, CHANGED, KNOWN, REFUSED };

static void clear_progress(struct import *m)
{
    if (m->drawn)
        fputs("\r\x1b[K", stderr);
    m->drawn = false;
}

static void show_progress(void *arg, int64_t files, int64_t bytes)
{
    struct import *m = arg;
    int64_t now = now_ms();
    m->files = files;
    m->read = bytes;
    if ((!m->tty && !m->args->json) ||
        now - m->shown_at < (m->args->json ? PROGRESS_JSON_MS : PROGRESS_MS))
        return;
    m->shown_at = now;
    if (m->args->json) {
        json *o = json_object_new_object();
        json_add_str(o, "type", "progress");
        json_add_i64(o, "files", files);
        json_add_i64(o, "bytes", bytes);
        json_add_i64(o, "taken", m->sums[TAKEN] + m->sums[CHANGED]);
        json_add_i64(o, "known", m->sums[KNOWN]);
        print_json(o);
        return;
    }
    fprintf(stderr, "\r\x1b[K%lld file%s, %.1f MB read, %lld taken, %lld known", (long long)files,
            figure_s(files), (double)bytes / 1e6, (long long)(m->sums[TAKEN] + m->sums[CHANGED]),
            (long long)m->sums[KNOWN]);
    fflush(stderr);
    m->drawn = true;
}

static void show_skipped(struct import *m, const char *file, int line, int column, const char *why)
{
    json *o;
    clear_progress(m);
    if (!m->args->json) {
        printf("skipped %s", file);
        if (line)
            printf(":%d:%d", line, column);
        printf(": %s\n", why);
        cli_flush();
        return;
    }
    o = json_object_new_object();
    json_add_str(o, "type", "skipped");
    json_add_str(o, "file", file);
    if (line) {
        json_add_i64(o, "line", line);
        json_add_i64(o, "column", column);
    }
    json_add_str(o, "why", why);
    print_json(o);
}

/* What never is taken is only counted for a person: each node may have such files. */
static void on_skipped(void *arg, const char *file, int line, int column, const char *why,
                       bool usual)
{
    struct import *m = arg;
    int i = 0;
    m->skipped++;
    while (i < m->reasons && strcmp(m->usual[i].why, why) != 0)
        i++;
    if (m->args->json || !usual || i == REASONS_MAX) {
        show_skipped(m, file, line, column, why);
        return;
    }
    if (i == m->reasons) {
        snprintf(m->usual[i].why, sizeof m->usual->why, "%s", why);
        m->reasons++;
    }
    m->usual[i].n++;
}

static void on_remark(void *arg, const char *sentence)
{
    struct import *m = arg;
    json *o;
    clear_progress(m);
    if (!m->args->json) {
        printf("note: %s\n", sentence);
        cli_flush();
        return;
    }
    o = json_object_new_object();
    json_add_str(o, "type", "remark");
    json_add_str(o, "text", sentence);
    print_json(o);
}

static void count_result(struct import *m, json *record, json *result)
{
    const char *kind = json_str(record, "kind", "unknown"), *what = json_str(result, "result", "");
    json *of = json_object_of(m->kinds, kind);
    if (!of) {
        of = json_object_new_object();
        json_object_object_add(m->kinds, kind, of);
    }
    json_add_i64(of, what, json_i64(of, what, 0) + 1);
    for (int i = 0; i < 4; i++)
        m->sums[i] += strcmp(what, results[i]) == 0;
    m->programs += strcmp(kind, "function") == 0 && strcmp(what, "known") != 0;
    if (strcmp(what, "refused") == 0)
        show_skipped(m, json_str(record, "source", json_str(record, "id", "")), 0, 0,
                     json_str(result, "why", ""));
}

static enum err send_piece(struct import *m)
{
    json *params = json_object_new_object(), *answer, *list;
    enum err e;
    if (!json_object_array_length(m->piece)) {
        json_object_put(params);
        return ERR_OK;
    }
    json_object_object_add(params, m->archive ? "artifacts" : "records", json_object_get(m->piece));
    json_add_bool(params, "dry", m->args->dry_run);
    e = cli_ask(m->args, true, METHOD_RAG_IMPORT, params, &answer, &m->info);
    list = json_array(answer, "results");
    for (size_t i = 0; !e && i < json_object_array_length(m->piece); i++)
        count_result(m, json_object_array_get_idx(m->piece, i),
                     list ? json_object_array_get_idx(list, i) : NULL);
    json_object_put(answer);
    json_object_put(m->piece);
    m->piece = json_object_new_array();
    m->bytes = 0;
    m->failed = e != ERR_OK;
    return e;
}

/* Who came from whom, by the names that hold in every home. */
static void note_links(struct import *m, json *record)
{
    json *links = json_array(record, "links");
    const char *before = m->archive ? "archive/" : "";
    char name[1300];
    for (size_t i = 0; links && i < json_object_array_length(links); i++) {
        json *link = json_object_array_get_idx(links, i), *o = json_object_new_object();
        snprintf(name, sizeof name, "%s%.1200s", before,
                 json_str(record, m->archive ? "id" : "source", ""));
        json_add_str(o, "from", name);
        json_add_str(o, "how", json_str(link, "how", ""));
        snprintf(name, sizeof name, "%s%.1200s", before,
                 json_str(link, m->archive ? "id" : "source", ""));
        json_add_str(o, "source", name);
        json_object_array_add(m->links, o);
    }
    json_object_object_del(record, "links");
}

static enum err send_links(struct import *m)
{
    size_t n = json_object_array_length(m->links);
    enum err e = ERR_OK;
    for (size_t at = 0; !e && !m->args->dry_run && at < n; at += LINKS_MAX) {
        json *params = json_object_new_object(), *some = json_object_new_array(), *answer;
        for (size_t i = at; i < n && i < at + LINKS_MAX; i++)
            json_object_array_add(some, json_object_get(json_object_array_get_idx(m->links, i)));
        json_object_object_add(params, "links", some);
        e = cli_ask(m->args, true, METHOD_RAG_IMPORT, params, &answer, &m->info);
        m->linked += json_i64(answer, "linked", 0);
        json_object_put(answer);
        m->failed = e != ERR_OK;
    }
    return e;
}

static enum err on_record(void *arg, json *record)
{
    struct import *m = arg;
    size_t n = strlen(json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN));
    enum err e = ERR_OK;
    if (n > RECORD_MAX) {
        m->skipped++;
        show_skipped(m, json_str(record, "source", json_str(record, "id", "")), 0, 0,
                     "it is too large to be kept");
        json_object_put(record);
        return ERR_OK;
    }
    note_links(m, record);
    if (m->bytes && m->bytes + n > PIECE_BYTES)
        e = send_piece(m);
    json_object_array_add(m->piece, record);
    m->bytes += n;
    if (!e && json_object_array_length(m->piece) >= PIECE_RECORDS)
        e = send_piece(m);
    return e;
}

static enum err on_line(void *arg, json *line)
{
    struct import *m = arg;
    size_t n = m->bytes;
    enum err e = on_record(m, line);
    show_progress(m, 1, m->read + (int64_t)(m->bytes > n ? m->bytes - n : 0));
    return e;
}

static enum err read_archive(struct import *m, const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    FILE *in;
    enum err e;
    if (fd < 0)
        return err_errno(&m->info, errno, path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !(in = fdopen(fd, "r"))) {
        close(fd);
        return err_set(&m->info, ERR_INPUT, "%.200s is neither a folder nor a file", path);
    }
    m->archive = true;
    e = archive_read(in, path, on_line, m, m->failed ? NULL : &m->info);
    fclose(in);
    return e;
}

static enum err read_path(struct import *m, const char *path)
{
    const struct old_folder_sink sink = {.record = on_record,
                                         .skipped = on_skipped,
                                         .remark = on_remark,
                                         .progress = show_progress,
                                         .arg = m};
    struct err_info info = {0};
    struct stat st;
    enum err e;
    if (stat(path, &st) != 0)
        return err_errno(&m->info, errno, path);
    if (!S_ISDIR(st.st_mode))
        return read_archive(m, path);
    e = old_folder_read(path, &sink, &info);
    if (e && !m->failed)
        m->info = info;
    return e;
}

/* ---- the report ---- */

static void print_kinds(struct import *m, const char *what)
{
    bool first = true;
    json_object_object_foreach(m->kinds, kind, of)
    {
        int64_t n = json_i64(of, what, 0);
        if (n)
            printf("%s%lld %s", first ? " (" : ", ", (long long)n, kind);
        first &= !n;
    }
    puts(first ? "" : ")");
}

static void print_report(struct import *m)
{
    const bool dry = m->args->dry_run;
    clear_progress(m);
    for (int i = 0; i < m->reasons; i++)
        printf("skipped %lld file%s: %s\n", (long long)m->usual[i].n, figure_s(m->usual[i].n),
               m->usual[i].why);
    printf("%s %lld", dry ? "would take" : "took", (long long)m->sums[TAKEN]);
    print_kinds(m, "taken");
    if (m->sums[CHANGED]) {
        printf("%s %lld that say something else than before", dry ? "would take" : "took",
               (long long)m->sums[CHANGED]);
        print_kinds(m, "changed");
    }
    if (m->sums[KNOWN]) {
        printf("%lld were here already", (long long)m->sums[KNOWN]);
        print_kinds(m, "known");
    }
    if (m->sums[REFUSED] || m->skipped)
        printf("skipped %lld, each with its reason above\n",
               (long long)(m->sums[REFUSED] + m->skipped));
    if (json_object_array_length(m->links) && !dry)
        printf("%lld of %zu links to what they were made of lead to what is here\n",
               (long long)m->linked, json_object_array_length(m->links));
    if (m->programs && !dry)
        puts("programs count as unverified: nothing is answered by one before its tests have "
             "passed here (dise rag verify)");
}

static void print_report_json(struct import *m)
{
    static const char *const names[] = {"taken", "changed", "known", "refused"};
    json *o = json_object_new_object();
    json_add_str(o, "type", "imported");
    json_add_bool(o, "dry_run", m->args->dry_run);
    for (int i = 0; i < 4; i++)
        json_add_i64(o, names[i], m->sums[i]);
    json_add_i64(o, "skipped", m->skipped);
    json_add_i64(o, "files", m->files);
    json_add_i64(o, "unverified", m->programs);
    json_add_i64(o, "links", (int64_t)json_object_array_length(m->links));
    json_add_i64(o, "linked", m->linked);
    json_object_object_add(o, "kinds", json_object_get(m->kinds));
    print_json(o);
}

int cli_rag_import(const struct cli_args *args)
{
    struct import m = {.args = args, .tty = isatty(2), .shown_at = now_ms()};
    enum err e;
    int code = EXIT_SOLVED;
    m.piece = json_object_new_array();
    m.links = json_object_new_array();
    m.kinds = json_object_new_object();
    e = read_path(&m, args->words[1]);
    if (!e)
        e = send_piece(&m);
    if (!e)
        e = send_links(&m);
    clear_progress(&m);
    if (e)
        code = cli_fail(args, m.failed ? cli_exit_code(e) : EXIT_USAGE, &m.info);
    else if (args->json)
        print_report_json(&m);
    else
        print_report(&m);
    json_object_put(m.piece);
    json_object_put(m.links);
    json_object_put(m.kinds);
    return code;
}
