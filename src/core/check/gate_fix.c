/* Automatic fixes: the program as a gate's tool leaves it, when it still parses. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/check/gate.h"
#include "core/tool/tool_gate.h"

/* ---- what was changed ---- */

static bool has_line(const char *text, const char *line, size_t n)
{
    while (*text) {
        size_t k = strcspn(text, "\n");
        if (k == n && memcmp(text, line, n) == 0)
            return true;
        text += k + (text[k] == '\n');
    }
    return false;
}

/* The next line of *at that `other` does not have; NULL: none. *number counts the lines. */
static const char *next_changed(const char **at, const char *other, size_t *n, int *number)
{
    while (**at) {
        const char *line = *at;
        *n = strcspn(line, "\n");
        *at = line + *n + (line[*n] == '\n');
        ++*number;
        if (*n && !has_line(other, line, *n))
            return line;
    }
    return NULL;
}

void gate_changes(const char *before, const char *after, char *out, size_t size)
{
    const char *line;
    size_t n, used = 0;
    int number = 0;
    *out = 0;
    while ((line = next_changed(&before, after, &n, &number)) && used + 24 < size)
        used += (size_t)snprintf(out + used, size - used, "%sline %d: %.*s", used ? "; " : "",
                                 number, (int)(n < 80 ? n : 80), line);
}

static bool word_in(const char *text, const char *word, size_t n)
{
    for (const char *p = text; *p; p++) {
        bool begin = p == text || !(isalnum((unsigned char)p[-1]) || p[-1] == '_');
        if (begin && strncmp(p, word, n) == 0 && !isalnum((unsigned char)p[n]) && p[n] != '_')
            return true;
    }
    return false;
}

bool gate_needed(const char *before, const char *after, const char *text)
{
    const char *line;
    size_t n;
    int number = 0;
    while ((line = next_changed(&before, after, &n, &number)))
        for (size_t i = 0; i < n;) {
            size_t k = 0;
            while (i + k < n && (isalnum((unsigned char)line[i + k]) || line[i + k] == '_'))
                k++;
            if (k && word_in(text, line + i, k) && strncmp(line + i, "import", k) &&
                strncmp(line + i, "from", k) && strncmp(line + i, "as", k))
                return true;
            i += k ? k : 1;
        }
    return false;
}

/* ---- the step ---- */

static enum err still_parses(struct gate_run *g, const char *code, bool *yes, struct err_info *info)
{
    static const char *const argv[] = {
        "python3", "-I", "-S", "-c", "import ast, sys; ast.parse(sys.stdin.read())", NULL};
    const struct config *c = g->task->p->config;
    struct sandbox_spec spec = {
        .argv = argv,
        .input = code,
        .input_len = strlen(code),
        .limits = {.cpu_ms = config_int(c, OPTION_CPU_MS),
                   .wall_ms = config_int(c, OPTION_WALL_MS),
                   .memory_bytes = config_int(c, OPTION_MEMORY_MB) << 20,
                   .file_bytes = 1 << 20,
                   .disk_bytes = 1 << 20,
                   .output_bytes = 1 << 20,
                   .processes = 1},
    };
    struct sandbox_result r;
    enum err e;
    sandbox_result_init(&r);
    e = sandbox_run(g->task->p->sandbox, &spec, &r, info);
    *yes = !e && r.outcome == SANDBOX_EXITED && r.exit_code == 0;
    sandbox_result_fini(&r);
    return e;
}

static enum err write_fix(struct step *step, const struct gate_run *g, const char *code, bool well,
                          struct buf *out)
{
    char what[400];
    enum err e;
    gate_changes(g->code, code, what, sizeof what);
    step_say(step, "%.150s", what);
    e = buf_adds(out, "{\"what\":");
    if (!e)
        e = json_quote(out, what, strlen(what));
    if (!e)
        e = buf_adds(out, ",\"code\":");
    if (!e)
        e = json_quote(out, code, strlen(code));
    return e ? e : buf_adds(out, well ? ",\"well\":true}" : "}");
}

static enum err fix_step(struct step *step, void *arg, struct buf *out)
{
    struct gate_run *g = arg;
    struct sandbox_result r;
    struct err_info info = {0};
    bool filter = json_flag(g->run, "stdin", false), good = false, well;
    const struct buf *code = filter ? &r.out : &r.report;
    enum err e;
    sandbox_result_init(&r);
    e = gate_run_once(step, g, !filter, &r, &info);
    if (!e && r.outcome == SANDBOX_EXITED && code->len && code->len < CODE_MAX &&
        strlen(code->data) == code->len && strcmp(code->data, g->code) != 0 &&
        (g->checked_after ||
         !gate_needed(g->code, code->data, g->task->text))) /* its examples see the names */
        e = still_parses(g, code->data, &good, &info);
    well = !e && r.outcome == SANDBOX_EXITED && r.exit_code == 0;
    if (e != ERR_CANCELLED)
        e = good   ? write_fix(step, g, code->data, well, out)
            : well ? buf_adds(out, "{\"well\":true}")
                   : buf_adds(out, "{}");
    sandbox_result_fini(&r);
    return e;
}

enum err gate_run_fix(struct job *job, struct gate_run *g, struct json_object **out,
                      struct err_info *info)
{
    struct step_desc desc = {
        .name = "gate", .label = g->label, .flags = STEP_LAZY, .run = fix_step, .arg = g};
    struct buf input;
    enum err e;
    *out = NULL;
    buf_init(&input, 2 * CODE_MAX);
    e = json_print(&input, g->run);
    if (!e)
        e = buf_addf(&input, "\nfix\n%s", g->code);
    desc.input = input.data;
    desc.input_len = input.len;
    if (!e)
        e = job_step_json(job, &desc, 8 * CODE_MAX, out, info);
    buf_fini(&input);
    return e;
}
