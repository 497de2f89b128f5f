#include "core/protocol.h"

#include <string.h>

static const char *const names[] = {
#define METHOD(id, name, params, result, text) name,
#include "core/protocol.def"
#undef METHOD
};

const char *protocol_name(enum protocol_method method)
{
    return method < METHOD_COUNT ? names[method] : "";
}

enum protocol_method protocol_by_name(const char *name)
{
    for (int i = 0; name && i < METHOD_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum protocol_method)i;
    return METHOD_COUNT;
}
