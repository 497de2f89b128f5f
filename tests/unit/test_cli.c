#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/cli/cli.h"

static struct cli_args args;
static const struct cli_command *command;
static char said[1024];

/* Parses a command line of words separated by one blank. */
static int parse(const char *line)
{
    static char copy[4096];
    char *argv[128], *save = NULL, *text = NULL;
    int argc = 0, code;
    size_t n;
    FILE *err = open_memstream(&text, &n);
    strcpy(copy, line);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    argv[argc] = NULL;
    code = cli_parse(argc, argv, &args, &command, err);
    fclose(err);
    snprintf(said, sizeof said, "%s", text);
    free(text);
    return code;
}

static void refuses(const char *line, const char *words)
{
    assert_int_equal(parse(line), EXIT_USAGE);
    assert_non_null(strstr(said, words));
    assert_non_null(strstr(said, "see dise --help"));
    assert_int_equal(strcspn(said, "\n") + 1, strlen(said)); /* one line */
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(parse("dise --json run --home /h task --input={} --out f --anyway"), -1);
    assert_string_equal(command->name, "run");
    assert_true(args.json && args.anyway && !args.fresh);
    assert_string_equal(args.home_given, "/h");
    assert_string_equal(args.input, "{}");
    assert_string_equal(args.out, "f");
    assert_int_equal(args.word_count, 1);
    assert_string_equal(args.words[0], "task");
}

static void without_a_command_it_is_the_dashboard(void **state)
{
    (void)state;
    assert_int_equal(parse("dise --home run"), -1); /* "run" is the folder */
    assert_string_equal(command->name, "");
    assert_string_equal(args.home_given, "run");
}

/* Each form with as many words as it takes, and how it is said. */
static void no_word_is_ignored(void **state)
{
    static const char *const forms[][2] = {
        {"artifact list", "artifact list"},
        {"artifact show a1", "artifact show ID"},
        {"artifact run a1", "artifact run ID"},
        {"optimize a1 quality", "optimize ID [performance|"},
        {"rag list", "rag list"},
        {"rag show a1", "rag show ID"},
        {"rag versions a1", "rag versions ID"},
        {"rag lineage a1", "rag lineage ID"},
        {"rag diff a1 a2", "rag diff A B"},
        {"rag rollback a1", "rag rollback ID [--to VERSION]"},
        {"rag edit a1 f.py", "rag edit ID [FILE]"},
        {"rag gc", "rag gc"},
        {"rag fixes word", "rag fixes [WORD]"},
        {"rag status", "rag status"},
        {"rag sync", "rag sync [--to qdrant]"},
        {"rag import dir", "rag import PATH"},
        {"rag verify a1", "rag verify [ID]"},
        {"workflow list", "workflow list"},
        {"workflow show a1", "workflow show ID"},
        {"workflow run a1", "workflow run ID"},
        {"workflow save a1 f.json", "workflow save ID FILE"},
        {"workflow load f.json", "workflow load FILE"},
        {"profile f.py", "profile ID | FILE.py"},
        {"gates f.py", "gates ID | FILE.py"},
        {"tool list", "tool list"},
        {"tool show coder", "tool show ID"},
        {"tool save coder f.yaml", "tool save ID FILE"},
        {"tool reset coder", "tool reset ID"},
        {"batch run f", "batch run FILE"},
        {"batch improve quality", "batch improve [TARGET]"},
        {"batch list", "batch list"},
        {"batch show 1", "batch show ID"},
        {"batch report 1", "batch report ID"},
        {"batch install-timer", "batch install-timer"},
        {"bench f.jsonl", "bench FILE.jsonl | report ID"},
        {"bench report 1", "bench report ID"},
        {"testdata f.json", "testdata SCHEMA.json | FILE.py:NAME"},
        {"config show path", "config show [PATH]"},
        {"config migrate f.yaml", "config migrate [FILE]"},
        {"engine", "engine"},
        {"status", "status"},
        {"spend 3", "spend [DAYS]"},
        {"stop", "stop"},
        {"restart", "restart"},
        {"model list", "model list"},
        {"model install m", "model install [NAME]"},
        {"model start m", "model start [NAME]"},
        {"model stop", "model stop"},
        {"backends", "backends"},
        {"doctor", "doctor"},
    };
    char line[200], words[200];
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(line, sizeof line, "dise %s", forms[i][0]);
        assert_int_equal(parse(line), -1);
        snprintf(line, sizeof line, "dise %s 2.0.0", forms[i][0]);
        snprintf(words, sizeof words, "\"2.0.0\" was not understood; usage: dise %s", forms[i][1]);
        refuses(line, words);
    }
    assert_int_equal(parse("dise rag search a b c d -e"), -1);
    assert_int_equal(parse("dise rag delete a1 a2 a3 a4"), -1);
    assert_int_equal(parse("dise rag restore a1 a2 a3 a4"), -1);
    assert_int_equal(parse("dise rag export f a1 a2 a3 a4"), -1);
    assert_int_equal(parse("dise rag frobnicate a b c"), -1); /* the command says what it knows */
}

