/* What the parts of the pipeline share: pipeline.c (the page to read), stage.c (the ladder),
 * candidate.c (one answer of a model), verify.c (one run in the sandbox). */
#ifndef DISE_CORE_PIPELINE_INTERNAL_H
#define DISE_CORE_PIPELINE_INTERNAL_H

#include "core/check/seen.h"
#include "core/pipeline/code_stream.h"
#include "core/pipeline/history.h"
#include "core/pipeline/pipeline.h"
#include "core/words/examples.h"
#include "core/words/intake.h"
#include "core/words/properties.h"

enum { STAGES_MAX = 12, CANDIDATES_MAX = 16, GRANTS_MAX = 16, CODE_MAX = 256 << 10 };

/* What a program may reach beyond its sandbox; lists end with NULL. */
struct grants {
    char *read[GRANTS_MAX + 1], *write[GRANTS_MAX + 1], *net[GRANTS_MAX + 1];
    char *packages[GRANTS_MAX + 1]; /* names, as they may be installed */
    char *folders[GRANTS_MAX + 1];  /* of those that are installed and imported */
};

/* What the stage at work may use. */
struct stage_limit {
    int64_t ms;
    uint64_t until; /* uv_hrtime; 0: no limit */
    struct account account;
};
enum { STAGE_CUT_SIZE = 120 };

/* What a call does not give, as the person says; Python. */
enum { CLARIFY_MOST = 2 };
struct refused {
    char args[128], call[200], view[256];
};

/* Everything that one job knows; on its fiber's heap. */
struct task {
    struct pipeline *p; /* own: the engine's parts with the job's configuration */
    struct pipeline own;
    struct config *config; /* own.config, which this task holds */
    struct job *job;
    struct json_object *input; /* of the job, borrowed */
    const char *text;          /* the task's words */
    struct buf words;          /* these, once the person has added to them; clarify.c */
    int clarified;             /* how often they were asked to */
    struct refused *refused;   /* what they said is wrong; NULL: nothing */
    int refused_count;
    struct json_object *given; /* the program's input; NULL: none */
    bool may_ask;
    bool plain; /* an answer in words is wanted: the writer is asked, no program comes of it */
    char class[24], complexity[12]; /* CODE, ALGORITHM, …; simple, moderate, complex */
    bool decided;                   /* the class is no guess any more */
    bool said;                      /* by the person */
    char *plan;                     /* the specification; NULL: none */
    struct examples examples;       /* of the task's own words: the truth; into examples_text */
    struct buf examples_text;
    struct examples *tests; /* written by a model: evidence; into tests_text; NULL: none */
    struct buf tests_text;
    bool tests_asked;
    struct properties properties; /* what the task's words decide of every answer */
    uint32_t properties_told;     /* of them, those that were told to be set aside */
    struct written *written;      /* those that a model has written; NULL: none */
    size_t written_count;
    struct json_object *made; /* made_calls.h: calls for the tests; NULL: none were made */
    bool made_asked;
    double tests_weight;         /* of the model that wrote them */
    bool doubt;                  /* an attempt only echoes the examples: they are not enough */
    struct json_object *prompts; /* {coder:{…}, repairer:{…}} as they were when the job began */
    struct json_object *gates;   /* gate.h, as they were when the job began; NULL: none */
    struct grants grants;
    bool cache;             /* answers that were kept may be taken */
    struct account account; /* budget.c */
    struct account *batch;  /* NULL: the job is of none */
    struct stage_limit stage_limit;
    struct history *history;    /* of what failed */
    const struct stage *ladder; /* all stages; NULL: there is none */
    int ladder_count;
    struct json_object *learned; /* what was known when the job began; NULL: nothing */
    struct seen *seen;           /* the runs so far */
    struct json_object *similar; /* programs that solved similar tasks; NULL: not looked for */
    struct buf similar_text;     /* these as a part of a prompt; empty: there are none */
    int64_t began;
    int seed;     /* what every candidate's seed begins at */
    int asked;    /* candidates so far */
    int too_slow; /* of them, those that did not answer in time */
};

/* Gives the task its own view of the pipeline, with what was journaled with the job, so that it
 * sees the same after a crash; a job of an earlier version has none, and takes the engine's. */
enum err task_config(struct task *t, struct pipeline *p) MUST_CHECK;
/* Tells what there was to say about the files when the job was accepted. */
void task_config_note(struct task *t);

