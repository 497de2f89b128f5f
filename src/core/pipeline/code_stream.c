#include "core/pipeline/code_stream.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Lines that repeat those before them: so many in a row, and so many rounds, are no program any
 * more. Tables of valid programs stay below (tests/unit/test_syntax.c). */
enum { REPEATED_LINES = 32, REPEATED_ROUNDS = 8, TAIL = 800, TAIL_STEP = 128, TAIL_PERIOD = 48 };

void code_stream_init(struct code_stream *a)
{
    memset(a, 0, sizeof *a);
    a->bare = CODE_STREAM_NOWHERE;
    syntax_init(&a->syntax);
}

/* ---- repetition ---- */

static uint64_t hash(const char *p, size_t n)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 1099511628211u;
    return h;
}

static size_t trimmed(const char *line, size_t n)
{
    while (n && isspace((unsigned char)line[n - 1]))
        n--;
    return n;
}

static void break_off(struct code_stream *a, size_t end, const char *why, int line)
{
    a->state = CODE_STREAM_BROKEN;
    a->end = end;
    snprintf(a->why, sizeof a->why, "line %d: %.120s, the answer was stopped there", line, why);
}

/* The line of the program that the answer's line at work is. */
static int line_number(const struct code_stream *a)
{
    return a->state == CODE_STREAM_BLOCK || a->state == CODE_STREAM_BARE ? a->syntax.line
                                                                         : a->lines;
}

/* Notes a line, of `n` bytes at `text` + start; false: it goes round in circles. */
static bool note_line(struct code_stream *a, const char *line, size_t n, size_t start)
{
    const uint64_t h = hash(line, trimmed(line, n));
    for (int p = 1; p <= CODE_STREAM_PERIODS; p++) {
        int i = p - 1;
        if (a->lines < p || a->hashes[(a->lines - p) % CODE_STREAM_PERIODS] != h) {
            a->runs[i] = 0;
            continue;
        }
        if (a->runs[i]++ == 0) {
            a->starts[i] = start;
            a->run_lines[i] = line_number(a);
        }
        if (a->runs[i] >= REPEATED_LINES && a->runs[i] >= REPEATED_ROUNDS * p) {
            break_off(a, a->starts[i], "the same lines come again and again", a->run_lines[i]);
            return false;
        }
    }
    a->hashes[a->lines++ % CODE_STREAM_PERIODS] = h;
    return true;
}

/* The end of a long line repeats a short piece all over. */
static bool tail_repeats(const char *tail)
{
    for (int period = 1; period <= TAIL_PERIOD; period++)
        if (memcmp(tail, tail + period, (size_t)(TAIL - period)) == 0)
            return true;
    return false;
}

static void look_at_tail(struct code_stream *a, const char *text, size_t n)
{
    if (n < a->seen + TAIL || n < a->tail + TAIL_STEP)
        return;
    a->tail = n;
    if (tail_repeats(text + n - TAIL))
        break_off(a, a->seen, "the same piece comes again and again", line_number(a) + 1);
}

/* ---- a program without a fence ---- */

static bool begins(const char *line, size_t n, const char *word)
{
    size_t k = strlen(word);
    return n >= k && memcmp(line, word, k) == 0;
}

static bool is_code_line(const char *line, size_t n)
{
    static const char *const words[] = {"def ", "import ", "from ", "class ", "async def ", "@"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins(line, n, words[i]))
            return true;
    return false;
}

/* The name of the function that begins here at the outermost level; "": none does. */
static void head_name(const char *line, size_t n, char out[32])
{
    size_t at = begins(line, n, "async def ") ? 10 : begins(line, n, "def ") ? 4 : n, k = 0;
    for (; at < n && k < 31 && (isalnum((unsigned char)line[at]) || line[at] == '_'); at++)
        out[k++] = line[at];
    out[k] = 0;
}

static bool have_function(const struct code_stream *a, const char *name)
{
    for (int i = 0; i < a->function_count; i++)
        if (strcmp(a->functions[i], name) == 0)
            return true;
    return false;
}

