/* Keys as xterm sends them (ctlseqs, "PC-Style Function Keys"), with what rxvt, the Linux console
 * and kitty do otherwise. */
#include "ui/term/input_csi.h"

#include <string.h>

enum { CSI_MAX = 64, PARAMS_MAX = 6 };

struct csi {
    int param[PARAMS_MAX];
    int count;
    int phase;   /* kitty: 1 press, 2 repeat, 3 release (after a colon in the second parameter) */
    char prefix; /* one of <=>? or 0 */
    char final;
};

static uint32_t letter_key(char c)
{
    static const char letters[] = "ABCDHFEPQRS";
    static const uint32_t keys[] = {
        INPUT_UP,    INPUT_DOWN,   INPUT_RIGHT,  INPUT_LEFT,   INPUT_HOME,   INPUT_END,
        INPUT_BEGIN, INPUT_F0 + 1, INPUT_F0 + 2, INPUT_F0 + 3, INPUT_F0 + 4,
    };
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? keys[at - letters] : 0;
}

static uint32_t number_key(int n)
{
    static const uint32_t keys[] = {[1] = INPUT_HOME, [2] = INPUT_INSERT,  [3] = INPUT_DELETE,
                                    [4] = INPUT_END,  [5] = INPUT_PAGE_UP, [6] = INPUT_PAGE_DOWN,
                                    [7] = INPUT_HOME, [8] = INPUT_END,     [9] = 0};
    if (n >= 1 && n <= 9)
        return keys[n];
    if (n >= 11 && n <= 15)
        return INPUT_F0 + (uint32_t)(n - 10);
    if (n >= 17 && n <= 21)
        return INPUT_F0 + (uint32_t)(n - 11);
    if (n >= 23 && n <= 26)
        return INPUT_F0 + (uint32_t)(n - 12);
    if (n >= 28 && n <= 29)
        return INPUT_F0 + (uint32_t)(n - 13);
    if (n >= 31 && n <= 34)
        return INPUT_F0 + (uint32_t)(n - 14);
    return 0;
}

static uint32_t modifiers(const struct csi *s)
{
    int bits = s->count > 1 && s->param[1] > 0 ? s->param[1] - 1 : 0;
    return (uint32_t)(bits & 15) | (bits & 32 ? INPUT_ALT : 0);
}

static void set_key(struct input_event *out, uint32_t key, uint32_t mods)
{
    if (!key)
        return;
    out->type = INPUT_KEY;
    out->key = key;
    out->mods = mods;
}

/* A key given by its character (modifyOtherKeys, kitty). */
static void set_character(struct input_event *out, int code, uint32_t mods)
{
    uint32_t key = (uint32_t)code;
    switch (code) {
    case 8:
    case 127:
        key = INPUT_BACKSPACE;
        break;
    case 9:
        key = INPUT_TAB;
        break;
    case 13:
    case 57414: /* the keypad's */
        key = INPUT_ENTER;
        break;
    case 27:
        key = INPUT_ESC;
        break;
    default:
        if (code < 0x20 || code > 0x10ffff || (code >= 0xd800 && code < 0xf900))
            return; /* nothing, surrogates, kitty's other functional keys */
        if (mods & INPUT_CTRL && code >= 'A' && code <= 'Z')
            key += 'a' - 'A';
        else if (mods & INPUT_SHIFT && !(mods & INPUT_CTRL)) {
            if (code >= 'a' && code <= 'z')
                key -= 'a' - 'A';
            mods &= ~(uint32_t)INPUT_SHIFT;
        }
    }
    set_key(out, key, mods);
}

static void set_mouse(struct input_event *out, int code, int x, int y, bool release)
{
    int low = code & 3;
    if (code < 0 || code & 128 || (code & 64 && low > 1))
        return; /* further buttons, sideways wheels */
    out->type = INPUT_MOUSE;
    out->mods =
        (code & 4 ? INPUT_SHIFT : 0u) | (code & 8 ? INPUT_ALT : 0u) | (code & 16 ? INPUT_CTRL : 0u);
    out->x = x > 0 ? x - 1 : 0;
    out->y = y > 0 ? y - 1 : 0;
    out->button = low == 3 ? 0 : low + 1;
    if (code & 64) {
        out->mouse = low ? INPUT_WHEEL_DOWN : INPUT_WHEEL_UP;
        out->button = 0;
    } else if (code & 32) {
        out->mouse = INPUT_DRAG;
    } else {
        out->mouse = release || low == 3 ? INPUT_RELEASE : INPUT_PRESS;
    }
}

static void tilde_key(const struct csi *s, struct input_event *out)
{
    if (s->count == 1 && s->param[0] == 200)
        out->type = INPUT_PASTE;
    else if (s->param[0] == 27 && s->count >= 3)
        set_character(out, s->param[2], modifiers(s));
    else
        set_key(out, number_key(s->param[0]), modifiers(s));
}

