#include "ui/cli/cli_gates.h"

#include <stdio.h>
#include <string.h>

#include "ui/cli/cli.h"
#include "ui/cli/cli_cell.h"

enum { NAME_W = 22, SEVERITY_W = 9, STATE_W = 9, CELL_MAX = 400 };

/* ---- printing ---- */

/* The figure in the gate's own unit, then why there is none, or where it comes from. */
static void put_detail(struct json_object *gate)
{
    struct json_object *list = json_array(gate, "findings");
    size_t n = list ? json_object_array_length(list) : 0;
    const int64_t found = json_i64(gate, "found", 0);
    char text[CELL_MAX];
    if (json_get(gate, "value")) {
        snprintf(text, sizeof text, "%.4g %.60s%s", json_f64(gate, "value", 0),
                 json_str(gate, "unit", ""), n ? ": " : "");
        cli_last_cell(text, CELL_MAX);
    }
    cli_last_cell(json_str(gate, "why", ""), CELL_MAX);
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        const char *code = json_str(o, "code", ""), *says = json_str(o, "text", "");
        char line[32] = "";
        if (json_i64(o, "line", 0) && strncmp(says, "line", 4) != 0)
            snprintf(line, sizeof line, "line %lld: ", (long long)json_i64(o, "line", 0));
        snprintf(text, sizeof text, "%s%s%.40s%s%.240s", i ? "; " : "", line, code,
                 *code ? " " : "", says);
        cli_last_cell(text, CELL_MAX);
    }
    if (found > (int64_t)n && n)
        printf("; %lld more", (long long)found - (long long)n);
}

static void put_row(struct json_object *gate)
{
    cli_cell(json_str(gate, "name", ""), NAME_W);
    putchar(' ');
    cli_cell(json_str(gate, "severity", ""), SEVERITY_W);
    cli_cell(json_str(gate, "state", ""), STATE_W);
    if (json_get(gate, "score"))
        printf("%5.2f  ", json_f64(gate, "score", 0));
    else
        printf("    –  ");
    put_detail(gate);
    putchar('\n');
}

void cli_gates_print(const char *result, bool json)
{
    struct json_object *o = NULL, *list;
    if (json_parse(result, strlen(result), NULL, &o, NULL) || !o)
        return;
    list = json_array(o, "gates");
    if (!json)
        printf("%-*s %-*s%-*s%5s  says\n", NAME_W, "gate", SEVERITY_W, "severity", STATE_W,
               "result", "score");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *gate = json_object_array_get_idx(list, i);
        if (json)
            printf("%s\n", json_object_to_json_string_ext(gate, JSON_C_TO_STRING_PLAIN));
        else
            put_row(gate);
    }
    if (!json && json_get(o, "score"))
        printf("together %.2f\n", json_f64(o, "score", 0));
    json_object_put(o);
}

/* ---- the command ---- */

/* --profile is short for --set gates.profile. */
static enum err add_profile(struct cli_args *args, char set[80], struct err_info *info)
{
    size_t n = 0;
    if (!args->profile)
        return ERR_OK;
    while (args->sets[n])
        n++;
    if (n >= CLI_GRANTS_MAX - 1)
        return err_set(info, ERR_USAGE, "more than %d --set", CLI_GRANTS_MAX - 2);
    snprintf(set, 80, "gates.profile=%.60s", args->profile);
    args->sets[n] = set;
    args->sets[n + 1] = NULL;
    return ERR_OK;
}

int cli_gates(const struct cli_args *given)
{
    struct json_object *params = json_object_new_object();
    struct cli_args args = *given;
    struct err_info info = {0};
    char set[80];
    enum err e = add_profile(&args, set, &info);
    if (!e)
        e = cli_add_program(params, args.words[0], &info);
    if (e) {
        json_object_put(params);
        return cli_fail(&args, EXIT_USAGE, &info);
    }
    cli_add_grants(params, &args);
    return cli_follow(&args, METHOD_ARTIFACT_GATES, params);
}
