/* Who plays which role, by the configuration: all generations of its schema (flat `ollama` block;
 * `llm.backend` with `model_roles`; `model_tiers` with `role_to_tier_mapping`; `llm.models` with
 * `defaults` and `roles`) become one table of ordered chains. Pure: it asks nobody and reads no
 * file; what a look has found is told to it with roles_found.
 *
 * A role is one of
 *   fast, base, powerful, god_level, embedding;
 *   an old name: veryfast, general, escalation, god, overseer, generator, evaluator, triage …, or
 *   one of the configuration's own;
 *   DOMAIN.tier_N ("coding.tier_2") or DOMAIN.ROLE ("content.base": the domain's tier for the role,
 *   then the role itself). */
#ifndef DISE_CORE_ROLES_H
#define DISE_CORE_ROLES_H

#include "base/json.h"

enum { ROLES_CHAIN_MAX = 16, ROLES_NAME_MAX = 80 };

/* One entry of a chain. */
struct role_choice {
    char backend[32], model[128];
    int context_tokens; /* 0: not said */
    int timeout_ms;     /* of a whole answer; 0: not said */
    bool guessed;       /* the configuration does not name it: a usual model, or one by its size */
    char how[200]; /* where it was decided: "llm.model_roles.fast, config.yaml:4:9", "by size" */
};

/* The merged configuration, and who knows where its values stand. */
struct roles_source {
    struct json_object *root; /* borrowed during roles_new; NULL: empty */
    /* Place of the value at a path of keys joined by points, of a list its index; false: unknown.
     * May be NULL. */
    bool (*place)(void *arg, const char *path, char file[192], int *line, int *column);
    void *arg;
};

struct roles_backend {
    char name[32];
    bool configured; /* the configuration names it; else it is only looked for */
    bool enabled;
    struct json_object *entry; /* its settings from all places where they may stand; {} if none */
};

struct roles;

/* Unknown references (backend, model key, tier, level) and values of a wrong kind are ERR_INPUT
 * with file:line:column and the nearest name. */
enum err roles_new(const struct roles_source *source, struct roles **out,
                   struct err_info *info) MUST_CHECK;
void roles_free(struct roles *r);

/* The backends in the order in which they are asked: primary, fallbacks, others of the
 * configuration, then those that are looked for anyway (ollama, lmstudio, openai, anthropic, azure,
 * local; those with a key only when the configuration names none). NULL past the end. */
const struct roles_backend *roles_backend(const struct roles *r, int i);
/* By its name; NULL: none. */
const struct roles_backend *roles_backend_of(const struct roles *r, const char *name);
/* Tells which models (array of strings; borrowed) a backend offers. Those without a role map get
 * their roles by the sizes in the names. NULL: it does not answer. */
void roles_found(struct roles *r, const char *backend, struct json_object *models);

/* Whether the configuration names a model of this backend. */
bool roles_names_backend(const struct roles *r, const char *name);

/* The chain of a role, the first choice first, each backend and model once; returns how many (at
 * most `max`). It does not look who can be reached. An embedding has one entry at most, because the
 * vectors of two models do not compare. */
int roles_chain(const struct roles *r, const char *role, struct role_choice out[], int max);
/* Whether the name means anything; if not, *nearest is the one that was meant (NULL: none). */
bool roles_known(const struct roles *r, const char *role, const char **nearest);
/* The five roles, then the other names that the configuration decides. NULL past the end. */
const char *roles_name(const struct roles *r, int i);
/* Sentences about what is left out, such as a fallback that is not enabled. Borrowed array. */
struct json_object *roles_warnings(const struct roles *r);

/* The tiers' domain for a task's class (events.def: CODE, COMPLEX_CONTENT …): coding, content … */
const char *roles_domain(const char *class);

#endif
