#include "core/engine/setup.h"

#include <string.h>

#include "base/path.h"
#include "base/yaml.h"

enum { CONFIG_MAX = 1 << 20 };

static enum err check_url(const char *url, struct err_info *info)
{
    const char *host = strstr(url, "://");
    if ((strncmp(url, "http://", 7) && strncmp(url, "https://", 8)) || !host[3] ||
        strpbrk(url, " \t\r\n\"'\\#{}") || strlen(url) > 200)
        return err_set(info, ERR_INPUT,
                       "the address must look like http://127.0.0.1:8080/v1, not \"%.80s\"", url);
    return ERR_OK;
}

static enum err check_env(const char *name, struct err_info *info)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (n == 0 || name[n] || n > 100)
        return err_set(info, ERR_INPUT,
                       "name the environment variable that holds the key, not the key itself");
    return ERR_OK;
}

enum err setup_address(const char *home, const char *url, const char *key_env,
                       struct json_object **result, struct err_info *info)
{
    char path[PATH_SIZE];
    struct yaml_doc doc = {0};
    struct buf text;
    enum err e = check_url(url, info);
    if (!e && key_env && *key_env)
        e = check_env(key_env, info);
    if (!e && path_join(path, home, "config.yaml"))
        e = err_set(info, ERR_TOO_LARGE, "the path of the home folder is too long");
    if (e)
        return e;
    buf_init(&text, CONFIG_MAX);
    if (path_exists(path))
        e = buf_read_file(&text, path, info);
    if (!e && text.len)
        e = yaml_parse(text.data, text.len, path, &doc, info);
    if (!e && json_get(doc.root, "llm"))
        e = err_set(info, ERR_EXISTS,
                    "%s has an `llm` block already; add the server there as "
                    "llm.backends.custom.base_url",
                    path);
    if (!e && text.len && text.data[text.len - 1] != '\n')
        e = buf_adds(&text, "\n");
    if (!e)
        e = buf_addf(&text, "llm:\n  backend: custom\n  backends:\n    custom: {base_url: \"%s\"",
                     url);
    if (!e && key_env && *key_env)
        e = buf_addf(&text, ", api_key: \"${%s}\"", key_env);
    if (!e)
        e = buf_adds(&text, ", enabled: true}\n");
    yaml_doc_free(&doc);
    if (!e && yaml_parse(text.data, text.len, path, &doc, NULL))
        e = err_set(info, ERR_UNSUPPORTED,
                    "%s is written in a form that cannot be added to; add the server there as "
                    "llm.backends.custom.base_url",
                    path);
    if (!e)
        e = path_write(path, text.data, text.len, info);
    yaml_doc_free(&doc);
    buf_fini(&text);
    if (e)
        return e;
    *result = json_object_new_object();
    json_add_str(*result, "file", path);
    json_add_str(*result, "url", url);
    return ERR_OK;
}
