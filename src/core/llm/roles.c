#include "core/llm/roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "core/llm/roles_internal.h"
#include "core/llm/router.h"

const char *const roles_names[R_COUNT] = {"fast", "base", "powerful", "god_level", "embedding"};

/* ---- names ---- */

/* The old system's names, and who plays them where the configuration does not say. */
static const struct old_name {
    const char *name;
    int index; /* the same as one of the five; -1: a role of its own */
    const char *instead[4];
} old_names[] = {
    {"general", R_BASE, {"base", NULL}},
    {"default", R_BASE, {"base", NULL}},
    {"escalation", R_POWERFUL, {"powerful", NULL}},
    {"god", R_GOD, {"god_level", NULL}},
    {"veryfast", -1, {"fast", "base", NULL}},
    {"triage", -1, {"veryfast", "fast", "base", NULL}},
    {"generator", -1, {"base", "fast", NULL}},
    {"evaluator", -1, {"base", "fast", NULL}},
    {"overseer", -1, {"base", "powerful", "fast", NULL}},
};
enum { OLD_NAMES = sizeof old_names / sizeof *old_names };

static const struct old_name *old_name(const char *name)
{
    for (int i = 0; i < OLD_NAMES; i++)
        if (strcmp(old_names[i].name, name) == 0)
            return &old_names[i];
    return NULL;
}

int roles_index(const char *name)
{
    const struct old_name *old = old_name(name);
    for (int i = 0; i < R_COUNT; i++)
        if (strcmp(roles_names[i], name) == 0)
            return i;
    return old ? old->index : -1;
}

const char *const *roles_instead(const char *name)
{
    const struct old_name *old = old_name(name);
    return old ? old->instead : NULL;
}

const char *roles_nearest(const char *name, const char *const *names, int n)
{
    const char *best = NULL;
    int fewest = nearest_allowed(name) + 1;
    for (int i = 0; i < n; i++) {
        int errors = nearest_distance(name, names[i]);
        if (errors < fewest) {
            fewest = errors;
            best = names[i];
        }
    }
    return best;
}

struct roles_row *roles_row(const struct roles *r, const char *name)
{
    for (int i = 0; i < r->row_n; i++)
        if (strcmp(r->rows[i].name, name) == 0)
            return &r->rows[i];
    return NULL;
}

const char *roles_name(const struct roles *r, int i)
{
    if (i < R_COUNT)
        return roles_names[i];
    i -= R_COUNT;
    for (int k = 0; k < r->row_n; k++) {
        bool one_of_five = false;
        for (int f = 0; f < R_COUNT; f++)
            one_of_five |= strcmp(r->rows[k].name, roles_names[f]) == 0;
        if (!one_of_five && i-- == 0)
            return r->rows[k].name;
    }
    return NULL;
}

/* "coding.tier_2" → "coding", "tier_2"; false: no domain before a dot. */
static bool split(const char *name, char domain[ROLES_NAME_MAX], const char **rest)
{
    const char *dot = strchr(name, '.');
    if (!dot || dot == name || !dot[1] || dot - name >= ROLES_NAME_MAX)
        return false;
    snprintf(domain, ROLES_NAME_MAX, "%.*s", (int)(dot - name), name);
    *rest = dot + 1;
    return true;
}

/* tier_1 → 1; 0: no such name. */
static int tier_number(const char *name)
{
    char *end;
    long n;
    if (strncmp(name, "tier_", 5) != 0 || name[5] < '1' || name[5] > '9')
        return 0;
    n = strtol(name + 5, &end, 10);
    return *end || n > 99 ? 0 : (int)n;
}

/* Domains are those of the configuration's tiers, and the usual ones. */
static bool is_domain(const struct roles *r, const char *domain)
{
    static const char *const usual[] = {"coding",   "code",        "content",       "analysis",
                                        "planning", "validation",  "quality",       "embeddings",
                                        "text",     "translation", "summarization", "escalation"};
    const size_t n = strlen(domain);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcmp(usual[i], domain) == 0)
            return true;
    for (int i = 0; i < r->row_n; i++)
        if (strncmp(r->rows[i].name, domain, n) == 0 && r->rows[i].name[n] == '.')
            return true;
    return false;
}

bool roles_known(const struct roles *r, const char *role, const char **nearest)
{
    const char *names[160];
    char domain[ROLES_NAME_MAX];
    const char *rest;
    int n = 0;
    *nearest = NULL;
    if (roles_index(role) >= 0 || old_name(role) || roles_row(r, role))
        return true;
    if (split(role, domain, &rest) && is_domain(r, domain) &&
        (tier_number(rest) || roles_index(rest) >= 0 || old_name(rest)))
        return true;
    for (int i = 0; i < R_COUNT; i++)
        names[n++] = roles_names[i];
    for (int i = 0; i < OLD_NAMES; i++)
        names[n++] = old_names[i].name;
    for (int i = 0; i < r->row_n && n < 160; i++)
        names[n++] = r->rows[i].name;
    *nearest = roles_nearest(role, names, n);
    return false;
}

