#include "ui/cli/cli.h"
#include "ui/cli/cli_rag.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/task_class.h"
#include "ui/cli/cli_usage.h"
#include "ui/cli/plain.h"
#include "ui/term/cluster.h"

/* ---- options ---- */

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST };

struct option {
    const char *name, *value, *help;
    enum option_kind kind;
    size_t offset;
    bool global;
};

#define AT(member) offsetof(struct cli_args, member)

static const struct option options[] = {
    {"home", "DIR", "data folder (else $DISE_HOME, else ~/.local/share/dise)", OPTION_TEXT,
     AT(home_given), true},
    {"config", "FILE", "configuration on top of <home>/config.yaml", OPTION_TEXT, AT(config), true},
    {"set", "PATH=VALUE", "one option of the configuration, over all files (repeatable)",
     OPTION_LIST, AT(sets), true},
    {"json", NULL, "machine-readable output, one JSON value a line", OPTION_FLAG, AT(json), true},
    {"unsafe", NULL, "run programs without a sandbox where none can be built", OPTION_FLAG,
     AT(unsafe), true},
    {"help", NULL, "this text", OPTION_FLAG, AT(help), true},
    {"version", NULL, "version and build", OPTION_FLAG, AT(version), true},
    {"input", "JSON", "the program's input, one JSON object", OPTION_TEXT, AT(input), false},
    {"out", "FILE", "save the program there", OPTION_TEXT, AT(out), false},
    {"anyway", NULL, "run also what looks like accidental input", OPTION_FLAG, AT(anyway), false},
    {"plan", NULL, "a specification first; on a terminal it waits for your word", OPTION_FLAG,
     AT(plan), false},
    {"budget", "LIMIT",
     "what models may use for this task: 2000 (tokens), $0.05, 90s (of their work)", OPTION_TEXT,
     AT(budget), false},
    {"as", "CLASS", "what the task is: " CLASS_SAY " (else its words tell)", OPTION_TEXT, AT(as),
     false},
    {"fresh", NULL, "do not answer from memory", OPTION_FLAG, AT(fresh), false},
    {"no-cache", NULL, "ask models also what they have answered before", OPTION_FLAG, AT(no_cache),
     false},
    {"allow-read", "PATH", "let the program read there (repeatable)", OPTION_LIST, AT(read), false},
    {"allow-write", "PATH", "let the program write there (repeatable)", OPTION_LIST, AT(write),
     false},
    {"allow-net", "HOST[:PORT]", "let the program connect there (repeatable)", OPTION_LIST, AT(net),
     false},
    {"allow-package", "NAME", "install this trusted package when it is imported (repeatable)",
     OPTION_LIST, AT(packages), false},
    {"record", "FILE", "keep the models' answers there, and take those that it has", OPTION_TEXT,
     AT(record), false},
    {"screen-reader", NULL, "only append plain lines; each line that is typed is a task",
     OPTION_FLAG, AT(screen_reader), false},
    {"name", "NAME", "what the batch is called (else the file)", OPTION_TEXT, AT(name), false},
    {"at", "HH:MM", "start when the clock shows this next", OPTION_TEXT, AT(at), false},
    {"iterations", "N", "so many proposals of a model (3); 0: rules alone", OPTION_TEXT,
     AT(iterations), false},
    {"width", "N", "tasks at once (2)", OPTION_TEXT, AT(width), false},
    {"tokens", "N", "tokens that the batch may use", OPTION_TEXT, AT(tokens), false},
    {"money", "X", "and dollars", OPTION_TEXT, AT(money), false},
    {"hours", "H", "begin no further task after so many hours", OPTION_TEXT, AT(hours), false},
    {"dry-run", NULL, "say what would come of it, and begin nothing", OPTION_FLAG, AT(dry_run),
     false},
    {"wait", NULL, "stay until the batch has ended", OPTION_FLAG, AT(wait), false},
    {"verify", NULL, "compute every figure again and list differences", OPTION_FLAG, AT(verify),
     false},
    {"raw", NULL, "ask each model alone as well, for comparison", OPTION_FLAG, AT(raw), false},
    {"raw-samples", "N", "and the strongest one N times more, at temperature 0.8", OPTION_TEXT,
     AT(raw_samples), false},
    {"limit", "N", "no more than N; tasks of a bench are drawn by the seed", OPTION_TEXT, AT(limit),
     false},
    {"seed", "S", "draws a bench's tasks, and is the models' seed; draws test data (0)",
     OPTION_TEXT, AT(seed), false},
    {"count", "N", "so many values (10; of edges: until each was there)", OPTION_TEXT, AT(count),
     false},
    {"edge", NULL, "values at the edges of what is allowed", OPTION_FLAG, AT(edge), false},
    {"realistic", NULL,
     "strings that look like what their property is called (takes the package faker)", OPTION_FLAG,
     AT(realistic), false},
    {"split", "NAME", "run the tasks of this split only", OPTION_TEXT, AT(split), false},
    {"class", "NAME", "run the tasks of this class only", OPTION_TEXT, AT(class), false},
    {"without", "PART,…",
     "leave out: examples, candidates, agreement, escalation, repair, tests, properties, plan",
     OPTION_TEXT, AT(without), false},
    {"kind", "KIND", "of this kind only: function, text, workflow …", OPTION_TEXT, AT(kind), false},
    {"tag", "TAG", "with this tag only (repeatable)", OPTION_LIST, AT(tags), false},
    {"quality", "\">0.7\"", "of this quality only, 0 to 1 (a number alone: at least)", OPTION_TEXT,
     AT(quality), false},
    {"since", "TIME", "made since then: 2026-11-01, or 7d", OPTION_TEXT, AT(since), false},
    {"before", "TIME", "made before", OPTION_TEXT, AT(before), false},
    {"similar-to", "ID", "what is like this artifact, instead of words", OPTION_TEXT,
     AT(similar_to), false},
    {"explain", NULL, "why: who is asked for each role; how each result came to its place",
     OPTION_FLAG, AT(explain), false},
    {"test", NULL, "ask each model that plays a role a tiny question; providers charge for it",
     OPTION_FLAG, AT(test), false},
    {"unused", NULL, "what the files say that means nothing here", OPTION_FLAG, AT(unused), false},
    {"write", NULL, "into the file, whose old text stays beside it (.bak)", OPTION_FLAG,
     AT(write_back), false},
    {"deleted", NULL, "what was put aside: a list shows only that, an export also that",
     OPTION_FLAG, AT(deleted), false},
    {"versions", NULL, "all versions, not only the newest", OPTION_FLAG, AT(versions), false},
    {"all", NULL, "everything that was put aside", OPTION_FLAG, AT(all), false},
    {"to", "WHERE", "a version to go back to (else the one before); of sync: file or qdrant",
     OPTION_TEXT, AT(to), false},
    {"reason", "TEXT", "why it was changed", OPTION_TEXT, AT(reason), false},
    {"older-than", "DAYS", "only what was put aside so long ago", OPTION_TEXT, AT(older_than),
     false},
    {"call", "'f(…)'", "the call to profile, as Python", OPTION_TEXT, AT(call), false},
    {"profile", "NAME", "the set of gates: quick, standard or strict", OPTION_TEXT, AT(profile),
     false},
    {"detached", NULL, "log to a file instead of the terminal", OPTION_FLAG, AT(detached), false},
};

