/* Which backend and model plays a role (roles.h says who could), and calls of them. Backends are
 * those of the configuration and what is found: Ollama, LM Studio, provider keys, the installed
 * local model. */
#ifndef DISE_CORE_ROUTER_H
#define DISE_CORE_ROUTER_H

#include "core/llm/backend.h"
#include "core/llm/ledger.h"

struct router;
struct roles;
struct models; /* the managed local models, core/models.h */

struct router_options {
    const struct backend_class *const *classes; /* ends with NULL; the first speaks to `local` */
    struct json_object *config; /* the `llm` block of the configuration; may be NULL */
    struct roles *roles;        /* taken over, also after an error; NULL: made of `config` */
    struct models *models;
    const char *prices; /* file of the shipped prices; NULL: none */
    const char *record; /* file of answers, played and added to (record.h); NULL: none */
    /* A backend has failed so often that it is left alone ("down"), a probe went well ("up"), or it
     * asks for patience ("slow"); detail: one sentence. May be NULL. */
    void (*on_state)(void *arg, const char *backend, const char *state, const char *detail);
    void *arg;
};

struct llm_target {
    char place[32]; /* the backend's name in the configuration: "local", "ollama" … */
    char model[128];
    char label[48];     /* short name for people: "coder-0.5b" */
    int context_tokens; /* what the configuration says that the model can hold; 0: nothing */
    int timeout_ms;     /* for a whole answer, by the configuration; 0: nothing */
};
enum { ROUTER_CHAIN_MAX = 12, ROUTER_ROLE_MAX = 80 };

/* A try that failed is followed by another, from the beginning of the answer. */
struct llm_restart {
    const struct llm_target *from, *to; /* may be equal */
    const struct llm_reply *broken;     /* what came of the try, with what it cost */
    enum err error;
    const char *message; /* what went wrong, one sentence */
    bool asked;          /* `from` was asked at all; false: it is left alone for now */
    bool told;           /* on_text has seen some of the answer */
};

enum llm_priority { LLM_PERSON, LLM_BATCH }; /* a person waits; the night's work */

/* How a request is routed. Zero: one target only, nobody's call. */
struct llm_route {
    const char *role; /* further targets that play it may answer; NULL: none but the target */
    int64_t job;      /* whose call it is: jobs take turns; 0: nobody's */
    enum llm_priority priority;
    struct reservation *held; /* counts the call's time while it is at work; NULL: nobody does */
    /* Forget what was told and count what it cost; the limits of `next` may be lowered for the
     * target that is asked now. An error ends the call with it. Without this function no call is
     * made again of whose answer something was told. */
    enum err (*on_restart)(void *arg, const struct llm_restart *what, struct llm_request *next,
                           struct err_info *info);
    void *arg;
    struct llm_target by; /* out: who answered, or was asked last; place "": nobody */
};

enum err router_open(struct sched *s, const struct router_options *options, struct router **out,
                     struct err_info *info) MUST_CHECK;
void router_close(struct router *r);
/* `role`: a name of roles.h (fast, coding.tier_2, content.base …). ERR_INPUT: it means nothing.
 * ERR_NO_BACKEND with a sentence that says what is missing
 * and how to get it. Starts nothing. Call on a fiber. */
enum err router_resolve(struct router *r, const char *role, struct llm_target *out,
                        struct err_info *info) MUST_CHECK;
/* Everybody who can play the role now, the first choice first: *n targets (at most `max`), at least
 * one when ERR_OK. Errors as router_resolve, whose answer is out[0]. Call on a fiber. */
enum err router_chain(struct router *r, const char *role, struct llm_target out[], int max, int *n,
                      struct err_info *info) MUST_CHECK;
/* One call; when the record has its answer, that is given and nobody is asked. Else it starts the
 * local server when needed, waits for the target's turn, asks, and when that fails asks again with
 * back-off what is worth asking again, and then the further targets of the role, each from the
 * beginning of the answer. Notes tokens and times of the last try; those before are told to
 * on_restart. The error is that of the last target. */
enum err router_chat(struct router *r, const struct llm_target *target,
                     const struct llm_request *request, struct llm_reply *reply,
                     struct err_info *info) MUST_CHECK;
/* Who makes embeddings. The configuration's choice (*guessed false) stands whether it can be asked
 * now or not, as the vectors of two models do not compare; one that nobody has named must be up.
 * ERR_NO_BACKEND: nobody. Call on a fiber. */
enum err router_embedding(struct router *r, struct llm_target *out, bool *guessed,
                          struct err_info *info) MUST_CHECK;
/* One call for vectors, once: whoever wants them comes again. `held` as in llm_route. The model of
 * the manifest is at the place "local"; its server is started when needed. */
enum err router_embed(struct router *r, const struct llm_target *target,
                      const struct embed_request *request, enum llm_priority priority,
                      struct reservation *held, struct embed_reply *reply,
                      struct err_info *info) MUST_CHECK;
/* Where a target is asked; "": on this machine, or nowhere. */
void router_url(const struct router *r, const struct llm_target *t, char out[256]);
/* Whether a call of the target costs nothing by all that is known: it stays on this machine. */
bool router_is_near(const struct router *r, const struct llm_target *target);
/* Whether models of this machine are at work for a person, or were less than `ms` ago. */
bool router_person_served(const struct router *r, uint64_t ms);
/* What the target's model costs (prices.h). Models on this machine cost nothing, unless the
 * configuration says what they do. */
struct price router_price(const struct router *r, const struct llm_target *target);
/* True the first time that it is asked about this model: its missing price is worth a word. */
bool router_first_unpriced(struct router *r, const char *model);
/* How many tokens the model can hold, prompt and answer together: by the configuration
 * (llm.context_windows.MODEL, context_window or num_ctx of its backend), for the models of this
 * machine by their manifest, else as its server tells. 0: not known. Call on a fiber. */
int router_window(struct router *r, const struct llm_target *target);
/* How many calls the target serves at once. */
int router_parallel(struct router *r, const struct llm_target *target);
/* Looks again; array of {what, ok, detail, remedy} in the order of the search. Caller puts. */
enum err router_look(struct router *r, struct json_object **out) MUST_CHECK;
/* How it goes at each place, without a look: array of {name, title, up, breaker
 * (closed|open|half_open), failures (in a row), retry_ms (until an open one is asked again), why
 * (the last failure, "": none), paused_ms (by the server's wish), running, waiting, waiting_night
 * (of these, of batches), model (asked last), calls (that have begun), waited_ms (of a call, on
 * average), waited_most_ms, parallel, requests_per_minute, tokens_per_minute (0: no limit),
 * requests_used, tokens_used (in the last minute, when limited)}, in the order of the search.
 * Caller puts. */
struct json_object *router_state(struct router *r);
/* Looks again; array of {name, title, configured, state up|down|disabled, detail, remedy, url,
 * look_ms, models:[names], plays:[{model, there, context_tokens, roles:[…]}], door: its entry of
 * router_state} in the order in which they are asked. Caller puts. */
enum err router_backends(struct router *r, struct json_object **out) MUST_CHECK;
/* Array of {role, chain:[{backend, model, state ok|down|missing|off, context_tokens, timeout_ms,
 * how}]}, by the last look. Caller puts. */
struct json_object *router_explain(const struct router *r);
/* Billions of parameters, as a model's name tells them ("qwen2.5-coder:0.5b" → 0.5); 0: not at all.
 */
double router_model_size(const char *name);
/* Who could play which role. Borrowed. */
const struct roles *router_roles(const struct router *r);
/* Whether any role resolves now. */
bool router_ready(struct router *r);

#endif
