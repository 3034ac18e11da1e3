/* SPDX-License-Identifier: Apache-2.0
 * A layer over SQLite's own VFS for files that only this process uses.
 *
 * SQLite's WAL mode either takes several file locks a commit, so that several
 * connections can work, or (locking_mode EXCLUSIVE) allows one connection only,
 * which must then stop for every checkpoint. Here all connections of the
 * process share the WAL index in plain memory and lock it under a mutex:
 * commits make no system call but the writes, while another connection
 * checkpoints. The file itself is locked once, against other processes.
 *
 * A frame of the log, which SQLite writes in two pieces, goes to the kernel as
 * one, before SQLite hears that its second piece is written.
 *
 * The writer is kept from starting the WAL over: as it never syncs, new frames
 * could reach the disk before the file's header. The checkpointer truncates the
 * WAL instead, after it has synced the database.
 *
 * Invariant: node->files are exactly the open main database files of its path;
 * one of them holds the real lock. */
#include "base/alloc.h"
#include "store/log_end.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>

/* SQLite's numbers (wal.c): the slots of readers with a mark. */
#define READ_SLOT_FIRST 4
#define READ_SLOT_COUNT 4
#define LOG_HEADER      32

struct file {
    sqlite3_file base;
    struct gox_vfs *vfs;
    struct node *node; /* of main database files; else NULL */
    struct file *next;
    int level;                  /* what SQLite believes to hold */
    unsigned shared, exclusive; /* WAL index locks, one bit a slot */
    bool is_aux, has_index, is_log;
    bool keeps_length;      /* of the log, when SQLite cuts it off */
    struct gox_log_end end; /* of the log; its writer only */
    /* the real sqlite3_file follows */
};

struct node {
    struct node *next;
    char *path;
    pthread_mutex_t mutex;   /* guards all below, and the locks of its files */
    pthread_cond_t unlocked; /* a file gave up being alone, or was closed */
    struct file *files;      /* changed with both mutexes held */
    void **regions;
    size_t region_count, region_capacity;
    unsigned index_users;
};

struct gox_vfs {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    char name[48];
    pthread_mutex_t mutex; /* guards the list; taken before a node's */
    struct node *nodes;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((struct file *)(void *)file + 1);
}

static struct file *file_of(sqlite3_file *file)
{
    return (struct file *)(void *)file;
}

/* ---- nodes; the VFS's mutex is held ---- */

static struct node *take_node(struct gox_vfs *vfs, const char *path)
{
    struct node *n = vfs->nodes;

    while (n != NULL && strcmp(n->path, path) != 0)
        n = n->next;
    if (n != NULL)
        return n;
    n = gox_calloc(1, sizeof(*n));
    if (n == NULL)
        return NULL;
    n->path = gox_strdup(path);
    if (n->path == NULL) {
        gox_free(n);
        return NULL;
    }
    pthread_mutex_init(&n->mutex, NULL);
    pthread_cond_init(&n->unlocked, NULL);
    n->next = vfs->nodes;
    vfs->nodes = n;
    return n;
}

static void free_regions(struct node *n)
{
    for (size_t i = 0; i < n->region_count; i++)
        gox_free(n->regions[i]);
    gox_free(n->regions);
    n->regions = NULL;
    n->region_count = n->region_capacity = 0;
}

static void drop_node_if_unused(struct gox_vfs *vfs, struct node *n)
{
    struct node **at = &vfs->nodes;

    if (n->files != NULL)
        return;
    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    free_regions(n);
    pthread_cond_destroy(&n->unlocked);
    pthread_mutex_destroy(&n->mutex);
    gox_free(n->path);
    gox_free(n);
}

/* The lock that other processes see. */
static int lock_really(struct file *f)
{
    sqlite3_file *real = real_of(&f->base);

    int rc = real->pMethods->xLock(real, SQLITE_LOCK_SHARED);
    if (rc == SQLITE_OK)
        rc = real->pMethods->xLock(real, SQLITE_LOCK_EXCLUSIVE);
    return rc;
}