enum { OPTION_COUNT = sizeof options / sizeof *options, LEFT_W = 56 };

/* ---- commands ---- */

static const struct cli_hooks *hooks;

/* A screen only where there is one: what goes into a pipe or a file is lines. */
static int run_dashboard(const struct cli_args *args)
{
    if (args->screen_reader || args->json || !isatty(1))
        return plain_main(args);
    return hooks->dashboard(args);
}

static int run_engine(const struct cli_args *args)
{
    return hooks->engine(args);
}

static const struct cli_command commands[] = {
    {"", "", "the dashboard; plain lines where the output is no terminal", "record screen-reader",
     0, run_dashboard},
    {"run", "\"TASK\" (- reads it from standard input)", "solve one task",
     "input out as anyway plan fresh no-cache budget allow-read allow-write allow-net "
     "allow-package record",
     1, cli_run},
    {"artifact", "list | show ID | run ID", "what was made before",
     "input:run out:show,run allow-read:run allow-write:run allow-net:run allow-package:run", 1,
     cli_artifact},
    {"optimize", "ID [performance|quality|memory|latency|all]",
     "make a kept program faster, clearer or smaller, when that shows beyond doubt",
     "iterations budget", 1, cli_optimize},
    {"rag",
     "list | search WORDS… | show|versions|lineage ID | diff A B | rollback ID [--to VERSION] | "
     "edit ID [FILE] | delete ID… | restore [ID…] | gc | fixes [WORD] | status | "
     "sync [--to qdrant] | import PATH | export FILE [ID…] | verify [ID]",
     "the memory of what was made; what is put aside can be taken back until gc",
     "out:show dry-run:gc,import kind:list,search,export deleted:list,export tag:list,search "
     "quality:list,search since:list,search before:search similar-to:search explain:search "
     "versions:list,delete limit:list,search all:restore to:rollback,sync reason:edit "
     "older-than:gc "
     "wait:verify",
     1, cli_rag},
    {"workflow", "list | show ID | run ID | save ID FILE | load FILE",
     "finished tasks as steps that run again with other input",
     "input:run allow-read:run allow-write:run allow-net:run allow-package:run", 1, cli_workflow},
    {"profile", "ID | FILE.py", "where a program spends its time and memory, by function and line",
     "input call allow-read allow-write allow-net allow-package", 1, cli_profile},
    {"gates", "ID | FILE.py", "what the quality gates say of a program; it stays as it is",
     "profile allow-read allow-write allow-net allow-package", 1, cli_gates},
    {"tool", "list | show ID | run ID | save ID FILE | reset ID",
     "the prompts and other YAML tools; a saved one is used by the next job",
     "input:run allow-package:run", 1, cli_tool},
    {"batch",
     "run FILE | improve [TARGET] | list | show|pause|resume|cancel|report ID | install-timer",
     "overnight runs: a list of tasks, one a line or JSONL (- reads standard input)",
     "name:run,improve at:run,improve width:run,improve tokens:run,improve money:run,improve "
     "hours:run,improve limit:improve dry-run:run,improve wait:run,improve verify:report "
     "out:report,install-timer",
     1, cli_batch},
    {"bench", "FILE.jsonl | report ID",
     "solve tasks and judge them by hidden tests (docs/bench.md); goes on without you",
     "name width tokens money hours raw raw-samples limit seed split class without record", 1,
     cli_bench},
    {"testdata", "SCHEMA.json | FILE.py:NAME",
     "valid test data of a JSON Schema, class or function, one JSON value a line "
     "(docs/testdata.md)",
     "count seed edge realistic allow-read allow-package", 1, cli_testdata},
    {"config", "show [PATH] | migrate [FILE]",
     "what holds here and who says it; an old configuration in the form of today",
     "unused:show write:migrate", 1, cli_config_command},
    {"engine", "", "run the engine in the foreground", "detached record", 0, run_engine},
    {"status", "", "what the engine does", "", 0, cli_status},
    {"spend", "[DAYS]", "what models have cost, by day, backend and model (7 days)", "", 0,
     cli_spend},
    {"stop", "", "end the engine; its jobs go on at the next start", "", 0, cli_stop},
    {"restart", "", "end the engine and start it again", "record", 0, cli_restart},
    {"model", "list | install [NAME] | start [NAME] | stop", "local models", "", 1, cli_model},
    {"backends", "", "who can be asked, and who plays which role", "explain test", 0, cli_backends},
    {"doctor", "", "what is installed, found, missing, with the remedy", "", 0, cli_doctor},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

/* Whether the command takes it, and of its verbs this one (NULL: any of them). */
static bool takes(const struct cli_command *command, const struct option *option, const char *verb)
{
    const size_t n = strlen(option->name);
    const char *at = command->options, *end;
    if (option->global)
        return true;
    for (; *at; at = end + (*end == ' ')) {
        end = at + strcspn(at, " ");
        if (strncmp(at, option->name, n) != 0 || (at + n != end && at[n] != ':'))
            continue;
        if (!verb || at + n == end)
            return true;
        for (at += n; at < end; at += strcspn(at, ", "))
            if (strncmp(++at, verb, strlen(verb)) == 0 && strchr(", ", at[strlen(verb)]))
                return true;
        return false;
    }
    return false;
}

static const struct cli_command *command_by_name(const char *name)
{
    for (int i = 1; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

/* ---- help ---- */

static void help_options(FILE *out, const struct cli_command *command, bool global)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        char left[48];
        if (options[i].global != global || !takes(command, &options[i], NULL))
            continue;
        snprintf(left, sizeof left, "--%s %s", options[i].name,
                 options[i].value ? options[i].value : "");
        fprintf(out, "  %-26s %s\n", left, options[i].help);
    }
}

static void help(FILE *out, const struct cli_command *command)
{
    if (*command->name) {
        fprintf(out, "dise %s %s\n\n%s\n\n", command->name, command->usage, command->help);
    } else {
        fprintf(out, "dise — plain-language tasks to tested, remembered code\n\n");
        for (int i = 0; i < COMMAND_COUNT; i++) {
            const int used = fprintf(out, "  dise %s %s", commands[i].name, commands[i].usage) - 2;
            if (used > LEFT_W) /* too long to stand beside its text */
                fprintf(out, "\n  %-*s %s\n", LEFT_W, "", commands[i].help);
            else
                fprintf(out, "%*s %s\n", LEFT_W - used, "", commands[i].help);
        }
        fprintf(out, "\nEverywhere:\n");
    }
    help_options(out, command, false);
    help_options(out, command, true);
    if (!*command->name)
        fprintf(out,
                "\n`dise COMMAND --help` tells a command's own options. Exit codes: 0 solved, "
                "1 not solved,\n2 bad usage or input, 3 no language model, 4 budget spent, 130 "
                "cancelled.\n");
}

/* ---- parsing ---- */

static int usage_error(FILE *err, const char *format, const char *what)
{
    fputs("dise: ", err);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    fprintf(err, format, what);
#pragma GCC diagnostic pop
    fputs("; see dise --help\n", err);
    return EXIT_USAGE;
}

static int set_option(struct cli_args *args, const struct option *option, const char *value,
                      FILE *err)
{
    char *at = (char *)args + option->offset;
    if (option->kind == OPTION_FLAG) {
        *(bool *)at = true;
    } else if (option->kind == OPTION_TEXT) {
        *(const char **)at = value;
    } else {
        const char **list = (const char **)at;
        int n = 0;
        while (list[n])
            n++;
        if (n >= CLI_GRANTS_MAX - 1)
            return usage_error(err, "--%s is given too often", option->name);
        list[n] = value;
    }
    return -1;
}

/* One argument beginning with "--"; *i moves on over its value. */
static int parse_option(int argc, char **argv, int *i, const struct cli_command *command,
                        struct cli_args *args, bool given[OPTION_COUNT], FILE *err)
{
    const char *name = argv[*i] + 2, *equals = strchr(name, '='), *value;
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    for (int k = 0; k < OPTION_COUNT; k++) {
        const struct option *o = &options[k];
        if (strlen(o->name) != n || strncmp(o->name, name, n) != 0)
            continue;
        if (!takes(command, o, NULL))
            return usage_error(err, "--%s does not belong to this command", o->name);
        given[k] = true;
        if (o->kind == OPTION_FLAG)
            return equals ? usage_error(err, "--%s takes no value", o->name)
                          : set_option(args, o, NULL, err);
        value = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
        if (!value)
            return usage_error(err, "--%s needs a value", o->name);
        return set_option(args, o, value, err);
    }
    return usage_error(err, "unknown option %s", argv[*i]);
}

/* The command is the first word, wherever the options stand. */
static const struct cli_command *find_command(int argc, char **argv, int *at)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            for (int k = 0; k < OPTION_COUNT && argv[i][2]; k++)
                if (options[k].kind != OPTION_FLAG && strcmp(options[k].name, argv[i] + 2) == 0)
                    i++;
            continue;
        }
        if (argv[i][0] == '-' && argv[i][1])
            continue; /* -h, or an error that the parser names */
        *at = i;
        return command_by_name(argv[i]);
    }
    *at = -1;
    return &commands[0];
}

