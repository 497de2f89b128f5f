#include "core/llm/prices.h"

#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/yaml.h"

struct prices {
    struct json_object *own; /* NULL: none */
    struct yaml_doc shipped;
};

bool price_free(const struct price *p)
{
    return p->in <= 0 && p->cached <= 0 && p->out <= 0;
}

int64_t price_nano(const struct price *p, int64_t tokens_in, int64_t tokens_cached,
                   int64_t tokens_out)
{
    int64_t cached = tokens_cached < tokens_in ? tokens_cached : tokens_in;
    double nano = (double)(tokens_in - cached) * p->in * 1000 + (double)cached * p->cached * 1000 +
                  (double)tokens_out * p->out * 1000;
    return nano > 0 ? (int64_t)ceil(nano - 1e-6) : 0;
}

/* ---- reading ---- */

/* The first thing that is wrong with an entry; NULL: nothing. *key: of what, NULL: of the whole. */
static const char *fault_of(struct json_object *entry, const char **key)
{
    *key = NULL;
    if (!json_object_is_type(entry, json_type_object))
        return "must be a mapping with in and out, dollars a million tokens";
    json_object_object_foreach(entry, name, value)
    {
        bool number = json_object_is_type(value, json_type_int) ||
                      json_object_is_type(value, json_type_double);
        *key = name;
        if (strcmp(name, "in") != 0 && strcmp(name, "cached") != 0 && strcmp(name, "out") != 0)
            return "is unknown: a price has in, cached and out";
        if (!number || !(json_object_get_double(value) >= 0) ||
            !isfinite(json_object_get_double(value)))
            return "must be a number of dollars a million tokens";
    }
    *key = NULL;
    return json_get(entry, "in") && json_get(entry, "out") ? NULL : "needs in and out";
}

static enum err check_shipped(const struct yaml_doc *doc, struct err_info *info)
{
    if (doc->root && !json_object_is_type(doc->root, json_type_object))
        return yaml_fail(doc, doc->root, NULL, info, "prices must be a mapping of models");
    if (!doc->root)
        return ERR_OK;
    json_object_object_foreach(doc->root, model, entry)
    {
        const char *key, *fault = fault_of(entry, &key);
        if (fault && key)
            return yaml_fail(doc, entry, key, info, "%s of %.80s %s", key, model, fault);
        if (fault)
            return yaml_fail(doc, doc->root, model, info, "the price of %.80s %s", model, fault);
    }
    return ERR_OK;
}

static enum err check_own(struct json_object *own, struct err_info *info)
{
    if (!own)
        return ERR_OK;
    if (!json_object_is_type(own, json_type_object))
        return err_set(info, ERR_INPUT, "llm.prices must be a mapping of models");
    json_object_object_foreach(own, model, entry)
    {
        const char *key, *fault = fault_of(entry, &key);
        if (fault)
            return err_set(info, ERR_INPUT, "llm.prices: %s%s%.80s %s", key ? key : "",
                           key ? " of " : "", model, fault);
    }
    return ERR_OK;
}

enum err prices_open(const char *file, struct json_object *own, struct prices **out,
                     struct err_info *info)
{
    struct prices *p = calloc(1, sizeof *p);
    enum err e = p ? check_own(own, info) : err_set(info, ERR_NOMEM, "out of memory");
    *out = NULL;
    if (!e && file && path_exists(file))
        e = yaml_load(file, &p->shipped, info);
    if (!e)
        e = check_shipped(&p->shipped, info);
    if (e) {
        prices_close(p);
        return e;
    }
    p->own = json_object_get(own);
    *out = p;
    return ERR_OK;
}

void prices_close(struct prices *p)
{
    if (!p)
        return;
    json_object_put(p->own);
    yaml_doc_free(&p->shipped);
    free(p);
}

/* ---- finding ---- */

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    return true;
}

/* Cuts "-2024-08-06", "-20250514" or "-latest" off; false: there is no such end. */
static bool cut_date(char *name)
{
    size_t n = strlen(name);
    char *end = name + n;
    if (n > 11 && end[-11] == '-' && all_digits(end - 10, 4) && end[-6] == '-' &&
        all_digits(end - 5, 2) && end[-3] == '-' && all_digits(end - 2, 2))
        end[-11] = 0;
    else if (n > 9 && end[-9] == '-' && all_digits(end - 8, 8))
        end[-9] = 0;
    else if (n > 7 && strcmp(end - 7, "-latest") == 0)
        end[-7] = 0;
    else
        return false;
    return true;
}

static size_t letters(const char *pattern)
{
    size_t n = 0;
    for (; *pattern; pattern++)
        n += *pattern != '*' && *pattern != '?';
    return n;
}

static struct json_object *by_pattern(struct json_object *table, const char *name)
{
    struct json_object *best = NULL;
    size_t most = 0;
    json_object_object_foreach(table, pattern, entry)
    {
        size_t n = letters(pattern);
        if (strpbrk(pattern, "*?") && (!best || n > most) && fnmatch(pattern, name, 0) == 0) {
            best = entry;
            most = n;
        }
    }
    return best;
}

static struct json_object *find(struct json_object *table, const char *model)
{
    const char *slash = strrchr(model, '/'), *names[2] = {model, slash ? slash + 1 : NULL};
    struct json_object *found = NULL;
    if (!table)
        return NULL;
    for (int i = 0; !found && i < 2 && names[i]; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s", names[i]);
        found = json_object_of(table, name);
        if (!found && cut_date(name))
            found = json_object_of(table, name);
        if (!found)
            found = by_pattern(table, names[i]);
    }
    return found;
}

static struct price read_price(struct json_object *o)
{
    struct price price = {0};
    if (!o)
        return price;
    price.in = json_f64(o, "in", 0);
    price.cached = json_f64(o, "cached", price.in);
    price.out = json_f64(o, "out", 0);
    price.known = true;
    return price;
}

struct price prices_own(const struct prices *p, const char *model)
{
    return read_price(p ? find(p->own, model) : NULL);
}

struct price prices_of(const struct prices *p, const char *model)
{
    struct price price = prices_own(p, model);
    return price.known || !p ? price : read_price(find(p->shipped.root, model));
}
