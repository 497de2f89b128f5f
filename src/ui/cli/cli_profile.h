/* dise profile. */
#ifndef DISE_UI_CLI_PROFILE_H
#define DISE_UI_CLI_PROFILE_H

#include "base/json.h"

/* Prints a profile as a tree. */
void cli_profile_print(struct json_object *profile);

#endif
