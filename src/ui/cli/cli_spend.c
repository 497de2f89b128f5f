/* dise spend: what models have cost. */
#include <stdio.h>

#include "base/figure.h"
#include "core/protocol.h"
#include "ui/cli/cli.h"
#include "ui/cli/cli_cell.h"

typedef struct json_object json;

static void print_today(json *today)
{
    json *limits = json_object_of(today, "limits");
    char money[FIGURE_SIZE], most[FIGURE_SIZE], time[FIGURE_SIZE];
    int64_t tokens = json_i64(limits, "tokens", 0);
    double seconds = json_f64(limits, "seconds", 0);
    printf("today    %s", figure_money(money, json_f64(today, "cost", 0)));
    if (json_f64(limits, "money", 0) > 0)
        printf(" of %s", figure_money(most, json_f64(limits, "money", 0)));
    printf(", %lld tokens", (long long)json_i64(today, "tokens", 0));
    if (tokens)
        printf(" of %lld", (long long)tokens);
    printf(", models at work for %s", figure_time(time, json_f64(today, "seconds", 0), false));
    if (seconds > 0)
        printf(" of %s", figure_time(most, seconds, false));
    printf("\n");
}

static void print_row(json *row)
{
    char money[FIGURE_SIZE], in[FIGURE_SIZE], out[FIGURE_SIZE];
    cli_cell(json_str(row, "day", ""), 12);
    cli_cell(json_str(row, "backend", ""), 10);
    putchar(' ');
    cli_cell(json_str(row, "model", ""), 24);
    printf(" %6lld %8s %8s %9s\n", (long long)json_i64(row, "calls", 0),
           figure_count(in, json_i64(row, "tokens_in", 0)),
           figure_count(out, json_i64(row, "tokens_out", 0)),
           figure_money(money, json_f64(row, "cost", 0)));
}

int cli_spend(const struct cli_args *args)
{
    json *params = json_object_new_object(), *result = NULL, *rows;
    struct err_info info = {0};
    double days = 7;
    enum err e = args->word_count ? cli_number("days", args->words[0], true, &days, &info) : ERR_OK;
    if (e) {
        json_object_put(params);
        return cli_fail(args, EXIT_USAGE, &info);
    }
    json_add_i64(params, "days", (int64_t)days);
    e = cli_ask(args, true, METHOD_SPEND, params, &result, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    rows = json_array(result, "rows");
    if (args->json) {
        printf("%s\n", json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN));
    } else {
        print_today(json_object_of(result, "today"));
        if (rows && json_object_array_length(rows))
            printf("\n%-11s %-10s %-24s %6s %8s %8s %9s\n", "day", "backend", "model", "calls",
                   "read", "written", "cost");
        for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
            print_row(json_object_array_get_idx(rows, i));
    }
    json_object_put(result);
    return EXIT_SOLVED;
}
