/* The `escalation` list of the configuration: what a stage's entry may say. */
#ifndef DISE_CORE_ESCALATION_H
#define DISE_CORE_ESCALATION_H

#include "base/yaml.h"

enum { ESCALATION_MAX = 12, ESCALATION_CANDIDATES_MAX = 16 };

/* Looks through the list of the document's key `escalation`; a missing one is sound. ERR_INPUT with
 * file:line:column of the first entry, key or value that means nothing. Pure. */
enum err escalation_check(const struct yaml_doc *doc, struct err_info *info) MUST_CHECK;

#endif
