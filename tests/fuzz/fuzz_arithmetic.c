/* A task of any text as a calculation, and by the rules that classify it. */
#include <stdlib.h>
#include <string.h>

#include "core/words/arithmetic.h"
#include "core/words/classify.h"
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct classification c;
    struct arithmetic a, again;
    arithmetic_init(&a);
    arithmetic_init(&again);
    arithmetic_read(text, &a);
    if (a.verdict == ARITHMETIC_OK) {
        if (!a.expression.len || a.expression.len > ARITHMETIC_EXPRESSION_MAX || !a.program.len)
            abort();
        if (strpbrk(a.expression.data, "\"\\\n\r")) /* it stands in a Python text */
            abort();
        arithmetic_read(a.expression.data, &again); /* what is shown can be typed */
        if (again.verdict == ARITHMETIC_NO && a.operations)
            abort();
    }
    if (a.verdict == ARITHMETIC_REFUSED && !a.why[0])
        abort();
    (void)arithmetic_count_numbers(text);
    (void)arithmetic_same_numbers(text, a.expression.data);
    classify_rules(text, size % 2, &c);
    if (c.class >= CLASS_COUNT || c.complexity >= COMPLEXITY_COUNT || !c.why[0])
        abort();
    arithmetic_fini(&again);
    arithmetic_fini(&a);
    free(text);
    return 0;
}
