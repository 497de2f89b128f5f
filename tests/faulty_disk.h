/* A file system for SQLite of which the n-th write or sync fails, or the n-th read. */
#ifndef DISE_TESTS_FAULTY_DISK_H
#define DISE_TESTS_FAULTY_DISK_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct faulty_file {
    sqlite3_file base;
    struct sqlite3_io_methods methods; /* the real ones but for the three below */
    const struct sqlite3_io_methods *real;
};

static sqlite3_vfs *real_vfs, faulty_vfs;
static atomic_int fail_from, fail_to, calls, fired; /* calls in [from, to) fail */
static int fail_with;
static atomic_int armed;  /* writes and syncs are counted and fail … */
static atomic_bool reads; /* … or, if this is set, reads are and do */

static bool fails(void)
{
    int n;
    if (!armed)
        return false;
    n = ++calls;
    if (n < fail_from || n >= fail_to)
        return false;
    fired++;
    return true;
}

/* The default VFS keeps its state in its own struct, so ours lies behind it. */
static struct faulty_file *faulty(sqlite3_file *f)
{
    return (struct faulty_file *)(void *)((char *)f + real_vfs->szOsFile);
}

static int faulty_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at)
{
    return !reads && fails() ? fail_with : faulty(f)->real->xWrite(f, data, n, at);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
    return !reads && fails() ? fail_with : faulty(f)->real->xSync(f, flags);
}

static int faulty_read(sqlite3_file *f, void *data, int n, sqlite3_int64 at)
{
    return reads && fails() ? fail_with : faulty(f)->real->xRead(f, data, n, at);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct faulty_file *mine = faulty(f);
    int code = real_vfs->xOpen(real_vfs, name, f, flags, out);
    (void)vfs;
    if (code != SQLITE_OK || !f->pMethods)
        return code;
    mine->real = f->pMethods;
    mine->methods = *f->pMethods;
    mine->methods.xWrite = faulty_write;
    mine->methods.xSync = faulty_sync;
    mine->methods.xRead = faulty_read;
    f->pMethods = &mine->methods;
    return code;
}

static inline void install_faults(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.szOsFile = real_vfs->szOsFile + (int)sizeof(struct faulty_file);
    faulty_vfs.xOpen = faulty_open;
    sqlite3_vfs_register(&faulty_vfs, 1);
}

#endif
