#include "core/tool/tool_gate.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "core/tool/gate_output.h"

enum { WALL_MS = 10000, WALL_MOST_MS = 600000, ARGS_MAX = 64 };

static const char tool_dir[] = "{tool_dir}";
static const char *const profiles[] = {"quick", "standard", "strict", NULL};

/* ---- checking ---- */

static bool one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

static enum err check_words(const struct yaml_doc *doc, struct json_object *block, const char *key,
                            struct err_info *info)
{
    struct json_object *list = json_get(block, key);
    bool ok = !list || json_object_is_type(list, json_type_array);
    for (size_t i = 0; ok && list && i < json_object_array_length(list); i++)
        ok = json_object_is_type(json_object_array_get_idx(list, i), json_type_string) &&
             *json_object_get_string(json_object_array_get_idx(list, i));
    return ok ? ERR_OK
              : yaml_fail(doc, block, key, info, "`%s` is a list of texts, like [F821]", key);
}

static enum err check_number(const struct yaml_doc *doc, struct json_object *block, const char *key,
                             double most, struct err_info *info)
{
    struct json_object *v = json_get(block, key);
    bool number = json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
    if (!v || (number && json_object_get_double(v) >= 0 && json_object_get_double(v) <= most))
        return ERR_OK;
    return yaml_fail(doc, block, key, info, "`%s` is a number from 0 to %.0f", key, most);
}

/* A text of `list`, or nothing at all. */
static bool word_of(struct json_object *block, const char *key, const char *const *list)
{
    return !json_get(block, key) || one_of(json_str(block, key, ""), list);
}

static enum err check_severity(const struct yaml_doc *doc, struct json_object *gate,
                               struct err_info *info)
{
    static const char *const severities[] = {"block", "score", "inform", NULL};
    struct json_object *per = json_object_of(gate, "severity");
    bool ok = per ? json_object_object_length(per) > 0
                  : one_of(json_str(gate, "severity", ""), severities);
    if (per) {
        json_object_object_foreach(per, profile, severity)
        {
            (void)severity;
            if (!one_of(profile, profiles))
                return yaml_fail(doc, per, profile, info,
                                 "a severity is that of quick, standard or strict");
            ok = ok && one_of(json_str(per, profile, ""), severities);
        }
    }
    return ok ? ERR_OK
              : yaml_fail(doc, gate, json_get(gate, "severity") ? "severity" : NULL, info,
                          "a gate's severity is block, score or inform");
}

static enum err check_scale(const struct yaml_doc *doc, struct json_object *gate,
                            struct err_info *info)
{
    struct json_object *scale = json_array(gate, "scale");
    double ends[2] = {0, 0};
    bool ok = scale && json_object_array_length(scale) == 2;
    for (size_t i = 0; ok && i < 2; i++) {
        struct json_object *v = json_object_array_get_idx(scale, i);
        ok = json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
        ends[i] = json_object_get_double(v);
    }
    if (json_get(gate, "scale") && (!ok || ends[0] == ends[1]))
        return yaml_fail(doc, gate, "scale", info,
                         "`scale` is the worst and the best value, like [0, 100]");
    if (json_get(gate, "value") && !*json_str(gate, "value", ""))
        return yaml_fail(doc, gate, "value", info, "`value` is the name of a figure");
    return ERR_OK;
}

static enum err check_block(const struct yaml_doc *doc, struct json_object *gate,
                            struct err_info *info)
{
    static const char *const targets[] = {"program", "function", NULL};
    static const char *const programs[] = {"candidate", "accepted", NULL};
    enum err e = check_severity(doc, gate, info);
    if (e)
        return e;
    if (!word_of(gate, "applies_to", targets))
        return yaml_fail(doc, gate, "applies_to", info, "a gate applies to program or function");
    if (!word_of(gate, "profile", profiles))
        return yaml_fail(doc, gate, "profile", info,
                         "a gate's profile is quick, standard or strict");
    if (!word_of(gate, "on", programs))
        return yaml_fail(doc, gate, "on", info, "a gate runs on candidate or accepted");
    e = check_number(doc, gate, "threshold", 1e6, info);
    if (!e)
        e = check_scale(doc, gate, info);
    if (!e)
        e = check_words(doc, gate, "rules", info);
    return e ? e : check_words(doc, gate, "except", info);
}

