#include "base/secret.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SECRETS_MAX = 128, LEAST = 8 };

extern char **environ;

/* Filled by one thread and never changed again, so that readers need no lock. */
static char *secrets[SECRETS_MAX];
static atomic_int count;

static void keep(const char *value)
{
    const int n = atomic_load(&count);
    if (strlen(value) < LEAST || n >= SECRETS_MAX)
        return;
    for (int i = 0; i < n; i++)
        if (strcmp(secrets[i], value) == 0)
            return;
    secrets[n] = strdup(value);
    if (secrets[n])
        atomic_store(&count, n + 1);
}

void secret_note(const char *value)
{
    const char *blank = strrchr(value, ' ');
    keep(value);
    if (blank)
        keep(blank + 1);
}

bool secret_name(const char *name, size_t n)
{
    static const char *const words[] = {"KEY",    "TOKEN",      "SECRET", "PASSWORD",
                                        "PASSWD", "CREDENTIAL", "AUTHORI"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const size_t length = strlen(words[w]);
        for (size_t i = 0; i + length <= n; i++)
            if (strncasecmp(name + i, words[w], length) == 0)
                return true;
    }
    return false;
}

void secret_note_environment(void)
{
    for (char **at = environ; *at; at++) {
        const char *value = strchr(*at, '=');
        /* a path is no secret, and stands in many sentences */
        if (value && value[1] != '/' && secret_name(*at, (size_t)(value - *at)))
            secret_note(value + 1);
    }
}

static void hide_one(char *text, const char *secret)
{
    const size_t n = strlen(secret);
    size_t length = strlen(text), cut;
    for (char *at = text; (at = strstr(at, secret)); at += 3) {
        memcpy(at, "***", 3);
        memmove(at + 3, at + n, strlen(at + n) + 1);
    }
    length = strlen(text);
    for (cut = n - 1 < length ? n - 1 : length; cut >= LEAST; cut--)
        if (memcmp(text + length - cut, secret, cut) == 0) {
            strcpy(text + length - cut, "***");
            return;
        }
}

void secret_hide(char *text)
{
    const int n = atomic_load(&count);
    for (int i = 0; i < n; i++)
        hide_one(text, secrets[i]);
}
