/* SPDX-License-Identifier: Apache-2.0
 * Connections to a project's file, its tables, and what SQLite's codes mean.
 *
 * Invariant: a file of a newer version, or of another program, is not
 * written. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Row i makes version i + 1 out of version i. A change of the tables is a new
 * row here and a paragraph in docs/store.md; old rows stay as they are. */
static const char *const MIGRATIONS[GOX_STORE_VERSION] = {
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
        "CREATE TABLE journal(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);"
        "CREATE TABLE snapshot(id INTEGER PRIMARY KEY, revision INTEGER NOT "
        "NULL,"
        " label TEXT, at_ms INTEGER NOT NULL, parts INTEGER NOT NULL,"
        " body BLOB NOT NULL);"
        "CREATE TABLE part(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
        "CREATE TABLE block(id INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
        " body BLOB NOT NULL);",
};

/* ---- errors ---- */

static int code_of(int sqlite_code)
{
    switch (sqlite_code & 0xff) {
    case SQLITE_NOMEM:
        return GOX_ERR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return GOX_ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return GOX_ERR_FORMAT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return GOX_ERR_READ_ONLY;
    case SQLITE_TOOBIG:
        return GOX_ERR_TOO_LARGE;
    case SQLITE_INTERRUPT:
        return GOX_ERR_CANCELLED;
    default:
        return GOX_ERR_IO;
    }
}

int gox__db_fail(
        sqlite3 *db, int sqlite_code, const char *what, struct gox_error *err)
{
    int last_errno = errno;
    const char *path = db == NULL ? NULL : sqlite3_db_filename(db, "main");
    int errno_value = db == NULL ? 0 : sqlite3_system_errno(db);
    int code = code_of(sqlite_code);

    /* SQLite does not keep it when a commit cannot be written. */
    if (errno_value == 0 && sqlite_code == SQLITE_IOERR_WRITE)
        errno_value = last_errno;
    if ((sqlite_code & 0xff) == SQLITE_FULL)
        return gox_error_set(err, code, "cannot %s %s: the disk is full", what,
                path == NULL ? "" : path);
    if (code == GOX_ERR_IO && errno_value != 0)
        return gox_error_set_errno(err, code, errno_value, "cannot %s %s", what,
                path == NULL ? "" : path);
    return gox_error_set(err, code, "cannot %s %s: %s", what,
            path == NULL ? "" : path, sqlite3_errstr(sqlite_code));
}

/* ---- small tools ---- */

int gox__db_exec(sqlite3 *db, const char *sql, struct gox_error *err)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK
                   ? 0
                   : gox__db_fail(db, sqlite3_extended_errcode(db), "use", err);
}

int gox__db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt,
        struct gox_error *err)
{
    int rc = sqlite3_prepare_v3(
            db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);

    return rc == SQLITE_OK ? 0 : gox__db_fail(db, rc, "read", err);
}

int gox__db_run(sqlite3 *db, sqlite3_stmt *stmt, struct gox_error *err)
{
    int step = sqlite3_step(stmt);
    int rc = step == SQLITE_DONE || step == SQLITE_ROW
                     ? 0
                     : gox__db_fail(db, step, "write", err);
    sqlite3_reset(stmt);
    return rc;
}

int gox__db_bind_body(sqlite3 *db, sqlite3_stmt *stmt, int at, const void *data,
        size_t len, struct gox_error *err)
{
    /* SQLite's bound is of the whole row. */
    size_t most = (size_t)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1);

    if (len + 64 > most)
        return gox_error_set(err, GOX_ERR_TOO_LARGE,
                "%zu bytes in one edit, at most %zu can be stored: make it in "
                "several smaller ones",
                len, most - 64);
    int rc = sqlite3_bind_blob(stmt, at, data, (int)len, SQLITE_STATIC);
    return rc == SQLITE_OK ? 0 : gox__db_fail(db, rc, "write", err);
}

