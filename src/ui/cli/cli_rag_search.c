/* dise rag search: what is kept, the most fitting first. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/figure.h"
#include "ui/cli/cli.h"
#include "ui/cli/cli_cell.h"
#include "ui/cli/cli_rag.h"

typedef struct json_object json;

enum { QUERY_MAX = 64 << 10 };

static enum err join_words(const struct cli_args *args, struct buf *out)
{
    enum err e = buf_adds(out, "");
    for (int i = 1; !e && i < args->word_count; i++)
        e = buf_addf(out, "%s%s", i > 1 ? " " : "", args->words[i]);
    return e;
}

static void add_tags(json *params, const struct cli_args *args)
{
    json *tags = json_object_new_array();
    for (int i = 0; args->tags[i]; i++)
        json_object_array_add(tags, json_object_new_string(args->tags[i]));
    json_object_object_add(params, "tags", tags);
}

static enum err write_params(const struct cli_args *args, json *params, struct err_info *info)
{
    struct buf query;
    double limit = 0;
    enum err e;
    buf_init(&query, QUERY_MAX);
    e = join_words(args, &query);
    if (e)
        e = err_set(info, e, "a search has at most %d KB", QUERY_MAX >> 10);
    if (!e)
        e = cli_number("limit", args->limit, true, &limit, info);
    if (!e) {
        json_add_str(params, "query", query.data);
        if (args->limit)
            json_add_i64(params, "limit", (int64_t)limit);
        if (args->kind)
            json_add_str(params, "kind", args->kind);
        if (args->quality)
            json_add_str(params, "quality", args->quality);
        if (args->since)
            json_add_str(params, "since", args->since);
        if (args->before)
            json_add_str(params, "before", args->before);
        if (args->similar_to)
            json_add_str(params, "similar_to", args->similar_to);
        json_add_bool(params, "explain", args->explain);
        add_tags(params, args);
    }
    buf_fini(&query);
    return e;
}

static void print_tags(json *row)
{
    json *tags = json_array(row, "tags");
    for (size_t i = 0; tags && i < json_object_array_length(tags); i++)
        printf(" #%s", json_object_get_string(json_object_array_get_idx(tags, i)));
}

static void print_row(json *row, int place)
{
    printf("%3d  %-7s ", place, json_str(row, "id", ""));
    cli_cell(json_str(row, "kind", ""), 10);
    putchar(' ');
    cli_cell(json_str(row, "name", ""), 28);
    putchar(' ');
    cli_last_cell(json_str(row, "task", ""), 400);
    print_tags(row);
    printf("\n");
    if (*json_str(row, "explain", ""))
        printf("     %s\n", json_str(row, "explain", ""));
}

static void print_list(const char *before, json *list, const char *after)
{
    size_t n = list ? json_object_array_length(list) : 0;
    if (!n)
        return;
    printf("%s", before);
    for (size_t i = 0; i < n; i++)
        printf("%s%s", i ? ", " : "", json_object_get_string(json_object_array_get_idx(list, i)));
    printf("%s\n", after);
}

/* That meaning has no part because nobody embeds is a choice, or a download that somebody may not
 * want: it is only said where it would have helped. */
static bool tells_degraded(json *answer, size_t results, bool explain)
{
    const bool helps = !results || json_object_object_length(json_object_of(answer, "meant")) > 0;
    return *json_str(answer, "degraded", "") &&
           (explain || helps || !json_flag(answer, "nobody", false));
}

static void print_text(json *answer, bool explain)
{
    json *rows = json_array(answer, "results"), *ms = json_object_of(answer, "ms");
    size_t n = rows ? json_object_array_length(rows) : 0;
    const char *degraded = json_str(answer, "degraded", "");
    char time[FIGURE_SIZE];
    for (size_t i = 0; i < n; i++)
        print_row(json_object_array_get_idx(rows, i), (int)i + 1);
    if (!n)
        printf("nothing is like that\n");
    print_list("note: ", json_array(answer, "notes"), "");
    if (tells_degraded(answer, n, explain))
        printf("by words alone: %s\n", degraded);
    if (!explain)
        return;
    print_list("left out, as they are everywhere: ", json_array(answer, "left_out"), "");
    printf("%s%s\n", "searched in ", figure_ms(time, json_f64(ms, "all", 0)));
}

/* One object a line: the results, then what was told about the search. */
static void print_json(json *answer)
{
    json *rows = json_array(answer, "results");
    for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
        printf("%s\n", json_object_to_json_string_ext(json_object_array_get_idx(rows, i),
                                                      JSON_C_TO_STRING_PLAIN));
    json_object_object_del(answer, "results");
    json_add_str(answer, "type", "search");
    printf("%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
}

int cli_rag_search(const struct cli_args *args)
{
    json *params = json_object_new_object(), *answer = NULL;
    struct err_info info = {0};
    enum err e = write_params(args, params, &info);
    if (e) {
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    e = cli_ask(args, true, METHOD_RAG_SEARCH, params, &answer, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    if (args->json)
        print_json(answer);
    else
        print_text(answer, args->explain);
    json_object_put(answer);
    return EXIT_SOLVED;
}
