/* dise batch install-timer: units of systemd that start the engine, so that a run that was planned
 * goes on after a reboot. */
#ifndef DISE_UI_TIMER_UNITS_H
#define DISE_UI_TIMER_UNITS_H

#include "ui/cli/cli.h"

/* Writes dise.service and dise.timer into the user's folder of units, or into --out DIR, and says
 * what else is to do. Without systemd (and --out) it writes nothing and says what would do instead.
 * Returns the exit code. */
int timer_units_install(const struct cli_args *args);

#endif
