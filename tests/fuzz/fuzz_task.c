/* A task of any text: what is taken as an example lies inside it. */
#include <stdlib.h>
#include <string.h>

#include "core/pipeline/examples.h"
#include "core/pipeline/intake.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void inside(const char *text, size_t n, const char *part, size_t len)
{
    if (part && (part < text || len > n || part + len > text + n))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct examples found;
    char *text = malloc(size + 1), why[200];
    size_t n;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    n = strlen(text);
    examples_read(text, &found);
    if (found.count > EXAMPLES_MAX)
        abort();
    for (size_t i = 0; i < found.count; i++) {
        const struct example *e = &found.list[i];
        if (!e->call == !e->args || !e->expected || !e->expected_len)
            abort();
        inside(text, n, e->call, e->call_len);
        inside(text, n, e->args, e->args_len);
        inside(text, n, e->expected, e->expected_len);
    }
    (void)intake_judge(text, why);
    free(text);
    return 0;
}