/* How the job ends: the fields of JOB_DONE. */
struct ending {
    const char *status; /* NULL: not known yet */
    char artifact[24], message[512], checked[512];
    enum err error;
    struct buf result; /* JSON */
    struct cost cost;
    struct buf *best; /* receives the best program, accepted or not; NULL: not wanted */
    int stage;        /* that it came from; 0: there is none */
    char stage_name[48], model[48];
};
void ending_set(struct ending *end, const char *status, enum err error, const char *message);

/* ---- pipeline.c: what every kind of task does ---- */

enum err task_init(struct task *t, struct pipeline *p, struct job *job,
                   struct json_object *input) MUST_CHECK;
void task_fini(struct task *t);
/* The job's input leaves this part of the pipeline out, to see what it is good for: examples,
 * tests, properties, plan, candidates, agreement, escalation, repair. */
bool task_without(const struct task *t, const char *part);
void task_phase(struct task *t, const char *name, const char *detail);
/* One sentence for the person; level info, warn, error. */
void task_note(struct task *t, const char *level, const char *text);
/* Puts a question to the person and waits for the answer, appended to `answer`; as job_wait(),
 * which has the question's name as its signal. ERR_TIMEOUT after q->seconds. */
enum err task_ask(struct job *job, const struct event_job_question *q,
                  struct buf *answer) MUST_CHECK;
/* Tells everybody who watches what the answer was taken for. */
void task_answered(struct job *job, const char *question, const char *answer);
/* The gate before any model. ERR_OK: a task. ERR_INPUT: `end` says why not. */
enum err task_intake(struct task *t, struct ending *end) MUST_CHECK;
/* The examples in these words, as Python: the task's truth. */
enum err task_examples(struct task *t, const char *text) MUST_CHECK;
/* From intake to store: all of a task between task_init and task_finish. */
enum err task_run(struct task *t, struct ending *end, struct err_info *info) MUST_CHECK;
/* What is kept under this hash (or with this id, when it is not NULL); ERR_NOT_FOUND. Caller puts
 * *out. */
enum err task_recall(struct task *t, const char *hash, const char *id,
                     struct json_object **out) MUST_CHECK;
/* Ends the task with what was kept. */
enum err task_answer(struct json_object *artifact, struct ending *end) MUST_CHECK;
/* The prompts of these tools (ends with NULL) into t->prompts, as they are now. */
enum err task_prompts(struct task *t, const char *const *ids, struct err_info *info) MUST_CHECK;
/* Emits JOB_DONE with the time since t->began; `e` is how the work ended when `end` does not say.
 */
void task_finish(struct task *t, struct ending *end, enum err e, const struct err_info *info);

/* ---- pipeline_store.c: what is kept of it ---- */

struct candidate;

/* The function as a program: one JSON object in, one out. Appends. */
enum err task_program(const char *source, const char *function, struct buf *out) MUST_CHECK;
/* Keeps the artifact (NULL: nothing to keep), once also after a crash, and sums up what the job's
 * calls have cost. `content` is what the step's identity is made of. */
enum err task_keep(struct task *t, struct json_object *artifact, const char *label,
                   const struct buf *content, struct ending *end, struct err_info *info) MUST_CHECK;
/* Keeps the best attempt, solved or not, and learns what the job has cost. */
enum err task_keep_best(struct task *t, const struct candidate *best, const char *hash,
                        struct ending *end, struct err_info *info) MUST_CHECK;
/* A cancelled job takes no further step, but what its calls cost is told all the same. */
void task_sum_cancelled(struct task *t, struct ending *end);

/* ---- pipeline_class.c: what kind of task it is, and what follows ---- */

/* The step "classify": whether it is a task, and what the rules say of its class. */
enum err task_judge(struct task *t, enum intake_verdict *v, char why[200]) MUST_CHECK;
/* What is kept under the class's hash; *out stays NULL when there is nothing. */
enum err task_recall_class(struct task *t, struct json_object **out) MUST_CHECK;
/* Where the rules were not sure: the class of what has answered the task. */
void task_known_class(struct task *t, struct json_object *artifact);
/* Asks a model when the rules are not sure. Without one the rules' guess stands. */
enum err task_decide(struct task *t, struct err_info *info) MUST_CHECK;
/* Adds what every artifact of a task tells of it: task, task_hash, class, complexity. */
void task_describe(const struct task *t, const char *hash, struct json_object *artifact);
/* pipeline_arithmetic.c: computes the task's expression. ERR_NOT_FOUND: there is none; the task has
 * become one for a program. */