/* A function counts when its body has come: words may name its head, too. */
static void note_function(struct code_stream *a, const char *line, size_t n)
{
    const bool inside = n && isspace((unsigned char)*line);
    if (inside && a->head[0] && trimmed(line, n)) {
        if (a->function_count < CODE_STREAM_FUNCTIONS)
            snprintf(a->functions[a->function_count++], sizeof a->functions[0], "%s", a->head);
        a->head[0] = 0;
    }
    if (!inside && n)
        head_name(line, n, a->head);
    if (n)
        a->decorated = *line == '@';
}

static void begin_bare(struct code_stream *a, size_t start)
{
    syntax_init(&a->syntax);
    a->state = CODE_STREAM_BARE;
    a->bare = start;
    a->function_count = 0;
    a->head[0] = 0;
    a->decorated = false;
}

static void bare_line(struct code_stream *a, const char *line, size_t n, size_t start)
{
    const bool between = syntax_between(&a->syntax),
               outermost = n && !isspace((unsigned char)*line);
    char name[32];
    head_name(line, n, name);
    if (between && name[0] && !a->decorated && have_function(a, name)) {
        a->state = CODE_STREAM_ENDED; /* another version of it */
        a->end = start;
    } else if (syntax_line(&a->syntax, line, n)) {
        if (between)
            note_function(a, line, n);
    } else if (!a->function_count) {
        a->state = CODE_STREAM_WORDS; /* it only looked like one */
        if (a->syntax.line > 1 && is_code_line(line, n)) {
            begin_bare(a, start);
            bare_line(a, line, n, start);
        }
    } else if (between && outermost) {
        a->state = CODE_STREAM_ENDED; /* what is said about it */
        a->end = start;
    } else {
        break_off(a, start + n, a->syntax.why, a->syntax.at);
    }
}

/* ---- the whole ---- */

static void take_line(struct code_stream *a, const char *line, size_t n, size_t start)
{
    struct fence mark;
    const bool fence = fence_mark(line, n, &mark);
    if (a->state == CODE_STREAM_BLOCK && fence && fence_closes(&a->fence, &mark)) {
        a->state = CODE_STREAM_CLOSED;
    } else if (a->state == CODE_STREAM_BARE && fence && a->function_count &&
               mark.info == trimmed(line, n) && syntax_between(&a->syntax)) {
        a->state = CODE_STREAM_ENDED; /* only the opening fence was missing */
        a->end = start;
    } else if (a->state != CODE_STREAM_BLOCK && fence) {
        a->state = CODE_STREAM_BLOCK;
        a->fence = mark;
        syntax_init(&a->syntax);
    } else if (a->state == CODE_STREAM_BLOCK) {
        if (!syntax_line(&a->syntax, line, n))
            break_off(a, start + n, a->syntax.why, a->syntax.at);
    } else {
        if (a->state == CODE_STREAM_WORDS && is_code_line(line, n))
            begin_bare(a, start);
        if (a->state == CODE_STREAM_BARE)
            bare_line(a, line, n, start);
    }
}

static bool is_over(const struct code_stream *a)
{
    return a->state >= CODE_STREAM_ENDED;
}

bool code_stream_go_on(struct code_stream *a, const char *text, size_t n)
{
    const char *newline;
    while (!is_over(a) && a->seen < n &&
           (newline = memchr(text + a->seen, '\n', n - a->seen)) != NULL) {
        size_t start = a->seen, length = (size_t)(newline - text) - start;
        a->seen = start + length + 1;
        take_line(a, text + start, length, start);
        if (!is_over(a))
            note_line(a, text + start, length, start);
    }
    if (!is_over(a))
        look_at_tail(a, text, n);
    return !is_over(a);
}

void code_stream_finish(struct code_stream *a, const char *text, size_t n)
{
    if (code_stream_go_on(a, text, n) && a->seen < n) {
        size_t start = a->seen;
        a->seen = n;
        take_line(a, text + start, n - start, start);
    }
}