const char *roles_domain(const char *class)
{
    return strstr(class, "CONTENT") ? "content" : "coding";
}

/* ---- backends ---- */

struct known_backend *roles_known_backend(const struct roles *r, const char *name)
{
    for (int i = 0; i < r->backend_n; i++)
        if (strcmp(r->backends[i].b.name, name) == 0)
            return (struct known_backend *)&r->backends[i];
    return NULL;
}

const struct roles_backend *roles_backend(const struct roles *r, int i)
{
    return i >= 0 && i < r->backend_n ? &r->backends[i].b : NULL;
}

const struct roles_backend *roles_backend_of(const struct roles *r, const char *name)
{
    struct known_backend *b = roles_known_backend(r, name);
    return b ? &b->b : NULL;
}

bool roles_names_backend(const struct roles *r, const char *name)
{
    const struct known_backend *b = roles_known_backend(r, name);
    if (b && (b->own.any || roles_shipped(b, R_FAST)))
        return true;
    for (int i = 0; i < r->row_n; i++)
        for (int k = 0; k < r->rows[i].n; k++)
            if (strcmp(r->rows[i].list[k].backend, name) == 0)
                return true;
    return false;
}

/* Not for a server that only goes by the provider's name. */
const char *roles_shipped(const struct known_backend *b, int role)
{
    static const char *const openai[R_COUNT] = {"gpt-4o-mini", "gpt-4o-mini", "gpt-4o", "gpt-4o",
                                                "text-embedding-3-small"};
    static const char *const anthropic[R_COUNT] = {"claude-haiku-4-5", "claude-sonnet-4-5",
                                                   "claude-opus-4-1", "claude-opus-4-1", NULL};
    static const char *const replay[R_COUNT] = {"fast", "base", "powerful", NULL, NULL};
    const char *url = json_str(b->b.entry, "base_url", NULL);
    if (strcmp(b->b.name, "replay") == 0)
        return replay[role];
    if (strcmp(b->b.name, "openai") == 0 && (!url || strstr(url, "//api.openai.com")))
        return openai[role];
    if (strcmp(b->b.name, "anthropic") == 0 && (!url || strstr(url, "//api.anthropic.com")))
        return anthropic[role];
    if (strcmp(b->b.name, "azure") == 0 && role != R_EMBEDDING)
        return json_str(b->b.entry, "deployment_name", json_str(b->b.entry, "deployment", NULL));
    return NULL;
}

static void set_sized(struct known_backend *b, int role, const char *model)
{
    struct role_choice c = {0};
    snprintf(c.backend, sizeof c.backend, "%s", b->b.name);
    snprintf(c.model, sizeof c.model, "%s", model);
    snprintf(c.how, sizeof c.how, "%s by size, of what %s offers",
             b->b.configured ? "decided" : "found on this machine;", b->b.name);
    c.guessed = true;
    b->by_size.of[role] = c;
    b->by_size.any = true;
}

/* The smallest model that writes code is fast, the largest powerful. */
void roles_found(struct roles *r, const char *backend, struct json_object *models)
{
    struct known_backend *b = roles_known_backend(r, backend);
    double small = 1e9, large = -1;
    bool coder = false;
    if (!b)
        return;
    memset(&b->by_size, 0, sizeof b->by_size);
    for (size_t i = 0; models && i < json_object_array_length(models); i++)
        coder |= strstr(json_object_get_string(json_object_array_get_idx(models, i)), "code") != 0;
    for (size_t i = 0; models && i < json_object_array_length(models); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(models, i));
        double size = router_model_size(name);
        if (strstr(name, "embed")) {
            if (!b->by_size.of[R_EMBEDDING].model[0])
                set_sized(b, R_EMBEDDING, name);
            continue;
        }
        if (coder && !strstr(name, "code"))
            continue;
        if (size < small) {
            small = size;
            set_sized(b, R_FAST, name);
            set_sized(b, R_BASE, name);
        }
        if (size > large) {
            large = size;
            set_sized(b, R_POWERFUL, name);
        }
    }
    if (strcmp(b->by_size.of[R_FAST].model, b->by_size.of[R_POWERFUL].model) == 0)
        b->by_size.of[R_POWERFUL].model[0] = 0;
}

/* ---- chains ---- */

struct chain {
    struct role_choice *out;
    int n, max;
};

