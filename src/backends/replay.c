#include "backends/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "core/llm/llm_digest.h"

enum { FILE_MAX = 256 << 20, ANSWER_MAX = 1 << 20, PIECE = 4, BYTES_PER_TOKEN = 4 };

struct answer {
    struct json_object *line;
    const char *digest, *match, *model; /* NULL: any */
};

struct replay {
    struct backend base;
    struct answer *answers;
    size_t count;
    double tokens_per_s; /* 0: at once; < 0: as recorded */
};

static bool chunks_are_sound(struct json_object *chunks)
{
    for (size_t i = 0; chunks && i < json_object_array_length(chunks); i++) {
        struct json_object *c = json_object_array_get_idx(chunks, i);
        if (!json_object_is_type(c, json_type_array) || json_object_array_length(c) != 2)
            return false;
    }
    return chunks != NULL;
}

static enum err add_line(struct replay *b, const char *text, size_t n, const char *file, int number,
                         struct err_info *info)
{
    struct answer *more = realloc(b->answers, (b->count + 1) * sizeof *more), *a;
    struct err_info where;
    if (!more)
        return err_set(info, ERR_NOMEM, "out of memory");
    b->answers = more;
    a = &more[b->count];
    memset(a, 0, sizeof *a);
    if (json_parse(text, n, NULL, &a->line, &where))
        return err_at(info, ERR_PARSE, file, number, where.column, "%s", where.message);
    if (!json_get(a->line, "text") && !json_get(a->line, "chunks") && !json_get(a->line, "error")) {
        json_object_put(a->line);
        return err_at(info, ERR_INPUT, file, number, 1,
                      "a recorded answer needs \"text\", \"chunks\" or \"error\"");
    }
    if (json_get(a->line, "chunks") && !chunks_are_sound(json_array(a->line, "chunks"))) {
        json_object_put(a->line);
        return err_at(info, ERR_INPUT, file, number, 1, "\"chunks\" must be [[ms, \"text\"], …]");
    }
    a->digest = json_str(a->line, "digest", NULL);
    a->match = json_str(a->line, "match", NULL);
    a->model = json_str(a->line, "model", NULL);
    b->count++;
    return ERR_OK;
}

static enum err load(struct replay *b, const char *file, struct err_info *info)
{
    struct buf text;
    int number = 0;
    enum err e;
    buf_init(&text, FILE_MAX);
    e = buf_read_file(&text, file, info);
    for (char *at = text.data; !e && *at;) {
        size_t n = strcspn(at, "\n");
        number++;
        if (strspn(at, " \t\r") < n)
            e = add_line(b, at, n, file, number, info);
        at += n + (at[n] == '\n');
    }
    buf_fini(&text);
    return e;
}

static void close_backend(struct backend *base)
{
    struct replay *b = (struct replay *)base;
    for (size_t i = 0; i < b->count; i++)
        json_object_put(b->answers[i].line);
    free(b->answers);
    free(b);
}

static enum err open_backend(struct sched *s, const struct backend_config *config,
                             struct backend **out, struct err_info *info)
{
    struct replay *b = calloc(1, sizeof *b);
    const char *file = json_str(config->options, "file", NULL);
    enum err e;
    (void)s;
    *out = NULL;
    if (!b)
        return err_set(info, ERR_NOMEM, "out of memory");
    b->base.class = &replay_backend;
    snprintf(b->base.name, sizeof b->base.name, "%s", config->name);
    b->tokens_per_s = json_f64(config->options, "timing", 0);
    if (strcmp(json_str(config->options, "timing", ""), "real") == 0)
        b->tokens_per_s = -1;
    e = file ? load(b, file, info)
             : err_set(info, ERR_INPUT, "the replay backend needs llm.backends.%s.file",
                       config->name);
    if (e) {
        close_backend(&b->base);
        return e;
    }
    *out = &b->base;
    return ERR_OK;
}

static enum err models(struct backend *base, int timeout_ms, struct json_object **out,
                       struct err_info *info)
{
    static const char *const names[] = {"fast", "base", "powerful"};
    (void)base;
    (void)timeout_ms;
    (void)info;
    *out = json_object_new_array();
    for (int i = 0; i < 3; i++)
        json_object_array_add(*out, json_object_new_string(names[i]));
    return ERR_OK;
}

/* ---- choosing ---- */

static bool of_seed(const struct answer *a, const struct llm_request *q)
{
    struct json_object *seed = json_get(a->line, "seed");
    return seed && json_object_get_int64(seed) == q->seed;
}

static bool fits(const struct answer *a, const struct llm_request *q, const char *digest,
                 bool exact)
{
    const char *last = q->message_count ? q->messages[q->message_count - 1].content : "";
    if (exact)
        return a->digest && strcmp(a->digest, digest) == 0;
    if (a->digest || (a->model && strcmp(a->model, q->model) != 0))
        return false;
    return !a->match || strstr(last, a->match);
}

static const struct answer *choose(const struct replay *b, const struct llm_request *q)
{
    char digest[65];
    llm_digest(q, digest);
    for (int exact = 1; exact >= 0; exact--) {
        const struct answer *last = NULL;
        int64_t wanted = q->seed > 0 ? q->seed : 0;
        for (size_t i = 0; i < b->count; i++) {
            if (!fits(&b->answers[i], q, digest, exact))
                continue;
            if (exact && of_seed(&b->answers[i], q))
                return &b->answers[i];
            if (wanted-- >= 0)
                last = &b->answers[i];
        }
        if (last)
            return last;
    }
    return NULL;
}