/* A block that says what is run: `executable`, or `auto_fix`. */
static enum err check_run(const struct yaml_doc *doc, struct json_object *block, const char *name,
                          struct err_info *info)
{
    struct json_object *args = json_get(block, "args");
    enum err e;
    if (!*json_str(block, "command", ""))
        return yaml_fail(doc, block, json_get(block, "command") ? "command" : NULL, info,
                         "`%s` needs a `command`", name);
    e = check_words(doc, block, "args", info);
    if (!e && args && json_object_array_length(args) > ARGS_MAX)
        e = yaml_fail(doc, block, "args", info, "more than %d arguments", ARGS_MAX);
    if (!e)
        e = check_number(doc, block, "timeout", WALL_MOST_MS / 1000, info);
    if (!e)
        e = check_number(doc, block, "timeout_ms", WALL_MOST_MS, info);
    if (!e)
        e = check_number(doc, block, "max_lines", 1e6, info);
    if (!e)
        e = check_number(doc, block, "memory_limit_mb", 65536, info);
    return e ? e : gate_output_check(doc, block, info);
}

static bool fixes(struct json_object *root)
{
    struct json_object *fix = json_object_of(root, "auto_fix");
    return fix && json_flag(fix, "enabled", true) && json_get(fix, "command");
}

enum err tool_gate_check(const struct yaml_doc *doc, struct err_info *info)
{
    struct json_object *gate = json_get(doc->root, "gate");
    struct json_object *run = json_object_of(doc->root, "executable");
    enum err e;
    if (!gate)
        return ERR_OK;
    if (!json_object_is_type(gate, json_type_object))
        return yaml_fail(doc, doc->root, "gate", info,
                         "`gate` is a mapping, like {severity: score}");
    if (!run)
        return yaml_fail(doc, doc->root, "gate", info,
                         "a gate needs a block `executable`, which says what is run");
    e = check_block(doc, gate, info);
    if (!e)
        e = check_run(doc, run, "executable", info);
    if (!e && fixes(doc->root))
        e = check_run(doc, json_object_of(doc->root, "auto_fix"), "auto_fix", info);
    return e;
}

/* ---- reading ---- */

static void add_text(struct json_object *list, const char *text)
{
    json_object_array_add(list, json_object_new_string(text));
}

static void replace_all(char *text, size_t size, const char *what, const char *with)
{
    char out[1024];
    size_t n = 0;
    for (const char *p = text; *p && n < sizeof out - 64;) {
        if (strncmp(p, what, strlen(what)) == 0) {
            n += (size_t)snprintf(out + n, sizeof out - n, "%s", with);
            p += strlen(what);
        } else {
            out[n++] = *p++;
        }
    }
    out[n] = 0;
    snprintf(text, size, "%s", out);
}

/* One argument with its placeholders filled; {tool_dir}/NAME becomes NAME, a file beside the
 * program. */
static void add_argument(struct json_object *run, const char *arg)
{
    char text[1024];
    size_t n = strlen(tool_dir);
    if (strncmp(arg, tool_dir, n) == 0 && arg[n] == '/' && arg[n + 1] && arg[n + 1] != '.' &&
        !strchr(arg + n + 1, '/') && strcmp(arg + n + 1, GATE_FILE) != 0) {
        add_text(json_array(run, "files"), arg + n + 1);
        arg += n + 1;
    }
    snprintf(text, sizeof text, "%s", arg);
    replace_all(text, sizeof text, "{source_file}", GATE_FILE);
    replace_all(text, sizeof text, "{evolved_file}", GATE_FILE);
    replace_all(text, sizeof text, tool_dir, ".");
    add_text(json_array(run, "argv"), text);
}

