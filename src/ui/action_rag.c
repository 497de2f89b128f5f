/* /rag and /clear_rag: the verbs of `dise rag` in the dashboard. Answers are shown as text. */
#include <stdlib.h>
#include <string.h>

#include "ui/action_rag.h"
#include "ui/pane/shelf.h"
#include "ui/rag_text.h"

enum { WORDS_MAX = 64, WORD_BYTES = 512 };

/* ---- answers ---- */

static void say_line(void *arg, enum rag_line how, const char *text)
{
    static const enum style styles[] = {[RAG_PLAIN] = STYLE_TEXT,
                                        [RAG_DIM] = STYLE_DIM,
                                        [RAG_GOOD] = STYLE_OK,
                                        [RAG_BAD] = STYLE_ERROR,
                                        [RAG_HEAD] = STYLE_HEADING};
    struct ui *ui = arg;
    char ascii[1000];
    if (ui->plain)
        rag_text_ascii(text, ascii, sizeof ascii);
    ui_say(ui, styles[how], "%s", ui->plain ? ascii : text);
}

static void show(struct ui *ui, const char *title, struct json_object *result,
                 const struct err_info *info,
                 void (*text)(struct json_object *, const struct rag_out *))
{
    const struct rag_out out = {say_line, ui};
    char message[512];
    if (info) {
        ui_note(ui, "%s", err_format(info, message, sizeof message));
        return;
    }
    ui_open_text(ui, title);
    text(result, &out);
}

