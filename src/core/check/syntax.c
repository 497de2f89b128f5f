#include "core/check/syntax.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

enum token {
    TOKEN_NONE,
    TOKEN_NAME,
    TOKEN_KEYWORD,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_CLOSE,
    TOKEN_OP
};

void syntax_init(struct syntax *s)
{
    memset(s, 0, sizeof *s);
    s->levels[0].column = -1; /* the first statement's: a block in a list is indented as a whole */
}

bool syntax_between(const struct syntax *s)
{
    return s->depth == 0 && !s->continued && !s->unsure;
}

static bool PRINTF_LIKE(2, 3) refuse(struct syntax *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->why, sizeof s->why, format, args);
    va_end(args);
    s->broken = true;
    s->at = s->line;
    return false;
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

/* Those that are names at some places count as keywords: nothing is concluded from them. */
static bool is_keyword(const char *word)
{
    static const char *const all[] = {
        "False",  "None",    "True",  "and",      "as",     "assert", "async",  "await",
        "break",  "case",    "class", "continue", "def",    "del",    "elif",   "else",
        "except", "finally", "for",   "from",     "global", "if",     "import", "in",
        "is",     "lambda",  "match", "nonlocal", "not",    "or",     "pass",   "raise",
        "return", "try",     "type",  "while",    "with",   "yield",  NULL};
    return is_one_of(word, all);
}

/* Never inside of brackets. */
static bool is_statement(const char *word)
{
    static const char *const all[] = {"assert", "break",    "class",  "continue", "def",
                                      "del",    "elif",     "except", "finally",  "global",
                                      "import", "nonlocal", "pass",   "raise",    "return",
                                      "try",    "while",    "with",   NULL};
    return is_one_of(word, all);
}

static bool is_header(const char *word)
{
    static const char *const all[] = {"class", "def", "elif", "else",  "except", "finally",
                                      "for",   "if",  "try",  "while", "with",   NULL};
    return is_one_of(word, all);
}

/* Something must follow on the same line. */
static bool is_open_ended(const char *word)
{
    static const char *const all[] = {"and", "as",     "assert", "class",  "def",
                                      "del", "global", "if",     "import", "in",
                                      "is",  "lambda", "not",    "or",     NULL};
    return is_one_of(word, all);
}

/* ---- brackets ---- */

static struct syntax_open *top(struct syntax *s)
{
    return s->depth ? &s->open[s->depth - 1] : NULL;
}

static void push(struct syntax *s, char kind, char quote, bool triple, bool raw)
{
    if (s->depth == SYNTAX_DEPTH) {
        s->unsure = true;
        return;
    }
    s->open[s->depth++] = (struct syntax_open){kind, quote, triple, raw, s->line};
}

static bool in_brackets(struct syntax *s)
{
    return s->depth && strchr("([{", top(s)->kind);
}

static bool close_bracket(struct syntax *s, char c)
{
    const char opener = c == ')' ? '(' : c == ']' ? '[' : '{';
    const struct syntax_open *o = top(s);
    if (!o)
        return refuse(s, "'%c' closes nothing", c);
    if (o->kind == 'x' && c == '}') {
        s->depth--; /* back in the f-string's text */
        return true;
    }
    if (o->kind != opener) {
        if (o->kind == 'x')
            return refuse(s, "'%c' closes nothing in the f-string", c);
        return refuse(s, "'%c' does not match the '%c' of line %d", c, o->kind, o->line);
    }
    s->depth--;
    s->token = TOKEN_CLOSE;
    return true;
}

/* ---- strings ---- */

static bool closes(const struct syntax_open *o, const char *p, const char *end)
{
    return *p == o->quote && (!o->triple || (end - p >= 3 && p[1] == o->quote && p[2] == o->quote));
}

/* Behind a backslash. Of an f-string's braces only those of \N{NAME} belong to it. */
static const char *escape(const struct syntax_open *o, const char *p, const char *end)
{
    if (p + 1 >= end)
        return end;
    if (o->kind == 'f' && !o->raw && p[1] == 'N' && p + 2 < end && p[2] == '{') {
        const char *close = memchr(p, '}', (size_t)(end - p));
        return close ? close + 1 : end;
    }
    return o->kind != 'q' && (p[1] == '{' || p[1] == '}') ? p + 1 : p + 2;
}