static int64_t wall_of(struct json_object *block)
{
    int64_t ms = json_i64(block, "timeout_ms", (int64_t)(json_f64(block, "timeout", 0) * 1000));
    return ms > 0 ? ms : WALL_MS;
}

static void add_environment(struct json_object *run, struct json_object *block)
{
    struct json_object *env = json_object_of(block, "environment"), *list = json_object_new_array();
    json_object_object_add(run, "env", list);
    if (!env)
        return;
    json_object_object_foreach(env, name, value)
    {
        char text[512];
        snprintf(text, sizeof text, "%.100s=%.400s", name,
                 value ? json_object_get_string(value) : "");
        if (*name && !strchr(name, '='))
            add_text(list, text);
    }
}

static void add_copy(struct json_object *out, const char *key, struct json_object *value)
{
    if (value)
        json_object_object_add(out, key, json_object_get(value));
}

/* `block` says what is run; what it leaves out is as in `main`. */
static struct json_object *read_run(struct json_object *block, struct json_object *main)
{
    struct json_object *run = json_object_new_object(), *args = json_array(block, "args");
    const char *command = json_str(block, "command", "");
    json_object_object_add(run, "argv", json_object_new_array());
    json_object_object_add(run, "files", json_object_new_array());
    add_argument(run, strcmp(command, "python") == 0 ? "python3" : command);
    for (size_t i = 0; args && i < json_object_array_length(args); i++)
        add_argument(run, json_object_get_string(json_object_array_get_idx(args, i)));
    json_add_bool(run, "stdin", json_flag(block, "stdin_mode", false));
    json_add_bool(run, "json", strncmp(json_str(block, "output_format", ""), "json", 4) == 0);
    add_environment(run, json_get(block, "environment") ? block : main);
    json_add_str(run, "package",
                 json_str(block, "python_package", json_str(main, "python_package", "")));
    add_copy(run, "output", json_object_of(block, "output"));
    add_copy(run, "silencers", json_array(block, "silencers"));
    json_add_i64(run, "max_lines", json_i64(block, "max_lines", json_i64(main, "max_lines", 0)));
    json_add_i64(run, "wall_ms", wall_of(block));
    json_add_i64(run, "memory_mb",
                 json_i64(block, "memory_limit_mb", json_i64(main, "memory_limit_mb", 0)));
    return run;
}

static void add_list(struct json_object *out, const char *key, struct json_object *block)
{
    struct json_object *list = json_array(block, key);
    json_object_object_add(out, key, list ? json_object_get(list) : json_object_new_array());
}

static struct json_object *read_gate(struct json_object *root, const char *file, const char *id)
{
    struct json_object *out = json_object_new_object(), *gate = json_object_of(root, "gate");
    struct json_object *run = json_object_of(root, "executable");
    json_add_str(out, "id", id);
    json_add_str(out, "file", file);
    add_copy(out, "severity", json_get(gate, "severity"));
    json_add_str(out, "profile", json_str(gate, "profile", profiles[0]));
    json_add_str(out, "on", json_str(gate, "on", "candidate"));
    json_add_str(out, "only_with", json_str(gate, "when", ""));
    add_copy(out, "value", json_get(gate, "value"));
    json_add_str(out, "unit", json_str(gate, "unit", ""));
    add_copy(out, "scale", json_get(gate, "scale"));
    json_add_f64(out, "threshold", json_f64(gate, "threshold", -1));
    json_add_str(out, "applies_to", json_str(gate, "applies_to", "program"));
    add_list(out, "rules", gate);
    add_list(out, "except", gate);
    json_add_i64(out, "priority", json_i64(root, "priority", 100));
    json_object_object_add(out, "run", read_run(run, run));
    json_object_object_add(out, "fix",
                           fixes(root) ? read_run(json_object_of(root, "auto_fix"), run) : NULL);
    json_add_str(out, "when", json_str(json_object_of(root, "auto_fix"), "when", ""));
    json_add_bool(out, "complete", json_flag(json_object_of(root, "auto_fix"), "complete", false));
    return out;
}

