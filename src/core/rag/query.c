#include "core/rag/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/day_time.h"
#include "base/utf8.h"
#include "core/store/tokenizer.h"

enum { PLAIN_MAX = 16384, NOTES_MAX = 4, VALUE_MAX = 64 };

/* Stand in any sentence and tell nothing. */
static const char idle[] =
    " a an and are as at be by for from has have how i in into is it its me my of on or "
    "that the their them then these this to was we what when which who will with you "
    "your ";

static const char blanks[] = " \t\r\n\v\f";

/* ---- filters ---- */

struct rag_filter rag_filter_all(void)
{
    struct rag_filter f;
    memset(&f, 0, sizeof f);
    f.quality_most = 1;
    f.solved = -1;
    return f;
}

bool rag_filter_is_open(const struct rag_filter *f)
{
    return !f->kind[0] && !f->tag_count && f->quality_least <= 0 && f->quality_most >= 1 &&
           !f->above && !f->below && !f->since && !f->before && f->solved < 0 && !f->deleted;
}

bool rag_filter_tag(struct rag_filter *f, const char *value)
{
    if (!*value || strlen(value) >= RAG_TAG || f->tag_count == RAG_TAGS)
        return false;
    snprintf(f->tags[f->tag_count++], RAG_TAG, "%s", value);
    return true;
}

bool rag_filter_quality(struct rag_filter *f, const char *value)
{
    bool less = *value == '<', more = *value == '>', bound;
    char *end;
    double n;
    value += less || more;
    bound = *value == '=';
    value += bound;
    if (!strchr("0123456789.", *value) || !*value)
        return false;
    n = strtod(value, &end);
    if (*end || !(n >= 0 && n <= 1))
        return false;
    if (less) {
        f->quality_most = n;
        f->below = !bound;
    } else {
        f->quality_least = n;
        f->above = more && !bound;
    }
    return true;
}

static bool set_kind(struct rag_filter *f, const char *value, int64_t now)
{
    (void)now;
    if (!*value || strlen(value) >= RAG_KIND)
        return false;
    snprintf(f->kind, RAG_KIND, "%s", value);
    return true;
}

static bool set_tag(struct rag_filter *f, const char *value, int64_t now)
{
    (void)now;
    return rag_filter_tag(f, value);
}

static bool set_quality(struct rag_filter *f, const char *value, int64_t now)
{
    (void)now;
    return rag_filter_quality(f, value);
}

static bool set_since(struct rag_filter *f, const char *value, int64_t now)
{
    return day_time_since(value, now, &f->since);
}

static bool set_before(struct rag_filter *f, const char *value, int64_t now)
{
    return day_time_since(value, now, &f->before);
}

static bool set_solved(struct rag_filter *f, const char *value, int64_t now)
{
    (void)now;
    if (strcmp(value, "yes") && strcmp(value, "no"))
        return false;
    f->solved = *value == 'y';
    return true;
}

static const struct {
    const char *key, *form;
    bool (*set)(struct rag_filter *f, const char *value, int64_t now);
} filters[] = {
    {"kind:", "kind:function", set_kind},
    {"tag:", "tag:WORD", set_tag},
    {"quality:", "quality:>0.7, from 0 to 1", set_quality},
    {"solved:", "solved:yes or solved:no", set_solved},
    {"since:", "since:2026-11-01 or since:7d", set_since},
    {"before:", "before:2026-11-01 or before:7d", set_before},
};

/* ---- terms ---- */

static bool is_idle(const char *word)
{
    char needle[16];
    size_t n = strlen(word);
    if (n > 10)
        return false;
    snprintf(needle, sizeof needle, " %s ", word);
    for (char *p = needle; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return strstr(idle, needle) != NULL;
}

/* Nothing else has words of its own; other scripts are not looked into. */
static bool says_something(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80 || (*text >= '0' && *text <= '9') ||
            ((*text | 32) >= 'a' && (*text | 32) <= 'z'))
            return true;
    return false;
}

