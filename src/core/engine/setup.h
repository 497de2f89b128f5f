/* The set-up screen's way to name a language model's server. */
#ifndef DISE_CORE_SETUP_H
#define DISE_CORE_SETUP_H

#include "base/json.h"

/* Adds an OpenAI-compatible server (http[s]://host[:port][/v1]) as backend "custom" to
 * <home>/config.yaml, keeping what the file says otherwise. `key_env` (may be NULL) names the
 * environment variable that holds its key: the key itself is never written. Effective after the
 * next start of the engine. Sets *result to {"file":…,"url":…}. */
enum err setup_address(const char *home, const char *url, const char *key_env,
                       struct json_object **result, struct err_info *info) MUST_CHECK;

#endif