static void meaning(const struct csi *s, struct input_event *out)
{
    static const uint32_t shifted[] = {INPUT_UP, INPUT_DOWN, INPUT_RIGHT, INPUT_LEFT};
    if (s->prefix == '<' && s->count >= 3 && (s->final == 'M' || s->final == 'm')) {
        set_mouse(out, s->param[0], s->param[1], s->param[2], s->final == 'm');
        return;
    }
    if (s->prefix || s->phase == 3)
        return;
    switch (s->final) {
    case '~':
        tilde_key(s, out);
        break;
    case 'u':
        set_character(out, s->param[0], modifiers(s));
        break;
    case 'Z':
        set_key(out, INPUT_TAB, INPUT_SHIFT);
        break;
    case 'I':
        out->type = INPUT_FOCUS_IN;
        break;
    case 'O':
        out->type = INPUT_FOCUS_OUT;
        break;
    case '^':
        set_key(out, number_key(s->param[0]), INPUT_CTRL);
        break;
    case '$':
        set_key(out, number_key(s->param[0]), INPUT_SHIFT);
        break;
    case '@':
        set_key(out, number_key(s->param[0]), INPUT_CTRL | INPUT_SHIFT);
        break;
    case 'a':
    case 'b':
    case 'c':
    case 'd':
        if (s->count == 0)
            set_key(out, shifted[s->final - 'a'], INPUT_SHIFT);
        break;
    default:
        set_key(out, letter_key(s->final), modifiers(s));
    }
}

static void read_number(struct csi *s, const char *p, size_t *i, size_t n)
{
    int value = 0;
    bool sub = false;
    while (*i < n && ((p[*i] >= '0' && p[*i] <= '9') || p[*i] == ':')) {
        char c = p[(*i)++];
        if (c == ':') {
            sub = true;
            s->phase = s->count == 1 ? 0 : s->phase;
        } else if (!sub) {
            value = value < 10000000 ? value * 10 + (c - '0') : value;
        } else if (s->count == 1) {
            s->phase = c - '0';
        }
    }
    if (s->count < PARAMS_MAX)
        s->param[s->count++] = value;
}

static void read_parameters(struct csi *s, const char *p, size_t n)
{
    size_t i = 0;
    if (n && p[0] >= '<' && p[0] <= '?')
        s->prefix = p[i++];
    while (i < n && p[i] < 0x40 && p[i] >= 0x30) {
        read_number(s, p, &i, n);
        if (i < n && p[i] == ';')
            i++;
        else if (i < n && p[i] >= '<')
            i++; /* a prefix in the wrong place */
    }
}

/* ESC [ M and three bytes: mice of terminals without SGR coordinates. */
static size_t old_mouse(const char *p, size_t n, struct input_event *out)
{
    if (n < 6)
        return 0;
    set_mouse(out, (unsigned char)p[3] - 32, (unsigned char)p[4] - 32, (unsigned char)p[5] - 32,
              false);
    return 6;
}

size_t input_csi(const char *p, size_t n, struct input_event *out)
{
    struct csi s = {0};
    size_t i = 2;
    if (n > 2 && p[2] == 'M')
        return old_mouse(p, n, out);
    if (n > 2 && p[2] == '[') { /* Linux console: ESC [ [ A … E are F1 … F5 */
        if (n < 4)
            return 0;
        if (p[3] >= 'A' && p[3] <= 'E')
            set_key(out, INPUT_F0 + 1 + (uint32_t)(p[3] - 'A'), 0);
        return p[3] == 0x1b ? 3 : 4;
    }
    while (i < n && i < CSI_MAX && p[i] >= 0x20 && p[i] < 0x40) {
        if (p[i] == '$' && p[2] != '?')
            break; /* rxvt ends Shift with a byte that the standard has for another use */
        i++;
    }
    if (i == CSI_MAX)
        return i;
    if (i == n)
        return 0;
    s.final = p[i];
    if ((p[i] < 0x40 && p[i] != '$') || p[i] == 0x7f)
        return i; /* a control or a non-ASCII byte: the sequence was cut */
    read_parameters(&s, p + 2, i - 2);
    meaning(&s, out);
    return i + 1;
}

size_t input_ss3(const char *p, size_t n, struct input_event *out)
{
    static const char keypad[] = "jklmnopqrstuvwxyX";
    static const char means[] = "*+,-./0123456789=";
    static const uint32_t controlled[] = {INPUT_UP, INPUT_DOWN, INPUT_RIGHT, INPUT_LEFT};
    struct csi s = {0};
    size_t i = 2;
    const char *at;
    while (i < n && i < CSI_MAX && ((p[i] >= '0' && p[i] <= '9') || p[i] == ';'))
        i++;
    if (i == CSI_MAX)
        return i;
    if (i == n)
        return 0;
    if (p[i] <= 0x20 || p[i] == 0x7f)
        return i;
    read_parameters(&s, p + 2, i - 2);
    if (s.count == 1) { /* ESC O 5 A: the parameter is the modifier */
        s.param[1] = s.param[0];
        s.count = 2;
    }
    at = strchr(keypad, p[i]);
    if (p[i] == 'M')
        set_key(out, INPUT_ENTER, modifiers(&s));
    else if (at)
        set_key(out, (unsigned char)means[at - keypad], modifiers(&s));
    else if (p[i] >= 'a' && p[i] <= 'd')
        set_key(out, controlled[p[i] - 'a'], INPUT_CTRL);
    else
        set_key(out, letter_key(p[i]), modifiers(&s));
    return i + 1;
}
