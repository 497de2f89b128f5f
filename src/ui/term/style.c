#include "ui/term/style.h"

#include <string.h>

static const char *const names[] = {
#define STYLE(name, text, fg, bg, attrs, mono) text,
#include "ui/term/style.def"
#undef STYLE
};

const char *style_name(enum style s)
{
    return s < STYLE_COUNT ? names[s] : "";
}

enum style style_by_name(const char *name)
{
    for (int i = 0; i < STYLE_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return STYLE_COUNT;
}