static void help_and_version_are_everywhere(void **state)
{
    static const char *const lines[] = {"dise --help",   "dise -h",         "dise run --help",
                                        "dise run -h",   "dise --help run", "dise model --help",
                                        "dise doctor -h"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(parse(lines[i]), -1);
        assert_true(args.help);
    }
    assert_int_equal(parse("dise artifact --version"), -1);
    assert_true(args.version);
}

static void grants_repeat_up_to_a_limit(void **state)
{
    char line[4096] = "dise run t";
    (void)state;
    assert_int_equal(parse("dise run t --allow-read /a --allow-read=/b --allow-net h:80"), -1);
    assert_string_equal(args.read[0], "/a");
    assert_string_equal(args.read[1], "/b");
    assert_null(args.read[2]);
    assert_string_equal(args.net[0], "h:80");
    for (int i = 0; i < CLI_GRANTS_MAX; i++)
        strcat(line, " --allow-read /x");
    refuses(line, "too often");
}

static void what_looks_like_an_option_may_be_a_task(void **state)
{
    (void)state;
    assert_int_equal(parse("dise run -- --json"), -1);
    assert_string_equal(args.words[0], "--json");
    assert_false(args.json);
    assert_int_equal(parse("dise run -"), -1);
    assert_string_equal(args.words[0], "-");
}

static void wrong_usage_gets_one_sentence(void **state)
{
    (void)state;
    refuses("dise walk", "unknown command walk");
    refuses("dise run", "something is missing");
    refuses("dise run a b", "\"b\" was not understood; usage: dise run \"TASK\" (");
    refuses("dise run t --input", "--input needs a value");
    refuses("dise run t --json=yes", "takes no value");
    refuses("dise run t --jason", "unknown option --jason");
    refuses("dise run t -x", "unknown option -x");
    refuses("dise -x", "unknown option -x");
    refuses("dise status --input {}", "does not belong");
    refuses("dise artifact", "something is missing");
}

/* Each verb has its own options: one that would change nothing is refused. */
static void options_belong_to_verbs(void **state)
{
    static const char *const right[] = {
        "artifact run a1 --input {} --out f --allow-read p --allow-write p",
        "artifact run a1 --allow-net h --allow-package p",
        "artifact show a1 --out f",
        "rag show a1 --out f",
        "rag gc --dry-run --older-than 3",
        "rag import p --dry-run",
        "rag list --kind k --deleted --tag t --quality 1 --since 1d --versions --limit 3",
        "rag search w --kind k --tag t --quality 1 --since 1d --before 1d --explain --limit 3",
        "rag search --similar-to a1",
        "rag export f --kind k --deleted",
        "rag delete a1 --versions",
        "rag restore --all",
        "rag rollback a1 --to 1.0.0",
        "rag sync --to qdrant",
        "rag edit a1 --reason r",
        "rag verify --wait",
        "workflow run w1 --input {} --allow-package p",
        "tool run t --input {} --allow-package p",
        "batch run f --name n --at 02:00 --width 2 --tokens 1 --money 1 --hours 1 --dry-run --wait",
        "batch improve --name n --at 02:00 --width 2 --tokens 1 --money 1 --hours 1 --limit 3",
        "batch report 7 --verify --out f",
        "batch install-timer --out f",
        "bench f --raw --limit 3",
        "bench report 7",
        "config show --unused",
        "config migrate --write",
        "optimize a1 memory --iterations 0",
    };
    static const char *const wrong[] = {
        "artifact show a1 --input {}", "artifact list --out f", "rag list --dry-run",
        "rag search w --all",          "rag gc --wait",         "workflow list --input {}",
        "tool show t --input {}",      "batch list --wait",     "batch run f --verify",
        "batch show 7 --limit 3",      "config show --write",   "config migrate --unused"};
    char line[200];
    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        snprintf(line, sizeof line, "dise %s", right[i]);
        if (parse(line) != -1)
            fail_msg("%s: %s", line, said);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(line, sizeof line, "dise %s", wrong[i]);
        if (parse(line) != EXIT_USAGE || !strstr(said, "does not belong to dise "))
            fail_msg("%s: %s", line, said);
        assert_int_equal(strcspn(said, "\n") + 1, strlen(said));
    }
}

static void errors_have_their_exit_codes(void **state)
{
    (void)state;
    assert_int_equal(cli_exit_code(ERR_OK), 0);
    assert_int_equal(cli_exit_code(ERR_INPUT), 2);
    assert_int_equal(cli_exit_code(ERR_PARSE), 2);
    assert_int_equal(cli_exit_code(ERR_NO_BACKEND), 3);
    assert_int_equal(cli_exit_code(ERR_BUDGET), 4);
    assert_int_equal(cli_exit_code(ERR_CANCELLED), 130);
    assert_int_equal(cli_exit_code(ERR_INTERNAL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(without_a_command_it_is_the_dashboard),
        cmocka_unit_test(no_word_is_ignored),
        cmocka_unit_test(help_and_version_are_everywhere),
        cmocka_unit_test(grants_repeat_up_to_a_limit),
        cmocka_unit_test(what_looks_like_an_option_may_be_a_task),
        cmocka_unit_test(wrong_usage_gets_one_sentence),
        cmocka_unit_test(options_belong_to_verbs),
        cmocka_unit_test(errors_have_their_exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
