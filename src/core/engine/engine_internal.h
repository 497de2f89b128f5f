/* What engine.c (life cycle) and engine_rpc.c (requests) share. */
#ifndef DISE_CORE_ENGINE_INTERNAL_H
#define DISE_CORE_ENGINE_INTERNAL_H

#include "base/path.h"
#include "core/engine/engine.h"
#include "core/engine/metrics.h"
#include "core/engine/rpc.h"
#include "core/llm/models.h"
#include "core/pipeline/pipeline.h"

struct roles; /* core/llm/roles.h */
struct rag;   /* core/rag/rag.h */

struct engine_request {
    struct engine_request *next;
    struct fiber *fiber;
};

struct engine {
    const struct engine_options *options;
    char home[PATH_SIZE], run[PATH_SIZE], data[PATH_SIZE], runtime[PATH_SIZE];
    uv_loop_t loop;
    struct sched *sched;
    struct metrics metrics;
    uv_timer_t tick; /* idle time and the figures of the title bar */
    uv_signal_t interrupt, terminate;
    int lock;
    struct rpc *rpc;
    struct config *config;    /* the newest that could be read */
    struct config *started;   /* what the parts were opened with */
    char config_problem[700]; /* why the files as they are now cannot be read; "": they can */
    bool config_told;         /* somebody has heard of the next: */
    bool config_restart;      /* they say something that holds only after a restart */
    struct store *store;
    struct jobs *jobs;
    struct router *router;
    struct spend *spend;
    struct answer_cache *cache;
    struct rag *rag;
    struct models *models;
    struct python_env python;
    struct packages packages;
    struct programs *programs;
    struct sandbox *sandbox;
    struct pipeline pipeline;
    struct fiber *boot;
    struct engine_request *requests; /* at work; they must end before the parts do */
    bool ready, stopping;
    struct err_info problem;    /* why it could not get ready; code ERR_OK: none */
    char store_note[512];       /* a damaged database was moved aside */
    uint64_t began, idle_since; /* loop time, ms */
    char model[64], model_state[16];
    uint64_t config_stamp;  /* of the configuration's files when they were read */
    uint64_t answers_stamp; /* of files that backends read when they are opened */
    char last_state[256];   /* the last engine_state that was sent */
};

/* rpc_handler; `context` is the engine. */
enum err engine_handle(void *context, enum protocol_method method, struct json_object *params,
                       struct json_object **result, struct err_info *info);
/* One request (see protocol.def); engine_rpc.c lists them. *result: the caller's, NULL for {}. */
typedef enum err request_fn(struct engine *e, struct json_object *params,
                            struct json_object **result, struct err_info *info);
/* engine_store.c */
request_fn engine_job_steps, engine_job_step, engine_artifact_list, engine_artifact_show,
    engine_artifact_run, engine_artifact_tag, engine_artifact_rate, engine_artifact_delete,
    engine_artifact_restore, engine_artifact_gates, engine_workflow_load, engine_artifact_profile,
    engine_artifact_optimize;
/* engine_rag_search.c */
request_fn engine_rag_search;
/* Tags of a request: ERR_INPUT when they are no list of words. */
enum err engine_check_tags(struct json_object *tags, struct err_info *info) MUST_CHECK;
/* engine_rag_store.c */
request_fn engine_rag_versions, engine_rag_diff, engine_rag_lineage, engine_rag_rollback,
    engine_rag_revise, engine_rag_add, engine_rag_delete, engine_rag_restore, engine_rag_gc;
/* When the store is open: what nobody uses any more leaves the searches. */
void engine_rag_begin(struct engine *e);
/* engine_backends.c */
request_fn engine_backends;
/* Who plays which role, by the configuration; errors name the place in its files. */
enum err engine_roles(const struct config *c, struct roles **out, struct err_info *info) MUST_CHECK;
/* engine_tools.c */
request_fn engine_tool_list, engine_tool_show, engine_tool_run, engine_tool_save, engine_tool_reset;
/* Tells the clients that something kept was changed. */
void engine_artifact_changed(struct engine *e, const char *id, const char *what);
/* Tells all clients how far something has come. `arg`: the engine. */
void engine_progress(void *arg, const char *what, const char *item, int64_t done, int64_t total,
                     double rate);
/* Submits a job out of a request's parameters (engine_rpc.c); the answer holds its number. */
enum err engine_submit(struct engine *e, const char *kind, const char *title,
                       struct json_object *params, struct json_object **result,
                       struct err_info *info) MUST_CHECK;

/* Stored events for the RPC server's feed; waits until the engine is ready. */
enum err engine_read_events(void *context, int64_t job, int64_t after, int limit,
                            struct json_object **out);
/* Ends the loop; running jobs go on at the next start. From anywhere on the loop's thread. */
void engine_stop(struct engine *e);
/* Leaves or takes away the mark by which clients know that a person has stopped it. */
void engine_note_stop(const struct engine *e, bool stay);
/* engine_config.c: reads the configuration; ERR_INPUT and ERR_PARSE with file:line:column. */
enum err engine_config_open(struct engine *e, struct err_info *info) MUST_CHECK;
void engine_config_close(struct engine *e);
/* Takes over what has changed in the files; what cannot be read leaves all as it was. */
void engine_config_look(struct engine *e);
/* Writes what holds for a new job into its input (`config`), with what its client sent (`options`).
 */
enum err engine_config_add(struct engine *e, struct json_object *input,
                           struct err_info *info) MUST_CHECK;
/* Processor share of this process since the last call (percent) and its memory (kB). */
void engine_usage(double *cpu, int64_t *rss_kb);

enum { TITLE_MAX = 72 };
/* One short line: the first words of the task. */
void engine_title(const char *task, char out[TITLE_MAX]);

/* engine_batch.c: requests, as in engine_rpc.c's table. */
request_fn engine_job_retry, engine_batch_estimate, engine_batch_submit, engine_batch_list,
    engine_batch_show, engine_batch_pause, engine_batch_resume, engine_batch_report;

struct batch_items;
/* engine_bench.c: the items of a bench, out of the parameters of batch.submit. */
enum err engine_bench_items(struct engine *e, struct json_object *params, struct batch_items *items,
                            struct err_info *info) MUST_CHECK;
request_fn engine_bench_report;
/* engine_rag_import.c */
request_fn engine_rag_import, engine_rag_export, engine_rag_unverified;
request_fn engine_rag_fixes;
/* engine_testdata.c */
request_fn engine_testdata_launch;
/* engine_spend.c */
request_fn engine_spend;

/* engine_rag_status.c: opens the search by meaning, which looks for its embedder by itself. */
/* Removes the file of a model's vectors, if there is one. */
void engine_vectors_remove(struct engine *e, const char *model);
/* Where vectors are searched in a server: drops there what is of other models than `keep` (see
 * vector_server_drop_old). On a fiber. */
enum err engine_vectors_drop_old(struct engine *e, struct json_object *keep, bool dry,
                                 struct json_object *gone, struct err_info *info) MUST_CHECK;
enum err engine_rag_open(struct engine *e, struct err_info *info) MUST_CHECK;
request_fn engine_rag_status;
/* One model's vectors in their file, or at the server. ERR_CORRUPT with *out: an empty file was
 * begun. On a fiber, on which the caller closes them. */
enum err engine_vectors_open(struct engine *e, bool in_server, const char *model, size_t dimensions,
                             struct vector_store **out, struct err_info *info) MUST_CHECK;
/* engine_rag_sync.c */
request_fn engine_rag_sync;
extern const struct job_kind engine_sync_vectors;

/* The job kind of `dise model install`. */
extern const struct job_kind engine_model_install;

#endif