enum err tool_gate_read(const char *text, size_t n, const char *file, const char *id,
                        struct json_object **out, struct err_info *info)
{
    struct yaml_doc doc = {0};
    enum err e = yaml_parse(text, n, file, &doc, info);
    *out = NULL;
    if (!e && json_object_is_type(doc.root, json_type_object) && json_get(doc.root, "gate")) {
        e = tool_gate_check(&doc, info);
        if (!e)
            *out = read_gate(doc.root, file, id);
    }
    yaml_doc_free(&doc);
    return e;
}

/* ---- listing ---- */

struct listing {
    struct json_object *gates, *problems; /* id → gate */
};

/* A tool without the block takes the place of a gate of its id all the same: so a gate is left out.
 */
static bool add_file(void *arg, const char *path, const char *stem)
{
    struct listing *l = arg;
    struct err_info info = {0};
    struct json_object *gate = NULL;
    char where[900];
    struct buf text;
    enum err e;
    buf_init(&text, TOOL_TEXT_MAX);
    e = buf_read_file(&text, path, &info);
    /* parsing all of a folder of hundreds for each task would take longer than the gates */
    if (!e && (strncmp(text.data, "gate:", 5) == 0 || strstr(text.data, "\ngate:")))
        e = tool_gate_read(text.data, text.len, path, stem, &gate, &info);
    if (e)
        add_text(l->problems, err_format(&info, where, sizeof where));
    else if (gate)
        json_object_object_add(l->gates, stem, gate);
    else
        json_object_object_del(l->gates, stem);
    buf_fini(&text);
    return false;
}

static int by_priority(const void *left, const void *right)
{
    struct json_object *a = *(struct json_object *const *)left;
    struct json_object *b = *(struct json_object *const *)right;
    int64_t x = json_i64(a, "priority", 0), y = json_i64(b, "priority", 0);
    return x != y ? (x < y) - (x > y) : strcmp(json_str(a, "id", ""), json_str(b, "id", ""));
}

static int profile_level(const char *profile)
{
    for (int i = 0; profiles[i]; i++)
        if (strcmp(profiles[i], profile) == 0)
            return i;
    return -1;
}

bool tool_gate_profile_known(const char *profile)
{
    return profile_level(profile) >= 0;
}

/* That of the profile, else of the nearest lower one that is named, else of the nearest higher. */
static const char *severity_in(struct json_object *gate, int level)
{
    struct json_object *per = json_object_of(gate, "severity");
    const char *found = NULL;
    if (!per)
        return json_str(gate, "severity", "inform");
    for (int i = level; i >= 0 && !found; i--)
        found = json_str(per, profiles[i], NULL);
    for (int i = level; profiles[i] && !found; i++)
        found = json_str(per, profiles[i], NULL);
    return found ? found : "inform";
}

static void add_of_profile(struct json_object *out, struct json_object *gate, int level)
{
    char severity[16];
    if (profile_level(json_str(gate, "profile", profiles[0])) > level)
        return;
    snprintf(severity, sizeof severity, "%s", severity_in(gate, level));
    json_add_str(gate, "severity", severity);
    json_object_array_add(out, json_object_get(gate));
}

enum err tool_gate_list(const struct tool_places *places, const char *profile,
                        struct json_object **out, struct json_object **problems)
{
    struct listing l = {json_object_new_object(), json_object_new_array()};
    tool_each(places->data, add_file, &l);
    tool_each(places->home, add_file, &l);
    *out = json_object_new_array();
    *problems = l.problems;
    json_object_object_foreach(l.gates, id, gate)
    {
        (void)id;
        add_of_profile(*out, gate, profile_level(profile));
    }
    json_object_array_sort(*out, by_priority);
    json_object_put(l.gates);
    return ERR_OK;
}
