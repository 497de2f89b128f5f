/* dise rag list, show, versions, diff, lineage, rollback, edit, delete, restore, gc. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "ui/cli/cli.h"
#include "ui/cli/cli_rag.h"
#include "ui/rag_text.h"
#include "ui/term/external_editor.h"

typedef struct json_object json;

enum { PAGE = 1000, LIMIT = 200, CONTENT_MAX = 8 << 20 };

static void print_line(void *arg, enum rag_line how, const char *text)
{
    (void)arg;
    (void)how;
    printf("%s\n", text);
}

static const struct rag_out out = {print_line, NULL};

static void print_json(json *o)
{
    printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                                         JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* Asks, and prints the answer: with --json as one object, or each of its list's. */
static int tell(const struct cli_args *args, enum protocol_method method, json *params,
                void (*text)(json *, const struct rag_out *), const char *list)
{
    struct err_info info = {0};
    json *result = NULL, *rows;
    enum err e = cli_ask(args, true, method, params, &result, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    rows = list ? json_array(result, list) : NULL;
    if (!args->json)
        text(result, &out);
    else if (!list)
        print_json(result);
    for (size_t i = 0; args->json && rows && i < json_object_array_length(rows); i++)
        print_json(json_object_array_get_idx(rows, i));
    json_object_put(result);
    return EXIT_SOLVED;
}

static json *with_id(const struct cli_args *args, const char *key, int word)
{
    json *o = json_object_new_object();
    json_add_str(o, key, args->words[word]);
    return o;
}

/* What follows is looked for in the errors. */
int cli_rag_fixes(const struct cli_args *args)
{
    json *params = json_object_new_object();
    if (args->word_count > 1)
        json_add_str(params, "query", args->words[1]);
    return tell(args, METHOD_RAG_FIXES, params, rag_text_fixes, "fixes");
}

/* ---- list ---- */

static enum err list_params(const struct cli_args *args, json *o, int64_t *limit,
                            struct err_info *info)
{
    double quality = 0, most = LIMIT;
    int64_t since = 0;
    enum err e = ERR_OK;
    json_add_str(o, "kind", args->kind ? args->kind : "*");
    if (args->tags[0])
        json_add_str(o, "tag", args->tags[0]);
    if (args->quality)
        e = cli_number("quality", args->quality + strspn(args->quality, ">="), false, &quality,
                       info);
    if (!e && quality > 1)
        e = err_set(info, ERR_INPUT, "--quality is 0 to 1, not %.20s", args->quality);
    if (!e && args->since)
        e = rag_text_since(args->since, (int64_t)time(NULL) * 1000, &since, info);
    if (!e && args->limit)
        e = cli_number("limit", args->limit, true, &most, info);
    json_add_f64(o, "quality", quality);
    json_add_i64(o, "since", since);
    json_add_bool(o, "deleted", args->deleted);
    json_add_bool(o, "versions", args->versions);
    *limit = most < INT_MAX ? (int64_t)most : INT_MAX;
    return e;
}

/* More than a page comes in pieces. */
static int print_pages(const struct cli_args *args, json *params, int64_t limit)
{
    struct err_info info = {0};
    bool more = true;
    while (more && limit > 0) {
        json *result = NULL, *list, *last;
        size_t n;
        enum err e;
        json_add_i64(params, "limit", limit < PAGE ? limit : PAGE);
        e = cli_ask(args, true, METHOD_ARTIFACT_LIST, json_object_get(params), &result, &info);
        if (e)
            return cli_fail(args, cli_exit_code(e), &info);
        list = json_array(result, "artifacts");
        n = list ? json_object_array_length(list) : 0;
        limit -= (int64_t)n;
        more = n && json_flag(result, "more", false);
        last = n ? json_object_array_get_idx(list, n - 1) : NULL;
        json_add_str(params, "before", json_str(last, "id", ""));
        if (more && limit > 0)
            json_add_bool(result, "more", false); /* it comes at once */
        if (!args->json)
            rag_text_list(result, &out);
        for (size_t i = 0; args->json && i < n; i++)
            print_json(json_object_array_get_idx(list, i));
        json_object_put(result);
    }
    return EXIT_SOLVED;
}

int cli_rag_list(const struct cli_args *args)
{
    json *params = json_object_new_object();
    struct err_info info;
    int64_t limit;
    int code;
    if (list_params(args, params, &limit, &info))
        code = cli_fail(args, EXIT_USAGE, &info);
    else
        code = print_pages(args, params, limit);
    json_object_put(params);
    return code;
}

/* ---- one ---- */

int cli_rag_show(const struct cli_args *args)
{
    struct err_info info = {0};
    json *result = NULL;
    const char *content;
    int code = EXIT_SOLVED;
    enum err e = cli_ask(args, true, METHOD_ARTIFACT_SHOW, with_id(args, "id", 1), &result, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    content = rag_text_content(result);
    if (args->json)
        print_json(result);
    else if (!args->out)
        rag_text_show(result, &out);
    if (args->out && path_write(args->out, content, strlen(content), &info))
        code = cli_fail(args, EXIT_USAGE, &info);
    json_object_put(result);
    return code;
}

int cli_rag_versions(const struct cli_args *args)
{
    return tell(args, METHOD_RAG_VERSIONS, with_id(args, "id", 1), rag_text_versions, "versions");
}

int cli_rag_diff(const struct cli_args *args)
{
    json *o = with_id(args, "from", 1);
    json_add_str(o, "to", args->words[2]);
    return tell(args, METHOD_RAG_DIFF, o, rag_text_diff, NULL);
}

int cli_rag_lineage(const struct cli_args *args)
{
    return tell(args, METHOD_RAG_LINEAGE, with_id(args, "id", 1), rag_text_lineage, NULL);
}

int cli_rag_rollback(const struct cli_args *args)
{
    json *o = with_id(args, "id", 1);
    if (args->to)
        json_add_str(o, "to", args->to);
    return tell(args, METHOD_RAG_ROLLBACK, o, rag_text_made, NULL);
}

/* ---- edit ---- */

/* What an editor is given: the program without what DiSE wrote behind it. */
static const char *editable(json *a)
{
    return json_get(a, "source") ? json_str(a, "source", "") : rag_text_content(a);
}

static enum err ask_editor(json *a, struct buf *text, struct err_info *info)
{
    char name[80];
    const char *was = editable(a);
    enum err e;
    snprintf(name, sizeof name, "%.40s.%s", json_str(a, "id", "artifact"),
             json_get(a, "source")     ? "py"
             : json_get(a, "workflow") ? "json"
                                       : "txt");
    e = external_edit(name, was, text, info);
    if (!e && strcmp(text->data, was) == 0)
        e = err_set(info, ERR_EXISTS, "nothing was changed, and nothing is kept");
    return e;
}

/* A file, "-" (standard input), or what the editor leaves. */
static enum err read_content(const struct cli_args *args, json *a, struct buf *text,
                             struct err_info *info)
{
    char piece[4096];
    size_t n;
    enum err e = ERR_OK;
    if (args->word_count < 3)
        return ask_editor(a, text, info);
    if (strcmp(args->words[2], "-") != 0)
        return buf_read_file(text, args->words[2], info);
    while (!e && (n = fread(piece, 1, sizeof piece, stdin)) > 0)
        e = buf_add(text, piece, n);
    return e ? err_set(info, e, "standard input has more than %d bytes", CONTENT_MAX) : e;
}

int cli_rag_edit(const struct cli_args *args)
{
    struct err_info info = {0};
    json *a = NULL, *o;
    struct buf text;
    int code;
    enum err e = cli_ask(args, true, METHOD_ARTIFACT_SHOW, with_id(args, "id", 1), &a, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    buf_init(&text, CONTENT_MAX);
    e = read_content(args, a, &text, &info);
    if (e) {
        code = cli_fail(args, EXIT_USAGE, &info);
    } else {
        o = with_id(args, "id", 1);
        json_add_str(o, "content", text.data);
        json_add_str(o, "reason", args->reason ? args->reason : "");
        code = tell(args, METHOD_RAG_REVISE, o, rag_text_made, NULL);
    }
    buf_fini(&text);
    json_object_put(a);
    return code;
}

/* ---- tombstones ---- */

static json *ids_of(const struct cli_args *args)
{
    json *o = json_object_new_object(), *ids = json_object_new_array();
    for (int i = 1; i < args->word_count; i++)
        json_object_array_add(ids, json_object_new_string(args->words[i]));
    json_object_object_add(o, "ids", ids);
    json_add_bool(o, "versions", args->versions);
    return o;
}

static int no_ids(const struct cli_args *args, const char *what)
{
    struct err_info info;
    err_set(&info, ERR_USAGE, "something is missing: %s", what);
    return cli_fail(args, EXIT_USAGE, &info);
}

int cli_rag_delete(const struct cli_args *args)
{
    return tell(args, METHOD_RAG_DELETE, ids_of(args), rag_text_deleted, NULL);
}

int cli_rag_restore(const struct cli_args *args)
{
    json *o;
    if (!args->all == (args->word_count < 2))
        return no_ids(args, "either the ids (see dise rag list --deleted), or --all");
    o = ids_of(args);
    json_add_bool(o, "all", args->all);
    return tell(args, METHOD_RAG_RESTORE, o, rag_text_restored, NULL);
}

int cli_rag_gc(const struct cli_args *args)
{
    json *o = json_object_new_object();
    struct err_info info;
    double days = 0;
    if (args->older_than && cli_number("older-than", args->older_than, false, &days, &info)) {
        json_object_put(o);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    json_add_f64(o, "older_than_days", days);
    json_add_bool(o, "dry_run", args->dry_run);
    return tell(args, METHOD_RAG_GC, o, rag_text_gc, NULL);
}