int gox__db_number(sqlite3 *db, const char *sql, int64_t otherwise,
        int64_t *value, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;

    *value = otherwise;
    int rc = gox__db_prepare(db, sql, &stmt, err);
    if (rc < 0)
        return rc;
    int step = sqlite3_step(stmt);
    if (step == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
        *value = sqlite3_column_int64(stmt, 0);
    else if (step != SQLITE_ROW && step != SQLITE_DONE)
        rc = gox__db_fail(db, step, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}

int gox__db_put_meta(
        sqlite3 *db, const char *key, const char *text, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;

    int rc = gox__db_prepare(
            db, "INSERT OR REPLACE INTO meta VALUES(?1, ?2)", &stmt, err);
    if (rc < 0)
        return rc;
    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, text, -1, SQLITE_STATIC);
    int step = sqlite3_step(stmt);
    if (step != SQLITE_DONE)
        rc = gox__db_fail(db, step, "write", err);
    sqlite3_finalize(stmt);
    return rc;
}

/* ---- connections ---- */

/* A path as a file: URI; the characters that mean something there escaped. */
static char *make_uri(const char *path, const char *query)
{
    struct gox_buf buf;

    gox_buf_init(&buf, 0);
    gox_buf_put_str(&buf, "file:");
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '%' || *p == '?' || *p == '#')
            gox_buf_printf(&buf, "%%%02x", (unsigned)(unsigned char)*p);
        else
            gox_buf_put_byte(&buf, (uint8_t)*p);
    }
    gox_buf_put_str(&buf, query);
    char *uri =
            gox_buf_text(&buf) == NULL ? NULL : gox_strdup((char *)buf.data);
    gox_buf_fini(&buf);
    return uri;
}

/* How a role's connection behaves. The writer never syncs by itself: that is
 * done beside it (maintain.c), and never starts the WAL over (vfs.c). */
static const char *const PRAGMAS[] = {
        /* Nobody sees a new file before it is whole and synced. */
        [GOX_DB_CREATE] = "PRAGMA synchronous=OFF;"
                          "PRAGMA journal_mode=OFF;"
                          "PRAGMA page_size=1024;"
                          "PRAGMA auto_vacuum=INCREMENTAL;",
        [GOX_DB_WRITE] = "PRAGMA synchronous=OFF;"
                         "PRAGMA wal_autocheckpoint=0;"
                         "PRAGMA cache_size=-1024;",
        [GOX_DB_AUX] = ("PRAGMA synchronous=NORMAL;"
                        "PRAGMA wal_autocheckpoint=0;"),
        [GOX_DB_READ] = "PRAGMA query_only=1;",
};

/* Another connection may hold the writer's lock for a few instructions: one
 * that finds the index of the log just being changed looks at it again under
 * that lock. Waiting for longer than a second means something else. */
static int on_busy(void *ctx, int count)
{
    struct timespec pause = {.tv_nsec = 1000000};

    (void)ctx;
    if (count < 1000)
        sched_yield();
    else
        nanosleep(&pause, NULL);
    return count < 2000;
}

static int open_uri(const char *vfs, const char *path, enum gox_db_role role,
        const char *query, sqlite3 **db)
{
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

    flags |= role == GOX_DB_READ ? SQLITE_OPEN_READONLY
             : role == GOX_DB_CREATE
                     ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                     : SQLITE_OPEN_READWRITE;
    char *uri = make_uri(path, query);
    if (uri == NULL)
        return SQLITE_NOMEM;
    int rc = sqlite3_open_v2(uri, db, flags, vfs);
    gox_free(uri);
    if (rc != SQLITE_OK)
        return rc;
    /* Whoever ends with the file at this moment needs only a little longer. */
    sqlite3_busy_timeout(*db, 5000);
    /* The first look at the file: not a database, no memory. */
    rc = sqlite3_exec(*db, "PRAGMA schema_version", NULL, NULL, NULL);
    return rc == SQLITE_OK ? SQLITE_OK : sqlite3_extended_errcode(*db);
}