static struct rag_term *add_term(struct rag_words *w, const char *text, size_t n,
                                 enum rag_demand demand)
{
    struct rag_term *t = &w->terms[w->count];
    size_t size = 0;
    if (w->count == RAG_TERMS)
        return NULL;
    n = n < RAG_TERM ? n : utf8_floor(text, RAG_TERM - 1);
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < n; i++) {
        bool bare = (unsigned char)text[i] < ' ' || text[i] == '"' || text[i] == 0x7f;
        t->text[size++] = bare ? ' ' : text[i];
    }
    t->demand = demand;
    if (!says_something(t->text))
        return NULL;
    for (int i = 0; i < w->count; i++)
        if (w->terms[i].demand == demand && strcasecmp(w->terms[i].text, t->text) == 0)
            return &w->terms[i];
    w->count++;
    return t;
}

/* Where a script sets no blanks a word is a sentence: each two characters of it are looked for.
 * Returns the bytes that were such characters. */
static size_t add_pairs(struct rag_words *w, const char *p, size_t n)
{
    size_t at = 0, before = 0, count = 0;
    while (at < n) {
        uint32_t cp;
        size_t used = utf8_decode(p + at, n - at, &cp);
        if (!tokenizer_is_unspaced(cp))
            break;
        if (count++)
            add_term(w, p + before, at + used - before, RAG_WISHED);
        before = at;
        at += used;
    }
    if (count == 1)
        add_term(w, p, at, RAG_WISHED);
    return at;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* The length of the first part of an identifier or of a word with dashes. */
static size_t part_of(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n && !strchr("_-.'", p[i]) && !(i && is_lower(p[i - 1]) && is_upper(p[i])))
        i++;
    return i;
}

/* A word, which is a phrase when it has parts; these are wished for, too: who types to_slug is glad
 * of make_slug. */
static void add_whole(struct rag_words *w, const char *p, size_t n)
{
    add_term(w, p, n, RAG_WISHED);
    if (part_of(p, n) == n)
        return;
    for (size_t at = 0, part; at < n; at += part + (part == 0)) {
        part = part_of(p + at, n - at);
        if (part > 1)
            add_term(w, p + at, part, RAG_WISHED);
    }
}

/* What stands between marks of punctuation, in pieces where its script changes. */
static void add_run(struct rag_words *w, const char *p, size_t n)
{
    size_t at = 0, begin = 0;
    while (at < n) {
        uint32_t cp;
        size_t used = utf8_decode(p + at, n - at, &cp);
        if (!tokenizer_is_unspaced(cp)) {
            at += used;
            continue;
        }
        if (at > begin)
            add_whole(w, p + begin, at - begin);
        at += add_pairs(w, p + at, n - at);
        begin = at;
    }
    if (n > begin)
        add_whole(w, p + begin, n - begin);
}

/* A word of a sentence. */
static void add_word(struct rag_words *w, const char *p, size_t n)
{
    static const char marks[] = "!#$%&()*+,/:;<=>?@[\\]^`{|}~";
    size_t at = 0;
    for (size_t i = 0; i <= n; i++)
        if (i == n || !p[i] || strchr(marks, p[i])) {
            if (i > at)
                add_run(w, p + at, i - at);
            at = i + 1;
        }
}

static enum err add_plain(struct rag_words *w, const char *p, size_t n)
{
    if (w->plain.len + n + 2 > PLAIN_MAX)
        return ERR_OK; /* a long text is told by its beginning */
    return buf_addf(&w->plain, "%s%.*s", w->plain.len ? " " : "", (int)n, p);
}

static void note(struct rag_words *w, const char *word, const char *form)
{
    char text[240];
    if (json_object_array_length(w->notes) >= NOTES_MAX)
        return;
    snprintf(text, sizeof text, "%.80s is searched for as words; the filter is written %s", word,
             form);
    json_object_array_add(w->notes, json_object_new_string(text));
}

