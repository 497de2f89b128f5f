#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/secret.h"

static void hidden(const char *text, const char *expected)
{
    char out[256];
    snprintf(out, sizeof out, "%s", text);
    secret_hide(out);
    assert_string_equal(out, expected);
}

static void a_noted_value_is_hidden_wherever_it_stands(void **state)
{
    (void)state;
    hidden("sk-canary-0123 is wrong", "sk-canary-0123 is wrong"); /* nobody has said so yet */
    secret_note("sk-canary-0123");
    secret_note("Bearer sk-other-4567");
    hidden("sk-canary-0123", "***");
    hidden("a sk-canary-0123, sk-canary-0123sk-other-4567.", "a ***, ******.");
    hidden("got Bearer sk-other-4567!", "got ***!");
    hidden("", "");
    hidden("sk-canary", "***");                 /* the sentence was cut within it */
    hidden("it was sk-cana", "it was sk-cana"); /* too little to be told from a word */
    hidden("sk-canary-0124", "sk-canary-0124");
}

static void short_values_are_words(void **state)
{
    (void)state;
    secret_note("token");
    hidden("the token is old", "the token is old");
}

static void names_tell_what_the_environment_hides(void **state)
{
    (void)state;
    assert_true(secret_name("OPENAI_API_KEY", 14));
    assert_true(secret_name("my_token", 8));
    assert_false(secret_name("HOME", 4));
    assert_false(secret_name("HOME_KEY", 4)); /* only the first four letters count */
    setenv("CANARY_PASSWORD", "sesame-sesame", 1);
    setenv("CANARY_KEY_FILE", "/home/me/some.key", 1);
    secret_note_environment();
    hidden("sesame-sesame opens /home/me/some.key", "*** opens /home/me/some.key");
}

static void no_sentence_of_an_error_holds_one(void **state)
{
    struct err_info info;
    (void)state;
    secret_note("sk-canary-0123");
    err_set(&info, ERR_INPUT, "key %s refused", "sk-canary-0123");
    assert_string_equal(info.message, "key *** refused");
    err_at(&info, ERR_INPUT, "f", 1, 2, "%.600s", "sk-canary-0123");
    assert_string_equal(info.message, "***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_noted_value_is_hidden_wherever_it_stands),
        cmocka_unit_test(short_values_are_words),
        cmocka_unit_test(names_tell_what_the_environment_hides),
        cmocka_unit_test(no_sentence_of_an_error_holds_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
