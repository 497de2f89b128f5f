/* From a task in plain words to a program that was run: the job kinds "task" and "artifact_run".
 * pipeline.c reads from top to bottom; its parts are intake, examples, prompt, extract, verify. */
#ifndef DISE_CORE_PIPELINE_H
#define DISE_CORE_PIPELINE_H

#include "core/config.h"
#include "core/job/job.h"
#include "core/llm/answer_cache.h"
#include "core/llm/router.h"
#include "core/llm/spend.h"
#include "core/sandbox/packages.h"
#include "core/sandbox/programs.h"
#include "core/sandbox/sandbox.h"

/* What the pipeline works with; the engine owns it all and keeps it longer than any job. The
 * pointers may be set after jobs were accepted: `ready` is awaited by a job's first step. */
struct pipeline {
    struct store *store;
    struct router *router;
    struct spend *spend;
    struct answer_cache *cache; /* NULL: none */
    struct sandbox *sandbox;
    struct packages *packages;
    struct programs *programs; /* of the quality gates; NULL: there are none */
    struct rag *rag;           /* what is kept, by meaning; NULL: only by words */
    const struct config *config;
    const char *home;    /* data folder */
    const char *data;    /* shipped files: tools/ */
    const char *runtime; /* shipped Python: harness.py */
};

/* {task, input, cwd, anyway, fresh, cache, questions, grants:{read:[],write:[],net:[]},
 * limits:{tokens, money, seconds}}
 */
extern const struct job_kind pipeline_task;
/* The same; the model is asked once and its answer is kept as text (pipeline_text.c). */
extern const struct job_kind pipeline_text;
/* {bench:{task_id, class, split, entry_point, test}, …}: a task whose best program is judged by a
 * test that the pipeline does not see (bench.c); what stands beside "bench" is the task's input. */
extern const struct job_kind pipeline_bench_task;
/* {bench:{…, role, samples}, task, seed}: single answers of one model, judged by the same test. */
extern const struct job_kind pipeline_bench_raw;
/* {id, input, questions, grants, verify}; verify: on the input and the examples of its task */
extern const struct job_kind pipeline_artifact_run;
/* The same of a workflow (workflow_run.c). */
extern const struct job_kind pipeline_workflow_run;

#endif