enum err arithmetic_solve(struct task *t, const char *hash, struct ending *end,
                          struct err_info *info) MUST_CHECK;
/* pipeline_text.c: an answer in words. */
enum err text_solve(struct task *t, const char *hash, struct ending *end,
                    struct err_info *info) MUST_CHECK;

/* What a run of a program showed. */
struct verdict {
    bool parsed, imported, ran; /* ran: every example and the input were answered */
    bool accepted;
    bool echoes; /* its text holds the examples with their answers: they prove nothing */
    int examples_ok, examples;
    double score;              /* 0..1 of the quality gates (quality_code); 1: nothing found */
    struct json_object *gates; /* what each of them said (gate_figures.h); NULL: none was asked */
    double cpu_ms, wall_ms;    /* of the program itself, without the harness */
    int64_t peak_kb;
    char function[64];
    int wrong;                        /* the first example that failed, from 1; -1: the input; 0 */
    char why[400];                    /* of the first failure, for people and for the repairer */
    struct buf result;                /* JSON of the input's result; empty without input */
    char denied_kind[8], denied[300]; /* read|write|net and what; "" */
    char module[64];                  /* a module that is missing; "" */
    struct grants grants;             /* what it ran with */
};
void verdict_init(struct verdict *v);
void verdict_fini(struct verdict *v);
/* Takes over what another run of the same program showed; what its gates said stays. `again` is
 * left to be finished. */
void verdict_take(struct verdict *v, struct verdict *again);
/* What was checked by this run, JSON, as the artifact and the job's end tell it. */
void task_checked(const struct task *t, const struct verdict *v, char out[512]);
/* Higher is nearer to right. */
int verdict_rank(const struct verdict *v);

enum { PROBES_MAX = 24 };

/* What the generated tests say of a program: evidence, never truth. */
struct evidence {
    bool due;   /* it is to be run now */
    bool asked; /* it was run; without a test only the probes come of it */
    bool tested;
    int count, right;            /* tests, and those that passed */
    uint32_t passed;             /* bit i: test i passed */
    uint64_t behaviour;          /* equal for programs that answer every call of the tests alike */
    uint32_t probes[PROBES_MAX]; /* what it answered to calls without a known answer, hashed */
    int probe_count;
    uint32_t broke; /* bit i: at probe i, an edge, it broke down by an error not its own */
    bool measured;
    int mutants, killed; /* wrong variants of it that were tried, and those the checks noticed */
};

/* What the property tests say of it: evidence as well. Bits are numbers in task.properties. */
struct trial {
    bool asked; /* they were to be tried; without hypothesis nothing came of it */
    bool done;
    int count, held;    /* properties, and those that hold as far as was tried */
    uint32_t upheld;    /* of those that are sure */
    uint32_t written;   /* of the written ones, those that hold: bits are numbers in task.written */
    uint32_t refuted;   /* those that do not hold, without the written ones */
    uint64_t behaviour; /* equal for programs that answer all inputs alike */
    char complaint[400];
};
#define TRIAL_DIFFERS (UINT32_C(1) << 31) /* of `refuted`: an example was answered otherwise */

/* What the prompt of a stage carries beside the task. */
enum stage_context {
    CONTEXT_NONE,   /* nothing: a fresh start */
    CONTEXT_ERRORS, /* the best attempt and what happened */
    CONTEXT_FULL,   /* and the outcomes of all earlier attempts in short */
};

struct stage {
    int number, candidates;
    int seed; /* its first candidate's, beyond the task's: no stage left out before it moves it */
    char name[48], role[48];     /* role: of the ladder, or of the tool: its role or tier */
    char asked[ROUTER_ROLE_MAX]; /* what the router is asked for: the role in the task's domain */
    double temperature;
    bool with_error; /* the prompt carries the best attempt and what happened */
    enum stage_context context;
    bool logging;     /* and what the failing call went through */
    bool analysis;    /* the analyst is asked: the cause first, then the program */
    bool plainly;     /* all its candidates are asked in the plain way */
    int64_t limit_ms; /* time and tokens that the stage may use; 0: no limit */
    int64_t limit_tokens;
    bool available;
    struct llm_target target;
    int parallel;
    char why[200]; /* not available because */
    bool spared;   /* it nearly never helps with such tasks: why has the odds */
};

