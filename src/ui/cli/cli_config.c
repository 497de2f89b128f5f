/* The configuration of a command: what it reads itself, what its engine has to be started with, and
 * `dise config`. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/config_migrate.h"
#include "ui/cli/cli.h"

/* ---- sources ---- */

/* What jobs may decide goes with each job; only what the engine decides is its own. */
const char *const *cli_engine_args(const struct cli_args *args)
{
    static const char *list[8 + 2 * CLI_GRANTS_MAX];
    int n = 0;
    if (args->config && config_file_for_engine(args->config)) {
        list[n++] = "--config";
        list[n++] = args->config;
    }
    for (const char *const *set = args->sets; *set; set++)
        if (config_set_for_engine(*set)) {
            list[n++] = "--set";
            list[n++] = *set;
        }
    if (args->unsafe)
        list[n++] = "--unsafe";
    if (args->record) {
        list[n++] = "--record";
        list[n++] = args->record;
    }
    list[n] = NULL;
    return list;
}

const struct config_sources *cli_config(const struct cli_args *args)
{
    static char here[PATH_SIZE];
    static struct config_sources sources;
    sources = (struct config_sources){.home = args->home,
                                      .file = args->config,
                                      .cwd = getcwd(here, sizeof here),
                                      .sets = args->sets,
                                      .environment = true};
    return &sources;
}

/* ---- config show ---- */

/* One line of a value; JSON's quoting keeps control characters off the terminal. */
static void print_value(struct json_object *value)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    if (json_object_is_type(value, json_type_string)) {
        const char *text = json_object_get_string(value);
        if (json_quote(&b, text, strlen(text)) == ERR_OK)
            printf("%.*s", b.len > 2 ? (int)b.len - 2 : 2, b.len > 2 ? b.data + 1 : b.data);
    } else if (json_object_is_type(value, json_type_double)) {
        printf("%.15g", json_object_get_double(value));
    } else if (json_print(&b, value) == ERR_OK) {
        printf("%s", b.data);
    }
    buf_fini(&b);
}

static void print_row(struct json_object *row)
{
    printf("%s = ", json_str(row, "path", ""));
    print_value(json_get(row, "value"));
    printf("\n    %s", json_str(row, "from", ""));
    if (strcmp(json_str(row, "from", ""), json_str(row, "layer", "")) != 0)
        printf(" (%s)", json_str(row, "layer", ""));
    if (!json_flag(row, "secret", false) && *json_str(row, "variable", ""))
        printf(", %s", json_str(row, "variable", ""));
    printf("; %s", json_str(row, "scope", ""));
    if (json_get(row, "default") && strcmp(json_str(row, "layer", ""), "built-in") != 0) {
        printf("; default ");
        print_value(json_get(row, "default"));
    }
    printf("\n");
    if (*json_str(row, "text", ""))
        printf("    %s\n", json_str(row, "text", ""));
}

static void print_unused(struct json_object *row)
{
    printf("%-24s %s\n", json_str(row, "path", ""), json_str(row, "from", ""));
}

static void print_warnings(const struct config *c)
{
    struct json_object *list = config_warnings(c);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        fprintf(stderr, "dise: %s\n", json_object_get_string(json_object_array_get_idx(list, i)));
}

/* A running engine may have been opened with other values. */
static void tell_engine(const struct cli_args *args)
{
    struct json_object *status = NULL;
    if (cli_ask(args, false, METHOD_ENGINE_STATUS, NULL, &status, NULL) == ERR_OK &&
        json_flag(status, "config_changed", false))
        fprintf(stderr, "dise: the running engine has what held when it began of the options that "
                        "it decides; `dise restart` takes this over\n");
    json_object_put(status);
}

static int show(const struct cli_args *args)
{
    const char *path = args->word_count > 1 ? args->words[1] : "";
    struct json_object *rows;
    struct err_info info;
    struct config *c;
    size_t n;
    enum err e = config_read(cli_config(args), &c, &info);
    if (e)
        return cli_fail(args, cli_exit_code(e), &info);
    rows = config_rows(c, path, args->unused);
    n = json_object_array_length(rows);
    for (size_t i = 0; i < n; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (args->json)
            printf("%s\n", json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN));
        else if (args->unused)
            print_unused(row);
        else
            print_row(row);
    }
    print_warnings(c);
    tell_engine(args);
    json_object_put(rows);
    config_free(c);
    if (n || !*path)
        return EXIT_SOLVED;
    err_set(&info, ERR_NOT_FOUND, "nothing is said about \"%.100s\"; dise config show lists all",
            path);
    return cli_fail(args, EXIT_USAGE, &info);
}

/* ---- config migrate ---- */

static void tell_notes(const struct config_migration *m, bool written)
{
    for (size_t i = 0; i < json_object_array_length(m->notes); i++)
        fprintf(stderr, "· %s\n", json_object_get_string(json_object_array_get_idx(m->notes, i)));
    if (!written)
        fprintf(stderr,
                "· comments are lost; --write puts this into the file%s and keeps the old "
                "one beside it\n",
                json_object_object_length(m->keys) ? " and the keys into files of their own" : "");
}

static int show_migration(const char *path, const struct config_migration *m)
{
    if (!m->changed)
        fprintf(stderr, "· %s is in the form of today already\n", path);
    else
        tell_notes(m, false);
    fputs(m->screen.data, stdout);
    return EXIT_SOLVED;
}

static int write_migration(const struct cli_args *args, const char *path,
                           const struct config_migration *m)
{
    struct err_info info;
    char backup[PATH_SIZE];
    if (!m->changed) {
        fprintf(stderr, "· %s is in the form of today already; nothing was written\n", path);
        return EXIT_SOLVED;
    }
    if (config_migration_write(path, m, backup, &info))
        return cli_fail(args, EXIT_UNSOLVED, &info);
    tell_notes(m, true);
    fprintf(stderr, "· written; the old text, with its comments, is %s\n", backup);
    return EXIT_SOLVED;
}

static int migrate(const struct cli_args *args)
{
    struct config_migration m;
    struct err_info info;
    char standard[PATH_SIZE];
    const char *path = args->word_count > 1 ? args->words[1] : standard;
    int code;
    if (path_join(standard, args->home, "config.yaml"))
        standard[0] = 0;
    if (config_migrate(path, &m, &info))
        code = cli_fail(args, EXIT_USAGE, &info);
    else
        code = args->write_back ? write_migration(args, path, &m) : show_migration(path, &m);
    config_migration_fini(&m);
    return code;
}

int cli_config_command(const struct cli_args *args)
{
    const char *verb = args->words[0];
    struct err_info info;
    if (strcmp(verb, "show") == 0)
        return show(args);
    if (strcmp(verb, "migrate") == 0)
        return migrate(args);
    err_set(&info, ERR_USAGE, "unknown: dise config %.40s; see dise config --help", verb);
    return cli_fail(args, EXIT_USAGE, &info);
}

int cli_config_docs(void)
{
    struct buf text;
    enum err e;
    buf_init(&text, 1 << 20);
    e = config_docs(&text);
    fputs(text.data, stdout);
    buf_fini(&text);
    return e ? EXIT_UNSOLVED : EXIT_SOLVED;
}
