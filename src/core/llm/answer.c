#include "core/llm/answer.h"

#include <stdio.h>
#include <string.h>

void answer_describe(const struct llm_reply *reply, struct json_object *chunks,
                     struct json_object *o)
{
    if (chunks) {
        json_object_get(chunks);
    } else {
        struct json_object *piece = json_object_new_array();
        chunks = json_object_new_array();
        json_object_array_add(piece, json_object_new_int64((int64_t)reply->ms));
        json_object_array_add(piece,
                              json_object_new_string_len(reply->text.data, (int)reply->text.len));
        json_object_array_add(chunks, piece);
    }
    json_object_object_add(o, "chunks", chunks);
    json_add_str(o, "finish", reply->finish);
    json_add_i64(o, "tokens_in", reply->tokens_in);
    json_add_i64(o, "tokens_cached", reply->tokens_cached);
    json_add_i64(o, "tokens_out", reply->tokens_out);
    json_add_f64(o, "first_token_ms", reply->first_token_ms);
    json_add_f64(o, "ms", reply->ms);
}

static enum err join(struct json_object *chunks, struct buf *text)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < json_object_array_length(chunks); i++) {
        struct json_object *c = json_object_array_get_idx(chunks, i);
        const char *piece = json_object_is_type(c, json_type_array)
                                ? json_object_get_string(json_object_array_get_idx(c, 1))
                                : NULL;
        e = buf_adds(text, piece ? piece : "");
    }
    return e;
}

enum err answer_play(const struct llm_request *q, struct json_object *o, struct llm_reply *reply)
{
    bool more = true, cut = strcmp(json_str(o, "finish", ""), "cut") == 0;
    enum err e = join(json_array(o, "chunks"), &reply->text);
    if (!e && reply->text.len && q->on_text)
        more = q->on_text(q->arg, reply->text.data, reply->text.len) == LLM_MORE;
    if (e || (cut && more)) { /* this listener wants to hear more than was recorded */
        buf_clear(&reply->text);
        return ERR_NOT_FOUND;
    }
    snprintf(reply->finish, sizeof reply->finish, "%s", json_str(o, "finish", "stop"));
    reply->tokens_in = json_i64(o, "tokens_in", 0);
    reply->tokens_cached = json_i64(o, "tokens_cached", 0);
    reply->tokens_out = json_i64(o, "tokens_out", 0);
    reply->first_token_ms = json_f64(o, "first_token_ms", 0);
    reply->ms = json_f64(o, "ms", 0);
    return ERR_OK;
}
