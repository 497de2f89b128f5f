/* The dashboard: terminal, client and frame on one loop. Everything that a person sees is drawn by
 * ui.c out of the model; this file gives it a terminal, a clock and an engine. */
#ifndef DISE_UI_APP_H
#define DISE_UI_APP_H

#include <stdbool.h>
#include <stdio.h>

struct config_sources; /* core/config.h */

/* All texts are borrowed for the whole call. */
struct ui_options {
    const char *home;               /* data folder: ui.json (theme, draft, history) lies there */
    const char *themes;             /* folder with the theme files */
    const char *const *engine_args; /* for an engine that has to be started; ends with NULL */
    const struct config_sources *config; /* what goes with a job */
};

/* Runs until the person leaves. Returns the exit code: 0, or 1 with a sentence on stderr when there
 * is no terminal. The engine goes on. */
int ui_main(const struct ui_options *o);

#endif
