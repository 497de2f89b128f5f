#include "ui/model_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GATES_MAX = 64 };

/* Most fields are empty; they share this, which is never written or freed. */
static char nothing[1];

static char *copy_of(const char *text)
{
    return text && *text ? strdup(text) : nothing;
}

static void drop(char *field)
{
    if (field != nothing)
        free(field);
}

static void *grow(void *array, size_t n, size_t size)
{
    if (n && (n & (n - 1)))
        return array;
    return realloc(array, (n ? n * 2 : 1) * size);
}

/* ---- checks ---- */

static void check_fini(struct model_check *k)
{
    drop(k->name);
    drop(k->subject);
    drop(k->expected);
    drop(k->got);
    drop(k->detail);
}

static struct model_gate *gate_get(struct model_candidate *c, const char *name)
{
    struct model_gate *gates, *g;
    for (size_t i = 0; i < c->gates_n; i++)
        if (strncmp(c->gates[i].name, name, sizeof c->gates[i].name - 1) == 0)
            return &c->gates[i];
    gates = c->gates_n < GATES_MAX ? grow(c->gates, c->gates_n, sizeof *gates) : NULL;
    if (!gates)
        return NULL;
    c->gates = gates;
    g = &gates[c->gates_n++];
    *g = (struct model_gate){.score = -1};
    snprintf(g->name, sizeof g->name, "%s", name);
    return g;
}

/* Its gate judges what it has made of the program, later. */
static enum err note_fix(struct model_candidate *c, const char *name)
{
    struct model_gate *g = gate_get(c, name);
    if (g)
        g->fixed = true;
    return g ? ERR_OK : ERR_NOMEM;
}

enum err model_check_add(struct model_candidate *c, const struct event_check *e)
{
    struct model_check *checks = grow(c->checks, c->checks_n, sizeof *checks), *k;
    if (!checks)
        return ERR_NOMEM;
    c->checks = checks;
    k = &checks[c->checks_n];
    *k = (struct model_check){.ok = e->ok,
                              .severity = e->severity ? *e->severity : 0,
                              .name = copy_of(e->name),
                              .subject = copy_of(e->subject),
                              .expected = copy_of(e->expected),
                              .got = copy_of(e->got),
                              .detail = copy_of(e->detail)};
    if (!k->name || !k->subject || !k->expected || !k->got || !k->detail) {
        check_fini(k);
        return ERR_NOMEM;
    }
    c->checks_n++;
    return k->ok && strncmp(k->name, "fix ", 4) == 0 ? note_fix(c, k->name + 4) : ERR_OK;
}

void model_checks(const struct model_candidate *c, const char *name, int *ok, int *all)
{
    *ok = *all = 0;
    for (size_t i = 0; i < c->checks_n; i++) {
        if (*name && strcmp(c->checks[i].name, name) != 0)
            continue;
        ++*all;
        *ok += c->checks[i].ok;
    }
}

int model_warnings(const struct model_candidate *c)
{
    int n = 0;
    for (size_t i = 0; i < c->checks_n; i++)
        n += !c->checks[i].ok && c->checks[i].severity == 's';
    return n;
}

/* ---- gates ---- */

static enum gate_state state_named(const char *name)
{
    static const char *const names[] = {"runs", "passed", "found", "missing", "crashed", "cut"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (name && strcmp(names[i], name) == 0)
            return (enum gate_state)i;
    return GATE_RUNS;
}

static bool has_judged(const struct model_gate *g)
{
    return g->state == GATE_PASSED || g->state == GATE_FOUND || g->state == GATE_CUT;
}

enum err model_gate_told(struct model_candidate *c, int64_t time, const struct event_gate *e)
{
    struct model_gate *g = gate_get(c, e->name ? e->name : "");
    if (!g)
        return ERR_NOMEM;
    g->state = state_named(e->state);
    g->severity = e->severity ? *e->severity : 0;
    g->began = g->state == GATE_RUNS ? time : 0;
    g->found = e->found;
    g->score = has_judged(g) ? e->score : -1;
    g->ms = e->ms;
    return ERR_OK;
}

static enum err take(struct model_candidate *c, struct json_object *o)
{
    struct model_gate *g = gate_get(c, json_str(o, "name", ""));
    if (!g)
        return ERR_NOMEM;
    g->state = state_named(json_str(o, "state", ""));
    g->severity = *json_str(o, "severity", "");
    g->began = 0;
    g->found = json_i64(o, "found", 0);
    g->score = has_judged(g) ? json_f64(o, "score", -1) : -1;
    g->ms = json_f64(o, "ms", 0);
    g->fixed = json_flag(o, "fixed", false);
    g->valued = json_get(o, "value") != NULL;
    g->value = json_f64(o, "value", 0);
    snprintf(g->unit, sizeof g->unit, "%s", json_str(o, "unit", ""));
    snprintf(g->why, sizeof g->why, "%s", json_str(o, "why", ""));
    return ERR_OK;
}

enum err model_gates_told(struct model_candidate *c, const struct event_gates *e)
{
    struct json_object *list = NULL;
    const char *text = e->results ? e->results : "";
    enum err err = ERR_OK;
    if (json_parse(text, strlen(text), NULL, &list, NULL))
        return ERR_OK; /* a damaged one is shown as nothing */
    c->gate_score = e->score;
    c->gates_told = true;
    for (size_t i = 0;
         !err && json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++)
        err = take(c, json_object_array_get_idx(list, i));
    json_object_put(list);
    return err == ERR_NOMEM && c->gates_n == GATES_MAX ? ERR_OK : err;
}

void model_gates_end(struct model_candidate *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->gates_n; i++)
        if (c->gates[i].state != GATE_RUNS)
            c->gates[kept++] = c->gates[i];
    c->gates_n = kept;
}

void model_gates(const struct model_candidate *c, int *passed, int *all)
{
    *passed = 0;
    *all = (int)c->gates_n;
    for (size_t i = 0; i < c->gates_n; i++)
        *passed += c->gates[i].state == GATE_PASSED;
}

const struct model_candidate *model_gated(const struct model_job *job,
                                          const struct model_stage **stage)
{
    const struct model_candidate *found = NULL;
    for (size_t i = 0; i < job->stages_n; i++) {
        const struct model_stage *s = &job->stages[i];
        const struct model_candidate *shown = model_shown(s);
        for (size_t k = 0; k < s->candidates_n; k++) {
            const struct model_candidate *c = &s->candidates[k];
            if (!c->gates_n || (shown && shown->gates_n && c != shown))
                continue;
            found = c;
            *stage = s;
        }
        if (found && strcmp(found->outcome, "accepted") == 0)
            break;
    }
    return found;
}

/* ---- both ---- */

void model_checks_free(struct model_candidate *c)
{
    for (size_t i = 0; i < c->checks_n; i++)
        check_fini(&c->checks[i]);
    free(c->checks);
    free(c->gates);
}

size_t model_checks_bytes(const struct model_candidate *c)
{
    size_t n = c->gates_n * sizeof *c->gates;
    for (size_t i = 0; i < c->checks_n; i++)
        n += sizeof c->checks[i] + strlen(c->checks[i].detail) + strlen(c->checks[i].subject) +
             strlen(c->checks[i].expected) + strlen(c->checks[i].got);
    return n;
}
