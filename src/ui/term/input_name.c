/* Names of keys (part of input.h). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "ui/term/input.h"

static const struct {
    uint32_t key;
    const char *name;
} names[] = {
    {INPUT_UP, "Up"},         {INPUT_DOWN, "Down"},      {INPUT_LEFT, "Left"},
    {INPUT_RIGHT, "Right"},   {INPUT_HOME, "Home"},      {INPUT_END, "End"},
    {INPUT_PAGE_UP, "PgUp"},  {INPUT_PAGE_DOWN, "PgDn"}, {INPUT_INSERT, "Ins"},
    {INPUT_DELETE, "Del"},    {INPUT_BACKSPACE, "Bksp"}, {INPUT_ENTER, "Enter"},
    {INPUT_TAB, "Tab"},       {INPUT_ESC, "Esc"},        {INPUT_BEGIN, "Begin"},
    {' ', "Space"},           {INPUT_DELETE, "Delete"},  {INPUT_BACKSPACE, "Backspace"},
    {INPUT_INSERT, "Insert"}, {INPUT_PAGE_UP, "PageUp"}, {INPUT_PAGE_DOWN, "PageDown"},
};

static void base_name(uint32_t key, char out[16])
{
    out[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !out[0]; i++)
        if (names[i].key == key)
            snprintf(out, 16, "%s", names[i].name);
    if (out[0])
        return;
    if (key > INPUT_F0 && key < INPUT_KEY_END)
        snprintf(out, 16, "F%u", (unsigned)(key - INPUT_F0));
    else if (key < INPUT_UP)
        out[utf8_encode(key, out)] = 0;
}

const char *input_key_name(uint32_t key, uint32_t mods, char out[24])
{
    char base[16];
    bool character = key > ' ' && key < INPUT_UP;
    base_name(key, base);
    if (character && mods & INPUT_CTRL && key >= 'a' && key <= 'z')
        base[0] = (char)(key - 'a' + 'A');
    snprintf(out, 24, "%s%s%s%s%s", mods & INPUT_SUPER ? "Super-" : "",
             mods & INPUT_ALT ? "M-" : "", mods & INPUT_SHIFT ? "S-" : "",
             !(mods & INPUT_CTRL) ? ""
             : character          ? "^"
                                  : "C-",
             base);
    return out;
}

static const char *prefix(const char *name, uint32_t *mods)
{
    static const struct {
        const char *text;
        uint32_t mod;
    } prefixes[] = {{"C-", INPUT_CTRL},      {"Ctrl-", INPUT_CTRL},  {"^", INPUT_CTRL},
                    {"M-", INPUT_ALT},       {"Alt-", INPUT_ALT},    {"S-", INPUT_SHIFT},
                    {"Shift-", INPUT_SHIFT}, {"Super-", INPUT_SUPER}};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i].text);
        if (strncasecmp(name, prefixes[i].text, n) == 0 && name[n]) {
            *mods |= prefixes[i].mod;
            return name + n;
        }
    }
    return name;
}

bool input_key_parse(const char *name, uint32_t *key, uint32_t *mods)
{
    const char *next;
    unsigned f;
    char rest;
    *key = *mods = 0;
    while ((next = prefix(name, mods)) != name)
        name = next;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i].name) == 0)
            *key = names[i].key;
    if (*key)
        return true;
    if (sscanf(name, "%*1[Ff]%u%c", &f, &rest) == 1 && f >= 1 && f <= 24) {
        *key = INPUT_F0 + f;
        return true;
    }
    if (!*name || utf8_decode(name, strlen(name), key) != strlen(name) || *key < ' ')
        return false;
    if (*mods & INPUT_CTRL && *key >= 'A' && *key <= 'Z')
        *key += 'a' - 'A';
    return *key != UTF8_BAD;
}