/* The rest of a string's text, or as far as this line goes; NULL: refused. */
static const char *string_text(struct syntax *s, const char *p, const char *end)
{
    bool escaped = false;
    while (p < end) {
        const struct syntax_open *o = top(s);
        if (*p == '\\') {
            escaped = p + 1 == end;
            p = escape(o, p, end);
        } else if (closes(o, p, end) && o->kind != 's') {
            p += o->triple ? 3 : 1;
            s->depth--;
            s->token = TOKEN_STRING;
            return p;
        } else if (o->kind == 'f' && *p == '{' && p + 1 < end && p[1] == '{') {
            p += 2;
        } else if (o->kind != 'q' && *p == '{') {
            push(s, 'x', o->quote, o->triple, o->raw);
            s->token = TOKEN_NONE;
            return p + 1;
        } else if (o->kind == 's' && *p == '}') {
            s->depth--; /* the expression with its format */
            p++;
            if (!s->depth)
                s->unsure = true;
        } else {
            p++;
        }
    }
    if (!top(s)->triple && !escaped) {
        if (top(s)->kind == 's')
            s->unsure = true;
        else
            return refuse(s, "a string is not closed"), NULL;
    }
    return end;
}

static const char *open_string(struct syntax *s, const char *p, const char *end, const char *prefix)
{
    const bool triple = end - p >= 3 && p[1] == *p && p[2] == *p;
    const bool f = strpbrk(prefix, "fFtT") != NULL;
    push(s, f ? 'f' : 'q', *p, triple, strpbrk(prefix, "rR") != NULL);
    return p + (triple ? 3 : 1);
}

/* ---- tokens ---- */

static bool is_operand(int token)
{
    return token == TOKEN_NAME || token == TOKEN_NUMBER || token == TOKEN_STRING ||
           token == TOKEN_CLOSE;
}

/* A token that begins an operand comes; two operands never stand beside each other. */
static bool take_operand(struct syntax *s, int token, const char *p, size_t n)
{
    if (is_operand(s->token) && !(s->token == TOKEN_STRING && token == TOKEN_STRING))
        return refuse(s, "invalid syntax at \"%.*s\"", n < 24 ? (int)n : 24, p);
    s->token = token;
    return true;
}

static bool is_word_char(unsigned char c)
{
    return isalnum(c) || c == '_' || c >= 0x80;
}

static bool is_prefix(const char *p, size_t n)
{
    char word[3] = "";
    if (n == 0 || n > 2)
        return false;
    for (size_t i = 0; i < n; i++)
        word[i] = (char)tolower((unsigned char)p[i]);
    return n == 1
               ? strchr("rubft", *word) != NULL
               : strcmp(word, "br") == 0 || strcmp(word, "rb") == 0 || strcmp(word, "fr") == 0 ||
                     strcmp(word, "rf") == 0 || strcmp(word, "tr") == 0 || strcmp(word, "rt") == 0;
}

/* NULL: refused. */
static const char *word_token(struct syntax *s, const char *p, const char *end)
{
    const char *start = p;
    char word[SYNTAX_WORD] = "";
    size_t n;
    while (p < end && is_word_char((unsigned char)*p))
        p++;
    n = (size_t)(p - start);
    if (n < sizeof word)
        memcpy(word, start, n);
    if (p < end && (*p == '"' || *p == '\'') && is_prefix(start, n))
        return take_operand(s, TOKEN_STRING, start, n) ? open_string(s, p, end, word) : NULL;
    if (!*word || !is_keyword(word))
        return take_operand(s, TOKEN_NAME, start, n) ? p : NULL;
    if (in_brackets(s) && is_statement(word)) {
        refuse(s, "the '%c' of line %d is not closed", top(s)->kind, top(s)->line);
        return NULL;
    }
    if (!s->depth && (s->token == TOKEN_NONE || strcmp(s->first, "async") == 0) && !s->colon)
        memcpy(s->first, word, sizeof word);
    memcpy(s->word, word, sizeof word);
    s->token = TOKEN_KEYWORD;
    return p;
}

static const char *digits(const char *p, const char *end, const char *base)
{
    while (p < end && (*p == '_' || (base ? strchr(base, tolower((unsigned char)*p)) != NULL
                                          : isdigit((unsigned char)*p))))
        p++;
    return p;
}

