/* SPDX-License-Identifier: Apache-2.0
 * Backups, copies, checks and compaction of whole projects.
 *
 * Invariant: a backup appears under its name only when it is complete and on
 * the disk. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKUP_PAGES 512

/* ---- backup ---- */

static int copy_pages(sqlite3 *from, sqlite3 *to, struct gox_task *task,
        struct gox_error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int step = SQLITE_OK, rc = 0;

    if (backup == NULL)
        return gox__db_fail(to, sqlite3_errcode(to), "write", err);
    while (rc == 0 && step == SQLITE_OK) {
        step = sqlite3_backup_step(backup, BACKUP_PAGES);
        int total = sqlite3_backup_pagecount(backup);
        gox_task_progress(task,
                (uint64_t)(total - sqlite3_backup_remaining(backup)),
                (uint64_t)total);
        rc = gox_task_check(task, err);
    }
    sqlite3_backup_finish(backup);
    if (rc == 0 && step != SQLITE_DONE)
        rc = gox__db_fail(to, step, "copy to", err);
    return rc;
}

/* With its own name inside, when it is another. */
static int write_copy(sqlite3 *from, const char *temp, const char *name,
        struct gox_task *task, struct gox_error *err)
{
    sqlite3 *to = NULL;

    int rc = gox__db_open(NULL, temp, GOX_DB_CREATE, &to, err);
    /* One state of the source, whatever is written meanwhile. */
    if (rc == 0)
        rc = gox__db_exec(from, "BEGIN; SELECT 1 FROM meta LIMIT 1", err);
    if (rc == 0)
        rc = copy_pages(from, to, task, err);
    sqlite3_exec(from, "COMMIT", NULL, NULL, NULL);
    if (rc == 0 && name != NULL)
        rc = gox__db_put_meta(to, "name", name, err);
    if (rc == 0)
        rc = gox__db_finish(to, err);
    gox__db_close(to);
    return rc;
}

