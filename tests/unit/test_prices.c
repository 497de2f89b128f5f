/* Prices: the shipped table, the configuration's over it, patterns and dated names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/llm/prices.h"

static const char shipped[] = DISE_SOURCE_DIR "/tools/prices.yaml";

static struct prices *opened(const char *own)
{
    struct json_object *o = NULL;
    struct prices *p = NULL;
    struct err_info info = {0};
    assert_int_equal(json_parse(own, strlen(own), NULL, &o, NULL), ERR_OK);
    if (prices_open(shipped, o, &p, &info))
        fail_msg("%s", info.message);
    json_object_put(o);
    return p;
}

static void assert_price(const struct prices *p, const char *model, double in, double cached,
                         double out)
{
    struct price price = prices_of(p, model);
    if (!price.known || price.in != in || price.cached != cached || price.out != out)
        fail_msg("%s: %g %g %g", model, price.in, price.cached, price.out);
}

static void names_dates_and_prefixes(void **state)
{
    struct prices *p = opened("{}");
    (void)state;
    assert_price(p, "gpt-4o", 2.5, 1.25, 10);
    assert_price(p, "gpt-4o-2024-08-06", 2.5, 1.25, 10);
    assert_price(p, "gpt-4o-mini", 0.15, 0.075, 0.6);
    assert_price(p, "openai/gpt-4o-mini-2024-07-18", 0.15, 0.075, 0.6);
    assert_price(p, "claude-sonnet-4-5-20250929", 3, 0.3, 15);
    assert_price(p, "claude-3-5-haiku-latest", 0.8, 0.08, 4);
    assert_price(p, "gpt-3.5-turbo", 0.5, 0.5, 1.5); /* cached input costs as any other */
    assert_false(prices_of(p, "gpt-4o-realtime").known);
    assert_false(prices_of(p, "gpt").known);
    assert_false(prices_of(p, "").known);
    prices_close(p);
}

static void patterns_and_ones_own(void **state)
{
    struct prices *p = opened("{\"gpt-4*\":{\"in\":1,\"out\":2},\"gpt-4o-m*\":{\"in\":3,\"out\":4},"
                              "\"*coder*\":{\"in\":5,\"cached\":0,\"out\":6},"
                              "\"gpt-4o-max\":{\"in\":7,\"out\":8}}");
    (void)state;
    assert_price(p, "gpt-4o", 1, 1, 2); /* one's own goes first, also by a pattern */
    assert_price(p, "gpt-4o-mini", 3, 3, 4);
    assert_price(p, "gpt-4o-max-2025-01-01", 7, 7, 8);
    assert_price(p, "qwen2.5-coder:32b", 5, 0, 6);
    assert_price(p, "o3", 2, 0.5, 8);
    assert_true(prices_own(p, "gpt-4o").known && !prices_own(p, "o3").known);
    prices_close(p);
}

static void cached_tokens_cost_their_own_price(void **state)
{
    const struct price p = {.in = 2, .cached = 0.5, .out = 8, .known = true};
    (void)state;
    assert_int_equal(price_nano(&p, 1000000, 0, 0), 2000000000);
    assert_int_equal(price_nano(&p, 1000000, 600000, 0), 800000000 + 300000000);
    assert_int_equal(price_nano(&p, 100, 900, 10), 50000 + 80000); /* no more than were read */
    assert_int_equal(price_nano(&(struct price){.in = 0.075}, 1, 0, 0), 75);
    assert_int_equal(price_nano(&(struct price){.in = 0.0755}, 1, 0, 0), 76); /* rounded up */
    assert_true(price_free(&(struct price){.known = true}) && !price_free(&p));
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *own, *says;
    } cases[] = {
        {"[1]", "llm.prices must be a mapping of models"},
        {"{\"m\":3}", "llm.prices: m must be a mapping with in and out"},
        {"{\"m\":{\"in\":1}}", "llm.prices: m needs in and out"},
        {"{\"m\":{\"in\":1,\"out\":\"2$\"}}", "llm.prices: out of m must be a number of dollars"},
        {"{\"m\":{\"in\":-1,\"out\":2}}", "llm.prices: in of m must be a number of dollars"},
        {"{\"m\":{\"in\":1,\"output\":2}}", "llm.prices: output of m is unknown"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *o = NULL;
        struct prices *p = NULL;
        struct err_info info = {0};
        assert_int_equal(json_parse(cases[i].own, strlen(cases[i].own), NULL, &o, NULL), ERR_OK);
        assert_int_equal(prices_open(NULL, o, &p, &info), ERR_INPUT);
        if (!strstr(info.message, cases[i].says))
            fail_msg("%s", info.message);
        json_object_put(o);
    }
}

static void the_place_in_a_file_is_named(void **state)
{
    char path[] = "/tmp/dise-prices-XXXXXX";
    static const char text[] = "a: {in: 1, out: 2}\nb:\n  in: 1\n  out: much\n";
    int fd = mkstemp(path);
    struct prices *p = NULL;
    struct err_info info = {0};
    (void)state;
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    assert_int_not_equal(prices_open(path, NULL, &p, &info), ERR_OK);
    unlink(path);
    if (info.line != 4 || !strstr(info.message, "out of b must be a number"))
        fail_msg("%d: %s", info.line, info.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_dates_and_prefixes),
        cmocka_unit_test(patterns_and_ones_own),
        cmocka_unit_test(cached_tokens_cost_their_own_price),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(the_place_in_a_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
