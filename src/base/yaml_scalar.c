#include "base/yaml_scalar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* Copies the digits of `text` without underscores; false when a character is not of `allowed`. */
static bool digits(const char *text, const char *allowed, char *out, size_t size)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (!strchr(allowed, *text) || n + 1 >= size)
            return false;
        out[n++] = *text;
    }
    out[n] = 0;
    return n > 0;
}

static struct json_object *whole(const char *text)
{
    bool negative = *text == '-';
    const char *p = text + (*text == '-' || *text == '+');
    char plain[80];
    int base = 10;
    unsigned long long n;
    if (*p < '0' || *p > '9')
        return NULL;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'b')) {
        base = p[1] == 'x' ? 16 : 2;
        p += 2;
    } else if (p[0] == '0' && p[1]) {
        base = 8;
    }
    if (!digits(p,
                base == 16  ? "0123456789abcdefABCDEF"
                : base == 8 ? "01234567"
                : base == 2 ? "01"
                            : "0123456789",
                plain, sizeof plain))
        return NULL;
    if (strlen(plain) > (base == 10 ? 18u : base == 16 ? 15u : base == 8 ? 20u : 62u)) {
        double d = base == 10 ? strtod(plain, NULL) : NAN;
        char *end;
        n = strtoull(plain, &end, base);
        if (n > INT64_MAX) /* beyond 64 bits: the nearest number that JSON can hold */
            return isnan(d) ? NULL : json_object_new_double(negative ? -d : d);
    } else {
        n = strtoull(plain, NULL, base);
    }
    return json_object_new_int64(negative ? -(int64_t)n : (int64_t)n);
}

/* PyYAML's rule: a point is needed, and a sign in the exponent. `1e3` is text there. */
static struct json_object *fraction(const char *text)
{
    char plain[80];
    const char *p = text + (*text == '-' || *text == '+'), *e;
    size_t before, after;
    if (strcasecmp(p, ".inf") == 0)
        return json_object_new_double(*text == '-' ? -INFINITY : INFINITY);
    if (strcasecmp(text, ".nan") == 0)
        return json_object_new_double(NAN);
    before = strspn(p, "0123456789_");
    if (p[before] != '.' || *p == '_')
        return NULL;
    after = strspn(p + before + 1, "0123456789_");
    if (before == 0 && (after == 0 || p[1] == '_'))
        return NULL;
    e = p + before + 1 + after;
    if (*e) {
        if ((*e != 'e' && *e != 'E') || (e[1] != '+' && e[1] != '-') || !e[2] ||
            e[2 + strspn(e + 2, "0123456789")])
            return NULL;
    }
    if (!digits(text, "0123456789.eE+-", plain, sizeof plain))
        return NULL;
    return json_object_new_double(strtod(plain, NULL));
}

bool yaml_scalar(const char *text, size_t n, struct json_object **out)
{
    static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const true_words[] = {"true", "True", "TRUE", "yes", "Yes",
                                             "YES",  "on",   "On",   "ON",  NULL};
    static const char *const false_words[] = {"false", "False", "FALSE", "no",  "No",
                                              "NO",    "off",   "Off",   "OFF", NULL};
    *out = NULL;
    if (strlen(text) == n) {
        if (one_of(text, null_words))
            return true;
        if (one_of(text, true_words))
            *out = json_object_new_boolean(true);
        else if (one_of(text, false_words))
            *out = json_object_new_boolean(false);
        else if (n < 80 && strchr("+-.0123456789", *text)) {
            *out = whole(text);
            if (!*out)
                *out = fraction(text);
        }
    }
    if (!*out)
        *out = json_object_new_string_len(text, (int)n);
    return *out != NULL;
}