static int check_words(const struct cli_command *command, const struct cli_args *args, FILE *err)
{
    char form[512];
    int most;
    if (args->word_count < command->least) {
        snprintf(form, sizeof form, "%s %s", command->name, command->usage);
        return usage_error(err, "something is missing: dise %s", form);
    }
    most =
        cli_usage_most(command->usage, args->word_count ? args->words[0] : NULL, form, sizeof form);
    if (most >= 0 && args->word_count > most) {
        fprintf(err, "dise: \"%.100s\" was not understood; usage: dise %s%s%s; see dise --help\n",
                args->words[most], command->name, *form ? " " : "", form);
        return EXIT_USAGE;
    }
    return -1;
}

/* An option of another verb would change nothing, and somebody believes that it does. */
static int check_options(const struct cli_command *command, const struct cli_args *args,
                         const bool given[OPTION_COUNT], FILE *err)
{
    const char *verb = args->word_count ? args->words[0] : NULL;
    char form[512];
    if (!verb || cli_usage_most(command->usage, verb, form, sizeof form) < 0)
        return -1; /* the command itself names a verb that it does not know */
    for (int k = 0; k < OPTION_COUNT; k++)
        if (given[k] && !takes(command, &options[k], verb)) {
            fprintf(err, "dise: --%s does not belong to dise %s %.60s; see dise %s --help\n",
                    options[k].name, command->name, verb, command->name);
            return EXIT_USAGE;
        }
    return -1;
}

