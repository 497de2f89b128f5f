/* What callers of an artifact rely on: the name and parameters of its function, the inputs and
 * outputs of a workflow; and what a new version does to that. Pure. */
#ifndef DISE_CORE_INTERFACE_H
#define DISE_CORE_INTERFACE_H

#include "base/json.h"

/* As in semantic versions. */
enum bump {
    BUMP_NONE,  /* the same content */
    BUMP_PATCH, /* other content, the same interface as far as known */
    BUMP_MINOR, /* who called the old one can go on as before: more optional inputs, more outputs */
    BUMP_MAJOR, /* somebody who called the old one may fail */
};

enum { INTERFACE_WHY = 200 };

/* From the artifact `was` to `is` (their JSON, as in artifact.h), which have different content. Of
 * code: the head of the function that `function` names, in `source` or `code`; of everything else,
 * and besides: `inputs` and `outputs`, or `interface` with these, of the artifact or its
 * `workflow`, as names or as {name: {type, required, default}} or [{name, …}]. `why` tells the
 * first thing that makes it minor or major, "" for a patch. */
enum bump interface_compare(struct json_object *was, struct json_object *is,
                            char why[INTERFACE_WHY]);

/* "1.4.2" → "1.4.3", "1.5.0", "2.0.0"; what is no version counts as 1.0.0. */
void version_bump(const char *version, enum bump bump, char out[32]);

#endif