static int backup_to(gox_stores *stores, const char *from, const char *path,
        const char *name, struct gox_task *task, struct gox_error *err)
{
    sqlite3 *db;
    char *source, *temp = gox__path_join(path, ".part");

    if (temp == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (gox__file_exists(path)) {
        gox_free(temp);
        return gox_error_set(err, GOX_ERR_EXISTS, "%s is there already", path);
    }
    int rc = gox__stores_reader(stores, from, &db, &source, err);
    if (rc == 0) {
        (void)unlink(temp);
        rc = write_copy(db, temp, name, task, err);
        gox__db_close(db);
        if (rc == 0)
            rc = gox__file_move(temp, path, err);
        if (rc < 0)
            (void)unlink(temp);
    }
    gox_free(source);
    gox_free(temp);
    return rc;
}

int gox_stores_backup(gox_stores *stores, const char *name, const char *path,
        struct gox_task *task, struct gox_error *err)
{
    return backup_to(stores, name, path, NULL, task, err);
}

int gox_stores_copy(gox_stores *stores, const char *from, const char *to,
        struct gox_task *task, struct gox_error *err)
{
    int rc = gox__name_check(to, err);

    if (rc < 0)
        return rc;
    if (stores->vfs == NULL)
        return gox_error_set(err, GOX_ERR_READ_ONLY,
                "%s was opened to read only", stores->dir);
    char *path = gox__name_path(stores->dir, to, GOX_STORE_SUFFIX);
    if (path == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    rc = backup_to(stores, from, path, to, task, err);
    if (rc == GOX_ERR_EXISTS)
        gox_error_set(err, rc, "there is a project \"%s\" already", to);
    if (rc == 0)
        gox__dir_sync(stores->dir);
    gox_free(path);
    return rc;
}

/* ---- check ---- */

static void note_problem(
        struct gox_store_check *check, const struct gox_error *why)
{
    if (check->problems++ == 0)
        check->first = *why;
}

/* A failure that is damage is a problem found; all else ends the check. */
static int judge(struct gox_store_check *check, int rc, struct gox_error *why,
        struct gox_error *err)
{
    if (rc == GOX_ERR_FORMAT || rc == GOX_ERR_NOT_FOUND) {
        note_problem(check, why);
        return 0;
    }
    if (rc < 0 && err != NULL)
        *err = *why;
    return rc;
}

static int check_structure(
        sqlite3 *db, struct gox_store_check *check, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct gox_error why = {0};
    int step = SQLITE_DONE;

    int rc = gox__db_prepare(db, "PRAGMA integrity_check", &stmt, &why);
    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        if (text == NULL || strcmp(text, "ok") == 0)
            continue;
        gox_error_set(&why, GOX_ERR_FORMAT, "%s", text);
        note_problem(check, &why);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = gox__db_fail(db, step, "read", &why);
    sqlite3_finalize(stmt);
    return judge(check, rc, &why, err);
}

static int check_blocks(sqlite3 *db, struct gox_store_check *check,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_packer *packer = gox__packer_new();
    struct gox_error why = {0};
    sqlite3_stmt *stmt = NULL;
    int step = SQLITE_DONE;

    if (packer == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int rc = gox__db_prepare(
            db, "SELECT id, hash, body FROM block", &stmt, &why);
    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        check->blocks++;
        rc = sqlite3_column_bytes(stmt, 1) != 16
                     ? GOX_ERR_FORMAT
                     : gox__packer_verify(packer, sqlite3_column_blob(stmt, 1),
                               sqlite3_column_blob(stmt, 2),
                               (size_t)sqlite3_column_bytes(stmt, 2));
        if (rc < 0)
            gox_error_set(&why, rc, "block %lld: %s",
                    (long long)sqlite3_column_int64(stmt, 0),
                    gox_error_text(rc));
        rc = judge(check, rc, &why, err);
        if (rc == 0)
            rc = gox_task_check(task, &why);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = gox__db_fail(db, step, "read", &why);
    sqlite3_finalize(stmt);
    gox__packer_free(packer);
    return judge(check, rc, &why, err);
}

static int check_record(
        const struct gox_record *record, struct gox_store_check *check)
{
    struct gox_change_reader reader;
    struct gox_change change;
    int more;

    check->edits++;
    gox__changes_init(&reader, record);
    if (record->op == GOX_RECORD_UNDO || record->op == GOX_RECORD_REDO)
        reader.is_done = true;
    while ((more = gox__changes_next(&reader, &change)) > 0)
        gox__change_fini(&change);
    gox__changes_fini(&reader);
    return more;
}

static int check_row(sqlite3_stmt *stmt, struct gox_row_room *room,
        struct gox_store_check *check, struct gox_error *why)
{
    struct gox_row row;
    struct gox_record record;
    uint64_t seq = (uint64_t)sqlite3_column_int64(stmt, 0);
    const void *data = sqlite3_column_blob(stmt, 1);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
    int more;

    check->journal_rows++;
    int rc = gox__row_open(&row, seq, data, data == NULL ? 0 : len, room, why);
    if (rc < 0)
        return rc;
    while ((more = gox__row_next(&row, &record)) > 0) {
        rc = check_record(&record, check);
        if (rc < 0)
            break;
    }
    rc = more < 0 ? more : rc;
    if (rc < 0)
        gox_error_set(why, rc, "journal row %llu: %s", (unsigned long long)seq,
                gox_error_text(rc));
    return rc;
}

static int check_journal(sqlite3 *db, struct gox_store_check *check,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_row_room room = {0};
    struct gox_error why = {0};
    sqlite3_stmt *stmt = NULL;
    int step = SQLITE_DONE;

    int rc = gox__db_prepare(
            db, "SELECT seq, body FROM journal ORDER BY seq", &stmt, &why);
    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = check_row(stmt, &room, check, &why);
        rc = judge(check, rc, &why, err);
        if (rc == 0)
            rc = gox_task_check(task, &why);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = gox__db_fail(db, step, "read", &why);
    sqlite3_finalize(stmt);
    gox__row_room_fini(&room);
    return judge(check, rc, &why, err);
}

/* That the newest image comes out, and how many snapshots there are. */
static int check_image(gox_stores *stores, sqlite3 *db, const char *path,
        struct gox_store_check *check, struct gox_error *err)
{
    struct gox_loaded loaded = {.img = NULL};
    struct gox_error why = {0};
    int64_t count = 0;

    int rc = gox__load(db, path, stores->settings.threads, &loaded, &why);
    if (rc == 0 && loaded.is_damaged)
        note_problem(check, &loaded.damage);
    gox_image_free(loaded.img);
    if (rc == 0)
        rc = gox__db_number(
                db, "SELECT count(*) FROM snapshot", 0, &count, &why);
    check->snapshots = (uint64_t)count;
    return judge(check, rc, &why, err);
}

int gox_stores_check(gox_stores *stores, const char *name,
        struct gox_store_check *check, struct gox_task *task,
        struct gox_error *err)
{
    struct gox_error why = {0};
    char wal[160];
    sqlite3 *db;
    char *path;

    memset(check, 0, sizeof(*check));
    int rc = gox__stores_reader(stores, name, &db, &path, &why);
    if (rc < 0)
        return judge(check, rc == GOX_ERR_FORMAT ? rc : rc, &why, err);
    pthread_mutex_lock(&stores->mutex);
    bool is_open = gox__stores_find(stores, name) != NULL;
    pthread_mutex_unlock(&stores->mutex);
    /* The log of an open project grows while it is read. */
    if (!is_open && gox__wal_is_damaged(path, wal, sizeof(wal))) {
        gox_error_set(&why, GOX_ERR_FORMAT, "%s", wal);
        note_problem(check, &why);
    }
    rc = check_structure(db, check, err);
    if (rc == 0)
        rc = check_image(stores, db, path, check, err);
    if (rc == 0)
        rc = check_blocks(db, check, task, err);
    if (rc == 0)
        rc = check_journal(db, check, task, err);
    gox__db_close(db);
    gox_free(path);
    return rc;
}

/* ---- compact ---- */

static int compact(gox_store *store, struct gox_image *img,
        uint64_t history_bytes, struct gox_error *err)
{
    store->img = img;
    store->kept_snapshots = 1;
    store->history_max_bytes = history_bytes;
    int rc = gox_store_start_snapshot(store, NULL);
    if (rc < 0)
        return gox_error_set(
                err, rc, "project \"%s\": %s", store->name, gox_error_text(rc));
    rc = gox_store_wait(store, err);
    store->img = NULL;
    if (rc < 0)
        return rc;
    gox__gate_enter_owner(&store->gate);
    rc = gox__db_exec(store->db, "VACUUM", err);
    gox__gate_leave(&store->gate);
    return rc;
}

int gox_stores_compact(gox_stores *stores, const char *name,
        uint64_t history_bytes, struct gox_error *err)
{
    struct gox_store_report report;
    struct gox_image *img;
    gox_store *store;

    int rc = gox_store_open(stores, name, &store, &img, &report, err);
    if (rc < 0)
        return rc;
    rc = compact(store, img, history_bytes, err);
    gox_store_close(store);
    gox_image_free(img);
    return rc;
}