/* There "-word" is what must not be found. */
static bool is_search(const struct cli_args *args, const struct cli_command *command)
{
    return command->run == cli_rag && args->word_count && strcmp(args->words[0], "search") == 0;
}

int cli_parse(int argc, char **argv, struct cli_args *args, const struct cli_command **command,
              FILE *err)
{
    bool only_words = false, given[OPTION_COUNT] = {0};
    int at, code;
    memset(args, 0, sizeof *args);
    *command = find_command(argc, argv, &at);
    if (!*command)
        return usage_error(err, "unknown command %s", argv[at]);
    for (int i = 1; i < argc; i++) {
        if (i == at)
            continue;
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            code = parse_option(argc, argv, &i, *command, args, given, err);
            if (code >= 0)
                return code;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] == 'h' && !argv[i][2]) {
            args->help = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] && !is_search(args, *command)) {
            return usage_error(err, "unknown option %s", argv[i]);
        } else if (args->word_count < (int)(sizeof args->words / sizeof *args->words)) {
            args->words[args->word_count++] = argv[i];
        } else {
            return usage_error(err, "one word too many: %s", argv[i]);
        }
    }
    if (args->help || args->version)
        return -1;
    code = check_words(*command, args, err);
    return code >= 0 ? code : check_options(*command, args, given, err);
}

