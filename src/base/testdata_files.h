/* The files of the generator of test data (src/runtime), which whoever starts it puts into the
 * sandbox. */
#ifndef DISE_BASE_TESTDATA_FILES_H
#define DISE_BASE_TESTDATA_FILES_H

enum { TESTDATA_FILES = 12 };

static const char *const testdata_files[TESTDATA_FILES] = {
    "testdata.py",         "testdata_check.py",  "testdata_containers.py", "testdata_formats.py",
    "testdata_make.py",    "testdata_names.py",  "testdata_random.py",     "testdata_regex.py",
    "testdata_scalars.py", "testdata_schema.py", "testdata_shape.py",      "testdata_types.py"};

#endif
