/* SPDX-License-Identifier: Apache-2.0
 * Bringing logs to the disk: one project by fsync, many at once by one flush of
 * the whole file system, which costs about as much as two or three fsyncs.
 *
 * That flush is only used where it tells of errors (Linux 5.8) and is known to
 * bring data and sizes to the disk, and not for a while after it took long:
 * then other programs have much to write there.
 *
 * Invariant: a sync that failed makes a store unsafe for good; it is never
 * tried again, as the kernel may have dropped what it could not write. */
#include "base/alloc.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/utsname.h>
#include <sys/vfs.h>
#endif

/* From so many on; fewer do not make up for what others write. */
#define MANY_STORES 64
#define SLOW_NS     (250 * GOX_NS_PER_MS)
#define PAUSE_NS    (60 * GOX_NS_PER_S)

/* ---- one ---- */

/* The mutex is held. */
static void set_unsafe(gox_store *store, const char *what, const char *why)
{
    if (!atomic_load(&store->is_unsafe))
        gox_error_set(&store->unsafe_err, GOX_ERR_IO,
                "%s of %s failed (%s): edits since the last fsync may not be "
                "on the disk; no more are taken. Save a copy elsewhere, look "
                "after the disk, then close and open the project",
                what, store->path, why);
    atomic_store(&store->is_unsafe, true);
}

void gox__store_mark_unsafe(gox_store *store, const char *what, int sqlite_code)
{
    pthread_mutex_lock(&store->stores->mutex);
    set_unsafe(store, what, sqlite3_errstr(sqlite_code));
    pthread_mutex_unlock(&store->stores->mutex);
}

int gox__store_sync(gox_store *store, struct gox_error *err)
{
    atomic_store(&store->is_dirty, false);
    int rc = gox__vfs_sync(store->wal);
    atomic_fetch_add(&store->syncs, 1);
    if (rc == SQLITE_OK)
        return 0;
    gox__store_mark_unsafe(store, "fsync", rc);
    if (err != NULL)
        *err = store->unsafe_err;
    return GOX_ERR_IO;
}

/* ---- all at once ---- */

#ifdef __linux__

/* Whether syncfs tells of errors here and leaves nothing in a disk's cache. */
static bool can_flush(int fd)
{
    static const unsigned long KNOWN[] = {
            0xEF53,     /* ext4 */
            0x58465342, /* XFS */
            0x9123683E  /* btrfs */
    };
    struct utsname system;
    struct statfs fs;
    char *end;

    if (uname(&system) != 0 || fstatfs(fd, &fs) != 0)
        return false;
    unsigned long major = strtoul(system.release, &end, 10);
    unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    if (major < 5 || (major == 5 && minor < 8))
        return false;
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        if ((unsigned long)fs.f_type == KNOWN[i])
            return true;
    }
    return false;
}

static int flush(int fd)
{
    return syncfs(fd);
}

#else

static bool can_flush(int fd)
{
    (void)fd;
    return false;
}

static int flush(int fd)
{
    (void)fd;
    errno = ENOSYS;
    return -1;
}

#endif

void gox__flush_init(struct gox_flush *f, const char *dir, int (*fn)(int fd))
{
    struct stat info;

    /* Open before anything is written: it is told of errors since then. */
    f->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->fn = fn != NULL ? fn : flush;
    f->is_usable = f->fd >= 0 && fstat(f->fd, &info) == 0 &&
                   (fn != NULL || can_flush(f->fd));
    f->device = f->is_usable ? (uint64_t)info.st_dev : 0;
}

void gox__flush_fini(struct gox_flush *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

bool gox__flush_reaches(const struct gox_flush *f, const char *path)
{
    struct stat info;

    return f->device != 0 && stat(path, &info) == 0 &&
           (uint64_t)info.st_dev == f->device;
}

/* Those that the flush is for; the others are left to fsync. */
static bool begin_store(gox_store *store)
{
    if (!store->can_flush || atomic_load(&store->is_unsafe))
        return false;
    store->is_in_flush = true;
    store->users++;
    atomic_store(&store->is_dirty, false);
    return true;
}

static void end_store(gox_store *store, int error, const char *why)
{
    store->is_in_flush = false;
    store->users--;
    if (error == 0)
        atomic_fetch_add(&store->syncs, 1);
    else if (error == EIO)
        set_unsafe(store, "a flush of the disk", why);
    else if (!atomic_exchange(&store->is_dirty, true))
        atomic_store(&store->sync_at_ns, 0);
}

/* The mutex is held, but not while the disk works. 0 or an errno. */
static int flush_now(gox_stores *stores)
{
    struct gox_flush *f = &stores->flush;

    f->is_running = true;
    pthread_mutex_unlock(&stores->mutex);
    int64_t from = gox_time_now_ns();
    int error = f->fn(f->fd) == 0 ? 0 : errno;
    int64_t now = gox_time_now_ns();
    pthread_mutex_lock(&stores->mutex);
    f->is_running = false;
    if (now - from > SLOW_NS)
        f->not_before_ns = now + PAUSE_NS;
    /* EIO is about the disk. Anything else, such as a quota, may be about
     * another program's file: each project's own fsync tells. */
    if (error != 0)
        f->is_usable = false;
    return error;
}

static bool is_usable(const gox_stores *stores)
{
    const struct gox_flush *f = &stores->flush;

    return f->is_usable && !f->is_running &&
           gox_time_now_ns() >= f->not_before_ns;
}

bool gox__stores_flush_dirty(gox_stores *stores)
{
    size_t count = 0;

    for (gox_store *s = stores->first; s != NULL; s = s->next)
        count += !s->is_closing && s->can_flush && atomic_load(&s->is_dirty);
    if (count < MANY_STORES || !is_usable(stores))
        return false;
    for (gox_store *s = stores->first; s != NULL; s = s->next) {
        if (!s->is_closing && atomic_load(&s->is_dirty))
            (void)begin_store(s);
    }
    int error = flush_now(stores);
    const char *why = error == 0 ? "" : strerror(error);
    /* Who has users stays in the list. */
    for (gox_store *s = stores->first; s != NULL; s = s->next) {
        if (s->is_in_flush)
            end_store(s, error, why);
    }
    pthread_cond_broadcast(&stores->done);
    return true;
}

bool gox__stores_flush_list(
        gox_stores *stores, gox_store *const *list, size_t count)
{
    bool is_whole = count >= MANY_STORES && is_usable(stores);

    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = list[i]->can_flush && !atomic_load(&list[i]->is_unsafe);
    if (!is_whole)
        return false;
    for (size_t i = 0; i < count; i++)
        (void)begin_store(list[i]);
    int error = flush_now(stores);
    const char *why = error == 0 ? "" : strerror(error);
    for (size_t i = 0; i < count; i++) {
        end_store(list[i], error, why);
        list[i]->sync_code = error == 0 ? 0 : GOX_ERR_IO;
    }
    pthread_cond_broadcast(&stores->done);
    return error == 0 || error == EIO;
}
