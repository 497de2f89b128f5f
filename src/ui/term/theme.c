#include "ui/term/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"

#define NONE LOOK_NONE

static const struct look dark[] = {
#define STYLE(name, text, fg, bg, attrs, mono) {fg, bg, attrs},
#include "ui/term/style.def"
#undef STYLE
};

static const uint8_t mono_attrs[] = {
#define STYLE(name, text, fg, bg, attrs, mono) mono,
#include "ui/term/style.def"
#undef STYLE
};

void theme_builtin(struct theme *t)
{
    *t = (struct theme){.name = "dark"};
    for (int i = 0; i < STYLE_COUNT; i++)
        t->looks[i] = dark[i];
}

/* The colours that xterm gives the first 16 indexes; terminals differ in detail, not in kind. */
static const int32_t basic[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

/* Squared distance, weighted by how the eye sees it ("redmean", compuphase.com/cmetric.htm). */
static long distance(int32_t a, int32_t b)
{
    long ar = a >> 16 & 255, br = b >> 16 & 255, mean = (ar + br) / 2, r = ar - br;
    long g = (a >> 8 & 255) - (b >> 8 & 255), blue = (a & 255) - (b & 255);
    return ((512 + mean) * r * r >> 8) + 4 * g * g + ((767 - mean) * blue * blue >> 8);
}

static int nearest_basic(int32_t rgb, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (distance(rgb, basic[i]) < distance(rgb, basic[best]))
            best = i;
    return best;
}

static int cube_step(int level)
{
    return level < 48 ? 0 : level < 115 ? 1 : (level - 35) / 40;
}

/* Indexes 16–231 are a 6×6×6 cube, 232–255 a ramp of greys; the first 16 are the user's own and
 * cannot be relied on. */
static int nearest_256(int32_t rgb)
{
    static const int levels[6] = {0, 95, 135, 175, 215, 255};
    int r = cube_step(rgb >> 16 & 255), g = cube_step(rgb >> 8 & 255), b = cube_step(rgb & 255);
    int32_t cube = levels[r] << 16 | levels[g] << 8 | levels[b];
    int average = ((rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255)) / 3;
    int step = average < 8 ? 0 : average > 238 ? 23 : (average - 3) / 10;
    int32_t grey = (8 + step * 10) * 0x010101;
    if (distance(rgb, grey) < distance(rgb, cube))
        return 232 + step;
    return 16 + 36 * r + 6 * g + b;
}

int theme_nearest(int32_t rgb, enum color_depth depth)
{
    if (depth == COLOR_DEPTH_256)
        return nearest_256(rgb);
    return nearest_basic(rgb, depth == COLOR_DEPTH_8 ? 8 : 16);
}

bool theme_is_light(int32_t rgb)
{
    int r = rgb >> 16 & 255, g = rgb >> 8 & 255, b = rgb & 255;
    return 299 * r + 587 * g + 114 * b > 127500; /* luma of ITU-R BT.601 */
}

static int32_t map_color(int32_t rgb, enum color_depth depth)
{
    if (rgb == LOOK_NONE || depth == COLOR_DEPTH_MONO)
        return LOOK_NONE;
    return depth == COLOR_DEPTH_RGB ? rgb : theme_nearest(rgb, depth);
}

struct look theme_look(const struct theme *t, enum style style, enum style ground,
                       enum color_depth depth)
{
    const struct look *s = &t->looks[style], *g = &t->looks[ground], *base = &t->looks[STYLE_TEXT];
    struct look out;
    out.fg = s->fg != LOOK_NONE ? s->fg : g->fg != LOOK_NONE ? g->fg : base->fg;
    out.bg = s->bg != LOOK_NONE ? s->bg : g->bg != LOOK_NONE ? g->bg : base->bg;
    out.attrs = s->attrs | g->attrs;
    if (depth == COLOR_DEPTH_MONO)
        out.attrs |= mono_attrs[style] | mono_attrs[ground];
    out.fg = map_color(out.fg, depth);
    out.bg = map_color(out.bg, depth);
    /* Few colours: two shades may fall on the same one, and text must stay readable. */
    if (out.fg != LOOK_NONE && out.fg == out.bg) {
        out.fg = LOOK_NONE;
        out.bg = LOOK_NONE;
        out.attrs |= LOOK_REVERSE;
    }
    return out;
}

/* ---- theme files ---- */

static enum err read_color(const struct yaml_doc *doc, struct json_object *role, const char *key,
                           int32_t *out, struct err_info *info)
{
    const char *text = json_str(role, key, NULL);
    char *end;
    long n;
    if (!json_get(role, key))
        return ERR_OK;
    if (text && strcmp(text, "none") == 0) {
        *out = LOOK_NONE;
        return ERR_OK;
    }
    if (!text || text[0] != '#' || strlen(text) != 7)
        return yaml_fail(doc, role, key, info, "a colour looks like \"#5fafd7\", or is none");
    n = strtol(text + 1, &end, 16);
    if (*end)
        return yaml_fail(doc, role, key, info, "a colour looks like \"#5fafd7\", or is none");
    *out = (int32_t)n;
    return ERR_OK;
}

static enum err read_attrs(const struct yaml_doc *doc, struct json_object *role, uint8_t *out,
                           struct err_info *info)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } names[] = {{"bold", LOOK_BOLD},
                 {"dim", LOOK_DIM},
                 {"italic", LOOK_ITALIC},
                 {"underline", LOOK_UNDERLINE},
                 {"reverse", LOOK_REVERSE}};
    const char *text = json_str(role, "attrs", NULL);
    if (!text)
        return ERR_OK;
    *out = 0;
    while (*text) {
        size_t n = strcspn(text, " "), i = 0;
        while (i < 5 && (strlen(names[i].name) != n || memcmp(names[i].name, text, n) != 0))
            i++;
        if (i == 5 && n)
            return yaml_fail(doc, role, "attrs", info,
                             "attributes are bold, dim, italic, underline, reverse");
        if (n)
            *out |= names[i].bit;
        text += n + (text[n] == ' ');
    }
    return ERR_OK;
}

static enum err read_roles(struct theme *t, const struct yaml_doc *doc, struct err_info *info)
{
    struct json_object *roles = json_object_of(doc->root, "roles");
    enum err e = ERR_OK;
    if (!roles)
        return ERR_OK;
    json_object_object_foreach(roles, name, role)
    {
        enum style s = style_by_name(name);
        if (s == STYLE_COUNT)
            e = yaml_fail(doc, roles, name, info, "there is no role named \"%.40s\"", name);
        if (!e)
            e = read_color(doc, role, "fg", &t->looks[s].fg, info);
        if (!e)
            e = read_color(doc, role, "bg", &t->looks[s].bg, info);
        if (!e)
            e = read_attrs(doc, role, &t->looks[s].attrs, info);
        if (e)
            return e;
    }
    return ERR_OK;
}

enum err theme_load(struct theme *t, const char *path, struct err_info *info)
{
    struct yaml_doc doc;
    enum err e;
    theme_builtin(t);
    e = yaml_load(path, &doc, info);
    if (e)
        return e;
    snprintf(t->name, sizeof t->name, "%s", json_str(doc.root, "name", "unnamed"));
    t->light = strcmp(json_str(doc.root, "background", "dark"), "light") == 0;
    e = read_roles(t, &doc, info);
    yaml_doc_free(&doc);
    if (e)
        theme_builtin(t);
    return e;
}