/* The end of a number: what stands right behind it may be a keyword ("1if x else 2"). */
static const char *number_end(const char *p, const char *end)
{
    const char *e;
    if (*p == '0' && p + 1 < end && strchr("xX", p[1]))
        return digits(p + 2, end, "0123456789abcdef");
    if (*p == '0' && p + 1 < end && strchr("oObB", p[1]))
        return digits(p + 2, end, NULL);
    p = digits(p, end, NULL);
    if (p < end && *p == '.')
        p = digits(p + 1, end, NULL);
    if (p < end && (*p == 'e' || *p == 'E')) {
        e = p + 1;
        if (e < end && (*e == '+' || *e == '-'))
            e++;
        if (e < end && isdigit((unsigned char)*e))
            p = digits(e, end, NULL);
    }
    return p < end && (*p == 'j' || *p == 'J') ? p + 1 : p;
}

static const char *colon(struct syntax *s, const char *p)
{
    if (s->depth && top(s)->kind == 'x') {
        top(s)->kind = 's';
        return p + 1;
    }
    s->colon |= s->depth == 0;
    s->token = TOKEN_OP;
    s->op = ':';
    return p + 1;
}

/* NULL: refused. */
static const char *operator(struct syntax *s, const char *p, const char *end)
{
    const char c = *p, next = p + 1 < end ? p[1] : 0;
    if (strchr("([{", c)) {
        if (c == '{' && is_operand(s->token))
            return refuse(s, "invalid syntax at \"{\""), NULL;
        push(s, c, 0, false, false);
        s->token = TOKEN_OP;
        s->op = c;
        return p + 1;
    }
    if (strchr(")]}", c))
        return close_bracket(s, c) ? p + 1 : NULL;
    if (c == '.' && next == '.' && p + 2 < end && p[2] == '.') {
        s->token = TOKEN_KEYWORD; /* a value, and dots of "from ... import" */
        s->word[0] = 0;
        return p + 3;
    }
    if (c == ':' && (next != '=' || (s->depth && top(s)->kind == 'x')))
        return colon(s, p);
    if (strchr("$?`", c) || (c == '!' && next != '=' && !(s->depth && top(s)->kind == 'x')))
        return refuse(s, "'%c' is no character of a program", c), NULL;
    if (!s->depth && s->token == TOKEN_NONE &&
        (strchr("/%=<>&|^,;.", c) || (c == '*' && next == '*')))
        return refuse(s, "no statement begins with '%c'", c), NULL;
    s->op = c;
    s->token = c == ';' && !s->depth ? TOKEN_NONE : TOKEN_OP;
    return p + 1 + ((c == ':' || c == '!') && next == '=');
}

/* The tokens of one line from p; false: refused. */
static bool tokens(struct syntax *s, const char *p, const char *end)
{
    s->continued = false;
    while (p && p < end && !s->unsure) {
        const unsigned char c = (unsigned char)*p;
        if (s->depth && strchr("qfs", top(s)->kind)) {
            p = string_text(s, p, end);
        } else if (c == ' ' || c == '\t' || c == '\f') {
            p++;
        } else if (c == '#') {
            break;
        } else if (c == '\\') {
            if (p + 1 < end)
                return refuse(s, "a backslash stands before other text");
            s->continued = true;
            break;
        } else if (c < 0x20 || c == 0x7f) {
            s->unsure = true;
        } else if (c == '"' || c == '\'') {
            p = take_operand(s, TOKEN_STRING, p, 1) ? open_string(s, p, end, "") : NULL;
        } else if (isdigit(c) || (c == '.' && p + 1 < end && isdigit((unsigned char)p[1]))) {
            const char *start = p;
            p = number_end(p, end);
            if (!take_operand(s, TOKEN_NUMBER, start, (size_t)(p - start)))
                return false;
        } else {
            p = is_word_char(c) ? word_token(s, p, end) : operator(s, p, end);
        }
    }
    return p != NULL;
}

/* ---- statements ---- */

static bool lacks_handler(const struct syntax *s, int level)
{
    return strcmp(s->levels[level].last, "try") == 0;
}