static int join_node(struct gox_vfs *vfs, struct file *f, const char *path)
{
    int rc = SQLITE_OK;

    pthread_mutex_lock(&vfs->mutex);
    struct node *n = take_node(vfs, path);
    if (n == NULL) {
        rc = SQLITE_NOMEM;
    } else {
        if (n->files == NULL)
            rc = lock_really(f);
        if (rc == SQLITE_OK) {
            pthread_mutex_lock(&n->mutex);
            f->node = n;
            f->next = n->files;
            n->files = f;
            pthread_mutex_unlock(&n->mutex);
        } else {
            drop_node_if_unused(vfs, n);
        }
    }
    pthread_mutex_unlock(&vfs->mutex);
    return rc;
}

static void drop_index(struct file *f)
{
    f->shared = f->exclusive = 0;
    if (!f->has_index)
        return;
    f->has_index = false;
    if (--f->node->index_users == 0)
        free_regions(f->node);
}

/* ---- closing ---- */

static int file_close(sqlite3_file *file)
{
    struct file *f = file_of(file);
    struct gox_vfs *vfs = f->vfs;
    struct node *n = f->node;

    if (n == NULL)
        return real_of(file)->pMethods->xClose(real_of(file));
    pthread_mutex_lock(&vfs->mutex);
    pthread_mutex_lock(&n->mutex);
    drop_index(f);
    struct file **at = &n->files;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    int rc = real_of(file)->pMethods->xClose(real_of(file));
    /* The lock may have gone with this one. It cannot be lost to another
     * process for good: that one would find the directory locked. */
    if (n->files != NULL)
        (void)lock_really(n->files);
    pthread_cond_broadcast(&n->unlocked);
    pthread_mutex_unlock(&n->mutex);
    drop_node_if_unused(vfs, n);
    pthread_mutex_unlock(&vfs->mutex);
    return rc;
}

/* ---- the methods ---- */

/* Hands over what is kept of a log, before anything else is done with it. */
static int flush_log(sqlite3_file *file)
{
    return gox__log_flush(&file_of(file)->end, real_of(file));
}

static int file_read(sqlite3_file *file, void *data, int n, sqlite3_int64 at)
{
    int rc = flush_log(file);

    return rc != SQLITE_OK
                   ? rc
                   : real_of(file)->pMethods->xRead(real_of(file), data, n, at);
}

static int file_write(
        sqlite3_file *file, const void *data, int n, sqlite3_int64 at)
{
    if (file_of(file)->is_log)
        return gox__log_write(&file_of(file)->end, real_of(file), data, n, at);
    return real_of(file)->pMethods->xWrite(real_of(file), data, n, at);
}

/* Ends a log without giving its space back, which takes long for a large one.
 * All of it is in the database and on the disk. Without a header that is on the
 * disk too, what is left of it can never be taken for the beginning of the log
 * that is written over it. */