/* The attempt that a repair began with; code NULL: none. */
struct mended {
    int stage, number;
    char *code;
    char why[400];
};

/* What a model is asked for that is no program: a plan, tests. */
struct errand {
    const char *step, *tool, *label;            /* name of the step, of the prompt's tool, a verb */
    int max_tokens;                             /* of the answer; 0: as configured */
    bool (*enough)(const char *text, size_t n); /* the answer may end here */
};

/* One answer of a model, from the question to the verdict. */
struct candidate {
    struct task *task;
    const struct stage *stage;
    int number, seed;
    const struct llm_target *target; /* that is asked: the stage's, or one that is faster */
    struct llm_target by;            /* that has answered; place "": nobody has */
    const struct candidate *best;    /* to be mended; NULL: a fresh start */
    struct buf code;
    struct verdict verdict;
    struct evidence evidence;
    struct json_object *probed; /* [[arguments, answer] or null] of each probe; NULL: not known */
    struct trial trial;
    struct mended from;
    char *log;   /* what the failing call of `best` went through; NULL: not known */
    char *hint;  /* how such an error was mended before; NULL: not known */
    int64_t fix; /* by which remembered mending; 0: none */
    int64_t tokens_in, tokens_out; /* of all tries */
    bool cut_short;                /* its answer ended where a budget did … */
    char cut[STAGE_CUT_SIZE];      /* … this one; else where the stage's limit did: which; "" */
    char broken[CODE_STREAM_WHY];  /* … or where no program could come of it any more; "" */
    int room;                      /* tokens that its answer may have; 0: no limit is known */
    bool adapted;                  /* it was shown, or mends what was shown, t->similar */
    const struct errand *errand;   /* no program is asked for; NULL: one is */
    uint64_t began;                /* uv_hrtime, in this run of the job */
    bool done;                     /* went through to a verdict */
    bool taken;                    /* and through candidate_accept() */
    enum err end;                  /* what candidate_run() gave */
};
void candidate_init(struct candidate *c, struct task *t, const struct stage *s, int number,
                    const struct candidate *best);
void candidate_fini(struct candidate *c);
/* Who has answered, or is to be asked. */
const struct llm_target *candidate_by(const struct candidate *c);
/* Notes in c->from what it was to mend, before that attempt may move. */
void candidate_origin(struct candidate *c);
/* 'a' for the first of its stage. */
char candidate_letter(const struct candidate *c);
/* The program in the answer, as the head of a function that is the task asks for it, into c->code.
 */
enum err candidate_take(struct candidate *c, const struct buf *answer,
                        struct err_info *info) MUST_CHECK;
/* The question alone: the model's answer, appended to `text`. */
enum err candidate_ask(struct job *job, struct candidate *c, struct buf *text,
                       struct err_info *info) MUST_CHECK;
/* A branch: ERR_OK accepted, ERR_NOT_FOUND rejected (see verdict), ERR_BUDGET not asked or cut
 * short and rejected, other errors of the call. Its end is told, but of one that was cancelled:
 * the caller knows why. */
enum err candidate_run(struct job *job, void *arg);
/* accept.c. What is dear, of a candidate that is to be taken: without its debugging output and
 * after the gates that are for an accepted program. `instead` of one that these have refused, which
 * is told (NULL: it is the first). ERR_NOT_FOUND: a gate refuses this one, too; its verdict says
 * why. Once through, it is not looked at again. */
enum err candidate_accept(struct job *job, struct candidate *c, const struct candidate *instead,
                          struct err_info *info) MUST_CHECK;
/* The event CANDIDATE_END, with the time since c->began. */
void candidate_tell_end(struct job *job, const struct candidate *c, const char *outcome,
                        const char *why);
/* "candidate b of stage 2", "the program of stage 1" */
void candidate_call(const struct candidate *c, char out[48]);

/* plan.c. When the task is worth it or the person wants it (pipeline.plan): a specification by the
 * overseer, into t->plan, as the event PLAN; the person is asked to agree when the job's input says
 * `plan`. ERR_INPUT: they do not agree. A model that fails is noted, and there is no plan. */