/* ---- errors ---- */

int cli_exit_code(enum err code)
{
    switch (code) {
    case ERR_OK:
        return EXIT_SOLVED;
    case ERR_USAGE:
    case ERR_INPUT:
    case ERR_PARSE:
    case ERR_TOO_LARGE:
    case ERR_NOT_FOUND:
    case ERR_EXISTS:
    case ERR_DENIED:
        return EXIT_USAGE;
    case ERR_NO_BACKEND:
        return EXIT_NO_BACKEND;
    case ERR_BUDGET:
        return EXIT_BUDGET;
    case ERR_CANCELLED:
        return EXIT_CANCELLED;
    default:
        return EXIT_UNSOLVED;
    }
}

int cli_fail(const struct cli_args *args, int code, const struct err_info *info)
{
    char text[PATH_SIZE];
    err_format(info, text, sizeof text);
    fprintf(stderr, "dise: %s\n", text);
    if (args->json) {
        struct json_object *o = json_object_new_object();
        json_add_str(o, "type", "error");
        json_add_str(o, "code", err_name(info->code));
        json_add_str(o, "message", text);
        printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
        json_object_put(o);
    }
    return code;
}

/* ---- one request ---- */

struct ask {
    uv_loop_t loop;
    struct client *client;
    struct json_object *result;
    struct err_info info;
    enum err code;
    void (*event)(void *arg, const struct event *ev, const char *line); /* NULL: none is wanted */
    void *arg;
};

static void on_answer(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ask *ask = arg;
    if (info) {
        ask->info = *info;
        ask->code = info->code;
    } else {
        ask->result = json_object_get(result);
        ask->code = ERR_OK;
    }
    if (ask->client)
        client_close(ask->client);
}

static void on_ask_note(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "dise: %s\n", sentence);
}

static void on_ask_event(void *arg, const struct event *ev, const char *line)
{
    const struct ask *ask = arg;
    ask->event(ask->arg, ev, line);
}

