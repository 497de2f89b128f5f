#include "core/check/sandbox_step.h"

#include "base/path.h"

void sandbox_step_limits(const struct config *c, struct sandbox_limits *out)
{
    *out = (struct sandbox_limits){
        .cpu_ms = config_int(c, OPTION_CPU_MS),
        .wall_ms = config_int(c, OPTION_WALL_MS),
        .memory_bytes = config_int(c, OPTION_MEMORY_MB) << 20,
        .file_bytes = config_int(c, OPTION_FILE_MB) << 20,
        .disk_bytes = config_int(c, OPTION_DISK_MB) << 20,
        .output_bytes = config_int(c, OPTION_OUTPUT_KB) << 10,
        .processes = (int)config_int(c, OPTION_PROCESSES),
    };
}

enum err sandbox_step_runtime(const struct pipeline *p, const char *name, struct buf *out,
                              struct err_info *info)
{
    char path[PATH_SIZE];
    enum err e = path_join(path, p->runtime, name);
    return e ? e : buf_read_file(out, path, info);
}

void sandbox_step_emit(struct step *step, const struct sandbox_result *r)
{
    struct event ev = {.type = EVENT_SANDBOX_RUN};
    ev.u.sandbox_run.tier = sandbox_tier_name(r->tier);
    ev.u.sandbox_run.outcome = sandbox_outcome_name(r->outcome);
    ev.u.sandbox_run.wall_ms = r->wall_ms;
    ev.u.sandbox_run.cpu_ms = r->cpu_ms;
    ev.u.sandbox_run.peak_kb = r->peak_kb;
    step_emit(step, &ev);
}
