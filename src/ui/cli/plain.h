/* DiSE without a screen: what happens as plain lines that are only appended, tasks as lines of
 * standard input. For screen readers (--screen-reader), pipes and logs. */
#ifndef DISE_UI_PLAIN_H
#define DISE_UI_PLAIN_H

#include "ui/cli/cli.h"

/* Runs until its input has ended and the tasks that it gave have, too. With --json every event is a
 * line of JSON. Returns the exit code: that of the worst end. */
int plain_main(const struct cli_args *args);

/* One event as a line without controls, "" when it is not worth one. Pure. */
void plain_line(const struct event *ev, struct buf *out);

#endif
