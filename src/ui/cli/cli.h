/* The command line: one table of commands (cli.c), each a client of the engine or a small local
 * errand. Exit codes are those of core/protocol.h. */
#ifndef DISE_UI_CLI_H
#define DISE_UI_CLI_H

#include <stdio.h>

#include "base/path.h"
#include "core/protocol.h"
#include "ui/client.h"

enum { CLI_GRANTS_MAX = 32, CLI_WORDS_MAX = 256 };

/* What the options of a command line said. Strings are borrowed from argv. */
struct cli_args {
    const char *home_given, *config, *input, *out, *record, *as, *budget;
    const char *read[CLI_GRANTS_MAX], *write[CLI_GRANTS_MAX], *net[CLI_GRANTS_MAX],
        *packages[CLI_GRANTS_MAX], *sets[CLI_GRANTS_MAX];             /* NULL ends */
    const char *iterations;                                           /* of optimize */
    const char *name, *at, *width, *tokens, *money, *hours;           /* of a batch */
    const char *raw_samples, *limit, *seed, *split, *class, *without; /* of a bench */
    const char *to, *older_than, *reason;                             /* of rag, as the next */
    const char *count;                                                /* of test data */
    bool edge, realistic;
    bool deleted, versions, all;
    bool dry_run, wait, verify, raw, unused, write_back;
    bool explain, test; /* of backends; explain of a search, too */
    const char *call;   /* of a profile */
    const char *kind, *quality, *since, *before, *similar_to, *tags[CLI_GRANTS_MAX]; /* of rag */
    const char *profile;                                                             /* of gates */
    bool screen_reader, json, unsafe, anyway, fresh, no_cache, plan, detached, help, version;
    char home[PATH_SIZE], config_path[PATH_SIZE], record_path[PATH_SIZE];
    const char *words[CLI_WORDS_MAX]; /* the command's own words, without its name */
    int word_count;
};

struct cli_command {
    const char *name;    /* "artifact" */
    const char *usage;   /* "list | show ID | run ID": also how many words it takes (cli_usage.h) */
    const char *help;    /* one line */
    const char *options; /* besides the global ones: "input out:show,run" (of these verbs) */
    int least;           /* number of words; how many at most the usage tells */
    int (*run)(const struct cli_args *args);
};

/* What the composition root provides: the engine's and the dashboard's entry. */
struct cli_hooks {
    int (*engine)(const struct cli_args *args);
    int (*dashboard)(const struct cli_args *args);
    void (*docs)(FILE *out); /* the generated document on keys and commands */
};

/* Parses and runs; returns the exit code. */
int cli_main(int argc, char **argv, const struct cli_hooks *hooks);

/* Parses only (tests). Returns -1 when a command is to be run, else the exit code. */
int cli_parse(int argc, char **argv, struct cli_args *args, const struct cli_command **command,
              FILE *err);

/* Arguments for an engine that this command may have to start; NULL-terminated, borrowed. */
const char *const *cli_engine_args(const struct cli_args *args);
/* Where the configuration of this command comes from; borrowed, the same for all calls. */
const struct config_sources *cli_config(const struct cli_args *args);
/* One sentence on stderr ("dise: …"), as a JSON object on stdout too when --json; returns `code`.
 */
int cli_fail(const struct cli_args *args, int code, const struct err_info *info);
/* Sends what was printed on its way; ends the process when its reader has gone. */
void cli_flush(void);
/* The exit code that belongs to an error. */
int cli_exit_code(enum err code);

/* The commands. */
int cli_run(const struct cli_args *args);
int cli_artifact(const struct cli_args *args);
/* The rest of `artifact run ID` and `workflow run ID`. */
int cli_artifact_run(const struct cli_args *args);
int cli_run_on_input(const struct cli_args *args, enum protocol_method method);
int cli_optimize(const struct cli_args *args); /* cli_optimize.c */
/* Adds what --budget says to the parameters; ERR_INPUT. */
enum err cli_add_budget(struct json_object *params, const struct cli_args *args,
                        struct err_info *info) MUST_CHECK;
int cli_workflow(const struct cli_args *args);
int cli_tool(const struct cli_args *args);
int cli_status(const struct cli_args *args);
int cli_stop(const struct cli_args *args);
int cli_restart(const struct cli_args *args);
int cli_model(const struct cli_args *args);
int cli_doctor(const struct cli_args *args);
int cli_backends(const struct cli_args *args);
int cli_batch(const struct cli_args *args);
int cli_bench(const struct cli_args *args);
int cli_config_command(const struct cli_args *args);
/* Prints docs/configuration.md. */
int cli_config_docs(void);
int cli_spend(const struct cli_args *args);
/* Adds to the parameters the program that a command is about: `source` and `file` of a path or a
 * name that ends in .py, else `id`. ERR_INPUT with the place, ERR_TOO_LARGE, or why it cannot be
 * read. */
enum err cli_add_program(struct json_object *params, const char *word,
                         struct err_info *info) MUST_CHECK;
int cli_profile(const struct cli_args *args);
int cli_testdata(const struct cli_args *args);
int cli_gates(const struct cli_args *args);

/* Adds --width, --tokens, --money and --hours to the parameters of batch.submit. */
enum err cli_batch_limits(const struct cli_args *args, struct json_object *params,
                          struct err_info *info) MUST_CHECK;
/* Prints how a batch goes on until it has ended, and returns its exit code. *ended is false when
 * the engine was lost, which has been said then. */
int cli_batch_wait(const struct cli_args *args, int64_t id, bool *ended);
/* A number of at least 0, of at least 1 when it is whole; `text` NULL gives 0. */
enum err cli_number(const char *option, const char *text, bool whole, double *out,
                    struct err_info *info) MUST_CHECK;

/* Adds --input (an object, else ERR_INPUT) and the --allow options to a job's parameters. */
enum err cli_add_input(struct json_object *params, const struct cli_args *args,
                       struct err_info *info) MUST_CHECK;
void cli_add_grants(struct json_object *params, const struct cli_args *args);

/* Sends one request and waits for its answer (caller puts *out). `start`: start an engine when
 * none runs. */
enum err cli_ask(const struct cli_args *args, bool start, enum protocol_method method,
                 struct json_object *params, struct json_object **out, struct err_info *info);

/* The same, with an engine, and with all events that come until then; `line` is one's JSON. */
enum err cli_ask_watching(const struct cli_args *args, enum protocol_method method,
                          struct json_object *params,
                          void (*event)(void *arg, const struct event *ev, const char *line),
                          void *arg, struct json_object **out, struct err_info *info);

/* Follows a job that `method`+`params` starts, printing its events (cli_follow.c); returns the exit
 * code of its end. `out` (may be NULL): where the program is saved. */
int cli_follow(const struct cli_args *args, enum protocol_method method,
               struct json_object *params);

#endif
