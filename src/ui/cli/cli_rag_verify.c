/* dise rag verify: programs from elsewhere and edited ones run their examples or tests, as a batch.
 */
#include <string.h>

#include "base/figure.h"
#include "ui/cli/cli_rag.h"

typedef struct json_object json;

static enum err read_ids(const struct cli_args *args, json **ids, struct err_info *info)
{
    json *answer;
    enum err e;
    if (args->word_count > 1) {
        *ids = json_object_new_array();
        json_object_array_add(*ids, json_object_new_string(args->words[1]));
        return ERR_OK;
    }
    e = cli_ask(args, true, METHOD_RAG_UNVERIFIED, NULL, &answer, info);
    *ids = json_object_get(json_array(answer, "artifacts"));
    json_object_put(answer);
    return e;
}

/* Submits them; *id is the batch. */
static enum err submit(const struct cli_args *args, json *ids, int64_t *id, struct err_info *info)
{
    json *params = json_object_new_object(), *answer;
    char key[33];
    enum err e;
    client_key(key);
    json_add_str(params, "key", key);
    json_add_str(params, "name", "verify what was imported or edited");
    json_object_object_add(params, "artifacts", json_object_get(ids));
    e = cli_ask(args, true, METHOD_BATCH_SUBMIT, params, &answer, info);
    *id = json_i64(answer, "job", 0);
    json_object_put(answer);
    return e;
}

static void tell(const struct cli_args *args, int64_t id, int64_t n)
{
    if (args->json)
        printf("{\"type\":\"verifying\",\"programs\":%lld,\"batch\":%lld}\n", (long long)n,
               (long long)id);
    else if (!n)
        puts("there is no program from elsewhere, and none that was edited, that is unverified");
    else
        printf("batch %lld runs the tests of %lld program%s; dise batch show %lld\n", (long long)id,
               (long long)n, figure_s(n), (long long)id);
    cli_flush();
}

int cli_rag_verify(const struct cli_args *args)
{
    struct err_info info = {0};
    json *ids = NULL;
    int64_t n, id = 0;
    bool ended;
    enum err e = read_ids(args, &ids, &info);
    n = ids ? (int64_t)json_object_array_length(ids) : 0;
    if (!e && n)
        e = submit(args, ids, &id, &info);
    json_object_put(ids);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    tell(args, id, n);
    return n && args->wait ? cli_batch_wait(args, id, &ended) : EXIT_SOLVED;
}