/* A statement begins in this column. */
static bool indent(struct syntax *s, int column)
{
    int level = s->level;
    if (s->levels[0].column < 0)
        s->levels[0].column = column;
    if (s->opens && column <= s->levels[level].column)
        return refuse(s, "an indented block is missing after line %d", s->opened);
    if (column > s->levels[level].column) {
        if (!s->opens)
            return refuse(s, "unexpected indentation");
        if (level + 1 == SYNTAX_LEVELS) {
            s->unsure = true;
            return true;
        }
        s->level = ++level;
        s->levels[level].column = column;
        s->levels[level].last[0] = 0;
    }
    while (level > 0 && column < s->levels[level].column) {
        if (lacks_handler(s, level))
            return refuse(s, "a try has neither except nor finally");
        level--;
    }
    if (column != s->levels[level].column)
        return refuse(s, "the indentation matches that of no line before");
    s->level = level;
    s->opens = false;
    return true;
}

/* Whether `word` may follow the statement before it in the same block. */
static bool follows(const struct syntax *s, const char *word)
{
    static const char *const else_of[] = {"if", "elif", "for", "while", "except", NULL};
    static const char *const elif_of[] = {"if", "elif", NULL};
    static const char *const except_of[] = {"try", "except", NULL};
    static const char *const finally_of[] = {"try", "except", "else", NULL};
    const char *last = s->levels[s->level].last;
    return strcmp(word, "else") == 0      ? is_one_of(last, else_of)
           : strcmp(word, "elif") == 0    ? is_one_of(last, elif_of)
           : strcmp(word, "except") == 0  ? is_one_of(last, except_of)
           : strcmp(word, "finally") == 0 ? is_one_of(last, finally_of)
                                          : true;
}

/* A logical line is complete. */
static bool end_statement(struct syntax *s)
{
    const char *first = s->first;
    const bool ends_with_colon = s->token == TOKEN_OP && s->op == ':';
    const bool star = s->op == '*' && (strcmp(first, "from") == 0 || strcmp(first, "import") == 0);
    s->begun = false;
    if (s->token == TOKEN_OP && !strchr(":,", s->op) && !star)
        return refuse(s, "the line ends behind '%c'", s->op);
    if (s->token == TOKEN_KEYWORD && is_open_ended(s->word))
        return refuse(s, "the line ends behind \"%s\"", s->word);
    if (is_header(first) && !s->colon)
        return refuse(s, "a ':' is missing after \"%s\"", first);
    if (ends_with_colon && !is_header(first) && strcmp(first, "match") != 0 &&
        strcmp(first, "case") != 0)
        return refuse(s, "no block begins so");
    if (!follows(s, first))
        return refuse(s, "nothing precedes this \"%s\" that it belongs to", first);
    if (lacks_handler(s, s->level) && strcmp(first, "except") != 0 && strcmp(first, "finally") != 0)
        return refuse(s, "a try has neither except nor finally");
    snprintf(s->levels[s->level].last, SYNTAX_WORD, "%s", is_header(first) ? first : "");
    s->opens = ends_with_colon;
    s->opened = s->line;
    return true;
}

/* The column of the first character; *text: where it stands; the end for a line without any. */
static int measure(const char *p, const char *end, const char **text)
{
    int column = 0;
    for (; p < end && (*p == ' ' || *p == '\t' || *p == '\f'); p++)
        column = *p == ' ' ? column + 1 : *p == '\t' ? column / 8 * 8 + 8 : 0;
    *text = p < end && *p == '#' ? end : p;
    return column;
}

static bool begin_statement(struct syntax *s, const char **p, const char *end)
{
    int column = measure(*p, end, p);
    if (*p == end)
        return true; /* blank, or only a comment */
    if (**p == '\\') {
        s->unsure = true;
        return true;
    }
    s->begun = true;
    s->token = TOKEN_NONE;
    s->op = 0;
    s->first[0] = s->word[0] = 0;
    s->colon = false;
    return indent(s, column);
}

bool syntax_line(struct syntax *s, const char *line, size_t n)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const char *p = line, *end;
    s->line++;
    if (s->unsure || s->broken)
        return !s->broken;
    if (s->line == 1 && n >= 3 && memcmp(p, byte_order_mark, 3) == 0)
        p += 3;
    end = line + n;
    while (end > p && end[-1] == '\r')
        end--;
    if (!s->begun && !begin_statement(s, &p, end))
        return false;
    if (s->unsure || !s->begun)
        return true;
    if (p == end && s->depth && strchr("qf", top(s)->kind) && !top(s)->triple)
        return refuse(s, "a string is not closed");
    if (!tokens(s, p, end))
        return false;
    if (s->unsure || s->depth || s->continued)
        return true;
    return end_statement(s);
}
