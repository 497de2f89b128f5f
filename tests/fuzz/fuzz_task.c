/* A task of any text: what is taken as an example lies inside it. */
#include <stdlib.h>
#include <string.h>

#include "core/words/examples.h"
#include "core/words/intake.h"
#include "core/words/properties.h"
#include "core/words/same_task.h"
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void inside(const char *text, size_t n, const char *part, size_t len)
{
    if (part && (part < text || len > n || part + len > text + n))
        abort();
}

/* Those that are sure stand first, and something is known of the inputs. */
static void properties_are_in_order(const char *text, const struct examples *x)
{
    struct properties p;
    struct written written[WRITTEN_MAX];
    properties_of(text, x, &p);
    if (p.count > PROPERTIES_MAX || p.sure > p.count ||
        (p.count && !x->count && !p.shape_count && !p.open))
        abort();
    for (size_t i = 0; i < p.count; i++)
        if (p.list[i].sure != (i < p.sure) || !p.list[i].name[0])
            abort();
    if (properties_read(text, x->function, written) > WRITTEN_MAX)
        abort();
}

/* What the harness is given reads as literals from end to end, and a view has a place for the call.
 */
static void python_is_of_literals(const char *text, struct examples *x)
{
    struct buf python, shown;
    buf_init(&python, 1 << 20);
    buf_init(&shown, 1 << 16);
    if (examples_python(x, &python) == ERR_OK) {
        properties_are_in_order(text, x);
        for (size_t i = 0; i < x->count; i++) {
            const struct example *e = &x->list[i];
            const bool literal = e->kind != EXAMPLE_MADE && e->kind != EXAMPLE_RAISES;
            if (literal && examples_literal(e->expected, e->expected + e->expected_len) !=
                               e->expected + e->expected_len)
                abort();
            if (!e->expected_len || (e->view && !memchr(e->view, '_', e->view_len)) ||
                (e->view && e->kind == EXAMPLE_RAISES))
                abort();
            buf_clear(&shown);
            if (examples_show(e, &shown) == ERR_OK && !shown.len)
                abort();
        }
    }
    x->count = 0;
    buf_fini(&shown);
    buf_fini(&python);
}

/* A task is never another one than itself in more words than it has. */
static void same_as_itself(const char *text)
{
    static struct same_text a, b;
    struct same_judgement j;
    same_text_read(text, &a);
    b = a;
    same_task(&a, &b, &j);
    if (j.unsure || (j.verdict == SAME_TASK && j.proof) || a.count > SAME_TOKENS ||
        a.hash_count > EXAMPLES_MAX || strlen(j.why) >= SAME_WHY)
        abort();
    same_name_read(text, &b);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct examples found, found_tests;
    char *text = fuzz_text(data, size), why[200];
    const size_t n = strlen(text);
    same_as_itself(text);
    examples_read(text, &found);
    if (found.count > EXAMPLES_MAX)
        abort();
    for (size_t i = 0; i < found.count; i++) {
        const struct example *e = &found.list[i];
        if (!e->call == !e->args || !e->expected || !e->expected_len)
            abort();
        inside(text, n, e->call, e->call_len);
        inside(text, n, e->args, e->args_len);
        if (e->expected_len != 4 || memcmp(e->expected, "None", 4) != 0) /* of no output */
            inside(text, n, e->expected, e->expected_len);
        inside(text, n, e->view, e->view_len);
        if (e->view &&
            (!e->call || e->call < e->view || e->call + e->call_len > e->view + e->view_len))
            abort();
    }
    python_is_of_literals(text, &found);
    examples_read_asserts(text, &found, 10, &found_tests);
    if (found_tests.count > 10)
        abort();
    for (size_t i = 0; i < found_tests.count; i++)
        inside(text, n, found_tests.list[i].call, found_tests.list[i].call_len);
    (void)intake_judge(text, why);
    free(text);
    return 0;
}
