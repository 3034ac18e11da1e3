/* SPDX-License-Identifier: Apache-2.0
 * Dropping what is not needed any more: old snapshots, blocks that no snapshot
 * has, the oldest history, and the room that they took.
 *
 * Everything is found out on a connection of its own and dropped in small
 * transactions, as snapshots are written.
 *
 * Invariant: no kept snapshot needs a row up to its own revision, so rows are
 * dropped only up to the oldest snapshot's. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <stdlib.h>

#define VACUUM_PAGES 128
#define DROP_BLOCKS  16
#define DROP_BYTES   ((uint64_t)256 << 10)

/* One statement as a slice of its own. Returns the rows it changed. */
static int exec_slice(gox_store *store, const char *sql, int64_t argument,
        struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;

    int rc = gox__slice_begin(store, err);
    if (rc < 0)
        return rc;
    rc = gox__db_prepare(store->db, sql, &stmt, err);
    if (rc == 0) {
        sqlite3_bind_int64(stmt, 1, argument);
        rc = gox__db_run(store->db, stmt, err);
    }
    sqlite3_finalize(stmt);
    if (rc == 0)
        rc = sqlite3_changes(store->db);
    return gox__slice_end(store, rc, err);
}

static int drop_snapshots(gox_store *store, struct gox_error *err)
{
    int rc = exec_slice(store,
            "DELETE FROM snapshot WHERE label IS NULL AND id NOT IN"
            " (SELECT id FROM snapshot WHERE label IS NULL"
            " ORDER BY id DESC LIMIT ?1)",
            store->kept_snapshots, err);
    while (rc >= 0) {
        rc = exec_slice(store,
                "DELETE FROM part WHERE id IN (SELECT id FROM part WHERE"
                " id >> 20 NOT IN (SELECT id FROM snapshot) LIMIT ?1)",
                2, err);
        if (rc == 0)
            return 0;
    }
    return rc;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

struct id_list {
    int64_t *ids;
    size_t count, capacity;
};

static int add_ids_of(sqlite3 *db, int64_t snapshot, struct id_list *list,
        struct gox_error *err)
{
    struct gox_snapshot_entry *entries = NULL;
    size_t count;

    int rc = gox__snapshot_read_entries(db, snapshot, &entries, &count, err);
    if (rc == 0 && !gox_grow(&list->ids, &list->capacity, list->count + count,
                           sizeof(*list->ids)))
        rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < count; i++)
        list->ids[list->count++] = entries[i].id;
    gox_free(entries);
    return rc;
}

/* The ids of all blocks that a snapshot has, sorted. */
static int find_live(sqlite3 *db, struct id_list *list, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int step;

    int rc = gox__db_prepare(db, "SELECT id FROM snapshot", &stmt, err);
    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = add_ids_of(db, sqlite3_column_int64(stmt, 0), list, err);
    sqlite3_finalize(stmt);
    if (rc == 0 && list->count > 0)
        qsort(list->ids, list->count, sizeof(*list->ids), compare_ids);
    return rc;
}

/* The ids in the file that are not live. */
static int find_dead(sqlite3 *db, const struct id_list *live,
        struct id_list *dead, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    size_t at = 0;

    int rc =
            gox__db_prepare(db, "SELECT id FROM block ORDER BY id", &stmt, err);
    while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(stmt, 0);
        while (at < live->count && live->ids[at] < id)
            at++;
        if (at < live->count && live->ids[at] == id)
            continue;
        if (!gox_grow(&dead->ids, &dead->capacity, dead->count + 1,
                    sizeof(*dead->ids)))
            rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        else
            dead->ids[dead->count++] = id;
    }
    sqlite3_finalize(stmt);
    return rc;
}

static int drop_ids(
        gox_store *store, const struct id_list *dead, struct gox_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < dead->count; i += DROP_BLOCKS) {
        rc = gox__slice_begin(store, err);
        if (rc < 0)
            return rc;
        sqlite3_stmt *stmt = NULL;
        rc = gox__db_prepare(
                store->db, "DELETE FROM block WHERE id = ?1", &stmt, err);
        for (size_t k = i; rc == 0 && k < i + DROP_BLOCKS && k < dead->count;
                k++) {
            sqlite3_bind_int64(stmt, 1, dead->ids[k]);
            rc = gox__db_run(store->db, stmt, err);
        }
        sqlite3_finalize(stmt);
        rc = gox__slice_end(store, rc, err);
    }
    return rc;
}

/* Blocks are only added on this thread, so what is dead now stays dead. */
static int drop_blocks(gox_store *store, sqlite3 *reader, struct gox_error *err)
{
    struct id_list live = {0}, dead = {0};

    int rc = find_live(reader, &live, err);
    if (rc == 0)
        rc = find_dead(reader, &live, &dead, err);
    if (rc == 0)
        rc = drop_ids(store, &dead, err);
    gox_free(live.ids);
    gox_free(dead.ids);
    return rc;
}

