/* SPDX-License-Identifier: Apache-2.0
 * Taking a backup in as a project.
 *
 * Invariant: a file that is no whole project of a known version never gets a
 * place among the projects. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int read_own_name(sqlite3 *db, char name[GOX_NAME_BYTES])
{
    sqlite3_stmt *stmt = NULL;

    name[0] = '\0';
    int rc = gox__db_prepare(
            db, "SELECT value FROM meta WHERE key = 'name'", &stmt, NULL);
    if (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        if (text != NULL && strlen(text) < GOX_NAME_BYTES)
            memcpy(name, text, strlen(text) + 1);
    }
    sqlite3_finalize(stmt);
    return name[0] != '\0' ? 0 : GOX_ERR_FORMAT;
}

/* Reads all of it; what the newest image needs must be whole. */
static int verify(gox_stores *stores, sqlite3 *db, const char *path,
        struct gox_store_report *report, struct gox_error *err)
{
    struct gox_loaded loaded;

    int rc = gox__db_check_version(db, err);
    if (rc == 0)
        rc = gox__load(db, path, stores->settings.threads, &loaded, err);
    if (rc < 0)
        return rc;
    if (loaded.img == NULL || loaded.is_damaged) {
        if (err != NULL)
            *err = loaded.damage;
        rc = GOX_ERR_FORMAT;
    }
    report->replayed = loaded.replay.records;
    report->revision = loaded.replay.head.last;
    gox_image_free(loaded.img);
    return rc;
}

/* Anything that SQLite cannot read at all. */
static bool is_database(const char *path)
{
    char head[16] = "";
    FILE *file = fopen(path, "rb");
    size_t got = file != NULL ? fread(head, 1, sizeof head, file) : 0;
    if (file != NULL)
        fclose(file);
    return got == sizeof head && memcmp(head, "SQLite format 3", 16) == 0;
}

static int fail_foreign(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_FORMAT,
            "it is no backup of a project, as goxel.backup_project makes "
            "them; goxel.load_project reads model files");
}

/* Gives the file its new name inside and brings it to the disk. */
static int prepare(gox_stores *stores, const char *path, char *name,
        struct gox_store_report *report, struct gox_error *err)
{
    char own_name[GOX_NAME_BYTES];
    sqlite3 *db = NULL;

    int rc = is_database(path) ? gox__db_peek_version(path, err)
                               : fail_foreign(err);
    if (rc == 0)
        rc = gox__db_open(NULL, path, GOX_DB_CREATE, &db, err);
    if (rc == 0 && read_own_name(db, own_name) < 0)
        rc = fail_foreign(err);
    if (rc == 0)
        rc = verify(stores, db, path, report, err);
    if (rc == 0 && name[0] == '\0')
        memcpy(name, own_name, sizeof(own_name));
    if (rc == 0)
        rc = gox__name_check(name, err);
    if (rc == 0)
        rc = gox__db_put_meta(db, "name", name, err);
    if (rc == 0)
        rc = gox__db_finish(db, err);
    gox__db_close(db);
    return rc;
}

int gox_stores_import(gox_stores *stores, const char *path,
        char name[GOX_NAME_BYTES], bool may_replace,
        struct gox_store_report *report, struct gox_error *err)
{
    memset(report, 0, sizeof(*report));
    if (stores->vfs == NULL)
        return gox_error_set(err, GOX_ERR_READ_ONLY,
                "%s was opened to read only", stores->dir);
    int rc = prepare(stores, path, name, report, err);
    if (rc < 0)
        return rc;
    char *place = gox__name_path(stores->dir, name, GOX_STORE_SUFFIX);
    if (place == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (gox__file_exists(place))
        rc = may_replace ? gox_stores_delete(stores, name, err)
                         : gox_error_set(err, GOX_ERR_EXISTS,
                                   "there is a project \"%s\" already", name);
    if (rc == 0)
        rc = gox__file_move(path, place, err);
    if (rc == 0)
        gox__dir_sync(stores->dir);
    gox_free(place);
    return rc;
}
