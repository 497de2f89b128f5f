/* Tokens, and what a prompt loses that is too large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/llm/tokens.h"
#include "core/pipeline/prompt_fit.h"

static double bytes(void *arg, const char *text, size_t n)
{
    (void)arg;
    (void)text;
    return (double)n;
}

enum { HISTORY, PLAN, EXAMPLES, PARTS };

static struct buf texts[PARTS];
static struct prompt_part parts[PARTS];

static void set_up(void)
{
    static const char *const all[PARTS] = {
        "\n\nEarlier: 20 bytes", /* 19 */
        "\n\nSpecification:\nadds",
        "\n\nExamples:\nf(1) == 1\nf(2) == 2\nf(3) == 3\n", /* a heading of 12, lines of 10 */
    };
    static const char *const what[PARTS] = {"the earlier failures", "the specification",
                                            "examples"};
    for (int i = 0; i < PARTS; i++) {
        buf_init(&texts[i], 1000);
        assert_int_equal(buf_adds(&texts[i], all[i]), ERR_OK);
        parts[i] = (struct prompt_part){.name = "x", .what = what[i], .text = &texts[i]};
    }
    parts[EXAMPLES].lines = true;
}

static const char *said(void)
{
    static char text[200];
    prompt_fit_say(parts, PARTS, text, sizeof text);
    for (int i = 0; i < PARTS; i++)
        buf_fini(&texts[i]);
    return text;
}

static const struct {
    double over;
    bool fits;
    const char *said;
} cases[] = {
    {-5, true, ""},
    {0, true, ""},
    {1, true, "the earlier failures"},
    {19, true, "the earlier failures"},
    {20, true, "the earlier failures and the specification"},
    {40, true, "the earlier failures and the specification"},
    {41, true, "the earlier failures, the specification and 1 of 3 examples"},
    {51, true, "the earlier failures, the specification and 2 of 3 examples"},
    {61, true, "the earlier failures, the specification and 3 of 3 examples"},
    {82, true, "the earlier failures, the specification and 3 of 3 examples"},
    {83, false, "the earlier failures, the specification and 3 of 3 examples"},
};

static void the_least_important_goes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool fits;
        const char *text;
        set_up();
        fits = prompt_fit(parts, PARTS, cases[i].over, bytes, NULL);
        text = said();
        if (fits != cases[i].fits || strcmp(text, cases[i].said) != 0)
            fail_msg("%g: %s", cases[i].over, text);
    }
}

static void what_is_kept_stays_whole(void **state)
{
    (void)state;
    set_up();
    assert_true(prompt_fit(parts, PARTS, 50, bytes, NULL));
    assert_string_equal(texts[EXAMPLES].data, "\n\nExamples:\nf(1) == 1\nf(2) == 2\n");
    assert_int_equal(texts[HISTORY].len + texts[PLAN].len, 0);
    said();
    set_up();
    assert_true(prompt_fit(parts, PARTS, 70, bytes, NULL));
    assert_int_equal(texts[EXAMPLES].len, 0); /* no heading stays alone */
    said();
    set_up();
    buf_clear(&texts[HISTORY]); /* an empty part cannot be lost */
    assert_true(prompt_fit(parts, PARTS, 5, bytes, NULL));
    assert_string_equal(said(), "the specification");
}

static void tokens_by_family(void **state)
{
    char text[1000];
    double factor;
    (void)state;
    memset(text, 'x', sizeof text);
    assert_true(tokens_estimate("codellama:7b", text, 1000) >
                tokens_estimate("Qwen2.5", text, 1000));
    assert_true(tokens_estimate("something", text, 1000) >= tokens_estimate("phi-3", text, 1000));
    assert_true(tokens_estimate("llama3.2", text, 1000) < tokens_estimate("llama2", text, 1000));
    assert_in_range((int)tokens_estimate("qwen2.5-coder-0.5b", text, 1000), 250, 300);
    memset(text, 0xe4, sizeof text);
    assert_in_range((int)tokens_estimate("qwen2.5-coder-0.5b", text, 1000), 400, 500);
    assert_true(tokens_learn(1000, 900, &factor));
    assert_true(factor > 0.89 && factor < 0.91);
    assert_false(tokens_learn(1000, 20, &factor)); /* the rest was cached */
    assert_false(tokens_learn(1000, 0, &factor));
    assert_false(tokens_learn(50, 60, &factor));
    assert_false(tokens_learn(1000, 3000, &factor));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_important_goes_first),
        cmocka_unit_test(what_is_kept_stays_whole),
        cmocka_unit_test(tokens_by_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
