/* What router.c (open, close, resolving), places.c (the places and looking at them) and
 * router_call.c (recording and calling) share. */
#ifndef DISE_CORE_ROUTER_INTERNAL_H
#define DISE_CORE_ROUTER_INTERNAL_H

#include "core/llm/admission.h"
#include "core/llm/roles.h"
#include "core/llm/router.h"

enum { PLACES_MAX = 24 };

/* One place where a model may be had, in the order of the search. */
struct place {
    char name[32];  /* "ollama", as in config.yaml */
    char title[64]; /* for people */
    char detail[200];
    char remedy[120];
    bool up, configured, local;
    struct backend *backend;    /* NULL until it is needed */
    struct json_object *models; /* names of those that it offers; NULL: not known */
    double look_ms;             /* how long the last look took; 0: none was needed */
    struct admission door;
    int parallel;
    enum err error; /* why it failed last */
    char why[192];
    char address[96];   /* of the local server that `backend` was opened for */
    int persons;        /* calls at work for which a person waits */
    uint64_t person_at; /* admission_now when the last of them ended; 0: never */
};

struct router {
    struct sched *sched;
    struct router_options options;
    struct roles *roles;
    struct place places[PLACES_MAX];
    int count;
    struct fiber_sem looking;
    uint64_t looked;            /* loop time; 0: never */
    struct record_file *record; /* NULL: none */
    struct prices *prices;
    struct json_object *unpriced; /* {model: true}: that no price is known was said */
};

/* The places of the configuration, then those that are looked for anyway. */
void places_init(struct router *r);
void places_close(struct router *r);
/* Looks at all places, unless that was done a moment ago and not `again`. Call on a fiber.
 * ERR_CANCELLED. */
enum err places_look(struct router *r, bool again) MUST_CHECK;
/* Whether the place may have the model, as far as is known: of servers that name all they have.
 */
bool place_has(const struct place *p, const char *model);
/* The place of a name; NULL: there is none. */
const struct place *place_named(const struct router *r, const char *name);
/* The place of a target; NULL: it is gone. */
struct place *place_of(struct router *r, const struct llm_target *t);
const struct place *place_find(const struct router *r, const struct llm_target *t);
/* The configured address; "" when the class's default is meant. */
void place_url(const struct router *r, const struct place *p, char *out, size_t size);
/* Whether the address is one of this machine. */
bool place_is_near(const char *url);
/* The role that a target plays at its place; NULL: none of the four. */
const char *router_role_played(struct router *r, const struct llm_target *t);
/* Opens the place's backend if it is not yet. ERR_UNSUPPORTED, ERR_INPUT with a sentence. */
enum err place_open(struct router *r, struct place *p, struct err_info *info) MUST_CHECK;
/* What the place may be asked at once and in a minute, by its entry of the configuration; to
 * its door. ERR_INPUT with a sentence: an entry makes no sense; then the limits are as without
 * it. */
enum err place_limits(struct router *r, struct place *p, struct err_info *info) MUST_CHECK;
/* The server of a model of the manifest, started when needed, as a backend of one call: its address
 * changes with every start. The caller closes it and tells models_used. */
enum err router_open_local(struct router *r, const char *model, struct backend **out,
                           struct err_info *info) MUST_CHECK;
/* What was found there, and how it goes: `size` bytes at `out`. */
void place_describe(const struct place *p, char *out, size_t size);

#endif