enum err plan_make(struct task *t, struct err_info *info) MUST_CHECK;
/* The words of a label about one candidate: "verify b", or "verify" when it is the only one. */
void candidate_label(char out[80], const char *verb, int number, bool alone, const char *model);
/* Runs code on the examples and the input as a journaled step, asking for grants when the walls
 * stopped it or a package is missing. `stage` and `number` label the events, `label` the step. */
enum err verify_run(struct job *job, struct task *t, int stage, int number, const char *label,
                    const char *code, struct verdict *out, struct err_info *info) MUST_CHECK;

/* The same of a candidate's program as it is; the label begins with `verb`. */
enum err candidate_verify(const struct candidate *c, const char *verb, struct verdict *out,
                          struct err_info *info) MUST_CHECK;

/* ---- ladder.c ---- */

/* Which model plays the stage's role, else the next stronger one (of god_level: the strongest that
 * there is): journaled, as another may be there after a restart. ERR_NO_BACKEND. */
enum err stage_resolve(struct task *t, struct stage *s, struct err_info *why) MUST_CHECK;
/* The ladder out of the configuration, each stage resolved to a model (journaled). Emits the plan.
 */
enum err stages_plan(struct task *t, struct stage stages[STAGES_MAX], int *count,
                     struct err_info *info) MUST_CHECK;
/* The stages of a checked `escalation` list; NULL: the standard ones. Numbers them. Pure. */
int ladder_read(struct json_object *list, struct stage stages[STAGES_MAX]);
/* Takes out of the ladder what asks a model for what an earlier stage has asked it for. Pure. */
void ladder_merge(struct stage *stages, int count);

/* In the place of a model that was too slow for this stage: that of the next lower role which is
 * another one and was not asked the same by an earlier stage. NULL: none. Pure. */
const struct llm_target *ladder_weaker(const struct task *t, const struct stage *s,
                                       const struct llm_target *slow);

/* ---- pool.c, stage.c ---- */

/* All attempts of a job that gave a program, in the order in which they were made. */
struct pool {
    struct candidate *list; /* owned, with what they hold */
    size_t n, best;         /* best == n: none */
    bool agreed;            /* the best one has support; choose.h */
    bool lone;              /* it waits for another model's opinion */
    char why[160];          /* what speaks for it */
};
void pool_fini(struct pool *pool);
/* The best attempt so far; NULL: none gave a program. Valid until the next stage. */
struct candidate *pool_best(const struct pool *pool);
/* Takes those over that gave a program. */
enum err pool_add(struct pool *pool, struct candidate *list, size_t n) MUST_CHECK;
/* Whether the generated tests are none, or no program passes any of them. */
bool pool_doubts_tests(const struct task *t, const struct pool *pool);
/* Whether the candidates of the stage are waited for, because they are compared. Two that are made
 * side by side end at about the same time; of more the first that passes ends the others. */
bool pool_waits(const struct task *t, const struct pool *pool, const struct stage *s);
/* Others are to be written. */
void pool_forget_tests(struct pool *pool);
/* Runs the generated tests, if there are any and they are needed, on every sound attempt that they
 * have not met. */
enum err pool_test(struct task *t, struct pool *pool) MUST_CHECK;
/* clarify.c. Where sound programs answer a call differently, and the person may be asked: what the
 * call should give. The answer becomes an example in the task's words, which all programs of the
 * pool are checked against. *asked: something has come of it, so that tests and probes are to be
 * run again. Errors: ERR_CANCELLED, those of the journal and of the sandbox. */
enum err clarify(struct task *t, struct pool *pool, bool *asked, struct err_info *info) MUST_CHECK;
/* Takes over the winner of a race, which is over: a replay goes through the winner's steps alone,
 * so nothing may depend on the others. */
enum err pool_crown(struct task *t, struct pool *pool, struct candidate *winner) MUST_CHECK;
/* Weighs all attempts as the journaled step "choose". */
struct choice;
enum err pool_weigh(struct task *t, struct pool *pool, struct choice *made) MUST_CHECK;

/* Takes the best one (candidate_accept); of those that a gate refuses the next best is weighed
 * again. `agreed`: what is only agreed on may be taken, too. ERR_NOT_FOUND: none may be taken. */
enum err pool_accept(struct task *t, struct pool *pool, struct choice *made, bool agreed,
                     struct err_info *info) MUST_CHECK;

