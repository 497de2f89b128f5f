/* The file of --record: what is played out of it, and what is written into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "core/llm/record.h"

static char file[64];
static char heard[256];
static int pieces, stop_after;

static int begin(void **state)
{
    (void)state;
    strcpy(file, "/tmp/dise-record-XXXXXX");
    stop_after = 0;
    close(mkstemp(file));
    return 0;
}

static int end(void **state)
{
    (void)state;
    return unlink(file);
}

static enum llm_more on_text(void *arg, const char *text, size_t n)
{
    (void)arg;
    snprintf(heard, sizeof heard, "%.*s", (int)n, text);
    return ++pieces == stop_after ? LLM_STOP : LLM_MORE;
}

static const struct llm_message words[] = {{"system", "be short"}, {"user", "sort a list"}};

static struct llm_request question(void)
{
    return (struct llm_request){.model = "small",
                                .messages = words,
                                .message_count = 2,
                                .temperature = 0.5,
                                .max_tokens = 100,
                                .seed = 3,
                                .on_text = on_text};
}

static struct record_file *opened(void)
{
    struct record_file *r;
    struct err_info info = {0};
    if (record_open(file, &r, &info))
        fail_msg("%s", info.message);
    return r;
}

static void add(struct record_file *r, const struct llm_request *q, const char *finish,
                const char *chunks, enum err error)
{
    struct json_object *list;
    struct llm_reply reply = {.tokens_in = 7, .tokens_out = 5, .ms = 1234, .first_token_ms = 99};
    snprintf(reply.finish, sizeof reply.finish, "%s", finish);
    assert_int_equal(json_parse(chunks, strlen(chunks), NULL, &list, NULL), ERR_OK);
    record_add(r, q, list, &reply, error);
    json_object_put(list);
}

/* What is played; "": nothing. */
static const char *played(struct record_file *r, const struct llm_request *q)
{
    static char text[256];
    struct llm_reply reply;
    enum err e;
    llm_reply_init(&reply);
    pieces = 0;
    heard[0] = 0;
    e = record_play(r, q, &reply);
    snprintf(text, sizeof text, "%s", reply.text.data);
    if (!e) {
        assert_true(reply.recorded);
        assert_int_equal(reply.tokens_in, 7);
        assert_int_equal(reply.tokens_out, 5);
        assert_true(reply.ms == 1234 && reply.first_token_ms == 99);
        assert_string_equal(heard, text);
        assert_int_equal(pieces, 1);
    } else {
        assert_int_equal(e, ERR_NOT_FOUND);
        assert_string_equal(text, "");
    }
    llm_reply_fini(&reply);
    return text;
}

static void only_the_same_question_is_answered(void **state)
{
    struct record_file *r = opened();
    const struct llm_request q = question();
    static const struct llm_message other[] = {{"system", "be short"}, {"user", "sort a lisT"}};
    static const struct llm_message roles[] = {{"user", "be short"}, {"user", "sort a list"}};
    struct llm_request x[9];
    (void)state;
    add(r, &q, "stop", "[[1,\"caf\"],[2,\"é\"]]", ERR_OK);
    for (int i = 0; i < 9; i++)
        x[i] = q;
    x[0].model = "large";
    x[1].temperature = 0.6;
    x[2].seed = 4;
    x[3].max_tokens = 101;
    x[4].schema = "";
    x[5].schema = "{}";
    x[6].messages = other;
    x[7].messages = roles;
    x[8].message_count = 1;
    for (int again = 0; again < 2; again++) {
        assert_string_equal(played(r, &q), "café");
        for (int i = 0; i < 9; i++)
            if (*played(r, &x[i]))
                fail_msg("question %d was answered", i);
        record_close(r);
        r = opened();
    }
    record_close(r);
}

static void a_cut_answer_is_enough_for_who_cuts_there(void **state)
{
    struct record_file *r = opened();
    const struct llm_request q = question();
    (void)state;
    add(r, &q, "cut", "[[1,\"half\"]]", ERR_OK);
    assert_string_equal(played(r, &q), "");
    stop_after = 1;
    assert_string_equal(played(r, &q), "half");
    stop_after = 0;
    add(r, &q, "length", "[[1,\"half and more\"]]", ERR_OK);
    assert_string_equal(played(r, &q), "half and more"); /* the last one counts */
    record_close(r);
    r = opened();
    assert_string_equal(played(r, &q), "half and more");
    record_close(r);
}

static void errors_are_written_and_never_played(void **state)
{
    struct record_file *r = opened();
    const struct llm_request q = question();
    struct buf text;
    (void)state;
    add(r, &q, "error", "[[1,\"half\"]]", ERR_NET_BROKEN);
    add(r, &q, "error", "[]", ERR_CANCELLED);
    assert_string_equal(played(r, &q), "");
    record_close(r);
    r = opened();
    assert_string_equal(played(r, &q), "");
    record_close(r);
    buf_init(&text, 1 << 16);
    assert_int_equal(buf_read_file(&text, file, NULL), ERR_OK);
    assert_non_null(strstr(text.data, "\"error\":\"NET_BROKEN\""));
    assert_null(strstr(text.data, "CANCELLED"));
    buf_fini(&text);
}

/* A kill in the middle of a line costs that line. */
static void a_file_that_was_cut_goes_on(void **state)
{
    static const char rest[] =
        "{\"digest\":\"of another version\",\"text\":\"x\"}\nnonsense\n[]\n\n"
        "{\"key\":\"0123";
    const struct llm_request q = question();
    struct record_file *r;
    (void)state;
    assert_int_equal(path_write(file, rest, strlen(rest), NULL), ERR_OK);
    r = opened();
    assert_string_equal(played(r, &q), "");
    add(r, &q, "stop", "[[1,\"a\"]]", ERR_OK);
    assert_string_equal(played(r, &q), "a");
    record_close(r);
    r = opened();
    assert_string_equal(played(r, &q), "a");
    assert_int_equal(truncate(file, 3), 0); /* somebody changed it meanwhile */
    assert_string_equal(played(r, &q), "");
    record_close(r);
}

static void two_engines_write_into_one_file(void **state)
{
    struct record_file *a = opened(), *b = opened();
    struct llm_request q = question();
    char text[64];
    (void)state;
    for (int i = 0; i < 3000; i++) {
        q.seed = i;
        snprintf(text, sizeof text, "[[1,\"answer %d\"]]", i);
        add(i % 3 ? a : b, &q, "stop", text, ERR_OK);
    }
    q.seed = 2999;
    assert_string_equal(played(a, &q), "answer 2999");
    assert_string_equal(played(b, &q), "");
    record_close(a);
    record_close(b);
    a = opened();
    for (int i = 0; i < 3000; i++) {
        q.seed = i;
        snprintf(text, sizeof text, "answer %d", i);
        assert_string_equal(played(a, &q), text);
    }
    record_close(a);
}

static void a_file_that_cannot_be_written_is_named(void **state)
{
    struct record_file *r;
    struct err_info info = {0};
    (void)state;
    assert_int_equal(record_open("/nowhere/at/all", &r, &info), ERR_DENIED);
    assert_non_null(strstr(info.message, "/nowhere/at/all"));
    record_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_same_question_is_answered),  TEST(a_cut_answer_is_enough_for_who_cuts_there),
        TEST(errors_are_written_and_never_played), TEST(a_file_that_was_cut_goes_on),
        TEST(two_engines_write_into_one_file),     TEST(a_file_that_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
