/* Any configuration: who plays which role is found without a crash, and an error always comes with
 * a sentence; every chain has distinct entries with a backend that is known. */
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "core/llm/roles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool place(void *arg, const char *path, char file[192], int *line, int *column)
{
    (void)arg;
    file[0] = 0;
    *line = *column = 1;
    return strchr(path, '.') == NULL;
}

static void check_chain(const struct roles *r, const char *role)
{
    static struct role_choice list[ROLES_CHAIN_MAX];
    const int n = roles_chain(r, role, list, ROLES_CHAIN_MAX);
    for (int i = 0; i < n; i++) {
        if (!list[i].model[0] || !list[i].how[0] || !roles_backend_of(r, list[i].backend))
            abort();
        for (int k = 0; k < i; k++)
            if (strcmp(list[i].model, list[k].model) == 0 &&
                strcmp(list[i].backend, list[k].backend) == 0)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_info info = {0};
    struct yaml_doc doc;
    struct roles_source source = {.place = place};
    struct roles *r;
    const char *name;
    if (yaml_parse((const char *)data, size, "input", &doc, &info))
        return 0;
    source.root = doc.root;
    memset(&info, 0, sizeof info);
    if (roles_new(&source, &r, &info)) {
        if (!info.message[0] || r)
            abort();
    } else {
        for (int i = 0; (name = roles_name(r, i)); i++)
            check_chain(r, name);
        check_chain(r, "coding.powerful");
        roles_free(r);
    }
    yaml_doc_free(&doc);
    return 0;
}