/* Several answers of a small model are worth their tokens where an example tells them apart, else
 * the stronger model's is, and of the strongest a few: ladder[i] is passed over. So are further
 * ones where a lone program of its waits for a second opinion. */
bool ladder_passes_over(const struct task *t, const struct pool *pool, int i);
/* A lone program of this stage's model is not taken: it is tiny, and another is left to be asked.
 */
bool ladder_wants_second(const struct task *t, const struct stage *s);
/* Programs of this stage's model that are only agreed on may be taken when the ladder ends. What a
 * model below 3B agrees on with itself, without an example of the task, is how it misreads it: 0 of
 * 10 such programs of the bench were right, of those with an example 4 of 5. */
bool ladder_trusts_agreement(const struct task *t, const struct stage *s);
/* What a model's opinion counts beside that of others. */
double stage_weight(const struct stage *s);
/* climb.c: runs the stages until an attempt is accepted. ERR_NOT_FOUND: none was. */
enum err climb(struct task *t, struct stage *stages, int count, struct pool *pool,
               struct err_info *info) MUST_CHECK;
/* How the job ends after a climb that ended with `e`. */
void climb_ending(enum err e, const struct candidate *best, const struct pool *pool,
                  struct ending *end, const struct err_info *info);
/* Runs one stage: asks, verifies, weighs against all attempts before. ERR_OK: the pool's best one
 * may be accepted; ERR_NOT_FOUND: not yet. */
enum err stage_run(struct task *t, const struct stage *s, struct pool *pool,
                   struct err_info *info) MUST_CHECK;

/* Whether the task's own examples leave room for doubt, so that generated tests are worth their
 * tokens. */
bool evidence_wanted(const struct task *t);
/* There is neither an example nor a test, nor will there be, and a stronger model than that of `s`
 * can be asked: then its answer is worth more than this one. */
bool evidence_none(const struct task *t, const struct stage *s);
/* So many of the task's own examples need no further evidence. */
int evidence_trusted(const struct task *t);
/* Asks a model for tests (once a task); what comes of it is in t->tests. */
enum err tests_make(struct job *job, struct task *t, const struct stage *s,
                    struct err_info *info) MUST_CHECK;
/* Runs the generated tests on the program as a journaled step. A program that cannot be tested has
 * no evidence; errors are those of the sandbox. */
enum err evidence_run(struct job *job, struct candidate *c, struct err_info *info) MUST_CHECK;
/* property.c. What the task's words decide, into t->properties; begins to install what it takes. */
void properties_load(struct task *t);
/* Whether there are properties, and the task's own examples leave room for doubt. */
bool properties_wanted(const struct task *t);
/* Whether they can be tried now: there are inputs (made_calls.h). */
bool properties_ready(const struct task *t);
/* Those that are sure or written and that count like a generated test. */
int property_tests(const struct task *t);
/* Which of them hold, from bit 0 on. */
uint32_t property_tests_passed(const struct task *t, const struct trial *p);
/* Tries them on the program as a journaled step, into c->trial. Without hypothesis nothing is
 * known of it; errors are those of the sandbox. */
enum err property_run(struct job *job, struct candidate *c, struct err_info *info) MUST_CHECK;
/* measures.c. Measures an accepted program (measures.h) unless its gates have done so. */
enum err measures_finish(struct task *t, struct candidate *c, struct err_info *info) MUST_CHECK;

/* budget.c: opens the job's account within its batch's or the day's. */
enum err budget_open(struct task *t) MUST_CHECK;
void budget_close(struct task *t);
/* A step: ERR_BUDGET when nothing is left for calls of this target. */
enum err budget_check(struct task *t, const struct llm_target *target,
                      struct err_info *info) MUST_CHECK;

/* stage_limit.c: time and tokens of a stage. The tokens are an account within the job's. */
void stage_limit_begin(struct stage_limit *l, const struct stage *s, struct account *job);
/* One call. ERR_TOO_LARGE with a sentence: no time is left for it. Else *total_ms (0: no limit) is
 * lowered to what is. */
enum err stage_limit_enter(const struct stage_limit *l, int *total_ms,
                           struct err_info *info) MUST_CHECK;
/* Whether there is still time. */
bool stage_limit_go_on(const struct stage_limit *l);
/* Which limit an answer may have ended at, "" none; `clipped`: its tokens were spent. */
void stage_limit_why(const struct stage_limit *l, bool clipped, char why[STAGE_CUT_SIZE]);

