/* dise profile: where a program spends its time and memory. */
#include <stdio.h>
#include <string.h>

#include "ui/cli/cli.h"
#include "ui/cli/cli_cell.h"
#include "ui/cli/cli_profile.h"
#include "ui/profile_text.h"

enum { BAR = 10, TEXT_W = 58, INDENT = 2 };

/* ---- printing ---- */

static void on_row(void *arg, const struct profile_row *row)
{
    char bar[PROFILE_BAR_SIZE], text[700];
    (void)arg;
    if (row->part == PROFILE_SUMMARY || row->part == PROFILE_NOTE) {
        snprintf(text, sizeof text, "%s%s", row->part == PROFILE_NOTE ? "note: " : "", row->text);
        cli_last_cell(text, (int)sizeof text);
        putchar('\n');
        return;
    }
    if (row->share >= 0) {
        profile_bar(row->share, BAR, true, bar);
        cli_cell(bar, BAR);
        printf(" %3.0f %%  ", 100 * row->share);
    } else {
        printf("%*s", BAR + 8, "");
    }
    snprintf(text, sizeof text, "%*s%s%s", row->depth * INDENT, "",
             row->part != PROFILE_NODE   ? ""
             : row->fold == PROFILE_SHUT ? "▸ "
                                         : "▾ ",
             row->text);
    cli_cell(text, TEXT_W);
    printf(" %9s %7s %8s\n", row->time, row->count, row->memory);
}

void cli_profile_print(struct json_object *profile)
{
    const struct profile_out out = {.row = on_row};
    profile_text(profile, &out);
}

/* ---- the command ---- */

static enum err add_call(const char *call, struct json_object *params, struct err_info *info)
{
    struct json_object *list;
    if (!call)
        return ERR_OK;
    if (strspn(call, " \t\r\n") == strlen(call))
        return err_set(info, ERR_INPUT, "--call is Python such as 'f([3, 2])'");
    list = json_object_new_array();
    json_object_array_add(list, json_object_new_string(call));
    json_object_object_add(params, "calls", list);
    return ERR_OK;
}

int cli_profile(const struct cli_args *args)
{
    struct json_object *params = json_object_new_object();
    struct err_info info = {0};
    enum err e = ERR_OK;
    if (args->input && args->call)
        e = err_set(&info, ERR_USAGE, "--input and --call exclude each other");
    if (!e)
        e = cli_add_program(params, args->words[0], &info);
    if (!e)
        e = cli_add_input(params, args, &info);
    if (!e)
        e = add_call(args->call, params, &info);
    if (e) {
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    cli_add_grants(params, args);
    return cli_follow(args, METHOD_ARTIFACT_PROFILE, params);
}
