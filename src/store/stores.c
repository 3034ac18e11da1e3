/* SPDX-License-Identifier: Apache-2.0
 * A data directory: its lock, the list of its projects.
 *
 * Invariant: while one process has the lock, no other writes in it. */
#include "base/alloc.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* ---- the directory ---- */

static int take_lock(gox_stores *stores, struct gox_error *err)
{
    char *path = gox__path_join(stores->dir, "/lock");
    char owner[32] = "";

    if (path == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int rc = 0;
    stores->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (stores->lock_fd < 0) {
        rc = gox_error_set_errno(err,
                errno == EROFS || errno == EACCES ? GOX_ERR_READ_ONLY
                                                  : GOX_ERR_IO,
                errno, "cannot open %s", path);
    } else if (flock(stores->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = read(stores->lock_fd, owner, sizeof(owner) - 1);
        owner[n > 0 ? n : 0] = '\0';
        owner[strcspn(owner, "\n")] = '\0';
        rc = gox_error_set(err, GOX_ERR_BUSY,
                "%s is in use by another process (%s): stop that one, or give "
                "this one a data directory of its own",
                stores->dir, owner[0] != '\0' ? owner : "unknown");
    } else {
        int len = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
        /* For people only: the lock itself is the kernel's. */
        if (ftruncate(stores->lock_fd, 0) != 0 ||
                write(stores->lock_fd, owner, (size_t)len) != len)
            rc = 0;
    }
    gox_free(path);
    return rc;
}

static void set_defaults(struct gox_store_settings *s)
{
    s->interval_ms = s->interval_ms > 0 ? s->interval_ms : 1000;
    if (s->history_max_bytes == 0)
        s->history_max_bytes = (uint64_t)1 << 30;
    if (s->wal_bytes == 0)
        s->wal_bytes = (uint64_t)4 << 20;
    if (s->wal_hard_bytes == 0)
        s->wal_hard_bytes = (uint64_t)32 << 20;
    if (s->snapshot_bytes == 0)
        s->snapshot_bytes = (uint64_t)16 << 20;
}

static void init_threading(gox_stores *stores)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&stores->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&stores->due, &attr);
    pthread_condattr_destroy(&attr);
    pthread_cond_init(&stores->more, NULL);
    pthread_cond_init(&stores->wake, NULL);
    pthread_cond_init(&stores->done, NULL);
}

static int open_for_writing(
        gox_stores *stores, const char *data_dir, struct gox_error *err)
{
    int rc = gox__dir_make(data_dir, err);

    if (rc == 0)
        rc = gox__dir_make(stores->dir, err);
    if (rc == 0)
        rc = take_lock(stores, err);
    if (rc < 0)
        return rc;
    stores->vfs = gox__vfs_new(stores->settings.vfs);
    if (stores->vfs == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM,
                "SQLite has no file system layer \"%s\", or no memory",
                stores->settings.vfs == NULL ? "" : stores->settings.vfs);
    gox__flush_init(&stores->flush, stores->dir, stores->settings.flush);
    rc = gox__stores_start_threads(stores);
    return rc < 0 ? gox_error_set(err, rc, "cannot start a thread") : 0;
}

/* SQLite counts its memory under one mutex, on which the threads that commit
 * many projects would wait for each other; nobody asks for the figure. It is
 * too late when SQLite is in use already, and no harm. */
static int start_sqlite(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_initialize();
}

int gox_stores_open(const char *data_dir,
        const struct gox_store_settings *settings, gox_stores **result,
        struct gox_error *err)
{
    gox_stores *stores = gox_calloc(1, sizeof(*stores));
    int rc = 0;

    *result = NULL;
    if (stores == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (settings != NULL)
        stores->settings = *settings;
    set_defaults(&stores->settings);
    stores->lock_fd = -1;
    stores->flush.fd = -1;
    init_threading(stores);
    stores->dir = gox__path_join(data_dir, "/projects");
    stores->trash = gox__path_join(data_dir, "/trash");
    if (stores->dir == NULL || stores->trash == NULL ||
            start_sqlite() != SQLITE_OK)
        rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (rc == 0 && !stores->settings.is_read_only)
        rc = open_for_writing(stores, data_dir, err);
    if (rc < 0) {
        gox_stores_close(stores);
        return rc;
    }
    *result = stores;
    return 0;
}

void gox_stores_close(gox_stores *stores)
{
    if (stores == NULL)
        return;
    while (stores->first != NULL)
        gox_store_close(stores->first);
    gox__stores_stop_threads(stores);
    gox__flush_fini(&stores->flush);
    gox__vfs_free(stores->vfs);
    if (stores->lock_fd >= 0)
        close(stores->lock_fd);
    pthread_cond_destroy(&stores->due);
    pthread_cond_destroy(&stores->more);
    pthread_cond_destroy(&stores->wake);
    pthread_cond_destroy(&stores->done);
    pthread_mutex_destroy(&stores->mutex);
    gox_free(stores->dir);
    gox_free(stores->trash);
    gox_free(stores);
}

gox_store *gox__stores_find(gox_stores *stores, const char *name)
{
    gox_store *store = stores->first;

    while (store != NULL && strcmp(store->name, name) != 0)
        store = store->next;
    return store;
}

bool gox_stores_has(gox_stores *stores, const char *name)
{
    char *path = gox__name_path(stores->dir, name, GOX_STORE_SUFFIX);
    bool has = path != NULL && gox__file_exists(path);

    gox_free(path);
    return has;
}

static int open_reader(gox_stores *stores, const char *path, sqlite3 **db,
        struct gox_error *err)
{
    int rc = gox__db_peek_version(path, err);