static enum err send_ask(struct ask *ask, const struct cli_args *args, bool start,
                         enum protocol_method method, struct json_object *params,
                         struct json_object **out, struct err_info *info)
{
    struct client_options options_ = {.home = args->home,
                                      .name = "cli",
                                      .start = start,
                                      .quiet = !start,
                                      .engine_args = cli_engine_args(args),
                                      .config = cli_config(args),
                                      .on_note = on_ask_note,
                                      .on_event = ask->event ? on_ask_event : NULL,
                                      .arg = ask};
    *out = NULL;
    uv_loop_init(&ask->loop);
    ask->client = client_new(&ask->loop, &options_);
    if (!ask->client) {
        uv_loop_close(&ask->loop);
        json_object_put(params);
        return err_set(info, ERR_NOMEM, "out of memory");
    }
    if (ask->event)
        client_subscribe(ask->client, 0, -1, true);
    client_call(ask->client, method, params, on_answer, ask);
    if (client_state(ask->client) == CLIENT_FAILED)
        client_close(ask->client);
    uv_run(&ask->loop, UV_RUN_DEFAULT);
    uv_loop_close(&ask->loop);
    *out = ask->result;
    if (ask->code && info)
        *info = ask->info;
    return ask->code;
}

enum err cli_ask(const struct cli_args *args, bool start, enum protocol_method method,
                 struct json_object *params, struct json_object **out, struct err_info *info)
{
    struct ask ask = {.code = ERR_INTERNAL};
    return send_ask(&ask, args, start, method, params, out, info);
}

enum err cli_ask_watching(const struct cli_args *args, enum protocol_method method,
                          struct json_object *params,
                          void (*event)(void *arg, const struct event *ev, const char *line),
                          void *arg, struct json_object **out, struct err_info *info)
{
    struct ask ask = {.code = ERR_INTERNAL, .event = event, .arg = arg};
    return send_ask(&ask, args, true, method, params, out, info);
}

/* ---- entry ---- */

/* Nobody reads any more: the end that a program has which does not ignore the signal. */
static void end_by_broken_pipe(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

void cli_flush(void)
{
    if (fflush(stdout) && errno == EPIPE)
        end_by_broken_pipe();
}

/* A result that could not be written is no success. */
static int close_output(int code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno == EPIPE)
        end_by_broken_pipe();
    fprintf(stderr, "dise: standard output could not be written%s%s\n", errno ? ": " : "",
            errno ? strerror(errno) : "");
    return code ? code : EXIT_UNSOLVED;
}

/* The engine may be started elsewhere, and is asked later whether it has the same file. */
static enum err make_absolute(const char **path, char out[PATH_SIZE], struct err_info *info)
{
    char here[PATH_SIZE], *real = *path ? realpath(*path, NULL) : NULL;
    enum err e = ERR_OK;
    if (!*path)
        return ERR_OK;
    if (real)
        e = snprintf(out, PATH_SIZE, "%s", real) < PATH_SIZE ? ERR_OK : ERR_TOO_LARGE;
    else if (**path == '/' || !getcwd(here, sizeof here))
        return ERR_OK; /* whoever opens it says what is wrong */
    else
        e = path_join(out, here, *path);
    free(real);
    if (e)
        return err_set(info, e, "the path %.80s… is too long", *path);
    *path = out;
    return ERR_OK;
}

static int run_command(int argc, char **argv)
{
    const struct cli_command *command = NULL;
    struct cli_args args;
    struct err_info info;
    int code;
    if (argc == 2 && strcmp(argv[1], "__docs") == 0) { /* for tests/fresh */
        hooks->docs(stdout);
        return EXIT_SOLVED;
    }
    if (argc == 3 && strcmp(argv[1], "__docs") == 0 && strcmp(argv[2], "configuration") == 0)
        return cli_config_docs();
    code = cli_parse(argc, argv, &args, &command, stderr);
    if (code >= 0)
        return code;
    if (args.help) {
        help(stdout, command);
        return EXIT_SOLVED;
    }
    if (args.version) {
        printf(args.json ? "{\"version\":\"%s\"}\n" : "dise %s\n", DISE_VERSION);
        return EXIT_SOLVED;
    }
    if (path_home(args.home_given, args.home, &info) ||
        make_absolute(&args.config, args.config_path, &info) ||
        make_absolute(&args.record, args.record_path, &info))
        return cli_fail(&args, EXIT_USAGE, &info);
    return command->run(&args);
}

int cli_main(int argc, char **argv, const struct cli_hooks *given)
{
    hooks = given;
    cluster_locale();         /* columns of tables are counted by it */
    signal(SIGPIPE, SIG_IGN); /* an engine may end while it is written to */
    return close_output(run_command(argc, argv));
}
