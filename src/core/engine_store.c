/* Requests about what is kept: steps of jobs, artifacts, workflows. */
#include <stdio.h>
#include <string.h>

#include "core/engine_internal.h"

typedef struct json_object json;

/* ---- steps ---- */

enum err engine_job_steps(struct engine *e, json *params, json **result, struct err_info *info)
{
    int64_t id = json_i64(params, "job", 0);
    json *list = NULL;
    enum err err = jobs_steps(e->jobs, id, &list);
    if (err == ERR_NOT_FOUND)
        return err_set(info, err, "there is no job %lld", (long long)id);
    if (err)
        return err;
    *result = json_object_new_object();
    json_object_object_add(*result, "steps", list);
    return ERR_OK;
}

enum err engine_job_step(struct engine *e, json *params, json **result, struct err_info *info)
{
    int64_t id = json_i64(params, "job", 0);
    const char *path = json_str(params, "path", "");
    enum err err = jobs_step(e->jobs, id, path, result);
    return err == ERR_NOT_FOUND
               ? err_set(info, err, "job %lld has no step %.80s", (long long)id, path)
               : err;
}