    if (rc < 0)
        return rc;
    if (stores->vfs == NULL)
        return gox__db_open(stores->settings.vfs, path, GOX_DB_READ, db, err);
    rc = gox__db_open(gox__vfs_name(stores->vfs), path, GOX_DB_AUX, db, err);
    /* To look at a project that a crash left must not bring its log over. */
    char *wal = rc < 0 ? NULL : gox__path_join(path, "-wal");
    if (wal != NULL && gox__file_bytes(wal) > 0)
        sqlite3_db_config(
                *db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    gox_free(wal);
    return rc;
}

int gox__stores_reader(gox_stores *stores, const char *name, sqlite3 **db,
        char **path, struct gox_error *err)
{
    *db = NULL;
    *path = NULL;
    int rc = gox__name_check(name, err);
    if (rc < 0)
        return rc;
    *path = gox__name_path(stores->dir, name, GOX_STORE_SUFFIX);
    if (*path == NULL)
        rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    else if (!gox__file_exists(*path))
        rc = gox_error_set(
                err, GOX_ERR_NOT_FOUND, "there is no project \"%s\"", name);
    if (rc == 0)
        rc = open_reader(stores, *path, db, err);
    if (rc == 0)
        rc = gox__db_check_version(*db, err);
    if (rc < 0) {
        gox__db_close(*db);
        gox_free(*path);
        *db = NULL;
        *path = NULL;
    }
    return rc;
}

int gox_stores_load(gox_stores *stores, const char *name,
        struct gox_image **img, struct gox_store_report *report,
        struct gox_error *err)
{
    struct gox_loaded loaded;
    sqlite3 *db;
    char *path;

    *img = NULL;
    memset(report, 0, sizeof(*report));
    int64_t from = gox_time_now_ns();
    int rc = gox__stores_reader(stores, name, &db, &path, err);
    if (rc < 0)
        return rc;
    rc = gox__load(db, path, stores->settings.threads, &loaded, err);
    gox__db_close(db);
    gox_free(path);
    if (rc < 0)
        return rc;
    if (loaded.img == NULL) {
        if (err != NULL)
            *err = loaded.damage;
        return GOX_ERR_FORMAT;
    }
    report->replayed = loaded.replay.records;
    report->revision = loaded.replay.head.last;
    report->is_damaged = loaded.is_damaged;
    report->damage = loaded.damage;
    report->duration_ms = (gox_time_now_ns() - from) / GOX_NS_PER_MS;
    *img = loaded.img;
    return 0;
}

/* ---- the list of projects ---- */

static int read_snapshot_head(
        sqlite3 *db, struct gox_store_info *info, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct gox_bytes in;

    int rc = gox__db_prepare(db,
            "SELECT revision, at_ms, substr(body, 1, 64) FROM snapshot"
            " ORDER BY id DESC LIMIT 1",
            &stmt, err);
    if (rc < 0)
        return rc;
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        info->revision = (uint64_t)sqlite3_column_int64(stmt, 0);
        info->modified_ms = sqlite3_column_int64(stmt, 1);
        gox_bytes_init(&in, sqlite3_column_blob(stmt, 2),
                (size_t)sqlite3_column_bytes(stmt, 2), NULL);
        gox_bytes_u32le(&in, "a checksum");
        for (int i = 0; i < 4; i++) /* revision, parts, state, redo */
            gox__get_varint(&in);
        info->voxels = gox__get_varint(&in);
    }
    sqlite3_finalize(stmt);
    return 0;
}

/* From the last row, or the newest snapshot when there is no row. */
static int read_head(
        sqlite3 *db, struct gox_store_info *info, struct gox_error *err)
{
    struct gox_row_head head;
    sqlite3_stmt *stmt = NULL;
    int64_t seq;

    int rc = gox__db_number(db, "SELECT max(seq) FROM journal", -1, &seq, err);
    if (rc < 0)
        return rc;
    if (seq < 0)
        return read_snapshot_head(db, info, err);
    rc = gox__db_prepare(db,
            "SELECT substr(body, 1, 64) FROM journal WHERE seq = ?1", &stmt,
            err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, seq);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        rc = gox__row_peek(&head, (uint64_t)seq, sqlite3_column_blob(stmt, 0),
                (size_t)sqlite3_column_bytes(stmt, 0));
    else
        rc = GOX_ERR_FORMAT;
    sqlite3_finalize(stmt);
    if (rc == 0) {
        info->revision = head.last;
        info->voxels = head.voxels;
        info->modified_ms = head.at_ms;
    }
    return rc;
}

static int read_name(
        sqlite3 *db, struct gox_store_info *info, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;

    int rc = gox__db_prepare(
            db, "SELECT value FROM meta WHERE key = 'name'", &stmt, err);
    if (rc < 0)
        return rc;
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        snprintf(info->name, sizeof(info->name), "%s", name ? name : "");
    }
    sqlite3_finalize(stmt);
    return 0;
}