static int end_log(sqlite3_file *real)
{
    static const uint8_t nothing[LOG_HEADER];

    int rc = real->pMethods->xWrite(real, nothing, LOG_HEADER, 0);
    if (rc != SQLITE_OK)
        return real->pMethods->xTruncate(real, 0);
    return real->pMethods->xSync(real, SQLITE_SYNC_NORMAL);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = flush_log(file);

    if (rc != SQLITE_OK)
        return rc;
    if (file_of(file)->keeps_length && size == 0)
        return end_log(real_of(file));
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    int rc = flush_log(file);

    return rc != SQLITE_OK
                   ? rc
                   : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int rc = flush_log(file);

    return rc != SQLITE_OK
                   ? rc
                   : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

/* Whether another connection is alone with the file: the last one that closes
 * brings the WAL over and deletes it, which nobody may see half done. */
static bool is_taken(const struct file *f)
{
    for (const struct file *o = f->node->files; o != NULL; o = o->next)
        if (o != f && o->level == SQLITE_LOCK_EXCLUSIVE)
            return true;
    return false;
}

static int file_lock(sqlite3_file *file, int level)
{
    struct file *f = file_of(file);
    int rc = SQLITE_OK;

    if (f->node == NULL || level <= f->level)
        return SQLITE_OK;
    pthread_mutex_lock(&f->node->mutex);
    while (is_taken(f))
        pthread_cond_wait(&f->node->unlocked, &f->node->mutex);
    /* SQLite asks for it to find out whether it is the last to close. */
    if (level == SQLITE_LOCK_EXCLUSIVE && f->node->files->next != NULL)
        rc = SQLITE_BUSY;
    else
        f->level = level;
    pthread_mutex_unlock(&f->node->mutex);
    return rc;
}

static int file_unlock(sqlite3_file *file, int level)
{
    struct file *f = file_of(file);

    if (f->node == NULL)
        return SQLITE_OK;
    pthread_mutex_lock(&f->node->mutex);
    if (f->level == SQLITE_LOCK_EXCLUSIVE)
        pthread_cond_broadcast(&f->node->unlocked);
    f->level = level;
    pthread_mutex_unlock(&f->node->mutex);
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *file, int *is_reserved)
{
    struct file *f = file_of(file);

    *is_reserved = 0;
    if (f->node == NULL)
        return SQLITE_OK;
    pthread_mutex_lock(&f->node->mutex);
    for (const struct file *o = f->node->files; o != NULL; o = o->next)
        *is_reserved |= o != f && o->level >= SQLITE_LOCK_RESERVED;
    pthread_mutex_unlock(&f->node->mutex);
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int file_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* ---- the WAL index ---- */

static int add_regions(struct node *n, size_t count, size_t size)
{
    if (!gox_grow(&n->regions, &n->region_capacity, count, sizeof(*n->regions)))
        return SQLITE_NOMEM;
    while (n->region_count < count) {
        void *region = gox_calloc(1, size);
        if (region == NULL)
            return SQLITE_NOMEM;
        n->regions[n->region_count++] = region;
    }
    return SQLITE_OK;
}

static int index_map(sqlite3_file *file, int region, int size, int may_extend,
        void volatile **memory)
{
    struct file *f = file_of(file);
    struct node *n = f->node;
    int rc = SQLITE_OK;

    *memory = NULL;
    pthread_mutex_lock(&f->node->mutex);
    if (!f->has_index) {
        f->has_index = true;
        n->index_users++;
    }
    if ((size_t)region >= n->region_count && may_extend)
        rc = add_regions(n, (size_t)region + 1, (size_t)size);
    if ((size_t)region < n->region_count)
        *memory = n->regions[region];
    pthread_mutex_unlock(&f->node->mutex);
    return rc;
}

static bool is_slot_free(const struct file *f, unsigned mask, bool for_writing)
{
    for (const struct file *o = f->node->files; o != NULL; o = o->next) {
        if (o == f)
            continue;
        if ((o->exclusive & mask) != 0 ||
                (for_writing && (o->shared & mask) != 0))
            return false;
    }
    return true;
}

static int index_lock(sqlite3_file *file, int slot, int count, int flags)
{
    struct file *f = file_of(file);
    unsigned mask = ((1U << count) - 1) << slot;
    bool for_writing = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    unsigned *held = for_writing ? &f->exclusive : &f->shared;
    int rc = SQLITE_OK;

    /* Only starting the WAL over locks all readers' slots at once. */
    if ((flags & SQLITE_SHM_LOCK) != 0 && for_writing && !f->is_aux &&
            slot == READ_SLOT_FIRST && count == READ_SLOT_COUNT)
        return SQLITE_BUSY;
    pthread_mutex_lock(&f->node->mutex);
    if ((flags & SQLITE_SHM_UNLOCK) != 0)
        *held &= ~mask;
    else if (is_slot_free(f, mask, for_writing))
        *held |= mask;
    else
        rc = SQLITE_BUSY;
    pthread_mutex_unlock(&f->node->mutex);
    return rc;
}

static void index_barrier(sqlite3_file *file)
{
    struct file *f = file_of(file);

    pthread_mutex_lock(&f->node->mutex);
    atomic_thread_fence(memory_order_seq_cst);
    pthread_mutex_unlock(&f->node->mutex);
}

static int index_unmap(sqlite3_file *file, int is_delete)
{
    struct file *f = file_of(file);

    (void)is_delete; /* there is no file to delete */
    pthread_mutex_lock(&f->node->mutex);
    drop_index(f);
    pthread_mutex_unlock(&f->node->mutex);
    return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {
        .iVersion = 2,
        .xClose = file_close,
        .xRead = file_read,
        .xWrite = file_write,
        .xTruncate = file_truncate,
        .xSync = file_sync,
        .xFileSize = file_size,
        .xLock = file_lock,
        .xUnlock = file_unlock,
        .xCheckReservedLock = file_check_reserved,
        .xFileControl = file_control,
        .xSectorSize = file_sector,
        .xDeviceCharacteristics = file_device,
        .xShmMap = index_map,
        .xShmLock = index_lock,
        .xShmBarrier = index_barrier,
        .xShmUnmap = index_unmap,
};

/* ---- the VFS ---- */

static sqlite3_vfs *real_vfs(sqlite3_vfs *vfs)
{
    return ((struct gox_vfs *)(void *)vfs)->real;
}

static int vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *file,
        int flags, int *out_flags)
{
    struct gox_vfs *vfs = (struct gox_vfs *)(void *)self;
    struct file *f = file_of(file);

    memset(f, 0, sizeof(*f));
    f->vfs = vfs;
    int rc = vfs->real->xOpen(vfs->real, name, real_of(file), flags, out_flags);
    f->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    if (rc == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
        f->is_aux = sqlite3_uri_boolean(name, "gox_aux", 0) != 0;
        rc = join_node(vfs, f, name);
        if (rc != SQLITE_OK)
            real_of(file)->pMethods->xClose(real_of(file));
    }
    if (rc == SQLITE_OK)
        f->base.pMethods = &METHODS;
    return rc;
}

static int vfs_delete(sqlite3_vfs *self, const char *name, int sync_dir)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xDelete(real, name, sync_dir);
}

static int vfs_access(sqlite3_vfs *self, const char *name, int flags, int *out)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xAccess(real, name, flags, out);
}

