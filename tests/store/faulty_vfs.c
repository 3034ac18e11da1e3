/* SPDX-License-Identifier: Apache-2.0
 * A VFS for tests: SQLite's default one, but for an fsync that fails and a disk
 * that is full, when they are asked for. */
#include "store_test.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>

struct file {
    sqlite3_file base;
    /* the real one follows */
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    bool is_there;
    atomic_bool has_no_disk;
    atomic_int fail_sync_in;
    atomic_llong bytes_left;
    atomic_uint syncs, writes;
} faulty;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((struct file *)(void *)file + 1);
}

static int do_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}
static int do_read(sqlite3_file *f, void *data, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), data, n, at);
}

/* Only what makes a file longer needs room. */
static int do_write(sqlite3_file *f, const void *data, int n, sqlite3_int64 at)
{
    sqlite3_int64 size = 0;
    long long left = atomic_load(&faulty.bytes_left);

    atomic_fetch_add(&faulty.writes, 1);
    real_of(f)->pMethods->xFileSize(real_of(f), &size);
    if (left >= 0 && at + n > size) {
        if (left < n)
            return SQLITE_FULL;
        atomic_fetch_sub(&faulty.bytes_left, n);
    }
    return real_of(f)->pMethods->xWrite(real_of(f), data, n, at);
}
static int do_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int do_sync(sqlite3_file *f, int flags)
{
    atomic_fetch_add(&faulty.syncs, 1);
    if (atomic_load(&faulty.fail_sync_in) > 0 &&
            atomic_fetch_sub(&faulty.fail_sync_in, 1) == 1)
        return SQLITE_IOERR_FSYNC;
    if (atomic_load(&faulty.has_no_disk))
        return SQLITE_OK;
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}
static int do_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int do_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}
static int do_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
static int do_check(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int do_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int do_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int do_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
        int flags, int *out)
{
    (void)vfs;
    f->pMethods = NULL;
    int rc = faulty.real->xOpen(faulty.real, name, real_of(f), flags, out);
    if (rc == SQLITE_OK)
        f->pMethods = &faulty.methods;
    return rc;
}

void test_faulty_vfs(void)
{
    if (!faulty.is_there) {
        faulty.real = sqlite3_vfs_find(NULL);
        faulty.vfs = *faulty.real;
        faulty.vfs.zName = "faulty";
        faulty.vfs.szOsFile += (int)sizeof(struct file);
        faulty.vfs.xOpen = do_open;
        faulty.methods = (sqlite3_io_methods){1, do_close, do_read, do_write,
                do_truncate, do_sync, do_size, do_lock, do_unlock, do_check,
                do_control, do_sector, do_device, NULL, NULL, NULL, NULL, NULL,
                NULL};
        assert_int_equal(sqlite3_vfs_register(&faulty.vfs, 0), SQLITE_OK);
        faulty.is_there = true;
    }
    test_fail_sync(0);
    test_fill_disk(-1);
    test_have_no_disk(false);
}

void test_have_no_disk(bool has_none)
{
    atomic_store(&faulty.has_no_disk, has_none);
}

void test_fail_sync(int nth)
{
    atomic_store(&faulty.fail_sync_in, nth);
}

void test_fill_disk(int64_t bytes_left)
{
    atomic_store(&faulty.bytes_left, bytes_left);
}

unsigned test_syncs(void)
{
    return atomic_load(&faulty.syncs);
}

unsigned test_writes(void)
{
    return atomic_load(&faulty.writes);
}