void gox__stores_true_name(
        gox_stores *stores, const char *path, struct gox_store_info *info)
{
    sqlite3 *db = NULL;

    if (open_reader(stores, path, &db, NULL) == 0)
        (void)!read_name(db, info, NULL);
    gox__db_close(db);
}

/* A file that was copied by hand has the name of another project in it. */
static int settle_name(gox_stores *stores, const char *path,
        const struct gox_store_info *inside, struct gox_store_info *info)
{
    if (gox__name_is_of(stores->dir, inside->name, path))
        memcpy(info->name, inside->name, sizeof(info->name));
    return gox__name_is_of(stores->dir, info->name, path) ? 0 : GOX_ERR_PARAMS;
}

static void read_info(
        gox_stores *stores, const char *path, struct gox_store_info *info)
{
    struct gox_store_info inside = {.name = ""};
    sqlite3 *db = NULL;
    char *wal = gox__path_join(path, "-wal");

    info->bytes = gox__file_bytes(path);
    if (wal != NULL)
        info->bytes += gox__file_bytes(wal);
    gox_free(wal);
    int rc = open_reader(stores, path, &db, NULL);
    if (rc == 0)
        rc = gox__db_check_version(db, NULL);
    if (rc == 0)
        rc = read_name(db, &inside, NULL);
    if (rc == 0)
        rc = settle_name(stores, path, &inside, info);
    if (rc == 0)
        rc = read_head(db, info, NULL);
    gox__db_close(db);
    info->code = rc;
    pthread_mutex_lock(&stores->mutex);
    info->is_open = gox__stores_find(stores, info->name) != NULL;
    pthread_mutex_unlock(&stores->mutex);
}

static int compare_infos(const void *a, const void *b)
{
    const struct gox_store_info *x = a, *y = b;

    return strcmp(x->name, y->name);
}

int gox_stores_list(gox_stores *stores, struct gox_store_info **list,
        size_t *count, struct gox_error *err)
{
    struct gox_store_info *items = NULL;
    size_t capacity = 0;
    int rc = 0;
    DIR *dir = opendir(stores->dir);

    *list = NULL;
    *count = 0;
    if (dir == NULL)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot read %s", stores->dir);
    for (struct dirent *e; rc == 0 && (e = readdir(dir)) != NULL;) {
        if (!gox__name_is_file(e->d_name))
            continue;
        char *folder = gox__path_join(stores->dir, "/");
        char *path = folder == NULL ? NULL : gox__path_join(folder, e->d_name);
        if (path != NULL && !gox__file_is_regular(path)) {
            rc = 0; /* a directory of that name is no project */
        } else if (path == NULL ||
                   !gox_grow(&items, &capacity, *count + 1, sizeof(*items))) {
            rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        } else {
            struct gox_store_info *info = &items[(*count)++];
            memset(info, 0, sizeof(*info));
            gox__name_from_file(e->d_name, info->name);
            read_info(stores, path, info);
        }
        gox_free(path);
        gox_free(folder);
    }
    closedir(dir);
    if (rc < 0) {
        gox_free(items);
        *count = 0;
        return rc;
    }
    if (*count > 0)
        qsort(items, *count, sizeof(*items), compare_infos);
    *list = items;
    return 0;
}

void gox_stores_set_durability(
        gox_stores *stores, enum gox_durability durability, int interval_ms)
{
    pthread_mutex_lock(&stores->mutex);
    stores->settings.durability = durability;
    if (interval_ms > 0)
        stores->settings.interval_ms = interval_ms;
    int64_t by =
            gox_time_now_ns() + stores->settings.interval_ms * GOX_NS_PER_MS;
    for (gox_store *s = stores->first; s != NULL; s = s->next)
        s->sync_at_ns = s->sync_at_ns < by ? s->sync_at_ns : by;
    pthread_cond_signal(&stores->due);
    pthread_mutex_unlock(&stores->mutex);
}

int gox_stores_disk_free(
        gox_stores *stores, uint64_t *bytes, struct gox_error *err)
{
    struct statvfs st;

    *bytes = 0;
    if (statvfs(stores->dir, &st) != 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot look at %s", stores->dir);
    *bytes = (uint64_t)st.f_bavail * st.f_frsize;
    return 0;
}
