/* The tool `testdata`: valid values of a schema or of Python's types, as a step of a workflow. */
#ifndef DISE_CORE_TEST_DATA_H
#define DISE_CORE_TEST_DATA_H

#include "base/testdata_files.h"
#include "core/pipeline/pipeline_internal.h"
#include "core/sandbox/sandbox.h"

/* The generator's files, read into `texts` (buf_fini each, also after an error) and described in
 * the first TESTDATA_FILES of `files`. */
enum err test_data_files(const struct pipeline *p, struct buf texts[TESTDATA_FILES],
                         struct sandbox_file *files, struct err_info *info) MUST_CHECK;

/* Makes them in a sandbox, as a journaled step with this label. `inputs`: {"schema": object, bool
 * or JSON text, or "source": Python text with "name": what of it; "count" (10), "seed" (0), "edge"
 * (false; then without a count as many as there are edges), "realistic" (false)}. `packages`: names
 * of trusted packages that may be installed beside those of the task's grants when the source
 * imports them; NULL: none. *out: the list of values; the caller puts. ERR_INPUT: the inputs, or no
 * value fits; ERR_DENIED, ERR_UNAVAILABLE: a package; the sentence says what and where. */
enum err test_data_make(struct job *job, struct task *t, const char *label,
                        struct json_object *inputs, struct json_object *packages,
                        struct json_object **out, struct err_info *info) MUST_CHECK;

#endif
