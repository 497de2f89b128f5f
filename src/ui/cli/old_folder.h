/* Reads the old system's data folder, file by file, and gives out records (base/old_memory.h). It
 * holds one file at a time, follows no link that leads out of the folder, and goes on behind what
 * it cannot read. */
#ifndef DISE_UI_OLD_FOLDER_H
#define DISE_UI_OLD_FOLDER_H

#include "base/json.h"

struct old_folder_sink {
    /* Takes the record. An error ends the reading. */
    enum err (*record)(void *arg, struct json_object *record);
    /* A file, or what stands at line:column of it (0: the whole), was not taken. `usual`: it is of
     * a kind that never is, so that there may be many. */
    void (*skipped)(void *arg, const char *file, int line, int column, const char *why, bool usual);
    /* Something that a person should know. */
    void (*remark)(void *arg, const char *sentence);
    /* So much has been read; called often. */
    void (*progress)(void *arg, int64_t files, int64_t bytes);
    void *arg;
};

/* `path`: the folder with rag_memory/, nodes/ … in it, or one of these. ERR_INPUT: it is none. */
enum err old_folder_read(const char *path, const struct old_folder_sink *sink,
                         struct err_info *info) MUST_CHECK;

#endif