static int vfs_full_path(sqlite3_vfs *self, const char *name, int n, char *out)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xFullPathname(real, name, n, out);
}

static int vfs_random(sqlite3_vfs *self, int n, char *out)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xRandomness(real, n, out);
}

static int vfs_sleep(sqlite3_vfs *self, int microseconds)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xSleep(real, microseconds);
}

static int vfs_time(sqlite3_vfs *self, double *now)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xCurrentTime(real, now);
}

static int vfs_last_error(sqlite3_vfs *self, int n, char *text)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xGetLastError(real, n, text);
}

static int vfs_time64(sqlite3_vfs *self, sqlite3_int64 *now)
{
    sqlite3_vfs *real = real_vfs(self);

    return real->xCurrentTimeInt64(real, now);
}

gox_vfs *gox__vfs_new(const char *base_name)
{
    sqlite3_vfs *real = sqlite3_vfs_find(base_name);
    gox_vfs *vfs = gox_calloc(1, sizeof(*vfs));

    if (vfs == NULL || real == NULL || real->iVersion < 2) {
        gox_free(vfs);
        return NULL;
    }
    vfs->real = real;
    snprintf(vfs->name, sizeof(vfs->name), "goxel-store-%p", (void *)vfs);
    vfs->vfs = (sqlite3_vfs){.iVersion = 2,
            .szOsFile = (int)sizeof(struct file) + real->szOsFile,
            .mxPathname = real->mxPathname,
            .zName = vfs->name,
            .xOpen = vfs_open,
            .xDelete = vfs_delete,
            .xAccess = vfs_access,
            .xFullPathname = vfs_full_path,
            .xRandomness = vfs_random,
            .xSleep = vfs_sleep,
            .xCurrentTime = vfs_time,
            .xGetLastError = vfs_last_error,
            .xCurrentTimeInt64 = vfs_time64};
    pthread_mutex_init(&vfs->mutex, NULL);
    if (sqlite3_vfs_register(&vfs->vfs, 0) != SQLITE_OK) {
        pthread_mutex_destroy(&vfs->mutex);
        gox_free(vfs);
        return NULL;
    }
    return vfs;
}

void gox__vfs_free(gox_vfs *vfs)
{
    if (vfs == NULL)
        return;
    sqlite3_vfs_unregister(&vfs->vfs);
    pthread_mutex_destroy(&vfs->mutex);
    gox_free(vfs);
}

const char *gox__vfs_name(const gox_vfs *vfs)
{
    return vfs->name;
}

int gox__vfs_sync(sqlite3_file *file)
{
    /* What is kept of a log belongs to its writer, and is not committed. */
    return real_of(file)->pMethods->xSync(real_of(file), SQLITE_SYNC_NORMAL);
}

void gox__vfs_keep_length(sqlite3 *db, bool keeps)
{
    sqlite3_file *log = NULL;

    int rc = sqlite3_file_control(
            db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (rc == SQLITE_OK && log != NULL && log->pMethods == &METHODS &&
            file_of(log)->is_log)
        file_of(log)->keeps_length = keeps;
}