/* Whether the word is a filter, which is taken then. */
static bool take_filter(struct rag_words *w, const char *p, size_t n, int64_t now)
{
    char word[VALUE_MAX + 16];
    if (n >= sizeof word)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)n, p);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        size_t k = strlen(filters[i].key);
        if (strncmp(word, filters[i].key, k) != 0)
            continue;
        if (filters[i].set(&w->filter, word + k, now))
            return true;
        if (word[k])
            note(w, word, filters[i].form);
        return !word[k]; /* it is being typed */
    }
    return false;
}

/* One piece of the text: a word, a phrase, with its minus. Returns its bytes. */
static size_t take_piece(struct rag_words *w, const char *p, int64_t now, enum err *e)
{
    bool minus = p[0] == '-' && (p[1] == '"' || (unsigned char)p[1] >= 0x80 ||
                                 ((p[1] | 32) >= 'a' && (p[1] | 32) <= 'z'));
    const char *at = p + minus;
    bool quoted = *at == '"';
    size_t n = quoted ? strcspn(at + 1, "\"") : strcspn(at, " \t\r\n\v\f\"");
    enum rag_demand demand = minus ? RAG_EXCLUDED : quoted ? RAG_REQUIRED : RAG_WISHED;
    at += quoted;
    if (demand != RAG_WISHED)
        add_term(w, at, n, demand);
    else if (take_filter(w, at, n, now))
        return (size_t)(at - p) + n;
    else
        add_word(w, at, n);
    if (!minus && n)
        *e = add_plain(w, at, n);
    return (size_t)(at - p) + n + (quoted && at[n] == '"');
}

/* Idle words are left out where others are left. */
static void drop_idle(struct rag_words *w)
{
    int kept = 0, telling = 0;
    for (int i = 0; i < w->count; i++)
        telling += w->terms[i].demand == RAG_REQUIRED ||
                   (w->terms[i].demand == RAG_WISHED && !is_idle(w->terms[i].text));
    for (int i = 0; telling && i < w->count; i++) {
        struct rag_term *t = &w->terms[i];
        if (t->demand != RAG_WISHED || t->beginning || !is_idle(t->text))
            w->terms[kept++] = *t;
    }
    if (telling)
        w->count = kept;
}

static enum err begin(const struct rag_filter *filter, struct rag_words *out)
{
    out->count = 0;
    out->filter = filter ? *filter : rag_filter_all();
    buf_init(&out->plain, PLAIN_MAX);
    out->notes = json_object_new_array();
    return out->notes ? buf_adds(&out->plain, "") : ERR_NOMEM;
}

enum err rag_words_read(const char *text, bool typing, int64_t now, const struct rag_filter *filter,
                        struct rag_words *out)
{
    enum err e = begin(filter, out);
    int last = -1;
    while (!e && *text) {
        size_t gap = strspn(text, blanks), n;
        int before = out->count;
        text += gap;
        if (!*text)
            break;
        n = take_piece(out, text, now, &e);
        last = !text[n] && out->count > before ? out->count - 1 : -1;
        text += n;
    }
    if (typing && last >= 0 && out->terms[last].demand == RAG_WISHED)
        out->terms[last].beginning = true;
    drop_idle(out);
    return e;
}

enum err rag_words_of(const char *text, const struct rag_filter *filter, struct rag_words *out)
{
    enum err e = begin(filter, out);
    while (!e && *text) {
        size_t n;
        text += strspn(text, " \t\r\n\v\f\"");
        n = strcspn(text, " \t\r\n\v\f\"");
        if (n) {
            add_word(out, text, n);
            e = add_plain(out, text, n);
        }
        text += n;
    }
    drop_idle(out);
    return e;
}

void rag_words_fini(struct rag_words *w)
{
    buf_fini(&w->plain);
    json_object_put(w->notes);
    w->notes = NULL;
}
