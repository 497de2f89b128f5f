/* docs/configuration.md, out of the tables that the program itself reads. */
#include <stdio.h>
#include <string.h>

#include "core/config_internal.h"

static const char head[] =
    "# Configuration\n"
    "\n"
    "Written by `dise __docs configuration` from `src/core/options.def` and "
    "`src/core/config_keys.def`.\n"
    "`dise config show` tells what holds where you stand, and who says it; `dise config show PATH` "
    "tells it of one option.\n"
    "\n"
    "## Layers\n"
    "\n"
    "The later lies over the earlier. Mappings are merged, everything else (lists, too) is "
    "replaced.\n"
    "\n"
    "| layer | where |\n"
    "|---|---|\n"
    "| built-in | the defaults below |\n"
    "| system | `/etc/dise/config.yaml` (`$DISE_SYSTEM_CONFIG` names another) |\n"
    "| user | `$XDG_CONFIG_HOME/dise/config.yaml` (else `~/.config`), then `<home>/config.yaml` of "
    "the data folder |\n"
    "| project | `dise.yaml` or `.dise/config.yaml`, looked for from the working folder upward as "
    "far as the repository's root (`.git`), not in your home; an old system's `config.yaml` in the "
    "working folder |\n"
    "| `--config FILE` | |\n"
    "| environment | `DISE_` and the path in capitals: `DISE_PIPELINE_TESTS=false` |\n"
    "| `--set PATH=VALUE` | repeatable; the value is read as YAML |\n"
    "\n"
    "`${VAR}` and `${VAR:-default}` in a text become the variable's value, except in a project's "
    "file. A wrong type is an error with file, line and\n"
    "column (or the variable, or the flag); a key that means nothing is a warning that names the "
    "nearest one.\n"
    "\n"
    "## Who decides what\n"
    "\n"
    "What a **job** decides goes with each job: the client reads its project, `--config`, "
    "environment and `--set`, and sends the outcome. It is kept with the job,\n"
    "so that a job that goes on after a crash sees the same. What the **engine** decides holds "
    "for all jobs and is read from the system's and your files, and from `--config`,\n"
    "environment and `--set` of the command that started it.\n"
    "\n"
    "A project's file comes with the code that you work on, which may be somebody else's. It "
    "decides what jobs and the dashboard decide, and of the limits\n"
    "(`sandbox.*`, `execution.*`, `budget.*`) only lower ones than yours. Backends, keys, "
    "addresses "
    "and all else that is the engine's are not taken from it; one warning says so.\n"
    "A file that belongs to another user, or that anybody may write, is not read.\n"
    "\n"
    "Files are looked at again whenever a job begins. What jobs decide holds for the next job; "
    "what the engine was opened with (marked *restart*) is taken over when it is idle, or with\n"
    "`dise restart`. A file that is broken then changes nothing, and says where.\n"
    "\n"
    "## Keys of providers\n"
    "\n"
    "    llm:\n"
    "      backends:\n"
    "        openai: {api_key: \"${OPENAI_API_KEY}\"}     # from the environment\n"
    "        other: {base_url: \"https://…/v1\", api_key_file: other.key}   # from a file beside "
    "this "
    "one, chmod 600\n"
    "\n"
    "A key that stands in the file itself works, with a warning. No key is shown, logged or kept: "
    "`dise config show` says `set (environment OPENAI_API_KEY)`.\n"
    "\n"
    "## Old files\n"
    "\n"
    "All generations of the old system's configuration load. `dise config migrate [FILE]` prints "
    "the form of today, `--write` puts it into the file and keeps the old text as `FILE.bak`\n"
    "(comments are lost). `dise config show --unused` lists what means nothing here.\n"
    "\n"
    "## Options\n"
    "\n"
    "| option | default | takes | decided by | what it does |\n"
    "|---|---|---|---|---|\n";

static const char keys_head[] = "\n## Other keys\n"
                                "\n"
                                "A `*` stands for a name. All of them are the engine's, except "
                                "`escalation` ([ladder.md](ladder.md)), which is a job's.\n"
                                "\n"
                                "| key | takes |\n"
                                "|---|---|\n";

static void takes(const struct option *o, char out[64])
{
    if (o->type == FLAG)
        snprintf(out, 64, "true, false");
    else if (o->type == TEXT)
        snprintf(out, 64, "a text");
    else if (o->least != 0 || o->most != 0)
        snprintf(out, 64, "%.15g – %.15g", o->least, o->most);
    else
        snprintf(out, 64, "a number");
}

static const char *decided_by(const struct option *o)
{
    if (o->scope == SCOPE_JOB)
        return "job";
    if (o->scope == SCOPE_UI)
        return "dashboard";
    return config_needs_restart(o->path) ? "engine, *restart*" : "engine";
}

enum err config_docs(struct buf *out)
{
    enum err e = buf_adds(out, head);
    for (int i = 0; !e && i < OPTION_COUNT; i++) {
        const struct option *o = &config_options[i];
        char range[64];
        takes(o, range);
        e = buf_addf(out, "| `%s` | %s | %s | %s | %s |\n", o->path, o->standard, range,
                     decided_by(o), o->text);
    }
    if (!e)
        e = buf_adds(out, keys_head);
    return e ? e : config_keys_docs(out);
}