void gox__store_drop_bytes(gox_store *store, uint64_t bytes)
{
    /* Others only add, so it cannot fall below what is seen here. */
    uint64_t held = atomic_load(&store->journal_bytes);
    atomic_fetch_sub(&store->journal_bytes, bytes < held ? bytes : held);
}

static int drop_rows(
        gox_store *store, sqlite3 *reader, int64_t last, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t bytes = 0;

    int rc = gox__db_prepare(reader,
            "SELECT sum(length(body)) FROM journal WHERE seq <= ?1", &stmt,
            err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, last);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        bytes = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    rc = exec_slice(store, "DELETE FROM journal WHERE seq <= ?1", last, err);
    if (rc >= 0)
        gox__store_drop_bytes(store, (uint64_t)bytes);
    return rc;
}

/* The base record cannot be undone: it is only there for when no snapshot can
 * be read. */
static int drop_base(gox_store *store, sqlite3 *reader, int64_t oldest,
        struct gox_error *err)
{
    int64_t count, base;

    int rc = gox__db_number(
            reader, "SELECT count(*) FROM snapshot", 0, &count, err);
    if (rc == 0)
        rc = gox__db_number(reader,
                "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'base'",
                -1, &base, err);
    if (rc < 0 || count < store->kept_snapshots || base < 0 || base > oldest)
        return rc;
    rc = drop_rows(store, reader, base, err);
    return rc < 0 ? rc : 0;
}

/* The last of the oldest rows that are together `excess` bytes, but no more
 * than one transaction should drop. -1: there is none up to the limit. */
static int find_oldest(sqlite3 *reader, int64_t limit, uint64_t excess,
        int64_t *last, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t bytes = 0;

    *last = -1;
    int rc = gox__db_prepare(reader,
            "SELECT seq, length(body) FROM journal WHERE seq <= ?1"
            " ORDER BY seq LIMIT 256",
            &stmt, err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, limit);
    while (bytes < excess && bytes < DROP_BYTES &&
            sqlite3_step(stmt) == SQLITE_ROW) {
        *last = sqlite3_column_int64(stmt, 0);
        bytes += (uint64_t)sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    return 0;
}

/* Drops the oldest rows while there is too much history. */
static int trim_rows(
        gox_store *store, sqlite3 *reader, int64_t limit, struct gox_error *err)
{
    int64_t last = 0;
    uint64_t held;
    int rc = 0;

    while (rc >= 0 && last >= 0 &&
            (held = atomic_load(&store->journal_bytes)) >
                    store->history_max_bytes) {
        rc = find_oldest(
                reader, limit, held - store->history_max_bytes, &last, err);
        if (rc >= 0 && last >= 0)
            rc = drop_rows(store, reader, last, err);
    }
    return rc < 0 ? rc : 0;
}

static int trim_journal(
        gox_store *store, sqlite3 *reader, struct gox_error *err)
{
    int64_t limit;

    int rc = gox__snapshot_find_limit(
            reader, store->kept_snapshots, &limit, err);
    if (rc < 0 || limit < 0)
        return rc;
    rc = drop_base(store, reader, limit, err);
    if (rc < 0 ||
            atomic_load(&store->journal_bytes) <= store->history_max_bytes)
        return rc;
    return trim_rows(store, reader, limit, err);
}

static int shrink_file(gox_store *store, sqlite3 *reader, struct gox_error *err)
{
    int64_t left, pages, before = INT64_MAX;

    int rc = gox__db_number(reader, "PRAGMA freelist_count", 0, &left, err);
    if (rc == 0)
        rc = gox__db_number(reader, "PRAGMA page_count", 0, &pages, err);
    /* Some room stays for what comes next. */
    int64_t kept = rc < 0                          ? 0
                   : pages / 16 < 4 * VACUUM_PAGES ? pages / 16
                                                   : 4 * VACUUM_PAGES;
    while (rc == 0 && left > kept && left < before) {
        before = left;
        gox__gate_enter_background(&store->gate);
        rc = gox__db_exec(store->db, "PRAGMA incremental_vacuum(128)", err);
        atomic_fetch_add(&store->writes, 1);
        gox__gate_leave(&store->gate);
        if (rc == 0)
            rc = gox__db_number(reader, "PRAGMA freelist_count", 0, &left, err);
    }
    return rc;
}

int gox__snapshot_tidy(gox_store *store, struct gox_error *err)
{
    sqlite3 *reader = NULL;

    int rc = drop_snapshots(store, err);
    if (rc == 0)
        rc = gox__db_open(gox__vfs_name(store->stores->vfs), store->path,
                GOX_DB_AUX, &reader, err);
    if (rc == 0)
        rc = drop_blocks(store, reader, err);
    if (rc == 0)
        rc = gox__journal_pack(
                store, reader, (int64_t)store->job.revision, err);
    if (rc == 0)
        rc = trim_journal(store, reader, err);
    if (rc == 0)
        rc = shrink_file(store, reader, err);
    gox__db_close(reader);
    return rc;
}
