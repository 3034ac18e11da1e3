/* SPDX-License-Identifier: Apache-2.0
 * Earlier states of a project: by walking the journal back, or by the name of a
 * checkpoint.
 *
 * Invariant: only what is committed is read, so that any connection to the file
 * gives the same. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <string.h>

/* Takes the records of a row after the revision back. */
static int take_row_back(struct gox_journal *other, struct gox_row *row,
        uint64_t revision, struct gox_image *img, struct gox_error *err)
{
    struct gox_record_list list = {0};

    int rc = gox__row_read_all(row, &list);
    for (size_t i = list.count; rc == 0 && i-- > 0;) {
        const struct gox_record *r = &list.items[i];
        if (r->revision <= revision)
            continue;
        rc = r->op == GOX_RECORD_BASE
                     ? GOX_ERR_NOT_FOUND
                     : gox__journal_apply(other, r, true, img, err);
    }
    gox_free(list.items);
    return rc;
}

int gox__walk_back(sqlite3 *db, uint64_t from, uint64_t revision,
        struct gox_image *img, struct gox_error *err)
{
    struct gox_journal rows = {0}, other = {0};
    uint64_t at = from;

    int rc = gox__journal_open(&rows, db, err);
    if (rc == 0)
        rc = gox__journal_open(&other, db, err);
    while (rc == 0 && at > revision) {
        struct gox_row row;
        rc = gox__journal_prior(&rows, at, &row, err);
        if (rc == 0 && row.head.last != at)
            rc = gox_error_set(err, GOX_ERR_NOT_FOUND,
                    "revision %llu is not in the journal any more",
                    (unsigned long long)revision);
        uint64_t first = rc == 0 ? row.head.first : 0;
        if (rc == 0)
            rc = take_row_back(&other, &row, revision, img, err);
        at = rc == 0 ? first - 1 : at;
    }
    gox__journal_close(&rows);
    gox__journal_close(&other);
    return rc;
}

int gox_stores_image_at(gox_stores *stores, const char *name,
        struct gox_image *own_now, uint64_t now_revision, uint64_t revision,
        struct gox_image **result, struct gox_error *err)
{
    sqlite3 *db;
    char *path;

    *result = NULL;
    int rc = revision > now_revision
                     ? gox_error_set(err, GOX_ERR_NOT_FOUND,
                               "project \"%s\" is at revision %llu, not yet "
                               "at %llu",
                               name, (unsigned long long)now_revision,
                               (unsigned long long)revision)
                     : gox__stores_reader(stores, name, &db, &path, err);
    if (rc < 0) {
        gox_image_free(own_now);
        return rc;
    }
    /* Rows may be packed into others meanwhile: one state for the whole walk.
     */
    rc = gox__db_exec(db, "BEGIN", err);
    if (rc == 0)
        rc = gox__walk_back(db, now_revision, revision, own_now, err);
    gox__db_close(db);
    gox_free(path);
    if (rc < 0)
        gox_image_free(own_now);
    else
        *result = own_now;
    return rc;
}

/* ---- checkpoints ---- */

int gox__find_checkpoint(sqlite3 *db, unsigned threads, const char *name,
        const char *label, struct gox_image **result, uint64_t *revision,
        struct gox_error *err)
{
    struct gox_snapshot_head head;
    unsigned damaged = 0;

    int rc = gox__snapshot_read(
            db, label, threads, &head, result, &damaged, err);
    if (rc < 0)
        return rc;
    if (*result == NULL && damaged > 0)
        return GOX_ERR_FORMAT;
    if (*result == NULL)
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "project \"%s\" has no checkpoint \"%.60s\"", name, label);
    if (revision != NULL)
        *revision = head.revision;
    return 0;
}

int gox_stores_find_checkpoint(gox_stores *stores, const char *name,
        const char *label, struct gox_image **result, uint64_t *revision,
        struct gox_error *err)
{
    sqlite3 *db;
    char *path;

    *result = NULL;
    int rc = gox__stores_reader(stores, name, &db, &path, err);
    if (rc < 0)
        return rc;
    rc = gox__find_checkpoint(
            db, stores->settings.threads, name, label, result, revision, err);
    gox__db_close(db);
    gox_free(path);
    return rc;
}

int gox__list_checkpoints(sqlite3 *db, struct gox_store_checkpoint **list,
        size_t *count, struct gox_error *err)
{
    struct gox_store_checkpoint *items = NULL;
    sqlite3_stmt *stmt = NULL;
    size_t capacity = 0;

    *count = 0;
    int rc = gox__db_prepare(db,
            "SELECT label, revision, at_ms FROM snapshot"
            " WHERE label IS NOT NULL ORDER BY id DESC",
            &stmt, err);
    while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
        if (!gox_grow(&items, &capacity, *count + 1, sizeof(*items))) {
            rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
            break;
        }
        struct gox_store_checkpoint *c = &items[(*count)++];
        const char *label = (const char *)sqlite3_column_text(stmt, 0);
        memset(c, 0, sizeof(*c));
        strncpy(c->label, label == NULL ? "" : label, GOX_NAME_BYTES - 1);
        c->revision = (uint64_t)sqlite3_column_int64(stmt, 1);
        c->at_ms = sqlite3_column_int64(stmt, 2);
    }
    sqlite3_finalize(stmt);
    if (rc < 0) {
        gox_free(items);
        items = NULL;
        *count = 0;
    }
    *list = items;
    return rc;
}

int gox_stores_list_checkpoints(gox_stores *stores, const char *name,
        struct gox_store_checkpoint **list, size_t *count,
        struct gox_error *err)
{
    sqlite3 *db;
    char *path;

    *list = NULL;
    *count = 0;
    int rc = gox__stores_reader(stores, name, &db, &path, err);
    if (rc < 0)
        return rc;
    rc = gox__list_checkpoints(db, list, count, err);
    gox__db_close(db);
    gox_free(path);
    return rc;
}
