/* The dashboard: terminal, client and frame on one loop. Everything that a person sees is drawn by
 * ui.c out of the model; this file gives it a terminal, a clock and an engine. */
#ifndef DISE_UI_APP_H
#define DISE_UI_APP_H

#include <stdbool.h>
#include <stdio.h>

/* All texts are borrowed for the whole call. */
struct ui_options {
    const char *home;   /* data folder: ui.json (focus, theme, drafts, history) lies there */
    const char *socket; /* the engine's socket */
    const char *themes; /* folder with the theme files */
    const char *theme;  /* NULL: what was chosen before, else by the terminal's background */
    const char *cwd;    /* working folder of jobs */
    const char *grants; /* JSON text {"read":[],"write":[],"net":[]} or NULL: none */
    bool no_color, no_mouse;
    /* Starts the engine, detached, and returns at once; called when nothing answers on the socket.
     * false: it could not be started (a sentence went to `why`, 256 bytes). */
    bool (*start_engine)(void *arg, char *why);
    void *arg;
};

/* Runs until the person leaves. Returns the exit code: 0, or 1 with a sentence on stderr when there
 * is no terminal. The engine goes on. */
int ui_main(const struct ui_options *o);

/* docs/keys.md: commands, keys and their help, out of actions.def. */
void ui_docs(FILE *out);

#endif