/* ---- playing ---- */

static enum err hand_on(const struct llm_request *q, struct llm_reply *r, const char *text,
                        size_t n, bool *more)
{
    enum err e = buf_add(&r->text, text, n);
    if (!e && q->on_text)
        *more = q->on_text(q->arg, text, n) == LLM_MORE;
    return e;
}

static enum err play_chunks(const struct llm_request *q, struct json_object *chunks, bool timed,
                            struct llm_reply *r, bool *more)
{
    int64_t at = 0;
    enum err e = ERR_OK;
    for (size_t i = 0; !e && *more && i < json_object_array_length(chunks); i++) {
        struct json_object *c = json_object_array_get_idx(chunks, i);
        int64_t ms = json_object_get_int64(json_object_array_get_idx(c, 0));
        const char *text = json_object_get_string(json_object_array_get_idx(c, 1));
        if (timed && ms > at)
            e = fiber_sleep((uint64_t)(ms - at));
        at = ms;
        if (!e && text)
            e = hand_on(q, r, text, strlen(text), more);
    }
    return e;
}

static size_t piece_end(const char *text, size_t n, size_t at)
{
    const size_t end = at + PIECE;
    while (at < n && at < end) {
        uint32_t cp;
        at += utf8_decode(text + at, n - at, &cp);
    }
    return at;
}

/* Pieces of about a token each, one by one also when several are due: who ends an answer early ends
 * it at the same piece on a busy machine. */
static enum err play_text(const struct llm_request *q, const char *text, double per_s,
                          struct llm_reply *r, bool *more)
{
    size_t n = strlen(text), done = 0;
    uint64_t began = uv_hrtime();
    enum err e = ERR_OK;
    if (per_s <= 0)
        return hand_on(q, r, text, n, more);
    while (!e && *more && done < n) {
        double due = (double)(uv_hrtime() - began) / 1e9 * per_s * PIECE;
        size_t want = (size_t)due + PIECE;
        while (!e && *more && done < n && done < want) {
            size_t end = piece_end(text, n, done);
            e = hand_on(q, r, text + done, end - done, more);
            done = end;
        }
        if (!e && *more && done < n)
            e = fiber_sleep((uint64_t)(1000 / per_s) + 1);
        if (!e && *more && q->total_ms && uv_hrtime() - began > (uint64_t)q->total_ms * 1000000)
            e = ERR_TIMEOUT;
    }
    return e;
}

/* A recorded answer at another speed than it had. */
static enum err play_joined(const struct llm_request *q, struct json_object *chunks, double per_s,
                            struct llm_reply *r, bool *more)
{
    struct buf text;
    enum err e = ERR_OK;
    buf_init(&text, ANSWER_MAX);
    for (size_t i = 0; !e && i < json_object_array_length(chunks); i++) {
        struct json_object *c = json_object_array_get_idx(chunks, i);
        const char *piece = json_object_get_string(json_object_array_get_idx(c, 1));
        e = buf_adds(&text, piece ? piece : "");
    }
    if (!e)
        e = play_text(q, text.data, per_s, r, more);
    buf_fini(&text);
    return e;
}

static void count(const struct llm_request *q, struct json_object *line, struct llm_reply *r)
{
    int64_t prompt = 0;
    for (size_t i = 0; i < q->message_count; i++)
        prompt += (int64_t)strlen(q->messages[i].content) / BYTES_PER_TOKEN + 4;
    r->estimated = !json_get(line, "tokens_out");
    r->truncated = json_flag(line, "truncated", false);
    r->tokens_in = json_i64(line, "tokens_in", prompt);
    r->tokens_cached = json_i64(line, "tokens_cached", 0);
    r->tokens_out = json_i64(line, "tokens_out", (int64_t)r->text.len / BYTES_PER_TOKEN + 1);
}

static enum err chat(struct backend *base, const struct llm_request *q, struct llm_reply *r,
                     struct err_info *info)
{
    struct replay *b = (struct replay *)base;
    const struct answer *a = choose(b, q);
    uint64_t began = uv_hrtime();
    struct json_object *chunks;
    const char *error;
    double per_s;
    bool more = true;
    enum err e = fiber_check();
    if (e)
        return err_set(info, e, "cancelled");
    if (!a)
        return err_set(info, ERR_NOT_FOUND, "no recorded answer fits the question to %s", q->model);
    per_s = json_f64(a->line, "tokens_per_s", b->tokens_per_s > 0 ? b->tokens_per_s : 0);
    chunks = json_array(a->line, "chunks");
    if (chunks && per_s <= 0)
        e = play_chunks(q, chunks, b->tokens_per_s < 0, r, &more);
    else if (chunks)
        e = play_joined(q, chunks, per_s, r, &more);
    else
        e = play_text(q, json_str(a->line, "text", ""), per_s, r, &more);
    r->first_token_ms = 0;
    r->ms = (double)(uv_hrtime() - began) / 1e6;
    count(q, a->line, r);
    snprintf(r->finish, sizeof r->finish, "%s", more ? json_str(a->line, "finish", "stop") : "cut");
    if (e)
        return err_set(info, e, "%s", err_text(e));
    error = json_str(a->line, "error", NULL);
    if (!error || !more)
        return ERR_OK;
    snprintf(r->finish, sizeof r->finish, "error");
    e = err_by_name(error);
    return err_set(info, e, "recorded: %s", err_text(e));
}

const struct backend_class replay_backend = {
    .name = "replay",
    .open = open_backend,
    .close = close_backend,
    .models = models,
    .chat = chat,
};