int gox__db_open(const char *vfs, const char *path, enum gox_db_role role,
        sqlite3 **db, struct gox_error *err)
{
    /* Only these may cut the WAL off. */
    bool is_aux = role == GOX_DB_AUX || role == GOX_DB_CREATE;
    const char *query = is_aux ? "?gox_aux=1" : "";

    *db = NULL;
    int rc = open_uri(vfs, path, role, query, db);
    /* A directory that cannot be written has no place for the WAL index. A
     * file without WAL is whole by itself. */
    if (role == GOX_DB_READ && ((rc & 0xff) == SQLITE_CANTOPEN ||
                                       (rc & 0xff) == SQLITE_READONLY)) {
        char *wal = gox__path_join(path, "-wal");
        if (wal != NULL && gox__file_bytes(wal) == 0) {
            sqlite3_close(*db);
            *db = NULL;
            rc = open_uri(vfs, path, role, "?immutable=1", db);
        }
        gox_free(wal);
    }
    if (rc != SQLITE_OK) {
        int code = gox__db_fail(*db, rc, "open", err);
        gox__db_close(*db);
        *db = NULL;
        return code;
    }
    if (role == GOX_DB_WRITE)
        sqlite3_busy_handler(*db, on_busy, NULL);
    else
        sqlite3_busy_timeout(*db, 2000);
    int code = gox__db_exec(*db, PRAGMAS[role], err);
    if (code < 0) {
        gox__db_close(*db);
        *db = NULL;
    }
    return code;
}

int gox__db_finish(sqlite3 *db, struct gox_error *err)
{
    sqlite3_file *file = NULL;

    int rc = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_wal_checkpoint_v2(
                db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc == SQLITE_OK)
        rc = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
    return rc == SQLITE_OK ? 0 : gox__db_fail(db, rc, "sync", err);
}

void gox__db_close(sqlite3 *db)
{
    if (db != NULL)
        sqlite3_close_v2(db);
}

/* ---- versions ---- */

static uint32_t get_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           (uint32_t)p[3];
}

int gox__db_check_version(sqlite3 *db, struct gox_error *err)
{
    int64_t version = 0, application = 0;

    int rc = gox__db_number(db, "PRAGMA user_version", 0, &version, err);
    if (rc == 0)
        rc = gox__db_number(db, "PRAGMA application_id", 0, &application, err);
    if (rc < 0)
        return rc;
    if (application != GOX_STORE_APPLICATION_ID)
        return gox_error_set(err, GOX_ERR_FORMAT,
                "%s is a database, but not a project store",
                sqlite3_db_filename(db, "main"));
    if (version > GOX_STORE_VERSION)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "%s has store version %lld, this program knows up to %d; it is "
                "left untouched: open it with a newer goxel-daemon",
                sqlite3_db_filename(db, "main"), (long long)version,
                GOX_STORE_VERSION);
    return 0;
}

int gox__db_peek_version(const char *path, struct gox_error *err)
{
    uint8_t head[72];
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot open %s", path);
    size_t got = fread(head, 1, sizeof(head), file);
    fclose(file);
    /* SQLite's file format: the application's version at 60, its id at 68. */
    if (got < sizeof(head) || memcmp(head, "SQLite format 3", 16) != 0 ||
            get_be(head + 68) != GOX_STORE_APPLICATION_ID ||
            get_be(head + 60) <= GOX_STORE_VERSION)
        return 0;
    return gox_error_set(err, GOX_ERR_UNSUPPORTED,
            "%s has store version %u, this program knows up to %d; it is left "
            "untouched: open it with a newer goxel-daemon",
            path, (unsigned)get_be(head + 60), GOX_STORE_VERSION);
}

int gox__db_migrate(sqlite3 *db, struct gox_error *err)
{
    int64_t version = 0;
    char sql[80];

    int rc = gox__db_number(db, "PRAGMA user_version", 0, &version, err);
    if (rc < 0 || version >= GOX_STORE_VERSION)
        return rc;
    rc = gox__db_exec(db, "BEGIN IMMEDIATE", err);
    if (rc < 0)
        return rc;
    for (; rc == 0 && version < GOX_STORE_VERSION; version++)
        rc = gox__db_exec(db, MIGRATIONS[version], err);
    snprintf(sql, sizeof(sql),
            "PRAGMA application_id=%d; PRAGMA user_version=%d",
            GOX_STORE_APPLICATION_ID, GOX_STORE_VERSION);
    if (rc == 0)
        rc = gox__db_exec(db, sql, err);
    if (rc == 0)
        rc = gox__db_exec(db, "COMMIT", err);
    if (rc < 0)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}
