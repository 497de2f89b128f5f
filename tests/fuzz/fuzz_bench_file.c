/* What a file of a bench may hold: nothing crashes, and what is taken has all its members. */
#include <stdlib.h>

#include "base/bench_file.h"
#include "fuzz_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(struct json_object *task)
{
    const char *prompt = json_str(task, "prompt", ""), *entry = json_str(task, "entry_point", "");
    struct buf text;
    if (!*json_str(task, "task_id", "") || !*prompt || !*entry || !*json_str(task, "test", ""))
        abort();
    buf_init(&text, 1 << 20);
    if (bench_task_text(prompt, entry, true, &text) || !text.len)
        abort();
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct json_object *tasks, *drawn;
    struct bench_choice choice = {.limit = 1 + (int64_t)(n % 7), .seed = n};
    char *text = fuzz_text(data, n); /* with a NUL behind it, as it comes from buf_read_file */
    if (bench_file_parse(text, n, "f", &tasks, NULL) == ERR_OK) {
        for (size_t i = 0; i < json_object_array_length(tasks); i++)
            check(json_object_array_get_idx(tasks, i));
        if (bench_file_draw(tasks, &choice, &drawn, NULL))
            abort();
        json_object_put(drawn);
        json_object_put(tasks);
    }
    free(text);
    return 0;
}