static void add(struct chain *c, const struct role_choice *choice)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->out[i].backend, choice->backend) == 0 &&
            strcmp(c->out[i].model, choice->model) == 0)
            return;
    if (c->n < c->max)
        c->out[c->n++] = *choice;
}

static void add_shipped(struct chain *c, const struct known_backend *b, int role)
{
    struct role_choice choice = {.timeout_ms = (int)(json_f64(b->b.entry, "timeout", 0) * 1000),
                                 .guessed = true};
    const char *model = roles_shipped(b, role);
    if (!model)
        return;
    snprintf(choice.backend, sizeof choice.backend, "%s", b->b.name);
    snprintf(choice.model, sizeof choice.model, "%s", model);
    snprintf(choice.how, sizeof choice.how, "%.31s's usual model for %.16s", b->b.name,
             roles_names[role]);
    add(c, &choice);
}

static bool in_chain(const struct chain *c, const char *backend)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->out[i].backend, backend) == 0)
            return true;
    return false;
}

/* What one backend has for a role. What nobody has said is only guessed of backends that are asked
 * in another's place, and for roles that the configuration knows: where it leaves a role out on
 * purpose, no weaker model fills it. */
static void add_backend(struct chain *c, const struct roles *r, const struct known_backend *b,
                        int role, bool decided)
{
    if (!b->b.enabled)
        return;
    if (b->own.any) {
        if (b->own.of[role].model[0])
            add(c, &b->own.of[role]);
        return;
    }
    if (r->decides && (!decided || b->primary || in_chain(c, b->b.name)))
        return;
    if (roles_shipped(b, role))
        add_shipped(c, b, role);
    else if (b->by_size.of[role].model[0])
        add(c, &b->by_size.of[role]);
}

static void add_row(struct chain *c, const struct roles *r, const char *name)
{
    const struct roles_row *row = roles_row(r, name);
    for (int i = 0; row && i < row->n; i++)
        add(c, &row->list[i]);
}

/* One of the five, or a name with a row. */
static void add_role(struct chain *c, const struct roles *r, const char *name)
{
    int role = roles_index(name), before = c->n;
    add_row(c, r, name);
    if (role < 0)
        return;
    if (strcmp(name, roles_names[role]) != 0)
        add_row(c, r, roles_names[role]);
    if (role == R_EMBEDDING && c->n > before)
        return;
    for (int i = 0; i < r->backend_n; i++)
        if (!r->backends[i].left_out)
            add_backend(c, r, &r->backends[i], role, c->n > before);
}

static void add_plain(struct chain *c, const struct roles *r, const char *name)
{
    const char *const *instead = roles_instead(name);
    add_role(c, r, name);
    for (; instead && *instead && !c->n; instead++)
        add_role(c, r, *instead);
}

/* The role that a tier stands for, and the tier of a role. */
static const char *role_of_tier(int tier)
{
    return roles_names[tier > 4 ? R_GOD : tier - 1];
}

static int tier_of_role(const char *role)
{
    int i = roles_index(role);
    if (i >= 0 && i < R_EMBEDDING)
        return i + 1;
    return strcmp(role, "veryfast") == 0 || strcmp(role, "triage") == 0 ? 1 : 2;
}

static void add_domain(struct chain *c, const struct roles *r, const char *domain, const char *rest)
{
    char name[ROLES_NAME_MAX * 2];
    int tier = tier_number(rest);
    const char *role = tier ? role_of_tier(tier) : rest;
    int index = roles_index(role);
    if (strncmp(domain, "embedding", 9) == 0) {
        add_plain(c, r, "embedding");
        return;
    }
    if (!tier) {
        snprintf(name, sizeof name, "%s.%s", domain, index >= 0 ? roles_names[index] : role);
        add_row(c, r, name);
    }
    snprintf(name, sizeof name, "%s.tier_%d", domain, tier ? tier : tier_of_role(rest));
    add_row(c, r, name);
    add_plain(c, r, role);
}

int roles_chain(const struct roles *r, const char *role, struct role_choice out[], int max)
{
    struct chain c = {out, 0, max};
    char domain[ROLES_NAME_MAX];
    const char *rest;
    if (split(role, domain, &rest))
        add_domain(&c, r, strcmp(domain, "code") == 0 ? "coding" : domain, rest);
    else
        add_plain(&c, r, role);
    return roles_index(role) == R_EMBEDDING && c.n > 1 ? 1 : c.n;
}

struct json_object *roles_warnings(const struct roles *r)
{
    return r->warnings;
}

void roles_free(struct roles *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->backend_n; i++)
        json_object_put(r->backends[i].b.entry);
    for (int i = 0; i < r->row_n; i++)
        free(r->rows[i].list);
    free(r->rows);
    json_object_put(r->warnings);
    free(r);
}
