/* The gate before any model is asked: accidental input and bare commands. Pure. */
#ifndef DISE_CORE_INTAKE_H
#define DISE_CORE_INTAKE_H

#include "base/err.h"

enum intake_verdict {
    INTAKE_TASK,
    INTAKE_COMMAND,    /* help, status, exit, quit, auto on|off */
    INTAKE_ACCIDENTAL, /* `why` says what it looks like, and what would be a task */
};

enum intake_verdict intake_judge(const char *text, char why[200]);

#endif
