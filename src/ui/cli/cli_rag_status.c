/* dise rag status: how the memory can be searched, and how far its vectors are made. */
#include <stdio.h>
#include <string.h>

#include "ui/cli/cli_rag.h"

typedef struct json_object json;

static void print_embedder(json *o)
{
    const int64_t numbers = json_i64(o, "dimensions", 0);
    if (!*json_str(o, "model", "")) {
        printf("embedder   none\n");
        return;
    }
    printf("embedder   %s at %s", json_str(o, "model", ""), json_str(o, "place", ""));
    if (numbers)
        printf(", %lld numbers a vector", (long long)numbers);
    printf("; %s\n", json_str(o, "state", ""));
}

static void print_text(json *o)
{
    json *vectors = json_object_of(o, "vectors");
    const char *problem = json_str(o, "problem", ""), *remedy = json_str(o, "remedy", "");
    const int64_t refused = json_i64(o, "refused", 0);
    print_embedder(o);
    printf("embedded   %lld of %lld artifacts", (long long)json_i64(o, "embedded", 0),
           (long long)json_i64(o, "artifacts", 0));
    if (refused)
        printf(", %lld refused (%s)", (long long)refused, json_str(o, "refused_why", ""));
    printf("\n");
    if (*json_str(vectors, "kind", ""))
        printf("vectors    %lld in %s, of %s\n", (long long)json_i64(vectors, "count", 0),
               json_str(vectors, "kind", ""), json_str(o, "searched", ""));
    if (*json_str(vectors, "problem", ""))
        printf("vectors    %s\n", json_str(vectors, "problem", ""));
    printf("search     by %s\n", json_str(o, "by", ""));
    if (*problem)
        printf("problem    %s\n", problem);
    if (*remedy && !strstr(problem, remedy))
        printf("remedy     %s\n", remedy);
}

int cli_rag_status(const struct cli_args *args)
{
    json *answer = NULL;
    struct err_info info = {0};
    enum err e = cli_ask(args, true, METHOD_RAG_STATUS, NULL, &answer, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    if (args->json)
        printf("%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
    else
        print_text(answer);
    json_object_put(answer);
    return EXIT_SOLVED;
}