#define REPLY(name, title)                                                                         \
    static void on_##name(void *arg, struct json_object *result, const struct err_info *info)      \
    {                                                                                              \
        show(arg, title, result, info, rag_text_##name);                                           \
    }
REPLY(list, "Memory")
REPLY(versions, "Memory: versions")
REPLY(diff, "Memory: what differs")
REPLY(lineage, "Memory: lineage")
REPLY(made, "Memory: a new version")
REPLY(deleted, "Memory: put aside")
REPLY(restored, "Memory: taken back")
REPLY(fixes, "Memory: what mended which error")
REPLY(gc, "Memory: removed for good")
#undef REPLY

struct verb {
    const char *name, *words;
    enum protocol_method method;
    int least, most; /* words behind it */
    bool list;       /* the words are ids, as a list */
    const char *keys[2];
    client_reply_fn *reply;
};

static const struct verb verbs[] = {
    {.name = "versions",
     .words = "ID",
     .method = METHOD_RAG_VERSIONS,
     .least = 1,
     .most = 1,
     .keys = {"id"},
     .reply = on_versions},
    {.name = "diff",
     .words = "A B",
     .method = METHOD_RAG_DIFF,
     .least = 2,
     .most = 2,
     .keys = {"from", "to"},
     .reply = on_diff},
    {.name = "lineage",
     .words = "ID",
     .method = METHOD_RAG_LINEAGE,
     .least = 1,
     .most = 1,
     .keys = {"id"},
     .reply = on_lineage},
    {.name = "rollback",
     .words = "ID [VERSION]",
     .method = METHOD_RAG_ROLLBACK,
     .least = 1,
     .most = 2,
     .keys = {"id", "to"},
     .reply = on_made},
    {.name = "delete",
     .words = "ID ...",
     .method = METHOD_RAG_DELETE,
     .least = 1,
     .most = WORDS_MAX,
     .list = true,
     .reply = on_deleted},
    {.name = "restore",
     .words = "ID ... | all",
     .method = METHOD_RAG_RESTORE,
     .least = 1,
     .most = WORDS_MAX,
     .list = true,
     .reply = on_restored},
    {.name = "fixes",
     .words = "[WORD]",
     .method = METHOD_RAG_FIXES,
     .most = 1,
     .keys = {"query"},
     .reply = on_fixes},
    {.name = "gc", .words = "[DAYS]", .method = METHOD_RAG_GC, .most = 1, .reply = on_gc},
};

/* ---- requests ---- */

static void do_list(struct ui *ui, const char *words)
{
    struct json_object *o = json_object_new_object();
    struct shelf_filter f;
    shelf_parse(words, ui->now, &f);
    json_add_str(o, "kind", *f.kind ? f.kind : "*");
    json_add_str(o, "tag", f.tag);
    json_add_str(o, "query", f.query);
    json_add_i64(o, "since", f.since);
    json_add_bool(o, "deleted", f.deleted);
    if (f.solved >= 0)
        json_add_bool(o, "solved", f.solved > 0);
    ui_call(ui, METHOD_ARTIFACT_LIST, o, on_list, ui);
}

/* The words, each into the member that it is for. */
static struct json_object *params_of(const struct verb *v, char words[][WORD_BYTES], int n)
{
    struct json_object *o = json_object_new_object(), *ids;
    if (v->method == METHOD_RAG_GC && n)
        json_add_f64(o, "older_than_days", strtod(words[0], NULL));
    for (int i = 0; i < n && i < 2 && v->keys[i]; i++)
        json_add_str(o, v->keys[i], words[i]);
    if (!v->list)
        return o;
    if (v->method == METHOD_RAG_RESTORE && n == 1 && strcmp(words[0], "all") == 0) {
        json_add_bool(o, "all", true);
        return o;
    }
    ids = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(ids, json_object_new_string(words[i]));
    json_object_object_add(o, "ids", ids);
    return o;
}

static int split_words(const char *text, char words[WORDS_MAX][WORD_BYTES])
{
    int n = 0;
    while (n < WORDS_MAX && *(text += strspn(text, " "))) {
        size_t len = strcspn(text, " ");
        snprintf(words[n++], WORD_BYTES, "%.*s", (int)(len < WORD_BYTES ? len : WORD_BYTES - 1),
                 text);
        text += len;
    }
    return n;
}

static void do_verb(struct ui *ui, const struct verb *v, const char *text)
{
    char(*words)[WORD_BYTES] = calloc(WORDS_MAX, sizeof *words);
    int n = words ? split_words(text, words) : 0;
    if (n < v->least || n > v->most)
        ui_note(ui, "/rag %s %s", v->name, v->words);
    else
        ui_call(ui, v->method, params_of(v, words, n), v->reply, ui);
    free(words);
}

/* ---- what reads and writes files, and what takes long: as on the command line ---- */

static const struct command {
    const char *name, *words;
    int least, most;
    const char *option; /* before the first word */
    const char *title;
} commands[] = {
    {"import", "FOLDER|FILE", 1, 1, NULL, "Memory: taken over"},
    {"export", "FILE [ID ...]", 1, WORDS_MAX, NULL, "Memory: written to a file"},
    {"verify", "[ID]", 0, 1, NULL, "Memory: verified again"},
    {"sync", "[file|qdrant]", 0, 1, "--to", "Memory: vectors from store to store"},
    {"status", "", 0, 0, NULL, "Memory: the search by meaning"},
};

struct running {
    struct ui *ui;
    const struct command *command;
};

static void on_ended(void *arg, int code, const char *text)
{
    struct running *r = arg;
    struct rag_out out = {say_line, r->ui};
    char line[900];
    ui_open_text(r->ui, r->command->title);
    while (*text) {
        size_t n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
        out.line(out.arg, code ? RAG_BAD : RAG_PLAIN, line);
        text += n + (text[n] != 0);
    }
    if (code)
        ui_note(r->ui, "dise rag %s did not end well", r->command->name);
    r->ui->dirty = true;
    free(r);
}

/* The shell would have done it. */
static void expand_home(char word[WORD_BYTES])
{
    const char *home = getenv("HOME");
    char copy[WORD_BYTES];
    if (strncmp(word, "~/", 2) != 0 || !home || strlen(home) + strlen(word) >= WORD_BYTES)
        return;
    memcpy(copy, word, WORD_BYTES);
    snprintf(word, WORD_BYTES, "%s%s", home, copy + 1);
}

static void run_command(struct ui *ui, const struct command *c, char words[][WORD_BYTES], int n)
{
    const char *argv[WORDS_MAX + 4] = {"rag", c->name};
    struct running *r = malloc(sizeof *r);
    char why[300] = "it cannot be done here";
    int at = 2;
    if (n && c->option)
        argv[at++] = c->option;
    for (int i = 0; i < n; i++) {
        expand_home(words[i]);
        argv[at++] = words[i];
    }
    if (r)
        *r = (struct running){ui, c};
    if (r && ui->link.command &&
        ui->link.command(ui->link.arg, argv, on_ended, r, why, sizeof why)) {
        ui_note(ui, "dise rag %s runs", c->name);
        return;
    }
    free(r);
    ui_note(ui, "/rag %s: %s", c->name, why);
}

/* A name with blanks stands in quotation marks. */
static int split_quoted(const char *text, char words[WORDS_MAX][WORD_BYTES])
{
    int n = 0;
    while (n < WORDS_MAX && *(text += strspn(text, " "))) {
        const bool quoted = *text == '"' && strchr(text + 1, '"');
        const size_t len = strcspn(text + quoted, quoted ? "\"" : " ");
        if (len >= WORD_BYTES)
            return -1;
        snprintf(words[n++], WORD_BYTES, "%.*s", (int)len, text + quoted);
        text += len + 2 * (size_t)quoted;
    }
    return n;
}

static void do_command(struct ui *ui, const struct command *c, const char *text)
{
    char(*words)[WORD_BYTES] = calloc(WORDS_MAX, sizeof *words);
    int n = words ? split_quoted(text, words) : -1;
    if (n < c->least || n > c->most)
        ui_note(ui, "/rag %s %s", c->name, c->words);
    else
        run_command(ui, c, words, n);
    free(words);
}

/* What the memory's pane does. */
static const struct {
    const char *name;
    enum action action;
} of_pane[] = {{"search", ACTION_MEMORY_SEARCH},
               {"similar", ACTION_MEMORY_LIKE},
               {"show", ACTION_MEMORY_DETAIL}};

static bool is(const char *word, size_t n, const char *name)
{
    return strlen(name) == n && strncmp(word, name, n) == 0;
}

void action_rag(struct ui *ui, const char *args)
{
    size_t n = strcspn(args, " ");
    const char *rest = args + n + strspn(args + n, " ");
    if (!n || is(args, n, "list")) {
        do_list(ui, rest);
        return;
    }
    for (size_t i = 0; i < sizeof of_pane / sizeof *of_pane; i++)
        if (is(args, n, of_pane[i].name)) {
            action_do(ui, of_pane[i].action, rest);
            return;
        }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (is(args, n, verbs[i].name)) {
            do_verb(ui, &verbs[i], rest);
            return;
        }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (is(args, n, commands[i].name)) {
            do_command(ui, &commands[i], rest);
            return;
        }
    ui_note(ui,
            "/rag knows search, similar, list, show, versions, diff, lineage, rollback, delete, "
            "restore, gc, fixes, import, export, verify, sync and status, "
            "not %.40s",
            args);
}

/* ---- all of it ---- */

static void on_cleared(void *arg, struct json_object *result, const struct err_info *info)
{
    struct ui *ui = arg;
    char message[512];
    if (info)
        ui_note(ui, "%s", err_format(info, message, sizeof message));
    else
        ui_note(ui, "%lld put aside; `dise rag restore --all` or /rag restore all takes them back",
                (long long)json_i64(result, "count", 0));
}

static void clear(struct ui *ui)
{
    struct json_object *o = json_object_new_object();
    json_add_bool(o, "all", true);
    ui_call(ui, METHOD_RAG_DELETE, o, on_cleared, ui);
}

void action_clear_rag(struct ui *ui)
{
    ui_confirm(ui, "Memory", "Put aside everything that is kept? It can be taken back.",
               "put aside", clear);
}
