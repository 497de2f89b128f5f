/* The job kind "gates": what the quality gates say of a kept program, or of one from elsewhere.
 *
 * Input: {id} of an artifact, or {source, file}. Result: {gates: [as gate_figures.h has them, and
 * detail], score: what they are worth together (quality_code), blocked}. The program is run on the
 * examples of its task, or on those of its documentation (>>>), and on the tests that it was kept
 * with; nothing is changed or kept. Ends unsolved when a gate that blocks says no. */
#ifndef DISE_CORE_GATE_JOB_H
#define DISE_CORE_GATE_JOB_H

#include "core/job/job.h"

enum { GATES_SOURCE_MAX = 256 << 10 };
extern const struct job_kind gates_job;

#endif
