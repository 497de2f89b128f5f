/* Any bytes: no crash, no leak, and an error always comes with a sentence. */
#include <stdlib.h>

#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err_info info = {0};
    struct yaml_doc doc;
    int line, column;
    enum err e = yaml_parse((const char *)data, size, "input", &doc, &info);
    if (e && (!info.message[0] || info.code != e || doc.root))
        abort();
    if (!e)
        yaml_place(&doc, doc.root, NULL, &line, &column);
    yaml_doc_free(&doc);
    return 0;
}