/* ---- room.c: what fits into a model's window ---- */

struct prompt_part;
/* Leaves out of the prompt's parts (prompt_fit.h), the first ones first, what does not fit into the
 * window of c->target beside `fixed` (ends with NULL) and an answer, and says so in a note. Sets
 * c->room. The window is a step of the journal; where it is not known nothing is left out.
 * ERR_TOO_LARGE with a sentence: `fixed` alone is too large. */
enum err room_make(struct job *job, struct candidate *c, const char *const *fixed,
                   struct prompt_part *parts, size_t n, struct err_info *info) MUST_CHECK;
/* After a call, inside its step: learns from the server's count of the prompt's tokens, and tells
 * when the server has not read all of it. */
void room_leave(struct step *step, const struct candidate *c, const struct llm_message *messages,
                size_t count, const struct llm_reply *reply);

/* ---- similar.c: programs that solved similar tasks ---- */

/* Looks for them (journaled) unless the task is to be solved without what is remembered
 * (pipeline.similar), and tells the person of what was found. Needs t->prompts and t->class. */
enum err similar_find(struct task *t, struct err_info *info) MUST_CHECK;
/* What this candidate's prompt says of them; "": nothing. */
const char *similar_offer(const struct candidate *c);
/* Adds to an artifact what it was adapted from, if it was. Uses of what helped are counted. */
void similar_describe(struct task *t, const struct candidate *c, struct json_object *artifact);

/* ---- experience.c: what earlier jobs have learned ---- */

/* Reads what is known about these stages and their models (journaled), in the place of what was
 * read before, and spares the hopeless ones. */
enum err experience_load(struct task *t, struct stage *stages, int count) MUST_CHECK;
/* What became of a stage: ERR_OK solved, ERR_NOT_FOUND failed; other ends teach nothing. Not
 * waited for. */
void experience_note_stage(struct task *t, const struct stage *s, enum err result, int64_t tokens,
                           int64_t ms);
/* It was left out. */
void experience_note_spared(struct task *t, const struct stage *s);
/* A call went well, or ended at its limit, after so long. `kind`: code, repair, text, tests, plan.
 */
void experience_note_call(struct pipeline *p, const char *model, const char *kind, double ms);
/* How long such a call may take in this job, milliseconds. */
int experience_limit(const struct task *t, const char *model, const char *kind);

/* ---- beside.c: what is run of a program beside its checks; journaled ---- */

/* Follows the call at which c->best failed, into c->log, bounded for a prompt. A program that
 * cannot be followed leaves it empty; ERR_CANCELLED and errors of the journal. */
enum err trace_run(struct job *job, struct candidate *c) MUST_CHECK;
/* Takes debugging output out of an accepted program, and keeps what is left when it is accepted,
 * too. A task that asks for output keeps it. */
enum err clean_run(struct job *job, struct candidate *c) MUST_CHECK;

/* The job used an artifact; counted once, with the commit of the job's end. */
void pipeline_note_use(struct task *t, const char *id);
/* The same of one that it ran, and how that ended; `ms`: the program's time, 0: not known. */
void pipeline_note_outcome(struct task *t, const char *id, bool ok, int64_t ms);

/* The task is solved by a program that was made for it: submits its optimization as a job of its
 * own where the configuration says so, once, also after a crash. Not in batches, which have their
 * own. */
void pipeline_optimize_after(struct task *t, const struct ending *end);

/* It has passed its examples: one that came from elsewhere or was edited
 * (import.h) is a solution from now on. */
void pipeline_note_verified(struct task *t, const char *id, int examples);

/* A model was asked with this tool's prompt; committed with the step's result, not waited for. */
void pipeline_note_tool(struct pipeline *p, const char *id);
/* grant.c */
enum err grants_read(struct grants *g, struct json_object *given) MUST_CHECK;
struct json_object *grants_json(const struct grants *g);
enum err grants_copy(struct grants *to, const struct grants *from) MUST_CHECK;
void grants_fini(struct grants *g);
/* A run failed as `v` says: adds to `g` what the walls kept from it or the package that it lacked,
 * if the person agrees. *more: the run is worth repeating. Otherwise v->why may say what is
 * missing. */
enum err grant_more(struct job *job, struct task *t, struct verdict *v, struct grants *g,
                    bool *more, struct err_info *info) MUST_CHECK;

#endif
