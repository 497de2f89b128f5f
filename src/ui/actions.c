#include "ui/actions.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "ui/ui.h"

static const struct {
    const char *name, *group, *args, *keys, *hint, *help;
    enum pane_id pane;
} table[] = {
#define ACTION(id, name, group, args, keys, help) {name, group, args, keys, "", help, PANE_COUNT},
#define PANE_ACTION(pane, id, name, group, args, keys, hint, help)                                 \
    {name, group, args, keys, hint, help, PANE_##pane},
#include "ui/actions.def"
#undef ACTION
};

const char *action_name(enum action a)
{
    return table[a].name;
}

const char *action_group(enum action a)
{
    return table[a].group;
}

const char *action_args(enum action a)
{
    return table[a].args;
}

const char *action_keys(enum action a)
{
    return table[a].keys;
}

const char *action_help(enum action a)
{
    return table[a].help;
}

const char *action_hint(enum action a)
{
    return table[a].hint;
}

enum pane_id action_pane(enum action a)
{
    return table[a].pane;
}

enum action action_by_name(const char *name)
{
    for (int i = 0; i < ACTION_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return (enum action)i;
    return ACTION_COUNT;
}

static bool bound(enum action a, uint32_t key, uint32_t mods)
{
    for (const char *p = table[a].keys; *p;) {
        char name[24];
        size_t n = strcspn(p, " ");
        uint32_t k, m;
        snprintf(name, sizeof name, "%.*s", (int)n, p);
        p += n + (p[n] == ' ');
        if (input_key_parse(name, &k, &m) && k == key && m == mods)
            return true;
    }
    return false;
}

enum action action_by_key(uint32_t key, uint32_t mods, bool typing, enum pane_id pane)
{
    enum action found = ACTION_COUNT;
    if (typing && key < 0x110000 && !(mods & (INPUT_CTRL | INPUT_ALT)))
        return ACTION_COUNT;
    for (int i = 0; i < ACTION_COUNT; i++) {
        enum pane_id own = table[i].pane;
        if ((own != PANE_COUNT && (own != pane || typing)) || !bound((enum action)i, key, mods))
            continue;
        if (own != PANE_COUNT)
            return (enum action)i;
        if (found == ACTION_COUNT)
            found = (enum action)i;
    }
    return found;
}

const char *action_nearest(const char *name)
{
    const char *best = NULL;
    int fewest = nearest_allowed(name) + 1;
    for (int i = 0; i < ACTION_COUNT; i++) {
        int errors = nearest_distance(name, table[i].name);
        if (*name && strncmp(table[i].name, name, strlen(name)) == 0)
            errors = 0; /* its beginning */
        if (errors < fewest) {
            fewest = errors;
            best = table[i].name;
        }
    }
    return best;
}

void action_docs(FILE *out)
{
    const char *group = "";
    fprintf(out,
            "# Keys and commands of the dashboard\n\nWritten by `dise __docs` from "
            "`src/ui/actions.def`. "
            "Single letters work outside the input line; commands are typed there with a slash.\n");
    for (int i = 0; i < ACTION_COUNT; i++) {
        if (strcmp(group, table[i].group) != 0)
            fprintf(out, "\n## %s\n\n| command | keys | what it does |\n|---|---|---|\n",
                    table[i].group);
        group = table[i].group;
        fprintf(out, "| `/%s%s", table[i].name, table[i].args[0] ? " " : "");
        for (const char *p = table[i].args; *p; p++) /* a bar would end the table's cell */
            fprintf(out, *p == '|' ? "\\%c" : "%c", *p);
        fprintf(out, "` | %s | %s |\n", table[i].keys, table[i].help);
    }
}

/* ---- help ---- */

enum { KEYS_W = 11, NAME_W = 24, WIDE = 76 };

/* Three columns where there is room: keys, command, what it does. */
static void help_line(struct ui *ui, int a)
{
    char left[96];
    snprintf(left, sizeof left, "/%s%s%s", table[a].name, *table[a].args ? " " : "", table[a].args);
    if (ui->canvas.w < WIDE)
        ui_say_hang(ui, KEYS_W, STYLE_TEXT, "%-*s%s  %s", KEYS_W, table[a].keys, table[a].help,
                    left);
    else if (strlen(left) < NAME_W)
        ui_say_hang(ui, KEYS_W + NAME_W, STYLE_TEXT, "%-*s%-*s%s", KEYS_W, table[a].keys, NAME_W,
                    left, table[a].help);
    else
        ui_say_hang(ui, KEYS_W, STYLE_TEXT, "%-*s%s\n%-*s%s", KEYS_W, table[a].keys, left,
                    KEYS_W + NAME_W, "", table[a].help);
}

static void help_pane(struct ui *ui, enum pane_id p)
{
    bool any = false;
    for (int a = 0; a < ACTION_COUNT; a++) {
        if (table[a].pane != p)
            continue;
        if (!any) {
            ui_say(ui, STYLE_TEXT, " ");
            ui_say(ui, STYLE_HEADING, "In the pane %d %s", p + 1, pane_classes[p]->title);
        }
        any = true;
        help_line(ui, a);
    }
}

static void help_everywhere(struct ui *ui)
{
    const char *group = "";
    for (int a = 0; a < ACTION_COUNT; a++) {
        if (table[a].pane != PANE_COUNT)
            continue;
        if (strcmp(group, table[a].group) != 0) {
            ui_say(ui, STYLE_TEXT, " ");
            ui_say(ui, STYLE_HEADING, "%s", table[a].group);
        }
        group = table[a].group;
        help_line(ui, a);
    }
    ui_say(ui, STYLE_TEXT, " ");
    ui_say(ui, STYLE_HEADING, "Everywhere");
    ui_say_hang(ui, KEYS_W, STYLE_TEXT, "%-*s%s", KEYS_W, "^C",
                "cancels the job in view; twice leaves");
    ui_say_hang(ui, KEYS_W, STYLE_TEXT, "%-*s%s", KEYS_W, "Esc", "one level up");
    ui_say_hang(ui, KEYS_W, STYLE_TEXT, "%-*s%s", KEYS_W, "M-Enter ^J", "a new line in the input");
    ui_say_hang(ui, KEYS_W, STYLE_TEXT, "%-*s%s", KEYS_W, "j k g G",
                "move, outside the input line; ^D ^U PgUp PgDn by more");
    ui_say_hang(ui, KEYS_W, STYLE_TEXT, "%-*s%s", KEYS_W, "n N", "the next match, the one before");
}

/* The keys of the pane in which it was asked for come first. */
void action_help_text(struct ui *ui)
{
    enum pane_id own = ui->typing ? PANE_COUNT : ui->focus;
    ui_open_text(ui, "Help");
    ui_say(ui, STYLE_TEXT,
           "Type what a program should do and press Enter. Examples in your words, such as "
           "f(3) == 9 or \"XIV\" -> 14, are what it is checked against.");
    if (own != PANE_COUNT)
        help_pane(ui, own);
    help_everywhere(ui);
    for (int p = 0; p < PANE_COUNT; p++)
        if (p != (int)own && ui_has(ui, (enum pane_id)p))
            help_pane(ui, (enum pane_id)p);
}
